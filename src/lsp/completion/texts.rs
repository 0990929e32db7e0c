//! What may stand in a text: files, modules, actions, and words of the API.

use super::cursor::Cursor;
use super::item::{Item, Kind};
use super::parameters::parameter;
use crate::catalog;
use crate::script::beside;
use crate::script::symbols::SymbolKind;

/// How the names of scripts end; a module is imported without it.
const SCRIPT: &str = ".rhai";

pub(super) fn items(cursor: &Cursor<'_, '_>) -> Vec<Item> {
    let symbols = &cursor.view.symbols;
    // The text itself begins with its quote.
    let place = symbols
        .tokens
        .all
        .partition_point(|token| token.end < cursor.context.start);
    let before = place.checked_sub(1);
    if before.is_some_and(|before| symbols.tokens.is(before, "import")) {
        return files(cursor, true);
    }
    if let Some(param) = parameter(cursor).filter(|param| !param.values.is_empty()) {
        return words(cursor, param.values, param.name);
    }
    if let Some(words) = compared(cursor, place) {
        return words;
    }
    match &cursor.context.call {
        Some(call) if call.name == "call" && call.argument == 0 => {
            let actions = catalog::actions().iter();
            let actions = actions.filter(|action| action.name.starts_with(cursor.typed));
            actions
                .map(|action| {
                    Item::new(action.name, Kind::Value)
                        .detail(action.effect.to_string())
                        .about(action.summary)
                })
                .collect()
        }
        Some(call) if call.name == "Fn" => {
            let own = symbols.all.iter();
            let own = own.filter(|symbol| {
                symbol.kind == SymbolKind::Function && symbol.name.starts_with(cursor.typed)
            });
            own.map(|symbol| Item::new(symbol.name, Kind::Function))
                .collect()
        }
        Some(call) if call.argument == 0 && takes_path(cursor, call.name) => files(cursor, false),
        _ => Vec::new(),
    }
}

fn words(cursor: &Cursor<'_, '_>, words: &[&str], of: &str) -> Vec<Item> {
    let fitting = words.iter().filter(|word| word.starts_with(cursor.typed));
    fitting
        .map(|word| Item::new(*word, Kind::Value).detail(of))
        .collect()
}

/// The words that a field is compared with: `client.status == "`.
fn compared(cursor: &Cursor<'_, '_>, place: usize) -> Option<Vec<Item>> {
    let symbols = &cursor.view.symbols;
    let operator = place.checked_sub(1)?;
    let is_compared = symbols.tokens.is(operator, "==") || symbols.tokens.is(operator, "!=");
    let name = symbols.tokens.word(operator.checked_sub(1)?)?;
    let dot = operator.checked_sub(2)?;
    let is_field = symbols.tokens.is(dot, ".") || symbols.tokens.is(dot, "?.");
    if !is_compared || !is_field {
        return None;
    }
    let known = cursor
        .view
        .infer(|inference| inference.before(dot).words(name));
    (!known.is_empty()).then(|| words(cursor, &known, name))
}

/// Whether a function's first argument is the path of a file.
fn takes_path(cursor: &Cursor<'_, '_>, function: &str) -> bool {
    let begins = format!("{function}(path: ");
    let entry = cursor.view.entry(function);
    entry.is_some_and(|entry| entry.calls().any(|way| way.starts_with(&begins)))
}

/// The files beside the script, and those where the editor works.
fn files(cursor: &Cursor<'_, '_>, is_module: bool) -> Vec<Item> {
    let mut items = Vec::new();
    let mut names = std::collections::BTreeSet::new();
    // A module is looked for beside the script alone.
    let folders = cursor.view.folders();
    let folders = folders
        .iter()
        .take(if is_module { 1 } else { folders.len() });
    let path = cursor.view.path();
    let own = path
        .as_deref()
        .and_then(|path| path.file_stem())
        .map(|name| name.to_string_lossy().into_owned());
    let typed = cursor.typed;
    if typed.starts_with('/') || typed.split('/').any(|part| part == "..") {
        return items;
    }
    for folder in folders {
        let (start, found) = beside::files(folder, typed);
        let above = &typed[..start];
        for (name, is_folder) in found {
            let name = match name.strip_suffix(SCRIPT) {
                Some(module)
                    if is_module
                        && !is_folder
                        && module.rsplit_once('.').is_none_or(|(_, kind)| kind != "d") =>
                {
                    module.to_owned()
                }
                _ if is_module && !is_folder => continue,
                _ => name,
            };
            let is_own = is_module && above.is_empty() && own.as_deref() == Some(name.as_str());
            if is_own || !names.insert(name.clone()) {
                continue;
            }
            items.push(if is_folder {
                Item::new(format!("{above}{name}/"), Kind::Folder)
            } else {
                Item::new(format!("{above}{name}"), Kind::File)
            });
        }
    }
    items
}
