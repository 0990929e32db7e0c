//! What a name of a script means.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::place::{action_of, map_at};
use super::position::{Units, range};
use crate::catalog::{self, Action, Param};
use crate::script::reference::{Entry, entry, example};
use crate::script::{TokenKind, scan};

/// A text in Markdown, as the protocol writes it.
pub(super) fn markdown(text: &str) -> Value {
    json!({ "kind": "markdown", "value": text })
}

/// What the name at a byte of a text means; null if there is none that is known.
pub(super) fn hover(text: &str, at: usize, units: Units, is_test: bool) -> Value {
    let tokens = scan(text);
    let is_there = |token: &crate::script::Token| token.start <= at && at < token.end;
    let Some(place) = tokens.all.iter().position(is_there) else {
        return Value::Null;
    };
    let token = tokens.all[place];
    if token.kind != TokenKind::Word {
        return Value::Null;
    }
    let name = tokens.text_of(token);
    let explained = if let Some(map) = map_at(&tokens, place) {
        catalog::parameter(map.action, name).map(|param| parameter(map.action, param))
    } else if let Some(action) = action_of(name) {
        Some(explained(action))
    } else {
        let entry = entry(name, is_test);
        entry.filter(|_| tokens.is(place + 1, "(")).map(described)
    };
    explained.map_or(Value::Null, |text_of| {
        json!({
            "contents": markdown(&text_of),
            "range": range(text, token.start, token.end, units),
        })
    })
}

/// An action: what it does, what it risks, its parameters and an example.
fn explained(action: &'static Action) -> String {
    let mut text = format!("**{}**: {}\n\n", action.name, action.summary);
    // Writing to text cannot fail.
    let _ = writeln!(text, "```rhai\n{}\n```\n", action.signature());
    let _ = writeln!(
        text,
        "- effect: {}, {}",
        action.effect,
        action.effect.meaning()
    );
    let risks: Vec<&str> = action.risk.iter().map(|risk| risk.word()).collect();
    if !risks.is_empty() {
        let _ = writeln!(text, "- risk: {}", risks.join(", "));
    }
    if action.is_write() {
        let _ = writeln!(text, "- a repeat: {}", action.repeat());
    }
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

    /// The text at the `|` of a script; empty if there is none.
    fn at(text: &str) -> String {
        let at = text.find('|').unwrap();
        let hover = hover(&text.replacen('|', "", 1), at, Units::Utf16, true);
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
    fn what_tests_have_is_explained_in_tests_alone() {
        assert!(at("assert_e|q(1, 2)").contains("assert_eq(found: ?, expected: ?)"));
        assert_eq!(
            hover("assert_eq(1, 2)", 2, Units::Utf16, false),
            Value::Null
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
            "len|",
            "a(1) |",
        ] {
            assert_eq!(at(text), "", "{text}");
        }
    }
}
