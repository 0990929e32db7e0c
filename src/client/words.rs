//! What a reply says in words: why it refuses, what it warns of.

use serde_json::{Map, Value};

/// What WHMCS says went wrong.
pub(super) struct Said {
    /// Its message alone, by which WHMCS's own refusals are told.
    pub first: String,
    /// The same with the reason that a module gave beside it.
    pub whole: String,
}

impl Said {
    pub fn read(fields: &Map<String, Value>) -> Self {
        let said = said(fields);
        Self {
            first: verbatim(said.first().map_or("", String::as_str)),
            whole: verbatim(&said.join(": ")),
        }
    }
}

/// The same as one text, empty where it says nothing.
pub(super) fn spoken(fields: &Map<String, Value>) -> String {
    said(fields).join(": ")
}

/// Each text of a reply that says what went wrong, its message first: a module's own reason may
/// stand beside it. Warnings count where nothing else is said.
fn said(fields: &Map<String, Value>) -> Vec<String> {
    const ERRORS: &[&str] = &[
        "message",
        "error",
        "errormessage",
        "errors",
        "description",
        "reason",
        "rawlog",
    ];
    let of = |names: &[&str]| {
        let mut said: Vec<String> = Vec::new();
        for text in names.iter().filter_map(|name| fields.get(*name)) {
            let text = texts(text).join("; ");
            if !text.is_empty() && !said.iter().any(|other| other.contains(&text)) {
                said.push(text);
            }
        }
        said
    };
    let errors = of(ERRORS);
    if errors.is_empty() {
        of(&["warning", "warnings"])
    } else {
        errors
    }
}

/// WHMCS's words as they are, but on one line and harmless to a terminal.
pub(super) fn verbatim(words: &str) -> String {
    /// Long enough for any message, short enough for a screen.
    const LONGEST: usize = 500;
    let line: String = words
        .trim()
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(LONGEST)
        .collect();
    if line.is_empty() {
        return "no reason given".into();
    }
    line
}

/// What WHMCS warns of in a successful reply, each text once; an error it names beside its
/// success is a warning too.
pub(super) fn said_warnings(body: &Map<String, Value>) -> Vec<String> {
    let named = ["warning", "warnings", "error", "errors"].iter();
    let mut said: Vec<String> = Vec::new();
    for text in named.filter_map(|name| body.get(*name)).flat_map(texts) {
        if !said.contains(&text) {
            said.push(text);
        }
    }
    said
}

/// The texts in a value that may be one or several.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) if text.trim().is_empty() => Vec::new(),
        Value::String(text) => vec![text.trim().to_owned()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(items) => items.values().flat_map(texts).collect(),
        Value::Number(number) => vec![number.to_string()],
        Value::Null | Value::Bool(_) => Vec::new(),
    }
}
