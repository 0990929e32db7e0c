//! A process killed while eight threads write, again and again on one journal.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use rand::RngExt as _;
use serde_json::json;

use super::*;

const FOLDER: &str = "WHMCSH_TEST_JOURNAL";
const CHILD: &str = "run::journal::crash_tests::writes_until_it_is_killed";
const THREADS: usize = 8;
const WRITES: u64 = 3;

#[test]
#[ignore = "the victim of the test below, run as a process of its own"]
fn writes_until_it_is_killed() {
    let folder = std::env::var(FOLDER).expect("the crash test names the folder");
    let folder = Path::new(&folder);
    let (journal, _) = Journal::open(folder).unwrap();
    let acknowledged = OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join("acknowledged"))
        .unwrap();
    let first = read(folder).unwrap().counts().unwrap().writes;
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (journal, acknowledged) = (&journal, &acknowledged);
            let key = move |row| format!("{first} {thread} {row}");
            scope.spawn(move || {
                (0..1_000_000).for_each(|number| row(journal, acknowledged, &key(number)));
            });
        }
    });
}

fn row(journal: &Journal, mut acknowledged: &File, key: &str) {
    for number in 0..WRITES {
        let params = json!({"key": key, "number": number});
        let params = params.as_object().unwrap();
        let fingerprint = Fingerprint::compute("AddClient", params);
        let write = journal
            .intent(&Scope::row(key), "AddClient", fingerprint, params)
            .unwrap();
        // One system call a line: it is whole or not there.
        let line = format!("{}\t{key}\t{number}\n", write.number());
        acknowledged.write_all(line.as_bytes()).unwrap();
        journal
            .outcome(write, Outcome::Done(params.clone()))
            .unwrap();
    }
    let record = RowRecord {
        key: key.into(),
        bulk: 1,
        number: 1,
        line: None,
        state: RowState::Done,
        unchanged: false,
        columns: Map::new(),
        original: Vec::new(),
        error: None,
        millis: 0,
    };
    journal.row(record).unwrap();
}

fn acknowledged(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("acknowledged")).unwrap_or_default()
}

/// Lets the victim write some more lines, then kills it.
fn let_one_die(folder: &Path, lines: usize) {
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", CHILD, "--ignored"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let enough = acknowledged(folder).lines().count() + lines;
    while acknowledged(folder).lines().count() < enough {
        assert_eq!(victim.try_wait().unwrap(), None, "it died by itself");
        thread::sleep(Duration::from_micros(500));
    }
    victim.kill().unwrap();
    victim.wait().unwrap();
}

#[test]
fn a_kill_at_any_instant_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    drop(Journal::create(folder, &Head::default()).unwrap());
    for _ in 0..6 {
        let_one_die(folder, rand::rng().random_range(1..400));
        let reading = read(folder).unwrap();
        assert_eq!(reading.state(), State::Interrupted);
        let mut writes = HashMap::new();
        reading
            .writes(Which::All, |write| {
                writes.insert(write.id.number().to_string(), write);
            })
            .unwrap();
        for line in acknowledged(folder).lines() {
            let parts: Vec<&str> = line.split('\t').collect();
            let write = &writes[parts[0]];
            assert_eq!(write.scope, Scope::row(parts[1]));
            assert_eq!(write.params["number"].to_string(), parts[2]);
        }
        let mut done = HashMap::new();
        for write in writes.into_values() {
            if write.outcome.is_some() {
                *done.entry(write.scope).or_insert(0) += 1;
            }
        }
        reading
            .rows(|row| assert_eq!(done[&Scope::row(&row.key)], WRITES))
            .unwrap();
        assert_eq!(outcomes_without_intent(folder), 0);
        Journal::open(folder).unwrap();
    }
}

fn outcomes_without_intent(folder: &Path) -> i64 {
    let sql = "SELECT count(*) FROM outcomes WHERE intent NOT IN (SELECT id FROM intents)";
    let reading = read(folder).unwrap();
    let connection = reading.connection().unwrap();
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}
