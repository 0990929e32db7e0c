//! The rows of a run's bulk loops as the command sees them: shown while they go on, and
//! counted for the end. What is kept of them is decided in `run::outputs`.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::admission::{self, RowChanges};
use super::counted::reason_in_words;
use super::progress::Watch;
use super::row_tally::RowTally;
use crate::client::CallErrorKind;
use crate::command::Terminal;
use crate::error::Failure;
use crate::run::LazyJournal;
use crate::run::journal::{
    self, AllSettled, Head, JournalError, KeptRows, RowMarks, RowRecord, RowState, Rules,
    SettledRow,
};
use crate::run::outputs::{LoopBegun, REASONS, RowRecorder};
use crate::run::resume::{DoneBefore, Loops};
use crate::run::scope::Scope;
use crate::script::{Begun, LeftOver, RowEnded, RowSink, SourceNow, Unfit};

/// Different reasons that are told apart; a message may well be another in every row.
const MOST_REASONS: usize = 1000;

/// Keeps rows in the run's journal, where it has one, and what went wrong.
pub struct Rows {
    lazy_journal: Option<Arc<LazyJournal>>,
    terminal: Terminal,
    changes: RowChanges,
    /// The commands that resume runs of the same script which are not finished.
    unfinished: Box<dyn Fn() -> Vec<String> + Send + Sync>,
    wrong: Mutex<Wrong>,
    recorder: RowRecorder,
    /// Whether the server has more rows than those that are left over.
    is_more_left: AtomicBool,
    watch: Mutex<Option<Watch>>,
}

#[derive(Default)]
struct Wrong {
    tally: RowTally,
    /// By reason, how many rows, and the first of them.
    reasons: BTreeMap<String, (u64, u64)>,
    /// What to do about one of them, by reason.
    hints: BTreeMap<String, String>,
}

impl Rows {
    /// Rows that go into that journal, if there is one.
    pub fn new(lazy_journal: Option<Arc<LazyJournal>>, terminal: Terminal) -> Self {
        Self {
            recorder: RowRecorder::new(lazy_journal.clone()),
            is_more_left: AtomicBool::new(false),
            lazy_journal,
            terminal,
            changes: RowChanges::default(),
            unfinished: Box::new(Vec::new),
            wrong: Mutex::default(),
            watch: Mutex::default(),
        }
    }

    /// The same of a run whose source has changed like that.
    #[must_use]
    pub fn after(self, changes: RowChanges) -> Self {
        Self { changes, ..self }
    }

    /// The same with a way to the commands that resume runs of the same script which are
    /// not finished, the newest first.
    #[must_use]
    pub fn beside(self, unfinished: impl Fn() -> Vec<String> + Send + Sync + 'static) -> Self {
        Self {
            unfinished: Box::new(unfinished),
            ..self
        }
    }

    /// Whether more rows are still to be done than are known.
    pub fn is_more_left(&self) -> bool {
        self.is_more_left.load(Ordering::Relaxed)
    }

    /// How many rows are still to be done, as far as they are known.
    pub fn left_over(&self) -> u64 {
        self.recorder.count_left_over()
    }

    /// Whether there was a bulk loop, with rows or without.
    pub fn had_loop(&self) -> bool {
        self.recorder.had_loop()
    }

    /// The columns that the run's files leave out, if there are any.
    pub fn left_out(&self) -> Option<String> {
        let names = self.recorder.secret_columns();
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        (!names.is_empty())
            .then(|| format!("left out of the files as secret: {}", names.join(", ")))
    }

    /// Why rows could not be written down.
    pub fn problem(&self) -> Option<String> {
        self.recorder.problem()
    }

    /// What is to be said of rows that failed or are in doubt.
    pub fn verdict(&self) -> Result<(), Failure> {
        let wrong = held(&self.wrong);
        let Some((exit, what)) = wrong.tally.verdict() else {
            return Ok(());
        };
        let mut reasons: Vec<_> = wrong.reasons.iter().collect();
        reasons.sort_by_key(|(_, (count, first))| (u64::MAX - count, *first));
        let mut shown: Vec<String> = reasons
            .iter()
            .take(REASONS)
            .map(|(reason, (count, first))| reason_in_words(reason, *count, *first))
            .collect();
        match reasons.len().saturating_sub(REASONS) {
            0 => {}
            1 => shown.push("  and 1 other reason".to_owned()),
            more => shown.push(format!("  and {more} other reasons")),
        }
        let hint = reasons
            .first()
            .and_then(|(reason, _)| wrong.hints.get(*reason));
        let failure = Failure::of_rows(exit, what, shown.join("\n"));
        Err(hint.into_iter().fold(failure, Failure::hint))
    }
}

impl Rows {
    /// Refuses rows that another run had begun, unless this one is to do them all the same.
    fn refuse_done_before(&self, source: &str, row: Option<DoneBefore>) -> Result<(), Unfit> {
        let origins = row.map(|_| (self.unfinished)()).unwrap_or_default();
        admission::refuse_done_before(source, row, &self.changes, &origins)
    }
}

impl RowSink for Rows {
    fn begin(&self, begun: &Begun) {
        self.recorder.begin(&LoopBegun {
            number: begun.number,
            place: begun.place.as_ref(),
            key: begun.key.as_deref().unwrap_or_default(),
            columns: &begun.columns,
            secret: &begun.secret,
        });
        *held(&self.watch) = Watch::start(begun, self.terminal);
    }

    fn row(&self, row: RowEnded) {
        held(&self.wrong).tally.add(&row);
        if matches!(row.state, RowState::Failed | RowState::InDoubt) {
            let is_journaled = self
                .lazy_journal
                .as_ref()
                .and_then(|lazy_journal| lazy_journal.begun());
            held(&self.wrong).note(&row, is_journaled.is_some());
        }
        let (row, hidden) = record(row);
        self.recorder.row(row, &hidden);
    }

    fn left_over(&self, row: LeftOver) {
        let place = (row.number, row.line);
        self.recorder
            .left_over(&row.cells, place, row.is_begun, &row.hidden);
    }

    fn more_left(&self) {
        self.is_more_left.store(true, Ordering::Relaxed);
    }

    fn end(&self) {
        // Outside any lock: the watch may be about to print.
        let watch = held(&self.watch).take();
        drop(watch);
        self.recorder.end();
    }

    fn past(&self, key: &str) -> Option<SettledRow> {
        self.lazy_journal.as_ref()?.begun()?.past().settled(key)
    }

    fn all_past(&self, rows: &RowMarks) -> Option<AllSettled> {
        self.lazy_journal
            .as_ref()?
            .begun()?
            .past()
            .all_settled(rows)
    }

    fn was_begun(&self, key: &str) -> bool {
        let journal = self
            .lazy_journal
            .as_ref()
            .and_then(|lazy_journal| lazy_journal.begun());
        journal.is_some_and(|journal| !journal.past().is_empty(&Scope::row(key)))
    }

    fn rules(&self) -> Rules {
        let lazy_journal = self.lazy_journal.as_ref();
        lazy_journal.map_or_else(Rules::default, |lazy_journal| lazy_journal.rules())
    }

    fn keeps(&self) -> bool {
        self.lazy_journal.is_some()
    }

    fn loops_before(&self) -> Loops {
        match self
            .lazy_journal
            .as_ref()
            .and_then(|lazy_journal| lazy_journal.begun())
        {
            Some(journal) => match journal.loops_before() {
                Some((places, last)) => Loops::known(places, last, self.changes.accepted),
                None => Loops::counted(),
            },
            None => Loops::default(),
        }
    }

    fn other_shards(&self, bulk: u64) -> Vec<KeptRows> {
        let journal = self
            .lazy_journal
            .as_ref()
            .and_then(|lazy_journal| lazy_journal.begun());
        let Some((folder, head)) = journal.and_then(|journal| {
            let head = journal::read_head(journal.folder()).ok()?;
            Some((journal.folder(), head))
        }) else {
            return Vec::new();
        };
        let is_wanted = |other: &Head| head.name.is_some() && other.name == head.name;
        journal::others(folder, is_wanted)
            .flatten()
            .filter_map(|reading| reading.source_of(bulk).ok()?)
            .collect()
    }

    fn source_before(&self, bulk: u64) -> Result<Option<KeptRows>, JournalError> {
        match self
            .lazy_journal
            .as_ref()
            .and_then(|lazy_journal| lazy_journal.begun())
        {
            Some(journal) => journal.source_before(bulk),
            None => Ok(None),
        }
    }

    fn admit(&self, source: &SourceNow<'_>) -> Result<HashMap<String, String>, Unfit> {
        let Some(lazy_journal) = &self.lazy_journal else {
            return Ok(HashMap::new());
        };
        // What an earlier pass let in stays so.
        if source.before.is_none() && lazy_journal.rules() == Rules::Compared {
            self.refuse_done_before(&format!("`{}`", source.name()), source.done_before)?;
        }
        if let Some(way_out) = lazy_journal.way_out().filter(|_| !source.fresh.is_empty()) {
            let (name, rows) = (source.name(), source.fresh.len());
            let are = if rows == 1 { "is" } else { "are" };
            return Err(Unfit {
                what: format!(
                    "{rows} of the rows of `{name}` {are} not part of the run, which is done; nothing was sent"
                ),
                hint: Some(way_out.to_owned()),
            });
        }
        if let Some(way_out) = lazy_journal
            .way_out()
            .filter(|_| !source.changed.is_empty())
            && let Some(journal) = lazy_journal.begun()
        {
            admission::refuse_changed(journal, source, way_out)?;
        }
        if let Some(journal) = lazy_journal.begun() {
            return admission::admit(
                (journal, lazy_journal.rules()),
                source,
                &self.changes,
                self.terminal,
            );
        }
        // A journal that was not begun keeps it until it is.
        let _ = lazy_journal.source(source.bulk, source.marks);
        Ok(HashMap::new())
    }

    fn refuse_begun(&self, source: &str, row: DoneBefore) -> Result<(), Unfit> {
        match &self.lazy_journal {
            Some(lazy_journal) if lazy_journal.rules() == Rules::Compared => {
                self.refuse_done_before(source, Some(row))
            }
            _ => Ok(()),
        }
    }

    fn key_before(&self, bulk: u64) -> Result<Option<String>, JournalError> {
        match self
            .lazy_journal
            .as_ref()
            .and_then(|lazy_journal| lazy_journal.begun())
        {
            Some(journal) => journal.key_before(bulk),
            None => Ok(None),
        }
    }
}

impl Wrong {
    fn note(&mut self, row: &RowEnded, is_journaled: bool) {
        let word = |name| row.error.as_ref()?.get(name)?.as_str();
        let is_own = word("kind") == Some(CallErrorKind::Contradiction.word());
        if row.state == RowState::InDoubt && is_journaled && !is_own {
            // Its write is named at the end, with what is known of it.
            return;
        }
        let reason = word("message").unwrap_or("no reason given");
        if let Some((count, first)) = self.reasons.get_mut(reason) {
            *count += 1;
            *first = row.number.min(*first);
        } else if self.reasons.len() < MOST_REASONS {
            self.reasons.insert(reason.to_owned(), (1, row.number));
            if let Some(hint) = word("hint") {
                self.hints.insert(reason.to_owned(), hint.to_owned());
            }
        }
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is recorded of a row, in the loop that goes on; and the places of its secret cells.
fn record(row: RowEnded) -> (RowRecord, Vec<usize>) {
    let record = RowRecord {
        key: row.key.to_string(),
        bulk: 0,
        number: row.number,
        line: row.line,
        state: row.state,
        unchanged: row.unchanged,
        columns: row.columns,
        original: row.cells,
        error: row.error,
        millis: u64::try_from(row.elapsed.as_millis()).unwrap_or(u64::MAX),
    };
    (record, row.hidden)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::error::Exit;

    fn ended(number: u64, state: RowState, message: &str) -> RowEnded {
        RowEnded {
            key: number.to_string().into(),
            number,
            line: None,
            cells: Vec::new(),
            hidden: Vec::new(),
            state,
            unchanged: false,
            columns: serde_json::Map::new(),
            error: json!({"message": message}).as_object().cloned(),
            elapsed: Duration::ZERO,
        }
    }

    #[test]
    fn the_commonest_reasons_come_first_with_their_first_rows() {
        let rows = Rows::new(None, Terminal::default());
        assert!(rows.verdict().is_ok());
        for (number, reason) in [(7, "b"), (3, "a"), (5, "a"), (2, "c"), (9, "d")] {
            rows.row(ended(number, RowState::Failed, reason));
        }
        rows.row(ended(1, RowState::Done, ""));
        let failure = rows.verdict().unwrap_err();
        assert_eq!(failure.exit, Exit::Rows);
        assert_eq!(
            failure.to_string(),
            "error: 5 rows failed\n  2 × a (first: row 3)\n  1 × c (first: row 2)\n  1 × b (first: row 7)\n  and 1 other reason"
        );
    }

    #[test]
    fn doubt_counts_for_more_than_failure() {
        let rows = Rows::new(None, Terminal::default());
        rows.row(ended(1, RowState::Failed, "a"));
        rows.row(ended(2, RowState::InDoubt, "b"));
        let failure = rows.verdict().unwrap_err();
        assert_eq!(failure.exit, Exit::InDoubt);
        assert_eq!(failure.what, "1 row in doubt, 1 failed");
    }
}
