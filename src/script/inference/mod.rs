//! What a value of a script is made of, as far as its text tells: for completion.
//!
//! Nothing is run. What is not certain is unknown, and has no fields.

mod chain;
#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use crate::catalog::{Action, Fields};
use crate::script::symbols::{Origin, Symbols};

/// Values are followed no further than this.
const DEEPEST: usize = 32;

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

/// Gives the columns of the file of that path, as that function reads it.
pub type Columns<'c> = dyn Fn(&str, &str) -> Vec<String> + 'c;

/// What the values of a script are.
pub struct Inference<'s> {
    symbols: &'s Symbols<'s>,
    columns: &'s Columns<'s>,
    known: RefCell<HashMap<usize, Known>>,
    depth: Cell<usize>,
}

impl<'s> Inference<'s> {
    /// What can be told of the values of a script; `columns` looks into the files it names.
    pub fn new(symbols: &'s Symbols<'s>, columns: &'s Columns<'s>) -> Self {
        Self {
            symbols,
            columns,
            known: RefCell::default(),
            depth: Cell::new(0),
        }
    }

    /// What the value is that ends before the token at that place.
    pub fn before(&self, place: usize) -> Known {
        if self.depth.get() >= DEEPEST {
            return Known::Unknown;
        }
        self.depth.set(self.depth.get() + 1);
        let known = chain::before(self, place).map(|(known, _)| known);
        self.depth.set(self.depth.get() - 1);
        known.unwrap_or_default()
    }

    /// What these tokens give; unknown if they are more than one value.
    fn of_range(&self, start: usize, end: usize) -> Known {
        if self.depth.get() >= DEEPEST || start >= end {
            return Known::Unknown;
        }
        self.depth.set(self.depth.get() + 1);
        let known = chain::before(self, end).filter(|(_, first)| *first == start);
        self.depth.set(self.depth.get() - 1);
        known.map(|(known, _)| known).unwrap_or_default()
    }

    /// What a symbol holds.
    pub fn of_symbol(&self, symbol: usize) -> Known {
        if let Some(known) = self.known.borrow().get(&symbol) {
            return known.clone();
        }
        let known = match self.symbols.all.get(symbol).map(|symbol| &symbol.origin) {
            Some(Origin::Value(value)) => self.of_range(value.start, value.end),
            Some(Origin::ItemOf(list)) => self.of_range(list.start, list.end).item(),
            Some(Origin::Argument { call, position }) => self.of_argument(*call, *position),
            _ => Known::Unknown,
        };
        self.known.borrow_mut().insert(symbol, known.clone());
        known
    }

    /// What a call hands to its closure.
    fn of_argument(&self, open: usize, position: usize) -> Known {
        let symbols = self.symbols;
        let Some(name) = open.checked_sub(1) else {
            return Known::Unknown;
        };
        let item = match symbols.text(name) {
            "reduce" | "reduce_rev" => 1,
            "sort" | "sort_by" | "order_by" => position,
            _ => 0,
        };
        if item != position {
            return Known::Unknown;
        }
        let is_method = name
            .checked_sub(1)
            .is_some_and(|dot| symbols.tokens.is(dot, ".") || symbols.tokens.is(dot, "?."));
        if is_method {
            return self.before(name - 1).item();
        }
        match (symbols.text(name), symbols.arguments(open).first()) {
            ("bulk" | "gather", Some(list)) => self.of_range(list.start, list.end).item(),
            _ => Known::Unknown,
        }
    }
}

impl Known {
    /// A list of such values.
    fn list(self) -> Self {
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
    fn reply(action: &'static Action) -> Self {
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
    fn field(&self, name: &str) -> Self {
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
