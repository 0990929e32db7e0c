//! The scripting language: Rhai with every action as a native function.
//!
//! `rhai` is named nowhere else. A script sees the server only through
//! [`crate::run::Run`], and the world only through its [`Host`].

mod actions;
mod calls;
#[cfg(test)]
mod calls_tests;
mod check;
#[cfg(test)]
mod check_tests;
mod compare;
mod connection;
mod diagnostic;
mod engine;
mod execute;
#[cfg(test)]
mod failure_tests;
mod functions;
mod host;
mod imports;
mod incomplete;
mod interpreter;
mod keywords;
mod load;
mod modules;
mod pages;
mod parameters;
mod raise;
mod readable;
#[cfg(test)]
mod rig;
mod shadow;
mod snippet;
mod sources;
#[cfg(test)]
mod traps;
mod values;
mod words;

pub use functions::Function;
pub use host::{Confinement, Connect, Host, Output};
pub use incomplete::is_incomplete;
pub use interpreter::Interpreter;
pub use load::Script;
pub use raise::Raised;
