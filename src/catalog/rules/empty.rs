//! Empty values that WHMCS takes for something else than nothing: for all there is, where
//! they were to pick some of it; for no change, where they were to empty a field.

use rust_decimal::Decimal;
use serde_json::Value;

use super::given::Given;
use crate::catalog::{Action, Format, Param, ParamKind, Problem};

/// An empty value that cannot be meant.
pub(super) fn check(given: &Given) -> Option<Problem> {
    let Given {
        action,
        param,
        name,
        value,
    } = given;
    if param.narrows {
        return nothing(param, value).map(|nothing| Problem::Widens {
            action: action.name,
            param: param.name,
            name: (*name).to_owned(),
            given: nothing,
        });
    }
    let is_blank = |text: &str| text.trim().is_empty();
    let is_emptied = action.sets && !param.required && value.as_str().is_some_and(is_blank);
    (is_emptied && is_never_empty(action, param)).then(|| Problem::NeverEmpty {
        action: action.name,
        param: param.name,
        name: (*name).to_owned(),
    })
}

/// What is given in place of a value that picks something; an empty list picks nothing.
fn nothing(param: &Param, value: &Value) -> Option<String> {
    let is_number = matches!(
        param.kind,
        ParamKind::Int | ParamKind::Ints | ParamKind::Ids | ParamKind::Decimal
    );
    let of_text = |text: &str| {
        let text = text.trim();
        if text.is_empty() {
            return Some("empty text".to_owned());
        }
        let is_zero = is_number && text.parse().is_ok_and(|number: Decimal| number.is_zero());
        is_zero.then(|| format!("`{text}`"))
    };
    match value {
        Value::String(text) => of_text(text),
        Value::Number(number) => of_text(&number.to_string()),
        Value::Array(items) if items.is_empty() => Some("an empty array".to_owned()),
        Value::Object(items) if items.is_empty() => Some("an empty map".to_owned()),
        Value::Array(items) => items.iter().find_map(|item| nothing(param, item)),
        Value::Object(items) => items.values().find_map(|item| nothing(param, item)),
        Value::Null | Value::Bool(_) => None,
    }
}

/// Whether a field has a value always: a word of a list, a day, an amount.
fn is_never_empty(action: &Action, param: &Param) -> bool {
    let is_day = matches!(param.kind, ParamKind::Date | ParamKind::DateTime)
        || param.format == Some(Format::Localised);
    let is_amount = param.kind == ParamKind::Decimal
        && (param.money.is_some() || param.format == Some(Format::Money));
    let is_word =
        param.kind == ParamKind::String && !param.values.is_empty() && !param.values.contains(&"");
    !action.about.contains(&param.name) && (is_day || is_amount || is_word)
}

#[cfg(test)]
#[allow(
    clippy::needless_pass_by_value,
    reason = "what `json!` makes is written in place"
)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::{self, Effect, actions};

    #[track_caller]
    fn found(name: &str, params: Value) -> Vec<(String, Option<String>)> {
        let action = catalog::action(name).unwrap();
        let problems = catalog::problems(action, params.as_object().unwrap());
        let told = problems.iter().filter(|problem| {
            matches!(problem, Problem::Widens { .. } | Problem::NeverEmpty { .. })
        });
        told.map(|problem| (problem.to_string(), problem.hint()))
            .collect()
    }

    #[test]
    fn what_picks_some_is_never_taken_for_all() {
        let all = |name: &str, params: Value, what: &str| {
            let found = found(name, params.clone());
            assert_eq!(found.len(), 1, "{name} {params}: {found:?}");
            assert!(found[0].0.ends_with(what), "{found:?}");
        };
        let taken = "which WHMCS treats as left out";
        for (name, params) in [
            ("GenInvoices", json!({"clientid": ""})),
            ("GenInvoices", json!({"clientid": 0})),
            ("GenInvoices", json!({"serviceids": []})),
            ("GenInvoices", json!({"domainids": [""]})),
            ("GenInvoices", json!({"addonids": {"0": ""}})),
            ("GenInvoices", json!({"addonids[0]": ""})),
            ("GetInvoices", json!({"userid": ""})),
            ("GetInvoices", json!({"userid": "0"})),
            ("GetClientsProducts", json!({"clientid": ""})),
            ("GetClients", json!({"search": "  "})),
            ("GetTickets", json!({"email": ""})),
            ("GetProjects", json!({"invoiceids": []})),
            (
                "SendAdminEmail",
                json!({"custommessage": "x", "type": "support", "deptid": ""}),
            ),
        ] {
            all(name, params, taken);
        }
        let payment = |amount: Value| json!({"invoiceid": 3, "transid": "x", "gateway": "paypal", "date": "2026-11-30", "amount": amount});
        for amount in [json!(""), json!("0.00"), json!(0)] {
            all("AddInvoicePayment", payment(amount), taken);
        }
        for (name, params) in [
            (
                "GenInvoices",
                json!({"clientid": 3, "serviceids": [1], "domainids": null}),
            ),
            ("GetInvoices", json!({"userid": 3, "limitstart": 0})),
            ("GetClients", json!({"search": "0"})),
            ("AddInvoicePayment", payment(json!("5.00"))),
            (
                "GetClientsDetails",
                json!({"clientid": "", "email": "jo@example.com"}),
            ),
        ] {
            assert_eq!(found(name, params.clone()), [], "{name} {params}");
        }
    }

    #[test]
    fn every_id_that_a_read_may_be_asked_by_picks() {
        for action in actions()
            .iter()
            .filter(|action| action.effect == Effect::Read)
        {
            let needed = action.needs.iter().flat_map(|need| need.one_of);
            let needed: Vec<_> = needed.copied().flatten().collect();
            let ids = action.params.iter().filter(|param| {
                let name = param.name.to_ascii_lowercase();
                (name.ends_with("id") || name.ends_with("ids"))
                    && matches!(param.kind, ParamKind::Int | ParamKind::Ids)
            });
            for param in ids.filter(|param| !param.required && !needed.contains(&&param.name)) {
                assert!(param.narrows, "{}.{}", action.name, param.name);
            }
        }
    }

    #[test]
    fn a_day_an_amount_or_a_word_is_not_emptied() {
        for (name, param) in [
            ("status", json!("")),
            ("billingcycle", json!(" ")),
            ("nextduedate", json!("")),
            ("recurringamount", json!("")),
        ] {
            let told = found("UpdateClientProduct", json!({"serviceid": 1, name: param}));
            let hint = format!(
                "to keep the current value, leave it out; `--allow UpdateClientProduct.{name}` \
                 sends it anyway"
            );
            assert_eq!(
                told,
                [(
                    format!("`UpdateClientProduct` cannot empty `{name}`"),
                    Some(hint)
                )]
            );
        }
        for (name, params) in [
            (
                "UpdateClient",
                json!({"clientid": 1, "notes": "", "companyname": ""}),
            ),
            (
                "UpdateClientProduct",
                json!({"serviceid": 1, "domain": "", "paymentmethod": ""}),
            ),
            ("AddOrder", json!({"priceoverride": ["", "5.00"]})),
        ] {
            assert_eq!(found(name, params.clone()), [], "{name} {params}");
        }
    }
}
