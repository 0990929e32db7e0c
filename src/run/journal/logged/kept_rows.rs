//! The rows that a source had, left where the log keeps them until they are asked for.
//!
//! Eight bytes a row are many for millions of rows, and nearly always it is only asked
//! whether they are those of now.

use std::path::{Path, PathBuf};

use super::super::error::JournalError;
use super::super::log::{LOG, LogEntry, ShownLog};
use super::super::row_marks::{RowMark, RowMarks};
use super::super::stored_record::{RowsPart, SourceRecord, StoredRecord};
use super::failure::of_log;
use super::records::{self, Logged};

/// Where in a log the rows of a source stand, in so many records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowPlaces {
    rows: u64,
    /// How many of them are known.
    known: u64,
    /// Where the body of each record stands, and its kind.
    bodies: Vec<(u64, u8)>,
}

impl RowPlaces {
    /// Takes in a record that has a part of them.
    pub fn take(&mut self, part: &RowsPart, entry: LogEntry<'_>) {
        if part.from == 0 {
            *self = Self::default();
        }
        self.rows = part.rows;
        self.known += part.len();
        self.bodies.push((entry.offset, entry.kind));
    }

    /// Whether all of them are there: a pass may have been killed while it wrote them down,
    /// and then it did nothing of them.
    pub const fn are_whole(&self) -> bool {
        self.known == self.rows
    }
}

/// The rows of a source as a journal keeps them.
#[derive(Clone, Debug)]
pub struct KeptRows {
    folder: PathBuf,
    kept: Kept,
}

#[derive(Clone, Debug)]
enum Kept {
    Here(RowMarks),
    Log(RowPlaces),
}

impl KeptRows {
    /// Those that stand there in the log of that folder.
    pub fn in_log(folder: &Path, places: RowPlaces) -> Self {
        Self {
            folder: folder.to_owned(),
            kept: Kept::Log(places),
        }
    }

    /// Those that were read already.
    pub fn here(folder: &Path, rows: RowMarks) -> Self {
        Self {
            folder: folder.to_owned(),
            kept: Kept::Here(rows),
        }
    }

    /// Whether they are the same rows with the same cells.
    pub fn are(&self, now: &RowMarks) -> Result<bool, JournalError> {
        self.are_all(now, |then, now| then == now)
    }

    /// Whether they have the same keys.
    pub fn have_keys_of(&self, now: &RowMarks) -> Result<bool, JournalError> {
        self.are_all(now, RowMark::has_key_of)
    }

    /// All of them.
    pub fn load(&self) -> Result<RowMarks, JournalError> {
        if let Kept::Here(rows) = &self.kept {
            return Ok(rows.clone());
        }
        let mut marks = Vec::new();
        self.each(|mark| {
            marks.push(mark);
            true
        })?;
        Ok(marks.into_iter().collect())
    }

    fn are_all(
        &self,
        now: &RowMarks,
        is_same: impl Fn(RowMark, RowMark) -> bool,
    ) -> Result<bool, JournalError> {
        if self.len() != now.len() as u64 {
            return Ok(false);
        }
        // Both are sorted.
        let mut now = now.iter();
        self.each(|then| now.next().is_some_and(|now| is_same(then, now)))
    }

    fn len(&self) -> u64 {
        match &self.kept {
            Kept::Here(rows) => rows.len() as u64,
            Kept::Log(places) => places.rows,
        }
    }

    /// Hands them over in order as long as they are as they should be; whether all were.
    fn each(&self, mut is_fit: impl FnMut(RowMark) -> bool) -> Result<bool, JournalError> {
        let places = match &self.kept {
            Kept::Here(rows) => return Ok(rows.iter().all(is_fit)),
            Kept::Log(places) => places,
        };
        let failed = |error| of_log(&self.folder, &error);
        let log = ShownLog::open(&self.folder.join(LOG)).map_err(failed)?;
        let mut bodies = log.bodies().map_err(failed)?;
        for (offset, kind) in &places.bodies {
            let body = bodies.at(*offset).map_err(failed)?;
            let Ok(Logged::Other(StoredRecord::Source(SourceRecord::Rows(part)))) =
                records::read(*kind, body)
            else {
                let why = "the rows of its source have changed";
                return Err(JournalError::corrupt(&self.folder, why));
            };
            if !part.marks().all(&mut is_fit) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
