//! The amounts that a call itself says, by what the catalog has of its parameters.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value;

use crate::catalog::{self, Action, Effect, MoneyFlow, Param, Risk, Tell};
use crate::client::{ActionRef, Params};

/// The money that a call asks for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct StatedMoney {
    /// How much, by the way it goes.
    pub sums: BTreeMap<MoneyFlow, Decimal>,
    /// Whether it moves other amounts too, which the call does not say.
    pub is_open: bool,
    /// Whether it says no amount at all, so that a read may tell it.
    pub is_silent: bool,
    /// The amounts that a read must tell besides, such as that of an invoice said to be paid.
    pub told: Vec<&'static Tell>,
}

impl StatedMoney {
    /// What the catalog says of that call.
    pub fn read(action: &ActionRef, params: &Params) -> Self {
        let action = match action {
            ActionRef::Known(action) => *action,
            // Nobody knows what it does.
            ActionRef::Other { .. } => {
                return Self {
                    is_open: action.is_write(),
                    ..Self::default()
                };
            }
        };
        if only_quotes(action, params) {
            return Self::default();
        }
        let mut asked = Self {
            told: amounts_read(action, params),
            ..Self::default()
        };
        let mut is_given = false;
        for (param, flow) in action
            .params
            .iter()
            .filter_map(|param| Some((param, param.money?)))
        {
            let mut amounts = Vec::new();
            for value in given(action, param, params) {
                is_given = true;
                asked.is_open |= !collect(value, &mut amounts);
            }
            for amount in amounts {
                *asked.sums.entry(flow).or_default() +=
                    signed(param, params, amount) * times(action, param, params);
            }
        }
        asked.is_open |= action
            .params
            .iter()
            .any(|param| is_unpriced(action, param, params));
        let must_say = action.has_risk(Risk::Money)
            && !action.has_risk(Risk::Destructive)
            && !matches!(action.effect, Effect::Read | Effect::Update);
        asked.is_silent = must_say && !is_given;
        asked.is_open |= must_say && asked.sums.is_empty();
        asked
    }
}

/// The values that are given for a parameter, whole or one by one under numbered names;
/// none that is empty.
fn given<'p>(
    action: &'static Action,
    param: &Param,
    params: &'p Params,
) -> impl Iterator<Item = &'p Value> {
    let name = param.name;
    params
        .iter()
        .filter(move |(given, _)| {
            catalog::parameter(action, given).is_some_and(|param| param.name == name)
        })
        .map(|(_, value)| value)
        .filter(|value| !is_empty(value))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.iter().all(is_empty),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// Adds the amounts in there; whether all of it is amounts.
fn collect(value: &Value, into: &mut Vec<Decimal>) -> bool {
    let mut take = |text: &str| {
        let amount = text.trim().parse::<Decimal>().ok();
        into.extend(amount);
        amount.is_some()
    };
    match value {
        Value::Array(items) => each(items.iter(), into),
        Value::Object(map) => each(map.values(), into),
        Value::String(text) => text.trim().is_empty() || take(text),
        Value::Number(number) => take(&number.to_string()),
        Value::Null => true,
        Value::Bool(_) => false,
    }
}

/// Adds the amounts in all of those; whether all of it is amounts.
fn each<'v>(values: impl Iterator<Item = &'v Value>, into: &mut Vec<Decimal>) -> bool {
    let mut are_amounts = true;
    for value in values {
        are_amounts &= collect(value, into);
    }
    are_amounts
}

/// Whether a value is given of which the server alone says what it costs.
fn is_unpriced(action: &'static Action, param: &Param, params: &Params) -> bool {
    if param.unpriced {
        // An amount of zero is one too.
        let is_amount = param.format == Some(catalog::Format::Money);
        return given(action, param, params).any(|value| is_amount || is_set(value));
    }
    let Some(prices) = param.priced else {
        return false;
    };
    let prices = prices.split('|').filter_map(|price| action.param(price));
    let prices: Vec<&Value> = prices
        .flat_map(|price| places(action, price, params))
        .collect();
    let mut wanted = places(action, param, params).into_iter().enumerate();
    wanted.any(|(place, value)| {
        let is_priced = prices.get(place).is_some_and(|price| !is_empty(price));
        !is_empty(value) && !is_priced
    })
}

/// Whether the call only asks what something would cost.
fn only_quotes(action: &'static Action, params: &Params) -> bool {
    let mut quoting = action.params.iter().filter(|param| param.quotes);
    quoting.any(|param| given(action, param, params).any(is_set))
}

/// The amounts that parameters move which are none themselves.
fn amounts_read(action: &'static Action, params: &Params) -> Vec<&'static Tell> {
    let read = action.payer.as_ref().and_then(|payer| payer.read.as_ref());
    let is_given = |name: &str, is_meant: &dyn Fn(&Value) -> bool| {
        let param = action.param(name);
        param.is_some_and(|param| given(action, param, params).any(is_meant))
    };
    let is_moved = |tell: &&Tell| {
        let (name, values) = tell.when;
        let is_meant = |value: &Value| match value.as_str() {
            // What is only planned may be any of them.
            None if value.is_object() => true,
            // Of an amount, nothing at all is one too.
            _ if tell.less => true,
            Some(text) if !values.is_empty() => values
                .iter()
                .any(|word| word.eq_ignore_ascii_case(text.trim())),
            _ => values.is_empty() && is_set(value),
        };
        is_given(name, &is_meant) && !tell.unless.iter().any(|name| is_given(name, &is_set))
    };
    let tells = read.map_or(&[][..], |read| read.tells);
    tells.iter().filter(is_moved).collect()
}

/// How many times the amount is asked: once, unless another parameter says more.
fn times(action: &'static Action, param: &Param, params: &Params) -> Decimal {
    let count = param.times.and_then(|name| action.param(name));
    let count = count.and_then(|count| given(action, count, params).next());
    let count = count.and_then(|count| match count {
        Value::String(text) => text.trim().parse::<Decimal>().ok(),
        other => other.to_string().parse().ok(),
    });
    count.unwrap_or_default().max(Decimal::ONE)
}

/// The values of a list; a single value is a list of one.
fn places<'p>(action: &'static Action, param: &Param, params: &'p Params) -> Vec<&'p Value> {
    given(action, param, params)
        .flat_map(|value| match value {
            Value::Array(items) => items.iter().collect(),
            one => vec![one],
        })
        .collect()
}

/// Whether something is wanted: neither nothing nor no.
fn is_set(value: &Value) -> bool {
    match value {
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_i64() != Some(0),
        Value::String(text) => !text.trim().is_empty() && catalog::truth(text).unwrap_or(true),
        Value::Array(items) => items.iter().any(is_set),
        Value::Object(map) => map.values().any(is_set),
        Value::Null => false,
    }
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
    use crate::client::CustomKind;

    fn asked(name: &str, params: &Value) -> StatedMoney {
        let action = ActionRef::Known(catalog::action(name).unwrap());
        StatedMoney::read(&action, params.as_object().unwrap())
    }

    fn sums(name: &str, params: &Value) -> Vec<(MoneyFlow, String)> {
        let sums = asked(name, params).sums;
        let entry = |(flow, amount): (MoneyFlow, Decimal)| (flow, amount.to_string());
        sums.into_iter().map(entry).collect()
    }

    #[test]
    fn money_is_summed_by_the_way_it_goes() {
        let both = json!({"amountin": "10.10", "amountout": 2});
        assert_eq!(
            sums("AddTransaction", &both),
            [
                (MoneyFlow::In, "10.10".into()),
                (MoneyFlow::Out, "2".into())
            ]
        );
        assert_eq!(
            sums("AddCredit", &json!({"amount": "5.00", "type": "remove"})),
            [(MoneyFlow::Credit, "-5.00".into())]
        );
        let lines = json!({"itemamount": ["1.50", "2"], "itemamount3": "0.25"});
        assert_eq!(
            sums("CreateInvoice", &lines),
            [(MoneyFlow::Charge, "3.75".into())]
        );
        assert!(sums("UpdateClient", &json!({"credit": "5"})).is_empty());
    }

    #[test]
    fn an_amount_the_server_will_say_leaves_the_sum_open() {
        let is_open = |name, params| asked(name, &params).is_open;
        assert!(is_open("AddInvoicePayment", json!({})));
        assert!(!is_open("AddInvoicePayment", json!({"amount": "1"})));
        assert!(is_open("GenInvoices", json!({})));
        assert!(is_open("AcceptOrder", json!({"orderid": 1})));
        assert!(is_open(
            "AddCredit",
            json!({"amount": {"mark": "<balance of GetInvoice 1>"}})
        ));
        for none in [
            "AddClient",
            "CloseClient",
            "UpdateClientProduct",
            "GetInvoices",
        ] {
            assert!(!is_open(none, json!({})), "{none}");
        }
        assert!(is_open("UpdateClientProduct", json!({"autorecalc": true})));
        assert!(is_open("UpdateInvoice", json!({"total": "0"})));
        assert!(is_open(
            "CreateInvoice",
            json!({"itemamount1": "1", "autoapplycredit": true})
        ));
        assert!(is_open("UpdateTransaction", json!({"credit": true})));
        assert!(is_open("UpdateTransaction", json!({"invoiceid": 5})));
        let moved = |amount: &str| json!({"invoiceid": 5, "userid": 1, amount: "3"});
        assert!(!is_open("UpdateTransaction", moved("amountin")));
        assert!(!is_open("UpdateTransaction", moved("amountout")));
        assert!(is_open(
            "UpdateClientAddon",
            json!({"billingcycle": "Annually"})
        ));
        assert!(!is_open(
            "UpdateClientAddon",
            json!({"billingcycle": "Annually", "recurring": "1"})
        ));
        assert!(!is_open("UpdateClientProduct", json!({"autorecalc": "0"})));
    }

    #[test]
    fn an_order_costs_what_its_overrides_say_if_they_say_it_of_all() {
        let is_open = |params| asked("AddOrder", &params).is_open;
        assert!(is_open(json!({"pid": [1]})));
        assert!(is_open(json!({"pid": [1, 2], "priceoverride": ["5.00"]})));
        assert!(is_open(
            json!({"pid": [1, 2], "priceoverride": ["5.00", ""]})
        ));
        assert!(is_open(
            json!({"pid": [1], "priceoverride": ["5.00"], "addons": ["3"]})
        ));
        assert!(!is_open(
            json!({"pid": [1, 2], "priceoverride": ["5.00", "0"]})
        ));
        let domain = json!({"domain": ["a.example"], "domaintype": ["register"], "domainpriceoverride": ["9"]});
        assert!(!is_open(domain));
    }

    #[test]
    fn an_action_of_no_catalog_may_move_any_sum() {
        let other = |kind| ActionRef::Other {
            name: "MyAction".into(),
            kind,
        };
        assert!(StatedMoney::read(&other(CustomKind::Write), &Params::new()).is_open);
        assert!(!StatedMoney::read(&other(CustomKind::Read), &Params::new()).is_open);
    }

    #[test]
    fn what_the_catalog_says_of_money_fits_together() {
        for action in catalog::actions() {
            for param in action.params {
                if let Some((name, value)) = param.reversed {
                    let other = action.param(name).unwrap();
                    assert!(other.values.contains(&value), "{}", action.name);
                }
                for price in param.priced.iter().flat_map(|prices| prices.split('|')) {
                    assert!(
                        action.param(price).unwrap().money.is_some(),
                        "{}",
                        action.name
                    );
                }
            }
            let is_marked = action.params.iter().any(|param| param.money.is_some());
            let is_money = action.has_risk(Risk::Money);
            assert!(!is_marked || is_money, "{}", action.name);
            assert!(action.payer.is_none() || is_money, "{}", action.name);
        }
    }

    #[test]
    fn a_status_that_says_what_was_paid_is_told_by_a_read() {
        let told = |name, params| {
            let told = asked(name, &params).told.into_iter();
            told.map(|tell| tell.money).collect::<Vec<_>>()
        };
        let invoice =
            |status: &str| told("UpdateInvoice", json!({"invoiceid": 1, "status": status}));
        assert_eq!(invoice("Paid"), [MoneyFlow::In]);
        assert_eq!(invoice(" paid"), [MoneyFlow::In]);
        assert_eq!(invoice("Refunded"), [MoneyFlow::Out]);
        assert_eq!(invoice("Cancelled"), [MoneyFlow::Waived]);
        assert_eq!(invoice("Unpaid"), [MoneyFlow::Charge]);
        assert_eq!(invoice("Draft"), [MoneyFlow::Waived]);
        assert_eq!(invoice("Collections"), [MoneyFlow::Waived]);
        assert_eq!(invoice("Payment Pending"), [MoneyFlow::Waived]);
        let line = json!({"invoiceid": 1, "deletelineids": [7]});
        assert_eq!(told("UpdateInvoice", line), [MoneyFlow::Waived]);
        let line = json!({"invoiceid": 1, "itemamount": {"7": "0"}});
        assert_eq!(told("UpdateInvoice", line), [MoneyFlow::Waived]);
        let credit = json!({"invoiceid": 1, "credit": "0.00"});
        assert_eq!(told("UpdateInvoice", credit), [MoneyFlow::Applied]);
        let publish = told("UpdateInvoice", json!({"invoiceid": 1, "publish": true}));
        assert_eq!(publish, [MoneyFlow::Charge]);
        assert!(told("UpdateInvoice", json!({"publish": false, "notes": "x"})).is_empty());
        let cycle = json!({"serviceid": 1, "billingcycle": "Annually"});
        assert_eq!(told("UpdateClientProduct", cycle), [MoneyFlow::Price]);
        let both = json!({"billingcycle": "Annually", "recurringamount": "10"});
        assert!(told("UpdateClientProduct", both).is_empty());
    }

    #[test]
    fn an_item_that_recurs_is_asked_as_often_as_it_says() {
        let item = json!({"amount": "10.00", "invoiceaction": "recur", "recurfor": 12});
        assert_eq!(
            sums("AddBillableItem", &item),
            [(MoneyFlow::Charge, "120.00".into())]
        );
    }

    #[test]
    fn a_quote_of_a_price_moves_nothing() {
        let quote = json!({"serviceid": 1, "type": "product", "calconly": true});
        assert_eq!(asked("UpgradeProduct", &quote), StatedMoney::default());
        assert!(
            asked(
                "UpgradeProduct",
                &json!({"serviceid": 1, "calconly": false})
            )
            .is_open
        );
    }

    /// Writes whose calls say their sums.
    const SAID: [&str; 9] = [
        "AddBillableItem",
        "AddCredit",
        "AddOrder",
        "AddTransaction",
        "CreateInvoice",
        "UpdateClientAddon",
        "UpdateClientDomain",
        "UpdateClientProduct",
        "UpdateTransaction",
    ];

    /// Writes whose sums a read tells where their calls do not say them.
    const TOLD: [&str; 5] = [
        "AcceptQuote",
        "AddInvoicePayment",
        "ApplyCredit",
        "CapturePayment",
        "UpdateInvoice",
    ];

    /// Writes whose sums nobody knows before: refused where money is limited.
    const UNKNOWN: [&str; 8] = [
        "AcceptOrder",
        "AffiliateActivate",
        "DomainRegister",
        "DomainRenew",
        "DomainToggleIdProtect",
        "DomainTransfer",
        "GenInvoices",
        "UpgradeProduct",
    ];

    /// Writes that end what was asked of a client: `--max-deletes` counts them.
    const ENDING: [&str; 5] = [
        "CancelOrder",
        "CloseClient",
        "DeleteClient",
        "DeleteOrder",
        "FraudOrder",
    ];

    /// Writes that take amounts and move no client's money: list prices, and offers.
    const NOT_MOVED: [&str; 4] = [
        "AddProduct",
        "CreateOrUpdateTLD",
        "CreateQuote",
        "UpdateQuote",
    ];

    #[test]
    fn every_action_that_moves_money_is_seen_in_one_of_the_ways() {
        let mut ways: Vec<&str> = [&SAID[..], &TOLD, &UNKNOWN, &ENDING].concat();
        ways.sort_unstable();
        let is_money = |action: &&Action| action.has_risk(Risk::Money);
        let mut money: Vec<&str> = catalog::actions()
            .iter()
            .filter(is_money)
            .map(|action| action.name)
            .collect();
        money.sort_unstable();
        assert_eq!(ways, money);
        let set = |name: &str| catalog::action(name).unwrap();
        for name in SAID {
            let is_amount = |param: &Param| param.money.is_some();
            assert!(set(name).params.iter().any(is_amount), "{name}");
        }
        for name in TOLD {
            let read = set(name)
                .payer
                .as_ref()
                .and_then(|payer| payer.read.as_ref());
            let read = read.unwrap_or_else(|| panic!("{name}"));
            assert!(read.amount.is_some() || !read.tells.is_empty(), "{name}");
        }
        for name in UNKNOWN {
            let params: Params = set(name)
                .params
                .iter()
                .filter(|param| param.unpriced)
                .map(|param| (param.name.to_owned(), true.into()))
                .collect();
            let action = ActionRef::Known(set(name));
            assert!(StatedMoney::read(&action, &params).is_open, "{name}");
        }
        for name in ENDING {
            assert!(set(name).has_risk(Risk::Destructive), "{name}");
        }
    }

    #[test]
    fn every_amount_of_a_write_moves_money_or_is_said_not_to() {
        for action in catalog::actions() {
            let takes_money = action.params.iter().any(|param| {
                param.format == Some(catalog::Format::Money)
                    || param.items.iter().any(|(name, _)| *name == "up")
            });
            let is_seen = action.effect == Effect::Read || action.has_risk(Risk::Money);
            let is_left = NOT_MOVED.contains(&action.name);
            assert!(!takes_money || is_seen != is_left, "{}", action.name);
            for param in action.params.iter().filter(|param| param.list_price) {
                assert!(is_left, "{}.{}", action.name, param.name);
            }
        }
    }
}
