//! What a log promises while nothing goes wrong, or the disk refuses.

use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use super::super::commit::{JournalLog, LogOwner};
use super::super::error::{Damage, DamageKind, LogError};
use super::super::files::{LOG, create_log, resume_log, show_log};
use super::super::format::MAX_BODY;
use super::super::tail::Tail;
use super::super::witness::Witness;
use super::fake_disk::FakeFile;
use super::trial::{Account, BOOT, HandClock, NEXT_BOOT, head, owner, resume, show};

fn begun() -> (FakeFile, FakeFile, JournalLog<FakeFile>) {
    let (file, seen) = (FakeFile::default(), FakeFile::default());
    let log = JournalLog::create(file.clone(), Some(seen.clone()), &head(), owner(BOOT)).unwrap();
    (file, seen, log)
}

#[test]
fn what_was_promised_is_on_the_disk_and_what_was_noted_comes_with_it() {
    let (file, seen, log) = begun();
    log.note(2, b"noted").unwrap();
    assert_eq!(show(&file, None).unwrap().1, []);
    log.promise(1, b"promised").unwrap();
    log.note(2, b"too late").unwrap();
    drop(log);
    let (_, scanned, found) = resume(&file.after_power_cut(0), Some(&seen), NEXT_BOOT).unwrap();
    assert_eq!(found, [(2, b"noted".to_vec()), (1, b"promised".to_vec())]);
    assert_eq!(scanned.tail, Tail::Whole);
    assert_eq!(scanned.witness, Witness::Seen(1));
    assert!(!scanned.is_ended);
}

#[test]
fn an_ended_log_is_cut_to_its_length_and_can_be_gone_on_with() {
    let (file, seen, log) = begun();
    log.promise(1, b"one").unwrap();
    log.finish().unwrap();
    assert_eq!(log.promise(1, b"two"), Err(LogError::Finished));
    assert_eq!(log.note(1, b"two"), Err(LogError::Finished));
    assert_eq!(log.finish(), Err(LogError::Finished));
    let ended = show(&file, Some(&seen)).unwrap().0;
    assert!(ended.is_ended);
    assert_eq!(file.inner_bytes().len() as u64, ended.end);

    let (log, scanned, _) = resume(&file, Some(&seen), NEXT_BOOT).unwrap();
    assert!(scanned.is_ended);
    log.promise(1, b"two").unwrap();
    let (scanned, found) = show(&file, Some(&seen)).unwrap();
    assert_eq!(found, [(1, b"one".to_vec()), (1, b"two".to_vec())]);
    assert!(!scanned.is_ended);
    assert_eq!(scanned.pass.unwrap().boot.as_deref(), Some(NEXT_BOOT));
}

#[test]
fn a_file_that_holds_something_is_not_begun_again() {
    let (file, _, _) = begun();
    let again = JournalLog::create(file, None, &head(), owner(BOOT));
    assert_eq!(again.err(), Some(LogError::Exists));
}

#[test]
fn a_record_that_does_not_fit_is_refused_and_the_next_is_taken() {
    let (file, _, log) = begun();
    let limit = MAX_BODY;
    let bytes = limit + 1;
    assert_eq!(
        log.promise(1, &vec![1; bytes]),
        Err(LogError::TooLong { bytes, limit })
    );
    for kind in [0, 254, 255] {
        assert_eq!(log.note(kind, b""), Err(LogError::Kind(kind)));
    }
    log.promise(1, &vec![1; limit]).unwrap();
    log.promise(253, b"").unwrap();
    let (scanned, found) = show(&file, None).unwrap();
    assert_eq!((found.len(), scanned.groups), (2, 2));
    assert_eq!(found[0].1.len(), limit);
}

#[test]
fn notes_alone_go_to_the_disk_once_they_are_a_great_deal() {
    let (file, _, log) = begun();
    for _ in 0..40 {
        log.note(2, &vec![b'x'; 100_000]).unwrap();
    }
    let found = show(&file.after_power_cut(0), None).unwrap().1;
    assert!(found.len() > 20, "{}", found.len());
}

#[test]
fn notes_that_are_old_go_to_the_disk_when_somebody_asks() {
    let (file, clock) = (FakeFile::default(), Arc::new(HandClock::default()));
    let owner = LogOwner {
        clock: Arc::clone(&clock) as _,
        ..owner(BOOT)
    };
    let log = JournalLog::create(file.clone(), None, &head(), owner).unwrap();
    let age = Duration::from_millis(100);
    assert_eq!(log.flush_if_older(age), Ok(None));
    log.note(2, b"one").unwrap();
    clock.go_on(Duration::from_millis(30));
    log.note(2, b"two").unwrap();
    assert_eq!(log.flush_if_older(age), Ok(Some(Duration::from_millis(70))));
    assert_eq!(show(&file, None).unwrap().1, []);
    clock.go_on(Duration::from_millis(70));
    assert_eq!(log.flush_if_older(age), Ok(None));
    assert_eq!(show(&file, None).unwrap().1.len(), 2);

    log.note(2, b"three").unwrap();
    log.flush().unwrap();
    log.flush().unwrap();
    assert_eq!(show(&file, None).unwrap().1.len(), 3);
}

#[test]
fn a_step_that_fails_ends_all_promises_and_loses_none_that_was_made() {
    let (mut not_begun, mut ended) = (0, 0);
    // Enough steps for several groups and lengthenings.
    for step in 0..60 {
        for kind in [ErrorKind::StorageFull, ErrorKind::PermissionDenied] {
            let file = FakeFile::default();
            file.fail_at(step, kind);
            let created = JournalLog::create(file.clone(), None, &head(), owner(BOOT));
            let Ok(log) = created else {
                not_begun += 1;
                continue;
            };
            let mut account = Account::default();
            let failed = (0..40).find_map(|_| account.promise(&log, &[b'x'; 300]).err());
            if let Some(error) = failed {
                ended += 1;
                assert_eq!(
                    matches!(error, LogError::Full { .. }),
                    kind == ErrorKind::StorageFull
                );
                // The disk is well again, but nobody knows what is on it.
                assert_eq!(log.promise(1, b"later"), Err(error.clone()));
                assert_eq!(log.note(1, b"later"), Err(error.clone()));
                assert_eq!(log.flush_if_older(Duration::ZERO), Err(error.clone()));
                assert_eq!(log.finish(), Err(error));
            }
            for found in [
                resume(&file.after_kill(), None, BOOT).unwrap().2,
                resume(&file.after_power_cut(0), None, NEXT_BOOT).unwrap().2,
            ] {
                account.check(&found, &format!("step {step}"));
            }
        }
    }
    assert!(not_begun > 0 && ended > 40, "{not_begun}, {ended}");
}

#[test]
fn what_a_failed_sync_left_in_memory_is_written_again_before_it_counts() {
    for step in 3..40 {
        let file = FakeFile::default();
        file.fail_at(step, ErrorKind::PermissionDenied);
        let Ok(log) = JournalLog::create(file.clone(), None, &head(), owner(BOOT)) else {
            continue;
        };
        let mut account = Account::default();
        while account.brought.len() < 30 && account.promise(&log, &[b'x'; 300]).is_ok() {}
        drop(log);
        let (log, _, found) = resume(&file, None, BOOT).unwrap();
        account.check(&found, &format!("step {step}"));
        let before = found.len();
        log.promise(1, b"more").unwrap();
        drop(log);
        let (_, _, found) = resume(&file.after_power_cut(0), None, NEXT_BOOT)
            .unwrap_or_else(|error| panic!("step {step}: {error}"));
        assert_eq!(found.len(), before + 1, "step {step}");
    }
}

#[test]
fn a_full_disk_shows_before_a_group_is_written() {
    let (file, _, log) = begun();
    file.give_room(Some(4096));
    let mut account = Account::default();
    let error = (0..40).find_map(|_| account.promise(&log, &[b'x'; 300]).err());
    assert_eq!(error, Some(LogError::Full { step: "lengthen" }));
    assert!(account.promised > 5);
    // Room is made, and the run goes on.
    file.give_room(None);
    let (log, scanned, found) = resume(&file, None, BOOT).unwrap();
    assert_eq!(found, account.brought[..account.promised]);
    assert_eq!(scanned.tail, Tail::Whole);
    log.promise(1, b"more").unwrap();
}

#[test]
fn who_lost_the_run_writes_nothing_more() {
    let (file, held) = (FakeFile::default(), Arc::new(AtomicBool::new(true)));
    let asked = Arc::clone(&held);
    let owner = LogOwner {
        may_write: Box::new(move || {
            let held = asked.load(Ordering::SeqCst);
            held.then_some(()).ok_or_else(|| "taken over".to_owned())
        }),
        ..owner(BOOT)
    };
    let log = JournalLog::create(file.clone(), None, &head(), owner).unwrap();
    log.promise(1, b"one").unwrap();
    let before = file.inner_bytes();
    held.store(false, Ordering::SeqCst);
    let lost = Err(LogError::Lost("taken over".into()));
    assert_eq!(log.promise(1, b"two"), lost);
    held.store(true, Ordering::SeqCst);
    assert_eq!(log.promise(1, b"three"), lost);
    assert_eq!(file.inner_bytes(), before);
}

#[test]
fn a_thread_that_dies_while_it_leads_leaves_nobody_waiting() {
    let owner = LogOwner {
        may_write: Box::new(|| panic!("out of order")),
        ..owner(BOOT)
    };
    let log = JournalLog::create(FakeFile::default(), None, &head(), owner).unwrap();
    assert_eq!(log.promise(1, b"one"), Err(LogError::Died));
    assert_eq!(log.promise(1, b"two"), Err(LogError::Died));
}

#[test]
fn many_threads_share_groups_and_lose_nothing() {
    let (file, seen, log) = begun();
    std::thread::scope(|scope| {
        for thread in 0..8_u8 {
            let log = &log;
            scope.spawn(move || {
                for number in 0..50_u8 {
                    log.note(2, &[thread, number, 1]).unwrap();
                    log.promise(1, &[thread, number, 2]).unwrap();
                }
            });
        }
    });
    log.finish().unwrap();
    let (_, scanned, found) = resume(&file, Some(&seen), NEXT_BOOT).unwrap();
    assert_eq!(found.len(), 800);
    // With the frames of the log's own: who writes, and the end.
    assert_eq!(scanned.last_sequence, 802);
    for thread in 0..8 {
        let own: Vec<_> = found.iter().filter(|(_, body)| body[0] == thread).collect();
        assert!(own.is_sorted_by_key(|(_, body)| (body[1], body[2])));
        assert_eq!(own.len(), 100);
    }
}

#[test]
fn who_waits_for_the_next_group_is_woken_to_lead_it() {
    let owner = LogOwner {
        may_write: Box::new(|| {
            std::thread::yield_now();
            Ok(())
        }),
        ..owner(BOOT)
    };
    let file = FakeFile::default();
    let log = JournalLog::create(file.clone(), None, &head(), owner).unwrap();
    // Nobody else comes until both have theirs.
    let round = Barrier::new(2);
    std::thread::scope(|scope| {
        for thread in 0..2_u8 {
            let (log, round) = (&log, &round);
            scope.spawn(move || {
                for _ in 0..300 {
                    round.wait();
                    log.promise(1, &[thread]).unwrap();
                }
            });
        }
    });
    assert_eq!(show(&file, None).unwrap().1.len(), 600);
}

#[test]
fn many_threads_that_bring_more_than_fits_get_room_again() {
    let (file, _, log) = begun();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let log = &log;
            scope.spawn(move || {
                for _ in 0..20 {
                    log.note(2, &vec![b'x'; 200_000]).unwrap();
                }
            });
        }
    });
    log.flush().unwrap();
    assert_eq!(show(&file, None).unwrap().1.len(), 80);
}

#[test]
fn a_log_is_shown_while_it_is_written() {
    let (file, seen, log) = begun();
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..400_u32 {
                log.promise(1, &number.to_le_bytes().repeat(30)).unwrap();
            }
            log.finish().unwrap();
            is_done.store(true, Ordering::SeqCst);
        });
        let mut before = 0;
        while !is_done.load(Ordering::SeqCst) {
            let (scanned, found) = show(&file, Some(&seen)).unwrap();
            assert!(found.len() >= before);
            before = found.len();
            assert!(
                matches!(scanned.tail, Tail::Whole | Tail::Torn { .. }),
                "{scanned:?}"
            );
        }
    });
    assert_eq!(show(&file, Some(&seen)).unwrap().1.len(), 400);
}

#[test]
fn a_log_in_a_folder_is_begun_gone_on_with_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let missing = resume_log(folder, owner(BOOT), false, |_| ())
        .err()
        .unwrap();
    assert!(matches!(missing, LogError::Io { step: "open", .. }));
    let log = create_log(folder, &head(), owner(BOOT), (1, b"first"), true).unwrap();
    let again = create_log(folder, &head(), owner(BOOT), (1, b"first"), true).err();
    assert_eq!(again, Some(LogError::Exists));
    log.promise(2, b"one").unwrap();
    let mode = std::fs::metadata(folder.join(LOG))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);

    let copy = folder.join("a copy");
    std::fs::copy(folder.join(LOG), &copy).unwrap();
    let mut bodies = Vec::new();
    let scanned = show_log(&copy, |entry| bodies.push(entry.body.to_vec())).unwrap();
    assert_eq!(bodies, [b"first".to_vec(), b"one".to_vec()]);
    assert_eq!(scanned.witness, Witness::Seen(2));
    drop(log);

    let (log, scanned) = resume_log(folder, owner(NEXT_BOOT), false, |_| ()).unwrap();
    assert_eq!((scanned.last_sequence, scanned.head), (3, head()));
    log.finish().unwrap();
    assert!(show_log(&folder.join(LOG), |_| ()).unwrap().is_ended);
    std::fs::rename(&copy, folder.join(LOG)).unwrap();
    let older = resume_log(folder, owner(BOOT), false, |_| ())
        .err()
        .unwrap();
    assert!(matches!(
        older,
        LogError::Damaged(Damage {
            kind: DamageKind::Seen(3),
            ..
        })
    ));
}
