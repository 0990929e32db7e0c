//! The tables of a log: what is asked of a journal is asked of them.
//!
//! They are made from the log when something is asked that only they tell, in a file
//! that has no name any more once it is open: whatever becomes of it, the log is the
//! only truth.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, params};

use super::super::log::{LOG, Reached, ShownLog};
use super::super::stored::whole;
use super::super::writing::{begin_pass, end_pass, write_intent, write_other, write_state};
use super::super::{JournalError, State, file};
use super::failure::{of_log, unreadable};
use super::records::{self, INTENT, Logged, OUTCOME, ROW};

/// What the tables are to hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Extent {
    /// Everything.
    All,
    /// The rows that ended, and nothing of the writes.
    Rows,
    /// What is of the run as a whole: neither rows nor writes.
    Run,
}

impl Extent {
    /// Whether records of that kind need not be read.
    const fn leaves_out(self, kind: u8) -> bool {
        match self {
            Self::All => false,
            Self::Rows => matches!(kind, INTENT | OUTCOME),
            Self::Run => matches!(kind, INTENT | OUTCOME | ROW),
        }
    }
}

/// Where the tables are to be.
#[derive(Clone, Copy, Debug)]
pub enum TablesIn {
    /// In a file, so that they take no memory.
    Disk,
    /// In memory.
    Memory,
}

/// The tables, up to some record.
pub struct Index {
    folder: PathBuf,
    connection: Connection,
    extent: Extent,
    sequence: u64,
    /// The log, and how far it was taken in: what was verified once is not read again.
    read: Option<(ShownLog, Reached)>,
}

impl Index {
    /// The tables of the log in that folder, with nothing in them so far.
    pub fn new(
        folder: &Path,
        head: &str,
        (extent, place): (Extent, TablesIn),
    ) -> Result<Self, JournalError> {
        let made = match place {
            TablesIn::Disk => nameless(folder),
            TablesIn::Memory => Connection::open_in_memory(),
        };
        let connection = made.and_then(|connection| {
            // It is never looked at again.
            connection.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")?;
            file::fill_in(&connection, head, State::Running.word())?;
            Ok(connection)
        });
        Ok(Self {
            folder: folder.to_owned(),
            connection: connection.map_err(|error| JournalError::of_database(folder, &error))?,
            extent,
            sequence: 0,
            read: None,
        })
    }

    /// Takes in what the log has by now, up to that record.
    pub fn advance(&mut self, last: u64) -> Result<(), JournalError> {
        if self.sequence >= last {
            return Ok(());
        }
        let of_database = |error| JournalError::of_database(&self.folder, &error);
        let transaction = self.connection.transaction().map_err(of_database)?;
        let mut failed = None;
        let mut unknown = None;
        let (from, mut reached) = (self.sequence, self.sequence);
        let extent = self.extent;
        let path = self.folder.join(LOG);
        let of_log = |error| of_log(&self.folder, &error);
        let (log, before) = match self.read.take().filter(|(log, _)| log.is_at(&path)) {
            Some((log, reached)) => (log, Some(reached)),
            None => (ShownLog::open(&path).map_err(of_log)?, None),
        };
        let now = log.scan_on(before.as_ref(), |entry| {
            let is_over = failed.is_some() || unknown.is_some();
            if is_over || entry.sequence <= from || entry.sequence > last {
                return;
            }
            reached = entry.sequence;
            if extent.leaves_out(entry.kind) {
                return;
            }
            match records::read(entry.kind, entry.body) {
                Ok(logged) => failed = write(&transaction, logged).err(),
                Err(why) => unknown = Some((entry.sequence, why)),
            }
        });
        let now = now.map_err(of_log)?;
        if let Some((sequence, why)) = unknown {
            return Err(unreadable(&self.folder, sequence, why, &now.scanned));
        }
        failed.map_or(Ok(()), |error| Err(of_database(error)))?;
        transaction.commit().map_err(of_database)?;
        self.sequence = reached;
        // What stands behind that record was passed over.
        self.read = (now.scanned.last_sequence <= last).then_some((log, now));
        Ok(())
    }

    /// The tables as they are.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }
}

/// A database in a file beside the log, or, where none can be made, wherever the
/// system keeps such.
fn nameless(folder: &Path) -> rusqlite::Result<Connection> {
    let path = folder.join(format!(
        ".index-{}-{:016x}",
        std::process::id(),
        rand::random::<u64>()
    ));
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let made = file::private(&path).is_ok();
    if !made {
        return Connection::open("");
    }
    let connection = Connection::open_with_flags(&path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    // SQLite opens the file only when it is first asked something.
    let opened = connection.and_then(|connection| {
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(connection)
    });
    let _ = fs::remove_file(&path);
    opened
}

fn write(connection: &Connection, logged: Logged) -> rusqlite::Result<()> {
    match logged {
        Logged::Head | Logged::Copied => Ok(()),
        Logged::Begun(since) => {
            write_state(connection, State::Running, None)?;
            begin_pass(connection, since)
        }
        Logged::State {
            state,
            ended,
            at,
            unwritten,
        } => {
            if state != State::Running {
                end_pass(connection, state, at, unwritten)?;
            }
            write_state(connection, state, ended.as_deref())
        }
        Logged::Intent { row, key, intent } => {
            if let Some(key) = key {
                connection
                    .prepare_cached("INSERT INTO rows (id, key, number) VALUES (?, ?, ?)")?
                    .execute(params![row, key, intent.row.map(whole)])?;
            }
            write_intent(connection, row, &intent)
        }
        Logged::Row(id, row) => row.write(connection, Some(id)),
        Logged::Other(record) => write_other(connection, &record),
    }
}
