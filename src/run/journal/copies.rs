//! Folders that hold one run: the original, and copies of its journal.
//!
//! What is done by one of them the other knows nothing of, so only one may be gone on with:
//! the original, as long as none of its copies was taken over.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::{JournalError, others, read, read_head};

/// Where the run in a folder is to be gone on with, if that is another folder beside it.
#[derive(Debug, Eq, PartialEq)]
pub enum GoesOn {
    /// It is a copy, and there is the original.
    InOriginal(PathBuf),
    /// There is a copy of it, which was taken over.
    InCopy(PathBuf),
}

/// Whether a run is to be gone on with in another folder beside its own.
///
/// Folders that cannot be read do not count: a copy is the way out where the original is damaged.
pub fn goes_on(folder: &Path) -> Result<Option<GoesOn>, JournalError> {
    let Ok(own) = read_head(folder) else {
        // Whoever opens it is told why.
        return Ok(None);
    };
    let mut original = None;
    let mut taken = None;
    for other in others(folder, |head| head.id == own.id).flatten() {
        let place = other.folder().to_owned();
        if other.is_copy() {
            taken = Some(place);
        } else if place.file_name() == Some(OsStr::new(&own.id)) {
            original = Some(place);
        }
    }
    if original.is_none() && taken.is_none() || read(folder)?.is_copy() {
        return Ok(None);
    }
    Ok(taken
        .map(GoesOn::InCopy)
        .or(original.map(GoesOn::InOriginal)))
}
