//! Goes through the tokens once, and finds what each name means.

use std::collections::HashMap;

use super::frames::{Awaiting, Frame, FrameKind, Visible, until};
use super::table::{Role, Symbol, SymbolKind, Symbols, ValueOrigin};
use crate::script::tokens::{TokenKind, scan};

/// Brackets that were left open are looked for no further out than this.
const FARTHEST: usize = 64;

/// A text whose names are being found.
struct Resolver<'t> {
    found: Symbols<'t>,
    frames: Vec<Frame<'t>>,
    visible: Visible<'t>,
    awaiting: Vec<Awaiting>,
    /// The function that is being read.
    function: Option<usize>,
    /// Where the module's name of an `import` begins.
    importing: Option<usize>,
    functions: HashMap<&'t str, Vec<usize>>,
    /// Constants outside of all blocks, for `global::X`.
    constants: HashMap<&'t str, usize>,
    /// Names that may be functions, defined here or further down.
    unmet: Vec<usize>,
    /// The commas of the calls that are closed, by their brackets.
    commas: HashMap<usize, usize>,
}

impl<'t> Symbols<'t> {
    /// The names of a text.
    pub fn resolve(text: &'t str) -> Self {
        Resolver::read(text)
    }
}

impl<'t> Resolver<'t> {
    fn read(text: &'t str) -> Symbols<'t> {
        let mut tokens = scan(text);
        let all = std::mem::take(&mut tokens.all);
        let is_comment = |token: &crate::script::tokens::Token| token.kind == TokenKind::Comment;
        let (comments, all): (Vec<_>, Vec<_>) = all.into_iter().partition(is_comment);
        let count = all.len();
        tokens.all = all;
        // The places of brackets were those among all tokens.
        tokens.open.clear();
        let mut resolver = Self {
            found: Symbols {
                tokens,
                comments,
                all: Vec::new(),
                roles: vec![Role::None; count],
                targets: vec![None; count],
                partners: vec![None; count],
            },
            frames: vec![Frame::new(FrameKind::Block, 0)],
            visible: HashMap::new(),
            awaiting: Vec::new(),
            function: None,
            importing: None,
            functions: HashMap::new(),
            constants: HashMap::new(),
            unmet: Vec::new(),
            commas: HashMap::new(),
        };
        let mut at = 0;
        while at < count {
            at = resolver.token(at).max(at + 1);
        }
        while !resolver.frames.is_empty() {
            resolver.pop(count, None);
        }
        resolver.meet();
        resolver.found
    }

    fn is(&self, place: usize, what: &str) -> bool {
        self.found.tokens.is(place, what)
    }

    fn is_before(&self, place: usize, any: &[&str]) -> bool {
        let before = place.checked_sub(1);
        before.is_some_and(|before| any.iter().any(|what| self.is(before, what)))
    }

    fn word(&self, place: usize) -> Option<&'t str> {
        self.found.tokens.word(place)
    }

    /// Takes what begins at a token; gives the place behind it.
    fn token(&mut self, at: usize) -> usize {
        let token = self.found.tokens.all[at];
        let text = self.found.tokens.text_of(token);
        match token.kind {
            TokenKind::Symbol => self.symbol(at, text),
            TokenKind::Keyword => self.keyword(at, text),
            TokenKind::Word => self.name(at, text),
            TokenKind::Text => self.text(at),
            _ => at + 1,
        }
    }

    fn symbol(&mut self, at: usize, text: &str) -> usize {
        match text {
            "{" => self.block(at),
            "${" => self.frames.push(Frame::new(FrameKind::Block, at)),
            "#{" => self.frames.push(Frame::new(FrameKind::Map, at)),
            "(" => self.frames.push(Frame::new(FrameKind::Paren, at)),
            "[" | "?[" => self.frames.push(Frame::new(FrameKind::List, at)),
            "}" => self.close(at, &[FrameKind::Block, FrameKind::Map]),
            ")" => self.close(at, &[FrameKind::Paren]),
            "]" => self.close(at, &[FrameKind::List]),
            "," => {
                self.end_closures(at);
                if let Some(frame) = self.frames.last_mut() {
                    frame.commas += 1;
                }
            }
            ";" => {
                self.end_closures(at);
                self.settle(at);
                let depth = self.frames.len();
                self.awaiting.retain(|awaiting| awaiting.depth < depth);
                self.importing = None;
            }
            "|" | "||" if self.begins_closure(at) => return self.closure(at, text),
            _ => {}
        }
        at + 1
    }

    /// Whether a bar begins a closure: nothing stands before it that could be its left side.
    fn begins_closure(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else {
            return true;
        };
        let token = self.found.tokens.all[before];
        match (token.kind, self.found.tokens.text_of(token)) {
            (TokenKind::Symbol, text) => !matches!(text, ")" | "]" | "}"),
            (TokenKind::Keyword, text) => !matches!(text, "true" | "false" | "this"),
            _ => false,
        }
    }

    fn closure(&mut self, at: usize, text: &str) -> usize {
        let call = self.frames.last().map(|frame| (frame.kind, frame.open));
        let call = match call {
            Some((FrameKind::Paren, open)) => Some(open),
            _ => None,
        };
        let mut symbols = Vec::new();
        let mut next = at + 1;
        if text == "|" {
            while let Some(name) = self.word(next) {
                let origin = call.map_or(ValueOrigin::Unknown, |call| ValueOrigin::Argument {
                    call,
                    position: symbols.len(),
                });
                symbols.push(self.define(name, SymbolKind::Parameter, next, origin));
                next += 1;
                if !self.is(next, ",") {
                    break;
                }
                next += 1;
            }
            if self.is(next, "|") {
                next += 1;
            }
        }
        if self.is(next, "{") {
            self.awaiting.push(Awaiting {
                depth: self.frames.len(),
                symbols,
                function: None,
                list: None,
            });
        } else {
            self.frames.push(Frame::new(FrameKind::Closure, at));
            self.show(symbols, next);
        }
        next
    }

    /// Notes a definition that nobody can see yet.
    fn define(
        &mut self,
        name: &'t str,
        kind: SymbolKind,
        token: usize,
        origin: ValueOrigin,
    ) -> usize {
        let symbol = self.found.all.len();
        self.found.targets[token] = Some(symbol);
        self.found.roles[token] = match kind {
            SymbolKind::Function => Role::Call,
            SymbolKind::Module => Role::Module,
            _ => Role::Value,
        };
        self.found.all.push(Symbol {
            name,
            kind,
            token,
            extent: token..token + 1,
            visible: token..token,
            function: self.function,
            origin,
            parameters: Vec::new(),
        });
        symbol
    }

    /// Lets symbols be seen from a token on, in what is open.
    fn show(&mut self, symbols: Vec<usize>, from: usize) {
        for symbol in symbols {
            let known = &mut self.found.all[symbol];
            known.visible = from..self.found.tokens.all.len();
            known.function = self.function;
            self.visible.entry(known.name).or_default().push(symbol);
            if let Some(frame) = self.frames.last_mut() {
                frame.defined.push(symbol);
            }
        }
    }

    fn block(&mut self, at: usize) {
        let depth = self.frames.len();
        let is_it = |awaiting: &mut Awaiting| awaiting.depth == depth;
        let mut frame = Frame::new(FrameKind::Block, at);
        let Some(awaiting) = self.awaiting.pop_if(is_it) else {
            return self.frames.push(frame);
        };
        if let Some((symbol, start)) = awaiting.list {
            self.found.all[symbol].origin = ValueOrigin::ItemOf(until(start, at));
        }
        if let Some(function) = awaiting.function {
            frame.around = Some((function, std::mem::take(&mut self.visible)));
            self.function = Some(function);
        }
        self.frames.push(frame);
        self.show(awaiting.symbols, at);
    }

    /// Ends closures whose bodies are no blocks, and what is given a value in them.
    fn end_closures(&mut self, at: usize) {
        while self
            .frames
            .last()
            .is_some_and(|frame| frame.kind == FrameKind::Closure)
        {
            self.pop(at, None);
        }
    }

    /// Closes the innermost bracket of one of these kinds; one that has none closes nothing.
    fn close(&mut self, at: usize, kinds: &[FrameKind]) {
        let is_brace = kinds.contains(&FrameKind::Block);
        // The whole text is a block that no bracket closes.
        let frames = self.frames[1..].iter().rev().take(FARTHEST);
        let mut within = 0;
        let mut is_there = false;
        for frame in frames {
            if kinds.contains(&frame.kind) {
                is_there = true;
                break;
            }
            let is_wall = matches!(frame.kind, FrameKind::Block | FrameKind::Map);
            if is_wall && !is_brace {
                break;
            }
            within += 1;
        }
        if is_there {
            for _ in 0..within {
                self.pop(at, None);
            }
            self.pop(at, Some(at));
        }
    }

    /// Ends what was opened last, at that token.
    fn pop(&mut self, at: usize, close: Option<usize>) {
        self.settle(at);
        let Some(frame) = self.frames.pop() else {
            return;
        };
        let depth = self.frames.len();
        self.awaiting.retain(|awaiting| awaiting.depth <= depth);
        if let Some(close) = close {
            self.pair(frame.open, close);
        }
        if frame.kind == FrameKind::Paren {
            let is_empty = frame.open + 1 == at;
            let count = if is_empty { 0 } else { frame.commas + 1 };
            self.commas.insert(frame.open, count);
        }
        for symbol in frame.defined {
            let known = &mut self.found.all[symbol];
            known.visible.end = at;
            if let Some(meant) = self.visible.get_mut(known.name) {
                meant.pop();
            }
        }
        if let Some((function, around)) = frame.around {
            self.visible = around;
            self.found.all[function].extent.end = at + usize::from(close.is_some());
            self.function = self.found.all[function].function;
        }
    }

    /// Ends the values of what is defined in what is open.
    fn settle(&mut self, at: usize) {
        let pending = self
            .frames
            .last_mut()
            .map(|frame| std::mem::take(&mut frame.pending));
        let pending = pending.unwrap_or_default();
        for symbol in &pending {
            let known = &mut self.found.all[*symbol];
            if let ValueOrigin::Value(value) = &mut known.origin {
                *value = until(value.start, at);
            }
            known.extent.end = at.max(known.extent.end);
            if known.kind == SymbolKind::Constant && self.frames.len() == 1 {
                self.constants.insert(known.name, *symbol);
            }
        }
        self.show(pending, at);
    }

    fn keyword(&mut self, at: usize, text: &str) -> usize {
        match text {
            "let" | "const" => self.variable(at, text),
            "for" => self.items(at),
            "fn" => self.function(at),
            "catch" => self.caught(at),
            "import" => {
                self.importing = Some(at + 1);
                at + 1
            }
            "as" => self.alias(at),
            "global" if self.is(at + 1, "::") => {
                if let Some(name) = self.word(at + 2) {
                    self.found.roles[at + 2] = Role::Value;
                    self.found.targets[at + 2] = self.constants.get(name).copied();
                }
                at + 3
            }
            _ => at + 1,
        }
    }

    fn variable(&mut self, at: usize, text: &str) -> usize {
        // The one before it lacks its semicolon.
        self.settle(at);
        let Some(name) = self.word(at + 1) else {
            return at + 1;
        };
        let kind = match text {
            "const" => SymbolKind::Constant,
            _ => SymbolKind::Variable,
        };
        let is_given = self.is(at + 2, "=");
        let start = at + 2 + usize::from(is_given);
        let origin = if is_given {
            ValueOrigin::Value(start..start)
        } else {
            ValueOrigin::Unknown
        };
        let symbol = self.define(name, kind, at + 1, origin);
        self.found.all[symbol].extent.start = at;
        if let Some(frame) = self.frames.last_mut() {
            frame.pending.push(symbol);
        }
        start
    }

    fn items(&mut self, at: usize) -> usize {
        let mut names = Vec::new();
        let mut next = at + 1;
        let is_pair = self.is(next, "(");
        next += usize::from(is_pair);
        while let Some(name) = self.word(next) {
            names.push(self.define(name, SymbolKind::Item, next, ValueOrigin::Unknown));
            next += 1;
            if !is_pair || !self.is(next, ",") {
                break;
            }
            next += 1;
        }
        if is_pair && self.is(next, ")") {
            self.pair(at + 1, next);
            next += 1;
        }
        next += usize::from(self.is(next, "in"));
        if let Some(first) = names.first().copied() {
            self.awaiting.push(Awaiting {
                depth: self.frames.len(),
                symbols: names,
                function: None,
                list: Some((first, next)),
            });
        }
        next
    }

    fn function(&mut self, at: usize) -> usize {
        let mut next = at + 1;
        if self.is(next + 1, ".") {
            next += 2;
        }
        let Some(name) = self.word(next) else {
            return next;
        };
        let function = self.define(name, SymbolKind::Function, next, ValueOrigin::Unknown);
        let start = if self.is_before(at, &["private"]) {
            at - 1
        } else {
            at
        };
        self.found.all[function].extent.start = start;
        self.functions.entry(name).or_default().push(function);
        next += 1;
        let mut symbols = Vec::new();
        if self.is(next, "(") {
            let open = next;
            next += 1;
            while let Some(name) = self.word(next) {
                symbols.push(self.define(name, SymbolKind::Parameter, next, ValueOrigin::Unknown));
                next += 1;
                if !self.is(next, ",") {
                    break;
                }
                next += 1;
            }
            if self.is(next, ")") {
                self.pair(open, next);
                next += 1;
            }
        }
        let names = symbols.iter().map(|symbol| self.found.all[*symbol].name);
        self.found.all[function].parameters = names.collect();
        self.found.all[function].extent.end = next;
        self.awaiting.push(Awaiting {
            depth: self.frames.len(),
            symbols,
            function: Some(function),
            list: None,
        });
        next
    }

    fn caught(&mut self, at: usize) -> usize {
        let Some(name) = self.word(at + 2).filter(|_| self.is(at + 1, "(")) else {
            return at + 1;
        };
        let symbol = self.define(name, SymbolKind::Caught, at + 2, ValueOrigin::Unknown);
        self.awaiting.push(Awaiting {
            depth: self.frames.len(),
            symbols: vec![symbol],
            function: None,
            list: None,
        });
        if !self.is(at + 3, ")") {
            return at + 3;
        }
        self.pair(at + 1, at + 3);
        at + 4
    }

    /// Notes that two brackets belong together.
    fn pair(&mut self, open: usize, close: usize) {
        self.found.partners[open] = Some(close);
        self.found.partners[close] = Some(open);
    }

    /// `import "…" as m`, or `export x as y`, whose second name nothing here means.
    fn alias(&mut self, at: usize) -> usize {
        let start = self.importing.take();
        let Some(name) = self.word(at + 1) else {
            return at + 1;
        };
        if let Some(start) = start {
            let is_text = start + 1 == at && self.found.tokens.all[start].kind == TokenKind::Text;
            let origin = if is_text {
                ValueOrigin::Module(start)
            } else {
                ValueOrigin::Unknown
            };
            let symbol = self.define(name, SymbolKind::Module, at + 1, origin);
            self.found.all[symbol].extent = start.saturating_sub(1)..at + 2;
            self.show(vec![symbol], at + 2);
        }
        at + 2
    }

    fn name(&mut self, at: usize, name: &'t str) -> usize {
        let is_called = self.is(at + 1, "(") || self.is(at + 1, "!") && self.is(at + 2, "(");
        let is_key = || {
            let is_map = self.frames.last().map(|frame| frame.kind) == Some(FrameKind::Map);
            is_map && self.is(at + 1, ":") && self.is_before(at, &["#{", ","])
        };
        let role = if self.is_before(at, &[".", "?."]) {
            Role::Member
        } else if self.is_before(at, &["::"]) {
            Role::ModuleMember
        } else if self.is(at + 1, "::") {
            Role::Module
        } else if is_key() {
            Role::Key
        } else if is_called {
            Role::Call
        } else {
            Role::Value
        };
        self.found.roles[at] = role;
        match role {
            Role::Member if is_called => self.unmet.push(at),
            Role::Call | Role::Value | Role::Module => {
                let meant = self
                    .visible
                    .get(name)
                    .and_then(|meant| meant.last())
                    .copied();
                self.found.targets[at] = meant;
                if meant.is_none() && role != Role::Module {
                    self.unmet.push(at);
                }
            }
            _ => {}
        }
        at + 1
    }

    /// `Fn("name")`.
    fn text(&mut self, at: usize) -> usize {
        let is_named = at >= 2 && self.word(at - 2) == Some("Fn") && self.is_before(at, &["("]);
        if is_named {
            self.unmet.push(at);
        }
        at + 1
    }

    /// Finds the functions that names mean: of several of one name the one with so many
    /// parameters, or else the first.
    fn meet(&mut self) {
        for place in std::mem::take(&mut self.unmet) {
            let name = self.found.text(place).trim_matches('"');
            let Some(functions) = self.functions.get(name) else {
                continue;
            };
            let open = place + 1 + usize::from(self.is(place + 1, "!"));
            let count = self.commas.get(&open).copied();
            let fits =
                |function: &&usize| Some(self.found.all[**function].parameters.len()) == count;
            let meant = functions.iter().find(fits).or(functions.first());
            self.found.targets[place] = meant.copied();
        }
    }
}
