//! The runs beside one that matter to it, looked at again and again while it goes on.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::logged::Watched;
use super::{Head, Reading, read, read_head};

/// Those of the same folder that are wanted.
#[derive(Debug)]
pub struct Beside {
    own: PathBuf,
    /// By their folders; nothing of those that are not wanted.
    known: HashMap<PathBuf, Option<Watched>>,
}

impl Beside {
    /// Those beside the run in that folder.
    pub fn look_beside(folder: &Path) -> Self {
        Self {
            own: folder.to_owned(),
            known: HashMap::new(),
        }
    }

    /// Those that may have left a write in doubt since the last look, of those that can be
    /// read; the first time of each, it may have.
    pub fn look(&mut self, is_wanted: impl Fn(&Head) -> bool) -> Vec<Reading> {
        let beside = self.own.parent().and_then(|runs| fs::read_dir(runs).ok());
        for entry in beside.into_iter().flatten().filter_map(Result::ok) {
            let path = entry.path();
            if path == self.own || self.known.contains_key(&path) {
                continue;
            }
            // One whose head is not there yet is asked for it again.
            if let Ok(head) = read_head(&path) {
                let watched = is_wanted(&head).then(|| Watched::new(&path));
                self.known.insert(path, watched);
            }
        }
        let watched = self.known.values_mut().flatten();
        let open = watched.filter_map(|run| run.may_have_doubts().then(|| run.folder().to_owned()));
        open.filter_map(|folder| read(&folder).ok()).collect()
    }
}
