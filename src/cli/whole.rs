//! The whole command line as clap knows it, with what stands below the help of each
//! command.

use std::fmt::Write as _;

use clap::builder::StyledStr;
use clap::{Command, CommandFactory as _};

use super::args::Cli;
use super::examples::with_examples;
use crate::command::help::TOPICS;

/// The whole command line, with its examples and the list of topics.
pub(super) fn whole() -> Command {
    let command = with_examples(Cli::command());
    let mut topics = String::from("Topics, each read with `whmcsh help TOPIC`:\n");
    for topic in TOPICS {
        // Writing to text cannot fail.
        let _ = writeln!(topics, "  {:15}  {}", topic.name, topic.about);
    }
    let examples = command.get_after_help().map(StyledStr::to_string);
    let after = format!("{topics}\n{}", examples.unwrap_or_default());
    command.after_help(after.trim_end().to_owned())
}
