//! The options that say where calls are told.

use std::path::PathBuf;

use clap::Args;

use crate::command::{Log, Terminal};
use crate::error::Failure;

/// Where calls are told as they are made.
#[derive(Args, Debug)]
pub(super) struct LogTo {
    /// Log each call to standard error: action, row, ids, time and outcome, no other values
    #[arg(short, long)]
    verbose: bool,
    /// Log each call to FILE as JSON lines; rotated to FILE.1 at 10 MB
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

impl LogTo {
    /// The log, opened.
    pub(super) fn open(self, terminal: Terminal) -> Result<Log, Failure> {
        Log::open(self.verbose, self.log, terminal)
    }
}
