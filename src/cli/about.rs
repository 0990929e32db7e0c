//! `whmcsh run SCRIPT --help`: what the script's own header says.
//!
//! `--help` before a script is named is clap's; after it, the script is what the
//! user asks about. `run`, `plan` and whatever else takes a SCRIPT know this.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Command};

/// The script whose help was asked for, where `refused` is clap's answer to that
/// command line.
pub(super) fn asked_about(
    command: Command,
    words: impl IntoIterator<Item = OsString>,
    refused: &clap::Error,
) -> Option<PathBuf> {
    if refused.kind() != ErrorKind::DisplayHelp {
        return None;
    }
    let takes_script = |command: &&Command| {
        command
            .get_arguments()
            .any(|argument| argument.get_id() == "script")
    };
    let names: Vec<String> = command
        .get_subcommands()
        .filter(takes_script)
        .map(|command| command.get_name().to_owned())
        .collect();
    // The same command line, with a `--help` that does not end the parsing.
    let lenient = names.iter().fold(command, |command, name| {
        command.mut_subcommand(name, |sub| {
            let help = Arg::new("help").long("help").short('h');
            sub.disable_help_flag(true)
                .arg(help.action(ArgAction::SetTrue))
        })
    });
    let matches = lenient.try_get_matches_from(words).ok()?;
    let (name, matches) = matches.subcommand()?;
    let asked = names.iter().any(|known| known == name) && matches.get_flag("help");
    asked
        .then(|| matches.get_one::<PathBuf>("script").cloned())
        .flatten()
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::cli::args::Cli;

    fn asked(line: &str) -> Option<PathBuf> {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let refused = Cli::try_parse_from(&words).err()?;
        asked_about(Cli::command(), words, &refused)
    }

    #[test]
    fn help_after_a_script_is_about_the_script() {
        for line in [
            "whmcsh run a.rhai --help",
            "whmcsh run a.rhai -h",
            "whmcsh run --sandbox a.rhai x.csv --help",
            "whmcsh plan a.rhai --help",
        ] {
            assert_eq!(asked(line), Some("a.rhai".into()), "{line}");
        }
    }

    #[test]
    fn help_without_a_script_is_not() {
        for line in [
            "whmcsh run --help",
            "whmcsh --help",
            "whmcsh call GetClients --help",
            "whmcsh runs show --help",
            "whmcsh run a.rhai",
            "whmcsh run",
        ] {
            assert_eq!(asked(line), None, "{line}");
        }
    }
}
