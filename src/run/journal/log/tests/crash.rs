//! The process is stopped at every step of a log's life, or the power is lost
//! there: what is found again is exact, always.

use rand::{RngExt as _, SeedableRng as _, rngs::ChaCha8Rng};

use super::super::commit::JournalLog;
use super::super::error::LogError;
use super::super::tail::Tail;
use super::fake_disk::FakeFile;
use super::trial::{Account, BOOT, NEXT_BOOT, body, head, owner, resume, show};

/// A log's life, with every kind of step; ends early when the disk does.
fn live(file: &FakeFile, seen: &FakeFile, life: u64) -> Result<Account, (Account, LogError)> {
    let mut account = Account::default();
    match live_with(file, seen, life, &mut account) {
        Ok(()) => Ok(account),
        Err(error) => Err((account, error)),
    }
}

fn live_with(
    file: &FakeFile,
    seen: &FakeFile,
    life: u64,
    account: &mut Account,
) -> Result<(), LogError> {
    let mut dice = ChaCha8Rng::seed_from_u64(life);
    let log = JournalLog::create(file.clone(), Some(seen.clone()), &head(), owner(BOOT))?;
    some_records(&log, account, &mut dice)?;
    account.finish(&log)?;
    let (log, ..) = resume(file, Some(seen), BOOT)?;
    some_records(&log, account, &mut dice)?;
    drop(log);
    let (log, ..) = resume(file, Some(seen), BOOT)?;
    some_records(&log, account, &mut dice)?;
    log.flush()
}

fn some_records(
    log: &JournalLog<FakeFile>,
    account: &mut Account,
    dice: &mut ChaCha8Rng,
) -> Result<(), LogError> {
    for _ in 0..6 {
        if dice.random_bool(0.5) {
            account.note(log, &body(dice))?;
        }
        account.promise(log, &body(dice))?;
    }
    log.flush()?;
    account.promised = account.brought.len();
    Ok(())
}

/// Opens what a crash left, checks it, and goes on.
fn recovers(file: &FakeFile, seen: &FakeFile, boot: &str, account: &Account, place: &str) {
    let before = FakeFile::of(&file.inner_bytes());
    let (log, scanned, found) = match resume(file, Some(seen), boot) {
        // The log was not even begun; its file gets its name later.
        Err(_) if account.brought.is_empty() => return,
        opened => opened.unwrap_or_else(|error| panic!("{place}: {error}")),
    };
    account.check(&found, place);
    assert!(
        matches!(scanned.tail, Tail::Whole | Tail::Torn { .. }),
        "{place}"
    );
    // Who only looks sees the same.
    let (shown, also) = show(&before, Some(seen)).unwrap();
    assert_eq!((also, shown.end), (found.clone(), scanned.end), "{place}");

    let mut account = Account {
        brought: found,
        promised: 0,
    };
    account.promise(&log, b"and on").unwrap();
    drop(log);
    let (_, scanned, found) = resume(file, Some(seen), boot).unwrap();
    account.check(&found, place);
    assert_eq!(scanned.tail, Tail::Whole, "{place}");
}

#[test]
fn a_kill_at_any_step_loses_no_promise() {
    let mut dice = ChaCha8Rng::seed_from_u64(1);
    for life in 0..2 {
        let whole = FakeFile::default();
        live(&whole, &FakeFile::default(), life).unwrap();
        for step in 0..whole.steps() {
            let lengths = [0, 1, 44, 45, 46, 512, 4096];
            let some: [u16; 6] = dice.random();
            let some = some.map(|bytes| usize::from(bytes % 2600));
            for gets_through in lengths.into_iter().chain(some) {
                let (file, seen) = (FakeFile::default(), FakeFile::default());
                file.die_at(step, gets_through);
                let (account, _) = live(&file, &seen, life).unwrap_err();
                let place = format!("life {life}, step {step}, {gets_through} bytes");
                let old = seen.after_random_cut(&mut dice);
                recovers(&file.after_kill(), &seen, BOOT, &account, &place);
                recovers(&file.after_kill(), &old, NEXT_BOOT, &account, &place);
            }
        }
    }
}

#[test]
fn a_power_cut_at_any_step_loses_no_promise_whichever_sectors_were_written() {
    let mut dice = ChaCha8Rng::seed_from_u64(2);
    for life in 0..2 {
        let whole = FakeFile::default();
        live(&whole, &FakeFile::default(), life).unwrap();
        for step in 0..whole.steps() {
            let (file, seen) = (FakeFile::default(), FakeFile::default());
            file.die_at(step, usize::MAX);
            let (account, _) = live(&file, &seen, life).unwrap_err();
            let sectors = file.unsynced();
            assert!(sectors <= 10, "{sectors}");
            for keep in 0..1 << sectors {
                for length in [0, 1 << 63] {
                    let place = format!("life {life}, step {step}, sectors {keep:b}");
                    let cut = file.after_power_cut(keep | length);
                    let seen = seen.after_random_cut(&mut dice);
                    recovers(&cut, &seen, NEXT_BOOT, &account, &place);
                }
            }
        }
    }
}

#[test]
fn a_crash_while_a_log_is_opened_again_loses_nothing_either() {
    let mut dice = ChaCha8Rng::seed_from_u64(3);
    let mut crashes = 0;
    for life in 0..60 {
        let whole = FakeFile::default();
        live(&whole, &FakeFile::default(), life).unwrap();
        let (file, seen) = (FakeFile::default(), FakeFile::default());
        file.die_at(
            dice.random_range(10..whole.steps()),
            dice.random_range(0..3000),
        );
        let (account, _) = live(&file, &seen, life).unwrap_err();
        let is_kill = dice.random_bool(0.5);
        let (left, boot) = if is_kill {
            (file.after_kill(), BOOT)
        } else {
            (file.after_random_cut(&mut dice), NEXT_BOOT)
        };
        for step in 0..12 {
            let again = FakeFile::of(&left.inner_bytes());
            // No system stops in the middle of a page.
            again.die_at(step, dice.random_range(0..3) * 4096);
            if resume(&again, None, boot).is_ok() {
                break;
            }
            crashes += 1;
            let place = format!("life {life}, step {step} of opening");
            let same = || FakeFile::of(&seen.inner_bytes());
            recovers(&again.after_kill(), &same(), boot, &account, &place);
            let again = again.after_random_cut(&mut dice);
            recovers(&again, &same(), "a third boot", &account, &place);
        }
    }
    assert!(crashes > 200, "{crashes}");
}

#[test]
fn a_kill_while_a_torn_group_is_removed_leaves_a_prefix_of_it() {
    let file = FakeFile::default();
    let log = JournalLog::create(file.clone(), None, &head(), owner(BOOT)).unwrap();
    log.promise(1, b"small").unwrap();
    // The file is lengthened, filled and synced before.
    file.die_at(file.steps() + 3, 10_000);
    log.promise(1, &[b'x'; 12_000]).unwrap_err();
    let torn = file.after_kill();
    assert!(matches!(
        show(&torn, None).unwrap().0.tail,
        Tail::Torn { bytes: 10_000.. }
    ));
    let mut crashes = 0;
    for step in 0..8 {
        for pages in 0..4 {
            let again = FakeFile::of(&torn.inner_bytes());
            again.die_at(step, pages * 4096);
            crashes += u32::from(resume(&again, None, BOOT).is_err());
            for boot in [BOOT, NEXT_BOOT] {
                let (_, _, found) = resume(&again.after_kill(), None, boot).unwrap();
                assert_eq!(found, [(1, b"small".to_vec())]);
            }
        }
    }
    assert!(crashes > 20, "{crashes}");
}
