//! Reads what has blocks: conditions, loops, cases.

use super::parser::SyntaxParser;
use super::tree::NodeKind;

impl SyntaxParser<'_> {
    /// A block where nothing else can stand.
    pub(super) fn needed_block(&mut self) {
        if self.is("{") {
            self.block();
        } else {
            self.error("`{` is missing before what belongs here");
        }
    }

    /// `{ … }`.
    pub(super) fn block(&mut self) {
        self.braced("{", NodeKind::Block);
    }

    /// `${ … }`.
    pub(super) fn hole(&mut self) {
        self.braced("${", NodeKind::Hole);
    }

    fn braced(&mut self, open: &str, kind: NodeKind) {
        let start = self.place();
        let stops_at_pipe = std::mem::take(&mut self.stops_at_pipe);
        self.expect(open, "before a block");
        while !self.is("}") && !self.is_end() {
            self.statement();
        }
        self.stops_at_pipe = stops_at_pipe;
        self.expect("}", "behind a block");
        self.node(kind, start);
    }

    /// `if`, a loop or `switch`.
    pub(super) fn construct(&mut self) {
        match self.peek(0) {
            "if" => self.condition(),
            "switch" => self.switch(),
            "do" => self.repetition(),
            "loop" => {
                self.bump();
                self.needed_block();
            }
            "while" => {
                self.bump();
                self.expression();
                self.needed_block();
            }
            _ => self.walk(),
        }
    }

    /// `if … { … } else if … { … } else { … }`.
    fn condition(&mut self) {
        loop {
            self.bump();
            self.expression();
            self.needed_block();
            if !self.eat("else") {
                return;
            }
            if !self.is("if") {
                return self.needed_block();
            }
        }
    }

    /// `do { … } while …`.
    fn repetition(&mut self) {
        self.bump();
        self.needed_block();
        if self.eat("while") || self.eat("until") {
            self.expression();
        } else {
            self.error("`while` or `until` is missing behind the block of `do`");
        }
    }

    /// `for x in … { … }`, `for (x, i) in … { … }`.
    fn walk(&mut self) {
        self.bump();
        if self.is("(") {
            self.parameters("(", ")");
        } else {
            self.name();
        }
        self.expect("in", "behind the name of `for`");
        self.expression();
        self.needed_block();
    }

    fn switch(&mut self) {
        let start = self.place();
        self.bump();
        self.expression();
        if self.expect("{", "before the cases of `switch`") {
            self.cases();
            self.expect("}", "behind the cases of `switch`");
        }
        self.node(NodeKind::Switch, start);
    }

    fn cases(&mut self) {
        while !self.is("}") && !self.is_end() {
            let start = self.place();
            let ends_itself = self.case();
            let is_apart = self.eat(",") || ends_itself || self.is("}");
            if self.place() > start {
                self.node(NodeKind::Arm, start);
            }
            if !is_apart || self.builder.is_damaged() {
                return self.error("`,` is missing between two cases");
            }
        }
    }

    /// `1 | 2 if … => …`; tells whether no comma need follow.
    fn case(&mut self) -> bool {
        let stops_at_pipe = std::mem::replace(&mut self.stops_at_pipe, true);
        self.expression();
        while self.eat("|") {
            self.expression();
        }
        self.stops_at_pipe = stops_at_pipe;
        if self.eat("if") {
            self.expression();
        }
        self.expect("=>", "behind the value of a case") && self.body()
    }
}
