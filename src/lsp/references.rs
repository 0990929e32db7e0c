//! Where a name is used: in the script, and in those that import it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::definition::{function_of_module, module_path};
use super::view::View;
use super::workspace::same_file;
use crate::script::symbols::{Role, Symbol, SymbolKind};

/// The places where the name at a byte is used; with `is_complete` also where it is defined.
pub(super) fn references(view: &View<'_>, at: usize, is_complete: bool) -> Value {
    let Some(place) = view.symbols.place_at(at) else {
        return json!([]);
    };
    let mut found = Vec::new();
    if let Some((path, name)) = function_of_module(view, place) {
        of_function(view, &path, name, is_complete, &mut found);
        return Value::Array(found);
    }
    let Some(target) = view.symbols.targets[place] else {
        return json!([]);
    };
    let symbol = &view.symbols.all[target];
    match (symbol.kind, view.path()) {
        (SymbolKind::Function, Some(path)) => {
            of_function(view, &path, symbol.name, is_complete, &mut found);
        }
        _ => mentions(view, target, is_complete, &mut found),
    }
    Value::Array(found)
}

/// The places of one document that mean the same as the name at a byte.
pub(super) fn highlights(view: &View<'_>, at: usize) -> Value {
    let place = view.symbols.place_at(at);
    let target = place.and_then(|place| view.symbols.targets[place]);
    let places = target
        .into_iter()
        .flat_map(|target| view.symbols.mentions(target));
    places
        .map(|place| json!({ "range": view.token(place) }))
        .collect()
}

/// Adds what means a symbol in its own script.
fn mentions(view: &View<'_>, target: usize, is_complete: bool, found: &mut Vec<Value>) {
    let definition = view.symbols.all[target].token;
    for place in view.symbols.mentions(target) {
        if is_complete || place != definition {
            found.push(json!({ "uri": view.uri, "range": view.token(place) }));
        }
    }
}

/// Adds what means the functions of that name in a file, there and in what imports it.
fn of_function(
    view: &View<'_>,
    path: &Path,
    name: &str,
    is_complete: bool,
    found: &mut Vec<Value>,
) {
    let workspace = view.workspace;
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let mut scripts = workspace.scripts_around(folder);
    if let Some(own) = workspace.script(path)
        && !scripts.iter().any(|(uri, _)| *uri == own.0)
    {
        scripts.push(own);
    }
    for (uri, text) in &scripts {
        if !text.contains(name) {
            continue;
        }
        let other = View::new(workspace, uri, text);
        if other.path().is_some_and(|own| same_file(&own, path)) {
            for (target, symbol) in other.symbols.all.iter().enumerate() {
                if symbol.kind == SymbolKind::Function && symbol.name == name {
                    mentions(&other, target, is_complete, found);
                }
            }
        }
        through_modules(&other, path, name, found);
    }
}

/// Adds the calls of a function through the modules that a script imports.
fn through_modules(view: &View<'_>, path: &Path, name: &str, found: &mut Vec<Value>) {
    let symbols = &view.symbols;
    let is_it = |symbol: &Symbol| {
        let module: Option<PathBuf> = module_path(view, symbol);
        module.is_some_and(|module| same_file(&module, path))
    };
    let modules = symbols.all.iter().enumerate();
    let modules: Vec<usize> = modules
        .filter(|(_, symbol)| symbol.kind == SymbolKind::Module && is_it(symbol))
        .map(|(place, _)| place)
        .collect();
    for (place, role) in symbols.roles.iter().enumerate() {
        let is_named = *role == Role::ModuleMember && symbols.text(place) == name;
        let module = place
            .checked_sub(2)
            .and_then(|module| symbols.targets[module]);
        if is_named && module.is_some_and(|module| modules.contains(&module)) {
            found.push(json!({ "uri": view.uri, "range": view.token(place) }));
        }
    }
}
