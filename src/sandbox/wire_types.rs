//! Holds every reply to the types in `wire_types.txt`.
//!
//! The client reads numbers of either spelling, so nothing else would notice a
//! sandbox that sends `1` where WHMCS sends `"1"`.

use super::reply::Value;
use super::testing::{answer, store_with_failure};

#[test]
fn every_reply_is_typed_as_whmcs_types_it() {
    let store = store_with_failure();
    let mut call = "";
    let mut reply = Value::Null;
    for line in include_str!("wire_types.txt").lines() {
        if line.starts_with('#') || line.is_empty() {
            continue;
        }
        let Some(line) = line.strip_prefix("  ") else {
            call = line;
            let (action, query) = line.split_once(' ').unwrap_or((line, ""));
            reply = Value::Map(answer(&store, action, query));
            continue;
        };
        let (head, names) = line.split_once(": ").expect("a colon");
        let (kind, record) = head.split_once(' ').unwrap_or((head, ""));
        for name in names.split(' ') {
            let found: Vec<_> = records(&reply, record)
                .into_iter()
                .filter_map(|record| field(record, name).map(kind_of))
                .collect();
            assert!(
                !found.is_empty() && found.iter().all(|found| *found == kind),
                "{call}: `{record}.{name}` is {found:?}, not {kind}, in {reply:?}"
            );
        }
    }
}

/// The values at a dotted path, through every item of the lists on the way and at its end.
fn records<'v>(value: &'v Value, path: &str) -> Vec<&'v Value> {
    if let Value::List(items) = value {
        return items.iter().flat_map(|item| records(item, path)).collect();
    }
    if path.is_empty() {
        return vec![value];
    }
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    field(value, first)
        .map(|inner| records(inner, rest))
        .unwrap_or_default()
}

fn field<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match value {
        Value::Map(fields) => fields.get(name),
        _ => None,
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Int(_) => "number",
        Value::Text(_) => "text",
        Value::List(_) => "list",
        Value::Map(_) => "map",
    }
}
