//! Where a name is defined: in the script, or in a module that it imports.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::position::Lines;
use super::view::View;
use crate::script::symbols::{Role, Symbol, SymbolKind, Symbols, ValueOrigin};

/// Where the name at a byte is defined; null where that is not known.
pub(super) fn definition(view: &View<'_>, at: usize) -> Value {
    let Some(place) = view.symbols.place_at(at) else {
        return Value::Null;
    };
    if let Some(symbol) = view.symbols.target(place) {
        return json!({ "uri": view.uri, "range": view.token(symbol.token) });
    }
    if let Some((path, name)) = function_of_module(view, place) {
        return in_file(view, &path, name).unwrap_or_default();
    }
    let is_name = |symbol: &&Symbol| symbol.origin == ValueOrigin::Module(place);
    let module = view.symbols.all.iter().find(is_name);
    let path = module.and_then(|module| module_path(view, module));
    let found = path.and_then(|path| view.workspace.script(&path));
    found.map_or(Value::Null, |(uri, _)| {
        let start = json!({ "line": 0, "character": 0 });
        json!({ "uri": uri, "range": { "start": start, "end": start } })
    })
}

/// The file and the name of the function of a module that is named at that place.
pub(super) fn function_of_module<'t>(view: &View<'t>, place: usize) -> Option<(PathBuf, &'t str)> {
    if *view.symbols.roles.get(place)? != Role::ModuleMember {
        return None;
    }
    let module = view.symbols.target(place.checked_sub(2)?)?;
    Some((module_path(view, module)?, view.symbols.tokens.word(place)?))
}

/// The file of a module that the script imports.
pub(super) fn module_path(view: &View<'_>, module: &Symbol<'_>) -> Option<PathBuf> {
    let ValueOrigin::Module(text) = module.origin else {
        return None;
    };
    let name = view.symbols.text(text).trim_matches('"');
    view.workspace.module(view.uri, name)
}

/// The function of that name in a file.
fn in_file(view: &View<'_>, path: &Path, name: &str) -> Option<Value> {
    let (uri, text) = view.workspace.script(path)?;
    let symbols = Symbols::resolve(&text);
    let function = function_named(&symbols, name)?;
    let range = symbols.bytes(&(function.token..function.token + 1));
    let range = Lines::index(&text, view.workspace.units).range(&range);
    Some(json!({ "uri": uri, "range": range }))
}

/// The function of that name.
pub(super) fn function_named<'s, 't>(
    symbols: &'s Symbols<'t>,
    name: &str,
) -> Option<&'s Symbol<'t>> {
    let is_it = |symbol: &&Symbol| symbol.kind == SymbolKind::Function && symbol.name == name;
    symbols.all.iter().find(is_it)
}
