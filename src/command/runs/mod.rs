//! `whmcsh runs`: what happened, and what is still open.
//!
//! One file a subcommand. They read journals, which also works while a run goes
//! on; only `settle` writes to one.

mod failed;
mod list;
mod prune;
mod report;
mod settle;
mod show;

use std::fs;
use std::path::Path;

use super::{each, run_folder, undo};
use crate::config::runs_folder;
use crate::error::Failure;
use crate::run::journal::{self, Outcome, Reading, State};
use crate::run::outputs::{self, Ending, OutputError};
use crate::run::shell_word;
use crate::table::Cell;

pub use failed::failed;
pub use list::list;
pub use prune::{Age, Rule, prune};
pub use report::{Report, report};
pub use settle::{Of, Verdict, settle};
pub use show::show;

/// The word for the newest run.
pub(super) const LAST: &str = "last";

/// The command that takes a run up again.
pub fn resume_command(script: &str, args: &[String], name: &str) -> String {
    if let Some(run) = undo::undone_by(script) {
        return undo::command(run);
    }
    if let Some(command) = each::command(script, args, Some(name)) {
        return command;
    }
    format!("{} --resume {name}", run_command(script, args))
}

/// The command that runs a script.
pub fn run_command(script: &str, args: &[String]) -> String {
    if let Some(command) = each::command(script, args, None) {
        return command;
    }
    let mut words = vec!["whmcsh".to_owned(), "run".to_owned(), shell_word(script)];
    words.extend(args.iter().map(|arg| shell_word(arg)));
    words.join(" ")
}

/// The same of a run that was read, where there is something to continue.
fn resume_of(reading: &Reading) -> Option<String> {
    let head = reading.head();
    continues(reading).then(|| resume_command(&head.script, &head.words(), &head.id))
}

/// Whether there is something to continue.
fn continues(reading: &Reading) -> bool {
    !matches!(reading.state(), State::Done | State::Running) && !reading.head().rehearsal
}

/// Makes the run's files where its last pass could not, because it was killed.
fn make_files(folder: &Path, reading: &Reading) -> Result<(), OutputError> {
    if reading.state() == State::Running || outputs::are_there(folder) {
        return Ok(());
    }
    let ending = Ending {
        resume: resume_of(reading),
        unprocessed: None,
    };
    outputs::write(folder, reading, &ending).map(drop)
}

fn open(name: &str) -> Result<Reading, Failure> {
    let folder = run_folder::folder(&runs_folder()?, name)?;
    journal::read(&folder).map_err(|error| run_folder::failed(&error))
}

/// The run that is meant: the one named, or the newest where none is, or `last`.
pub fn meant(name: Option<String>) -> Result<String, Failure> {
    match name {
        Some(name) if name != LAST => Ok(name),
        _ => match list::listed()?.into_iter().next() {
            Some(newest) => Ok(newest.name),
            None => Err(Failure::usage("there are no runs yet")
                .hint("a run that writes or works through rows leaves one behind")),
        },
    }
}

/// The folders that hold a journal.
pub(super) fn names(runs: &Path) -> Vec<String> {
    let entries = fs::read_dir(runs).into_iter().flatten().flatten();
    let names = entries.filter(|entry| entry.path().join("journal.sqlite").is_file());
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| !name.starts_with('.')).collect()
}

fn word(outcome: Option<&Outcome>) -> &'static str {
    outcome.map_or("in doubt", Outcome::word)
}

fn text(text: &str) -> Cell {
    Cell {
        text: text.to_owned(),
        is_number: false,
    }
}

fn number(number: u64) -> Cell {
    Cell {
        text: number.to_string(),
        is_number: true,
    }
}
