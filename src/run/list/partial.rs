//! Replies that hold a part of a list although nobody asked for a part.
//!
//! WHMCS gives 25 records unless `limitnum` says otherwise. Who loops over them loops over
//! a part, and nothing fails: so it is said, once for each place of a script.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};

use super::record::{TOTAL, count, no_total};
use crate::catalog::{Action, List};
use crate::client::Params;
use crate::run::scope::{self, Place};

/// The places of scripts at which it was said.
#[derive(Debug, Default)]
pub(in crate::run) struct WarnedPlaces(Mutex<HashSet<(Option<Place>, &'static str)>>);

impl WarnedPlaces {
    /// What to say of a reply that came to the current place, unless that was said.
    pub(in crate::run) fn tell(
        &self,
        action: &'static Action,
        params: &Params,
        body: &Map<String, Value>,
    ) -> Option<String> {
        let list = action.list.as_ref().filter(|list| list.paged)?;
        let no_total = no_total(body).map(|total| no_count(action, &total));
        let part = part(list, params, body);
        if no_total.is_none() && part.is_none() {
            return None;
        }
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !told.insert((scope::place(), action.name)) {
            return None;
        }
        let Some((given, total)) = part else {
            return no_total;
        };
        let function = action.function;
        let all = action.walk.map_or_else(String::new, |walk| {
            format!("`{walk}` returns all of them, and ")
        });
        Some(format!(
            "`{function}` returned {given} of {total} records: {all}`limitnum` says that you want \
             a part"
        ))
    }
}

/// What to say of a list whose total is no count.
pub(in crate::run) fn no_count(action: &Action, total: &str) -> String {
    format!(
        "`{}` returned {total} as its `{TOTAL}`, which is not a count: its list may be incomplete",
        action.name
    )
}

/// How many records of how many a reply holds, where that is a part nobody asked for.
fn part(list: &List, params: &Params, body: &Map<String, Value>) -> Option<(u64, u64)> {
    let is_paging = |name: &String| {
        ["limitnum", "limitstart"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
    };
    if params.keys().any(is_paging) {
        return None;
    }
    let total = body.get(TOTAL).and_then(count)?;
    let mut steps = list.path.split('.');
    let first = steps.next().and_then(|step| body.get(step));
    let records = steps.fold(first, |value, step| value?.get(step));
    let given = records.and_then(Value::as_array).map_or(0, Vec::len) as u64;
    (given < total).then_some((given, total))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog;

    fn told(places: &WarnedPlaces, params: &Value, body: &Value) -> Option<String> {
        let action = catalog::action("GetClients").unwrap();
        places.tell(
            action,
            params.as_object().unwrap(),
            body.as_object().unwrap(),
        )
    }

    fn reply(total: u64) -> Value {
        json!({"totalresults": total, "clients": {"client": [{"id": 1}, {"id": 2}]}})
    }

    #[test]
    fn a_part_nobody_asked_for_is_told_once() {
        let places = WarnedPlaces::default();
        assert_eq!(
            told(&places, &json!({}), &reply(306)).unwrap(),
            "`get_clients` returned 2 of 306 records: `all_clients` returns all of them, and \
             `limitnum` says that you want a part"
        );
        assert_eq!(told(&places, &json!({"search": "x"}), &reply(7)), None);
    }

    #[test]
    fn records_that_are_promised_and_do_not_come_are_a_part() {
        let body = json!({"totalresults": "12", "clients": {"client": []}});
        let said = told(&WarnedPlaces::default(), &json!({}), &body).unwrap();
        assert!(said.contains("0 of 12 records"), "{said}");
    }

    #[test]
    fn a_whole_list_and_a_part_that_was_asked_for_are_not_told() {
        let places = WarnedPlaces::default();
        assert_eq!(told(&places, &json!({}), &reply(2)), None);
        assert_eq!(told(&places, &json!({"limitnum": 2}), &reply(306)), None);
        assert_eq!(told(&places, &json!({"limitstart": 0}), &reply(306)), None);
    }
}
