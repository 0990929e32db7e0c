//! Whether the journal of a run that 0.1.0 began hangs together.
//!
//! The pages of a database have no checksums. A flipped bit in the key of a row, in the
//! state of a write or in what a write is found by leaves it readable, and the row or the
//! write looks new: it would be done again. What the journal says twice shows the flip.
//! Of a row that was begun and did not end, the key stands there once.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;

use super::stored::{StoredOutcome, parsed};
use super::{Fingerprint, Head, RowState};
use crate::client::Params;

/// What does not hang together, if anything.
pub(super) fn fault(connection: &Connection, head: &Head) -> rusqlite::Result<Option<String>> {
    let checks = [states, rows_of_writes, writes, keys];
    for check in checks {
        if let Some(fault) = check(connection, head)? {
            return Ok(Some(fault));
        }
    }
    Ok(None)
}

/// States are words that the journal has.
fn states(connection: &Connection, _: &Head) -> rusqlite::Result<Option<String>> {
    let is_odd = |sql: &str, is_known: fn(&str) -> bool| -> rusqlite::Result<bool> {
        let mut statement = connection.prepare(sql)?;
        let words = statement.query_map([], |row| row.get::<_, String>(0))?;
        let words: Vec<String> = words.collect::<rusqlite::Result<_>>()?;
        Ok(words.iter().any(|word| !is_known(word)))
    };
    let of_writes = is_odd("SELECT DISTINCT state FROM outcomes", |word| {
        StoredOutcome::word(word).is_some()
    })?;
    let of_rows = is_odd(
        "SELECT DISTINCT state FROM rows WHERE state IS NOT NULL",
        |word| RowState::of_word(word).is_some() || word == super::record::REPLACED,
    )?;
    Ok((of_writes || of_rows).then(|| "a row or a write has an unknown state".to_owned()))
}

/// Each write is of a row there is, and each outcome of a write.
fn rows_of_writes(connection: &Connection, _: &Head) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT EXISTS (SELECT 1 FROM intents WHERE row <> 0
            AND NOT EXISTS (SELECT 1 FROM rows WHERE rows.id = intents.row))
        OR EXISTS (SELECT 1 FROM outcomes
            WHERE NOT EXISTS (SELECT 1 FROM intents WHERE intents.id = outcomes.intent))";
    let is_odd: bool = connection.query_row(sql, [], |row| row.get(0))?;
    Ok(is_odd.then(|| "a write has no row, or an outcome has no write".to_owned()))
}

/// Each write is found by what it sent.
fn writes(connection: &Connection, head: &Head) -> rusqlite::Result<Option<String>> {
    let mut statement = connection.prepare("SELECT name FROM servers")?;
    let servers = statement.query_map([], |row| row.get(0))?;
    let mut servers: Vec<String> = servers.collect::<rusqlite::Result<_>>()?;
    servers.insert(0, head.profile.clone());
    let sql = "SELECT id, action, params, substr(fingerprint, -32) FROM intents";
    let mut statement = connection.prepare(sql)?;
    let mut writes = statement.query([])?;
    while let Some(write) = writes.next()? {
        let (id, action): (i64, String) = (write.get(0)?, write.get(1)?);
        let params: Params = parsed(2, write.get_ref(2)?.as_str()?)?;
        let kept = Fingerprint(write.get(3)?);
        let is_it = |server: &String| Fingerprint::at(server, &action, &params) == kept;
        if !servers.iter().any(is_it) {
            return Ok(Some(format!("write {id} does not match its fingerprint")));
        }
    }
    Ok(None)
}

/// Each key is what the cells or the number of its row say, and no two are the same.
fn keys(connection: &Connection, _: &Head) -> rusqlite::Result<Option<String>> {
    let columns = columns(connection)?;
    let mut seen = HashSet::new();
    let mut shifts = HashMap::new();
    let mut are_numbers = HashMap::new();
    let sql = "SELECT key, coalesce(bulk, 0), number, original FROM rows ORDER BY bulk, number, id";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (key, bulk): (String, i64) = (row.get(0)?, row.get(1)?);
        let fault = Ok(Some(format!("the key `{key}` does not match its row")));
        let number: Option<i64> = row.get(2)?;
        if !seen.insert(key.clone()) {
            return fault;
        }
        let bare = key.strip_prefix(&format!("{bulk}:")).unwrap_or(&key);
        match (columns.get(&bulk), number) {
            // A row that was only begun says nothing else of itself.
            (None, _) | (_, None) => {}
            (Some(Column::Number), Some(number)) => {
                let said = bare.strip_prefix('#');
                // Records of the server had their ids, rows of files their numbers.
                if *are_numbers.entry(bulk).or_insert(said.is_some()) != said.is_some() {
                    return fault;
                }
                let shift = said.map(|said| said.parse().map_or(-1, |said: i64| said - number));
                let least = shifts.entry(bulk).or_insert(0);
                // Rows of separators had numbers then, and are skipped today.
                match shift.unwrap_or(*least) {
                    shift if shift >= *least => *least = shift,
                    _ => return fault,
                }
            }
            (Some(Column::At(at)), Some(_)) => {
                let cells: Vec<String> = match row.get_ref(3)?.as_str_or_null()? {
                    Some(text) => parsed(3, text)?,
                    None => Vec::new(),
                };
                if cells.get(*at).is_some_and(|cell| is_damage(cell, bare)) {
                    return fault;
                }
            }
        }
    }
    Ok(None)
}

/// What the keys of a loop's rows are.
enum Column {
    /// Their numbers.
    Number,
    /// The cells of the column in that place.
    At(usize),
}

fn columns(connection: &Connection) -> rusqlite::Result<HashMap<i64, Column>> {
    let sql =
        "SELECT bulk, column, columns, hidden FROM keys JOIN bulks ON bulks.number = keys.bulk";
    let mut statement = connection.prepare(sql)?;
    let mut found = HashMap::new();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (bulk, column): (i64, String) = (row.get(0)?, row.get(1)?);
        let names: Vec<String> = parsed(2, row.get_ref(2)?.as_str()?)?;
        let hidden: Vec<String> = parsed(3, row.get_ref(3)?.as_str()?)?;
        let place = names.iter().position(|name| *name == column);
        let place = place.filter(|_| !hidden.contains(&column));
        match (column.is_empty(), place) {
            (true, _) => _ = found.insert(bulk, Column::Number),
            (false, Some(place)) => _ = found.insert(bulk, Column::At(place)),
            (false, None) => {}
        }
    }
    Ok(found)
}

/// Whether two texts differ in one byte, as one does from itself when it is damaged: what
/// is spelled in two ways differs in more.
fn is_damage(one: &str, other: &str) -> bool {
    let differing = one
        .bytes()
        .zip(other.bytes())
        .filter(|(one, other)| one != other);
    one.len() == other.len() && differing.count() == 1
}
