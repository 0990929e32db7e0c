//! A CSV file being read: bytes to records to rows.
//!
//! It is read front to back, a chunk at a time; what it holds never sits in memory. A
//! record that does not fit the header, or whose cells are not what their owner sees, ends
//! the reading with the file, the line and the column: a cell in the wrong column would end
//! up in somebody's invoice.

use std::collections::BTreeMap;
use std::sync::Arc;

use rhai::ImmutableString;

use crate::cancel::Cancel;
use crate::display::text::{counted, has_control, has_unseen, without_invisible_ends};
use crate::script::csv::content::{Content, ContentReader};
use crate::script::csv::decode::Decode;
use crate::script::csv::faults::{self, complaint};
use crate::script::csv::form::CsvForm;
use crate::script::csv::header;
use crate::script::csv::parser::{Cells, FaultKind, Parser};
use crate::script::csv::remarks::Remarks;
use crate::script::csv::row::{Columns, Row, RowText, marks_done};
use crate::script::csv::rows::RowSource;
use crate::script::csv::spoiled::{CellReading, reading};
use crate::script::csv::swallowed::swallowed;
use crate::script::diagnostic::suggestion::suggestion;
use crate::script::raise::Raised;

/// An open CSV file and how far it was read.
pub(crate) struct CsvFile {
    path: String,
    content: Arc<Content>,
    form: CsvForm,
    columns: Columns,
    parser: Parser<Decode<ContentReader>>,
    /// The record it is at.
    cells: Cells,
    /// The cells of the row it is at, as they are taken, and where each ends.
    text: String,
    ends: Vec<usize>,
    trims: bool,
    /// Which columns are taken as they are; empty if none is.
    as_is: Vec<bool>,
    habits: Habits,
    number: u64,
    state: State,
    /// Whether every cell was taken as it stands so far.
    is_plain: bool,
    /// What came of reading it through, if that was done.
    pub checked: Option<CheckedCsv>,
    remarks: Remarks,
}

/// What the header of a file tells of its rows.
#[derive(Clone, Copy, Debug, Default)]
struct Habits {
    /// Whether blanks follow the delimiters.
    is_spaced: bool,
    /// Whether a column may say that an earlier run did the row.
    marks_done: bool,
}

/// What is known of a file that was read through: its records fit, and what there is to
/// remark of its cells was said.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CheckedCsv {
    /// Whether every cell is taken as it stands.
    is_plain: bool,
}

/// How far the reading has come.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Reading,
    /// After the last record, or an error: nothing more comes.
    Ended,
    /// The same after text that is not valid in its encoding.
    Malformed,
}

impl CsvFile {
    /// Reads the header of a file.
    pub fn new(
        path: &str,
        content: Arc<Content>,
        form: CsvForm,
        header: Option<&[ImmutableString]>,
        trims: bool,
        as_is: &[ImmutableString],
    ) -> Result<Self, Raised> {
        let text = Decode::new(ContentReader::begin(Arc::clone(&content)), form.encoding);
        let text = text.only_ascii(form.is_ascii);
        let mut file = Self {
            path: path.to_owned(),
            content,
            form,
            columns: Columns::default(),
            parser: Parser::new(text, form.delimiter),
            cells: Cells::default(),
            text: String::new(),
            ends: Vec::new(),
            trims,
            as_is: Vec::new(),
            habits: Habits::default(),
            number: 0,
            state: State::Reading,
            is_plain: true,
            checked: None,
            remarks: Remarks::default(),
        };
        if form.names_delimiter {
            file.read()?;
        }
        file.columns = Arc::new(match header {
            Some(names) => names.to_vec(),
            None => file.header()?,
        });
        file.habits.marks_done = marks_done(&file.columns);
        file.keep(as_is)?;
        Ok(file)
    }

    /// Reads all rows there are, for their faults alone; ends early once that is asked for.
    pub fn read_through(&mut self, cancel: &Cancel) -> Result<CheckedCsv, Raised> {
        while self.advance()? {
            if cancel.is_raised() {
                return Err(complaint(&self.path, "was not read: interrupted"));
            }
        }
        Ok(CheckedCsv {
            is_plain: self.is_plain,
        })
    }

    /// Whether the reading ended at text that is not valid in its encoding.
    pub const fn is_malformed(&self) -> bool {
        matches!(self.state, State::Malformed)
    }

    fn header(&mut self) -> Result<Vec<ImmutableString>, Raised> {
        while self.read()? {
            let line = self.cells.line;
            if self.is_empty() {
                self.pass_over();
                continue;
            }
            let names: Vec<ImmutableString> = self
                .cells
                .iter()
                .map(|cell| trimmed(cell).0.into())
                .collect();
            for (cell, name) in self.cells.iter().zip(&names) {
                if trimmed(cell).1 {
                    self.remarks.around.add(line, Some(name), "");
                }
                if has_unseen(name) || has_control(name) {
                    self.remarks.inside.add(line, Some(name), "");
                }
            }
            header::check(&names, self.form.delimiter, &self.path, line)?;
            self.habits.is_spaced = self.cells.iter().skip(1).any(|cell| cell.starts_with(' '));
            return Ok(names);
        }
        Err(
            complaint(&self.path, "is empty: a header line was expected")
                .hint("the first line names the columns, such as `email,firstname`"),
        )
    }

    /// Takes those columns as they are.
    fn keep(&mut self, names: &[ImmutableString]) -> Result<(), Raised> {
        if names.is_empty() {
            return Ok(());
        }
        self.as_is = vec![false; self.columns.len()];
        for name in names {
            let Some(place) = self.columns.iter().position(|column| column == name) else {
                let what = format!("has no column `{name}`, which `as_is` names");
                let known = self.columns.iter().map(ImmutableString::as_str);
                return Err(complaint(&self.path, &what).hint(suggestion(name, known)));
            };
            self.as_is[place] = true;
        }
        Ok(())
    }

    fn is_as_is(&self, place: usize) -> bool {
        self.as_is.get(place).is_some_and(|is_so| *is_so)
    }

    /// Goes to the next record; says if there is one.
    fn read(&mut self) -> Result<bool, Raised> {
        if self.state != State::Reading {
            return Ok(false);
        }
        match self.parser.read(&mut self.cells) {
            Ok(true) if self.cells.is_last && self.content.grown() > 0 => {
                self.state = State::Ended;
                let line = self.cells.line;
                let what = format!("line {line} was still being written when it was read");
                Err(complaint(&self.path, &what).hint("wait until the file is complete"))
            }
            Ok(true) => Ok(true),
            Ok(false) => {
                self.state = State::Ended;
                Ok(false)
            }
            Err(fault) => {
                self.state = match fault.kind {
                    FaultKind::Malformed(_) => State::Malformed,
                    _ => State::Ended,
                };
                Err(faults::faulty(&self.path, &fault, &self.columns))
            }
        }
    }

    /// Takes the next row; says if there is one.
    fn take(&mut self) -> Result<bool, Raised> {
        while self.read()? {
            if self.is_empty() && (self.cells.len() > 1 || self.columns.len() > 1) {
                self.pass_over();
                continue;
            }
            self.number += 1;
            // What was read through is the same still: its chunks are known.
            let fit = match self.checked {
                Some(CheckedCsv { is_plain: true }) => Ok(()),
                Some(_) => self.take_cells(),
                None => self.fits().and_then(|()| self.take_cells()),
            };
            if fit.is_err() {
                self.state = State::Ended;
            }
            return fit.map(|()| true);
        }
        Ok(false)
    }

    /// Whether no cell of the record holds anything.
    fn is_empty(&self) -> bool {
        let ends_old_file = |text: &str| text == "\u{1a}" && self.cells.is_last;
        self.cells.iter().all(|cell| {
            let blanks = cell.trim();
            let text = if self.trims {
                without_invisible_ends(blanks)
            } else {
                blanks
            };
            text.is_empty() || ends_old_file(text)
        })
    }

    /// Counts a record without a value, unless it is a blank line.
    fn pass_over(&mut self) {
        if self.cells.len() > 1 {
            // Its number is kept free, as runs know it that went by numbers.
            self.number += 1;
            self.remarks.separators.add(self.cells.line, None, "");
        }
    }

    /// Refuses a record that is none under that header.
    fn fits(&self) -> Result<(), Raised> {
        if self.cells.has_lines
            && let Some((place, below)) =
                swallowed(&self.cells, self.form.delimiter, self.habits.is_spaced)
            && !self.is_as_is(place)
        {
            return Err(self.swallows(place, below));
        }
        if self.cells.len() != self.columns.len() {
            return Err(self.ragged());
        }
        let line = self.cells.line;
        if header::is_repeated(self.cells.iter(), &self.columns) {
            let what = format!("line {line} repeats the header");
            return Err(complaint(&self.path, &what).hint(header::CURE));
        }
        if self.as_is.is_empty() && header::is_rule(self.cells.iter()) {
            let what = format!("line {line} is a drawn line, not a row");
            return Err(complaint(&self.path, &what)
                .hint("remove the line, which some programs draw below the header"));
        }
        if self.columns.len() == 1 && self.parser.mixes_line_ends() {
            let what =
                format!("line {line}: some lines end in a carriage return alone, and some do not");
            return Err(complaint(&self.path, &what)
                .hint("save the file with one kind of line end: two rows may be parts of one"));
        }
        Ok(())
    }

    /// Takes the record's cells as they are meant.
    fn take_cells(&mut self) -> Result<(), Raised> {
        self.text.clear();
        self.ends.clear();
        let line = self.cells.line;
        // Of most rows one look says that there is nothing to say.
        let whole = self.cells.parts().0;
        let is_quiet = self.checked.is_some() || whole.is_ascii() && !has_control(whole);
        for (place, raw) in self.cells.iter().enumerate() {
            let column = &self.columns[place];
            let (cell, was_around) = if self.trims {
                trimmed(raw)
            } else {
                (raw, false)
            };
            if self.as_is.get(place).is_some_and(|is_so| *is_so) {
                self.text
                    .push_str(if self.trims { raw.trim() } else { raw });
                self.ends.push(self.text.len());
                continue;
            }
            if was_around && !is_quiet {
                self.remarks.around.add(line, Some(column), raw);
            }
            if !is_quiet && (has_unseen(cell) || has_control(cell)) {
                self.remarks.inside.add(line, Some(column), cell);
            }
            match reading(cell) {
                CellReading::Plain => self.text.push_str(cell),
                CellReading::Text(text) => {
                    if self.checked.is_none() {
                        self.remarks.unwrapped.add(line, Some(column), cell);
                    }
                    self.text.push_str(&text);
                }
                CellReading::Doubtful(doubt) => {
                    if self.checked.is_none() {
                        self.remarks.doubtful(doubt).add(line, Some(column), cell);
                    }
                    self.text.push_str(cell);
                }
                CellReading::Spoiled(how) => {
                    return Err(faults::spoiled(&self.path, line, column, cell, how));
                }
            }
            self.ends.push(self.text.len());
        }
        // No cell is ever taken longer than it is.
        self.is_plain &= self.text.len() == self.cells.parts().0.len();
        Ok(())
    }

    fn swallows(&self, place: usize, below: u64) -> Raised {
        let line = self.cells.line;
        let at = faults::place(line, self.columns.get(place));
        let rows = line + below;
        let what =
            format!("{at}: a quoted cell holds lines that look like rows, from line {rows} on");
        let stray = "look for a stray quote there";
        complaint(&self.path, &what).hint(match self.columns.get(place) {
            Some(column) => format!("{stray}; {}", faults::as_is(column)),
            None => stray.to_owned(),
        })
    }

    fn ragged(&self) -> Raised {
        let (cells, columns) = (self.cells.len(), self.columns.len());
        let count = |count: usize, noun| counted(count as u64, noun);
        let (found, wanted) = (count(cells, "cell"), count(columns, "column"));
        let what = format!("line {}: {found}, but {wanted}", self.cells.line);
        complaint(&self.path, &what).hint(if cells > columns {
            "put quotes around a cell that holds the delimiter"
        } else {
            "every row needs one cell per column, even if empty"
        })
    }

    /// After the last row: refuses a file that is not what it was.
    fn finish(&mut self) -> Result<(), Raised> {
        match self.content.finish() {
            Ok(grown) => {
                if self.checked.is_some() {
                    self.remarks = Remarks::default();
                }
                self.remarks.has_no_rows = self.checked.is_none() && self.number == 0;
                self.remarks.grown = grown;
                Ok(())
            }
            Err(error) => Err(faults::unreadable(&self.path, &error)),
        }
    }
}

/// A cell without what is around it that nobody sees, and whether there was more than blanks.
fn trimmed(cell: &str) -> (&str, bool) {
    let blanks = cell.trim_ascii();
    let bare = without_invisible_ends(blanks);
    (bare, bare.len() < blanks.len())
}

impl RowSource for CsvFile {
    fn path(&self) -> &str {
        &self.path
    }

    fn columns(&self) -> &Columns {
        &self.columns
    }

    fn place(&self) -> (u64, u64) {
        (self.cells.line, self.number)
    }

    fn advance(&mut self) -> Result<bool, Raised> {
        if self.state != State::Reading {
            return Ok(false);
        }
        let is_there = self.take()?;
        if !is_there {
            self.finish()?;
        }
        Ok(is_there)
    }

    fn next_row(&mut self) -> Result<Option<Row>, Raised> {
        if !self.advance()? {
            return Ok(None);
        }
        let (text, ends) = match self.checked {
            Some(CheckedCsv { is_plain: true }) => self.cells.parts(),
            _ => (self.text.as_str(), self.ends.as_slice()),
        };
        let record = RowText {
            text: text.into(),
            ends: ends.into(),
            line: self.cells.line,
            number: self.number,
        };
        let columns = Arc::clone(&self.columns);
        Ok(Some(if self.habits.marks_done {
            Row::new(columns, record)
        } else {
            Row::unmarked(columns, record, BTreeMap::new())
        }))
    }

    fn remarks(&mut self) -> Vec<String> {
        self.remarks.take(&self.path)
    }
}

#[cfg(test)]
mod tests;
