//! Records of CSV text, one after another.
//!
//! It is as strict as RFC 4180 where another reading would be a guess: a quote stands around
//! a whole cell, and twice for one inside it. What is written otherwise is a [`CsvFault`] with
//! its line, and so is a cell or a record that grows without bound.

use std::io::{self, Read};

use crate::display::text::without_invisible_ends;
use crate::script::csv::content::{CHUNK, Changed};
use crate::script::csv::decode::MalformedText;

/// The longest cell accepted, in bytes of UTF-8.
pub(crate) const MAX_CELL: usize = 1024 * 1024;

/// The longest record accepted, in bytes of UTF-8.
pub(crate) const MAX_RECORD: usize = 8 * 1024 * 1024;

/// What is wrong with the text, and where.
#[derive(Debug)]
pub(crate) struct CsvFault {
    pub line: u64,
    /// The place of the cell in its record, from 0.
    pub column: usize,
    pub kind: FaultKind,
}

/// What is wrong with the text.
#[derive(Debug)]
pub(crate) enum FaultKind {
    /// Quotes inside a quoted cell are written with a backslash.
    Backslash,
    /// A quote is opened behind blanks, or what nobody sees.
    BlankBeforeQuote(String),
    /// The file is not what it was when it was opened.
    Changed(Changed),
    /// The cell that starts in this line is longer than [`MAX_CELL`].
    LongCell,
    /// The record that starts in this line is longer than [`MAX_RECORD`].
    LongRecord,
    /// This line is not valid in its encoding.
    Malformed(MalformedText),
    /// There is a NUL byte.
    Nul,
    /// The quote opened in this line is still open where the file ends.
    OpenQuote,
    /// Text that begins with that character follows a closing quote; the quote was opened in
    /// that line.
    TextAfterQuote(u64, char),
    /// The file cannot be read.
    Unreadable(io::Error),
}

/// One record.
#[derive(Debug, Default)]
pub(crate) struct Cells {
    text: String,
    ends: Vec<usize>,
    /// The line it starts in.
    pub line: u64,
    /// Whether a quoted cell has line ends in it.
    pub has_lines: bool,
    /// Whether nothing ends it but the end of the file.
    pub is_last: bool,
    /// Whether a quoted cell ends in a backslash.
    has_backslash: bool,
}

impl Cells {
    /// How many cells there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The cells in their order.
    pub fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let cell = &self.text[start..*end];
            start = *end;
            cell
        })
    }

    /// The text of all cells, one after another, and where each ends.
    pub fn parts(&self) -> (&str, &[usize]) {
        (&self.text, &self.ends)
    }

    /// The cell in that place.
    pub fn get(&self, place: usize) -> &str {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[place]]
    }

    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        (self.has_lines, self.is_last, self.has_backslash) = (false, false, false);
    }
}

/// What ends a cell.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Cell,
    Record,
    Text,
}

/// The places in the table of plain bytes.
const BARE: usize = 0;
const QUOTED: usize = 1;

/// Which bytes neither end a cell nor have a meaning in it.
const fn plain(delimiter: Option<u8>) -> [bool; 256] {
    let mut plain = [true; 256];
    plain[0] = false;
    plain[b'\r' as usize] = false;
    plain[b'\n' as usize] = false;
    plain[b'"' as usize] = false;
    if let Some(delimiter) = delimiter {
        plain[delimiter as usize] = false;
    }
    plain
}

/// Makes records of UTF-8.
pub(crate) struct Parser<R> {
    source: R,
    delimiter: u8,
    /// Which bytes may be followed by more of a cell, outside of quotes and inside.
    plain: [[bool; 256]; 2],
    buffer: String,
    at: usize,
    line: u64,
    /// The last line end was a carriage return, which a line feed may complete.
    after_return: bool,
    /// The line ends seen: carriage returns alone, and line feeds.
    has_returns: bool,
    has_feeds: bool,
}

impl<R: Read> Parser<R> {
    /// Parses text whose cells end with that delimiter. The source gives whole characters.
    pub const fn new(source: R, delimiter: u8) -> Self {
        Self {
            source,
            delimiter,
            plain: [plain(Some(delimiter)), plain(None)],
            buffer: String::new(),
            at: 0,
            line: 1,
            after_return: false,
            has_returns: false,
            has_feeds: false,
        }
    }

    /// Whether lines end in carriage returns alone here and in line feeds there.
    pub const fn mixes_line_ends(&self) -> bool {
        self.has_returns && self.has_feeds
    }

    /// Reads the next record, past blank lines; says if there is one.
    pub fn read(&mut self, cells: &mut Cells) -> Result<bool, CsvFault> {
        cells.clear();
        if !self.skip_line_ends()? {
            return Ok(false);
        }
        cells.line = self.line;
        loop {
            let end = match self.peek(cells)? {
                Some(b'"') => self.quoted(cells)?,
                _ => self.bare(cells)?,
            };
            cells.ends.push(cells.text.len());
            if cells.text.len() + cells.ends.len() > MAX_RECORD {
                return Err(fault(cells.line, 0, FaultKind::LongRecord));
            }
            if end != End::Cell {
                cells.is_last = end == End::Text;
                return Ok(true);
            }
        }
    }

    /// Goes to the next line that holds something; a byte order mark, as where files were
    /// joined, is nothing.
    fn skip_line_ends(&mut self) -> Result<bool, CsvFault> {
        loop {
            let Some(byte) = self.peek(&Cells::default())? else {
                return Ok(false);
            };
            match byte {
                b'\n' if self.after_return => self.after_return = false,
                b'\n' => self.line += 1,
                _ => {
                    self.has_returns |= std::mem::take(&mut self.after_return);
                    match byte {
                        b'\r' => {
                            self.line += 1;
                            self.after_return = true;
                        }
                        0xef if self.buffer[self.at..].starts_with('\u{feff}') => self.at += 2,
                        _ => return Ok(true),
                    }
                }
            }
            self.has_feeds |= byte == b'\n';
            self.at += 1;
        }
    }

    fn bare(&mut self, cells: &mut Cells) -> Result<End, CsvFault> {
        let (start, line) = (cells.text.len(), self.line);
        loop {
            let Some(byte) = self.copy(cells, BARE) else {
                check_size(cells, start, line)?;
                if self.refill(cells)? {
                    continue;
                }
                return Ok(End::Text);
            };
            match byte {
                0 => return Err(self.fault(cells, FaultKind::Nul)),
                b'"' => {
                    let before = &cells.text[start..];
                    if !before.is_empty() && without_invisible_ends(before.trim()).is_empty() {
                        let before = before.to_owned();
                        return Err(self.fault(cells, FaultKind::BlankBeforeQuote(before)));
                    }
                    if cells.has_backslash {
                        return Err(self.fault(cells, FaultKind::Backslash));
                    }
                    cells.text.push('"');
                    self.at += 1;
                }
                _ => {
                    check_size(cells, start, line)?;
                    return Ok(self.end(byte));
                }
            }
        }
    }

    fn quoted(&mut self, cells: &mut Cells) -> Result<End, CsvFault> {
        let (start, line) = (cells.text.len(), self.line);
        let mut after_return = false;
        self.at += 1;
        loop {
            let before = cells.text.len();
            let byte = self.copy(cells, QUOTED);
            check_size(cells, start, line)?;
            after_return &= before == cells.text.len();
            match byte {
                None if self.refill(cells)? => {}
                None => return Err(fault(line, cells.len(), FaultKind::OpenQuote)),
                Some(0) => return Err(self.fault(cells, FaultKind::Nul)),
                Some(b'"') => {
                    self.at += 1;
                    if self.peek(cells)? == Some(b'"') {
                        cells.text.push('"');
                        self.at += 1;
                        after_return = false;
                    } else {
                        return self.closed(cells, start, line);
                    }
                }
                Some(byte) => {
                    cells.text.push(char::from(byte));
                    cells.has_lines = true;
                    if byte == b'\r' || !after_return {
                        self.line += 1;
                    }
                    after_return = byte == b'\r';
                    self.at += 1;
                }
            }
        }
    }

    /// What follows a quote that is the closing one: the end of the cell, past blanks.
    fn closed(&mut self, cells: &mut Cells, start: usize, opened: u64) -> Result<End, CsvFault> {
        let cell = &cells.text[start..];
        let slashes = cell.len() - cell.trim_end_matches('\\').len();
        cells.has_backslash |= slashes % 2 == 1;
        let is_escape = slashes % 2 == 1;
        loop {
            match self.peek(cells)? {
                None => return Ok(End::Text),
                Some(byte) if byte == self.delimiter || matches!(byte, b'\r' | b'\n') => {
                    return Ok(self.end(byte));
                }
                Some(b' ' | b'\t') => self.at += 1,
                Some(_) if is_escape => return Err(self.fault(cells, FaultKind::Backslash)),
                Some(_) => {
                    let letter = self.buffer[self.at..].chars().next().unwrap_or_default();
                    return Err(self.fault(cells, FaultKind::TextAfterQuote(opened, letter)));
                }
            }
        }
    }

    /// Takes the text up to the next byte that is not plain; gives that byte, if the buffer
    /// holds one.
    fn copy(&mut self, cells: &mut Cells, place: usize) -> Option<u8> {
        let plain = &self.plain[place];
        let rest = &self.buffer.as_bytes()[self.at..];
        let length = rest.iter().position(|byte| !plain[usize::from(*byte)]);
        let end = self.at + length.unwrap_or(rest.len());
        cells.text.push_str(&self.buffer[self.at..end]);
        self.at = end;
        self.buffer.as_bytes().get(end).copied()
    }

    /// Passes over what ends a cell.
    fn end(&mut self, byte: u8) -> End {
        self.at += 1;
        if byte == self.delimiter {
            return End::Cell;
        }
        self.line += 1;
        self.after_return = byte == b'\r';
        self.has_feeds |= byte == b'\n';
        End::Record
    }

    fn peek(&mut self, cells: &Cells) -> Result<Option<u8>, CsvFault> {
        if self.at == self.buffer.len() && !self.refill(cells)? {
            return Ok(None);
        }
        Ok(self.buffer.as_bytes().get(self.at).copied())
    }

    /// Reads on; says if there is more.
    fn refill(&mut self, cells: &Cells) -> Result<bool, CsvFault> {
        let mut bytes = std::mem::take(&mut self.buffer).into_bytes();
        bytes.resize(CHUNK, 0);
        let text = self.source.read(&mut bytes).and_then(|read| {
            bytes.truncate(read);
            String::from_utf8(bytes)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
        });
        self.at = 0;
        match text {
            Ok(text) => self.buffer = text,
            Err(error) => return Err(self.fault(cells, unreadable(error))),
        }
        Ok(!self.buffer.is_empty())
    }

    /// A fault in the cell that is being read.
    fn fault(&self, cells: &Cells, kind: FaultKind) -> CsvFault {
        fault(self.line, cells.len(), kind)
    }
}

const fn fault(line: u64, column: usize, kind: FaultKind) -> CsvFault {
    CsvFault { line, column, kind }
}

fn check_size(cells: &Cells, start: usize, line: u64) -> Result<(), CsvFault> {
    if cells.text.len() - start > MAX_CELL {
        return Err(fault(line, cells.len(), FaultKind::LongCell));
    }
    Ok(())
}

fn unreadable(error: io::Error) -> FaultKind {
    let inner = error.get_ref();
    if let Some(malformed) = inner.and_then(|inner| inner.downcast_ref()) {
        return FaultKind::Malformed(*malformed);
    }
    match inner.and_then(|inner| inner.downcast_ref()) {
        Some(changed) => FaultKind::Changed(*changed),
        None => FaultKind::Unreadable(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Records = Vec<(u64, Vec<String>)>;

    /// Reads a few bytes at a time, whole characters as long as they are of ASCII.
    struct Slow<'t>(&'t [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(out.len());
            (&mut self.0).take(length as u64).read(out)
        }
    }

    fn parsed_by(text: &str, piece: usize) -> Result<Records, CsvFault> {
        let mut parser = Parser::new(Slow(text.as_bytes(), piece), b',');
        let mut cells = Cells::default();
        let mut records = Vec::new();
        while parser.read(&mut cells)? {
            records.push((cells.line, cells.iter().map(str::to_owned).collect()));
        }
        Ok(records)
    }

    fn parsed(text: &str) -> Records {
        let records = parsed_by(text, CHUNK).unwrap();
        for piece in [1, 2, 3] {
            assert_eq!(parsed_by(text, piece).unwrap(), records, "{text:?}");
        }
        records
    }

    fn lines(text: &str) -> Vec<u64> {
        parsed(text).into_iter().map(|(line, _)| line).collect()
    }

    fn wrong(text: &str) -> (u64, usize, FaultKind) {
        let fault = parsed_by(text, CHUNK).unwrap_err();
        let slow = parsed_by(text, 1).unwrap_err();
        assert_eq!(
            (fault.line, fault.column),
            (slow.line, slow.column),
            "{text:?}"
        );
        (fault.line, fault.column, fault.kind)
    }

    #[test]
    fn records_know_their_line_past_blank_lines_and_quoted_line_ends() {
        assert_eq!(lines("a,b\n1,2\n"), [1, 2]);
        assert_eq!(lines("\r\na,b\r\n\r\n1,2\r\n"), [2, 4]);
        assert_eq!(lines("a\r1\r2"), [1, 2, 3]);
        assert_eq!(lines("a,b\n\"x\r\ny\",2\n3,4"), [1, 2, 4]);
        assert_eq!(lines("a,\"b\"\"\n\"\n1,2"), [1, 3]);
        assert_eq!(lines("a,\"b\r\n\n\r\"\n1,2"), [1, 5]);
    }

    #[test]
    fn the_parser_of_the_csv_crate_gives_the_same_of_what_is_written_well() {
        let texts = [
            "a,b\r\n\r\n1,\"2\r\n\"\r\n",
            "\"\"\"\",\"x\"\"y,z\"\n\n\r\r,\n",
            "\n\n\"a\nb\"\n,\n\"\"\n",
            "a,5\" disk\n1,",
            "a,\"\"",
        ];
        for text in texts {
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(text.as_bytes());
            let expected: Vec<Vec<String>> = reader
                .records()
                .map(|record| record.unwrap().iter().map(str::to_owned).collect())
                .collect();
            let found: Vec<_> = parsed(text).into_iter().map(|(_, cells)| cells).collect();
            assert_eq!(found, expected, "{text:?}");
        }
    }

    #[test]
    fn an_open_quote_is_found_with_the_line_it_opened_in() {
        assert!(matches!(
            wrong("a,b\n1,2\n3,\"x\ny\nz"),
            (3, 1, FaultKind::OpenQuote)
        ));
        assert!(matches!(wrong("a,\"\"\""), (1, 1, FaultKind::OpenQuote)));
    }

    #[test]
    fn quotes_that_do_not_stand_around_a_cell_are_faults() {
        assert!(matches!(
            wrong("a\n\"b\" c\n"),
            (2, 0, FaultKind::TextAfterQuote(2, 'c'))
        ));
        assert!(matches!(
            wrong("a,b\n1,\"x\ny\"z\n"),
            (3, 1, FaultKind::TextAfterQuote(2, 'z'))
        ));
        assert!(matches!(
            wrong("a,b\n1, \"x\"\n"),
            (2, 1, FaultKind::BlankBeforeQuote(blank)) if blank == " "
        ));
        for unseen in ['\u{200b}', '\u{ad}', '\u{a0}', '\u{200f}', '\u{3164}'] {
            let (before, after) = (
                format!("a,b\n1,{unseen}\"x\"\n"),
                format!("a\n\"x\"{unseen}\n"),
            );
            assert!(matches!(
                wrong(&before),
                (2, 1, FaultKind::BlankBeforeQuote(_))
            ));
            let found = wrong(&after);
            assert!(
                matches!(found, (2, 0, FaultKind::TextAfterQuote(2, letter)) if letter == unseen)
            );
        }
        assert_eq!(parsed("\"a\" ,\"b\"\t\n")[0].1, ["a", "b"]);
    }

    #[test]
    fn quotes_with_a_backslash_are_faults_and_a_backslash_at_the_end_is_text() {
        assert!(matches!(
            wrong("a\n\"b \\\"c\\\" d\"\n"),
            (2, 0, FaultKind::Backslash)
        ));
        assert!(matches!(
            wrong("a,b\n\"x\\\",y\"\n"),
            (2, 1, FaultKind::Backslash)
        ));
        assert!(parsed_by("a,b\n1,\"19\\\"\"\n2,\"21\\\"\"\n", CHUNK).is_err());
        assert_eq!(parsed("\"C:\\dir\\\",b\n")[0].1, ["C:\\dir\\", "b"]);
    }

    #[test]
    fn a_nul_byte_is_a_fault_wherever_it_stands() {
        assert!(matches!(wrong("a,b\n1,x\0y\n"), (2, 1, FaultKind::Nul)));
        assert!(matches!(
            wrong("a,b\n1,\"x\n\0\"\n"),
            (3, 1, FaultKind::Nul)
        ));
    }

    #[test]
    fn a_mark_at_the_start_of_a_record_is_nothing() {
        assert_eq!(
            parsed_by("\u{feff}\"a\"\n\u{feff}b\n", CHUNK).unwrap()[1].1,
            ["b"]
        );
    }

    #[test]
    fn line_ends_of_two_kinds_are_noticed() {
        let mixes = |text: &str| {
            let mut parser = Parser::new(text.as_bytes(), b',');
            while parser.read(&mut Cells::default()).unwrap() {}
            parser.mixes_line_ends()
        };
        assert!(mixes("a\nb\rc\n") && mixes("a\rb\nc"));
        assert!(!mixes("a\r\nb\nc\r\n\r\n") && !mixes("a\rb\r\rc"));
    }

    #[test]
    fn a_cell_of_the_limit_passes_and_one_byte_more_does_not() {
        let cell = |size| format!("a\n{}\n", "x".repeat(size));
        assert!(parsed_by(&cell(MAX_CELL), CHUNK).is_ok());
        let fault = parsed_by(&cell(MAX_CELL + 1), CHUNK).unwrap_err();
        assert!(matches!((fault.line, fault.kind), (2, FaultKind::LongCell)));
        let quoted = format!("a\n\"{}", "x\n".repeat(MAX_CELL));
        let fault = parsed_by(&quoted, CHUNK).unwrap_err();
        assert!(matches!((fault.line, fault.kind), (2, FaultKind::LongCell)));
    }

    #[test]
    fn a_record_of_endless_cells_is_refused() {
        let fault = parsed_by(&",".repeat(MAX_RECORD + 1), CHUNK).unwrap_err();
        assert!(matches!(fault.kind, FaultKind::LongRecord));
    }
}
