//! A custom field that is called like a secret is one: `panel_password` is neither
//! written down nor shown, though WHMCS knows it by a number alone.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{CustomFields, FIELD, FieldOwner, text};
use crate::catalog::Action;
use crate::client::{ActionRef, Params};
use crate::run::Run;
use crate::secrets;

/// Whether a custom field of that name is secret.
type Judge = fn(&str) -> bool;

impl Run {
    /// The parameters of a call as they may be written down and shown.
    pub(in crate::run) fn without_secrets<'p>(
        &self,
        action: &ActionRef,
        params: &'p Params,
    ) -> Cow<'p, Params> {
        let mut shown = secrets::without_secret_parameters(action.known(), params);
        let names = self.custom_fields();
        if let Some(known) = action.known()
            && names.has_secret(FieldOwner::for_action(known), secrets::is_secret)
        {
            names.remove_from(shown.to_mut(), known, secrets::is_secret);
        }
        shown
    }

    /// The parameters of a call as version 0.1.0 made a fingerprint of them.
    pub(in crate::run) fn marked_in_0_1_0(&self, action: &ActionRef, params: &Params) -> Params {
        let mut marked = secrets::of_parameters_in_0_1_0(action.known(), params);
        if let Some(known) = action.known() {
            let names = self.custom_fields();
            names.remove_from(&mut marked, known, secrets::was_secret_in_0_1_0);
        }
        marked
    }

    /// The secrets among the parameters of a call, as text.
    pub(in crate::run) fn secret_texts(&self, action: &ActionRef, params: &Params) -> Vec<String> {
        let owner = action.known().map(FieldOwner::for_action);
        let names = self.custom_fields();
        let has_fields = owner.is_some_and(|owner| names.has_secret(owner, secrets::is_secret));
        if has_fields && params.keys().any(|name| name.starts_with(FIELD)) {
            return secrets::removed_texts(params, &self.without_secrets(action, params));
        }
        secrets::secret_texts(action.known(), params)
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
            !self.is_secret(owner, &number, secrets::is_secret)
        });
        if list.len() < all {
            // The same values once more, by their places: `customfields1` and so on.
            record.retain(|name, _| !name.strip_prefix(FIELD).is_some_and(super::is_number));
        }
        record
    }

    /// Takes secrets out of the parameters of an action.
    fn remove_from(&self, params: &mut Params, action: &Action, judge: Judge) {
        let owner = FieldOwner::for_action(action);
        if !self.has_secret(owner, judge) {
            return;
        }
        params.retain(|name, _| {
            !super::entry(name).is_some_and(|at| self.is_secret(owner, at, judge))
        });
        if let Some(fields) = params.get_mut(FIELD) {
            self.remove_secrets(owner, fields, judge);
        }
    }

    /// Takes secrets out of a map, or out of each in an array.
    fn remove_secrets(&self, owner: FieldOwner, fields: &mut Value, judge: Judge) {
        match fields {
            Value::Object(map) => {
                map.retain(|number, value| {
                    value.is_object() || !self.is_secret(owner, number, judge)
                });
                map.values_mut()
                    .filter(|value| value.is_object())
                    .for_each(|value| self.remove_secrets(owner, value, judge));
            }
            Value::Array(items) => items
                .iter_mut()
                .for_each(|item| self.remove_secrets(owner, item, judge)),
            _ => {}
        }
    }

    fn is_secret(&self, owner: FieldOwner, number: &str, judge: Judge) -> bool {
        self.name(owner, number).is_some_and(judge)
    }

    fn has_secret(&self, owner: FieldOwner, judge: Judge) -> bool {
        self.names(owner).keys().any(|name| judge(name))
    }
}
