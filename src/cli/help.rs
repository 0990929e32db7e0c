//! `whmcsh help`: what clap knows of the commands, and where the guide takes over.

use std::path::PathBuf;

use clap::{Args, Command};

use crate::command::Terminal;
use crate::command::help::{about, find, help};
use crate::error::Failure;

/// What `help` is told.
#[derive(Args, Debug)]
pub(super) struct Help {
    /// A command, a topic, or a function or action of scripts
    #[arg(value_name = "COMMAND|TOPIC|NAME")]
    words: Vec<String>,
    /// List the topics, functions and actions that mention WORD
    #[arg(long, value_name = "WORD", conflicts_with = "words")]
    find: Option<String>,
}

/// What `definitions` is told.
#[derive(Args, Debug)]
pub(super) struct Definitions {
    /// The folder for the files
    #[arg(value_name = "DIR")]
    pub(super) folder: PathBuf,
}

impl Help {
    /// Shows the help of a command of the whole command line, and whatever else has its name.
    pub(super) fn show(&self, mut command: Command, terminal: Terminal) -> Result<(), Failure> {
        if let Some(word) = &self.find {
            return find(word, terminal);
        }
        let name = self.words.join(" ");
        let names = command.get_subcommands().map(Command::get_name);
        let names: Vec<String> = names.map(str::to_owned).collect();
        command.build();
        let mut words = self.words.iter();
        let found = words.try_fold(&mut command, |inner, word| inner.find_subcommand_mut(word));
        let Some(found) = found else {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            return help(&name, &names, terminal);
        };
        let usage = found.render_help();
        let usage = if terminal.shows_colours() {
            usage.ansi().to_string()
        } else {
            usage.to_string()
        };
        match about(&name) {
            Some(text) => terminal.page(&format!("{usage}\n{text}")),
            None => terminal.data(usage.trim_end()),
        }
        Ok(())
    }
}
