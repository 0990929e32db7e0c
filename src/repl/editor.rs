//! Line editing: completion of names, and lines that go on.

use std::path::Path;

use rustyline::completion::{Completer, Pair};
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper, Highlighter, Hinter, Result};

use crate::script::{Name, is_incomplete};

/// The shell's line editor.
pub type LineEditor = Editor<Lines, FileHistory>;

/// What the editor knows of the language.
#[derive(Helper, Highlighter, Hinter)]
pub struct Lines {
    names: Vec<Name>,
}

impl Lines {
    /// Completes those names.
    pub fn new(names: Vec<Name>) -> Self {
        Self { names }
    }
}

/// An editor that completes those names and remembers earlier lines.
pub fn open(names: Vec<Name>, history: Option<&Path>) -> Result<LineEditor> {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .max_history_size(10_000)?
        .history_ignore_dups(true)?
        .auto_add_history(false)
        .build();
    let mut editor = Editor::with_config(config)?;
    editor.set_helper(Some(Lines::new(names)));
    if let Some(path) = history {
        // No history yet is how everyone starts.
        let _ = editor.load_history(path);
    }
    Ok(editor)
}

impl Completer for Lines {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context) -> Result<(usize, Vec<Pair>)> {
        let start = word_start(line, at);
        let word = &line[start..at];
        let matching = self
            .names
            .iter()
            .filter(|name| !word.is_empty() && name.text.starts_with(word));
        let pairs = matching.map(|name| Pair {
            display: name.text.clone(),
            replacement: format!("{}{}", name.text, if name.is_function { "(" } else { "" }),
        });
        Ok((start, pairs.collect()))
    }
}

fn word_start(line: &str, at: usize) -> usize {
    line[..at]
        .rfind(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .map_or(0, |before| {
            before + line[before..].chars().next().map_or(1, char::len_utf8)
        })
}

impl Validator for Lines {
    fn validate(&self, context: &mut ValidationContext) -> Result<ValidationResult> {
        if is_incomplete(context.input()) {
            Ok(ValidationResult::Incomplete)
        } else {
            Ok(ValidationResult::Valid(None))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::word_start;

    #[test]
    fn a_word_starts_after_the_last_letter_that_is_not_part_of_one() {
        assert_eq!(word_start("let c = add_cl", 14), 8);
        assert_eq!(word_start("add_cl", 6), 0);
        assert_eq!(word_start("é.add", 6), 3);
    }
}
