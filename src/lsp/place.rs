//! What stands around a place of a script: a call, and the map of its parameters.

use crate::catalog::{self, Action};
use crate::script::{TokenKind, Tokens};

/// The action that a function of scripts calls.
pub(super) fn action_of(function: &str) -> Option<&'static Action> {
    catalog::by_function(function).or_else(|| catalog::by_walk(function))
}

/// A map of parameters in a call of an action.
#[derive(Debug)]
pub(super) struct ParameterMap<'t> {
    /// The action.
    pub(super) action: &'static Action,
    /// The names that are written already.
    pub(super) written: Vec<&'t str>,
}

/// The map of parameters that the token of that place stands in, or would stand in, if it
/// stands where the name of a parameter does.
pub(super) fn map_at<'t>(tokens: &Tokens<'t>, place: usize) -> Option<ParameterMap<'t>> {
    let opens = |place: &usize| tokens.is(*place, "#{");
    let before = place.checked_sub(1)?;
    if !tokens.is(before, "#{") && !tokens.is(before, ",") {
        return None;
    }
    let open = opener(tokens, place).filter(opens)?;
    let paren = open.checked_sub(1).filter(|paren| tokens.is(*paren, "("))?;
    let action = action_of(tokens.word(paren.checked_sub(1)?)?)?;
    Some(ParameterMap {
        action,
        written: names(tokens, open),
    })
}

/// The place of the bracket that is open before that place.
fn opener(tokens: &Tokens<'_>, place: usize) -> Option<usize> {
    let mut depth = 0;
    (0..place).rev().find(|before| {
        depth += tokens.depth(*before);
        depth > 0
    })
}

/// The names in the map that opens there, as far as it is written.
fn names<'t>(tokens: &Tokens<'t>, open: usize) -> Vec<&'t str> {
    let mut names = Vec::new();
    let mut depth = 0;
    for place in open..tokens.all.len() {
        depth += tokens.depth(place);
        if depth == 0 {
            break;
        }
        let token = tokens.all[place];
        let is_name = matches!(token.kind, TokenKind::Word | TokenKind::Text);
        if depth == 1 && is_name && tokens.is(place + 1, ":") {
            names.push(tokens.text_of(token).trim_matches('"'));
        }
    }
    names
}
