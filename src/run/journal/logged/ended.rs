//! The rows that ended, straight from the log: spares the tables where only they are wanted.
//!
//! Of each row the place of its last record is kept, in 12 bytes; what it says is read when it
//! is handed over.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::super::error::JournalError;
use super::super::log::{LOG, LogEntry, ShownLog};
use super::super::record::BulkRecord;
use super::super::stored::StoredRow;
use super::super::stored_record::{SourceRecord, StoredRecord};
use super::failure::{of_log, unreadable};
use super::fields::Unreadable;
use super::records::{self, BULK, Logged, ROW, SOURCE};
use super::survey::mark;

/// What is said of a record that was verified and cannot be read any more.
const NOT_AS_IT_WAS: &str = "it was changed";

/// The rows of a log that ended.
pub struct EndedRows {
    folder: PathBuf,
    log: ShownLog,
    /// In the order of their loops and numbers.
    places: Vec<Place>,
}

/// Where the last record of a row stands.
#[derive(Clone, Copy, Default)]
struct Place {
    /// The number of its loop, and below it the highest 16 bits of where its body stands.
    bulk_and_offset: u32,
    /// The rest of where its body stands in the log, where none is at the beginning.
    offset: u32,
    number: u32,
}

impl Place {
    /// A place; none where a number is too high for it.
    fn check(bulk: i64, number: i64, entry: LogEntry<'_>) -> Option<Self> {
        let bulk = u16::try_from(bulk).ok()?;
        let high = u16::try_from(entry.offset >> 32).ok()?;
        Some(Self {
            bulk_and_offset: u32::from(bulk) << 16 | u32::from(high),
            offset: u32::try_from(entry.offset & u64::from(u32::MAX)).ok()?,
            number: number.try_into().ok()?,
        })
    }

    const fn bulk(self) -> u32 {
        self.bulk_and_offset >> 16
    }

    fn offset(self) -> u64 {
        u64::from(self.bulk_and_offset & 0xffff) << 32 | u64::from(self.offset)
    }

    const fn is_none(self) -> bool {
        self.bulk_and_offset == 0 && self.offset == 0
    }
}

/// What is found of rows on the way through a log.
#[derive(Default)]
struct Found {
    /// By the numbers of the rows.
    places: Vec<Place>,
    bulks: HashMap<u64, BulkRecord>,
    /// Whether a later record says of rows before it what their own do not, or a number is
    /// too high for a place.
    needs_tables: bool,
}

impl EndedRows {
    /// Those up to that record, with numbers up to about that one; none where what became of
    /// them later only tables tell.
    pub fn read(folder: &Path, (last, last_row): (u64, i64)) -> Result<Option<Self>, JournalError> {
        let failed = |error| of_log(folder, &error);
        let log = ShownLog::open(&folder.join(LOG)).map_err(failed)?;
        let mut found = Found::default();
        // At once: grown piece by piece, it would take the same again while it is copied.
        let rows = usize::try_from(last_row).unwrap_or(0).saturating_add(1);
        let _ = found.places.try_reserve_exact(rows);
        let mut unknown = None;
        let scanned = log.scan(|entry| {
            if unknown.is_none()
                && entry.sequence <= last
                && let Err(why) = found.take(entry)
            {
                unknown = Some((entry.sequence, why));
            }
        });
        let scanned = scanned.map_err(failed)?;
        if let Some((sequence, why)) = unknown {
            return Err(unreadable(folder, sequence, why, &scanned));
        }
        if found.needs_tables {
            return Ok(None);
        }
        let mut places = found.places;
        places.retain(|place| !place.is_none());
        // In place: a million of them have no room for a copy.
        places.sort_unstable_by_key(|place| (place.bulk(), place.number, place.offset()));
        Ok(Some(Self {
            folder: folder.to_owned(),
            log,
            places,
        }))
    }

    /// Hands them over, loop by loop in the order of their numbers.
    pub fn each(
        &self,
        mut each: impl FnMut(StoredRow) -> serde_json::Result<()>,
    ) -> Result<(), JournalError> {
        self.each_body(|body| match records::read(ROW, body) {
            Ok(Logged::Row(_, row)) => each(*row).map_err(|why| why.to_string()),
            _ => Err(NOT_AS_IT_WAS.to_owned()),
        })
    }

    /// Hands over the loop of each and what its closure returned, in the same order.
    pub fn each_returned(
        &self,
        mut each: impl FnMut(u64, &str) -> serde_json::Result<()>,
    ) -> Result<(), JournalError> {
        self.each_body(|body| {
            let read = || -> Result<_, Unreadable> {
                let fields = records::parse(ROW, body)?;
                Ok((fields.number(4)?.unsigned_abs(), fields.text(8)?))
            };
            let (bulk, returned) = read().map_err(|_| NOT_AS_IT_WAS.to_owned())?;
            each(bulk, returned).map_err(|why| why.to_string())
        })
    }

    fn each_body(
        &self,
        mut each: impl FnMut(&[u8]) -> Result<(), String>,
    ) -> Result<(), JournalError> {
        let mut bodies = self
            .log
            .bodies()
            .map_err(|error| of_log(&self.folder, &error))?;
        for place in &self.places {
            let body = bodies.at(place.offset());
            let body = body.map_err(|error| of_log(&self.folder, &error))?;
            each(body).map_err(|why| {
                JournalError::corrupt(&self.folder, format!("row {}: {why}", place.number))
            })?;
        }
        Ok(())
    }
}

impl Found {
    fn take(&mut self, entry: LogEntry<'_>) -> Result<(), Unreadable> {
        match entry.kind {
            ROW => {
                let fields = records::parse(entry.kind, entry.body)?;
                let place = Place::check(fields.number(4)?, fields.number(5)?, entry);
                match place {
                    Some(place) => *mark(&mut self.places, fields.number(1)?)? = place,
                    None => self.needs_tables = true,
                }
            }
            BULK | SOURCE => match records::read(entry.kind, entry.body)? {
                Logged::Other(StoredRecord::Bulk(bulk)) => {
                    let before = self.bulks.insert(bulk.number, (*bulk).clone());
                    self.needs_tables |= before.is_some_and(|before| before != *bulk);
                }
                Logged::Other(StoredRecord::Source(SourceRecord::Replaced(_))) => {
                    self.needs_tables = true;
                }
                _ => {}
            },
            _ => {}
        }
        Ok(())
    }
}
