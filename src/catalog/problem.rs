//! What a check of a call's parameters finds, in the words the user sees.
//!
//! The text says what is wrong and the hint what was probably meant; a secret
//! value never appears in either.

use std::fmt;

use super::ParamKind;

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
    /// WHMCS refuses the call without this parameter.
    MissingParameter {
        /// The action's name.
        action: &'static str,
        /// The parameter's name.
        name: &'static str,
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
            Self::MissingParameter { action, name } => write!(f, "`{action}` needs `{name}`"),
            Self::WrongValue {
                action,
                name,
                kind,
                given,
            } => {
                write!(
                    f,
                    "`{action}` wants {} for `{name}`, not {given}",
                    kind.noun()
                )
            }
        }
    }
}

impl Problem {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownParameter {
                similar: Some(name),
                ..
            } => Some(format!("did you mean `{name}`?")),
            Self::UnknownParameter { action, .. } => Some(format!(
                "`whmcsh actions {action}` lists its parameters; `--allow-unknown` sends it all the same"
            )),
            Self::ReservedParameter { .. } => {
                Some("credentials belong in the profile, the action in the function's name".into())
            }
            Self::WrongValue { kind, given, .. } => as_people_write(*kind, given),
            Self::MissingParameter { .. } => None,
        }
    }
}

/// How a script reads an amount or a day in the form it has in a spreadsheet.
fn as_people_write(kind: ParamKind, given: &str) -> Option<String> {
    let has_digits = given.contains(|letter: char| letter.is_ascii_digit());
    match kind {
        ParamKind::Decimal | ParamKind::Decimals if has_digits && given.contains(',') => {
            Some("in a script, `parse_money(text)` reads such an amount".into())
        }
        ParamKind::Date if has_digits && given.contains(['.', '/']) => {
            Some("in a script, `date(text, \"%d.%m.%Y\")` reads such a day".into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(hint(ParamKind::Date, "`01.03.2019`").contains("`date(text"));
        assert_eq!(hint(ParamKind::Decimal, "`a, b`"), "");
        assert_eq!(hint(ParamKind::Int, "`1,5`"), "");
    }
}
