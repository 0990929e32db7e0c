//! Records of JSON as a spreadsheet, for replies that no script sees.

use rhai::{Dynamic, ImmutableString};
use serde_json::{Number, Value};

use super::write::{MOST_COLUMNS, MOST_ROWS, SheetCells};
use crate::display::records::text;
use crate::error::Failure;
use crate::script::raise::Raised;

/// A whole number of more digits would be another one in a cell.
const EXACT: u64 = 999_999_999_999_999;

/// The bytes of a spreadsheet (.xlsx) with a header and a line for each record.
///
/// Texts stay text whatever they look like, and so do numbers that a cell would change.
///
/// # Errors
/// More than a sheet holds.
pub fn spreadsheet(columns: &[String], records: &[Value]) -> Result<Vec<u8>, Failure> {
    if records.len() >= MOST_ROWS || columns.len() > MOST_COLUMNS {
        let what = format!(
            "a spreadsheet holds {} rows and {MOST_COLUMNS} columns, and these are {} and {}",
            MOST_ROWS - 1,
            records.len(),
            columns.len()
        );
        return Err(Failure::usage(what).hint("use `-o csv`"));
    }
    book(columns, records).map_err(|raised| Failure::usage(raised.to_string()).hint("use `-o csv`"))
}

fn book(columns: &[String], records: &[Value]) -> Result<Vec<u8>, Raised> {
    let names: Vec<ImmutableString> = columns.iter().map(Into::into).collect();
    let mut cells = SheetCells::new();
    cells.header(&names)?;
    for (at, record) in records.iter().enumerate() {
        for (place, column) in columns.iter().enumerate() {
            let value = record.get(column).map(value).unwrap_or_default();
            let put = cells.put(at + 1, place, &value);
            put.map_err(|raised| raised.about(&format!("record {}, `{column}`", at + 1)))?;
        }
    }
    cells.into_file()
}

fn value(value: &Value) -> Dynamic {
    match value {
        Value::Null => Dynamic::UNIT,
        Value::Bool(truth) => (*truth).into(),
        Value::Number(number) => match whole(number) {
            Some(number) => number.into(),
            None => number.to_string().into(),
        },
        other => text(other).into(),
    }
}

/// A whole number that is the same in a cell.
fn whole(number: &Number) -> Option<i64> {
    number
        .as_i64()
        .filter(|number| number.unsigned_abs() <= EXACT)
}
