//! The rows of the bulk loops, a table a loop.
//!
//! A row's cells are those of `results.csv`: what is left out there is left out here.

use serde_json::{Map, Value};

use super::account::{Account, of_error, text};
use super::lines::{Lines, column};
use super::row_status::RowStatus;
use crate::run::journal::{BulkRecord, Reading, RowRecord, is_content};
use crate::run::outputs::{Draft, Layout, OutputError};

/// The most rows that are done, and the most others, that go into a page: a browser
/// holds all of them at once.
pub(super) const MOST: u64 = 200_000;

/// The columns every row has of its own, before those it was given and it returned.
const OWN: [(&str, &str, bool); 8] = [
    ("row", "number", false),
    ("key", "text", false),
    ("outcome", "state", false),
    ("result", "text", false),
    ("writes", "text", false),
    ("took", "millis", false),
    ("ended", "text", false),
    ("line", "number", true),
];

/// A loop's rows on their way into the page.
struct Loop<'d> {
    number: u64,
    layout: Layout,
    lines: Lines<'d>,
}

/// The bulk loops of which rows ended.
pub(super) fn loops(account: &Account) -> &[BulkRecord] {
    match account.ended() {
        0 => &[],
        _ => &account.bulks,
    }
}

/// Writes the data of the rows.
pub(super) fn write(
    account: &Account,
    reading: &Reading,
    draft: &mut Draft,
) -> Result<(), OutputError> {
    let returned = reading.returned()?;
    let mut left = [MOST; 2];
    for bulk in loops(account) {
        let own = returned.iter().filter(|(number, _)| *number == bulk.number);
        let own = own.map(|(_, column)| column.clone());
        let layout = Layout::arrange(bulk, &[]).returning(own);
        let mut columns: Vec<Value> = OWN
            .map(|(name, kind, more)| column(name, kind, more))
            .into();
        columns.extend(layout.header().map(|name| column(name, "text", true)));
        let mut rows = Loop {
            number: bulk.number,
            layout,
            lines: Lines::open(draft, &format!("rows-{}", bulk.number), &columns),
        };
        reading.rows_in_time(|row, ended, writes| {
            if row.bulk != rows.number {
                return;
            }
            let status = RowStatus::of_row(&row);
            let left = &mut left[usize::from(status == RowStatus::Done)];
            if *left > 0 {
                *left -= 1;
                rows.put(
                    &row,
                    status,
                    ended.map(|ended| account.zone.exact(ended)),
                    writes,
                );
            }
        })?;
        rows.lines.close()?;
    }
    Ok(())
}

impl Loop<'_> {
    fn put(&mut self, row: &RowRecord, status: RowStatus, ended: Option<String>, writes: String) {
        // A row without a key of its own has its number for one.
        let is_numbered = is_content(&row.key) || row.key == format!("#{}", row.number);
        let key = if is_numbered { "" } else { &row.key };
        let mut cells: Vec<Value> = vec![
            row.number.into(),
            key.into(),
            status.word().into(),
            result(row).into(),
            writes.into(),
            row.millis.into(),
            ended.into(),
            row.line.into(),
        ];
        let given = self.layout.cells(&row.original, &[], &row.columns);
        cells.extend(given.into_iter().map(Value::from));
        self.lines.put(&cells);
    }
}

/// Why a row failed, else what it returned.
fn result(row: &RowRecord) -> String {
    if row.error.is_some() {
        return of_error(row.error.as_ref(), "message");
    }
    returned(&row.columns)
}

fn returned(columns: &Map<String, Value>) -> String {
    let told = columns.iter().filter(|(_, value)| !value.is_null());
    let told = told.map(|(name, value)| format!("{name} {}", text(value)));
    told.collect::<Vec<_>>().join(", ")
}
