//! Random scripts of writes, killed anywhere on a server that fails, against a
//! model: what the server has is what the run says it did.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::journal::{Head, Journal, RowRecord, RowState, Which, read};
use super::scope::{Scope, within};
use super::*;
use crate::catalog;
use crate::client::Credentials;

/// Looked for after a lost reply; looked for by nobody; repeated without harm.
const ACTIONS: [&str; 3] = ["AddContact", "LogActivity", "UpdateClient"];

/// A write of a script.
#[derive(Clone, Copy, Debug)]
struct Step {
    action: &'static str,
    /// What its parameters are made of; the same ones come in other rows as well.
    id: u8,
    /// Whether the script goes on when it fails.
    is_caught: bool,
}

/// A script: loops of rows, with writes of its own before each.
type Script = Vec<(Vec<Step>, Vec<Vec<Step>>)>;

/// What becomes of a call of a write.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Applied,
    Refused,
    NotSent,
    LostApplied,
    LostUnapplied,
    KilledBefore,
    KilledAfter,
}

/// What the process says when it is killed.
struct Killed;

/// A server that remembers every write it applied.
#[derive(Default)]
struct Memory {
    applied: Mutex<Vec<(String, Params)>>,
    fates: Mutex<Vec<Fate>>,
}

struct Wire(Arc<Memory>);

impl Transport for Wire {
    fn call(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
        let name = action.name();
        if name == "GetContacts" {
            return Ok(self.0.contacts(params));
        }
        let fate = lock(&self.0.fates).pop().unwrap_or(Fate::Applied);
        let is_applied = matches!(fate, Fate::Applied | Fate::LostApplied | Fate::KilledAfter);
        let number = is_applied.then(|| {
            let mut applied = lock(&self.0.applied);
            applied.push((name.to_owned(), params.clone()));
            applied.len()
        });
        let error = |kind, delivery| Err(CallError::new(kind, name, "no", delivery));
        match fate {
            Fate::Applied => Ok(reply(&json!({"result": "success", "contactid": number}))),
            Fate::Refused => error(CallErrorKind::Api, Delivery::Refused),
            Fate::NotSent => error(CallErrorKind::Connection, Delivery::NotSent),
            Fate::LostApplied | Fate::LostUnapplied => {
                error(CallErrorKind::Timeout, Delivery::InDoubt)
            }
            Fate::KilledBefore | Fate::KilledAfter => resume_unwind(Box::new(Killed)),
        }
    }
}

impl Memory {
    fn contacts(&self, query: &Params) -> Reply {
        let applied = lock(&self.applied);
        let numbered = applied.iter().enumerate();
        let contacts: Vec<Value> = numbered
            .filter(|(_, (action, sent))| {
                action == "AddContact" && sent["email"] == query["email"]
            })
            .map(|(at, (_, sent))| {
                json!({"id": at + 1, "userid": sent["clientid"], "email": sent["email"]})
            })
            .collect();
        // All on the first page.
        let start = query["limitstart"].as_u64().unwrap_or(0);
        let page = if start == 0 {
            contacts.clone()
        } else {
            Vec::new()
        };
        reply(&json!({"totalresults": contacts.len(), "contacts": {"contact": page}}))
    }

    /// How often every write was applied.
    fn counts(&self) -> BTreeMap<String, usize> {
        let applied = lock(&self.applied);
        counted(applied.iter().map(|(action, params)| named(action, params)))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn reply(body: &Value) -> Reply {
    Reply::remembered(body.as_object().unwrap().clone())
}

fn named(action: &str, params: &Params) -> String {
    format!("{action} {}", Value::Object(params.clone()))
}

fn counted(names: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    counts
}

impl Step {
    fn params(self) -> Params {
        let params = match self.action {
            "AddContact" => json!({"clientid": 1, "email": format!("{}@example.com", self.id)}),
            "LogActivity" => json!({"description": self.id.to_string()}),
            _ => json!({"clientid": self.id, "city": "Bergen"}),
        };
        params.as_object().unwrap().clone()
    }
}

/// A run of a script, pass after pass.
struct Model {
    folder: tempfile::TempDir,
    server: Arc<Memory>,
    /// The writes that rows brought about which are not run again.
    settled: BTreeMap<String, Vec<String>>,
}

impl Model {
    fn new() -> Self {
        // In memory, where the system has such a place: the disk is not what is tested.
        let folder = tempfile::tempdir_in("/dev/shm")
            .or_else(|_| tempfile::tempdir())
            .unwrap();
        drop(Journal::create(folder.path(), &Head::default()).unwrap());
        Self {
            folder,
            server: Arc::default(),
            settled: BTreeMap::new(),
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs the script once more, until it ends, fails, or is killed; the writes
    /// of the script itself that came about.
    fn pass(&mut self, script: &Script, fates: Vec<Fate>) -> Option<Vec<String>> {
        self.pass_with(script, fates, Patience::default())
    }

    /// A pass so late that nothing of those before can be on its way.
    fn late_pass(&mut self, script: &Script) -> Option<Vec<String>> {
        let patience = Patience::new(Duration::ZERO, false, Arc::new(|_| {}));
        self.pass_with(script, Vec::new(), patience)
    }

    fn pass_with(
        &mut self,
        script: &Script,
        fates: Vec<Fate>,
        patience: Patience,
    ) -> Option<Vec<String>> {
        *lock(&self.server.fates) = fates;
        let lazy_journal = Arc::new(LazyJournal::resumed(Journal::open(self.path()).unwrap().0));
        let credentials = Credentials::Api {
            identifier: "i".into(),
            secret: "s".into(),
        };
        let mut server = Server::new("fake", "http://127.0.0.1", credentials);
        server.timeout = Duration::ZERO;
        let wire = Box::new(Wire(Arc::clone(&self.server)));
        let run = Run::over(wire, server, Cancel::default())
            .answered()
            .with_patience(patience)
            .with_ledger(Arc::clone(&lazy_journal));
        catch_unwind(AssertUnwindSafe(|| {
            self.passed(script, &run, &lazy_journal)
        }))
        .unwrap_or(None)
    }

    fn passed(
        &mut self,
        script: &Script,
        run: &Run,
        lazy_journal: &LazyJournal,
    ) -> Option<Vec<String>> {
        let mut own = Vec::new();
        for (loop_number, (steps, rows)) in script.iter().enumerate() {
            let (did, state) = perform(steps, run);
            own.extend(did);
            if state != RowState::Done {
                return None;
            }
            for (number, row) in rows.iter().enumerate() {
                let key = format!("{loop_number}:{number}");
                let journal = lazy_journal.journal().unwrap();
                if journal.past().settled(&key).is_some() {
                    assert!(self.settled.contains_key(&key), "{key} was never done");
                    continue;
                }
                let (did, state) = within(Scope::row(&key), || perform(row, run));
                journal.row(record(&key, state)).unwrap();
                if state == RowState::Done {
                    self.settled.insert(key, did);
                }
            }
        }
        Some(own)
    }

    /// Every write the run calls done is on the server, and none but what it calls in doubt besides.
    fn check(&self) -> Result<(), TestCaseError> {
        let (mut done, mut in_doubt) = (Vec::new(), Vec::new());
        let reading = read(self.path()).unwrap();
        reading
            .writes(Which::All, |write| {
                let name = named(&write.action, &write.params);
                match write.outcome {
                    Some(journal::Outcome::Done(_)) => done.push(name),
                    None | Some(journal::Outcome::Unsettled(_)) => in_doubt.push(name),
                    Some(_) => {}
                }
            })
            .unwrap();
        let (done, in_doubt) = (counted(done.into_iter()), counted(in_doubt.into_iter()));
        let applied = self.server.counts();
        for name in applied.keys().chain(done.keys()) {
            let [applied, done, in_doubt] =
                [&applied, &done, &in_doubt].map(|counts| counts.get(name).copied().unwrap_or(0));
            let most = if name.starts_with("UpdateClient") {
                usize::MAX
            } else {
                done + in_doubt
            };
            prop_assert!(
                (done..=most).contains(&applied),
                "{name}: applied {applied} times, done {done}, in doubt {in_doubt}"
            );
        }
        Ok(())
    }

    /// Says of every write in doubt whether the server has it.
    fn settle(&self) {
        let mut writes = Vec::new();
        let reading = read(self.path()).unwrap();
        reading
            .writes(Which::All, |write| writes.push(write))
            .unwrap();
        let mut unclaimed = self.server.counts();
        let is_done =
            |write: &journal::Write| matches!(write.outcome, Some(journal::Outcome::Done(_)));
        for write in writes.iter().filter(|write| is_done(write)) {
            let name = named(&write.action, &write.params);
            let count = unclaimed.get_mut(&name).unwrap();
            *count = count.saturating_sub(1);
        }
        let (journal, _) = Journal::open(self.path()).unwrap();
        let doubts = writes.iter().filter(|write| match &write.outcome {
            None | Some(journal::Outcome::Unsettled(_)) => true,
            Some(_) => false,
        });
        for write in doubts {
            let name = named(&write.action, &write.params);
            let count = unclaimed.entry(name).or_default();
            let done = *count > 0;
            *count = count.saturating_sub(1);
            journal.settle(write.id, done, None).unwrap();
        }
    }
}

/// Makes the writes one after the other: those that came about, and how it ended.
fn perform(steps: &[Step], run: &Run) -> (Vec<String>, RowState) {
    let (mut did, mut is_in_doubt) = (Vec::new(), false);
    for step in steps {
        let action = ActionRef::Known(catalog::action(step.action).unwrap());
        match run.call(&action, &step.params()) {
            Ok(_) => did.push(named(step.action, &step.params())),
            Err(error) => {
                is_in_doubt |= error.delivery == Delivery::InDoubt;
                if !step.is_caught {
                    let state = if is_in_doubt {
                        RowState::InDoubt
                    } else {
                        RowState::Failed
                    };
                    return (did, state);
                }
            }
        }
    }
    (
        did,
        if is_in_doubt {
            RowState::InDoubt
        } else {
            RowState::Done
        },
    )
}

fn record(key: &str, state: RowState) -> RowRecord {
    RowRecord {
        key: key.into(),
        bulk: 1,
        number: 1,
        line: None,
        state,
        unchanged: false,
        columns: serde_json::Map::new(),
        original: Vec::new(),
        error: None,
        millis: 0,
    }
}

fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    let step = (
        prop::sample::select(ACTIONS.as_slice()),
        0_u8..2,
        any::<bool>(),
    );
    let step = step.prop_map(|(action, id, is_caught)| Step {
        action,
        id,
        is_caught,
    });
    prop::collection::vec(step, 0..most)
}

fn script() -> impl Strategy<Value = Script> {
    let rows = prop::collection::vec(steps(5), 0..4);
    prop::collection::vec((steps(3), rows), 1..4)
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    use Fate::{Applied, KilledAfter, KilledBefore, LostApplied, LostUnapplied, NotSent, Refused};
    let fates = [
        Applied,
        Applied,
        Applied,
        Applied,
        Refused,
        NotSent,
        LostApplied,
        LostUnapplied,
        KilledBefore,
        KilledAfter,
    ];
    prop::collection::vec(prop::sample::select(fates.to_vec()), 0..12)
}

/// A short form, unless the long one of the tests of the binary is asked for.
fn cases() -> u32 {
    if std::env::var_os("WHMCSH_PROOF_SEEDS").is_some() {
        150
    } else {
        40
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn what_the_server_has_is_what_the_run_says_it_did(
        script in script(),
        passes in prop::collection::vec(fates(), 1..6),
    ) {
        let mut model = Model::new();
        for fates in passes {
            model.pass(&script, fates);
            model.check()?;
        }
        // On a sound server, with the user's word on what is in doubt, all of it gets done.
        model.settle();
        let own = model.late_pass(&script);
        model.check()?;
        prop_assert!(own.is_some(), "the script came to its end");
        let rows = model.settled.values().flatten().cloned();
        let wanted = counted(own.into_iter().flatten().chain(rows));
        let applied = model.server.counts();
        for (name, applied) in &applied {
            let wanted = wanted.get(name).copied().unwrap_or(0);
            if !name.starts_with("UpdateClient") {
                prop_assert_eq!(*applied, wanted, "{}", name);
            }
        }
        for name in wanted.keys() {
            prop_assert!(applied.contains_key(name), "{} is lost", name);
        }
    }
}
