//! What a run's log says, and when it refuses to.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use serde_json::json;

use super::super::log::{BootClock as _, HandClock, Holder, Process, TERM};
use super::super::tests::{created, map, row};
use super::super::{
    Counts, Fingerprint, Journal, JournalError, Outcome, RowState, State, Which, read,
};
use super::*;

/// Some rows with a write each: done, failed, in doubt, and one that only began.
fn fill(journal: &Journal) {
    for (number, state) in [
        (1, Some(RowState::Done)),
        (2, Some(RowState::Done)),
        (3, Some(RowState::Failed)),
        (4, Some(RowState::InDoubt)),
        (5, None),
    ] {
        let key = format!("row {number}");
        let params = map(&json!({"email": key}));
        let fingerprint = Fingerprint::compute("AddClient", &params);
        let scope = Scope::row(&key);
        let write = journal.intent(&scope, "AddClient", fingerprint, &params);
        let outcome = match state {
            Some(RowState::Done) => Outcome::Done(map(&json!({"clientid": number}))),
            Some(RowState::Failed) => Outcome::Refused {
                kind: "api".into(),
                message: "Taken".into(),
                http: Some(200),
            },
            _ => Outcome::Unsettled("nobody knows".into()),
        };
        if let Some(state) = state {
            journal.outcome(write.unwrap(), outcome).unwrap();
            journal.row(row(&key, number, state)).unwrap();
        }
    }
}

const FILLED: Counts = Counts {
    done: 2,
    unchanged: 1,
    failed: 1,
    skipped: 0,
    in_doubt: 1,
    begun: 1,
    writes: 2,
    writes_in_doubt: 2,
};

fn writes(folder: &Path) -> usize {
    let mut count = 0;
    let reading = read(folder).unwrap();
    reading.writes(Which::All, |_| count += 1).unwrap();
    count
}

#[test]
fn one_pass_over_the_log_counts_what_the_tables_count() {
    let (folder, journal) = created();
    fill(&journal);
    journal.finish(State::InDoubt).unwrap();
    drop(journal);
    let reading = read(folder.path()).unwrap();
    assert_eq!(reading.counts().unwrap(), FILLED);
    let sql = "SELECT (SELECT count(*) FROM rows WHERE state = 'done'), (SELECT count(*) FROM intents),
        (SELECT count(*) FROM outcomes WHERE state = 'done'), (SELECT count(DISTINCT key) FROM rows)";
    let connection = reading.connection().unwrap();
    let counted: [i64; 4] = connection
        .query_row(sql, [], |row| {
            Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?])
        })
        .unwrap();
    assert_eq!(counted, [2, 5, 2, 5]);
    assert_eq!(reading.actions().unwrap(), [("AddClient".to_owned(), 2)]);
    let names = fs::read_dir(folder.path()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| name.contains("index")).count(), 0);
}

#[test]
fn a_row_that_is_taken_up_again_keeps_its_number() {
    let (folder, journal) = created();
    fill(&journal);
    drop(journal);
    for _ in 0..2 {
        let (journal, _) = Journal::open(folder.path()).unwrap();
        assert_eq!(journal.past().rows_done(), 2);
        journal.row(row("row 3", 3, RowState::Failed)).unwrap();
    }
    let (journal, _) = Journal::open(folder.path()).unwrap();
    journal.row(row("row 3", 3, RowState::Done)).unwrap();
    drop(journal);
    let reading = read(folder.path()).unwrap();
    let counts = reading.counts().unwrap();
    assert_eq!((counts.done, counts.failed, counts.begun), (3, 0, 1));
    assert_eq!(reading.passes().unwrap().len(), 4);
}

/// What a run's folder is without its journal's other files, as a copy of the log is.
fn alone(log: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(LOG), log).unwrap();
    folder
}

/// A way to damage a log.
type Harm = fn(&mut Vec<u8>, usize, &mut SmallRng);

const FLIP: (&str, Harm) = ("a flipped bit", |bytes, end, dice| {
    let at = dice.random_range(0..end);
    bytes[at] ^= 1 << dice.random_range(0..8);
});
const HARMS: [(&str, Harm); 8] = [
    FLIP,
    FLIP,
    FLIP,
    ("a zeroed sector", |bytes, end, dice| {
        let from = dice.random_range(0..end.div_ceil(512)) * 512;
        let to = (from + 512).min(bytes.len());
        bytes[from..to].fill(0);
    }),
    ("a cut", |bytes, end, dice| {
        bytes.truncate(dice.random_range(0..end));
    }),
    ("a cut at a page", |bytes, end, dice| {
        bytes.truncate(dice.random_range(0..=end / 4096) * 4096);
    }),
    ("a zeroed end", |bytes, end, dice| {
        let from = dice.random_range(0..end);
        bytes[from..].fill(0);
    }),
    ("lost bytes", |bytes, end, dice| {
        let from = dice.random_range(0..end);
        bytes.drain(from..(from + 700).min(end));
    }),
];

#[test]
fn a_damaged_log_is_exact_or_refused_with_the_place_whatever_was_done_to_it() {
    let mut dice = SmallRng::seed_from_u64(29);
    // One that is alive is a megabyte, which takes its time.
    for (is_finished, times) in [(true, 240), (false, 40)] {
        let (folder, journal) = created();
        fill(&journal);
        journal.doubts().unwrap();
        if is_finished {
            journal.finish(State::InDoubt).unwrap();
        }
        // Given back, and as it stood while the process was alive.
        let live = fs::read(folder.path().join(LOG)).unwrap();
        let seen = fs::read(folder.path().join("journal.seen")).unwrap();
        drop(journal);
        let ended = fs::read(folder.path().join(LOG)).unwrap();
        let (whole, seen) = if is_finished {
            (ended, fs::read(folder.path().join("journal.seen")).unwrap())
        } else {
            (live, seen)
        };
        let end = whole.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        let (mut exact, mut refused) = (0, 0);
        for (what, harm) in HARMS.iter().cycle().take(times) {
            let mut bytes = whole.clone();
            harm(&mut bytes, end, &mut dice);
            // In the same file, which is no copy.
            fs::write(folder.path().join(LOG), &bytes).unwrap();
            fs::write(folder.path().join("journal.seen"), &seen).unwrap();
            let shown = read(folder.path());
            match Journal::open(folder.path()) {
                Ok((journal, _)) => {
                    drop(journal);
                    let counts = read(folder.path()).unwrap().counts();
                    assert_eq!(counts.unwrap(), FILLED, "{what}");
                    assert_eq!(writes(folder.path()), 5, "{what}");
                    exact += 1;
                }
                Err(JournalError::Corrupt { why, .. }) => {
                    assert!(why.contains("journal.log"), "{what}: {why}");
                    assert!(shown.is_err(), "{what}: shown as if it were whole");
                    refused += 1;
                }
                Err(other) => panic!("{what}: {other}"),
            }
        }
        assert!(refused > times / 2, "{exact} exact, {refused} refused");
    }
}

#[test]
fn a_copy_of_a_run_that_goes_on_is_shown_and_taken_up_only_if_asked() {
    let (folder, journal) = created();
    fill(&journal);
    journal.doubts().unwrap();
    let copy = alone(&fs::read(folder.path().join(LOG)).unwrap());
    let reading = read(copy.path()).unwrap();
    assert_eq!(reading.counts().unwrap(), FILLED);
    assert_eq!(reading.state(), State::Interrupted);
    let refused = Journal::open(copy.path()).err();
    assert_eq!(refused, Some(JournalError::Copied(copy.path().to_owned())));
    drop(Journal::open_as(copy.path(), &Taking::default().over()).unwrap());
    drop(Journal::open(copy.path()).unwrap());
    journal.finish(State::Done).unwrap();
    drop(journal);
    // One that ended is whole.
    let copy = alone(&fs::read(folder.path().join(LOG)).unwrap());
    drop(Journal::open(copy.path()).unwrap());
}

/// Leaves the record of a holder on another host behind, as if it had been killed there.
fn left_by_another_host(folder: &Path) {
    let holder = Holder {
        token: [7; 16],
        process: Process {
            host: "far-away".into(),
            boot: Some("b".into()),
            namespace: Some(1),
            pid: 42,
            started: Some(7),
        },
        renewals: 3,
        is_released: false,
    };
    fs::write(folder.join("journal.holder.9"), holder.encode()).unwrap();
}

/// A way to take a run in which time passes only where it is waited for, and how long that was.
fn by_hand() -> (Taking, Arc<HandClock>) {
    let clock = Arc::new(HandClock::default());
    let own = Arc::clone(&clock);
    let taking = Taking::default().waiting(move |time, _| {
        own.go_on(time);
        true
    });
    (taking.by(clock.clone()), clock)
}

#[test]
fn a_run_left_on_another_host_is_watched_for_a_term_and_taken_only_by_name_or_if_asked() {
    let ways: [fn(Taking) -> Taking; 3] = [|taking| taking, Taking::by_name, Taking::over];
    for (way, is_taken) in ways.into_iter().zip([false, true, true]) {
        let (folder, journal) = created();
        journal.finish(State::Failed).unwrap();
        drop(journal);
        left_by_another_host(folder.path());
        let (taking, clock) = by_hand();
        let opened = Journal::open_as(folder.path(), &way(taking));
        assert!(clock.now() >= TERM, "{:?}", clock.now());
        match opened {
            Ok(_) => assert!(is_taken),
            Err(JournalError::Stale { host, pid, .. }) => {
                assert!(!is_taken);
                assert_eq!((host.as_deref(), pid), (Some("far-away"), Some(42)));
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn who_does_not_want_to_wait_any_longer_gets_no_run() {
    let (folder, journal) = created();
    drop(journal);
    left_by_another_host(folder.path());
    let taking = Taking::default().waiting(|_, watch| {
        assert_eq!(watch.process.as_ref().unwrap().pid, 42);
        assert!(!watch.is_alive);
        false
    });
    let refused = Journal::open_as(folder.path(), &taking.over()).err();
    let interrupted = JournalError::Interrupted(folder.path().to_owned());
    assert_eq!(refused, Some(interrupted));
}

#[test]
fn a_run_that_goes_on_is_waited_for_by_name_and_refused_otherwise() {
    let (folder, journal) = created();
    let (taking, clock) = by_hand();
    let refused = Journal::open_as(folder.path(), &taking).err();
    assert!(matches!(refused, Some(JournalError::InUse { .. })));
    assert_eq!(clock.now(), Duration::ZERO);
    let (taking, clock) = by_hand();
    let refused = Journal::open_as(folder.path(), &taking.by_name()).err();
    assert!(matches!(refused, Some(JournalError::InUse { .. })));
    assert!(clock.now() >= TERM);
    // Given back while it is waited for.
    let held = std::sync::Mutex::new(Some(journal));
    let taking = Taking::default().waiting(move |_, _| {
        held.lock().unwrap().take();
        true
    });
    Journal::open_as(folder.path(), &taking.by_name()).unwrap();
}

#[test]
fn what_was_taken_into_the_tables_once_is_not_read_again() {
    let (folder, journal) = created();
    fill(&journal);
    journal.doubts().unwrap();
    let mut index = Index::new(folder.path(), "{}", (Extent::All, TablesIn::Memory)).unwrap();
    let intents = |index: &Index| -> i64 {
        let sql = "SELECT count(*) FROM intents";
        let count = index.connection().query_row(sql, [], |row| row.get(0));
        count.unwrap()
    };
    // Up to a record in the midst, the rest is still to come.
    for (last, count) in [(4, None), (u64::MAX, Some(5)), (u64::MAX, Some(5))] {
        index.advance(last).unwrap();
        assert!(count.is_none_or(|count| intents(&index) == count));
    }
    let path = folder.path().join(LOG);
    let mut bytes = fs::read(&path).unwrap();
    bytes[600] ^= 1;
    fs::write(&path, bytes).unwrap();
    let params = map(&json!({"email": "one more"}));
    let fingerprint = Fingerprint::compute("AddClient", &params);
    let more = journal.intent(&Scope::Main, "AddClient", fingerprint, &params);
    more.unwrap();
    index.advance(u64::MAX).unwrap();
    assert_eq!(intents(&index), 6);
    let whole = Index::new(folder.path(), "{}", (Extent::All, TablesIn::Memory));
    assert!(whole.unwrap().advance(u64::MAX).is_err());
}

#[test]
fn a_record_of_a_later_version_is_refused() {
    let (folder, journal) = created();
    drop(journal);
    let opened = LogStore::open(folder.path(), &Taking::default()).unwrap();
    opened.log.promise(99, b"new").unwrap();
    drop(opened);
    let error = Journal::open(folder.path()).err().unwrap();
    assert!(matches!(error, JournalError::LaterRecord { .. }), "{error}");
    assert!(error.to_string().contains("written by a later version"));
    assert!(read(folder.path()).is_err());
}

#[test]
fn a_log_without_its_witness_is_taken_and_one_older_than_it_refused() {
    let (folder, journal) = created();
    journal.finish(State::Failed).unwrap();
    drop(journal);
    let path = folder.path().join(LOG);
    let earlier = fs::read(&path).unwrap();
    fs::remove_file(folder.path().join("journal.seen")).unwrap();
    let (journal, _) = Journal::open(folder.path()).unwrap();
    fill(&journal);
    drop(journal);
    fs::write(&path, earlier).unwrap();
    let refused = Journal::open(folder.path()).err();
    assert!(
        matches!(&refused, Some(JournalError::Corrupt { why, .. }) if why.contains("journal.seen")),
        "{refused:?}"
    );
}

#[test]
fn a_log_that_is_not_there_any_more_is_not_ended_and_takes_no_write() {
    let (_runs, journal) = created();
    let folder = journal.folder().to_owned();
    fs::rename(folder.join(LOG), folder.join("aside")).unwrap();
    let gone = JournalError::Gone(folder.clone());
    assert_eq!(journal.finish(State::Done), Err(gone.clone()));
    // Another in its place is none of its own.
    fs::copy(folder.join("aside"), folder.join(LOG)).unwrap();
    assert_eq!(journal.finish(State::Done), Err(gone));
}

#[test]
fn a_log_is_looked_for_now_and_then() {
    let (_runs, journal) = created();
    let folder = journal.folder().to_owned();
    let in_place = in_place::InPlace::locate(&folder).unwrap();
    fs::remove_file(folder.join(LOG)).unwrap();
    let mut looked = Instant::now() + Duration::from_secs(600);
    assert_eq!(in_place.look_after(&mut looked), Ok(()));
    looked = Instant::now().checked_sub(TERM).unwrap();
    assert_eq!(in_place.look_after(&mut looked), Err(in_place.gone()));
    assert!(in_place.is_gone());
}
