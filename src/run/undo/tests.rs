//! What is brought back, what is left alone, and what cannot be undone.

use std::sync::{Arc, Mutex};

use serde_json::json;

use super::*;
use crate::cancel::Cancel;
use crate::client::{ActionRef, CallError, Credentials, Reply, Server};
use crate::run::journal::{Fingerprint, Head, Journal, Noted, Snapshot, read};
use crate::run::scope::Scope;
use crate::run::{Run, Transport};

/// A server with one record of every kind, which takes every update of a client as it is.
#[derive(Clone)]
struct OneRecord {
    reply: Arc<Mutex<Value>>,
    sent: Arc<Mutex<Vec<Value>>>,
    is_deaf: bool,
}

impl Transport for OneRecord {
    fn call(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
        if action.is_write() {
            self.sent
                .lock()
                .unwrap()
                .push(Value::Object(params.clone()));
            let mut reply = self.reply.lock().unwrap();
            if let (false, Some(record)) = (self.is_deaf, reply["client"].as_object_mut()) {
                record.extend(params.clone());
            }
        }
        Ok(Reply::remembered(
            self.reply.lock().unwrap().as_object().unwrap().clone(),
        ))
    }
}

struct Bench {
    server: OneRecord,
    run: Run,
    folder: tempfile::TempDir,
    journal: Journal,
}

impl Bench {
    fn new(reply: Value) -> Self {
        Self::with(reply, false)
    }

    fn with(reply: Value, is_deaf: bool) -> Self {
        let server = OneRecord {
            reply: Arc::new(Mutex::new(reply)),
            sent: Arc::default(),
            is_deaf,
        };
        let credentials = Credentials::Api {
            identifier: "i".into(),
            secret: "s".into(),
        };
        let at = Server::new("home", "http://127.0.0.1", credentials);
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::create(&folder.path().join("run"), &Head::default()).unwrap();
        Self {
            run: Run::over(Box::new(server.clone()), at, Cancel::default()).answered(),
            server,
            folder,
            journal,
        }
    }

    fn write(&self, action: &str, params: &Value, old: Option<Value>, outcome: Outcome) {
        let params = params.as_object().unwrap();
        let snapshot = old.map(|record| Snapshot {
            record: record.as_object().unwrap().clone(),
            old: Map::new(),
        });
        let fingerprint = Fingerprint::at("home", action, params);
        let journal = &self.journal;
        let id = journal.intent_on(
            &Scope::Main,
            action,
            fingerprint.into(),
            params,
            snapshot.as_ref(),
            Noted::default(),
        );
        journal.outcome(id.unwrap(), outcome).unwrap();
    }

    fn applied(&self, action: &str, params: &Value, old: Value) {
        self.write(action, params, Some(old), Outcome::Done(Map::new()));
    }

    fn deeds(&self) -> DoneWrites {
        self.journal
            .finish(crate::run::journal::State::Done)
            .unwrap();
        let mut deeds = DoneWrites::default();
        let reading = read(&self.folder.path().join("run")).unwrap();
        reading.kept(|kept| deeds.add(kept, "home")).unwrap();
        deeds
    }

    fn undo(&self) -> Undone {
        let deeds = self.deeds();
        assert_eq!(deeds.trails().len(), 1);
        self.run.undo(&deeds.trails()[0], false).unwrap()
    }

    fn sent(&self) -> Vec<Value> {
        self.server.sent.lock().unwrap().clone()
    }
}

fn left(undone: &Undone) -> Vec<String> {
    let left = undone.left.iter();
    left.map(|(name, why)| format!("{name}: {why}")).collect()
}

#[test]
fn two_writes_to_one_field_go_back_to_what_was_before_the_first() {
    let bench = Bench::new(json!({"client": {"id": 7, "city": "C", "notes": "N"}}));
    bench.applied(
        "UpdateClient",
        &json!({"clientid": 7, "city": "B"}),
        json!({"id": 7, "city": "A"}),
    );
    bench.applied(
        "UpdateClient",
        &json!({"clientid": 7, "city": "C", "notes": "N"}),
        json!({"id": 7, "city": "B", "notes": ""}),
    );
    let undone = bench.undo();
    let expected = json!({"clientid": "7", "city": "A", "notes": "", "skipvalidation": "1"});
    assert_eq!(bench.sent(), [expected]);
    assert_eq!(
        undone.restored,
        [
            ("city".into(), json!("C"), json!("A")),
            ("notes".into(), json!("N"), json!(""))
        ]
    );
    let again = bench.undo();
    assert_eq!(
        (again.restored.len(), again.same, bench.sent().len()),
        (0, 2, 1)
    );
}

#[test]
fn what_somebody_changed_since_is_left_alone_and_said() {
    let bench = Bench::new(json!({"client": {"id": 7, "city": "Ulm", "notes": "N"}}));
    bench.applied(
        "UpdateClient",
        &json!({"clientid": 7, "city": "B", "notes": "N", "clientip": "::1"}),
        json!({"id": 7, "city": "A", "notes": "O"}),
    );
    let undone = bench.undo();
    assert_eq!(undone.unread, ["clientip"]);
    assert_eq!(
        bench.sent(),
        [json!({"clientid": "7", "notes": "O", "skipvalidation": "1"})]
    );
    assert_eq!(
        left(&undone),
        [r#"city: changed since: the run wrote "B", and now it is "Ulm""#]
    );
}

#[test]
fn what_somebody_wrote_between_two_writes_is_what_comes_back() {
    let bench = Bench::new(json!({"client": {"id": 7, "city": "C"}}));
    bench.applied(
        "UpdateClient",
        &json!({"clientid": 7, "city": "B"}),
        json!({"id": 7, "city": "A"}),
    );
    bench.applied(
        "UpdateClient",
        &json!({"clientid": 7, "city": "C"}),
        json!({"id": 7, "city": "by hand"}),
    );
    bench.undo();
    assert_eq!(bench.sent()[0]["city"], "by hand");
}

#[test]
fn a_write_in_doubt_is_judged_by_what_stands_there() {
    for (present, restored) in [("C", 1), ("B", 1), ("A", 0)] {
        let bench = Bench::new(json!({"client": {"id": 7, "city": present}}));
        bench.applied(
            "UpdateClient",
            &json!({"clientid": 7, "city": "B"}),
            json!({"id": 7, "city": "A"}),
        );
        let doubt = Outcome::Unsettled("no reply".into());
        bench.write(
            "UpdateClient",
            &json!({"clientid": 7, "city": "C"}),
            Some(json!({"id": 7, "city": "B"})),
            doubt,
        );
        let undone = bench.undo();
        assert_eq!(undone.restored.len(), restored, "{present}");
        assert!(undone.left.is_empty(), "{present}: {undone:?}");
    }
}

#[test]
fn what_the_server_does_not_take_back_is_not_said_to_be_back() {
    let bench = Bench::with(json!({"client": {"id": 7, "city": "B"}}), true);
    bench.applied(
        "UpdateClient",
        &json!({"clientid": 7, "city": "B"}),
        json!({"id": 7, "city": "A"}),
    );
    let undone = bench.undo();
    assert_eq!(undone.restored, []);
    assert_eq!(
        left(&undone),
        [r#"city: the server was sent the old value and still shows "B""#]
    );
}

#[test]
fn a_services_empty_fields_are_emptied_by_name_and_no_date_is_the_null_date() {
    let now = json!({"id": 4, "notes": "N", "domain": "b.example", "nextduedate": "2027-01-01",
        "overideautosuspend": "on", "recurringamount": "12.00"});
    let bench = Bench::new(json!({"totalresults": 1, "products": {"product": [now]}}));
    let params = json!({"serviceid": 4, "notes": "N", "domain": "b.example", "nextduedate": "2027-01-01",
        "overideautosuspend": true, "recurringamount": 12});
    let old = json!({"id": 4, "notes": "", "domain": "a.example", "nextduedate": null,
        "overideautosuspend": "", "recurringamount": "10.00"});
    bench.applied("UpdateClientProduct", &params, old);
    bench.undo();
    let expected = json!({"serviceid": "4", "domain": "a.example", "nextduedate": "0000-00-00",
        "overideautosuspend": false, "recurringamount": "10.00", "unset": ["notes"]});
    assert_eq!(bench.sent(), [expected]);
}

#[test]
fn a_line_of_an_invoice_goes_back_as_a_whole_or_not_at_all() {
    let item = |id: i64, text: &str, amount: &str| json!({"id": id, "description": text, "amount": amount, "taxed": 0});
    let now = json!({"invoiceid": 2, "items": {"item": [item(5, "B", "10.00"), item(6, "by hand", "9.00")]}});
    let bench = Bench::new(now);
    let params = json!({"invoiceid": 2, "itemdescription": {"5": "B", "6": "B"},
        "itemamount": {"5": "10", "6": "9"}, "itemtaxed": {"5": false, "6": false}});
    let old =
        json!({"invoiceid": 2, "items": {"item": [item(5, "A", "10.00"), item(6, "A", "8.00")]}});
    bench.applied("UpdateInvoice", &params, old);
    let undone = bench.undo();
    let expected = json!({"invoiceid": "2", "itemdescription": {"5": "A"}, "itemamount": {"5": "10.00"},
        "itemtaxed": {"5": false}});
    assert_eq!(bench.sent(), [expected]);
    let names: Vec<&str> = undone.left.iter().map(|(name, _)| name.as_str()).collect();
    // This server takes no lines, and that is said too.
    assert_eq!(
        names,
        ["itemdescription.6", "itemamount.6", "itemdescription.5"]
    );
}

#[test]
fn what_cannot_be_undone_is_sorted_by_action_and_reason() {
    let bench = Bench::new(json!({}));
    let done = || Outcome::Done(Map::new());
    let refused = Outcome::NotSent {
        kind: "policy".into(),
        message: "no".into(),
    };
    bench.write(
        "AddClient",
        &json!({"email": "a@example.com"}),
        None,
        done(),
    );
    bench.write(
        "AddClient",
        &json!({"email": "b@example.com"}),
        None,
        done(),
    );
    bench.write(
        "AddClient",
        &json!({"email": "c@example.com"}),
        None,
        refused,
    );
    bench.write(
        "UpdateClient",
        &json!({"clientid": 1, "city": "B"}),
        None,
        done(),
    );
    bench.applied(
        "DeleteContact",
        &json!({"contactid": 3}),
        json!({"id": 3, "email": "x"}),
    );
    bench.write(
        "AddOrder",
        &json!({"clientid": 1}),
        None,
        Outcome::Unsettled("?".into()),
    );
    let mut deeds = bench.deeds();
    let told: Vec<String> = deeds
        .beyond
        .iter()
        .map(|((action, why), writes)| format!("{} {action}: {}", writes.len(), why.words()))
        .collect();
    assert_eq!(
        told,
        [
            "2 AddClient: has no way back",
            "1 AddOrder: in doubt: settle it first",
            "1 DeleteContact: has no way back",
            "1 UpdateClient: no snapshot was taken",
        ]
    );
    let deleted = deeds
        .beyond
        .remove(&("DeleteContact".to_owned(), Irreversible::Never))
        .unwrap();
    assert_eq!(deleted[0].record.as_ref().unwrap()["email"], "x");
}

#[test]
fn a_write_to_another_server_is_not_looked_for_on_this_one() {
    let bench = Bench::new(json!({}));
    bench.applied(
        "UpdateClient",
        &json!({"clientid": 7, "city": "B"}),
        json!({"id": 7, "city": "A"}),
    );
    bench
        .journal
        .finish(crate::run::journal::State::Done)
        .unwrap();
    let mut deeds = DoneWrites::default();
    let reading = read(&bench.folder.path().join("run")).unwrap();
    reading.kept(|kept| deeds.add(kept, "abroad")).unwrap();
    assert!(deeds.trails().is_empty());
    assert!(
        deeds
            .beyond
            .contains_key(&("UpdateClient".to_owned(), Irreversible::Elsewhere))
    );
}
