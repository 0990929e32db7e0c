//! What is to be written next, and who waits for it.
//!
//! Threads put records in; the writer takes all there are at once and writes them
//! as one commit. Who waits for a record is told when its commit is on the disk.
//! Records nobody waits for stay a moment, for most often an intent follows that
//! needs a commit anyway. Once a commit failed, no intent is let in any more: nothing is sent that
//! could not be written down.

use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::JournalError;
use super::stored_record::StoredRecord;

/// So many records may wait to be written before whoever brings more must wait too.
const FULL: usize = 4096;

/// So long records stay that nobody waits for: a kill meanwhile leaves in doubt
/// a write whose outcome is among them.
const LINGER: Duration = Duration::from_millis(2);

/// A commit that many may wait for.
#[derive(Default)]
pub(super) struct Commit {
    result: Mutex<Option<Result<(), JournalError>>>,
    settled: Condvar,
}

impl Commit {
    /// Says how it went to all who wait.
    pub fn settle(&self, result: Result<(), JournalError>) {
        *lock(&self.result) = Some(result);
        self.settled.notify_all();
    }

    /// Waits until it is on the disk, or failed.
    pub fn wait(&self) -> Result<(), JournalError> {
        let mut result = lock(&self.result);
        loop {
            if let Some(result) = &*result {
                return result.clone();
            }
            result = self
                .settled
                .wait(result)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Records on their way to the writer.
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    brought: Condvar,
    taken: Condvar,
}

struct Waiting {
    records: Vec<StoredRecord>,
    commit: Arc<Commit>,
    /// The number of the next intent.
    next: i64,
    /// Whether somebody waits for one of the records.
    is_urgent: bool,
    refusing: Option<JournalError>,
    is_closed: bool,
}

impl Queue {
    /// An empty queue whose first intent gets that number.
    pub fn new(next: i64) -> Self {
        Self {
            waiting: Mutex::new(Waiting {
                records: Vec::new(),
                commit: Arc::default(),
                next,
                is_urgent: false,
                refusing: None,
                is_closed: false,
            }),
            brought: Condvar::new(),
            taken: Condvar::new(),
        }
    }

    /// Puts an intent in and numbers it; the caller waits for its commit.
    pub fn intend(
        &self,
        record: impl FnOnce(i64) -> StoredRecord,
    ) -> Result<(i64, Arc<Commit>), JournalError> {
        let mut waiting = self.room();
        if let Some(error) = &waiting.refusing {
            return Err(error.clone());
        }
        let number = waiting.next;
        waiting.next += 1;
        Ok((number, self.add_urgent(&mut waiting, record(number))))
    }

    /// Puts in what the caller waits for.
    pub fn put_urgent(&self, record: StoredRecord) -> Arc<Commit> {
        self.add_urgent(&mut self.room(), record)
    }

    /// Puts in what nobody waits for, and tells if writing has failed before.
    ///
    /// The record is kept all the same: it is written if writing works again.
    pub fn put(&self, record: StoredRecord) -> Result<(), JournalError> {
        let mut waiting = self.room();
        waiting.records.push(record);
        if waiting.records.len() == 1 {
            self.brought.notify_one();
        }
        waiting.refusing.clone().map_or(Ok(()), Err)
    }

    /// Waits for records and takes all of them; `None` once the queue is closed and empty.
    pub fn take(&self) -> Option<(Vec<StoredRecord>, Arc<Commit>)> {
        let waiting = lock(&self.waiting);
        let nothing = |waiting: &mut Waiting| waiting.records.is_empty() && !waiting.is_closed;
        let waiting = self.brought.wait_while(waiting, nothing);
        let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        if waiting.records.is_empty() {
            return None;
        }
        let no_hurry = |waiting: &mut Waiting| !waiting.is_urgent && !waiting.is_closed;
        (waiting, _) = self
            .brought
            .wait_timeout_while(waiting, LINGER, no_hurry)
            .unwrap_or_else(PoisonError::into_inner);
        waiting.is_urgent = false;
        let records = mem::take(&mut waiting.records);
        let commit = mem::take(&mut waiting.commit);
        drop(waiting);
        self.taken.notify_all();
        Some((records, commit))
    }

    /// Lets no intent in any more; the first reason is the one that is told.
    pub fn refuse(&self, error: JournalError) {
        lock(&self.waiting).refusing.get_or_insert(error);
    }

    /// Lets the writer end when it has written what is there.
    pub fn close(&self) {
        lock(&self.waiting).is_closed = true;
        self.brought.notify_all();
    }

    fn room(&self) -> MutexGuard<'_, Waiting> {
        let mut waiting = lock(&self.waiting);
        while waiting.records.len() >= FULL {
            waiting = self
                .taken
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
        waiting
    }

    fn add_urgent(&self, waiting: &mut Waiting, record: StoredRecord) -> Arc<Commit> {
        waiting.records.push(record);
        if !mem::replace(&mut waiting.is_urgent, true) {
            self.brought.notify_one();
        }
        Arc::clone(&waiting.commit)
    }
}

/// What these locks guard is whole between any two statements.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
