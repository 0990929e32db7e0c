//! What a name of a script means.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::definition::{function_named, function_of_module};
use super::view::View;
use crate::catalog::{self, Action, Param};
use crate::script::TokenKind;
use crate::script::call_map::action_at;
use crate::script::context::context;
use crate::script::reference::{Entry, example};
use crate::script::symbols::{Role, Symbol, SymbolKind};

/// A text in Markdown, as the protocol writes it.
pub(super) fn markdown(text: &str) -> Value {
    json!({ "kind": "markdown", "value": text })
}

/// What the name at a byte means; null if there is none that is known.
pub(super) fn hover(view: &View<'_>, at: usize) -> Value {
    let symbols = &view.symbols;
    let place = symbols.place_at(at);
    let place = place.filter(|place| symbols.tokens.all[*place].kind == TokenKind::Word);
    let explained = place.and_then(|place| Some((place, meaning(view, place)?)));
    explained.map_or(
        Value::Null,
        |(place, text)| json!({ "contents": markdown(&text), "range": view.token(place) }),
    )
}

/// What a name means, in Markdown.
fn meaning(view: &View<'_>, place: usize) -> Option<String> {
    let symbols = &view.symbols;
    let name = symbols.text(place);
    if symbols.roles[place] == Role::Key {
        let context = context(view.text, view.bytes(place).start);
        let map = context.map.filter(|map| map.path.is_empty())?;
        let action = view.action_of(&map.call)?;
        return catalog::parameter(action, name).map(|param| parameter(action, param));
    }
    if let Some(symbol) = symbols.target(place) {
        return match symbol.kind {
            SymbolKind::Function => Some(own_function(view, symbol)),
            _ => local(view, place, symbol),
        };
    }
    match symbols.roles[place] {
        Role::Member if !symbols.tokens.is(place + 1, "(") => field(view, place),
        Role::Module => None,
        Role::ModuleMember => of_module(view, place),
        _ => {
            let action = action_at(symbols, place).map(explained);
            action.or_else(|| {
                let entry = view.entry(name);
                entry
                    .filter(|_| symbols.tokens.is(place + 1, "("))
                    .map(described)
            })
        }
    }
}

/// A function of the script: how it is called, and the comment above it.
pub(super) fn own_function(view: &View<'_>, function: &Symbol<'_>) -> String {
    let parameters = function.parameters.join(", ");
    let about = view.comment_above(function.token);
    format!(
        "```rhai\nfn {}({parameters})\n```\n\n{about}\n",
        function.name
    )
}

/// A variable whose value is known.
fn local(view: &View<'_>, place: usize, symbol: &Symbol<'_>) -> Option<String> {
    let target = view.symbols.targets[place]?;
    let known = view
        .infer(|inference| inference.of_symbol(target))
        .words_for();
    (!known.is_empty()).then(|| format!("`{}`: {known}\n", symbol.name))
}

/// A field of a reply.
fn field(view: &View<'_>, place: usize) -> Option<String> {
    let name = view.symbols.text(place);
    let dot = place.checked_sub(1)?;
    let fields = view.infer(|inference| inference.before(dot).fields());
    let field = fields.into_iter().find(|field| field.name == name)?;
    (!field.about.is_empty()).then(|| format!("`{name}`: {}\n", field.about))
}

/// A function of an imported module.
fn of_module(view: &View<'_>, place: usize) -> Option<String> {
    let (path, name) = function_of_module(view, place)?;
    let (uri, text) = view.workspace.script(&path)?;
    let module = View::new(view.workspace, &uri, &text);
    let function = function_named(&module.symbols, name)?;
    Some(own_function(&module, function))
}

/// An action: what it does, what it risks, its parameters and an example.
fn explained(action: &'static Action) -> String {
    let mut text = format!("**{}**: {}\n\n", action.name, action.summary);
    // Writing to text cannot fail.
    let _ = writeln!(text, "```rhai\n{}\n```\n", action.signature());
    text.push_str(&risks_of(action));
    if action.deprecated {
        text.push_str("- deprecated by WHMCS\n");
    }
    for (title, is_required) in [("Required", true), ("Optional", false)] {
        let params = action.params.iter();
        let mut params = params
            .filter(|param| param.required == is_required)
            .peekable();
        if params.peek().is_some() {
            let _ = writeln!(text, "\n{title}:\n");
        }
        for param in params {
            let _ = writeln!(
                text,
                "- `{}` ({}): {}",
                param.name,
                param.kind,
                param.remarks()
            );
        }
    }
    if !action.errors.is_empty() {
        text.push_str("\nErrors:\n\n");
        for error in action.errors {
            let _ = writeln!(text, "- \"{error}\"");
        }
    }
    let _ = writeln!(text, "\n```rhai\n{}\n```", example(action).trim_end());
    text
}

/// What an action does to the server, what it risks, and whether it can be repeated.
pub(super) fn risks_of(action: &Action) -> String {
    let mut text = format!("- effect: {}, {}\n", action.effect, action.effect.meaning());
    let risks: Vec<&str> = action.risk.iter().map(|risk| risk.word()).collect();
    // Writing to text cannot fail.
    if !risks.is_empty() {
        let _ = writeln!(text, "- risk: {}", risks.join(", "));
    }
    if action.is_write() {
        let _ = writeln!(text, "- a repeat: {}", action.repeat());
    }
    text
}

fn parameter(action: &Action, param: &Param) -> String {
    let need = if param.required {
        "required"
    } else {
        "optional"
    };
    format!(
        "`{}` ({}, {need}) of **{}**: {}\n",
        param.name,
        param.kind,
        action.name,
        param.remarks()
    )
}

/// A function that is no action: how it is called, what it does, an example.
fn described(entry: &Entry) -> String {
    let mut text = String::new();
    for one in &entry.uses {
        // Writing to text cannot fail.
        let _ = writeln!(text, "```rhai\n{}\n```\n", one.ways.join("\n"));
        let about = if one.about.is_empty() {
            "[The language itself](https://rhai.rs/book/language/)"
        } else {
            &one.about
        };
        let _ = writeln!(text, "{about}\n");
        if !one.example.is_empty() {
            let _ = writeln!(text, "```rhai\n{}\n```\n", one.example);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lsp::view::tests::{at_mark, at_mark_of};

    /// The text at the `|` of a script; empty if there is none.
    fn at(text: &str) -> String {
        let hover = at_mark(text, hover);
        hover["contents"]["value"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    #[test]
    fn an_action_is_explained_by_any_of_its_functions() {
        for text in ["ad|d_client(#{})", "|add_client"] {
            let shown = at(text);
            assert!(shown.starts_with("**AddClient**: "), "{shown}");
            assert!(shown.contains("\nRequired:\n\n- `"), "{shown}");
        }
        assert!(at("for c in all_cl|ients() {}").starts_with("**GetClients**: "));
    }

    #[test]
    fn a_function_shows_how_it_is_called() {
        let shown = at("parse_mo|ney(\"1\")");
        assert!(
            shown.starts_with("```rhai\nparse_money(amount: string) -> decimal\n"),
            "{shown}"
        );
    }

    #[test]
    fn a_parameter_is_explained_in_its_map() {
        let shown = at("add_client(#{ a: 1, firstn|ame: 1 })");
        assert!(shown.starts_with("`firstname` ("), "{shown}");
        assert_eq!(at("let firstn|ame = 1;"), "");
    }

    #[test]
    fn texts_comments_and_names_of_ones_own_mean_nothing() {
        for text in [
            "\"add_cl|ient\"",
            "// add_cl|ient",
            "mi|ne(1)",
            "| ",
            "x.len|",
            "a(1) |",
        ] {
            assert_eq!(at(text), "", "{text}");
        }
    }

    #[test]
    fn names_of_ones_own_tell_what_is_known_of_them() {
        for (text, wanted) in [
            (
                "// Twice.\nfn twice(x) { x * 2 } twi|ce(1)",
                "```rhai\nfn twice(x)\n```\n\nTwice.\n",
            ),
            (
                "for c in all_clients() { |c }",
                "`c`: a map of GetClients\n",
            ),
            (
                "for c in all_clients() { c.lastn|ame }",
                "`lastname`: string of GetClients\n",
            ),
            ("let a = 1; |a", ""),
        ] {
            assert_eq!(at(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_tests_have_is_explained_in_tests_alone() {
        let of = |uri: &str| at_mark_of(uri, "assert_e|q(1, 2)", hover);
        let explained = of("file:///a/close_test.rhai")["contents"]["value"].to_string();
        assert!(
            explained.contains("assert_eq(found: ?, expected: ?)"),
            "{explained}"
        );
        assert_eq!(of("file:///a/close.rhai"), Value::Null);
    }
}
