//! The run's one clock.

use std::sync::{OnceLock, PoisonError, RwLock};

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

/// The moment a run first started.
///
/// The time zone is looked for when a script first asks for the time: finding it
/// reads the names of all there are, which takes longer than the rest of the start.
#[derive(Debug, Default)]
pub struct Clock {
    started: RwLock<Timestamp>,
    zone: OnceLock<TimeZone>,
}

impl Clock {
    /// The clock of a run that first started then.
    pub fn new(started: Timestamp) -> Self {
        Self {
            started: started.into(),
            zone: OnceLock::new(),
        }
    }

    /// The same clock in a place of that time zone.
    #[must_use]
    pub fn in_zone(self, zone: TimeZone) -> Self {
        Self {
            zone: zone.into(),
            ..self
        }
    }

    /// When the run started, as a clock on the wall showed it.
    pub fn started(&self) -> civil::DateTime {
        let zone = self.zone.get_or_init(TimeZone::system);
        let started = self.started.read().unwrap_or_else(PoisonError::into_inner);
        zone.to_datetime(*started)
    }

    /// Goes on from another moment: the clock of a test is that of its server.
    pub fn set(&self, moment: Timestamp) {
        *self.started.write().unwrap_or_else(PoisonError::into_inner) = moment;
    }
}
