//! One run is written by one process at a time.
//!
//! The lock is the kernel's, on a file that stays: it goes with the process that
//! holds it, however that ends. The file tells which process that is.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::JournalError;
use crate::files::shared;

const NAME: &str = "lock";

/// How often a lock is tried for: somebody who only looks holds it for a moment.
const TRIES: u32 = 20;

/// The right to write a run; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the run in that folder.
    pub fn take(folder: &Path) -> Result<Self, JournalError> {
        let failed = |error: std::io::Error| JournalError::of_file(folder, &error);
        let mut file = shared(&folder.join(NAME)).map_err(failed)?;
        let mut tries = 1;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if tries < TRIES => {
                    tries += 1;
                    thread::sleep(Duration::from_millis(5));
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(JournalError::InUse {
                        folder: folder.to_owned(),
                        pid: holder(&mut file),
                        host: None,
                    });
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        file.set_len(0).map_err(failed)?;
        write!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(Self { _file: file })
    }

    /// Whether some process is at the run in that folder.
    pub fn is_held(folder: &Path) -> bool {
        File::open(folder.join(NAME))
            .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_to_come_is_told_who_is_there() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!Lock::is_held(folder.path()));
        let first = Lock::take(folder.path()).unwrap();
        assert!(Lock::is_held(folder.path()));
        assert_eq!(
            Lock::take(folder.path()).unwrap_err(),
            JournalError::InUse {
                folder: folder.path().to_owned(),
                pid: Some(std::process::id()),
                host: None,
            }
        );
        drop(first);
        assert!(!Lock::is_held(folder.path()));
        Lock::take(folder.path()).unwrap();
    }
}
