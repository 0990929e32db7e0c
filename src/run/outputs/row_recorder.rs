//! The rows of a run's bulk loops as they end: those that ended go into the journal, those
//! that a loop left into their file.
//!
//! What is known to be secret is taken out here, before anything is kept: cells of
//! columns that are called so, and of columns a cell of which was sent as a secret.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::OutputError;
use super::unprocessed::Unprocessed;
use crate::run::LazyJournal;
use crate::run::journal::{BulkRecord, Journal, LoopPlace, RowRecord};
use crate::secrets::remove_secret_columns;

/// Records the rows of bulk loops, one loop after the other; nothing in a run that has no
/// journal.
pub struct RowRecorder {
    lazy_journal: Option<Arc<LazyJournal>>,
    rows: Mutex<LoopState>,
}

/// A bulk loop that begins.
pub struct LoopBegun<'b> {
    /// Its number, from 1.
    pub number: u64,
    /// Where it stands in the script, where that tells it from others.
    pub place: Option<&'b LoopPlace>,
    /// The column that is its key; empty without one.
    pub key: &'b str,
    /// The columns of its rows.
    pub columns: &'b [String],
    /// The places of those that hold secrets.
    pub secret: &'b BTreeSet<usize>,
}

/// The bulk loop that goes on, and what all of them left.
#[derive(Default)]
struct LoopState {
    record: BulkRecord,
    is_in_journal: bool,
    unprocessed: Option<Unprocessed>,
    left_over: u64,
    /// Columns that are left out of the files.
    secret: BTreeSet<String>,
    /// Why rows could not be written down.
    problem: Option<OutputError>,
}

impl RowRecorder {
    /// Rows that go into that journal, if there is one.
    pub fn new(lazy_journal: Option<Arc<LazyJournal>>) -> Self {
        Self {
            lazy_journal,
            rows: Mutex::default(),
        }
    }

    /// A loop begins: the columns in which an earlier pass found secrets hold them now too.
    pub fn begin(&self, begun: &LoopBegun<'_>) {
        let known = self.begun().map(|journal| journal.hidden_of(begun.number));
        let known = known.and_then(Result::ok).unwrap_or_default();
        let columns = begun.columns.iter().zip(0..);
        let hidden: Vec<String> = columns
            .filter(|(name, place)| begun.secret.contains(place) || known.contains(name))
            .map(|(name, _)| name.clone())
            .collect();
        let mut rows = self.lock();
        rows.secret.extend(hidden.iter().cloned());
        rows.record = BulkRecord {
            number: begun.number,
            hidden,
            columns: begun.columns.to_vec(),
        };
        rows.is_in_journal = false;
        if let Some(lazy_journal) = &self.lazy_journal {
            if let Some(place) = begun.place {
                let _ = lazy_journal.loop_stands(begun.number, place);
            }
            // A journal that cannot be written refuses the next write, and says so there.
            let _ = lazy_journal.rows_go_by(begun.number, begun.key);
        }
    }

    /// A row of the loop ended; the columns of those places turned out to hold secrets.
    pub fn row(&self, mut row: RowRecord, hidden: &[usize]) {
        let Some(lazy_journal) = &self.lazy_journal else {
            return;
        };
        // Before the lock: the first row that ends may begin the journal.
        let journal = lazy_journal.journal();
        let mut rows = self.lock();
        match journal {
            Ok(journal) => {
                row.bulk = rows.record.number;
                rows.keep(row, hidden, journal);
            }
            Err(error) => _ = rows.problem.get_or_insert(error.into()),
        }
    }

    /// The loop left a row with those cells; a row that was begun may have made writes.
    pub fn left_over(
        &self,
        cells: &[String],
        (number, line): (u64, Option<u64>),
        is_begun: bool,
        hidden: &[usize],
    ) {
        let mut rows = self.lock();
        rows.left_over += 1;
        // Without a journal the run has no folder, and nothing was done.
        let Some(journal) = self.begun().filter(|_| rows.problem.is_none()) else {
            return;
        };
        rows.hide(hidden);
        let file = rows.unprocessed(journal);
        let put = file.and_then(|file| file.put(cells, number, line, is_begun));
        rows.problem = put.err();
    }

    /// The loop is over: its file of rows that are left gets its name.
    pub fn end(&self) {
        let mut rows = self.lock();
        if let Some(unprocessed) = rows.unprocessed.take()
            && rows.problem.is_none()
        {
            rows.problem = unprocessed.publish().err();
        }
    }

    /// How many rows loops left.
    pub fn count_left_over(&self) -> u64 {
        self.lock().left_over
    }

    /// Whether there was a bulk loop, with rows or without.
    pub fn had_loop(&self) -> bool {
        self.lock().record.number > 0
    }

    /// The columns that the run's files leave out as secret.
    pub fn secret_columns(&self) -> Vec<String> {
        self.lock().secret.iter().cloned().collect()
    }

    /// Why rows could not be written down.
    pub fn problem(&self) -> Option<String> {
        self.lock().problem.as_ref().map(ToString::to_string)
    }

    fn begun(&self) -> Option<&Journal> {
        self.lazy_journal.as_ref()?.begun()
    }

    fn lock(&self) -> MutexGuard<'_, LoopState> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LoopState {
    /// Writes a row that ended into the journal, without its secrets.
    fn keep(&mut self, mut row: RowRecord, hidden: &[usize], journal: &Journal) {
        let is_known = !self.hide(hidden) && self.is_in_journal;
        // A journal that cannot be written refuses the next write, and says so there.
        if !is_known {
            let _ = journal.bulk(self.record.clone());
            self.is_in_journal = true;
        }
        for (name, cell) in self.record.columns.iter().zip(&mut row.original) {
            if self.record.hidden.contains(name) {
                cell.clear();
            }
        }
        self.secret.extend(remove_secret_columns(&mut row.columns));
        let _ = journal.row(row);
    }

    /// Leaves the columns of those places out of the files; whether any was not so far.
    fn hide(&mut self, places: &[usize]) -> bool {
        let columns = places
            .iter()
            .filter_map(|&place| self.record.columns.get(place));
        let new: Vec<String> = columns
            .filter(|name| !self.record.hidden.contains(name))
            .cloned()
            .collect();
        self.secret.extend(new.iter().cloned());
        let is_any = !new.is_empty();
        self.record.hidden.extend(new);
        is_any
    }

    /// The file of the rows that the loop leaves.
    fn unprocessed(&mut self, journal: &Journal) -> Result<&mut Unprocessed, OutputError> {
        match &mut self.unprocessed {
            Some(file) => Ok(file),
            none => Ok(none.insert(Unprocessed::create(journal.folder(), &self.record)?)),
        }
    }
}
