//! A condition variable that asks nothing of the system where nobody waits: that of the
//! standard library makes a system call each time something is told.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, MutexGuard, PoisonError};
use std::time::Duration;

/// What waits for it is told under the lock, or of what was changed under it: whoever comes
/// to wait later sees the change.
#[derive(Debug, Default)]
pub(crate) struct Condition {
    condvar: Condvar,
    /// Changed under the lock alone.
    waiting: AtomicUsize,
}

impl Condition {
    /// Waits until it is told, or for nothing.
    pub fn wait<'g, T>(&self, guard: MutexGuard<'g, T>) -> MutexGuard<'g, T> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let guard = self.condvar.wait(guard);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        guard.unwrap_or_else(PoisonError::into_inner)
    }

    /// The same for no longer than that.
    pub fn wait_timeout<'g, T>(
        &self,
        guard: MutexGuard<'g, T>,
        time: Duration,
    ) -> MutexGuard<'g, T> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let waited = self.condvar.wait_timeout(guard, time);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Tells one of those who wait.
    pub fn notify_one(&self) {
        if self.is_awaited() {
            self.condvar.notify_one();
        }
    }

    /// Tells all who wait.
    pub fn notify_all(&self) {
        if self.is_awaited() {
            self.condvar.notify_all();
        }
    }

    fn is_awaited(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }
}
