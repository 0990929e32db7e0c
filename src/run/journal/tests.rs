//! What a journal keeps, from pass to pass and for reports.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::thread;

use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::run::invocation::{Invocation, ScriptCall, Task};

pub(super) fn head() -> Head {
    Head {
        id: "2026-11-23-onboard".into(),
        invocation: Invocation {
            task: Task::Script(ScriptCall {
                path: "onboard.rhai".into(),
                args: vec!["clients.csv".into()],
            }),
            ..Invocation::default()
        },
        inputs: vec![Input {
            path: "clients.csv".into(),
            hash: "00ff".into(),
        }],
        ..Head::default()
    }
}

pub(super) fn map(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

pub(super) fn created() -> (TempDir, Journal) {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::create(folder.path(), &head()).unwrap();
    (folder, journal)
}

/// A journal as earlier versions began it.
pub(super) fn created_database() -> (TempDir, Journal) {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::create_database(folder.path(), &head(), 1 << 20).unwrap();
    (folder, journal)
}

pub(super) fn reopened(folder: &Path) -> Journal {
    Journal::open(folder).unwrap().0
}

fn intent(journal: &Journal, scope: &Scope, params: &Value) -> WriteId {
    let params = map(params);
    let fingerprint = Fingerprint::compute("AddClient", &params);
    journal
        .intent(scope, "AddClient", fingerprint, &params)
        .unwrap()
}

fn take(journal: &Journal, scope: &Scope, params: &Value) -> Replay {
    let fingerprint = Fingerprint::compute("AddClient", &map(params));
    let past = journal.past();
    past.take(scope, "AddClient", fingerprint).unwrap()
}

pub(super) fn row(key: &str, number: u64, state: RowState) -> RowRecord {
    RowRecord {
        key: key.into(),
        bulk: 1,
        number,
        line: Some(number + 1),
        state,
        unchanged: number == 2,
        columns: map(&json!({"clientid": number})),
        original: vec![key.into(), String::new()],
        error: (state == RowState::Failed).then(|| map(&json!({"kind": "api"}))),
        millis: 20,
    }
}

#[test]
fn a_report_reads_what_was_written_while_the_run_is_going_on() {
    let (folder, journal) = created();
    let write = intent(&journal, &Scope::row("a"), &json!({"email": "a"}));
    let outcome = Outcome::Refused {
        kind: "api".into(),
        message: "Email Taken".into(),
        http: Some(200),
    };
    journal.outcome(write, outcome.clone()).unwrap();
    let records = [
        row("a", 1, RowState::Failed),
        row("b", 2, RowState::Done),
        row("c", 3, RowState::Skipped),
    ];
    for record in records.iter().rev() {
        journal.row(record.clone()).unwrap();
    }
    intent(&journal, &Scope::Main, &json!({"email": "z"}));

    let reading = read(folder.path()).unwrap();
    assert_eq!(reading.head(), &head());
    assert_eq!(reading.state(), State::Running);
    let mut rows = Vec::new();
    reading.rows(|row| rows.push(row)).unwrap();
    assert_eq!(rows, records);
    let mut writes = Vec::new();
    reading
        .writes(Which::OfRow("a"), |write| writes.push(write))
        .unwrap();
    let expected = Write {
        cause: None,
        id: write,
        scope: Scope::row("a"),
        row: Some(1),
        action: "AddClient".into(),
        params: map(&json!({"email": "a"})),
        outcome: Some(outcome),
        by_user: false,
        fingerprint: Fingerprint::compute("AddClient", &map(&json!({"email": "a"}))),
    };
    assert_eq!(writes, [expected]);
    let counts = Counts {
        done: 1,
        unchanged: 1,
        failed: 1,
        skipped: 1,
        writes_in_doubt: 1,
        ..Counts::default()
    };
    assert_eq!(reading.counts().unwrap(), counts);
}

#[test]
fn a_finished_run_says_how_and_when_and_leaves_what_it_needs() {
    let (folder, journal) = created();
    intent(&journal, &Scope::Main, &json!({}));
    journal.finish(State::InDoubt).unwrap();
    drop(journal);
    let reading = read(folder.path()).unwrap();
    assert_eq!(reading.state(), State::InDoubt);
    assert!(reading.ended().is_some_and(|when| when.contains('[')));
    drop(reading);
    let mut names: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "journal.holder.1",
            "journal.lock",
            "journal.log",
            "journal.seen"
        ]
    );
    for name in names {
        let mode = folder.path().join(&name).metadata().unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600, "{name}");
    }
    let size = || folder.path().join("journal.log").metadata().unwrap().len();
    assert!(size() < 4096, "{}", size());
}

#[test]
fn a_run_that_was_left_is_interrupted_and_one_that_goes_on_is_running_again() {
    let (folder, journal) = created();
    drop(journal);
    let state = || read(folder.path()).unwrap().state();
    assert_eq!(state(), State::Interrupted);
    let journal = reopened(folder.path());
    journal.finish(State::Failed).unwrap();
    intent(&journal, &Scope::Main, &json!({}));
    assert_eq!(state(), State::Running);
    drop(journal);
    assert_eq!(state(), State::Interrupted);
}

#[test]
fn rows_done_or_skipped_are_known_to_the_next_pass_and_others_are_not() {
    let (folder, journal) = created();
    journal.row(row("a", 1, RowState::Done)).unwrap();
    journal.row(row("b", 2, RowState::Skipped)).unwrap();
    journal.row(row("c", 3, RowState::Failed)).unwrap();
    journal.row(row("d", 4, RowState::InDoubt)).unwrap();
    let unchanged = RowRecord {
        unchanged: true,
        ..row("f", 5, RowState::Done)
    };
    journal.row(unchanged).unwrap();
    assert_eq!(journal.past().settled("a"), None, "of this pass");
    drop(journal);
    let journal = reopened(folder.path());
    let settled = ["a", "b", "c", "d", "e", "f"].map(|key| journal.past().settled(key));
    let [done, skipped, unchanged] =
        [SettledRow::Done, SettledRow::Skipped, SettledRow::Unchanged].map(Some);
    assert_eq!(settled, [done, skipped, None, None, None, unchanged]);
    assert_eq!(journal.past().rows_done(), 3);

    journal.row(row("c", 3, RowState::Done)).unwrap();
    drop(journal);
    assert_eq!(reopened(folder.path()).past().settled("c"), done);
    let mut keys = Vec::new();
    let reading = read(folder.path()).unwrap();
    reading.rows(|row| keys.push(row.key)).unwrap();
    assert_eq!(keys, ["a", "b", "c", "d", "f"]);
}

#[test]
fn a_source_is_settled_as_a_whole_only_if_each_of_its_rows_is() {
    let marks = |keys: &[&str]| keys.iter().map(|key| RowMark::of_key(key)).collect();
    let settled = |folder: &Path, keys: &[&str]| {
        let journal = reopened(folder);
        let all = journal.past().all_settled(&marks(keys));
        (all, journal.past().settled("a").is_some())
    };
    let (folder, journal) = created();
    journal.row(row("a", 1, RowState::Done)).unwrap();
    journal.row(row("b", 3, RowState::Skipped)).unwrap();
    drop(journal);
    let both = AllSettled {
        done: 1,
        unchanged: 0,
        skipped: 1,
    };
    assert_eq!(settled(folder.path(), &["b", "a"]), (Some(both), true));
    for others in [&["a"][..], &["a", "c"], &["a", "b", "c"], &[]] {
        assert_eq!(settled(folder.path(), others).0, None, "{others:?}");
    }
    // One that is still to be done.
    let journal = reopened(folder.path());
    journal.row(row("c", 4, RowState::Failed)).unwrap();
    drop(journal);
    for keys in [&["a", "b"][..], &["a", "b", "c"]] {
        assert_eq!(settled(folder.path(), keys).0, None, "{keys:?}");
    }
}

#[test]
fn writes_in_doubt_are_handed_to_the_user_and_his_word_is_taken() {
    let (folder, journal) = created();
    let scope = Scope::row("a");
    let [lost, unsettled, applied] =
        [1, 2, 3].map(|id| intent(&journal, &scope, &json!({"id": id})));
    let message = "no reply within 30 s".to_owned();
    journal
        .outcome(unsettled, Outcome::Unsettled(message))
        .unwrap();
    journal.outcome(applied, Outcome::Done(Map::new())).unwrap();
    drop(journal);

    let mut in_doubt = Vec::new();
    let reading = read(folder.path()).unwrap();
    reading
        .writes(Which::InDoubt, |write| in_doubt.push(write.id))
        .unwrap();
    assert_eq!(in_doubt, [lost, unsettled]);
    drop(reading);

    let journal = reopened(folder.path());
    let reply = map(&json!({"clientid": 7}));
    journal.settle(lost, true, Some(reply.clone())).unwrap();
    journal.settle(unsettled, false, None).unwrap();
    drop(journal);
    assert_eq!(read(folder.path()).unwrap().state(), State::Interrupted);
    let journal = reopened(folder.path());
    assert_eq!(
        take(&journal, &scope, &json!({"id": 1})),
        Replay::Done(lost, reply)
    );
    // It is sent again although the row did another of its kind.
    assert_eq!(take(&journal, &scope, &json!({"id": 2})), Replay::Fresh);
    assert_eq!(
        take(&journal, &scope, &json!({"id": 4})),
        Replay::Contradiction {
            earlier: applied,
            params: map(&json!({"id": 3})),
            is_in_doubt: false
        }
    );
    take(&journal, &scope, &json!({"id": 3}));
    assert_eq!(take(&journal, &scope, &json!({"id": 4})), Replay::Fresh);
}

#[test]
fn many_threads_write_at_once_and_nothing_is_lost() {
    let (folder, journal) = created();
    thread::scope(|scope| {
        for thread in 0..8 {
            let journal = &journal;
            scope.spawn(move || {
                let key = Scope::row(&thread.to_string());
                for number in 0..50 {
                    let write = intent(journal, &key, &json!({"n": number}));
                    journal.outcome(write, Outcome::Done(Map::new())).unwrap();
                }
                let state = RowState::Done;
                journal
                    .row(row(&thread.to_string(), thread, state))
                    .unwrap();
            });
        }
    });
    drop(journal);
    let counts = read(folder.path()).unwrap().counts().unwrap();
    assert_eq!((counts.writes, counts.writes_in_doubt), (400, 0));
    assert_eq!((counts.done, counts.begun), (8, 0));
}

#[test]
fn a_head_that_names_no_modules_is_that_of_an_older_version() {
    let mut old = serde_json::to_value(head()).unwrap();
    old.as_object_mut().unwrap().remove("modules").unwrap();
    assert_eq!(serde_json::from_value::<Head>(old).unwrap(), head());
}

#[test]
fn a_later_pass_knows_how_much_money_was_or_may_have_been_moved() {
    let (folder, journal) = created();
    let write = |number: u64, money: Option<&str>| {
        let params = map(&json!({ "n": number }));
        let noted = Noted {
            money: money.map(str::to_owned),
            ..Noted::default()
        };
        let marks = Fingerprint::compute("AddCredit", &params).into();
        let intent = journal.intent_on(&Scope::Main, "AddCredit", marks, &params, None, noted);
        intent.unwrap()
    };
    let refused = Outcome::Refused {
        kind: "api".into(),
        message: "no".into(),
        http: None,
    };
    journal
        .outcome(write(1, Some("1.50 EUR")), Outcome::Done(Map::new()))
        .unwrap();
    journal
        .outcome(write(2, Some("2 EUR")), Outcome::Unsettled("lost".into()))
        .unwrap();
    journal.outcome(write(3, Some("4 EUR")), refused).unwrap();
    journal
        .outcome(write(4, Some("8 USD")), Outcome::Done(Map::new()))
        .unwrap();
    journal
        .outcome(write(5, Some("0")), Outcome::Done(Map::new()))
        .unwrap();
    // Killed before its outcome.
    write(6, Some("16 EUR"));
    drop(journal);
    let journal = reopened(folder.path());
    let moved = journal.moved().unwrap();
    let euros = moved
        .money
        .iter()
        .map(|(code, sum)| format!("{sum} {code}"));
    assert_eq!(euros.collect::<Vec<_>>(), ["19.50 EUR", "8 USD"]);
    assert!(moved.uncounted.is_empty());
    intent(&journal, &Scope::Main, &json!({ "n": 7 }));
    drop(journal);
    let journal = reopened(folder.path());
    let uncounted: Vec<&String> = journal.moved().unwrap().uncounted.iter().collect();
    assert_eq!(uncounted, ["AddClient"]);
    let (_folder, database) = created_database();
    assert_eq!(database.moved(), None);
}
