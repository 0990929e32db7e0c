//! Names of functions and of parameters where they can stand.

use serde_json::{Value, json};

use super::hover::markdown;
use super::place::{ParameterMap, action_of, map_at};
use crate::catalog::{Action, Param, is_reserved};
use crate::script::reference::{Entry, entries, test_entries};
use crate::script::{OpenEnd, TokenKind, scan};

/// The protocol's numbers for what an item is.
const FUNCTION: u8 = 3;
const FIELD: u8 = 5;

/// What can stand at a byte of a text. `is_asked` says that somebody asked for it, not
/// just typed a character that may begin a list.
pub(super) fn items(text: &str, at: usize, is_asked: bool, is_test: bool) -> Vec<Value> {
    let before = scan(&text[..at]);
    let is_in_text = |end: &OpenEnd| !matches!(end, OpenEnd::Bracket(_));
    if before.open.last().is_some_and(is_in_text) {
        return Vec::new();
    }
    let last = before.all.last().filter(|token| token.end == at);
    let typed = match last {
        Some(token) if matches!(token.kind, TokenKind::Word | TokenKind::Keyword) => {
            before.text_of(*token)
        }
        Some(token) if matches!(token.kind, TokenKind::Number | TokenKind::Comment) => {
            return Vec::new();
        }
        _ => "",
    };
    let place = before.all.len() - usize::from(!typed.is_empty());
    // Names may stand behind the cursor too; the tokens before it are the same.
    let whole = scan(text);
    if let Some(map) = map_at(&whole, place) {
        return parameters(&map, typed);
    }
    let previous = place.checked_sub(1);
    let is_member = previous.is_some_and(|place| before.is(place, ".") || before.is(place, "?."));
    if !is_asked && typed.is_empty() {
        return Vec::new();
    }
    functions(typed, is_member, is_test)
}

/// The parameters that a call's map can still take, the required ones first.
fn parameters(map: &ParameterMap<'_>, typed: &str) -> Vec<Value> {
    let is_left = |param: &&Param| {
        let written = |name: &&&str| name.eq_ignore_ascii_case(param.name) && **name != typed;
        is_word(param.name)
            && !is_reserved(param.name)
            && param.name.starts_with(typed)
            && map.written.iter().find(written).is_none()
    };
    let mut left: Vec<&Param> = map.action.params.iter().filter(is_left).collect();
    left.sort_by_key(|param| !param.required);
    let item = |(number, param): (usize, &Param)| {
        let need = if param.required {
            "required"
        } else {
            "optional"
        };
        json!({
            "label": param.name,
            "kind": FIELD,
            "detail": format!("{} ({need})", param.kind),
            "documentation": param.remarks(),
            "insertText": format!("{}: ", param.name),
            "sortText": format!("{number:04}"),
        })
    };
    left.into_iter().enumerate().map(item).collect()
}

/// The functions that begin so; behind a dot those that are called on a value. A test has more
/// than other scripts, and every action behind the dot too: they can be called on its server.
fn functions(typed: &str, is_member: bool, is_test: bool) -> Vec<Value> {
    let fits = |entry: &&Entry| {
        entry.name.starts_with(typed) && is_word(&entry.name) && entry.calls().next().is_some()
    };
    let of_tests = test_entries().values().filter(|_| is_test);
    let entries = entries().values().chain(of_tests).filter(fits);
    let items = entries.filter_map(|entry| match action_of(&entry.name) {
        Some(_) if is_member && !is_test => None,
        Some(action) => Some(json!({
            "label": entry.name,
            "kind": FUNCTION,
            "detail": detail(action),
            "documentation": action.summary,
        })),
        None => Some(json!({
            "label": entry.name,
            "kind": FUNCTION,
            "detail": entry.calls().next(),
            "documentation": markdown(entry.uses.first().map_or("", |one| &one.about)),
        })),
    });
    items.collect()
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

/// Whether a name can be written without quotes.
fn is_word(name: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    !name.starts_with(|first: char| first.is_ascii_digit()) && name.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The labels at the `|` of a text.
    fn labels(text: &str) -> Vec<String> {
        let at = text.find('|').unwrap();
        let items = items(&text.replacen('|', "", 1), at, false, false);
        let labels = items.iter().map(|item| item["label"].as_str().unwrap());
        labels.map(str::to_owned).collect()
    }

    #[test]
    fn functions_are_completed_by_what_is_typed() {
        let labels = labels("let a = get_clients_det|");
        assert_eq!(labels, ["get_clients_details"]);
    }

    #[test]
    fn an_action_says_what_it_does_and_risks() {
        let items = items(
            "add_payment_x",
            "add_invoice_payment".len().min(8),
            false,
            false,
        );
        assert!(
            items
                .iter()
                .all(|item| item["label"].as_str().unwrap().starts_with("add_paym"))
        );
        let closing = super::items("close_cl", 8, false, false);
        let detail = closing[0]["detail"].as_str().unwrap();
        assert!(
            detail.starts_with("CloseClient: act, destructive"),
            "{detail}"
        );
    }

    #[test]
    fn parameters_that_are_missing_come_with_the_required_ones_first() {
        let labels = labels("add_client(#{ firstname: \"Jo\", |, \"email\": x });");
        let required = crate::catalog::action("AddClient").unwrap().required();
        let required: Vec<&str> = required
            .filter(|name| !["firstname", "email"].contains(name))
            .collect();
        assert!(labels.len() > required.len());
        assert_eq!(labels[..required.len()], required);
        assert!(
            !labels
                .iter()
                .any(|name| name == "firstname" || name == "email")
        );
    }

    #[test]
    fn a_name_that_is_being_typed_is_not_written_yet() {
        assert!(labels("add_client(#{ firstname|: 1 })").contains(&"firstname".to_owned()));
        assert_eq!(labels("add_client(#{ firstn|"), ["firstname"]);
    }

    #[test]
    fn a_map_within_the_map_or_a_value_has_no_parameters() {
        assert!(labels("add_client(#{ customfields: #{ |").is_empty());
        assert!(labels("add_client(#{ firstname: |").is_empty());
        assert!(labels("print(#{ |").is_empty());
    }

    #[test]
    fn texts_comments_and_numbers_are_left_alone() {
        for text in ["\"get_cl|", "// get_cl|", "/* get_cl|", "`get_cl|", "12|"] {
            assert!(labels(text).is_empty(), "{text}");
        }
        assert!(!labels("`${get_cl|").is_empty());
    }

    #[test]
    fn behind_a_dot_no_action_is_offered() {
        let labels = labels("a.p|");
        assert!(labels.contains(&"push".to_owned()), "{labels:?}");
        assert!(super::items("a.get_cl", 8, true, false).is_empty());
    }

    #[test]
    fn what_tests_have_is_offered_in_tests_alone() {
        let offered = |is_test| {
            let items = super::items("assert_no_w", 11, false, is_test);
            items
                .iter()
                .map(|item| item["label"].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(offered(true), ["assert_no_writes"]);
        assert!(offered(false).is_empty());
        assert!(!super::items("server.get_cl", 13, false, true).is_empty());
    }

    #[test]
    fn every_place_of_a_script_has_an_answer() {
        let text = include_str!("../../scripts/onboard_clients.rhai");
        for (at, _) in text.char_indices().step_by(7) {
            items(text, at, false, false);
            items(&text[..at], at, false, true);
        }
    }
}
