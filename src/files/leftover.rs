//! What a process that was killed left of a file: how drafts are called, and their removal.
//!
//! A draft is locked for as long as it is written, so one that nobody holds is nobody's.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const PREFIX: &str = ".whmcsh-";
const SUFFIX: &str = ".part";

/// A younger draft may have been made this instant, and not be locked yet.
const YOUNG: Duration = Duration::from_secs(60);

/// The folders that were swept by this process.
static SWEPT: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// The name of a new draft, which nobody can foresee.
pub(super) fn name() -> String {
    let (process, number) = (std::process::id(), rand::random::<u64>());
    format!("{PREFIX}{process}-{number:016x}{SUFFIX}")
}

/// Removes what processes that are gone left in a folder; once, however many files a
/// process writes there.
pub(super) fn sweep(folder: &Path) {
    let mut swept = SWEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if swept.insert(folder.to_owned()) {
        remove(folder);
    }
}

fn remove(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_ours = name.starts_with(PREFIX) && name.ends_with(SUFFIX);
        // Nothing better can be done about a file that will not go: it does no harm.
        if is_ours && is_abandoned(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_abandoned(path: &Path) -> bool {
    // A clock that was set back tells nothing of a file's age.
    let is_old = fs::symlink_metadata(path).is_ok_and(|found| {
        let age = found.modified().ok().and_then(|time| time.elapsed().ok());
        found.is_file() && age.is_some_and(|age| age >= YOUNG)
    });
    let open = || OpenOptions::new().write(true).open(path);
    is_old && open().is_ok_and(|file| file.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::SystemTime;

    use super::*;

    fn draft(folder: &Path, age: Duration) -> (PathBuf, File) {
        let path = folder.join(name());
        let file = File::create_new(&path).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
        (path, file)
    }

    #[test]
    fn what_a_dead_process_left_is_removed_and_what_is_written_stays() {
        let folder = tempfile::tempdir().unwrap();
        let hour = Duration::from_secs(3600);
        let (left, file) = draft(folder.path(), hour);
        drop(file);
        let (held, file) = draft(folder.path(), hour);
        file.lock().unwrap();
        let (young, _file) = draft(folder.path(), Duration::ZERO);
        let other = folder.path().join(".notes.part");
        fs::write(&other, "").unwrap();
        remove(folder.path());
        assert!(!left.exists());
        assert!(held.exists() && young.exists() && other.exists());
    }
}
