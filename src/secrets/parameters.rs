//! The parameters of a call without what is secret among them, at whatever depth.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::edits::COVER;
use super::names::{is_secret, is_secret_given, is_secret_parameter};
use super::values::texts_of;
use crate::catalog::{self, Action, Param};

/// The parameters of a call without its secrets; `None` is an action the catalog does not
/// have.
pub fn without_secret_parameters<'p>(
    action: Option<&'static Action>,
    params: &'p Map<String, Value>,
) -> Cow<'p, Map<String, Value>> {
    if secret_values(action, params).is_empty() {
        return Cow::Borrowed(params);
    }
    let open = params
        .iter()
        .filter(|(name, _)| !is_secret_parameter(action, name));
    let open = open.map(|(name, value)| (name.clone(), without_secret_entries(value)));
    Cow::Owned(open.collect())
}

/// The names of a call's secrets.
pub fn names_of(action: Option<&'static Action>, params: &Map<String, Value>) -> Vec<String> {
    let secret = params.keys();
    let secret = secret.filter(|name| is_secret_parameter(action, name));
    secret.cloned().collect()
}

/// The secrets among the parameters of a call, as text.
pub fn secret_texts(action: Option<&'static Action>, params: &Map<String, Value>) -> Vec<String> {
    let values = secret_values(action, params);
    values
        .iter()
        .flat_map(|(_, value)| texts_of(value))
        .collect()
}

/// The secrets among the parameters of a call with their names, at whatever depth.
pub fn secret_values<'p>(
    action: Option<&'static Action>,
    params: &'p Map<String, Value>,
) -> Vec<(&'p str, &'p Value)> {
    let mut found = Vec::new();
    for (name, value) in params {
        let param = action.and_then(|action| catalog::parameter(action, name));
        collect_secrets(param, name, value, &mut found);
    }
    found
}

/// Adds the secrets in what is given under that name, with what the catalog knows of it.
pub fn collect_secrets<'p>(
    param: Option<&Param>,
    name: &'p str,
    value: &'p Value,
    found: &mut Vec<(&'p str, &'p Value)>,
) {
    if is_secret_given(param, name) {
        found.push((name, value));
    } else {
        collect_entries(value, found);
    }
}

fn collect_entries<'p>(value: &'p Value, found: &mut Vec<(&'p str, &'p Value)>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                if is_secret(name) {
                    found.push((name, value));
                } else {
                    collect_entries(value, found);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_entries(item, found)),
        _ => {}
    }
}

/// The texts of all that was taken out of `whole`, where `open` is what is left of it.
pub fn removed_texts(whole: &Map<String, Value>, open: &Map<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    collect(whole, open, &mut found);
    found
}

fn collect(whole: &Map<String, Value>, open: &Map<String, Value>, found: &mut Vec<String>) {
    for (name, value) in whole {
        match open.get(name) {
            None => found.extend(texts_of(value)),
            Some(left) => compare(value, left, found),
        }
    }
}

fn compare(whole: &Value, open: &Value, found: &mut Vec<String>) {
    match (whole, open) {
        (Value::Object(whole), Value::Object(open)) => collect(whole, open, found),
        (Value::Array(whole), Value::Array(open)) => {
            let both = whole.iter().zip(open);
            both.for_each(|(whole, open)| compare(whole, open, found));
        }
        _ => {}
    }
}

/// What was taken out of `whole`, where `open` is what is left of it: the names, with those of
/// the maps they stand in and a dot before them, and what is shown in place of each.
pub fn covers(whole: &Map<String, Value>, open: &Map<String, Value>) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (name, value) in whole.iter().filter(|(_, value)| !value.is_null()) {
        match (open.get(name), value) {
            (None, _) => found.push((name.clone(), cover_of(value))),
            (Some(Value::Object(open)), Value::Object(whole)) => {
                let inner = covers(whole, open).into_iter();
                found.extend(inner.map(|(inner, cover)| (format!("{name}.{inner}"), cover)));
            }
            _ => {}
        }
    }
    found
}

/// The whole with a cover in place of what was taken out of it, where `open` is what is left
/// of it: which secrets there are is seen, and of each only whether it is empty.
pub fn with_covers(whole: &Map<String, Value>, open: &Map<String, Value>) -> Map<String, Value> {
    let entry = |(name, value): (&String, &Value)| {
        let shown = match open.get(name) {
            None => cover_of(value),
            Some(left) => with_cover_in(value, left),
        };
        (name.clone(), shown)
    };
    whole.iter().map(entry).collect()
}

fn with_cover_in(whole: &Value, open: &Value) -> Value {
    match (whole, open) {
        (Value::Object(whole), Value::Object(open)) => with_covers(whole, open).into(),
        (Value::Array(whole), Value::Array(open)) => {
            let both = whole.iter().zip(open);
            both.map(|(whole, open)| with_cover_in(whole, open))
                .collect()
        }
        (_, open) => open.clone(),
    }
}

/// What is shown in place of a secret; what is not sent, or is empty, is none.
fn cover_of(secret: &Value) -> Value {
    match secret {
        Value::Null => Value::Null,
        Value::String(text) if text.is_empty() => secret.clone(),
        _ => COVER.into(),
    }
}

/// A value without the entries of its maps that are called like a secret.
fn without_secret_entries(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let open = map.iter().filter(|(name, _)| !is_secret(name));
            open.map(|(name, value)| (name.clone(), without_secret_entries(value)))
                .collect()
        }
        Value::Array(items) => items.iter().map(without_secret_entries).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn secret_parameters_are_left_out() {
        let params = map(&json!({"email": "jo@example.com", "password2": "x", "cardnum": "4111"}));
        let shown = without_secret_parameters(catalog::action("AddClient"), &params);
        assert_eq!(
            Value::Object(shown.into_owned()),
            json!({"email": "jo@example.com"})
        );
        let params = map(&json!({"Password2": "x", "access_token": "y", "id": 7}));
        let shown = without_secret_parameters(None, &params);
        assert_eq!(Value::Object(shown.into_owned()), json!({"id": 7}));
    }

    #[test]
    fn so_are_entries_within_others_and_their_texts_are_told() {
        let params = map(&json!({
            "id": 7, "pw": "p1",
            "servers": [{"name": "a", "api_key": "k1"}, {"login": {"clientsecret": ["s1", 5]}}],
        }));
        let shown = without_secret_parameters(None, &params);
        assert_eq!(
            Value::Object(shown.clone().into_owned()),
            json!({"id": 7, "servers": [{"name": "a"}, {"login": {}}]})
        );
        assert_eq!(removed_texts(&params, &shown), ["p1", "k1", "s1", "5"]);
        assert_eq!(secret_texts(None, &params), ["p1", "k1", "s1", "5"]);
    }

    #[test]
    fn a_cover_stands_where_a_secret_was_taken_out() {
        let params = map(&json!({
            "id": 7, "pw": "p1", "password": "", "token": null,
            "servers": [{"name": "a", "api_key": "k1"}, {"login": {"clientsecret": ["s1", 5]}}],
        }));
        let open = without_secret_parameters(None, &params);
        assert_eq!(
            Value::Object(with_covers(&params, &open)),
            json!({
                "id": 7, "pw": "(secret)", "password": "", "token": null,
                "servers": [
                    {"name": "a", "api_key": "(secret)"}, {"login": {"clientsecret": "(secret)"}}
                ],
            })
        );
    }

    #[test]
    fn no_secret_of_any_action_survives() {
        for action in catalog::actions() {
            let params = action.params.iter();
            let params: Map<String, Value> = params
                .map(|param| (param.name.to_owned(), json!("s3cr3t")))
                .collect();
            let shown = without_secret_parameters(Some(action), &params);
            for param in action.params {
                let (is_shown, name) = (shown.contains_key(param.name), action.name);
                assert_eq!(is_shown, !param.secret, "{name}");
            }
        }
    }
}
