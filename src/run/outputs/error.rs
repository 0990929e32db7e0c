//! Why a run's files cannot be written.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::files::reason;
use crate::run::journal::JournalError;

/// Why a run's files cannot be written.
#[derive(Debug, Error)]
pub enum OutputError {
    /// The file itself.
    #[error("`{}` cannot be written: {}", path.display(), reason(why))]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// The journal they are made of.
    #[error(transparent)]
    Journal(#[from] JournalError),
}
