//! The functions with which scripts handle data: files, tables, money, dates.
//!
//! One file a domain; each registers its own functions. The module goes into
//! the engine *after* Rhai's standard package, because some of these replace
//! functions of the same name there (`parse_json`, `round`, `log`).

use std::sync::Arc;

use rhai::Module;

use super::host::Host;
use super::{csv, csv_writer, dates, files, json, money, row};

/// Adds every data function to the module.
pub(super) fn register(module: &mut Module, host: &Arc<Host>) {
    csv::register(module, host);
    csv_writer::register(module, host);
    dates::register(module, host);
    files::register(module, host);
    json::register(module, host);
    money::register(module, host);
    row::register(module, host);
}
