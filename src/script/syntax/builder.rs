//! Makes the tree while the parser goes through the text.
//!
//! Nodes are noted when they end, so that one can begin before others that were
//! noted already; their parents are found when all are known.

use std::ops::Range;

use super::tree::{Leaf, LeafKind, Node, NodeKind, SyntaxError, Tree};
use crate::script::tokens::Tokens;

/// The leaves of a text: its tokens and the blanks between them.
pub(super) fn leaves(tokens: &Tokens<'_>) -> Vec<Leaf> {
    let mut leaves = Vec::with_capacity(tokens.all.len() * 2 + 1);
    let mut at = 0;
    let blank = |start: usize, end: usize, leaves: &mut Vec<Leaf>| {
        if start < end {
            leaves.push(Leaf {
                kind: LeafKind::Blank,
                start,
                end,
            });
        }
    };
    for token in &tokens.all {
        blank(at, token.start, &mut leaves);
        leaves.push(Leaf {
            kind: LeafKind::Token(token.kind),
            start: token.start,
            end: token.end,
        });
        at = token.end;
    }
    blank(at, tokens.text.len(), &mut leaves);
    leaves
}

/// The nodes so far.
pub(super) struct Builder {
    nodes: Vec<Node>,
    errors: Vec<SyntaxError>,
    /// Whether each of the statements that are being read is damaged, outermost first.
    damaged: Vec<bool>,
}

impl Builder {
    pub fn new() -> Self {
        Self {
            nodes: Vec::new(),
            errors: Vec::new(),
            damaged: vec![false],
        }
    }

    /// Notes a node that ends here.
    pub fn node(&mut self, kind: NodeKind, leaves: Range<usize>) {
        self.nodes.push(Node {
            kind,
            leaves,
            parent: 0,
            is_damaged: false,
        });
    }

    /// A statement begins.
    pub fn begin_statement(&mut self) {
        self.damaged.push(false);
    }

    /// The statement that began last ends.
    pub fn end_statement(&mut self, leaves: Range<usize>) {
        let is_damaged = self.damaged.pop().unwrap_or_default();
        self.node(NodeKind::Statement, leaves);
        if let Some(node) = self.nodes.last_mut() {
            node.is_damaged = is_damaged;
        }
    }

    /// Whether the statement that is being read is damaged.
    pub fn is_damaged(&self) -> bool {
        self.damaged.last().copied().unwrap_or_default()
    }

    /// Notes an error; of several at one place the first.
    pub fn error(&mut self, range: Range<usize>, what: String) {
        if let Some(damaged) = self.damaged.last_mut() {
            *damaged = true;
        }
        let is_new = self
            .errors
            .last()
            .is_none_or(|last| last.range.start < range.start);
        if is_new {
            self.errors.push(SyntaxError { range, what });
        }
    }

    /// The tree of the whole text.
    pub fn finish(mut self, text: &str, leaves: Vec<Leaf>) -> Tree<'_> {
        self.node(NodeKind::Root, 0..leaves.len());
        let mut open: Vec<usize> = Vec::new();
        for place in 0..self.nodes.len() {
            let start = self.nodes[place].leaves.start;
            while let Some(inner) = open.pop_if(|inner| self.nodes[*inner].leaves.start >= start) {
                self.nodes[inner].parent = place;
            }
            open.push(place);
        }
        if let Some(root) = open.pop() {
            self.nodes[root].parent = root;
        }
        Tree {
            text,
            leaves,
            nodes: self.nodes,
            errors: self.errors,
        }
    }
}
