//! Reads expressions.

use super::parser::{DEEPEST, SyntaxParser};
use super::tree::NodeKind;
use crate::script::tokens::{TokenKind, scan};

/// Operators between two values.
const BETWEEN: &[&str] = &[
    "!=", "!in", "%", "&", "&&", "*", "**", "+", "-", "..", "..=", "/", "<", "<<", "<=", "==", ">",
    ">=", ">>", "??", "^", "in", "|", "||",
];
/// What stands behind a range that goes on for ever.
const BEHIND_RANGE: &[&str] = &["]", ")", "}", ",", ";", "=>"];

impl SyntaxParser<'_> {
    /// Whether a value can begin with the next token.
    pub(super) fn begins_value(&self) -> bool {
        match self.kind(0) {
            None | Some(TokenKind::Comment) => false,
            Some(TokenKind::Character | TokenKind::Number | TokenKind::Text | TokenKind::Word) => {
                true
            }
            Some(TokenKind::Keyword) => matches!(
                self.peek(0),
                "true"
                    | "false"
                    | "this"
                    | "global"
                    | "if"
                    | "switch"
                    | "do"
                    | "while"
                    | "loop"
                    | "for"
            ),
            Some(TokenKind::Symbol) => matches!(
                self.peek(0),
                "(" | "[" | "#{" | "{" | "-" | "+" | "!" | "|" | "||" | ".." | "..="
            ),
        }
    }

    /// An expression; takes nothing where none begins.
    pub(super) fn expression(&mut self) {
        if self.depth >= DEEPEST {
            self.error("this is nested too deep");
            return self.skip_group();
        }
        self.depth += 1;
        let start = self.place();
        self.operand();
        let mut is_operation = false;
        while self.is_any(BETWEEN) && !(self.stops_at_pipe && self.is("|")) {
            is_operation = true;
            self.operator();
        }
        if is_operation {
            self.node(NodeKind::Operation, start);
        }
        self.depth -= 1;
    }

    /// An operator and what follows it.
    fn operator(&mut self) {
        let operator = self.peek(0);
        self.bump();
        match operator {
            ".." | "..=" if self.is_any(BEHIND_RANGE) => {}
            "??" if self.is_any(&["break", "continue", "return", "throw"]) => {
                self.body();
            }
            _ => self.operand(),
        }
    }

    /// A value with the signs before it and what is taken of it.
    fn operand(&mut self) {
        let start = self.place();
        let mut is_signed = false;
        while self.is_any(&["-", "+", "!"]) {
            is_signed = true;
            self.bump();
        }
        let value = self.place();
        self.primary();
        self.postfixes(value);
        if is_signed {
            self.node(NodeKind::Unary, start);
        }
    }

    fn primary(&mut self) {
        let start = self.place();
        match (self.kind(0), self.peek(0)) {
            (Some(TokenKind::Text), text) => self.text(text),
            (Some(TokenKind::Number | TokenKind::Character), _)
            | (Some(TokenKind::Keyword), "true" | "false") => {
                self.bump();
                self.node(NodeKind::Literal, start);
            }
            _ if self.is_name(0) => self.path(),
            (Some(TokenKind::Keyword), "if" | "switch" | "do" | "while" | "loop" | "for") => {
                self.construct();
            }
            // A range that begins at zero: the operator is read next.
            (Some(TokenKind::Symbol), ".." | "..=") => {}
            (Some(TokenKind::Symbol), "{") => self.block(),
            (Some(TokenKind::Symbol), "(") => self.parenthesised(),
            (Some(TokenKind::Symbol), "[") => self.list("[", "]", NodeKind::Array),
            (Some(TokenKind::Symbol), "#{") => self.map(),
            (Some(TokenKind::Symbol), "|" | "||") => self.closure(),
            _ => self.error("a value is missing"),
        }
    }

    /// A name, or a function of a module.
    fn path(&mut self) {
        let start = self.place();
        self.bump();
        while self.eat("::") {
            if !self.is_name(0) {
                return self.error("a name is missing behind `::`");
            }
            self.bump();
        }
        self.node(NodeKind::Name, start);
    }

    /// A text, in pieces if something is filled in.
    fn text(&mut self, first: &str) {
        let start = self.place();
        self.bump();
        if !first.starts_with('`') || !self.is_next_hole() {
            if !is_closed(first) {
                self.error_at(start, "this text has no end");
            }
            return self.node(NodeKind::Literal, start);
        }
        let mut is_ended = false;
        while self.is_next_hole() {
            self.hole();
            if self.kind(0) == Some(TokenKind::Text) && self.is_joined() {
                is_ended = is_closed(&format!("`{}", self.peek(0)));
                self.bump();
            }
        }
        if !is_ended {
            self.error_at(start, "this text has no end");
        }
        self.node(NodeKind::Template, start);
    }

    fn is_next_hole(&self) -> bool {
        self.is("${") && self.is_joined()
    }

    /// `( … )` around a value, or nothing at all: `()`.
    fn parenthesised(&mut self) {
        let start = self.place();
        let stops_at_pipe = std::mem::take(&mut self.stops_at_pipe);
        self.bump();
        // Rhai reads `()` as one sign, `( )` not at all.
        if !(self.is(")") && self.is_joined()) {
            self.expression();
        }
        self.stops_at_pipe = stops_at_pipe;
        self.expect(")", "behind what `(` opened");
        self.node(NodeKind::Parenthesised, start);
    }

    /// Values between two brackets.
    fn list(&mut self, open: &str, close: &str, kind: NodeKind) {
        let start = self.place();
        let stops_at_pipe = std::mem::take(&mut self.stops_at_pipe);
        self.expect(open, "before a list");
        while !self.is(close) && !self.is_end() {
            let before = self.place();
            self.expression();
            if !self.eat(",") || self.place() == before {
                break;
            }
        }
        self.stops_at_pipe = stops_at_pipe;
        self.expect(close, &format!("behind what `{open}` opened"));
        self.node(kind, start);
    }

    fn map(&mut self) {
        let start = self.place();
        let stops_at_pipe = std::mem::take(&mut self.stops_at_pipe);
        self.bump();
        while !self.is("}") && !self.is_end() {
            let entry = self.place();
            if self.is_name(0) || self.kind(0) == Some(TokenKind::Text) {
                self.bump();
            } else {
                self.error("a name is missing in a map");
                break;
            }
            if !self.expect(":", "behind a name in a map") {
                break;
            }
            self.expression();
            self.node(NodeKind::Entry, entry);
            if !self.eat(",") {
                break;
            }
        }
        self.stops_at_pipe = stops_at_pipe;
        self.expect("}", "behind what `#{` opened");
        self.node(NodeKind::Map, start);
    }

    /// `|a, b| …`; the body is a statement of any kind.
    fn closure(&mut self) {
        let start = self.place();
        if self.is("||") {
            self.bump();
            self.node(NodeKind::Parameters, start);
        } else {
            self.parameters("|", "|");
        }
        // Rhai takes the end of the text for an empty statement.
        if !self.is_end() && !self.eat(";") {
            self.body();
        }
        self.node(NodeKind::Closure, start);
    }

    /// Members, indices and calls of the value that began there.
    fn postfixes(&mut self, start: usize) {
        let mut is_postfix = false;
        loop {
            match self.peek(0) {
                "(" if self.is("(") => self.list("(", ")", NodeKind::Arguments),
                "[" if self.is("[") => self.index("["),
                "?[" if self.is("?[") => self.index("?["),
                "!" if self.is("!") && self.is_ahead(1, "(") => self.bump(),
                "." | "?." if self.is(".") || self.is("?.") => {
                    self.bump();
                    if !self.is_name(0) {
                        self.error("a name is missing behind the dot");
                        break;
                    }
                    self.name();
                }
                _ => break,
            }
            is_postfix = true;
        }
        if is_postfix {
            self.node(NodeKind::Postfix, start);
        }
    }

    fn index(&mut self, open: &str) {
        let start = self.place();
        let stops_at_pipe = std::mem::take(&mut self.stops_at_pipe);
        self.expect(open, "before an index");
        self.expression();
        self.stops_at_pipe = stops_at_pipe;
        self.expect("]", "behind an index");
        self.node(NodeKind::Index, start);
    }
}

/// Whether a text has its end.
fn is_closed(text: &str) -> bool {
    scan(text).open.is_empty()
}
