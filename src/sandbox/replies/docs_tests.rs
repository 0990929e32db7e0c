//! The tables of `docs/sandbox.md`: how far each action is imitated, and how each of its fields is known.
//!
//! With the variable `WHMCSH_UPDATE_DOCS` set the test rewrites what it otherwise compares.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::table_tests::{SOURCES, input_of, refusal_of};
use super::{ANY, blocks, fields_of};
use crate::catalog;

/// What the two tables stand between in the document.
const MARKS: [(&str, &str); 2] = [
    (
        "<!-- made by the tests: the table of actions -->\n",
        "<!-- end of the table -->\n",
    ),
    (
        "<!-- made by the tests: the sources of fields -->\n",
        "<!-- end of the sources -->\n",
    ),
];

fn document() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "docs", "sandbox.md"]
        .iter()
        .collect()
}

fn actions() -> String {
    let all = catalog::actions().len();
    let mut table = format!(
        "All {all} actions are imitated.\n\n| group | action | fidelity | remark |\n|---|---|---|---|\n"
    );
    let mut rows: Vec<_> = catalog::actions()
        .iter()
        .map(|action| (action.group, action.name))
        .collect();
    rows.sort_unstable();
    for (group, name) in rows {
        let (_, said, _) = blocks()
            .find(|(action, ..)| *action == name)
            .expect("another test holds every action to a block");
        let (word, remark) = said.split_once(' ').unwrap_or((said, ""));
        // Writing to text cannot fail.
        let _ = writeln!(table, "| {group} | `{name}` | {word} | {remark} |");
    }
    table
}

/// A line an action: its fields by their sources, the surest first, with the record they are in.
fn sources() -> String {
    let mut text = String::new();
    for (action, _, rows) in blocks() {
        let parts: Vec<String> = SOURCES
            .iter()
            .filter_map(|source| fields_from(source, &rows))
            .collect();
        if parts.is_empty() && action != ANY {
            let _ = writeln!(text, "- `{action}` answers no field of its own.");
        } else {
            let name = if action == ANY {
                "Every action".to_owned()
            } else {
                format!("`{action}`")
            };
            let _ = writeln!(text, "- {name}: {}.", parts.join("; "));
        }
        for (source, sentence) in rows.iter().filter_map(|row| input_of(row)) {
            let _ = writeln!(text, "  - *{source}*: {sentence}.");
        }
        let recorded = rows
            .iter()
            .filter_map(|row| refusal_of(row))
            .filter(|(source, ..)| *source == "recorded");
        for (_, when, message) in recorded {
            let when = if action == ANY {
                format!("the refusal {when}")
            } else {
                "the refusal".to_owned()
            };
            let _ = writeln!(text, "  - *recorded*: {when}, \"{message}\".");
        }
    }
    text
}

fn fields_from(source: &str, rows: &[&'static str]) -> Option<String> {
    let mut records: Vec<(&str, Vec<&str>)> = Vec::new();
    let found = rows.iter().filter_map(|row| fields_of(row));
    for (.., record, names) in found.filter(|(from, ..)| *from == source) {
        let names = names.split(' ').map(|name| name.trim_end_matches('?'));
        match records.iter_mut().find(|(of, _)| *of == record) {
            Some((_, known)) => known.extend(names),
            None => records.push((record, names.collect())),
        }
    }
    let shown: Vec<String> = records
        .into_iter()
        .map(|(record, names)| match record {
            "" => format!("`{}`", names.join(" ")),
            record => format!("`{record}` (`{}`)", names.join(" ")),
        })
        .collect();
    (!shown.is_empty()).then(|| format!("*{source}* {}", shown.join(", ")))
}

#[test]
fn the_tables_in_the_document_are_what_the_code_says() {
    let path = document();
    let mut text = std::fs::read_to_string(&path).expect("reads");
    let written = text.clone();
    for ((start, end), table) in MARKS.into_iter().zip([actions(), sources()]) {
        let (before, rest) = text.split_once(start).expect("the table's start");
        let (_, after) = rest.split_once(end).expect("the table's end");
        text = format!("{before}{start}{table}{end}{after}");
    }
    if std::env::var_os("WHMCSH_UPDATE_DOCS").is_some() {
        std::fs::write(&path, text).expect("writes");
        return;
    }
    assert!(
        written == text,
        "the tables of docs/sandbox.md are out of date; WHMCSH_UPDATE_DOCS=1 cargo test --lib docs_tests rewrites them"
    );
}
