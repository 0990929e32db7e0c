//! One row of a file, as a script sees it.
//!
//! A row knows its columns: reading one it does not have is an error with a
//! suggestion, never a silent `()`. Rows of a file share their header, and a
//! row's text is one allocation; assigning to a cell changes only the copy
//! that is assigned to.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rhai::{Dynamic, Identifier, ImmutableString, Map};

use crate::run::resume::{self, DoneBefore};
use crate::script::diagnostic::suggestion::suggestion;
use crate::script::raise::Raised;
use crate::script::value::source_mark::SourceMark;
use crate::secrets::{self, is_secret};

/// The names of the columns, in the file's order.
pub type Columns = Arc<Vec<ImmutableString>>;

/// One row of a CSV file or a spreadsheet.
#[derive(Clone, Debug)]
pub struct Row {
    columns: Columns,
    record: Arc<RowText>,
    /// Cells that are no text, or that a script has assigned, by the column's place.
    assigned: BTreeMap<usize, Dynamic>,
    /// The places of the cells that a script has assigned.
    edited: BTreeSet<usize>,
    /// What an earlier run's file says was done of it.
    done_before: Option<DoneBefore>,
}

/// The text of a row: all cells one after another, and where each ends.
#[derive(Debug)]
pub(crate) struct RowText {
    pub text: Box<str>,
    pub ends: Box<[usize]>,
    /// The line of the file it starts in.
    pub line: u64,
    /// Its place among the rows, from 1.
    pub number: u64,
}

/// Whether one of the columns says what an earlier run did.
pub(crate) fn marks_done(columns: &Columns) -> bool {
    columns.iter().any(|name| DoneBefore::is_said_in(name))
}

impl Row {
    pub(crate) fn new(columns: Columns, record: RowText) -> Self {
        Self::with_values(columns, record, BTreeMap::new())
    }

    /// A row with values that are no text in the place of some cells.
    pub(crate) fn with_values(
        columns: Columns,
        record: RowText,
        values: BTreeMap<usize, Dynamic>,
    ) -> Self {
        let mut row = Self::unmarked(columns, record, values);
        let place = |column: &str| {
            let mut names = row.columns.iter();
            names.position(|name| name.trim().eq_ignore_ascii_case(column))
        };
        let said = |column: &str| Some(row.text_of_file(place(column)?));
        row.done_before = DoneBefore::read(row.line(), said);
        row
    }

    /// The same under a header that has no place for what an earlier run did.
    pub(crate) fn unmarked(
        columns: Columns,
        record: RowText,
        values: BTreeMap<usize, Dynamic>,
    ) -> Self {
        Self {
            columns,
            record: Arc::new(record),
            assigned: values,
            edited: BTreeSet::new(),
            done_before: None,
        }
    }

    /// The text the file has in that column.
    pub(crate) fn text_at(&self, place: usize) -> &str {
        let ends = &self.record.ends;
        let start = place.checked_sub(1).map_or(0, |before| ends[before]);
        &self.record.text[start..ends[place]]
    }

    /// The text of a cell that no script assigned yet.
    fn text_of_file(&self, place: usize) -> Cow<'_, str> {
        let text = self.assigned.get(&place);
        match text.and_then(|text| text.as_immutable_string_ref().ok()) {
            Some(text) => Cow::Owned(text.to_string()),
            None => Cow::Borrowed(self.text_at(place)),
        }
    }

    /// What a script assigned to the cell in that place, or what is no text in its file.
    pub(crate) fn assigned(&self, place: usize) -> Option<&Dynamic> {
        self.assigned.get(&place)
    }

    /// Whether the file has that column.
    pub(crate) fn is_of_file(&self, place: usize) -> bool {
        place < self.record.ends.len()
    }

    /// The text of the cell in that place, where it is text and the file's own.
    pub(crate) fn file_text(&self, place: usize) -> Option<&str> {
        (!self.assigned.contains_key(&place)).then(|| self.text_at(place))
    }

    /// The names of its columns, in the file's order.
    pub fn columns(&self) -> &[ImmutableString] {
        &self.columns
    }

    /// What an earlier run's file says was done of it.
    pub(crate) const fn done_before(&self) -> Option<DoneBefore> {
        self.done_before
    }

    /// The line of the file the row starts in.
    pub fn line(&self) -> u64 {
        self.record.line
    }

    /// Its place among the file's rows, from 1.
    pub fn number(&self) -> u64 {
        self.record.number
    }

    /// The cell of that column; text, unless a script assigned something else.
    pub fn cell(&self, column: &str) -> Option<Dynamic> {
        self.place(column).map(|place| self.cell_at(place))
    }

    /// The place of a column that most likely has that one: of thousands of columns none is
    /// looked for.
    pub(crate) fn place_near(&self, place: usize, column: &str) -> Option<usize> {
        match self.columns.get(place) {
            Some(name) if name == column => Some(place),
            _ => self.place(column),
        }
    }

    /// Every column with its cell, in the file's order.
    pub fn cells(&self) -> impl Iterator<Item = (&ImmutableString, Dynamic)> {
        let cell = |(place, column)| (column, self.marked_at(place));
        resume::look_at(self.done_before);
        let cells = self.columns.iter().enumerate().map(cell);
        cells.inspect(|(column, cell)| note(column, cell))
    }

    pub(crate) fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|name| name == column)
    }

    pub(crate) fn cell_at(&self, place: usize) -> Dynamic {
        if let Some(value) = self.assigned.get(&place) {
            return value.clone();
        }
        ImmutableString::from(self.text_at(place)).into()
    }

    pub(crate) fn assign(&mut self, column: &str, value: Dynamic) {
        let place = self.place(column).unwrap_or_else(|| {
            let columns = Arc::make_mut(&mut self.columns);
            columns.push(column.into());
            columns.len() - 1
        });
        self.assigned.insert(place, value);
        self.edited.insert(place);
    }

    /// A cell as a script is handed it.
    fn marked_at(&self, place: usize) -> Dynamic {
        let cell = self.cell_at(place);
        if self.edited.contains(&place) {
            return cell;
        }
        SourceMark::File.put(cell)
    }

    /// Whether the cell of that column is what a file has there.
    pub(crate) fn has_of_file(&self, column: &str) -> bool {
        let place = self.place(column);
        place.is_some_and(|place| {
            !self.edited.contains(&place)
                || self
                    .assigned(place)
                    .is_some_and(|value| SourceMark::File.is_on(value))
        })
    }

    pub(crate) fn read(&self, column: &str) -> Result<Dynamic, Raised> {
        resume::look_at(self.done_before);
        if column.starts_with('_') && DoneBefore::is_said_in(column) {
            resume::ask();
        }
        let cell = self.place(column).map(|place| self.marked_at(place));
        if let Some(cell) = &cell {
            note(column, cell);
        }
        cell.ok_or_else(|| {
            let what = format!("the row has no column `{column}`");
            let known = self.columns.iter().map(ImmutableString::as_str);
            Raised::new("row", what).hint(suggestion(column, known))
        })
    }

    pub(crate) fn to_map(&self) -> Map {
        self.cells()
            .map(|(column, cell)| (Identifier::from(column.as_str()), cell))
            .collect()
    }

    pub(crate) fn without_empty(&self) -> Map {
        let mut map = self.to_map();
        map.retain(|_, cell| !is_empty(cell));
        map
    }
}

fn is_empty(cell: &Dynamic) -> bool {
    cell.is_unit()
        || cell
            .as_immutable_string_ref()
            .is_ok_and(|text| text.is_empty())
}

/// Notes a cell that is read if its column is called like a secret; a row of `bulk` has its
/// secrets noted as a whole.
fn note(column: &str, cell: &Dynamic) {
    if !secrets::is_in_row()
        && is_secret(column)
        && let Ok(secret) = cell.as_immutable_string_ref()
    {
        secrets::hold(&secret);
    }
}
