//! A CSV file being read: bytes to records to rows.
//!
//! The file is read once, front to back, a chunk at a time; what it holds
//! never sits in memory. A record that does not fit the header ends the
//! reading with the file and the line: a cell in the wrong column would end up
//! in somebody's invoice.

use std::fs::File;
use std::io::{Chain, Cursor, Read};
use std::sync::Arc;

use csv::{Reader, ReaderBuilder, StringRecord};
use rhai::ImmutableString;

use crate::script::csv::decode::Decode;
use crate::script::csv::options::{Options, check_names};
use crate::script::csv::quotes::{Fault, FaultKind, MAX_CELL, MAX_RECORD, Quotes};
use crate::script::csv::row::{Columns, Record, Row};
use crate::script::csv::rows::Source;
use crate::script::csv::sniff;
use crate::script::files::confinement::reason;
use crate::script::host::Confinement;
use crate::script::raise::Raised;

type Bytes = Chain<Cursor<Vec<u8>>, File>;
type Text = Quotes<Decode<Bytes>>;

/// An open CSV file and how far it was read.
pub(crate) struct CsvFile {
    path: String,
    columns: Columns,
    reader: Reader<Text>,
    record: StringRecord,
    trims: bool,
    line: u64,
    number: u64,
    /// After the last record, or an error: nothing more comes.
    has_ended: bool,
}

impl CsvFile {
    /// Opens a file and reads its header.
    pub fn open(files: &Confinement, path: &str, options: Options) -> Result<Self, Raised> {
        let mut file = files.open(path)?;
        let (sample, is_whole) = beginning(&mut file)
            .map_err(|error| complaint(path, &format!("cannot be read: {}", reason(&error))))?;
        let encoding = match options.encoding {
            Some(encoding) => encoding,
            None => sniff::encoding(&sample, is_whole).map_err(|what| {
                complaint(path, &format!("is not a CSV file but looks like {what}"))
                    .hint(sniff::instead(what))
            })?,
        };
        let (text, _, _) = encoding.decode(&sample);
        let agreed = sniff::named_delimiter(&text);
        let delimiter = options.delimiter.or(agreed);
        let delimiter = delimiter.unwrap_or_else(|| sniff::delimiter(&text, is_whole));
        let bytes = Cursor::new(sample).chain(file);
        let mut source = Self {
            path: path.to_owned(),
            columns: Columns::default(),
            reader: ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .delimiter(delimiter)
                .buffer_capacity(sniff::SAMPLE)
                .from_reader(Quotes::new(Decode::new(bytes, encoding), delimiter)),
            record: StringRecord::new(),
            trims: options.trims,
            line: 0,
            number: 0,
            has_ended: false,
        };
        if agreed.is_some() {
            source.read_record()?;
        }
        source.columns = match options.header {
            Some(names) => Arc::new(names),
            None => Arc::new(source.header()?),
        };
        Ok(source)
    }

    fn header(&mut self) -> Result<Vec<ImmutableString>, Raised> {
        while self.read_record()? {
            let names: Vec<ImmutableString> =
                self.record.iter().map(|name| name.trim().into()).collect();
            if names.iter().all(|name| name.is_empty()) && names.len() == 1 {
                continue;
            }
            check_names(&names).map_err(|what| {
                complaint(&self.path, &format!("line {}: {what}", self.line))
                    .hint("every column needs a name of its own in the header")
            })?;
            return Ok(names);
        }
        Err(
            complaint(&self.path, "is empty: a header line was expected")
                .hint("the first line names the columns, such as `email,firstname`"),
        )
    }

    fn read_record(&mut self) -> Result<bool, Raised> {
        if self.has_ended {
            return Ok(false);
        }
        match self.reader.read_record(&mut self.record) {
            Ok(true) => self.line = self.reader.get_mut().next_record_line(),
            Ok(false) => self.has_ended = true,
            Err(error) => {
                self.has_ended = true;
                return Err(self.unreadable(&error));
            }
        }
        Ok(!self.has_ended)
    }

    /// The record's cells one after another, and where each ends.
    fn copied(&self) -> (Box<str>, Box<[usize]>) {
        let mut text = String::with_capacity(self.record.as_slice().len());
        let ends = self.record.iter().map(|cell| {
            text.push_str(if self.trims { cell.trim() } else { cell });
            text.len()
        });
        let ends = ends.collect();
        (text.into(), ends)
    }

    fn ragged(&self) -> Raised {
        let (cells, columns) = (self.record.len(), self.columns.len());
        let what = format!("line {}: {cells} cells, but {columns} columns", self.line);
        complaint(&self.path, &what).hint(if cells > columns {
            "put quotes around a cell that holds the delimiter"
        } else {
            "every row needs as many cells as there are columns, empty ones too"
        })
    }

    fn unreadable(&self, error: &csv::Error) -> Raised {
        let csv::ErrorKind::Io(io) = error.kind() else {
            return complaint(&self.path, &error.to_string());
        };
        match io.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(fault) => faulty(&self.path, fault),
            None => complaint(&self.path, &format!("cannot be read: {}", reason(io))),
        }
    }
}

impl Source for CsvFile {
    fn path(&self) -> &str {
        &self.path
    }

    fn columns(&self) -> &Columns {
        &self.columns
    }

    fn place(&self) -> (u64, u64) {
        (self.line, self.number)
    }

    fn cell(&self, column: usize) -> &str {
        let cell = self.record.get(column).unwrap_or_default();
        if self.trims { cell.trim() } else { cell }
    }

    fn advance(&mut self) -> Result<bool, Raised> {
        let is_blank = |record: &StringRecord| record.len() == 1 && record[0].trim().is_empty();
        while self.read_record()? {
            if self.record.len() == self.columns.len() {
                self.number += 1;
                return Ok(true);
            }
            if !is_blank(&self.record) {
                self.has_ended = true;
                return Err(self.ragged());
            }
        }
        Ok(false)
    }

    fn next_row(&mut self) -> Result<Option<Row>, Raised> {
        if !self.advance()? {
            return Ok(None);
        }
        let (text, ends) = self.copied();
        let record = Record {
            text,
            ends,
            line: self.line,
            number: self.number,
        };
        Ok(Some(Row::new(Arc::clone(&self.columns), record)))
    }
}

/// The first bytes of a file, and whether that is all of it.
fn beginning(file: &mut File) -> std::io::Result<(Vec<u8>, bool)> {
    let mut sample = Vec::with_capacity(sniff::SAMPLE);
    file.take(sniff::SAMPLE as u64).read_to_end(&mut sample)?;
    let is_whole = sample.len() < sniff::SAMPLE;
    Ok((sample, is_whole))
}

fn complaint(path: &str, what: &str) -> Raised {
    Raised::new("csv", format!("`{path}` {what}"))
}

fn faulty(path: &str, fault: &Fault) -> Raised {
    let line = fault.line;
    match fault.kind {
        FaultKind::OpenQuote => complaint(
            path,
            &format!("line {line}: a quote is opened and never closed"),
        )
        .hint("the file may be cut off; a quote inside a quoted cell is written twice"),
        FaultKind::LongCell => complaint(
            path,
            &format!("line {line}: a cell is longer than {} MB", MAX_CELL >> 20),
        )
        .hint("look for a quote that is not closed where it should be"),
        FaultKind::LongRecord => complaint(
            path,
            &format!("line {line}: a row is longer than {} MB", MAX_RECORD >> 20),
        )
        .hint("is this a CSV file with one row a line?"),
        FaultKind::Malformed(malformed) => complaint(path, &format!("line {line} {malformed}"))
            .hint("name the file's encoding: `csv(path, #{ encoding: \"windows-1252\" })`"),
    }
}

#[cfg(test)]
mod tests {
    use crate::script::workbench::Workbench;

    const EMAILS: &str = "let all = []; for row in csv(\"c.csv\") { all += row.email } all";

    fn emails(content: impl AsRef<[u8]>) -> String {
        let bench = Workbench::new();
        bench.file("c.csv", content);
        bench.text(EMAILS)
    }

    fn refusal(content: impl AsRef<[u8]>) -> String {
        let bench = Workbench::new();
        bench.file("c.csv", content);
        bench.refusal(EMAILS)
    }

    #[test]
    fn rows_come_in_order_whatever_the_delimiter() {
        assert_eq!(emails("email,a\nx,1\ny,2\n"), r#"["x", "y"]"#);
        assert_eq!(emails("email;a\nx;1\ny;2"), r#"["x", "y"]"#);
        assert_eq!(emails("a\temail\r\n1\tx\r\n2\ty\r\n"), r#"["x", "y"]"#);
        assert_eq!(emails("email\nx\ny\n"), r#"["x", "y"]"#);
    }

    #[test]
    fn a_first_line_that_names_the_delimiter_is_no_header() {
        assert_eq!(emails("sep=;\r\nemail;a\r\nx;1,5\r\n"), r#"["x"]"#);
        assert_eq!(emails("\u{feff}SEP=|\nemail|a\nx|1\n"), r#"["x"]"#);
        assert_eq!(emails("\"sep=,\"\nemail,a\nx,1;2;3\n"), r#"["x"]"#);
        assert!(refusal("sep=;\nemail;a\nx\n").starts_with("`c.csv` line 3: 1 cells"));
    }

    #[test]
    fn the_usual_encodings_are_found_out() {
        let text = "email,name\nzoë@example.com,Zoë\n";
        let utf_16 = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            let marked = format!("\u{feff}{text}");
            marked.encode_utf16().flat_map(order).collect()
        };
        let expected = r#"["zoë@example.com"]"#;
        assert_eq!(emails(text), expected);
        assert_eq!(emails(format!("\u{feff}{text}")), expected);
        assert_eq!(emails(utf_16(u16::to_le_bytes)), expected);
        assert_eq!(emails(utf_16(u16::to_be_bytes)), expected);
        assert_eq!(emails(b"email,name\nzo\xeb@example.com,Zo\xeb\n"), expected);
    }

    #[test]
    fn a_named_encoding_is_used() {
        let bench = Workbench::new();
        bench.file("c.csv", b"email\n\xcf\xf0\xe8\n");
        let script = "csv(\"c.csv\", #{ encoding: \"windows-1251\" }).next().email";
        assert_eq!(bench.text(script), "При");
    }

    #[test]
    fn another_encoding_late_in_the_file_is_named_with_its_line() {
        let mut content = b"email\n".to_vec();
        content.extend_from_slice(&b"x@example.com\n".repeat(10_000));
        content.extend_from_slice(b"zo\xeb@example.com\n");
        assert_eq!(
            refusal(content),
            "`c.csv` line 10002 is not valid UTF-8\n\
             hint: name the file's encoding: `csv(path, #{ encoding: \"windows-1252\" })`"
        );
    }

    #[test]
    fn cells_and_headers_are_trimmed_unless_told_otherwise() {
        let bench = Workbench::new();
        bench.file("c.csv", " email , name\n  x ,\" y \"\n");
        assert_eq!(
            bench.text("csv(\"c.csv\").next()"),
            r#"#{"email": "x", "name": "y"}"#
        );
        assert_eq!(
            bench.text("csv(\"c.csv\", #{ trim: false }).next()"),
            r#"#{"email": "  x ", "name": " y "}"#
        );
    }

    #[test]
    fn quoted_cells_keep_delimiters_quotes_and_line_ends() {
        let bench = Workbench::new();
        bench.file("c.csv", "email,note\r\nx,\"a \"\"b\"\", c\nd\"\r\n");
        assert_eq!(bench.text("csv(\"c.csv\").next().note"), "a \"b\", c\nd");
    }

    #[test]
    fn blank_lines_are_no_rows() {
        assert_eq!(emails("\nemail,a\n\nx,1\n   \n\ny,2\n\n"), r#"["x", "y"]"#);
    }

    #[test]
    fn a_ragged_row_is_refused_with_its_line() {
        assert_eq!(
            refusal("email,a\r\nx,1\r\n\r\ny\r\n"),
            "`c.csv` line 4: 1 cells, but 2 columns\n\
             hint: every row needs as many cells as there are columns, empty ones too"
        );
        assert_eq!(
            refusal("email,a\nx,1,2\n"),
            "`c.csv` line 2: 3 cells, but 2 columns\n\
             hint: put quotes around a cell that holds the delimiter"
        );
    }

    #[test]
    fn a_header_with_a_double_or_an_empty_name_is_refused() {
        let hint = "\nhint: every column needs a name of its own in the header";
        assert_eq!(
            refusal("email,a, email\n"),
            format!("`c.csv` line 1: columns 1 and 3 are both called `email`{hint}")
        );
        assert_eq!(
            refusal("\nemail,,b\n"),
            format!("`c.csv` line 2: column 2 has no name{hint}")
        );
    }

    #[test]
    fn a_file_cut_off_in_a_quote_names_the_line_of_the_quote() {
        assert_eq!(
            refusal("email,a\nx,1\ny,\"cut\noff"),
            "`c.csv` line 3: a quote is opened and never closed\n\
             hint: the file may be cut off; a quote inside a quoted cell is written twice"
        );
    }

    #[test]
    fn a_huge_cell_is_refused_before_it_is_kept() {
        let content = format!("email,a\nx,{}\n", "y".repeat(10 << 20));
        assert_eq!(
            refusal(content),
            "`c.csv` line 2: a cell is longer than 1 MB\n\
             hint: look for a quote that is not closed where it should be"
        );
    }

    #[test]
    fn an_empty_file_is_refused_and_a_header_alone_has_no_rows() {
        let empty = "`c.csv` is empty: a header line was expected\n\
                     hint: the first line names the columns, such as `email,firstname`";
        assert_eq!(refusal(""), empty);
        assert_eq!(refusal(" \r\n\n"), empty);
        assert_eq!(refusal("\u{feff}"), empty);
        assert_eq!(emails("email,a\n"), "[]");
        assert_eq!(emails("email,a"), "[]");
    }

    #[test]
    fn what_is_not_text_is_called_what_it_is() {
        let hint = "\nhint: if it is a spreadsheet, read it with `sheet(path)`";
        assert_eq!(
            refusal(b"PK\x03\x04\0\0"),
            format!(
                "`c.csv` is not a CSV file but looks like a spreadsheet or a zip archive{hint}"
            )
        );
        assert_eq!(
            refusal(b"\x7fELF\0\0\x01"),
            "`c.csv` is not a CSV file but looks like binary data\n\
             hint: save it as CSV; if it is text, name its `encoding`"
        );
    }
}
