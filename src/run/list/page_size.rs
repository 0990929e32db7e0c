//! How many records each page of a walk asks for.
//!
//! The server decides: pages double while that makes a record cheaper and a page's time
//! stays far from the timeout, and halve when one does not come. A page that holds fewer
//! records than were asked for although more remain shows the server's own limit. A size
//! that the script named stays as it is. Which records are asked for is not decided here.

use std::time::Duration;

use crate::client::{CallError, CallErrorKind, Delivery};

/// Records in the first page, and in the last ones of a list.
const START: u64 = 100;
/// No page asks for more.
const TOP: u64 = 5_000;
/// A larger page must cost at most this part of the time per record.
const GAIN: f64 = 0.9;
/// A page's time must stay below this part of the timeout.
const PART_OF_TIMEOUT: u32 = 6;
/// A page asks for this part of what remains, so that the last ones are read side by side.
const PART_OF_REST: u64 = 4;
/// While nothing comes, pages go down to this part of the longest that did not: a server
/// that does not answer at all must not be waited for again and again.
const PART_OF_LOST: u64 = 4;
/// No failure but a reply that is too large makes all pages smaller than this.
const SMALL: u64 = 25;
/// Pages of more JSON than this do not grow: several of them are held at once.
const HEAVY: usize = 1 << 20;

/// A page that came.
pub(super) struct Came {
    /// Records it asked for.
    pub(super) asked: u64,
    /// Records it held.
    pub(super) records: u64,
    /// Whether the list goes on behind it, as the server counts.
    pub(super) has_more: bool,
    /// How long it took, where as many pages as may be were on their way with it.
    pub(super) took: Option<Duration>,
}

/// The size of the pages of one walk.
#[derive(Debug)]
pub(super) struct PageSize {
    size: u64,
    /// Whether the script named it.
    is_given: bool,
    grows: bool,
    /// Whether the server's own limit was seen.
    is_capped: bool,
    /// Seconds per record in pages of half the size.
    before: Option<f64>,
    /// The longest page that came as it was asked for.
    longest: u64,
    /// The longest page that was lost since one came.
    lost: u64,
    /// A larger page may be tried if this one's time doubled is not beyond it.
    limit: Duration,
}

impl PageSize {
    /// A size that follows a server whose replies may take that long.
    pub(super) fn following(timeout: Duration) -> Self {
        Self {
            size: START,
            is_given: false,
            grows: true,
            is_capped: false,
            before: None,
            longest: 0,
            lost: 0,
            limit: timeout / PART_OF_TIMEOUT,
        }
    }

    /// The size the script named.
    pub(super) fn given(size: u64) -> Self {
        Self {
            size: size.max(1),
            is_given: true,
            grows: false,
            ..Self::following(Duration::ZERO)
        }
    }

    /// The size now, whatever remains.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// How many records to ask for when that many remain, where anybody counts them.
    pub(super) fn ask(&self, remaining: Option<u64>) -> u64 {
        match remaining {
            Some(remaining) if !self.is_given => {
                self.size.min((remaining / PART_OF_REST).max(START))
            }
            _ => self.size,
        }
    }

    /// Takes note of a page; `weight` tells how much JSON it was, and is asked if that matters.
    pub(super) fn came(&mut self, page: &Came, weight: impl FnOnce() -> usize) {
        self.lost = 0;
        if page.records == page.asked {
            self.longest = self.longest.max(page.records);
            self.measure(page, weight);
        } else if page.records > page.asked || (page.records > 0 && page.has_more) {
            self.cap(page.records);
        }
    }

    /// What the server gives whatever it is asked for.
    fn cap(&mut self, records: u64) {
        self.grows = false;
        if !self.is_capped {
            self.is_capped = true;
            self.size = if records > self.size {
                records
            } else {
                // A page that came whole shows that this one is short for another reason.
                self.size.min(records.max(self.longest))
            };
        }
    }

    fn measure(&mut self, page: &Came, weight: impl FnOnce() -> usize) {
        let took = page.took.filter(|_| self.grows && page.asked == self.size);
        let Some(took) = took else { return };
        let count = u32::try_from(page.records).unwrap_or(u32::MAX);
        let cost = took.as_secs_f64() / f64::from(count);
        let pays = self.before.is_none_or(|before| cost <= GAIN * before);
        if pays && took * 2 <= self.limit && weight() * 2 <= HEAVY {
            self.before = Some(cost);
            self.size = (self.size * 2).min(TOP);
        } else {
            self.grows = false;
        }
        self.grows &= self.size < TOP;
    }

    /// Takes note of a page that did not come; whether its records are to be asked for again,
    /// in smaller pages.
    pub(super) fn lost(&mut self, asked: u64, error: &CallError) -> bool {
        if self.is_given || !may_be_too_much(error) {
            return false;
        }
        let is_too_large = error.kind == CallErrorKind::TooLarge;
        let may_come = match asked {
            1 => !is_too_large && self.lost == 0,
            _ => is_too_large || asked.saturating_mul(PART_OF_LOST) > self.lost,
        };
        self.lost = self.lost.max(asked);
        self.grows = false;
        // Those that left with a page which was halved since are halved by themselves.
        if may_come && asked == self.size {
            let half = (asked / 2).max(1);
            self.size = if is_too_large {
                half
            } else {
                half.max(SMALL.min(asked))
            };
        }
        may_come
    }
}

/// Whether a smaller page may come where this one did not: PHP ran out of time or memory,
/// or a gateway out of patience.
fn may_be_too_much(error: &CallError) -> bool {
    match error.kind {
        CallErrorKind::Timeout | CallErrorKind::TooLarge | CallErrorKind::NotJson => true,
        CallErrorKind::Http => matches!(error.http, Some(500..600)),
        CallErrorKind::Connection => error.delivery != Delivery::NotSent,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(60);

    fn whole(size: &mut PageSize, millis: u64) {
        let asked = size.ask(None);
        let page = Came {
            asked,
            records: asked,
            has_more: true,
            took: Some(Duration::from_millis(millis)),
        };
        size.came(&page, || 0);
    }

    fn short(size: &mut PageSize, asked: u64, records: u64, has_more: bool) {
        let page = Came {
            asked,
            records,
            has_more,
            took: None,
        };
        size.came(&page, || 0);
    }

    fn error(kind: CallErrorKind, http: Option<u16>) -> CallError {
        let mut error = CallError::new(kind, "GetClients", "", Delivery::Refused);
        error.http = http;
        error
    }

    #[test]
    fn pages_double_while_records_get_cheaper_and_no_further_than_the_top() {
        let mut size = PageSize::following(TIMEOUT);
        let mut sizes = vec![size.ask(None)];
        for _ in 0..8 {
            whole(&mut size, 50);
            sizes.push(size.ask(None));
        }
        assert_eq!(sizes, [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
    }

    #[test]
    fn pages_stay_where_a_record_costs_the_same() {
        let mut size = PageSize::following(TIMEOUT);
        for millis in [100, 199, 100, 100] {
            whole(&mut size, millis);
        }
        assert_eq!(size.ask(None), 200);
    }

    #[test]
    fn no_page_is_tried_that_may_come_near_the_timeout() {
        let mut size = PageSize::following(TIMEOUT);
        whole(&mut size, 5_000);
        assert_eq!(size.ask(None), 200);
        let mut size = PageSize::following(TIMEOUT);
        whole(&mut size, 5_001);
        assert_eq!(size.ask(None), 100);
    }

    #[test]
    fn heavy_pages_do_not_grow() {
        let mut size = PageSize::following(TIMEOUT);
        let page = Came {
            asked: 100,
            records: 100,
            has_more: true,
            took: Some(Duration::ZERO),
        };
        size.came(&page, || HEAVY);
        assert_eq!(size.ask(None), 100);
    }

    #[test]
    fn a_page_that_travelled_alone_shows_nothing() {
        let mut size = PageSize::following(TIMEOUT);
        short(&mut size, 100, 100, true);
        assert_eq!(size.ask(None), 100);
        whole(&mut size, 50);
        // An earlier, smaller page that comes late.
        short(&mut size, 100, 100, true);
        assert_eq!(size.ask(None), 200);
    }

    #[test]
    fn a_page_asks_for_no_more_than_a_quarter_of_what_remains() {
        let mut size = PageSize::following(TIMEOUT);
        for _ in 0..4 {
            whole(&mut size, 50);
        }
        let asked = |remaining| size.ask(Some(remaining));
        assert_eq!(
            [asked(10_000), asked(3_000), asked(404), asked(3)],
            [1600, 750, 101, 100]
        );
        assert_eq!(PageSize::given(250).ask(Some(3)), 250);
    }

    #[test]
    fn a_short_page_with_more_behind_it_is_the_servers_limit() {
        let mut size = PageSize::following(TIMEOUT);
        short(&mut size, 100, 25, true);
        assert_eq!(size.ask(None), 25);
        // Later ones may be short for other reasons.
        short(&mut size, 25, 3, true);
        assert_eq!(size.ask(None), 25);
        let mut size = PageSize::following(TIMEOUT);
        whole(&mut size, 50);
        whole(&mut size, 50);
        short(&mut size, 400, 250, true);
        assert_eq!(size.ask(None), 250);
        whole(&mut size, 1);
        assert_eq!(size.ask(None), 250);
    }

    #[test]
    fn a_page_from_which_a_record_is_left_out_is_no_smaller_than_one_that_came_whole() {
        let mut size = PageSize::following(TIMEOUT);
        whole(&mut size, 50);
        short(&mut size, 200, 98, true);
        assert_eq!(size.ask(None), 100);
    }

    #[test]
    fn a_last_page_is_short_and_shows_nothing() {
        let mut size = PageSize::following(TIMEOUT);
        short(&mut size, 100, 25, false);
        assert_eq!(size.ask(None), 100);
    }

    #[test]
    fn a_server_that_gives_more_than_is_asked_for_is_asked_for_that() {
        let mut size = PageSize::following(TIMEOUT);
        short(&mut size, 100, 306, true);
        assert_eq!(size.ask(None), 306);
    }

    #[test]
    fn what_does_not_come_is_halved_twice_and_grows_no_more() {
        for (kind, http) in [
            (CallErrorKind::Timeout, None),
            (CallErrorKind::Http, Some(504)),
            (CallErrorKind::NotJson, Some(200)),
            (CallErrorKind::Connection, None),
        ] {
            let mut size = PageSize::following(TIMEOUT);
            let error = error(kind, http);
            assert!(size.lost(100, &error));
            assert_eq!(size.ask(None), 50);
            // It left when pages were larger.
            assert!(size.lost(100, &error));
            assert_eq!(size.ask(None), 50);
            assert!(size.lost(50, &error));
            assert!(!size.lost(25, &error));
            whole(&mut size, 1);
            assert_eq!(size.ask(None), 25);
            // It came before, so it may come again.
            assert!(size.lost(25, &error));
            assert_eq!(size.ask(None), 25);
        }
    }

    #[test]
    fn what_is_too_large_is_halved_as_often_as_it_takes() {
        let mut size = PageSize::following(TIMEOUT);
        let error = error(CallErrorKind::TooLarge, Some(200));
        for half in [50, 25, 12, 6, 3, 1] {
            assert!(size.lost(size.size(), &error));
            assert_eq!(size.ask(None), half);
        }
        assert!(!size.lost(1, &error));
    }

    #[test]
    fn what_the_server_refuses_is_not_asked_for_again() {
        let mut size = PageSize::following(TIMEOUT);
        for (kind, http) in [
            (CallErrorKind::Permission, Some(403)),
            (CallErrorKind::Api, Some(200)),
            (CallErrorKind::Http, Some(404)),
            (CallErrorKind::Html, Some(200)),
            (CallErrorKind::Interrupted, None),
        ] {
            assert!(!size.lost(100, &error(kind, http)), "{kind:?}");
        }
    }

    #[test]
    fn a_size_the_script_named_stays() {
        let mut size = PageSize::given(400);
        whole(&mut size, 1);
        assert!(!size.lost(400, &error(CallErrorKind::Timeout, None)));
        assert_eq!(size.ask(None), 400);
    }
}
