//! `whmcsh man`: a page for each command, from what clap knows and the tables of the guide.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Command};

use crate::command::Terminal;
use crate::command::help::table;
use crate::error::Failure;
use crate::files::{self, Mode, reason};

/// The sections that each page ends with: its title, and the chapter and heading whose first table it holds.
const SHARED: [(&str, &str, &str); 3] = [
    ("EXIT STATUS", "unattended", "Exit codes"),
    ("ENVIRONMENT", "profiles", "Environment variables"),
    ("FILES", "install", "Where files are"),
];

/// What `man` is told.
#[derive(Args, Debug)]
pub(super) struct Man {
    /// Write one page per command to DIR [default: print the main page]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
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
    let page = page.replace(".SH EXTRA", ".SH EXAMPLES");
    let (page, version) = page.split_at(page.find(".SH VERSION").unwrap_or(page.len()));
    (
        man.get_filename(),
        format!("{page}{}{version}", shared_sections()),
    )
}

/// What is true of every command: the tables of the guide that a reader of man pages expects at their end.
fn shared_sections() -> String {
    let mut text = String::new();
    for (title, topic, heading) in SHARED {
        // Writing to text cannot fail.
        let _ = writeln!(text, ".SH \"{title}\"");
        text.extend(table(topic, heading).iter().map(|row| entry(row)));
    }
    text
}

/// One row: what it is about in bold, the rest beside it.
fn entry(row: &[String]) -> String {
    let Some((term, rest)) = row.split_first() else {
        return String::new();
    };
    format!(".TP\n\\fB{}\\fR\n{}\n", roff(term), roff(&rest.join("; ")))
}

/// Text as roff reads it: no letter of it a command.
fn roff(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) {
        format!("\\&{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shared_section_has_rows() {
        for (title, topic, heading) in SHARED {
            let rows = table(topic, heading);
            assert!(rows.len() > 2, "{title}: {rows:?}");
            assert!(rows.iter().all(|row| row.len() > 1), "{title}: {rows:?}");
        }
    }

    #[test]
    fn no_letter_of_a_text_is_a_command_of_roff() {
        assert_eq!(roff(".TP a-b \\n"), "\\&.TP a\\-b \\en");
    }
}
