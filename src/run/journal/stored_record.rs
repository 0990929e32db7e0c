//! What is written down of a run, as its threads bring it: turned into columns already, so
//! that whoever writes has nothing to do but write.

use super::dates::ReadAt;
use super::fingerprint::Marks;
use super::head::State;
use super::loop_place::LoopPlace;
use super::moment::Moment;
use super::record::BulkRecord;
use super::row_marks::{MARK, RowMark};
use super::snapshot::StoredSnapshot;
use super::stored::{StoredOutcome, StoredRow};
use crate::run::scope::Scope;

/// Something to be written down.
pub(super) enum StoredRecord {
    Intent(Box<Intent>),
    Outcome(i64, StoredOutcome),
    Bulk(Box<BulkRecord>),
    /// The column by which the rows of a bulk loop go.
    Key(u64, String),
    /// Where the server of that name is.
    Server(String, String),
    /// What the rows of a source are.
    Source(SourceRecord),
    Row(Box<StoredRow>),
    State(State, Option<String>),
    /// Nothing: whoever waits for it knows that all before it is on the disk.
    Nothing,
}

/// A write that is about to be sent.
pub(super) struct Intent {
    pub number: i64,
    pub scope: Scope,
    pub action: String,
    pub marks: Marks,
    pub params: String,
    pub snapshot: Option<StoredSnapshot>,
    /// The place of its row.
    pub row: Option<u64>,
    /// Where in the script it is asked for.
    pub place: Option<String>,
    pub begun: i64,
    pub moment: Moment,
    pub seen: Option<i64>,
    /// The money it moves, as `12.50 EUR`; a database has no place for it.
    pub money: Option<String>,
    pub read_at: Option<ReadAt>,
}

/// A change of what the journal knows of a source, its rows or their writes.
pub(super) enum SourceRecord {
    /// Rows of the source of a bulk loop.
    Rows(RowsPart),
    /// A new key, and the key its row goes on by.
    Joined(String, String),
    /// A row that did nothing and is no row of the run any more.
    Replaced(String),
    /// The user's word on an applied write: whether it stands for the one asked for now.
    Verdict(i64, bool),
    /// Where a bulk loop stands in the script.
    Place(u64, LoopPlace),
}

/// Some or all of the rows of a source, as the journal keeps them.
pub struct RowsPart {
    /// The number of the loop.
    pub bulk: u64,
    /// How many rows the source has.
    pub rows: u64,
    /// How many of them stand before these.
    pub from: u64,
    /// Their marks.
    pub marks: Vec<u8>,
}

impl RowsPart {
    /// All of them.
    pub const fn whole(bulk: u64, marks: Vec<u8>) -> Self {
        Self {
            bulk,
            rows: (marks.len() / MARK) as u64,
            from: 0,
            marks,
        }
    }

    /// How many there are.
    pub const fn len(&self) -> u64 {
        (self.marks.len() / MARK) as u64
    }

    /// Whether they are all of them.
    pub const fn is_whole(&self) -> bool {
        self.len() == self.rows
    }

    /// They themselves.
    pub fn marks(&self) -> impl Iterator<Item = RowMark> {
        RowMark::all_in(&self.marks)
    }
}
