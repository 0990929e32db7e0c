//! The options that say what a run keeps, and which run it goes on with.

use clap::Args;

use crate::command::run::Snapshots;

/// What a run keeps, and which it takes up.
#[derive(Args, Debug)]
pub(super) struct Record {
    /// Take up an earlier run: what it did is not done again
    #[arg(long, value_name = "RUN")]
    pub(super) resume: Option<String>,
    /// Keep every record the run changes as it was, for `runs undo`; without this, only what it ends
    #[arg(long, conflicts_with = "no_snapshot")]
    snapshot: bool,
    /// Keep no record as it was, not even one that is about to be deleted
    #[arg(long)]
    no_snapshot: bool,
}

impl Record {
    /// Before which writes snapshots are taken, where that was said.
    pub(super) fn snapshots(&self) -> Option<Snapshots> {
        match (self.snapshot, self.no_snapshot) {
            (true, _) => Some(Snapshots::All),
            (_, true) => Some(Snapshots::None),
            _ => None,
        }
    }
}
