//! What a write would bring about beyond the record: mail and money.
//!
//! Both are read from the catalog. Mail is what may leave at most: WHMCS has
//! settings of its own that keep it in.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value;

use crate::catalog::{self, Action, MailSwitch, MoneyFlow, Param, Risk};
use crate::client::{ActionRef, Params};

/// The mail and the money of one write or of many.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Toll {
    /// Mails that would leave, at most, after the other writes.
    pub mails: u64,
    /// Writes after which nobody can say how many mails leave.
    pub unknown_mails: u64,
    /// How much money would move, by the way it goes.
    pub money: BTreeMap<MoneyFlow, Decimal>,
    /// Writes that move money whose amount the server will say.
    pub unknown_amounts: u64,
}

impl Toll {
    /// What the catalog says of that write.
    pub fn of(action: &ActionRef, params: &Params) -> Self {
        let ActionRef::Known(action) = action else {
            return Self::default();
        };
        let mut toll = Self::default();
        if sends_any_number(action, params) {
            toll.unknown_mails = 1;
        } else {
            toll.mails = mails(action, params);
        }
        let marked: Vec<_> = action
            .params
            .iter()
            .filter_map(|param| Some((param, param.money?)))
            .collect();
        for (param, flow) in &marked {
            for amount in amounts(action, param, params) {
                *toll.money.entry(*flow).or_default() += signed(param, params, amount);
            }
        }
        toll.unknown_amounts = u64::from(!marked.is_empty() && toll.money.is_empty());
        toll
    }

    /// Adds what another write brings about.
    pub fn add(&mut self, other: &Self) {
        self.mails += other.mails;
        self.unknown_mails += other.unknown_mails;
        self.unknown_amounts += other.unknown_amounts;
        for (flow, amount) in &other.money {
            *self.money.entry(*flow).or_default() += amount;
        }
    }
}

/// How many mails may leave: where a parameter must ask for mail, those asked
/// for; else one for each kind that no parameter keeps in.
fn mails(action: &Action, params: &Params) -> u64 {
    if !action.has_risk(Risk::Mail) {
        return 0;
    }
    let is_set = |param: &&Param| params.get(param.name).is_some_and(is_true);
    let switches = |wanted| {
        let switches = action.params.iter();
        switches.filter(move |param| param.mail == Some(wanted))
    };
    let count = |count: usize| count as u64;
    if switches(MailSwitch::Sends).next().is_some() {
        return count(switches(MailSwitch::Sends).filter(is_set).count());
    }
    let kinds = switches(MailSwitch::Silences).count().max(1);
    count(kinds - switches(MailSwitch::Silences).filter(is_set).count())
}

/// Whether mails may leave whose number nobody knows: of every record an action is carried
/// out on, or of the services that it sets up or renews, such as once an invoice is paid.
fn sends_any_number(action: &Action, params: &Params) -> bool {
    action.has_risk(Risk::Mail) && action.has_risk(Risk::Provision) && mails(action, params) > 0
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_i64() != Some(0),
        Value::String(text) => catalog::truth(text).unwrap_or(false),
        _ => false,
    }
}

/// The amounts given for a parameter, whole or one by one under numbered names.
fn amounts(action: &Action, param: &Param, params: &Params) -> Vec<Decimal> {
    fn collect(value: &Value, into: &mut Vec<Decimal>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
            Value::Object(map) => map.values().for_each(|item| collect(item, into)),
            Value::String(text) => into.extend(text.trim().parse::<Decimal>().ok()),
            Value::Number(number) => into.extend(number.to_string().parse::<Decimal>().ok()),
            _ => {}
        }
    }
    let mut amounts = Vec::new();
    for (name, value) in params {
        if catalog::parameter(action, name).is_some_and(|given| given.name == param.name) {
            collect(value, &mut amounts);
        }
    }
    amounts
}

/// The amount, turned round where another parameter says so.
fn signed(param: &Param, params: &Params, amount: Decimal) -> Decimal {
    let is_reversed = param.reversed.is_some_and(|(name, value)| {
        let given = params.get(name).and_then(Value::as_str);
        given.is_some_and(|given| given.eq_ignore_ascii_case(value))
    });
    if is_reversed { -amount } else { amount }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn toll(name: &str, params: &Value) -> Toll {
        let action = ActionRef::Known(catalog::action(name).unwrap());
        Toll::of(&action, params.as_object().unwrap())
    }

    fn money(name: &str, params: &Value) -> Vec<(MoneyFlow, String)> {
        let money = toll(name, params).money;
        let entry = |(flow, amount): (MoneyFlow, Decimal)| (flow, amount.to_string());
        money.into_iter().map(entry).collect()
    }

    #[test]
    fn mail_is_counted_unless_it_is_kept_in() {
        assert_eq!(toll("AddClient", &json!({})).mails, 1);
        assert_eq!(toll("AddClient", &json!({"noemail": true})).mails, 0);
        assert_eq!(toll("AddClient", &json!({"noemail": "on"})).mails, 0);
        assert_eq!(toll("AddClient", &json!({"noemail": false})).mails, 1);
        assert_eq!(toll("SendEmail", &json!({})).mails, 1);
        assert_eq!(toll("UpdateClient", &json!({})).mails, 0);
    }

    #[test]
    fn mail_that_must_be_asked_for_is_counted_when_it_is() {
        assert_eq!(toll("CreateInvoice", &json!({})).mails, 0);
        assert_eq!(toll("CreateInvoice", &json!({"sendinvoice": 1})).mails, 1);
    }

    #[test]
    fn each_kind_of_mail_is_kept_in_by_a_parameter_of_its_own() {
        assert_eq!(toll("AddOrder", &json!({})).mails, 2);
        assert_eq!(toll("AddOrder", &json!({"noemail": true})).mails, 1);
        let both = json!({"noemail": true, "noinvoiceemail": true});
        assert_eq!(toll("AddOrder", &both).mails, 0);
    }

    #[test]
    fn money_is_summed_by_the_way_it_goes() {
        let both = json!({"amountin": "10.10", "amountout": 2});
        assert_eq!(
            money("AddTransaction", &both),
            [
                (MoneyFlow::In, "10.10".into()),
                (MoneyFlow::Out, "2".into())
            ]
        );
        assert_eq!(
            money("AddCredit", &json!({"amount": "5.00", "type": "remove"})),
            [(MoneyFlow::Credit, "-5.00".into())]
        );
        let lines = json!({"itemamount": ["1.50", "2"], "itemamount3": "0.25"});
        assert_eq!(
            money("CreateInvoice", &lines),
            [(MoneyFlow::Charge, "3.75".into())]
        );
        assert!(money("UpdateClient", &json!({"credit": "5"})).is_empty());
    }

    #[test]
    fn an_amount_the_server_will_say_is_counted_as_unknown() {
        assert_eq!(toll("AddInvoicePayment", &json!({})).unknown_amounts, 1);
        assert_eq!(
            toll("AddInvoicePayment", &json!({"amount": "1"})).unknown_amounts,
            0
        );
        assert_eq!(toll("AddClient", &json!({})).unknown_amounts, 0);
    }

    #[test]
    fn what_turns_an_amount_round_is_a_parameter_of_the_same_action() {
        for action in catalog::actions() {
            for param in action.params {
                let Some((name, value)) = param.reversed else {
                    continue;
                };
                let other = action.param(name).unwrap();
                assert!(other.values.contains(&value), "{}", action.name);
            }
            let is_marked = action.params.iter().any(|param| param.money.is_some());
            assert!(
                !is_marked || action.has_risk(Risk::Money),
                "{}",
                action.name
            );
        }
    }
}
