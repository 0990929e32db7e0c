//! Records on standard output as they come, in the format that was asked for.
//!
//! Only a table waits for the last of them, since its columns are as wide as
//! their widest cell.

use serde_json::{Map, Value};

use super::Terminal;
use super::fields::Fields;
use crate::display::fit::draw;
use crate::display::records::{cell, columns, csv_line, text};
use crate::display::table::{self, terminal_width};
use crate::display::text::counted;

/// How records are printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// Aligned columns for reading.
    Table,
    /// JSON: the reply as it is, or an array of records.
    Json,
    /// One JSON record a line.
    Ndjson,
    /// Comma-separated values with a header.
    Csv,
}

/// As many records are looked at for the columns of a CSV: a page.
const PAGE: usize = 100;

/// Prints records one after the other.
pub struct Records {
    format: Format,
    fields: Fields,
    terminal: Terminal,
    /// Records that wait for the header, or for the table.
    waiting: Vec<Value>,
    /// The columns of a CSV whose header is printed.
    header: Option<Vec<String>>,
    /// Columns that came after the header was printed.
    late: Vec<String>,
    count: usize,
}

impl Records {
    /// Nothing printed yet.
    pub fn new(format: Format, fields: Fields, terminal: Terminal) -> Self {
        Self {
            format,
            fields,
            terminal,
            waiting: Vec::new(),
            header: None,
            late: Vec::new(),
            count: 0,
        }
    }

    /// Prints one more.
    pub fn put(&mut self, record: Value) {
        let record = self.fields.pick(record);
        self.count += 1;
        match self.format {
            Format::Ndjson => self.terminal.data(&record.to_string()),
            Format::Json => {
                let before = if self.count == 1 { "[\n  " } else { ",\n  " };
                let record = format!("{record:#}").replace('\n', "\n  ");
                self.terminal.raw(format!("{before}{record}").as_bytes());
            }
            Format::Table => self.waiting.push(record),
            Format::Csv if self.header.is_some() => self.line(&record),
            Format::Csv => {
                self.waiting.push(record);
                if self.waiting.len() >= PAGE || self.fields.names().is_some() {
                    self.begin_csv();
                }
            }
        }
    }

    /// Prints what is left, and says what was asked for in vain; `of` is how many
    /// records there are in all, where they are more than these.
    pub fn finish(mut self, of: Option<u64>) {
        match self.format {
            Format::Ndjson => {}
            Format::Json if self.count == 0 => self.terminal.data("[]"),
            Format::Json => self.terminal.data("\n]"),
            Format::Csv => self.begin_csv(),
            Format::Table => self.table(),
        }
        match (of, self.count) {
            (Some(all), count) => self.terminal.note(&format!(
                "{count} of {all} records; `--all` fetches the rest"
            )),
            (None, count) if self.format == Format::Table => {
                self.terminal.note(&counted(count as u64, "record"));
            }
            _ => {}
        }
        tell_missing(&self.fields, self.terminal);
        if !self.late.is_empty() {
            let names: Vec<String> = self.late.iter().map(|name| format!("`{name}`")).collect();
            self.terminal.alert(&format!(
                "warning: left out, since none of the first {PAGE} records has it: {}; to include \
                 it, use `--fields`",
                names.join(", ")
            ));
        }
    }

    fn begin_csv(&mut self) {
        if self.header.is_some() {
            return;
        }
        let header = match self.fields.names() {
            Some(names) => names.to_vec(),
            None => columns(&self.waiting),
        };
        if !header.is_empty() {
            self.terminal.raw(&csv_line(&header));
        }
        self.header = Some(header);
        for record in std::mem::take(&mut self.waiting) {
            self.line(&record);
        }
    }

    fn line(&mut self, record: &Value) {
        let header = self.header.as_deref().unwrap_or_default();
        let cell = |name: &String| record.get(name).map_or_else(String::new, text);
        let cells: Vec<String> = header.iter().map(cell).collect();
        let late = record.as_object().into_iter().flat_map(Map::keys);
        let late: Vec<String> = late
            .filter(|name| !header.contains(name) && !self.late.contains(name))
            .cloned()
            .collect();
        self.late.extend(late);
        self.terminal.raw(&csv_line(&cells));
    }

    fn table(&self) {
        let columns = match self.fields.names() {
            Some(names) => names.to_vec(),
            None => columns(&self.waiting),
        };
        let row = |record: &Value| {
            let cells = columns.iter();
            cells
                .map(|name| record.get(name).map(cell).unwrap_or_default())
                .collect()
        };
        if !columns.is_empty() {
            let records = table::Records {
                caption: None,
                rows: self.waiting.iter().map(row).collect(),
                columns,
            };
            let table = draw(&records, terminal_width());
            self.terminal.data(&table.lines.join("\n"));
            if let Some(words) = table.left_out("-o json") {
                self.terminal.note(&words);
            }
        }
    }
}

/// Says which fields were asked for in vain.
pub fn tell_missing(fields: &Fields, terminal: Terminal) {
    for words in fields.missing() {
        terminal.alert(&format!("warning: {words}"));
    }
}
