//! How far a line is set in.
//!
//! One level more than the line on which the innermost open bracket stands, however many
//! brackets that line opens; and one more yet for a line that goes on with what the line
//! before it began.

use crate::script::syntax::{NodeKind, Tree};

/// The levels of the lines passed so far.
pub(super) struct Indentation<'t> {
    tree: &'t Tree<'t>,
    /// Whether a statement or a case begins with each leaf.
    begins: Vec<bool>,
    /// Whether the parameters of a closure end with each leaf.
    ends_parameters: Vec<bool>,
    damaged: &'t [Option<usize>],
    /// The level and the number of the line of each bracket that is open.
    open: Vec<(usize, usize)>,
    /// The level and the number of this line.
    line: (usize, usize),
    /// The last leaf that was code, and the number of its line.
    before: Option<(usize, usize)>,
}

impl<'t> Indentation<'t> {
    pub fn measure(tree: &'t Tree<'t>, damaged: &'t [Option<usize>]) -> Self {
        let mut begins = vec![false; tree.leaves.len()];
        let mut ends_parameters = begins.clone();
        for node in tree.nodes.iter().filter(|node| !node.leaves.is_empty()) {
            match node.kind {
                NodeKind::Statement | NodeKind::Arm => begins[node.leaves.start] = true,
                NodeKind::Parameters if tree.nodes[node.parent].kind == NodeKind::Closure => {
                    ends_parameters[node.leaves.end - 1] = true;
                }
                _ => {}
            }
        }
        Self {
            tree,
            begins,
            ends_parameters,
            damaged,
            open: Vec::new(),
            line: (0, 0),
            before: None,
        }
    }

    /// The level of a line that begins with a leaf.
    pub fn begin_line(&mut self, leaf: usize) -> usize {
        let inner = self.open.last().map_or(0, |(level, _)| level + 1);
        let level = if self.tree.leaves[leaf].is_code() {
            if closes(self.tree.text_of(leaf)) {
                self.open.last().map_or(0, |(level, _)| *level)
            } else {
                inner + usize::from(self.goes_on(leaf))
            }
        } else {
            // A comment stands where what it speaks of stands.
            let next =
                (leaf..self.tree.leaves.len()).find(|leaf| self.tree.leaves[*leaf].is_code());
            let goes_on =
                next.is_some_and(|next| !closes(self.tree.text_of(next)) && self.goes_on(next));
            inner + usize::from(goes_on)
        };
        self.line = (level, self.line.1 + 1);
        level
    }

    /// Notes a leaf that is written.
    pub fn pass(&mut self, leaf: usize) {
        if !self.tree.leaves[leaf].is_code() {
            return;
        }
        self.before = Some((leaf, self.line.1));
        if self.damaged[leaf].is_some() {
            return;
        }
        let text = self.tree.text_of(leaf);
        if opens(text) {
            self.open.push(self.line);
        } else if closes(text) {
            self.open.pop();
        }
    }

    /// Whether a line that begins with a leaf goes on with what began before.
    fn goes_on(&self, leaf: usize) -> bool {
        let Some((before, line)) = self.before else {
            return false;
        };
        // The body of a closure in a call that begins on the same line.
        if self.ends_parameters[before] && self.open.last().is_some_and(|open| open.1 == line) {
            return false;
        }
        let after = self.tree.text_of(before);
        let is_new = self.begins[leaf] || opens(after) || matches!(after, "," | ";");
        let ends_block = after == "}"
            && matches!(
                self.tree.text_of(leaf),
                "catch" | "else" | "until" | "while"
            );
        !is_new && !ends_block && self.tree.text_of(leaf) != "{"
    }
}

fn opens(text: &str) -> bool {
    matches!(text, "(" | "[" | "?[" | "{" | "#{" | "${")
}

fn closes(text: &str) -> bool {
    matches!(text, ")" | "]" | "}")
}
