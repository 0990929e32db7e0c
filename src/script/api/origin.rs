//! Which list of the server a record is from.
//!
//! A record keeps it wherever the script puts it: through `gather`, `filter` and
//! `to_array()`. The run itself may change what is in the record, but never its id.

use rhai::{Array, Dynamic, Map};

use crate::catalog::{self, Action};
use crate::script::csv::records::{cell, cell_text};

/// Marks a record as one of that action's list.
pub(crate) fn mark(record: &mut Dynamic, action: &'static Action) {
    let place = catalog::actions()
        .iter()
        .position(|known| std::ptr::eq(known, action));
    if let Some(place) = place.filter(|_| record.is_map()) {
        // A few hundred at most.
        record.set_tag((place + 1).try_into().unwrap_or_default());
    }
}

/// Marks the records of the list that a reply holds.
pub(crate) fn mark_list(reply: &mut Dynamic, action: &'static Action) {
    let Some(list) = &action.list else { return };
    mark_at(reply, action, list.path);
}

fn mark_at(value: &mut Dynamic, action: &'static Action, path: &str) {
    if let Some(mut records) = value.write_lock::<Array>() {
        records.iter_mut().for_each(|record| mark(record, action));
        return;
    }
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    if let Some(mut fields) = value.write_lock::<Map>()
        && let Some(field) = fields.get_mut(name)
    {
        mark_at(field, action, rest);
    }
}

/// The list that a value is a record of.
pub(crate) fn of(value: &Dynamic) -> Option<&'static Action> {
    let place = usize::try_from(value.tag()).ok()?.checked_sub(1)?;
    let action = catalog::actions().get(place).filter(|_| value.is_map());
    action.filter(|action| action.list.is_some())
}

/// The list that a value is a record of, and the record's id in it.
pub(crate) fn id(value: &Dynamic) -> Option<(&'static Action, String)> {
    let action = of(value)?;
    let id = cell(value, action.list.as_ref()?.key?)?;
    let id = cell_text(&id).ok().filter(|id| !id.is_empty())?;
    Some((action, id))
}
