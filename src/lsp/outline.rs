//! What a script defines, as an outline.

use serde_json::{Value, json};

use super::view::View;
use crate::script::symbols::{Symbol, SymbolKind};

/// The protocol's numbers for what a symbol is.
const MODULE: u8 = 2;
const FUNCTION: u8 = 12;
const VARIABLE: u8 = 13;
const CONSTANT: u8 = 14;

/// The functions, modules and constants of a script, and its variables outside of blocks.
pub(super) fn symbols(view: &View<'_>) -> Value {
    let symbols = &view.symbols;
    let is_shown = |symbol: &&Symbol| match symbol.kind {
        SymbolKind::Function | SymbolKind::Module => true,
        SymbolKind::Constant | SymbolKind::Variable => {
            symbol.function.is_none() && symbol.visible.end >= symbols.tokens.all.len()
        }
        _ => false,
    };
    let shown = symbols.all.iter().filter(is_shown);
    shown.map(|symbol| one(view, symbol)).collect()
}

fn one(view: &View<'_>, symbol: &Symbol<'_>) -> Value {
    let (kind, detail) = match symbol.kind {
        SymbolKind::Function => (FUNCTION, format!("({})", symbol.parameters.join(", "))),
        SymbolKind::Module => (MODULE, String::new()),
        SymbolKind::Constant => (CONSTANT, String::new()),
        _ => (VARIABLE, String::new()),
    };
    let whole = view.symbols.bytes(&symbol.extent);
    let own = view.bytes(symbol.token);
    let whole = whole.start.min(own.start)..whole.end.max(own.end);
    if !view.workspace.client.nests_symbols {
        let location = json!({ "uri": view.uri, "range": view.lines.range(&whole) });
        return json!({ "name": symbol.name, "kind": kind, "location": location });
    }
    json!({
        "name": symbol.name,
        "detail": detail,
        "kind": kind,
        "range": view.lines.range(&whole),
        "selectionRange": view.lines.range(&own),
    })
}
