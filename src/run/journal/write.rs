//! A write as its journal tells it, with what became of it and what it changed.

use super::fingerprint::Fingerprint;
use super::record::{AGAIN, IN_DOUBT, KILLED, MAIN, Outcome, WriteId};
use super::rules::row_name;
use super::snapshot::Snapshot;
use super::stored::{parsed, read_outcome};
use crate::client::Params;
use crate::run::scope::Scope;

/// A write and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    /// The write.
    pub id: WriteId,
    /// Where it was made.
    pub scope: Scope,
    /// The place of its row among the rows, where that is known.
    pub row: Option<u64>,
    /// The action.
    pub action: String,
    /// Its parameters without secrets.
    pub params: Params,
    /// What became of it; nothing is known where there is none.
    pub outcome: Option<Outcome>,
    /// Why it is in doubt, if it is: a word such as `503`, `timeout` or `killed`.
    pub cause: Option<String>,
    /// Whether that is the user's word.
    pub by_user: bool,
    /// That of its parameters, and of the server it was on.
    pub fingerprint: Fingerprint,
}

impl Write {
    /// Its row as people know it, if it was made in one.
    pub fn row_name(&self) -> Option<String> {
        match &self.scope {
            Scope::Row(key) => Some(row_name(key, self.row)),
            Scope::Main => None,
        }
    }

    /// Whether it was made on the server of that name.
    pub fn was_on(&self, server: &str) -> bool {
        Fingerprint::at(server, &self.action, &self.params) == self.fingerprint
    }
}

/// A write with all that is kept of it.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The write and what became of it.
    pub write: Write,
    /// What it changed or removed, where that was read before.
    pub snapshot: Option<Snapshot>,
}

/// The columns that [`read_write`] reads before those of the outcome, in its order.
pub(super) const WRITE_COLUMNS: &str = "intents.id, intents.row, rows.key, action, params, by_user, substr(fingerprint, -32), rows.number";
/// How many they are.
const WRITE_WIDTH: usize = 8;

pub(super) fn read_write(row: &rusqlite::Row<'_>) -> rusqlite::Result<Write> {
    let scope = match row.get(1)? {
        MAIN => Scope::Main,
        _ => Scope::row(row.get_ref(2)?.as_str()?),
    };
    Ok(Write {
        id: WriteId(row.get(0)?),
        scope,
        action: row.get(3)?,
        params: parsed(4, row.get_ref(4)?.as_str()?)?,
        by_user: row.get::<_, Option<bool>>(5)?.unwrap_or(false),
        fingerprint: Fingerprint(row.get(6)?),
        cause: cause(row, WRITE_WIDTH)?,
        row: row.get::<_, Option<i64>>(7)?.map(i64::unsigned_abs),
        outcome: read_outcome(row, WRITE_WIDTH)?,
    })
}

/// Why the write whose outcome begins at that column is in doubt, if it is.
fn cause(row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<Option<String>> {
    let state: Option<String> = row.get(at)?;
    let kind: Option<String> = row.get(at + 2)?;
    Ok(match state.as_deref() {
        None => Some(KILLED.to_owned()),
        Some(IN_DOUBT) => Some(match kind {
            Some(kind) if kind == AGAIN => KILLED.to_owned(),
            Some(kind) => kind,
            None => "unknown".to_owned(),
        }),
        Some(_) => None,
    })
}
