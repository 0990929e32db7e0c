//! Cells become rows: a header first, then what stands under it.
//!
//! Only what stands under the header belongs to the table. A value beside it, an
//! error, or cells made one are refused with their place: whatever was meant, it
//! would end up in somebody's invoice.

use std::collections::BTreeMap;
use std::sync::Arc;

use rhai::{Dynamic, ImmutableString};

use crate::display::text::{with_invisible, without_invisible_ends};
use crate::script::csv::faults;
use crate::script::csv::header::is_repeated;
use crate::script::csv::options::check_names;
use crate::script::csv::row::{Columns, Row, RowText};
use crate::script::csv::spoiled::Doubt;
use crate::script::raise::Raised;
use crate::script::sheet::cell::{Cell, Oddity};
use crate::script::sheet::content::{Area, CellContent, Epoch, Place, SheetPart, letters, name};
use crate::script::sheet::fault::complaint;
use crate::script::sheet::number_format::NumberFormat;
use crate::script::sheet::options::SheetOptions;

/// So many hidden columns are named.
const NAMED: usize = 5;

/// Takes cells in their order and makes rows of them.
pub(super) struct Table {
    path: String,
    sheet: String,
    epoch: Epoch,
    options: SheetOptions,
    /// The names of the columns, and the column the first is in.
    header: Option<Header>,
    /// The row that is being put together, and its cells that hold something.
    row: u32,
    cells: BTreeMap<u32, Cell>,
    /// The row has a cell, if only with looks.
    has_cells: bool,
    /// The last row with a value.
    reach: u32,
    number: u64,
    merged: Vec<Area>,
    hidden_columns: Vec<(u32, u32)>,
    hidden_row: Option<u32>,
    seen: Seen,
}

#[derive(Clone)]
struct Header {
    columns: Columns,
    /// Where each column stands.
    places: Arc<Vec<u32>>,
    row: u32,
}

/// What there is to say of a sheet that was read.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Rows with a value that are hidden.
    hidden_rows: u64,
    first_hidden: Option<u32>,
    /// Columns of the table that are hidden.
    hidden_columns: Vec<String>,
    /// Rows with nothing but their looks.
    blank_rows: u64,
    /// Cells and headers that had invisible characters around them.
    freed: Noted,
    /// Cells that have some inside.
    unseen: Noted,
    /// Cells that were a formula of one text.
    unwrapped: Noted,
    /// Cells that may have been something else, by what that is.
    doubtful: BTreeMap<Doubt, Noted>,
    /// Rows in which a table has its totals.
    totals: Vec<u32>,
    /// The header, if its row is hidden.
    hidden_header: Option<u32>,
}

/// How many cells, and the first.
#[derive(Debug, Default)]
struct Noted {
    count: u64,
    first: Option<String>,
}

impl Noted {
    fn add(&mut self, cell: impl FnOnce() -> String) {
        self.count += 1;
        self.first.get_or_insert_with(cell);
    }

    /// What was done with them.
    fn describe(&self, done: &str, with: &str) -> Option<String> {
        let first = self.first.as_ref()?;
        Some(match self.count {
            1 => format!("{done} 1 cell{with} ({first})"),
            more => format!("{done} {more} cells{with} (first: {first})"),
        })
    }
}

/// What a finished row of the sheet turned out to be.
pub(super) enum Made {
    Header(Columns),
    Row(Row),
}

impl Table {
    /// Nothing is known yet but what the script said.
    pub fn new(path: &str, sheet: &str, epoch: Epoch, options: SheetOptions) -> Self {
        Self {
            path: path.to_owned(),
            sheet: sheet.to_owned(),
            epoch,
            header: None,
            options,
            row: 0,
            cells: BTreeMap::new(),
            has_cells: false,
            reach: 0,
            number: 0,
            merged: Vec::new(),
            hidden_columns: Vec::new(),
            hidden_row: None,
            seen: Seen::default(),
        }
    }

    /// The columns, where the script named them.
    pub fn named(&mut self) -> Result<Option<Columns>, Raised> {
        let Some(columns) = self.options.header.take() else {
            return Ok(None);
        };
        let width = u32::try_from(columns.len()).unwrap_or(u32::MAX);
        let columns = Arc::new(columns);
        self.header = Some(Header {
            columns: Arc::clone(&columns),
            places: Arc::new((0..width).collect()),
            row: 0,
        });
        self.check_as_is(&columns)?;
        Ok(Some(columns))
    }

    /// Takes what comes next; gives the row before it, if that is complete.
    pub fn take(&mut self, found: SheetPart<'_>) -> Result<Option<Made>, Raised> {
        match found {
            SheetPart::Merged(area) => self.merged.push(area),
            SheetPart::Totals(row) => self.seen.totals.push(row),
            SheetPart::HiddenColumns(first, last) => self.hidden_columns.push((first, last)),
            SheetPart::HiddenRow(row) => {
                let made = self.begin(row)?;
                self.hidden_row = Some(row);
                return Ok(made);
            }
            SheetPart::Cell(place, content, format) => return self.cell(place, content, format),
        }
        Ok(None)
    }

    /// Begins a row, unless it was begun; gives the one before it.
    fn begin(&mut self, row: u32) -> Result<Option<Made>, Raised> {
        if row == self.row {
            return Ok(None);
        }
        if row < self.row {
            let what = format!(
                "row {} comes after row {}",
                u64::from(row) + 1,
                u64::from(self.row) + 1
            );
            return Err(self
                .complaint(&what)
                .hint("open the file in a spreadsheet program and save it as .xlsx"));
        }
        let made = self.complete()?;
        self.row = row;
        Ok(made)
    }

    fn cell(
        &mut self,
        (row, column): Place,
        content: CellContent<'_>,
        format: &NumberFormat,
    ) -> Result<Option<Made>, Raised> {
        if row < self.options.skip {
            return Ok(None);
        }
        let made = self.begin(row)?;
        self.has_cells = true;
        if content == CellContent::Blank || self.is_left_out(column) {
            return Ok(made);
        }
        self.reach = row;
        let has_way = content != CellContent::Uncomputed(None);
        let kept = if self.is_as_is(column) {
            Cell::as_is(&content)
        } else {
            None
        };
        let read = Cell::read(content, format, self.epoch, self.options.trims);
        let is_read =
            matches!(&read, Ok(cell) if !matches!(cell.oddity, Some((Oddity::Unwrapped, _))));
        let cell = match (read, kept) {
            (_, Some(kept)) if !is_read => kept,
            (Ok(cell), _) => cell,
            (Err(refusal), _) => {
                let raised = self.refusal((row, column), &refusal.what);
                let column = self.column(column).filter(|_| has_way);
                return Err(raised.hint(cure(column, refusal.cure)));
            }
        };
        self.see((row, column), &cell);
        if !cell.text.is_empty() {
            self.cells.insert(column, cell);
        }
        Ok(made)
    }

    /// Notes what there is to say of a cell.
    fn see(&mut self, place: Place, cell: &Cell) {
        if cell.freed_of.is_none() && cell.oddity.is_none() {
            return;
        }
        let column = self.column(place.1);
        let of = column.map_or_else(String::new, |column| format!(" (column `{column}`)"));
        let said = |text: &str| format!("cell {}{of}: `{}`", name(place), with_invisible(text));
        let seen = &mut self.seen;
        if let Some(before) = &cell.freed_of {
            seen.freed.add(|| said(before));
        }
        if let Some((oddity, before)) = &cell.oddity {
            let noted = match oddity {
                Oddity::Unseen => &mut seen.unseen,
                Oddity::Unwrapped => &mut seen.unwrapped,
                Oddity::Doubtful(doubt) => seen.doubtful.entry(*doubt).or_default(),
            };
            noted.add(|| said(before));
        }
    }

    fn is_hidden(&self, column: u32) -> bool {
        let mut hidden = self.hidden_columns.iter();
        hidden.any(|(first, last)| (*first..=*last).contains(&column))
    }

    fn is_left_out(&self, column: u32) -> bool {
        self.options.skips_hidden && self.is_hidden(column)
    }

    fn is_as_is(&self, column: u32) -> bool {
        !self.options.as_is.is_empty()
            && self
                .column(column)
                .is_some_and(|name| self.options.as_is.contains(name))
    }

    /// The name of the column at that place.
    fn column(&self, column: u32) -> Option<&ImmutableString> {
        let header = self.header.as_ref()?;
        let place = header.places.binary_search(&column).ok()?;
        header.columns.get(place)
    }

    /// The row whose cells were taken, unless there was nothing in it.
    pub fn complete(&mut self) -> Result<Option<Made>, Raised> {
        let cells = std::mem::take(&mut self.cells);
        let had_cells = std::mem::take(&mut self.has_cells);
        let is_hidden = self.hidden_row.take() == Some(self.row);
        if cells.values().all(Cell::is_empty) {
            self.seen.blank_rows += u64::from(had_cells && self.header.is_some());
            return Ok(None);
        }
        if is_hidden && self.options.skips_hidden {
            self.saw_hidden_row();
            return Ok(None);
        }
        let Some(header) = self.header.clone() else {
            let header = self.names(cells)?;
            self.check_as_is(&header.columns)?;
            let columns = Arc::clone(&header.columns);
            self.seen.hidden_header = is_hidden.then_some(header.row);
            self.header = Some(header);
            return Ok(Some(Made::Header(columns)));
        };
        if is_hidden {
            self.saw_hidden_row();
        }
        self.record(&header, cells).map(|row| Some(Made::Row(row)))
    }

    fn saw_hidden_row(&mut self) {
        self.seen.hidden_rows += 1;
        self.seen.first_hidden.get_or_insert(self.row);
    }

    fn names(&mut self, mut cells: BTreeMap<u32, Cell>) -> Result<Header, Raised> {
        cells.retain(|_, cell| !cell.is_empty());
        let left = cells.keys().next().copied().unwrap_or_default();
        let right = cells.keys().next_back().copied().unwrap_or_default();
        let places: Vec<u32> = (left..=right)
            .filter(|column| !self.is_left_out(*column))
            .collect();
        let names: Vec<ImmutableString> = places
            .iter()
            .map(|column| {
                cells
                    .remove(column)
                    .map_or_else(ImmutableString::new, |cell| {
                        without_invisible_ends(cell.text.trim()).into()
                    })
            })
            .collect();
        if let Some(place) = names.iter().position(|name| name.is_empty()) {
            return Err(self
                .refusal((self.row, places[place]), "is empty, in the header")
                .hint("every column needs a name of its own in the header"));
        }
        check_names(&names).map_err(|what| {
            let row = self.row + 1;
            self.complaint(&format!("row {row}: {what}"))
                .hint("every column needs a name of its own in the header")
        })?;
        let hidden = places
            .iter()
            .zip(&names)
            .filter(|(place, _)| self.is_hidden(**place));
        self.seen.hidden_columns = hidden.map(|(_, name)| format!("`{name}`")).collect();
        Ok(Header {
            columns: Arc::new(names),
            places: Arc::new(places),
            row: self.row,
        })
    }

    /// Refuses names of columns that are not there.
    fn check_as_is(&self, columns: &Columns) -> Result<(), Raised> {
        let unknown = self
            .options
            .as_is
            .iter()
            .find(|name| !columns.contains(name));
        let Some(unknown) = unknown else {
            return Ok(());
        };
        let known = columns.iter().map(ImmutableString::as_str);
        let hint = crate::script::diagnostic::suggestion::suggestion(unknown, known);
        let what = format!("there is no column `{unknown}`, which `as_is` names");
        Err(self.complaint(&what).hint(hint))
    }

    fn record(&mut self, header: &Header, mut cells: BTreeMap<u32, Cell>) -> Result<Row, Raised> {
        let texts = header.places.iter();
        let texts = texts.map(|place| cells.get(place).map_or("", |cell| cell.text.as_str()));
        if is_repeated(texts, &header.columns) {
            let row = u64::from(self.row) + 1;
            let what = format!("row {row} repeats the header; no row of the sheet was sent");
            return Err(self
                .complaint(&what)
                .hint("remove the row, which may come from joining two sheets"));
        }
        let (mut text, mut ends, mut values) = (String::new(), Vec::new(), BTreeMap::new());
        for (place, column) in header.places.iter().enumerate() {
            let cell = cells.remove(column).unwrap_or_default();
            text.push_str(&cell.text);
            ends.push(text.len());
            if let Some(value) = cell.value {
                values.insert(place, value);
            }
        }
        if let Some((column, _)) = cells.iter().find(|(_, cell)| !cell.is_empty()) {
            return Err(self
                .refusal((self.row, *column), "is outside the columns of the table")
                .hint("give the column a name in the header, or move the cell to another sheet"));
        }
        self.number += 1;
        let record = RowText {
            text: text.into(),
            ends: ends.into(),
            line: u64::from(self.row) + 1,
            number: self.number,
        };
        Ok(row(&header.columns, record, values))
    }

    /// Refuses a table with cells that were made one: of which row and column their
    /// value is cannot be told.
    pub fn check_merged(&self) -> Result<(), Raised> {
        let Some(header) = &self.header else {
            return Ok(());
        };
        let left = header.places.first().copied().unwrap_or_default();
        let right = header.places.last().copied().unwrap_or_default();
        let top = header.row.max(self.options.skip);
        let is_hit = |area: &&Area| {
            let (first, last) = (area.first, area.last);
            first != last
                && first.0 <= self.reach
                && last.0 >= top
                && first.1 <= right
                && last.1 >= left
        };
        let Some(area) = self.merged.iter().find(is_hit) else {
            return Ok(());
        };
        let cells = format!("{}:{}", name(area.first), name(area.last));
        let column = self.column(area.first.1.max(left));
        let of = column.map_or_else(String::new, |column| format!(" (column `{column}`)"));
        Err(self
            .complaint(&format!(
                "the cells {cells} are merged{of}, so the row and column of the \
                 value are unclear; no row of the sheet was sent"
            ))
            .hint(
                "unmerge them and fill in each; to skip a title above the table, use `skip: 1` \
                 or `each --skip 1`",
            ))
    }

    /// Whether the columns have names.
    pub const fn has_header(&self) -> bool {
        self.header.is_some()
    }

    /// What there is to say of what was read.
    pub fn seen(&self) -> Vec<String> {
        let seen = &self.seen;
        let mut lines = Vec::new();
        let mut say =
            |what: String| lines.push(format!("`{}`, sheet `{}`: {what}", self.path, self.sheet));
        let skips = self.options.skips_hidden;
        let read = if skips { "skipped" } else { "read" };
        if let (1.., Some(first)) = (seen.hidden_rows, seen.first_hidden) {
            let first = u64::from(first) + 1;
            let (rows, which) = match seen.hidden_rows {
                1 => ("1 hidden row is".to_owned(), format!("row {first}")),
                more => (
                    format!("{more} hidden rows are"),
                    format!("the first is row {first}"),
                ),
            };
            let way = if skips {
                ""
            } else {
                "; to leave them out, use `hidden: \"skip\"` or `each --skip-hidden`"
            };
            say(format!(
                "{rows} {read} (hidden or filtered out; {which}){way}"
            ));
        }
        if !seen.hidden_columns.is_empty() {
            let hidden = &seen.hidden_columns;
            let listed = hidden[..hidden.len().min(NAMED)].join(", ");
            let more = hidden.len().saturating_sub(NAMED);
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            say(format!(
                "hidden columns are read: {listed}{more}; to leave them out, use `hidden: \
                 \"skip\"` or `each --skip-hidden`"
            ));
        } else if skips && !self.hidden_columns.is_empty() {
            let column = |(first, last): &(u32, u32)| {
                if first == last {
                    letters(*first)
                } else {
                    format!("{}:{}", letters(*first), letters(*last))
                }
            };
            let columns: Vec<String> = self.hidden_columns.iter().map(column).collect();
            say(format!(
                "hidden columns are skipped: {}",
                columns.join(", ")
            ));
        }
        let told = [
            seen.freed
                .describe("removed invisible characters around", ""),
            seen.unseen.describe("kept invisible characters inside", ""),
            seen.unwrapped.describe("removed `=\"…\"` around", ""),
        ];
        let doubtful = seen.doubtful.iter();
        let doubtful =
            doubtful.filter_map(|(doubt, noted)| noted.describe("read as text", doubt.words()));
        told.into_iter()
            .flatten()
            .chain(doubtful)
            .for_each(&mut say);
        if let Some(row) = seen.hidden_header {
            say(format!(
                "the header is in a hidden row (row {})",
                u64::from(row) + 1
            ));
        }
        for row in seen.totals.iter().filter(|row| **row <= self.reach) {
            let row = u64::from(*row) + 1;
            say(format!(
                "row {row} has the totals of a table and is read like any other row"
            ));
        }
        if self.number == 0 && self.header.is_some() {
            say("there is a header and no rows".to_owned());
        }
        match seen.blank_rows {
            0 => {}
            1 => say("1 row with nothing but formatting is skipped".to_owned()),
            more => say(format!(
                "{more} rows with nothing but formatting are skipped"
            )),
        }
        lines
    }

    fn refusal(&self, place: Place, what: &str) -> Raised {
        let column = self.column(place.1);
        let of = column.map_or_else(String::new, |column| format!(" (column `{column}`)"));
        self.complaint(&format!(
            "cell {}{of} {what}; no row of the sheet was sent",
            name(place)
        ))
    }

    fn complaint(&self, what: &str) -> Raised {
        complaint(&self.path, &format!("sheet `{}`: {what}", self.sheet))
    }
}

/// What to do about a cell that is refused.
fn cure(column: Option<&ImmutableString>, cure: &str) -> String {
    match column {
        Some(name) => format!("{cure}; {}", faults::as_kept(name)),
        None => cure.to_owned(),
    }
}

fn row(columns: &Columns, record: RowText, values: BTreeMap<usize, Dynamic>) -> Row {
    Row::with_values(Arc::clone(columns), record, values)
}
