//! What a write was about to change or remove, as it was before: kept with its
//! intent, in the same commit, and read again to undo the write.

use rusqlite::{Connection, params};
use serde_json::{Map, Value};

use super::schema::has_table;
use super::stored::{json, parsed};

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

impl StoredSnapshot {
    pub fn encode(snapshot: &Snapshot) -> Self {
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

/// The columns of a snapshot, and the table they are joined from.
///
/// Journals of earlier versions have none.
pub(super) fn snapshots(connection: &Connection) -> rusqlite::Result<(&'static str, &'static str)> {
    Ok(if has_table(connection, "snapshots")? {
        (
            "snapshots.record, snapshots.old",
            "LEFT JOIN snapshots ON snapshots.intent = intents.id",
        )
    } else {
        ("NULL, NULL", "")
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
