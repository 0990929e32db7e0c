//! A value that will only be known when the run is real, such as a new client's id.
//!
//! In parameters and replies it is a map with one entry whose key is drawn anew
//! by every process: no user and no server can make one up. In the middle of text it
//! has letters of its own ([`super::marks`]). Read by people it is text such as
//! `<clientid of AddClient 1>`. It never reaches a server.

use std::borrow::Cow;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::marks::{self, has_placeholder, unmarked};
use crate::catalog::{self, Effect};
use crate::client::Params;
use crate::run::scope::Scope;

/// The key that marks a planned value among parameters and replies.
static MARK: LazyLock<String> =
    LazyLock::new(|| format!("\0planned {:032x}", rand::random::<u128>()));

/// What separates the parts in a planned value's marked form; no name has it.
const SEPARATOR: &str = "\0";

/// What is said of a planned value that a row of a bulk loop made itself.
const IN_ROW: &str = " in this row";

/// A value of a reply that was never given.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Planned {
    field: String,
    action: String,
    /// Which call of the action it is of among those of its scope, from 1.
    number: u64,
    /// The row whose call it is of; the script's own otherwise.
    row: Option<String>,
    /// Whether it is a whole number, which in a reply is nearly always an id.
    is_id: bool,
}

impl Planned {
    /// The field of the n-th call of that action in that scope.
    pub fn new(field: &str, action: &str, number: u64, scope: &Scope) -> Self {
        Self {
            field: field.to_owned(),
            action: action.to_owned(),
            number,
            row: match scope {
                Scope::Main => None,
                Scope::Row(key) => Some(key.to_string()),
            },
            is_id: false,
        }
    }

    /// The same value, known to be a whole number.
    #[must_use]
    pub fn id(self) -> Self {
        Self {
            is_id: true,
            ..self
        }
    }

    /// Whether it is an id, and so neither nothing nor 0.
    pub fn is_id(&self) -> bool {
        self.is_id
    }

    /// Whether both are ids of new records of one kind, and not of the same one.
    pub fn is_surely_another_than(&self, other: &Self) -> bool {
        let is_one_kind = self.action == other.action && self.field == other.field;
        let calls = (self.number, &self.row) != (other.number, &other.row);
        is_one_kind && calls && self.is_new_record()
    }

    /// Whether it is the id of the record that its call creates.
    fn is_new_record(&self) -> bool {
        let action = catalog::action(&self.action);
        let action = action.filter(|action| action.effect == Effect::Create);
        let mut reply = action
            .and_then(|action| action.find.as_ref())
            .into_iter()
            .flat_map(|find| find.reply);
        self.is_id && reply.any(|(ours, theirs)| *ours == self.field && *theirs == "id")
    }

    /// The form in which it stands among parameters and in replies.
    pub fn marked(&self) -> Value {
        let number = self.number.to_string();
        let mut parts = vec![
            self.field.as_str(),
            &self.action,
            &number,
            if self.is_id { "id" } else { "" },
        ];
        // Last, since a key may have anything in it.
        parts.extend(self.row.as_deref());
        let entry = (MARK.clone(), parts.join(SEPARATOR).into());
        Value::Object(Map::from_iter([entry]))
    }

    /// The form in which it stands within text.
    pub fn in_text(&self) -> String {
        marks::placeholder(&self.to_string())
    }

    /// The planned value that stands there, if one does.
    pub fn read_mark(value: &Value) -> Option<Self> {
        let map = value.as_object().filter(|map| map.len() == 1)?;
        let mut parts = map.get(MARK.as_str())?.as_str()?.splitn(5, SEPARATOR);
        Some(Self {
            field: parts.next()?.to_owned(),
            action: parts.next()?.to_owned(),
            number: parts.next()?.parse().ok()?,
            is_id: parts.next()? == "id",
            row: parts.next().map(str::to_owned),
        })
    }
}

impl std::fmt::Display for Planned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let row = if self.row.is_some() { IN_ROW } else { "" };
        write!(
            f,
            "<{} of {} {}{row}>",
            self.field, self.action, self.number
        )
    }
}

/// Whether a planned value is anywhere in those parameters, also in the middle of text.
pub fn any_planned(params: &Params) -> bool {
    params.values().any(holds_planned)
}

/// Whether a planned value is anywhere in there, also in the middle of text.
pub fn holds_planned(value: &Value) -> bool {
    match value {
        Value::Object(_) if Planned::read_mark(value).is_some() => true,
        Value::Object(map) => map.values().any(holds_planned),
        Value::Array(items) => items.iter().any(holds_planned),
        Value::String(text) => has_placeholder(text),
        _ => false,
    }
}

/// The value with every planned one as text that is still known to be planned.
pub fn in_texts(value: &Value) -> Value {
    if let Some(planned) = Planned::read_mark(value) {
        return planned.in_text().into();
    }
    each_text(value, in_texts, ToOwned::to_owned)
}

/// The value as people read it, without the marks of what is planned.
pub fn readable(value: &Value) -> Value {
    if let Some(planned) = Planned::read_mark(value) {
        return planned.to_string().into();
    }
    each_text(value, readable, |text| unmarked(text).into_owned())
}

/// The value as a plan that is kept has it.
pub fn kept(value: &Value) -> Value {
    if let Some(planned) = Planned::read_mark(value) {
        return planned.to_string().into();
    }
    each_text(value, kept, |text| marks::kept(text).into_owned())
}

/// The value with its inner ones, the names of its entries and its text made anew.
fn each_text(
    value: &Value,
    inner: impl Fn(&Value) -> Value,
    text: impl Fn(&str) -> String,
) -> Value {
    match value {
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| (text(key), inner(value));
            Value::Object(map.iter().map(entry).collect())
        }
        Value::Array(items) => items.iter().map(inner).collect(),
        Value::String(own) => text(own).into(),
        other => other.clone(),
    }
}

/// The value as far as it can be checked: null in place of a planned one, and of text
/// that was made with one.
pub fn known(value: &Value) -> Cow<'_, Value> {
    if is_known(value) {
        return Cow::Borrowed(value);
    }
    let inner = |value| known(value).into_owned();
    Cow::Owned(match value {
        Value::Object(_) if Planned::read_mark(value).is_some() => Value::Null,
        Value::Object(map) => {
            let entry = |(key, value)| (String::clone(key), inner(value));
            Value::Object(map.iter().map(entry).collect())
        }
        Value::Array(items) => items.iter().map(inner).collect(),
        Value::String(_) => Value::Null,
        other => other.clone(),
    })
}

/// Whether no planned value is in there.
fn is_known(value: &Value) -> bool {
    match value {
        Value::Object(map) => Planned::read_mark(value).is_none() && map.values().all(is_known),
        Value::Array(items) => items.iter().all(is_known),
        Value::String(text) => !has_placeholder(text),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn id() -> Planned {
        Planned::new("clientid", "AddClient", 3, &Scope::Main).id()
    }

    fn params(value: &Value) -> Params {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_planned_value_is_itself_again_after_its_way_through_parameters() {
        assert_eq!(Planned::read_mark(&id().marked()), Some(id()));
        assert_eq!(id().to_string(), "<clientid of AddClient 3>");
        assert!(id().to_string().is_ascii());
    }

    #[test]
    fn the_same_call_in_another_row_is_of_another_value() {
        let of = |key| Planned::new("clientid", "AddClient", 3, &Scope::row(key)).id();
        let odd = of("a\0b\0id");
        assert_eq!(Planned::read_mark(&odd.marked()), Some(odd.clone()));
        assert!(odd != of("c") && odd != id());
        assert_eq!(odd.to_string(), "<clientid of AddClient 3 in this row>");
        assert!(any_planned(&params(&json!({ "a": odd.in_text() }))));
    }

    #[test]
    fn nothing_a_user_writes_is_taken_for_one() {
        for value in [
            json!({"planned": "clientid"}),
            json!({"\u{0}planned": "clientid\u{0}AddClient\u{0}1\u{0}true"}),
            json!({"a": 1, "b": 2}),
            json!({}),
            json!("x"),
        ] {
            assert_eq!(Planned::read_mark(&value), None, "{value}");
        }
    }

    #[test]
    fn it_is_found_however_deep_it_lies_and_in_text() {
        for value in [
            json!({"a": id().marked()}),
            json!({"a": [1, id().marked()]}),
            json!({"a": {"b": [{"c": id().marked()}]}}),
            json!({"a": format!("c{}.example.com", id().in_text())}),
        ] {
            assert!(any_planned(&params(&value)), "{value}");
        }
        for value in [
            json!({"a": 1}),
            json!({"a": "<b>list of things 1</b>"}),
            json!({"a": "a <part of AddNothing 1>"}),
            json!({"a": "<clientid of AddClient 3>"}),
            json!({"a": "1 < 2 of them"}),
        ] {
            assert!(!any_planned(&params(&value)), "{value}");
        }
    }

    #[test]
    fn of_what_is_planned_nothing_is_known_but_its_place() {
        let value =
            json!({"a": id().marked(), "b": [1, id().marked()], "c": {"d": id().marked(), "e": 1}});
        assert_eq!(
            *known(&value),
            json!({"a": null, "b": [1, null], "c": {"d": null, "e": 1}})
        );
        let made = json!(format!("c{}@example.com", id().in_text()));
        assert_eq!(*known(&made), Value::Null);
        assert_eq!(*known(&id().marked()), Value::Null);
        assert_eq!(
            readable(&value),
            json!({
                "a": "<clientid of AddClient 3>",
                "b": [1, "<clientid of AddClient 3>"],
                "c": {"d": "<clientid of AddClient 3>", "e": 1}
            })
        );
    }
}
