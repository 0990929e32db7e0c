//! The rows that ended, straight from the log: spares the tables where only they are wanted.
//!
//! Of each row the place of its last record is kept, in 24 bytes; what it says is read when it
//! is handed over.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::super::error::JournalError;
use super::super::log::{Entry, LOG, ShownLog};
use super::super::record::BulkRecord;
use super::super::stored::StoredRow;
use super::super::stored_record::{SourceRecord, StoredRecord};
use super::failure::{of_log, unreadable};
use super::fields::Unreadable;
use super::records::{self, BULK, Logged, ROW, SOURCE};
use super::survey::mark;

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
    number: u64,
    offset: u64,
    bulk: u32,
    /// How long its body is; none is of no bytes.
    length: u32,
}

/// What is found of rows on the way through a log.
#[derive(Default)]
struct Found {
    /// By the numbers of the rows.
    places: Vec<Place>,
    bulks: HashMap<u64, BulkRecord>,
    /// Whether a later record says of rows before it what their own do not.
    is_put_right: bool,
}

impl EndedRows {
    /// Those up to that record; none where what became of them later only tables tell.
    pub fn of(folder: &Path, last: u64) -> Result<Option<Self>, JournalError> {
        let failed = |error| of_log(folder, &error);
        let log = ShownLog::open(&folder.join(LOG)).map_err(failed)?;
        let mut found = Found::default();
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
        if found.is_put_right {
            return Ok(None);
        }
        let mut places = found.places;
        places.retain(|place| place.length > 0);
        // Of two with one number the one that began first comes first.
        places.sort_by_key(|place| (place.bulk, place.number));
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
        let corrupt = |why| JournalError::corrupt(&self.folder, why);
        let mut bodies = self
            .log
            .bodies()
            .map_err(|error| of_log(&self.folder, &error))?;
        for place in &self.places {
            let body = bodies.at(place.offset, place.length as usize);
            let body = body.map_err(|error| of_log(&self.folder, &error))?;
            let Ok(Logged::Row(_, row)) = records::read(ROW, body) else {
                return Err(corrupt(format!("row {} is not what it was", place.number)));
            };
            each(*row).map_err(|why| corrupt(format!("row {}: {why}", place.number)))?;
        }
        Ok(())
    }
}

impl Found {
    fn take(&mut self, entry: Entry<'_>) -> Result<(), Unreadable> {
        match entry.kind {
            ROW => {
                let fields = records::parse(entry.kind, entry.body)?;
                *mark(&mut self.places, fields.number(1)?)? = Place {
                    number: fields.number(5)?.unsigned_abs(),
                    offset: entry.offset,
                    bulk: u32::try_from(fields.number(4)?).map_err(|_| Unreadable::Odd)?,
                    length: u32::try_from(entry.body.len()).map_err(|_| Unreadable::Odd)?,
                };
            }
            BULK | SOURCE => match records::read(entry.kind, entry.body)? {
                Logged::Other(StoredRecord::Bulk(bulk)) => {
                    let before = self.bulks.insert(bulk.number, (*bulk).clone());
                    self.is_put_right |= before.is_some_and(|before| before != *bulk);
                }
                Logged::Other(StoredRecord::Source(SourceRecord::Replaced(_))) => {
                    self.is_put_right = true;
                }
                _ => {}
            },
            _ => {}
        }
        Ok(())
    }
}
