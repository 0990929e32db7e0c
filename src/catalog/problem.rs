//! What a check of a call's parameters finds, in the words the user sees.
//!
//! The text says what is wrong and the hint what was probably meant; a secret
//! value never appears in either.

use std::fmt;

use rust_decimal::Decimal;

use super::value::has_zeros_in_front;
use super::{Encoding, Format, ParamKind};

/// What is wrong with one parameter of a call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Problem {
    /// The action has no such parameter.
    UnknownParameter {
        /// The action's name.
        action: &'static str,
        /// The name that was given.
        name: String,
        /// The parameter that was probably meant.
        similar: Option<&'static str>,
    },
    /// The connection sets this parameter itself.
    ReservedParameter {
        /// The name that was given.
        name: String,
    },
    /// The call needs this parameter.
    MissingParameter {
        /// The action's name.
        action: &'static str,
        /// The parameter's name.
        name: &'static str,
        /// Parameters that lift it.
        unless: &'static [&'static str],
        /// The first version that has it, where older ones do without.
        since: Option<&'static str>,
        /// Whether the server is known to refuse the call.
        is_proved: bool,
    },
    /// The call needs one of these ways to say something.
    MissingOneOf {
        /// The action's name.
        action: &'static str,
        /// The ways; of each, every parameter.
        one_of: &'static [&'static [&'static str]],
        /// In which case, as the end of a sentence; empty if always.
        condition: String,
        /// Whether the server is known to refuse the call.
        is_proved: bool,
    },
    /// The value is none of the documented words.
    UnknownWord {
        /// The action's name.
        action: &'static str,
        /// The parameter.
        param: &'static str,
        /// The parameter as it was given.
        name: String,
        /// The word that was probably meant.
        nearest: Option<&'static str>,
        /// The documented words.
        values: &'static [&'static str],
        /// What was given instead.
        given: String,
        /// Whether the server is known to refuse the call.
        is_proved: bool,
    },
    /// The value is not written in the one form WHMCS takes.
    WrongForm {
        /// The action's name.
        action: &'static str,
        /// The parameter.
        param: &'static str,
        /// The parameter as it was given.
        name: String,
        /// The form.
        format: Format,
        /// What was given instead.
        given: String,
        /// Whether the server is known to refuse the call.
        is_proved: bool,
    },
    /// Text that is not what the parameter is sent as.
    NotEncoded {
        /// The action's name.
        action: &'static str,
        /// The parameter.
        param: &'static str,
        /// The parameter as it was given.
        name: String,
        /// What it is sent as.
        encoding: Encoding,
    },
    /// Two lists that belong together do not fit.
    UnequalLists {
        /// The action's name.
        action: &'static str,
        /// The list.
        name: &'static str,
        /// The list it goes with.
        lead: &'static str,
        /// What does not fit.
        misfit: Misfit,
        /// Whether the server is known to refuse the call.
        is_proved: bool,
    },
    /// A list without the one it goes with.
    NoLead {
        /// The action's name.
        action: &'static str,
        /// The list.
        name: &'static str,
        /// The lists it may go with.
        lead: &'static [&'static str],
        /// Whether the server is known to refuse the call.
        is_proved: bool,
    },
    /// Nothing where the parameter would pick some: WHMCS takes it for all.
    Widens {
        /// The action's name.
        action: &'static str,
        /// The parameter.
        param: &'static str,
        /// The parameter as it was given.
        name: String,
        /// What was given.
        given: String,
    },
    /// Empty text for a field that has a value always.
    NeverEmpty {
        /// The action's name.
        action: &'static str,
        /// The parameter.
        param: &'static str,
        /// The parameter as it was given.
        name: String,
    },
    /// A name in a map that the map does not have.
    UnknownKey {
        /// The action's name.
        action: &'static str,
        /// The parameter.
        param: &'static str,
        /// Where the name is.
        name: String,
        /// The name.
        key: String,
        /// The name that was probably meant.
        nearest: Option<&'static str>,
        /// The names there are.
        keys: &'static [&'static str],
    },
    /// A place in a map by the ids of currencies that is none.
    NoCurrency {
        /// The action's name.
        action: &'static str,
        /// The parameter.
        param: &'static str,
        /// Where it is.
        name: String,
        /// What was given instead.
        given: String,
    },
    /// A file to attach that lacks a field, or is not encoded.
    NotAFile {
        /// The action's name.
        action: &'static str,
        /// The parameter.
        param: &'static str,
        /// The file, or its field.
        name: String,
        /// The field.
        key: &'static str,
        /// Whether it is missing; otherwise it is no base64.
        is_missing: bool,
    },
    /// A NUL, at which PHP and its libraries cut a text off.
    Nul {
        /// The parameter as it was given.
        name: String,
    },
    /// Parameters of which a call takes one at most.
    OneAtMost {
        /// The action's name.
        action: &'static str,
        /// Those that were given.
        given: Vec<&'static str>,
    },
    /// The value cannot be what the parameter is.
    WrongValue {
        /// The action's name.
        action: &'static str,
        /// The parameter as it was given.
        name: String,
        /// What the parameter is.
        kind: ParamKind,
        /// What was given instead; a secret only by its type.
        given: String,
    },
}

/// How a list does not fit another.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Misfit {
    /// It is not as long: its length, and the other's.
    Length(usize, usize),
    /// It names a place that the other has not.
    Stray(String),
    /// It does not name a line that the other names.
    Line(String),
    /// It leads the others, and has nothing at a place.
    Empty(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownParameter { action, name, .. } => {
                write!(f, "`{action}` has no parameter `{name}`")
            }
            Self::ReservedParameter { name } => {
                write!(
                    f,
                    "`{name}` is set by the connection and cannot be a parameter"
                )
            }
            Self::MissingParameter {
                action,
                name,
                since,
                ..
            } => {
                write!(f, "`{action}` needs `{name}`")?;
                since.map_or(Ok(()), |version| write!(f, " since WHMCS {version}"))
            }
            Self::MissingOneOf {
                action,
                one_of,
                condition,
                ..
            } => write!(f, "`{action}` needs {}{condition}", either(one_of)),
            Self::UnknownWord {
                action,
                name,
                given,
                ..
            } => write!(f, "`{action}` does not take {given} for `{name}`"),
            Self::WrongForm {
                action,
                name,
                format,
                given,
                ..
            } => write!(
                f,
                "`{action}` expects {} for `{name}`, not {given}",
                format.noun()
            ),
            Self::NotEncoded {
                action,
                name,
                encoding,
                ..
            } => {
                let what = match encoding {
                    Encoding::Json64 => "an array of maps",
                    _ => "a map",
                };
                write!(f, "`{action}` expects {what} for `{name}`, not text")
            }
            Self::UnequalLists {
                action,
                name,
                lead,
                misfit,
                ..
            } => write!(f, "`{action}` got {}", misfit.describe(name, lead)),
            Self::NoLead {
                action, name, lead, ..
            } => {
                let lead: Vec<String> = lead.iter().map(|name| format!("`{name}`")).collect();
                write!(f, "`{action}` got `{name}` without {}", lead.join(" or "))
            }
            Self::WrongValue {
                action,
                name,
                kind,
                given,
            } => {
                write!(
                    f,
                    "`{action}` expects {} for `{name}`, not {given}",
                    kind.noun()
                )
            }
            other => other.fmt_of_one(f),
        }
    }
}

impl Problem {
    /// What is wrong with a value that WHMCS would pass over or take for another.
    fn fmt_of_one(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Widens {
                action,
                name,
                given,
                ..
            } => write!(
                f,
                "`{action}` got {given} for `{name}`, which WHMCS treats as left out"
            ),
            Self::NeverEmpty { action, name, .. } => {
                write!(f, "`{action}` cannot empty `{name}`")
            }
            Self::UnknownKey {
                action, name, key, ..
            } => write!(f, "`{action}` has no `{key}` in `{name}`"),
            Self::NoCurrency {
                action,
                name,
                given,
                ..
            } => write!(
                f,
                "`{action}` expects the id of a currency in `{name}`, not `{given}`"
            ),
            Self::NotAFile {
                action,
                name,
                key,
                is_missing: true,
                ..
            } => write!(f, "`{action}` needs `{key}` in `{name}`"),
            Self::NotAFile { action, name, .. } => {
                write!(f, "`{action}` expects base64 for `{name}`")
            }
            Self::OneAtMost { action, given } => {
                let ways: Vec<[&str; 1]> = given.iter().map(|name| [*name]).collect();
                let ways: Vec<&[&str]> = ways.iter().map(<[&str; 1]>::as_slice).collect();
                write!(f, "`{action}` takes {}, not both", either(&ways))
            }
            Self::Nul { name } => write!(f, "`{name}` has a NUL character (U+0000) in it"),
            _ => Ok(()),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownParameter {
                similar: Some(name),
                ..
            } => Some(format!("did you mean `{name}`?")),
            Self::UnknownParameter { action, .. } => Some(format!(
                "`whmcsh actions {action}` lists its parameters; `--allow-unknown` sends it \
                 anyway"
            )),
            Self::ReservedParameter { .. } => {
                Some("credentials belong in the profile, the action in the function's name".into())
            }
            Self::WrongValue { kind, given, .. } => as_people_write(*kind, given),
            Self::MissingParameter { unless, .. } if !unless.is_empty() => {
                let names: Vec<String> = unless.iter().map(|name| format!("`{name}`")).collect();
                self.way_out(Some(format!("not needed with {}", names.join(" or "))))
            }
            Self::MissingParameter { .. } | Self::MissingOneOf { .. } | Self::NoLead { .. } => {
                self.way_out(None)
            }
            Self::UnknownWord {
                nearest: Some(word),
                ..
            } => self.way_out(Some(format!("did you mean `{word}`?"))),
            Self::UnknownWord { values, .. } => {
                let words = values.iter().filter(|word| !word.is_empty());
                let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
                self.way_out(Some(format!("use one of {}", words.join(", "))))
            }
            Self::WrongForm { format, .. } => self.way_out(Some(format.advice().to_owned())),
            Self::NotEncoded { encoding, .. } => {
                let advice = match encoding {
                    Encoding::Json64 => {
                        "write `[#{ name: \"…\", data: \"…\" }]`, the data in base64"
                    }
                    _ => "write `#{ \"3\": \"…\" }`, or text that PHP serialized, in base64",
                };
                self.way_out(Some(advice.to_owned()))
            }
            Self::Widens { param, .. } => Some(format!("to select all, leave `{param}` out")),
            Self::NeverEmpty { .. } => {
                self.way_out(Some("to keep the current value, leave it out".to_owned()))
            }
            Self::UnknownKey {
                nearest: Some(key), ..
            } => self.way_out(Some(format!("did you mean `{key}`?"))),
            Self::UnknownKey { keys, .. } => {
                let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
                self.way_out(Some(format!("use one of {}", keys.join(", "))))
            }
            Self::NoCurrency { .. } => {
                self.way_out(Some("`GetCurrencies` lists the ids".to_owned()))
            }
            Self::Nul { .. } => {
                Some("remove it with `replace`, or correct the file it is from".to_owned())
            }
            Self::NotAFile { .. } => self.way_out(Some(
                "write `[#{ name: \"…\", data: \"…\" }]`, the data in base64".to_owned(),
            )),
            Self::OneAtMost { .. } => self.way_out(Some("leave one of them out".to_owned())),
            Self::UnequalLists { misfit, .. } => {
                let advice = match misfit {
                    Misfit::Length(..) => "give one value per place; use `\"\"` for none",
                    Misfit::Stray(_) => "name only places that exist",
                    Misfit::Line(_) => "give a value for each",
                    Misfit::Empty(_) => "leave that place out of every list",
                };
                self.way_out(Some(advice.to_owned()))
            }
        }
    }

    /// The parameter it is about, as it was given; `None` if it is about what was not given.
    pub fn place(&self) -> Option<&str> {
        match self {
            Self::UnknownParameter { name, .. }
            | Self::ReservedParameter { name }
            | Self::WrongValue { name, .. }
            | Self::UnknownWord { name, .. }
            | Self::WrongForm { name, .. }
            | Self::NotEncoded { name, .. }
            | Self::Widens { name, .. }
            | Self::NeverEmpty { name, .. }
            | Self::UnknownKey { name, .. }
            | Self::NoCurrency { name, .. }
            | Self::Nul { name }
            | Self::NotAFile { name, .. } => Some(name),
            Self::OneAtMost { given, .. } => given.last().copied(),
            Self::UnequalLists { name, .. } | Self::NoLead { name, .. } => Some(name),
            Self::MissingParameter { .. } | Self::MissingOneOf { .. } => None,
        }
    }

    /// What makes a missing parameter needless.
    fn unless(&self) -> &'static [&'static str] {
        match self {
            Self::MissingParameter { unless, .. } => unless,
            _ => &[],
        }
    }

    /// The parameter that a misspelled name probably stands for.
    pub(super) fn meant(&self) -> Option<&'static str> {
        match self {
            Self::UnknownParameter { similar, .. } => *similar,
            _ => None,
        }
    }

    /// The parameters of which any would mend it.
    pub(super) fn wanted(&self) -> Vec<&'static str> {
        match self {
            Self::MissingParameter { name, .. } => vec![name],
            Self::MissingOneOf { one_of, .. } => {
                one_of.iter().copied().flatten().copied().collect()
            }
            Self::NoLead { lead, .. } => lead.to_vec(),
            _ => Vec::new(),
        }
    }

    /// The action and the parameters of which each, when it is allowed, lifts the problem:
    /// none where the server is known to refuse the call, and where no server could take it.
    pub fn lifted_by(&self) -> Option<(&'static str, Vec<&'static str>)> {
        let one = |action: &&'static str, name: &&'static str| Some((*action, vec![*name]));
        match self {
            Self::MissingParameter {
                action,
                name,
                is_proved: false,
                ..
            }
            | Self::UnequalLists {
                action,
                name,
                is_proved: false,
                ..
            }
            | Self::NoLead {
                action,
                name,
                is_proved: false,
                ..
            } => one(action, name),
            Self::UnknownWord {
                action,
                param,
                is_proved: false,
                ..
            }
            | Self::WrongForm {
                action,
                param,
                is_proved: false,
                ..
            }
            | Self::NotEncoded { action, param, .. }
            | Self::NeverEmpty { action, param, .. }
            | Self::UnknownKey { action, param, .. }
            | Self::NoCurrency { action, param, .. }
            | Self::NotAFile { action, param, .. } => one(action, param),
            Self::OneAtMost { action, given } => Some((*action, given.clone())),
            Self::MissingOneOf {
                action,
                one_of,
                is_proved: false,
                ..
            } => Some((action, one_of.iter().copied().flatten().copied().collect())),
            _ => None,
        }
    }

    /// The advice, and how the call is sent all the same where an owner may know better.
    fn way_out(&self, advice: Option<String>) -> Option<String> {
        let lifted = self.lifted_by().and_then(|(action, names)| {
            let name = names.first()?;
            Some(format!("`--allow {action}.{name}` sends it anyway"))
        });
        match (advice, lifted) {
            (Some(advice), Some(lifted)) if advice.ends_with('?') => {
                Some(format!("{advice} {lifted}"))
            }
            (Some(advice), Some(lifted)) => Some(format!("{advice}; {lifted}")),
            (advice, lifted) => advice.or(lifted),
        }
    }
}

/// Several problems with one action's call in one sentence, and what to do about it: what is
/// missing is named together, and otherwise the first is told.
pub fn sentence(problems: &[&Problem]) -> Option<(String, Option<String>)> {
    let first = problems.first()?;
    if first.place().is_some() {
        return Some((first.to_string(), first.hint()));
    }
    let mut what = first.to_string();
    let missing: Vec<&Problem> = problems
        .iter()
        .copied()
        .filter(|problem| problem.place().is_none())
        .collect();
    for problem in missing.iter().skip(1) {
        let problem = problem.to_string();
        what += ", ";
        what += problem
            .split_once(" needs ")
            .map_or(problem.as_str(), |(_, more)| more);
    }
    Some((what, hint_of_missing(&missing)))
}

/// What lifts all that is missing together: a part of it would not do.
fn hint_of_missing(missing: &[&Problem]) -> Option<String> {
    let lifted = missing.iter().map(|problem| problem.lifted_by());
    let allow = lifted.map(|lifted| {
        let (action, names) = lifted?;
        Some(format!("--allow {action}.{}", names.first()?))
    });
    let allow: Option<Vec<String>> = allow.collect();
    let allow = allow.filter(|all| !all.is_empty());
    let allow = allow.map(|all| format!("`{}` sends it anyway", all.join(" ")));
    let needless = |name: &&str| {
        missing
            .iter()
            .all(|problem| problem.unless().contains(name))
    };
    let unless = missing.first().map_or(&[][..], |problem| problem.unless());
    let unless: Vec<String> = unless
        .iter()
        .filter(|name| needless(name))
        .map(|name| format!("`{name}`"))
        .collect();
    if unless.is_empty() {
        return allow;
    }
    let advice = format!("not needed with {}", unless.join(" or "));
    Some(match allow {
        Some(allow) => format!("{advice}; {allow}"),
        None => advice,
    })
}

impl Misfit {
    /// What was given of the list, as a sentence goes on.
    fn describe(&self, name: &str, lead: &str) -> String {
        match self {
            Self::Length(given, wanted) => {
                let noun = if *given == 1 { "value" } else { "values" };
                format!("{given} {noun} in `{name}` for {wanted} in `{lead}`")
            }
            Self::Stray(place) => {
                format!("place {place} in `{name}`, which `{lead}` does not have")
            }
            Self::Line(line) => format!("no value in `{name}` for `{line}` of `{lead}`"),
            Self::Empty(place) => format!("nothing at place {place} of `{name}`"),
        }
    }
}

impl Format {
    /// What is wanted, as a sentence says it.
    const fn noun(self) -> &'static str {
        match self {
            Self::Email => "an email address",
            Self::Country => "a two-letter country code",
            Self::Money => "an amount with at most two decimals",
            Self::Localised => "a day in the date format of the server",
        }
    }

    /// How to give it.
    const fn advice(self) -> &'static str {
        match self {
            Self::Email => "write one address, such as `jo@example.com`",
            Self::Country => "write the ISO code, such as `DE`",
            Self::Money => "round it first, such as to `12.35`",
            Self::Localised => "write it in the format of its settings, such as `31/12/2026`",
        }
    }
}

/// The ways to say something: `` `a` or `b` ``; `` `a`, or `b` and `c` ``.
fn either(one_of: &[&[&str]]) -> String {
    let named = |names: &&[&str]| {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        match names.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
            _ => names.concat(),
        }
    };
    let ways: Vec<String> = one_of.iter().map(named).collect();
    let is_plain = one_of.iter().all(|names| names.len() == 1);
    match ways.split_last() {
        Some((last, rest)) if !rest.is_empty() && is_plain => {
            format!("{} or {last}", rest.join(", "))
        }
        Some((last, rest)) if !rest.is_empty() => format!("{}, or {last}", rest.join(", ")),
        _ => ways.concat(),
    }
}

/// A number without the zeros in front that count for nothing.
fn without_zeros_in_front(given: &str) -> Option<String> {
    let (sign, digits) = match given.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", given),
    };
    let meant = digits.trim_start_matches('0');
    let is_whole = meant.starts_with(|letter: char| letter.is_ascii_digit());
    let zero = if is_whole { "" } else { "0" };
    has_zeros_in_front(digits).then(|| format!("{sign}{zero}{meant}"))
}

/// How a script reads an amount or a day in the form it has in a spreadsheet.
fn as_people_write(kind: ParamKind, given: &str) -> Option<String> {
    let has_digits = given.contains(|letter: char| letter.is_ascii_digit());
    let bare = given.trim_matches('`');
    if let Some(meant) = without_padding(kind, bare) {
        return Some(format!(
            "write `{meant}`: a sign or blanks would be sent as they are"
        ));
    }
    match kind {
        ParamKind::Date if bare.get(..10).is_some_and(is_day) => Some(format!(
            "the time would be lost; write `{}`: `date(moment)` gives the day of a moment",
            &bare[..10]
        )),
        ParamKind::Decimal | ParamKind::Decimals
            if let Some(meant) = without_zeros_in_front(bare) =>
        {
            Some(format!(
                "write `{meant}`; of two amounts as text `parse_money(…)` makes numbers to be added"
            ))
        }
        ParamKind::Decimal | ParamKind::Decimals if has_digits && given.contains(',') => {
            Some("in a script, `parse_money(text)` reads such an amount".into())
        }
        ParamKind::Decimal | ParamKind::Decimals if has_digits && given.contains('%') => {
            Some("in a script, `parse_percent(text)` reads such a percentage".into())
        }
        ParamKind::Date if has_digits && given.contains('/') => {
            let digits = |part: &str| part.trim_matches('`').parse::<u8>().ok();
            let is_month_first = given.split('/').nth(1).and_then(digits) > Some(12);
            let form = if is_month_first {
                "%m/%d/%Y"
            } else {
                "%d/%m/%Y"
            };
            Some(format!(
                "in a script, `date(text, \"{form}\")` reads such a day"
            ))
        }
        ParamKind::Date if has_digits && given.contains('.') => {
            Some("in a script, `date(text, \"%d.%m.%Y\")` reads such a day".into())
        }
        ParamKind::String | ParamKind::Strings if matches!(given, "`true`" | "`false`") => {
            Some("write the text to send, such as `\"Yes\"` or `\"1\"`".into())
        }
        _ => None,
    }
}

/// The number that is meant by one with a plus or blanks around it.
fn without_padding(kind: ParamKind, given: &str) -> Option<&str> {
    let is_number = matches!(
        kind,
        ParamKind::Int
            | ParamKind::Ints
            | ParamKind::Ids
            | ParamKind::Decimal
            | ParamKind::Decimals
    );
    let meant = given.trim();
    let meant = meant.strip_prefix('+').unwrap_or(meant);
    let is_plain = Decimal::from_str_exact(meant).is_ok();
    (is_number && meant != given && is_plain).then_some(meant)
}

fn is_day(text: &str) -> bool {
    text.parse::<jiff::civil::Date>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_by_a_padded_number_and_by_a_moment_is_said() {
        let hint = |kind, given: &str| as_people_write(kind, given).unwrap();
        assert!(hint(ParamKind::Int, "`+1`").starts_with("write `1`: "));
        assert!(hint(ParamKind::Int, "`1 `").starts_with("write `1`: "));
        assert!(hint(ParamKind::Decimal, "` 12.50`").starts_with("write `12.50`: "));
        let day = hint(ParamKind::Date, "`2026-12-01T00:00:00Z`");
        assert!(day.contains("write `2026-12-01`: `date(moment)`"), "{day}");
    }

    #[test]
    fn what_is_meant_by_an_amount_with_zeros_in_front_is_said() {
        for (given, meant) in [
            ("`0550`", "`550`"),
            ("`-00.50`", "`-0.50`"),
            ("`00`", "`0`"),
        ] {
            let hint = as_people_write(ParamKind::Decimal, given).unwrap();
            assert!(hint.starts_with(&format!("write {meant}; ")), "{hint}");
        }
        assert_eq!(as_people_write(ParamKind::Decimal, "`0.50`"), None);
    }

    #[test]
    fn the_way_out_of_all_that_is_missing_is_told_whole() {
        let missing = |name: &'static str, is_proved: bool| Problem::MissingParameter {
            action: "AddClient",
            name,
            unless: &["skipvalidation"],
            since: None,
            is_proved,
        };
        let told = |problems: &[Problem]| {
            let problems: Vec<&Problem> = problems.iter().collect();
            sentence(&problems).unwrap()
        };
        let (what, hint) = told(&[missing("city", false), missing("state", false)]);
        assert_eq!(what, "`AddClient` needs `city`, `state`");
        assert_eq!(
            hint.as_deref(),
            Some(
                "not needed with `skipvalidation`; `--allow AddClient.city --allow \
                 AddClient.state` sends it anyway"
            )
        );
        let (_, hint) = told(&[missing("city", false), missing("email", true)]);
        assert_eq!(hint.as_deref(), Some("not needed with `skipvalidation`"));
    }

    #[test]
    fn what_people_write_is_told_how_to_read() {
        let hint = |kind, given: &str| {
            let problem = Problem::WrongValue {
                action: "AddCredit",
                name: "x".into(),
                kind,
                given: given.into(),
            };
            problem.hint().unwrap_or_default()
        };
        assert!(hint(ParamKind::Decimal, "`1.234,50`").contains("parse_money"));
        assert!(hint(ParamKind::Decimal, "`19%`").contains("parse_percent"));
        assert!(hint(ParamKind::Date, "`01.03.2019`").contains("`date(text, \"%d.%m.%Y\")"));
        assert!(hint(ParamKind::Date, "`01/03/2019`").contains("`date(text, \"%d/%m/%Y\")"));
        assert!(hint(ParamKind::Date, "`12/31/2026`").contains("`date(text, \"%m/%d/%Y\")"));
        assert!(hint(ParamKind::String, "`true`").contains("`\"1\"`"));
        assert_eq!(hint(ParamKind::Decimal, "`a, b`"), "");
        assert_eq!(hint(ParamKind::Int, "`1,5`"), "");
    }
}
