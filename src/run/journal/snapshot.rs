//! What a write was about to change or remove, as it was before: kept with its
//! intent, in the same commit, and read again to undo the write.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::{Map, Value};

use super::reading::{Reading, WRITE_COLUMNS, read_write};
use super::stored::{OUTCOME_COLUMNS, json, parsed};
use super::{JournalError, Write};

/// A record as it was before a write; it holds no secrets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// The record.
    pub record: Map<String, Value>,
    /// The old value of every field that the write set, where it was to be read;
    /// null for a secret.
    pub old: Map<String, Value>,
}

/// A snapshot as the columns of its table.
pub(super) struct StoredSnapshot {
    pub record: String,
    pub old: String,
}

/// A write with all that is kept of it.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The write and what became of it.
    pub write: Write,
    /// What it changed or removed, where that was read before.
    pub snapshot: Option<Snapshot>,
}

impl StoredSnapshot {
    pub fn of(snapshot: &Snapshot) -> Self {
        Self {
            record: json(&snapshot.record),
            old: json(&snapshot.old),
        }
    }

    pub fn write(&self, connection: &Connection, intent: i64) -> rusqlite::Result<()> {
        connection
            .prepare_cached("INSERT INTO snapshots VALUES (?, ?, ?)")?
            .execute(params![intent, self.record, self.old])?;
        Ok(())
    }
}

impl Reading {
    /// Hands over every write with its snapshot, the newest first.
    pub fn kept(&self, mut each: impl FnMut(Kept)) -> Result<(), JournalError> {
        let connection = self.connection()?;
        let mut hand_over = || {
            let (columns, table) = snapshots(connection)?;
            let sql = format!(
                "SELECT {WRITE_COLUMNS}, {OUTCOME_COLUMNS}, {columns}
                 FROM intents LEFT JOIN outcomes ON outcomes.intent = intents.id
                 LEFT JOIN rows ON rows.id = intents.row {table} ORDER BY intents.id DESC"
            );
            let mut statement = connection.prepare(&sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                each(Kept {
                    write: read_write(row)?,
                    snapshot: read_snapshot(row, 13)?,
                });
            }
            Ok(())
        };
        hand_over().map_err(|error| self.failed(&error))
    }
}

/// The columns of a snapshot, and the table they are joined from.
///
/// Journals of earlier versions have none.
pub(super) fn snapshots(connection: &Connection) -> rusqlite::Result<(&'static str, &'static str)> {
    let sql = "SELECT 1 FROM sqlite_schema WHERE name = 'snapshots'";
    let found = connection.query_row(sql, [], |_| Ok(())).optional()?;
    Ok(match found {
        Some(()) => (
            "snapshots.record, snapshots.old",
            "LEFT JOIN snapshots ON snapshots.intent = intents.id",
        ),
        None => ("NULL, NULL", ""),
    })
}

pub(super) fn read_snapshot(
    row: &rusqlite::Row<'_>,
    at: usize,
) -> rusqlite::Result<Option<Snapshot>> {
    let Some(record) = row.get::<_, Option<String>>(at)? else {
        return Ok(None);
    };
    Ok(Some(Snapshot {
        record: parsed(at, &record)?,
        old: parsed(at + 1, row.get_ref(at + 1)?.as_str()?)?,
    }))
}
