//! Watches CSV text on its way into the parser.
//!
//! The `csv` crate closes an open quote at the end of the file without a word,
//! grows a cell without bound, and counts the lines of a record from the blank
//! ones before it. So the text is followed here, by the same rules the parser
//! has: where each record starts, whether a quote is open, how long a cell is.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Read};

use crate::script::csv::decode::Malformed;

/// The longest cell accepted, in bytes of UTF-8.
pub(crate) const MAX_CELL: usize = 1024 * 1024;

/// The longest record accepted, in bytes of UTF-8.
pub(crate) const MAX_RECORD: usize = 8 * 1024 * 1024;

/// What is wrong with the text, and in which line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    pub line: u64,
    pub kind: FaultKind,
}

/// What is wrong with the text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FaultKind {
    /// The quote opened in this line is still open where the file ends.
    OpenQuote,
    /// The cell that starts in this line is longer than [`MAX_CELL`].
    LongCell,
    /// The record that starts in this line is longer than [`MAX_RECORD`].
    LongRecord,
    /// This line is not valid in its encoding.
    Malformed(Malformed),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {:?}", self.line, self.kind)
    }
}

impl std::error::Error for Fault {}

impl From<Fault> for io::Error {
    fn from(fault: Fault) -> Self {
        Self::new(io::ErrorKind::InvalidData, fault)
    }
}

#[derive(Clone, Copy)]
enum Place {
    /// Before a record; line ends here are blank lines.
    RecordStart,
    CellStart,
    Cell,
    Quoted,
    /// After a quote inside quotes: the closing one, or the first of a pair.
    QuoteSeen,
}

/// A reader that passes its source on and follows it.
pub(crate) struct Quotes<R> {
    source: R,
    delimiter: u8,
    place: Place,
    line: u64,
    after_return: bool,
    cell_line: u64,
    cell: usize,
    record_line: u64,
    record: usize,
    starts: VecDeque<u64>,
}

impl<R> Quotes<R> {
    /// Follows text whose cells end with that delimiter.
    pub fn new(source: R, delimiter: u8) -> Self {
        Self {
            source,
            delimiter,
            place: Place::RecordStart,
            line: 1,
            after_return: false,
            cell_line: 1,
            cell: 0,
            record_line: 1,
            record: 0,
            starts: VecDeque::new(),
        }
    }

    /// The line in which the next record starts; asked once a record, in order.
    pub fn next_record_line(&mut self) -> u64 {
        self.starts.pop_front().unwrap_or(self.line)
    }

    fn step(&mut self, byte: u8) -> Result<(), Fault> {
        self.place = match (self.place, byte) {
            (Place::RecordStart, b'\r' | b'\n') => Place::RecordStart,
            (Place::RecordStart, _) => {
                self.starts.push_back(self.line);
                (self.record, self.record_line) = (0, self.line);
                self.begin_cell(byte)
            }
            (Place::CellStart, _) => self.begin_cell(byte),
            (Place::Quoted, b'"') => Place::QuoteSeen,
            (Place::Quoted, _) | (Place::QuoteSeen, b'"') => Place::Quoted,
            (Place::Cell | Place::QuoteSeen, _) => self.after(byte),
        };
        self.count_line(byte);
        self.count_size()
    }

    fn begin_cell(&mut self, byte: u8) -> Place {
        (self.cell, self.cell_line) = (0, self.line);
        if byte == b'"' {
            Place::Quoted
        } else {
            self.after(byte)
        }
    }

    fn after(&self, byte: u8) -> Place {
        match byte {
            b'\r' | b'\n' => Place::RecordStart,
            _ if byte == self.delimiter => Place::CellStart,
            _ => Place::Cell,
        }
    }

    /// `\r\n` is one line end.
    fn count_line(&mut self, byte: u8) {
        if byte == b'\r' || (byte == b'\n' && !self.after_return) {
            self.line += 1;
        }
        self.after_return = byte == b'\r';
    }

    fn count_size(&mut self) -> Result<(), Fault> {
        self.cell += 1;
        self.record += 1;
        match self.place {
            Place::RecordStart | Place::CellStart => {}
            _ if self.cell > MAX_CELL => {
                return Err(Fault {
                    line: self.cell_line,
                    kind: FaultKind::LongCell,
                });
            }
            _ => {}
        }
        if self.record > MAX_RECORD && !matches!(self.place, Place::RecordStart) {
            return Err(Fault {
                line: self.record_line,
                kind: FaultKind::LongRecord,
            });
        }
        Ok(())
    }

    fn ended(&self) -> Result<(), Fault> {
        match self.place {
            Place::Quoted => Err(Fault {
                line: self.cell_line,
                kind: FaultKind::OpenQuote,
            }),
            _ => Ok(()),
        }
    }

    /// A malformed text gets the line the reading has come to.
    fn located(&self, error: io::Error) -> io::Error {
        let malformed = error.get_ref().and_then(|inner| inner.downcast_ref());
        match malformed {
            Some(malformed) => Fault {
                line: self.line,
                kind: FaultKind::Malformed(*malformed),
            }
            .into(),
            None => error,
        }
    }
}

impl<R: Read> Read for Quotes<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = match self.source.read(out) {
            Ok(read) => read,
            Err(error) => return Err(self.located(error)),
        };
        for &byte in &out[..read] {
            self.step(byte)?;
        }
        if read == 0 {
            self.ended()?;
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn followed(text: &str) -> Result<Vec<u64>, Fault> {
        let mut quotes = Quotes::new(text.as_bytes(), b',');
        let mut out = Vec::new();
        match quotes.read_to_end(&mut out) {
            Ok(_) => Ok(quotes.starts.into()),
            Err(error) => Err(*error.get_ref().unwrap().downcast_ref().unwrap()),
        }
    }

    #[test]
    fn records_know_their_line_past_blank_lines_and_quoted_line_ends() {
        assert_eq!(followed("a,b\n1,2\n").unwrap(), [1, 2]);
        assert_eq!(followed("\r\na,b\r\n\r\n1,2\r\n").unwrap(), [2, 4]);
        assert_eq!(followed("a\r1\r2").unwrap(), [1, 2, 3]);
        assert_eq!(followed("a,b\n\"x\r\ny\",2\n3,4").unwrap(), [1, 2, 4]);
        assert_eq!(followed("a,\"b\"\"\n\"\n1,2").unwrap(), [1, 3]);
    }

    #[test]
    fn a_quote_inside_a_cell_is_text() {
        assert_eq!(followed("a,5\" disk\n1,2").unwrap(), [1, 2]);
        assert_eq!(followed("a,\"b\"c\"\n1,2").unwrap(), [1, 2]);
    }

    #[test]
    fn an_open_quote_is_found_with_the_line_it_opened_in() {
        let fault = followed("a,b\n1,2\n3,\"x\ny\nz").unwrap_err();
        assert!(matches!(fault.kind, FaultKind::OpenQuote));
        assert_eq!(fault.line, 3);
        assert!(followed("a,\"\"\"").is_err());
        assert!(followed("a,\"\"").is_ok());
    }

    #[test]
    fn a_cell_of_the_limit_passes_and_one_byte_more_does_not() {
        let cell = |size| format!("a\n{}\n", "x".repeat(size));
        assert!(followed(&cell(MAX_CELL)).is_ok());
        let fault = followed(&cell(MAX_CELL + 1)).unwrap_err();
        assert!(matches!(fault.kind, FaultKind::LongCell));
        assert_eq!(fault.line, 2);
    }

    #[test]
    fn a_record_of_endless_cells_is_refused() {
        let fault = followed(&",".repeat(MAX_RECORD + 1)).unwrap_err();
        assert!(matches!(fault.kind, FaultKind::LongRecord));
    }

    #[test]
    fn the_parser_sees_records_where_they_are_seen_here() {
        let texts = [
            "a,b\r\n\r\n1,\"2\r\n\"\r\n",
            "\"\"\"\",\"x\"\"y\"z\"\n\n\r\r,\n",
            "\n\n\"a\nb\"\n",
        ];
        for text in texts {
            let records = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(text.as_bytes())
                .records()
                .count();
            assert_eq!(followed(text).unwrap().len(), records, "{text:?}");
        }
    }
}
