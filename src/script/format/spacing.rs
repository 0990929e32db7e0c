//! What stands between two tokens of one line: one blank or none.

use std::borrow::Cow;

use crate::script::syntax::{LeafKind, NodeKind, Tree};
use crate::script::tokens::{TokenKind, scan};

/// The tokens of a text and what they are part of.
pub(super) struct Spacing<'t> {
    tree: &'t Tree<'t>,
    owners: Vec<usize>,
}

impl<'t> Spacing<'t> {
    pub fn measure(tree: &'t Tree<'t>) -> Self {
        Self {
            tree,
            owners: tree.owners(),
        }
    }

    /// What should stand between two leaves that follow each other, where `gap` does.
    pub fn between(&self, before: usize, after: usize, gap: &'t str) -> Cow<'t, str> {
        let is_comment = |leaf: usize| !self.tree.leaves[leaf].is_code();
        if is_comment(before) || is_comment(after) {
            return self.beside_comment(after, gap);
        }
        if !self.is_close(before, after) {
            return " ".into();
        }
        let is_apart =
            !gap.is_empty() && (self.makes_lowest(before, after) || self.would_join(before, after));
        if is_apart { " ".into() } else { "".into() }
    }

    /// Whether a sign would make the lowest number of one that is too high without it.
    fn makes_lowest(&self, before: usize, after: usize) -> bool {
        let number = self.tree.text_of(after).replace('_', "");
        let is_whole = number.bytes().all(|byte| byte.is_ascii_digit());
        self.is_sign(before) && is_whole && number.parse::<i64>().is_err()
    }

    /// A comment at the end of a line stands where the author put it, as in a column of them.
    fn beside_comment(&self, after: usize, gap: &'t str) -> Cow<'t, str> {
        let is_line = self.tree.text_of(after).starts_with("//");
        let is_spaces = !gap.is_empty() && gap.bytes().all(|byte| byte == b' ');
        match (is_line, gap) {
            (true, gap) if is_spaces => gap.into(),
            (false, "") => "".into(),
            _ => " ".into(),
        }
    }

    /// Whether two tokens would be read as something else if nothing stood between them.
    fn would_join(&self, before: usize, after: usize) -> bool {
        let (one, other) = (self.tree.text_of(before), self.tree.text_of(after));
        let joined = format!("{one}{other}");
        let tokens = scan(&joined);
        tokens
            .all
            .first()
            .is_none_or(|first| first.end != one.len())
    }

    fn kind(&self, leaf: usize) -> NodeKind {
        self.tree.nodes[self.owners[leaf]].kind
    }

    /// Whether nothing should stand between two tokens.
    fn is_close(&self, before: usize, after: usize) -> bool {
        let (one, other) = (self.tree.text_of(before), self.tree.text_of(after));
        self.is_within(before, after)
            || self.belongs_to_value(before, after)
            || self.is_sign(before)
            || is_range(one, self.ends_value(before), other)
            || matches!(other, "," | ";")
            || (other == ":" && self.kind(after) == NodeKind::Entry)
            || matches!(
                (one, other),
                ("." | "?." | "::", _) | (_, "." | "?." | "::")
            )
    }

    /// At the inner side of a bracket, of bars around parameters, or of what is filled in.
    fn is_within(&self, before: usize, after: usize) -> bool {
        let (one, other) = (self.tree.text_of(before), self.tree.text_of(after));
        let is_hole = |leaf: usize| matches!(self.kind(leaf), NodeKind::Hole | NodeKind::Template);
        match (one, other) {
            ("(" | "[" | "?[" | "${", _) | (_, ")" | "]" | "${") | ("{" | "#{", "}") => true,
            ("}", _) if is_hole(before) && is_hole(after) => true,
            (_, "}") => self.kind(after) == NodeKind::Hole,
            ("|", "|") => false,
            ("|", _) if self.kind(before) == NodeKind::Parameters => self.opens(before),
            (_, "|") if self.kind(after) == NodeKind::Parameters => !self.opens(after),
            _ => false,
        }
    }

    /// Whether the node of the leaf begins with it.
    fn opens(&self, leaf: usize) -> bool {
        self.tree.nodes[self.owners[leaf]].leaves.start == leaf
    }

    /// What follows a value or a name as part of it.
    fn belongs_to_value(&self, before: usize, after: usize) -> bool {
        match (self.tree.text_of(after), self.kind(after)) {
            ("(", NodeKind::Arguments)
            | ("[" | "?[", NodeKind::Index)
            | ("!", NodeKind::Postfix) => true,
            ("(", NodeKind::Parameters) => self.kind(before) == NodeKind::Name,
            _ => false,
        }
    }

    /// Whether it is the sign of one value.
    fn is_sign(&self, leaf: usize) -> bool {
        matches!(self.tree.text_of(leaf), "-" | "+" | "!") && self.kind(leaf) == NodeKind::Unary
    }

    /// Whether a value ends with the token.
    fn ends_value(&self, leaf: usize) -> bool {
        match self.tree.leaves[leaf].kind {
            LeafKind::Token(TokenKind::Symbol) => {
                matches!(self.tree.text_of(leaf), ")" | "]" | "}")
            }
            LeafKind::Token(TokenKind::Keyword) => {
                matches!(
                    self.tree.text_of(leaf),
                    "true" | "false" | "this" | "global"
                )
            }
            _ => true,
        }
    }
}

/// Whether the two are a range and one of its ends.
fn is_range(one: &str, is_value: bool, other: &str) -> bool {
    let is_sign = |text: &str| matches!(text, ".." | "..=");
    (is_sign(other) && is_value)
        || (is_sign(one) && !matches!(other, "=>" | "{" | "}" | "if" | "|"))
}
