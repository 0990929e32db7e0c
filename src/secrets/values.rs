//! The texts in a value, and a value with what is secret in its texts covered.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::cover::{Cover, covered};

/// So many digits say whose number it is: shorter ones are those of records.
const DIGITS: usize = 6;

/// Every text and number in a value, at whatever depth.
pub fn texts_of(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Number(number) => vec![number.to_string()],
        Value::Array(items) => items.iter().flat_map(texts_of).collect(),
        Value::Object(map) => map.values().flat_map(texts_of).collect(),
        Value::Null | Value::Bool(_) => Vec::new(),
    }
}

/// Covers what is secret in every text of a value, names of fields included.
pub fn cover_in(covers: &[&Cover], value: &mut Value) {
    if covers.iter().all(|cover| cover.is_empty()) {
        return;
    }
    match value {
        Value::String(text) => {
            if let Cow::Owned(without) = covered(covers, text) {
                *text = without;
            }
        }
        Value::Number(number) => {
            let digits = number.to_string();
            if digits.len() >= DIGITS
                && let Cow::Owned(without) = covered(covers, &digits)
            {
                *value = without.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| cover_in(covers, item)),
        Value::Object(map) => cover_map(covers, map),
        Value::Null | Value::Bool(_) => {}
    }
}

/// Whether there is anything in a value that [`cover_in`] would cover.
pub fn holds(covers: &[&Cover], value: &Value) -> bool {
    let is_secret = |text: &str| matches!(covered(covers, text), Cow::Owned(_));
    match value {
        Value::String(text) => is_secret(text),
        Value::Number(number) => {
            let digits = number.to_string();
            digits.len() >= DIGITS && is_secret(&digits)
        }
        Value::Array(items) => items.iter().any(|item| holds(covers, item)),
        Value::Object(map) => {
            let mut entries = map.iter();
            entries.any(|(name, value)| is_secret(name) || holds(covers, value))
        }
        Value::Null | Value::Bool(_) => false,
    }
}

fn cover_map(covers: &[&Cover], map: &mut Map<String, Value>) {
    map.values_mut().for_each(|value| cover_in(covers, value));
    cover_names(covers, map);
}

/// Covers what is secret in the names of a map.
pub(super) fn cover_names(covers: &[&Cover], map: &mut Map<String, Value>) {
    let is_secret = |name: &String| matches!(covered(covers, name), Cow::Owned(_));
    if map.keys().any(is_secret) {
        let fields = std::mem::take(map).into_iter();
        map.extend(fields.map(|(name, value)| (covered(covers, &name).into_owned(), value)));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_covered_in_texts_names_and_long_numbers() {
        let cover = Cover::new(["hunter22", "4111111111111111", "4711"]);
        let mut value = json!({
            "hunter22": ["a hunter22", {"deep": "hunter22"}],
            "card": 4_111_111_111_111_111_u64, "id": 4711, "text": "4711", "none": null,
        });
        assert!(holds(&[&cover], &value));
        cover_in(&[&cover], &mut value);
        assert!(!holds(&[&cover], &value));
        assert_eq!(
            value,
            json!({
                "card": "(secret)", "id": 4711, "text": "(secret)", "none": null,
                "(secret)": ["a (secret)", {"deep": "(secret)"}],
            })
        );
    }
}
