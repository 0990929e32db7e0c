//! Reads a list from a file, and finds what is wrong with it.

use std::borrow::Cow;
use std::io::{self, BufRead, Read as _};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::numbers::{self, Unkept};
use super::once::{self, Once};
use super::{End, FORMAT, FrozenHead, Marked};
use crate::run::plan::bound::hex;

/// The longest line that can be a record, in bytes.
const LONGEST: u64 = 16 * 1024 * 1024;
/// The mark that some programs put before a text.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Why a file is no list, or is not whole.
#[derive(Debug, Error)]
pub enum Fault {
    /// The file cannot be read.
    #[error(transparent)]
    Unreadable(#[from] io::Error),
    /// A line is none of a list.
    #[error("line {line} {what}")]
    Line {
        /// Which, from 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// A number in a line whose digits are not what it says.
    #[error("line {line}, field `{field}`: the number `{number}` would be sent in other digits")]
    Number {
        /// Which line, from 1.
        line: u64,
        /// The field of the record.
        field: String,
        /// The number as it stands there.
        number: String,
    },
    /// The file says more, or other, than it holds.
    #[error("{0}")]
    Broken(String),
    /// The format is of a later version.
    #[error("is a frozen list of format {0}, written by a later version of whmcsh")]
    Later(u32),
}

/// A list in a file, record by record.
pub struct Reader<R> {
    input: R,
    head: Option<FrozenHead>,
    digest: Sha256,
    line: u64,
    records: u64,
    is_over: bool,
    /// How many lines have nothing in them, and the first of these.
    blank: (u64, u64),
    /// A line that was read already.
    waiting: Option<Vec<u8>>,
}

impl<R: BufRead> Reader<R> {
    /// Begins to read.
    ///
    /// # Errors
    /// The first line is too long, or is the head of a later version.
    pub fn begin(input: R) -> Result<Self, Fault> {
        let mut reader = Self {
            input,
            head: None,
            digest: Sha256::new(),
            line: 0,
            records: 0,
            is_over: false,
            blank: (0, 0),
            waiting: None,
        };
        let Some(first) = reader.line()? else {
            return Ok(reader);
        };
        if let Some(version) = marked::<Version>(&first)
            && version.format > FORMAT
        {
            return Err(Fault::Later(version.format));
        }
        reader.head = marked(&first);
        if let Some(at) = reader.head.as_ref().filter(|head| head.at().is_none()) {
            let what = format!(
                "has a broken head: line 1 says `at` is `{}`, not a time",
                at.at
            );
            return Err(Fault::Broken(what));
        }
        let is_marked = marked::<Value>(&first).is_some() && marked::<End>(&first).is_none();
        if reader.head.is_none() && is_marked {
            let what = "has a broken head: line 1 lacks the server, the format or the time";
            return Err(Fault::Broken(what.to_owned()));
        }
        match &reader.head {
            Some(_) => reader.digest.update(&first),
            None => reader.waiting = Some(first),
        }
        Ok(reader)
    }

    /// What the first line says of the list; `None` of one that was not frozen.
    pub const fn head(&self) -> Option<&FrozenHead> {
        self.head.as_ref()
    }

    /// How many records so far were read.
    pub const fn records(&self) -> u64 {
        self.records
    }

    /// The number of the line it is at, from 1.
    pub const fn line_number(&self) -> u64 {
        self.line
    }

    /// How many lines so far have nothing in them, and the number of the first of these.
    pub const fn blank_lines(&self) -> (u64, u64) {
        self.blank
    }

    /// The next record; `None` after the last, once the list was found to be whole.
    ///
    /// # Errors
    /// What is wrong with the next line, or with the file.
    pub fn record(&mut self) -> Result<Option<Map<String, Value>>, Fault> {
        if self.is_over {
            return Ok(None);
        }
        let Some(line) = self
            .waiting
            .take()
            .map_or_else(|| self.line(), |line| Ok(Some(line)))?
        else {
            self.is_over = true;
            return match &self.head {
                Some(_) => Err(Fault::Broken(format!(
                    "is cut off after line {}: its last line is missing",
                    self.line
                ))),
                None => Ok(None),
            };
        };
        match (marked::<End>(&line), &self.head) {
            (Some(end), Some(_)) => return self.end(&end).map(|()| None),
            (Some(_), None) => {
                let lost = "is cut off: its first line is missing".to_owned();
                return Err(Fault::Broken(lost));
            }
            (None, Some(_)) => self.digest.update(&line),
            (None, None) => {}
        }
        self.records += 1;
        // What was frozen was written by us: its numbers are as we write them.
        let line = match &self.head {
            Some(_) => Cow::Borrowed(&line[..]),
            None => numbers::kept(&line).map_err(|unkept| self.unkept(unkept))?,
        };
        match record(&line) {
            Ok(record) => Ok(Some(record)),
            // Nothing that was frozen is like that.
            Err(what) if self.head.is_some() => {
                let line = self.line;
                let told = format!(
                    "was edited after it was frozen, or is cut off: line {line} \
                     {what}"
                );
                Err(Fault::Broken(told))
            }
            Err(what) => Err(self.wrong(what)),
        }
    }

    /// The next line that is not blank, as it stands there.
    fn line(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        loop {
            let mut line = Vec::new();
            let read = (&mut self.input)
                .take(LONGEST)
                .read_until(b'\n', &mut line)?;
            if read == 0 {
                return Ok(None);
            }
            self.line += 1;
            if read as u64 == LONGEST {
                return Err(self.wrong("is longer than any record: a list has one record per line"));
            }
            if self.line == 1 && line.starts_with(BOM) {
                line.drain(..BOM.len());
            }
            if !line.trim_ascii().is_empty() || self.head.is_some() {
                return Ok(Some(line));
            }
            let (count, first) = self.blank;
            let first = if count == 0 { self.line } else { first };
            self.blank = (count + 1, first);
        }
    }

    /// Compares the file with what its last line says.
    fn end(&mut self, end: &End) -> Result<(), Fault> {
        self.is_over = true;
        let (records, line) = (self.records, self.line);
        if self.line()?.is_some() {
            return Err(Fault::Broken(format!(
                "continues after its end in line {line}"
            )));
        }
        if records != end.records {
            let said = end.records;
            return Err(Fault::Broken(format!(
                "has {records} records, and had {said} when it was frozen"
            )));
        }
        if hex(&self.digest.clone().finalize()) != end.sha256 {
            return Err(Fault::Broken("was edited after it was frozen".to_owned()));
        }
        Ok(())
    }

    fn unkept(&self, Unkept { field, number }: Unkept) -> Fault {
        let line = self.line;
        Fault::Number {
            line,
            field,
            number,
        }
    }

    fn wrong(&self, what: impl Into<String>) -> Fault {
        Fault::Line {
            line: self.line,
            what: what.into(),
        }
    }
}

/// The version alone, which heads of all versions have.
#[derive(serde::Deserialize)]
struct Version {
    format: u32,
}

/// What a line says that is no record.
fn marked<T: DeserializeOwned>(line: &[u8]) -> Option<T> {
    let begins = line.trim_ascii_start().starts_with(b"{\"_frozen\"");
    let marked = begins.then(|| serde_json::from_slice::<Marked<T>>(line).ok());
    Some(marked??.frozen)
}

/// The record in a line.
fn record(line: &[u8]) -> Result<Map<String, Value>, String> {
    match serde_json::from_slice(line).map(|Once(value)| value) {
        Ok(Value::Object(record)) => Ok(record),
        Ok(Value::Array(_)) => Err("is an array, but a record is an object".to_owned()),
        Ok(_) => Err("is not an object, as every record is".to_owned()),
        Err(error) if error.is_eof() => {
            Err("is cut off, or continues on the next: a list has one \
            record per line"
                .to_owned())
        }
        Err(error) if error.is_data() => Err(once::reason(&error)),
        Err(error) => Err(format!("is not JSON, at column {}", error.column())),
    }
}
