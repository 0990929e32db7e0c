//! One row of a file, as a script sees it.
//!
//! A row knows its columns: reading one it does not have is an error with a
//! suggestion, never a silent `()`. Rows of a file share their header, and a
//! row's text is one allocation; assigning to a cell changes only the copy
//! that is assigned to.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use rhai::{Array, Dynamic, FuncRegistration, Identifier, ImmutableString, Map, Module};

use crate::run::resume::{self, DoneBefore};
use crate::script::csv::records::cell_text;
use crate::script::diagnostic::suggestion::suggestion;
use crate::script::engine::function::{Fallible, function, operator};
use crate::script::host::Host;
use crate::script::raise::Raised;
use crate::secrets::{self, is_secret};

/// The names of the columns, in the file's order.
pub type Columns = Arc<Vec<ImmutableString>>;

/// One row of a CSV file or a spreadsheet.
#[derive(Clone, Debug)]
pub struct Row {
    columns: Columns,
    record: Arc<Record>,
    /// Cells that are no text, or that a script has assigned, by the column's place.
    assigned: BTreeMap<usize, Dynamic>,
    /// What an earlier run's file says was done of it.
    done_before: Option<DoneBefore>,
}

/// The text of a row: all cells one after another, and where each ends.
#[derive(Debug)]
pub(crate) struct Record {
    pub text: Box<str>,
    pub ends: Box<[usize]>,
    /// The line of the file it starts in.
    pub line: u64,
    /// Its place among the rows, from 1.
    pub number: u64,
}

impl Row {
    pub(crate) fn new(columns: Columns, record: Record) -> Self {
        Self::with_values(columns, record, BTreeMap::new())
    }

    /// A row with values that are no text in the place of some cells.
    pub(crate) fn with_values(
        columns: Columns,
        record: Record,
        values: BTreeMap<usize, Dynamic>,
    ) -> Self {
        let mut row = Self {
            columns,
            record: Arc::new(record),
            assigned: values,
            done_before: None,
        };
        let said = |column: &str| Some(row.shown_at(row.place(column)?));
        row.done_before = DoneBefore::of(row.line(), said);
        row
    }

    /// The text the file has in that column.
    pub(crate) fn text_at(&self, place: usize) -> &str {
        let ends = &self.record.ends;
        let start = place.checked_sub(1).map_or(0, |before| ends[before]);
        &self.record.text[start..ends[place]]
    }

    /// The text of the cell in that column, as the file has it unless a script assigned
    /// something else.
    pub(crate) fn shown_at(&self, place: usize) -> Cow<'_, str> {
        let ends = self.record.ends.len();
        match self.assigned.get(&place) {
            Some(value) if place >= ends || value.is_string() => {
                let text = cell_text(value).unwrap_or_else(|_| value.to_string());
                Cow::Owned(text)
            }
            _ => Cow::Borrowed(self.text_at(place)),
        }
    }

    /// The text of the cell in that place, where it is text and the file's own.
    pub(crate) fn file_text(&self, place: usize) -> Option<&str> {
        (!self.assigned.contains_key(&place)).then(|| self.text_at(place))
    }

    /// The names of its columns, in the file's order.
    pub fn columns(&self) -> &[ImmutableString] {
        &self.columns
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
        let cell = |(place, column)| (column, self.cell_at(place));
        resume::look_at(self.done_before);
        let cells = self.columns.iter().enumerate().map(cell);
        cells.inspect(|(column, cell)| note(column, cell))
    }

    fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|name| name == column)
    }

    pub(crate) fn cell_at(&self, place: usize) -> Dynamic {
        if let Some(value) = self.assigned.get(&place) {
            return value.clone();
        }
        ImmutableString::from(self.text_at(place)).into()
    }

    fn assign(&mut self, column: &str, value: Dynamic) {
        let place = self.place(column).unwrap_or_else(|| {
            let columns = Arc::make_mut(&mut self.columns);
            columns.push(column.into());
            columns.len() - 1
        });
        self.assigned.insert(place, value);
    }

    fn read(&self, column: &str) -> Result<Dynamic, Raised> {
        resume::look_at(self.done_before);
        let cell = self.cell(column);
        if let Some(cell) = &cell {
            note(column, cell);
        }
        cell.ok_or_else(|| {
            let what = format!("the row has no column `{column}`");
            let known = self.columns.iter().map(ImmutableString::as_str);
            Raised::new("row", what).hint(suggestion(column, known))
        })
    }

    fn to_map(&self) -> Map {
        self.cells()
            .map(|(column, cell)| (Identifier::from(column.as_str()), cell))
            .collect()
    }

    fn without_empty(&self) -> Map {
        let mut map = self.to_map();
        map.retain(|_, cell| !is_empty(cell));
        map
    }

    /// The row as a script would write it, in the order of its columns.
    fn shown(&self) -> String {
        let cell = |(column, cell): (&ImmutableString, Dynamic)| {
            let value = match cell_text(&cell) {
                Ok(text) if !cell.is_string() => text,
                _ => format!("{cell:?}"),
            };
            format!("{column:?}: {value}")
        };
        let cells: Vec<String> = self.cells().map(cell).collect();
        format!("#{{{}}}", cells.join(", "))
    }
}

fn is_empty(cell: &Dynamic) -> bool {
    cell.is_unit()
        || cell
            .as_immutable_string_ref()
            .is_ok_and(|text| text.is_empty())
}

/// Adds the row type and its methods.
pub(crate) fn register(module: &mut Module, _host: &Arc<Host>) {
    module.set_custom_type::<Row>("row");
    register_cells(module);
    register_methods(module);
    for name in ["to_string", "to_debug", "print", "debug"] {
        operator(name).set_into_module(module, |row: &mut Row| row.shown());
    }
}

fn register_cells(module: &mut Module) {
    FuncRegistration::new_index_getter()
        .with_volatility(true)
        .set_into_module(module, |row: &mut Row, column: &str| -> Fallible<Dynamic> {
            Ok(row.read(column)?)
        });
    FuncRegistration::new_index_setter()
        .with_volatility(true)
        .set_into_module(module, |row: &mut Row, column: &str, value: Dynamic| {
            row.assign(column, value);
        });
    // Rhai gives every value a property `tag` of its own; a column goes before it.
    FuncRegistration::new_getter("tag")
        .with_volatility(true)
        .set_into_module(module, |row: &mut Row| -> Fallible<Dynamic> {
            Ok(row.read("tag")?)
        });
    FuncRegistration::new_setter("tag")
        .with_volatility(true)
        .set_into_module(module, |row: &mut Row, value: Dynamic| {
            row.assign("tag", value);
        });
}

fn register_methods(module: &mut Module) {
    function(
        "has",
        &["row: row", "column: &str", "bool"],
        "Whether the row has that column; `\"x\" in row` asks the same.\n\
         ```rhai\n\
         for row in csv(\"clients.csv\") { print(row.has(\"email\")) }\n\
         ```",
    )
    .set_into_module(module, |row: &mut Row, column: &str| {
        row.place(column).is_some()
    });
    operator("contains").set_into_module(module, |row: &mut Row, column: &str| {
        row.place(column).is_some()
    });
    function(
        "columns",
        &["row: row", "array"],
        "The names of the row's columns, in the file's order.\n\
         ```rhai\n\
         print(csv(\"clients.csv\").next().columns())\n\
         ```",
    )
    .set_into_module(module, |row: &mut Row| {
        row.columns
            .iter()
            .cloned()
            .map(Dynamic::from)
            .collect::<Array>()
    });
    function(
        "line",
        &["row: row", "int"],
        "The line of the file the row starts in.\n\
         ```rhai\n\
         for row in csv(\"clients.csv\") { print(`line ${row.line()}: ${row.email}`) }\n\
         ```",
    )
    .set_into_module(module, |row: &mut Row| row.line().cast_signed());
    function(
        "number",
        &["row: row", "int"],
        "The row's place in the file, from 1, the header not counted.\n\
         ```rhai\n\
         print(csv(\"clients.csv\").next().number())\n\
         ```",
    )
    .set_into_module(module, |row: &mut Row| row.number().cast_signed());
    function(
        "to_map",
        &["row: row", "map"],
        "The row as a map of column to cell.\n\
         ```rhai\n\
         let client = csv(\"clients.csv\").next().to_map() + #{ country: \"DE\" };\n\
         ```",
    )
    .set_into_module(module, |row: &mut Row| row.to_map());
    function(
        "without_empty",
        &["row: row", "map"],
        "The row as a map, without the columns whose cell is empty.\n\
         ```rhai\n\
         let wanted = csv(\"clients.csv\").next().without_empty();\n\
         ```",
    )
    .set_into_module(module, |row: &mut Row| row.without_empty());
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

#[cfg(test)]
mod tests {
    use crate::script::workbench::Workbench;

    fn bench() -> Workbench {
        let bench = Workbench::new();
        bench.file(
            "c.csv",
            "email,e mail,tag,zip\nx@example.com,second,gold,\n",
        );
        bench
    }

    fn row(expression: &str) -> String {
        bench().text(&format!("let row = csv(\"c.csv\").next(); {expression}"))
    }

    #[test]
    fn a_cell_is_a_property_or_an_index() {
        assert_eq!(row("row.email"), "x@example.com");
        assert_eq!(row("row[\"e mail\"]"), "second");
        assert_eq!(row("row.zip == \"\""), "true");
        assert_eq!(row("const r = row; r.email.len()"), "13");
    }

    #[test]
    fn a_column_called_tag_is_a_column() {
        assert_eq!(row("row.tag"), "gold");
        assert_eq!(row("row.tag = \"new\"; row.tag"), "new");
    }

    #[test]
    fn an_unknown_column_is_refused_with_a_suggestion() {
        let refusal =
            |expression| bench().refusal(&format!("let row = csv(\"c.csv\").next(); {expression}"));
        assert_eq!(
            refusal("row.emial"),
            "the row has no column `emial`\nhint: did you mean `email`?"
        );
        assert_eq!(
            refusal("row[\"vat number\"]"),
            "the row has no column `vat number`\n\
             hint: known: `email`, `e mail`, `tag`, `zip`"
        );
    }

    #[test]
    fn an_assignment_changes_only_this_copy() {
        assert_eq!(
            row("let copy = row; copy.email = \"y@example.com\"; row.email"),
            "x@example.com"
        );
        assert_eq!(row("row.email += \".org\"; row.email"), "x@example.com.org");
    }

    #[test]
    fn a_new_column_comes_last() {
        assert_eq!(
            row("row.pid = today(); row"),
            r#"#{"email": "x@example.com", "e mail": "second", "tag": "gold", "zip": "", "pid": 2026-11-23}"#
        );
        assert_eq!(
            row("let other = row; row.pid = 7; other.has(\"pid\")"),
            "false"
        );
    }

    #[test]
    fn a_cell_changed_in_place_stays_changed() {
        assert_eq!(row("row.email.make_upper(); row.email"), "X@EXAMPLE.COM");
    }

    #[test]
    fn a_row_says_which_columns_it_has() {
        assert_eq!(row("row.has(\"zip\")"), "true");
        assert_eq!(row("row.has(\"vat\")"), "false");
        assert_eq!(row("\"zip\" in row"), "true");
        assert_eq!(row("row.columns()"), r#"["email", "e mail", "tag", "zip"]"#);
    }

    #[test]
    fn a_row_becomes_a_map_with_or_without_its_empty_cells() {
        assert_eq!(row("row.to_map().zip == \"\""), "true");
        assert_eq!(
            row("row.without_empty()"),
            r#"#{"e mail": "second", "email": "x@example.com", "tag": "gold"}"#
        );
    }

    #[test]
    fn a_row_knows_its_line_and_its_number() {
        assert_eq!(row("row.line()"), "2");
        assert_eq!(row("row.number()"), "1");
    }
}
