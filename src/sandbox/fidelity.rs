//! The table of `docs/sandbox.md`: how far each action is imitated.
//!
//! Which actions there are is the catalog's to say. The rest is in `fidelity.txt`,
//! and nowhere else. With the variable `WHMCSH_UPDATE_DOCS` set the test rewrites
//! the table it otherwise compares.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use crate::catalog;

const REMARKS: &str = include_str!("fidelity.txt");
const WORDS: &[&str] = &["state", "stub", "fixed"];

/// What the table stands between in the document.
const START: &str = "<!-- made by the tests: the table of actions -->\n";
const END: &str = "<!-- end of the table -->\n";

/// The lines of `fidelity.txt`: action, word, remark.
fn remarks() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    REMARKS
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let (action, rest) = line.split_once(' ').expect("an action and a word");
            let (word, remark) = rest.split_once(' ').unwrap_or((rest, ""));
            (action, word, remark)
        })
}

fn document() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "docs", "sandbox.md"]
        .iter()
        .collect()
}

fn table() -> String {
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
        let (_, word, remark) = remarks()
            .find(|(action, ..)| *action == name)
            .expect("the other test holds every action to a line");
        // Writing to text cannot fail.
        let _ = writeln!(table, "| {group} | `{name}` | {word} | {remark} |");
    }
    table
}

#[test]
fn every_action_has_one_line_and_a_known_word() {
    let named: Vec<_> = remarks().map(|(action, ..)| action).collect();
    let once: BTreeSet<_> = named.iter().copied().collect();
    assert_eq!(once.len(), named.len(), "an action stands twice");
    let known: BTreeSet<_> = catalog::actions().iter().map(|a| a.name).collect();
    assert_eq!(once, known);
    for (action, word, _) in remarks() {
        assert!(WORDS.contains(&word), "`{word}` of {action}");
    }
}

#[test]
fn the_table_in_the_document_is_what_the_code_says() {
    let path = document();
    let text = std::fs::read_to_string(&path).expect("reads");
    let (before, rest) = text.split_once(START).expect("the table's start");
    let (written, after) = rest.split_once(END).expect("the table's end");
    let table = table();
    if std::env::var_os("WHMCSH_UPDATE_DOCS").is_some() {
        let text = format!("{before}{START}{table}{END}{after}");
        std::fs::write(&path, text).expect("writes");
        return;
    }
    assert!(
        written == table,
        "the table of docs/sandbox.md is out of date; WHMCSH_UPDATE_DOCS=1 cargo test fidelity rewrites it"
    );
}
