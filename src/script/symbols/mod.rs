//! What the names of a script stand for, in text that need not be whole.
//!
//! Rhai knows it only of a script without errors, and forgets where a name ended. Here it
//! is told from the tokens alone, in one pass: which name defines something, which means
//! it, and from where to where it can be used. What is not certain means nothing.

mod frames;
mod resolver;
mod table;
#[cfg(test)]
mod tests;

pub use table::{Role, Symbol, SymbolKind, Symbols, ValueOrigin};
