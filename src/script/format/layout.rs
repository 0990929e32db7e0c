//! Goes through the leaves of a text and writes each where it belongs.

use super::indentation::Indentation;
use super::spacing::Spacing;
use crate::script::syntax::{LeafKind, Node, NodeKind, Tree};
use crate::script::tokens::{TokenKind, scan};

/// A level of indentation.
const LEVEL: &str = "    ";

/// A text being laid out.
pub(super) struct Layout<'t> {
    tree: &'t Tree<'t>,
    /// The statement that cannot be read each leaf is part of, by the leaf it begins with.
    damaged: Vec<Option<usize>>,
}

impl<'t> Layout<'t> {
    pub fn arrange(tree: &'t Tree<'t>) -> Self {
        let mut damaged = vec![None; tree.leaves.len()];
        // The outermost come last, and each leaf is theirs in the end.
        let mut end = usize::MAX;
        for node in tree.nodes.iter().rev().filter(|node| is_damaged(node)) {
            if node.leaves.end <= end {
                damaged[node.leaves.clone()].fill(Some(node.leaves.start));
                end = node.leaves.start;
            }
        }
        Self { tree, damaged }
    }

    /// The lines at which statements begin that stay as they are.
    pub fn left_alone(&self) -> Vec<usize> {
        let mut starts: Vec<usize> = self.damaged.iter().copied().flatten().collect();
        starts.dedup();
        let (mut line, mut at) = (1, 0);
        let lines = starts.into_iter().map(|leaf| {
            let start = self.tree.leaves[leaf].start;
            line += self.tree.text[at..start].matches('\n').count();
            at = start;
            line
        });
        lines.collect()
    }

    /// The text as it should be.
    pub fn write(&self) -> String {
        let tree = self.tree;
        let spacing = Spacing::measure(tree);
        let mut indentation = Indentation::measure(tree, &self.damaged);
        let mut text = String::with_capacity(tree.text.len() + tree.text.len() / 8);
        let mut before: Option<usize> = None;
        for (leaf, own) in tree.leaves.iter().enumerate() {
            if own.kind == LeafKind::Blank {
                continue;
            }
            let gap = self.gap(leaf);
            let breaks = breaks(gap);
            let is_inside = self.is_inside(before, leaf);
            if is_inside {
                text.push_str(gap);
            } else if before.is_none() || !breaks.is_empty() {
                text.extend(breaks);
                let level = indentation.begin_line(leaf);
                if self.damaged[leaf].is_some() {
                    text.push_str(gap.rsplit(['\r', '\n']).next().unwrap_or_default());
                } else {
                    text.extend(std::iter::repeat_n(LEVEL, level));
                }
            } else if let Some(before) = before {
                let is_damaged = |leaf: usize| self.damaged[leaf].is_some();
                if is_damaged(before) || is_damaged(leaf) {
                    text.push_str(gap);
                } else {
                    text.push_str(&spacing.between(before, leaf, gap));
                }
            }
            indentation.pass(leaf);
            text.push_str(self.written(leaf));
            before = Some(leaf);
        }
        self.end(&mut text, before);
        text
    }

    /// The blanks before a leaf.
    fn gap(&self, leaf: usize) -> &'t str {
        let before = leaf.checked_sub(1);
        let blank = before.filter(|before| self.tree.leaves[*before].kind == LeafKind::Blank);
        blank.map_or("", |blank| self.tree.text_of(blank))
    }

    /// Whether both are of one statement that cannot be read.
    fn is_inside(&self, before: Option<usize>, leaf: usize) -> bool {
        let statement = self.damaged[leaf];
        statement.is_some() && before.is_some_and(|before| self.damaged[before] == statement)
    }

    fn written(&self, leaf: usize) -> &'t str {
        let own = self.tree.text_of(leaf);
        let is_comment = self.tree.leaves[leaf].kind == LeafKind::Token(TokenKind::Comment);
        if is_comment && own.starts_with("//") && self.damaged[leaf].is_none() {
            return own.trim_end();
        }
        own
    }

    /// Ends the last line, unless the text ends within something.
    fn end(&self, text: &mut String, last: Option<usize>) {
        let Some(last) = last else {
            return;
        };
        if self.damaged[last].is_some() || !scan(self.tree.text).open.is_empty() {
            text.push_str(&self.tree.text[self.tree.leaves[last].end..]);
            return;
        }
        let is_windows = self.tree.text.contains("\r\n");
        text.push_str(if is_windows { "\r\n" } else { "\n" });
    }
}

fn is_damaged(node: &Node) -> bool {
    node.kind == NodeKind::Statement && node.is_damaged
}

/// The line breaks among blanks, as they are.
fn breaks(gap: &str) -> Vec<&str> {
    let mut breaks = Vec::new();
    let mut rest = gap;
    while let Some(at) = rest.find(['\r', '\n']) {
        let length = if rest[at..].starts_with("\r\n") { 2 } else { 1 };
        breaks.push(&rest[at..at + length]);
        rest = &rest[at + length..];
    }
    breaks
}
