//! Which stretches of a list are still to be fetched.
//!
//! Servers cap the page size, send short pages, report totals that grow, or no
//! total at all. What is left is therefore told only by what arrived: what a short page
//! leaves out is asked for again, and what did not come in halves, so that no record
//! between the first and the last is skipped however the size of the pages changes on the
//! way. Only an empty page is taken to be what it seems. A total that is too low is disproved by a page that
//! reaches beyond it, and one that full pages just fill is tried with one page more.
//! Records that arrive twice are the walk's business.

use std::collections::BTreeMap;

/// After so many empty pages in a row nothing more is expected, whatever the total says.
const EMPTY_IN_A_ROW: u64 = 250;

/// Records `offset .. offset + length` of a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct PageRange {
    pub(super) offset: u64,
    pub(super) length: u64,
    /// Whether it is a part of a page that was asked for before.
    pub(super) is_gap: bool,
}

/// What a reply to a stretch held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    /// Its records.
    pub(super) records: u64,
    /// Those of them not seen before.
    pub(super) fresh: u64,
    /// The total it reported.
    pub(super) total: Option<u64>,
}

/// A part of a stretch that did not come.
#[derive(Clone, Copy, Debug)]
struct Gap {
    length: u64,
    /// Whether no reply came for it at all: then a total does not show that it is empty.
    is_lost: bool,
}

/// The stretches asked for so far, and those that remain.
#[derive(Debug)]
pub(super) struct Rest {
    paged: bool,
    /// Where the list begins.
    offset: u64,
    /// Everything before this offset was asked for.
    frontier: u64,
    /// Parts of asked-for stretches that did not come, by their offset.
    gaps: BTreeMap<u64, Gap>,
    /// Stretches asked for whose replies are not in yet: offset to length.
    asked: BTreeMap<u64, u64>,
    /// The largest total the server reported.
    total: Option<u64>,
    /// Whether a page held more than its own total: the list ends where nothing new comes.
    is_disproved: bool,
    /// Whether pages were as long as was asked for, so that one may follow those that
    /// fill the total.
    is_full: bool,
    replies: u64,
    /// Empty pages in a row.
    empty: u64,
    /// Where a page was in which nothing came that was awaited: the list ends there.
    end: Option<u64>,
    /// So far it was read before, so that nothing there need be new.
    known_to: u64,
}

impl Rest {
    /// All of a list from there on that comes in pages.
    pub(super) fn paged(offset: u64) -> Self {
        Self {
            paged: true,
            offset,
            frontier: offset,
            gaps: BTreeMap::new(),
            asked: BTreeMap::new(),
            total: None,
            is_disproved: false,
            is_full: false,
            replies: 0,
            empty: 0,
            end: None,
            known_to: 0,
        }
    }

    /// All of a list that comes in one reply.
    pub(super) fn whole() -> Self {
        Self {
            paged: false,
            ..Self::paged(0)
        }
    }

    /// Where the list begins.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether every stretch was asked for.
    pub(super) fn is_over(&self) -> bool {
        let reached = self.total.is_some_and(|total| self.is_past(total));
        (self.end.is_some() || reached) && self.gaps.is_empty() && self.asked.is_empty()
    }

    /// Whether a list of so many records was asked for to its end.
    fn is_past(&self, total: u64) -> bool {
        !self.is_disproved && (self.frontier > total || (self.frontier == total && !self.is_full))
    }

    /// Begins anew.
    pub(super) fn read_again(&mut self) {
        *self = Self {
            known_to: self.frontier,
            is_disproved: self.is_disproved,
            ..Self::paged(self.offset)
        };
    }

    /// How many records remain to be asked for behind all that was, as the server counts.
    pub(super) fn remaining(&self) -> Option<u64> {
        self.total.map(|total| total.saturating_sub(self.frontier))
    }

    /// The next stretch to ask for, of no more than that many records, if there is one that
    /// can be asked for now.
    pub(super) fn next(&mut self, page: u64) -> Option<PageRange> {
        let stretch = match self.gaps.pop_first() {
            Some((offset, gap)) => {
                if gap.length > page {
                    let length = gap.length - page;
                    self.gaps.insert(offset + page, Gap { length, ..gap });
                }
                PageRange {
                    offset,
                    length: gap.length.min(page),
                    is_gap: true,
                }
            }
            None => self.advance(page)?,
        };
        self.asked.insert(stretch.offset, stretch.length);
        Some(stretch)
    }

    fn advance(&mut self, page: u64) -> Option<PageRange> {
        let is_over = match self.total {
            // Only the reply in flight can tell whether more follows.
            None => self.end.is_some() || !self.asked.is_empty(),
            Some(total) => self.end.is_some() || self.is_past(total),
        };
        if is_over {
            return None;
        }
        let stretch = PageRange {
            offset: self.frontier,
            length: page,
            is_gap: false,
        };
        self.frontier = self.frontier.saturating_add(page);
        Some(stretch)
    }

    /// Takes note that a stretch did not come and is to be asked for again, in halves.
    pub(super) fn give_back(&mut self, stretch: PageRange) {
        self.asked.remove(&stretch.offset);
        if self.total.is_none() {
            // Nothing else is in flight, and nobody knows what is behind it.
            self.frontier = stretch.offset;
            return;
        }
        let half = stretch.length / 2;
        for (offset, length) in [
            (stretch.offset, half),
            (stretch.offset + half, stretch.length - half),
        ] {
            if length > 0 {
                let is_lost = true;
                self.gaps.insert(offset, Gap { length, is_lost });
            }
        }
    }

    /// Takes note of a reply; `false` if the server repeats itself although it
    /// reports more records than it sends.
    pub(super) fn arrived(&mut self, stretch: PageRange, arrival: Arrival) -> bool {
        let Arrival {
            records,
            fresh,
            total,
        } = arrival;
        self.asked.remove(&stretch.offset);
        self.replies += 1;
        if !self.paged {
            self.end = Some(stretch.offset);
            return true;
        }
        // Totals that grow with nothing but empty pages and known records would never end.
        if fresh > 0 || self.total.is_none() {
            self.total = self.total.max(total);
        }
        let reached = stretch.offset.saturating_add(records);
        let Some(total) = self.total else {
            self.frontier = reached;
            self.end = (fresh == 0).then_some(stretch.offset);
            return true;
        };
        if self.replies == 1 {
            self.is_full = records == stretch.length || (1..total).contains(&reached);
        }
        if self.replies == 1 && records > 0 && records != stretch.length {
            self.frontier = reached;
        } else if (1..stretch.length).contains(&records) {
            let length = stretch.length - records;
            let is_lost = false;
            self.gaps.insert(reached, Gap { length, is_lost });
        }
        self.is_disproved |= fresh > 0 && reached > total;
        // Behind its total a list ends where nothing new comes.
        let is_behind = self.is_disproved || stretch.offset >= total;
        let is_new = fresh > 0 || self.replies == 1 || stretch.offset < self.known_to;
        // Less than a page may be a gap that records which are left out made.
        let is_last = is_behind && !is_new && !stretch.is_gap;
        self.empty = if records == 0 { self.empty + 1 } else { 0 };
        // What is before the end may come after it, and ends nothing.
        self.end = self.end.filter(|end| fresh == 0 || stretch.offset < *end);
        if is_last {
            self.end = Some(stretch.offset);
            self.gaps.split_off(&stretch.offset);
        } else if self.empty >= EMPTY_IN_A_ROW {
            self.end = Some(stretch.offset);
            self.gaps.clear();
        } else if !self.is_disproved {
            self.gaps
                .retain(|offset, gap| *offset < total || gap.is_lost);
        }
        is_last || is_new || self.known_to > 0 || stretch.is_gap || records < stretch.length
    }

    /// Whether nothing before `offset` is outstanding.
    pub(super) fn has_all_before(&self, offset: u64) -> bool {
        let (asked, gaps) = (self.asked.keys().next(), self.gaps.keys().next());
        asked.into_iter().chain(gaps).all(|first| *first >= offset)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// A server with that many records, which sends at most `cap` at a time and
    /// leaves out of each page the records it filters after paging.
    struct Shelf {
        records: u64,
        cap: u64,
        hidden: BTreeSet<u64>,
        /// What it says of its total, where it does.
        total: Option<u64>,
    }

    impl Shelf {
        fn page(&self, stretch: PageRange) -> Vec<u64> {
            let length = stretch.length.min(self.cap);
            let end = stretch.offset.saturating_add(length).min(self.records);
            (stretch.offset..end)
                .filter(|record| !self.hidden.contains(record))
                .collect()
        }

        /// Fetches everything, with up to four replies outstanding that come back last first.
        fn read(&self, mut page: u64) -> (BTreeSet<u64>, usize) {
            let mut rest = Rest::paged(0);
            let (mut seen, mut calls, mut flying) = (BTreeSet::new(), 0, Vec::new());
            loop {
                while flying.len() < 4 {
                    let Some(stretch) = rest.next(page) else {
                        break;
                    };
                    flying.push(stretch);
                }
                let Some(stretch) = flying.pop() else {
                    return (seen, calls);
                };
                calls += 1;
                let came = self.page(stretch);
                // What the server gives is asked for from now on.
                if calls == 1 && !came.is_empty() && self.total.is_some() {
                    page = came.len() as u64;
                }
                let fresh = came.iter().filter(|record| seen.insert(**record)).count();
                rest.arrived(
                    stretch,
                    Arrival {
                        records: came.len() as u64,
                        fresh: fresh as u64,
                        total: self.total,
                    },
                );
            }
        }
    }

    proptest! {
        #[test]
        fn every_record_is_fetched_whatever_the_server_caps(
            records in 0_u64..300,
            cap in 1_u64..150,
            page in 1_u64..120,
        ) {
            let shelf = Shelf { records, cap, hidden: BTreeSet::new(), total: Some(records) };
            let (seen, _) = shelf.read(page);
            prop_assert_eq!(seen.len() as u64, records);
        }

        #[test]
        fn every_record_is_fetched_whatever_the_server_leaves_out_of_its_pages(
            records in 0_u64..300,
            hidden in prop::collection::btree_set(0_u64..300, 0..200),
            page in 1_u64..120,
        ) {
            let shelf = Shelf { records, cap: u64::MAX, hidden, total: Some(records) };
            let (seen, _) = shelf.read(page);
            let all: BTreeSet<u64> = (0..records).filter(|record| !shelf.hidden.contains(record)).collect();
            prop_assert_eq!(seen, all);
        }

        #[test]
        fn every_record_is_fetched_however_low_the_total_is(
            records in 1_u64..300,
            lacking in 1_u64..300,
            page in 1_u64..120,
            hidden in prop::collection::btree_set(0_u64..300, 0..3),
        ) {
            let total = Some(records.saturating_sub(lacking));
            let shelf = Shelf { records, cap: u64::MAX, hidden: BTreeSet::new(), total };
            let (seen, calls) = shelf.read(page);
            prop_assert_eq!(seen.len() as u64, records);
            prop_assert!(calls as u64 <= records / page + 8, "{} calls", calls);
            // A page that is short only because records are left out of it proves nothing of a total.
            let shelf = Shelf { cap: page, hidden, total: Some(0), ..shelf };
            let is_seen = |record: &u64| !shelf.hidden.contains(record);
            let shown: BTreeSet<u64> = (0..records).filter(is_seen).collect();
            if page > 3 && !shelf.page(PageRange { offset: 0, length: page, is_gap: false }).is_empty() {
                prop_assert_eq!(shelf.read(page).0, shown);
            }
        }

        #[test]
        fn without_a_total_pages_are_read_until_nothing_new_comes(
            records in 0_u64..300,
            cap in 1_u64..150,
            page in 1_u64..120,
        ) {
            let shelf = Shelf { records, cap, hidden: BTreeSet::new(), total: None };
            let (seen, _) = shelf.read(page);
            prop_assert_eq!(seen.len() as u64, records);
        }
    }

    fn arrival(records: u64, fresh: u64, total: u64) -> Arrival {
        Arrival {
            records,
            fresh,
            total: Some(total),
        }
    }

    #[test]
    fn an_honest_server_is_asked_once_for_each_page() {
        let shelf = Shelf {
            records: 1000,
            cap: 100,
            hidden: BTreeSet::new(),
            total: Some(1000),
        };
        // One page more shows that nothing follows the one that just filled the total.
        assert_eq!(shelf.read(100).1, 11);
        let shelf = Shelf {
            records: 999,
            total: Some(999),
            ..shelf
        };
        assert_eq!(shelf.read(100).1, 10);
    }

    #[test]
    fn nothing_is_asked_ahead_before_the_total_is_known() {
        let mut rest = Rest::paged(0);
        let first = rest.next(10).unwrap();
        assert_eq!(rest.next(10), None);
        rest.arrived(first, arrival(10, 10, 35));
        let offsets: Vec<u64> =
            std::iter::from_fn(|| rest.next(10).map(|stretch| stretch.offset)).collect();
        assert_eq!(offsets, [10, 20, 30]);
    }

    #[test]
    fn a_total_that_grows_is_followed() {
        let mut rest = Rest::paged(0);
        let first = rest.next(10).unwrap();
        rest.arrived(first, arrival(10, 10, 19));
        let second = rest.next(10).unwrap();
        assert_eq!(rest.next(10), None);
        rest.arrived(second, arrival(10, 10, 25));
        assert_eq!(rest.next(10).map(|stretch| stretch.offset), Some(20));
    }

    #[test]
    fn a_server_that_ignores_the_offset_is_found_out() {
        let mut rest = Rest::paged(0);
        let first = rest.next(10).unwrap();
        assert!(rest.arrived(first, arrival(10, 10, 30)));
        let second = rest.next(10).unwrap();
        assert!(!rest.arrived(second, arrival(10, 0, 30)));
    }

    #[test]
    fn a_list_without_a_word_of_more_is_asked_once() {
        for (records, total) in [(0, 0), (7, 7), (25, 25)] {
            let mut rest = Rest::paged(0);
            let first = rest.next(100).unwrap();
            assert!(rest.arrived(first, arrival(records, records, total)));
            assert_eq!(rest.next(100), None);
            assert!(rest.is_over());
        }
    }

    #[test]
    fn a_server_that_repeats_all_it_has_behind_its_total_is_at_its_end() {
        let mut rest = Rest::paged(0);
        let first = rest.next(10).unwrap();
        assert!(rest.arrived(first, arrival(10, 10, 10)));
        let second = rest.next(10).unwrap();
        assert!(rest.arrived(second, arrival(10, 0, 10)));
        assert!(rest.is_over());
    }

    #[test]
    fn empty_pages_without_end_end_the_list() {
        let mut rest = Rest::paged(0);
        let mut calls = 0;
        while let Some(stretch) = rest.next(10) {
            calls += 1;
            rest.arrived(stretch, arrival(0, 0, 1_000_000_000));
        }
        assert_eq!(calls, 250);
        assert!(rest.is_over());
    }

    #[test]
    fn an_unpaged_list_is_one_reply() {
        let mut rest = Rest::whole();
        let only = rest.next(10).unwrap();
        rest.arrived(only, arrival(3, 3, 40));
        assert_eq!(rest.next(10), None);
    }

    #[test]
    fn pages_of_any_size_follow_each_other_without_a_gap() {
        let mut rest = Rest::paged(0);
        let first = rest.next(10).unwrap();
        rest.arrived(first, arrival(10, 10, 100));
        let asked: Vec<(u64, u64)> = [10, 20, 40, 5, 30]
            .iter()
            .map(|page| rest.next(*page).map(|it| (it.offset, it.length)).unwrap())
            .collect();
        assert_eq!(asked, [(10, 10), (20, 20), (40, 40), (80, 5), (85, 30)]);
    }

    #[test]
    fn what_did_not_come_is_asked_for_again_in_halves_before_anything_else() {
        let mut rest = Rest::paged(0);
        let first = rest.next(10).unwrap();
        rest.arrived(first, arrival(10, 10, 500));
        let lost = rest.next(100).unwrap();
        rest.give_back(lost);
        assert!(!rest.has_all_before(110));
        let asked: Vec<(u64, u64)> = [100, 30, 30, 40]
            .iter()
            .map(|page| rest.next(*page).map(|it| (it.offset, it.length)).unwrap())
            .collect();
        assert_eq!(asked, [(10, 50), (60, 30), (90, 20), (110, 40)]);
    }

    #[test]
    fn a_first_page_that_did_not_come_is_asked_for_in_a_smaller_one() {
        let mut rest = Rest::paged(20);
        let first = rest.next(100).unwrap();
        rest.give_back(first);
        let again = rest.next(50).unwrap();
        assert_eq!((again.offset, again.length), (20, 50));
        assert_eq!(rest.next(50), None);
    }

    #[test]
    fn what_did_not_come_from_behind_a_total_is_asked_for_again() {
        let mut rest = Rest::paged(0);
        let first = rest.next(10).unwrap();
        rest.arrived(first, arrival(10, 10, 15));
        let second = rest.next(10).unwrap();
        let third = rest.next(10);
        assert_eq!(third, None);
        rest.arrived(second, arrival(10, 10, 15));
        // The total is disproved: the list goes on until nothing new comes.
        let lost = rest.next(10).unwrap();
        rest.give_back(lost);
        let half = rest.next(5).unwrap();
        assert_eq!((half.offset, half.length), (20, 5));

        let mut rest = Rest::paged(0);
        let first = rest.next(10).unwrap();
        rest.arrived(first, arrival(10, 10, 20));
        let (second, behind) = (rest.next(10).unwrap(), rest.next(10).unwrap());
        rest.give_back(behind);
        rest.arrived(second, arrival(10, 10, 20));
        assert_eq!(
            rest.next(10).map(|it| (it.offset, it.length)),
            Some((20, 5))
        );
    }
}
