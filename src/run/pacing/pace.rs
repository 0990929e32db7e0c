//! No more than so many calls a second, whoever makes them.
//!
//! Calls are spread evenly. Time that nobody used is not saved up, but for a
//! moment's worth: a server asked for ten a second never sees fifty at once.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::cancel::Cancel;

/// How much unused time may be made up for: what a sleep overshoots, and a bit.
const SLACK: Duration = Duration::from_millis(50);

/// The pace of all calls of a run.
#[derive(Debug)]
pub struct Pace(Option<Mutex<Slots>>);

#[derive(Debug)]
struct Slots {
    /// The time between two calls.
    gap: Duration,
    /// When the next call may leave.
    next: Option<Instant>,
}

impl Pace {
    /// As fast as it goes.
    pub const fn unlimited() -> Self {
        Self(None)
    }

    /// So many calls a second; `None` unless that is a number above zero.
    pub fn per_second(rate: f64) -> Option<Self> {
        if rate.is_nan() || rate <= 0.0 {
            return None;
        }
        let gap = Duration::try_from_secs_f64(1.0 / rate).ok()?;
        Some(Self(Some(Mutex::new(Slots { gap, next: None }))))
    }

    /// Whether there is a limit at all.
    pub const fn is_limited(&self) -> bool {
        self.0.is_some()
    }

    /// Waits until a call may leave; `false` if the user interrupted meanwhile.
    pub fn wait(&self, cancel: &Cancel) -> bool {
        let Some(slots) = &self.0 else {
            return !cancel.is_raised();
        };
        let now = Instant::now();
        let slot = slots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(now);
        cancel.sleep(slot.saturating_duration_since(now))
    }
}

impl Slots {
    /// When a call that asks now may leave.
    fn take(&mut self, now: Instant) -> Instant {
        let earliest = now.checked_sub(SLACK).unwrap_or(now);
        let slot = self.next.map_or(now, |next| next.max(earliest));
        self.next = Some(slot + self.gap);
        slot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(rate: f64) -> Slots {
        let Pace(slots) = Pace::per_second(rate).unwrap();
        slots.unwrap().into_inner().unwrap()
    }

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn calls_that_come_at_once_leave_evenly_spread() {
        let (mut slots, now) = (slots(10.0), Instant::now());
        let leave: Vec<_> = (0..4).map(|_| slots.take(now) - now).collect();
        assert_eq!(leave, [0, 100, 200, 300].map(millis));
    }

    #[test]
    fn unused_time_is_not_saved_up() {
        let (mut slots, begin) = (slots(100.0), Instant::now());
        slots.take(begin);
        let later = begin + Duration::from_secs(60);
        let at_once = (0..100).filter(|_| slots.take(later) <= later).count();
        assert_eq!(
            at_once, 6,
            "a slack of 50 ms at 10 ms a call, and the call itself"
        );
    }

    #[test]
    fn a_sleep_that_is_a_little_long_costs_nothing() {
        let (mut slots, begin) = (slots(1000.0), Instant::now());
        let mut now = begin;
        for _ in 0..1000 {
            now = now.max(slots.take(now)) + Duration::from_micros(300);
        }
        assert!(now - begin < millis(1001), "{:?}", now - begin);
    }

    #[test]
    fn a_rate_that_is_none_is_refused_and_an_interruption_ends_the_wait() {
        for rate in [0.0, -1.0, f64::NAN] {
            assert!(Pace::per_second(rate).is_none(), "{rate}");
        }
        let cancel = Cancel::default();
        let pace = Pace::per_second(0.001).unwrap();
        assert!(pace.wait(&cancel));
        cancel.raise();
        assert!(!pace.wait(&cancel));
        assert!(!Pace::unlimited().wait(&cancel));
    }
}
