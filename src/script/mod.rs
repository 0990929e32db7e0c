//! The scripting language: Rhai with every action as a native function.
//!
//! `rhai` is named nowhere else. A script sees the server only through
//! [`crate::run::Run`], and the world only through its [`Host`].

mod amounts;
mod changed;
mod clients;
mod confinement;
mod csv;
mod csv_options;
mod csv_source;
mod csv_writer;
mod data;
mod date_operators;
mod date_parts;
mod dates;
mod decode;
mod draft;
mod environment;
mod files;
mod function;
mod host;
mod json;
mod money;
mod money_style;
mod passwords;
mod quotes;
mod raise;
mod records;
mod row;
mod sniff;
mod suggestion;
mod tables;
#[cfg(test)]
mod workbench;
mod write_csv;

pub use host::{Confinement, Connect, Host, Output};
pub use raise::Raised;
