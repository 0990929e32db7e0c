//! What the journal has of the rows a source had, and of rows that changed their keys
//! or are gone.

use std::collections::HashMap;

use rusqlite::OptionalExtension as _;

use super::logged::KeptRows;
use super::reading::Reading;
use super::record::{DONE, IN_DOUBT, REPLACED};
use super::row_marks::RowMark;
use super::schema::has_table;
use super::store::Store;
use super::stored::{parsed, whole};
use super::stored_record::{RowsPart, SourceRecord, StoredRecord};
use super::{BulkRecord, Journal, JournalError, LoopPlace, RowMarks, RowState, read};

/// A row of an earlier pass.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Earlier {
    /// Its key in the journal.
    pub key: String,
    /// Its place among the rows.
    pub number: Option<u64>,
    /// The line of its file it started in.
    pub line: Option<u64>,
    /// How it ended; it was killed where there is none.
    pub state: Option<RowState>,
    /// Its columns and cells, as far as they were written down.
    pub cells: Vec<(String, String)>,
    /// Whether a write of it was applied or may have been.
    pub has_effect: bool,
}

/// So many rows go into one record of a log; one of all of them could be too long for it.
const TOGETHER: usize = 1 << 15;

impl Journal {
    /// The rows that the source of that bulk loop had when an earlier pass last came to it.
    pub fn source_before(&self, bulk: u64) -> Result<Option<KeptRows>, JournalError> {
        match &self.loops {
            Some(loops) => Ok(loops.source_in(self.folder(), bulk)),
            None => read(self.folder())?.source_of(bulk),
        }
    }

    /// The numbers of the loops that earlier passes came to, where each stands, and the
    /// highest number; `None` where the version that wrote them down kept no places.
    pub fn loops_before(&self) -> Option<(Vec<(u64, LoopPlace)>, u64)> {
        let loops = self.loops.as_ref()?;
        let is_placed = |bulk| loops.places.contains_key(bulk);
        if !loops.keys.keys().all(is_placed) {
            return None;
        }
        let places = loops.places.iter();
        let places = places.map(|(bulk, place)| (*bulk, place.clone()));
        let known = loops.places.keys().chain(loops.sources.keys());
        Some((places.collect(), known.max().copied().unwrap_or(0)))
    }

    /// Writes down where a bulk loop stands in the script.
    ///
    /// Waits and errs as [`Self::outcome`] does.
    pub fn loop_stands(&self, bulk: u64, place: &LoopPlace) -> Result<(), JournalError> {
        put(&self.store, SourceRecord::Place(bulk, place.clone()))
    }

    /// The keys of rows that an earlier pass found to go on by another, and that other.
    pub fn joined_before(&self) -> Result<HashMap<String, String>, JournalError> {
        match &self.loops {
            Some(loops) => Ok(loops.joined.clone()),
            None => read(self.folder())?.joined(),
        }
    }

    /// Writes down which rows the source of a bulk loop has.
    ///
    /// Waits and errs as [`Self::outcome`] does.
    pub fn source(&self, bulk: u64, rows: &RowMarks) -> Result<(), JournalError> {
        let together = match self.store {
            Store::Log(_) => TOGETHER,
            Store::Database(_) => rows.len().max(1),
        };
        let mut from = 0;
        for marks in rows.in_parts(together) {
            let part = RowsPart {
                bulk,
                rows: rows.len() as u64,
                from,
                marks,
            };
            from += part.len();
            put(&self.store, SourceRecord::Rows(part))?;
        }
        Ok(())
    }

    /// Lets go of what is known of the rows of all sources beside their keys, which the run's
    /// dice told and nobody can compare without them.
    pub fn forget_cells(&mut self) -> Result<(), JournalError> {
        let bulks: Vec<u64> = match &self.loops {
            Some(loops) => loops.sources.keys().copied().collect(),
            None => read(self.folder())?.sources()?,
        };
        for bulk in bulks {
            let Some(kept) = self.source_before(bulk)? else {
                continue;
            };
            let bare = kept.load()?.bare();
            self.source(bulk, &bare)?;
            if let Some(loops) = &mut self.loops {
                loops.bare.insert(bulk, bare);
            }
        }
        Ok(())
    }

    /// Writes down that the row of the one key goes on by the other, which it had before.
    ///
    /// Waits and errs as [`Self::outcome`] does.
    pub fn join_row(&self, new: &str, old: &str) -> Result<(), JournalError> {
        put(
            &self.store,
            SourceRecord::Joined(new.to_owned(), old.to_owned()),
        )
    }

    /// Writes down that a row which did nothing is no row of the run any more.
    ///
    /// Waits and errs as [`Self::outcome`] does.
    pub fn replace_row(&self, key: &str) -> Result<(), JournalError> {
        put(&self.store, SourceRecord::Replaced(key.to_owned()))
    }
}

fn put(store: &Store, record: SourceRecord) -> Result<(), JournalError> {
    store.put(StoredRecord::Source(record))
}

impl Reading {
    /// The rows that the source of that bulk loop had when a pass last came to it.
    pub fn source_of(&self, bulk: u64) -> Result<Option<KeptRows>, JournalError> {
        if let Some(survey) = self.survey() {
            return Ok(survey.loops.source_in(self.folder(), bulk));
        }
        let connection = self.run_connection()?;
        let read = || {
            if !has_table(connection, "sources")? {
                return Ok(None);
            }
            let sql = "SELECT marks FROM sources WHERE bulk = ?";
            let read = connection.query_row(sql, [whole(bulk)], |row| {
                let marks = RowMark::all_in(row.get_ref(0)?.as_blob()?).collect();
                Ok(KeptRows::here(self.folder(), marks))
            });
            read.optional()
        };
        read().map_err(|error| self.failed(&error))
    }

    /// The numbers of the bulk loops of whose sources something is known.
    fn sources(&self) -> Result<Vec<u64>, JournalError> {
        let connection = self.run_connection()?;
        let read = || {
            if !has_table(connection, "sources")? {
                return Ok(Vec::new());
            }
            let mut statement = connection.prepare("SELECT bulk FROM sources")?;
            let sources =
                statement.query_map([], |row| Ok(row.get::<_, i64>(0)?.unsigned_abs()))?;
            sources.collect()
        };
        read().map_err(|error| self.failed(&error))
    }

    /// The keys of rows that go on by another, and that other.
    pub fn joined(&self) -> Result<HashMap<String, String>, JournalError> {
        let connection = self.run_connection()?;
        let read = || {
            if !has_table(connection, "joined")? {
                return Ok(HashMap::new());
            }
            let mut statement = connection.prepare("SELECT new, old FROM joined")?;
            let joined = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            joined.collect()
        };
        read().map_err(|error| self.failed(&error))
    }

    /// Hands over the rows whose keys are wanted, those too that did not end.
    pub fn earlier(
        &self,
        bulks: &[BulkRecord],
        is_wanted: impl Fn(&str) -> bool,
        mut each: impl FnMut(Earlier),
    ) -> Result<(), JournalError> {
        let sql = format!(
            "SELECT key, number, line, state, bulk, original, EXISTS (
                 SELECT 1 FROM intents LEFT JOIN outcomes ON outcomes.intent = intents.id
                 WHERE intents.row = rows.id
                   AND (outcomes.state IS NULL OR outcomes.state IN ('{DONE}', '{IN_DOUBT}')))
             FROM rows WHERE state IS NULL OR state <> '{REPLACED}'"
        );
        let connection = self.connection()?;
        let mut read = || {
            let mut statement = connection.prepare(&sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                if is_wanted(row.get_ref(0)?.as_str()?) {
                    each(read_earlier(row, bulks)?);
                }
            }
            Ok(())
        };
        read().map_err(|error| self.failed(&error))
    }
}

fn read_earlier(row: &rusqlite::Row<'_>, bulks: &[BulkRecord]) -> rusqlite::Result<Earlier> {
    let number =
        |place| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(place)?.map(i64::unsigned_abs));
    let state: Option<String> = row.get(3)?;
    let bulk = number(4)?;
    let cells: Vec<String> = match row.get_ref(5)?.as_str_or_null()? {
        Some(text) => parsed(5, text)?,
        None => Vec::new(),
    };
    let bulk = bulks.iter().find(|known| Some(known.number) == bulk);
    let columns = bulk.map_or(&[][..], |bulk| &bulk.columns);
    Ok(Earlier {
        key: row.get(0)?,
        number: number(1)?,
        line: number(2)?,
        state: state.as_deref().and_then(RowState::of_word),
        cells: columns.iter().cloned().zip(cells).collect(),
        has_effect: row.get(6)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::log::LogEntry;
    use super::super::loops::KnownLoops;
    use super::super::read;
    use super::super::tests::{created, reopened};
    use super::super::{LoopPlace, RowMark, RowMarks};
    use super::RowsPart;

    #[test]
    fn the_rows_of_a_source_and_the_joined_keys_are_there_in_the_next_pass() {
        let (folder, journal) = created();
        let marks: RowMarks = ["a", "b"]
            .map(|key| RowMark::make(&[0; 32], key, key, std::iter::empty::<&str>()))
            .into_iter()
            .collect();
        journal.source(1, &RowMarks::default()).unwrap();
        journal.source(1, &marks).unwrap();
        journal.join_row("b", "a").unwrap();
        drop(journal);
        drop(reopened(folder.path()));
        let reading = read(folder.path()).unwrap();
        let kept = reading.source_of(1).unwrap().unwrap();
        assert!(kept.are(&marks).unwrap() && kept.have_keys_of(&marks.bare()).unwrap());
        assert!(!kept.are(&marks.bare()).unwrap() && !kept.are(&RowMarks::default()).unwrap());
        assert_eq!(kept.load().unwrap(), marks);
        assert!(reading.source_of(2).unwrap().is_none());
        assert_eq!(reading.joined().unwrap()["b"], "a");
    }

    fn marks(of: std::ops::Range<u32>) -> RowMarks {
        of.map(|number| RowMark::of_key(&number.to_string()))
            .collect()
    }

    #[test]
    fn the_rows_of_a_source_may_be_more_than_one_record_holds() {
        let (folder, journal) = created();
        let all = marks(0..100_000);
        journal.source(1, &all).unwrap();
        journal.source(2, &marks(0..3)).unwrap();
        drop(journal);
        let journal = reopened(folder.path());
        let kept = journal.source_before(1).unwrap().unwrap();
        assert!(kept.are(&all).unwrap() && !kept.are(&marks(1..100_001)).unwrap());
        assert_eq!(kept.load().unwrap(), all);
        // What this pass writes down is for the next one.
        journal.source(1, &marks(5..70_000)).unwrap();
        drop(journal);
        let reading = read(folder.path()).unwrap();
        let kept = reading.source_of(1).unwrap().unwrap();
        assert_eq!(kept.load().unwrap(), marks(5..70_000));
        assert!(
            reading
                .source_of(2)
                .unwrap()
                .unwrap()
                .are(&marks(0..3))
                .unwrap()
        );
    }

    #[test]
    fn rows_that_were_not_written_down_to_their_end_take_nobodys_place() {
        let entry = |offset| LogEntry {
            sequence: 1,
            group: 1,
            kind: 0,
            offset,
            body: &[],
        };
        let part = |rows, from, of| RowsPart {
            bulk: 1,
            rows,
            from,
            marks: marks(of).in_parts(9).next().unwrap(),
        };
        let mut known = KnownLoops::default();
        known.take_rows(&part(3, 0, 0..3), entry(7));
        let before = known.sources[&1].clone();
        known.take_rows(&part(4, 0, 0..2), entry(8));
        assert_eq!(known.sources[&1], before);
        // The next pass begins anew.
        known.take_rows(&part(4, 0, 0..2), entry(9));
        assert_eq!(known.sources[&1], before);
        known.take_rows(&part(4, 2, 2..4), entry(10));
        assert_ne!(known.sources[&1], before);
    }

    #[test]
    fn loops_are_where_they_last_stood_and_without_places_they_go_by_their_order() {
        let (folder, journal) = created();
        let place = |text: &str| LoopPlace {
            text: text.to_owned(),
            all: vec![text.to_owned()],
            ..LoopPlace::default()
        };
        for (bulk, text) in [(1, "a"), (2, "b"), (1, "a2")] {
            journal.loop_stands(bulk, &place(text)).unwrap();
            journal.rows_go_by(bulk, "id").unwrap();
        }
        assert_eq!(journal.loops_before(), Some((Vec::new(), 0)));
        drop(journal);
        let journal = reopened(folder.path());
        let (mut known, last) = journal.loops_before().unwrap();
        known.sort_by_key(|(bulk, _)| *bulk);
        assert_eq!((known, last), (vec![(1, place("a2")), (2, place("b"))], 2));
        // As an earlier version leaves it.
        journal.rows_go_by(3, "id").unwrap();
        drop(journal);
        assert_eq!(reopened(folder.path()).loops_before(), None);
    }
}
