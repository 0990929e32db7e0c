//! Where the rows of a bulk loop go when they end.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::run::bulk::Progress;
use crate::run::journal::{
    AllSettled, JournalError, KeptRows, LoopPlace, RowMarks, RowState, Rules, SettledRow,
};
use crate::run::resume::{DoneBefore, Fresh, Loops};

/// Keeps the results of rows; the command decides where.
pub trait RowSink: Send + Sync {
    /// A bulk loop begins; loops come one after the other.
    fn begin(&self, bulk: &Begun);

    /// A row ended; rows come one at a time, in the order in which they end.
    fn row(&self, row: RowEnded);

    /// A row was not begun, or was broken off, because the loop stopped early.
    fn left_over(&self, row: LeftOver);

    /// The loop stopped early, and the server has more rows than were handed on.
    fn more_left(&self) {}

    /// The bulk loop has come to its end, or was stopped.
    fn end(&self);

    /// How the row with that key ended in an earlier pass of this run, if it is
    /// not to be run again.
    fn past(&self, key: &str) -> Option<SettledRow>;

    /// How all these rows ended in earlier passes of this run, if none of them is to be run
    /// again and they are all rows of it.
    fn all_past(&self, _rows: &RowMarks) -> Option<AllSettled> {
        None
    }

    /// Whether an earlier pass of this run wrote anything in the row of that key, which is
    /// to be run again.
    fn was_begun(&self, _key: &str) -> bool {
        false
    }

    /// By which rules the run knows its rows.
    fn rules(&self) -> Rules {
        Rules::default()
    }

    /// Whether a later pass of the run may ask which rows there were.
    fn keeps(&self) -> bool {
        false
    }

    /// The loops that earlier passes of this run came to.
    fn loops_before(&self) -> Loops {
        Loops::default()
    }

    /// Which rows the source of that loop had when an earlier pass last came to it.
    ///
    /// # Errors
    /// A journal that cannot be read.
    fn source_before(&self, _bulk: u64) -> Result<Option<KeptRows>, JournalError> {
        Ok(None)
    }

    /// Which rows the source of that loop had when other shards of the run's name last came
    /// to it.
    fn other_shards(&self, _bulk: u64) -> Vec<KeptRows> {
        Vec::new()
    }

    /// Compares the source of a loop with what the run knows, before anything is sent for
    /// it; gives the keys of rows that go on by another, and that other.
    ///
    /// # Errors
    /// Why the run must not go on with it.
    fn admit(&self, _source: &SourceNow<'_>) -> Result<HashMap<String, String>, Unfit> {
        Ok(HashMap::new())
    }

    /// Refuses rows made of those that an earlier run had begun, of which that is the first,
    /// in a run that knows nothing of that.
    ///
    /// # Errors
    /// Why the run must not go on with them.
    fn refuse_begun(&self, _source: &str, _row: DoneBefore) -> Result<(), Unfit> {
        Ok(())
    }

    /// By which column the rows of that loop went in an earlier pass of this run, empty
    /// for their numbers, if one came so far.
    ///
    /// # Errors
    /// A journal that cannot be read: then nobody knows.
    fn key_before(&self, _bulk: u64) -> Result<Option<String>, JournalError> {
        Ok(None)
    }
}

/// The source of a bulk loop as it is now.
pub struct SourceNow<'a> {
    /// The loop's place among those of the script, from 1.
    pub bulk: u64,
    /// Whether the run does only one shard's rows of it.
    pub is_of_shard: bool,
    /// Whether the loop stands where the script may begin it many times.
    pub is_one_of_many: bool,
    /// The file it is read from, each of whose rows has all columns; `None` is an array.
    pub path: Option<&'a str>,
    /// Whether its rows go by a key.
    pub has_key: bool,
    /// The dice by which the marks of its rows were made.
    pub seed: &'a [u8; 32],
    /// Its rows.
    pub marks: &'a RowMarks,
    /// Those that no earlier pass knew, unless this is the first that came to the loop. Of a
    /// run of the first versions, which kept no sources, some of those that did nothing yet.
    pub fresh: Vec<Fresh>,
    /// Those that the run, which is done, knew with other cells.
    pub changed: Vec<Fresh>,
    /// What other shards of the same name knew, and the rows that are new to them, where this
    /// one comes to the loop for the first time.
    pub others: Vec<(RowMarks, Vec<Fresh>)>,
    /// What the pass before knew.
    pub before: Option<&'a RowMarks>,
    /// The first row that is of a file an earlier run left, and that says of itself that
    /// something was done of it.
    pub done_before: Option<DoneBefore>,
}

impl SourceNow<'_> {
    /// What it is called.
    pub fn name(&self) -> &str {
        self.path.unwrap_or("the array")
    }
}

/// Why a source is not what the run can go on with.
#[derive(Clone, Debug)]
pub struct Unfit {
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// A bulk loop that begins.
pub struct Begun {
    /// Its place among the bulk loops of the script, from 1.
    pub number: u64,
    /// Where it stands in the script; nothing where loops go by their order.
    pub place: Option<LoopPlace>,
    /// The column that tells them from one another; their numbers if there is none.
    pub key: Option<String>,
    /// The columns of what its rows are made of, in order.
    pub columns: Vec<String>,
    /// The places of those that hold secrets.
    pub secret: BTreeSet<usize>,
    /// How many rows there are, where that is known.
    pub total: Option<u64>,
    /// How far it is, while it goes on.
    pub progress: Arc<Progress>,
}

/// A row that came to an end of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct RowEnded {
    /// What tells it from every other row of the run.
    pub key: Arc<str>,
    /// Its place among the rows, from 1.
    pub number: u64,
    /// The line of its file it starts in, where it is from a file.
    pub line: Option<u64>,
    /// The text of its cells, one for each column; empty where it was sent as a secret.
    pub cells: Vec<String>,
    /// The places of those cells.
    pub hidden: Vec<usize>,
    /// How it ended.
    pub state: RowState,
    /// Whether its closure said that everything was as wanted.
    pub unchanged: bool,
    /// What its closure returned.
    pub columns: Map<String, Value>,
    /// The error as scripts see it, with its `place`; or why it was skipped.
    pub error: Option<Map<String, Value>>,
    /// How long it took.
    pub elapsed: Duration,
}

/// A row that is still to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOver {
    /// Its place among the rows, from 1.
    pub number: u64,
    /// The line of its file it starts in, where it is from a file.
    pub line: Option<u64>,
    /// Whether it was begun; it may have made writes then.
    pub is_begun: bool,
    /// The text of its cells, one for each column.
    pub cells: Vec<String>,
    /// The places of those that hold secrets: the same of all rows of the loop.
    pub hidden: Vec<usize>,
}

/// Keeps nothing: rows of a script that is not a run.
pub struct Unkept;

impl RowSink for Unkept {
    fn begin(&self, _: &Begun) {}

    fn row(&self, _: RowEnded) {}

    fn left_over(&self, _: LeftOver) {}

    fn end(&self) {}

    fn past(&self, _: &str) -> Option<SettledRow> {
        None
    }
}
