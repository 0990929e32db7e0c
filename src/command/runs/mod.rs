//! `whmcsh runs`: what happened, and what is still open.
//!
//! One file a subcommand. They read journals, which also works while a run goes
//! on; only `settle` writes to one.

mod failed;
mod joint;
mod judge;
mod list;
mod prune;
mod report;
mod settle;
mod settle_all;
mod shards;
mod show;

use std::path::Path;

use super::execution::names;
use super::invocation::arguments;
use crate::config::runs_folder;
use crate::error::Failure;
use crate::report::Words;
use crate::run::journal::{self, Outcome, Reading, State};
use crate::run::outputs::{self, Ending, OutputError};
use crate::table::Cell;

pub use super::execution::names::meant;
pub use failed::failed;
pub use judge::judge;
pub use list::list;
pub use prune::{Age, Rule, prune};
pub use report::{Report, ReportOf, report};
pub use settle::{Of, Verdict, settle};
pub use settle_all::{All, settle_all};
pub use shards::show_name;
pub use show::show;

/// The command that takes a run up again that was read, where there is something to continue.
fn resume_of(reading: &Reading) -> Option<String> {
    continues(reading).then(|| names::resume_of(reading.folder(), reading.head()))
}

/// The command lines of a run.
fn words(reading: &Reading) -> Words {
    Words {
        arguments: arguments(&reading.head().invocation),
        resume: resume_of(reading),
    }
}

/// Whether there is something to continue.
fn continues(reading: &Reading) -> bool {
    !matches!(reading.state(), State::Done | State::Running) && !reading.head().is_rehearsal()
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
    let folder = names::folder(&runs_folder()?, name)?;
    journal::read(&folder).map_err(|error| names::failed(&error))
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
