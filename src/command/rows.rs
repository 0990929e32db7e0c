//! The rows of a run's bulk loops: into the journal, and counted for the end.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::error::{Exit, Failure};
use crate::run::Ledger;
use crate::run::journal::{RowRecord, RowState, SettledRow};
use crate::script::{Begun, LeftOver, RowEnded, RowSink};

/// Failure reasons named at the end of a run.
const REASONS: usize = 3;

/// Keeps rows in the run's journal, where it has one, and what went wrong.
pub struct Rows {
    ledger: Option<Arc<Ledger>>,
    wrong: Mutex<Wrong>,
}

#[derive(Default)]
struct Wrong {
    failed: u64,
    in_doubt: u64,
    /// By reason, how many rows, and the first of them.
    reasons: BTreeMap<String, (u64, u64)>,
}

impl Rows {
    /// Rows that go into that journal, if there is one.
    pub fn new(ledger: Option<Arc<Ledger>>) -> Self {
        Self {
            ledger,
            wrong: Mutex::default(),
        }
    }

    /// What is to be said of rows that failed or are in doubt.
    pub fn verdict(&self) -> Result<(), Failure> {
        let wrong = self.wrong();
        let (exit, what) = match (wrong.in_doubt, wrong.failed) {
            (0, 0) => return Ok(()),
            (0, failed) => (Exit::Rows, format!("{} failed", rows(failed))),
            (doubt, 0) => (Exit::InDoubt, format!("{} in doubt", rows(doubt))),
            (doubt, failed) => (
                Exit::InDoubt,
                format!("{} in doubt, {failed} failed", rows(doubt)),
            ),
        };
        let mut reasons: Vec<_> = wrong.reasons.iter().collect();
        reasons.sort_by_key(|(_, (count, first))| (u64::MAX - count, *first));
        let shown: Vec<String> = reasons
            .iter()
            .take(REASONS)
            .map(|(reason, (count, first))| format!("  {count} × {reason} (first: row {first})"))
            .collect();
        Err(Failure::new(exit, what).at(shown.join("\n")))
    }

    fn wrong(&self) -> MutexGuard<'_, Wrong> {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RowSink for Rows {
    fn begin(&self, _: &Begun) {}

    fn row(&self, row: RowEnded) {
        if matches!(row.state, RowState::Failed | RowState::InDoubt) {
            let message = row.error.as_ref().and_then(|error| error.get("message"));
            let reason = message
                .and_then(Value::as_str)
                .unwrap_or("no reason given")
                .to_owned();
            let mut wrong = self.wrong();
            match row.state {
                RowState::InDoubt => wrong.in_doubt += 1,
                _ => wrong.failed += 1,
            }
            let (count, first) = wrong.reasons.entry(reason).or_insert((0, row.number));
            *count += 1;
            *first = row.number.min(*first);
        }
        if let Some(Ok(journal)) = self.ledger.as_ref().map(|ledger| ledger.journal()) {
            // A journal that cannot be written refuses the next write, and says so there.
            let _ = journal.row(record(row));
        }
    }

    fn left_over(&self, _: LeftOver) {}

    fn past(&self, key: &str) -> Option<SettledRow> {
        self.ledger.as_ref()?.begun()?.past().settled(key)
    }
}

fn record(row: RowEnded) -> RowRecord {
    RowRecord {
        key: row.key.to_string(),
        number: row.number,
        line: row.line,
        state: row.state,
        unchanged: row.unchanged,
        columns: row.columns,
        original: row.cells,
        error: row.error,
        millis: u64::try_from(row.elapsed.as_millis()).unwrap_or(u64::MAX),
    }
}

fn rows(count: u64) -> String {
    match count {
        1 => "1 row".to_owned(),
        _ => format!("{count} rows"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn ended(number: u64, state: RowState, message: &str) -> RowEnded {
        RowEnded {
            key: number.to_string().into(),
            number,
            line: None,
            cells: Vec::new(),
            state,
            unchanged: false,
            columns: serde_json::Map::new(),
            error: json!({"message": message}).as_object().cloned(),
            elapsed: Duration::ZERO,
        }
    }

    #[test]
    fn the_commonest_reasons_come_first_with_their_first_rows() {
        let rows = Rows::new(None);
        assert!(rows.verdict().is_ok());
        for (number, reason) in [(7, "b"), (3, "a"), (5, "a"), (2, "c"), (9, "d")] {
            rows.row(ended(number, RowState::Failed, reason));
        }
        rows.row(ended(1, RowState::Done, ""));
        let failure = rows.verdict().unwrap_err();
        assert_eq!(failure.exit, Exit::Rows);
        assert_eq!(
            failure.to_string(),
            "error: 5 rows failed\n  2 × a (first: row 3)\n  1 × c (first: row 2)\n  1 × b (first: row 7)"
        );
    }

    #[test]
    fn doubt_counts_for_more_than_failure() {
        let rows = Rows::new(None);
        rows.row(ended(1, RowState::Failed, "a"));
        rows.row(ended(2, RowState::InDoubt, "b"));
        let failure = rows.verdict().unwrap_err();
        assert_eq!(failure.exit, Exit::InDoubt);
        assert_eq!(failure.what, "1 row in doubt, 1 failed");
    }
}
