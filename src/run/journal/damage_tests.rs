//! What a journal says when it cannot be used.

use serde_json::json;
use tempfile::TempDir;

use super::tests::{created, created_database, head, map, reopened, row};
use super::*;

#[test]
fn a_second_process_is_refused_and_told_who_is_there() {
    let (folder, journal) = created();
    let error = Journal::open(folder.path()).err().unwrap();
    let pid = std::process::id();
    assert!(
        error
            .to_string()
            .ends_with(&format!("is in use by process {pid}"))
    );
    drop(journal);
    reopened(folder.path());
}

#[test]
fn a_folder_without_a_journal_and_one_with_a_journal_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let missing = JournalError::Missing(path.to_owned());
    assert_eq!(Journal::open(path).err(), Some(missing.clone()));
    assert_eq!(read(path).err(), Some(missing));
    let nowhere = path.join("nowhere");
    assert_eq!(
        Journal::open(&nowhere).err(),
        Some(JournalError::Missing(nowhere))
    );
    drop(Journal::create(path, &head()).unwrap());
    let exists = JournalError::Exists(path.to_owned());
    assert_eq!(Journal::create(path, &head()).err(), Some(exists));
}

/// A finished journal of some size, so that there is something to damage.
fn finished() -> TempDir {
    let (folder, journal) = created_database();
    for number in 1..=200 {
        let key = format!("{number:050}");
        journal.row(row(&key, number, RowState::Done)).unwrap();
    }
    journal.finish(State::Done).unwrap();
    folder
}

#[test]
fn a_truncated_journal_is_found_damaged() {
    let folder = finished();
    let path = folder.path().join("journal.sqlite");
    let whole = std::fs::read(&path).unwrap();
    for length in [0, 50, 4096, whole.len() / 2, whole.len() - 4096] {
        std::fs::write(&path, &whole[..length]).unwrap();
        let error = Journal::open(folder.path()).err();
        assert!(
            matches!(error, Some(JournalError::Corrupt { .. })),
            "{length}: {error:?}"
        );
    }
    std::fs::write(&path, "clientid,amount\n1,2.50\n".repeat(100)).unwrap();
    let error = read(folder.path()).err();
    assert!(
        matches!(error, Some(JournalError::Corrupt { .. })),
        "{error:?}"
    );
}

#[test]
fn a_journal_of_a_newer_version_is_left_alone() {
    let folder = finished();
    let connection = rusqlite::Connection::open(folder.path().join("journal.sqlite")).unwrap();
    connection.pragma_update(None, "user_version", 3).unwrap();
    drop(connection);
    let error = Journal::open(folder.path()).err().unwrap();
    assert!(
        matches!(error, JournalError::TooNew { format: 3, .. }),
        "{error}"
    );
    assert!(error.hint().is_some());
}

#[test]
fn on_a_full_disk_the_intent_is_refused_and_so_is_every_later_one() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::create_database(folder.path(), &head(), 20).unwrap();
    let try_one = |number: usize| {
        let params = map(&json!({"notes": "x".repeat(1000), "number": number}));
        let fingerprint = Fingerprint::compute("AddClient", &params);
        journal.intent(&Scope::Main, "AddClient", fingerprint, &params)
    };
    let written = (0..1000)
        .take_while(|number| try_one(*number).is_ok())
        .count();
    let full = JournalError::Full(folder.path().to_owned());
    assert!(written > 0);
    assert_eq!(try_one(written), Err(full.clone()));
    assert_eq!(
        journal.outcome(WriteId(1), Outcome::Done(Map::new())),
        Err(full)
    );
    drop(journal);
    let mut intents = 0;
    let reading = read(folder.path()).unwrap();
    reading.writes(Which::All, |_| intents += 1).unwrap();
    assert_eq!(intents, written);
    reopened(folder.path());
}
