//! Records of JSON as the lines of a CSV and the cells of a table.

use serde_json::{Map, Value};

use super::table::Cell;

/// The fields of all records, in the order they first appear.
pub fn columns(records: &[Value]) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for name in records
        .iter()
        .filter_map(Value::as_object)
        .flat_map(Map::keys)
    {
        if !columns.contains(name) {
            columns.push(name.clone());
        }
    }
    columns
}

/// One line of a CSV, with its end.
pub fn csv_line(cells: &[String]) -> Vec<u8> {
    let mut line = csv::Writer::from_writer(Vec::new());
    // Writing to memory cannot fail, and a line has no other line to differ from.
    let _ = line.write_record(cells);
    line.into_inner().unwrap_or_default()
}

/// A value as a cell of a table.
pub fn cell(value: &Value) -> Cell {
    Cell {
        text: text(value),
        is_number: value.is_number(),
    }
}

/// A value as text; nothing where it is null.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
