//! What stands before a dot: the steps to its value, through loops and closures.

use std::cell::Cell;

use crate::catalog;
use crate::script::tokens::Tokens;

/// A step to a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Step<'t> {
    /// A variable; always the first.
    Variable(&'t str),
    /// What a function returns; always the first.
    Call(&'t str),
    /// A field of it.
    Field(&'t str),
    /// An item of it.
    Item,
}

/// How many values are gone through to find one: each `let x = x;` could be looked at in
/// every way the ones before it can.
const MOST: u32 = 200;

/// The steps to the value that ends before the token at `end`.
pub(super) fn steps_to<'t>(tokens: &Tokens<'t>, end: usize) -> Option<Vec<Step<'t>>> {
    steps_within(tokens, &Cell::new(MOST), end)
}

fn steps_within<'t>(tokens: &Tokens<'t>, left: &Cell<u32>, end: usize) -> Option<Vec<Step<'t>>> {
    left.set(left.get().checked_sub(1)?);
    let mut steps = Vec::new();
    let mut end = end;
    loop {
        let last = end.checked_sub(1)?;
        if tokens.is(last, "]") {
            steps.push(Step::Item);
            end = tokens.partner(last)?;
            continue;
        }
        let called = tokens.is(last, ")");
        let place = if called {
            tokens.partner(last)?.checked_sub(1)?
        } else {
            last
        };
        let word = tokens.word(place)?;
        let is_member = place > 0 && is_dot(tokens, place - 1);
        match (called, is_member) {
            (false, true) => steps.push(Step::Field(word)),
            // What a method makes of a list is one again, of the same items.
            (true, true) if matches!(word, "to_array" | "filter" | "sorted") => {}
            (true, true) if is_of_the_catalog(word) => {
                steps.push(Step::Call(word));
                break;
            }
            (true, true) => return None,
            (true, false) => {
                steps.push(Step::Call(word));
                break;
            }
            (false, false) => {
                steps.extend(origin((tokens, left), word, place).into_iter().rev());
                break;
            }
        }
        end = place - 1;
    }
    steps.reverse();
    Some(steps)
}

fn is_of_the_catalog(function: &str) -> bool {
    catalog::by_function(function).is_some() || catalog::by_walk(function).is_some()
}

/// Where a name's value is from: the list that a loop or a closure around it goes
/// through; otherwise it is a variable.
fn origin<'t>(
    (tokens, left): (&Tokens<'t>, &Cell<u32>),
    name: &'t str,
    before: usize,
) -> Vec<Step<'t>> {
    let is_it = |at: &usize| tokens.word(*at) == Some(name);
    for at in (1..before).rev().filter(is_it) {
        let list = if tokens.is(at - 1, "for") && tokens.is(at + 1, "in") {
            let block = (at + 2..before).find(|end| tokens.is(*end, "{"));
            block.and_then(|end| steps_within(tokens, left, end))
        } else if tokens.is(at - 1, "|") && at >= 2 {
            closure_list(tokens, left, at - 2)
        } else if tokens.is(at - 1, "let") || tokens.is(at - 1, "const") {
            let end = (at + 2..before).find(|end| tokens.is(*end, ";"));
            let value = end.and_then(|end| steps_within(tokens, left, end));
            if let Some(steps) = value.filter(|steps| steps.first() != Some(&Step::Variable(name)))
            {
                return steps;
            }
            None
        } else {
            None
        };
        if let Some(mut steps) = list {
            steps.push(Step::Item);
            return steps;
        }
    }
    vec![Step::Variable(name)]
}

/// The list whose items a closure gets whose first bar stands behind `place`: of
/// `list.map(|` or of `bulk(list, …, |`.
fn closure_list<'t>(tokens: &Tokens<'t>, left: &Cell<u32>, place: usize) -> Option<Vec<Step<'t>>> {
    let mut at = place;
    let mut depth = 0;
    while depth > 0 || !tokens.is(at, "(") {
        depth -= tokens.depth(at);
        if depth < 0 {
            return None;
        }
        at = at.checked_sub(1)?;
    }
    let name = at.checked_sub(1)?;
    if name > 0 && is_dot(tokens, name - 1) {
        return steps_within(tokens, left, name - 1);
    }
    if !matches!(tokens.word(name), Some("bulk" | "gather")) {
        return None;
    }
    let end = level(tokens, at, place + 1).find(|at| tokens.is(*at, ","))?;
    steps_within(tokens, left, end)
}

pub(super) fn is_dot(tokens: &Tokens, place: usize) -> bool {
    tokens.is(place, ".") || tokens.is(place, "?.")
}

/// The places behind an opening bracket that are in it and in no other, up to `end`.
pub(super) fn level<'a>(
    tokens: &'a Tokens,
    open: usize,
    end: usize,
) -> impl Iterator<Item = usize> + 'a {
    let mut depth = 0;
    (open + 1..end)
        .map_while(move |at| {
            let turn = tokens.depth(at);
            if turn < 0 {
                depth -= 1;
            }
            let here = depth;
            if turn > 0 {
                depth += 1;
            }
            (here >= 0).then_some((at, here))
        })
        .filter(|(_, here)| *here == 0)
        .map(|(at, _)| at)
}
