//! What `fmt` is told.

use std::path::PathBuf;

use clap::Args;

use crate::command::{self, Terminal};
use crate::error::Failure;

/// Format scripts
#[derive(Args, Debug)]
#[command(
    long_about = "Format scripts: indentation and spacing. Line breaks, comments and texts stay as they \
                  are, and so does a statement that cannot be read."
)]
pub(super) struct Fmt {
    /// The scripts to format, or folders of scripts; `-` formats standard input
    #[arg(required = true, value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    /// Write nothing; print the names of unformatted scripts and exit with 1
    #[arg(long)]
    check: bool,
    /// Write nothing; print what would change and exit with 1 if anything would
    #[arg(long)]
    diff: bool,
}

impl Fmt {
    /// Formats the scripts.
    pub(super) fn run(self, terminal: Terminal) -> Result<(), Failure> {
        let mode = match (self.diff, self.check) {
            (true, _) => command::fmt::FormatMode::Diff,
            (false, true) => command::fmt::FormatMode::Check,
            (false, false) => command::fmt::FormatMode::Write,
        };
        command::fmt::fmt(&self.paths, mode, terminal)
    }
}
