//! A row of a bulk loop, and how it ended.

use std::any::Any;

/// One item of a bulk loop.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Row<T> {
    /// Rows of the same lane keep their order and are never in hand at once.
    pub lane: u64,
    /// What the worker gets.
    pub item: T,
}

/// How a row ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RowOutcome {
    /// It is done.
    Done,
    /// It failed; the others go on.
    Failed,
    /// It asked to be skipped.
    Skipped,
    /// A write of it may have been applied.
    InDoubt,
    /// It was broken off, for that reason, and no more are to be begun.
    Stop(String),
}

/// What a worker says of a row, with whatever else it wants to hand on.
#[derive(Clone, Debug)]
pub struct Ended<L> {
    /// How it ended.
    pub outcome: RowOutcome,
    /// Whether the server asked for less: 429, 503 or a time-out.
    pub busy: bool,
    /// What is left of it for the observer.
    pub left: L,
}

/// What a worker said when it panicked: the row failed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Panicked(pub String);

/// What a panic says of itself.
pub(in crate::run) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it panicked".into())
}
