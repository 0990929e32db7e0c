//! Custom fields by name: `vat` for the field that WHMCS knows as 3.
//!
//! WHMCS takes and gives custom fields by number alone. The names are the user's, kept
//! in the profile of each server. Calls have numbers by the time they are planned,
//! written down or sent, so a name that changes makes no other write. A name that is
//! not known is refused before anything is sent: WHMCS would pass over it in silence.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::num::NonZeroU32;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::plan::Planned;
use crate::catalog::{Action, similar};
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params};

/// The parameter and the reply field that hold them.
const FIELD: &str = "customfields";
/// In a service, the list within [`FIELD`].
const LIST: &str = "customfield";

/// Names and the numbers they stand for.
type Names = BTreeMap<String, NonZeroU32>;

/// Whose fields they are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FieldOwner {
    /// Those of clients.
    Client,
    /// Those of products, which services have.
    Product,
    /// Those of support departments, which tickets have.
    Ticket,
}

impl FieldOwner {
    /// All of them, in the order they are shown in.
    pub const ALL: [Self; 3] = [Self::Client, Self::Product, Self::Ticket];

    /// What it is called in the configuration.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Product => "product",
            Self::Ticket => "ticket",
        }
    }

    /// Whose fields an action sets.
    fn of(action: &Action) -> Self {
        match action.group {
            "Orders" | "Service" => Self::Product,
            "Support" | "Tickets" => Self::Ticket,
            _ => Self::Client,
        }
    }
}

/// The names a server's custom fields go by.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct CustomFields {
    #[serde(default)]
    client: Names,
    #[serde(default)]
    product: Names,
    #[serde(default)]
    ticket: Names,
}

impl CustomFields {
    /// Whether no field has a name.
    pub fn is_empty(&self) -> bool {
        FieldOwner::ALL
            .iter()
            .all(|owner| self.of(*owner).is_empty())
    }

    /// The names of one owner's fields, with their numbers.
    pub fn of(&self, owner: FieldOwner) -> &Names {
        match owner {
            FieldOwner::Client => &self.client,
            FieldOwner::Product => &self.product,
            FieldOwner::Ticket => &self.ticket,
        }
    }

    /// Gives a field a name.
    pub fn insert(&mut self, owner: FieldOwner, name: String, number: NonZeroU32) {
        let names = match owner {
            FieldOwner::Client => &mut self.client,
            FieldOwner::Product => &mut self.product,
            FieldOwner::Ticket => &mut self.ticket,
        };
        names.insert(name, number);
    }

    /// The name of a field.
    pub fn name(&self, owner: FieldOwner, number: &str) -> Option<&str> {
        let number = number.parse::<NonZeroU32>().ok()?;
        let mut names = self.of(owner).iter();
        let (name, _) = names.find(|(_, known)| **known == number)?;
        Some(name)
    }

    /// What is wrong with the names, if anything is: a name that is a number, or two
    /// for one field.
    pub fn problem(&self) -> Option<String> {
        for owner in FieldOwner::ALL {
            let mut seen = BTreeMap::new();
            for (name, number) in self.of(owner) {
                let table = format!("{FIELD}.{}", owner.word());
                if is_number(name) || name.trim().is_empty() || name.contains(['[', ']']) {
                    return Some(format!("`{name}` in `{table}` is no name for a field"));
                }
                if let Some(other) = seen.insert(number, name) {
                    return Some(format!(
                        "`{other}` and `{name}` in `{table}` are both field {number}"
                    ));
                }
            }
        }
        None
    }

    /// The parameters of a call with numbers in place of names.
    pub fn numbered<'p>(
        &self,
        action: &ActionRef,
        params: &'p Params,
    ) -> Result<Cow<'p, Params>, CallError> {
        let ActionRef::Known(known) = action else {
            return Ok(Cow::Borrowed(params));
        };
        if known.param(FIELD).is_none() || !params.iter().any(|(name, value)| names(name, value)) {
            return Ok(Cow::Borrowed(params));
        }
        let mut numbered = Params::new();
        for (name, value) in params {
            let (name, value) = match entry(name) {
                Some(field) if !is_number(field) => {
                    let number = self.number(known, field)?;
                    (format!("{FIELD}[{number}]"), value.clone())
                }
                _ if names(name, value) => (name.clone(), self.numbered_value(known, value)?),
                _ => (name.clone(), value.clone()),
            };
            if numbered.insert(name.clone(), value).is_some() {
                return Err(twice(known, &name));
            }
        }
        Ok(Cow::Owned(numbered))
    }

    /// A map with numbers for names; of an array, each one.
    fn numbered_value(&self, action: &Action, value: &Value) -> Result<Value, CallError> {
        match value {
            Value::Object(_) if Planned::of(value).is_some() => Ok(value.clone()),
            Value::Array(items) => items
                .iter()
                .map(|item| self.numbered_value(action, item))
                .collect(),
            Value::Object(fields) => {
                let mut numbered = Map::new();
                for (field, value) in fields {
                    // A list of maps, as PHP writes it: `customfields[0][vat]`.
                    if is_number(field) && value.is_object() {
                        let value = self.numbered_value(action, value)?;
                        numbered.insert(field.clone(), value);
                        continue;
                    }
                    let number = self.number(action, field)?;
                    if numbered.insert(number, value.clone()).is_some() {
                        return Err(twice(action, field));
                    }
                }
                Ok(Value::Object(numbered))
            }
            other => Ok(other.clone()),
        }
    }

    /// The number a field is sent by, which may be what it is called already.
    pub fn number(&self, action: &Action, field: &str) -> Result<String, CallError> {
        if is_number(field) {
            return Ok(field.to_owned());
        }
        let owner = FieldOwner::of(action);
        let known = self.of(owner);
        if let Some(number) = known.get(field) {
            return Ok(number.to_string());
        }
        let (name, owner) = (action.name, owner.word());
        let mut error = refused(
            action,
            format!("`{name}`: no custom field is called `{field}`; nothing was sent"),
        );
        let near = similar(field, known.keys().map(String::as_str));
        error.hint = Some(match near.first() {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => format!(
                "write its number, or name it in the profile: `[profiles.NAME.customfields.{owner}]`; \
                 `whmcsh profile learn-fields CLIENTID` proposes names"
            ),
            None => {
                let known: Vec<String> = known.keys().map(|name| format!("`{name}`")).collect();
                format!("known: {}", known.join(", "))
            }
        });
        Err(error)
    }

    /// A changed field's name for people: `customfields.vat` for `customfields.3`.
    pub(super) fn shown(&self, action: &ActionRef, change: &str) -> String {
        let number = change
            .strip_prefix(FIELD)
            .and_then(|rest| rest.strip_prefix('.'));
        match (number, action) {
            (Some(number), ActionRef::Known(action)) => {
                let name = self.name(FieldOwner::of(action), number);
                format!("{FIELD}.{}", name.unwrap_or(number))
            }
            _ => change.to_owned(),
        }
    }

    /// A parameter's value for people, with names for numbers.
    pub(super) fn shown_value(&self, action: &ActionRef, param: &str, value: Value) -> Value {
        let ActionRef::Known(action) = action else {
            return value;
        };
        match value {
            Value::Object(fields) if param == FIELD => {
                let owner = FieldOwner::of(action);
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

/// Whether a parameter may hold names.
fn names(name: &str, value: &Value) -> bool {
    let is_it = name.split('[').next() == Some(FIELD);
    is_it && (entry(name).is_some() || value.is_object() || value.is_array())
}

/// The field in a parameter written as PHP does: `customfields[vat]`.
fn entry(name: &str) -> Option<&str> {
    let rest = name.strip_prefix(FIELD)?.strip_prefix('[')?;
    rest.strip_suffix(']')
}

fn is_number(field: &str) -> bool {
    !field.is_empty() && field.bytes().all(|byte| byte.is_ascii_digit())
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn twice(action: &Action, field: &str) -> CallError {
    let name = action.name;
    refused(
        action,
        format!(
            "`{name}`: the custom field `{field}` is given twice, by name and by number; nothing was sent"
        ),
    )
}

fn refused(action: &Action, message: String) -> CallError {
    CallError::new(
        CallErrorKind::Parameter,
        action.name,
        message,
        Delivery::NotSent,
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog;

    fn fields() -> CustomFields {
        let text = "client = { vat = 3, referrer = 1 }\nproduct = { disk = 4 }";
        toml::from_str(text).unwrap()
    }

    fn numbered(action: &str, params: &Value) -> Result<Value, CallError> {
        let action = ActionRef::Known(catalog::action(action).unwrap());
        let params = params.as_object().unwrap();
        let numbered = fields().numbered(&action, params)?;
        Ok(Value::Object(numbered.into_owned()))
    }

    #[test]
    fn every_action_that_takes_custom_fields_takes_those_of_one_owner() {
        let takes = catalog::actions()
            .iter()
            .filter(|action| action.param(FIELD).is_some())
            .map(|action| format!("{} {}", action.name, FieldOwner::of(action).word()));
        assert_eq!(
            takes.collect::<Vec<_>>(),
            [
                "AddClient client",
                "AddOrder product",
                "AddTicketReply ticket",
                "OpenTicket ticket",
                "UpdateClient client",
                "UpdateClientProduct product",
                "UpdateTicket ticket",
            ]
        );
    }

    #[test]
    fn names_become_numbers_and_numbers_stay() {
        for (action, given, sent) in [
            (
                "UpdateClient",
                json!({"clientid": 1, "customfields": {"vat": "x", "1": "y"}}),
                json!({"clientid": 1, "customfields": {"3": "x", "1": "y"}}),
            ),
            (
                "AddOrder",
                json!({"customfields": [{"disk": "20"}, {"4": "x"}, "ready"]}),
                json!({"customfields": [{"4": "20"}, {"4": "x"}, "ready"]}),
            ),
            (
                "AddOrder",
                json!({"customfields[0]": {"disk": 1}}),
                json!({"customfields[0]": {"4": 1}}),
            ),
            (
                "AddClient",
                json!({"customfields": "YTowOnt9", "city": "x"}),
                json!({"customfields": "YTowOnt9", "city": "x"}),
            ),
            (
                "AddClient",
                json!({"customfields[vat]": "x"}),
                json!({"customfields[3]": "x"}),
            ),
        ] {
            assert_eq!(numbered(action, &given).unwrap(), sent);
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_what_to_do() {
        let refusal = |action, params: Value| {
            let error = numbered(action, &params).unwrap_err();
            assert_eq!(error.delivery, Delivery::NotSent);
            (error.message, error.hint.unwrap_or_default())
        };
        let (what, hint) = refusal("AddClient", json!({"customfields": {"vta": "x"}}));
        assert_eq!(
            what,
            "`AddClient`: no custom field is called `vta`; nothing was sent"
        );
        assert_eq!(hint, "did you mean `vat`?");
        let (_, hint) = refusal("AddClient", json!({"customfields": {"zzz": "x"}}));
        assert_eq!(hint, "known: `referrer`, `vat`");
        // A client's name is none of a product's, and tickets have none at all.
        let (_, hint) = refusal("UpdateClientProduct", json!({"customfields": {"vat": "x"}}));
        assert_eq!(hint, "known: `disk`");
        let (_, hint) = refusal("OpenTicket", json!({"customfields": {"vat": "x"}}));
        assert!(hint.contains("customfields.ticket"), "{hint}");
        let (what, _) = refusal("AddClient", json!({"customfields": {"vat": 1, "3": 2}}));
        assert!(what.contains("given twice"), "{what}");
    }

    #[test]
    fn names_come_beside_what_a_reply_has() {
        let mut reply = json!({
            "client": {"customfields": [{"id": 3, "value": "x"}, {"id": 9, "value": "y"}]},
            "products": {"product": [{"customfields": {"customfield": [
                {"id": 4, "name": "Disk (GB)", "value": "20"}]}}]},
        });
        fields().name_in(&mut reply);
        assert_eq!(
            reply,
            json!({
                "client": {"customfields": [{"id": 3, "value": "x", "name": "vat"}, {"id": 9, "value": "y"}]},
                "products": {"product": [{"customfields": {"disk": "20", "customfield": [
                    {"id": 4, "name": "Disk (GB)", "value": "20"}]}}]},
            })
        );
    }

    #[test]
    fn a_name_must_be_one() {
        let problem = |text| toml::from_str::<CustomFields>(text).unwrap().problem();
        assert_eq!(problem("client = { vat = 3 }\nproduct = { vat = 3 }"), None);
        assert!(problem("client = { \"7\" = 3 }").unwrap().contains("`7`"));
        let twice = problem("client = { a = 3, b = 3 }").unwrap();
        assert_eq!(
            twice,
            "`a` and `b` in `customfields.client` are both field 3"
        );
        assert!(toml::from_str::<CustomFields>("client = { a = 0 }").is_err());
    }
}
