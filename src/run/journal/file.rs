//! The journal of an earlier version as a file: its settings, its format, its connections.
//!
//! No run is begun in one any more; those that were go on. Every connection is opened
//! here, so none forgets that a commit is on the disk before it returns.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use super::schema::add_columns;
use super::version::is_later;
use super::wal::{self, Wal};
use super::{JournalError, folder, stored_head};

use crate::unix::{PRIVATE, with_mode};

const NAME: &str = "journal.sqlite";
const SCHEMA: &str = include_str!("schema.sql");
/// What was added since the format was first written.
const SNAPSHOTS: &str = include_str!("snapshots.sql");
const PASSES: &str = include_str!("passes.sql");
const KEYS: &str = include_str!("keys.sql");
const SERVERS: &str = include_str!("servers.sql");
const SOURCES: &str = include_str!("sources.sql");

/// Says that a version has made or opened the journal that looks at the log beside it
/// first: from then on a run that did not end may have none, for it may have been closed.
const OPENED: &str = "CREATE TABLE IF NOT EXISTS opened (version TEXT) STRICT";

/// What marks a database as a journal: `whmj`.
const APPLICATION: i32 = 0x7768_6d6a;
/// The format this version writes; it reads those before it too. In the first a run's
/// head had the words of its command line.
pub(super) const FORMAT: u32 = 2;

/// How long a connection waits for another to end what it is doing.
const PATIENCE: Duration = Duration::from_secs(10);

fn path(folder: &Path) -> PathBuf {
    folder.join(NAME)
}

/// Whether there is one in that folder.
pub(super) fn is_there(folder: &Path) -> bool {
    folder::has(&path(folder))
}

/// Makes the journal of a run as earlier versions did, and opens it for writing.
#[cfg(test)]
pub(super) fn create(folder: &Path, head: &str, state: &str) -> Result<Connection, JournalError> {
    if path(folder).exists() {
        return Err(JournalError::Exists(folder.to_owned()));
    }
    let beside = folder.join("journal.new");
    let of_file = |error| JournalError::of_file(folder, &error);
    private(&beside).map_err(of_file)?;
    let of_database = |error| JournalError::of_database(folder, &error);
    set_up(&beside, head, state).map_err(of_database)?;
    std::fs::rename(&beside, path(folder)).map_err(of_file)?;
    let connection = connect(folder, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(of_database)?;
    prepare_for_writing(&connection).map_err(of_database)?;
    Ok(connection)
}

/// Makes an empty file that is never anybody else's to read; the files `SQLite` puts
/// beside it take its mode.
pub(super) fn private(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    with_mode(&mut options, PRIVATE).open(path).map(drop)
}

/// Fills the file in, down to the mode it is written in.
#[cfg(test)]
fn set_up(file: &Path, head: &str, state: &str) -> rusqlite::Result<()> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    fill_in(&connection, head, state)?;
    connection.pragma_update(None, "journal_mode", "WAL")
}

/// Makes the tables of a run, and says what it is.
pub(super) fn fill_in(connection: &Connection, head: &str, state: &str) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "BEGIN; {SCHEMA}; {SNAPSHOTS}; {PASSES}; {KEYS}; {SERVERS}; {SOURCES}; {OPENED}; PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {FORMAT};"
    ))?;
    connection.execute("INSERT INTO run VALUES (?, ?, NULL)", [head, state])?;
    connection.execute_batch("COMMIT")
}

/// Opens the journal for writing, after a look at every page of it.
pub(super) fn open(folder: &Path) -> Result<Connection, JournalError> {
    let connection = with_its_log(folder, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let of_database = |error| JournalError::of_database(folder, &error);
    // Indexes too: they say a second time of which row a write is.
    let check: String = connection
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(of_database)?;
    if check != "ok" {
        return Err(JournalError::corrupt(folder, check.trim()));
    }
    prepare_for_writing(&connection).map_err(of_database)?;
    // A journal of an earlier version goes on with what it lacks.
    complete(&connection).map_err(of_database)?;
    Ok(connection)
}

/// Whether a journal should have a write-ahead log beside it: the run was killed, and
/// nobody has opened and closed its journal since, as settling a write does.
fn lacks_log(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT state = 'running'
        AND NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'opened')
        AND NOT EXISTS (SELECT 1 FROM outcomes WHERE by_user) FROM run";
    let lacks = connection.query_row(sql, [], |row| row.get(0));
    Ok(lacks.optional()?.unwrap_or(false))
}

fn complete(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "BEGIN; {SNAPSHOTS}; {PASSES}; {KEYS}; {SERVERS}; {SOURCES}; {OPENED};"
    ))?;
    add_columns(connection)?;
    connection.execute_batch("COMMIT")
}

/// Opens the journal for reading, also while somebody writes it; where nobody does, the
/// log beside it must be as it was written.
pub(super) fn reader(folder: &Path, is_held: bool) -> Result<Connection, JournalError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    if is_held {
        examined(folder, flags)
    } else {
        with_its_log(folder, flags)
    }
}

/// Opens the journal, after a look at the log beside it that `SQLite` does not take.
fn with_its_log(folder: &Path, flags: OpenFlags) -> Result<Connection, JournalError> {
    // Before SQLite passes over what it cannot read.
    let beside = format!("{NAME}-wal");
    let wal = wal::look(&folder.join(&beside));
    let wal = wal.map_err(|error| JournalError::of_file(folder, &error))?;
    if let Wal::Damaged(frame) = wal {
        let why = format!("frame {frame} of `{beside}` was changed after it was written");
        return Err(JournalError::corrupt(folder, why));
    }
    let connection = examined(folder, flags)?;
    let lacks_it = wal == Wal::Missing
        && lacks_log(&connection).map_err(|error| JournalError::of_database(folder, &error))?;
    if lacks_it {
        let why = format!("the run did not end, and `{beside}` is missing");
        return Err(JournalError::corrupt(folder, why));
    }
    Ok(connection)
}

fn examined(folder: &Path, flags: OpenFlags) -> Result<Connection, JournalError> {
    if !path(folder).is_file() {
        return Err(JournalError::Missing(folder.to_owned()));
    }
    let look = || {
        let connection = connect(folder, flags)?;
        let mark: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let format: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        Ok((connection, mark, format))
    };
    let (connection, mark, format) =
        look().map_err(|error| JournalError::of_database(folder, &error))?;
    match (mark, format) {
        (APPLICATION, 1..=FORMAT) => Ok(connection),
        (APPLICATION, _) => Err(JournalError::TooNew {
            folder: folder.to_owned(),
            format,
            known: FORMAT,
            version: later_version(&connection),
        }),
        _ => Err(JournalError::corrupt(
            folder,
            "it is not a journal, or it is empty",
        )),
    }
}

/// The later version that wrote a journal, where it says so as this one does.
fn later_version(connection: &Connection) -> Option<String> {
    let head = connection.query_row("SELECT head FROM run", [], |row| row.get::<_, String>(0));
    let fields = serde_json::from_str(&head.ok()?).ok()?;
    stored_head::version_of(&fields).filter(|version| is_later(version))
}

fn connect(folder: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection =
        Connection::open_with_flags(path(folder), flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}

fn prepare_for_writing(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")
}
