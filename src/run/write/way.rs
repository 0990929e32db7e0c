//! Whether and how the catalog says that a write can be looked for on the server.

use serde_json::Value;

use crate::catalog::{self, Action, Find};
use crate::client::{ActionRef, Params};

/// How the server can be asked for that write.
pub(super) fn way(action: &ActionRef, params: &Params) -> Option<(&'static Find, &'static Action)> {
    let ActionRef::Known(action) = action else {
        return None;
    };
    let find = action.find.as_ref()?;
    let looking = catalog::action(find.action)?;
    is_certain(find, params).then_some((find, looking))
}

/// What is sent to look for a write.
pub(super) fn query(find: &Find, params: &Params) -> Params {
    let sent = find.send.iter();
    let sent = sent.filter(|(_, ours)| !find.any || !self::sent(params, ours).is_empty());
    let sent = sent.map(|(theirs, ours)| (*theirs, params[*ours].clone()));
    let with = find.with.iter();
    sent.chain(with.map(|(theirs, value)| (*theirs, Value::from(*value))))
        .map(|(theirs, value)| (theirs.to_owned(), value))
        .collect()
}

/// Whether the server can be asked for that write.
pub(in crate::run) fn can_find(action: &ActionRef, params: &Params) -> bool {
    way(action, params).is_some()
}

/// Whether what is looked for was sent, and nothing asked for a twin.
pub(super) fn is_certain(find: &Find, params: &Params) -> bool {
    let is_given = |(_, ours): &(&str, &str)| !sent(params, ours).is_empty();
    let is_enough = if find.any {
        find.send.iter().any(is_given)
    } else {
        find.send.iter().all(is_given)
    };
    is_enough && !params.keys().any(|name| name.starts_with("allowduplicate"))
}

/// A parameter as text; what was left out is empty on the server too.
pub(super) fn sent(params: &Params, name: &str) -> String {
    params.get(name).map(text).unwrap_or_default()
}

/// What grows from record to record: an id, or a day.
pub(super) fn number(value: &Value) -> Option<i64> {
    let text = text(value);
    let day = text.get(..10).filter(|day| day.matches('-').count() == 2);
    match day {
        Some(day) => day.replace('-', "").parse().ok(),
        None => text.parse().ok(),
    }
}

pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The field of the reply that is the record's id.
pub(super) fn gives_id(find: &Find) -> Option<&'static str> {
    let mut pairs = find.reply.iter();
    pairs
        .find(|(_, theirs)| *theirs == find.id)
        .map(|(ours, _)| *ours)
}
