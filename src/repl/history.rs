//! The lines typed before: kept in a file of the user's own, without secrets.

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::editor::LineEditor;
use crate::catalog;

/// The history file in the user's state folder, made with mode 0600.
pub fn path() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "whmcsh")?;
    let folder = folders
        .state_dir()
        .unwrap_or_else(|| folders.data_dir())
        .to_owned();
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder)
        .ok()?;
    let path = folder.join("history");
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(&path)
        .ok()?;
    Some(path)
}

/// Remembers a line, unless it could hold a secret.
pub fn remember(editor: &mut LineEditor, line: &str, file: Option<&Path>) {
    if may_hold_secret(line) {
        return;
    }
    // A history that cannot be written is no reason to stop working.
    let _ = editor.add_history_entry(line);
    if let Some(path) = file {
        let _ = editor.append_history(path);
    }
}

/// Whether the line names a parameter the catalog marks as secret.
fn may_hold_secret(line: &str) -> bool {
    let words = line.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let secret = |word: &str| {
        catalog::actions()
            .iter()
            .flat_map(|action| action.params)
            .any(|param| param.secret && param.name.eq_ignore_ascii_case(word))
    };
    words
        .into_iter()
        .any(|word| !word.is_empty() && secret(word))
}

#[cfg(test)]
mod tests {
    use super::may_hold_secret;

    #[test]
    fn a_line_with_a_secret_parameter_is_not_remembered() {
        assert!(may_hold_secret("add_client(#{ password2: \"hunter2\" })"));
        assert!(may_hold_secret("x.CVV = 123"));
        assert!(!may_hold_secret("get_clients(#{ search: \"ann\" })"));
    }
}
