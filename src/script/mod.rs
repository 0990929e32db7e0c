//! The scripting language: Rhai with every action as a native function.
//!
//! `rhai` is named nowhere else. A script sees the server only through
//! [`crate::run::Run`], and the world only through its [`Host`].

mod actions;
mod amounts;
mod calls;
#[cfg(test)]
mod calls_tests;
mod changed;
mod check;
#[cfg(test)]
mod check_tests;
mod clients;
mod compare;
mod confinement;
mod connection;
mod csv;
mod csv_options;
mod csv_source;
mod csv_writer;
mod data;
mod date_operators;
mod date_parts;
mod dates;
mod decode;
mod diagnostic;
mod draft;
mod effects;
mod engine;
mod environment;
mod execute;
#[cfg(test)]
mod failure_tests;
mod files;
mod function;
mod functions;
mod host;
mod imports;
mod incomplete;
mod interpreter;
mod json;
mod keywords;
mod load;
mod modules;
mod money;
mod money_style;
mod nowhere;
mod pages;
mod parameters;
mod passwords;
mod quotes;
mod raise;
mod readable;
mod records;
#[cfg(test)]
mod rig;
mod row;
mod shadow;
mod sniff;
mod snippet;
mod sources;
mod suggestion;
mod tables;
#[cfg(test)]
mod traps;
mod values;
mod words;
#[cfg(test)]
mod workbench;
mod write_csv;

pub use effects::Effects;
pub use functions::Function;
pub use host::{Confinement, Connect, Host, Output};
pub use incomplete::is_incomplete;
pub use interpreter::Interpreter;
pub use load::Script;
pub use nowhere::functions;
pub use raise::Raised;
