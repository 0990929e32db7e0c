//! How far a bulk loop is, readable at any time from any thread.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::row::RowOutcome;

/// The numbers of a bulk loop that is going on.
#[derive(Debug, Default)]
pub struct Progress {
    began: OnceLock<Instant>,
    done: AtomicU64,
    failed: AtomicU64,
    skipped: AtomicU64,
    in_doubt: AtomicU64,
    stopped: AtomicU64,
    in_hand: AtomicUsize,
    active: AtomicUsize,
}

impl Progress {
    /// Rows done so far.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Rows failed so far.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Rows skipped so far.
    pub fn skipped(&self) -> u64 {
        self.skipped.load(Ordering::Relaxed)
    }

    /// Rows in doubt so far.
    pub fn in_doubt(&self) -> u64 {
        self.in_doubt.load(Ordering::Relaxed)
    }

    /// Rows that were broken off because everything stops.
    pub fn stopped(&self) -> u64 {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Rows that came to an end of their own.
    pub fn ended(&self) -> u64 {
        self.done() + self.failed() + self.skipped() + self.in_doubt()
    }

    /// Rows that workers are at.
    pub fn in_hand(&self) -> usize {
        self.in_hand.load(Ordering::Relaxed)
    }

    /// Workers that may have a row at present: fewer while the server is busy.
    pub fn active(&self) -> usize {
        self.active.load(Ordering::Relaxed)
    }

    /// How long it has been going on.
    pub fn elapsed(&self) -> Duration {
        self.began.get().map_or(Duration::ZERO, Instant::elapsed)
    }

    /// Rows a second, from the beginning.
    #[expect(clippy::cast_precision_loss, reason = "no run has that many rows")]
    pub fn rate(&self) -> f64 {
        let seconds = self.elapsed().as_secs_f64();
        if seconds > 0.0 {
            self.ended() as f64 / seconds
        } else {
            0.0
        }
    }

    pub(super) fn begin(&self) {
        self.began.get_or_init(Instant::now);
    }

    pub(crate) fn count(&self, outcome: &RowOutcome) {
        self.count_many(outcome, 1);
    }

    /// Counts so many rows that ended alike.
    pub(crate) fn count_many(&self, outcome: &RowOutcome, rows: u64) {
        let counter = match outcome {
            RowOutcome::Done => &self.done,
            RowOutcome::Failed => &self.failed,
            RowOutcome::Skipped => &self.skipped,
            RowOutcome::InDoubt => &self.in_doubt,
            RowOutcome::Stop(_) => &self.stopped,
        };
        counter.fetch_add(rows, Ordering::Relaxed);
    }

    pub(super) fn set_workers(&self, in_hand: usize, active: usize) {
        self.in_hand.store(in_hand, Ordering::Relaxed);
        self.active.store(active, Ordering::Relaxed);
    }
}
