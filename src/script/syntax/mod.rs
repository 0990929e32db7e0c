//! A script's text as a tree, however damaged it is.
//!
//! Rhai's own parser stops at the first error and knows nothing of comments and blanks. This one
//! keeps every byte, ends at the end of every text, and marks the statements that cannot be read.
//! What is an error is Rhai's to say: a text that Rhai accepts has none here, while some that
//! it refuses pass.

mod blocks;
mod builder;
#[cfg(test)]
pub(crate) mod corpus;
mod expressions;
mod parser;
mod statements;
#[cfg(test)]
mod tests;
mod tree;

pub use tree::{Leaf, LeafKind, Node, NodeKind, SyntaxError, Tree};

/// Reads a text.
pub fn parse(text: &str) -> Tree<'_> {
    parser::SyntaxParser::read(text)
}
