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
            Self::MissingParameter { .. } | Self::WrongValue { .. } => None,
        }
    }
}
