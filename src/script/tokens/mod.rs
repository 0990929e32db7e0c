//! A text cut into tokens, as far as it goes: for colours, completion, and lines that go on.
//!
//! Unlike Rhai's own reader it never fails, since what is being typed is seldom whole.

mod scanner;
#[cfg(test)]
mod tests;
mod token;

use scanner::Scanner;

pub use token::{OpenEnd, Token, TokenKind, Tokens};

/// Cuts a text into tokens.
pub fn scan(text: &str) -> Tokens<'_> {
    Scanner::read(text)
}

/// Whether the text ends inside a bracket, a string or a comment, so that more
/// must follow before it can be read.
pub fn is_incomplete(text: &str) -> bool {
    !scan(text).open.is_empty()
}
