//! What a call cannot do without: required parameters, and one of several.
//!
//! Empty text is no better than nothing, but where it clears what is there: it is a cell
//! that nobody filled in.

use serde_json::{Map, Value};

use super::words::spelled;
use crate::catalog::removal::is_set;
use crate::catalog::{Action, Need, Param, Problem, parameter};

/// Adds what is missing from a call.
pub(super) fn check(
    action: &'static Action,
    params: &Map<String, Value>,
    found: &mut Vec<Problem>,
) {
    let call = Call { action, params };
    let mut missing: Vec<&'static str> = Vec::new();
    for param in action.params.iter().filter(|param| param.required) {
        if call.lacks(param) {
            missing.push(param.name);
            // An older server does without, unless it has the parameter by another name.
            let since = param.since.filter(|_| param.alias.is_empty());
            found.push(Problem::MissingParameter {
                action: action.name,
                name: param.name,
                unless: param.unless,
                since,
                is_proved: param.proof.required.is_some() && since.is_none(),
            });
        }
    }
    for need in action.needs {
        let is_said = need
            .one_of
            .iter()
            .any(|names| names.iter().any(|name| missing.contains(name)));
        if is_said {
            continue;
        }
        let Some(condition) = call.condition(need) else {
            continue;
        };
        if !call.has_one_of(need) {
            missing.extend(need.one_of.iter().copied().flatten());
            found.push(Problem::MissingOneOf {
                action: action.name,
                one_of: need.one_of,
                condition,
                is_proved: need.proof.is_some(),
            });
        }
    }
}

/// What is missing from a call, and nothing else that is wrong with it.
pub fn missing(action: &'static Action, params: &Map<String, Value>) -> Vec<Problem> {
    let mut found = Vec::new();
    check(action, params, &mut found);
    found
}

/// How a parameter is given.
#[derive(Clone, Copy, PartialEq)]
enum Said<'c> {
    /// Not at all: an empty array or map is not sent.
    Nothing,
    /// As empty text.
    Empty,
    /// As a value that is not known yet.
    Unknown,
    /// As that value, under that name.
    Known(&'c str, &'c Value),
}

struct Call<'c> {
    action: &'static Action,
    params: &'c Map<String, Value>,
}

impl Call<'_> {
    fn said(&self, param: &str) -> Said<'_> {
        let is_it =
            |name: &str| parameter(self.action, name).is_some_and(|found| found.name == param);
        let mut given = self.params.iter().filter(|(name, _)| is_it(name));
        let mut said = Said::Nothing;
        for (name, value) in &mut given {
            match value {
                Value::Array(items) if items.is_empty() => {}
                Value::Object(map) if map.is_empty() => {}
                Value::String(text) if text.trim().is_empty() => said = Said::Empty,
                Value::Null => return Said::Unknown,
                value => return Said::Known(name, value),
            }
        }
        said
    }

    fn has(&self, param: &str) -> bool {
        match self.said(param) {
            Said::Nothing => false,
            Said::Empty => self.action.param(param).is_some_and(|param| param.empty),
            Said::Unknown | Said::Known(..) => true,
        }
    }

    fn lacks(&self, param: &Param) -> bool {
        let mut names = param.alias.iter().chain([&param.name]);
        !names.any(|name| self.has(name)) && !param.unless.iter().any(|name| self.lifts(name))
    }

    /// Whether a parameter is set that lifts what would be required, or may be.
    fn lifts(&self, name: &str) -> bool {
        match self.said(name) {
            Said::Nothing | Said::Empty => false,
            Said::Unknown => true,
            Said::Known(given, value) => {
                parameter(self.action, given).is_some_and(|param| is_set(param, given, value))
            }
        }
    }

    fn has_one_of(&self, need: &Need) -> bool {
        let has = |name: &&str| self.has(name);
        need.one_of.iter().any(|names| names.iter().all(has))
    }

    /// The conditions of a need as they are met, in words; `None` if one of them is not.
    fn condition(&self, need: &Need) -> Option<String> {
        let mut words = String::new();
        for (name, values) in need.when {
            if values.is_empty() {
                if !matches!(self.said(name), Said::Known(..) | Said::Unknown) {
                    return None;
                }
                words.extend([" with `", name, "`"]);
                continue;
            }
            let param = self.action.param(name)?;
            let value = match self.said(name) {
                Said::Nothing | Said::Empty => param.default?.to_owned(),
                Said::Unknown => return None,
                Said::Known(given, value) => match value {
                    Value::String(text) if values != &["true"] => spelled(param, text).into_owned(),
                    value => is_set(param, given, value).to_string(),
                },
            };
            if !values.contains(&value.as_str()) {
                return None;
            }
            words.extend([" when `", name, "` is `", &value, "`"]);
        }
        Some(words)
    }
}

#[cfg(test)]
#[allow(
    clippy::needless_pass_by_value,
    reason = "what `json!` makes is written in place"
)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::action;

    fn needs(name: &str, params: Value) -> Vec<String> {
        let found = missing(action(name).unwrap(), params.as_object().unwrap());
        found.iter().map(ToString::to_string).collect()
    }

    #[track_caller]
    fn lacks(name: &str, params: Value, what: &[&str]) {
        assert_eq!(needs(name, params.clone()), what, "{name} {params}");
    }

    #[test]
    fn what_is_required_is_named() {
        lacks(
            "CloseClient",
            json!({}),
            &["`CloseClient` needs `clientid`"],
        );
        lacks(
            "CloseClient",
            json!({"clientid": ""}),
            &["`CloseClient` needs `clientid`"],
        );
        lacks("CloseClient", json!({"clientid": 7}), &[]);
        lacks("CloseClient", json!({"clientid": null}), &[]);
        lacks(
            "AddInvoicePayment",
            json!({"invoiceid": 3, "transid": "x", "gateway": ""}),
            &[
                "`AddInvoicePayment` needs `gateway`",
                "`AddInvoicePayment` needs `date`",
            ],
        );
        for empty in ["", "  "] {
            lacks(
                "AddInvoicePayment",
                json!({"invoiceid": 3, "transid": empty, "gateway": "x", "date": empty}),
                &[
                    "`AddInvoicePayment` needs `transid`",
                    "`AddInvoicePayment` needs `date`",
                ],
            );
        }
        lacks(
            "CreateInvoice",
            json!({"userid": 1, "itemdescription1": "x"}),
            &[],
        );
        // WHMCS unsets a setting that is given as empty text.
        lacks(
            "SetConfigurationValue",
            json!({"setting": "x", "value": ""}),
            &[],
        );
        lacks("UpdateAdminNotes", json!({"notes": ""}), &[]);
    }

    #[test]
    fn a_parameter_may_lift_what_is_required() {
        let named = json!({"email": "jo@example.com", "password2": "x"});
        assert_eq!(needs("AddClient", named.clone()).len(), 8);
        for (value, count) in [
            (json!(true), 0),
            (json!("1"), 0),
            (json!(null), 0),
            (json!(false), 8),
            (json!("no"), 8),
        ] {
            let mut params = named.clone();
            params["skipvalidation"] = value;
            assert_eq!(needs("AddClient", params.clone()).len(), count, "{params}");
        }
        lacks(
            "AddClient",
            json!({"skipvalidation": true, "owner_user_id": 3}),
            &[],
        );
        lacks(
            "AddClient",
            json!({"skipvalidation": true}),
            &[
                "`AddClient` needs `password2`",
                "`AddClient` needs `email` or `owner_user_id`",
            ],
        );
    }

    #[test]
    fn an_older_name_stands_for_the_newer_one() {
        lacks("ModuleSuspend", json!({"accountid": 7}), &[]);
        lacks(
            "ModuleSuspend",
            json!({"suspendreason": "x"}),
            &["`ModuleSuspend` needs `serviceid`"],
        );
    }

    #[test]
    fn one_of_several_is_enough() {
        let what = ["`UpdateClient` needs `clientid` or `clientemail`"];
        lacks("UpdateClient", json!({"city": "Waco"}), &what);
        lacks(
            "UpdateClient",
            json!({"clientid": "", "city": "Waco"}),
            &what,
        );
        lacks(
            "UpdateClient",
            json!({"clientemail": "jo@example.com"}),
            &[],
        );
        let ticket = |more: Value| {
            let mut params = json!({"deptid": 1, "subject": "s", "message": "m"});
            params
                .as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            params
        };
        let what = ["`OpenTicket` needs `clientid`, or `name` and `email`"];
        lacks("OpenTicket", ticket(json!({"name": "Jo"})), &what);
        lacks(
            "OpenTicket",
            ticket(json!({"name": "Jo", "email": "jo@example.com"})),
            &[],
        );
    }

    #[test]
    fn a_need_may_have_conditions() {
        let named = json!({"clientid": 1});
        assert_eq!(
            needs("AddPayMethod", named),
            [
                "`AddPayMethod` needs `card_number` when `type` is `CreditCard`",
                "`AddPayMethod` needs `card_expiry` when `type` is `CreditCard`",
            ]
        );
        let bank = json!({"clientid": 1, "type": "bankaccount", "bank_code": "1"});
        lacks(
            "AddPayMethod",
            bank,
            &["`AddPayMethod` needs `bank_account` when `type` is `BankAccount`"],
        );
        lacks("AddPayMethod", json!({"clientid": 1, "type": null}), &[]);
        lacks(
            "UpdateClientDomain",
            json!({"domainid": 1, "updatens": true, "ns1": "a"}),
            &["`UpdateClientDomain` needs `ns1` and `ns2` when `updatens` is `true`"],
        );
        lacks(
            "UpdateClientDomain",
            json!({"domainid": 1, "updatens": "no"}),
            &[],
        );
        lacks(
            "AddOrder",
            json!({"clientid": 1, "paymentmethod": "paypal", "addonid": 3}),
            &["`AddOrder` needs `serviceid` with `addonid`"],
        );
    }
}
