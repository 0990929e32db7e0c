//! The rows of a bulk loop, made of whatever the script loops over.
//!
//! One is taken at a time, when a worker is free for it. Each gets a key that
//! no other row of the run has; one that has none is handed on to fail.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use rhai::{Array, Dynamic, ImmutableString};

use crate::run::bulk::{Row as Scheduled, Shard, lane};
use crate::run::journal::{AllSettled, RowMarks, Rules, bare};
use crate::run::resume::{self, DoneBefore, RowsSeen};
use crate::script::api::lazy;
use crate::script::api::origin;
use crate::script::api::pages::Records;
use crate::script::bulk::again::{Again, Values, line};
use crate::script::bulk::identity::{Alike, HINT, Identity, Knowing, Name, VALUE, text};
use crate::script::bulk::keys::{self, MarkedRows, Survey};
use crate::script::bulk::options::BulkOptions;
use crate::script::bulk::sharding::Still;
use crate::script::csv::Rows;
use crate::script::csv::records::{cell, cell_text, is_record, names_of, text_near};
use crate::script::diagnostic::words::{a_kind, kind};
use crate::script::engine::function::Fallible;
use crate::script::frozen::Frozen;
use crate::script::gather::gathered::Gathered;
use crate::script::raise::Raised;

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
    /// Whether an earlier pass knew it with other cells.
    pub is_changed: bool,
    /// Why it cannot be begun.
    pub refused: Option<Raised>,
}

/// The rows that are left.
pub(super) struct RowFeed {
    values: std::iter::Peekable<Values>,
    identity: Identity,
    lane: Option<ImmutableString>,
    shard: Option<Shard>,
    /// Hashes of the keys so far, where they were not compared beforehand.
    seen: Option<HashSet<u64>>,
    hasher: RandomState,
    alike: Alike,
    number: u64,
    /// Whether the rows come from here and not from a server.
    is_at_hand: bool,
    /// Whether the last row was taken.
    is_over: bool,
    /// Whether they are records of a server's list, which the run itself may change.
    is_list: bool,
    /// How to go through them once more, where that can be done.
    again: Option<Again>,
    /// What was seen of them beforehand.
    marks: Option<RowMarks>,
    /// What they say of an earlier run.
    marked: MarkedRows,
    /// The number of the last, where all were seen beforehand.
    last: Option<u64>,
    /// What an earlier pass knew of them.
    before: Option<RowMarks>,
    /// The keys of rows that go on by another.
    joined: HashMap<String, String>,
    /// How all of them ended in earlier passes, if none is to be run again.
    settled: Option<AllSettled>,
    /// What tells of each whether it is the same for every shard.
    still: Option<Still>,
}

/// What is known of the rows before the first.
pub(super) struct KnownShape {
    /// Their columns.
    pub columns: Vec<ImmutableString>,
    /// How many there are.
    pub total: Option<u64>,
    /// What there is to say of keys that had something around them that nobody sees.
    pub freed: Option<String>,
}

impl RowFeed {
    /// The rows of the n-th bulk loop of a script; those of a file are checked first.
    pub fn new(
        rows: Dynamic,
        options: &BulkOptions,
        bulk: u64,
        knowing: &Knowing,
    ) -> Fallible<(Self, KnownShape)> {
        if rows.is_array() {
            return Self::of_array(rows.cast(), options, bulk, knowing);
        }
        if let Some(records) = rows.read_lock::<Records>() {
            let values = lazy::iterate(records.clone());
            let (mut feed, outset) = Self::of_values(values, None, options, bulk, knowing)?;
            (feed.is_at_hand, feed.is_list) = (false, true);
            feed.know_by(records.key(), &outset.columns);
            return Ok((feed, outset));
        }
        if let Some(gathered) = rows.read_lock::<Gathered>() {
            let values = lazy::iterate(gathered.clone());
            let (mut feed, outset) = Self::of_values(values, None, options, bulk, knowing)?;
            let has_id = match feed.values.peek() {
                Some(Ok(first)) => knowing.rules >= Rules::Compared && origin::id(first).is_some(),
                _ => false,
            };
            if options.key.is_none()
                && !has_id
                && (outset.total, feed.values.peek().is_some()) != (None, false)
            {
                return Err(nameless().into());
            }
            (feed.is_at_hand, feed.is_list) = (false, true);
            return Ok((feed, outset));
        }
        if let Some(frozen) = rows.read_lock::<Frozen>() {
            return Self::of_frozen(&frozen, options, bulk, knowing);
        }
        match rows.read_lock::<Rows>() {
            Some(rows) => Self::of_file(&rows, options, bulk, knowing),
            None => Err(no_rows(&rows).into()),
        }
    }

    /// Rows that are all here can be looked at before the first.
    fn of_array(
        mut items: Array,
        options: &BulkOptions,
        bulk: u64,
        knowing: &Knowing,
    ) -> Fallible<(Self, KnownShape)> {
        let is_list = items.iter().any(|item| origin::of_server(item).is_some());
        let total = Some(items.len() as u64);
        let is_ours = !is_list && knowing.rules >= Rules::Compared;
        let key = options.key.as_ref().filter(|_| is_ours);
        let remark = key.and_then(|key| keys::free(&mut items, key));
        let again = Again::of_items(items);
        let identity = Identity::new(options, bulk, knowing);
        let keeps = knowing.keeps && !is_list;
        let survey = keys::survey(&again, &identity, options.lane.as_ref(), keeps)?;
        let values = again.values()?;
        let (mut feed, outset) = Self::of_values(values, total, options, bulk, knowing)?;
        feed.is_list = is_list;
        feed.seen = None;
        feed.look_ahead(Some(survey), again, keeps);
        let outset = KnownShape {
            freed: remark,
            ..outset
        };
        Ok((feed, outset))
    }

    fn of_file(
        rows: &Rows,
        options: &BulkOptions,
        bulk: u64,
        knowing: &Knowing,
    ) -> Fallible<(Self, KnownShape)> {
        if let Some(lane) = &options.lane {
            keys::column(rows, lane)?;
        }
        if let Some(key) = &options.key {
            keys::column(rows, key)?;
        }
        let again = Again::of_file(rows);
        let identity = Identity::new(options, bulk, knowing);
        let keeps = knowing.keeps;
        let survey = if keeps || options.key.is_some() {
            Some(keys::survey(&again, &identity, None, keeps)?)
        } else {
            None
        };
        rows.claim()?;
        let values = rows.clone();
        let next = move || match values.next_row() {
            Ok(row) => row.map(|row| Ok(Dynamic::from(row))),
            Err(raised) => Some(Err(raised.into())),
        };
        let mut feed = Self::over(Box::new(std::iter::from_fn(next)), options, bulk, knowing);
        feed.number = rows.number();
        let total = survey.as_ref().map(|survey| survey.total);
        if survey.is_some() {
            feed.seen = None;
            feed.last = total.map(|total| feed.number + total);
        }
        feed.look_ahead(survey, again, keeps);
        let columns = rows.columns().into_iter().map(Dynamic::cast).collect();
        let outset = KnownShape {
            columns,
            total,
            freed: None,
        };
        Ok((feed, outset))
    }

    /// The records of a frozen list go by their ids, unless the script names a key.
    fn of_frozen(
        frozen: &Frozen,
        options: &BulkOptions,
        bulk: u64,
        knowing: &Knowing,
    ) -> Fallible<(Self, KnownShape)> {
        let key = options.key.clone().or_else(|| frozen.key().map(Into::into));
        let options = BulkOptions {
            key,
            ..options.clone()
        };
        let again = Again::of_frozen(frozen);
        let identity = Identity::new(&options, bulk, knowing);
        let lane = options.lane.as_ref();
        let survey = keys::survey(&again, &identity, lane, knowing.keeps)?;
        let total = Some(survey.total);
        let values = lazy::iterate(frozen.clone());
        let (mut feed, outset) = Self::of_values(values, total, &options, bulk, knowing)?;
        feed.seen = None;
        feed.last = total;
        feed.look_ahead(Some(survey), again, knowing.keeps);
        Ok((feed, outset))
    }

    fn of_values(
        values: Values,
        total: Option<u64>,
        options: &BulkOptions,
        bulk: u64,
        knowing: &Knowing,
    ) -> Fallible<(Self, KnownShape)> {
        let mut feed = Self::over(values, options, bulk, knowing);
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
        let outset = KnownShape {
            columns,
            total,
            freed: None,
        };
        Ok((feed, outset))
    }

    /// Rows made of those values; their keys are compared as they come.
    pub fn over(values: Values, options: &BulkOptions, bulk: u64, knowing: &Knowing) -> Self {
        Self {
            values: values.peekable(),
            identity: Identity::new(options, bulk, knowing),
            lane: options.lane.clone(),
            shard: options.shard,
            seen: options.key.is_some().then(HashSet::new),
            hasher: RandomState::new(),
            alike: Alike::default(),
            number: 0,
            is_at_hand: true,
            is_over: false,
            is_list: false,
            again: None,
            marks: None,
            marked: MarkedRows::default(),
            last: None,
            before: None,
            joined: HashMap::new(),
            settled: None,
            still: None,
        }
    }

    /// Refuses each row that may be another for each shard.
    pub fn watch(&mut self, still: Option<Still>) {
        self.still = still;
    }

    fn look_ahead(&mut self, survey: Option<Survey>, again: Again, keeps: bool) {
        if let Some(survey) = survey.filter(|_| keeps) {
            self.alike = survey.alike;
            self.marks = Some(survey.marks);
            self.marked = survey.marked;
            self.again = Some(again);
        }
    }

    /// Tells records apart by that field, if they have it and nobody named another:
    /// when the run is resumed, the list may be shorter by those that are done, and
    /// their numbers would be other records'.
    fn know_by(&mut self, key: Option<&'static str>, columns: &[ImmutableString]) {
        let key = key.filter(|key| columns.iter().any(|column| column == key));
        if let (None, Some(key)) = (&self.identity.column, key) {
            self.identity.column = Some(key.into());
            self.seen = Some(HashSet::new());
        }
    }

    /// What a later pass will know the rows again by, and how to go through them: of a
    /// file or an array whose rows no server's are.
    pub fn marks(&self) -> Option<(&RowMarks, &Again, &Identity)> {
        Some((self.marks.as_ref()?, self.again.as_ref()?, &self.identity))
    }

    /// Whether a row is of the run's shard by its own key.
    pub fn is_own(&self, value: &Dynamic, name: &Name, key: &str) -> bool {
        let Some(shard) = self.shard else {
            return true;
        };
        let lane = self.lane.as_ref().map(|lane| text(value, lane, 0));
        match (lane, name) {
            (Some(Ok(lane)), _) => shard.has(&lane),
            (_, Name::Key(name, _) | Name::Number(name)) => shard.has(name),
            (_, Name::Alike(_)) => shard.has(key),
        }
    }

    /// Which part of the rows is the run's.
    pub const fn shard(&self) -> Option<Shard> {
        self.shard
    }

    /// The first row that an earlier run's file says was begun.
    pub const fn done_before(&self) -> Option<DoneBefore> {
        self.marked.first
    }

    /// What is known of such rows where a row of these begins.
    pub fn looked(&self) -> RowsSeen {
        let MarkedRows { first, says_itself } = self.marked;
        resume::looked().at_row(first.is_some(), !says_itself)
    }

    /// Takes in what earlier passes knew of the rows, unless they are the very same, and which
    /// go on by another key.
    pub fn take_up(&mut self, before: Option<RowMarks>, joined: HashMap<String, String>) {
        self.before = before;
        self.joined = joined;
        // They are eight bytes a row, and nobody asks for them any more.
        (self.marks, self.again) = (None, None);
    }

    /// The same of rows that all ended before: none of them is looked at again.
    pub fn pass_over(&mut self, settled: Option<AllSettled>) {
        self.settled = settled;
    }

    /// How all of them ended in earlier passes, if none is to be run again.
    pub const fn all_settled(&self) -> Option<AllSettled> {
        self.settled
    }

    /// The rows that are left, as far as they are here: nothing more is asked of a
    /// server. What cannot be read any more is not worth a second error.
    pub fn rest(self) -> impl Iterator<Item = Item> {
        let rest = self.is_at_hand.then_some(self);
        let rest = rest.into_iter().flatten().map_while(Result::ok);
        rest.map(|row| row.item)
    }

    /// Whether a server may have rows that nobody asked for yet.
    pub fn has_unread(&self) -> bool {
        !self.is_at_hand && !self.is_over
    }

    /// The row of a value; none if it is another shard's.
    fn scheduled(&mut self, value: Dynamic) -> Fallible<Option<Scheduled<Item>>> {
        self.number += 1;
        let number = self.number;
        if let Some(still) = &self.still {
            still.check(&value)?;
        }
        let name = self.name_of(&value);
        let lane_of = self.lane.as_ref().map(|lane| text(&value, lane, number));
        let refused = name
            .as_ref()
            .err()
            .or_else(|| lane_of.as_ref()?.as_ref().err());
        let refused = refused.cloned();
        let name = name.unwrap_or_else(|_| self.identity.nameless(&value, number));
        let key = self.identity.key(&name, self.alike.nth(&name));
        let lane_of = lane_of.and_then(Result::ok);
        let joined = self.joined.get(&key);
        let lane_of = match (&lane_of, joined, &name) {
            (Some(lane), _, _) => lane.as_str(),
            // It goes on as what it was, in the shard it was of.
            (None, Some(old), Name::Key(..)) => bare(old),
            (None, _, Name::Key(name, _) | Name::Number(name)) => name,
            (None, _, Name::Alike(_)) => &key,
        };
        // By lane: rows of one keep their order only where they are together.
        if self.shard.is_some_and(|shard| !shard.has(lane_of)) {
            return Ok(None);
        }
        let lane = lane(lane_of);
        if self.marks.as_ref().is_some_and(|marks| !marks.has(&key)) {
            return Err(self.changed(number).into());
        }
        let is_changed = self.before.as_ref().is_some_and(|before| {
            let seen = before.seen(self.identity.mark(&key, &name, &value));
            seen.is_some_and(|seen| seen.is_changed)
        });
        Ok(Some(Scheduled {
            lane,
            item: Item {
                is_changed: is_changed || joined.is_some(),
                key: joined.unwrap_or(&key).as_str().into(),
                number,
                line: line(&value),
                value,
                refused,
            },
        }))
    }

    fn name_of(&mut self, value: &Dynamic) -> Result<Name, Raised> {
        let name = self.identity.name_row(value, self.number)?;
        if let Name::Key(key, spelled) = &name {
            let hash = self.hasher.hash_one(key);
            if self.seen.as_mut().is_some_and(|seen| !seen.insert(hash)) {
                let column = self.identity.column.as_deref().unwrap_or_default();
                let what = format!("an earlier row has the same `{column}`: `{spelled}`");
                return Err(Raised::new("row", what).hint(HINT));
            }
        }
        Ok(name)
    }

    /// The error of a file that is not what it was a moment ago.
    fn changed(&self, number: u64) -> Raised {
        let path = self.again.as_ref().and_then(|again| again.path.as_deref());
        let what = format!(
            "`{}` was changed while its rows were read, at row {number}; the rows before it were done",
            path.unwrap_or_default()
        );
        Raised::new("csv", what).hint("when the file no longer changes, resume the run")
    }
}

impl Iterator for RowFeed {
    type Item = Fallible<Scheduled<Item>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some(value) = self.values.next() else {
                self.is_over = true;
                let last = self.last.take().filter(|last| self.number < *last)?;
                return Some(Err(self.changed(last.min(self.number + 1)).into()));
            };
            match value.and_then(|value| self.scheduled(value)) {
                Ok(None) => {}
                Ok(Some(row)) => return Some(Ok(row)),
                Err(error) => {
                    self.last = None;
                    return Some(Err(error));
                }
            }
        }
    }
}

/// The text of a row's cells, one for each column.
pub(super) fn cells(value: &Dynamic, columns: &[ImmutableString]) -> Vec<String> {
    if !is_record(value) {
        return vec![cell_text(value).unwrap_or_else(|_| value.to_string())];
    }
    let text = |(place, column): (usize, &ImmutableString)| match text_near(value, place, column) {
        Some(Ok(text)) => text,
        Some(Err(_)) => cell(value, column).map_or_else(String::new, |cell| cell.to_string()),
        None => String::new(),
    };
    columns.iter().enumerate().map(text).collect()
}

/// When the run is resumed, what was read may be other records in other places, so
/// that their numbers would be those of others.
fn nameless() -> Raised {
    Raised::new(
        "value",
        "`bulk` needs a `key` for rows that `gather` returns",
    )
    .hint(
        "let its closure return records, and name the field that identifies them: `#{ key: \"id\" \
         }`",
    )
}

fn no_rows(given: &Dynamic) -> Raised {
    let kind = a_kind(kind(given.type_name()));
    Raised::new("value", format!("`bulk` cannot loop over {kind}"))
        .hint("use an array, `csv(…)`, `sheet(…)`, `rows(…)`, or a list such as `all_clients()`")
}
