//! A local name is given another, everywhere in the script as it is in the editor.

use serde_json::{Value, json};

use super::view::View;
use super::workspace::{INVALID_PARAMS, REQUEST_FAILED, Refusal};
use crate::script::symbols::{Role, Symbol, SymbolKind};
use crate::script::{TokenKind, scan};

/// Where the name at a byte stands that can be given another; why not, otherwise.
pub(super) fn prepare(view: &View<'_>, at: usize) -> Result<Value, Refusal> {
    let (place, symbol) = local(view, at)?;
    Ok(json!({
        "range": view.token(place),
        "placeholder": view.symbols.all[symbol].name,
    }))
}

/// The change that gives the name at a byte another.
pub(super) fn rename(view: &View<'_>, at: usize, new: &str) -> Result<Value, Refusal> {
    let (_, target) = local(view, at)?;
    is_name(new)?;
    let symbols = &view.symbols;
    let symbol = &symbols.all[target];
    if new != symbol.name {
        is_free(view, target, new)?;
    }
    let edits = symbols
        .mentions(target)
        .map(|place| json!({ "range": view.token(place), "newText": new }));
    let mut changes = serde_json::Map::new();
    changes.insert(view.uri.to_owned(), edits.collect());
    Ok(json!({ "changes": changes }))
}

fn refused<T>(why: impl Into<String>) -> Result<T, Refusal> {
    Err((REQUEST_FAILED, why.into()))
}

/// The token at a byte and the local name that it means.
fn local(view: &View<'_>, at: usize) -> Result<(usize, usize), Refusal> {
    let symbols = &view.symbols;
    let place = symbols.place_at(at);
    let place = place.filter(|place| symbols.tokens.all[*place].kind == TokenKind::Word);
    let Some(place) = place else {
        return refused("there is no name here");
    };
    let name = symbols.text(place);
    let Some(target) = symbols.targets[place] else {
        let what = match symbols.roles[place] {
            Role::Key | Role::Member => "a field or a parameter, which WHMCS or a file names",
            Role::Call => "a function that is not of this script",
            Role::ModuleMember => "a function of a module, which other scripts may use",
            _ => "not defined in this script",
        };
        return refused(format!("cannot rename `{name}`: it is {what}"));
    };
    let symbol = &symbols.all[target];
    match symbol.kind {
        SymbolKind::Function => refused(format!(
            "cannot rename `{name}`: it is a function, which other scripts may call"
        )),
        _ if uses_text_as_code(view) => refused(format!(
            "cannot rename `{name}`: the script calls `eval`, whose text may use it"
        )),
        _ if is_exported(view, symbol) => refused(format!(
            "cannot rename `{name}`: it is exported, and other scripts may use it"
        )),
        _ => Ok((place, target)),
    }
}

fn uses_text_as_code(view: &View<'_>) -> bool {
    let symbols = &view.symbols;
    let mut roles = symbols.roles.iter().enumerate();
    roles.any(|(place, role)| *role == Role::Call && symbols.text(place) == "eval")
}

fn is_exported(view: &View<'_>, symbol: &Symbol<'_>) -> bool {
    let symbols = &view.symbols;
    let mut targets = symbols.targets.iter().enumerate();
    targets.any(|(place, target)| {
        let is_it = target.is_some_and(|target| symbols.all[target].token == symbol.token);
        let word = |back: usize| place.checked_sub(back).map_or("", |at| symbols.text(at));
        is_it && (word(1) == "export" || word(2) == "export")
    })
}

/// Whether a text is a name.
fn is_name(new: &str) -> Result<(), Refusal> {
    let tokens = scan(new);
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    // Rhai takes no other letters, and no name of bars alone.
    let is_word =
        tokens.all.len() == 1 && tokens.all[0].kind == TokenKind::Word && new.chars().all(is_part);
    if is_word && new != "args" && new.contains(|letter: char| letter.is_ascii_alphanumeric()) {
        Ok(())
    } else {
        Err((INVALID_PARAMS, format!("`{new}` cannot be a name")))
    }
}

/// Whether another name would mean the same things everywhere, and nothing else.
fn is_free(view: &View<'_>, target: usize, new: &str) -> Result<(), Refusal> {
    let symbols = &view.symbols;
    let symbol = &symbols.all[target];
    let is_taken = |place: usize| {
        let seen = symbols.visible_at(place);
        seen.iter().any(|other| other.name == new)
    };
    let is_hidden = |place: &usize| {
        let is_used = matches!(
            symbols.roles[*place],
            Role::Value | Role::Call | Role::Module
        );
        is_used && symbols.text(*place) == new
    };
    let within = symbol.token..symbol.visible.end.max(symbol.token + 1);
    let mut within = within.start..within.end.min(symbols.tokens.all.len());
    if within.any(|place| is_hidden(&place)) || symbols.mentions(target).any(is_taken) {
        refused(format!(
            "cannot rename `{}`: `{new}` already means something there",
            symbol.name
        ))
    } else {
        Ok(())
    }
}
