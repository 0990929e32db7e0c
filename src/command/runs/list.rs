//! `whmcsh runs list`: every run, the newest first.
//!
//! A run whose journal cannot be read is listed as what it is: the others must
//! not be hidden by it.

use std::cmp::Reverse;

use jiff::{Timestamp, ZonedDateTime};
use serde_json::{Value, json};

use super::{names, number, text};
use crate::command::Terminal;
use crate::config::runs_folder;
use crate::error::Failure;
use crate::run::journal::{self, Counts, Head, JournalError, Reading, State};
use crate::run::outputs::counts_as_json;
use crate::table::{self, Cell, Fit};

/// The columns, those that are missed least at the end.
const COLUMNS: [&str; 8] = [
    "run", "state", "done", "failed", "in doubt", "writes", "server", "script",
];
/// How many of them are always there.
const NEEDED: usize = 5;

/// One run of the list.
pub(super) struct Listed {
    pub name: String,
    /// What it is and came to, or why nobody can say.
    pub told: Result<(Reading, Counts), JournalError>,
}

/// Lists the runs, the newest first.
pub fn list(json: bool, terminal: Terminal) -> Result<(), Failure> {
    let runs = listed()?;
    if json {
        let runs: Vec<Value> = runs.iter().map(Listed::as_json).collect();
        terminal.data(&format!("{:#}", Value::from(runs)));
        return Ok(());
    }
    if runs.is_empty() {
        terminal.note("no runs yet");
        return Ok(());
    }
    let rows: Vec<Vec<Cell>> = runs.iter().map(Listed::cells).collect();
    let (lines, left_out) = drawn(&rows, table::terminal_width());
    terminal.data(&lines.join("\n"));
    if !left_out.is_empty() {
        let left_out = left_out.join(", ");
        terminal.note(&format!("left out, since the window is narrow: {left_out}"));
    }
    Ok(())
}

/// The table, no wider than that where it can be, and the columns it leaves out for
/// it: a name that is broken in two cannot be copied.
fn drawn(rows: &[Vec<Cell>], width: Option<u16>) -> (Vec<String>, &'static [&'static str]) {
    let draw = |count: usize, fit: Fit| {
        let rows = rows.iter().map(|row| row[..count].to_vec());
        table::lines(&COLUMNS[..count], rows, fit)
    };
    for count in (NEEDED..=COLUMNS.len()).rev() {
        let lines = draw(count, Fit::Content);
        let wide = lines.first().map_or(0, |line| line.chars().count());
        if width.is_none_or(|width| wide <= usize::from(width)) {
            return (lines, &COLUMNS[count..]);
        }
    }
    (draw(NEEDED, Fit::Terminal), &COLUMNS[NEEDED..])
}

/// The runs there are, the newest first; those nobody can date come last.
pub(super) fn listed() -> Result<Vec<Listed>, Failure> {
    let folder = runs_folder()?;
    let read = |name: String| {
        let read = || {
            let reading = journal::read(&folder.join(&name))?;
            let counts = reading.counts()?;
            Ok((reading, counts))
        };
        Listed { told: read(), name }
    };
    let mut runs: Vec<Listed> = names(&folder).into_iter().map(read).collect();
    runs.sort_by_cached_key(|run| (Reverse(run.started()), Reverse(run.name.clone())));
    Ok(runs)
}

/// The moment a run first started.
fn started(head: &Head) -> Option<Timestamp> {
    let started: ZonedDateTime = head.started.parse().ok()?;
    Some(started.timestamp())
}

impl Listed {
    /// When it first started, where that can be said.
    pub fn started(&self) -> Option<Timestamp> {
        started(self.told.as_ref().ok()?.0.head())
    }

    /// How far it came, or what is wrong with its journal.
    pub fn state(&self) -> &'static str {
        match &self.told {
            Ok((reading, _)) => reading.state().word(),
            Err(JournalError::TooNew { .. }) => "newer",
            Err(JournalError::Corrupt { .. }) => "damaged",
            Err(_) => "unreadable",
        }
    }

    /// Whether some process is at it.
    pub fn is_running(&self) -> bool {
        matches!(&self.told, Ok((reading, _)) if reading.state() == State::Running)
    }

    fn as_json(&self) -> Value {
        match &self.told {
            Ok((reading, counts)) => {
                let head = reading.head();
                json!({
                    "id": self.name, "script": head.script, "started": head.started,
                    "ended": reading.ended(), "state": self.state(), "host": head.host,
                    "rehearsal": head.rehearsal, "counts": counts_as_json(counts),
                })
            }
            Err(error) => json!({
                "id": self.name, "state": self.state(), "error": error.to_string(),
            }),
        }
    }

    fn cells(&self) -> Vec<Cell> {
        let mut cells = vec![text(&self.name), text(self.state())];
        match &self.told {
            Ok((reading, counts)) => {
                let head = reading.head();
                let counts = [
                    counts.done,
                    counts.failed,
                    counts.in_doubt.max(counts.writes_in_doubt),
                    counts.writes,
                ];
                cells.extend(counts.map(number));
                let server = if head.rehearsal {
                    "rehearsal"
                } else {
                    &head.host
                };
                cells.extend([text(server), text(&head.script)]);
            }
            Err(_) => cells.resize_with(COLUMNS.len(), Cell::default),
        }
        cells
    }
}
