//! `whmcsh help` and `whmcsh man`: what clap knows of the commands, and where
//! the guide takes over.

use std::path::{Path, PathBuf};

use clap::{Args, Command};

use crate::command::Terminal;
use crate::command::help::{about, help};
use crate::error::Failure;
use crate::files::{self, Mode, reason};

/// What `help` is told.
#[derive(Args, Debug)]
pub(super) struct Help {
    /// A command, a topic, or a function or action of scripts
    #[arg(value_name = "COMMAND|TOPIC|NAME")]
    words: Vec<String>,
}

/// What `man` is told.
#[derive(Args, Debug)]
pub(super) struct Man {
    /// Write one page per command to DIR [default: print the main page]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
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

impl Man {
    /// Prints the main page, or writes one for each command of the whole command line.
    pub(super) fn write(&self, mut command: Command, terminal: Terminal) -> Result<(), Failure> {
        command.build();
        let Some(folder) = &self.folder else {
            terminal.raw(man_page(&command).1.as_bytes());
            return Ok(());
        };
        let shown = folder.display();
        std::fs::create_dir_all(folder)
            .and_then(|()| write_pages(&command, folder))
            .map_err(|error| {
                let why = reason(&error);
                Failure::usage(format!("cannot write the man pages to `{shown}`: {why}"))
            })?;
        terminal.note(&format!("wrote the man pages to {shown}"));
        Ok(())
    }
}

fn write_pages(command: &Command, folder: &Path) -> std::io::Result<()> {
    let (name, page) = man_page(command);
    files::write(&folder.join(name), Mode::Public, page.as_bytes())?;
    let mut inner = command.get_subcommands();
    inner.try_for_each(|inner| write_pages(inner, folder))
}

/// A command's page: the name of its file, and its text.
fn man_page(command: &Command) -> (String, String) {
    let man = clap_mangen::Man::new(command.clone());
    let mut page = Vec::new();
    // Writing to memory cannot fail.
    let _ = man.render(&mut page);
    let page = String::from_utf8_lossy(&page);
    // What stands below a command's help is called so by clap.
    (
        man.get_filename(),
        page.replace(".SH EXTRA", ".SH EXAMPLES"),
    )
}
