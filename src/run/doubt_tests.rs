//! How a resumed run finds out what became of a write that is in doubt.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::journal::moment::Moment;
use super::journal::{
    Fingerprint, HandClock, Head, Journal, Noted, Outcome, ReadAt, Taking, Which, read,
};
use super::scope::{Scope, within};
use super::*;
use crate::catalog;
use crate::client::Credentials;

/// A server made of a function from action and number of the call to a reply.
struct Answers<F>(F, AtomicUsize, Arc<Mutex<Vec<String>>>);

impl<F> Transport for Answers<F>
where
    F: Fn(&str, usize) -> Result<Value, Delivery> + Send + Sync,
{
    fn call(&self, action: &ActionRef, _: &Params) -> Result<Reply, CallError> {
        self.2.lock().unwrap().push(action.name().to_owned());
        match self.0(action.name(), self.1.fetch_add(1, Ordering::SeqCst)) {
            Ok(body) => Ok(Reply::remembered(params(&body))),
            Err(delivery) => {
                let kind = CallErrorKind::Connection;
                Err(CallError::new(kind, action.name(), "no", delivery))
            }
        }
    }
}

fn params(value: &Value) -> Params {
    value.as_object().unwrap().clone()
}

fn known(name: &str) -> ActionRef {
    ActionRef::Known(catalog::action(name).unwrap())
}

fn contact() -> Params {
    params(&json!({"clientid": 1, "email": "bo@example.com"}))
}

fn contacts(ids: &[u64]) -> Value {
    let record = |id: &u64| json!({"id": id, "userid": 1, "email": "bo@example.com"});
    let records: Vec<Value> = ids.iter().map(record).collect();
    json!({"totalresults": ids.len(), "contacts": {"contact": records}})
}

/// A clock that goes by what is slept, and wakes nobody.
#[derive(Default)]
struct Sleepless(Mutex<Duration>);

impl write::Clock for Sleepless {
    fn now(&self) -> Moment {
        let now = Moment::now();
        let slept = i64::try_from(self.0.lock().unwrap().as_millis()).unwrap();
        Moment {
            millis: now.millis + slept,
            ..now
        }
    }

    fn sleep(&self, time: Duration, cancel: &Cancel) -> bool {
        *self.0.lock().unwrap() += time;
        !cancel.is_raised()
    }
}

/// What the run in that folder is.
fn head_of(folder: &Path) -> Head {
    Head {
        id: folder.display().to_string(),
        ..Head::default()
    }
}

/// The name of the run.
const RUN: &str = "run";

/// A resumed run whose row `a` stands at that write, and which knows of others.
struct Resumed {
    folder: tempfile::TempDir,
    called: Arc<Mutex<Vec<String>>>,
    told: Arc<Mutex<Vec<String>>>,
    /// Another folder than its own.
    path: Option<std::path::PathBuf>,
    clock: Arc<Sleepless>,
    waits: bool,
}

impl Resumed {
    /// The journal of that shard of a name, in the folder of that name beside the run.
    fn shard(&self, number: &str, name: &str) -> Journal {
        let mut head = Head {
            name: Some("fleet".to_owned()),
            ..Head::default()
        };
        head.invocation.limits.shard = Some(number.parse().unwrap());
        Journal::create(&self.folder.path().join(name), &head).unwrap()
    }

    /// Before each of the writes, the list they are looked for in ended at 4.
    fn at(action: &str, params: &Params, others: &[(&str, Option<Value>)]) -> Self {
        Self::seeing(Some(4), action, params, others)
    }

    fn seeing(
        seen: Option<i64>,
        action: &str,
        params: &Params,
        others: &[(&str, Option<Value>)],
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::create(&folder.path().join(RUN), &Head::default()).unwrap();
        let intent = |row: &str| {
            let fingerprint = Fingerprint::compute(&format!("{action}@fake"), params);
            journal
                .intent_on(
                    &Scope::row(row),
                    action,
                    fingerprint.into(),
                    params,
                    None,
                    Noted {
                        seen,
                        ..Noted::default()
                    },
                )
                .unwrap()
        };
        for (row, reply) in others {
            let write = intent(row);
            if let Some(reply) = reply {
                let outcome = Outcome::Done(self::params(reply));
                journal.outcome(write, outcome).unwrap();
            }
        }
        intent("a");
        drop(journal);
        Self {
            folder,
            called: Arc::default(),
            told: Arc::default(),
            path: None,
            clock: Arc::default(),
            waits: true,
        }
    }

    /// The folder of the run, with no other beside it.
    fn folder(&self) -> std::path::PathBuf {
        self.folder.path().join(RUN)
    }

    fn slept(&self) -> u64 {
        self.clock.0.lock().unwrap().as_secs()
    }

    /// How a run waits: 120 s.
    fn patience(&self) -> Patience {
        let told = Arc::clone(&self.told);
        let notice = move |line: &str| told.lock().unwrap().push(line.to_owned());
        Patience::new(LATE_AFTER, self.waits, Arc::new(notice))
            .by(Arc::clone(&self.clock) as Arc<dyn write::Clock>)
    }

    /// Makes the write of row `a` again.
    fn again(
        &self,
        action: &str,
        params: &Params,
        answer: impl Fn(&str, usize) -> Result<Value, Delivery> + Send + Sync + 'static,
    ) -> Result<Reply, CallError> {
        let folder = self.path.clone().unwrap_or(self.folder());
        let (journal, _) = Journal::open(&folder).unwrap();
        let run = self.run(journal, answer);
        within(Scope::row("a"), || run.call(&known(action), params))
    }

    fn run(
        &self,
        journal: Journal,
        answer: impl Fn(&str, usize) -> Result<Value, Delivery> + Send + Sync + 'static,
    ) -> Run {
        let credentials = Credentials::Api {
            identifier: "i".into(),
            secret: "s".into(),
        };
        let server = Server::new("fake", "http://127.0.0.1", credentials);
        let wire = Answers(answer, AtomicUsize::new(0), Arc::clone(&self.called));
        Run::over(Box::new(wire), server, Cancel::default())
            .answered()
            .with_patience(self.patience())
            .with_ledger(Arc::new(LazyJournal::resumed(journal)))
    }

    fn called(&self) -> Vec<String> {
        self.called.lock().unwrap().clone()
    }

    fn in_doubt(&self) -> usize {
        let mut count = 0;
        let reading = read(&self.folder()).unwrap();
        reading.writes(Which::InDoubt, |_| count += 1).unwrap();
        count
    }
}

#[test]
fn a_call_that_arrives_after_its_client_was_killed_is_not_sent_twice() {
    let resumed = Resumed::at("AddContact", &contact(), &[]);
    let reply = resumed.again("AddContact", &contact(), |_, call| {
        Ok(contacts(if call < 5 { &[] } else { &[5] }))
    });
    assert_eq!(reply.unwrap().body["contactid"], 5);
    assert_eq!(resumed.called(), ["GetContacts"; 6]);
    // Looked for sooner at first, and no longer than it took.
    assert_eq!(resumed.slept(), 1 + 2 + 4 + 8 + 16);
}

#[test]
fn what_is_not_there_when_the_server_had_its_time_is_sent() {
    let resumed = Resumed::at("AddContact", &contact(), &[]);
    let reply = resumed.again("AddContact", &contact(), |action, _| {
        Ok(match action {
            "GetContacts" => contacts(&[]),
            _ => json!({"result": "success", "contactid": 6}),
        })
    });
    assert_eq!(reply.unwrap().body["contactid"], 6);
    let called = resumed.called();
    assert_eq!(called.last().unwrap(), "AddContact");
    assert_eq!(
        called.iter().filter(|name| *name == "AddContact").count(),
        1
    );
    assert!(
        (115..=120).contains(&resumed.slept()),
        "{}",
        resumed.slept()
    );
    let told = resumed.told.lock().unwrap();
    assert!(told.len() > 5, "{told:?}");
    assert!(
        told[0].contains("`AddContact` may still arrive"),
        "{told:?}"
    );
    assert!(told[0].starts_with("waiting 1"), "{told:?}");
}

#[test]
fn a_run_that_does_not_wait_looks_once_and_says_how_long_it_takes() {
    let resumed = Resumed {
        waits: false,
        ..Resumed::at("AddContact", &contact(), &[])
    };
    let error = resumed
        .again("AddContact", &contact(), |_, _| Ok(contacts(&[])))
        .unwrap_err();
    assert_eq!(error.delivery, Delivery::InDoubt);
    assert!(
        error
            .message
            .contains("counts as not applied once it is 120 s old"),
        "{error}"
    );
    assert_eq!((resumed.called().len(), resumed.slept()), (1, 0));
    assert_eq!(resumed.in_doubt(), 1);
}

#[test]
fn a_refusal_of_what_was_sent_again_is_looked_for_once_more() {
    for lands in [true, false] {
        let resumed = Resumed::at("AddContact", &contact(), &[]);
        let sent = AtomicUsize::new(0);
        let reply = resumed.again("AddContact", &contact(), move |action, _| match action {
            "AddContact" => {
                sent.fetch_add(1, Ordering::SeqCst);
                Err(Delivery::Refused)
            }
            _ if lands && sent.load(Ordering::SeqCst) > 0 => Ok(contacts(&[5])),
            _ => Ok(contacts(&[])),
        });
        match reply {
            Ok(reply) => assert_eq!((lands, &reply.body["contactid"]), (true, &json!(5))),
            Err(error) => assert_eq!((lands, error.delivery), (false, Delivery::Refused)),
        }
        assert_eq!(resumed.called().last().unwrap(), "GetContacts");
        assert_eq!(resumed.in_doubt(), 0);
    }
}

#[test]
fn a_record_that_may_be_older_settles_nothing_and_is_named() {
    // The list ended at 4 before the write.
    for there in [vec![3], vec![4], vec![5]] {
        let resumed = Resumed::at("AddContact", &contact(), &[]);
        let answer = there.clone();
        let reply = resumed.again("AddContact", &contact(), move |action, _| {
            Ok(match action {
                "GetContacts" => contacts(&answer),
                _ => json!({"result": "success", "contactid": 9}),
            })
        });
        let made = reply.unwrap().body["contactid"].clone();
        // An older one is another's, and is not taken for ours.
        let wanted = if there == [5] { 5 } else { 9 };
        assert_eq!(made, wanted, "{there:?}");
    }
    // Nothing was seen before a write of an older version.
    let resumed = Resumed::seeing(None, "AddContact", &contact(), &[]);
    let error = resumed
        .again("AddContact", &contact(), |_, _| Ok(contacts(&[3, 5])))
        .unwrap_err();
    assert_eq!(error.kind, CallErrorKind::InDoubt);
    assert!(error.message.contains("records 3, 5 match it"), "{error}");
}

#[test]
fn what_other_runs_of_the_folder_did_is_not_taken_for_this_ones() {
    let credit = params(&json!({"clientid": 1, "description": "gift", "amount": "5.00"}));
    let list = |ids: &[u64]| {
        let credit = |id: &u64| json!({"id": id, "description": "gift", "amount": "5.00"});
        let credits: Vec<Value> = ids.iter().map(credit).collect();
        json!({"totalresults": ids.len(), "credits": {"credit": credits}})
    };
    // Whether the list was read before the other run's write, or after it.
    let (before, after) = (Some(true), Some(false));
    for (others, read, there, found) in [
        (0, before, vec![5], Some(true)),
        (1, before, vec![5], Some(false)),
        (1, before, vec![5, 6], Some(true)),
        (1, before, vec![3, 5], Some(false)),
        // What was done by then made none of the newer, whatever became of its own record.
        (1, after, vec![5], Some(true)),
        (1, after, vec![3, 5], Some(true)),
        (1, after, vec![3], Some(false)),
        // Nobody knows: an older version read it.
        (1, None, vec![5], None),
        (1, None, vec![5, 6], Some(true)),
        (1, None, vec![3], Some(false)),
    ] {
        let runs = tempfile::tempdir().unwrap();
        let fingerprint = || Fingerprint::compute("AddCredit@fake", &credit).into();
        let earlier = ReadAt::now();
        // The clocks count milliseconds.
        std::thread::sleep(Duration::from_millis(2));
        for number in 0..others {
            let folder = runs.path().join(format!("other-{number}"));
            let journal = Journal::create(&folder, &head_of(&folder)).unwrap();
            let id = journal
                .intent_on(
                    &Scope::Main,
                    "AddCredit",
                    fingerprint(),
                    &credit,
                    None,
                    Noted::default(),
                )
                .unwrap();
            journal
                .outcome(id, Outcome::Done(params(&json!({"result": "success"}))))
                .unwrap();
        }
        std::thread::sleep(Duration::from_millis(2));
        let read_at = read.map(|is_before| if is_before { earlier } else { ReadAt::now() });
        let folder = runs.path().join("own");
        let journal = Journal::create(&folder, &head_of(&folder)).unwrap();
        journal
            .intent_on(
                &Scope::row("a"),
                "AddCredit",
                fingerprint(),
                &credit,
                None,
                Noted {
                    seen: Some(4),
                    read_at,
                    ..Noted::default()
                },
            )
            .unwrap();
        drop(journal);
        let mut resumed = Resumed::at("AddCredit", &credit, &[]);
        resumed.path = Some(folder);
        let answer = list(&there);
        let reply = resumed.again("AddCredit", &credit, move |action, _| {
            Ok(match action {
                "GetCredits" => answer.clone(),
                _ => json!({"result": "success", "newbalance": "9.00"}),
            })
        });
        let was_sent = resumed.called().contains(&"AddCredit".to_owned());
        if let Some(found) = found {
            reply.unwrap();
            assert_eq!(was_sent, !found, "{others} {there:?}");
        } else {
            assert_eq!(reply.unwrap_err().kind, CallErrorKind::InDoubt);
            assert!(!was_sent);
        }
        drop(runs);
    }
}

#[test]
fn an_id_that_was_made_before_the_server_was_put_back_is_another_records_by_now() {
    for is_before in [true, false] {
        let runs = tempfile::tempdir().unwrap();
        let own = runs.path().join("own");
        let earlier = ReadAt::now();
        // The clocks count milliseconds.
        std::thread::sleep(Duration::from_millis(2));
        let intend = |folder: &Path, noted: Noted| {
            let fingerprint = Fingerprint::compute("AddContact@fake", &contact());
            let journal = Journal::create(folder, &head_of(folder)).unwrap();
            let (scope, marks) = (Scope::row("a"), fingerprint.into());
            let id = journal.intent_on(&scope, "AddContact", marks, &contact(), None, noted);
            (journal, id.unwrap())
        };
        let (journal, id) = intend(&runs.path().join("other"), Noted::default());
        let reply = json!({"result": "success", "contactid": 5});
        journal.outcome(id, Outcome::Done(params(&reply))).unwrap();
        drop(journal);
        std::thread::sleep(Duration::from_millis(2));
        let read_at = if is_before { ReadAt::now() } else { earlier };
        let noted = Noted {
            seen: Some(4),
            read_at: Some(read_at),
            ..Noted::default()
        };
        drop(intend(&own, noted));
        let mut resumed = Resumed::at("AddContact", &contact(), &[]);
        resumed.path = Some(own);
        let reply = resumed.again("AddContact", &contact(), |action, _| {
            Ok(match action {
                "GetContacts" => contacts(&[5]),
                _ => json!({"result": "success", "contactid": 6}),
            })
        });
        let made = if is_before { 5 } else { 6 };
        assert_eq!(reply.unwrap().body["contactid"], made);
    }
}

#[test]
fn no_other_write_goes_to_a_record_with_a_doubtful_update() {
    let city = params(&json!({"clientid": 1, "city": "Bergen"}));
    let resumed = Resumed::at("UpdateClient", &city, &[]);
    let other = params(&json!({"clientid": 1, "city": "Oslo"}));
    let elsewhere = params(&json!({"clientid": 2, "city": "Oslo"}));
    let (journal, _) = Journal::open(&resumed.folder()).unwrap();
    let run = resumed.run(journal, |_, _| Ok(json!({"result": "success"})));
    let update = |row: &str, params: &Params| {
        within(Scope::row(row), || run.call(&known("UpdateClient"), params))
    };
    let error = update("b", &other).unwrap_err();
    assert_eq!(error.delivery, Delivery::NotSent);
    assert!(
        error
            .message
            .contains("write 1 to the same record is in doubt"),
        "{error}"
    );
    assert!(update("b", &elsewhere).is_ok());
    // Sent again with success it is done, but what was sent first may still arrive.
    assert!(update("a", &city).is_ok());
    assert_eq!(resumed.slept(), 0);
    assert!(update("c", &other).is_ok());
    assert!(
        (110..=120).contains(&resumed.slept()),
        "{}",
        resumed.slept()
    );
    // Then it is nobody's any more.
    assert!(update("d", &city).is_ok());
    assert!(resumed.slept() <= 120);
}

#[test]
fn credit_that_was_applied_shows_in_its_invoice_and_that_of_another_is_not_taken_for_it() {
    let apply = params(&json!({"invoiceid": 7, "amount": "10.00"}));
    let done = json!({"result": "success", "invoiceid": 7});
    let own = ("b", Some(done));
    for (seen, now, others, found) in [
        (Some(500), "15.00", vec![], Some(true)),
        (Some(500), "5.00", vec![], Some(false)),
        (Some(500), "12.00", vec![], None),
        (Some(500), "4.00", vec![], None),
        (None, "15.00", vec![], None),
        // Another of the same may have done it.
        (Some(500), "15.00", vec![own], None),
    ] {
        let resumed = Resumed::seeing(seen, "ApplyCredit", &apply, &others);
        let reply = resumed.again("ApplyCredit", &apply, move |action, _| {
            Ok(match action {
                "GetInvoice" => json!({"result": "success", "invoiceid": "7", "credit": now}),
                _ => json!({"result": "success", "invoiceid": 7, "amount": "10.00"}),
            })
        });
        let was_sent = resumed.called().contains(&"ApplyCredit".to_owned());
        let what = format!("{seen:?} {now} {}", others.len());
        if let Some(found) = found {
            reply.unwrap();
            assert_eq!(was_sent, !found, "{what}");
            assert_eq!(resumed.slept() >= 119, !found, "{what}");
        } else {
            assert_eq!(reply.unwrap_err().kind, CallErrorKind::InDoubt, "{what}");
            assert!(!was_sent, "{what}");
        }
    }
}

#[test]
fn writes_like_one_are_asked_for_by_the_whole_number_they_are_about() {
    let one = params(&json!({"clientid": 1, "city": "Bergen"}));
    let resumed = Resumed::at("UpdateClient", &one, &[("b", None)]);
    let (journal, _) = Journal::open(&resumed.folder()).unwrap();
    let writes = |journal: &Journal, about| {
        let writes = journal.writes_of("updateclient", about).unwrap();
        writes
            .iter()
            .map(|(write, _)| write.id.number())
            .collect::<Vec<_>>()
    };
    assert_eq!(writes(&journal, Some(("clientid", 1))), [1, 2]);
    assert_eq!(writes(&journal, Some(("clientid", 2))), [0_i64; 0]);
    // However it was spelled, and those of this pass too.
    let text = params(&json!({"clientid": "01"}));
    let fingerprint = Fingerprint::compute("UpdateClient@fake", &text);
    let intent = journal.intent(&Scope::Main, "UpdateClient", fingerprint, &text);
    intent.unwrap();
    assert_eq!(writes(&journal, Some(("clientid", 1))), [1, 2, 3]);
    assert_eq!(writes(&journal, None), [1, 2, 3]);
    assert_eq!(writes(&journal, Some(("id", 1))), [0_i64; 0]);
}

#[test]
fn how_far_a_copied_list_had_gone_does_not_change_with_what_is_made_after() {
    let resumed = Resumed::at("AddContact", &contact(), &[]);
    let (journal, _) = Journal::open(&resumed.folder()).unwrap();
    let seen = || journal.seen_by("AddContact", Some("contactid")).unwrap();
    assert_eq!(seen(), Some(4));
    let fingerprint = Fingerprint::compute("AddContact@fake", &contact());
    let write = journal.intent(&Scope::Main, "AddContact", fingerprint, &contact());
    let reply = params(&json!({"contactid": 9}));
    journal
        .outcome(write.unwrap(), Outcome::Done(reply))
        .unwrap();
    assert_eq!(seen(), Some(4));
}

#[test]
fn a_resumed_run_waits_for_what_an_earlier_pass_sent_twice() {
    let city = params(&json!({"clientid": 1, "city": "Bergen"}));
    let other = params(&json!({"clientid": 1, "city": "Oslo"}));
    let resumed = Resumed::at("UpdateClient", &city, &[]);
    let pass = || {
        let (journal, _) = Journal::open(&resumed.folder()).unwrap();
        resumed.run(journal, |_, _| Ok(json!({"result": "success"})))
    };
    let update = |run: &Run, row: &str, params: &Params| {
        within(Scope::row(row), || run.call(&known("UpdateClient"), params))
    };
    assert!(update(&pass(), "a", &city).is_ok());
    assert_eq!(resumed.slept(), 0);
    let run = pass();
    let elsewhere = params(&json!({"clientid": 2, "city": "Oslo"}));
    assert!(update(&run, "b", &elsewhere).is_ok());
    assert_eq!(resumed.slept(), 0);
    assert!(update(&run, "c", &other).is_ok());
    assert!(
        (110..=120).contains(&resumed.slept()),
        "{}",
        resumed.slept()
    );
    drop(run);
    // In a pass that begins after that, nothing of it can be on its way.
    let run = pass();
    let slept = resumed.slept();
    assert!(update(&run, "d", &city).is_ok());
    assert_eq!(resumed.slept(), slept);
}

#[test]
fn what_another_shard_left_in_doubt_holds_the_record_until_it_is_known() {
    let city = params(&json!({"clientid": 1, "city": "Bergen"}));
    let other = params(&json!({"clientid": 1, "city": "Oslo"}));
    let resumed = Resumed::at("UpdateClient", &city, &[]);
    let shard = |number: &str, name: &str| resumed.shard(number, name);
    let first = shard("1/2", "first");
    let fingerprint = Fingerprint::compute("UpdateClient@fake", &city);
    let write = first
        .intent(&Scope::row("a"), "UpdateClient", fingerprint, &city)
        .unwrap();
    let update =
        |run: &Run, row: &str| within(Scope::row(row), || run.call(&known("UpdateClient"), &other));
    let pass = |name: &str| {
        let journal = shard("2/2", name);
        resumed.run(journal, |_, _| Ok(json!({"result": "success"})))
    };
    // On its way in another process: that is no doubt.
    assert!(update(&pass("early"), "b").is_ok());
    first
        .outcome(write, Outcome::Unsettled("nobody knows".into()))
        .unwrap();
    first.doubts().unwrap();
    let run = pass("late");
    let error = update(&run, "c").unwrap_err();
    assert_eq!(error.delivery, Delivery::NotSent);
    assert!(
        error.message.contains("write 1 to the same record"),
        "{error}"
    );
    assert!(error.hint.unwrap().contains("runs show first"));
    first.outcome(write, Outcome::Done(Params::new())).unwrap();
    first.doubts().unwrap();
    assert!(update(&run, "d").is_ok());
    // One that comes later is seen as well, once it is time to look again.
    let later = |row: &str| {
        let write = first.intent(&Scope::row(row), "UpdateClient", fingerprint, &city);
        let doubt = Outcome::Unsettled("nobody knows".into());
        first.outcome(write.unwrap(), doubt).unwrap();
        first.doubts().unwrap();
    };
    later("e");
    assert!(update(&run, "e").is_ok());
    *resumed.clock.0.lock().unwrap() += Duration::from_secs(6);
    let error = update(&run, "f").unwrap_err();
    assert!(
        error.message.contains("write 2 to the same record"),
        "{error}"
    );
}

#[test]
fn a_shard_that_begins_later_and_one_that_is_killed_hold_their_records_too() {
    let city = params(&json!({"clientid": 1, "city": "Bergen"}));
    let other = params(&json!({"clientid": 1, "city": "Oslo"}));
    let resumed = Resumed::at("UpdateClient", &city, &[]);
    let shard = |number: &str, name: &str| resumed.shard(number, name);
    let run = resumed.run(shard("2/2", "own"), |_, _| Ok(json!({"result": "success"})));
    let update = |row: &str| {
        let wait = Duration::from_secs(6);
        *resumed.clock.0.lock().unwrap() += wait;
        within(Scope::row(row), || run.call(&known("UpdateClient"), &other))
    };
    assert!(update("a").is_ok());
    let first = shard("1/2", "first");
    let fingerprint = Fingerprint::compute("UpdateClient@fake", &city);
    let intent = first.intent(&Scope::row("a"), "UpdateClient", fingerprint, &city);
    intent.unwrap();
    // On its way.
    assert!(update("b").is_ok());
    drop(first);
    assert_eq!(update("c").unwrap_err().delivery, Delivery::NotSent);
}

#[test]
fn a_run_that_does_not_wait_sends_nothing_where_a_repeated_update_may_be_overtaken() {
    let city = params(&json!({"clientid": 1, "city": "Bergen"}));
    let other = params(&json!({"clientid": 1, "city": "Oslo"}));
    let mut resumed = Resumed::at("UpdateClient", &city, &[]);
    resumed.waits = false;
    let (journal, _) = Journal::open(&resumed.folder()).unwrap();
    let run = resumed.run(journal, |_, _| Ok(json!({"result": "success"})));
    let update = |row: &str, params: &Params| {
        within(Scope::row(row), || run.call(&known("UpdateClient"), params))
    };
    assert!(update("a", &city).is_ok());
    let error = update("b", &other).unwrap_err();
    assert_eq!(error.delivery, Delivery::NotSent);
    assert!(
        error.message.contains("the first may still arrive"),
        "{error}"
    );
    assert_eq!(resumed.called().len(), 1);
}

#[test]
fn the_first_write_bounds_those_whose_replies_have_no_id() {
    for (made, sent) in [(8, 2), (6, 3)] {
        let resumed = Resumed::at("AddCredit", &params(&json!({"clientid": 9})), &[]);
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::create(&folder.path().join(RUN), &Head::default()).unwrap();
        let credits = |ids: &[u64]| {
            let credit = |id: &u64| json!({"id": id, "description": "gift", "amount": "5.00"});
            let credits: Vec<Value> = ids.iter().map(credit).collect();
            json!({"totalresults": ids.len(), "credits": {"credit": credits}})
        };
        let run = resumed.run(journal, move |action, call| match (action, call) {
            ("GetCredits", 0) => Ok(credits(&[])),
            ("GetCredits", 2) => Ok(credits(&[7])),
            ("AddCredit", 3) => Err(Delivery::InDoubt),
            ("GetCredits", _) => Ok(credits(&[made])),
            _ => Ok(json!({"result": "success", "newbalance": "5.00"})),
        });
        let give = |client: u64| {
            let credit = json!({"clientid": client, "description": "gift", "amount": "5.00"});
            let scope = Scope::row(&client.to_string());
            within(scope, || run.call(&known("AddCredit"), &params(&credit)))
        };
        give(1).unwrap();
        give(2).unwrap();
        let called = resumed.called();
        let first = [
            "GetCredits",
            "AddCredit",
            "GetCredits",
            "AddCredit",
            "GetCredits",
        ];
        assert_eq!(called[..5], first);
        // What is older is another's, and the second was not applied.
        let credits = called.iter().filter(|name| *name == "AddCredit");
        assert_eq!(credits.count(), sent);
    }
}

#[test]
fn a_record_is_the_effect_of_one_write_only() {
    let done = ("b", Some(json!({"contactid": 5})));
    let open = ("c", None);
    for (others, there, made) in [
        (vec![done.clone()], vec![5], Some(9)),
        (vec![done.clone()], vec![5, 6], Some(6)),
        (vec![open.clone()], vec![6], None),
        (vec![done, open], vec![5, 6], None),
    ] {
        let resumed = Resumed::at("AddContact", &contact(), &others);
        let answer = there.clone();
        let reply = resumed.again("AddContact", &contact(), move |action, _| {
            Ok(match action {
                "GetContacts" => contacts(&answer),
                _ => json!({"result": "success", "contactid": 9}),
            })
        });
        match (reply, made) {
            (Ok(reply), Some(made)) => assert_eq!(reply.body["contactid"], made, "{there:?}"),
            (Err(error), None) => {
                assert_eq!(error.delivery, Delivery::InDoubt);
                assert_eq!(error.kind, CallErrorKind::InDoubt);
                assert!(!resumed.called().contains(&"AddContact".to_owned()));
            }
            (reply, made) => panic!("{there:?}: {reply:?}, {made:?}"),
        }
    }
}

#[test]
fn a_write_that_cannot_be_looked_for_stays_in_doubt() {
    let resumed = Resumed::at("AddContact", &contact(), &[]);
    let error = resumed
        .again("AddContact", &contact(), |_, _| Err(Delivery::Refused))
        .unwrap_err();
    assert_eq!(error.delivery, Delivery::InDoubt);
    assert!(error.message.contains("may or may not"), "{error}");
    assert_eq!((resumed.called().len(), resumed.in_doubt()), (1, 1));
}

#[test]
fn a_write_in_doubt_stays_so_when_its_repetition_fails() {
    let city = params(&json!({"clientid": 1, "city": "Bergen"}));
    for delivery in [Delivery::NotSent, Delivery::Refused, Delivery::InDoubt] {
        let resumed = Resumed::at("UpdateClient", &city, &[]);
        let failed = resumed.again("UpdateClient", &city, move |_, _| Err(delivery));
        assert_eq!(failed.unwrap_err().delivery, Delivery::InDoubt);
        assert_eq!(resumed.in_doubt(), 1, "{delivery:?}");
        let again = resumed.again("UpdateClient", &city, |_, _| Ok(json!({"clientid": 1})));
        assert!(again.is_ok());
        assert_eq!(resumed.in_doubt(), 0);
    }
}

#[test]
fn a_process_that_may_have_lost_the_run_sends_nothing_more_of_it() {
    let city = params(&json!({"clientid": 1, "city": "Bergen"}));
    for held_up in [10, 16] {
        let resumed = Resumed::at("UpdateClient", &city, &[]);
        let clock = Arc::new(HandClock::default());
        let taking = Taking::default().by(clock.clone());
        let (journal, _) = Journal::open_as(&resumed.folder(), &taking).unwrap();
        let run = resumed.run(journal, |_, _| Ok(json!({"result": "success"})));
        clock.go_on(Duration::from_secs(held_up));
        // One that may be repeated asks for no intent before it is sent.
        let result = within(Scope::row("a"), || run.call(&known("UpdateClient"), &city));
        if held_up < 15 {
            result.unwrap();
            continue;
        }
        let error = result.unwrap_err();
        assert_eq!(error.kind, CallErrorKind::Journal, "{error}");
        assert_eq!(error.delivery, Delivery::NotSent);
        assert!(resumed.called().is_empty());
        assert!(run.call(&known("GetClients"), &Params::new()).is_err());
    }
}

#[test]
fn what_to_do_by_hand_names_the_run_and_the_row() {
    let note = params(&json!({"description": "x"}));
    let resumed = Resumed::at("LogActivity", &note, &[]);
    let error = resumed
        .again("LogActivity", &note, |_, _| Ok(json!({})))
        .unwrap_err();
    let run = RUN;
    let hint = error.hint.unwrap();
    let command = format!("`whmcsh runs settle {run} --row a`");
    assert!(hint.contains(&command), "{hint}");
    assert!(resumed.called().is_empty());
}
