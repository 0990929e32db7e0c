//! The lines typed before: kept in a file of the user's own, without secrets.

use std::path::{Path, PathBuf};

use super::editor::LineEditor;
use crate::files::append;
use crate::script::may_hold_secret;
use crate::unix::{PRIVATE, make_private_folders, set_mode};

/// The history file in the user's state folder, with mode 0600.
pub fn file_in(folder: &Path) -> Option<PathBuf> {
    make_private_folders(folder).ok()?;
    let path = folder.join("history");
    let file = append(&path).ok()?;
    // One that was there may have come from a backup with a mode of its own.
    set_mode(&file, PRIVATE).ok()?;
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
