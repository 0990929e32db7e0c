//! How a resumed run finds out what became of a write that is in doubt.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::journal::{Fingerprint, Head, Journal, Outcome, Which, read};
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

/// A resumed run whose row `a` stands at that write, and which knows of others.
struct Resumed {
    folder: tempfile::TempDir,
    called: Arc<Mutex<Vec<String>>>,
}

impl Resumed {
    fn at(action: &str, params: &Params, others: &[(&str, Option<Value>)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::create(folder.path(), &Head::default()).unwrap();
        let intent = |row: &str| {
            let fingerprint = Fingerprint::of(&format!("{action}@fake"), params);
            journal
                .intent(&Scope::row(row), action, fingerprint, params)
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
        }
    }

    /// Makes the write of row `a` again.
    fn again(
        &self,
        action: &str,
        params: &Params,
        answer: impl Fn(&str, usize) -> Result<Value, Delivery> + Send + Sync + 'static,
    ) -> Result<Reply, CallError> {
        let (journal, _) = Journal::open(self.folder.path()).unwrap();
        let credentials = Credentials::Api {
            identifier: "i".into(),
            secret: "s".into(),
        };
        let mut server = Server::new("fake", "http://127.0.0.1", credentials);
        server.timeout = Duration::from_millis(50);
        let wire = Answers(answer, AtomicUsize::new(0), Arc::clone(&self.called));
        let run = Run::over(Box::new(wire), server, Cancel::default())
            .with_ledger(Arc::new(Ledger::resumed(journal)));
        within(Scope::row("a"), || run.call(&known(action), params))
    }

    fn called(&self) -> Vec<String> {
        self.called.lock().unwrap().clone()
    }

    fn in_doubt(&self) -> usize {
        let mut count = 0;
        let reading = read(self.folder.path()).unwrap();
        reading.writes(Which::InDoubt, |_| count += 1).unwrap();
        count
    }
}

#[test]
fn a_call_that_arrives_after_its_client_was_killed_is_not_sent_twice() {
    let resumed = Resumed::at("AddContact", &contact(), &[]);
    let reply = resumed.again("AddContact", &contact(), |_, call| {
        Ok(contacts(if call == 0 { &[] } else { &[5] }))
    });
    assert_eq!(reply.unwrap().body["contactid"], 5);
    assert_eq!(resumed.called(), ["GetContacts", "GetContacts"]);
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
    assert_eq!(
        resumed.called(),
        ["GetContacts", "GetContacts", "AddContact"]
    );
}

#[test]
fn a_record_is_the_effect_of_one_write_only() {
    let done = ("b", Some(json!({"contactid": 5})));
    let open = ("c", None);
    for (others, there, is_found) in [
        (vec![done.clone()], vec![5], false),
        (vec![done.clone()], vec![5, 6], true),
        (vec![open.clone()], vec![6], false),
        (vec![done, open], vec![5, 6], false),
    ] {
        let resumed = Resumed::at("AddContact", &contact(), &others);
        let answer = there.clone();
        let reply = resumed.again("AddContact", &contact(), move |_, _| Ok(contacts(&answer)));
        assert!(!resumed.called().contains(&"AddContact".to_owned()));
        match reply {
            Ok(reply) => assert_eq!((is_found, &reply.body["contactid"]), (true, &json!(6))),
            Err(error) => {
                assert!(!is_found, "{there:?}: {error}");
                assert_eq!(error.delivery, Delivery::InDoubt);
                assert_eq!(error.kind, CallErrorKind::InDoubt);
            }
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
fn what_to_do_by_hand_names_the_run_and_the_row() {
    let note = params(&json!({"description": "x"}));
    let resumed = Resumed::at("LogActivity", &note, &[]);
    let error = resumed
        .again("LogActivity", &note, |_, _| Ok(json!({})))
        .unwrap_err();
    let run = resumed.folder.path().file_name().unwrap().to_string_lossy();
    let hint = error.hint.unwrap();
    let command = format!("`whmcsh runs settle {run} --row a`");
    assert!(hint.contains(&command), "{hint}");
    assert!(resumed.called().is_empty());
}
