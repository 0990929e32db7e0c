//! What tells each row of a bulk loop from the others, in every pass of the run.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

use rhai::{Dynamic, ImmutableString};

use crate::run::journal::{RowMark, Rules};
use crate::run::resume;
use crate::script::api::origin;
use crate::script::bulk::options::BulkOptions;
use crate::script::csv::records::{cell, cell_text, names_of, text_of};
use crate::script::csv::row::Row;
use crate::script::diagnostic::suggestion::suggestion;
use crate::script::diagnostic::words::{a_kind, kind};
use crate::script::raise::Raised;
use crate::secrets::is_secret;

/// The column of rows that are no records.
pub(super) const VALUE: &str = "value";

/// What to do about a column that is no key.
pub(super) const HINT: &str =
    "a key identifies each row; without `key`, rows are identified by their content";

/// How rows are known in the run that the loop is of.
#[derive(Clone, Debug, Default)]
pub(super) struct Knowing {
    /// Its rules.
    pub rules: Rules,
    /// Its dice.
    pub seed: [u8; 32],
    /// Whether a later pass may ask what the rows were.
    pub keeps: bool,
}

/// How the rows of one loop are known.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    /// The rules of the run.
    pub rules: Rules,
    /// The run's dice.
    pub seed: [u8; 32],
    /// The loop's place among those of the script, from 1.
    pub bulk: u64,
    /// The column of the key.
    pub column: Option<ImmutableString>,
    /// Whether rows whose key is empty go by what else they are.
    pub empty_keys: bool,
}

/// What a row goes by.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Name {
    /// Its key as it is compared, and as it is spelled.
    Key(String, String),
    /// The id of its record, or its content: of equal ones the first, second … is meant.
    Alike(String),
    /// Its number, in runs of the first versions.
    Number(String),
}

impl Name {
    /// The key as it is spelled; empty where there is none.
    pub fn spelled(&self) -> &str {
        match self {
            Self::Key(_, spelled) => spelled,
            _ => "",
        }
    }
}

impl Identity {
    /// The rows of the n-th loop of a script with those options.
    pub fn new(options: &BulkOptions, bulk: u64, knowing: &Knowing) -> Self {
        Self {
            rules: knowing.rules,
            seed: knowing.seed,
            bulk,
            column: options.key.clone(),
            empty_keys: options.empty_keys,
        }
    }

    /// What the row of that number goes by.
    pub fn name_row(&self, value: &Dynamic, number: u64) -> Result<Name, Raised> {
        let Some(name) = &self.column else {
            return Ok(self.nameless(value, number));
        };
        let spelled = text(value, name, number)?;
        let key = resume::compared(self.rules, &spelled);
        if !key.is_empty() {
            let key = key.into_owned();
            return Ok(Name::Key(key, spelled));
        }
        if self.empty_keys {
            return Ok(self.nameless(value, number));
        }
        let what = format!("row {number}: the key `{name}` is empty");
        Err(Raised::new("row", what).hint(HINT))
    }

    /// What a row goes by that has no key.
    pub fn nameless(&self, value: &Dynamic, number: u64) -> Name {
        if self.rules == Rules::Spelled {
            // Rows of separators, which are skipped today, had numbers then.
            let row = value.read_lock::<Row>().map(|row| row.number());
            return Name::Number(format!("#{}", row.unwrap_or(number)));
        }
        Name::Alike(match origin::id(value) {
            Some((action, id)) => resume::of_record(action.name, &id),
            None => self.content(value),
        })
    }

    fn content(&self, value: &Dynamic) -> String {
        with_shown(value, |cells| resume::of_content(&self.seed, cells))
    }

    /// The key in the journal of a row that is the how-manieth of those that are alike.
    pub fn key(&self, name: &Name, nth: u32) -> String {
        let key = match name {
            Name::Alike(name) if nth > 1 => Cow::Owned(format!("{name}.{nth}")),
            Name::Alike(name) | Name::Number(name) | Name::Key(name, _) => Cow::Borrowed(&**name),
        };
        match (self.rules, self.bulk) {
            (Rules::Spelled, 1) => key.into_owned(),
            (Rules::Spelled, bulk) => format!("{bulk}:{key}"),
            (Rules::Compared, bulk) => resume::scoped(bulk, &key),
        }
    }

    /// What a later pass knows a row again by, that key in the journal given.
    pub fn mark(&self, key: &str, name: &Name, value: &Dynamic) -> RowMark {
        with_shown(value, |cells| {
            let cells = cells.map(|(_, cell)| cell);
            RowMark::make(&self.seed, key, name.spelled(), cells)
        })
    }
}

/// Gives the columns of a row that are no secrets, with the text of their cells, to that.
fn with_shown<T>(
    value: &Dynamic,
    take: impl FnOnce(&mut dyn Iterator<Item = (&str, Cow<'_, str>)>) -> T,
) -> T {
    if let Some(row) = value.read_lock::<Row>() {
        let columns = row.columns().iter().enumerate();
        let shown = columns.filter(|(_, name)| !is_secret(name));
        return take(&mut shown.map(|(place, name)| (name.as_str(), row.shown_at(place))));
    }
    let cells = cells(value);
    let shown = cells.iter().filter(|(name, _)| !is_secret(name));
    take(&mut shown.map(|(name, cell)| (name.as_str(), Cow::Borrowed(cell.as_str()))))
}

/// The columns of a row with the text of their cells; what is no record has one.
pub(super) fn cells(value: &Dynamic) -> Vec<(String, String)> {
    if let Some(row) = value.read_lock::<Row>() {
        let cells = row.columns().iter().enumerate();
        return cells
            .map(|(place, name)| (name.to_string(), row.shown_at(place).into_owned()))
            .collect();
    }
    let shown = |value: &Dynamic| cell_text(value).unwrap_or_else(|_| value.to_string());
    let Ok(names) = names_of(value) else {
        return vec![(VALUE.to_owned(), shown(value))];
    };
    let cell =
        |name: &ImmutableString| cell(value, name).map_or_else(String::new, |cell| shown(&cell));
    names
        .iter()
        .map(|name| (name.to_string(), cell(name)))
        .collect()
}

/// The text of a row's column.
pub(super) fn text(value: &Dynamic, name: &str, number: u64) -> Result<String, Raised> {
    text_of(value, name).unwrap_or_else(|| {
        let names = names_of(value).map_err(|_| {
            let kind = a_kind(kind(value.type_name()));
            Raised::new("row", format!("row {number} is {kind} and has no `{name}`"))
        })?;
        let known = names.iter().map(ImmutableString::as_str);
        let what = format!("row {number} has no `{name}`");
        Err(Raised::new("row", what).hint(suggestion(name, known)))
    })
}

/// Counts rows that are alike, so that each has a key of its own.
#[derive(Default)]
pub(super) struct Alike {
    hasher: RandomState,
    counts: HashMap<u64, u32>,
    /// Whether only those counted before are more than one.
    is_complete: bool,
}

impl Alike {
    /// The how-manieth this is of those it is like, from 1.
    pub fn nth(&mut self, name: &Name) -> u32 {
        let Name::Alike(name) = name else { return 1 };
        let hash = self.hasher.hash_one(name);
        if self.is_complete {
            let Some(count) = self.counts.get_mut(&hash) else {
                return 1;
            };
            *count += 1;
            return *count;
        }
        let count = self.counts.entry(hash).or_default();
        *count += 1;
        *count
    }

    /// Begins to count from the first row, now that all were seen once.
    pub fn again(mut self) -> Self {
        self.counts.retain(|_, count| *count > 1);
        self.counts.values_mut().for_each(|count| *count = 0);
        self.counts.shrink_to_fit();
        self.is_complete = true;
        self
    }
}
