//! What a variable is made of, without its values: for completion, and for `:vars`.

use rhai::Dynamic;

use crate::script::api::pages::Records;
use crate::script::csv::Rows;
use crate::script::csv::row::Row;
use crate::script::diagnostic::words::kind;
use crate::script::value::record::map_of;

/// Maps within maps are looked into this far.
const DEPTH: usize = 5;
/// Fields of a map that are looked at; one with more is no record.
const MOST: usize = 500;

/// A variable as the session sees it; what it holds is not among it, it may be a secret.
#[derive(Clone, Debug)]
pub struct Variable {
    /// What it is, in a word or two.
    pub kind: String,
    /// How many entries, items or letters it has.
    pub size: Option<usize>,
    /// What it is made of.
    pub shape: Shape,
}

/// What a value is made of.
#[derive(Clone, Debug, Default)]
pub enum Shape {
    /// Named values: a map or a row.
    Fields(Vec<(String, Shape)>),
    /// A list of values like this one, its first.
    List(Box<Shape>),
    /// A value without parts.
    #[default]
    Plain,
}

impl Variable {
    pub(super) fn describe(value: &Dynamic) -> Self {
        let size = if let Ok(items) = value.as_array_ref() {
            Some(items.len())
        } else if let Some(map) = map_of(value) {
            Some(map.len())
        } else if let Ok(text) = value.as_immutable_string_ref() {
            Some(text.chars().count())
        } else {
            None
        };
        Self {
            kind: kind(value.type_name()).to_owned(),
            size,
            shape: Shape::describe(value, DEPTH),
        }
    }
}

impl Shape {
    /// A shape with those fields, of which nothing more is known.
    pub fn with_fields<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        let fields = names.into_iter().map(|name| (name.into(), Self::Plain));
        Self::Fields(fields.collect())
    }

    fn describe(value: &Dynamic, depth: usize) -> Self {
        if depth == 0 {
            return Self::Plain;
        }
        if let Some(row) = value.read_lock::<Row>() {
            return Self::with_fields(row.columns().iter().map(ToString::to_string));
        }
        if let Some(rows) = value.read_lock::<Rows>() {
            let columns = rows.columns();
            let row = Self::with_fields(columns.iter().map(ToString::to_string));
            return Self::List(Box::new(row));
        }
        if let Some(records) = value.read_lock::<Records>() {
            let record = Self::with_fields(records.action().record_fields());
            return Self::List(Box::new(record));
        }
        if let Some(map) = map_of(value) {
            let field = |(name, value): (&rhai::Identifier, &Dynamic)| {
                (name.to_string(), Self::describe(value, depth - 1))
            };
            return Self::Fields(map.iter().take(MOST).map(field).collect());
        }
        match value.as_array_ref() {
            Ok(items) => {
                let first = items.first().map(|item| Self::describe(item, depth - 1));
                Self::List(Box::new(first.unwrap_or_default()))
            }
            Err(_) => Self::Plain,
        }
    }

    /// The names of its fields.
    pub fn keys(&self) -> Vec<&str> {
        match self {
            Self::Fields(fields) => fields.iter().map(|(name, _)| name.as_str()).collect(),
            _ => Vec::new(),
        }
    }

    /// The shape of one field.
    pub fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Fields(fields) => {
                let found = fields.iter().find(|(field, _)| field == name);
                found.map(|(_, shape)| shape)
            }
            _ => None,
        }
    }

    /// The shape of a list's items.
    pub fn item(&self) -> Option<&Self> {
        match self {
            Self::List(item) => Some(item),
            _ => None,
        }
    }
}
