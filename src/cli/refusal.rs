//! A command line that cannot be understood, said as every other error is: what,
//! how the command is used, and one hint.

use std::error::Error as _;
use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::error::Failure;

/// What is wrong with the command line; `None` where help or the version was asked for.
pub(super) fn failure(refused: &clap::Error) -> Option<Failure> {
    let what = what(refused)?;
    let usage = usage(refused);
    let failure = Failure::usage(what);
    let hint = hint(refused, usage.as_deref());
    let failure = match &usage {
        Some(usage) => failure.at(format!("usage: {usage}")),
        None => failure,
    };
    Some(match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    })
}

fn what(refused: &clap::Error) -> Option<String> {
    let argument = || text(refused, ContextKind::InvalidArg);
    let value = || text(refused, ContextKind::InvalidValue);
    let what = match refused.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        | ErrorKind::DisplayVersion => return None,
        ErrorKind::UnknownArgument if argument().starts_with('-') => {
            format!("unknown option `{}`", argument())
        }
        ErrorKind::UnknownArgument => format!("unexpected argument `{}`", argument()),
        ErrorKind::InvalidSubcommand => format!(
            "unknown command `{}`",
            text(refused, ContextKind::InvalidSubcommand)
        ),
        ErrorKind::MissingRequiredArgument => {
            format!(
                "missing: {}",
                listed(&texts(refused, ContextKind::InvalidArg))
            )
        }
        ErrorKind::ArgumentConflict => {
            let prior = texts(refused, ContextKind::PriorArg);
            if prior.contains(&argument()) {
                format!("`{}` is used twice", argument())
            } else {
                format!("`{}` cannot be used with {}", argument(), listed(&prior))
            }
        }
        ErrorKind::InvalidValue if value().is_empty() => {
            format!("`{}` needs a value", argument())
        }
        ErrorKind::TooManyValues => {
            format!("`{}` takes no value, such as `{}`", argument(), value())
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let why = refused.source().map(|source| format!(": {source}"));
            let why = why.unwrap_or_default();
            format!("`{}` cannot be `{}`{why}", argument(), value())
        }
        // What else clap may refuse, in its own words.
        _ => refused.kind().to_string(),
    };
    Some(what)
}

/// What can be done about it, at most one thing.
fn hint(refused: &clap::Error, usage: Option<&str>) -> Option<String> {
    let did_you_mean = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand];
    let argument = text(refused, ContextKind::InvalidArg);
    let command = text(refused, ContextKind::InvalidSubcommand);
    if Path::new(&command).extension() == Some("rhai".as_ref()) {
        return Some(format!("did you mean `whmcsh run {command}`?"));
    }
    if refused.kind() == ErrorKind::InvalidSubcommand
        && let Some(similar) = one_slip_away(&command)
    {
        return Some(format!("did you mean `{similar}`?"));
    }
    for kind in did_you_mean {
        // The nearest comes last.
        if let Some(similar) = texts(refused, kind).last() {
            return Some(format!("did you mean `{similar}`?"));
        }
    }
    let valid = texts(refused, ContextKind::ValidValue);
    if !valid.is_empty() {
        return Some(format!("known: {}", listed(&valid)));
    }
    if refused.kind() == ErrorKind::UnknownArgument {
        // Of an option that a command has, clap names both words: 'call --profile'.
        let advice = text(refused, ContextKind::Suggested);
        let quoted = advice.split('\'').nth(1).unwrap_or_default();
        if advice.ends_with("exists") {
            return Some(format!("put it after the command: `whmcsh {quoted}`"));
        }
        if usage.is_some_and(|usage| usage.contains(" -- ")) && !argument.starts_with('-') {
            return Some(format!(
                "put all options before `--` and the action after it: `-- {argument} …`"
            ));
        }
        if advice.contains("as a value") {
            return Some(format!("write it after `--`: `-- {argument}`"));
        }
    }
    let is_word = |word: &&str| word.starts_with(|first: char| first.is_ascii_lowercase());
    let words: Vec<&str> = usage?.split(' ').take_while(is_word).collect();
    Some(format!("`{} --help` explains it", words.join(" ")))
}

/// How the command is used, without the word.
fn usage(refused: &clap::Error) -> Option<String> {
    let usage = text(refused, ContextKind::Usage);
    let lines: Vec<&str> = usage.split_whitespace().collect();
    let words = lines.join(" ");
    words.strip_prefix("Usage: ").map(str::to_owned)
}

fn text(refused: &clap::Error, kind: ContextKind) -> String {
    texts(refused, kind).into_iter().next().unwrap_or_default()
}

fn texts(refused: &clap::Error, kind: ContextKind) -> Vec<String> {
    match refused.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        Some(ContextValue::StyledStr(text)) => vec![text.to_string()],
        Some(ContextValue::StyledStrs(texts)) => texts.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

/// The command that was meant where one letter is wrong or two changed places: in
/// short words clap sees no likeness then.
fn one_slip_away(typed: &str) -> Option<String> {
    let whole = super::whole::whole();
    let mut names = whole.get_subcommands().map(clap::Command::get_name);
    let near = names.find(|name| strsim::damerau_levenshtein(typed, name) == 1);
    near.map(str::to_owned)
}

fn listed(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::whole::whole;

    fn said(line: &str) -> String {
        let refused = whole().try_get_matches_from(line.split(' ')).unwrap_err();
        failure(&refused).unwrap().to_string()
    }

    #[test]
    fn a_misspelled_word_is_told_with_the_nearest() {
        assert_eq!(
            said("whmcsh rnu"),
            "error: unknown command `rnu`\nusage: whmcsh [OPTIONS] <COMMAND>\nhint: did you mean `run`?"
        );
        let option = said("whmcsh run a.rhai --wokers 3");
        assert!(option.starts_with("error: unknown option `--wokers`\nusage: whmcsh run "));
        assert!(option.ends_with("\nhint: did you mean `--workers`?"));
        let value = said("whmcsh call GetClients -o cvs");
        let value = value.strip_prefix("error: `--output <FORMAT>` cannot be `cvs`");
        assert_eq!(
            value,
            Some("\nhint: known: `table`, `json`, `ndjson`, `csv`, `xlsx`")
        );
    }

    #[test]
    fn what_is_missing_is_named_with_the_usage() {
        assert_eq!(
            said("whmcsh run"),
            "error: missing: `<SCRIPT>`\nusage: whmcsh run <SCRIPT> [ARGS]...\nhint: `whmcsh run --help` explains it"
        );
        assert!(
            said("whmcsh run a.rhai --resume").starts_with("error: `--resume <RUN>` needs a value")
        );
    }

    #[test]
    fn a_word_in_the_wrong_place_is_told_where_it_goes() {
        let lines = [
            (
                "whmcsh clients.rhai",
                "did you mean `whmcsh run clients.rhai`?",
            ),
            (
                "whmcsh --profile x run a.rhai",
                "put it after the command: `whmcsh run --profile`",
            ),
            (
                "whmcsh each a.csv AddClientNote",
                "put all options before `--` and the action after it: `-- AddClientNote …`",
            ),
            ("whmcsh run a.rhai -z", "write it after `--`: `-- -z`"),
            ("whmcsh actions a b", "`whmcsh actions --help` explains it"),
        ];
        for (line, hint) in lines {
            let said = said(line);
            assert!(said.ends_with(&format!("\nhint: {hint}")), "{said}");
        }
    }

    #[test]
    fn what_does_not_go_together_is_named() {
        let two = said("whmcsh run --sandbox --profile x a.rhai");
        assert!(two.starts_with("error: `--sandbox` cannot be used with `--profile <NAME>`\n"));
        let twice = said("whmcsh run a.rhai --resume x --resume y");
        assert!(
            twice.starts_with("error: `--resume <RUN>` is used twice\n"),
            "{twice}"
        );
        let value = said("whmcsh run a.rhai --workers 0");
        assert!(
            value.starts_with("error: `--workers <N>` cannot be `0`: it must be"),
            "{value}"
        );
    }

    #[test]
    fn help_that_was_asked_for_is_no_error() {
        for line in [
            "whmcsh --help",
            "whmcsh --version",
            "whmcsh",
            "whmcsh profile",
        ] {
            let refused = whole().try_get_matches_from(line.split(' ')).unwrap_err();
            assert_eq!(failure(&refused), None, "{line}");
        }
    }
}
