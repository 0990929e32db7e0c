//! The options of `runs report`.

use std::path::PathBuf;

use clap::Args;

use crate::command::runs;

/// What `runs report` is told.
#[derive(Args, Debug)]
pub(super) struct Report {
    /// The run's name [default: the newest run]; several runs make one page
    #[arg(value_name = "RUN")]
    runs: Vec<String>,
    /// Report all runs of NAME on one page, with the shards that are missing
    #[arg(long, value_name = "NAME", conflicts_with = "runs")]
    name: Option<String>,
    /// Write the page to FILE; for several runs, one `failed.csv` goes next to it
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

impl Report {
    /// What is meant.
    pub(super) fn options(self) -> runs::ReportRequest {
        runs::ReportRequest {
            of: match self.name {
                Some(name) => runs::ReportOf::Name(name),
                None => runs::ReportOf::Runs(self.runs),
            },
            out: self.out,
            json: self.json,
        }
    }
}
