//! One thing that can be put in, as the protocol writes it.

use serde_json::{Value, json};

use crate::lsp::hover::markdown;

/// What an item is, by the protocol's numbers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Method = 2,
    Function = 3,
    Field = 5,
    Variable = 6,
    Module = 9,
    Value = 12,
    Keyword = 14,
    Snippet = 15,
    File = 17,
    Folder = 19,
    Constant = 21,
}

/// Something that can be put in.
pub(super) struct Item {
    label: String,
    kind: Kind,
    detail: String,
    about: String,
    text: String,
    is_snippet: bool,
}

impl Item {
    /// One that puts in what it shows.
    pub fn new(label: impl Into<String>, kind: Kind) -> Self {
        let label = label.into();
        Self {
            text: label.clone(),
            label,
            kind,
            detail: String::new(),
            about: String::new(),
            is_snippet: false,
        }
    }

    /// What is said beside it.
    pub fn detail(self, detail: impl Into<String>) -> Self {
        Self {
            detail: detail.into(),
            ..self
        }
    }

    /// What is said of it at length, in Markdown.
    pub fn about(self, about: impl Into<String>) -> Self {
        Self {
            about: about.into(),
            ..self
        }
    }

    /// What it puts in instead.
    pub fn text(self, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..self
        }
    }

    /// What it puts in instead, with places to be filled in.
    pub fn snippet(self, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_snippet: true,
            ..self
        }
    }

    /// As the protocol writes it: the number tells its place in the list.
    pub fn write(self, number: usize, range: &Value) -> Value {
        let mut shown = json!({
            "label": self.label,
            "kind": self.kind as u8,
            "sortText": format!("{number:04}"),
            "filterText": self.label,
            "insertText": self.text,
            "textEdit": { "range": range, "newText": self.text },
        });
        if !self.detail.is_empty() {
            shown["detail"] = self.detail.into();
        }
        if !self.about.is_empty() {
            shown["documentation"] = markdown(&self.about);
        }
        if self.is_snippet {
            shown["insertTextFormat"] = 2.into();
        }
        shown
    }
}
