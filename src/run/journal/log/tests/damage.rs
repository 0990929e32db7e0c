//! Flips, zeros, cuts, losses and stale sectors over live and ended logs: what is
//! read is exact, or refused with the place; never another thing, never a panic.

use proptest::prelude::*;
use rand::{SeedableRng as _, rngs::ChaCha8Rng};

use super::super::commit::JournalLog;
use super::super::crc32c::Crc32c;
use super::super::error::{Damage, DamageKind, LogError};
use super::super::scan::Scanned;
use super::super::tail::Tail;
use super::super::witness::Witness;
use super::fake_disk::FakeFile;
use super::trial::{Account, BOOT, Brought, NEXT_BOOT, body, head, owner, resume, show, written};

const SECTOR: usize = 512;
/// How many logs each way to damage them is tried on.
const ROUNDS: u32 = 40;

/// A way to damage a file.
type Harm = fn(&mut Vec<u8>, &mut ChaCha8Rng);

const HARMS: [(&str, Harm); 11] = [
    ("a flipped bit", |bytes, dice| {
        let data = data(bytes);
        let at = dice.random_range(0..data);
        bytes[at] ^= 1 << dice.random_range(0..8);
    }),
    ("a flipped bit near the end", |bytes, dice| {
        let data = data(bytes);
        let at = dice.random_range(data.saturating_sub(300)..data);
        bytes[at] ^= 1 << dice.random_range(0..8);
    }),
    ("some bytes overwritten", |bytes, dice| {
        let at = dice.random_range(0..data(bytes));
        let to = (at + dice.random_range(1..60)).min(bytes.len());
        dice.fill(&mut bytes[at..to]);
    }),
    ("a byte that became zero", |bytes, dice| {
        let at = dice.random_range(0..data(bytes));
        bytes[at] = 0;
    }),
    ("zeroed sectors", |bytes, dice| {
        let (from, to) = sectors(bytes, dice);
        bytes[from..to].fill(0);
    }),
    ("a zeroed end", |bytes, dice| {
        let from = dice.random_range(0..data(bytes));
        bytes[from..].fill(0);
    }),
    ("a cut", |bytes, dice| {
        let length = dice.random_range(0..bytes.len());
        bytes.truncate(length);
    }),
    ("a cut at a sector", |bytes, dice| {
        let length = dice.random_range(0..bytes.len() / SECTOR) * SECTOR;
        bytes.truncate(length);
    }),
    ("lost bytes", |bytes, dice| {
        let (from, to) = sectors(bytes, dice);
        bytes.drain(from..to);
    }),
    ("sectors of another place", |bytes, dice| {
        let (from, to) = sectors(bytes, dice);
        let copy = bytes[from..to].to_vec();
        let at = dice.random_range(0..=(bytes.len() - copy.len()) / SECTOR) * SECTOR;
        bytes[at..at + copy.len()].copy_from_slice(&copy);
    }),
    ("a foreign sector", |bytes, dice| {
        let at = dice.random_range(0..bytes.len() / SECTOR) * SECTOR;
        dice.fill(&mut bytes[at..at + SECTOR]);
    }),
];

/// Where the last byte stands that is not zero.
fn data(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1
}

/// One to four sectors.
fn sectors(bytes: &[u8], dice: &mut ChaCha8Rng) -> (usize, usize) {
    let from = dice.random_range(0..data(bytes).div_ceil(SECTOR)) * SECTOR;
    let to = from + dice.random_range(1..=4) * SECTOR;
    (from.min(bytes.len()), to.min(bytes.len()))
}

#[derive(Debug, Default)]
struct Tally {
    exact: u32,
    refused: u32,
    /// Shorter, without a witness that could tell.
    told: u32,
}

/// Opens a damaged log in every way; `whole` is all that was on the disk.
fn examine(bytes: &[u8], seen: &FakeFile, whole: &[Brought], place: &str, tally: &mut Tally) {
    let is_prefix =
        |found: &[Brought]| found.len() <= whole.len() && found == &whole[..found.len()];
    for boot in [BOOT, NEXT_BOOT] {
        match resume(&FakeFile::of(bytes), Some(seen), boot) {
            Ok((_, _, found)) => {
                assert_eq!(found, whole, "{place}: silently other");
                tally.exact += 1;
            }
            Err(error) => {
                names_its_place(&error, bytes.len(), place);
                tally.refused += 1;
            }
        }
        match resume(&FakeFile::of(bytes), None, boot) {
            Ok((_, scanned, found)) => {
                assert!(is_prefix(&found), "{place}: invented");
                assert_eq!(scanned.witness, Witness::Missing);
                tally.told += u32::from(found.len() < whole.len());
            }
            Err(error) => names_its_place(&error, bytes.len(), place),
        }
    }
    match show(&FakeFile::of(bytes), Some(seen)) {
        Ok((scanned, found)) => {
            assert!(is_prefix(&found), "{place}: invented");
            let is_told = scanned.tail != Tail::Whole;
            assert!(is_told || found.len() == whole.len(), "{place}: not told");
        }
        Err(error) => names_its_place(&error, bytes.len(), place),
    }
}

fn names_its_place(error: &LogError, size: usize, place: &str) {
    match error {
        LogError::Damaged(damage) => {
            assert!(damage.offset <= size as u64, "{place}: {error}");
        }
        // Its first sector is gone.
        LogError::Empty | LogError::Foreign => {}
        other => panic!("{place}: {other}"),
    }
}

#[test]
fn whatever_happens_to_a_log_is_refused_or_does_not_matter() {
    let mut dice = ChaCha8Rng::seed_from_u64(4);
    for (name, harm) in HARMS {
        let mut tally = Tally::default();
        for round in 0..ROUNDS {
            let is_finished = round % 2 == 0;
            let (file, seen, account) = written(&mut dice, is_finished);
            let mut bytes = file.inner_bytes();
            harm(&mut bytes, &mut dice);
            let place = format!("{name}, round {round}");
            examine(
                &bytes,
                &seen,
                &account.brought[..account.promised],
                &place,
                &mut tally,
            );
        }
        assert_eq!(tally.exact + tally.refused, 2 * ROUNDS);
        // What was harmed was looked at.
        assert!(tally.refused > 0, "{name}: {tally:?}");
    }
}

#[test]
fn every_single_bit_of_a_log_counts() {
    let mut dice = ChaCha8Rng::seed_from_u64(5);
    let (file, seen, account) = written(&mut dice, true);
    let bytes = file.inner_bytes();
    let whole = &account.brought;
    for bit in 0..bytes.len().min(3000) * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok((_, _, found)) = resume(&FakeFile::of(&flipped), Some(&seen), BOOT) {
            assert_eq!(&found, whole, "bit {bit}");
        }
        let flipped = FakeFile::of(&flipped);
        assert!(resume(&flipped, None, NEXT_BOOT).is_err(), "bit {bit}");
    }
}

#[test]
fn an_ended_log_that_is_cut_anywhere_is_refused_without_a_witness_too() {
    let mut dice = ChaCha8Rng::seed_from_u64(6);
    for _ in 0..3 {
        let (file, _, _) = written(&mut dice, true);
        let bytes = file.inner_bytes();
        for length in (0..bytes.len()).filter(|length| length % 7 == 0 || length % 512 < 2) {
            let cut = FakeFile::of(&bytes[..length]);
            // Whole steps are what a log that was being written has.
            if length % 4096 != 0 || length == 0 {
                assert!(resume(&cut, None, NEXT_BOOT).is_err(), "{length}");
            }
        }
    }
}

#[test]
fn sectors_of_an_earlier_state_are_found() {
    let mut dice = ChaCha8Rng::seed_from_u64(7);
    let mut tally = Tally::default();
    for round in 0..120 {
        let (file, seen, mut account) = written(&mut dice, false);
        let old = file.inner_bytes();
        let (log, ..) = resume(&file, Some(&seen), BOOT).unwrap();
        for _ in 0..dice.random_range(1..20) {
            account.promise(&log, &body(&mut dice)).unwrap();
        }
        let mut bytes = file.inner_bytes();
        let sector = dice.random_range(0..old.len() / SECTOR) * SECTOR;
        bytes[sector..sector + SECTOR].copy_from_slice(&old[sector..sector + SECTOR]);
        examine(
            &bytes,
            &seen,
            &account.brought,
            &format!("round {round}"),
            &mut tally,
        );
        // A whole earlier state, put back from a copy.
        examine(
            &old,
            &seen,
            &account.brought,
            &format!("round {round}, old"),
            &mut tally,
        );
    }
    assert!(tally.refused > 120, "{tally:?}");
}

#[test]
fn another_logs_data_is_not_taken_for_its_own() {
    let mut dice = ChaCha8Rng::seed_from_u64(8);
    let (file, seen, account) = written(&mut dice, false);
    let mut bytes = file.inner_bytes();
    // The same groups, under the salt of another log.
    bytes[16] ^= 1;
    let crc = Crc32c::new().update(&bytes[..12]);
    let crc = crc.update(&bytes[16..512]).value();
    bytes[12..16].copy_from_slice(&crc.to_le_bytes());
    let opened = resume(&FakeFile::of(&bytes), Some(&seen), BOOT);
    assert!(matches!(opened, Err(LogError::Damaged(_))));
    assert!(account.promised > 0);
}

#[test]
fn the_place_of_damage_is_told_in_words() {
    let error = LogError::Damaged(Damage {
        offset: 1536,
        group: 7,
        kind: DamageKind::Later(8),
    });
    assert_eq!(
        error.to_string(),
        "the journal is damaged at byte 1536 (group 7): group 8 follows a broken one"
    );
}

#[test]
fn the_same_boot_takes_no_hole_for_a_power_cut() {
    let (file, account) = one_large_group();
    let mut bytes = file.inner_bytes();
    bytes[2048..2560].fill(0);
    // Power was lost: the group was not promised, and is gone.
    let (_, scanned, found) = resume(&FakeFile::of(&bytes), None, NEXT_BOOT).unwrap();
    assert!(matches!(scanned.tail, Tail::Torn { bytes } if bytes > 2000));
    assert_eq!(found, account.brought[..1]);
    // It was not: the sector was there.
    let error = resume(&FakeFile::of(&bytes), None, BOOT).err().unwrap();
    assert!(matches!(
        error,
        LogError::Damaged(Damage {
            group: 2,
            kind: DamageKind::Hole,
            ..
        })
    ));
    // A writer that was killed leaves a prefix.
    bytes[2048..].fill(0);
    let (_, _, found) = resume(&FakeFile::of(&bytes), None, BOOT).unwrap();
    assert_eq!(found, account.brought[..1]);
}

#[test]
fn a_group_without_its_header_and_bytes_behind_one_are_told_apart_too() {
    let (file, account) = one_large_group();
    let scanned = show(&file, None).unwrap().0;
    let (start, end) = (scanned.last_group, scanned.end);
    let mut bytes = file.inner_bytes();
    bytes[usize::try_from(start).unwrap()..1024].fill(0);
    let (_, _, found) = resume(&FakeFile::of(&bytes), None, NEXT_BOOT).unwrap();
    assert_eq!(found, account.brought[..1]);
    let hole = |offset, kind| {
        Some(LogError::Damaged(Damage {
            offset,
            group: 2,
            kind,
        }))
    };
    let opened = resume(&FakeFile::of(&bytes), None, BOOT).err();
    assert_eq!(opened, hole(start, DamageKind::Hole));

    let mut bytes = file.inner_bytes();
    bytes[2048..2560].fill(0);
    bytes[usize::try_from(end).unwrap() + 9] = 1;
    let opened = resume(&FakeFile::of(&bytes), None, NEXT_BOOT).err();
    assert_eq!(opened, hole(end, DamageKind::Remains));
}

fn one_large_group() -> (FakeFile, Account) {
    let file = FakeFile::default();
    let mut account = Account::default();
    let log = JournalLog::create(file.clone(), None, &head(), owner(BOOT)).unwrap();
    account.promise(&log, b"small").unwrap();
    account.promise(&log, &[b'x'; 3000]).unwrap();
    (file, account)
}

/// A copy that is adopted has what it showed, and what is promised in it from then on; one
/// that lacks what stands before its end is refused.
fn goes_on(copy: &[u8], (scanned, shown): (&Scanned, &[Brought]), place: &str) {
    let file = FakeFile::of(copy);
    let mut found = Vec::new();
    let adopted = JournalLog::resume(file.clone(), None, owner(NEXT_BOOT), true, |entry| {
        found.push((entry.kind, entry.body.to_vec()));
    });
    if let Tail::Later(group) = scanned.tail {
        let kind = DamageKind::Later(group);
        assert!(
            matches!(adopted.err(), Some(LogError::Damaged(damage)) if damage.kind == kind),
            "{place}"
        );
        return;
    }
    let (log, _) = adopted.unwrap_or_else(|error| panic!("{place}: {error}"));
    assert_eq!(found, shown, "{place}");
    log.promise(7, b"after").unwrap();
    drop(log);
    let (_, _, found) = resume(&file.after_power_cut(0), None, BOOT)
        .unwrap_or_else(|error| panic!("{place}, gone on with: {error}"));
    let (last, before) = found.split_last().unwrap();
    assert_eq!((before, last), (shown, &(7, b"after".to_vec())), "{place}");
}

#[test]
fn a_copy_made_while_a_log_was_written_is_shown_up_to_its_last_whole_group() {
    let mut dice = ChaCha8Rng::seed_from_u64(9);
    let mut later = 0;
    for round in 0..200 {
        // The copy has its first pages from an earlier state than its last ones.
        let (file, seen, mut account) = written(&mut dice, false);
        let old = file.inner_bytes();
        let before = account.promised;
        let (log, ..) = resume(&file, Some(&seen), BOOT).unwrap();
        for _ in 0..dice.random_range(1..40) {
            account.promise(&log, &body(&mut dice)).unwrap();
        }
        let mut copy = file.inner_bytes();
        let page = dice.random_range(0..=old.len() / 4096) * 4096;
        copy[..page].copy_from_slice(&old[..page]);
        let (scanned, found) = show(&FakeFile::of(&copy), None)
            .unwrap_or_else(|error| panic!("round {round}: {error}"));
        account.promised = before;
        account.check(&found, &format!("round {round}"));
        goes_on(&copy, (&scanned, &found), &format!("round {round}"));
        if data(&copy) as u64 > scanned.end {
            assert_ne!(scanned.tail, Tail::Whole);
            later += u32::from(matches!(scanned.tail, Tail::Later(_)));
        }
        // One that was not made to its end.
        let length = dice.random_range(512..copy.len());
        let (scanned, found) = show(&FakeFile::of(&copy[..length]), None).unwrap();
        assert_eq!(found, account.brought[..found.len()]);
        let place = format!("round {round}, cut");
        goes_on(&copy[..length], (&scanned, &found), &place);
        if length % 4096 != 0 {
            assert!(matches!(scanned.tail, Tail::Cut | Tail::Later(_)));
        }
    }
    assert!(later > 10, "{later}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn no_bytes_make_reading_panic(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        let file = FakeFile::of(&bytes);
        prop_assert!(resume(&file, Some(&file), BOOT).is_err());
        prop_assert!(show(&file, Some(&file)).is_err());
    }

    #[test]
    fn any_bytes_behind_a_whole_log_are_told(
        garbage in prop::collection::vec(any::<u8>(), 1..1500),
        seed in any::<u64>(),
    ) {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let (file, seen, account) = written(&mut dice, false);
        let end = usize::try_from(show(&file, None).unwrap().0.end).unwrap();
        let mut bytes = file.inner_bytes();
        let at = dice.random_range(end..bytes.len());
        let to = (at + garbage.len()).min(bytes.len());
        bytes[at..to].copy_from_slice(&garbage[..to - at]);
        for boot in [BOOT, NEXT_BOOT] {
            let is_zero = bytes[end..].iter().all(|byte| *byte == 0);
            match resume(&FakeFile::of(&bytes), Some(&seen), boot) {
                Ok((_, scanned, found)) => {
                    prop_assert_eq!(&found, &account.brought);
                    prop_assert_eq!(is_zero, scanned.tail == Tail::Whole);
                }
                Err(error) => prop_assert!(!is_zero, "{}", error),
            }
        }
    }
}
