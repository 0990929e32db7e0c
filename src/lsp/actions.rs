//! Quick fixes: what `check` knows to put right.

use serde_json::{Value, json};

use super::diagnostics::{bytes, diagnostic};
use super::view::View;
use crate::script::Reported;

/// What puts right what was found within a range.
pub(super) fn actions(view: &View<'_>, found: &[(u8, Reported)], params: &Value) -> Value {
    let only = params.pointer("/context/only").and_then(Value::as_array);
    let is_wanted = |kind: &Value| {
        let kind = kind.as_str().unwrap_or_default();
        kind.is_empty() || kind == "quickfix"
    };
    if only.is_some_and(|only| !only.iter().any(is_wanted)) {
        return json!([]);
    }
    let workspace = view.workspace;
    let place = |name: &str| workspace.place(view.text, &params["range"][name]);
    let start = place("start").unwrap_or(0);
    let end = place("end").unwrap_or(view.text.len());
    let mut actions = Vec::new();
    for (severity, found) in found {
        let span = found.span.map(|span| bytes(&view.lines, span));
        let is_there = span.is_some_and(|span| span.start <= end && start <= span.end);
        if !is_there {
            continue;
        }
        for fix in &found.fixes {
            let range = bytes(&view.lines, fix.span);
            let edit = json!({ "range": view.lines.range(&range), "newText": fix.text });
            let mut changes = serde_json::Map::new();
            changes.insert(view.uri.to_owned(), json!([edit]));
            actions.push(json!({
                "title": fix.title,
                "kind": "quickfix",
                "diagnostics": [diagnostic(&view.lines, *severity, found)],
                "isPreferred": found.fixes.len() == 1,
                "edit": { "changes": changes },
            }));
        }
    }
    Value::Array(actions)
}
