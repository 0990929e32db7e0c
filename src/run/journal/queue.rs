//! What is to be written next, and who waits for it.
//!
//! Threads put records in; the writer takes all there are at once and writes them
//! as one commit. A record that is waited for is told when its commit is on the
//! disk. Once a commit failed, no intent is let in any more: nothing is sent that
//! could not be written down.

use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::JournalError;
use super::writer::Record;

/// So many records may wait to be written before whoever brings more must wait too.
const FULL: usize = 4096;

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
    records: Vec<Record>,
    commit: Arc<Commit>,
    /// The number of the next intent.
    next: i64,
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
        record: impl FnOnce(i64) -> Record,
    ) -> Result<(i64, Arc<Commit>), JournalError> {
        let mut waiting = self.room();
        if let Some(error) = &waiting.refusing {
            return Err(error.clone());
        }
        let number = waiting.next;
        waiting.next += 1;
        Ok((number, self.add(&mut waiting, record(number))))
    }

    /// Puts anything else in, and tells if writing has failed before.
    ///
    /// The record is kept all the same: it is written if writing works again.
    pub fn put(&self, record: Record) -> (Arc<Commit>, Result<(), JournalError>) {
        let mut waiting = self.room();
        let commit = self.add(&mut waiting, record);
        (commit, waiting.refusing.clone().map_or(Ok(()), Err))
    }

    /// Waits for records and takes all of them; `None` once the queue is closed and empty.
    pub fn take(&self) -> Option<(Vec<Record>, Arc<Commit>)> {
        let mut waiting = lock(&self.waiting);
        while waiting.records.is_empty() {
            if waiting.is_closed {
                return None;
            }
            waiting = self
                .brought
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
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

    fn add(&self, waiting: &mut Waiting, record: Record) -> Arc<Commit> {
        waiting.records.push(record);
        self.brought.notify_one();
        Arc::clone(&waiting.commit)
    }
}

/// What these locks guard is whole between any two statements.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
