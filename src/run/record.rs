//! The records of a list in a reply, and what tells one from another.

use serde_json::Value;

use crate::catalog::List;
use crate::client::Reply;

/// What tells a record from the others of its list.
#[derive(Debug, Eq, Hash, PartialEq)]
pub(super) enum Identity {
    Number(u64),
    Text(Box<str>),
}

impl Identity {
    /// A record's key, or all of it where the key is missing.
    pub(super) fn of(record: &Value, list: &List) -> Self {
        let key = list.key.and_then(|key| record.get(key));
        let key = key.filter(|key| !key.is_null());
        let value = key.unwrap_or(record);
        whole_number(value).map_or_else(|| Self::Text(value.to_string().into()), Self::Number)
    }
}

/// The records of a page, and the total the server reports.
pub(super) struct Page {
    pub(super) records: Vec<Value>,
    pub(super) total: Option<u64>,
    pub(super) warnings: Vec<String>,
}

impl Page {
    /// Takes the records out of a reply; `None` if it has no list although it
    /// reports records.
    pub(super) fn of(mut reply: Reply, list: &List) -> Option<Self> {
        let total = reply.body.get("totalresults").and_then(whole_number);
        let mut steps = list.path.split('.');
        let first = steps.next().and_then(|step| reply.body.get_mut(step));
        let found = steps.fold(first, |value, step| value?.get_mut(step));
        let records = match found.map(Value::take) {
            Some(Value::Array(records)) => records,
            None | Some(Value::Null) if total.unwrap_or(0) == 0 => Vec::new(),
            _ => return None,
        };
        Some(Self {
            records,
            total,
            warnings: reply.warnings,
        })
    }
}

/// A count however the server spelled it.
pub(super) fn whole_number(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const LIST: List = List {
        path: "clients.client",
        key: Some("id"),
        paged: true,
    };

    #[test]
    fn a_key_is_the_same_as_text_and_as_number() {
        let identity = |record: Value| Identity::of(&record, &LIST);
        assert_eq!(
            identity(json!({"id": 7})),
            identity(json!({"id": "7", "a": 1}))
        );
        assert_ne!(identity(json!({"id": "a"})), identity(json!({"id": "b"})));
    }

    #[test]
    fn records_without_the_key_are_told_apart_by_all_they_hold() {
        let identity = |record: Value| Identity::of(&record, &LIST);
        assert_ne!(identity(json!({"a": 1})), identity(json!({"a": 2})));
        assert_ne!(
            identity(json!({"id": null, "a": 1})),
            identity(json!({"id": null, "a": 2}))
        );
    }
}
