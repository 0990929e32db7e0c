//! `whmcsh runs report`: one page of HTML about a run, to read, to print, to pass on.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::opened::{open, words};
use super::shards::Shards;
use super::{joint, meant};
use crate::command::Terminal;
use crate::command::overwriting::{self, inputs};
use crate::error::Failure;
use crate::report;
use crate::run::outputs::{REPORT, counts_as_json};

/// Which report is wanted.
#[derive(Debug)]
pub struct ReportRequest {
    /// Of which runs.
    pub of: ReportOf,
    /// The file, where it is not to be in the run's folder, or in that of the name's reports.
    pub out: Option<PathBuf>,
    /// Whether to print a JSON object.
    pub json: bool,
}

/// The runs that a report is of.
#[derive(Debug)]
pub enum ReportOf {
    /// These: the newest where none is named, one page of all where several are.
    Runs(Vec<String>),
    /// All of a name.
    Name(String),
}

/// Writes the page and says where it is.
pub fn report(wanted: ReportRequest, terminal: Terminal) -> Result<(), Failure> {
    let shards = match wanted.of {
        ReportOf::Name(name) => Shards::find(&name)?,
        ReportOf::Runs(runs) if runs.len() > 1 => Shards::read(&runs)?,
        ReportOf::Runs(runs) => {
            let run = meant(runs.into_iter().next())?;
            return of_one(&run, wanted.out.as_deref(), wanted.json, terminal);
        }
    };
    joint::report(&shards, wanted.out.as_deref(), wanted.json, terminal)
}

fn of_one(run: &str, out: Option<&Path>, json: bool, terminal: Terminal) -> Result<(), Failure> {
    let reading = open(run)?;
    let words = words(&reading);
    let invocation = &reading.head().invocation;
    let record = fs::read_dir(reading.folder())
        .into_iter()
        .flatten()
        .flatten();
    let record = record.filter(|entry| entry.file_name() != REPORT);
    let record = record.map(|entry| entry.path());
    let read = inputs(invocation).into_iter().chain(record);
    overwriting::refuse("--out", out, read)?;
    let own = || reading.folder().join(REPORT);
    let path = out.map_or_else(own, Path::to_owned);
    let written = report::write(&path, &reading, &words)
        .map_err(|error| Failure::usage(error.to_string()))?;
    let path = written.path.display().to_string();
    if json {
        let counts = counts_as_json(&written.counts);
        let shown = json!({
            "run": run, "report": path, "files": {"report": path}, "counts": counts,
        });
        terminal.data(&format!("{shown:#}"));
    } else {
        terminal.data(&path);
    }
    Ok(())
}
