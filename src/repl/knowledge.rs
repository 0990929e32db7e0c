//! What can be said while a line is typed: functions, variables, profiles, files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::place::{Place, Servers};
use crate::catalog::{self, Action, Param};
use crate::run::{CustomFields, FieldOwner};
use crate::script::context::{Call, MapOf, Step};
use crate::script::reference::{Entry, entries};
use crate::script::{Interpreter, Shape};

/// What is known when a line begins.
#[derive(Default)]
pub struct Knowledge<'s> {
    /// The session's own functions and the ways to call them.
    pub functions: BTreeMap<String, Vec<String>>,
    /// The session's variables.
    pub variables: BTreeMap<String, Shape>,
    /// The names that custom fields have at the server it is at.
    pub custom_fields: CustomFields,
    /// The servers it could go to.
    pub servers: Option<&'s dyn Servers>,
    /// The numbers of the session's writes that are in doubt.
    pub in_doubt: Vec<String>,
    /// The folder that file names are relative to.
    pub folder: PathBuf,
}

impl<'s> Knowledge<'s> {
    /// What a session knows now, at that place.
    pub fn gather(interpreter: &Interpreter, place: &Place, servers: &'s dyn Servers) -> Self {
        let variables = interpreter.variables().into_iter();
        Self {
            functions: interpreter.functions(),
            variables: variables
                .map(|(name, variable)| (name, variable.shape))
                .collect(),
            custom_fields: place.host.run.custom_fields().clone(),
            servers: Some(servers),
            in_doubt: place
                .in_doubt()
                .iter()
                .map(|write| write.number.to_string())
                .collect(),
            folder: PathBuf::new(),
        }
    }

    /// The names of the profiles.
    pub fn profiles(&self) -> Vec<String> {
        self.servers.map_or_else(Vec::new, Servers::names)
    }

    /// The ways to call a function.
    pub fn ways(&self, name: &str) -> Vec<&str> {
        match self.functions.get(name) {
            Some(own) => own.iter().map(String::as_str).collect(),
            None => entries()
                .get(name)
                .into_iter()
                .flat_map(Entry::calls)
                .collect(),
        }
    }

    /// The names of all functions.
    pub fn function_names(&self) -> impl Iterator<Item = &str> {
        let own = self.functions.keys().map(String::as_str);
        let natives = entries().values();
        let natives = natives.filter(|entry| entry.calls().next().is_some());
        natives
            .map(|entry| entry.name.as_str())
            .filter(|name| !self.functions.contains_key(*name))
            .chain(own)
    }

    /// The names of custom fields that an action sets.
    pub fn custom_fields_of(&self, action: &Action) -> impl Iterator<Item = &str> {
        let names = self
            .custom_fields
            .names(FieldOwner::for_action(action))
            .keys();
        names.map(String::as_str)
    }

    /// The names of the fields of what those steps lead to.
    pub fn fields(&self, steps: &[Step]) -> Vec<String> {
        match steps {
            [.., Step::Field("customfields")] => {
                let fields = self.fields_of(steps);
                // A service has a map of them, with their names; a client has a list,
                // which is read by name.
                if fields.iter().any(|name| name == "customfield") {
                    return fields;
                }
                let names = self.custom_fields.names(FieldOwner::Client).keys();
                names.cloned().collect()
            }
            _ => self.fields_of(steps),
        }
    }

    fn fields_of(&self, steps: &[Step]) -> Vec<String> {
        match steps {
            [Step::Variable(name), rest @ ..] => {
                let mut shape = self.variables.get(*name);
                for step in rest {
                    shape = shape.and_then(|shape| match step {
                        Step::Field(name) => shape.field(name),
                        _ => shape.item(),
                    });
                }
                let keys = shape.map(Shape::keys).unwrap_or_default();
                keys.into_iter().map(str::to_owned).collect()
            }
            [Step::Call(name), rest @ ..] => returned(name, rest),
            _ => Vec::new(),
        }
    }
}

/// The action that a call sends.
pub fn action_of(call: &Call) -> Option<&'static Action> {
    match (call.name, call.first) {
        ("call", Some(name)) => catalog::action(name),
        (name, _) => catalog::by_function(name).or_else(|| catalog::by_walk(name)),
    }
}

/// The parameter whose value is being typed.
pub fn parameter(map: &MapOf) -> Option<&'static Param> {
    let action = action_of(&map.call)?;
    match (map.path.first(), map.key) {
        (Some(_), _) => None,
        (None, key) => action.param(key?),
    }
}

/// The fields of an action's reply, or of a walk's records.
fn returned(function: &str, steps: &[Step]) -> Vec<String> {
    if let Some(action) = catalog::by_walk(function) {
        // The walk itself has no fields, only its records do.
        let fields = match steps {
            [Step::Item] => action.record_fields(),
            _ => Vec::new(),
        };
        return fields.into_iter().map(str::to_owned).collect();
    }
    let Some(action) = catalog::by_function(function) else {
        return Vec::new();
    };
    let mut prefix = String::new();
    for step in steps {
        if let Step::Field(name) = step {
            prefix.push_str(name);
            prefix.push('.');
        }
    }
    let fields = action.returns.iter();
    let names = fields.filter_map(|field| field.path.strip_prefix(prefix.as_str()));
    names
        .filter(|name| !name.contains(['.', '*']))
        .map(str::to_owned)
        .collect()
}
