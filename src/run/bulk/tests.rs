//! The scheduler with real threads and a worker made of a function.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use proptest::prelude::*;

use super::*;

/// So long a test waits for what must come.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

impl From<Panicked> for String {
    fn from(Panicked(message): Panicked) -> Self {
        message
    }
}

pub(super) type Source = Vec<Result<Row<u64>, String>>;
pub(super) type Endings = Vec<(u64, Ended<String>)>;

pub(super) fn rows(count: u64) -> Source {
    (0..count)
        .map(|item| Ok(Row { lane: item, item }))
        .collect()
}

pub(super) fn options(workers: usize) -> Options {
    Options {
        workers,
        ..Options::default()
    }
}

pub(super) fn end(outcome: RowOutcome) -> Ended<String> {
    Ended {
        outcome,
        busy: false,
        left: String::new(),
    }
}

/// Runs that function over the rows; the summary, and the rows in the order they ended.
pub(super) fn ran(
    rows: impl IntoIterator<Item = Result<Row<u64>, String>, IntoIter: Send>,
    options: &Options,
    each: impl Fn(u64) -> Ended<String> + Sync,
) -> (Summary<u64, String>, Endings) {
    let mut ended = Endings::new();
    let each = &each;
    let summary = run(
        rows.into_iter(),
        options,
        |_| |row: &Row<u64>| each(row.item),
        |row, how, _, _| ended.push((row.item, how)),
    );
    (summary, ended)
}

pub(super) fn items(ended: &[(u64, Ended<String>)]) -> Vec<u64> {
    ended.iter().map(|(item, _)| *item).collect()
}

#[test]
fn one_worker_takes_the_rows_in_their_order() {
    let (summary, ended) = ran(rows(100), &options(1), |_| end(RowOutcome::Done));
    assert_eq!(items(&ended), (0..100).collect::<Vec<_>>());
    assert_eq!(summary.why, Why::Finished);
    assert!(summary.unbegun.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_row_is_done_once_and_lanes_keep_their_order(
        lanes in prop::collection::vec(0_u64..6, 0..200),
        workers in 1_usize..9,
        naps in prop::collection::vec(0_u64..200, 16),
    ) {
        let rows: Source = lanes
            .iter()
            .zip(0..)
            .map(|(lane, item)| Ok(Row { lane: *lane, item }))
            .collect();
        let in_hand: Vec<AtomicUsize> = (0..6).map(|_| AtomicUsize::new(0)).collect();
        let lane_of = |item: u64| usize::try_from(lanes[usize::try_from(item).unwrap()]).unwrap();
        let (summary, ended) = ran(rows, &options(workers), |item| {
            let lane = &in_hand[lane_of(item)];
            let others = lane.fetch_add(1, Ordering::SeqCst);
            let nap = naps[usize::try_from(item).unwrap() % naps.len()];
            thread::sleep(Duration::from_micros(nap));
            lane.fetch_sub(1, Ordering::SeqCst);
            let outcome = if others == 0 { RowOutcome::Done } else { RowOutcome::Failed };
            end(outcome)
        });
        prop_assert_eq!(summary.why, Why::Finished);
        prop_assert!(ended.iter().all(|(_, how)| how.outcome == RowOutcome::Done));
        let mut last = HashMap::new();
        for item in items(&ended) {
            let before = last.insert(lane_of(item), item);
            prop_assert!(before.is_none_or(|before| before < item));
        }
        let mut all = items(&ended);
        all.sort_unstable();
        prop_assert_eq!(all, (0..lanes.len() as u64).collect::<Vec<_>>());
    }
}

#[test]
fn a_lane_that_waits_holds_up_no_other() {
    let (go, wait) = mpsc::sync_channel(1);
    let wait = Mutex::new(wait);
    // Rows 0 to 9 share a lane, and its first one waits for the very last row.
    let rows = (0..40).map(|item| {
        let lane = if item < 10 { 0 } else { item };
        Ok(Row { lane, item })
    });
    let (_, ended) = ran(rows, &options(2), |item| {
        if item == 0 {
            wait.lock().unwrap().recv_timeout(PATIENCE).unwrap();
        } else if item == 39 {
            go.send(()).unwrap();
        }
        end(RowOutcome::Done)
    });
    assert_eq!(ended.len(), 40);
    assert!(ended.iter().all(|(_, how)| how.outcome == RowOutcome::Done));
}

#[test]
fn a_source_is_read_no_further_than_needed() {
    let read = AtomicUsize::new(0);
    let most = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let rows = (0..10_000).map(|item| {
        let ahead = read.fetch_add(1, Ordering::SeqCst) - done.load(Ordering::SeqCst);
        most.fetch_max(ahead, Ordering::SeqCst);
        Ok(Row { lane: 7, item })
    });
    let (_, ended) = ran(rows, &options(4), |_| {
        done.fetch_add(1, Ordering::SeqCst);
        end(RowOutcome::Done)
    });
    assert_eq!(ended.len(), 10_000);
    assert!(most.into_inner() <= 4 * 16 + 4);
}

#[test]
fn a_busy_server_gets_fewer_rows_at_once() {
    let options = options(8);
    let (in_hand, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (summary, _) = ran(rows(400), &options, |item| {
        let now = in_hand.fetch_add(1, Ordering::SeqCst) + 1;
        // Long enough after the rows that were in hand when the server first complained.
        if item > 50 {
            most.fetch_max(now, Ordering::SeqCst);
        }
        thread::sleep(Duration::from_micros(100));
        in_hand.fetch_sub(1, Ordering::SeqCst);
        Ended {
            busy: true,
            ..end(RowOutcome::Done)
        }
    });
    assert_eq!(summary.why, Why::Finished);
    assert_eq!(options.progress.active(), 1);
    assert_eq!(most.into_inner(), 1);
}

#[test]
fn no_more_workers_are_made_than_there_are_rows() {
    let made = AtomicUsize::new(0);
    run(
        rows(3).into_iter(),
        &options(32),
        |_| {
            made.fetch_add(1, Ordering::SeqCst);
            |_: &Row<u64>| end(RowOutcome::Skipped)
        },
        |_, _: Ended<String>, _, _| {},
    );
    assert!((1..=3).contains(&made.into_inner()));
}
