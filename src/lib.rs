//! whmcsh, the WHMCS shell: Rhai scripts and a REPL over every WHMCS API action.
//!
//! The layers, each using only what is to its right:
//! `cli → command → session → script → run → client → catalog`, with the
//! `sandbox` standing on the catalog alone. `ARCHITECTURE.md` says what each
//! must not do.

pub mod cancel;
pub mod catalog;
pub mod client;
pub mod error;
pub mod run;
pub mod sandbox;
pub mod script;
