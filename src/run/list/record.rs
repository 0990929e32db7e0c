//! The records of a list in a reply, and what tells one from another.

use serde_json::{Map, Value};

use crate::catalog::List;
use crate::client::Reply;

/// What tells a record from the others of its list.
#[derive(Debug, Eq, Hash, PartialEq)]
pub(crate) enum Identity {
    Number(u64),
    Text(Box<str>),
}

impl Identity {
    /// A record's key, or all of it where the key is missing.
    pub(crate) fn identify(record: &Value, list: &List) -> Self {
        let key = list.key.and_then(|key| record.get(key));
        let key = key.filter(|key| !key.is_null());
        let value = key.unwrap_or(record);
        whole_number(value).map_or_else(|| Self::Text(value.to_string().into()), Self::Number)
    }
}

/// The records of a page, and the total the server reports.
pub(crate) struct Page {
    pub(crate) records: Vec<Value>,
    pub(crate) total: Option<u64>,
    /// What was given as the total, where it is no count.
    pub(crate) no_total: Option<String>,
    pub(crate) warnings: Vec<String>,
}

impl Page {
    /// Takes the records out of a reply; `None` if it has no list although it
    /// reports records.
    pub(crate) fn take_from(mut reply: Reply, list: &List) -> Option<Self> {
        let total = reply.body.get(TOTAL).and_then(count);
        let no_total = no_total(&reply.body);
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
            no_total,
            warnings: reply.warnings,
        })
    }
}

/// The field in which a server counts the records of a list.
pub(crate) const TOTAL: &str = "totalresults";

/// A total, as a number or as text, with or without signs between its thousands.
pub(crate) fn count(value: &Value) -> Option<u64> {
    let grouped = || {
        let text = value.as_str()?.trim();
        let is_sign =
            |letter: char| matches!(letter, ',' | '.' | '\'' | ' ' | '\u{a0}' | '\u{202f}');
        let mut groups = text.split(is_sign);
        let first = groups
            .next()
            .filter(|first| (1..=3).contains(&first.len()))?;
        let rest: Vec<&str> = groups.collect();
        if rest.iter().any(|group| group.len() != 3) {
            return None;
        }
        let digits = format!("{first}{}", rest.concat());
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| digits.parse().ok()).flatten()
    };
    whole_number(value).or_else(grouped)
}

/// What a reply gives as its total, where it gives one that is no count.
pub(crate) fn no_total(body: &Map<String, Value>) -> Option<String> {
    let total = body.get(TOTAL)?;
    count(total).is_none().then(|| total.to_string())
}

/// A count however the server spelled it.
pub(crate) fn whole_number(value: &Value) -> Option<u64> {
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
    fn a_total_may_have_signs_between_its_thousands() {
        for (total, is) in [
            (json!("100,000"), Some(100_000)),
            (json!("1.306"), Some(1306)),
            (json!("1 234 567"), Some(1_234_567)),
            (json!("25"), Some(25)),
            (json!(7), Some(7)),
            (json!("1,30"), None),
            (json!("-1"), None),
            (json!(-1), None),
            (json!(null), None),
            (json!("many"), None),
            (json!(""), None),
        ] {
            assert_eq!(count(&total), is, "{total}");
        }
    }

    #[test]
    fn a_key_is_the_same_as_text_and_as_number() {
        let identity = |record: Value| Identity::identify(&record, &LIST);
        assert_eq!(
            identity(json!({"id": 7})),
            identity(json!({"id": "7", "a": 1}))
        );
        assert_ne!(identity(json!({"id": "a"})), identity(json!({"id": "b"})));
    }

    #[test]
    fn records_without_the_key_are_told_apart_by_all_they_hold() {
        let identity = |record: Value| Identity::identify(&record, &LIST);
        assert_ne!(identity(json!({"a": 1})), identity(json!({"a": 2})));
        assert_ne!(
            identity(json!({"id": null, "a": 1})),
            identity(json!({"id": null, "a": 2}))
        );
    }
}
