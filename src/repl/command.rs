//! The commands of the shell itself, which begin with a colon.

use super::choice::{Choice, files};
use super::knowledge::Knowledge;
use crate::catalog::{self, similar};
use crate::error::Failure;
use crate::script::ResultForm;

/// A command and what it is given.
#[derive(Debug, PartialEq)]
pub enum Command<'t> {
    /// `:help`, `:help NAME`.
    Help(Option<&'t str>),
    /// `:json`, `:table`.
    Show(ResultForm),
    /// `:load FILE`.
    Load(&'t str),
    /// `:plan`, `:plan on|off`.
    Plan(Option<bool>),
    /// `:quit`.
    Quit,
    /// `:save FILE`, and `:save! FILE`, which replaces one that is there.
    Save {
        /// The file.
        file: &'t str,
        /// Whether it may be there already.
        replaces: bool,
    },
    /// `:settled`, `:settled WRITE`.
    Settled(Option<&'t str>),
    /// `:time`, `:time on|off`.
    Time(Option<bool>),
    /// `:use`, `:use PROFILE`.
    Use(Option<&'t str>),
    /// `:vars`.
    Variables,
}

/// Every command: its name, what it takes, what it does.
pub const COMMANDS: [(&str, &str, &str); 12] = [
    (
        ":help",
        "[NAME]",
        "explain an action, a function or a command",
    ),
    (":json", "", "show results as JSON"),
    (
        ":load",
        "FILE",
        "run a script here and keep what it defines",
    ),
    (":plan", "on|off", "preview writes instead of sending them"),
    (":quit", "", "leave, as Ctrl-D does"),
    (":save", "FILE", "save the lines that succeeded as a script"),
    (":save!", "FILE", "the same, and replace an existing file"),
    (
        ":settled",
        "[WRITE]",
        "list writes in doubt, or let one you looked up go again",
    ),
    (":table", "", "show lists of records as tables"),
    (":time", "on|off", "show how long each line takes"),
    (
        ":use",
        "[PROFILE]",
        "switch to another profile, or list them",
    ),
    (":vars", "", "list the variables of the session"),
];

/// Whether a text is for the shell itself and no script.
pub fn is_command(text: &str) -> bool {
    text.trim_start().starts_with(':')
}

/// Reads one line that begins with a colon.
pub fn parse(line: &str) -> Result<Command<'_>, Failure> {
    let line = line.trim();
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let given = Some(unquoted(rest.trim())).filter(|rest| !rest.is_empty());
    let command = match (name, given) {
        (":help" | ":h" | ":?", name) => Command::Help(name),
        (":json", None) => Command::Show(ResultForm::Json),
        (":table", None) => Command::Show(ResultForm::Table),
        (":load", Some(file)) => Command::Load(file),
        (":plan", given) => Command::Plan(switch(name, given)?),
        (":quit" | ":q" | ":exit", None) => Command::Quit,
        (":save" | ":save!", Some(file)) => Command::Save {
            file,
            replaces: name == ":save!",
        },
        (":settled", write) => Command::Settled(write),
        (":time", given) => Command::Time(switch(name, given)?),
        (":use", profile) => Command::Use(profile),
        (":vars", None) => Command::Variables,
        _ => return Err(misused(name, given)),
    };
    Ok(command)
}

fn unquoted(text: &str) -> &str {
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    inner.unwrap_or(text)
}

fn switch(command: &str, given: Option<&str>) -> Result<Option<bool>, Failure> {
    match given {
        None => Ok(None),
        Some("on") => Ok(Some(true)),
        Some("off") => Ok(Some(false)),
        Some(other) => Err(Failure::usage(format!(
            "`{command}` takes `on` or `off`, not `{other}`"
        ))),
    }
}

fn misused(name: &str, given: Option<&str>) -> Failure {
    let known = COMMANDS.iter().find(|(known, ..)| *known == name);
    match (known, given) {
        (Some((_, takes, _)), None) => {
            Failure::usage(format!("`{name}` needs an argument: `{name} {takes}`"))
        }
        (Some(_), Some(_)) => Failure::usage(format!("`{name}` takes no argument")),
        (None, _) => {
            let failure = Failure::usage(format!("unknown command `{name}`"));
            let near = similar(name, COMMANDS.iter().map(|(known, ..)| *known));
            match near.first() {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure.hint("`:help` lists the commands"),
            }
        }
    }
}

/// The choices at the end of a line that begins with a colon.
pub fn complete(before: &str, knowledge: &Knowledge) -> (usize, Vec<Choice>) {
    let colon = before.len() - before.trim_start().len();
    let Some(space) = before[colon..].find(char::is_whitespace) else {
        let typed = &before[colon..];
        let names = COMMANDS.iter().filter(|(name, ..)| name.starts_with(typed));
        let choices = names.map(|(name, takes, _)| Choice {
            shown: (*name).to_owned(),
            text: format!("{name}{}", if takes.is_empty() { "" } else { " " }),
        });
        return (colon, choices.collect());
    };
    let name = &before[colon..colon + space];
    let rest = &before[colon + space..];
    let start = before.len() - rest.trim_start().len();
    let typed = &before[start..];
    let among = |names: &mut dyn Iterator<Item = String>| {
        let fitting = names.filter(|name| name.starts_with(typed));
        fitting.map(Choice::plain).collect::<Vec<_>>()
    };
    match name {
        ":settled" => (start, among(&mut knowledge.in_doubt.iter().cloned())),
        ":use" => (start, among(&mut knowledge.profiles().into_iter())),
        ":plan" | ":time" => (
            start,
            among(&mut ["off", "on"].into_iter().map(str::to_owned)),
        ),
        ":help" => {
            let commands = COMMANDS.iter().map(|(name, ..)| *name);
            let actions = catalog::actions().iter().map(|action| action.name);
            let functions = knowledge.function_names();
            let names = commands.chain(actions).chain(functions);
            (start, among(&mut names.map(str::to_owned)))
        }
        ":load" | ":save" | ":save!" => {
            let (at, choices) = files(typed, &knowledge.folder, "");
            (start + at, choices)
        }
        _ => (start, Vec::new()),
    }
}

/// What a command takes and does, while it is typed.
pub fn hint(text: &str) -> Option<String> {
    let (_, takes, about) = COMMANDS.iter().find(|(name, ..)| *name == text.trim())?;
    let space = if takes.is_empty() { "" } else { "  " };
    Some(format!("{takes}{space}{about}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_with_what_they_are_given() {
        for (line, command) in [
            (":help", Command::Help(None)),
            (" :help add_client ", Command::Help(Some("add_client"))),
            (":plan", Command::Plan(None)),
            (":plan off", Command::Plan(Some(false))),
            (":q", Command::Quit),
            (":load \"my file.rhai\"", Command::Load("my file.rhai")),
            (
                ":save! a.rhai",
                Command::Save {
                    file: "a.rhai",
                    replaces: true,
                },
            ),
            (":settled", Command::Settled(None)),
            (":settled 2", Command::Settled(Some("2"))),
            (":use main", Command::Use(Some("main"))),
        ] {
            assert_eq!(parse(line), Ok(command), "{line}");
        }
    }

    #[test]
    fn a_command_that_is_wrong_says_what_is_right() {
        for (line, expected) in [
            (
                ":plam on",
                "error: unknown command `:plam`\nhint: did you mean `:plan`?",
            ),
            (
                ":x",
                "error: unknown command `:x`\nhint: `:help` lists the commands",
            ),
            (":plan yes", "error: `:plan` takes `on` or `off`, not `yes`"),
            (":save", "error: `:save` needs an argument: `:save FILE`"),
            (":quit now", "error: `:quit` takes no argument"),
        ] {
            assert_eq!(parse(line).unwrap_err().to_string(), expected, "{line}");
        }
    }

    #[test]
    fn commands_and_their_words_are_completed() {
        let shown = |before: &str| {
            let (start, choices) = complete(before, &Knowledge::default());
            let texts = choices.into_iter().map(|choice| choice.text);
            (start, texts.collect::<Vec<_>>())
        };
        assert_eq!(shown(":pl"), (0, vec![":plan ".to_owned()]));
        assert_eq!(shown(":").1.len(), COMMANDS.len());
        assert_eq!(shown(":plan o"), (6, vec!["off".into(), "on".into()]));
        assert!(shown(":help AddCl").1.contains(&"AddClient".to_owned()));
        assert!(shown(":help add_cl").1.contains(&"add_client".to_owned()));
        assert_eq!(shown(":vars x"), (6, vec![]));
        let knowledge = Knowledge {
            in_doubt: vec!["1".into(), "12".into(), "3".into()],
            ..Knowledge::default()
        };
        let (start, choices) = complete(":settled 1", &knowledge);
        let texts: Vec<String> = choices.into_iter().map(|choice| choice.text).collect();
        assert_eq!((start, texts), (9, vec!["1".into(), "12".into()]));
    }

    #[test]
    fn every_command_is_one_that_can_be_given() {
        for (name, takes, _) in COMMANDS {
            let word = match takes {
                "" => "",
                "on|off" => " on",
                _ => " x",
            };
            assert!(parse(&format!("{name}{word}")).is_ok(), "{name}");
        }
    }
}
