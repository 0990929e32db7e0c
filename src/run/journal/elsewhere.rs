//! Writes that an earlier pass made elsewhere in the script: in another row, or outside of
//! rows.
//!
//! A plain loop that became a bulk loop, or the other way round, asks for what it did in
//! another scope, where it would not be found. So the very same write, made where this pass
//! did not come to, stands against one that nobody asked for before; but only where its
//! place in the script is gone, or is that of this one: a script may well do the same in two
//! places.
//!
//! If the values were edited along with the loop, it is not the very same any more. So where
//! a pass does something that none did before it, outside of rows or in a loop that is new to
//! the run, a write of the same action about the same counts as well, if it was made before
//! the run came to that loop; but only where its place is gone.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, Row};

use super::fingerprint::Fingerprint;
use super::record::{DONE, IN_DOUBT, MAIN};

/// Where earlier passes wrote anything, as far as that is known without tables.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// Whether they did outside of rows.
    pub has_main: bool,
    /// The loops they came to, and the last write of the passes before the one that came to
    /// each first.
    pub loops: HashMap<u64, i64>,
}

impl Reach {
    /// Whether they may have done so elsewhere than in that loop, or outside of rows.
    pub fn goes_beyond(&self, bulk: Option<u64>) -> bool {
        match bulk {
            Some(bulk) => self.has_main || self.loops.keys().any(|other| *other != bulk),
            None => !self.loops.is_empty(),
        }
    }

    /// The last write that was made before the run came to that loop, where `last` is the last
    /// of the earlier passes; outside of rows nobody can tell, and it is that one.
    pub fn before(&self, bulk: Option<u64>, last: i64) -> i64 {
        let known = bulk.and_then(|bulk| self.loops.get(&bulk));
        known.copied().unwrap_or(last)
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

/// The columns that [`read`] reads, in its order.
const COLUMNS: &str = "intents.id, intents.row, rows.key, verdicts.stands";

/// What is joined to the intents for them.
const JOINED: &str = "LEFT JOIN outcomes ON outcomes.intent = intents.id
         LEFT JOIN verdicts ON verdicts.intent = intents.id
         LEFT JOIN rows ON rows.id = intents.row";

fn read(found: &Row<'_>) -> rusqlite::Result<Elsewhere> {
    Ok(Elsewhere {
        write: found.get(0)?,
        row: found.get(1)?,
        key: found.get::<_, Option<String>>(2)?.unwrap_or_default(),
        stands: found.get(3)?,
    })
}

/// Whether a place is in none of those scripts.
fn is_gone(place: &str, texts: &HashSet<String>) -> bool {
    let text = place.split(':').next().unwrap_or_default();
    !texts.contains(text)
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
        "SELECT {COLUMNS}, place FROM intents {JOINED}
         WHERE substr(fingerprint, 1, 32) = ?1 AND intents.id <= ?2 AND intents.row <> ?3
           AND place IS NOT NULL
           AND (outcomes.state IS NULL OR outcomes.state IN ('{DONE}', '{IN_DOUBT}'))
         ORDER BY intents.id"
    );
    let mut statement = reader.prepare_cached(&sql)?;
    let mut found = statement.query(rusqlite::params![&fingerprint.0[..], last, row])?;
    let mut writes = Vec::new();
    while let Some(other) = found.next()? {
        let its = other.get_ref(4)?.as_str()?;
        let write = read(other)?;
        if is_gone(its, texts) || write.row != MAIN && its == place {
            writes.push(write);
        }
    }
    Ok(writes)
}

/// The writes with that mark of what they are about, not of that row, and up to that one, that
/// [`prepare`] found.
pub(super) fn about(
    reader: &Connection,
    mark: u64,
    (row, last): (i64, i64),
) -> rusqlite::Result<Vec<Elsewhere>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM abouts JOIN intents ON intents.id = abouts.intent {JOINED}
         WHERE mark = ?1 AND intents.row <> ?2 AND intents.id <= ?3 ORDER BY intents.id"
    );
    let mut statement = reader.prepare_cached(&sql)?;
    let found = statement.query_map([mark.cast_signed(), row, last], read)?;
    found.collect()
}

/// Lets writes be found by their fingerprints, and those whose places are gone by what they
/// are about: by a mark made of an action and its parameters as JSON.
pub(super) fn prepare(
    reader: &Connection,
    last: i64,
    texts: &HashSet<String>,
    mark: impl Fn(&str, &str) -> rusqlite::Result<Option<u64>>,
) -> rusqlite::Result<()> {
    reader.execute_batch(
        "CREATE INDEX IF NOT EXISTS intents_by_mark ON intents (substr(fingerprint, 1, 32));
         CREATE TABLE IF NOT EXISTS abouts (mark INTEGER NOT NULL, intent INTEGER NOT NULL);
         CREATE INDEX IF NOT EXISTS by_about ON abouts (mark)",
    )?;
    let filled = reader.unchecked_transaction()?;
    fill(&filled, last, texts, mark)?;
    filled.commit()
}

fn fill(
    reader: &Connection,
    last: i64,
    texts: &HashSet<String>,
    mark: impl Fn(&str, &str) -> rusqlite::Result<Option<u64>>,
) -> rusqlite::Result<()> {
    let sql = format!(
        "SELECT intents.id, action, params, place FROM intents
         LEFT JOIN outcomes ON outcomes.intent = intents.id
         WHERE intents.id <= ?1 AND place IS NOT NULL
           AND (outcomes.state IS NULL OR outcomes.state IN ('{DONE}', '{IN_DOUBT}'))"
    );
    let mut statement = reader.prepare(&sql)?;
    let mut insert = reader.prepare("INSERT INTO abouts VALUES (?1, ?2)")?;
    let mut found = statement.query([last])?;
    while let Some(write) = found.next()? {
        if !is_gone(write.get_ref(3)?.as_str()?, texts) {
            continue;
        }
        if let Some(mark) = mark(write.get_ref(1)?.as_str()?, write.get_ref(2)?.as_str()?)? {
            let id: i64 = write.get(0)?;
            insert.execute([mark.cast_signed(), id])?;
        }
    }
    Ok(())
}
