//! The pages of `docs/reference`: every function and every action.
//!
//! With the variable `WHMCSH_UPDATE_DOCS` set the test writes the pages it
//! otherwise compares.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use super::subjects::SUBJECTS;
use super::{Entry, Use, entries, example, test_entries};
use crate::catalog::{self, Action};

const MADE: &str =
    "<!-- made by the tests from the catalog and the program's own functions -->\n\n";

/// Every page by its file name.
fn pages() -> BTreeMap<String, String> {
    let mut pages = BTreeMap::from([
        ("README.md".to_owned(), index()),
        ("functions.md".to_owned(), functions()),
    ]);
    for group in catalog::groups() {
        pages.insert(file(group), actions(group));
    }
    pages
}

fn file(group: &str) -> String {
    format!("{}.md", group.to_lowercase().replace(' ', "-"))
}

fn of_group(group: &str) -> Vec<&'static Action> {
    let actions = catalog::actions().iter();
    actions.filter(|action| action.group == group).collect()
}

fn index() -> String {
    let mut text = format!(
        "{MADE}# Reference\n\n[Functions](functions.md): files, bulk loops, money, days: \
         everything a script can call besides the actions.\n\n{}\nThe {} actions of WHMCS's API \
         are functions too, by group:\n\n",
        subjects(),
        catalog::actions().len()
    );
    for group in catalog::groups() {
        let page = file(group);
        let links = of_group(group)
            .iter()
            .map(|action| format!("[{0}]({page}#{1})", action.name, action.name.to_lowercase()))
            .collect::<Vec<_>>();
        let _ = writeln!(text, "- [{group}]({page}): {}", links.join(", "));
    }
    text.push_str(
        "\n`AddClient` is `add_client(#{ … })` in a script, `whmcsh call AddClient name=value …` \
         on the command line, and `whmcsh actions AddClient` explains it in the terminal. On a \
         connection to a second server it is `old.add_client(#{ … })`. An action that lists has a \
         second function that walks the whole list, page by page: `for client in all_clients(#{ … \
         }) { … }`.\n\nA parameter that is `()` is left out, `\"\"` empties the field. Types: \
         `ids` is one id, an array of ids, or text with commas; `type[]` is an array; a `map` is \
         `#{ … }`. Truth values, days, custom fields and arrays are written as Rhai writes them \
         and sent as WHMCS wants them. In a reply, `*` stands for a key that is data. Ids are \
         whole numbers, lists are arrays, and the date `0000-00-00` is `()`, however the server \
         sends them.\n",
    );
    text
}

fn subjects() -> String {
    let mut text = String::new();
    for (title, _, names) in SUBJECTS {
        let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        let _ = writeln!(text, "- {title}: {}", names.join(", "));
    }
    text
}

/// What is ours and no action: the uses that are explained, by name.
fn ours() -> BTreeMap<&'static str, Vec<&'static Use>> {
    let is_action = |name: &str| {
        catalog::by_function(name)
            .or_else(|| catalog::by_walk(name))
            .is_some()
    };
    let explained = |entry: &'static Entry| -> Vec<&'static Use> {
        let uses = entry.uses.iter();
        uses.filter(|one| !one.about.is_empty()).collect()
    };
    let entries = entries().values().chain(test_entries().values());
    entries
        .filter(|entry| !is_action(&entry.name))
        .map(|entry| (entry.name.as_str(), explained(entry)))
        .filter(|(_, uses)| !uses.is_empty())
        .collect()
}

fn functions() -> String {
    let ours = ours();
    let mut text = format!(
        "{MADE}# Functions\n\n\
         What a script can call besides the [actions](README.md) and [what the language \
         has](https://rhai.rs/book/language/). A function can be written as a method of its first argument: \
         `table(rows)` is `rows.table()`.\n"
    );
    for (title, about, names) in SUBJECTS {
        let _ = write!(text, "\n## {title}\n\n");
        if !about.is_empty() {
            let _ = write!(text, "{about}\n\n");
        }
        for name in *names {
            let found = ours.get(name);
            let uses = found.unwrap_or_else(|| panic!("`{name}` is no function of ours"));
            text.push_str(&function(name, uses));
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

fn function(name: &str, uses: &[&Use]) -> String {
    let mut text = format!("### {name}\n\n");
    for one in uses {
        for way in &one.ways {
            let _ = writeln!(text, "- `{way}`");
        }
        let _ = write!(text, "\n{}\n\n", one.about);
        if !one.example.is_empty() {
            let _ = write!(text, "```rhai\n{}\n```\n\n", one.example);
        }
    }
    text
}

fn actions(group: &str) -> String {
    let mut text = format!("{MADE}# {group}\n");
    for action in of_group(group) {
        let _ = write!(text, "\n## {}\n\n{}.\n\n", action.name, action.summary);
        let _ = writeln!(text, "- `{}`", action.signature());
        if let Some(walk) = action.walk {
            let _ = writeln!(text, "- `{walk}(#{{ … }})` walks the whole list");
        }
        let _ = write!(text, "- {}", effect(action));
        let _ = write!(text, "\n\n```rhai\n{}\n```\n", example(action));
        parameters(&mut text, action);
        reply(&mut text, action);
        errors(&mut text, action);
    }
    text
}

fn effect(action: &Action) -> String {
    let mut parts = vec![format!("*{}*: {}", action.effect, action.effect.meaning())];
    if !action.risk.is_empty() {
        let risks: Vec<_> = action.risk.iter().map(|risk| risk.word()).collect();
        parts.push(format!("risks: {}", risks.join(", ")));
    }
    if action.is_write() {
        parts.push(format!("a repeat {}", action.repeat()));
    }
    for (word, version) in [("since", action.since), ("until", action.until)] {
        if let Some(version) = version {
            parts.push(format!("{word} WHMCS {version}"));
        }
    }
    if action.deprecated {
        parts.push("WHMCS advises against it".to_owned());
    }
    parts.join("; ")
}

/// Text as a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "\\<")
}

fn parameters(text: &mut String, action: &Action) {
    if action.params.is_empty() {
        return;
    }
    text.push_str("\n| parameter | type | | meaning |\n|---|---|---|---|\n");
    let (required, optional): (Vec<_>, Vec<_>) =
        action.params.iter().partition(|param| param.required);
    for param in required.into_iter().chain(optional) {
        let need = if param.required { "required" } else { "" };
        let remarks = cell(&param.remarks());
        let _ = writeln!(
            text,
            "| `{}` | {} | {need} | {remarks} |",
            param.name, param.kind
        );
    }
}

fn reply(text: &mut String, action: &Action) {
    if action.returns.is_empty() {
        return;
    }
    text.push_str("\nReply:\n\n```text\n");
    let width = action.returns.iter().map(|field| field.path.len()).max();
    let width = width.unwrap_or_default();
    for field in action.returns {
        let _ = writeln!(text, "{:width$}  {}", field.path, field.kind);
    }
    text.push_str("```\n");
}

fn errors(text: &mut String, action: &Action) {
    if action.errors.is_empty() {
        return;
    }
    text.push_str("\nErrors:\n\n```text\n");
    for error in action.errors {
        let _ = writeln!(text, "{error}");
    }
    text.push_str("```\n");
}

#[test]
fn every_function_is_explained_once() {
    let mut explained = BTreeSet::new();
    for name in SUBJECTS.iter().flat_map(|(.., names)| *names) {
        assert!(explained.insert(*name), "`{name}` stands twice");
    }
    let ours: BTreeSet<_> = ours().into_keys().collect();
    assert_eq!(explained, ours, "every function has a place in subjects.rs");
}

#[test]
fn the_pages_are_what_the_program_does() {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "docs", "reference"]
        .iter()
        .collect();
    let is_update = std::env::var_os("WHMCSH_UPDATE_DOCS").is_some();
    for (name, text) in pages() {
        let path = folder.join(&name);
        if is_update {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(path, text).unwrap();
            continue;
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == text,
            "docs/reference/{name} is out of date; WHMCSH_UPDATE_DOCS=1 cargo test --lib reference rewrites it"
        );
    }
}
