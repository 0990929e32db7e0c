//! The brackets and closures that a place of a script is in, and what is defined in each.

use std::collections::HashMap;
use std::ops::Range;

/// What is open.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum FrameKind {
    /// `{` or `${`: names defined in it end with it.
    Block,
    /// A closure whose body is no block: it ends with its argument.
    Closure,
    /// `[`.
    List,
    /// `#{`.
    Map,
    /// `(`.
    Paren,
}

/// The symbols that a name means, the innermost last.
pub(super) type Visible<'t> = HashMap<&'t str, Vec<usize>>;

/// Something that is open.
pub(super) struct Frame<'t> {
    pub kind: FrameKind,
    /// The token that opened it.
    pub open: usize,
    /// The symbols that end with it.
    pub defined: Vec<usize>,
    /// `let` whose value is being read.
    pub pending: Vec<usize>,
    /// Of the body of a function: the function, and what could be seen around it.
    pub around: Option<(usize, Visible<'t>)>,
    /// The commas in it so far.
    pub commas: usize,
}

impl Frame<'_> {
    pub const fn new(kind: FrameKind, open: usize) -> Self {
        Self {
            kind,
            open,
            defined: Vec::new(),
            pending: Vec::new(),
            around: None,
            commas: 0,
        }
    }
}

/// Names that belong to a block that is yet to come.
pub(super) struct Awaiting {
    /// How many frames are open where the block must open.
    pub depth: usize,
    /// The names.
    pub symbols: Vec<usize>,
    /// Of a function: itself.
    pub function: Option<usize>,
    /// Of `for`: the name whose value is an item of what follows, and where that begins.
    pub list: Option<(usize, usize)>,
}

/// The tokens of something that ends before `end`.
pub(super) const fn until(start: usize, end: usize) -> Range<usize> {
    if start < end { start..end } else { end..end }
}
