//! The items of whatever a script may loop over, one after another.

use rhai::{Array, Dynamic};

use crate::script::api::lazy;
use crate::script::api::pages::Records;
use crate::script::csv::Rows;
use crate::script::csv::row::Row;
use crate::script::diagnostic::words::{a_kind, kind};
use crate::script::engine::function::Fallible;
use crate::script::frozen::Frozen;
use crate::script::gather::gathered::Gathered;
use crate::script::raise::Raised;

/// Items as they are read.
type Items = Box<dyn Iterator<Item = Fallible<Dynamic>>>;

/// The items of a list that the function of that name is called on.
///
/// # Errors
///
/// It is no list. An item that cannot be read is an error in its place.
pub(super) fn items(name: &str, list: Dynamic) -> Result<Items, Raised> {
    if list.is_array() {
        return Ok(Box::new(list.cast::<Array>().into_iter().map(Ok)));
    }
    if let Some(rows) = list.read_lock::<Rows>() {
        let rows = rows.clone();
        let asked = rows.clone();
        return Ok(Box::new(rows.into_iter().map(move |row| {
            asked.stop_if_asked()?;
            row.map(Dynamic::from)
        })));
    }
    if let Some(records) = list.read_lock::<Records>() {
        return Ok(lazy::iterate(records.clone()));
    }
    if let Some(frozen) = list.read_lock::<Frozen>() {
        return Ok(lazy::iterate(frozen.clone()));
    }
    if let Some(gathered) = list.read_lock::<Gathered>() {
        return Ok(lazy::iterate(gathered.clone()));
    }
    let given = a_kind(kind(list.type_name()));
    Err(
        Raised::new("value", format!("`{name}` needs a list, not {given}")).hint(
            "a list is an array, the rows of a file such as `csv(…)`, or records such as `all_clients()`",
        ),
    )
}

/// Which item it is: the line of its file, or its place in the list.
pub(super) fn place(item: &Dynamic, at: usize) -> String {
    match item.read_lock::<Row>() {
        Some(row) => format!("line {}", row.line()),
        None => format!("item {}", at + 1),
    }
}
