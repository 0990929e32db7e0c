//! The arguments that a script declares, as options behind its name on the command line.
//!
//! They are options of the command like any other, so that clap reads, suggests and completes
//! them; which there are is known only once the script was found among the words.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command as Known, FromArgMatches as _, ValueHint};

use super::args::{Cli, Command, Plan};
use super::whole::whole;
use crate::command::declared::{ArgumentKind, Declared, of_script};

/// The commands that take a script.
const COMMANDS: [&str; 2] = ["run", "plan"];
/// What stands before the name of an argument where clap knows it: apart from its own.
const OWN: &str = "declared:";

/// The command line with the arguments that the script in it declares, where it may have been
/// refused for one of them.
pub(super) fn parsed(refused: &clap::Error) -> Option<Result<Cli, clap::Error>> {
    let kinds = [
        ErrorKind::UnknownArgument,
        ErrorKind::InvalidSubcommand,
        ErrorKind::TooManyValues,
    ];
    if !kinds.contains(&refused.kind()) {
        return None;
    }
    let declared = of_script_in(std::env::args_os().collect());
    if declared.is_empty() {
        return None;
    }
    Some(parse(with(whole(), &declared), &declared))
}

fn parse(command: Known, declared: &[Declared]) -> Result<Cli, clap::Error> {
    let matches = command.try_get_matches()?;
    let mut cli = Cli::from_arg_matches(&matches)?;
    let given = matches.subcommand().map(|(_, of)| named(of, declared));
    if let Command::Run(super::args::Run { of, .. }) | Command::Plan(Plan { of, .. }) =
        &mut cli.command
    {
        of.named = given.unwrap_or_default();
    }
    Ok(cli)
}

/// A command line with the arguments that the script among the words declares.
pub(super) fn with_those_of(command: Known, words: Vec<OsString>) -> Known {
    with(command, &of_script_in(words))
}

/// The arguments that the script among the words declares; none where none can be read.
fn of_script_in(words: Vec<OsString>) -> Vec<Declared> {
    let lenient = whole().ignore_errors(true);
    let matches = lenient.try_get_matches_from(words).ok();
    let script = matches.as_ref().and_then(|matches| {
        let (name, of) = matches.subcommand()?;
        let is_ours = COMMANDS.contains(&name);
        of.try_get_one::<PathBuf>("script")
            .ok()?
            .filter(|_| is_ours)
    });
    script.map_or_else(Vec::new, |path| of_script(path))
}

fn with(command: Known, declared: &[Declared]) -> Known {
    COMMANDS.iter().fold(command, |command, name| {
        command.mut_subcommand(name, |sub| sub.args(declared.iter().map(option)))
    })
}

/// What clap knows an argument by.
fn id(declared: &Declared) -> &'static str {
    kept(format!("{OWN}{}", declared.name))
}

/// A name for as long as the process lives, as clap wants it: there are as many as the
/// arguments of one script.
fn kept(name: String) -> &'static str {
    name.leak()
}

fn option(declared: &Declared) -> Arg {
    let arg = Arg::new(id(declared))
        .long(kept(declared.option()))
        .help(declared.about.clone())
        .value_name(kept(declared.kind.placeholder()))
        .action(ArgAction::Set)
        .help_heading("Arguments of the script");
    match &declared.kind {
        ArgumentKind::Flag => arg
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true"),
        ArgumentKind::File => arg.value_hint(ValueHint::AnyPath),
        ArgumentKind::OneOf(values) => {
            let values = values.iter().map(|value| kept(value.clone()));
            arg.value_parser(PossibleValuesParser::new(values))
        }
        _ => arg.allow_hyphen_values(true),
    }
}

fn named(matches: &ArgMatches, declared: &[Declared]) -> Vec<(String, String)> {
    let of_one = |argument: &Declared| {
        let id = id(argument);
        let is_given = matches.value_source(id) == Some(ValueSource::CommandLine);
        let word = matches.try_get_one::<String>(id).ok().flatten();
        let word = word.filter(|_| is_given)?;
        Some((argument.name.clone(), word.clone()))
    };
    declared.iter().filter_map(of_one).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::command::declared::{OPTIONS, RESERVED};

    #[test]
    fn every_option_of_a_command_that_takes_a_script_is_known_to_declarations() {
        let mut command = whole();
        command.build();
        let commands = command
            .get_subcommands()
            .filter(|sub| COMMANDS.contains(&sub.get_name()));
        let options = commands.flat_map(|sub| sub.get_arguments().filter_map(Arg::get_long));
        let options: BTreeSet<&str> = options.chain(RESERVED).collect();
        assert_eq!(OPTIONS.into_iter().collect::<BTreeSet<_>>(), options);
    }
}
