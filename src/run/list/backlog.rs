//! What of a list has arrived and was not taken yet, and what may be fetched next.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::time::Duration;

use serde_json::Value;

use super::page_ranges::{Arrival, PageRange, Rest};
use super::page_size::{Came, PageSize};
use super::promise::{Promise, Verdict};
use super::record::{Identity, Page};
use crate::catalog::List;
use crate::client::CallError;

/// Pages in flight at once.
const FLYING: usize = 4;
/// Pages in flight or waiting to be taken.
const AHEAD: usize = 8;
/// Records of a page by which its weight is estimated.
const WEIGHED: usize = 8;

/// How far ahead of the reader pages are fetched.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum FetchAhead {
    /// Not at all: nobody has asked for a record yet.
    Closed,
    /// Some pages ahead.
    Ahead,
    /// Without regard to how much is waiting.
    ToTheEnd,
    /// Not any more: nobody will take another record.
    Dropped,
}

/// The state of a walk.
pub(super) struct Backlog {
    pub(super) pace: FetchAhead,
    rest: Rest,
    size: PageSize,
    promise: Promise,
    flying: usize,
    /// Pages by offset, not taken yet.
    pages: BTreeMap<u64, Vec<Value>>,
    /// Records of the page being taken.
    taking: VecDeque<Value>,
    seen: HashSet<Identity>,
    /// Warnings not handed out yet, and all there were.
    warnings: Vec<String>,
    warned: Vec<String>,
    failed: Option<CallError>,
    /// Whether what the list promised was judged for good.
    is_judged: bool,
    /// The error was handed out: the walk is over.
    has_told: bool,
}

impl Backlog {
    /// A list of which nothing came yet, in pages of that size.
    pub(super) fn new(rest: Rest, size: PageSize) -> Self {
        Self {
            pace: FetchAhead::Closed,
            promise: Promise::from(rest.offset()),
            rest,
            size,
            flying: 0,
            pages: BTreeMap::new(),
            taking: VecDeque::new(),
            seen: HashSet::new(),
            warnings: Vec::new(),
            warned: Vec::new(),
            failed: None,
            is_judged: false,
            has_told: false,
        }
    }

    /// The next record, if it is here.
    pub(super) fn record(&mut self) -> Option<Value> {
        if self.taking.is_empty() && self.has_next_page() {
            let (_, page) = self.pages.pop_first()?;
            self.taking = page.into();
        }
        self.taking.pop_front()
    }

    /// The next stretch to send for, if one may be sent for now.
    pub(super) fn send_for(&mut self) -> Option<PageRange> {
        if !self.may_fetch() {
            return None;
        }
        let stretch = self.rest.next(self.size.ask(self.rest.remaining()))?;
        self.flying += 1;
        Some(stretch)
    }

    /// What is to be said of the list once every page of it is here; `None` before.
    ///
    /// A list that is to be read again is not at its end any more.
    pub(super) fn conclude(&mut self) -> Option<Verdict> {
        let is_over = self.flying == 0 && self.failed.is_none() && self.rest.is_over();
        if !is_over || self.is_judged || self.pace == FetchAhead::Closed {
            return None;
        }
        let verdict = self.promise.judge(self.came());
        match verdict {
            Verdict::ReadAgain => self.rest.read_again(),
            _ => self.is_judged = true,
        }
        Some(verdict)
    }

    /// How many different records came.
    pub(super) fn came(&self) -> u64 {
        self.seen.len() as u64
    }

    /// Takes in a page that came in that time; `false` if the server repeats itself.
    pub(super) fn keep(
        &mut self,
        stretch: PageRange,
        list: &List,
        page: Page,
        took: Duration,
    ) -> bool {
        // Without a total a page is followed by the next alone.
        let is_crowded = self.flying == FLYING || page.total.is_none();
        self.flying -= 1;
        self.warn(page.warnings);
        let (count, mut records) = (page.records.len() as u64, page.records);
        if list.paged {
            let came = Came {
                asked: stretch.length,
                records: count,
                has_more: page
                    .total
                    .is_some_and(|total| stretch.offset.saturating_add(count) < total),
                took: is_crowded.then_some(took),
            };
            self.size.came(&came, || weight(&records));
            self.promise.hear(page.total, stretch.offset, count);
            records.retain(|record| self.seen.insert(Identity::identify(record, list)));
        }
        let arrival = Arrival {
            records: count,
            fresh: records.len() as u64,
            total: page.total,
        };
        if !records.is_empty() {
            // Read again, a stretch may still have its first page waiting.
            self.pages
                .entry(stretch.offset)
                .or_default()
                .extend(records);
        }
        self.rest.arrived(stretch, arrival)
    }

    /// Takes note that a page sent for did not come; whether its records are asked for
    /// again, in smaller pages.
    pub(super) fn ask_again(&mut self, stretch: PageRange, error: &CallError) -> bool {
        let is_smaller = self.size.lost(stretch.length, error);
        if is_smaller {
            self.flying -= 1;
            self.rest.give_back(stretch);
            let (asked, size) = (stretch.length, self.size.size());
            self.warn(vec![format!(
                "a page of {asked} records could not be read ({error}): the next pages have \
                 {size}"
            )]);
        }
        is_smaller
    }

    /// Takes note that a page sent for will not come.
    pub(super) fn lose(&mut self, error: CallError) {
        self.flying -= 1;
        self.fail(error);
    }

    /// Ends the walk; the first error is the one that is told.
    pub(super) fn fail(&mut self, error: CallError) {
        self.failed.get_or_insert(error);
    }

    /// Whether pages are in flight.
    pub(super) fn is_waiting(&self) -> bool {
        self.flying > 0
    }

    /// The error that ended the walk, until it was told.
    pub(super) fn untold(&self) -> Option<CallError> {
        self.failed.clone().filter(|_| !self.has_told)
    }

    /// The error that ended the walk, once.
    pub(super) fn tell(&mut self) -> Option<CallError> {
        let error = self.untold();
        self.has_told |= error.is_some();
        error
    }

    /// The warnings since this was last asked, each once.
    pub(super) fn warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    /// Keeps what is to be said to the user, once.
    pub(super) fn warn(&mut self, warnings: Vec<String>) {
        for warning in warnings {
            if !self.warned.contains(&warning) {
                self.warned.push(warning.clone());
                self.warnings.push(warning);
            }
        }
    }

    fn has_next_page(&self) -> bool {
        let first = self.pages.keys().next();
        first.is_some_and(|offset| self.rest.has_all_before(*offset))
    }

    fn may_fetch(&self) -> bool {
        let has_room = self.flying + self.pages.len() < AHEAD;
        // What fills the room may be waiting for a page that was sent short.
        let is_stuck = self.flying == 0 && !self.has_next_page();
        let is_wanted = match self.pace {
            FetchAhead::Closed | FetchAhead::Dropped => false,
            FetchAhead::Ahead => has_room || is_stuck,
            FetchAhead::ToTheEnd => true,
        };
        is_wanted && self.failed.is_none() && self.flying < FLYING
    }
}

/// About how many bytes of JSON the records are.
fn weight(records: &[Value]) -> usize {
    let weighed = records.len().min(WEIGHED);
    let bytes: usize = records
        .iter()
        .take(WEIGHED)
        .map(|record| record.to_string().len())
        .sum();
    bytes * records.len() / weighed.max(1)
}
