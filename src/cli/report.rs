//! The options of `runs report`.

use std::path::PathBuf;

use clap::Args;

use crate::command::runs;

/// What `runs report` is told.
#[derive(Args, Debug)]
pub(super) struct Report {
    /// The run's name; the newest run without it; of several, one page of them all
    #[arg(value_name = "RUN")]
    runs: Vec<String>,
    /// One page of all runs of this name: every shard, and those that are missing
    #[arg(long, value_name = "NAME", conflicts_with = "runs")]
    name: Option<String>,
    /// Write the page here; of several runs, `failed.csv` of them all stands beside it
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

impl Report {
    /// What is meant.
    pub(super) fn options(self) -> runs::Report {
        runs::Report {
            of: match self.name {
                Some(name) => runs::ReportOf::Name(name),
                None => runs::ReportOf::Runs(self.runs),
            },
            out: self.out,
            json: self.json,
        }
    }
}
