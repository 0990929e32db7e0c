//! What can be done with a script, said above it; the editor does it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::view::View;
use super::workspace::RUN;
use crate::catalog::Action;
use crate::display::text::counted;
use crate::script::call_map::action_at;
use crate::script::symbols::{Role, SymbolKind};

/// How the names of files with tests end, and those of the tests.
const TESTS: &str = "_test.rhai";
const TEST: &str = "test_";

/// What stands above the script and above its tests.
pub(super) fn lenses(view: &View<'_>) -> Value {
    let mut lenses = Vec::new();
    let top = json!({ "line": 0, "character": 0 });
    let top = json!({ "start": top, "end": top });
    if let Some(title) = effects(view) {
        lenses.push(json!({ "range": top, "command": { "title": title, "command": "" } }));
    }
    let path = view.path().filter(|_| view.workspace.client.runs_commands);
    let Some(path) = path else {
        return Value::Array(lenses);
    };
    let shown = path.display().to_string();
    let folder = path.parent().map(|folder| folder.display().to_string());
    let lens = |range: &Value, title: &str, words: &[&str]| {
        let run = json!({ "arguments": words, "folder": folder });
        let command = json!({ "title": title, "command": RUN, "arguments": [run] });
        json!({ "range": range, "command": command })
    };
    if shown.ends_with(TESTS) {
        lenses.push(lens(&top, "Run tests", &["test", &shown]));
        for symbol in &view.symbols.all {
            if symbol.kind == SymbolKind::Function && symbol.name.starts_with(TEST) {
                let range = view.token(symbol.token);
                let words = ["test", shown.as_str(), "--filter", symbol.name];
                lenses.push(lens(&range, "Run test", &words));
            }
        }
    } else {
        lenses.push(lens(&top, "Check", &["check", &shown]));
        lenses.push(lens(&top, "Plan", &["plan", &shown]));
        lenses.push(lens(
            &top,
            "Try on the sandbox",
            &["run", "--sandbox", &shown],
        ));
    }
    Value::Array(lenses)
}

/// The actions that a script calls: `3 reads, 2 writes`.
fn effects(view: &View<'_>) -> Option<String> {
    let symbols = &view.symbols;
    let calls = (0..symbols.tokens.all.len()).filter(|place| {
        let is_called = symbols.tokens.is(place + 1, "(");
        match symbols.roles[*place] {
            Role::Call | Role::Value => true,
            role => role == Role::Member && is_called,
        }
    });
    let actions: BTreeSet<&str> = calls
        .filter_map(|place| action_at(symbols, place))
        .map(|action| action.name)
        .collect();
    let actions = actions.into_iter().filter_map(crate::catalog::action);
    let (writes, reads): (Vec<&Action>, Vec<_>) = actions.partition(|action| action.is_write());
    let count = |all: &[&Action], noun: &str| {
        let count = u64::try_from(all.len()).unwrap_or_default();
        (count > 0).then(|| counted(count, noun))
    };
    let told = [count(&reads, "read"), count(&writes, "write")];
    let told: Vec<String> = told.into_iter().flatten().collect();
    (!told.is_empty()).then(|| told.join(", "))
}
