//! The rows of bulk loops in the shell: what a plan would do for each, and which failed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::super::Terminal;
use super::super::plan::shown::of_write;
use super::around::Around;
use crate::command::execution::row_tally::RowTally;
use crate::error::Failure;
use crate::run::journal::{RowState, SettledRow, row_name};
use crate::run::plan::{Plan, PlannedWrite};
use crate::script::{Begun, LeftOver, RowEnded, RowSink};

/// Rows of one loop that failed and are named.
const NAMED: u64 = 10;

/// Writes of one line that are shown; a plan of more is one for `whmcsh plan`.
const SHOWN: u64 = 20;

/// Shows the writes that a plan does not make, the first of each line.
pub(super) struct ShellNotes {
    around: Around,
    count: AtomicU64,
    /// The rows of the whole session that did not end well.
    rows: Mutex<RowTally>,
}

impl ShellNotes {
    pub fn new(around: Around) -> Self {
        let count = AtomicU64::new(0);
        Self {
            around,
            count,
            rows: Mutex::default(),
        }
    }

    /// What is to be said at the end of rows that did not end well.
    pub fn verdict(&self) -> Result<(), Failure> {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.verdict()
            .map_or(Ok(()), |(exit, what)| Err(Failure::new(exit, what)))
    }

    fn ended(&self, row: &RowEnded) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.add(row);
    }

    /// Shows the writes of a row, or of the line itself.
    pub fn show(&self, row: Option<&str>, writes: &[PlannedWrite]) {
        let told = self.count.fetch_add(writes.len() as u64, Ordering::Relaxed);
        if writes.is_empty() || told >= SHOWN {
            return;
        }
        let of_row = row.map_or(String::new(), |key| format!(" for row {key}"));
        let terminal = self.around.terminal();
        terminal.data(&format!("would be sent{of_row}:"));
        for line in writes.iter().flat_map(|write| of_write(write, false)) {
            terminal.data(&line);
        }
    }

    /// Says how many were not shown, once the line has ended.
    pub fn end(&self) {
        let more = self.count.swap(0, Ordering::Relaxed).saturating_sub(SHOWN);
        if more > 0 {
            self.around.terminal().data(&format!(
                "… and {more} more; `whmcsh plan` shows all that a script would send"
            ));
        }
    }
}

/// Tells of rows; nothing is kept.
pub(super) struct ShellRows {
    plan: Arc<Plan>,
    told: Arc<ShellNotes>,
    terminal: Terminal,
    failed: AtomicU64,
}

impl ShellRows {
    pub fn new(plan: Arc<Plan>, told: Arc<ShellNotes>, terminal: Terminal) -> Self {
        Self {
            plan,
            told,
            terminal,
            failed: AtomicU64::new(0),
        }
    }
}

impl RowSink for ShellRows {
    fn begin(&self, _: &Begun) {
        self.failed.store(0, Ordering::Relaxed);
    }

    fn row(&self, row: RowEnded) {
        let writes = self.plan.row_ended(&row.key);
        self.told.ended(&row);
        let name = row_name(&row.key, Some(row.number));
        self.told.show(Some(&name), &writes);
        let state = match row.state {
            RowState::Failed => "failed",
            RowState::InDoubt => "in doubt",
            RowState::Done | RowState::Skipped => return,
        };
        if self.failed.fetch_add(1, Ordering::Relaxed) < NAMED {
            let message = row.error.as_ref().and_then(|error| error.get("message"));
            let message = message.and_then(Value::as_str).unwrap_or("no reason given");
            self.terminal
                .alert(&format!("row {name} {state}: {message}"));
        }
    }

    fn left_over(&self, _: LeftOver) {}

    fn end(&self) {
        let more = self.failed.load(Ordering::Relaxed).saturating_sub(NAMED);
        if more > 0 {
            self.terminal.alert(&format!("and {more} more"));
        }
    }

    fn past(&self, _: &str) -> Option<SettledRow> {
        None
    }
}
