//! Files that are looked at again and again, to run tests when one has changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::cancel::Cancel;

/// How long is waited between two looks.
const PAUSE: Duration = Duration::from_millis(300);
/// More files are not looked at: each look must be short.
const MOST: usize = 20_000;

/// The files in those folders, or beside those files, with what tells whether one has changed.
pub(super) type State = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

/// How the files are now.
pub(super) fn state(paths: &[PathBuf]) -> State {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here[..] } else { paths };
    let mut found = State::new();
    for path in paths {
        let beside = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let folder = if path.is_dir() {
            path
        } else {
            beside.unwrap_or(Path::new("."))
        };
        look(folder, &mut found);
    }
    found
}

fn look(folder: &Path, found: &mut State) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        // Of a link not what it leads to: it could lead back.
        let Some(state) = entry.metadata().ok().filter(|_| !is_hidden) else {
            continue;
        };
        if found.len() >= MOST {
            return;
        }
        if state.is_dir() {
            look(&entry.path(), found);
        } else {
            found.insert(entry.path(), (state.len(), state.modified().ok()));
        }
    }
}

/// Waits until they are not as they were before, or until it is to end.
pub(super) fn wait(paths: &[PathBuf], before: &State, cancel: &Cancel) {
    while cancel.sleep(PAUSE) {
        if state(paths) != *before {
            // Whoever writes several files is let finish.
            cancel.sleep(PAUSE / 3);
            return;
        }
    }
}
