//! The files that a script reads again in place of those it meant to write.
//!
//! Those of a plan lie in a folder of their own that only its owner can enter, and go with
//! the plan: where a file would be written, nothing changes. Those of a shard lie beside
//! the files they stand in for, and stay.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::unix::make_private_folder;

/// The files that stand in for those that are not written; clones share them.
#[derive(Clone, Debug, Default)]
pub struct StandIns(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    /// Where those of a plan are.
    folder: Option<Folder>,
    /// By the path that was meant, the one that stands in for it.
    files: BTreeMap<PathBuf, PathBuf>,
    /// Whether one of them was read again.
    is_read: bool,
}

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    /// How many were begun.
    begun: u64,
}

impl StandIns {
    /// The path of a new file of a plan.
    pub fn begin(&self) -> io::Result<PathBuf> {
        let mut kept = self.kept();
        let folder = match &mut kept.folder {
            Some(folder) => folder,
            none => none.insert(Folder::make()?),
        };
        folder.begun += 1;
        Ok(folder.path.join(folder.begun.to_string()))
    }

    /// Lets a file that is complete stand in for another.
    pub fn put(&self, instead_of: PathBuf, file: PathBuf) {
        self.kept().files.insert(instead_of, file);
    }

    /// The file that stands in for that one.
    pub fn get(&self, path: &Path) -> Option<PathBuf> {
        let mut kept = self.kept();
        kept.is_read |= kept.has(path);
        kept.files.get(path).cloned()
    }

    /// Whether the script has written that file, under its own name or another's.
    pub fn has(&self, path: &Path) -> bool {
        self.kept().has(path)
    }

    /// Whether the script has read again what it had written.
    pub fn is_read(&self) -> bool {
        self.kept().is_read
    }

    /// Removes those of a plan that is over while the session goes on.
    pub fn forget(&self) {
        *self.kept() = Kept::default();
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn has(&self, path: &Path) -> bool {
        self.files.contains_key(path) || self.files.values().any(|file| file == path)
    }
}

impl Folder {
    fn make() -> io::Result<Self> {
        let name = format!("whmcsh-plan-{:016x}", rand::random::<u64>());
        let path = std::env::temp_dir().join(name);
        make_private_folder(&path)?;
        Ok(Self { path, begun: 0 })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is the temporary folder's to clean up.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_stands_in_once_it_is_complete_and_goes_with_the_last_clone() {
        let files = StandIns::default();
        let there = Path::new("/somewhere/a.csv");
        let path = files.begin().unwrap();
        std::fs::write(&path, "x").unwrap();
        assert_eq!(files.get(there), None);
        files.put(there.to_owned(), path.clone());
        let clone = files.clone();
        drop(files);
        assert_eq!(clone.get(there), Some(path.clone()));
        assert_ne!(clone.begin().unwrap(), path);
        drop(clone);
        assert!(!path.exists() && !path.parent().unwrap().exists());
    }

    #[test]
    fn forgotten_files_stand_in_for_nothing_and_are_gone() {
        let files = StandIns::default();
        let there = Path::new("/somewhere/a.csv");
        let path = files.begin().unwrap();
        std::fs::write(&path, "x").unwrap();
        files.put(there.to_owned(), path.clone());
        files.clone().forget();
        assert_eq!(files.get(there), None);
        assert!(!path.exists());
    }
}
