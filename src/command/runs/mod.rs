//! `whmcsh runs`: what happened, and what is still open.
//!
//! One file a subcommand. They read journals, which also works while a run goes
//! on; only `settle` writes to one.

mod list;
mod settle;
mod show;

use super::run_folder;
use crate::config::runs_folder;
use crate::error::Failure;
use crate::run::journal::{self, Outcome, Reading};
use crate::run::shell_word;
use crate::table::Cell;

pub use list::list;
pub use settle::{Of, Verdict, settle};
pub use show::show;

/// The command that takes a run up again.
pub fn resume_command(script: &str, args: &[String], name: &str) -> String {
    let mut words = vec!["whmcsh".to_owned(), "run".to_owned(), shell_word(script)];
    words.extend(args.iter().map(|arg| shell_word(arg)));
    format!("{} --resume {name}", words.join(" "))
}

fn open(name: &str) -> Result<Reading, Failure> {
    let folder = run_folder::folder(&runs_folder()?, name)?;
    journal::read(&folder).map_err(|error| run_folder::failed(&error))
}

fn word(outcome: Option<&Outcome>) -> &'static str {
    outcome.map_or("in doubt", Outcome::word)
}

fn text(text: &str) -> Cell {
    Cell {
        text: text.to_owned(),
        is_number: false,
    }
}

fn number(number: u64) -> Cell {
    Cell {
        text: number.to_string(),
        is_number: true,
    }
}
