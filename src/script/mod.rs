//! The scripting language: Rhai with every action as a native function.
//!
//! `rhai` is named nowhere else. A script sees the server only through
//! [`crate::run::Run`], and the world only through its [`Host`].

mod host;
mod raise;

pub use host::{Confinement, Connect, Host, Output};
pub use raise::Raised;
