//! When a run was at work: its passes, its writes, the rows that ended.
//!
//! All moments are milliseconds of Unix time. A journal of an earlier version has
//! none; taken up again, it has them from then on.

use std::collections::HashMap;
use std::time::Duration;

use rusqlite::Connection;

use super::dates::Dated;
use super::moment::Moment;
use super::reading::Reading;
use super::schema::{column_or_null, has_column};
use super::snapshot::{read_snapshot, snapshots};
use super::stored::{OUTCOME_COLUMNS, ROW_COLUMNS, read_row};
use super::write::{Kept, WRITE_COLUMNS, read_write};
use super::{JournalError, RowRecord, State};

/// A time the run was started or taken up again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pass {
    /// When.
    pub began: i64,
    /// When it came to an end; one that was killed, or goes on, has none.
    pub ended: Option<i64>,
    /// How far the run had come then.
    pub state: Option<State>,
}

/// When a write was made, as far as the journal knows.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Timed {
    /// When it was about to be sent for the first time.
    pub begun: Option<i64>,
    /// When it was known what became of it.
    pub settled: Option<i64>,
    /// How long the server took, where it was asked and no later pass found out by other means.
    pub took: Option<Duration>,
}

/// The columns that date a write; a version that did not write them down has none.
pub(super) fn date_columns(reader: &Connection) -> rusqlite::Result<&'static str> {
    let is_dated =
        has_column(reader, "intents", "alive")? && has_column(reader, "outcomes", "settled")?;
    Ok(if is_dated {
        "intents.boot AS dated_boot, intents.alive AS dated_alive, settled AS dated_settled"
    } else {
        "NULL AS dated_boot, NULL AS dated_alive, NULL AS dated_settled"
    })
}

/// The dates of a write in such a row.
pub(super) fn read_dates(row: &rusqlite::Row<'_>) -> rusqlite::Result<Dated> {
    let boot: Option<i64> = row.get("dated_boot")?;
    let millis: Option<i64> = row.get("dated_alive")?;
    let moment = boot
        .zip(millis)
        .map(|(boot, millis)| Moment { boot, millis });
    Ok(Dated {
        moment,
        settled: row.get("dated_settled")?,
    })
}

impl Reading {
    /// When the writes of that action were made, by their numbers; nothing of those in a
    /// journal of a version that did not write it down.
    pub fn dates_of(&self, action: &str) -> Result<HashMap<i64, Dated>, JournalError> {
        let connection = self.connection()?;
        let read = || {
            let sql = format!(
                "SELECT intents.id, {} FROM intents
                 LEFT JOIN outcomes ON outcomes.intent = intents.id WHERE action = ? COLLATE NOCASE",
                date_columns(connection)?
            );
            let mut statement = connection.prepare(&sql)?;
            let dated = statement.query_map([action], |row| Ok((row.get(0)?, read_dates(row)?)))?;
            dated.collect::<rusqlite::Result<_>>()
        };
        read().map_err(|error| self.failed(&error))
    }

    /// The passes of the run, in their order; none where the journal is of a version
    /// that did not write them down.
    pub fn passes(&self) -> Result<Vec<Pass>, JournalError> {
        let connection = self.connection()?;
        let read = || {
            if !has_column(connection, "passes", "number")? {
                return Ok(Vec::new());
            }
            let sql = "SELECT began, ended, state FROM passes ORDER BY number";
            let mut statement = connection.prepare(sql)?;
            let passes = statement.query_map([], |row| {
                let state: Option<String> = row.get(2)?;
                Ok(Pass {
                    began: row.get(0)?,
                    ended: row.get(1)?,
                    state: state.as_deref().and_then(State::of_word),
                })
            })?;
            passes.collect()
        };
        read().map_err(|error| self.failed(&error))
    }

    /// What is read from now on is of this one moment, also while the run goes on.
    pub fn hold(&self) -> Result<(), JournalError> {
        let held = self.connection()?.execute_batch("BEGIN");
        held.map_err(|error| self.failed(&error))
    }

    /// Hands over the rows that ended, as [`Self::rows`] does, each with the moment it
    /// ended and the writes it made: `AddClient, AddOrder (in doubt)`.
    pub fn rows_in_time(
        &self,
        mut each: impl FnMut(RowRecord, Option<i64>, String),
    ) -> Result<(), JournalError> {
        let connection = self.connection()?;
        let mut hand_over = || {
            let ended = column_or_null(connection, "rows", "ended")?;
            let sql = format!(
                "SELECT {ROW_COLUMNS}, {ended}, (
                    SELECT group_concat(action || CASE outcomes.state WHEN 'done' THEN ''
                        ELSE ' (' || coalesce(outcomes.state, 'in doubt') || ')' END, ', ')
                    FROM intents LEFT JOIN outcomes ON outcomes.intent = intents.id
                    WHERE intents.row = rows.id)
                 FROM rows WHERE state <> 'replaced' ORDER BY bulk, number, id"
            );
            let mut statement = connection.prepare(&sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let writes: Option<String> = row.get(11)?;
                each(read_row(row)?, row.get(10)?, writes.unwrap_or_default());
            }
            Ok(())
        };
        hand_over().map_err(|error| self.failed(&error))
    }

    /// Hands over every write with its snapshot and its times, in the order of their intents.
    pub fn writes_in_time(&self, mut each: impl FnMut(Kept, Timed)) -> Result<(), JournalError> {
        let connection = self.connection()?;
        let mut hand_over = || {
            let (snapshots, joined) = snapshots(connection)?;
            let begun = column_or_null(connection, "intents", "begun")?;
            let settled = column_or_null(connection, "outcomes", "settled")?;
            let micros = column_or_null(connection, "outcomes", "micros")?;
            let sql = format!(
                "SELECT {WRITE_COLUMNS}, {OUTCOME_COLUMNS}, {snapshots}, {begun}, {settled}, {micros}
                 FROM intents LEFT JOIN outcomes ON outcomes.intent = intents.id
                 LEFT JOIN rows ON rows.id = intents.row {joined} ORDER BY intents.id"
            );
            let mut statement = connection.prepare(&sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let kept = Kept {
                    write: read_write(row)?,
                    snapshot: read_snapshot(row, 13)?,
                };
                let micros: Option<i64> = row.get(17)?;
                let timed = Timed {
                    begun: row.get(15)?,
                    settled: row.get(16)?,
                    took: micros.map(|micros| Duration::from_micros(micros.unsigned_abs())),
                };
                each(kept, timed);
            }
            Ok(())
        };
        hand_over().map_err(|error| self.failed(&error))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::{Map, json};

    use super::super::dates::now;
    use super::super::schema::TIMES;
    use super::super::tests::{created, created_database, map, reopened, row};
    use super::super::{Fingerprint, Journal, Outcome, RowState, read};
    use super::*;
    use crate::run::scope::Scope;

    fn written(journal: &Journal, key: &str, took: Option<Duration>) {
        let params = map(&json!({"email": key}));
        let fingerprint = Fingerprint::compute("AddClient", &params);
        let scope = Scope::row(key);
        let write = journal.intent(&scope, "AddClient", fingerprint, &params);
        let outcome = Outcome::Done(Map::new());
        let outcome = journal.outcome_after(write.unwrap(), outcome, took);
        outcome.unwrap();
        journal.row(row(key, 1, RowState::Done)).unwrap();
    }

    fn times(folder: &Path) -> (Vec<Timed>, Vec<Option<i64>>) {
        let reading = read(folder).unwrap();
        let (mut writes, mut rows) = (Vec::new(), Vec::new());
        reading
            .writes_in_time(|_, timed| writes.push(timed))
            .unwrap();
        reading
            .rows_in_time(|_, ended, writes| {
                assert_eq!(writes, "AddClient");
                rows.push(ended);
            })
            .unwrap();
        (writes, rows)
    }

    /// Takes away what earlier versions did not have.
    fn aged(folder: &Path) {
        let connection = Connection::open(folder.join("journal.sqlite")).unwrap();
        connection.execute_batch("DROP TABLE passes").unwrap();
        for (table, column) in TIMES {
            let sql = format!("ALTER TABLE {table} DROP COLUMN {column}");
            connection.execute_batch(&sql).unwrap();
        }
    }

    #[test]
    fn every_pass_write_and_row_has_its_times() {
        let before = now();
        let (folder, journal) = created();
        written(&journal, "a", Some(Duration::from_micros(1500)));
        journal.finish(State::Failed).unwrap();
        drop(journal);
        // One that finds everything done is a pass too; one that is killed has no end.
        reopened(folder.path()).finish(State::Done).unwrap();
        written(&reopened(folder.path()), "b", None);

        let (writes, rows) = times(folder.path());
        let within = |moment: i64| (before..=now()).contains(&moment);
        assert!(rows.iter().all(|ended| within(ended.unwrap())));
        assert!(writes.iter().all(|write| within(write.begun.unwrap())));
        assert!(writes.iter().all(|write| within(write.settled.unwrap())));
        let took: Vec<_> = writes.iter().map(|write| write.took).collect();
        assert_eq!(took, [Some(Duration::from_micros(1500)), None]);

        let passes = read(folder.path()).unwrap().passes().unwrap();
        let states: Vec<_> = passes.iter().map(|pass| pass.state).collect();
        assert_eq!(states, [Some(State::Failed), Some(State::Done), None]);
        let ends: Vec<_> = passes.iter().map(|pass| pass.ended.is_some()).collect();
        assert_eq!(ends, [true, true, false]);
        assert!(passes.is_sorted_by_key(|pass| pass.began));
    }

    #[test]
    fn a_journal_of_an_earlier_version_is_read_without_times_and_goes_on_with_them() {
        let (folder, journal) = created_database();
        written(&journal, "a", None);
        drop(journal);
        aged(folder.path());
        assert_eq!(
            times(folder.path()),
            (vec![Timed::default()], vec![None]),
            "read"
        );
        assert_eq!(read(folder.path()).unwrap().passes().unwrap(), []);

        written(&reopened(folder.path()), "b", None);
        let (writes, rows) = times(folder.path());
        assert_eq!(writes[0], Timed::default());
        assert!(writes[1].begun.is_some() && writes[1].settled.is_some());
        assert!(rows[0].is_none() && rows[1].is_some());
        assert_eq!(read(folder.path()).unwrap().passes().unwrap().len(), 1);
    }
}
