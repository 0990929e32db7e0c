//! What becomes of rows and writes, and when.

use crate::run::journal::{Outcome, RowRecord, RowState};

/// What became of a row, or of a write.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum RowStatus {
    Done,
    Unchanged,
    Skipped,
    InDoubt,
    Failed,
}

/// That something ended, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub at: i64,
    pub status: RowStatus,
}

impl RowStatus {
    pub const ALL: [Self; 5] = [
        Self::Done,
        Self::Unchanged,
        Self::Skipped,
        Self::InDoubt,
        Self::Failed,
    ];

    /// What became of a row.
    pub fn of_row(row: &RowRecord) -> Self {
        match row.state {
            RowState::Done if row.unchanged => Self::Unchanged,
            RowState::Done => Self::Done,
            RowState::Failed => Self::Failed,
            RowState::Skipped => Self::Skipped,
            RowState::InDoubt => Self::InDoubt,
        }
    }

    /// What became of a write; nothing is known where it has no outcome.
    pub fn of_write(outcome: Option<&Outcome>) -> Self {
        match outcome {
            Some(Outcome::Done(_)) => Self::Done,
            Some(Outcome::Refused { .. } | Outcome::NotSent { .. }) => Self::Failed,
            Some(Outcome::Unsettled(_)) | None => Self::InDoubt,
        }
    }

    /// The word reports use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Unchanged => "unchanged",
            Self::Skipped => "skipped",
            Self::InDoubt => "in doubt",
            Self::Failed => "failed",
        }
    }

    /// Its class in the style sheet.
    pub const fn class(self) -> &'static str {
        match self {
            Self::InDoubt => "doubt",
            other => other.word(),
        }
    }
}
