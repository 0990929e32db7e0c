//! What a run's log says, and when it refuses to.

use std::fs;
use std::path::Path;

use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use serde_json::json;

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
        let fingerprint = Fingerprint::of("AddClient", &params);
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

#[test]
fn a_log_with_a_flipped_bit_is_refused_or_says_what_it_said() {
    let mut dice = SmallRng::seed_from_u64(12);
    for is_finished in [true, false] {
        let (folder, journal) = created();
        fill(&journal);
        journal.doubts().unwrap();
        if is_finished {
            journal.finish(State::InDoubt).unwrap();
            drop(journal);
        }
        let whole = fs::read(folder.path().join(LOG)).unwrap();
        let end = whole.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        let mut refused = 0;
        for _ in 0..500 {
            let mut bytes = whole.clone();
            let at = dice.random_range(0..end);
            bytes[at] ^= 1 << dice.random_range(0..8);
            let folder = alone(&bytes);
            match Journal::take_over(folder.path()) {
                Ok((journal, _)) => {
                    drop(journal);
                    let counts = read(folder.path()).unwrap().counts();
                    assert_eq!(counts.unwrap(), FILLED, "byte {at}");
                    assert_eq!(writes(folder.path()), 5);
                }
                Err(JournalError::Corrupt { why, .. }) => {
                    assert!(why.contains("journal.log"), "{why}");
                    refused += 1;
                }
                Err(JournalError::TooNew { .. }) => refused += 1,
                Err(other) => panic!("byte {at}: {other}"),
            }
        }
        assert!(refused > 450, "{refused}");
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
    drop(Journal::take_over(copy.path()).unwrap());
    drop(Journal::open(copy.path()).unwrap());
    journal.finish(State::Done).unwrap();
    drop(journal);
    // One that ended is whole.
    let copy = alone(&fs::read(folder.path().join(LOG)).unwrap());
    drop(Journal::open(copy.path()).unwrap());
}

#[test]
fn a_record_of_a_later_version_is_refused() {
    let (folder, journal) = created();
    drop(journal);
    let opened = LogStore::open(folder.path(), false).unwrap();
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
