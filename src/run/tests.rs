//! A run against a fake server: policy, stopping, walking.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::journal::moment::Moment;
use super::write::Clock;
use super::*;
use crate::catalog;
use crate::client::Credentials;

/// A server made of a function; it counts what reaches it.
#[derive(Clone)]
struct Fake<F> {
    answer: Arc<F>,
    calls: Arc<Mutex<Vec<(String, Params)>>>,
}

impl<F> Fake<F>
where
    F: Fn(&str, &Params) -> Result<Value, CallError> + Send + Sync + 'static,
{
    fn new(answer: F) -> Self {
        Self {
            answer: Arc::new(answer),
            calls: Arc::default(),
        }
    }

    fn run(&self, access: Access, cancel: &Cancel) -> Arc<Run>
    where
        F: 'static,
    {
        let credentials = Credentials::Api {
            identifier: "i".into(),
            secret: "s".into(),
        };
        let transport = Box::new(Self {
            answer: Arc::clone(&self.answer),
            calls: Arc::clone(&self.calls),
        });
        let server = Server::new("fake", "http://127.0.0.1", credentials);
        Arc::new(
            Run::over(transport, server, cancel.clone())
                .answered()
                .with_patience(Patience::default().by(Arc::new(Still)))
                .with_access(access),
        )
    }

    fn names(&self) -> Vec<String> {
        let calls = self.calls.lock().unwrap();
        calls.iter().map(|(name, _)| name.clone()).collect()
    }
}

impl<F> Transport for Fake<F>
where
    F: Fn(&str, &Params) -> Result<Value, CallError> + Send + Sync,
{
    fn call(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
        let name = action.name().to_owned();
        self.calls.lock().unwrap().push((name, params.clone()));
        let Value::Object(body) = (self.answer)(action.name(), params)? else {
            panic!("a reply is a map");
        };
        Ok(Reply::remembered(body))
    }
}

/// A clock that stands still: no page takes any time, however slow the machine is.
struct Still;

impl Clock for Still {
    fn now(&self) -> Moment {
        Moment { boot: 1, millis: 0 }
    }

    fn sleep(&self, _: Duration, _: &Cancel) -> bool {
        true
    }
}

fn known(name: &str) -> ActionRef {
    ActionRef::Known(catalog::action(name).unwrap())
}

fn refused(kind: CallErrorKind) -> CallError {
    CallError {
        kind,
        action: "GetClients".into(),
        message: "no".into(),
        hint: None,
        http: Some(403),
        delivery: Delivery::Refused,
    }
}

/// `GetClients` with that many clients; the total is text, as some servers send it.
fn clients(count: u64) -> impl Fn(&str, &Params) -> Result<Value, CallError> {
    move |name, params| {
        if name != "GetClients" {
            return Ok(json!({"result": "success"}));
        }
        let number = |name: &str| params[name].as_u64().unwrap();
        let start = number("limitstart");
        let page: Vec<Value> = (start..count.min(start + number("limitnum")))
            .map(|id| json!({"id": id}))
            .collect();
        Ok(json!({"totalresults": count.to_string(), "clients": {"client": page}}))
    }
}

fn ids(walk: &Walk) -> Vec<u64> {
    std::iter::from_fn(|| walk.take())
        .map(|record| record.unwrap()["id"].as_u64().unwrap())
        .collect()
}

fn client() -> Params {
    Params::from_iter([("clientid".to_owned(), 7.into())])
}

fn walk(run: &Arc<Run>) -> Walk {
    run.walk(catalog::action("GetClients").unwrap(), Params::new())
        .unwrap()
}

#[test]
fn a_raised_flag_sends_nothing() {
    let cancel = Cancel::default();
    let fake = Fake::new(clients(1));
    let run = fake.run(Access::Full, &cancel);
    cancel.raise();
    let error = run.call(&known("CloseClient"), &client()).unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Interrupted);
    assert_eq!(error.delivery, Delivery::NotSent);
    assert!(fake.names().is_empty());
}

#[test]
fn nothing_is_sent_after_the_credentials_were_refused() {
    for kind in [
        CallErrorKind::Auth,
        CallErrorKind::Ip,
        CallErrorKind::Permission,
    ] {
        let fake = Fake::new(move |_: &str, _: &Params| Err(refused(kind)));
        let run = fake.run(Access::Full, &Cancel::default());
        let first = run.call(&known("GetClients"), &Params::new()).unwrap_err();
        assert_eq!(first.delivery, Delivery::Refused);
        let second = run.call(&known("CloseClient"), &client()).unwrap_err();
        assert_eq!(second.kind, kind);
        assert_eq!(second.action, "CloseClient");
        assert_eq!(second.delivery, Delivery::NotSent);
        assert_eq!(fake.names(), ["GetClients"]);
    }
}

#[test]
fn an_ordinary_refusal_does_not_stop_the_run() {
    let fake = Fake::new(|_: &str, _: &Params| Err(refused(CallErrorKind::Api)));
    let run = fake.run(Access::Full, &Cancel::default());
    for _ in 0..2 {
        assert!(run.call(&known("GetClients"), &Params::new()).is_err());
    }
    assert_eq!(fake.names().len(), 2);
}

#[test]
fn policy_stands_before_the_wire() {
    let fake = Fake::new(clients(1));
    let run = fake.run(Access::Read, &Cancel::default());
    let error = run.call(&known("CloseClient"), &client()).unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Policy);
    assert!(fake.names().is_empty());
}

#[test]
fn a_walk_gives_every_record_once_and_in_order() {
    let fake = Fake::new(clients(1234));
    let run = fake.run(Access::Full, &Cancel::default());
    let walk = walk(&run);
    assert_eq!(ids(&walk), (0..1234).collect::<Vec<_>>());
    assert!(walk.take().is_none());
    // The pages grow, since none of them takes any time.
    assert!(fake.names().len() < 13, "{} calls", fake.names().len());
}

/// A server that counts as many clients as it says, and gives those of the ids.
fn counting(
    totals: impl Fn(usize) -> u64 + Send + Sync + 'static,
    ids: impl Fn(usize) -> Vec<u64> + Send + Sync + 'static,
) -> impl Fn(&str, &Params) -> Result<Value, CallError> {
    let calls = AtomicUsize::new(0);
    move |_: &str, params: &Params| {
        let call = calls.fetch_add(1, Ordering::SeqCst);
        let start = usize::try_from(params["limitstart"].as_u64().unwrap()).unwrap();
        let length = usize::try_from(params["limitnum"].as_u64().unwrap()).unwrap();
        let page: Vec<Value> = ids(call)
            .into_iter()
            .skip(start)
            .take(length)
            .map(|id| json!({"id": id}))
            .collect();
        Ok(json!({"totalresults": totals(call), "clients": {"client": page}}))
    }
}

/// The ids of a walk, its error, and what was told of it.
fn told_walk(run: &Arc<Run>) -> (Vec<u64>, Option<CallError>, Vec<String>) {
    let walk = walk(run);
    let mut ids = Vec::new();
    let error = loop {
        match walk.take() {
            Some(Ok(record)) => ids.push(record["id"].as_u64().unwrap()),
            Some(Err(error)) => break Some(error),
            None => break None,
        }
    };
    (ids, error, walk.warnings())
}

#[test]
fn a_list_that_ends_before_its_total_is_read_again_and_then_an_error() {
    let fake = Fake::new(counting(|_| 60, |_| (0..35).collect()));
    let run = fake.run(Access::Full, &Cancel::default());
    let (ids, error, _) = told_walk(&run);
    assert_eq!(ids, (0..35).collect::<Vec<_>>());
    let error = error.unwrap();
    assert!(
        error.message.contains("60 records but returned 35"),
        "{error}"
    );
    assert!(error.hint.unwrap().contains("limitnum: 60"));
}

#[test]
fn a_list_that_holds_more_than_it_counts_is_read_to_its_end_and_that_is_told_once() {
    for total in [0, 7, 100, 206, 300, 305] {
        let fake = Fake::new(counting(move |_| total, |_| (0..306).collect()));
        let run = fake.run(Access::Full, &Cancel::default());
        let (ids, error, told) = told_walk(&run);
        assert!(error.is_none(), "{error:?}");
        assert_eq!(ids, (0..306).collect::<Vec<_>>(), "{total}");
        let expected = format!("the server counts {total} records but returned 306");
        assert!(
            told.len() == 1 && told[0].starts_with(&expected),
            "{told:?}"
        );
        assert!(
            fake.names().len() <= 12,
            "{total}: {} calls",
            fake.names().len()
        );
    }
}

#[test]
fn a_total_that_is_too_low_on_one_page_ends_no_list() {
    let totals = |call: usize| if call == 0 { 7 } else { 306 };
    let fake = Fake::new(counting(totals, |_| (0..306).collect()));
    let run = fake.run(Access::Full, &Cancel::default());
    let (ids, error, _) = told_walk(&run);
    assert!(error.is_none(), "{error:?}");
    assert_eq!(ids, (0..306).collect::<Vec<_>>());
}

#[test]
fn a_total_that_counts_its_page_alone_ends_no_list() {
    let fake = Fake::new(|_: &str, params: &Params| {
        let start = params["limitstart"].as_u64().unwrap();
        let end = 306.min(start + params["limitnum"].as_u64().unwrap());
        let page: Vec<Value> = (start..end).map(|id| json!({"id": id})).collect();
        Ok(json!({"totalresults": page.len(), "clients": {"client": page}}))
    });
    let run = fake.run(Access::Full, &Cancel::default());
    let (ids, error, told) = told_walk(&run);
    assert!(error.is_none(), "{error:?}");
    assert_eq!(ids, (0..306).collect::<Vec<_>>());
    let expected = "the server counts 100 records but returned 306";
    assert!(told.len() == 1 && told[0].starts_with(expected), "{told:?}");
    assert!(fake.names().len() < 12, "{} calls", fake.names().len());
}

#[test]
fn a_page_that_comes_to_nothing_is_read_in_halves_and_that_is_told() {
    let fake = Fake::new(|name: &str, params: &Params| {
        if params["limitnum"].as_u64() > Some(60) {
            return Err(refused(CallErrorKind::TooLarge));
        }
        clients(306)(name, params)
    });
    let run = fake.run(Access::Full, &Cancel::default());
    let (ids, error, told) = told_walk(&run);
    assert!(error.is_none(), "{error:?}");
    assert_eq!(ids, (0..306).collect::<Vec<_>>());
    assert!(
        told.len() == 1 && told[0].contains("a page of 100 records could not be read"),
        "{told:?}"
    );
}

#[test]
fn a_total_without_records_is_an_error() {
    let fake = Fake::new(counting(|_| 12, |_| Vec::new()));
    let run = fake.run(Access::Full, &Cancel::default());
    let (ids, error, _) = told_walk(&run);
    assert!(ids.is_empty());
    assert!(error.unwrap().message.contains("12 records but returned 0"));
    assert_eq!(fake.names().len(), 2);
}

#[test]
fn a_record_that_moved_to_a_page_already_read_is_found_when_the_list_is_read_again() {
    // After the first page one of its records leaves the list, so the next begins one late.
    let gone = |call: usize| (0..150).filter(|id| call == 0 || *id != 3).collect();
    let fake = Fake::new(counting(|call| if call == 0 { 150 } else { 149 }, gone));
    let run = fake.run(Access::Full, &Cancel::default());
    let (mut ids, error, told) = told_walk(&run);
    assert!(error.is_none(), "{error:?}");
    ids.sort_unstable();
    assert_eq!(ids, (0..150).collect::<Vec<_>>());
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("from 150 to 149 records"), "{told:?}");
}

#[test]
fn totals_that_grow_with_empty_pages_come_to_an_end() {
    let total = |call: usize| 1000 * (call as u64 + 1);
    let fake = Fake::new(counting(total, |_| (0..10).collect()));
    let run = fake.run(Access::Full, &Cancel::default());
    let (ids, error, _) = told_walk(&run);
    assert_eq!(ids.len(), 10);
    assert!(error.unwrap().message.contains("but returned 10"));
    assert!(fake.names().len() < 500, "{} calls", fake.names().len());
}

#[test]
fn nothing_is_written_behind_a_list_that_is_not_whole() {
    let fake = Fake::new(counting(|_| 60, |_| (0..35).collect()));
    let run = fake.run(Access::Full, &Cancel::default());
    let walk = walk(&run);
    walk.take().unwrap().unwrap();
    let error = run.call(&known("CloseClient"), &Params::new()).unwrap_err();
    assert_eq!(error.delivery, Delivery::NotSent);
    assert!(!fake.names().contains(&"CloseClient".to_owned()));
}

#[test]
fn an_empty_list_without_the_list_is_empty() {
    let fake = Fake::new(|_: &str, _: &Params| Ok(json!({"totalresults": 0})));
    let run = fake.run(Access::Full, &Cancel::default());
    assert!(ids(&walk(&run)).is_empty());
}

#[test]
fn a_missing_list_with_a_total_is_an_error() {
    let fake = Fake::new(|_: &str, _: &Params| Ok(json!({"totalresults": 3})));
    let run = fake.run(Access::Full, &Cancel::default());
    let walk = walk(&run);
    let error = walk.take().unwrap().unwrap_err();
    assert!(error.message.contains("clients.client"), "{error}");
    assert!(walk.take().is_none());
}

#[test]
fn a_failed_page_ends_the_walk_after_the_records_before_it() {
    let fake = Fake::new(|name: &str, params: &Params| {
        if params["limitstart"] == 200 {
            return Err(refused(CallErrorKind::Http));
        }
        clients(500)(name, params)
    });
    let run = fake.run(Access::Full, &Cancel::default());
    let walk = walk(&run);
    let mut records = 0;
    let error = loop {
        match walk.take().unwrap() {
            Ok(_) => records += 1,
            Err(error) => break error,
        }
    };
    assert_eq!((records, error.kind), (200, CallErrorKind::Http));
    assert!(walk.take().is_none());
}

#[test]
fn a_list_being_walked_is_read_to_its_end_before_a_write_leaves() {
    let fake = Fake::new(clients(2999));
    let run = fake.run(Access::Full, &Cancel::default());
    let walk = walk(&run);
    walk.take().unwrap().unwrap();
    run.call(&known("CloseClient"), &client()).unwrap();
    let names = fake.names();
    assert_eq!(names.last().unwrap(), "CloseClient");
    assert_eq!(ids(&walk).len(), 2998);
    assert_eq!(fake.names(), names);
}

#[test]
fn a_write_is_not_sent_when_the_list_cannot_be_completed() {
    let fake = Fake::new(|name: &str, params: &Params| {
        if name == "GetClients" && params["limitstart"].as_u64() >= Some(1000) {
            return Err(refused(CallErrorKind::Http));
        }
        clients(3000)(name, params)
    });
    let run = fake.run(Access::Full, &Cancel::default());
    let walk = walk(&run);
    walk.take().unwrap().unwrap();
    let error = run.call(&known("CloseClient"), &client()).unwrap_err();
    assert_eq!(error.action, "CloseClient");
    assert_eq!(error.delivery, Delivery::NotSent);
    assert!(!fake.names().contains(&"CloseClient".to_owned()));
}

#[test]
fn a_walk_that_was_dropped_is_not_read_on() {
    let fake = Fake::new(clients(100_000));
    let run = fake.run(Access::Full, &Cancel::default());
    let walk = walk(&run);
    walk.take().unwrap().unwrap();
    drop(walk);
    run.call(&known("CloseClient"), &client()).unwrap();
    assert!(fake.names().len() < 20, "{} calls", fake.names().len());
}

#[test]
fn few_pages_are_fetched_ahead_of_the_reader() {
    let fake = Fake::new(clients(100_000));
    let run = fake.run(Access::Full, &Cancel::default());
    let walk = walk(&run);
    walk.take().unwrap().unwrap();
    let fetched = || fake.names().len();
    assert!(fetched() <= 9, "{} pages", fetched());
}

#[test]
fn several_pages_are_in_flight_at_once() {
    let together = Arc::new(AtomicUsize::new(0));
    let flying = Arc::new(AtomicUsize::new(0));
    let (seen, now) = (Arc::clone(&together), Arc::clone(&flying));
    let fake = Fake::new(move |name: &str, params: &Params| {
        let count = now.fetch_add(1, Ordering::SeqCst) + 1;
        seen.fetch_max(count, Ordering::SeqCst);
        // Every page but the first waits for company.
        while params["limitstart"] != 0 && seen.load(Ordering::SeqCst) < 2 {
            std::thread::yield_now();
        }
        now.fetch_sub(1, Ordering::SeqCst);
        clients(500)(name, params)
    });
    let run = fake.run(Access::Full, &Cancel::default());
    assert_eq!(ids(&walk(&run)).len(), 500);
    assert!(together.load(Ordering::SeqCst) <= 4);
}

#[test]
fn an_interrupt_ends_the_waiting() {
    let cancel = Cancel::default();
    let raise = cancel.clone();
    let (_hold, held) = std::sync::mpsc::channel::<()>();
    let held = Mutex::new(held);
    let fake = Fake::new(move |_: &str, _: &Params| {
        raise.raise();
        // The server never answers.
        let _ = held.lock().unwrap().recv();
        Err(refused(CallErrorKind::Timeout))
    });
    let run = fake.run(Access::Full, &cancel);
    let error = walk(&run).take().unwrap().unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Interrupted);
}

#[test]
fn every_paged_list_has_a_key_to_tell_records_apart() {
    for action in catalog::actions() {
        if let Some(list) = action.list.as_ref().filter(|list| list.paged) {
            assert!(list.key.is_some(), "{}", action.name);
        }
    }
}
