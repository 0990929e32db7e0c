//! What ends a bulk loop before its rows do, and what does not.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use super::tests::{PATIENCE, end, items, options, ran, rows};
use super::*;

#[test]
fn a_failing_row_stops_no_other_until_too_many_failed() {
    let fail = |item: u64| {
        let outcome = if item % 2 == 1 {
            RowOutcome::Failed
        } else {
            RowOutcome::Done
        };
        end(outcome)
    };
    let (summary, ended) = ran(rows(100), &options(4), fail);
    assert_eq!((summary.why, ended.len()), (Why::Finished, 100));

    let limited = Options {
        max_failures: Some(Limit::Count(3)),
        ..options(1)
    };
    let (summary, ended) = ran(rows(100), &limited, fail);
    assert_eq!((summary.why, ended.len()), (Why::Failures, 6));
    assert_eq!(limited.progress.failed(), 3);
    assert_eq!(limited.progress.done(), 3);
}

#[test]
fn a_row_in_doubt_counts_as_failed() {
    let limited = Options {
        max_failures: Some(Limit::Count(2)),
        ..options(1)
    };
    let (summary, ended) = ran(rows(10), &limited, |_| end(RowOutcome::InDoubt));
    assert_eq!((summary.why, ended.len()), (Why::Failures, 2));
}

#[test]
fn when_a_row_stops_everything_those_in_hand_are_let_finish() {
    let options = options(2);
    let rows = (0..100).map(|item| {
        Ok(Row {
            lane: item % 3,
            item,
        })
    });
    let (summary, ended) = ran(rows, &options, |item| match item {
        0 => {
            let began = Instant::now();
            while options.progress.stopped() == 0 && began.elapsed() < PATIENCE {
                thread::sleep(Duration::from_millis(1));
            }
            end(RowOutcome::Done)
        }
        1 => end(RowOutcome::Stop("refused".into())),
        _ => end(RowOutcome::Failed),
    });
    assert_eq!(summary.why, Why::Stopped("refused".into()));
    assert_eq!(items(&ended), [1, 0]);
    assert_eq!(ended[1].1.outcome, RowOutcome::Done);
}

#[test]
fn an_interruption_begins_no_more_rows_and_gives_back_those_that_wait() {
    let options = options(2);
    let (begun, wait) = mpsc::sync_channel(1);
    let wait = Mutex::new(wait);
    // All of one lane: the other worker can only read ahead, then the source ends.
    let rows = (0..10)
        .map(|item| Ok(Row { lane: 1, item }))
        .chain(std::iter::once_with(|| {
            begun.send(()).unwrap();
            Ok(Row { lane: 1, item: 10 })
        }));
    let (summary, ended) = ran(rows, &options, |_| {
        wait.lock().unwrap().recv_timeout(PATIENCE).unwrap();
        options.cancel.raise();
        end(RowOutcome::Stop("interrupted".into()))
    });
    assert_eq!(summary.why, Why::Interrupted);
    assert_eq!(items(&ended), [0]);
    let read = ended.len() + summary.unbegun.len();
    assert_eq!(read, 11);
    assert_eq!(options.progress.stopped(), 1);
    assert_eq!(options.progress.in_hand(), 0);
}

#[test]
fn a_source_that_fails_ends_the_loop_with_its_error() {
    let mut rows = rows(3);
    rows.push(Err("line 5: too many cells".into()));
    rows.push(Ok(Row { lane: 9, item: 9 }));
    let (summary, ended) = ran(rows, &options(4), |_| end(RowOutcome::Done));
    assert_eq!(summary.why, Why::Source("line 5: too many cells".into()));
    assert_eq!(ended.len(), 3);
}

#[test]
fn a_row_that_panics_fails_and_its_worker_is_made_anew() {
    let made = AtomicUsize::new(0);
    let mut ended = Vec::new();
    let summary = run(
        rows(10).into_iter(),
        &options(1),
        |_| {
            made.fetch_add(1, Ordering::SeqCst);
            |row: &Row<u64>| {
                assert!(row.item != 4, "on purpose");
                end(RowOutcome::Done)
            }
        },
        |row, how: Ended<String>, _, _| ended.push((row.item, how)),
    );
    assert_eq!(summary.why, Why::Finished);
    assert_eq!(ended.len(), 10);
    assert_eq!(ended[4].1.outcome, RowOutcome::Failed);
    assert_eq!(ended[4].1.left, "on purpose");
    assert_eq!(made.into_inner(), 2);
}

#[test]
fn a_source_that_panics_ends_the_loop() {
    let rows = (0..10).map(|item| {
        assert!(item < 5, "on purpose");
        Ok(Row { lane: item, item })
    });
    let (summary, ended) = ran(rows, &options(3), |_| end(RowOutcome::Done));
    let Why::Stopped(why) = summary.why else {
        panic!("{:?}", summary.why);
    };
    assert!(why.ends_with("on purpose"));
    assert_eq!(ended.len(), 5);
}

#[test]
fn an_observer_that_panics_ends_the_loop_instead_of_hanging_it() {
    let result = catch_unwind(|| {
        run(
            (0..1000).map(|item| Ok::<_, ()>(Row { lane: 0, item })),
            &options(4),
            |_| |_: &Row<u64>| end(RowOutcome::Done),
            |_, _: Ended<String>, _, _| panic!("on purpose"),
        );
    });
    assert!(result.is_err());
}
