//! The functions with which scripts handle data: files, tables, money, dates.
//!
//! One file a domain; each registers its own functions. The module goes into
//! the engine *after* Rhai's standard package, because some of these replace
//! functions of the same name there (`parse_json`, `round`, `log`).

use std::sync::Arc;

use rhai::Module;

use super::host::Host;
use super::{
    csv, csv_writer, date_operators, date_parts, dates, environment, files, json, money, passwords,
    row, write_csv,
};

/// Adds every data function to the module.
pub(super) fn register(module: &mut Module, host: &Arc<Host>) {
    csv::register(module, host);
    csv_writer::register(module, host);
    date_operators::register(module, host);
    date_parts::register(module, host);
    dates::register(module, host);
    environment::register(module, host);
    files::register(module, host);
    json::register(module, host);
    money::register(module, host);
    passwords::register(module, host);
    row::register(module, host);
    write_csv::register(module, host);
}
