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
use crate::table::Cell;

pub use list::list;
pub use settle::{Verdict, settle};
pub use show::show;

/// The command that takes a run up again.
pub fn resume_command(script: &str, args: &[String], name: &str) -> String {
    let mut words = vec!["whmcsh".to_owned(), "run".to_owned(), quoted(script)];
    words.extend(args.iter().map(|arg| quoted(arg)));
    format!("{} --resume {name}", words.join(" "))
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "_-./:@%+=,".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
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
