//! The one object that `--json` prints when a run has ended, for programs.

use serde_json::{Value, json};

use super::names::to_continue;
use super::record::state_after;
use crate::command::Terminal;
use crate::error::{Facts, Failure};
use crate::run::journal::Reading;
use crate::run::outputs::{counts_as_json, files_as_json};

/// So many reasons are looked at for the first row that failed.
const REASONS: usize = 1000;

/// Prints the object of a run, which may not have begun. One that did counts for more than
/// output that cannot go, and so does an error.
pub(in crate::command) fn print(
    reading: Option<&Reading>,
    name: Option<&str>,
    result: &Result<u8, Failure>,
    terminal: Terminal,
) {
    let terminal = match (reading, result) {
        (Some(_), _) => terminal.after("what the run did is in its journal"),
        (None, Err(_)) => terminal.after("nothing was changed"),
        (None, Ok(_)) => terminal,
    };
    terminal.data(&format!("{:#}", object(reading, name, result)));
}

/// `{run, name, state, exit, counts, folder, files, resume, error}`.
fn object(reading: Option<&Reading>, name: Option<&str>, result: &Result<u8, Failure>) -> Value {
    let failure = result.as_ref().err();
    let state = reading.map_or_else(|| state_after(failure), Reading::state);
    let counts = reading.and_then(|reading| reading.counts().ok());
    let head = reading.map(Reading::head);
    json!({
        "run": head.map(|head| &head.id),
        "name": head.and_then(|head| head.name.as_deref()).or(name),
        "state": state.word(),
        "exit": result.as_ref().map_or_else(|failure| failure.exit as u8, |code| *code),
        "counts": counts_as_json(&counts.unwrap_or_default()),
        "folder": reading.map(Reading::folder),
        "files": reading.map_or_else(|| json!({}), |reading| files_as_json(reading.folder())),
        "resume": reading.and_then(to_continue),
        "error": failure.map(|failure| with_row(failure, reading).as_json()),
    })
}

/// An error about rows with the number of the first.
fn with_row(failure: &Failure, reading: Option<&Reading>) -> Failure {
    let first = reading.filter(|_| failure.is_about_rows);
    let first = first.and_then(|reading| reading.reasons(REASONS).ok());
    let row = first.and_then(|reasons| reasons.iter().map(|reason| reason.first).min());
    let Some(row) = row else {
        return failure.clone();
    };
    let facts = failure.facts.as_deref().cloned().unwrap_or_default();
    failure.clone().with_facts(Facts {
        row: Some(row),
        ..facts
    })
}

/// The object of a run that could not be begun, or of another command that failed.
pub fn of_failure(failure: &Failure, exit: u8, is_of_run: bool) -> Value {
    let mut object = if is_of_run {
        object(None, None, &Err(failure.clone()))
    } else {
        json!({"state": state_after(Some(failure)).word(), "exit": exit, "error": failure.as_json()})
    };
    object["exit"] = exit.into();
    object
}
