//! `whmcsh run SCRIPT --help`: what the script's own header says.
//!
//! `--help` before a script is named is clap's; after it, the script is what the
//! user asks about. `run`, `plan` and whatever else takes a SCRIPT know this. So it is with
//! the ACTION of `call`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Command};

const SCRIPT: &str = "script";
const ACTION: &str = "action";

/// What help was asked for, besides that of a command.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Asked {
    /// What a script says of itself.
    Script(PathBuf),
    /// The page of an action.
    Action(String),
}

/// The script or action whose help was asked for, where `refused` is clap's answer to that
/// command line.
pub(super) fn asked_about(
    command: Command,
    words: impl IntoIterator<Item = OsString>,
    refused: &clap::Error,
) -> Option<Asked> {
    if refused.kind() != ErrorKind::DisplayHelp {
        return None;
    }
    let takes_one = |command: &&Command| {
        command
            .get_arguments()
            .any(|argument| [SCRIPT, ACTION].contains(&argument.get_id().as_str()))
    };
    let names: Vec<String> = command
        .get_subcommands()
        .filter(takes_one)
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
    if !asked {
        return None;
    }
    let script = matches.try_get_one::<PathBuf>(SCRIPT).ok().flatten();
    let action = matches.try_get_one::<String>(ACTION).ok().flatten();
    script
        .map(|script| Asked::Script(script.clone()))
        .or_else(|| action.map(|action| Asked::Action(action.clone())))
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::cli::args::Cli;

    fn asked(line: &str) -> Option<Asked> {
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
            assert_eq!(asked(line), Some(Asked::Script("a.rhai".into())), "{line}");
        }
    }

    #[test]
    fn help_after_an_action_is_about_the_action() {
        for line in [
            "whmcsh call GetClients --help",
            "whmcsh call --sandbox GetClients status=Active -h",
        ] {
            assert_eq!(
                asked(line),
                Some(Asked::Action("GetClients".into())),
                "{line}"
            );
        }
    }

    #[test]
    fn help_without_a_script_is_not() {
        for line in [
            "whmcsh run --help",
            "whmcsh --help",
            "whmcsh call --help",
            "whmcsh runs show --help",
            "whmcsh run a.rhai",
            "whmcsh run",
        ] {
            assert_eq!(asked(line), None, "{line}");
        }
    }
}
