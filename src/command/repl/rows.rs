//! The rows of bulk loops in the shell: what a plan would do for each, and which failed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;

use super::super::Terminal;
use super::of_write;
use crate::run::journal::{RowState, SettledRow};
use crate::run::plan::{Plan, PlannedWrite};
use crate::script::{Begun, LeftOver, RowEnded, RowSink};

/// Rows of one loop that failed and are named.
const NAMED: u64 = 10;

/// Tells of rows; nothing is kept.
pub(super) struct Rows {
    plan: Arc<Plan>,
    terminal: Terminal,
    failed: AtomicU64,
}

impl Rows {
    pub fn new(plan: Arc<Plan>, terminal: Terminal) -> Self {
        Self {
            plan,
            terminal,
            failed: AtomicU64::new(0),
        }
    }
}

impl RowSink for Rows {
    fn begin(&self, _: &Begun) {
        self.failed.store(0, Ordering::Relaxed);
    }

    fn row(&self, row: RowEnded) {
        tell(&row.key, &self.plan.row_ended(&row.key), self.terminal);
        let state = match row.state {
            RowState::Failed => "failed",
            RowState::InDoubt => "in doubt",
            RowState::Done | RowState::Skipped => return,
        };
        if self.failed.fetch_add(1, Ordering::Relaxed) < NAMED {
            let message = row.error.as_ref().and_then(|error| error.get("message"));
            let message = message.and_then(Value::as_str).unwrap_or("no reason given");
            let key = &row.key;
            self.terminal
                .alert(&format!("row {key} {state}: {message}"));
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

/// Shows the writes that a plan does not make for a row.
pub(super) fn tell(key: &str, writes: &[PlannedWrite], terminal: Terminal) {
    if writes.is_empty() {
        return;
    }
    terminal.data(&format!("would be sent for row {key}:"));
    for line in writes.iter().flat_map(|write| of_write(write, false)) {
        terminal.data(&line);
    }
}
