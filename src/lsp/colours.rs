//! What each word of a script is, for its colour.

use serde_json::{Value, json};

use super::view::View;
use crate::catalog::Risk;
use crate::script::call_map::action_at;
use crate::script::symbols::{Role, SymbolKind};
use crate::script::{Token, TokenKind};

/// The kinds of words, in the order of their numbers.
const KINDS: [&str; 11] = [
    "comment",
    "keyword",
    "string",
    "number",
    "variable",
    "parameter",
    "function",
    "method",
    "property",
    "namespace",
    "operator",
];
/// What a word may be besides, in the order of its bits.
const BESIDES: [&str; 4] = ["declaration", "readonly", "defaultLibrary", "destructive"];

const DECLARATION: u32 = 1;
const READONLY: u32 = 2;
const LIBRARY: u32 = 4;
const DESTRUCTIVE: u32 = 8;

/// What the numbers mean.
pub(super) fn legend() -> Value {
    json!({ "tokenTypes": KINDS, "tokenModifiers": BESIDES })
}

/// The words of a script, each by its distance from the one before it.
pub(super) fn tokens(view: &View<'_>) -> Value {
    let symbols = &view.symbols;
    let words = symbols.tokens.all.iter().enumerate();
    let mut coloured: Vec<(Token, &str, u32)> = words
        .filter_map(|(place, token)| {
            let (kind, besides) = of_token(view, place, *token)?;
            Some((*token, kind, besides))
        })
        .collect();
    coloured.extend(symbols.comments.iter().map(|token| (*token, "comment", 0)));
    coloured.sort_by_key(|(token, ..)| token.start);
    let mut data: Vec<usize> = Vec::with_capacity(coloured.len() * 5);
    let mut last = (0, 0);
    for (token, kind, besides) in coloured {
        let number = KINDS.iter().position(|known| *known == kind);
        let mut start = token.start;
        // A text over several lines is several words.
        for line in view.text[token.start..token.end].split('\n') {
            let shown = line.trim_end_matches('\r');
            if !shown.is_empty() {
                let (row, column) = view.lines.numbers(start);
                let ahead = if row == last.0 {
                    column - last.1
                } else {
                    column
                };
                let length = view.lines.length(shown);
                let kind = number.unwrap_or_default();
                let besides = usize::try_from(besides).unwrap_or_default();
                data.extend([row - last.0, ahead, length, kind, besides]);
                last = (row, column);
            }
            start += line.len() + 1;
        }
    }
    json!({ "data": data })
}

fn of_token(view: &View<'_>, place: usize, token: Token) -> Option<(&'static str, u32)> {
    let symbols = &view.symbols;
    Some(match token.kind {
        TokenKind::Comment => ("comment", 0),
        TokenKind::Keyword => ("keyword", 0),
        TokenKind::Text | TokenKind::Character => ("string", 0),
        TokenKind::Number => ("number", 0),
        TokenKind::Symbol => return None,
        TokenKind::Word => match symbols.target(place) {
            Some(symbol) => {
                let declared = if symbol.token == place {
                    DECLARATION
                } else {
                    0
                };
                match symbol.kind {
                    SymbolKind::Constant => ("variable", declared | READONLY),
                    SymbolKind::Function => ("function", declared),
                    SymbolKind::Module => ("namespace", declared),
                    SymbolKind::Parameter => ("parameter", declared),
                    _ => ("variable", declared),
                }
            }
            None => match symbols.roles[place] {
                Role::Call => ("function", LIBRARY | destructive(view, place)),
                Role::Member if symbols.tokens.is(place + 1, "(") => {
                    ("method", destructive(view, place))
                }
                Role::Key | Role::Member => ("property", 0),
                Role::Module => ("namespace", 0),
                Role::ModuleMember => ("function", 0),
                Role::None | Role::Value => ("variable", 0),
            },
        },
    })
}

fn destructive(view: &View<'_>, place: usize) -> u32 {
    let action = action_at(&view.symbols, place);
    let is_it = action.is_some_and(|action| action.has_risk(Risk::Destructive));
    if is_it { DESTRUCTIVE } else { 0 }
}
