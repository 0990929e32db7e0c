//! Where a run's records go: into its log, or, if an earlier version began it, into its
//! database.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::lock::Lock;
use super::logged::{self, LogStore, RunLease};
use super::queue::Queue;
use super::stored_record::{Intent, StoredRecord};
use super::taking::Taking;
use super::writer;
use super::{EarlierWrites, JournalError, file};

/// Where the records of a run go.
pub(super) enum Store {
    Log(Box<LogStore>),
    Database(Database),
}

/// The database of a run that an earlier version began, and the thread that writes it.
pub(super) struct Database {
    queue: Arc<Queue>,
    writer: Option<JoinHandle<()>>,
    // The last field: the lock goes when everything else is closed.
    _lock: Lock,
}

impl Store {
    /// A database that was opened.
    pub fn database(
        folder: &Path,
        (connection, lock): (Connection, Lock),
        past: &EarlierWrites,
    ) -> Result<Self, JournalError> {
        let queue = Arc::new(Queue::new(past.last_intent() + 1));
        let writer = writer::start(folder, connection, Arc::clone(&queue), past.open_rows())?;
        Ok(Self::Database(Database {
            queue,
            writer: Some(writer),
            _lock: lock,
        }))
    }

    /// Puts an intent in; it has its number, and is on the disk, when this returns.
    pub fn intend(&self, intent: impl FnOnce(i64) -> Intent) -> Result<i64, JournalError> {
        match self {
            Self::Log(log) => log.intend(intent),
            Self::Database(database) => {
                let (number, commit) = database
                    .queue
                    .intend(|number| StoredRecord::Intent(Box::new(intent(number))))?;
                commit.wait()?;
                Ok(number)
            }
        }
    }

    /// Puts in what nobody waits for, and tells if writing has failed before.
    pub fn put(&self, record: StoredRecord) -> Result<(), JournalError> {
        match self {
            Self::Log(log) => log.put(&record),
            Self::Database(database) => database.queue.put(record),
        }
    }

    /// Confirms that the run is this process's still; of a database the lock says so.
    pub fn hold(&self) -> Result<(), JournalError> {
        match self {
            Self::Log(log) => log.hold(),
            Self::Database(_) => Ok(()),
        }
    }

    /// The columns of a loop in which secrets were found, where that is known without a look.
    pub fn hidden_of(&self, bulk: u64) -> Option<Vec<String>> {
        match self {
            Self::Log(log) => Some(log.hidden_of(bulk)),
            Self::Database(_) => None,
        }
    }

    /// How many writes of the run ended for sure, and how many more may have been sent; of a
    /// database nobody knows without a look.
    pub fn writes(&self) -> Option<(u64, u64)> {
        match self {
            Self::Log(log) => Some(log.writes()),
            Self::Database(_) => None,
        }
    }

    /// Whether there may be writes in doubt; of a database nobody knows without a look.
    pub fn may_have_doubts(&self) -> bool {
        match self {
            Self::Log(log) => log.has_open_writes(),
            Self::Database(_) => true,
        }
    }

    /// Puts in what is on the disk, with all before it, when this returns.
    pub fn put_urgent(&self, record: StoredRecord) -> Result<(), JournalError> {
        match self {
            Self::Log(log) => log.put_urgent(&record),
            Self::Database(database) => database.queue.put_urgent(record).wait(),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has told everybody already.
            let _ = writer.join();
        }
    }
}

/// The right to do away with a run.
pub(super) enum RemovalRight {
    Log(#[expect(dead_code, reason = "held, not used")] RunLease),
    Database(#[expect(dead_code, reason = "held, not used")] Lock),
}

impl RemovalRight {
    /// Takes the run in that folder.
    pub fn take(folder: &Path, taking: &Taking) -> Result<Self, JournalError> {
        // One whose journal is lost may be a process's still that has it open.
        Ok(if logged::is_there(folder) || !file::is_there(folder) {
            Self::Log(RunLease::take(folder, taking)?)
        } else {
            Self::Database(Lock::take(folder)?)
        })
    }
}
