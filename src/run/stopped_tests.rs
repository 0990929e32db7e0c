//! A process stopped at every step of a write's way, on the disk and on the wire, and the
//! run gone on with: each write is on the server once.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::journal::{Head, Journal, JournalError, RowRecord, RowState};
use super::scope::{Scope, within};
use super::*;
use crate::catalog;
use crate::client::Credentials;

const SECTOR: usize = 512;
const LOG: &str = "journal.log";
const SEEN: &str = "journal.seen";
const ROWS: [&str; 3] = ["ann", "bo", "cy"];

/// What is on the disk and on the server at some instant.
#[derive(Clone)]
struct Instant {
    step: &'static str,
    log: Vec<u8>,
    seen: Vec<u8>,
    contacts: Vec<String>,
}

/// A server that keeps contacts, and an observer of every step.
struct World {
    folder: PathBuf,
    contacts: Mutex<Vec<String>>,
    instants: Mutex<Vec<Instant>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    fn note(&self, step: &'static str) {
        let read = |name| fs::read(self.folder.join(name)).unwrap();
        // In this order: what was seen is on the disk, and more may come meanwhile.
        let seen = read(SEEN);
        let instant = Instant {
            step,
            log: read(LOG),
            seen,
            contacts: lock(&self.contacts).clone(),
        };
        lock(&self.instants).push(instant);
    }

    /// Puts everything back as it was; the file stays the same one.
    fn restore(&self, instant: &Instant) {
        fs::write(self.folder.join(LOG), &instant.log).unwrap();
        fs::write(self.folder.join(SEEN), &instant.seen).unwrap();
        lock(&self.contacts).clone_from(&instant.contacts);
    }

    fn listed(&self, query: &Params) -> Value {
        let contacts = lock(&self.contacts);
        let its = contacts.iter().zip(1..);
        let its = its.filter(|(email, _)| Some(&***email) == query["email"].as_str());
        let page: Vec<Value> = its
            .map(|(email, id)| json!({"id": id, "userid": 1, "email": email}))
            .collect();
        json!({"result": "success", "totalresults": page.len(), "contacts": {"contact": page}})
    }
}

struct Wire(Arc<World>);

impl Transport for Wire {
    fn call(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
        let reply = |body: Value| Reply::remembered(body.as_object().unwrap().clone());
        if action.name() == "GetContacts" {
            return Ok(reply(self.0.listed(params)));
        }
        self.0.note("about to be sent");
        let number = {
            let mut contacts = lock(&self.0.contacts);
            contacts.push(params["email"].as_str().unwrap().to_owned());
            contacts.len()
        };
        self.0.note("applied, and the reply not read");
        Ok(reply(json!({"result": "success", "contactid": number})))
    }
}

/// Works through the rows, from wherever the journal is.
fn pass(world: &Arc<World>, journal: Journal) {
    let lazy_journal = Arc::new(LazyJournal::resumed(journal));
    let credentials = Credentials::Api {
        identifier: "i".into(),
        secret: "s".into(),
    };
    let server = Server::new("fake", "http://127.0.0.1", credentials);
    let run = Run::over(Box::new(Wire(Arc::clone(world))), server, Cancel::default())
        .answered()
        .with_patience(Patience::new(Duration::ZERO, true, Arc::new(|_| ())))
        .with_ledger(Arc::clone(&lazy_journal));
    let action = ActionRef::Known(catalog::action("AddContact").unwrap());
    for (key, number) in ROWS.iter().zip(1..) {
        let journal = lazy_journal.journal().unwrap();
        if journal.past().settled(key).is_some() {
            continue;
        }
        for n in 0..2 {
            let params = json!({"clientid": 1, "email": format!("{key}{n}@example.com")});
            let params = params.as_object().unwrap().clone();
            within(Scope::row(key), || run.call(&action, &params)).unwrap();
            world.note("the reply read");
        }
        journal.row(done(key, number)).unwrap();
        world.note("the row ended");
    }
    let journal = lazy_journal.journal().unwrap();
    journal.finish(journal::State::Done).unwrap();
    world.note("the run ended");
}

fn done(key: &str, number: u64) -> RowRecord {
    RowRecord {
        key: key.into(),
        bulk: 1,
        number,
        line: None,
        state: RowState::Done,
        unchanged: false,
        columns: serde_json::Map::new(),
        original: Vec::new(),
        error: None,
        millis: 0,
    }
}

/// Where the data of a log ends.
fn data_end(log: &[u8]) -> usize {
    log.iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |at| at + 1)
}

/// The instants in which the last group, which was not there before, is a prefix of it:
/// a process killed in mid-write leaves every one of them.
fn torn(before: &Instant, instant: &Instant) -> Vec<Instant> {
    let (from, to) = (data_end(&before.log), data_end(&instant.log));
    let sectors = (from / SECTOR + 1) * SECTOR;
    let ends = [from + 1, from + 30, to.saturating_sub(1)];
    let ends = ends.into_iter().chain((sectors..to).step_by(SECTOR));
    let inside = ends.filter(|end| (from + 1..to).contains(end));
    let torn = |end: usize| {
        let mut torn = instant.clone();
        torn.log[end..].fill(0);
        // It was not on the disk, so nothing had seen it there.
        torn.seen.clone_from(&before.seen);
        torn
    };
    inside.map(torn).collect()
}

#[test]
fn a_process_stopped_at_any_step_of_a_write_goes_on_to_the_same_end() {
    let runs = tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap();
    // Alone in its folder: what runs beside it made counts when a record is looked for.
    let folder = runs.path().join("run");
    fs::create_dir(&folder).unwrap();
    let world = Arc::new(World {
        folder: folder.clone(),
        contacts: Mutex::default(),
        instants: Mutex::default(),
    });
    let journal = Journal::create(&folder, &Head::default()).unwrap();
    world.note("begun");
    pass(&world, journal);
    let whole = lock(&world.contacts).clone();
    let instants = std::mem::take(&mut *lock(&world.instants));
    let mut tried = BTreeMap::new();
    for pair in instants.windows(2) {
        let (before, now) = (&pair[0], &pair[1]);
        // An ended log is cut, which no torn group of it is.
        let is_longer = before.log.len() == now.log.len();
        let torn = if is_longer {
            torn(before, now)
        } else {
            Vec::new()
        };
        for instant in torn.iter().chain([now]) {
            world.restore(instant);
            let (journal, _) = Journal::open(&folder)
                .unwrap_or_else(|error: JournalError| panic!("{}: {error}", instant.step));
            pass(&world, journal);
            let end = std::mem::take(&mut *lock(&world.contacts));
            assert_eq!(end, whole, "{}", instant.step);
            *tried.entry(instant.step).or_insert(0) += 1;
            lock(&world.instants).clear();
        }
    }
    assert_eq!(tried.len(), 5, "{tried:?}");
    assert!(tried.values().sum::<u32>() > 30, "{tried:?}");
}
