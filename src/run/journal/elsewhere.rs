//! Writes that an earlier pass made elsewhere in the script: in another row, or outside of
//! rows.
//!
//! A plain loop that became a bulk loop, or the other way round, asks for what it did in
//! another scope, where it would not be found. So the very same write, made where this pass
//! did not come to, stands against one that nobody asked for before; but only where its
//! place in the script is gone, or is that of this one: a script may well do the same in two
//! places.

use std::collections::HashSet;

use rusqlite::Connection;

use super::fingerprint::Fingerprint;
use super::record::{DONE, IN_DOUBT, MAIN};

/// Where earlier passes wrote anything, as far as that is known without tables.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// Whether they did outside of rows.
    pub has_main: bool,
    /// The loops they came to.
    pub loops: HashSet<u64>,
}

impl Reach {
    /// Whether they may have done so elsewhere than in that loop, or outside of rows.
    pub fn goes_beyond(&self, bulk: Option<u64>) -> bool {
        match bulk {
            Some(bulk) => self.has_main || self.loops.iter().any(|other| *other != bulk),
            None => !self.loops.is_empty(),
        }
    }
}

/// A write of another scope.
#[derive(Debug)]
pub(super) struct Elsewhere {
    pub write: i64,
    /// The number of its row.
    pub row: i64,
    /// The key of its row; empty outside of rows.
    pub key: String,
    /// Whether it stands for this one, where the user said so.
    pub stands: Option<bool>,
}

/// The writes of that fingerprint, up to the last of the earlier passes, that are not of that
/// row, and were applied or may have been, at a place that is gone from the scripts or, in a
/// row, at that very one.
pub(super) fn find(
    reader: &Connection,
    fingerprint: &Fingerprint,
    (row, last): (i64, i64),
    place: &str,
    texts: &HashSet<String>,
) -> rusqlite::Result<Vec<Elsewhere>> {
    let sql = format!(
        "SELECT intents.id, intents.row, rows.key, place, verdicts.stands
         FROM intents LEFT JOIN outcomes ON outcomes.intent = intents.id
         LEFT JOIN verdicts ON verdicts.intent = intents.id
         LEFT JOIN rows ON rows.id = intents.row
         WHERE substr(fingerprint, 1, 32) = ?1 AND intents.id <= ?2 AND intents.row <> ?3
           AND place IS NOT NULL
           AND (outcomes.state IS NULL OR outcomes.state IN ('{DONE}', '{IN_DOUBT}'))
         ORDER BY intents.id"
    );
    let mut statement = reader.prepare_cached(&sql)?;
    let mut found = statement.query(rusqlite::params![&fingerprint.0[..], last, row])?;
    let mut writes = Vec::new();
    while let Some(other) = found.next()? {
        let its = other.get_ref(3)?.as_str()?;
        let text = its.split(':').next().unwrap_or_default();
        let row = other.get(1)?;
        if !texts.contains(text) || row != MAIN && its == place {
            writes.push(Elsewhere {
                write: other.get(0)?,
                row,
                key: other.get::<_, Option<String>>(2)?.unwrap_or_default(),
                stands: other.get(4)?,
            });
        }
    }
    Ok(writes)
}

/// Lets writes be found by their fingerprints.
pub(super) fn prepare(reader: &Connection) -> rusqlite::Result<()> {
    let sql = "CREATE INDEX IF NOT EXISTS intents_by_mark ON intents (substr(fingerprint, 1, 32))";
    reader.execute_batch(sql)
}
