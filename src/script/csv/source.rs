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

use crate::files::reason;
use crate::script::csv::decode::Decode;
use crate::script::csv::options::{Options, check_names};
use crate::script::csv::quotes::{Fault, FaultKind, MAX_CELL, MAX_RECORD, Quotes};
use crate::script::csv::row::{Columns, Record, Row};
use crate::script::csv::rows::Source;
use crate::script::csv::sniff;
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
        let count = |count, noun| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
        let (found, wanted) = (count(cells, "cell"), count(columns, "column"));
        let what = format!("line {}: {found}, but {wanted}", self.line);
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
mod tests;
