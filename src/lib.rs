//! whmcsh, the WHMCS shell: Rhai scripts and a REPL over every WHMCS API action.
//!
//! The layers, each using only what is to its right:
//! `cli → command → session → script → run → client → secrets → catalog`, with the
//! `sandbox` standing on the catalog alone. `ARCHITECTURE.md` says what each
//! must not do.

pub mod cancel;
pub mod catalog;
pub mod cli;
pub mod client;
pub mod command;
pub mod config;
pub mod display;
pub mod error;
pub mod files;
pub mod lsp;
pub mod repl;
pub mod report;
pub mod run;
pub mod sandbox;
pub mod script;
pub mod secrets;
pub mod session;
pub mod unix;
