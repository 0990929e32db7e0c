//! Whether the log that a process writes is still the one in the run's folder.
//!
//! A file that was removed takes what is written as before, and nobody finds it again: the
//! run would end well, and the next of its name do everything once more.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::super::JournalError;
use super::super::log::LOG;

use crate::unix::{FileId, file_id};

/// How often it is looked for while the run goes on.
const LOOK: Duration = Duration::from_millis(250);

/// The log of a run, by what the file system calls it.
pub struct InPlace {
    folder: PathBuf,
    own: FileId,
    is_gone: AtomicBool,
}

impl InPlace {
    /// The log in that folder, which was just opened.
    pub fn locate(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            folder: folder.to_owned(),
            own: called(folder)?,
            is_gone: AtomicBool::new(false),
        })
    }

    /// Whether it was found to be gone; it does not come back.
    pub fn is_gone(&self) -> bool {
        self.is_gone.load(Ordering::Relaxed)
    }

    /// What to tell whoever writes it.
    pub fn gone(&self) -> JournalError {
        JournalError::Gone(self.folder.clone())
    }

    /// Looks for it.
    pub fn look(&self) -> Result<(), JournalError> {
        let is_gone = match called(&self.folder) {
            Ok(found) => found != self.own,
            // Other errors may pass.
            Err(error) => matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
        };
        if is_gone {
            self.is_gone.store(true, Ordering::Relaxed);
        }
        if self.is_gone() {
            return Err(self.gone());
        }
        Ok(())
    }

    /// Looks for it if that moment is a while ago.
    pub fn look_after(&self, last: &mut Instant) -> Result<(), JournalError> {
        if last.elapsed() < LOOK {
            return Ok(());
        }
        *last = Instant::now();
        self.look()
    }
}

/// What the file system calls the log in that folder.
fn called(folder: &Path) -> io::Result<FileId> {
    Ok(file_id(&fs::metadata(folder.join(LOG))?))
}
