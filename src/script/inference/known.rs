//! What is known of a value.

use std::rc::Rc;

use crate::catalog::{Action, Fields};

/// What is known of a value.
#[derive(Clone, Debug, Default)]
pub enum Known {
    /// Nothing.
    #[default]
    Unknown,
    /// A map with these keys, or a row with these columns.
    Keys(Rc<Vec<String>>),
    /// A list of values that are alike, or something that gives them one by one.
    List(Rc<Known>),
    /// A map of an action's reply.
    Reply(&'static Action, &'static Fields),
}

/// A field that a value may have.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KnownField {
    /// Its name.
    pub name: String,
    /// What it holds, in a few words.
    pub about: String,
}

impl Known {
    /// A list of such values.
    pub(super) fn list(self) -> Self {
        Self::List(Rc::new(self))
    }

    /// An item of it.
    #[must_use]
    pub fn item(&self) -> Self {
        match self {
            Self::List(item) => Self::clone(item),
            _ => Self::Unknown,
        }
    }

    /// What a reply of an action is.
    pub(super) fn reply(action: &'static Action) -> Self {
        Self::Reply(action, action.fields())
    }

    /// A place in a reply: one item of it, or a list of them.
    fn place(action: &'static Action, fields: &'static Fields) -> Self {
        let known = Self::Reply(action, fields);
        match fields.kind {
            Some(kind) if kind.word() == "list" => known.list(),
            _ => known,
        }
    }

    /// The field of that name.
    pub(super) fn field(&self, name: &str) -> Self {
        match self {
            Self::Reply(action, fields) => {
                let field = fields.place(action, name);
                field.map_or(Self::Unknown, |field| Self::place(action, field))
            }
            _ => Self::Unknown,
        }
    }

    /// The fields it may have, by name.
    pub fn fields(&self) -> Vec<KnownField> {
        match self {
            Self::Keys(keys) => {
                let field = |name: &String| KnownField {
                    name: name.clone(),
                    about: String::new(),
                };
                keys.iter().map(field).collect()
            }
            Self::Reply(action, fields) => {
                let field = |name: &'static str| KnownField {
                    name: name.to_owned(),
                    about: about(action, fields.field(name)),
                };
                fields.names().map(field).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What it is, in a few words; empty if it is unknown.
    pub fn words_for(&self) -> String {
        match self {
            Self::Unknown => String::new(),
            Self::Keys(_) => "a map or a row".to_owned(),
            Self::List(item) => match item.words_for().as_str() {
                "" => "a list".to_owned(),
                item => format!("a list of {}", item.trim_start_matches("a ")),
            },
            Self::Reply(action, fields) => match fields.path {
                "" => format!("the reply of {}", action.name),
                _ => format!("a map of {}", action.name),
            },
        }
    }

    /// The words that a field is compared with.
    pub fn words(&self, name: &str) -> Vec<&'static str> {
        match self {
            Self::Reply(action, fields) => {
                let words = fields.place(action, name).and_then(|field| field.words);
                words.map_or_else(Vec::new, |words| words.values.to_vec())
            }
            _ => Vec::new(),
        }
    }
}

/// What a field holds, and whose it is.
fn about(action: &Action, field: Option<&Fields>) -> String {
    match field.and_then(|field| field.kind) {
        Some(kind) => format!("{} of {}", kind.word(), action.name),
        None => format!("of {}", action.name),
    }
}
