//! Lists that are one list in several: `pid`, `domain` and `billingcycle` of an order.
//!
//! The first product has the first cycle. Lists that run from the first place to the last
//! are equally long, `""` standing for a place that has nothing; a map may name only some
//! of the places there are. A list that goes with another may be left out whole, and one
//! value does not stand for many: what WHMCS makes of places without a partner is chance.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::catalog::{Action, Encoding, Format, Misfit, Parallel, Param, ParamKind, Problem};

/// Adds what is wrong with the lists of a call.
pub(super) fn check(
    action: &'static Action,
    params: &Map<String, Value>,
    found: &mut Vec<Problem>,
) {
    for lists in action.parallel {
        check_lists(action, lists, params, found);
    }
}

fn check_lists(
    action: &'static Action,
    lists: &'static Parallel,
    params: &Map<String, Value>,
    found: &mut Vec<Problem>,
) {
    let given = |name: &&'static str| Some((*name, places(action.param(name)?, params)?));
    let lead = lists.lead.iter().find_map(given);
    if let Some((lead, _)) = &lead
        && !lists.by_line
        && let Some(place) = unfilled(action, lead, lists, params)
    {
        found.push(Problem::UnequalLists {
            action: action.name,
            name: lead,
            lead,
            misfit: Misfit::Empty(place),
            is_proved: lists.proof.is_some(),
        });
    }
    found.extend(alone(action, lists, params));
    let followers = lists.lists.iter().filter_map(given);
    for (name, places) in followers {
        let Some((lead, wanted)) = &lead else {
            found.push(Problem::NoLead {
                action: action.name,
                name,
                lead: lists.lead,
                is_proved: lists.proof.is_some(),
            });
            continue;
        };
        if name == *lead || places == Places::Unknown || *wanted == Places::Unknown {
            continue;
        }
        let misfit = match (&places, wanted) {
            (Places::Known(places), Places::Known(wanted)) => misfit(places, wanted, lists.by_line),
            _ => None,
        };
        let misfit = misfit.or_else(|| unpriced(action, lead, name, lists, params));
        if let Some(misfit) = misfit {
            found.push(Problem::UnequalLists {
                action: action.name,
                name,
                lead,
                misfit,
                is_proved: lists.proof.is_some(),
            });
        }
    }
}

/// The first place of a leading list that has nothing in any of those that lead: what goes
/// with it would be left out of the order without a word.
fn unfilled(
    action: &'static Action,
    lead: &'static str,
    lists: &'static Parallel,
    params: &Map<String, Value>,
) -> Option<String> {
    let leads = lists.lead.iter().filter_map(|name| action.param(name));
    let filled: BTreeSet<String> = leads
        .flat_map(|param| values(param, params))
        .filter(|(_, value)| !is_empty(value))
        .map(|(key, _)| key)
        .collect();
    let own = values(action.param(lead)?, params);
    own.into_iter()
        .find(|(key, value)| is_empty(value) && !filled.contains(key))
        .map(|(key, _)| key)
}

/// A place that only the last of the leading lists fills, without what it needs then: a
/// domain without a product is ordered by its `domaintype` alone.
fn alone(
    action: &'static Action,
    lists: &'static Parallel,
    params: &Map<String, Value>,
) -> Option<Problem> {
    let (last, others) = lists.lead.split_last()?;
    let filled = |name: &&'static str| -> BTreeSet<String> {
        let param = action.param(name);
        let values = param.map(|param| values(param, params)).unwrap_or_default();
        let filled = values.into_iter().filter(|(_, value)| !is_empty(value));
        filled.map(|(key, _)| key).collect()
    };
    let others: BTreeSet<String> = others.iter().flat_map(filled).collect();
    let is_unknown = |name: &str| params.get(name).is_some_and(Value::is_null);
    lists.with.iter().find_map(|name| {
        let given = filled(name);
        // An order of nothing at all is refused by the server.
        if given.is_empty() && others.is_empty() {
            return None;
        }
        let lacks = |key: &String| !others.contains(key) && !given.contains(key);
        let place = filled(last).into_iter().find(lacks)?;
        (!is_unknown(name) && !lists.lead.iter().any(|lead| is_unknown(lead))).then(|| {
            Problem::UnequalLists {
                action: action.name,
                name,
                lead: last,
                misfit: Misfit::Line(place),
                is_proved: lists.proof.is_some(),
            }
        })
    })
}

/// The first line that has a text and an empty amount: a cell that nobody filled in, and a
/// line of an invoice that WHMCS makes free of charge.
fn unpriced(
    action: &'static Action,
    lead: &'static str,
    name: &'static str,
    lists: &Parallel,
    params: &Map<String, Value>,
) -> Option<Misfit> {
    let amount = action.param(name)?;
    let is_amount = amount.money.is_some() || lists.by_line && amount.format == Some(Format::Money);
    // Those that override a price leave it with empty text.
    let overrides = |param: &Param| param.priced == Some(name);
    if !is_amount || action.params.iter().any(overrides) {
        return None;
    }
    let lines = values(action.param(lead)?, params);
    let is_line = |key: &str| {
        let mut lines = lines.iter();
        lines.any(|(line, value)| line == key && !is_empty(value))
    };
    let first = usize::from(amount.encoding == Encoding::Numbered).to_string();
    if params.get(name).is_some_and(is_empty) && is_line(&first) {
        return Some(Misfit::Line(first));
    }
    let amounts = values(amount, params);
    let mut empty = amounts.into_iter().filter(|(_, value)| is_empty(value));
    empty
        .find(|(key, _)| is_line(key))
        .map(|(key, _)| Misfit::Line(key))
}

fn is_empty(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// The values of a list with the keys they are sent under; one that is no list stands for
/// its first place if it has something.
fn values<'v>(param: &'static Param, params: &'v Map<String, Value>) -> Vec<(String, &'v Value)> {
    let first = usize::from(param.encoding == Encoding::Numbered);
    let mut found = Vec::new();
    for (name, value) in params {
        match name.strip_prefix(param.name) {
            Some("") => match value {
                Value::Array(items) => {
                    let keys = (first..).map(|at| at.to_string());
                    found.extend(keys.zip(items));
                }
                Value::Object(map) if is_of_places(param, map) => {
                    found.extend(map.iter().map(|(key, value)| (key.clone(), value)));
                }
                value if value.as_str() == Some("") => {}
                value => found.push((first.to_string(), value)),
            },
            Some(rest) => found.extend(key(param, rest).map(|key| (key.to_owned(), value))),
            None => {}
        }
    }
    found
}

fn misfit(places: &Keys, wanted: &Keys, by_line: bool) -> Option<Misfit> {
    if places.keys == wanted.keys {
        return None;
    }
    let stray = places.keys.difference(&wanted.keys).next();
    if by_line {
        let missing = || wanted.keys.difference(&places.keys).next().cloned();
        return stray
            .cloned()
            .map(Misfit::Stray)
            .or_else(|| missing().map(Misfit::Line));
    }
    let is_whole = places.first == wanted.first && places.first.is_some();
    if is_whole && places.len() != wanted.len() {
        return Some(Misfit::Length(places.len(), wanted.len()));
    }
    stray.cloned().map(Misfit::Stray)
}

/// The places of a list that have something.
#[derive(Debug, PartialEq)]
enum Places {
    /// A value that is not known yet.
    Unknown,
    Known(Keys),
}

/// The keys of places, as they are sent.
#[derive(Debug, PartialEq)]
struct Keys {
    keys: BTreeSet<String>,
    /// Where it begins, if it runs from 0 or 1 without a gap.
    first: Option<usize>,
}

impl Keys {
    fn len(&self) -> usize {
        self.keys.len()
    }

    fn from_names(keys: BTreeSet<String>) -> Self {
        let runs_from =
            |first: &usize| (*first..first + keys.len()).all(|at| keys.contains(&at.to_string()));
        let first = [0, 1].into_iter().find(runs_from);
        Self { keys, first }
    }
}

/// The places a parameter gives something for; `None` if it is not given.
fn places(param: &'static Param, params: &Map<String, Value>) -> Option<Places> {
    let first = usize::from(param.encoding == Encoding::Numbered);
    let mut keys = BTreeSet::new();
    for (name, value) in params {
        let Some(rest) = name.strip_prefix(param.name) else {
            continue;
        };
        if rest.is_empty() {
            match value {
                Value::Null => return Some(Places::Unknown),
                Value::Array(items) => {
                    keys.extend((first..first + items.len()).map(|at| at.to_string()));
                }
                Value::Object(map) if is_of_places(param, map) => keys.extend(map.keys().cloned()),
                _ => _ = keys.insert(first.to_string()),
            }
        } else if let Some(key) = key(param, rest) {
            keys.insert(key.to_owned());
        }
    }
    (!keys.is_empty()).then(|| Places::Known(Keys::from_names(keys)))
}

/// The key in `[3]`, or the number behind a numbered parameter.
fn key<'n>(param: &Param, rest: &'n str) -> Option<&'n str> {
    if let Some(rest) = rest.strip_prefix('[') {
        return rest.split_once(']').map(|(key, _)| key);
    }
    let is_number = rest.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && param.encoding == Encoding::Numbered).then_some(rest)
}

/// Whether a map gives places, and is not the one record of a list of records.
fn is_of_places(param: &Param, map: &Map<String, Value>) -> bool {
    param.kind.element() != Some(ParamKind::Map) || is_list(map)
}

/// Whether a map is a list of records by their places: `customfields[1][3]` as PHP has it.
pub fn is_list(map: &Map<String, Value>) -> bool {
    let is_place = |key: &String| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit());
    !map.is_empty()
        && map
            .iter()
            .all(|(key, value)| is_place(key) && value.is_object())
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

    fn found(name: &str, params: &Value) -> Vec<String> {
        let mut found = Vec::new();
        check(
            action(name).unwrap(),
            params.as_object().unwrap(),
            &mut found,
        );
        found.iter().map(ToString::to_string).collect()
    }

    #[track_caller]
    fn refused(name: &str, params: Value, what: &str) {
        assert_eq!(found(name, &params), [what], "{params}");
    }

    #[track_caller]
    fn taken(name: &str, params: Value) {
        assert_eq!(found(name, &params), [""; 0], "{params}");
    }

    #[test]
    fn lists_are_equally_long() {
        taken(
            "AddOrder",
            json!({"pid": [1, 2], "billingcycle": ["monthly", ""]}),
        );
        taken("AddOrder", json!({"pid": [1, 2]}));
        taken("AddOrder", json!({"pid": [1, 2], "billingcycle": []}));
        taken("AddOrder", json!({"pid": 1, "billingcycle": "monthly"}));
        taken("AddOrder", json!({"pid": [1, 2], "billingcycle": null}));
        taken(
            "AddOrder",
            json!({"domain": ["a.example"], "domaintype": ["register"]}),
        );
        refused(
            "AddOrder",
            json!({"pid": [1, 2], "billingcycle": ["monthly"]}),
            "`AddOrder` got 1 value in `billingcycle` for 2 in `pid`",
        );
        refused(
            "AddOrder",
            json!({"pid": [1, null], "billingcycle": "monthly"}),
            "`AddOrder` got 1 value in `billingcycle` for 2 in `pid`",
        );
        refused(
            "AddOrder",
            json!({"domain": ["a.example", "b.example"], "regperiod": [1]}),
            "`AddOrder` got 1 value in `regperiod` for 2 in `domain`",
        );
        refused(
            "CreateInvoice",
            json!({"itemdescription": ["a"], "itemamount": ["1", "2"]}),
            "`CreateInvoice` got 2 values in `itemamount` for 1 in `itemdescription`",
        );
    }

    #[test]
    fn a_place_that_leads_has_something() {
        refused(
            "AddOrder",
            json!({"pid": ["", 1], "billingcycle": ["monthly", "monthly"]}),
            "`AddOrder` got nothing at place 0 of `pid`",
        );
        refused(
            "AddOrder",
            json!({"domain": ["a.example", " "], "domaintype": ["register", "register"]}),
            "`AddOrder` got nothing at place 1 of `domain`",
        );
        refused(
            "AddOrder",
            json!({"pid[0]": 1, "pid[1]": ""}),
            "`AddOrder` got nothing at place 1 of `pid`",
        );
        refused(
            "AddOrder",
            json!({"pid": ["", ""], "domain": ["", "b.example"]}),
            "`AddOrder` got nothing at place 0 of `pid`",
        );
        refused(
            "CreateInvoice",
            json!({"itemdescription": ["a", ""], "itemamount": ["1", "2"]}),
            "`CreateInvoice` got nothing at place 2 of `itemdescription`",
        );
        // A domain without a product, and a product without a domain.
        taken(
            "AddOrder",
            json!({"pid": [1, ""], "domain": ["", "b.example"], "domaintype": ["", "register"]}),
        );
        taken("AddOrder", json!({"pid": [1], "domain": ["a.example"]}));
        taken(
            "AddOrder",
            json!({"domain": ["a.example"], "domaintype": null}),
        );
        for domaintype in [json!(["", ""]), json!(null)] {
            let mut params = json!({"pid": [1, ""], "domain": ["", "b.example"]});
            if !domaintype.is_null() {
                params["domaintype"] = domaintype;
            }
            refused(
                "AddOrder",
                params,
                "`AddOrder` got no value in `domaintype` for `1` of `domain`",
            );
        }
        taken(
            "AddOrder",
            json!({"pid": "", "domain": "b.example", "domaintype": "register"}),
        );
        taken("AddOrder", json!({"pid": [1, null]}));
        taken(
            "UpdateInvoice",
            json!({"itemdescription": {"5": ""}, "itemamount": {"5": "1"}}),
        );
    }

    #[test]
    fn a_line_with_a_text_has_an_amount() {
        for params in [
            json!({"itemdescription": ["a", "b"], "itemamount": ["", "2"]}),
            json!({"itemdescription": "a", "itemamount": ""}),
            json!({"itemdescription1": "a", "itemamount1": " "}),
        ] {
            refused(
                "CreateInvoice",
                params,
                "`CreateInvoice` got no value in `itemamount` for `1` of `itemdescription`",
            );
        }
        refused(
            "UpdateInvoice",
            json!({"itemdescription": {"5": "a"}, "itemamount": {"5": ""}, "itemtaxed": {"5": ""}}),
            "`UpdateInvoice` got no value in `itemamount` for `5` of `itemdescription`",
        );
        taken(
            "CreateInvoice",
            json!({"itemdescription": ["a", "b"], "itemamount": ["0.00", 2], "itemtaxed": ["", true]}),
        );
        taken(
            "CreateInvoice",
            json!({"itemdescription": ["a"], "itemamount": [null]}),
        );
        taken("AddOrder", json!({"pid": [1], "priceoverride": [""]}));
    }

    #[test]
    fn numbers_and_brackets_name_places() {
        taken(
            "CreateInvoice",
            json!({"itemdescription": ["a", "b"], "itemamount1": "1", "itemamount2": "2"}),
        );
        taken(
            "CreateInvoice",
            json!({"itemdescription7": "a", "itemamount7": "1"}),
        );
        refused(
            "CreateInvoice",
            json!({"itemdescription1": "a", "itemamount2": "1"}),
            "`CreateInvoice` got place 2 in `itemamount`, which `itemdescription` does not have",
        );
        refused(
            "AddOrder",
            json!({"pid[0]": 1, "pid[1]": 2, "billingcycle[0]": "monthly"}),
            "`AddOrder` got 1 value in `billingcycle` for 2 in `pid`",
        );
        refused(
            "AddOrder",
            json!({"pid[0]": 1, "pid[1]": 2, "billingcycle": {"1": "monthly", "2": "monthly"}}),
            "`AddOrder` got place 2 in `billingcycle`, which `pid` does not have",
        );
    }

    #[test]
    fn a_map_may_name_some_of_the_places() {
        taken(
            "AddOrder",
            json!({"pid": [1, 2, 3], "domaintype": {"1": "register"}}),
        );
        taken(
            "AddOrder",
            json!({"pid": [1, 2, 3], "customfields": {"2": {"3": "x"}}}),
        );
        taken("AddOrder", json!({"pid": [1], "customfields": {"3": "x"}}));
        refused(
            "AddOrder",
            json!({"pid": [1, 2], "hostname": {"5": "x"}}),
            "`AddOrder` got place 5 in `hostname`, which `pid` does not have",
        );
    }

    #[test]
    fn a_list_does_not_stand_without_the_one_it_goes_with() {
        refused(
            "CreateInvoice",
            json!({"itemamount": ["1"]}),
            "`CreateInvoice` got `itemamount` without `itemdescription`",
        );
        refused(
            "AddOrder",
            json!({"billingcycle": ["monthly"]}),
            "`AddOrder` got `billingcycle` without `pid` or `domain`",
        );
    }

    #[test]
    fn maps_by_line_name_the_same_lines() {
        let lines =
            |amount: Value| json!({"itemdescription": {"5": "a", "9": "b"}, "itemamount": amount});
        taken("UpdateInvoice", lines(json!({"9": "1", "5": "2"})));
        refused(
            "UpdateInvoice",
            lines(json!({"5": "1"})),
            "`UpdateInvoice` got no value in `itemamount` for `9` of `itemdescription`",
        );
        refused(
            "UpdateInvoice",
            lines(json!({"5": "1", "9": "1", "11": "1"})),
            "`UpdateInvoice` got place 11 in `itemamount`, which `itemdescription` does not have",
        );
    }
}
