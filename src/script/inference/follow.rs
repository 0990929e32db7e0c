//! Follows values back to where they are from: through names, calls, fields and indices.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::known::Known;
use crate::catalog;
use crate::script::symbols::{Role, SymbolKind, Symbols, ValueOrigin};
use crate::script::tokens::TokenKind;

/// Values are followed no further than this.
const DEEPEST: usize = 32;
/// A value is no longer than so many fields, calls and indices.
const LONGEST: usize = 256;

/// Methods that give one of the items of what they are called on.
const ITEM: [&str; 6] = ["find", "first", "last", "next", "pop", "shift"];
/// Methods that give a list of the same items.
const ITEMS: [&str; 14] = [
    "chop",
    "dedup",
    "drain",
    "extract",
    "filter",
    "order_by",
    "retain",
    "reverse",
    "sort",
    "sort_by",
    "sort_desc",
    "sorted",
    "splice",
    "to_array",
];

/// Gives the columns of the file of that path, as that function reads it.
pub type ColumnsOf<'c> = dyn Fn(&str, &str) -> Vec<String> + 'c;

/// What the values of a script are.
pub struct Inference<'s> {
    symbols: &'s Symbols<'s>,
    columns: &'s ColumnsOf<'s>,
    known: RefCell<HashMap<usize, Known>>,
    depth: Cell<usize>,
}

impl<'s> Inference<'s> {
    /// What can be told of the values of a script; `columns` looks into the files it names.
    pub fn new(symbols: &'s Symbols<'s>, columns: &'s ColumnsOf<'s>) -> Self {
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
        let known = chain_before(self, place).map(|(known, _)| known);
        self.depth.set(self.depth.get() - 1);
        known.unwrap_or_default()
    }

    /// What these tokens give; unknown if they are more than one value.
    fn of_range(&self, start: usize, end: usize) -> Known {
        if self.depth.get() >= DEEPEST || start >= end {
            return Known::Unknown;
        }
        self.depth.set(self.depth.get() + 1);
        let known = chain_before(self, end).filter(|(_, first)| *first == start);
        self.depth.set(self.depth.get() - 1);
        known.map(|(known, _)| known).unwrap_or_default()
    }

    /// What a symbol holds.
    pub fn of_symbol(&self, symbol: usize) -> Known {
        if let Some(known) = self.known.borrow().get(&symbol) {
            return known.clone();
        }
        let known = match self.symbols.all.get(symbol).map(|symbol| &symbol.origin) {
            Some(ValueOrigin::Value(value)) => self.of_range(value.start, value.end),
            Some(ValueOrigin::ItemOf(list)) => self.of_range(list.start, list.end).item(),
            Some(ValueOrigin::Argument { call, position }) => self.of_argument(*call, *position),
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

/// What is done with a value.
enum Step<'t> {
    Field(&'t str),
    Item,
    Method(&'t str),
}

/// What the value is that ends before `end`, and the token it begins with.
fn chain_before(inference: &Inference<'_>, end: usize) -> Option<(Known, usize)> {
    let symbols = inference.symbols;
    let mut steps = Vec::new();
    let mut end = end;
    for _ in 0..LONGEST {
        let last = end.checked_sub(1)?;
        let open = symbols.partners.get(last).copied().flatten();
        let open = open.filter(|open| *open < last);
        match symbols.text(last) {
            "]" => {
                let open = open?;
                if !ends_value(symbols, open) {
                    return Some(finished(list(inference, open, last), steps, open));
                }
                steps.push(Step::Item);
                end = open;
            }
            "}" => {
                let open = open.filter(|open| symbols.tokens.is(*open, "#{"))?;
                return Some(finished(map(symbols, open, last), steps, open));
            }
            ")" => {
                let name = open?.checked_sub(1)?;
                let word = symbols.tokens.word(name)?;
                if !is_dot(symbols, name) {
                    return Some(finished(call(inference, name, open?), steps, name));
                }
                // A call through a connection: `old.get_clients()`.
                if let Known::Reply(..) | Known::List(_) = returned(word) {
                    let start = start(symbols, name - 1).unwrap_or(name);
                    return Some(finished(returned(word), steps, start));
                }
                steps.push(Step::Method(word));
                end = name - 1;
            }
            _ => {
                let token = symbols.tokens.all.get(last)?;
                if token.kind != TokenKind::Word {
                    return None;
                }
                if is_dot(symbols, last) {
                    steps.push(Step::Field(symbols.text(last)));
                    end = last - 1;
                } else {
                    let symbol = symbols.targets[last];
                    let known = symbol.map(|symbol| inference.of_symbol(symbol));
                    return Some(finished(known.unwrap_or_default(), steps, last));
                }
            }
        }
    }
    None
}

/// What comes of a value by what is done with it; the last step stands first.
fn finished(known: Known, steps: Vec<Step<'_>>, start: usize) -> (Known, usize) {
    let taken = steps
        .into_iter()
        .rev()
        .fold(known, |known, step| match step {
            Step::Field(name) => known.field(name),
            Step::Item => known.item(),
            Step::Method(name) if ITEM.contains(&name) => known.item(),
            Step::Method(name) if ITEMS.contains(&name) => known,
            Step::Method(_) => Known::Unknown,
        });
    (taken, start)
}

fn is_dot(symbols: &Symbols<'_>, place: usize) -> bool {
    let before = place.checked_sub(1);
    before.is_some_and(|dot| symbols.tokens.is(dot, ".") || symbols.tokens.is(dot, "?."))
}

/// Whether a bracket that opens there takes an item of the value before it.
fn ends_value(symbols: &Symbols<'_>, open: usize) -> bool {
    let Some(before) = open.checked_sub(1) else {
        return false;
    };
    let kind = symbols.tokens.all[before].kind;
    matches!(kind, TokenKind::Word) || matches!(symbols.text(before), ")" | "]")
}

/// The token that a chain of names before a dot begins with.
fn start(symbols: &Symbols<'_>, dot: usize) -> Option<usize> {
    let mut at = dot;
    for _ in 0..LONGEST {
        let last = at.checked_sub(1)?;
        symbols.tokens.word(last)?;
        if !is_dot(symbols, last) {
            return Some(last);
        }
        at = last - 1;
    }
    None
}

/// What a call of that function gives.
fn call(inference: &Inference<'_>, name: usize, open: usize) -> Known {
    let symbols = inference.symbols;
    let is_own = symbols
        .target(name)
        .is_some_and(|symbol| matches!(symbol.kind, SymbolKind::Function | SymbolKind::Variable));
    if is_own || symbols.roles[name] == Role::ModuleMember {
        return Known::Unknown;
    }
    let first = text(symbols, open + 1);
    match (symbols.text(name), first) {
        (function @ ("csv" | "sheet"), Some(path)) => {
            let columns = (inference.columns)(function, path);
            if columns.is_empty() {
                Known::Unknown
            } else {
                Known::Keys(Rc::new(columns)).list()
            }
        }
        ("call", Some(action)) => catalog::action(action).map_or(Known::Unknown, Known::reply),
        (function, _) => returned(function),
    }
}

/// What a function of an action gives.
fn returned(function: &str) -> Known {
    if let Some(action) = catalog::by_function(function) {
        return Known::reply(action);
    }
    let walk = catalog::by_walk(function);
    let record = walk.and_then(|action| Some(Known::Reply(action, action.list_fields()?)));
    record.map_or(Known::Unknown, Known::list)
}

/// A list that is written out, of values like its first.
fn list(inference: &Inference<'_>, open: usize, close: usize) -> Known {
    let first = inference.symbols.arguments(open);
    let first = first.first().filter(|first| first.end <= close);
    let first = first.map(|first| inference.of_range(first.start, first.end));
    first.unwrap_or_default().list()
}

/// A map that is written out.
fn map(symbols: &Symbols<'_>, open: usize, close: usize) -> Known {
    let mut keys = Vec::new();
    for entry in symbols.arguments(open) {
        if entry.start < close && symbols.tokens.is(entry.start + 1, ":") {
            let key = text(symbols, entry.start).or_else(|| symbols.tokens.word(entry.start));
            keys.extend(key.map(str::to_owned));
        }
    }
    Known::Keys(Rc::new(keys))
}

/// A text without holes at that place.
fn text<'t>(symbols: &Symbols<'t>, place: usize) -> Option<&'t str> {
    let token = symbols.tokens.all.get(place)?;
    let is_text = token.kind == TokenKind::Text;
    let text = symbols.text(place).strip_prefix('"')?.strip_suffix('"')?;
    is_text.then_some(text)
}
