//! A document as the features look at it: its text, what its names mean, its lines.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::document::path_of;
use super::position::Lines;
use super::workspace::{INVALID_PARAMS, Refusal, Workspace};
use crate::catalog::Action;
use crate::script::call_map::action_at;
use crate::script::context::Call;
use crate::script::inference::Inference;
use crate::script::is_test;
use crate::script::reference::{Entry, entries, entry, test_entries};
use crate::script::symbols::Symbols;

/// A document, while it does not change.
pub(super) struct View<'d> {
    /// Its address.
    pub(super) uri: &'d str,
    /// Its text.
    pub(super) text: &'d str,
    /// What its names mean.
    pub(super) symbols: Symbols<'d>,
    /// Its lines.
    pub(super) lines: Lines<'d>,
    /// Everything else that is open.
    pub(super) workspace: &'d Workspace,
}

impl<'d> View<'d> {
    /// A text at an address.
    pub(super) fn new(workspace: &'d Workspace, uri: &'d str, text: &'d str) -> Self {
        Self {
            uri,
            text,
            symbols: Symbols::resolve(text),
            lines: Lines::index(text, workspace.units),
            workspace,
        }
    }

    /// The document that a request is about.
    pub(super) fn asked(workspace: &'d Workspace, params: &Value) -> Result<Self, Refusal> {
        let uri = params["textDocument"]["uri"].as_str();
        let document = uri.and_then(|uri| workspace.documents.get_key_value(uri));
        let Some((uri, document)) = document else {
            return Err((INVALID_PARAMS, "the document is not open".into()));
        };
        Ok(Self::new(workspace, uri, &document.text))
    }

    /// The range of a token.
    pub(super) fn token(&self, place: usize) -> Value {
        self.lines.range(&self.bytes(place))
    }

    /// The bytes of a token; of a text what stands between its quotes.
    pub(super) fn bytes(&self, place: usize) -> Range<usize> {
        let range = self.symbols.bytes(&(place..place + 1));
        let text = &self.text[range.clone()];
        if text.len() > 1 && text.starts_with('"') && text.ends_with('"') {
            range.start + 1..range.end - 1
        } else {
            range
        }
    }

    /// Whether it is a file of tests, which have functions that no other script has.
    pub(super) fn is_test(&self) -> bool {
        is_test(self.uri)
    }

    /// What is known of a function that it can call.
    pub(super) fn entry(&self, name: &str) -> Option<&'static Entry> {
        entry(name, self.is_test())
    }

    /// Every function that it can call, but its own.
    pub(super) fn entries(&self) -> impl Iterator<Item = &'static Entry> {
        let of_tests = self.is_test().then(|| test_entries().values());
        entries().values().chain(of_tests.into_iter().flatten())
    }

    /// The token of a call's name.
    pub(super) fn name_of(&self, call: &Call<'_>) -> Option<usize> {
        self.symbols.place_at(call.start)
    }

    /// The action that a call sends.
    pub(super) fn action_of(&self, call: &Call<'_>) -> Option<&'static Action> {
        action_at(&self.symbols, self.name_of(call)?)
    }

    /// The path of its file, if it has one.
    pub(super) fn path(&self) -> Option<PathBuf> {
        path_of(self.uri)
    }

    /// The folders that the files it names may be in: its own, and the one that the editor
    /// works in.
    pub(super) fn folders(&self) -> Vec<PathBuf> {
        let path = self.path();
        let own = path.as_deref().and_then(Path::parent).map(Path::to_owned);
        let files = self.workspace.files(self.uri).ok();
        let working = files.map(|files| files.working);
        let mut folders: Vec<PathBuf> = own.into_iter().chain(working).collect();
        folders.dedup();
        folders
    }

    /// The comment right above a token's line, as lines of text.
    pub(super) fn comment_above(&self, place: usize) -> String {
        let start = self.symbols.bytes(&(place..place + 1)).start;
        let line = self.text[..start].rfind('\n').map_or(0, |end| end + 1);
        let mut lines: Vec<&str> = Vec::new();
        for line in self.text[..line].lines().rev() {
            let Some(comment) = line.trim_start().strip_prefix("//") else {
                break;
            };
            lines.push(comment.trim_start_matches(['/', '!']).trim());
        }
        lines.reverse();
        lines.join("\n")
    }

    /// Does something with what is known of the values of the script.
    pub(super) fn infer<T>(&self, ask: impl FnOnce(&Inference<'_>) -> T) -> T {
        let folders = self.folders();
        let columns = |function: &str, path: &str| {
            let mut found = folders
                .iter()
                .map(|folder| crate::script::beside::columns(folder, function, path));
            found
                .find(|columns| !columns.is_empty())
                .unwrap_or_default()
        };
        ask(&Inference::new(&self.symbols, &columns))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::lsp::workspace::tests::workspace;

    /// What is answered at the `|` of a text.
    pub(in crate::lsp) fn at_mark(
        marked: &str,
        ask: impl FnOnce(&View<'_>, usize) -> Value,
    ) -> Value {
        at_mark_of("untitled:one", marked, ask)
    }

    /// What is answered at the `|` of the text at that address.
    pub(in crate::lsp) fn at_mark_of(
        uri: &str,
        marked: &str,
        ask: impl FnOnce(&View<'_>, usize) -> Value,
    ) -> Value {
        let at = marked.find('|').unwrap();
        let text = marked.replacen('|', "", 1);
        let workspace = workspace(&[(uri, &text)]);
        ask(&View::new(&workspace, uri, &text), at)
    }
}
