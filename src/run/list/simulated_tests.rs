//! Walks over simulated servers by a simulated clock: every record comes once, in order, and soon.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::backlog::{Backlog, FetchAhead};
use super::page_ranges::{PageRange, Rest};
use super::page_size::PageSize;
use super::promise::Verdict;
use super::record::Page;
use crate::catalog::List;
use crate::client::{CallError, CallErrorKind, Delivery};

const TIMEOUT: Duration = Duration::from_secs(60);
const LIST: List = List {
    path: "clients.client",
    key: Some("id"),
    paged: true,
};

/// What a server says of the length of its list.
#[derive(Clone, Copy, Debug)]
enum Total {
    True,
    Missing,
    /// So many fewer than there are.
    Low(u64),
    /// The records of the page.
    OfPage,
}

/// A server with its habits.
#[derive(Clone, Debug)]
struct Model {
    records: u64,
    /// Milliseconds for a call, and microseconds for each record of it.
    latency: u64,
    each: u64,
    /// Whether calls wait for each other.
    has_one_worker: bool,
    /// The most records it gives.
    cap: u64,
    /// It fails if it is asked for more, in that way.
    breaks_beyond: Option<(u64, CallErrorKind)>,
    /// Every so manieth call fails.
    fails_every: Option<u64>,
    /// Records it leaves out of the pages they are in.
    hidden: BTreeSet<u64>,
    total: Total,
    /// Calls by which a record is added behind the last, or the record of that number leaves.
    grows_at: BTreeSet<u64>,
    leaves_at: Vec<(u64, u64)>,
}

impl Model {
    fn of(records: u64) -> Self {
        Self {
            records,
            latency: 50,
            each: 0,
            has_one_worker: false,
            cap: u64::MAX,
            breaks_beyond: None,
            fails_every: None,
            hidden: BTreeSet::new(),
            total: Total::True,
            grows_at: BTreeSet::new(),
            leaves_at: Vec::new(),
        }
    }
}

struct Flight {
    sent: Duration,
    back: Duration,
    stretch: PageRange,
    reply: Result<Page, CallErrorKind>,
}

/// A model that is being read.
struct Server {
    model: Model,
    ids: Vec<u64>,
    calls: u64,
    busy_until: Duration,
}

impl Server {
    fn of(model: Model) -> Self {
        Self {
            ids: (0..model.records).collect(),
            model,
            calls: 0,
            busy_until: Duration::ZERO,
        }
    }

    fn send(&mut self, now: Duration, stretch: PageRange) -> Flight {
        self.calls += 1;
        let reply = self.reply(stretch);
        let given = reply.as_ref().map_or(0, |page| page.records.len());
        let model = &self.model;
        let work = Duration::from_millis(model.latency)
            + Duration::from_micros(model.each * u64::try_from(given).unwrap());
        let begins = if model.has_one_worker {
            now.max(self.busy_until)
        } else {
            now
        };
        self.busy_until = begins + work;
        let is_late = self.busy_until > now + TIMEOUT;
        Flight {
            sent: now,
            back: self.busy_until.min(now + TIMEOUT),
            stretch,
            reply: if is_late {
                Err(CallErrorKind::Timeout)
            } else {
                reply
            },
        }
    }

    fn reply(&mut self, stretch: PageRange) -> Result<Page, CallErrorKind> {
        let (model, call) = (&self.model, self.calls);
        if model.grows_at.contains(&call) {
            self.ids.push(1_000_000 + call);
        }
        for (at, number) in &model.leaves_at {
            let number = usize::try_from(*number).unwrap();
            if *at == call && number < self.ids.len() {
                self.ids.remove(number);
            }
        }
        if let Some((most, kind)) = model.breaks_beyond
            && stretch.length > most
        {
            return Err(kind);
        }
        if model
            .fails_every
            .is_some_and(|every| call.is_multiple_of(every))
        {
            return Err(CallErrorKind::Http);
        }
        let start = usize::try_from(stretch.offset).unwrap();
        let length = usize::try_from(stretch.length.min(model.cap)).unwrap();
        let given = self.ids.iter().skip(start).take(length);
        let records: Vec<Value> = given
            .filter(|id| !model.hidden.contains(*id))
            .map(|id| json!({"id": id}))
            .collect();
        let all = self.ids.len() as u64;
        Ok(Page {
            total: match model.total {
                Total::True => Some(all),
                Total::Missing => None,
                Total::Low(by) => Some(all.saturating_sub(by)),
                Total::OfPage => Some(records.len() as u64),
            },
            no_total: None,
            records,
            warnings: Vec::new(),
        })
    }
}

/// What became of a walk.
#[derive(Debug)]
struct Walked {
    ids: Vec<u64>,
    verdict: Option<Verdict>,
    failed: Option<CallErrorKind>,
    calls: u64,
    lost: u64,
    largest: u64,
    took: Duration,
}

/// Walks to the end; the reader takes whatever is there whenever a page comes.
fn walk(model: Model, size: PageSize) -> Walked {
    let mut server = Server::of(model);
    let mut backlog = Backlog::new(Rest::paged(0), size);
    backlog.pace = FetchAhead::Ahead;
    let (mut now, mut flights) = (Duration::ZERO, Vec::<Flight>::new());
    let mut walked = Walked {
        ids: Vec::new(),
        verdict: None,
        failed: None,
        calls: 0,
        lost: 0,
        largest: 0,
        took: Duration::ZERO,
    };
    while walked.failed.is_none() {
        while let Some(record) = backlog.record() {
            walked.ids.push(record["id"].as_u64().unwrap());
        }
        while let Some(stretch) = backlog.send_for() {
            walked.largest = walked.largest.max(stretch.length);
            flights.push(server.send(now, stretch));
        }
        let verdict = backlog.conclude();
        if verdict == Some(Verdict::ReadAgain) {
            continue;
        }
        walked.verdict = verdict.or(walked.verdict);
        let next = (0..flights.len()).min_by_key(|index| flights[*index].back);
        let Some(next) = next else { break };
        let flight = flights.remove(next);
        now = flight.back;
        assert!(server.calls < 20_000, "the walk has no end");
        match flight.reply {
            Ok(page) => {
                let is_new =
                    backlog.keep(flight.stretch, &LIST, page, now.saturating_sub(flight.sent));
                walked.failed = (!is_new).then_some(CallErrorKind::NotJson);
            }
            Err(kind) => {
                walked.lost += 1;
                let mut error = CallError::new(kind, "GetClients", "", Delivery::Refused);
                error.http = Some(503);
                if !backlog.ask_again(flight.stretch, &error) {
                    walked.failed = Some(kind);
                }
            }
        }
    }
    walked.calls = server.calls;
    walked.took = now;
    walked
}

fn followed(model: Model) -> Walked {
    walk(model, PageSize::following(TIMEOUT))
}

fn is_whole(walked: &Walked, records: u64) {
    assert_eq!(walked.failed, None, "{walked:?}");
    assert!(walked.ids.iter().copied().eq(0..records), "{walked:?}");
}

#[test]
fn twenty_thousand_records_at_50_ms_take_half_a_second() {
    let walked = followed(Model::of(20_000));
    is_whole(&walked, 20_000);
    assert_eq!(walked.verdict, Some(Verdict::Kept));
    assert!(
        walked.took <= Duration::from_millis(550),
        "{:?}",
        walked.took
    );
    let named = walk(Model::of(20_000), PageSize::given(100));
    assert!(named.took > Duration::from_secs(2), "{:?}", named.took);
    assert_eq!(named.largest, 100);
}

#[test]
fn no_server_is_driven_into_its_timeout() {
    for (latency, each, has_one_worker) in [
        (50, 100, false),
        (50, 1_000, true),
        (200, 5_000, false),
        (20, 20_000, true),
        (2_000, 100_000, false),
        (1_000, 100_000, true),
    ] {
        let walked = followed(Model {
            latency,
            each,
            has_one_worker,
            ..Model::of(6_000)
        });
        is_whole(&walked, 6_000);
        assert_eq!(walked.lost, 0, "{latency} ms, {each} µs: {walked:?}");
    }
}

#[test]
fn no_size_is_slower_than_pages_of_a_hundred_by_much() {
    for (latency, each, has_one_worker) in [
        (5, 10, false),
        (50, 100, true),
        (50, 2_000, false),
        (300, 2_000, true),
    ] {
        let model = Model {
            latency,
            each,
            has_one_worker,
            ..Model::of(10_000)
        };
        let plain = walk(model.clone(), PageSize::given(100)).took;
        let took = followed(model).took;
        assert!(took <= plain.mul_f64(1.1), "{took:?} against {plain:?}");
    }
}

#[test]
fn a_page_that_is_too_much_for_the_server_is_read_in_parts() {
    for kind in [
        CallErrorKind::TooLarge,
        CallErrorKind::Timeout,
        CallErrorKind::Http,
    ] {
        for most in [30, 64, 150, 700, 1_600] {
            let walked = followed(Model {
                breaks_beyond: Some((most, kind)),
                ..Model::of(9_000)
            });
            is_whole(&walked, 9_000);
            assert!(walked.lost <= 10, "{kind:?} beyond {most}: {}", walked.lost);
        }
    }
}

#[test]
fn a_server_that_does_not_answer_at_all_is_soon_given_up() {
    let walked = followed(Model {
        fails_every: Some(1),
        ..Model::of(9_000)
    });
    assert_eq!(walked.failed, Some(CallErrorKind::Http));
    assert_eq!(walked.calls, 3);
}

#[test]
fn a_total_of_the_page_alone_is_read_once() {
    let walked = followed(Model {
        total: Total::OfPage,
        ..Model::of(3_050)
    });
    is_whole(&walked, 3_050);
    assert_eq!(walked.verdict, Some(Verdict::Exceeded { counted: 100 }));
    assert!(walked.calls <= 36, "{}", walked.calls);
}

#[test]
fn a_list_without_a_total_is_read_in_growing_pages_too() {
    let walked = followed(Model {
        total: Total::Missing,
        ..Model::of(20_000)
    });
    is_whole(&walked, 20_000);
    assert!(walked.calls <= 12, "{}", walked.calls);
}

fn total() -> impl Strategy<Value = Total> {
    prop_oneof![
        Just(Total::True),
        Just(Total::Missing),
        (1_u64..400).prop_map(Total::Low),
        Just(Total::OfPage),
    ]
}

fn way_to_break() -> impl Strategy<Value = CallErrorKind> {
    prop_oneof![
        Just(CallErrorKind::TooLarge),
        Just(CallErrorKind::Timeout),
        Just(CallErrorKind::Http),
        Just(CallErrorKind::Connection),
    ]
}

prop_compose! {
    fn model()(
        records in 0_u64..2_500,
        latency in prop::sample::select(vec![0_u64, 1, 50, 900]),
        each in prop::sample::select(vec![0_u64, 10, 500, 20_000]),
        has_one_worker in any::<bool>(),
        cap in prop_oneof![Just(u64::MAX), 20_u64..1_000],
        breaks_beyond in prop::option::of((25_u64..1_000, way_to_break())),
        fails_every in prop::option::of(4_u64..30),
    ) -> Model {
        Model { latency, each, has_one_worker, cap, breaks_beyond, fails_every, ..Model::of(records) }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_record_comes_once_and_in_order(model in model(), total in total()) {
        let records = model.records;
        // Where the first page is short and counts itself, nobody can tell that more follows.
        let is_honest = matches!(total, Total::True | Total::Missing);
        let cap = if is_honest { model.cap } else { model.cap.max(100) };
        let walked = followed(Model { cap, total, ..model });
        // A server that keeps failing may be given up, but never in silence.
        if walked.failed.is_none() {
            prop_assert!(walked.ids.iter().copied().eq(0..records), "{:?}", walked.ids);
            prop_assert!(
                matches!(walked.verdict, Some(Verdict::Kept | Verdict::Exceeded { .. })),
                "{:?}", walked.verdict
            );
        }
    }

    #[test]
    fn a_server_that_fails_now_and_then_is_read_to_the_end(
        mut model in model(),
        every in 6_u64..30,
    ) {
        // Pages that are read in parts fail no more often than they are halved.
        model.fails_every = Some(every);
        model.breaks_beyond = None;
        model.cap = u64::MAX;
        let records = model.records;
        let walked = followed(model);
        prop_assert_eq!(walked.failed, None);
        prop_assert!(walked.ids.iter().copied().eq(0..records));
    }

    #[test]
    fn what_is_left_out_of_pages_hides_nothing_else(
        records in 0_u64..3_000,
        hidden in prop::collection::btree_set(0_u64..3_000, 0..300),
        latency in prop::sample::select(vec![0_u64, 50]),
    ) {
        let walked = followed(Model { hidden: hidden.clone(), latency, ..Model::of(records) });
        prop_assert_eq!(walked.failed, None);
        let shown: Vec<u64> = (0..records).filter(|id| !hidden.contains(id)).collect();
        let mut ids = walked.ids.clone();
        ids.sort_unstable();
        prop_assert_eq!(ids, shown);
    }

    #[test]
    fn whatever_stands_in_the_list_all_the_time_is_not_missed(
        mut model in model(),
        grows_at in prop::collection::btree_set(1_u64..40, 0..10),
        leaves_at in prop::collection::vec((1_u64..12, 0_u64..4_000), 0..4),
    ) {
        model.breaks_beyond = None;
        model.fails_every = None;
        let (records, stays) = (model.records, leaves_at.clone());
        let walked = followed(Model { grows_at, leaves_at, ..model });
        prop_assert_eq!(walked.failed, None);
        let ids: BTreeSet<u64> = walked.ids.iter().copied().collect();
        prop_assert_eq!(ids.len(), walked.ids.len(), "a record came twice");
        let missing = (0..records).filter(|id| !ids.contains(id)).count();
        prop_assert!(missing <= stays.len(), "{} of {} are missing", missing, records);
    }
}
