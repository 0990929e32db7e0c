//! What an argument of a script may hold, and how a word of the command line is read as it.

use jiff::civil;
use rhai::{Array, Dynamic, INT};
use rust_decimal::Decimal;

use super::word::{Wrong, word};
use crate::catalog::similar;
use crate::script::dates::{Dated, Origin};

/// The kinds by their names in a declaration, without the closed lists.
const NAMED: [(&str, ArgumentKind); 7] = [
    ("text", ArgumentKind::Text),
    ("number", ArgumentKind::Number),
    ("day", ArgumentKind::Day),
    ("money", ArgumentKind::Money),
    ("file", ArgumentKind::File),
    ("flag", ArgumentKind::Flag),
    ("list", ArgumentKind::List),
];
const ONE_OF: &str = "one of";

/// What an argument holds.
#[derive(Clone, Debug, PartialEq)]
pub enum ArgumentKind {
    /// Any text.
    Text,
    /// A whole number, or one with a decimal point.
    Number,
    /// A day, as `2026-11-23`.
    Day,
    /// An amount, with at most two decimal places.
    Money,
    /// The path of a file, to be read or written.
    File,
    /// Whether it is passed.
    Flag,
    /// Texts between commas.
    List,
    /// One of these texts.
    OneOf(Vec<String>),
}

impl ArgumentKind {
    /// The kind that a declaration begins with, and what is behind it.
    pub(super) fn read(words: &str) -> Result<(Self, &str), Wrong> {
        if let Some(values) = words.strip_prefix(ONE_OF) {
            return one_of(values.trim_start());
        }
        let end = words.find(|letter: char| !letter.is_ascii_alphabetic());
        let (name, behind) = words.split_at(end.unwrap_or(words.len()));
        let known = NAMED.into_iter().find(|(known, _)| *known == name);
        if let Some((_, kind)) = known {
            return Ok((kind, behind.trim_start()));
        }
        let names = NAMED.iter().map(|(name, _)| *name);
        let hint = if let Some(similar) = similar(name, names.clone()).first() {
            format!("did you mean `{similar}`?")
        } else {
            let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
            format!("use {} or `one of \"A\", \"B\"`", names.join(", "))
        };
        Err((format!("`{words}` is not a kind of argument"), hint))
    }

    /// Its name in sentences.
    pub fn word(&self) -> &'static str {
        match self {
            Self::OneOf(_) => "value of the list",
            Self::Flag => "yes or no",
            other => {
                let mut names = NAMED.iter();
                names
                    .find(|(_, kind)| kind == other)
                    .map_or("", |named| named.0)
            }
        }
    }

    /// What stands for its value where the use of a script is shown.
    pub fn placeholder(&self) -> String {
        match self {
            Self::OneOf(values) => values.join("|"),
            other => other.word().to_uppercase(),
        }
    }

    /// What to write for one.
    pub fn hint(&self) -> String {
        match self {
            Self::Text => "write a text".to_owned(),
            Self::Number => "write a number, such as `24` or `2.5`".to_owned(),
            Self::Day => "write a day as `2026-11-23`".to_owned(),
            Self::Money => "write an amount as `12.50`".to_owned(),
            Self::File => "write the path of a file".to_owned(),
            Self::Flag => "write `true` or `false`".to_owned(),
            Self::List => "write texts with commas between them, such as `a,b`".to_owned(),
            Self::OneOf(values) => {
                let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
                format!("use one of {}", values.join(", "))
            }
        }
    }

    /// What a word of the command line is as a value of this kind, or why it is none.
    pub(super) fn value(&self, word: &str) -> Result<Dynamic, String> {
        let refused = |is_not: &str| format!("`{}` {is_not}", shorten(word));
        match self {
            Self::File if word.is_empty() => Err("the path is empty".to_owned()),
            Self::File | Self::Text => Ok(word.into()),
            Self::Number => number(word).ok_or_else(|| refused("is not a number")),
            Self::Money => match decimal(word) {
                Some(amount) if amount.scale() <= 2 => Ok(Dynamic::from_decimal(amount)),
                Some(_) => Err(refused("has more than two decimal places")),
                None => Err(refused("is not an amount")),
            },
            Self::Day => match word.parse::<civil::Date>() {
                Ok(day) if day.to_string() == word => Ok(Dynamic::from(Dated(day, Origin::Data))),
                _ => Err(refused("is not a day")),
            },
            Self::Flag => match word {
                "true" | "yes" => Ok(true.into()),
                "false" | "no" => Ok(false.into()),
                _ => Err(refused("is neither `true` nor `false`")),
            },
            Self::List => list(word).ok_or_else(|| refused("has an empty item")),
            Self::OneOf(values) if values.iter().any(|value| value == word) => Ok(word.into()),
            Self::OneOf(_) => Err(refused("is not in it")),
        }
    }
}

fn shorten(word: &str) -> String {
    word.chars().take(60).collect()
}

fn one_of(mut words: &str) -> Result<(ArgumentKind, &str), Wrong> {
    let mut values: Vec<String> = Vec::new();
    let example = || "write them in quotes: `one of \"Active\", \"Suspended\"`".to_owned();
    while words.starts_with('"') {
        let (value, behind) = word(words)?;
        if values.contains(&value) {
            return Err((format!("`{value}` is in the list twice"), example()));
        }
        if value.is_empty() {
            return Err(("an empty text is in the list".to_owned(), example()));
        }
        values.push(value);
        words = behind.trim_start();
        match words.strip_prefix(',') {
            Some(behind) => words = behind.trim_start(),
            None => return Ok((ArgumentKind::OneOf(values), words)),
        }
    }
    Err(if values.is_empty() {
        ("`one of` names no values".to_owned(), example())
    } else {
        ("a value is missing behind `,`".to_owned(), example())
    })
}

fn number(word: &str) -> Option<Dynamic> {
    let digits = word.strip_prefix('-').unwrap_or(word);
    if !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return word.parse::<INT>().ok().map(Dynamic::from_int);
    }
    decimal(word).map(Dynamic::from_decimal)
}

/// Digits with at most one point between them.
fn decimal(word: &str) -> Option<Decimal> {
    let digits = word.strip_prefix('-').unwrap_or(word);
    let is_number =
        |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    let is_written = match digits.split_once('.') {
        Some((whole, part)) => is_number(whole) && is_number(part),
        None => is_number(digits),
    };
    // What it cannot hold to the last digit is refused.
    is_written
        .then(|| Decimal::from_str_exact(word).ok())
        .flatten()
}

fn list(word: &str) -> Option<Dynamic> {
    if word.is_empty() {
        return Some(Array::new().into());
    }
    let items: Vec<&str> = word.split(',').map(str::trim).collect();
    let is_whole = items.iter().all(|item| !item.is_empty());
    is_whole.then(|| {
        items
            .into_iter()
            .map(|item| Dynamic::from(item.to_owned()))
            .collect::<Array>()
            .into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_as_its_kind() {
        let read = |kind: ArgumentKind, word: &str| kind.value(word).map(|value| value.to_string());
        assert_eq!(read(ArgumentKind::Number, "-24").unwrap(), "-24");
        assert!(ArgumentKind::Number.value("24").unwrap().is_int());
        assert_eq!(read(ArgumentKind::Number, "2.50").unwrap(), "2.50");
        assert_eq!(read(ArgumentKind::Money, "12.50").unwrap(), "12.50");
        assert!(ArgumentKind::Day.value("2026-11-23").is_ok());
        assert!(ArgumentKind::Flag.value("yes").unwrap().as_bool().unwrap());
        let list = ArgumentKind::List.value("a, b").unwrap();
        assert_eq!(list.cast::<Array>().len(), 2);
        assert_eq!(
            ArgumentKind::List.value("").unwrap().cast::<Array>().len(),
            0
        );
    }

    #[test]
    fn what_could_mean_something_else_is_refused() {
        for (kind, word) in [
            (ArgumentKind::Number, "1,5"),
            (ArgumentKind::Number, ""),
            (ArgumentKind::Number, "1e3"),
            (ArgumentKind::Number, "+1"),
            (ArgumentKind::Number, "99999999999999999999"),
            (ArgumentKind::Number, "1."),
            (ArgumentKind::Number, "٣"),
            (ArgumentKind::Money, "12.505"),
            (ArgumentKind::Money, "12,50"),
            (ArgumentKind::Money, "12.50 EUR"),
            (ArgumentKind::Day, "23/11/2026"),
            (ArgumentKind::Day, "2026-02-30"),
            (ArgumentKind::Day, "20261123"),
            (ArgumentKind::Flag, "1"),
            (ArgumentKind::File, ""),
            (ArgumentKind::List, "a,,b"),
            (ArgumentKind::OneOf(vec!["Active".into()]), "active"),
        ] {
            assert!(kind.value(word).is_err(), "{kind:?}: {word}");
        }
    }
}
