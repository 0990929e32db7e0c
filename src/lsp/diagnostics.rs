//! What `whmcsh check` finds, as the protocol writes it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use serde_json::{Value, json};

use super::definition::module_path;
use super::document::path_of;
use super::position::Lines;
use super::view::View;
use super::workspace::{Workspace, same_file};
use crate::script::symbols::SymbolKind;
use crate::script::{Reported, Script, Span};

/// The protocol's numbers for how bad it is.
const ERROR: u8 = 1;
const WARNING: u8 = 2;

/// What was found in a document, and how bad each is.
pub(super) type Found = Vec<(u8, Reported)>;

/// What is wrong with a document and with what it imports, and what may be.
pub(super) fn found(workspace: &Workspace, uri: &str, text: &str) -> Found {
    let own = text.strip_prefix('\u{feff}').unwrap_or(text);
    let name = name_of(uri);
    let files = match workspace.files(uri) {
        Ok(files) => files,
        Err(failure) => return vec![(ERROR, Reported::unread(&name, failure))],
    };
    let checked = Script::from_text(name, own).checked(files, false);
    let mistakes = checked.mistakes.into_iter().map(|found| (ERROR, found));
    let warnings = checked.warnings.into_iter().map(|found| (WARNING, found));
    mistakes.chain(warnings).collect()
}

/// The name that errors have for a document.
fn name_of(uri: &str) -> String {
    path_of(uri).map_or_else(|| uri.to_owned(), |path| path.display().to_string())
}

/// What is said of each document: of the one that was checked, and of the modules that are
/// wrong and that nobody has open.
pub(super) fn diagnostics(view: &View<'_>, found: &Found) -> BTreeMap<String, Vec<Value>> {
    let own = name_of(view.uri);
    let mut told = BTreeMap::from([(view.uri.to_owned(), Vec::new())]);
    let mut modules: BTreeMap<&str, Vec<&(u8, Reported)>> = BTreeMap::new();
    for entry in found {
        if entry.1.file == own {
            let diagnostic = diagnostic(&view.lines, entry.0, &entry.1);
            told.entry(view.uri.to_owned())
                .or_default()
                .push(diagnostic);
        } else {
            modules.entry(&entry.1.file).or_default().push(entry);
        }
    }
    for (file, found) in modules {
        let Some((uri, text)) = view.workspace.script(Path::new(file)) else {
            continue;
        };
        let lines = Lines::index(&text, view.workspace.units);
        let of_module = found
            .iter()
            .map(|(severity, found)| diagnostic(&lines, *severity, found));
        let of_module: Vec<Value> = of_module.collect();
        let mistakes = found.iter().zip(&of_module);
        let mistakes = mistakes.filter(|((severity, _), _)| *severity == ERROR);
        let at_import: Vec<Value> = mistakes
            .map(|((_, found), diagnostic)| imported(view, file, found, (&uri, diagnostic)))
            .collect();
        told.entry(view.uri.to_owned())
            .or_default()
            .extend(at_import);
        if !view.workspace.documents.contains_key(&uri) {
            told.insert(uri, of_module);
        }
    }
    told
}

/// Something that was found, as the protocol writes it.
pub(super) fn diagnostic(lines: &Lines<'_>, severity: u8, found: &Reported) -> Value {
    let range = found.span.map_or(0..0, |span| bytes(lines, span));
    json!({
        "range": lines.range(&range),
        "severity": severity,
        "code": found.code,
        "source": "whmcsh",
        "message": message(found),
    })
}

/// What is wrong in an imported module, said where it is imported.
fn imported(view: &View<'_>, file: &str, found: &Reported, (uri, there): (&str, &Value)) -> Value {
    let is_it = |path: &Path| same_file(path, Path::new(file));
    let modules = view.symbols.all.iter();
    let mut modules = modules.filter(|symbol| symbol.kind == SymbolKind::Module);
    // What a module imports in its turn is said at the first import.
    let first = modules.clone().next();
    let module = modules
        .find(|module| module_path(view, module).is_some_and(|path| is_it(&path)))
        .or(first);
    let range = module.map_or(0..0, |module| view.symbols.bytes(&module.extent));
    let place = found.span.map(
        |Span {
             start: (line, column),
             ..
         }| format!(":{line}:{column}"),
    );
    let message = format!("{file}{}: {}", place.unwrap_or_default(), message(found));
    let location = json!({ "uri": uri, "range": there["range"] });
    json!({
        "range": view.lines.range(&range),
        "severity": ERROR,
        "code": found.code,
        "source": "whmcsh",
        "message": message,
        "relatedInformation": [{ "location": location, "message": found.failure.what }],
    })
}

/// What it is and what to do about it.
fn message(found: &Reported) -> String {
    let mut message = found.failure.what.clone();
    if let Some(hint) = &found.failure.hint {
        message.push_str("\nhint: ");
        message.push_str(hint);
    }
    message
}

/// Where a part of a script begins and ends. The check does not see a byte order mark.
pub(super) fn bytes(lines: &Lines<'_>, span: Span) -> Range<usize> {
    let start = lines.byte(span.start);
    start..lines.byte(span.end).max(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lsp::workspace::tests::workspace;

    fn found(text: &str) -> Value {
        let workspace = workspace(&[("untitled:one", text)]);
        let found = super::found(&workspace, "untitled:one", text);
        let view = View::new(&workspace, "untitled:one", text);
        let mut told = diagnostics(&view, &found);
        told.remove("untitled:one").unwrap().into()
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
