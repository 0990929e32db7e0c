//! What the totals of a paged list promised, and whether it was kept.
//!
//! A server counts its records with every page. A count that falls means that records left
//! the list while it was read, and others moved to pages that were read already; too few
//! records mean the same, or a server that counts what it does not give. Either way the list
//! is read once more, for a record that was passed over must not be missed in silence. Then
//! it is told, and an error if records are still missing. A count that is too low ends no list,
//! and one that counts its own page alone says nothing of the list.

/// The totals a walk was told so far.
#[derive(Debug, Default)]
pub(in crate::run) struct Promise {
    /// Where in the list the walk began.
    offset: u64,
    lowest: Option<u64>,
    highest: u64,
    latest: u64,
    has_fallen: bool,
    was_read_again: bool,
}

/// How a walk ends that has nothing left to ask for.
#[derive(Debug, Eq, PartialEq)]
pub(in crate::run) enum Verdict {
    /// Everything came.
    Kept,
    /// The list is to be read once more.
    ReadAgain,
    /// Everything came, although the total fell.
    Fell {
        /// The highest total.
        from: u64,
        /// The lowest.
        to: u64,
    },
    /// More came than the server counts.
    Exceeded {
        /// The highest total.
        counted: u64,
    },
    /// Records are missing.
    Broken {
        /// How many there should be.
        promised: u64,
    },
}

impl Promise {
    /// Nothing is promised yet of a list read from there on.
    pub(in crate::run) fn from(offset: u64) -> Self {
        Self {
            offset,
            ..Self::default()
        }
    }

    /// Takes note of the total that came with a page of so many records from `offset` on.
    pub(in crate::run) fn hear(&mut self, total: Option<u64>, offset: u64, records: u64) {
        let is_of_page = |total: &u64| offset > 0 && *total == records;
        let Some(total) = total.filter(|total| !is_of_page(total)) else {
            return;
        };
        self.has_fallen |= self.lowest.is_some() && total < self.latest;
        self.latest = total;
        self.lowest = Some(self.lowest.map_or(total, |lowest| lowest.min(total)));
        self.highest = self.highest.max(total);
    }

    /// Judges a walk to which that many different records came.
    pub(in crate::run) fn judge(&mut self, came: u64) -> Verdict {
        let promised = self.lowest.unwrap_or(0).saturating_sub(self.offset);
        let is_short = came < promised;
        if (is_short || self.has_fallen) && !self.was_read_again {
            self.was_read_again = true;
            return Verdict::ReadAgain;
        }
        if is_short {
            return Verdict::Broken { promised };
        }
        // That a count fell which is too low says nothing.
        if self.lowest.is_some() && came > self.highest.saturating_sub(self.offset) {
            return Verdict::Exceeded {
                counted: self.highest,
            };
        }
        if self.has_fallen {
            return Verdict::Fell {
                from: self.highest,
                to: self.lowest.unwrap_or(0),
            };
        }
        Verdict::Kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(totals: &[u64]) -> Promise {
        let mut promise = Promise::from(0);
        for total in totals {
            promise.hear(Some(*total), 0, 1);
        }
        promise
    }

    #[test]
    fn a_list_that_gives_what_it_counts_is_read_once() {
        assert_eq!(told(&[60, 60]).judge(60), Verdict::Kept);
        assert_eq!(told(&[60, 61]).judge(61), Verdict::Kept);
        assert_eq!(told(&[]).judge(7), Verdict::Kept);
    }

    #[test]
    fn a_list_that_gives_more_than_it_counts_is_told() {
        assert_eq!(
            told(&[206, 206]).judge(306),
            Verdict::Exceeded { counted: 206 }
        );
    }

    #[test]
    fn a_count_that_is_too_low_is_told_as_such_although_it_fell() {
        let mut promise = told(&[100, 100, 6]);
        assert_eq!(promise.judge(206), Verdict::ReadAgain);
        assert_eq!(promise.judge(206), Verdict::Exceeded { counted: 100 });
    }

    #[test]
    fn a_total_of_its_page_alone_says_nothing_of_the_list() {
        let mut promise = Promise::from(0);
        for (offset, records) in [(0, 100), (100, 100), (300, 6), (200, 100)] {
            promise.hear(Some(records), offset, records);
        }
        assert_eq!(promise.judge(306), Verdict::Exceeded { counted: 100 });
    }

    #[test]
    fn a_list_that_is_too_short_is_read_again_and_then_told() {
        let mut promise = told(&[60, 60]);
        assert_eq!(promise.judge(35), Verdict::ReadAgain);
        promise.hear(Some(60), 0, 1);
        assert_eq!(promise.judge(35), Verdict::Broken { promised: 60 });
    }

    #[test]
    fn a_total_that_fell_is_told_although_all_came() {
        let mut promise = told(&[60, 58]);
        assert_eq!(promise.judge(60), Verdict::ReadAgain);
        promise.hear(Some(58), 0, 1);
        assert_eq!(promise.judge(60), Verdict::Fell { from: 60, to: 58 });
    }

    #[test]
    fn no_more_than_the_lowest_total_is_wanted() {
        let mut promise = told(&[60, 50]);
        assert_eq!(promise.judge(50), Verdict::ReadAgain);
        assert_eq!(promise.judge(50), Verdict::Fell { from: 60, to: 50 });
    }

    #[test]
    fn what_stands_before_the_beginning_is_not_missed() {
        let mut promise = Promise::from(20);
        promise.hear(Some(60), 0, 1);
        assert_eq!(promise.judge(40), Verdict::Kept);
    }
}
