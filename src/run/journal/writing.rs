//! What is written down of a run, as rows of the tables: of the database that an earlier
//! version began, and of those that are made of a log.
//!
//! A pass is begun and ended by whoever knows when it was.

use rusqlite::{Connection, params};

use super::bulks::write_bulk;
use super::head::State;
use super::record::REPLACED;
use super::stored::whole;
use super::stored_record::{Intent, SourceRecord, StoredRecord};

/// Writes the intent of a write in that row.
pub(super) fn write_intent(
    connection: &Connection,
    row: i64,
    intent: &Intent,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO intents
             (id, row, action, fingerprint, params, begun, boot, alive, seen, place, read_day, read_alive, read_took)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            intent.number,
            row,
            intent.action,
            intent.marks.bytes(),
            intent.params,
            intent.begun,
            intent.moment.boot,
            intent.moment.millis,
            intent.seen,
            intent.place,
            intent.read_at.map(|read| read.day),
            intent.read_at.map(|read| read.moment.millis),
            intent.read_at.map(|read| read.took)
        ])?;
    match &intent.snapshot {
        Some(snapshot) => snapshot.write(connection, intent.number),
        None => Ok(()),
    }
}

/// Writes a record that has nothing to do with the numbers of rows.
pub(super) fn write_other(connection: &Connection, record: &StoredRecord) -> rusqlite::Result<()> {
    match record {
        StoredRecord::Outcome(intent, outcome) => outcome.write(connection, *intent),
        StoredRecord::Bulk(bulk) => write_bulk(connection, bulk),
        StoredRecord::Key(bulk, column) => write_key(connection, *bulk, column),
        StoredRecord::Server(name, place) => write_server(connection, name, place),
        StoredRecord::Source(source) => write_source(connection, source),
        StoredRecord::Intent(_)
        | StoredRecord::Row(_)
        | StoredRecord::State(..)
        | StoredRecord::Nothing => Ok(()),
    }
}

pub(super) fn write_state(
    connection: &Connection,
    state: State,
    ended: Option<&str>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE run SET state = ?, ended = ?")?
        .execute(params![state.word(), ended])?;
    Ok(())
}

pub(super) fn begin_pass(connection: &Connection, began: i64) -> rusqlite::Result<()> {
    connection.execute("INSERT INTO passes (began) VALUES (?)", [began])?;
    Ok(())
}

/// Ends the pass that goes on, or one that began then and had nothing to write down.
pub(super) fn end_pass(
    connection: &Connection,
    state: State,
    at: i64,
    unwritten: Option<i64>,
) -> rusqlite::Result<()> {
    if let Some(began) = unwritten {
        begin_pass(connection, began)?;
    }
    let sql = "UPDATE passes SET ended = ?, state = ?
        WHERE number = (SELECT max(number) FROM passes)";
    connection.execute(sql, params![at, state.word()])?;
    Ok(())
}

/// Writes down what a loop's rows go by, unless an earlier pass has.
fn write_key(connection: &Connection, bulk: u64, column: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO keys VALUES (?, ?)")?
        .execute(params![whole(bulk), column])?;
    Ok(())
}

/// Writes down where a server is, unless an earlier pass has.
fn write_server(connection: &Connection, name: &str, place: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO servers VALUES (?, ?)")?
        .execute([name, place])?;
    Ok(())
}

fn write_source(connection: &Connection, source: &SourceRecord) -> rusqlite::Result<()> {
    match source {
        SourceRecord::Rows(part) if part.is_whole() => connection
            .prepare_cached("INSERT OR REPLACE INTO sources VALUES (?, ?)")?
            .execute(params![whole(part.bulk), part.marks])?,
        SourceRecord::Joined(new, old) => connection
            .prepare_cached("INSERT OR REPLACE INTO joined VALUES (?, ?)")?
            .execute([new, old])?,
        SourceRecord::Verdict(write, stands) => connection
            .prepare_cached("INSERT OR REPLACE INTO verdicts VALUES (?, ?)")?
            .execute(params![write, stands])?,
        SourceRecord::Replaced(key) => connection
            .prepare_cached("UPDATE rows SET state = ? WHERE key = ?")?
            .execute([REPLACED, key])?,
        // Nobody asks the tables of a log for them.
        SourceRecord::Rows(_) | SourceRecord::Place(..) => 0,
    };
    Ok(())
}
