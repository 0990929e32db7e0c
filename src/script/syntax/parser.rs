//! Goes through the tokens of a text; the rest of the parser stands on it.

use super::builder::{Builder, leaves};
use super::tree::{Leaf, LeafKind, NodeKind, Tree};
use crate::script::tokens::{TokenKind, scan};

/// Brackets, blocks and operators may be nested this deep; Rhai allows half of it.
pub(super) const DEEPEST: usize = 128;

/// Words that only a statement begins with.
const BEGINNERS: &[&str] = &[
    "break", "const", "continue", "export", "fn", "for", "if", "import", "let", "loop", "private",
    "return", "throw", "try", "while",
];

/// A text being read.
pub(super) struct SyntaxParser<'t> {
    text: &'t str,
    leaves: Vec<Leaf>,
    /// The leaves that are code, by their places.
    code: Vec<usize>,
    /// The next of them.
    at: usize,
    pub builder: Builder,
    pub depth: usize,
    /// How many braces are open.
    pub braces: usize,
    /// Whether a `|` ends an expression, as it does between the values of a case.
    pub stops_at_pipe: bool,
}

impl<'t> SyntaxParser<'t> {
    /// The tree of a text.
    pub fn read(text: &'t str) -> Tree<'t> {
        let leaves = leaves(&scan(text));
        let is_code = |(place, leaf): (usize, &Leaf)| leaf.is_code().then_some(place);
        let code = leaves.iter().enumerate().filter_map(is_code).collect();
        let mut parser = Self {
            text,
            leaves,
            code,
            at: 0,
            builder: Builder::new(),
            depth: 0,
            braces: 0,
            stops_at_pipe: false,
        };
        parser.whole();
        parser.builder.finish(text, parser.leaves)
    }

    fn leaf(&self, ahead: usize) -> Option<Leaf> {
        let place = self.code.get(self.at + ahead)?;
        self.leaves.get(*place).copied()
    }

    /// The text of a token that is yet to come; nothing behind the end.
    pub fn peek(&self, ahead: usize) -> &'t str {
        self.leaf(ahead)
            .map_or("", |leaf| &self.text[leaf.start..leaf.end])
    }

    /// What the next token is.
    pub fn kind(&self, ahead: usize) -> Option<TokenKind> {
        match self.leaf(ahead)?.kind {
            LeafKind::Token(kind) => Some(kind),
            LeafKind::Blank => None,
        }
    }

    pub fn is_end(&self) -> bool {
        self.at >= self.code.len()
    }

    /// Whether the next token is that symbol or word of the language.
    pub fn is(&self, what: &str) -> bool {
        self.is_ahead(0, what)
    }

    /// Whether a token that is yet to come is that symbol or word of the language.
    pub fn is_ahead(&self, ahead: usize, what: &str) -> bool {
        matches!(
            self.kind(ahead),
            Some(TokenKind::Symbol | TokenKind::Keyword)
        ) && self.peek(ahead) == what
    }

    pub fn is_any(&self, all: &[&str]) -> bool {
        all.iter().any(|what| self.is(what))
    }

    /// Whether the next token is a name.
    pub fn is_name(&self, ahead: usize) -> bool {
        match self.kind(ahead) {
            Some(TokenKind::Word) => true,
            Some(TokenKind::Keyword) => matches!(self.peek(ahead), "global" | "this"),
            _ => false,
        }
    }

    /// Whether the next token follows the one before it without a gap.
    pub fn is_joined(&self) -> bool {
        let before = self.at.checked_sub(1).map(|before| self.code[before]);
        let next = self.code.get(self.at);
        matches!((before, next), (Some(before), Some(next)) if before + 1 == *next)
    }

    /// Whether the next token is the first of its line.
    pub fn begins_line(&self) -> bool {
        let Some(place) = self.code.get(self.at) else {
            return true;
        };
        let before = self.at.checked_sub(1).map_or(0, |at| self.code[at] + 1);
        let between = &self.leaves[before..*place];
        before == 0
            || between
                .iter()
                .any(|leaf| self.text[leaf.start..leaf.end].contains('\n'))
    }

    /// How far from the start of its line the next token stands, in bytes.
    pub fn column(&self) -> usize {
        let start = self.leaf(0).map_or(self.text.len(), |leaf| leaf.start);
        let blank = self
            .code
            .get(self.at)
            .and_then(|place| place.checked_sub(1));
        let blank = blank.map_or("", |blank| {
            let leaf = self.leaves[blank];
            &self.text[leaf.start..leaf.end]
        });
        match blank.rfind('\n') {
            Some(line) => blank.len() - line - 1,
            // The first of the text, or not the first of its line.
            None => start.min(blank.len()),
        }
    }

    /// The leaf at which what begins now begins.
    pub fn place(&self) -> usize {
        self.code.get(self.at).copied().unwrap_or(self.leaves.len())
    }

    /// The place behind the last token that was taken.
    fn end(&self) -> usize {
        self.at.checked_sub(1).map_or(0, |last| self.code[last] + 1)
    }

    /// Takes the next token.
    pub fn bump(&mut self) {
        match (self.kind(0), self.peek(0)) {
            (Some(TokenKind::Symbol), "{" | "#{" | "${") => self.braces += 1,
            (Some(TokenKind::Symbol), "}") => self.braces = self.braces.saturating_sub(1),
            _ => {}
        }
        self.at = (self.at + 1).min(self.code.len());
    }

    /// Takes the next token if it is that one.
    pub fn eat(&mut self, what: &str) -> bool {
        let is_it = self.is(what);
        if is_it {
            self.bump();
        }
        is_it
    }

    /// Takes the token, or notes that it is missing.
    pub fn expect(&mut self, what: &str, why: &str) -> bool {
        let is_there = self.eat(what);
        if !is_there {
            self.error(&format!("`{what}` is missing {why}"));
        }
        is_there
    }

    /// Notes a node that began at a leaf and ends with the last token taken.
    pub fn node(&mut self, kind: NodeKind, start: usize) {
        self.builder.node(kind, start..self.end().max(start));
    }

    /// Ends a statement that began at a leaf.
    pub fn end_statement(&mut self, start: usize) {
        self.builder.end_statement(start..self.end().max(start));
    }

    /// Notes an error at the next token.
    pub fn error(&mut self, what: &str) {
        let range = self
            .leaf(0)
            .map_or(self.text.len()..self.text.len(), |leaf| {
                leaf.start..leaf.end
            });
        self.builder.error(range, what.to_owned());
    }

    /// Notes an error at a leaf that was taken.
    pub fn error_at(&mut self, leaf: usize, what: &str) {
        let Leaf { start, end, .. } = self.leaves[leaf];
        self.builder.error(start..end, what.to_owned());
    }

    /// Takes one token that nothing can be made of.
    pub fn skip(&mut self) {
        let start = self.place();
        self.bump();
        self.node(NodeKind::Error, start);
    }

    /// Whether the next token begins a line and a statement.
    fn begins_statement(&self) -> bool {
        self.kind(0) == Some(TokenKind::Keyword)
            && BEGINNERS.contains(&self.peek(0))
            && self.begins_line()
    }

    /// Skips the rest of a damaged statement that began in that column, when so many braces
    /// were open: to its semicolon, to the brace that ends what it stands in, or to a line
    /// that looks like another statement.
    pub fn recover(&mut self, column: usize, braces: usize) {
        let start = self.place();
        let first = self.at;
        while !self.is_end() && !self.begins_another(column, braces, self.at > first) {
            let is_within = self.braces > braces;
            if self.is("}") && !is_within {
                break;
            }
            let ends = self.is(";") && !is_within;
            self.bump();
            if ends {
                break;
            }
        }
        if self.at > first {
            self.node(NodeKind::Error, start);
        }
    }

    /// Whether another statement begins with the next token, as far as lines and columns tell.
    fn begins_another(&self, column: usize, braces: usize, has_skipped: bool) -> bool {
        if !self.begins_line() || self.bracket() < 0 {
            return false;
        }
        let is_out = self.column() <= column;
        if self.begins_statement() {
            return is_out || self.braces <= braces;
        }
        let before = self.at.checked_sub(1).map(|before| self.code[before]);
        let before = before.map_or("", |leaf| {
            let Leaf { start, end, .. } = self.leaves[leaf];
            &self.text[start..end]
        });
        has_skipped && is_out && matches!(before, ";" | "}")
    }

    /// Whether the next token opens (1) or closes (-1) a bracket.
    fn bracket(&self) -> i32 {
        match (self.kind(0), self.peek(0)) {
            (Some(TokenKind::Symbol), "(" | "[" | "?[" | "{" | "#{" | "${") => 1,
            (Some(TokenKind::Symbol), ")" | "]" | "}") => -1,
            _ => 0,
        }
    }

    /// Takes the next token as an error, of a bracket all that is in it.
    pub fn skip_group(&mut self) {
        let start = self.place();
        let mut depth = 0;
        while !self.is_end() {
            depth += self.bracket();
            self.bump();
            if depth <= 0 {
                break;
            }
        }
        self.node(NodeKind::Error, start);
    }
}
