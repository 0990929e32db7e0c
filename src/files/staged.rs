//! Folders for what waits until it has its place, and what a killed process left in them.
//!
//! A staged folder is locked for as long as its process lives. It gets its name only once it
//! is, so that one of that name which nobody holds is nobody's, and is removed by the next
//! process: what a run reads from a pipe may hold secrets.

use std::fs::{self, DirEntry, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::unix::{make_private_folder, make_private_folders};

/// How the names of staged folders begin.
const PREFIX: &str = ".staged-";
/// How they begin where there is no folder of runs.
const PREFIX_ELSEWHERE: &str = "whmcsh.staged-";
/// How they begin until they are locked.
const UNLOCKED: &str = ".staging-";

/// Where folders cannot be locked, an older one is nobody's.
const OLD: Duration = Duration::from_secs(24 * 60 * 60);

/// A folder that goes with the last that is in it.
pub struct Staged {
    folder: PathBuf,
    /// Locked, where that can be had.
    _held: File,
}

impl Staged {
    /// Makes one in the folder of runs, or in that for temporary files.
    pub fn make(runs: Option<&Path>) -> io::Result<Self> {
        let (within, prefix) = match runs {
            Some(runs) => {
                make_private_folders(runs)?;
                (runs.to_owned(), PREFIX)
            }
            None => (std::env::temp_dir(), PREFIX_ELSEWHERE),
        };
        sweep(&within);
        let number = format!("{:016x}", rand::random::<u64>());
        let unlocked = within.join(format!("{UNLOCKED}{number}"));
        make_private_folder(&unlocked)?;
        let held = File::open(&unlocked)?;
        // Where it cannot be locked, it is removed by its age.
        let _ = held.try_lock();
        let folder = within.join(format!("{prefix}{number}"));
        fs::rename(&unlocked, &folder)?;
        Ok(Self {
            folder,
            _held: held,
        })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next process.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Removes what processes that are gone had read from pipes for runs they did not begin.
pub fn sweep(within: &Path) {
    for entry in fs::read_dir(within).into_iter().flatten().flatten() {
        if is_abandoned(&entry) {
            // What is another user's, or cannot be removed now, stays.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn is_abandoned(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let name = name.to_string_lossy();
    let is_old = || {
        let touched = entry.metadata().and_then(|found| found.modified());
        let age = touched.ok().and_then(|touched| touched.elapsed().ok());
        age.is_some_and(|age| age > OLD)
    };
    if name.starts_with(UNLOCKED) {
        return is_old();
    }
    let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
    if !is_folder || !(name.starts_with(PREFIX) || name.starts_with(PREFIX_ELSEWHERE)) {
        return false;
    }
    let lock = File::open(entry.path()).map(|folder| folder.try_lock());
    match lock {
        Ok(Ok(())) => true,
        Ok(Err(TryLockError::WouldBlock)) => false,
        Ok(Err(TryLockError::Error(_))) | Err(_) => is_old(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_is_removed_and_what_one_holds_stays() {
        let runs = tempfile::tempdir().unwrap();
        let held = Staged::make(Some(runs.path())).unwrap();
        let left = runs.path().join(".staged-00");
        fs::create_dir(&left).unwrap();
        fs::write(left.join("input-stdin"), "secret").unwrap();
        for other in ["2026-11-24-run", ".staging-00"] {
            fs::create_dir(runs.path().join(other)).unwrap();
        }
        sweep(runs.path());
        assert!(!left.exists() && held.folder.exists());
        assert!(runs.path().join("2026-11-24-run").exists());
        assert!(
            runs.path().join(".staging-00").exists(),
            "it may be locked next"
        );
        let folder = held.folder.clone();
        drop(held);
        assert!(!folder.exists());
    }
}
