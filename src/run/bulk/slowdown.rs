//! How many rows may be in hand: fewer when the server asks for mercy.
//!
//! A busy server halves the number, once for all the rows that were in hand when
//! it was; every so many rows without complaint bring one back.

/// So many rows without complaint bring one more.
const RECOVERY: u32 = 10;

#[derive(Debug)]
pub(super) struct Slowdown {
    workers: usize,
    active: usize,
    good: u32,
    epoch: Epoch,
}

/// Which halving a row began after.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Epoch(u64);

impl Slowdown {
    /// All workers may have a row.
    pub fn new(workers: usize) -> Self {
        Self {
            workers,
            active: workers,
            good: 0,
            epoch: Epoch(0),
        }
    }

    /// How many rows may be in hand.
    pub fn active(&self) -> usize {
        self.active
    }

    /// What a row that begins now is to keep until it ends.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// A row ended that began then.
    pub fn ended(&mut self, began: Epoch, busy: bool) {
        if busy {
            self.good = 0;
            // One burst of refusals is one reason, however many rows it meets.
            if began == self.epoch {
                self.active = (self.active / 2).max(1);
                self.epoch.0 += 1;
            }
        } else if self.active < self.workers {
            self.good += 1;
            if self.good == RECOVERY {
                self.good = 0;
                self.active += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_of_refusals_halves_once_and_a_later_one_again() {
        let mut slowdown = Slowdown::new(32);
        let before = slowdown.epoch();
        for _ in 0..32 {
            slowdown.ended(before, true);
        }
        assert_eq!(slowdown.active(), 16);
        slowdown.ended(slowdown.epoch(), true);
        assert_eq!(slowdown.active(), 8);
        slowdown.ended(before, true);
        assert_eq!(slowdown.active(), 8);
    }

    #[test]
    fn there_is_always_one_and_never_more_than_there_are_workers() {
        let mut slowdown = Slowdown::new(3);
        for _ in 0..5 {
            slowdown.ended(slowdown.epoch(), true);
        }
        assert_eq!(slowdown.active(), 1);
        for _ in 0..10 * RECOVERY {
            slowdown.ended(slowdown.epoch(), false);
        }
        assert_eq!(slowdown.active(), 3);
    }

    #[test]
    fn it_recovers_by_one_every_so_many_good_rows_in_a_row() {
        let mut slowdown = Slowdown::new(8);
        slowdown.ended(slowdown.epoch(), true);
        assert_eq!(slowdown.active(), 4);
        for _ in 1..RECOVERY {
            slowdown.ended(slowdown.epoch(), false);
        }
        assert_eq!(slowdown.active(), 4);
        slowdown.ended(slowdown.epoch(), false);
        assert_eq!(slowdown.active(), 5);
    }
}
