//! `--json`: a program that reads standard output finds one object there, also where the
//! command failed before it had anything to print.

use std::env;

use crate::command::{Terminal, of_failure};
use crate::error::Failure;

const OPTION: &str = "--json";

/// The commands whose object is about a run.
const RUNS: [&str; 2] = ["run", "each"];

/// Prints the object of a command that failed, where one was asked for and nothing was
/// printed yet: also on a command line that is refused.
pub(super) fn print(failure: &Failure, exit: u8, terminal: Terminal) {
    let words = || env::args().skip(1).take_while(|word| word != "--");
    if Terminal::has_printed() || !words().any(|word| word == OPTION) {
        return;
    }
    let is_plan = words().any(|word| word == "--plan");
    let is_of_run = !is_plan && words().any(|word| RUNS.contains(&word.as_str()));
    let object = of_failure(failure, exit, is_of_run);
    // The error itself is said, and counts for more.
    terminal
        .after("the error follows")
        .data(&format!("{object:#}"));
}
