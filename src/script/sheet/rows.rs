//! Cells become rows: a header first, then what stands under it.
//!
//! Only what stands under the header belongs to the table. A value beside it, an
//! error, or cells made one are refused with their place: whatever was meant, it
//! would end up in somebody's invoice.

use std::collections::BTreeMap;
use std::sync::Arc;

use calamine::{DataRef, Dimensions};
use rhai::{Dynamic, ImmutableString};

use crate::script::csv::options::check_names;
use crate::script::csv::row::{Columns, Record, Row};
use crate::script::raise::Raised;
use crate::script::sheet::cell::Cell;
use crate::script::sheet::complaint;
use crate::script::sheet::number_format::NumberFormat;
use crate::script::sheet::options::Options;
use crate::script::sheet::workbook::Place;

/// Takes cells in their order and makes rows of them.
pub(super) struct Table {
    path: String,
    sheet: String,
    options: Options,
    merged: Vec<Dimensions>,
    /// The names of the columns, and the column the first is in.
    header: Option<(Columns, u32)>,
    /// The row that is being put together, and its cells that hold something.
    row: u32,
    cells: BTreeMap<u32, Cell>,
    number: u64,
}

/// What a finished row of the sheet turned out to be.
pub(super) enum Made {
    Header(Columns),
    Row(Row),
}

impl Table {
    /// Nothing is known yet but what the script said.
    pub fn new(path: &str, sheet: &str, options: Options, merged: Vec<Dimensions>) -> Self {
        Self {
            path: path.to_owned(),
            sheet: sheet.to_owned(),
            header: None,
            options,
            merged,
            row: 0,
            cells: BTreeMap::new(),
            number: 0,
        }
    }

    /// The columns, where the script named them.
    pub fn named(&mut self) -> Option<Columns> {
        let columns = Arc::new(self.options.header.take()?);
        self.header = Some((Arc::clone(&columns), 0));
        Some(columns)
    }

    /// Takes the next cell; gives the row before it, if that is complete.
    pub fn take(
        &mut self,
        (row, column): Place,
        data: DataRef<'_>,
        format: NumberFormat,
    ) -> Result<Option<Made>, Raised> {
        if row < self.options.skip {
            return Ok(None);
        }
        let made = if row == self.row {
            None
        } else {
            self.complete()?
        };
        self.row = row;
        let cell = Cell::of(data, format, self.options.trims)
            .map_err(|what| self.refusal((row, column), &what).hint(advice(&what)))?;
        if !cell.text.is_empty() {
            self.cells.insert(column, cell);
        }
        Ok(made)
    }

    /// The row whose cells were taken, unless there was nothing in it.
    pub fn complete(&mut self) -> Result<Option<Made>, Raised> {
        let cells = std::mem::take(&mut self.cells);
        if cells.values().all(Cell::is_empty) {
            return Ok(None);
        }
        let Some((columns, left)) = self.header.clone() else {
            let (columns, left) = self.names(cells)?;
            self.header = Some((Arc::clone(&columns), left));
            return Ok(Some(Made::Header(columns)));
        };
        self.record(&columns, left, cells)
            .map(|row| Some(Made::Row(row)))
    }

    fn names(&mut self, mut cells: BTreeMap<u32, Cell>) -> Result<(Columns, u32), Raised> {
        cells.retain(|_, cell| !cell.is_empty());
        let left = cells.keys().next().copied().unwrap_or_default();
        let right = cells.keys().next_back().copied().unwrap_or_default();
        self.check_merged(left, right)?;
        let names: Vec<ImmutableString> = (left..=right)
            .map(|column| {
                cells
                    .remove(&column)
                    .map_or_else(ImmutableString::new, |cell| cell.text.trim().into())
            })
            .collect();
        if let Some(place) = names.iter().position(|name| name.is_empty()) {
            let column = left + u32::try_from(place).unwrap_or_default();
            return Err(self
                .refusal((self.row, column), "is empty, in the header")
                .hint("every column needs a name of its own in the header"));
        }
        check_names(&names).map_err(|what| {
            let row = self.row + 1;
            self.complaint(&format!("row {row}: {what}"))
                .hint("every column needs a name of its own in the header")
        })?;
        Ok((Arc::new(names), left))
    }

    fn record(
        &mut self,
        columns: &Columns,
        left: u32,
        mut cells: BTreeMap<u32, Cell>,
    ) -> Result<Row, Raised> {
        let right = left + u32::try_from(columns.len()).unwrap_or_default() - 1;
        self.check_merged(left, right)?;
        let (mut text, mut ends, mut values) = (String::new(), Vec::new(), BTreeMap::new());
        for (place, column) in (left..=right).enumerate() {
            let cell = cells.remove(&column).unwrap_or_default();
            text.push_str(&cell.text);
            ends.push(text.len());
            if let Some(value) = cell.value {
                values.insert(place, value);
            }
        }
        if let Some((column, _)) = cells.iter().find(|(_, cell)| !cell.is_empty()) {
            return Err(self
                .refusal((self.row, *column), "stands beside the table's columns")
                .hint("give the column a name in the header, or move the cell to another sheet"));
        }
        self.number += 1;
        let record = Record {
            text: text.into(),
            ends: ends.into(),
            line: u64::from(self.row) + 1,
            number: self.number,
        };
        Ok(row(columns, record, values))
    }

    /// Refuses a row with cells that were made one: of which row and column their
    /// value is cannot be told.
    fn check_merged(&mut self, left: u32, right: u32) -> Result<(), Raised> {
        self.merged.retain(|range| range.end.0 >= self.row);
        let is_hit = |range: &&Dimensions| {
            range.start.0 <= self.row && range.start.1 <= right && range.end.1 >= left
        };
        let Some(range) = self.merged.iter().find(is_hit) else {
            return Ok(());
        };
        let cells = format!("{}:{}", name(range.start), name(range.end));
        Err(self
            .complaint(&format!("the cells {cells} are merged"))
            .hint("unmerge them and fill in each; `skip: 1` passes over a title above the table"))
    }

    fn refusal(&self, place: Place, what: &str) -> Raised {
        self.complaint(&format!("cell {} {what}", name(place)))
    }

    fn complaint(&self, what: &str) -> Raised {
        complaint(&self.path, &format!("sheet `{}`: {what}", self.sheet))
    }
}

fn row(columns: &Columns, record: Record, values: BTreeMap<usize, Dynamic>) -> Row {
    Row::with_values(Arc::clone(columns), record, values)
}

/// What to do about a cell that cannot be read.
fn advice(what: &str) -> &'static str {
    if what.contains("digits") {
        "format the column as text and type the number again"
    } else if what.contains("formula") {
        "open the file in a spreadsheet program and save it, so that it is computed"
    } else {
        "mend the cell, or empty it"
    }
}

/// A cell's place as spreadsheets call it, such as `C5`.
fn name((row, column): Place) -> String {
    let mut letters = Vec::new();
    let mut left = column + 1;
    while left > 0 {
        let letter = u8::try_from((left - 1) % 26).unwrap_or_default();
        letters.push(char::from(b'A' + letter));
        left = (left - 1) / 26;
    }
    letters.reverse();
    format!("{}{}", String::from_iter(letters), row + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_called_as_spreadsheets_call_it() {
        assert_eq!(name((0, 0)), "A1");
        assert_eq!(name((4, 25)), "Z5");
        assert_eq!(name((9, 26)), "AA10");
        assert_eq!(name((0, 701)), "ZZ1");
        assert_eq!(name((0, 702)), "AAA1");
    }
}
