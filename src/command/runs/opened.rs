//! A run that is read: its journal, its files, and the command lines that lead on from it.

use std::path::Path;

use crate::command::execution::names;
use crate::command::invocation::arguments;
use crate::config::runs_folder;
use crate::error::Failure;
use crate::report::Words;
use crate::run::journal::{self, Reading, State};
use crate::run::outputs::{self, Ending, OutputError};

/// The command lines of a run.
pub(super) fn words(reading: &Reading) -> Words {
    Words {
        arguments: arguments(&reading.head().invocation),
        resume: names::to_continue(reading),
    }
}

/// Makes the run's files where its last pass could not, because it was killed.
pub(super) fn make_files(folder: &Path, reading: &Reading) -> Result<(), OutputError> {
    if reading.state() == State::Running || outputs::are_there(folder) {
        return Ok(());
    }
    let ending = Ending {
        resume: names::to_continue(reading),
        unprocessed: None,
    };
    outputs::write(folder, reading, &ending).map(drop)
}

pub(super) fn open(name: &str) -> Result<Reading, Failure> {
    let folder = names::folder(&runs_folder()?, name)?;
    journal::read(&folder).map_err(|error| names::failed(&error))
}
