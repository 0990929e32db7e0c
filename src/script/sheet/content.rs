//! What a reader of any kind of file finds in a sheet, in the order of its rows.

use std::borrow::Cow;

use jiff::civil;

use crate::script::raise::Raised;
use crate::script::sheet::fault::SheetFault;
use crate::script::sheet::number_format::NumberFormat;

/// A place in a sheet: row and column, from 0.
pub(super) type Place = (u32, u32);

/// How many rows and columns a sheet may have.
pub(super) const ROWS: u32 = 1 << 20;
pub(super) const COLUMNS: u32 = 1 << 14;

/// Cells made one: the first and the last of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Area {
    pub first: Place,
    pub last: Place,
}

/// What is found next.
#[derive(Debug)]
pub(super) enum SheetPart<'a> {
    /// A cell, and how it is shown.
    Cell(Place, CellContent<'a>, &'a NumberFormat),
    /// Columns that are hidden, the first and the last; before any cell.
    HiddenColumns(u32, u32),
    /// The cells of that row come next, and are hidden.
    HiddenRow(u32),
    /// Cells made one; anywhere.
    Merged(Area),
    /// The row in which a table has its totals; before any cell.
    Totals(u32),
}

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum CellContent<'a> {
    /// Nothing but its looks.
    Blank,
    Bool(bool),
    /// Seconds.
    Elapsed(f64),
    /// Text of an error, such as `#N/A`.
    Error(Cow<'a, str>),
    Moment(civil::DateTime),
    Number(f64),
    /// A number without a format, and what the file says is shown for it.
    Shown(f64, Cow<'a, str>),
    Text(Cow<'a, str>),
    /// A formula whose result the file does not have, and what it may have in its place.
    Uncomputed(Option<&'static str>),
}

/// The first day of serial numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Epoch {
    /// Day 1 is the first of January 1900, and there was a 29th of February then.
    Of1900,
    /// Day 0 is that day.
    From(civil::Date),
}

impl Epoch {
    /// That of the first Excel for Macintosh.
    pub const OF_1904: Self = Self::From(civil::date(1904, 1, 1));
}

/// The name of a sheet, and whether it can be seen.
#[derive(Clone, Debug)]
pub(super) struct SheetName {
    pub name: String,
    pub is_hidden: bool,
}

/// Takes what is found, until it is refused.
pub(super) type Give<'g> = dyn FnMut(SheetPart<'_>) -> Result<(), Raised> + 'g;

/// A workbook of some kind.
pub(super) trait Book {
    /// Its sheets with cells, in their order.
    fn sheets(&self) -> &[SheetName];

    /// When its serial numbers begin.
    fn epoch(&self) -> Epoch;

    /// Gives what the sheet of that place in the list holds.
    fn read(&mut self, sheet: usize, give: &mut Give<'_>) -> Result<(), SheetFault>;
}

/// A cell's place as spreadsheets call it, such as `C5`.
pub(super) fn name((row, column): Place) -> String {
    format!("{}{}", letters(column), u64::from(row) + 1)
}

/// A column as spreadsheets call it, such as `C`.
pub(super) fn letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut left = u64::from(column) + 1;
    while left > 0 {
        let letter = u8::try_from((left - 1) % 26).unwrap_or_default();
        letters.push(char::from(b'A' + letter));
        left = (left - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// The place of that name.
pub(super) fn place(name: &str) -> Option<Place> {
    let digits = name.find(|letter: char| letter.is_ascii_digit())?;
    let (letters, row) = name.split_at(digits);
    let row = row.parse::<u32>().ok()?.checked_sub(1)?;
    let mut column: u32 = 0;
    for letter in letters.bytes() {
        let letter = letter.to_ascii_uppercase();
        if !letter.is_ascii_uppercase() || column > COLUMNS {
            return None;
        }
        column = column * 26 + u32::from(letter - b'A') + 1;
    }
    let is_there = row < ROWS && (1..=COLUMNS).contains(&column);
    is_there.then(|| (row, column - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_called_as_spreadsheets_call_it() {
        for (at, called) in [
            ((0, 0), "A1"),
            ((4, 25), "Z5"),
            ((9, 26), "AA10"),
            ((0, 701), "ZZ1"),
            ((0, 702), "AAA1"),
            ((ROWS - 1, COLUMNS - 1), "XFD1048576"),
        ] {
            assert_eq!(name(at), called);
            assert_eq!(place(called), Some(at));
        }
        for wrong in ["", "A", "1", "A0", "XFE1", "A1048577", "ÄA1", "A1B"] {
            assert_eq!(place(wrong), None, "{wrong}");
        }
    }
}
