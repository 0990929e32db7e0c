//! The refusal to begin a run with the rows that another one still has to do.

use std::path::Path;

use super::names;
use crate::error::Failure;
use crate::run::journal::{self, State};
use crate::run::outputs::UNPROCESSED;

/// Refuses files of unprocessed rows in the folder of a run that is not finished: resumed, it
/// would do them again.
pub fn refuse(args: &[String]) -> Result<(), Failure> {
    args.iter().try_for_each(|arg| refuse_file(arg))
}

fn refuse_file(arg: &str) -> Result<(), Failure> {
    let path = Path::new(arg);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if !name.starts_with(UNPROCESSED) {
        return Ok(());
    }
    let Ok(path) = path.canonicalize() else {
        return Ok(());
    };
    let Some(folder) = path.parent().filter(|folder| journal::is_there(folder)) else {
        return Ok(());
    };
    let reading = journal::read(folder).map_err(|error| names::failed(&error))?;
    if reading.state() == State::Done {
        return Ok(());
    }
    let run = reading.name();
    let resume = names::resume_of(folder, reading.head());
    Err(Failure::usage(format!(
        "`{arg}` has rows that run `{run}` has not processed yet; that run does them when it is \
         resumed, and another run would repeat them; nothing was sent"
    ))
    .hint(format!("resume that run: {resume}")))
}
