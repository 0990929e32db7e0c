//! What a text was read as.

use std::ops::Range;

use crate::script::tokens::TokenKind;

/// What a leaf is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LeafKind {
    /// Blanks and line breaks.
    Blank,
    /// A token, comments included.
    Token(TokenKind),
}

/// A piece of the text; they stand end to end, and all together are the text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Leaf {
    /// What it is.
    pub kind: LeafKind,
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

impl Leaf {
    /// Whether it is neither a blank nor a comment.
    pub fn is_code(self) -> bool {
        !matches!(
            self.kind,
            LeafKind::Blank | LeafKind::Token(TokenKind::Comment)
        )
    }
}

/// What a node is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NodeKind {
    /// `(a, b)` of a call.
    Arguments,
    /// A case of a `switch`, its comma included.
    Arm,
    /// `[a, b]`.
    Array,
    /// `{ … }`.
    Block,
    /// `|a, b| …`.
    Closure,
    /// `key: value` of a map.
    Entry,
    /// What could not be read.
    Error,
    /// `${ … }` in a text.
    Hole,
    /// `[i]` behind a value.
    Index,
    /// A number, a text without holes, a character, `true`, `false`.
    Literal,
    /// `#{ … }`.
    Map,
    /// A variable, or a name behind a dot.
    Name,
    /// Operands and the operators between them; which binds stronger is not told.
    Operation,
    /// The parameters of a function or of a closure, brackets included.
    Parameters,
    /// `( … )` around a value.
    Parenthesised,
    /// A value with what follows it: members, indices, calls.
    Postfix,
    /// The whole text.
    Root,
    /// A statement with its semicolon.
    Statement,
    /// A `switch`.
    Switch,
    /// A text with holes.
    Template,
    /// `-x`, `!x`.
    Unary,
}

/// A part of the text that belongs together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Its leaves.
    pub leaves: Range<usize>,
    /// The node it is part of, by its place; the root's own is its own.
    pub parent: usize,
    /// Of a statement: whether something in it, though not in a statement within it, could
    /// not be read.
    pub is_damaged: bool,
}

/// Something that could not be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SyntaxError {
    /// Where, in bytes; never empty but at the end of the text.
    pub range: Range<usize>,
    /// What is amiss there.
    pub what: String,
}

/// A text that was read.
#[derive(Debug)]
pub struct Tree<'t> {
    /// The text.
    pub text: &'t str,
    /// Its leaves, in order.
    pub leaves: Vec<Leaf>,
    /// Its nodes: inner ones before those they are part of, the root last.
    pub nodes: Vec<Node>,
    /// What could not be read, in order.
    pub errors: Vec<SyntaxError>,
}

impl<'t> Tree<'t> {
    /// The text of a leaf.
    pub fn text_of(&self, leaf: usize) -> &'t str {
        let Leaf { start, end, .. } = self.leaves[leaf];
        &self.text[start..end]
    }

    /// Where a node stands, in bytes.
    pub fn range_of(&self, node: &Node) -> Range<usize> {
        if node.leaves.is_empty() {
            let at = self.leaves.get(node.leaves.start);
            let at = at.map_or(self.text.len(), |leaf| leaf.start);
            return at..at;
        }
        self.leaves[node.leaves.start].start..self.leaves[node.leaves.end - 1].end
    }

    /// The innermost node of each leaf, by its place.
    pub fn owners(&self) -> Vec<usize> {
        let root = self.nodes.len() - 1;
        let mut owners = vec![root; self.leaves.len()];
        let mut is_owned = vec![false; self.leaves.len()];
        // Inner nodes come first; a leaf is passed once a level, and the levels are limited.
        for (place, node) in self.nodes.iter().enumerate() {
            for leaf in node.leaves.clone() {
                if !is_owned[leaf] {
                    owners[leaf] = place;
                    is_owned[leaf] = true;
                }
            }
        }
        owners
    }
}
