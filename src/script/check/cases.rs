//! The cases of a `switch` as they are written: Rhai keeps only their hashes.

use std::collections::BTreeSet;

use rhai::Position;

use crate::script::check::dead::place;
use crate::script::finding::Finding;
use crate::script::tokens::{TokenKind, Tokens, scan};

/// What a `switch` is on.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Needed {
    /// Text.
    Text,
    /// A number.
    Number,
    /// One letter of a text.
    Letter,
    /// True or false.
    Truth,
    /// A decimal number, which no case can be.
    Money,
    /// Text of a type of its own, which no case can be.
    Meant,
    /// A date or a moment, which no case can be.
    Day,
}

/// What a case is for.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Case {
    Text,
    Number,
    Truth,
    Letter,
    Nothing,
    Other,
}

/// What is wrong with the `switch` at that place if none of its cases can be met.
pub(super) fn unmet(text: &str, position: Position, needed: Needed) -> Option<Finding> {
    let cases = cases(text, position)?;
    let (of, met, hint) = match needed {
        Needed::Text if cases.contains(&Case::Truth) => (
            "text",
            Some(Case::Text),
            "write the cases as text, as the file or server writes it: `\"true\" => …`",
        ),
        Needed::Text if cases.contains(&Case::Letter) => (
            "text",
            Some(Case::Text),
            "write the cases in double quotes: `\"a\" => …`",
        ),
        Needed::Text => (
            "text",
            Some(Case::Text),
            "write the cases as text, such as `\"1\" => …`, or turn the value into a number: \
             `switch parse_int(…) { … }`",
        ),
        Needed::Number => (
            "a number",
            Some(Case::Number),
            "write the cases as numbers, such as `1 => …`, or turn the value into text: `switch \
             x.to_string() { … }`",
        ),
        Needed::Letter => (
            "one letter",
            Some(Case::Letter),
            "write the cases in single quotes, such as `'a' => …`, or turn the value into text: \
             `switch x.to_string() { … }`",
        ),
        Needed::Truth => (
            "true or false",
            Some(Case::Truth),
            "write `true => …, false => …`, or use `if … { … } else { … }`",
        ),
        Needed::Money => (
            "a decimal number",
            None,
            "compare it: `if x == 5 { … }`; or turn it into text: `switch format_money(x) { \
             \"5.00\" => …, _ => … }`",
        ),
        Needed::Day => (
            "a date",
            None,
            "turn it into text: `switch x.to_string() { \"2026-11-23\" => …, _ => … }`",
        ),
        Needed::Meant => (
            "what `as_text()` returns",
            None,
            "turn it into plain text: `switch x.to_string() { … }`",
        ),
    };
    let is_met = [met, Some(Case::Nothing), Some(Case::Other)]
        .iter()
        .flatten()
        .any(|case| cases.contains(case));
    (!cases.is_empty() && !is_met).then(|| Finding {
        code: "unmet-cases",
        position,
        what: format!("no case of this `switch` can match: it is on {of}"),
        hint: Some(hint.into()),
    })
}

/// The texts that the cases of the `switch` at that place are, and where they stand.
pub(super) fn texts(text: &str, position: Position) -> Vec<(String, Position)> {
    let tokens = scan(text);
    let Some((start, end)) = inside(text, &tokens, position) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut at = start;
    while at < end {
        let behind = case(&tokens, at, end, &mut BTreeSet::new());
        let condition = (at..behind).find(|at| tokens.is(*at, "if"));
        for token in &tokens.all[at..condition.unwrap_or(behind).min(end)] {
            let own = tokens.text_of(*token);
            let written = own.strip_prefix('"').and_then(|own| own.strip_suffix('"'));
            if let Some(written) = written.filter(|own| !own.contains('\\'))
                && token.kind == TokenKind::Text
            {
                found.push((written.to_owned(), place(text, token.start)));
            }
        }
        at = behind_body(&tokens, behind, end);
    }
    found
}

fn cases(text: &str, position: Position) -> Option<BTreeSet<Case>> {
    let tokens = scan(text);
    let (mut at, end) = inside(text, &tokens, position)?;
    let mut found = BTreeSet::new();
    while at < end {
        at = case(&tokens, at, end, &mut found);
        at = behind_body(&tokens, at, end);
    }
    Some(found)
}

/// The tokens between the braces of the `switch` at that place.
fn inside(text: &str, tokens: &Tokens, position: Position) -> Option<(usize, usize)> {
    let start = offset(text, position)?;
    let first = tokens.all.iter().position(|token| token.start == start)?;
    let mut at = first + 1;
    while !tokens.is(at, "{") {
        at = match tokens.depth(at) {
            1 => tokens.partner(at)? + 1,
            _ => at + 1,
        };
        (at < tokens.all.len()).then_some(())?;
    }
    Some((at + 1, tokens.partner(at)?))
}

/// Reads one case up to its arrow; gives the place behind that.
fn case(tokens: &Tokens, start: usize, end: usize, found: &mut BTreeSet<Case>) -> usize {
    let mut at = start;
    let mut is_condition = false;
    while at < end && !tokens.is(at, "=>") {
        is_condition |= tokens.is(at, "if");
        if !is_condition {
            found.extend(kind(tokens, at));
        }
        at += 1;
    }
    at + 1
}

fn kind(tokens: &Tokens, at: usize) -> Option<Case> {
    let token = tokens.all.get(at)?;
    let own = tokens.text_of(*token);
    match (token.kind, own) {
        (TokenKind::Comment, _) | (_, "|" | "||" | "-" | ".." | "=" | ")" | "," | "_") => None,
        (TokenKind::Text, _) => Some(Case::Text),
        (TokenKind::Character, _) => Some(Case::Letter),
        (TokenKind::Number, _) => Some(Case::Number),
        (TokenKind::Keyword, "true" | "false") => Some(Case::Truth),
        (TokenKind::Symbol, "(") => Some(Case::Nothing),
        _ => Some(Case::Other),
    }
}

/// The place behind what a case does.
fn behind_body(tokens: &Tokens, start: usize, end: usize) -> usize {
    let mut at = start;
    let is_block = tokens.is(at, "{");
    while at < end {
        if tokens.depth(at) == 1 {
            at = tokens.partner(at).unwrap_or(end) + 1;
            if is_block && at < end && !tokens.is(at, ",") && !tokens.is(at, ".") {
                return at;
            }
            continue;
        }
        if tokens.is(at, ",") {
            return at + 1;
        }
        at += 1;
    }
    end
}

/// The byte at which a place begins.
fn offset(text: &str, position: Position) -> Option<usize> {
    let (line, column) = (position.line()?, position.position()?);
    let start: usize = text
        .split_inclusive('\n')
        .take(line - 1)
        .map(str::len)
        .sum();
    let within = text[start..].char_indices().nth(column - 1)?;
    Some(start + within.0)
}
