//! What a completion puts in: words with what follows them, and the files of a folder.

use std::path::Path;

/// One choice: what is shown, and what it puts in the place of what was typed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Choice {
    /// What the list shows.
    pub shown: String,
    /// What is put in.
    pub text: String,
}

impl Choice {
    /// A choice that is shown as what it puts in.
    pub fn plain(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            shown: text.clone(),
            text,
        }
    }

    /// One that puts in something after what it shows.
    pub fn with(shown: &str, after: &str) -> Self {
        Self {
            shown: shown.to_owned(),
            text: format!("{shown}{after}"),
        }
    }
}

/// The files that begin so, from the last slash on; folders end with a slash.
pub fn files(typed: &str, folder: &Path, end: &str) -> (usize, Vec<Choice>) {
    let start = typed.rfind('/').map_or(0, |slash| slash + 1);
    let (above, begun) = typed.split_at(start);
    let above = folder.join(above);
    let above = if above.as_os_str().is_empty() {
        Path::new(".")
    } else {
        &above
    };
    let entries = std::fs::read_dir(above).into_iter().flatten().flatten();
    let mut found: Vec<Choice> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let is_hidden = name.starts_with('.') && !begun.starts_with('.');
            if is_hidden || !name.starts_with(begun) || name.contains(['"', '\\']) {
                return None;
            }
            // Through links, so that one to a folder counts as a folder.
            let is_folder = entry.path().is_dir();
            Some(if is_folder {
                Choice::plain(format!("{name}/"))
            } else {
                Choice::with(&name, end)
            })
        })
        .collect();
    found.sort_by(|one, other| one.shown.cmp(&other.shown));
    (start, found)
}
