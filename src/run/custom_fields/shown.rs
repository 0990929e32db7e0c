//! Numbers become names again: for people who read a plan, and in replies.

use serde_json::{Map, Value};

use super::{CustomFields, FIELD, FieldOwner, LIST, text};
use crate::client::{ActionRef, Params};

impl CustomFields {
    /// A changed field's name for people: `customfields.vat` for `customfields.3`.
    pub(in crate::run) fn name_change(&self, action: &ActionRef, change: &str) -> String {
        let number = change
            .strip_prefix(FIELD)
            .and_then(|rest| rest.strip_prefix('.'));
        match (number, action) {
            (Some(number), ActionRef::Known(action)) => {
                let name = self.name(FieldOwner::for_action(action), number);
                format!("{FIELD}.{}", name.unwrap_or(number))
            }
            _ => change.to_owned(),
        }
    }

    /// A parameter's value for people, with names for numbers.
    pub(in crate::run) fn shown_value(
        &self,
        action: &ActionRef,
        param: &str,
        value: Value,
    ) -> Value {
        let ActionRef::Known(action) = action else {
            return value;
        };
        match value {
            Value::Object(fields) if param == FIELD => {
                let owner = FieldOwner::for_action(action);
                let shown = |(number, value): (String, Value)| {
                    let name = self.name(owner, &number).map(str::to_owned);
                    (name.unwrap_or(number), value)
                };
                fields.into_iter().map(shown).collect()
            }
            Value::Array(items) if param == FIELD => {
                let known = ActionRef::Known(action);
                let shown = |item| self.shown_value(&known, param, item);
                items.into_iter().map(shown).collect()
            }
            other => other,
        }
    }

    /// The numbers of the custom fields that a write sets, by the names that people see.
    pub(in crate::run) fn numbers(&self, action: &ActionRef, params: &Params) -> Params {
        let (Some(given), ActionRef::Known(action)) = (params.get(FIELD), action) else {
            return Params::new();
        };
        let owner = FieldOwner::for_action(action);
        let mut numbers = Params::new();
        let maps = match given {
            Value::Array(items) => items.iter().collect(),
            one => vec![one],
        };
        for number in maps
            .into_iter()
            .filter_map(Value::as_object)
            .flat_map(Map::keys)
        {
            if let Some(name) = self.name(owner, number) {
                numbers.insert(name.to_owned(), number.as_str().into());
            }
        }
        numbers
    }

    /// Puts names into a reply, wherever custom fields come back in it: of a client as
    /// `name` beside `id` and `value`, of a service beside the list of its fields.
    pub fn name_in(&self, reply: &mut Value) {
        if self.is_empty() {
            return;
        }
        match reply {
            Value::Array(items) => items.iter_mut().for_each(|item| self.name_in(item)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value {
                        Value::Array(items) if name == FIELD => self.name_clients(items),
                        Value::Object(fields) if name == FIELD => self.name_services(fields),
                        other => self.name_in(other),
                    }
                }
            }
            _ => {}
        }
    }

    fn name_clients(&self, items: &mut [Value]) {
        for item in items.iter_mut().filter_map(Value::as_object_mut) {
            let number = item.get("id").map(text).unwrap_or_default();
            let name = self.name(FieldOwner::Client, &number);
            if let Some(name) = name.filter(|_| !item.contains_key("name")) {
                item.insert("name".to_owned(), name.into());
            }
        }
    }

    fn name_services(&self, fields: &mut Map<String, Value>) {
        let items = fields.get(LIST).and_then(Value::as_array).cloned();
        for item in items.into_iter().flatten() {
            let number = item.get("id").map(text).unwrap_or_default();
            let name = self.name(FieldOwner::Product, &number);
            if let (Some(name), Some(value)) = (name, item.get("value"))
                && !fields.contains_key(name)
            {
                fields.insert(name.to_owned(), value.clone());
            }
        }
    }
}
