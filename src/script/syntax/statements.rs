//! Reads statements.

use super::parser::{DEEPEST, SyntaxParser};
use super::tree::NodeKind;
use crate::script::tokens::TokenKind;

impl SyntaxParser<'_> {
    /// The whole text.
    pub(super) fn whole(&mut self) {
        while !self.is_end() {
            self.statement();
        }
    }

    /// A statement with its semicolon; always takes something.
    pub(super) fn statement(&mut self) {
        let start = self.place();
        let (column, braces) = (self.column(), self.braces);
        self.builder.begin_statement();
        let ends_itself = self.body();
        if self.builder.is_damaged() {
            self.recover(column, braces);
        } else if !self.eat(";") && !ends_itself && !self.is("}") && !self.is_end() {
            self.error("`;` is missing between two statements");
            if !self.begins_line() {
                self.recover(column, braces);
            }
        }
        if self.place() == start {
            // A bracket too many, since nothing else is left where it stands.
            self.error("nothing begins with this");
            self.skip();
        }
        self.end_statement(start);
    }

    /// A statement without its semicolon, as the body of a closure is; tells whether it needs none.
    pub(super) fn body(&mut self) -> bool {
        if self.depth >= DEEPEST {
            self.error("this is nested too deep");
            self.skip_group();
            return true;
        }
        self.depth += 1;
        let ends_itself = self.one();
        self.depth -= 1;
        ends_itself
    }

    fn one(&mut self) -> bool {
        let word = match self.kind(0) {
            Some(TokenKind::Keyword | TokenKind::Symbol) => self.peek(0),
            _ => "",
        };
        match word {
            // Taken by the statement itself.
            ";" => {}
            "{" => self.block(),
            "fn" | "private" => self.function(),
            "if" | "while" | "loop" | "for" | "switch" => self.construct(),
            "try" => self.attempt(),
            "let" | "const" => self.definition(),
            "import" => {
                self.bump();
                self.expression();
                if self.eat("as") {
                    self.name();
                }
            }
            "export" => self.export(),
            "continue" => self.bump(),
            "break" | "return" | "throw" => {
                self.bump();
                if self.begins_value() {
                    self.expression();
                }
            }
            _ => self.assignment(),
        }
        matches!(
            word,
            "{" | "fn" | "private" | "if" | "while" | "loop" | "for" | "switch" | "try"
        )
    }

    /// An expression, or what is given a value and the value.
    fn assignment(&mut self) {
        const ASSIGN: &[&str] = &[
            "=", "+=", "-=", "*=", "/=", "%=", "**=", "<<=", ">>=", "&=", "|=", "^=",
        ];
        self.expression();
        if self.is_any(ASSIGN) {
            self.bump();
            self.expression();
        }
    }

    fn definition(&mut self) {
        self.bump();
        self.name();
        if self.eat("=") {
            self.expression();
        }
    }

    fn export(&mut self) {
        self.bump();
        if self.is_any(&["let", "const"]) {
            return self.definition();
        }
        self.name();
        if self.eat("as") {
            self.name();
        }
    }

    /// A name where nothing else can stand.
    pub(super) fn name(&mut self) {
        if !self.is_name(0) {
            return self.error("a name is missing");
        }
        let start = self.place();
        self.bump();
        self.node(NodeKind::Name, start);
    }

    fn function(&mut self) {
        self.eat("private");
        if !self.expect("fn", "behind `private`") {
            return;
        }
        let is_typed = self.is_ahead(1, ".");
        if is_typed && (self.is_name(0) || self.kind(0) == Some(TokenKind::Text)) {
            self.bump();
            self.bump();
        }
        self.name();
        if self.is("(") {
            self.parameters("(", ")");
        } else {
            self.error("the parameters are missing");
        }
        self.needed_block();
    }

    /// Parameters between two signs.
    pub(super) fn parameters(&mut self, open: &str, close: &str) {
        let start = self.place();
        self.expect(open, "before the parameters");
        while self.is_name(0) {
            self.name();
            if !self.eat(",") {
                break;
            }
        }
        self.expect(close, "behind the parameters");
        self.node(NodeKind::Parameters, start);
    }

    fn attempt(&mut self) {
        self.bump();
        self.needed_block();
        if !self.expect("catch", "behind the block of `try`") {
            return;
        }
        if self.is("(") {
            self.parameters("(", ")");
        }
        self.needed_block();
    }
}
