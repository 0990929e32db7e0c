//! `whmcsh runs report`: one page of HTML about a run, to read, to print, to pass on.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use super::{open, resume_of};
use crate::command::Terminal;
use crate::command::invocation::arguments;
use crate::command::overwriting::{self, inputs};
use crate::error::Failure;
use crate::report::{self, Words};
use crate::run::outputs::{REPORT, counts_as_json};

/// Which report is wanted.
#[derive(Debug)]
pub struct Report {
    /// The run's name.
    pub run: String,
    /// The file, where it is not to be in the run's folder.
    pub out: Option<PathBuf>,
    /// Whether to print a JSON object.
    pub json: bool,
}

/// Writes the page and says where it is.
pub fn report(wanted: &Report, terminal: Terminal) -> Result<(), Failure> {
    let reading = open(&wanted.run)?;
    let words = Words {
        arguments: arguments(&reading.head().invocation),
        resume: resume_of(&reading),
    };
    let invocation = &reading.head().invocation;
    let record = fs::read_dir(reading.folder())
        .into_iter()
        .flatten()
        .flatten();
    let record = record.filter(|entry| entry.file_name() != REPORT);
    let record = record.map(|entry| entry.path());
    let read = inputs(invocation).into_iter().chain(record);
    overwriting::refuse("--out", wanted.out.as_deref(), read)?;
    let own = || reading.folder().join(REPORT);
    let path = wanted.out.clone().unwrap_or_else(own);
    let written = report::write(&path, &reading, &words)
        .map_err(|error| Failure::usage(error.to_string()))?;
    let path = written.path.display().to_string();
    if wanted.json {
        let counts = counts_as_json(&written.counts);
        let shown = json!({"run": wanted.run, "report": path, "counts": counts});
        terminal.data(&format!("{shown:#}"));
    } else {
        terminal.data(&path);
    }
    Ok(())
}
