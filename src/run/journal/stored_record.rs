//! What is written down of a run, as its threads bring it: turned into columns already, so
//! that whoever writes has nothing to do but write.

use super::LoopPlace;
use super::dates::ReadAt;
use super::fingerprint::Marks;
use super::head::State;
use super::record::BulkRecord;
use super::snapshot::StoredSnapshot;
use super::stored::{StoredOutcome, StoredRow};
use crate::run::moment::Moment;
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
    /// The rows of the source of a bulk loop.
    Rows(u64, Vec<u8>),
    /// A new key, and the key its row goes on by.
    Joined(String, String),
    /// A row that did nothing and is no row of the run any more.
    Replaced(String),
    /// The user's word on an applied write: whether it stands for the one asked for now.
    Verdict(i64, bool),
    /// Where a bulk loop stands in the script.
    Place(u64, LoopPlace),
}
