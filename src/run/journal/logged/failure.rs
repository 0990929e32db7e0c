//! What is wrong with a log, in the words of whoever uses the run.

use std::path::Path;

use super::super::JournalError;
use super::super::log::{Damage, LOG, LogError, Scanned};
use super::super::version::is_later;
use super::fields::Unreadable;

/// The error of a record that this version cannot read; who wrote last may be a later one.
pub fn unreadable(
    folder: &Path,
    sequence: u64,
    why: Unreadable,
    scanned: &Scanned,
) -> JournalError {
    match why {
        Unreadable::Later => JournalError::LaterRecord {
            folder: folder.to_owned(),
            sequence,
            version: scanned
                .pass
                .as_ref()
                .map(|pass| pass.version.clone())
                .filter(|version| is_later(version)),
        },
        Unreadable::Odd => {
            JournalError::corrupt(folder, format!("record {sequence}: {}", why.describe()))
        }
    }
}

/// What the log says, for whoever uses the run.
pub fn of_log(folder: &Path, error: &LogError) -> JournalError {
    match error {
        LogError::Damaged(damage) => JournalError::corrupt(folder, place(damage)),
        LogError::Copied => JournalError::Copied(folder.to_owned()),
        LogError::Exists => JournalError::Exists(folder.to_owned()),
        LogError::Empty | LogError::Foreign => {
            JournalError::corrupt(folder, format!("`{LOG}` is not a journal, or it is empty"))
        }
        LogError::Newer {
            format,
            known,
            version,
        } => JournalError::TooNew {
            folder: folder.to_owned(),
            format: *format,
            known: *known,
            version: version.clone().filter(|version| is_later(version)),
        },
        LogError::Full { .. } => JournalError::Full(folder.to_owned()),
        LogError::Lost(why) => JournalError::Lost {
            folder: folder.to_owned(),
            why: why.clone(),
        },
        other => JournalError::io(folder, other.to_string()),
    }
}

fn place(damage: &Damage) -> String {
    format!("`{LOG}` {damage}")
}

impl Unreadable {
    /// What is told of it.
    const fn describe(self) -> &'static str {
        match self {
            Self::Later => "it is of a kind that only a later version writes",
            Self::Odd => "it is of a kind that no version writes",
        }
    }
}
