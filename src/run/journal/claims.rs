//! What else the run wrote: so that no record on the server is taken for the
//! effect of two writes.

use rusqlite::Connection;

use super::record::{DONE, IN_DOUBT, WriteId};
use super::stored::parsed;
use super::{JournalError, Past};
use crate::client::Params;

impl Past {
    /// Whether a write of that action was applied whose reply has that in that field.
    pub fn is_claimed(&self, action: &str, field: &str, value: &str) -> Result<bool, JournalError> {
        let claimed = self.look(|reader| is_claimed(reader, action, field, value))?;
        Ok(claimed.unwrap_or(false))
    }

    /// The parameters of the other writes of that action that may have been applied,
    /// those in flight among them.
    pub fn open_writes(&self, action: &str, but: WriteId) -> Result<Vec<Params>, JournalError> {
        let open = self.look(|reader| open_writes(reader, action, but))?;
        Ok(open.unwrap_or_default())
    }
}

fn is_claimed(
    reader: &Connection,
    action: &str,
    field: &str,
    value: &str,
) -> rusqlite::Result<bool> {
    let sql = format!(
        "SELECT EXISTS (SELECT 1 FROM intents JOIN outcomes ON outcomes.intent = intents.id
         WHERE action = ?1 COLLATE NOCASE AND outcomes.state = '{DONE}'
           AND trim(CAST(json_extract(reply, ?2) AS TEXT)) = ?3)"
    );
    let path = format!("$.\"{field}\"");
    reader
        .prepare_cached(&sql)?
        .query_row([action, &path, value], |row| row.get(0))
}

fn open_writes(reader: &Connection, action: &str, but: WriteId) -> rusqlite::Result<Vec<Params>> {
    let sql = format!(
        "SELECT params FROM intents LEFT JOIN outcomes ON outcomes.intent = intents.id
         WHERE action = ?1 COLLATE NOCASE AND intents.id <> ?2
           AND (outcomes.state IS NULL OR outcomes.state = '{IN_DOUBT}')"
    );
    let mut statement = reader.prepare_cached(&sql)?;
    let found = statement.query_map(rusqlite::params![action, but.number()], |row| {
        parsed(0, row.get_ref(0)?.as_str()?)
    })?;
    found.collect()
}
