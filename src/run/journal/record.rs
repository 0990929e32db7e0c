//! What is written down of a write and of a row.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::dates::ReadAt;

/// The number in the table of rows that stands for the script itself.
pub(super) const MAIN: i64 = 0;

/// A write in the journal of its run.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct WriteId(pub(super) i64);

impl WriteId {
    /// Its number within the run, from 1, in the order of the intents.
    pub fn number(self) -> i64 {
        self.0
    }
}

/// What is noted of a write before it is sent, so that it can be known again.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Noted {
    /// Where in the script it is asked for: the text, the line and the column.
    pub place: Option<String>,
    /// The highest id seen in the list that it would be looked for in.
    pub seen: Option<i64>,
    /// The money it moves, as `12.50 EUR`, where the run may not move any sum.
    pub money: Option<String>,
    /// When that was read, where it was.
    pub read_at: Option<ReadAt>,
}

/// The money that the writes of earlier passes moved, or may have moved.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct MovedBefore {
    /// Of the writes whose money was counted, by its currency.
    pub money: BTreeMap<String, Decimal>,
    /// The actions of writes whose money was not, since the run was not limited then.
    pub uncounted: BTreeSet<String>,
}

/// What became of a write that was about to be sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It was applied; the reply without secrets.
    Done(Map<String, Value>),
    /// It had no effect: the server refused it.
    Refused {
        /// The word scripts see in `error.kind`.
        kind: String,
        /// What the server said.
        message: String,
        /// The status of the reply.
        http: Option<u16>,
    },
    /// It certainly did not arrive.
    NotSent {
        /// The word scripts see in `error.kind`.
        kind: String,
        /// Why not.
        message: String,
    },
    /// It may have been applied: why nobody knows.
    Unsettled(String),
}

impl Outcome {
    /// The word the journal and reports use.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Done(_) => DONE,
            Self::Refused { .. } => "refused",
            Self::NotSent { .. } => NOT_SENT,
            Self::Unsettled(_) => IN_DOUBT,
        }
    }
}

/// The state of a write that was applied, and of a row that came to its end.
pub(super) const DONE: &str = "done";
/// The state of a write that certainly did not arrive.
pub(super) const NOT_SENT: &str = "not sent";
/// The state of a write, or of a row with one, that may have been applied.
pub(super) const IN_DOUBT: &str = "in doubt";

/// Why a write is in doubt of which nothing is known but that it was about to be sent.
pub(super) const KILLED: &str = "killed";
/// What stands for a reason while a write in doubt is sent once more.
pub(super) const AGAIN: &str = "again";
/// The state of a row that did nothing and is no row of the run any more.
pub(super) const REPLACED: &str = "replaced";

/// How a row ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RowState {
    /// Its closure came to its end.
    Done,
    /// Its closure failed.
    Failed,
    /// Its closure asked for it to be skipped.
    Skipped,
    /// It stands at a write that may have been applied.
    InDoubt,
}

impl RowState {
    const ALL: [Self; 4] = [Self::Done, Self::Failed, Self::Skipped, Self::InDoubt];

    /// The word the journal and reports use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => DONE,
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::InDoubt => IN_DOUBT,
        }
    }

    pub(super) fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether a resumed run passes over the row.
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Done | Self::Skipped)
    }
}

/// A bulk loop of the script.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct BulkRecord {
    /// Its place among the bulk loops of the run, from 1.
    pub number: u64,
    /// The columns of what its rows are made of, in order.
    pub columns: Vec<String>,
    /// Those of them whose cells are secrets, and are not written down.
    pub hidden: Vec<String>,
}

/// A row that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RowRecord {
    /// What tells it from the other rows of the run.
    pub key: String,
    /// The bulk loop it is of.
    pub bulk: u64,
    /// Its place among the rows, from 1.
    pub number: u64,
    /// The line of its file it starts in, where it is from a file.
    pub line: Option<u64>,
    /// How it ended.
    pub state: RowState,
    /// Whether everything was found to be as wanted.
    pub unchanged: bool,
    /// What the closure returned: columns of the results.
    pub columns: Map<String, Value>,
    /// The cells it was given.
    pub original: Vec<String>,
    /// The error as scripts see it, where it failed or is in doubt; why it was skipped.
    pub error: Option<Map<String, Value>>,
    /// How long it took.
    pub millis: u64,
}

/// How many rows ended how, and what of the writes is open.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Rows done, also those that changed nothing.
    pub done: u64,
    /// Rows done that found everything as wanted.
    pub unchanged: u64,
    /// Rows failed.
    pub failed: u64,
    /// Rows skipped.
    pub skipped: u64,
    /// Rows that stand at a write in doubt.
    pub in_doubt: u64,
    /// Rows that began to write and did not end.
    pub begun: u64,
    /// Writes applied.
    pub writes: u64,
    /// Writes that may have been applied; those in flight too, while the run goes on.
    pub writes_in_doubt: u64,
}

impl Counts {
    /// These and those together.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        Self {
            done: self.done + other.done,
            unchanged: self.unchanged + other.unchanged,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
            in_doubt: self.in_doubt + other.in_doubt,
            begun: self.begun + other.begun,
            writes: self.writes + other.writes,
            writes_in_doubt: self.writes_in_doubt + other.writes_in_doubt,
        }
    }
}
