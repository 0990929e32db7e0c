//! The options that say what a run keeps, and which run it goes on with.

use std::path::PathBuf;

use clap::Args;

use crate::command::run::{Bind, LAST, RowChanges, Snapshots};

/// `OLD=NEW`: a row as it was and as it is.
fn same_row(text: &str) -> Result<String, String> {
    let pair = text.split_once('=');
    match pair.filter(|(old, new)| !old.trim().is_empty() && !new.trim().is_empty()) {
        Some(_) => Ok(text.to_owned()),
        None => {
            Err("write `OLD=NEW` with the keys of both, or their lines as in `#12=#13`".to_owned())
        }
    }
}

/// What a run keeps, and which it takes up.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
#[derive(Args, Debug)]
#[command(group(clap::ArgGroup::new("earlier").args(["resume", "name"])))]
pub(super) struct Record {
    /// Resume RUN, or `last`; completed writes are not repeated
    #[arg(long, value_name = "RUN")]
    pub(super) resume: Option<String>,
    /// Start the run NAME, or resume it: the same command line is the same run
    #[arg(long, value_name = "NAME", value_parser = run_name, conflicts_with_all = ["resume", "sandbox"])]
    pub(super) name: Option<String>,
    /// Resume although its process cannot be checked, or the journal is a copy made during the run
    #[arg(long, requires = "earlier")]
    pub(super) take_over: bool,
    /// Treat two rows as one: the key in the earlier pass and the key now (or `#12=#13`)
    #[arg(long, value_name = "OLD=NEW", requires = "resume", value_parser = same_row)]
    same_row: Vec<String>,
    /// Resume although rows are gone and others are new; process the new rows
    #[arg(long, requires = "resume")]
    rows_changed: bool,
    /// Process rows of a `failed.csv` from the beginning, even those that changed the server
    #[arg(long, conflicts_with = "resume")]
    again: bool,
    /// Send only the writes of PLAN, a file from `plan --out`
    #[arg(long, value_name = "PLAN")]
    bind: Option<PathBuf>,
    /// Reject a plan without a `plan approve`
    #[arg(long, requires = "bind")]
    approved: bool,
    /// Run a plan again that a run has started or completed
    #[arg(long, requires = "bind", conflicts_with = "resume")]
    bind_again: bool,
    /// Keep each record as it was before a change, for `runs undo` [default: before deletes only]
    #[arg(long, conflicts_with = "no_snapshot")]
    snapshot: bool,
    /// Keep no records, not even before deletes
    #[arg(long)]
    no_snapshot: bool,
    /// Run COMMAND when the run ends, with the outcome in `WHMCSH_RUN_…` variables
    #[arg(long, value_name = "COMMAND")]
    pub(super) on_end: Option<String>,
}

/// A name for a run, where it can be one.
fn run_name(text: &str) -> Result<String, String> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    if !(1..=64).contains(&text.len()) || !text.chars().all(is_plain) {
        return Err("a name has 1 to 64 letters, digits, `.`, `_` or `-`".to_owned());
    }
    // Else it would be read as a folder or an option somewhere.
    if !text.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return Err("a name begins with a letter or a digit".to_owned());
    }
    if text == LAST {
        return Err(format!(
            "`--resume {LAST}` means the newest unfinished run, whatever its name"
        ));
    }
    Ok(text.to_owned())
}

impl Record {
    /// Whether an earlier pass may be known: the run has a name, or is named.
    pub(super) const fn is_known(&self) -> bool {
        self.name.is_some() || self.resume.is_some()
    }

    /// What was said of rows that are not what they were.
    pub(super) fn changes(&self) -> RowChanges {
        RowChanges {
            same: self.same_row.clone(),
            accepted: self.rows_changed,
            again: self.again,
        }
    }

    /// The plan the run is held to, where one was named.
    pub(super) fn bind(&self) -> Bind {
        Bind {
            plan: self.bind.clone(),
            approved: self.approved,
            again: self.bind_again,
        }
    }

    /// Before which writes snapshots are taken, where that was said.
    pub(super) fn snapshots(&self) -> Option<Snapshots> {
        match (self.snapshot, self.no_snapshot) {
            (true, _) => Some(Snapshots::All),
            (_, true) => Some(Snapshots::None),
            _ => None,
        }
    }
}
