//! The writes that are on their way from a run without a journal.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How many there are: whoever ends the program meanwhile leaves them in doubt.
#[derive(Debug, Default)]
pub struct Underway(AtomicUsize);

impl Underway {
    /// Counts one for as long as it takes to send it and to find out what became of it.
    pub(super) fn send<T>(&self, send: impl FnOnce() -> T) -> T {
        self.0.fetch_add(1, Ordering::SeqCst);
        let result = send();
        self.0.fetch_sub(1, Ordering::SeqCst);
        result
    }

    /// Whether there is any.
    pub fn is_any(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 0
    }
}
