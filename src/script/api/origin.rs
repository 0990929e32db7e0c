//! Which list of the server a record is from.
//!
//! A record keeps it wherever the script puts it: through `gather`, `filter` and
//! `to_array()`. The run itself may change what is in the record, but never its id.

use rhai::Dynamic;

use crate::catalog::Action;
use crate::script::csv::records::{cell, cell_text};
use crate::script::value::record::Record;

/// The list that a value is a record of.
pub(crate) fn list_of(value: &Dynamic) -> Option<&'static Action> {
    value.read_lock::<Record>()?.list()
}

/// The list that a value is a record of, where the server gave it and no frozen file.
pub(crate) fn of_server(value: &Dynamic) -> Option<&'static Action> {
    value.read_lock::<Record>()?.list_of_server()
}

/// The list that a value is a record of, and the record's id in it.
pub(crate) fn id(value: &Dynamic) -> Option<(&'static Action, String)> {
    let action = list_of(value)?;
    let id = cell(value, action.list.as_ref()?.key?)?;
    let id = cell_text(&id).ok().filter(|id| !id.is_empty())?;
    Some((action, id))
}
