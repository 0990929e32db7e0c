//! Custom fields by name: `vat` for the field that WHMCS knows as 3.
//!
//! WHMCS takes and gives custom fields by number alone. The names are the user's, kept
//! in the profile of each server. Calls have numbers by the time they are planned,
//! written down or sent, so a name that changes makes no other write. A name that is
//! not known is refused before anything is sent: WHMCS would pass over it in silence.

mod options;
mod secrecy;
mod shown;

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
/// What reading a property of a list or a map means already.
const TAKEN: [&str; 4] = [LIST, "is_empty", "len", "tag"];

/// Names and the numbers they stand for.
pub type Names = BTreeMap<String, NonZeroU32>;

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
    pub fn for_action(action: &Action) -> Self {
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
    /// Those of configurable options, which have a table of their own.
    #[serde(skip)]
    options: Names,
}

impl CustomFields {
    /// Whether no field has a name.
    pub fn is_empty(&self) -> bool {
        FieldOwner::ALL
            .iter()
            .all(|owner| self.names(*owner).is_empty())
    }

    /// The names of one owner's fields, with their numbers.
    pub fn names(&self, owner: FieldOwner) -> &Names {
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
        let mut names = self.names(owner).iter();
        let (name, _) = names.find(|(_, known)| **known == number)?;
        Some(name)
    }

    /// Whether a script can write it behind a dot, and it means nothing else there.
    pub fn is_name(name: &str) -> bool {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let begins = name.bytes().next();
        begins.is_some_and(|byte| !byte.is_ascii_digit())
            && name.bytes().all(is_letter)
            && !TAKEN.contains(&name)
    }

    /// What is wrong with the names, if anything is: a name that a script cannot write
    /// behind a dot, or two for one field.
    pub fn problem(&self) -> Option<String> {
        for owner in FieldOwner::ALL {
            let mut seen = BTreeMap::new();
            for (name, number) in self.names(owner) {
                let table = format!("{FIELD}.{}", owner.word());
                if !Self::is_name(name) {
                    return Some(format!(
                        "`{name}` in `{table}` is not a valid name for a field"
                    ));
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
        let params = self.with_numbered_fields(known, params)?;
        self.with_numbered_options(known, params)
    }

    fn with_numbered_fields<'p>(
        &self,
        known: &'static Action,
        params: &'p Params,
    ) -> Result<Cow<'p, Params>, CallError> {
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
            Value::Object(_) if Planned::read_mark(value).is_some() => Ok(value.clone()),
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
        let owner = FieldOwner::for_action(action);
        let known = self.names(owner);
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
mod tests;
