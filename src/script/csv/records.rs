//! Records: what a table or a CSV file is made of, maps and rows alike.

use std::collections::HashSet;

use rhai::{Dynamic, ImmutableString};
use serde_json::Value;

use crate::catalog::{self, Action};
use crate::script::csv::row::Row;
use crate::script::diagnostic::suggestion::suggestion;
use crate::script::diagnostic::words::{a_kind, kind};
use crate::script::files::json::to_value;
use crate::script::raise::Raised;
use crate::script::value::record::{is_map, map_of};

/// The column that leads in what is made of maps, which do not keep an order.
const ID: &str = "id";

/// The columns of the records: a row's in its own order, a map's by name with
/// `id` first, each where it is first seen.
pub(crate) fn columns(records: &[Dynamic]) -> Result<Vec<ImmutableString>, Raised> {
    let mut seen = HashSet::new();
    let mut columns = Vec::new();
    for (place, record) in records.iter().enumerate() {
        let names = names_of(record).map_err(|raised| raised.about(&format!("item {}", place + 1)));
        for name in names? {
            if seen.insert(name.clone()) {
                columns.push(name);
            }
        }
    }
    Ok(columns)
}

/// Refuses a wanted column that no record has; without records, any will do.
pub(crate) fn check_columns(wanted: &[ImmutableString], records: &[Dynamic]) -> Result<(), Raised> {
    let known = columns(records)?;
    match wanted.iter().find(|name| !known.contains(name)) {
        Some(name) if !records.is_empty() => Err(Raised::new(
            "value",
            format!("none of the records has a column `{name}`"),
        )
        .hint(suggestion(name, known.iter().map(ImmutableString::as_str)))),
        _ => Ok(()),
    }
}

/// The names of one record's columns.
pub(crate) fn names_of(record: &Dynamic) -> Result<Vec<ImmutableString>, Raised> {
    if let Some(row) = record.read_lock::<Row>() {
        return Ok(row.columns().to_vec());
    }
    match map_of(record) {
        Some(map) => {
            let mut names: Vec<ImmutableString> =
                map.keys().map(|key| key.as_str().into()).collect();
            names.sort_by_key(|name| name != ID);
            Ok(names)
        }
        None => Err(Raised::new(
            "value",
            format!("{} is not a record", a_kind(kind(record.type_name()))),
        )
        .hint("a record is a row, or a map such as `#{ id: 1, email: \"jo@example.com\" }`")),
    }
}

/// One column of a record, where it has it.
pub(crate) fn cell(record: &Dynamic, column: &str) -> Option<Dynamic> {
    if let Some(row) = record.read_lock::<Row>() {
        return row.cell(column);
    }
    let map = map_of(record)?;
    map.get(column).cloned()
}

/// Whether it has columns.
pub(crate) fn is_record(value: &Dynamic) -> bool {
    value.read_lock::<Row>().is_some() || is_map(value)
}

/// The text of one column's cell of a record, where it has it.
pub(crate) fn text_of(record: &Dynamic, column: &str) -> Option<Result<String, Raised>> {
    text_near(record, 0, column)
}

/// The same of a column that most likely has that place.
pub(crate) fn text_near(
    record: &Dynamic,
    place: usize,
    column: &str,
) -> Option<Result<String, Raised>> {
    if let Some(row) = record.read_lock::<Row>() {
        let place = row.place_near(place, column)?;
        return Some(match row.file_text(place) {
            Some(text) => Ok(text.to_owned()),
            None => cell_text(&row.cell_at(place)),
        });
    }
    cell(record, column).map(|cell| cell_text(&cell))
}

/// A value as the text of one cell: `()` is empty, a list or a map is JSON.
pub(crate) fn cell_text(value: &Dynamic) -> Result<String, Raised> {
    Ok(match to_value(value)? {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
    })
}

/// An array of column names.
pub(crate) fn column_names(names: &[Dynamic]) -> Result<Vec<ImmutableString>, Raised> {
    let name = |name: &Dynamic| name.clone().into_immutable_string();
    let names: Result<Vec<ImmutableString>, _> = names.iter().map(name).collect();
    names.map_err(|_| {
        Raised::new("value", "the columns must be an array of their names")
            .hint("such as `[\"id\", \"email\"]`")
    })
}

/// Where each column belongs: in the order of the catalog's list that has most of
/// them, since maps keep none.
pub(crate) fn ranks<S: AsRef<str>>(columns: &[S]) -> impl Fn(&str) -> usize + use<S> {
    let known = |fields: &Vec<&str>| {
        let known = columns
            .iter()
            .filter(|name| fields.contains(&name.as_ref()));
        known.count()
    };
    let lists = catalog::actions().iter().map(Action::record_fields);
    let best = lists
        .filter(|fields| 2 * known(fields) > columns.len())
        .max_by_key(|fields| (known(fields), usize::MAX - fields.len()))
        .unwrap_or_default();
    move |name| {
        let place = best.iter().position(|field| *field == name);
        place.unwrap_or(usize::MAX)
    }
}
