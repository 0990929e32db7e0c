//! What is secret in a reply, a record of a list, or what a row returned: the fields that
//! the catalog calls so, and any other that has the name of a secret.

use serde_json::{Map, Value};

use super::cover::Cover;
use super::edits::COVER;
use super::names::{is_secret, is_secret_field};
use super::values::{cover_in, cover_names, texts_of};
use crate::catalog::{Action, Field, FieldKind};

/// A reply with its secrets covered; `None` is an action the catalog does not have. What is
/// empty stays so.
pub fn covered_reply(
    action: Option<&'static Action>,
    reply: &Map<String, Value>,
) -> Map<String, Value> {
    let mut reply = reply.clone();
    each_secret(action, &mut reply, &mut |_, value| {
        let is_empty = value.as_str().is_some_and(str::is_empty);
        if !value.is_null() && !is_empty {
            *value = COVER.into();
        }
    });
    reply
}

/// Calls for each secret field of a reply that is covered, with its name.
pub fn each_covered(
    action: Option<&'static Action>,
    reply: &mut Map<String, Value>,
    mut covered: impl FnMut(&str, &mut Value),
) {
    each_secret(action, reply, &mut |name, value| {
        if value.as_str() == Some(COVER) {
            covered(name, value);
        }
    });
}

/// Adds the secret fields that the catalog has at the top of an action's reply, covered,
/// where they are not there.
pub fn cover_missing(action: Option<&'static Action>, reply: &mut Map<String, Value>) {
    let paths = action
        .into_iter()
        .flat_map(|action| secret_paths(action, ""));
    for field in paths.filter(|path| !path.contains('.')) {
        reply.entry(field).or_insert_with(|| COVER.into());
    }
}

/// Calls for each secret of a record of the list at that path in the action's reply, with
/// the name of its field.
pub fn each_in_record(
    action: Option<&'static Action>,
    list: &str,
    record: &mut Map<String, Value>,
    mut found: impl FnMut(&str, &mut Value),
) {
    for path in action
        .into_iter()
        .flat_map(|action| secret_paths(action, list))
    {
        each_at(record, &path.split('.').collect::<Vec<_>>(), &mut found);
    }
    each_named(record, action, &mut found);
}

type Visit<'v> = dyn FnMut(&str, &mut Value) + 'v;

/// Calls for each secret of a reply, wherever it stands.
fn each_secret(
    action: Option<&'static Action>,
    reply: &mut Map<String, Value>,
    visit: &mut Visit<'_>,
) {
    for path in action
        .into_iter()
        .flat_map(|action| secret_paths(action, ""))
    {
        each_at(reply, &path.split('.').collect::<Vec<_>>(), visit);
    }
    each_named(reply, action, visit);
}

fn each_at(map: &mut Map<String, Value>, steps: &[&str], visit: &mut Visit<'_>) {
    let Some((step, rest)) = steps.split_first() else {
        return;
    };
    let is_meant = |name: &str| *step == "*" || name == *step;
    for (name, value) in map.iter_mut().filter(|(name, _)| is_meant(name)) {
        if rest.is_empty() {
            visit(name, value);
        } else {
            each_map(value, &mut |map| each_at(map, rest, visit));
        }
    }
}

fn each_named(
    map: &mut Map<String, Value>,
    action: Option<&'static Action>,
    visit: &mut Visit<'_>,
) {
    for (name, value) in map.iter_mut() {
        if is_named(name, action) {
            visit(name, value);
        } else {
            each_map(value, &mut |map| each_named(map, action, visit));
        }
    }
}

/// Calls for the map that a value is, or for those in the list that it is.
fn each_map(value: &mut Value, found: &mut dyn FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(map) => found(map),
        Value::Array(items) => items.iter_mut().for_each(|item| each_map(item, found)),
        _ => {}
    }
}

/// A record at that path in the action's reply without its secrets.
pub fn without_record_secrets(
    action: &'static Action,
    at: &str,
    mut record: Map<String, Value>,
) -> Map<String, Value> {
    for path in secret_paths(action, at) {
        remove(&mut record, &path.split('.').collect::<Vec<_>>());
    }
    remove_named(&mut record, Some(action));
    record
}

/// The secrets in a reply, as text.
pub fn texts_of_reply(action: Option<&'static Action>, reply: &Map<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    let Some(action) = action else {
        collect_named_in(reply, None, &mut found);
        return found;
    };
    for path in secret_paths(action, "") {
        if let Some((first, rest)) = path.split('.').collect::<Vec<_>>().split_first() {
            let value = reply.get(*first).into_iter();
            value.for_each(|value| collect(value, rest, &mut found));
        }
    }
    collect_named_in(reply, Some(action), &mut found);
    found
}

/// The secrets in one record of the list at that path in the action's reply, as text.
pub fn texts_of_record(action: &'static Action, list: &str, record: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for path in secret_paths(action, list) {
        collect(record, &path.split('.').collect::<Vec<_>>(), &mut found);
    }
    collect_named(record, Some(action), &mut found);
    found
}

/// Covers secrets in a reply: what says how the call went stays, and what the catalog knows
/// to be a number, a day or a truth value.
pub fn cover_reply(
    action: Option<&'static Action>,
    covers: &[&Cover],
    reply: &mut Map<String, Value>,
) {
    if covers.iter().all(|cover| cover.is_empty()) {
        return;
    }
    // The word may be a secret that somebody chose badly.
    let flag = reply.get_mut("result").filter(|flag| is_flag(flag));
    let flag = flag.map(Value::take);
    let mut whole = Value::Object(std::mem::take(reply));
    cover_open(action, covers, &mut whole);
    if let Value::Object(covered) = whole {
        *reply = covered;
    }
    if let (Some(flag), Some(taken)) = (flag, reply.get_mut("result")) {
        *taken = flag;
    }
}

fn is_flag(value: &Value) -> bool {
    let is_it = |word: &str| {
        ["success", "error"]
            .iter()
            .any(|flag| word.eq_ignore_ascii_case(flag))
    };
    value.as_str().is_some_and(is_it)
}

fn cover_open(action: Option<&'static Action>, covers: &[&Cover], value: &mut Value) {
    match value {
        Value::Array(items) => {
            let items = items.iter_mut();
            items.for_each(|item| cover_open(action, covers, item));
        }
        Value::Object(map) => {
            for (name, value) in map.iter_mut() {
                let is_own = action.is_some_and(|action| declares(action, name, is_no_text));
                if !is_own || !is_number_or_day(value) {
                    cover_open(action, covers, value);
                }
            }
            cover_names(covers, map);
        }
        value => cover_in(covers, value),
    }
}

fn is_no_text(kind: FieldKind) -> bool {
    use FieldKind::{Html, List, Map, Secret, String};
    !matches!(kind, Html | List | Map | Secret | String)
}

fn is_number_or_day(value: &Value) -> bool {
    let is_it = |text: &str| {
        let mut bytes = text.bytes();
        bytes.all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b':' | b' '))
    };
    match value {
        Value::String(text) => is_it(text),
        Value::Number(_) | Value::Bool(_) | Value::Null => true,
        Value::Array(_) | Value::Object(_) => false,
    }
}

/// Takes out of what a row returned whatever has the name of a secret, at any depth;
/// gives the names of its own columns among it.
pub fn remove_secret_columns(columns: &mut Map<String, Value>) -> Vec<String> {
    let removed: Vec<String> = columns
        .keys()
        .filter(|name| is_secret(name))
        .cloned()
        .collect();
    for name in &removed {
        columns.remove(name);
    }
    columns.values_mut().for_each(remove_columns_within);
    removed
}

fn remove_columns_within(value: &mut Value) {
    match value {
        Value::Object(map) => {
            remove_secret_columns(map);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_columns_within),
        _ => {}
    }
}

/// The paths of the catalog's secret fields, below a path.
fn secret_paths(action: &'static Action, at: &str) -> impl Iterator<Item = &'static str> {
    let secret = action.returns.iter();
    let secret = secret.filter(|field| field.kind == FieldKind::Secret);
    secret.filter_map(move |field| {
        if at.is_empty() {
            return Some(field.path);
        }
        field.path.strip_prefix(at)?.strip_prefix('.')
    })
}

/// Whether a field of that name is a secret in the action's replies; `None` is an action the
/// catalog does not have.
pub fn is_secret_in_reply(action: Option<&'static Action>, name: &str) -> bool {
    let is_secret = |kind| kind == FieldKind::Secret;
    is_named(name, action) || action.is_some_and(|action| declares(action, name, is_secret))
}

/// Whether a field has the name of a secret, and the action does not know it for something
/// else.
fn is_named(name: &str, action: Option<&'static Action>) -> bool {
    is_secret_field(name) && action.is_none_or(|action| !declares(action, name, is_open))
}

fn is_open(kind: FieldKind) -> bool {
    kind != FieldKind::Secret
}

/// Whether the action's replies have such a field of that name.
fn declares(action: &'static Action, name: &str, is_meant: fn(FieldKind) -> bool) -> bool {
    let named = |field: &&Field| field.path.rsplit('.').next() == Some(name);
    let mut fields = action.returns.iter().filter(named);
    fields.any(|field| is_meant(field.kind))
}

fn collect(value: &Value, steps: &[&str], found: &mut Vec<String>) {
    match (value, steps) {
        (value, []) => found.extend(texts_of(value)),
        (Value::Array(items), steps) => items.iter().for_each(|item| collect(item, steps, found)),
        (Value::Object(map), ["*", rest @ ..]) => {
            map.values().for_each(|value| collect(value, rest, found));
        }
        (Value::Object(map), [first, rest @ ..]) => {
            let value = map.get(*first).into_iter();
            value.for_each(|value| collect(value, rest, found));
        }
        _ => {}
    }
}

fn collect_named(value: &Value, action: Option<&'static Action>, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => collect_named_in(map, action, found),
        Value::Array(items) => {
            let items = items.iter();
            items.for_each(|item| collect_named(item, action, found));
        }
        _ => {}
    }
}

fn collect_named_in(
    map: &Map<String, Value>,
    action: Option<&'static Action>,
    found: &mut Vec<String>,
) {
    for (name, value) in map {
        if is_named(name, action) {
            found.extend(texts_of(value));
        } else {
            collect_named(value, action, found);
        }
    }
}

fn remove_named(map: &mut Map<String, Value>, action: Option<&'static Action>) {
    map.retain(|name, _| !is_named(name, action));
    let values = map.values_mut();
    values.for_each(|value| remove_named_within(value, action));
}

fn remove_named_within(value: &mut Value, action: Option<&'static Action>) {
    match value {
        Value::Object(map) => remove_named(map, action),
        Value::Array(items) => {
            let items = items.iter_mut();
            items.for_each(|item| remove_named_within(item, action));
        }
        _ => {}
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn secret_reply_fields_are_covered_wherever_they_stand() {
        let reply = map(&json!({"products": {"product": [{"id": 1, "password": "x"}]}}));
        for action in [catalog::action("GetClientsProducts"), None] {
            let kept = covered_reply(action, &reply);
            assert_eq!(
                Value::Object(kept),
                json!({"products": {"product": [{"id": 1, "password": "(secret)"}]}})
            );
        }
    }

    #[test]
    fn so_are_those_that_only_their_name_betrays_also_of_a_known_action() {
        let reply = map(&json!({"clientid": 7, "request": {"access_token": "x", "page": 1}}));
        for action in [catalog::action("AddClient"), None] {
            let kept = covered_reply(action, &reply);
            assert_eq!(
                Value::Object(kept),
                json!({"clientid": 7, "request": {"access_token": "(secret)", "page": 1}})
            );
            assert_eq!(texts_of_reply(action, &reply), ["x"]);
        }
    }

    #[test]
    fn the_secrets_of_a_reply_are_found_where_they_stand() {
        let reply =
            json!({"products": {"product": [{"id": 1, "password": "x1"}, {"password": "x2"}]}});
        let products = catalog::action("GetClientsProducts").unwrap();
        let mut found = texts_of_reply(Some(products), &map(&reply));
        found.dedup();
        assert_eq!(found, ["x1", "x2", "x1", "x2"]);
        let record = json!({"id": 1, "password": "x1"});
        let found = texts_of_record(products, "products.product", &record);
        assert!(found.iter().all(|text| text == "x1"), "{found:?}");
        assert!(texts_of_reply(catalog::action("GetClients"), &map(&reply)).len() == 2);
    }

    #[test]
    fn what_a_row_returned_loses_its_secrets_at_any_depth() {
        let returned = json!({"id": 7, "Password": "x", "all": [{"password": "x", "id": 1}]});
        let mut returned = map(&returned);
        assert_eq!(remove_secret_columns(&mut returned), ["Password"]);
        assert_eq!(
            Value::Object(returned),
            json!({"id": 7, "all": [{"id": 1}]})
        );
    }
}
