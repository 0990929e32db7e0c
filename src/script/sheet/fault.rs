//! What can be wrong with a spreadsheet file.

use std::fmt::Display;

use crate::files::reason;
use crate::script::files::other_kind::{self, TEXT};
use crate::script::raise::Raised;

/// Why a file, or a part of it, is not read.
#[derive(Debug)]
pub(super) enum SheetFault {
    /// It is not as its kind is; what is wrong.
    Damaged(String),
    /// It is encrypted.
    Locked,
    /// It is of that kind, which is not read.
    Other(&'static str),
    /// What it says was refused, or nobody listens any more.
    Raised(Raised),
    /// It would need more memory or time than a spreadsheet does; what of it.
    TooLarge(String),
}

impl SheetFault {
    /// A file that is not as its kind is.
    pub fn damaged(what: impl Display) -> Self {
        Self::Damaged(what.to_string())
    }

    /// The error as a script sees it, with what became of the rows: `nothing of it was sent`.
    pub fn raised(self, path: &str, fate: &str) -> Raised {
        const ANEW: &str = "open it in a spreadsheet program and save it as .xlsx";
        let complain = |what: &str| complaint(path, &format!("{what}; {fate}"));
        match self {
            Self::Damaged(what) => {
                complain(&format!("cannot be read: it is damaged: {what}")).hint(ANEW)
            }
            Self::Locked => {
                complain("is locked with a password").hint("save a copy of it without the password")
            }
            Self::Other(kind) => {
                let hint = if kind.contains("zip") {
                    "unpack it first, if there is a spreadsheet in it"
                } else if kind == TEXT || kind.contains("JSON") {
                    other_kind::way(kind)
                } else {
                    ANEW
                };
                complain(&format!("is not a spreadsheet but {kind}")).hint(hint)
            }
            Self::Raised(raised) => raised,
            Self::TooLarge(what) => complain(&format!("is refused: {what}"))
                .hint("save the one sheet with its values alone to a new file"),
        }
    }
}

impl From<Raised> for SheetFault {
    fn from(raised: Raised) -> Self {
        Self::Raised(raised)
    }
}

impl From<std::io::Error> for SheetFault {
    fn from(error: std::io::Error) -> Self {
        match error.downcast::<TooLarge>() {
            Ok(TooLarge(what)) => Self::TooLarge(what),
            Err(error) => Self::Damaged(reason(&error)),
        }
    }
}

impl From<quick_xml::Error> for SheetFault {
    fn from(error: quick_xml::Error) -> Self {
        match error {
            quick_xml::Error::Io(error) => match std::sync::Arc::try_unwrap(error) {
                Ok(error) => error.into(),
                Err(error) => Self::damaged(error),
            },
            error => Self::damaged(error),
        }
    }
}

impl From<zip::result::ZipError> for SheetFault {
    fn from(error: zip::result::ZipError) -> Self {
        match error {
            zip::result::ZipError::Io(error) => error.into(),
            error => Self::damaged(error),
        }
    }
}

/// A limit that was passed while reading; it travels as an error of input.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct TooLarge(pub String);

impl From<TooLarge> for std::io::Error {
    fn from(error: TooLarge) -> Self {
        Self::other(error)
    }
}

/// An error about a file.
pub(super) fn complaint(path: &str, what: &str) -> Raised {
    Raised::new("sheet", format!("`{path}` {what}"))
}
