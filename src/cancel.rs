//! Ctrl-C as a flag that every loop, sleep and worker watches; and what a polite kill
//! means to a program that waits for somebody to type.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A flag that is raised once and then stays up; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>, Arc<AtomicUsize>);

impl Cancel {
    /// Asks everything that watches this flag to stop.
    pub fn raise(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Takes the flag down again, for the next line of an interactive session.
    pub fn reset(&self) {
        self.1.store(0, Ordering::SeqCst);
        self.0.store(false, Ordering::SeqCst);
    }

    /// Counts a signal; says how many there were since the flag was taken down.
    pub fn count_signal(&self) -> usize {
        self.1.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Takes it that there were so many signals, or more.
    pub fn count_at_least(&self, signals: usize) {
        self.raise();
        self.1.fetch_max(signals, Ordering::SeqCst);
    }

    /// Whether somebody asked to stop.
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The flag itself, for a signal handler to raise.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }

    /// Sleeps that long unless asked to stop; says whether it slept it out.
    pub fn sleep(&self, time: Duration) -> bool {
        let end = Instant::now() + time;
        while !self.is_raised() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            std::thread::sleep(left.min(Duration::from_millis(20)));
        }
        false
    }
}

/// A polite kill of a program that somebody types to: it ends at once where it waits
/// for the next line, and otherwise once the line in hand has stopped.
#[derive(Clone, Debug, Default)]
pub struct Leaving {
    asked: Arc<AtomicBool>,
    waits: Arc<AtomicBool>,
}

impl Leaving {
    /// Does what waits for somebody to type; `None` if the program is to end instead.
    pub fn wait<T>(&self, read: impl FnOnce() -> T) -> Option<T> {
        // In this order: who asks now either sees that it waits, or is seen.
        self.waits.store(true, Ordering::SeqCst);
        let read = (!self.is_asked()).then(read);
        self.waits.store(false, Ordering::SeqCst);
        read.filter(|_| !self.is_asked())
    }

    /// Whether the program is to end.
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    /// Whether it waits, and so has nothing in hand.
    pub fn is_waiting(&self) -> bool {
        self.waits.load(Ordering::SeqCst)
    }

    /// The flag that asks it to end, for a signal handler to raise.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.asked)
    }
}
