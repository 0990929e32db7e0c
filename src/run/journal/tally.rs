//! What the journal of a run comes to: its loops, why rows failed, what was written.
//!
//! The database does the counting, so that none of it grows with the rows.

use std::collections::HashSet;

use rusqlite::Connection;
use serde_json::{Map, Value};

use super::bulks::{BULK_COLUMNS, read_bulk};
use super::logged::EndedRows;
use super::reading::Reading;
use super::stored::{ROW_COLUMNS, read_row};
use super::{BulkRecord, Journal, JournalError, RowRecord, read};

/// Why rows failed or are in doubt.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reason {
    /// What their errors say.
    pub text: String,
    /// How many rows there are of it.
    pub count: u64,
    /// The first of them, by its number.
    pub first: u64,
}

impl Journal {
    /// The columns of that bulk loop in which secrets were found so far.
    pub fn hidden_of(&self, bulk: u64) -> Result<Vec<String>, JournalError> {
        if let Some(hidden) = self.store.hidden_of(bulk) {
            return Ok(hidden);
        }
        let bulks = read(self.folder())?.bulks()?.into_iter();
        let found = bulks.into_iter().find(|known| known.number == bulk);
        Ok(found.map_or_else(Vec::new, |bulk| bulk.hidden))
    }

    /// How many writes of the run ended for sure, and how many more may have been sent, by
    /// what this process knows: also where its folder is gone.
    pub fn writes_so_far(&self) -> Option<(u64, u64)> {
        self.store.writes()
    }
}

impl Reading {
    /// The bulk loops whose rows ended, in their order.
    pub fn bulks(&self) -> Result<Vec<BulkRecord>, JournalError> {
        if let Some(survey) = self.survey() {
            return Ok(survey.bulks.values().cloned().collect());
        }
        let sql = format!("SELECT {BULK_COLUMNS} FROM bulks ORDER BY number");
        select(self.run_connection()?, &sql, read_bulk).map_err(|error| self.failed(&error))
    }

    /// The columns that closures returned, each with its loop, as they first appear.
    pub fn returned(&self) -> Result<Vec<(u64, String)>, JournalError> {
        if let Some(ended) = self.ended_rows()? {
            return returned_by(ended);
        }
        let sql = "SELECT bulk, json_each.key FROM rows, json_each(rows.columns)
            WHERE state <> 'replaced' AND columns <> '{}'
            GROUP BY bulk, json_each.key ORDER BY bulk, min(number), min(json_each.id)";
        self.of_rows(sql, |row| {
            Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?))
        })
    }

    /// The commonest reasons why rows failed or are in doubt, at most so many.
    pub fn reasons(&self, most: usize) -> Result<Vec<Reason>, JournalError> {
        let counts = self.counts()?;
        if counts.failed + counts.in_doubt == 0 {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT coalesce(json_extract(error, '$.message'), 'no reason given') AS reason,
                count(*) AS many, min(number) AS first
             FROM rows WHERE state IN ('failed', 'in doubt')
             GROUP BY reason ORDER BY many DESC, first LIMIT {most}"
        );
        self.of_rows(&sql, |row| {
            Ok(Reason {
                text: row.get(0)?,
                count: row.get::<_, i64>(1)?.unsigned_abs(),
                first: row.get::<_, i64>(2)?.unsigned_abs(),
            })
        })
    }

    /// How many writes of each action were applied, the commonest first.
    pub fn actions(&self) -> Result<Vec<(String, u64)>, JournalError> {
        if let Some(survey) = self.survey() {
            return Ok(survey.actions());
        }
        let sql = "SELECT action, count(*) AS many FROM intents
            JOIN outcomes ON outcomes.intent = intents.id
            WHERE outcomes.state = 'done' GROUP BY action ORDER BY many DESC, action";
        self.of_all(sql, |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
        })
    }

    /// Hands over the rows that failed, with the actions they had applied by then.
    pub fn failed_rows(
        &self,
        mut each: impl FnMut(RowRecord, Vec<String>),
    ) -> Result<(), JournalError> {
        if self.counts()?.failed == 0 {
            return Ok(());
        }
        let sql = format!(
            "SELECT {ROW_COLUMNS}, (SELECT group_concat(action) FROM intents
                JOIN outcomes ON outcomes.intent = intents.id
                WHERE intents.row = rows.id AND outcomes.state = 'done')
             FROM rows WHERE state = 'failed' ORDER BY bulk, number, id"
        );
        let hand_over = |connection: &Connection| {
            let mut statement = connection.prepare(&sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let applied: Option<String> = row.get(10)?;
                let applied = applied.as_deref().unwrap_or_default().split(',');
                let applied = applied.filter(|action| !action.is_empty());
                each(read_row(row)?, applied.map(str::to_owned).collect());
            }
            Ok(())
        };
        self.read_tables(hand_over)
    }

    fn of_rows<T>(
        &self,
        sql: &str,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, JournalError> {
        let connection = self.rows_connection()?;
        select(connection, sql, read).map_err(|error| self.failed(&error))
    }

    fn of_all<T>(
        &self,
        sql: &str,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, JournalError> {
        self.read_tables(|connection| select(connection, sql, read))
    }

    fn read_tables<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        read(self.connection()?).map_err(|error| self.failed(&error))
    }
}

fn returned_by(rows: &EndedRows) -> Result<Vec<(u64, String)>, JournalError> {
    let mut returned = Vec::new();
    let mut known = HashSet::new();
    // Most rows return the same, or nothing.
    let mut before = (0, String::new());
    rows.each_returned(|bulk, columns| {
        if (bulk, columns) == (before.0, before.1.as_str()) {
            return Ok(());
        }
        before = (bulk, columns.to_owned());
        let columns: Map<String, Value> = serde_json::from_str(columns)?;
        let names = columns.into_iter().map(|(name, _)| (bulk, name));
        returned.extend(names.filter(|column| known.insert(column.clone())));
        Ok(())
    })?;
    Ok(returned)
}

fn select<T>(
    connection: &Connection,
    sql: &str,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare(sql)?.query_map([], read)?.collect()
}
