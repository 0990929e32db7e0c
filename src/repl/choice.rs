//! What a completion puts in: words with what follows them, and the files of a folder.

use std::path::Path;

use crate::script::beside;

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
    let (start, found) = beside::files(folder, typed);
    let choice = |(name, is_folder): (String, bool)| {
        if is_folder {
            Choice::plain(format!("{name}/"))
        } else {
            Choice::with(&name, end)
        }
    };
    let mut found: Vec<Choice> = found.into_iter().map(choice).collect();
    found.sort_by(|one, other| one.shown.cmp(&other.shown));
    (start, found)
}
