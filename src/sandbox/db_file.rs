//! The file behind `--db`: its owner's alone, and one sandbox's at a time.
//!
//! The lock is the kernel's, on a file beside the database; it goes with the process
//! that holds it, however that ends. The database itself is not locked: `SQLite` does
//! that call by call, and other programs may read between calls.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::unix;

/// The right to use a database file; it ends when this is dropped.
#[derive(Debug)]
pub struct DbFile {
    lock: PathBuf,
    _held: File,
}

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DbFileError {
    /// The system refuses.
    #[error("unable to open the file: {}", reason(.0))]
    Open(#[from] io::Error),
    /// It is a pipe, a device or the like, where nothing would stay.
    #[error("it is neither a file nor a name for a new one")]
    NoFile,
    /// Under another of its names another sandbox could use it, and `SQLite` would lose data.
    #[error("it has other names (hard links); copy it with `cp` and serve the copy")]
    OtherNames,
    /// A running sandbox uses it.
    #[error("another sandbox{} is using it", .0.map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    InUse(Option<u32>),
}

impl DbFile {
    /// Makes the file, for its owner alone, where there is none, and keeps other sandboxes from it.
    pub fn take(path: &Path) -> Result<Self, DbFileError> {
        let is_other = |there: &fs::Metadata| !there.is_file() && !there.is_dir();
        if fs::metadata(path).as_ref().is_ok_and(is_other) {
            return Err(DbFileError::NoFile);
        }
        if unix::names(&for_the_owner().open(path)?.metadata()?) > 1 {
            return Err(DbFileError::OtherNames);
        }
        // Whatever name it was called by, the lock is the same.
        let mut lock = fs::canonicalize(path)?.into_os_string();
        lock.push("-lock");
        let lock = PathBuf::from(lock);
        loop {
            let mut held = for_the_owner().open(&lock)?;
            match held.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(DbFileError::InUse(holder(&mut held))),
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
            // The last holder may have removed the file between our opening and our locking it.
            if unix::is_at(&held, &lock).unwrap_or(false) {
                held.set_len(0)?;
                write!(held, "{}", std::process::id())?;
                return Ok(Self { lock, _held: held });
            }
        }
    }
}

impl Drop for DbFile {
    fn drop(&mut self) {
        // Still locked, so it is ours; one that stays does no harm.
        let _ = fs::remove_file(&self.lock);
    }
}

/// The system's words without its number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error")
        .next()
        .unwrap_or_default()
        .to_owned()
}

fn for_the_owner() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    unix::with_mode(&mut options, unix::PRIVATE);
    options
}

fn holder(held: &mut File) -> Option<u32> {
    let mut text = String::new();
    held.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::{DbFile, DbFileError};

    #[test]
    fn a_file_is_its_owners_and_one_sandboxes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("shop.sqlite");
        let first = DbFile::take(&path).expect("is free");
        let mode = std::fs::metadata(&path).expect("is made").permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
        let other_name = folder.path().join("link");
        symlink(&path, &other_name).expect("links");
        for name in [&path, &other_name] {
            let refused = DbFile::take(name).expect_err("is taken");
            let own = std::process::id();
            assert!(
                matches!(refused, DbFileError::InUse(Some(pid)) if pid == own),
                "{refused}"
            );
        }
        let hard = folder.path().join("hard");
        std::fs::hard_link(&path, &hard).expect("links");
        for name in [&hard, &path] {
            let refused = DbFile::take(name).expect_err("has two names");
            assert!(matches!(refused, DbFileError::OtherNames), "{refused}");
        }
        std::fs::remove_file(&hard).expect("removes");
        drop(first);
        drop(DbFile::take(&other_name).expect("is free again"));
        let left = std::fs::read_dir(folder.path()).expect("reads").count();
        assert_eq!(left, 2);
    }

    #[test]
    fn a_lock_that_a_killed_sandbox_left_is_no_obstacle() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("shop.sqlite");
        std::fs::write(folder.path().join("shop.sqlite-lock"), "99999").expect("writes");
        DbFile::take(&path).expect("is free");
    }
}
