//! Of which kind the file of `each` is.

use crate::script::frozen;

/// What a file holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum FileKind {
    /// Cells of text.
    Csv,
    /// A JSON object per line.
    Records,
    /// A spreadsheet.
    Sheet,
}

impl FileKind {
    /// The function that reads it.
    pub const fn function(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Records => frozen::NAME,
            Self::Sheet => "sheet",
        }
    }

    /// What is said of a file to which an option of another kind was given.
    pub const fn said(self) -> &'static str {
        match self {
            Self::Csv => "is not a spreadsheet",
            Self::Records => "has a record per line",
            Self::Sheet => "is a spreadsheet",
        }
    }
}
