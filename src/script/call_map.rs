//! The map of parameters that a call is written with, and what it still lacks.

use std::ops::Range;

use serde_json::{Map, Value};

use crate::catalog::{self, Action, Problem};
use crate::script::symbols::Symbols;
use crate::script::tokens::TokenKind;

/// A call of an action, as far as it is written.
#[derive(Debug)]
pub struct CallMap<'t> {
    /// The action.
    pub action: &'static Action,
    /// The bracket that opens its arguments.
    pub open: usize,
    /// The bracket that opens the map, if there is one.
    pub map: Option<usize>,
    /// The names in the map.
    pub written: Vec<&'t str>,
}

/// A change of a text: what is written in place of some bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Insertion {
    /// The bytes that go.
    pub range: Range<usize>,
    /// What comes in their place.
    pub text: String,
}

/// The action that a function of scripts calls; of `call("AddClient", …)` the one it names.
pub fn action_at(symbols: &Symbols<'_>, name: usize) -> Option<&'static Action> {
    if symbols.target(name).is_some() {
        return None;
    }
    match symbols.tokens.word(name)? {
        "call" if symbols.tokens.is(name + 1, "(") => {
            let text = symbols.text(name + 2);
            catalog::action(text.strip_prefix('"')?.strip_suffix('"')?)
        }
        function => catalog::by_function(function).or_else(|| catalog::by_walk(function)),
    }
}

impl<'t> CallMap<'t> {
    /// The call of the function whose name is the token at that place.
    pub fn at(symbols: &Symbols<'t>, name: usize) -> Option<Self> {
        let action = action_at(symbols, name)?;
        let open = name + 1;
        if !symbols.tokens.is(open, "(") {
            return None;
        }
        let before = usize::from(symbols.text(name) == "call");
        let map = symbols
            .arguments(open)
            .get(before)
            .map(|argument| argument.start)
            .filter(|start| symbols.tokens.is(*start, "#{"));
        let entries = map.map_or_else(Vec::new, |map| symbols.arguments(map));
        let is_entry = |entry: &&Range<usize>| symbols.tokens.is(entry.start + 1, ":");
        let written = entries
            .iter()
            .filter(is_entry)
            .map(|entry| symbols.text(entry.start).trim_matches('"'));
        Some(Self {
            action,
            open,
            map,
            written: written.collect(),
        })
    }

    /// The parameters that the call lacks: one list for each way to give what it needs.
    pub fn missing(&self) -> Vec<Vec<&'static str>> {
        let given = self.written.iter();
        // What is given is not looked at.
        let given: Map<String, Value> = given
            .map(|name| ((*name).to_owned(), Value::Null))
            .collect();
        let mut ways: Vec<Vec<&'static str>> = vec![Vec::new()];
        for problem in catalog::missing(self.action, &given) {
            match problem {
                Problem::MissingParameter { name, .. } => {
                    for way in &mut ways {
                        way.push(name);
                    }
                }
                Problem::MissingOneOf { one_of, .. } if ways.len() == 1 => {
                    let needed = ways.remove(0);
                    let way = |names: &&[&'static str]| {
                        let left = names.iter().filter(|name| !given.contains_key(**name));
                        needed.iter().chain(left).copied().collect()
                    };
                    ways = one_of.iter().map(way).collect();
                }
                Problem::MissingOneOf { one_of, .. } => {
                    let first = one_of.first().copied().unwrap_or_default();
                    for way in &mut ways {
                        way.extend(first);
                    }
                }
                _ => {}
            }
        }
        ways.retain(|way| !way.is_empty());
        ways
    }

    /// What writes these parameters, each with `()` for its value: the call lacks them still,
    /// so that nothing is sent before somebody says what they are. None where the call has
    /// no place for them.
    pub fn insertion(&self, symbols: &Symbols<'_>, names: &[&str]) -> Option<Insertion> {
        let entries: Vec<String> = names
            .iter()
            .map(|name| format!("{}: ()", key(name)))
            .collect();
        let all = &symbols.tokens.all;
        let Some(map) = self.map else {
            let is_empty = symbols.arguments(self.open).len()
                == usize::from(symbols.text(self.open - 1) == "call");
            let close = symbols.partners[self.open].filter(|_| is_empty)?;
            let end = all[close].start;
            let comma = if close == self.open + 1 { "" } else { ", " };
            return Some(Insertion {
                range: end..end,
                text: format!("{comma}#{{ {} }}", entries.join(", ")),
            });
        };
        let close = symbols.partners[map]?;
        let (last, end) = (all[close - 1], all[close].start);
        let text = symbols.tokens.text;
        if close == map + 1 {
            return Some(Insertion {
                range: last.end..end,
                text: format!(" {} ", entries.join(", ")),
            });
        }
        let comma = if symbols.tokens.is(close - 1, ",") {
            ""
        } else {
            ","
        };
        // Behind what is there, comments that follow it left alone.
        let is_apart = text[last.end..end].contains('\n');
        let line = text[..all[map + 1].start]
            .rfind('\n')
            .map_or(0, |at| at + 1);
        let indent = &text[line..all[map + 1].start];
        let text = if is_apart && indent.trim().is_empty() {
            let lines = entries.iter().map(|entry| format!("\n{indent}{entry},"));
            format!("{comma}{}", lines.collect::<String>())
        } else {
            format!("{comma} {}", entries.join(", "))
        };
        Some(Insertion {
            range: last.end..last.end,
            text,
        })
    }
}

/// A name as a key of a map.
pub fn key(name: &str) -> String {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let is_word = !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.chars().all(is_part)
        && crate::script::tokens::scan(name)
            .all
            .first()
            .map(|token| token.kind)
            == Some(TokenKind::Word);
    if is_word {
        name.to_owned()
    } else {
        format!("{name:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The script with the first way to fill the call at its start.
    fn filled(text: &str) -> Option<String> {
        let symbols = Symbols::resolve(text);
        let call = CallMap::at(&symbols, 0)?;
        let missing = call.missing();
        let Insertion { range, text: new } = call.insertion(&symbols, missing.first()?)?;
        let mut filled = text.to_owned();
        filled.replace_range(range, &new);
        Some(filled)
    }

    #[test]
    fn what_is_missing_is_put_where_the_map_is() {
        for (text, wanted) in [
            ("close_client();", "close_client(#{ clientid: () });"),
            ("close_client(#{});", "close_client(#{ clientid: () });"),
            (
                "close_client(#{ a: 1 });",
                "close_client(#{ a: 1, clientid: () });",
            ),
            (
                "close_client(#{\n    a: 1, // one\n});",
                "close_client(#{\n    a: 1,\n    clientid: (), // one\n});",
            ),
            (
                "close_client(#{\n    a: 1\n});",
                "close_client(#{\n    a: 1,\n    clientid: (),\n});",
            ),
            (
                "call(\"CloseClient\");",
                "call(\"CloseClient\", #{ clientid: () });",
            ),
        ] {
            assert_eq!(filled(text).as_deref(), Some(wanted), "{text}");
        }
    }

    #[test]
    fn a_call_without_a_place_for_them_is_left_alone() {
        for text in [
            "close_client(c);",
            "close_client(#{ clientid: 1 });",
            "close_client(#{ ",
            "get_clients()",
            "mine()",
            "fn close_client() {} close_client()",
        ] {
            assert_eq!(filled(text), None, "{text}");
        }
    }
}
