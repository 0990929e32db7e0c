//! What each field of each reply is on the wire, from the one table: `table.txt`.
//!
//! An action gives values; whether a number goes out as `1` or `"1"`, and an empty list
//! as `[]` or `""`, is said here and nowhere else, with how it is known. Nothing is left
//! out and nothing added: a field without a row goes out as the action gave it.

#[cfg(test)]
mod action_tests;
#[cfg(test)]
mod docs_tests;
#[cfg(test)]
mod recorded_tests;
#[cfg(test)]
mod table_tests;

use std::collections::HashMap;
use std::sync::LazyLock;

use super::call::truth;
use super::reply::{Answer, Fields, Value};

/// The table, as text.
const TABLE: &str = include_str!("table.txt");

/// The rows for every action.
const ANY: &str = "any";

/// How numbers are sent.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Types {
    /// As current servers send them, by the table.
    #[default]
    Native,
    /// All as text, as database drivers do that know no numbers: PHP before 8.1, and some since.
    Text,
}

/// What a value is on the wire.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Number,
    Text,
    Bool,
    Any,
    List,
    Map,
    /// A map around one list: `""` when the list is empty.
    Wrapped,
}

/// What the table says of a field, of the items of a list there, and of the fields below.
#[derive(Debug, Default)]
struct Node {
    kind: Option<Kind>,
    items: Option<Kind>,
    fields: HashMap<&'static str, Node>,
    /// What is said of every field that has no row.
    others: Option<Box<Node>>,
}

/// By action, with the rows for every action in each: a reply is gone through once.
static ACTIONS: LazyLock<HashMap<&str, Node>> = LazyLock::new(|| {
    let of_any = blocks().find(|(action, ..)| *action == ANY);
    let of_any = of_any.map(|(_, _, rows)| rows).unwrap_or_default();
    blocks()
        .map(|(action, _, rows)| (action, Node::read(&[of_any.as_slice(), &rows].concat())))
        .collect()
});

/// The reply to an action with every field as it is on the wire.
pub fn typed(action: &str, mut reply: Answer, types: Types) -> Answer {
    if let Some(node) = ACTIONS.get(action).or_else(|| ACTIONS.get(ANY)) {
        node.give_types(&mut reply);
    }
    if types == Types::Text {
        spell_numbers(&mut reply);
    }
    reply
}

/// The blocks of the table: action, what its head says of it, and its rows.
fn blocks() -> impl Iterator<Item = (&'static str, &'static str, Vec<&'static str>)> {
    let uncommented = TABLE.split("\n\n").filter(|part| !part.starts_with('#'));
    uncommented.map(|block| {
        let mut lines = block.lines();
        let head = lines.next().unwrap_or_default();
        let (action, said) = head.split_once(' ').unwrap_or((head, ""));
        (action, said, lines.map(str::trim_start).collect())
    })
}

/// A row about fields: its source, what they are, the path of the record that has them, their names.
fn fields_of(row: &'static str) -> Option<(&'static str, Kind, &'static str, &'static str)> {
    let (head, names) = row.split_once(": ")?;
    let (source, head) = head.split_once(' ')?;
    let (kind, record) = head.split_once(' ').unwrap_or((head, ""));
    Some((source, Kind::from_word(kind)?, record, names))
}

impl Kind {
    fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "number" => Self::Number,
            "text" => Self::Text,
            "bool" => Self::Bool,
            "any" => Self::Any,
            "list" => Self::List,
            "map" => Self::Map,
            "wrapped" => Self::Wrapped,
            _ => return None,
        })
    }

    /// Gives a scalar this type; one that cannot have it stays as it is.
    fn give(self, value: &mut Value) {
        let typed = match (self, &*value) {
            (Self::Number, Value::Text(text)) => text.parse().map(Value::Int).ok(),
            (Self::Number, Value::Bool(truth)) => Some(Value::Int(i64::from(*truth))),
            (Self::Text, Value::Int(number)) => Some(number.to_string().into()),
            (Self::Bool, Value::Int(number)) => Some((*number != 0).into()),
            (Self::Bool, Value::Text(text)) => Some(truth(text).into()),
            _ => None,
        };
        if let Some(typed) = typed {
            *value = typed;
        }
    }
}

impl Node {
    fn read(rows: &[&'static str]) -> Self {
        let mut tree = Self::default();
        for (_, kind, record, names) in rows.iter().filter_map(|row| fields_of(row)) {
            let path = record.split('.').filter(|name| !name.is_empty());
            let node = path.fold(&mut tree, Self::entry);
            for name in names.split(' ') {
                let name = name.trim_end_matches('?');
                match name.strip_suffix("[]") {
                    Some(list) => node.entry(list).items = Some(kind),
                    None => node.entry(name).kind = Some(kind),
                }
            }
        }
        tree
    }

    /// The node of a field that a row names.
    fn entry(&mut self, name: &'static str) -> &mut Self {
        match name {
            "*" => self.others.get_or_insert_default(),
            name => self.fields.entry(name).or_default(),
        }
    }

    /// The node of a field by its name, by its name up to a number, or by that of any field.
    fn field(&self, name: &str) -> Option<&Self> {
        let numbered = || {
            let stem = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
            (stem.len() < name.len()).then(|| self.fields.get(format!("{stem}#").as_str()))?
        };
        self.fields
            .get(name)
            .or_else(numbered)
            .or(self.others.as_deref())
    }

    fn give_types(&self, fields: &mut Fields) {
        for (name, value) in fields.iter_mut() {
            if let Some(node) = self.field(name) {
                node.give_type(value);
            }
        }
    }

    fn give_type(&self, value: &mut Value) {
        match value {
            Value::Map(fields) if self.kind == Some(Kind::Wrapped) && holds_nothing(fields) => {
                *value = "".into();
            }
            Value::Map(fields) => self.give_types(fields),
            Value::List(items) => {
                for item in items {
                    match (item, self.items) {
                        (Value::Map(fields), _) => self.give_types(fields),
                        (item, Some(kind)) => kind.give(item),
                        _ => {}
                    }
                }
            }
            scalar => {
                if let Some(kind) = self.kind {
                    kind.give(scalar);
                }
            }
        }
    }
}

/// Whether a map has an empty list in it and nothing else.
fn holds_nothing(fields: &Fields) -> bool {
    fields
        .iter()
        .all(|(_, value)| matches!(value, Value::List(items) if items.is_empty()))
}

fn spell_numbers(fields: &mut Fields) {
    for (_, value) in fields.iter_mut() {
        spell_number(value);
    }
}

fn spell_number(value: &mut Value) {
    match value {
        Value::Int(number) => *value = number.to_string().into(),
        Value::List(items) => items.iter_mut().for_each(spell_number),
        Value::Map(fields) => spell_numbers(fields),
        Value::Null | Value::Bool(_) | Value::Text(_) => {}
    }
}
