//! A custom field that is called like a secret is one: `panel_password` is neither
//! written down nor shown, though WHMCS knows it by a number alone.

use serde_json::{Map, Value};

use super::{CustomFields, FIELD, FieldOwner, text};
use crate::client::{ActionRef, Params};
use crate::run::{Run, secrets};

impl Run {
    /// The parameters of a call as they may be written down and shown.
    pub(in crate::run) fn without_secrets(&self, action: &ActionRef, params: &Params) -> Params {
        let mut shown = secrets::of_params(action, params);
        let ActionRef::Known(known) = action else {
            return shown;
        };
        let owner = FieldOwner::of(known);
        let names = self.custom_fields();
        if names.secret(owner).next().is_none() {
            return shown;
        }
        shown.retain(|name, _| !super::entry(name).is_some_and(|at| names.is_secret(owner, at)));
        if let Some(fields) = shown.get_mut(FIELD) {
            names.remove_secrets(owner, fields);
        }
        shown
    }
}

impl CustomFields {
    /// A record as it may be written down.
    pub(in crate::run) fn kept(&self, mut record: Map<String, Value>) -> Map<String, Value> {
        let (owner, list) = match record.get_mut(FIELD) {
            Some(Value::Array(list)) => (FieldOwner::Client, list),
            Some(Value::Object(fields)) => match fields.get_mut(super::LIST) {
                Some(Value::Array(list)) => (FieldOwner::Product, list),
                _ => return record,
            },
            _ => return record,
        };
        let all = list.len();
        list.retain(|item| {
            let number = item.get("id").map(text).unwrap_or_default();
            !self.is_secret(owner, &number)
        });
        if list.len() < all {
            // The same values once more, by their places: `customfields1` and so on.
            record.retain(|name, _| !name.strip_prefix(FIELD).is_some_and(super::is_number));
        }
        record
    }

    /// Takes secrets out of a map, or out of each in an array.
    fn remove_secrets(&self, owner: FieldOwner, fields: &mut Value) {
        match fields {
            Value::Object(map) => {
                map.retain(|number, value| value.is_object() || !self.is_secret(owner, number));
                map.values_mut()
                    .filter(|value| value.is_object())
                    .for_each(|value| self.remove_secrets(owner, value));
            }
            Value::Array(items) => items
                .iter_mut()
                .for_each(|item| self.remove_secrets(owner, item)),
            _ => {}
        }
    }

    fn is_secret(&self, owner: FieldOwner, number: &str) -> bool {
        self.name(owner, number).is_some_and(secrets::is_column)
    }

    fn secret(&self, owner: FieldOwner) -> impl Iterator<Item = &String> {
        let names = self.of(owner).keys();
        names.filter(|name| secrets::is_column(name))
    }
}
