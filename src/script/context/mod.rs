//! Where in the language the cursor is: in which call, in which of its maps, after
//! which value. Pure, and content with text that is not whole.

mod steps;
#[cfg(test)]
mod tests;

use crate::script::tokens::{OpenEnd, Token, TokenKind, Tokens, scan};
use steps::{is_dot, level, steps_to};

pub use steps::Step;

/// What is being typed, and where.
#[derive(Debug, PartialEq)]
pub struct Context<'t> {
    /// Where it begins, in bytes; it ends at the cursor.
    pub start: usize,
    /// What kind of place it is.
    pub site: Site<'t>,
    /// The innermost call around it.
    pub call: Option<Call<'t>>,
    /// The innermost map of a call around it.
    pub map: Option<MapOf<'t>>,
}

/// A kind of place.
#[derive(Debug, PartialEq)]
pub enum Site<'t> {
    /// A name that stands for itself.
    Name,
    /// A key of [`Context::map`].
    Key,
    /// After a dot, a field or a method of what those steps lead to.
    Member(Vec<Step<'t>>),
    /// In a string.
    Text,
    /// In a comment or a number: nothing can be said.
    Nowhere,
}

/// A call around the cursor.
#[derive(Clone, Debug, PartialEq)]
pub struct Call<'t> {
    /// The function's name.
    pub name: &'t str,
    /// Where that begins, in bytes.
    pub start: usize,
    /// Which of its arguments is being typed, from 0.
    pub argument: usize,
    /// Its first argument, if that is a string: the action of `call("AddClient", …)`.
    pub first: Option<&'t str>,
}

/// A map among the arguments of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct MapOf<'t> {
    /// The call.
    pub call: Call<'t>,
    /// The keys that lead from the argument to the map, for a map within it.
    pub path: Vec<&'t str>,
    /// The keys it has, before and behind the cursor.
    pub given: Vec<&'t str>,
    /// The key whose value is being typed.
    pub key: Option<&'t str>,
}

/// Looks around the cursor at byte `at`.
pub fn context(text: &str, at: usize) -> Context<'_> {
    let before = scan(&text[..at]);
    let whole = scan(text);
    let last = before.all.last().copied();
    let touching = last.filter(|token| token.end == at).map(|token| token.kind);
    let inside = before.open.last();
    let (start, site, known) = match (inside, touching) {
        (Some(OpenEnd::Text(start)), _) => (start + 1, Site::Text, before.all.len() - 1),
        (Some(OpenEnd::Comment | OpenEnd::Template(_) | OpenEnd::Raw(_)), _)
        | (_, Some(TokenKind::Comment | TokenKind::Number)) => {
            (at, Site::Nowhere, before.all.len())
        }
        (_, Some(TokenKind::Word | TokenKind::Keyword)) => {
            let start = last.map_or(at, |token| token.start);
            (start, Site::Name, before.all.len() - 1)
        }
        _ => (at, Site::Name, before.all.len()),
    };
    let map = map_around(&before, &whole, known, start);
    let site = match site {
        Site::Name if known > 0 && is_dot(&before, known - 1) => {
            match steps_to(&before, known - 1) {
                Some(steps) => Site::Member(steps),
                None => Site::Nowhere,
            }
        }
        Site::Name if is_key_place(&before, known) && map.is_some() => Site::Key,
        other => other,
    };
    Context {
        start,
        site,
        call: call_around(&before, known),
        map,
    }
}

/// Whether a key belongs at that place: the bracket around it is a map's, and nothing
/// but a comma stands before it.
fn is_key_place(tokens: &Tokens, place: usize) -> bool {
    let Some(before) = place.checked_sub(1) else {
        return false;
    };
    match innermost(tokens) {
        Some(open) if tokens.is(open, "#{") => before == open || tokens.is(before, ","),
        _ => false,
    }
}

/// The places of the brackets around the end of the tokens, innermost first.
fn brackets<'a>(tokens: &'a Tokens) -> impl Iterator<Item = usize> + 'a {
    tokens.open.iter().rev().filter_map(|open| match open {
        OpenEnd::Bracket(place) => Some(*place),
        _ => None,
    })
}

fn innermost(tokens: &Tokens) -> Option<usize> {
    brackets(tokens).next()
}

/// The call whose parentheses are the nearest around the cursor; a block between the
/// two, such as a closure's, hides it.
fn call_around<'t>(tokens: &Tokens<'t>, known: usize) -> Option<Call<'t>> {
    let mut around = brackets(tokens).take_while(|place| !tokens.is(*place, "{"));
    around.find_map(|place| call_at(tokens, place, known))
}

/// The call whose parenthesis opens at that place.
fn call_at<'t>(tokens: &Tokens<'t>, place: usize, known: usize) -> Option<Call<'t>> {
    if !tokens.is(place, "(") {
        return None;
    }
    let name = tokens.word(place.checked_sub(1)?)?;
    let start = tokens.all.get(place.checked_sub(1)?)?.start;
    let is_defined = place >= 2 && tokens.is(place - 2, "fn");
    if is_defined {
        return None;
    }
    let commas = level(tokens, place, known).filter(|at| tokens.is(*at, ","));
    let first = tokens.all.get(place + 1).filter(|_| place + 1 < known);
    Some(Call {
        name,
        start,
        argument: commas.count(),
        first: first.and_then(|token| string(tokens, *token)),
    })
}

/// The map around the cursor, if it is an argument of a call or within one.
fn map_around<'t>(
    before: &Tokens<'t>,
    whole: &Tokens<'t>,
    known: usize,
    start: usize,
) -> Option<MapOf<'t>> {
    let open = innermost(before).filter(|open| before.is(*open, "#{"))?;
    let (call, path) = way_to_map(before, open, known)?;
    let keys = level(whole, open, whole.all.len()).filter(|at| whole.all[*at].start != start);
    Some(MapOf {
        call,
        path,
        given: keys.filter_map(|at| key_at(whole, at)).collect(),
        key: open_key(before, open, known),
    })
}

/// The call that a map is an argument of, and the keys on the way to it.
fn way_to_map<'t>(
    tokens: &Tokens<'t>,
    map: usize,
    known: usize,
) -> Option<(Call<'t>, Vec<&'t str>)> {
    let outer = brackets(tokens).find(|place| *place < map)?;
    if let Some(call) = call_at(tokens, outer, known) {
        return Some((call, Vec::new()));
    }
    // In a list it is the list's key that leads to it.
    let (holder, within) = if tokens.is(outer, "[") {
        let around = brackets(tokens).find(|place| *place < outer)?;
        (around, outer)
    } else {
        (outer, map)
    };
    if !tokens.is(holder, "#{") {
        return None;
    }
    let key = open_key(tokens, holder, within)?;
    let (call, mut path) = way_to_map(tokens, holder, known)?;
    path.push(key);
    Some((call, path))
}

/// The key of a map that has its colon but not yet its comma at `end`.
fn open_key<'t>(tokens: &Tokens<'t>, open: usize, end: usize) -> Option<&'t str> {
    let mut key = None;
    for at in level(tokens, open, end) {
        if tokens.is(at, ",") {
            key = None;
        } else if key.is_none() {
            key = key_at(tokens, at);
        }
    }
    key
}

/// The key at a place, if a colon follows it.
fn key_at<'t>(tokens: &Tokens<'t>, at: usize) -> Option<&'t str> {
    let token = *tokens.all.get(at)?;
    if !tokens.is(at + 1, ":") {
        return None;
    }
    match token.kind {
        TokenKind::Word | TokenKind::Keyword => Some(tokens.text_of(token)),
        _ => string(tokens, token),
    }
}

fn string<'t>(tokens: &Tokens<'t>, token: Token) -> Option<&'t str> {
    if token.kind != TokenKind::Text {
        return None;
    }
    tokens
        .text_of(token)
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
}
