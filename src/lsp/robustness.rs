//! Every feature at every cursor of every beginning of every recipe, and of worse texts:
//! whatever it answers, it does.
//!
//! Some of them are tried in each run, all with `WHMCSH_LSP_ALL=1`, which takes minutes.

use serde_json::{Value, json};

use super::requests::answer;
use super::workspace::tests::{with_snippets, workspace};
use crate::script::syntax::corpus;

/// What is asked about a document, and about a place in it.
const OF_DOCUMENTS: [&str; 6] = [
    "textDocument/codeLens",
    "textDocument/documentSymbol",
    "textDocument/foldingRange",
    "textDocument/formatting",
    "textDocument/inlayHint",
    "textDocument/semanticTokens/full",
];
const OF_PLACES: [&str; 8] = [
    "textDocument/completion",
    "textDocument/definition",
    "textDocument/documentHighlight",
    "textDocument/hover",
    "textDocument/prepareRename",
    "textDocument/references",
    "textDocument/rename",
    "textDocument/signatureHelp",
];

/// Beginnings and cursors are this many letters apart, unless all are tried.
const APART: (usize, usize) = (1217, 251);

fn asks(text: &str, cursors: impl Iterator<Item = usize>) {
    let uri = "untitled:one";
    let mut workspace = workspace(&[(uri, text)]);
    with_snippets(&mut workspace);
    workspace.client.runs_commands = true;
    let document = json!({ "uri": uri });
    for method in OF_DOCUMENTS {
        let asked = json!({ "textDocument": document });
        assert!(answer(&workspace, method, &asked).is_some(), "{method}");
    }
    for at in cursors {
        let before = &text[..at];
        let line = before.matches('\n').count();
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let character = before[start..].encode_utf16().count();
        let position = json!({ "line": line, "character": character });
        let asked = json!({ "textDocument": document, "position": position, "newName": "other" });
        for method in OF_PLACES {
            assert!(answer(&workspace, method, &asked).is_some(), "{method}");
        }
    }
}

#[test]
fn every_beginning_of_every_recipe_has_answers_at_every_cursor() {
    let is_all = std::env::var_os("WHMCSH_LSP_ALL").is_some();
    let (beginnings, cursors) = if is_all { (1, 1) } else { APART };
    for (_, recipe) in corpus::recipes() {
        for (end, _) in recipe.char_indices().step_by(beginnings) {
            let beginning = &recipe[..end];
            let last = beginning.char_indices().rev().take(1).map(|(at, _)| at);
            let places = beginning.char_indices().step_by(cursors).map(|(at, _)| at);
            let places = places.chain(last).chain([end]);
            asks(beginning, places);
        }
    }
}

#[test]
fn texts_that_nobody_types_have_answers_too() {
    let cases = [
        "(".repeat(2_000),
        "x.".repeat(2_000),
        "|a| ".repeat(2_000),
        "let x = x.y;".repeat(500),
        "for a in a { ".repeat(500),
        "f(#{ a: ".repeat(500),
        "`${".repeat(500),
        ")]}".repeat(1_000),
        "fn f(f) { f(f) } ".repeat(200),
        "\u{feff}let é = \"\u{0}😀\r\r\n\";\u{2028} é.".to_owned(),
        "import \"a\" as a; a::b::c::".to_owned(),
        "#!/usr/bin/whmcsh\n/* /* */ \"".to_owned(),
    ];
    for text in &cases {
        let ends = [0, text.len() / 2, text.len()];
        let cursors = ends.into_iter().filter(|at| text.is_char_boundary(*at));
        asks(text, cursors);
    }
}

#[test]
fn requests_that_say_nothing_are_refused_in_words() {
    let workspace = workspace(&[("untitled:one", "let a = 1;")]);
    for method in OF_PLACES {
        for asked in [
            Value::Null,
            json!([]),
            json!({ "textDocument": 7 }),
            json!({ "textDocument": { "uri": "untitled:none" } }),
            json!({ "textDocument": { "uri": "untitled:one" } }),
            json!({ "textDocument": { "uri": "untitled:one" }, "position": { "line": -1 } }),
        ] {
            let answer = answer(&workspace, method, &asked).unwrap();
            assert!(answer.is_err(), "{method} {asked}");
        }
    }
}
