//! The options of `runs report`.

use std::path::PathBuf;

use clap::Args;

use crate::command::runs;
use crate::error::Failure;

/// What `runs report` is told.
#[derive(Args, Debug)]
pub(super) struct Report {
    /// The run's name; the newest run without it
    pub(super) run: Option<String>,
    /// Write the page here instead of into the run's folder
    #[arg(short, long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Print a JSON object
    #[arg(long)]
    pub(super) json: bool,
}

impl Report {
    /// What is meant.
    pub(super) fn options(self) -> Result<runs::Report, Failure> {
        Ok(runs::Report {
            run: runs::meant(self.run)?,
            out: self.out,
            json: self.json,
        })
    }
}
