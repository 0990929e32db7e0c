//! What `whmcsh check` finds, as the protocol writes it.

use std::path::Path;

use serde_json::{Value, json};

use super::document::{Document, path_of};
use super::position::{Units, range};
use crate::error::Failure;
use crate::script::{Confinement, Reported, Script, Span};

/// The files that a script of a folder may read: its modules are among them.
pub type FilesOf = fn(Option<&Path>) -> Result<Confinement, Failure>;

/// What is wrong with a document, and what may be.
pub(super) fn diagnostics(
    uri: &str,
    document: &Document,
    files_of: FilesOf,
    units: Units,
) -> Value {
    let path = path_of(uri);
    let name = path
        .as_ref()
        .map_or_else(|| uri.to_owned(), |path| path.display().to_string());
    let text = &document.text;
    let own = text.strip_prefix('\u{feff}').unwrap_or(text);
    let script = Script::from_text(name, own);
    let files = match files_of(path.as_deref().and_then(Path::parent)) {
        Ok(files) => files,
        Err(failure) => {
            let whole = range(text, 0, 0, units);
            return json!([{ "range": whole, "severity": 1, "source": "whmcsh", "message": failure.what }]);
        }
    };
    let checked = script.checked(files, false);
    let mistakes = checked.mistakes.iter().map(|found| (1, found));
    let warnings = checked.warnings.iter().map(|found| (2, found));
    mistakes
        .chain(warnings)
        .map(|(severity, found)| {
            let is_own = found.file == script.name();
            let span = found.span.filter(|_| is_own);
            let (start, end) = span.map_or((0, 0), |span| bytes(text, span));
            json!({
                "range": range(text, start, end, units),
                "severity": severity,
                "code": found.code,
                "source": "whmcsh",
                "message": message(found, is_own),
            })
        })
        .collect()
}

/// What it is and what to do about it; of an imported module also where.
fn message(found: &Reported, is_own: bool) -> String {
    let mut message = match found.span {
        Some(Span {
            start: (line, column),
            ..
        }) if !is_own => {
            format!("{}:{line}:{column}: {}", found.file, found.failure.what)
        }
        _ => found.failure.what.clone(),
    };
    if let Some(hint) = &found.failure.hint {
        message.push_str("\nhint: ");
        message.push_str(hint);
    }
    message
}

/// Where a part of a script begins and ends. The check does not see a byte order mark.
fn bytes(text: &str, span: Span) -> (usize, usize) {
    let own = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mark = text.len() - own.len();
    let at = |(line, column): (usize, usize)| {
        let before: usize = own.split_inclusive('\n').take(line - 1).map(str::len).sum();
        let letters = own[before..].char_indices().nth(column - 1);
        mark + letters.map_or(own.len(), |(at, _)| before + at)
    };
    let start = at(span.start);
    (start, at(span.end).max(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Value {
        let document = Document {
            text: text.into(),
            version: None,
        };
        let files_of: FilesOf = |_| Ok(Confinement::default());
        diagnostics("untitled:one", &document, files_of, Units::Utf16)
    }

    #[test]
    fn a_finding_has_its_code_and_range_in_units_of_the_editor() {
        let found = found("let a = \"😀\"; prnt(a);");
        assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
        assert_eq!(found[0]["code"], "unknown-function");
        assert_eq!(found[0]["severity"], 1);
        assert_eq!(
            found[0]["range"]["start"],
            json!({ "line": 0, "character": 14 })
        );
        assert_eq!(
            found[0]["range"]["end"],
            json!({ "line": 0, "character": 18 })
        );
        let message = found[0]["message"].as_str().unwrap();
        assert!(
            message.contains("prnt") && message.contains("\nhint: "),
            "{message}"
        );
    }

    #[test]
    fn a_byte_order_mark_and_long_line_ends_move_nothing() {
        let found = found("\u{feff}prnt(1);\r\n\tprnt(2);\r\n");
        assert_eq!(
            found[0]["range"]["start"],
            json!({ "line": 0, "character": 1 })
        );
        assert_eq!(
            found[1]["range"]["start"],
            json!({ "line": 1, "character": 1 })
        );
    }

    #[test]
    fn nothing_is_found_where_nothing_is_wrong() {
        assert_eq!(found("print(1);\n"), json!([]));
        assert_eq!(found(""), json!([]));
    }
}
