//! The text of a script that is checked: its tokens, lines and names, each found once
//! however many findings there are.

use std::cell::OnceCell;
use std::ops::Range;

use rhai::Position;

use crate::script::symbols::Symbols;
use crate::script::tokens::{Tokens, scan};

/// A part of a script, in lines and characters, both from one; the end is behind the last.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Span {
    /// Its first line and character.
    pub start: (usize, usize),
    /// The line and character behind its last.
    pub end: (usize, usize),
}

/// A text and what is known of it.
pub(super) struct ScriptText<'t> {
    pub text: &'t str,
    tokens: Tokens<'t>,
    /// Where each line begins.
    lines: Vec<usize>,
    symbols: OnceCell<Symbols<'t>>,
}

impl<'t> ScriptText<'t> {
    pub fn new(text: &'t str) -> Self {
        let ends = text.match_indices('\n').map(|(end, _)| end + 1);
        Self {
            text,
            tokens: scan(text),
            lines: std::iter::once(0).chain(ends).collect(),
            symbols: OnceCell::new(),
        }
    }

    /// What its names mean.
    pub fn symbols(&self) -> &Symbols<'t> {
        self.symbols.get_or_init(|| Symbols::resolve(self.text))
    }

    /// The bracket that opens within so many others.
    pub fn nested_at(&self, deepest: usize) -> Option<usize> {
        let mut depth: usize = 0;
        let places = 0..self.tokens.all.len();
        let mut opens = places.filter(|place| match self.tokens.depth(*place) {
            1 => {
                depth += 1;
                depth > deepest
            }
            -1 => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => false,
        });
        opens.next().map(|place| self.tokens.all[place].start)
    }

    /// The byte that a position of Rhai's is at; the end of the text if it is none.
    pub fn offset(&self, position: Position) -> usize {
        let column = position.position().unwrap_or(1).saturating_sub(1);
        let line = position.line().and_then(|line| self.lines.get(line - 1));
        let Some(start) = line.copied() else {
            return self.text.len();
        };
        let mut letters = self.text[start..].char_indices();
        letters
            .nth(column)
            .map_or(self.text.len(), |(at, _)| start + at)
    }

    /// Rhai's position of a byte; none where it has no number for it.
    pub fn position(&self, at: usize) -> Option<Position> {
        let (line, column) = self.place(at);
        let number = |number: usize| u16::try_from(number).ok();
        Some(Position::new(number(line)?, number(column)?))
    }

    /// The token at a byte, from there on; at least a character, if there is one.
    pub fn token_at(&self, at: usize) -> Range<usize> {
        let next = self.text[at..].chars().next().map_or(0, char::len_utf8);
        let place = self.tokens.all.partition_point(|token| token.end <= at);
        let token = self.tokens.all.get(place);
        match token.filter(|token| token.start <= at) {
            // Of a text of several lines only the start is marked.
            Some(token) => {
                let own = &self.text[at..token.end];
                at..at + own.find('\n').unwrap_or(own.len()).max(next)
            }
            None => at..at + next,
        }
    }

    /// Where a part of it is.
    pub fn span(&self, range: &Range<usize>) -> Span {
        Span {
            start: self.place(range.start),
            end: self.place(range.end),
        }
    }

    /// The line and the character of a byte, from one.
    fn place(&self, at: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= at);
        let start = self.lines[line.saturating_sub(1)];
        (line, self.text[start..at].chars().count() + 1)
    }
}
