//! The scripts of the repository: what tests of reading and writing scripts go over.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use rhai::Engine;

use crate::script::engine::keywords::free_reserved_words;
use crate::script::tokens::{TokenKind, scan};

/// The recipes, by path.
pub(crate) fn recipes() -> Vec<(PathBuf, String)> {
    read("scripts", "rhai")
}

/// Every script of the repository: recipes, examples in the documents, and whatever between
/// quotes in the sources Rhai takes for one.
pub(crate) fn scripts() -> Vec<String> {
    let mut scripts: Vec<String> = recipes().into_iter().map(|(_, text)| text).collect();
    for (_, page) in read("docs", "md").iter().chain(&read(".", "md")) {
        let blocks = page.split("```rhai\n").skip(1);
        scripts.extend(blocks.filter_map(|rest| Some(rest.split_once("```")?.0.to_owned())));
    }
    for (_, source) in read("src", "rs").iter().chain(&read("tests", "rs")) {
        scripts.extend(quoted(source));
    }
    let engine = rhai();
    scripts.sort();
    scripts.dedup();
    scripts.retain(|script| engine.compile(script).is_ok());
    scripts
}

/// An engine that reads as ours do, whatever the variables.
pub(crate) fn rhai() -> Engine {
    let mut engine = Engine::new_raw();
    free_reserved_words(&mut engine);
    engine.set_max_expr_depths(64, 32);
    engine
}

/// The files below a folder of the repository that end so, by name.
fn read(folder: &str, ending: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let is_top = folder.ends_with(".");
    let mut folders = vec![folder];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !is_top {
                folders.push(path);
            } else if path.extension().is_some_and(|own| own == ending) {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

/// The texts between quotes in a Rust source, which has strings much like Rhai's.
fn quoted(source: &str) -> Vec<String> {
    let tokens = scan(source);
    let texts = tokens
        .all
        .iter()
        .filter(|token| token.kind == TokenKind::Text);
    let texts = texts
        .map(|token| tokens.text_of(*token))
        .filter_map(|text| {
            let hashes = text.len() - text.trim_start_matches('#').len();
            let end = "#".repeat(hashes);
            let inner = text[hashes..].strip_suffix(&end)?;
            let inner = inner.strip_prefix('"')?.strip_suffix('"')?;
            let plain = || {
                inner
                    .replace("\\n", "\n")
                    .replace("\\\"", "\"")
                    .replace("\\\\", "\\")
            };
            Some(if hashes > 0 {
                inner.to_owned()
            } else {
                plain()
            })
        });
    // What has no sign in it says nothing about how scripts are read.
    texts
        .filter(|text| text.contains(['(', '{', '=', '[', '|']))
        .collect()
}

/// A recipe that someone is changing: pieces are cut out, doubled, or replaced.
pub(crate) fn mutated() -> impl Strategy<Value = String> {
    let recipes: Vec<String> = recipes().into_iter().map(|(_, text)| text).collect();
    let signs = prop::sample::select(vec![
        "", "(", ")", "{", "}", "[", "]", "\"", "`", "${", "'", ";", ",", "|", "#", "#{", "\n",
        " ", "/*", "*/", "//", "=>", "..", "let ", "fn ", "if ", "\r\n", "\0", "é", "😀", "\\",
        "-", "!", "?[", "1.",
    ]);
    let change = (any::<prop::sample::Index>(), 0..12_usize, signs);
    let changes = prop::collection::vec(change, 1..4);
    (prop::sample::select(recipes), changes).prop_map(|(mut text, changes)| {
        for (at, length, sign) in changes {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            if places.is_empty() {
                break;
            }
            let start = at.index(places.len());
            let end = places.get(start + length).copied().unwrap_or(text.len());
            text.replace_range(places[start]..end, sign);
        }
        text
    })
}
