//! What a call risks, said beside it.

use serde_json::{Value, json};

use super::view::View;
use crate::catalog::Risk;
use crate::script::call_map::action_at;
use crate::script::symbols::Role;

/// The hints of the calls within a range.
pub(super) fn hints(view: &View<'_>, params: &Value) -> Value {
    let workspace = view.workspace;
    let start = workspace
        .place(view.text, &params["range"]["start"])
        .unwrap_or(0);
    let end = workspace.place(view.text, &params["range"]["end"]);
    let end = end.unwrap_or(view.text.len());
    let tokens = view.symbols.tokens.all.iter().enumerate();
    let shown = tokens.filter(|(_, token)| start <= token.start && token.end <= end);
    let hint = |(place, _): (usize, &crate::script::Token)| {
        let words = risks(view, place)?;
        let at = view.bytes(place).end;
        Some(json!({
            "position": view.lines.place(at),
            "label": words,
            "paddingLeft": true,
            "paddingRight": true,
            "tooltip": tooltip(view, place),
        }))
    };
    shown.filter_map(hint).collect()
}

/// What the call of the function at that place risks, in words; nothing if nothing is told.
fn risks(view: &View<'_>, place: usize) -> Option<String> {
    let is_call = matches!(view.symbols.roles.get(place)?, Role::Call | Role::Member);
    if !is_call || !view.symbols.tokens.is(place + 1, "(") {
        return None;
    }
    let action = action_at(&view.symbols, place)?;
    let words: Vec<&str> = action.risk.iter().filter_map(|risk| word(*risk)).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// A risk in words.
pub(super) const fn word(risk: Risk) -> Option<&'static str> {
    match risk {
        Risk::Destructive => Some("destructive"),
        Risk::Money => Some("money"),
        Risk::Mail => Some("sends email"),
        Risk::Provision | Risk::Secret => None,
    }
}

fn tooltip(view: &View<'_>, place: usize) -> String {
    let action = action_at(&view.symbols, place);
    action.map_or_else(String::new, |action| {
        format!("{}: {}", action.name, action.summary)
    })
}
