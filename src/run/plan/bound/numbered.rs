//! The parameters of a planned write with the numbers of custom fields in place of their
//! names: a name may have come to mean another field.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::client::Params;

const FIELD: &str = "customfields";

/// The parameters of a write of a plan with numbers for names.
pub fn numbered(write: &Value) -> Params {
    let params = write["params"].as_object().cloned().unwrap_or_default();
    match numbers(write) {
        Some(numbers) => renamed(params, &|name| {
            numbers.get(name)?.as_str().map(str::to_owned)
        }),
        None => params,
    }
}

/// Parameters that have numbers, with the names that a write of a plan has for those.
pub fn named<'p>(write: &Value, params: &'p Params) -> Cow<'p, Params> {
    match numbers(write) {
        Some(numbers) => Cow::Owned(renamed(params.clone(), &|field| {
            let mut names = numbers.iter();
            let found = names.find(|(_, number)| *number == field);
            found.map(|(name, _)| name.clone())
        })),
        None => Cow::Borrowed(params),
    }
}

fn numbers(write: &Value) -> Option<&Map<String, Value>> {
    write["custom_fields"].as_object()
}

fn renamed(mut params: Params, other: &dyn Fn(&str) -> Option<String>) -> Params {
    if let Some(fields) = params.get_mut(FIELD) {
        *fields = renamed_in(fields.take(), other);
    }
    params
}

fn renamed_in(fields: Value, other: &dyn Fn(&str) -> Option<String>) -> Value {
    match fields {
        Value::Object(fields) => {
            let entry = |(name, value): (String, Value)| (other(&name).unwrap_or(name), value);
            Value::Object(fields.into_iter().map(entry).collect())
        }
        Value::Array(items) => items
            .into_iter()
            .map(|item| renamed_in(item, other))
            .collect(),
        value => value,
    }
}
