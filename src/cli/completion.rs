//! Completion in bash, zsh and fish: the shell asks the program what can be typed next.
//!
//! `whmcsh completions SHELL` prints the script that lets a shell ask. Commands and options
//! are known to clap; what stands for a name is looked up here, by the name of the argument.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::builder::StyledStr;
use clap::{Arg, Command, ValueHint};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::Shells;
use clap_complete::{CompleteEnv, Shell};

use super::declared;
use super::whole::whole;
use crate::command::completion::{actions, parameters, profiles, run_names, runs};
use crate::command::help::TOPICS;
use crate::command::init::{about, recipes};

/// The variable by which a shell asks, with its own name.
const ASKED: &str = "WHMCSH_COMPLETE";
const PROGRAM: &str = "whmcsh";

/// Arguments that are text for the program and mostly name files.
const FILES: [&str; 2] = ["args", "file"];

/// Zsh reads the script when the first word is completed, and wants an answer for that too.
const FIRST_IN_ZSH: &str = "\
if [ \"$funcstack[1]\" = \"_whmcsh\" ]; then
    _clap_dynamic_completer_whmcsh \"$@\"
fi
";

/// Answers a shell that asks, and ends the program then.
pub(super) fn answer() {
    CompleteEnv::with_factory(|| completed(declared::with_those_of(whole(), words())))
        .var(ASKED)
        .complete();
}

/// The script for a shell. One that cannot ask gets the commands and options as they are.
pub(super) fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    let name = shell.to_string();
    let asking = ["bash", "zsh", "fish"].contains(&name.as_str());
    let shells = Shells::builtins();
    match shells.completer(&name).filter(|_| asking) {
        Some(asks) => {
            // Writing to memory cannot fail.
            let _ = asks.write_registration(ASKED, PROGRAM, PROGRAM, PROGRAM, &mut script);
            if shell == Shell::Zsh {
                script.extend_from_slice(FIRST_IN_ZSH.as_bytes());
            }
        }
        None => clap_complete::generate(shell, &mut whole(), PROGRAM, &mut script),
    }
    script
}

/// The command line with what can stand for each of its names.
fn completed(command: Command) -> Command {
    let path = command.get_name().to_owned();
    below(command, &path)
}

fn below(command: Command, path: &str) -> Command {
    let named = path.to_owned();
    let command = command.mut_args(|arg| match values(&named, &arg) {
        Some(values) => arg.add(ArgValueCompleter::new(values)),
        None if FILES.contains(&arg.get_id().as_str()) => arg.value_hint(ValueHint::AnyPath),
        None => arg,
    });
    command.mut_subcommands(|inner| {
        let path = format!("{path} {}", inner.get_name());
        below(inner, &path)
    })
}

type Values = fn(&OsStr) -> Vec<CompletionCandidate>;

/// What can stand for an argument of a command, where it is a name that can be looked up.
fn values(path: &str, arg: &Arg) -> Option<Values> {
    let command = path.strip_prefix("whmcsh ").unwrap_or_default();
    Some(match (command, arg.get_id().as_str()) {
        (_, "profile") | ("profile test" | "profile remove" | "profile learn-fields", "name") => {
            |typed| named(typed, profiles(config()))
        }
        (_, "resume" | "run" | "runs") if arg.get_long() != Some("json") => {
            |typed| named(typed, runs())
        }
        ("run" | "each" | "runs show" | "runs report", "name") | (_, "forget") => {
            |typed| named(typed, run_names())
        }
        ("call", "action") | ("actions", "pattern") => |typed| candidates(typed, actions()),
        ("call", "params") => |typed| parameter(&after("call"), typed),
        ("each", "call") => |typed| match after("--") {
            action if action.is_empty() => candidates(typed, actions()),
            action => parameter(&action, typed),
        },
        ("init", "recipe") => |typed| {
            let recipes = recipes().map(|name| (name.to_owned(), about(name).unwrap_or_default()));
            candidates(typed, recipes.collect())
        },
        ("help", "words") => |typed| {
            let topics = TOPICS.iter();
            let topics = topics.map(|topic| (topic.name.to_owned(), topic.about));
            let whole = whole();
            let commands = whole.get_subcommands();
            let commands = commands.map(|command| (command.get_name().to_owned(), ""));
            candidates(typed, topics.chain(commands).collect())
        },
        _ => return None,
    })
}

fn named(typed: &OsStr, names: Vec<String>) -> Vec<CompletionCandidate> {
    candidates(typed, names.into_iter().map(|name| (name, "")).collect())
}

/// Those that begin as was typed, in their order, with what is said of them.
fn candidates(typed: &OsStr, names: Vec<(String, &'static str)>) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy().to_lowercase();
    let fits = |name: &String| name.to_lowercase().starts_with(&typed);
    let names = names.into_iter().filter(|(name, _)| fits(name));
    let candidate = |(place, (name, about)): (usize, (String, &'static str))| {
        let help = (!about.is_empty()).then(|| StyledStr::from(about));
        let candidate = CompletionCandidate::new(name).help(help);
        candidate.display_order(Some(place))
    };
    names.enumerate().map(candidate).collect()
}

/// The words of the command line that is completed.
fn words() -> Vec<OsString> {
    let words = std::env::args_os().skip_while(|word| word != "--");
    words.skip(1).collect()
}

/// The word after that one that is not an option, if it is typed in full.
fn after(word: &str) -> String {
    let words = words();
    let typed = words.iter().skip_while(|one| *one != word).skip(1);
    let mut typed = typed.map(|one| one.to_string_lossy());
    let found = typed.find(|one| !one.starts_with('-') && !one.is_empty());
    // The last word is the one that is being typed.
    match (found, typed.next()) {
        (Some(found), Some(_)) => found.into_owned(),
        _ => String::new(),
    }
}

/// The parameters of an action, or the values of the one whose name is typed. Bash takes `=`
/// for a word of its own, and the value for another.
fn parameter(action: &str, typed: &OsStr) -> Vec<CompletionCandidate> {
    let words = words();
    let before = words.iter().rev().skip(1).find(|word| *word != "=");
    let before = before
        .map(|word| word.to_string_lossy())
        .unwrap_or_default();
    let name = format!("{before}=");
    let mut all = parameters(action, "").into_iter();
    if !before.contains('=') && all.any(|(known, _)| known == name) {
        let values = parameters(action, &name).into_iter();
        let values = values.filter_map(|(value, _)| Some(value.strip_prefix(&name)?.to_owned()));
        return named(typed, values.collect());
    }
    candidates(typed, parameters(action, &typed.to_string_lossy()))
}

/// The configuration that `--config` names.
fn config() -> Option<PathBuf> {
    let words = words();
    let mut words = words.iter().skip_while(|word| *word != "--config").skip(1);
    words.next().map(PathBuf::from)
}
