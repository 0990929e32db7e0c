//! What can be read of a script that has errors of syntax.
//!
//! Rhai stops at the first. The statement that it is in is then left out, blanks standing in
//! its place so that lines and columns stay, and the rest is read again. Rhai alone says what
//! is an error; the tree of the text says only how far the statement goes.

use std::ops::Range;

use rhai::Position;

use crate::script::finding::Finding;
use crate::script::syntax::{Node, NodeKind, SyntaxError, Tree, parse};
use crate::script::tokens::{OpenEnd, TokenKind, scan};

/// What is said of one place alone, whatever stands elsewhere in the script.
const OF_ONE_PLACE: &[&str] = &[
    "import",
    "missing-parameter",
    "not-a-map",
    "reserved-parameter",
    "unknown-action",
    "unknown-function",
    "unknown-module",
    "unknown-option",
    "unknown-parameter",
    "unknown-variable",
    "wrong-value",
];

/// A script without the statements that cannot be read.
pub(crate) struct Readable<'t> {
    tree: Tree<'t>,
    /// What Rhai is to read.
    pub text: String,
    left_out: Vec<Range<usize>>,
    /// What closes the brackets that are open at the end of the text.
    closers: String,
}

impl<'t> Readable<'t> {
    /// All of a text.
    pub fn new(text: &'t str) -> Self {
        Self {
            tree: parse(text),
            text: text.to_owned(),
            left_out: Vec::new(),
            closers: String::new(),
        }
    }

    /// Whether nothing was left out.
    pub fn is_whole(&self) -> bool {
        self.left_out.is_empty() && self.closers.is_empty()
    }

    /// What the tree finds amiss in the statement in which Rhai finds something.
    pub fn error_at(&self, position: Position) -> Option<&SyntaxError> {
        let at = offset(self.tree.text, position);
        self.tree
            .errors
            .iter()
            .find(|error| error.range.contains(&at))
    }

    /// Where the last token before a place ends.
    pub fn end_before(&self, at: usize) -> usize {
        let before = self.tree.leaves.iter().take_while(|leaf| leaf.start < at);
        let last = before.filter(|leaf| leaf.is_code()).last();
        last.map_or(0, |leaf| leaf.end)
    }

    /// Leaves out what keeps Rhai from reading on from there; false if nothing is found.
    pub fn leave_out(&mut self, position: Position) -> bool {
        let at = offset(self.tree.text, position);
        if at >= self.tree.text.len() && self.closers.is_empty() {
            self.closers = closers(&self.text);
            if !self.closers.is_empty() {
                self.text.push_str(&self.closers);
                return true;
            }
        }
        let Some(range) = self.damaged(at).or_else(|| self.innermost(at)) else {
            return false;
        };
        self.left_out.push(range);
        self.write();
        true
    }

    /// Whether a finding stands although something was left out.
    pub fn stands(&self, finding: &Finding) -> bool {
        let is_of_names = matches!(
            finding.code,
            "unknown-function" | "unknown-module" | "unknown-variable"
        );
        let is_defined = is_of_names
            && finding
                .what
                .split('`')
                .nth(1)
                .is_some_and(|name| self.is_mentioned(name));
        self.is_whole() || (OF_ONE_PLACE.contains(&finding.code) && !is_defined)
    }

    /// Whether a name stands in what was left out, which may define it.
    fn is_mentioned(&self, name: &str) -> bool {
        self.left_out.iter().any(|range| {
            let tokens = scan(&self.tree.text[range.clone()]);
            let mut words = tokens
                .all
                .iter()
                .filter(|token| token.kind == TokenKind::Word);
            words.any(|token| tokens.text_of(*token) == name)
        })
    }

    /// The innermost damaged statement that Rhai may have stopped at: it holds the place, or
    /// ends right before it.
    fn damaged(&self, at: usize) -> Option<Range<usize>> {
        let before = self.end_before(at);
        let is_it = |range: &Range<usize>| range.contains(&at) || range.end == before;
        let damaged = self.tree.nodes.iter().filter(|node| node.is_damaged);
        let mut ranges = damaged.map(|node| self.tree.range_of(node));
        ranges.find(|range| is_it(range) && self.is_new(range))
    }

    /// The innermost statement that holds the place, or the one that ends right before it.
    fn innermost(&self, at: usize) -> Option<Range<usize>> {
        let is_statement = |node: &&Node| node.kind == NodeKind::Statement;
        let statements = self.tree.nodes.iter().filter(is_statement);
        let ranges: Vec<Range<usize>> = statements.map(|node| self.tree.range_of(node)).collect();
        let before = self.end_before(at);
        let holds = ranges
            .iter()
            .find(|range| range.contains(&at) && self.is_new(range));
        let ends = || {
            ranges
                .iter()
                .find(|range| range.end == before && self.is_new(range))
        };
        holds.or_else(ends).cloned()
    }

    /// Whether it was not left out yet.
    fn is_new(&self, range: &Range<usize>) -> bool {
        let is_in = |out: &Range<usize>| out.start <= range.start && range.end <= out.end;
        !range.is_empty() && !self.left_out.iter().any(is_in)
    }

    fn write(&mut self) {
        self.left_out.sort_by_key(|range| range.start);
        let (text, mut at) = (self.tree.text, 0);
        self.text.clear();
        for range in &self.left_out {
            if range.end <= at {
                continue;
            }
            let start = range.start.max(at);
            self.text.push_str(&text[at..start]);
            let blank = |letter: char| if letter == '\n' { '\n' } else { ' ' };
            self.text.extend(text[start..range.end].chars().map(blank));
            at = range.end;
        }
        self.text.push_str(&text[at..]);
        self.text.push_str(&self.closers);
    }
}

/// What closes the brackets that are open at the end of a text, if nothing else is.
fn closers(text: &str) -> String {
    let tokens = scan(text);
    let close = |open: &OpenEnd| match open {
        OpenEnd::Bracket(place) => match tokens.text_of(tokens.all[*place]) {
            "(" => Some(')'),
            "[" | "?[" => Some(']'),
            _ => Some('}'),
        },
        _ => None,
    };
    let closers: Option<String> = tokens.open.iter().rev().map(close).collect();
    closers.unwrap_or_default()
}

/// The byte that a position of Rhai's is at: lines and characters from one; the end of the
/// text if it is none.
fn offset(text: &str, position: Position) -> usize {
    let (Some(line), column) = (position.line(), position.position().unwrap_or(1)) else {
        return text.len();
    };
    let mut start = 0;
    for _ in 1..line {
        match text[start..].find('\n') {
            Some(end) => start += end + 1,
            None => return text.len(),
        }
    }
    let mut letters = text[start..].char_indices();
    letters
        .nth(column.saturating_sub(1))
        .map_or(text.len(), |(at, _)| start + at)
}
