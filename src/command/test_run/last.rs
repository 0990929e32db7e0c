//! Which tests failed the last time, for `--failed`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::report::outcome::Outcome;
use crate::command::execution::record::hash;
use crate::config::state_folder;
use crate::files::{self, Mode};

/// The file of those that failed in a folder; there may be no place to keep it.
pub(super) struct LastFailed {
    folder: PathBuf,
    file: Option<PathBuf>,
}

impl LastFailed {
    /// Those of tests that are started in the working folder.
    pub(super) fn of_working_folder() -> Self {
        let folder = std::env::current_dir().unwrap_or_default();
        let name = hash(folder.as_os_str().as_encoded_bytes());
        let state = state_folder().ok();
        Self {
            file: state.map(|state| state.join("tests").join(name)),
            folder,
        }
    }

    /// Those that failed; nothing where none did, or nobody knows.
    pub(super) fn failed(&self) -> Option<BTreeSet<String>> {
        let text = fs::read_to_string(self.file.as_ref()?).ok()?;
        let failed: BTreeSet<String> = text.lines().map(str::to_owned).collect();
        (!failed.is_empty()).then_some(failed)
    }

    /// Whether a test is among them.
    pub(super) fn holds(&self, failed: &BTreeSet<String>, path: &Path, test: &str) -> bool {
        failed.contains(&self.called(path, test))
    }

    /// Notes those that failed now among all that were to be run; others stay as they were.
    pub(super) fn note(&self, all: &[(PathBuf, String)], outcome: &Outcome) {
        let Some(file) = &self.file else {
            return;
        };
        let mut failed = self.failed().unwrap_or_default();
        let before = failed.clone();
        for (path, test) in all {
            if outcome.has_run(path, test) {
                failed.remove(&self.called(path, test));
            }
        }
        for (path, test) in outcome.failures() {
            failed.insert(self.called(path, test));
        }
        if failed == before {
            return;
        }
        let text: String = failed
            .iter()
            .flat_map(|line| [line.as_str(), "\n"])
            .collect();
        // A help for the next time, and no more: without it all are run.
        let folder = file.parent().map(fs::create_dir_all);
        if folder.is_some_and(|made| made.is_ok()) {
            let _ = files::write(file, Mode::Private, text.as_bytes());
        }
    }

    fn called(&self, path: &Path, test: &str) -> String {
        format!("{}::{test}", self.folder.join(path).display())
    }
}
