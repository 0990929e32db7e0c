//! Whether a write was there when a list was read: by the dates of both.
//!
//! What was known to be done by then has no newer record in the list; what was not sent by
//! then has no older one. Where the clocks do not say it, nothing follows.

use jiff::Timestamp;

use super::moment::Moment;

/// This moment, in milliseconds of Unix time.
pub(super) fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

/// When a list was read, to know how far it went: by the clock of the day, in which
/// outcomes are dated too, and by that from the machine's start.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ReadAt {
    pub(super) day: i64,
    pub(super) moment: Moment,
    /// So many milliseconds later it was certainly read.
    pub(super) took: i64,
}

impl ReadAt {
    /// This moment.
    pub fn now() -> Self {
        Self {
            day: now(),
            moment: Moment::now(),
            took: 0,
        }
    }

    /// A reading of which is only known that it was not before this, nor after that.
    #[must_use]
    pub fn until(self, later: Self) -> Self {
        Self {
            took: later.moment.millis - self.moment.millis + later.took,
            ..self
        }
    }
}

/// Whether a write that was applied was so before a list was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Order {
    /// It was known to be applied by then.
    Before,
    /// It was not sent by then.
    After,
    /// It may have been either.
    Unknown,
}

/// When a write was begun and settled, for telling that.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Dated {
    pub(super) moment: Option<Moment>,
    pub(super) settled: Option<i64>,
}

/// The clocks of two machines, or of two starts of one, may differ by so much.
const SKEW: i64 = 600_000;

impl Dated {
    /// How it stands to the reading of a list.
    pub fn order(&self, read: ReadAt) -> Order {
        let is_same_start = self
            .moment
            .is_some_and(|moment| moment.boot == read.moment.boot);
        let millis = self.moment.map_or(0, |moment| moment.millis);
        if is_same_start && millis > read.moment.millis + read.took {
            return Order::After;
        }
        let slack = if is_same_start { 0 } else { SKEW };
        let is_known = self
            .settled
            .is_some_and(|settled| settled <= read.day - slack);
        if is_known {
            Order::Before
        } else {
            Order::Unknown
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(boot: i64, millis: i64) -> Moment {
        Moment { boot, millis }
    }

    #[test]
    fn a_write_was_there_before_a_reading_if_it_was_known_and_after_it_if_it_was_not_sent() {
        let read = ReadAt {
            day: 1_000_000_000,
            moment: moment(1, 500),
            took: 20,
        };
        let order = |begun: Option<Moment>, settled: i64| {
            let dated = Dated {
                moment: begun,
                settled: Some(1_000_000_000 + settled),
            };
            dated.order(read)
        };
        assert_eq!(order(Some(moment(1, 400)), 0), Order::Before);
        // It was on its way then.
        assert_eq!(order(Some(moment(1, 400)), 1), Order::Unknown);
        assert_eq!(order(Some(moment(1, 520)), 30), Order::Unknown);
        assert_eq!(order(Some(moment(1, 521)), 30), Order::After);
        // The clock of the day was set back meanwhile.
        assert_eq!(order(Some(moment(1, 521)), -5000), Order::After);
        // Other machines have other clocks.
        assert_eq!(order(Some(moment(2, 10)), -SKEW), Order::Before);
        assert_eq!(order(Some(moment(2, 10)), -SKEW + 1), Order::Unknown);
        assert_eq!(order(None, 5000), Order::Unknown);
        assert_eq!(Dated::default().order(read), Order::Unknown);
    }
}
