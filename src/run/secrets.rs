//! Leaves secrets out of what is written down.
//!
//! What is secret the catalog says; of an action it does not know, whatever has
//! the name of a secret anywhere in the catalog is taken for one.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::catalog::{self, Action, FieldKind};
use crate::client::{ActionRef, Params, texts_of};

/// Every name of a secret parameter or reply field, in lower case.
static NAMES: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let params = catalog::actions().iter().flat_map(|action| action.params);
    let params = params.filter(|param| param.secret).map(|param| param.name);
    let fields = catalog::actions().iter().flat_map(|action| action.returns);
    let fields = fields.filter(|field| field.kind == FieldKind::Secret);
    let fields = fields.filter_map(|field| field.path.rsplit('.').next());
    params
        .chain(fields)
        .filter(|name| *name != "*")
        .map(str::to_ascii_lowercase)
        .collect()
});

/// The parameters of a call without its secrets.
pub fn of_params(action: &ActionRef, params: &Params) -> Params {
    let kept = params.iter().filter(|(name, _)| !is_secret(action, name));
    kept.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The names of a call's secrets.
pub fn names(action: &ActionRef, params: &Params) -> Vec<String> {
    let secret = params.keys().filter(|name| is_secret(action, name));
    secret.cloned().collect()
}

fn is_secret(action: &ActionRef, name: &str) -> bool {
    match action {
        ActionRef::Known(action) => is_secret_name(action, name),
        ActionRef::Other { .. } => NAMES.contains(&name.to_ascii_lowercase()),
    }
}

/// The secrets among the parameters of a call, as text, at whatever depth.
pub fn texts(action: &ActionRef, params: &Params) -> impl Iterator<Item = String> {
    let shown = of_params(action, params);
    let secret = params
        .iter()
        .filter(move |(name, _)| !shown.contains_key(*name));
    secret.flat_map(|(_, value)| texts_of(value))
}

/// Whether a column of that name holds secrets: the name of a secret of the catalog,
/// however it is spelled, or anything with a password in it.
pub fn is_column(name: &str) -> bool {
    static COLUMNS: LazyLock<HashSet<String>> =
        LazyLock::new(|| NAMES.iter().map(|name| plain(name)).collect());
    let name = plain(name);
    // WHMCS calls the key of a ticket `c`, and a column may be called that for any reason.
    name.contains("password") || (name.len() > 1 && COLUMNS.contains(&name))
}

/// Takes out of what a row returned whatever has the name of a secret, at any depth;
/// gives the names of its own columns among it.
pub fn remove_columns(columns: &mut Map<String, Value>) -> Vec<String> {
    let is_secret = |name: &&String| is_column(name);
    let removed: Vec<String> = columns.keys().filter(is_secret).cloned().collect();
    for name in &removed {
        columns.remove(name);
    }
    columns.values_mut().for_each(remove_within);
    removed
}

fn remove_within(value: &mut Value) {
    match value {
        Value::Object(map) => {
            remove_columns(map);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_within),
        _ => {}
    }
}

/// A name in small letters and digits alone: `Card Number` is `card_number`.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|letter| letter.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// Whether a parameter is secret: as the catalog says, or by its name where it does not know it.
fn is_secret_name(action: &Action, name: &str) -> bool {
    match catalog::parameter(action, name) {
        Some(param) => param.secret,
        None => NAMES.contains(&name.to_ascii_lowercase()),
    }
}

/// A reply without its secrets.
pub fn of_reply(action: &ActionRef, reply: &Map<String, Value>) -> Map<String, Value> {
    let mut reply = reply.clone();
    match action {
        ActionRef::Known(action) => {
            let secret = action
                .returns
                .iter()
                .filter(|field| field.kind == FieldKind::Secret);
            for field in secret {
                let steps: Vec<&str> = field.path.split('.').collect();
                remove(&mut reply, &steps);
            }
        }
        ActionRef::Other { .. } => remove_by_name(&mut reply),
    }
    reply
}

/// The secrets in a reply to an action of the catalog, as text.
pub fn texts_of_reply(action: &ActionRef, reply: &Map<String, Value>) -> Vec<String> {
    let ActionRef::Known(action) = action else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for path in paths(action) {
        if let Some((first, rest)) = path.split('.').collect::<Vec<_>>().split_first() {
            reply
                .get(*first)
                .into_iter()
                .for_each(|value| collect(value, rest, &mut found));
        }
    }
    found
}

/// The secrets in one record of the list at that path in the action's reply, as text.
pub fn texts_of_record(action: &Action, list: &str, record: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for path in paths(action) {
        let within = path.strip_prefix(list);
        if let Some(within) = within.and_then(|path| path.strip_prefix('.')) {
            collect(record, &within.split('.').collect::<Vec<_>>(), &mut found);
        }
    }
    found
}

fn paths(action: &Action) -> impl Iterator<Item = &'static str> {
    let secret = action.returns.iter();
    let secret = secret.filter(|field| field.kind == FieldKind::Secret);
    secret.map(|field| field.path)
}

fn collect(value: &Value, steps: &[&str], found: &mut Vec<String>) {
    match (value, steps) {
        (value, []) => found.extend(texts_of(value)),
        (Value::Array(items), steps) => items.iter().for_each(|item| collect(item, steps, found)),
        (Value::Object(map), [first, rest @ ..]) => {
            map.get(*first)
                .into_iter()
                .for_each(|value| collect(value, rest, found));
        }
        _ => {}
    }
}

/// A record without its secrets, also without those that only their name betrays.
pub fn of_record(read: &Action, at: &str, record: Map<String, Value>) -> Map<String, Value> {
    let mut record = record;
    let under = format!("{at}.");
    for field in read.returns {
        let path = if at.is_empty() {
            Some(field.path)
        } else {
            field.path.strip_prefix(under.as_str())
        };
        if let Some(path) = path.filter(|_| field.kind == FieldKind::Secret) {
            let steps: Vec<&str> = path.split('.').collect();
            remove(&mut record, &steps);
        }
    }
    let declared = read.returns.iter();
    let declared: HashSet<&str> = declared
        .filter(|field| field.kind != FieldKind::Secret)
        .filter_map(|field| field.path.rsplit('.').next())
        .collect();
    remove_undeclared(&mut record, &declared);
    record
}

/// Removes what has the name of a secret, unless the catalog knows it for something else.
fn remove_undeclared(map: &mut Map<String, Value>, declared: &HashSet<&str>) {
    map.retain(|name, _| {
        declared.contains(name.as_str()) || !NAMES.contains(&name.to_ascii_lowercase())
    });
    for value in map.values_mut() {
        match value {
            Value::Object(map) => remove_undeclared(map, declared),
            Value::Array(items) => {
                for map in items.iter_mut().filter_map(Value::as_object_mut) {
                    remove_undeclared(map, declared);
                }
            }
            _ => {}
        }
    }
}

fn remove(map: &mut Map<String, Value>, steps: &[&str]) {
    match steps {
        [] => {}
        ["*"] => map.clear(),
        [last] => {
            map.remove(*last);
        }
        ["*", rest @ ..] => map.values_mut().for_each(|value| descend(value, rest)),
        [first, rest @ ..] => {
            if let Some(value) = map.get_mut(*first) {
                descend(value, rest);
            }
        }
    }
}

fn descend(value: &mut Value, steps: &[&str]) {
    match value {
        Value::Object(map) => remove(map, steps),
        Value::Array(items) => items.iter_mut().for_each(|item| descend(item, steps)),
        _ => {}
    }
}

fn remove_by_name(map: &mut Map<String, Value>) {
    map.retain(|name, _| !NAMES.contains(&name.to_ascii_lowercase()));
    map.values_mut().for_each(clean);
}

fn clean(value: &mut Value) {
    match value {
        Value::Object(map) => remove_by_name(map),
        Value::Array(items) => items.iter_mut().for_each(clean),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::CustomKind;

    fn known(name: &str) -> ActionRef {
        ActionRef::Known(catalog::action(name).unwrap())
    }

    fn custom() -> ActionRef {
        ActionRef::Other {
            name: "MyAction".into(),
            kind: CustomKind::Write,
        }
    }

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn secret_parameters_are_left_out() {
        let params = map(&json!({"email": "jo@example.com", "password2": "x", "cardnum": "4111"}));
        let shown = of_params(&known("AddClient"), &params);
        assert_eq!(Value::Object(shown), json!({"email": "jo@example.com"}));
        let shown = of_params(&custom(), &map(&json!({"Password2": "x", "id": 7})));
        assert_eq!(Value::Object(shown), json!({"id": 7}));
    }

    #[test]
    fn secret_reply_fields_are_left_out_wherever_they_stand() {
        let reply = json!({"products": {"product": [{"id": 1, "password": "x"}]}});
        let shown = of_reply(&known("GetClientsProducts"), &map(&reply));
        assert_eq!(
            Value::Object(shown),
            json!({"products": {"product": [{"id": 1}]}})
        );
        let shown = of_reply(&custom(), &map(&reply));
        assert_eq!(
            Value::Object(shown),
            json!({"products": {"product": [{"id": 1}]}})
        );
    }

    #[test]
    fn the_secrets_of_a_reply_are_found_where_they_stand() {
        let reply =
            json!({"products": {"product": [{"id": 1, "password": "x1"}, {"password": "x2"}]}});
        let found = texts_of_reply(&known("GetClientsProducts"), &map(&reply));
        assert_eq!(found, ["x1", "x2"]);
        let reply = json!({"password": "x3", "result": "success"});
        assert_eq!(
            texts_of_reply(&known("DecryptPassword"), &map(&reply)),
            ["x3"]
        );
        assert!(texts_of_reply(&known("GetClients"), &map(&reply)).is_empty());
    }

    #[test]
    fn a_column_with_the_name_of_a_secret_holds_secrets() {
        for name in [
            "password",
            "New Password",
            "password2",
            "Card Number",
            "cardnum",
            "EPP-Code",
        ] {
            assert!(is_column(name), "{name}");
        }
        for name in ["email", "c", "card", "pass", "notes"] {
            assert!(!is_column(name), "{name}");
        }
    }

    #[test]
    fn what_a_row_returned_loses_its_secrets_at_any_depth() {
        let returned = json!({"id": 7, "Password": "x", "all": [{"password": "x", "id": 1}]});
        let mut returned = map(&returned);
        assert_eq!(remove_columns(&mut returned), ["Password"]);
        assert_eq!(
            Value::Object(returned),
            json!({"id": 7, "all": [{"id": 1}]})
        );
    }

    #[test]
    fn no_secret_of_any_action_survives() {
        for action in catalog::actions() {
            let params: Params = action
                .params
                .iter()
                .map(|param| (param.name.to_owned(), json!("s3cr3t")))
                .collect();
            let shown = of_params(&ActionRef::Known(action), &params);
            for param in action.params {
                assert_eq!(
                    shown.contains_key(param.name),
                    !param.secret,
                    "{}",
                    action.name
                );
            }
        }
    }
}
