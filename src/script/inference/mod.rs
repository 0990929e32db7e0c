//! What a value of a script is made of, as far as its text tells: for completion.
//!
//! Nothing is run. What is not certain is unknown, and has no fields.

mod follow;
mod known;
#[cfg(test)]
mod tests;

pub use follow::{ColumnsOf, Inference};
pub use known::{Known, KnownField};
