//! Whether and how the catalog says that a write can be looked for on the server.

use std::borrow::Cow;
use std::collections::BTreeMap;

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

/// The parameters with those together that were given piece by piece: `pid[0]` and
/// `itemdescription1` are parts of `pid` and `itemdescription`.
pub(super) fn whole<'p>(action: &ActionRef, params: &'p Params) -> Cow<'p, Params> {
    let ActionRef::Known(action) = action else {
        return Cow::Borrowed(params);
    };
    let of = |name: &str| catalog::parameter(action, name).map(|param| param.name);
    let is_part = |name: &String| of(name).is_some_and(|whole| whole != name);
    if !params.keys().any(is_part) {
        return Cow::Borrowed(params);
    }
    let mut all = Params::new();
    let mut parts: BTreeMap<&str, Vec<(u64, Value)>> = BTreeMap::new();
    for (name, value) in params {
        match of(name).filter(|whole| whole != name) {
            Some(whole) => {
                let digits = name[whole.len()..].trim_matches(['[', ']']);
                // What has no place comes behind what has one, as it was given.
                let place = digits.parse().unwrap_or(u64::MAX);
                parts.entry(whole).or_default().push((place, value.clone()));
            }
            None => _ = all.insert(name.clone(), value.clone()),
        }
    }
    for (name, mut values) in parts {
        values.sort_by_key(|(place, _)| *place);
        let values = values.into_iter().map(|(_, value)| value).collect();
        all.insert(name.to_owned(), Value::Array(values));
    }
    Cow::Owned(all)
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_given_piece_by_piece_is_put_together_in_the_order_of_its_places() {
        let of = |action: &str, params: Value| {
            let action = ActionRef::Known(catalog::action(action).unwrap());
            Value::Object(whole(&action, params.as_object().unwrap()).into_owned())
        };
        assert_eq!(
            of(
                "CreateInvoice",
                json!({"userid": 1, "itemamount10": "3", "itemamount2": "2", "itemdescription1": "a"})
            ),
            json!({"userid": 1, "itemamount": ["2", "3"], "itemdescription": ["a"]})
        );
        assert_eq!(
            of(
                "AddOrder",
                json!({"pid[1]": 2, "pid[0]": 1, "domain[]": "x"})
            ),
            json!({"pid": [1, 2], "domain": ["x"]})
        );
        // Names of their own that end in a number.
        let client = json!({"address1": "a", "address2": "b"});
        assert_eq!(of("AddClient", client.clone()), client);
    }
}
