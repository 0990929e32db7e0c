//! The rows of a bulk loop, made of whatever the script loops over.
//!
//! One is taken at a time, when a worker is free for it. Each gets a key that
//! no other row of the run has; one that has none is handed on to fail.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use rhai::{Array, Dynamic, ImmutableString};

use crate::run::bulk::{Row as Scheduled, Shard, lane};
use crate::script::api::lazy;
use crate::script::api::pages::Records;
use crate::script::bulk::captures::copied;
use crate::script::bulk::keys;
use crate::script::bulk::options::Options;
use crate::script::csv::Rows;
use crate::script::csv::records::{cell, cell_text, names_of};
use crate::script::csv::row::Row;
use crate::script::diagnostic::suggestion::suggestion;
use crate::script::diagnostic::words::{a_kind, kind};
use crate::script::engine::function::Fallible;
use crate::script::gather::Gathered;
use crate::script::raise::Raised;

/// The column of rows that are no records.
const VALUE: &str = "value";

/// One row.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// What the closure gets.
    pub value: Dynamic,
    /// What tells it from every other row of the run.
    pub key: Arc<str>,
    /// Its place among the rows, from 1.
    pub number: u64,
    /// The line of its file it starts in.
    pub line: Option<u64>,
    /// Why it cannot be begun.
    pub refused: Option<Raised>,
}

/// What a script loops over.
type Values = Box<dyn Iterator<Item = Fallible<Dynamic>> + Send>;

/// The rows that are left.
pub(super) struct Feed {
    values: std::iter::Peekable<Values>,
    key: Option<ImmutableString>,
    lane: Option<ImmutableString>,
    shard: Option<Shard>,
    /// What stands before every key: later loops of a script must not meet the
    /// keys of earlier ones.
    prefix: String,
    /// Hashes of the keys so far, where they were not compared beforehand.
    seen: Option<HashSet<u64>>,
    /// Whether a row whose key is empty goes by its number.
    empty_keys: bool,
    hasher: RandomState,
    number: u64,
    /// Whether the rows come from here and not from a server.
    is_at_hand: bool,
}

/// What is known of the rows before the first.
pub(super) struct Outset {
    /// Their columns.
    pub columns: Vec<ImmutableString>,
    /// How many there are.
    pub total: Option<u64>,
}

impl Feed {
    /// The rows of the n-th bulk loop of a script; those of a file are checked first.
    pub fn new(rows: Dynamic, options: &Options, bulk: u64) -> Fallible<(Self, Outset)> {
        if rows.is_array() {
            return Self::of_array(rows.cast(), options, bulk);
        }
        if let Some(records) = rows.read_lock::<Records>() {
            let (mut feed, outset) =
                Self::of_values(lazy::iterate(records.clone()), None, options, bulk)?;
            feed.is_at_hand = false;
            feed.know_by(records.key(), &outset.columns);
            return Ok((feed, outset));
        }
        if let Some(gathered) = rows.read_lock::<Gathered>() {
            if options.key.is_none() {
                return Err(nameless().into());
            }
            let values = lazy::iterate(gathered.clone());
            let (mut feed, outset) = Self::of_values(values, None, options, bulk)?;
            feed.is_at_hand = false;
            return Ok((feed, outset));
        }
        match rows.read_lock::<Rows>() {
            Some(rows) => Self::of_file(&rows, options, bulk),
            None => Err(no_rows(&rows).into()),
        }
    }

    /// Rows that are all here can be looked at before the first.
    fn of_array(items: Array, options: &Options, bulk: u64) -> Fallible<(Self, Outset)> {
        let total = Some(items.len() as u64);
        keys::check_items(&items, options)?;
        let items = items.into_iter().map(|item| Ok(copied(&item)?));
        let (mut feed, outset) = Self::of_values(Box::new(items), total, options, bulk)?;
        feed.seen = None;
        Ok((feed, outset))
    }

    fn of_file(rows: &Rows, options: &Options, bulk: u64) -> Fallible<(Self, Outset)> {
        if let Some(lane) = &options.lane {
            keys::column(rows, lane)?;
        }
        let total = match &options.key {
            Some(key) => keys::check(rows, key, options.empty_keys)?,
            None => None,
        };
        rows.claim()?;
        let values = rows.clone();
        let next = move || match values.next_row() {
            Ok(row) => row.map(|row| Ok(Dynamic::from(row))),
            Err(raised) => Some(Err(raised.into())),
        };
        let mut feed = Self::over(Box::new(std::iter::from_fn(next)), options, bulk);
        feed.number = rows.number();
        if total.is_some() {
            feed.seen = None;
        }
        let columns = rows.columns().into_iter().map(Dynamic::cast).collect();
        Ok((feed, Outset { columns, total }))
    }

    fn of_values(
        values: Values,
        total: Option<u64>,
        options: &Options,
        bulk: u64,
    ) -> Fallible<(Self, Outset)> {
        let mut feed = Self::over(values, options, bulk);
        if let Some(Err(error)) = feed.values.next_if(Result::is_err) {
            return Err(error);
        }
        let columns = match feed.values.peek() {
            Some(Ok(first)) => {
                // A column that the first row lacks is misspelled, and all rows would fail.
                for name in options.key.iter().chain(&options.lane) {
                    text(first, name, 1)?;
                }
                names_of(first).unwrap_or_else(|_| vec![VALUE.into()])
            }
            _ => Vec::new(),
        };
        Ok((feed, Outset { columns, total }))
    }

    /// Rows made of those values; their keys are compared as they come.
    pub fn over(values: Values, options: &Options, bulk: u64) -> Self {
        Self {
            values: values.peekable(),
            key: options.key.clone(),
            empty_keys: options.empty_keys,
            lane: options.lane.clone(),
            shard: options.shard,
            prefix: match bulk {
                1 => String::new(),
                n => format!("{n}:"),
            },
            seen: options.key.is_some().then(HashSet::new),
            hasher: RandomState::new(),
            number: 0,
            is_at_hand: true,
        }
    }

    /// Tells records apart by that field, if they have it and nobody named another:
    /// when the run is resumed, the list may be shorter by those that are done, and
    /// their numbers would be other records'.
    fn know_by(&mut self, key: Option<&'static str>, columns: &[ImmutableString]) {
        let key = key.filter(|key| columns.iter().any(|column| column == key));
        if let (None, Some(key)) = (&self.key, key) {
            self.key = Some(key.into());
            self.seen = Some(HashSet::new());
        }
    }

    /// The rows that are left, as far as they are here: nothing more is asked of a
    /// server. What cannot be read any more is not worth a second error.
    pub fn rest(self) -> impl Iterator<Item = Item> {
        let rest = self.is_at_hand.then_some(self);
        let rest = rest.into_iter().flatten().map_while(Result::ok);
        rest.map(|row| row.item)
    }

    /// The row of a value; none if it is another shard's.
    fn scheduled(&mut self, value: Dynamic) -> Option<Scheduled<Item>> {
        self.number += 1;
        let number = self.number;
        let key = self.key_of(&value);
        let lane_of = self.lane.as_ref().map(|lane| text(&value, lane, number));
        let refused = key
            .as_ref()
            .err()
            .or_else(|| lane_of.as_ref()?.as_ref().err());
        let refused = refused.cloned();
        let key = key.unwrap_or_else(|_| format!("#{number}"));
        let lane_of = lane_of.and_then(Result::ok);
        let lane_of = lane_of.as_ref().unwrap_or(&key);
        // By lane: rows of one keep their order only where they are together.
        if self.shard.is_some_and(|shard| !shard.has(lane_of)) {
            return None;
        }
        Some(Scheduled {
            lane: lane(lane_of),
            item: Item {
                key: format!("{}{key}", self.prefix).into(),
                number,
                line: value.read_lock::<Row>().map(|row| row.line()),
                value,
                refused,
            },
        })
    }

    fn key_of(&mut self, value: &Dynamic) -> Result<String, Raised> {
        let number = self.number;
        let Some(name) = &self.key else {
            return Ok(format!("#{number}"));
        };
        if self.empty_keys && text(value, name, number)?.is_empty() {
            return Ok(format!("#{number}"));
        }
        let key = key(value, name, number)?;
        let hash = self.hasher.hash_one(&key);
        if self.seen.as_mut().is_some_and(|seen| !seen.insert(hash)) {
            let what = format!("an earlier row has the same `{name}`: `{key}`");
            return Err(Raised::new("row", what).hint(keys::HINT));
        }
        Ok(key)
    }
}

impl Iterator for Feed {
    type Item = Fallible<Scheduled<Item>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.values.next()? {
                Ok(value) => {
                    if let Some(row) = self.scheduled(value) {
                        return Some(Ok(row));
                    }
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// The text of a row's cells, one for each column.
pub(super) fn cells(value: &Dynamic, columns: &[ImmutableString]) -> Vec<String> {
    let text = |value: &Dynamic| cell_text(value).unwrap_or_else(|_| value.to_string());
    if names_of(value).is_err() {
        return vec![text(value)];
    }
    let cell = |column: &ImmutableString| {
        cell(value, column).map_or_else(String::new, |value| text(&value))
    };
    columns.iter().map(cell).collect()
}

/// The text of a row's key, which must not be empty.
pub(super) fn key(value: &Dynamic, name: &str, number: u64) -> Result<String, Raised> {
    let key = text(value, name, number)?;
    if key.is_empty() {
        let what = format!("row {number}: the key `{name}` is empty");
        return Err(Raised::new("row", what).hint(keys::HINT));
    }
    Ok(key)
}

/// The text of a row's column.
pub(super) fn text(value: &Dynamic, name: &str, number: u64) -> Result<String, Raised> {
    let names = names_of(value).map_err(|_| {
        let kind = a_kind(kind(value.type_name()));
        Raised::new("row", format!("row {number} is {kind} and has no `{name}`"))
    })?;
    let cell = cell(value, name).ok_or_else(|| {
        let known = names.iter().map(ImmutableString::as_str);
        Raised::new("row", format!("row {number} has no `{name}`")).hint(suggestion(name, known))
    })?;
    cell_text(&cell)
}

/// When the run is resumed, what was read may be other records in other places, so
/// that their numbers would be those of others.
fn nameless() -> Raised {
    Raised::new("value", "`bulk` needs a `key` for the rows that `gather` reads").hint(
        "let its closure give records, and name the field that tells them apart: `#{ key: \"id\" }`",
    )
}

fn no_rows(given: &Dynamic) -> Raised {
    let kind = a_kind(kind(given.type_name()));
    Raised::new("value", format!("`bulk` cannot loop over {kind}"))
        .hint("it takes an array, `csv(…)`, `sheet(…)`, or a list such as `all_clients()`")
}
