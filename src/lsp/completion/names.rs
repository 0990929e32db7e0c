//! Functions, variables, fields and words of the language.

use super::cursor::Cursor;
use super::item::{Item, Kind};
use super::parameters::places;
use crate::catalog::{self, Action};
use crate::lsp::definition::module_path;
use crate::lsp::hover::own_function;
use crate::lsp::view::View;
use crate::script::call_map::key;
use crate::script::reference::Entry;
use crate::script::symbols::{Symbol, SymbolKind};
use crate::script::{Declared, Script};

/// Words of the language that begin something.
const KEYWORDS: [&str; 19] = [
    "break", "catch", "const", "continue", "else", "export", "false", "for", "if", "import", "in",
    "let", "loop", "return", "switch", "throw", "true", "try", "while",
];

/// The words after the script's name on the command line.
const ARGS: &str = "args";

/// Everything that has a name and can be used there.
pub(super) fn all(cursor: &Cursor<'_, '_>) -> Vec<Item> {
    let view = cursor.view;
    let seen = view.symbols.visible_at(cursor.place);
    let fits = |name: &str| name.starts_with(cursor.typed);
    let own: Vec<Item> = seen
        .iter()
        .filter(|symbol| fits(symbol.name) && symbol.token != cursor.place)
        .map(|symbol| of_symbol(cursor, symbol))
        .collect();
    let hides = |name: &str| seen.iter().any(|symbol| symbol.name == name);
    let args = fits(ARGS).then(|| {
        Item::new(ARGS, Kind::Constant)
            .detail("the arguments of the script")
            .about(usage(view.text).join(" "))
    });
    let natives = view
        .entries()
        .filter(|entry| fits(&entry.name) && !hides(&entry.name))
        .filter_map(|entry| of_entry(cursor, entry));
    let words = KEYWORDS
        .iter()
        .filter(|word| fits(word) && !cursor.typed.is_empty());
    let words = words.map(|word| Item::new(*word, Kind::Keyword));
    own.into_iter()
        .chain(args)
        .chain(natives)
        .chain(words)
        .collect()
}

fn of_symbol(cursor: &Cursor<'_, '_>, symbol: &Symbol<'_>) -> Item {
    match symbol.kind {
        SymbolKind::Function => function(cursor, symbol, own_function(cursor.view, symbol)),
        SymbolKind::Module => {
            Item::new(symbol.name, Kind::Module).text(format!("{}::", symbol.name))
        }
        SymbolKind::Constant => Item::new(symbol.name, Kind::Constant),
        _ => Item::new(symbol.name, Kind::Variable),
    }
}

/// A function of a script.
fn function(cursor: &Cursor<'_, '_>, symbol: &Symbol<'_>, about: String) -> Item {
    let item = Item::new(symbol.name, Kind::Function)
        .detail(format!("({})", symbol.parameters.join(", ")))
        .about(about);
    if !cursor.view.workspace.client.takes_snippets || cursor.is_called() {
        return item;
    }
    let parameters = symbol.parameters.iter().enumerate();
    let parameters = parameters.map(|(number, name)| format!("${{{}:{name}}}", number + 1));
    let parameters: Vec<String> = parameters.collect();
    item.snippet(format!("{}({})", symbol.name, parameters.join(", ")))
}

/// A function of ours or of the language's own; none that is called in another way.
fn of_entry(cursor: &Cursor<'_, '_>, entry: &Entry) -> Option<Item> {
    if key(&entry.name) != entry.name {
        return None;
    }
    let way = entry.calls().next()?;
    let action = catalog::by_function(&entry.name).or_else(|| catalog::by_walk(&entry.name));
    let Some(action) = action else {
        let about = entry.uses.first().map_or("", |one| &one.about);
        return Some(
            Item::new(&entry.name, Kind::Function)
                .detail(way)
                .about(about),
        );
    };
    let item = Item::new(&entry.name, Kind::Function)
        .detail(detail(action))
        .about(action.summary);
    let required: Vec<&str> = action.required().collect();
    let takes = cursor.view.workspace.client.takes_snippets && !cursor.is_called();
    Some(if takes && !required.is_empty() {
        item.snippet(format!("{}(#{{ {} }})", entry.name, places(&required)))
    } else {
        item
    })
}

/// What a call does and risks.
fn detail(action: &Action) -> String {
    let mut detail = format!("{}: {}", action.name, action.effect);
    for risk in action.risk {
        detail.push_str(", ");
        detail.push_str(risk.word());
    }
    detail
}

/// The fields of the value before the dot, and the functions that are called on values.
pub(super) fn members(cursor: &Cursor<'_, '_>) -> Vec<Item> {
    let Some(dot) = cursor.place.checked_sub(1) else {
        return Vec::new();
    };
    let declared = declared(cursor, dot);
    if !declared.is_empty() {
        return declared;
    }
    let fields = cursor
        .view
        .infer(|inference| inference.before(dot).fields());
    let fields = fields
        .into_iter()
        .filter(|field| field.name.starts_with(cursor.typed) && key(&field.name) == field.name);
    let fields = fields.map(|field| Item::new(field.name, Kind::Field).detail(field.about));
    let mut items: Vec<Item> = fields.collect();
    let is_method = |entry: &&Entry| {
        let is_action =
            catalog::by_function(&entry.name).is_some() || catalog::by_walk(&entry.name).is_some();
        // A test calls them on its server.
        let is_offered = !is_action || cursor.view.is_test();
        entry.name.starts_with(cursor.typed) && is_offered && key(&entry.name) == entry.name
    };
    let methods = cursor.view.entries().filter(is_method);
    let methods = methods.filter_map(|entry| {
        let way = entry.calls().next()?;
        let about = entry.uses.first().map_or("", |one| &one.about);
        Some(
            Item::new(&entry.name, Kind::Method)
                .detail(way)
                .about(about),
        )
    });
    // Of a value with fields nothing else is meant, as long as nothing is typed.
    if items.is_empty() || !cursor.typed.is_empty() {
        items.extend(methods);
    }
    items
}

/// The arguments that the script declares, behind `args.`.
fn declared(cursor: &Cursor<'_, '_>, dot: usize) -> Vec<Item> {
    let symbols = &cursor.view.symbols;
    let before = dot.checked_sub(1);
    let is_args = before.is_some_and(|before| {
        symbols.tokens.word(before) == Some(ARGS) && symbols.target(before).is_none()
    });
    if !is_args {
        return Vec::new();
    }
    // What is wrong with a declaration is a finding.
    let declared = Script::from_text("", cursor.view.text).declared();
    let declared = declared.unwrap_or_default().into_iter();
    let fits = declared.filter(|argument| argument.name.starts_with(cursor.typed));
    let item = |argument: Declared| {
        Item::new(&argument.name, Kind::Field)
            .detail(argument.kind.placeholder())
            .about(argument.about)
    };
    fits.map(item).collect()
}

/// The functions of the module before `::`.
pub(super) fn of_module(cursor: &Cursor<'_, '_>) -> Vec<Item> {
    let view = cursor.view;
    let module = cursor
        .place
        .checked_sub(2)
        .and_then(|place| view.symbols.target(place));
    let path = module.and_then(|module| module_path(view, module));
    let Some((uri, text)) = path.and_then(|path| view.workspace.script(&path)) else {
        return Vec::new();
    };
    let module = View::new(view.workspace, &uri, &text);
    let is_shown = |symbol: &&Symbol| {
        symbol.kind == SymbolKind::Function
            && symbol.name.starts_with(cursor.typed)
            && !module.symbols.tokens.is(symbol.extent.start, "private")
    };
    let functions = module.symbols.all.iter().filter(is_shown);
    let items = functions.map(|symbol| function(cursor, symbol, own_function(&module, symbol)));
    items.collect()
}

/// The numbers in `args[`, by what the script's own words call them.
pub(super) fn arguments(cursor: &Cursor<'_, '_>) -> Option<Vec<Item>> {
    let symbols = &cursor.view.symbols;
    let is_args =
        cursor.is_before("[") && symbols.tokens.word(cursor.place.checked_sub(2)?) == Some(ARGS);
    let names = usage(cursor.view.text);
    if !is_args || names.is_empty() || !cursor.typed.is_empty() {
        return None;
    }
    let items = names.iter().enumerate();
    Some(
        items
            .map(|(number, name)| Item::new(number.to_string(), Kind::Value).detail(name))
            .collect(),
    )
}

/// The arguments that a script's first comment names: `usage:  whmcsh run a.rhai FILE [DAYS]`.
fn usage(text: &str) -> Vec<String> {
    let header = text
        .lines()
        .take_while(|line| line.starts_with("//") || line.starts_with("#!"));
    let mut usages = header.filter_map(|line| line.split_once(".rhai").map(|(_, rest)| rest));
    let words = usages.next().unwrap_or_default().split_whitespace();
    let words = words.take_while(|word| !word.starts_with('-'));
    words.map(str::to_owned).collect()
}
