//! The files a script has read.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The paths of the files a script has read, as it gave them; clones share them.
#[derive(Clone, Debug, Default)]
pub struct FilesRead(Arc<Mutex<BTreeSet<String>>>);

impl FilesRead {
    /// Notes a file that is being read.
    pub(crate) fn note(&self, path: &str) {
        let mut paths = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !paths.contains(path) {
            paths.insert(path.to_owned());
        }
    }

    /// The files read so far.
    pub fn paths(&self) -> Vec<String> {
        let paths = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        paths.iter().cloned().collect()
    }
}
