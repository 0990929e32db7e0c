//! How long a run waits for a server, by which clock, and who is told.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::cancel::Cancel;
use crate::run::journal::moment::Moment;

/// A write that is not found counts as not applied once it is so old, unless the profile
/// says otherwise: PHP may go on for longer than anybody waits.
pub const LATE_AFTER: Duration = Duration::from_secs(120);

/// Tells the user a line about the run.
pub type Notice = dyn Fn(&str) + Send + Sync;

/// The clock waiting goes by.
pub trait Clock: Send + Sync {
    /// This moment.
    fn now(&self) -> Moment;
    /// Sleeps that long unless asked to stop; says whether it slept it out.
    fn sleep(&self, time: Duration, cancel: &Cancel) -> bool;
}

/// The machine's own clock.
struct System;

impl Clock for System {
    fn now(&self) -> Moment {
        Moment::now()
    }

    fn sleep(&self, time: Duration, cancel: &Cancel) -> bool {
        cancel.sleep(time)
    }
}

/// How long a run waits.
#[derive(Clone)]
pub struct Patience {
    /// A write that is not found counts as not applied once it is so old.
    pub late_after: Duration,
    /// Whether the run waits at all; what does not wait looks once.
    pub waits: bool,
    clock: Arc<dyn Clock>,
    notice: Arc<Notice>,
    /// When the time left was last told.
    told: Arc<Mutex<Option<Moment>>>,
}

impl Default for Patience {
    /// Waits for nothing and tells nobody.
    fn default() -> Self {
        Self {
            late_after: LATE_AFTER,
            waits: false,
            clock: Arc::new(System),
            notice: Arc::new(|_| {}),
            told: Arc::default(),
        }
    }
}

impl fmt::Debug for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patience")
            .field("late_after", &self.late_after)
            .field("waits", &self.waits)
            .finish_non_exhaustive()
    }
}

impl Patience {
    /// Patience that waits, or does not, and tells by that.
    pub fn new(late_after: Duration, waits: bool, notice: Arc<Notice>) -> Self {
        Self {
            late_after,
            waits,
            notice,
            ..Self::default()
        }
    }

    /// The same by another clock.
    #[cfg(test)]
    pub(in crate::run) fn by(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Tells the user a line.
    pub(in crate::run) fn tell(&self, line: &str) {
        (self.notice)(line);
    }

    /// Whether the time left was not told for so long; then it is to be told now.
    pub(in crate::run) fn is_time_to_tell(&self, pause: Duration) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        let is_time = told
            .and_then(|told| now.since(told))
            .is_none_or(|gone| gone >= pause);
        if is_time {
            *told = Some(now);
        }
        is_time
    }

    /// This moment.
    pub(in crate::run) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Sleeps that long unless asked to stop; says whether it slept it out.
    pub(in crate::run) fn sleep(&self, time: Duration, cancel: &Cancel) -> bool {
        self.clock.sleep(time, cancel)
    }
}
