//! What a write would bring about beyond the record: mail and money.
//!
//! Both are read from the catalog. Mail is what may leave at most: WHMCS has
//! settings of its own that keep it in. Money is summed by its currency, and never one
//! with another; where the old values are known, they are summed too.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value;

use super::PlannedChange;
use crate::catalog::{self, Action, MailSwitch, MoneyFlow, Param, Risk};
use crate::client::{ActionRef, Params};
use crate::run::money::Moved;

/// The mail and the money of one write or of many.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Impact {
    /// Mails that would leave, at most, after the other writes.
    pub mails: u64,
    /// Writes after which nobody can say how many mails leave.
    pub unknown_mails: u64,
    /// How much money would move, by its currency, where that is known, and the way it goes.
    pub money: BTreeMap<(Option<String>, MoneyFlow), Sum>,
    /// How much would move in all by currency, whichever way each write moves it.
    pub moved: BTreeMap<Option<String>, Decimal>,
    /// Writes that move money whose amount the server will say.
    pub unknown_amounts: u64,
    /// Writes that set list prices: no money of a client, and not limited.
    pub list_prices: u64,
}

/// A sum of amounts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sum {
    /// What they would be.
    pub new: Decimal,
    /// What they are now, if that is known of all of them.
    pub old: Option<Decimal>,
}

impl Sum {
    /// By how many percent the sum would change; unknown of one that is nothing now.
    pub fn percent(&self) -> Option<Decimal> {
        let old = self.old.filter(|old| !old.is_zero())?;
        let percent = (self.new - old).checked_mul(Decimal::ONE_HUNDRED)?;
        let mut percent = percent.checked_div(old.abs())?;
        percent.rescale(1);
        Some(percent)
    }
}

impl Impact {
    /// What the catalog says of that write, which moves that money and makes those changes.
    pub fn assess(
        action: &ActionRef,
        params: &Params,
        moved: &Moved,
        changes: &[PlannedChange],
    ) -> Self {
        let ActionRef::Known(action) = action else {
            return Self::default();
        };
        let mut impact = Self::default();
        if sends_any_number(action, params) {
            impact.unknown_mails = 1;
        } else {
            impact.mails = mails(action, params);
        }
        for (flow, new) in &moved.sums {
            let sum = Sum {
                new: *new,
                old: old_sum(action, *flow, changes),
            };
            impact.money.insert((moved.currency.clone(), *flow), sum);
        }
        if !moved.total().is_zero() {
            impact.moved.insert(moved.currency.clone(), moved.total());
        }
        impact.unknown_amounts = u64::from(moved.is_open);
        impact.list_prices = u64::from(sets_list_prices(action, params));
        impact
    }

    /// Adds what another write brings about.
    pub fn add(&mut self, other: &Self) {
        self.mails += other.mails;
        self.unknown_mails += other.unknown_mails;
        self.unknown_amounts += other.unknown_amounts;
        self.list_prices += other.list_prices;
        for (key, more) in &other.money {
            match self.money.get_mut(key) {
                None => _ = self.money.insert(key.clone(), more.clone()),
                Some(sum) => {
                    sum.new += more.new;
                    sum.old = sum.old.zip(more.old).map(|(old, more)| old + more);
                }
            }
        }
        for (currency, more) in &other.moved {
            *self.moved.entry(currency.clone()).or_default() += more;
        }
    }
}

/// What the amounts of that flow are now, if a read told all of those that a write sets.
fn old_sum(action: &Action, flow: MoneyFlow, changes: &[PlannedChange]) -> Option<Decimal> {
    let is_of_flow = |change: &&PlannedChange| {
        let name = change.field.split('.').next();
        let param = name.and_then(|name| action.param(name));
        param.is_some_and(|param| param.money == Some(flow))
    };
    let mut changes = changes.iter().filter(is_of_flow).peekable();
    changes.peek()?;
    changes
        .map(|change| match change.old.as_ref()? {
            Value::String(text) => text.trim().parse::<Decimal>().ok(),
            Value::Number(number) => number.to_string().parse().ok(),
            _ => None,
        })
        .sum()
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

/// Whether mails may leave whose number nobody knows: to people that the call does not name,
/// of every record an action is carried out on, or of the services that it sets up or
/// renews, such as once an invoice is paid.
fn sends_any_number(action: &Action, params: &Params) -> bool {
    let is_any = action.many_mails || action.has_risk(Risk::Provision);
    action.has_risk(Risk::Mail) && is_any && mails(action, params) > 0
}

fn sets_list_prices(action: &Action, params: &Params) -> bool {
    let mut names = params.keys();
    names.any(|name| catalog::parameter(action, name).is_some_and(|param| param.list_price))
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_i64() != Some(0),
        Value::String(text) => catalog::truth(text).unwrap_or(false),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn impact(name: &str, params: &Value) -> Impact {
        let action = ActionRef::Known(catalog::action(name).unwrap());
        Impact::assess(&action, params.as_object().unwrap(), &Moved::default(), &[])
    }

    #[test]
    fn mail_is_counted_unless_it_is_kept_in() {
        assert_eq!(impact("AddClient", &json!({})).mails, 1);
        assert_eq!(impact("AddClient", &json!({"noemail": true})).mails, 0);
        assert_eq!(impact("AddClient", &json!({"noemail": "on"})).mails, 0);
        assert_eq!(impact("AddClient", &json!({"noemail": false})).mails, 1);
        assert_eq!(impact("SendEmail", &json!({})).mails, 1);
        assert_eq!(impact("UpdateClient", &json!({})).mails, 0);
    }

    #[test]
    fn mail_that_must_be_asked_for_is_counted_when_it_is() {
        assert_eq!(impact("CreateInvoice", &json!({})).mails, 0);
        assert_eq!(impact("CreateInvoice", &json!({"sendinvoice": 1})).mails, 1);
    }

    #[test]
    fn each_kind_of_mail_is_kept_in_by_a_parameter_of_its_own() {
        assert_eq!(impact("AddOrder", &json!({})).mails, 2);
        assert_eq!(impact("AddOrder", &json!({"noemail": true})).mails, 1);
        let both = json!({"noemail": true, "noinvoiceemail": true});
        assert_eq!(impact("AddOrder", &both).mails, 0);
    }

    #[test]
    fn mails_to_people_whom_the_call_does_not_name_are_not_counted() {
        for action in [
            "AcceptQuote",
            "GenInvoices",
            "SendAdminEmail",
            "TriggerNotificationEvent",
        ] {
            let impact = impact(action, &json!({}));
            assert_eq!((impact.mails, impact.unknown_mails), (0, 1), "{action}");
        }
    }

    fn priced(currency: &str, new: &str, old: Option<&str>) -> Impact {
        let action = ActionRef::Known(catalog::action("UpdateClientProduct").unwrap());
        let moved = Moved {
            sums: [(MoneyFlow::Price, new.parse().unwrap())].into(),
            currency: Some(currency.to_owned()),
            is_open: false,
        };
        let change = PlannedChange {
            field: "recurringamount".into(),
            old: old.map(Value::from),
            new: new.into(),
            is_idle: false,
        };
        Impact::assess(&action, &Params::new(), &moved, &[change])
    }

    #[test]
    fn sums_are_of_one_currency_and_have_an_old_one_where_all_old_values_are_known() {
        let mut all = priced("EUR", "11.90", Some("10.00"));
        all.add(&priced("EUR", "23.80", Some("20.00")));
        all.add(&priced("USD", "5.00", Some("4.00")));
        all.add(&priced("USD", "7.00", None));
        let sum = |currency: &str| &all.money[&(Some(currency.to_owned()), MoneyFlow::Price)];
        let euros = sum("EUR");
        assert_eq!(euros.new.to_string(), "35.70");
        assert_eq!(euros.old.unwrap().to_string(), "30.00");
        assert_eq!(euros.percent().unwrap().to_string(), "19.0");
        assert_eq!(
            (sum("USD").new.to_string(), sum("USD").old),
            ("12.00".into(), None)
        );
        assert_eq!(all.moved[&Some("USD".to_owned())].to_string(), "12.00");
    }
}
