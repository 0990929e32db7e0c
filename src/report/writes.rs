//! What updates changed, and the writes a script made outside its rows.

use serde_json::Value;

use super::account::{Account, text};
use super::lines::{Lines, column};
use super::row_status::RowStatus;
use crate::run::Change;
use crate::run::journal::{Kept, Outcome, Reading, Timed, Write};
use crate::run::outputs::{Draft, OutputError};
use crate::run::scope::Scope;
use crate::run::undo::Changed;

/// The most lines of a table.
pub(super) const MOST: u64 = 100_000;

/// Writes the old and the new value of every field that updates changed, where a
/// snapshot was taken.
pub(super) fn changes(reading: &Reading, draft: &mut Draft) -> Result<(), OutputError> {
    let columns = [
        column("write", "number", false),
        column("row", "text", false),
        column("action", "text", false),
        column("record", "text", false),
        column("field", "text", false),
        column("before", "text", false),
        column("after", "text", false),
        column("outcome", "state", false),
    ];
    let mut lines = Lines::open(draft, "changes", &columns);
    let mut left = MOST;
    reading.writes_in_time(|kept, _| {
        for cells in fields(&kept) {
            if left > 0 {
                left -= 1;
                lines.put(&cells);
            }
        }
    })?;
    lines.close()
}

/// A line for every field that a write changed, or may have changed.
fn fields(kept: &Kept) -> Vec<[Value; 8]> {
    let write = &kept.write;
    let outcome = outcome(write);
    let changed = Changed::by(kept).filter(|_| matches!(outcome, "done" | "in doubt"));
    let Some(changed) = changed else {
        return Vec::new();
    };
    let row = write.row_name().unwrap_or_default();
    let fields = changed.changes.iter().filter(|field| !field.is_idle());
    let line = |field: &Change| {
        let old = field.old.as_ref();
        [
            write.id.number().into(),
            row.clone().into(),
            write.action.as_str().into(),
            changed.id.as_str().into(),
            field.name.as_str().into(),
            old.map_or_else(|| "(not known)".into(), text).into(),
            text(&field.new).into(),
            outcome.into(),
        ]
    };
    fields.map(line).collect()
}

/// Writes the writes that the script made outside its rows.
pub(super) fn outside(
    account: &Account,
    reading: &Reading,
    draft: &mut Draft,
) -> Result<(), OutputError> {
    let columns = [
        column("write", "number", false),
        column("action", "text", false),
        column("parameters", "text", false),
        column("outcome", "state", false),
        column("why", "text", false),
        column("took", "millis", false),
        column("begun", "text", false),
    ];
    let mut lines = Lines::open(draft, "writes", &columns);
    let mut left = MOST;
    reading.writes_in_time(|kept, timed| {
        if kept.write.scope == Scope::Main && left > 0 {
            left -= 1;
            lines.put(&cells(&kept.write, timed, account));
        }
    })?;
    lines.close()
}

fn cells(write: &Write, timed: Timed, account: &Account) -> [Value; 7] {
    let took = timed.took.map(|took| took.as_secs_f64() * 1e3);
    [
        write.id.number().into(),
        write.action.as_str().into(),
        params(write).into(),
        outcome(write).into(),
        why(write.outcome.as_ref()).into(),
        took.into(),
        timed.begun.map(|begun| account.zone.exact(begun)).into(),
    ]
}

/// The parameters of a write on one line.
fn params(write: &Write) -> String {
    let word = |(name, value): (&String, &Value)| format!("{name}={}", text(value));
    write.params.iter().map(word).collect::<Vec<_>>().join("  ")
}

fn outcome(write: &Write) -> &'static str {
    let outcome = write.outcome.as_ref();
    outcome.map_or(RowStatus::InDoubt.word(), Outcome::word)
}

/// Why a write was not applied, or may not have been.
fn why(outcome: Option<&Outcome>) -> &str {
    match outcome {
        Some(
            Outcome::Refused { message, .. }
            | Outcome::NotSent { message, .. }
            | Outcome::Unsettled(message),
        ) => message,
        Some(Outcome::Done(_)) | None => "",
    }
}
