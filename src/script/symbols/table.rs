//! What is known of the names of a script.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::script::tokens::{Token, TokenKind, Tokens};

/// What a name defines.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SymbolKind {
    /// `const X = …`.
    Constant,
    /// `catch (e)`.
    Caught,
    /// `fn f(…) { … }`.
    Function,
    /// `for x in …`.
    Item,
    /// `import "…" as m`.
    Module,
    /// A parameter of a function or of a closure.
    Parameter,
    /// `let x = …`.
    Variable,
}

/// Where the value of a name is from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ValueOrigin {
    /// Only the run knows.
    Unknown,
    /// These tokens.
    Value(Range<usize>),
    /// An item of what these tokens give.
    ItemOf(Range<usize>),
    /// What the call whose bracket opens there hands to a closure, by the place among its
    /// parameters.
    Argument {
        /// The bracket of the call.
        call: usize,
        /// Which parameter it is, from 0.
        position: usize,
    },
    /// The module whose name is the text there.
    Module(usize),
}

/// Something that has a name.
#[derive(Clone, Debug)]
pub struct Symbol<'t> {
    /// The name.
    pub name: &'t str,
    /// What it is.
    pub kind: SymbolKind,
    /// The token of its name.
    pub token: usize,
    /// The tokens that define it, its body included.
    pub extent: Range<usize>,
    /// The tokens among which it can be used.
    pub visible: Range<usize>,
    /// The function it is in, by its place among the symbols.
    pub function: Option<usize>,
    /// Where its value is from.
    pub origin: ValueOrigin,
    /// The parameters, of a function.
    pub parameters: Vec<&'t str>,
}

/// How a token is used as a name.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Role {
    /// It is none.
    #[default]
    None,
    /// A function that is called.
    Call,
    /// A key of a map.
    Key,
    /// A field or a method, behind a dot.
    Member,
    /// A module, before `::`.
    Module,
    /// What stands behind `::`.
    ModuleMember,
    /// A value.
    Value,
}

/// The names of a script.
#[derive(Debug)]
pub struct Symbols<'t> {
    /// The tokens of the script, without its comments.
    pub tokens: Tokens<'t>,
    /// Its comments.
    pub comments: Vec<Token>,
    /// What it defines, in the order of its text.
    pub all: Vec<Symbol<'t>>,
    /// How each token is used.
    pub roles: Vec<Role>,
    /// What each token defines or means, by its place in `all`.
    pub targets: Vec<Option<usize>>,
    /// Of each bracket the one that it opens or closes with.
    pub partners: Vec<Option<usize>>,
}

impl<'t> Symbols<'t> {
    /// The text of the token at that place; empty where there is none.
    pub fn text(&self, place: usize) -> &'t str {
        let token = self.tokens.all.get(place);
        token.map_or("", |token| self.tokens.text_of(*token))
    }

    /// The token that holds a byte, or a word that ends there.
    pub fn place_at(&self, at: usize) -> Option<usize> {
        let all = &self.tokens.all;
        let next = all.partition_point(|token| token.end <= at);
        let holds = all.get(next).is_some_and(|token| token.start <= at);
        let is_word = |place: &usize| {
            let kind = all[*place].kind;
            all[*place].end == at && matches!(kind, TokenKind::Word | TokenKind::Keyword)
        };
        let before = next.checked_sub(1).filter(is_word);
        if holds && all[next].kind == TokenKind::Word {
            Some(next)
        } else {
            before.or(holds.then_some(next))
        }
    }

    /// What a token defines or means.
    pub fn target(&self, place: usize) -> Option<&Symbol<'t>> {
        let target = self.targets.get(place).copied().flatten()?;
        self.all.get(target)
    }

    /// The tokens that define and mean a symbol, in order.
    pub fn mentions(&self, symbol: usize) -> impl Iterator<Item = usize> + '_ {
        let is_it = move |(_, target): &(usize, &Option<usize>)| **target == Some(symbol);
        self.targets
            .iter()
            .enumerate()
            .filter(is_it)
            .map(|(place, _)| place)
    }

    /// The function that a token is in.
    fn function_at(&self, place: usize) -> Option<usize> {
        let holds =
            |symbol: &Symbol| symbol.kind == SymbolKind::Function && symbol.extent.contains(&place);
        self.all.iter().position(holds)
    }

    /// What can be used before the token at that place; of several of one name the last.
    pub fn visible_at(&self, place: usize) -> Vec<&Symbol<'t>> {
        let function = self.function_at(place);
        let is_seen = |symbol: &&Symbol| match symbol.kind {
            SymbolKind::Function => true,
            SymbolKind::Module => symbol.visible.start <= place,
            _ => {
                symbol.function == function
                    && symbol.visible.start <= place
                    && place <= symbol.visible.end
            }
        };
        let mut seen: Vec<&Symbol> = Vec::new();
        let mut names = BTreeSet::new();
        for symbol in self.all.iter().rev().filter(is_seen) {
            if names.insert(symbol.name) {
                seen.push(symbol);
            }
        }
        seen
    }

    /// The bytes from the start of one token to the end of another, both included.
    pub fn bytes(&self, range: &Range<usize>) -> Range<usize> {
        let length = self.tokens.text.len();
        let all = &self.tokens.all;
        let start = all.get(range.start).map_or(length, |token| token.start);
        let last = range
            .end
            .checked_sub(1)
            .map(|last| last.min(all.len().saturating_sub(1)));
        let end = last
            .and_then(|last| all.get(last))
            .map_or(start, |token| token.end);
        start..end.max(start)
    }

    /// How many arguments the call has whose bracket opens there, as far as it is written.
    pub fn arguments(&self, open: usize) -> Vec<Range<usize>> {
        let close = self.partners.get(open).copied().flatten();
        let end = close.unwrap_or(self.tokens.all.len());
        let mut arguments = Vec::new();
        let (mut start, mut at) = (open + 1, open + 1);
        while at < end {
            if self.tokens.is(at, ",") {
                arguments.push(start..at);
                start = at + 1;
            }
            at = match (self.tokens.depth(at), self.partners[at]) {
                (1, Some(close)) => close + 1,
                (1, None) => end,
                (-1, _) => break,
                _ => at + 1,
            };
        }
        if start < end.min(at.max(start)) {
            arguments.push(start..at.min(end));
        }
        arguments
    }
}
