//! How a run is taken that another process may be at, or may have been.

use std::sync::Arc;
use std::time::Duration;

use super::log::{Insistence, System, Wait, Watch};

/// How far a run is insisted on, and what is done while it is waited for.
#[derive(Clone, Default)]
pub struct Taking {
    /// Whether a process that is at it is waited for, for up to a term.
    pub waits: bool,
    /// Whether it is taken from a process that was not seen for a whole term.
    pub takes_stale: bool,
    /// Whether a copy is gone on with that was made while the run went on.
    pub adopts: bool,
    /// The system, with what is done while somebody is waited for.
    pub(super) system: System,
}

impl Taking {
    /// A run is taken under its name: whoever is at it is waited for, and need not be
    /// seen to have ended.
    #[must_use]
    pub fn by_name(self) -> Self {
        Self {
            waits: true,
            takes_stale: true,
            ..self
        }
    }

    /// A run is taken over, although its process was not seen to end, or it is a copy.
    #[must_use]
    pub fn over(self) -> Self {
        Self {
            takes_stale: true,
            adopts: true,
            ..self
        }
    }

    /// The same with that done while somebody is waited for; it says whether to wait on.
    #[must_use]
    pub fn waiting(self, wait: impl Fn(Duration, &Watch) -> bool + Send + Sync + 'static) -> Self {
        let wait: Arc<Wait> = Arc::new(wait);
        Self {
            system: System::new(wait),
            ..self
        }
    }

    /// The same by that clock.
    #[cfg(test)]
    #[must_use]
    pub(in crate::run) fn by(self, clock: Arc<dyn super::log::BootClock>) -> Self {
        Self {
            system: self.system.by(clock),
            ..self
        }
    }

    pub(super) const fn insistence(&self) -> Insistence {
        Insistence {
            waits: self.waits,
            takes_stale: self.takes_stale,
        }
    }
}
