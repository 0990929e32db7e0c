//! What is open in the editor, and what the editor can do.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::document::{Document, path_of, uri_of};
use super::position::{Units, offset_of};
use crate::error::Failure;
use crate::script::Confinement;
use crate::script::beside;

/// The files that a script of a folder may read: its modules are among them.
pub type FilesOf = fn(Option<&Path>) -> Result<Confinement, Failure>;

/// The command that the editor runs: `whmcsh` with arguments, in a folder.
pub(super) const RUN: &str = "whmcsh.run";

/// An answer that says why there is none: the protocol's code, and words.
pub(super) type Refusal = (i64, String);

/// The protocol's code for what is asked about nothing that is there.
pub(super) const INVALID_PARAMS: i64 = -32602;
/// The protocol's code for what cannot be done.
pub(super) const REQUEST_FAILED: i64 = -32803;

/// What the editor can do.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Client {
    /// Whether what is completed may have places to be filled in.
    pub(super) takes_snippets: bool,
    /// Whether an outline may have parts within parts.
    pub(super) nests_symbols: bool,
    /// Whether it runs `whmcsh.run` for a lens.
    pub(super) runs_commands: bool,
}

impl Client {
    /// What the editor says of itself.
    pub(super) fn read(params: &Value) -> Self {
        let can = |path: &str| params.pointer(path) == Some(&Value::Bool(true));
        let commands = params.pointer("/initializationOptions/commands");
        let mut commands = commands.and_then(Value::as_array).into_iter().flatten();
        Self {
            takes_snippets: can(
                "/capabilities/textDocument/completion/completionItem/snippetSupport",
            ),
            nests_symbols: can(
                "/capabilities/textDocument/documentSymbol/hierarchicalDocumentSymbolSupport",
            ),
            runs_commands: commands.any(|command| command == RUN),
        }
    }
}

/// What is open.
pub(super) struct Workspace {
    /// What the units of a line are.
    pub(super) units: Units,
    /// What the editor can do.
    pub(super) client: Client,
    /// The documents by their addresses.
    pub(super) documents: BTreeMap<String, Document>,
    /// The files that scripts may read.
    pub(super) files_of: FilesOf,
}

impl Workspace {
    /// The files that a document may read.
    pub(super) fn files(&self, uri: &str) -> Result<Confinement, Failure> {
        (self.files_of)(path_of(uri).as_deref().and_then(Path::parent))
    }

    /// The byte that a request is about.
    pub(super) fn place(&self, text: &str, place: &Value) -> Result<usize, Refusal> {
        let at = offset_of(text, place, self.units);
        at.ok_or_else(|| (INVALID_PARAMS, "a `position` is missing".to_owned()))
    }

    /// The file that `import "name"` in a document means.
    pub(super) fn module(&self, importer: &str, name: &str) -> Option<PathBuf> {
        let path = path_of(importer)?;
        beside::module(self.files(importer).ok()?, &path, name)
    }

    /// The address and the text of a script: as it is open, or else as it is saved.
    pub(super) fn script(&self, path: &Path) -> Option<(String, String)> {
        let uri = uri_of(path);
        let open = self.documents.iter().find(|(open, _)| {
            **open == uri || path_of(open).is_some_and(|open| same_file(&open, path))
        });
        match open {
            Some((uri, document)) => Some((uri.clone(), document.text.clone())),
            None => Some((uri, beside::script_text(path)?)),
        }
    }

    /// The addresses and texts of the scripts that may import those of a folder: what is
    /// open, and what is saved in it.
    pub(super) fn scripts_around(&self, folder: &Path) -> Vec<(String, String)> {
        let open = self.documents.iter();
        let mut scripts: Vec<(String, String)> = open
            .map(|(uri, document)| (uri.clone(), document.text.clone()))
            .collect();
        for path in beside::scripts(folder) {
            let is_open = scripts
                .iter()
                .any(|(uri, _)| path_of(uri).is_some_and(|open| same_file(&open, &path)));
            if !is_open && let Some(text) = beside::script_text(&path) {
                scripts.push((uri_of(&path), text));
            }
        }
        scripts
    }
}

/// Whether two paths lead to one file.
pub(super) fn same_file(one: &Path, other: &Path) -> bool {
    one == other
        || match (one.canonicalize(), other.canonicalize()) {
            (Ok(one), Ok(other)) => one == other,
            _ => false,
        }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What is open in an editor without capabilities.
    pub(in crate::lsp) fn workspace(open: &[(&str, &str)]) -> Workspace {
        let documents = open.iter().map(|(uri, text)| {
            let document = Document {
                text: (*text).to_owned(),
                ..Document::default()
            };
            ((*uri).to_owned(), document)
        });
        Workspace {
            units: Units::Utf16,
            client: Client::default(),
            documents: documents.collect(),
            files_of: |_| Ok(Confinement::default()),
        }
    }

    /// The editor takes snippets from now on.
    pub(in crate::lsp) fn with_snippets(workspace: &mut Workspace) {
        workspace.client.takes_snippets = true;
    }
}
