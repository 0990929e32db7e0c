//! Arguments that a script declares in its header: `//! arg months: number = 24  # what it is`.
//!
//! The one place that reads them. A line is `arg NAME: KIND`, then `?` for one that may be
//! left out, or `= DEFAULT`, then `# a sentence of help`. Only the comments before the first
//! statement are read.

use super::kind::ArgumentKind;
use super::word::{Wrong, word};
use crate::secrets::is_secret;

/// The options of `whmcsh run` and `whmcsh plan`, which no argument may be called like, and
/// those of [`RESERVED`].
pub const OPTIONS: [&str; 48] = [
    "again",
    "allow",
    "allow-env",
    "allow-unknown",
    "approved",
    "at-once",
    "bind",
    "bind-again",
    "config",
    "csv",
    "detailed-exitcode",
    "fail-fast",
    "help",
    "html",
    "ipv4",
    "ipv6",
    "json",
    "limit",
    "log",
    "max-deletes",
    "max-doubts",
    "max-failures",
    "max-memory",
    "max-money",
    "max-writes",
    "name",
    "no-mail",
    "no-snapshot",
    "no-wait",
    "on-end",
    "out",
    "profile",
    "profiles",
    "quiet",
    "rate",
    "resume",
    "rows-changed",
    "same-row",
    "sample",
    "sandbox",
    "shard",
    "snapshot",
    "strict",
    "take-over",
    "verbose",
    "version",
    "workers",
    "yes",
];

/// Options that may come, so that no script has to change for them.
pub const RESERVED: [&str; 2] = ["limit", "sample"];

/// An argument of a script.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared {
    /// What it is called in `args`.
    pub name: String,
    /// What it holds.
    pub kind: ArgumentKind,
    /// Whether it has to be given.
    pub is_required: bool,
    /// What it holds where it is not given, as a word of the command line.
    pub default: Option<String>,
    /// What it is for.
    pub about: String,
}

/// A declaration that cannot be read.
#[derive(Debug, PartialEq)]
pub struct Misdeclared {
    /// Its line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
    /// What to write.
    pub hint: String,
}

impl Declared {
    /// How it is written as an option: `max_days` as `max-days`.
    pub fn option(&self) -> String {
        self.name.replace('_', "-")
    }
}

/// The arguments that a script declares, in their order.
pub(crate) fn declared(text: &str) -> Result<Vec<Declared>, Misdeclared> {
    let mut found: Vec<Declared> = Vec::new();
    for (line, words) in lines(text) {
        let declared = read(words).map_err(|(what, hint)| Misdeclared { line, what, hint })?;
        if found
            .iter()
            .any(|other| other.option() == declared.option())
        {
            return Err(Misdeclared {
                line,
                what: format!("the argument `{}` is declared twice", declared.name),
                hint: "give each argument a name of its own".to_owned(),
            });
        }
        found.push(declared);
    }
    Ok(found)
}

/// What stands behind `arg` in a line of a header that declares one: behind a name, a colon.
pub fn declaration(line: &str) -> Option<&str> {
    let words = line.trim().strip_prefix("arg ")?.trim();
    let (name, _) = words.split_once(':')?;
    let is_word = !name.is_empty() && !name.trim_end().contains(char::is_whitespace);
    is_word.then_some(words)
}

/// The declarations of a header, each with its line.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_header = |(_, line): &(usize, &str)| {
        let line = line.trim();
        line.is_empty() || line.starts_with("//") || line.starts_with("#!")
    };
    let header = (1..).zip(text.lines()).take_while(is_header);
    header.filter_map(|(number, line)| {
        let words = line.trim().strip_prefix("//!")?;
        Some((number, declaration(words)?))
    })
}

fn read(words: &str) -> Result<Declared, Wrong> {
    let (name, words) = words.split_once(':').unwrap_or((words, ""));
    let name = name.trim();
    is_name(name)?;
    let (kind, words) = ArgumentKind::read(words.trim())?;
    let (is_optional, words) = match words.strip_prefix('?') {
        Some(words) => (true, words.trim_start()),
        None => (false, words),
    };
    let (default, about) = match words.strip_prefix('=') {
        Some(words) => {
            let (default, words) = word(words.trim_start())?;
            (Some(default), words)
        }
        None => (None, words),
    };
    let about = about.trim();
    let Some(about) = about.strip_prefix('#').or(about.is_empty().then_some("")) else {
        return Err((
            format!("`{about}` is not part of the declaration of `{name}`"),
            format!("write help behind `#`, as in `//! arg {name}: number = 24  # {about}`"),
        ));
    };
    if kind == ArgumentKind::Flag && (default.is_some() || is_optional) {
        return Err((
            format!("the flag `{name}` has a default"),
            format!("write `//! arg {name}: flag`; a flag that is not passed is false"),
        ));
    }
    if is_optional && default.is_some() {
        return Err((
            format!("the argument `{name}` has both `?` and a default"),
            "write one of the two".to_owned(),
        ));
    }
    if let Some(default) = &default
        && let Err(why) = kind.value(default)
    {
        let what = format!("the default of `{name}` is not a {}: {why}", kind.word());
        return Err((what, kind.hint()));
    }
    Ok(Declared {
        name: name.to_owned(),
        is_required: default.is_none() && !is_optional && kind != ArgumentKind::Flag,
        default: default.or((kind == ArgumentKind::Flag).then(|| "false".to_owned())),
        about: about.trim().to_owned(),
        kind,
    })
}

fn is_name(name: &str) -> Result<(), Wrong> {
    let is_plain =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    let begins = name.starts_with(|first: char| first.is_ascii_lowercase());
    if !begins || !name.chars().all(is_plain) || name.ends_with('_') {
        return Err((
            format!("`{name}` cannot be the name of an argument"),
            "use lower-case letters, digits and `_`, as in `max_days`".to_owned(),
        ));
    }
    if OPTIONS.contains(&name.replace('_', "-").as_str()) {
        return Err((
            format!("`--{}` is an option of whmcsh", name.replace('_', "-")),
            "give the argument another name".to_owned(),
        ));
    }
    if is_secret(name) {
        return Err((
            format!("`{name}` is the name of a secret, and arguments are not kept secret"),
            "read a secret with `env(\"NAME\")` and pass `--allow-env NAME`".to_owned(),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> Declared {
        let found = declared(&format!("//! Does it.\n//! {line}\nprint(1);"));
        found.unwrap().into_iter().next().unwrap()
    }

    fn wrong(line: &str) -> String {
        declared(&format!("//! {line}\n")).unwrap_err().what
    }

    #[test]
    fn a_line_of_the_header_declares_an_argument() {
        let months = one("arg months: number = 24  # months without activity");
        assert_eq!(months.name, "months");
        assert_eq!(months.kind, ArgumentKind::Number);
        assert_eq!(months.default.as_deref(), Some("24"));
        assert_eq!(months.about, "months without activity");
        assert!(!months.is_required);
        assert!(one("arg clients: file").is_required);
        let since = one("arg since: day?  # the first day");
        assert!(!since.is_required && since.default.is_none());
        assert_eq!(since.about, "the first day");
        assert_eq!(one("arg really: flag").default.as_deref(), Some("false"));
        assert_eq!(one("arg max_days: number").option(), "max-days");
    }

    #[test]
    fn a_closed_list_names_its_values() {
        let status = one("arg status: one of \"Active\", \"In Progress\" = \"Active\"  # which");
        let values = vec!["Active".to_owned(), "In Progress".to_owned()];
        assert_eq!(status.kind, ArgumentKind::OneOf(values));
        assert_eq!(status.default.as_deref(), Some("Active"));
        assert_eq!(status.about, "which");
    }

    #[test]
    fn a_default_in_quotes_may_hold_anything() {
        assert_eq!(one("arg a: text = \"a # b\" # c").default.unwrap(), "a # b");
        assert_eq!(one("arg a: text = \"\"").default.unwrap(), "");
        assert_eq!(
            one("arg a: text = two words  # c").default.unwrap(),
            "two words"
        );
    }

    #[test]
    fn what_is_not_a_declaration_is_prose() {
        let text =
            "//! Each arg counts.\n//! arg of a kind: none\n//!\nlet a = 1;\n//! arg b: odd\n";
        assert_eq!(declared(text).unwrap(), []);
    }

    #[test]
    fn a_declaration_that_cannot_be_read_says_what_is_wrong() {
        for (line, what) in [
            ("arg a: numbr", "`numbr` is not a kind of argument"),
            ("arg A: text", "`A` cannot be the name of an argument"),
            (
                "arg a: number = x",
                "the default of `a` is not a number: `x` is not a number",
            ),
            ("arg a: number = ", "a value is missing"),
            (
                "arg a: number 24",
                "`24` is not part of the declaration of `a`",
            ),
            ("arg a: flag = true", "the flag `a` has a default"),
            (
                "arg a: text? = x",
                "the argument `a` has both `?` and a default",
            ),
            ("arg workers: number", "`--workers` is an option of whmcsh"),
            (
                "arg api_password: text",
                "`api_password` is the name of a secret, and arguments are not kept secret",
            ),
            ("arg a: one of", "`one of` names no values"),
            ("arg a: one of \"x\", \"x\"", "`x` is in the list twice"),
            (
                "arg a: one of \"x\" = \"y\"",
                "the default of `a` is not a value of the list: `y` is not in it",
            ),
            ("arg a: text = \"x", "`\"x` has no closing quote"),
        ] {
            assert_eq!(wrong(line), what, "{line}");
        }
        let twice = declared("//! arg a_b: text\n//! arg a_b: text\n").unwrap_err();
        assert_eq!(
            (twice.line, twice.what.as_str()),
            (2, "the argument `a_b` is declared twice")
        );
    }
}
