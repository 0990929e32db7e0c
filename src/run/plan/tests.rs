//! A planned run over a transport that counts what reaches it.

use std::collections::BTreeSet;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::*;
use crate::cancel::Cancel;
use crate::catalog::{self, Format, ParamKind, Problem};
use crate::client::{ActionRef, CallErrorKind, Credentials, CustomKind, Delivery, Reply, Server};
use crate::run::{Access, Run, Transport, scope};

/// Answers everything with success and keeps what it was asked.
#[derive(Clone, Default)]
struct Counting(Arc<Mutex<Vec<ActionRef>>>);

impl Transport for Counting {
    fn call(&self, action: &ActionRef, _: &Params) -> Result<Reply, CallError> {
        self.0.lock().unwrap().push(action.clone());
        Ok(Reply::remembered(params(&json!({"result": "success"}))))
    }

    fn check(&self, action: &ActionRef, params: &Params) -> Result<(), CallError> {
        let unknown = params.keys().find(|name| *name == "unknown");
        unknown.map_or(Ok(()), |name| {
            let kind = CallErrorKind::Parameter;
            Err(CallError::new(kind, action.name(), name, Delivery::NotSent))
        })
    }
}

/// A planned run, the writes of its script, and what reached the server.
struct Bench {
    run: Run,
    plan: Arc<Plan>,
    kept: Arc<Mutex<Vec<PlannedWrite>>>,
    sent: Counting,
}

impl Bench {
    fn new(access: Access) -> Self {
        let credentials = Credentials::Api {
            identifier: "i".into(),
            secret: "s".into(),
        };
        let server = Server::new("fake", "http://127.0.0.1", credentials);
        let (sent, kept) = (Counting::default(), Arc::<Mutex<Vec<_>>>::default());
        let keep = Arc::clone(&kept);
        let plan = Arc::new(Plan::new(move |write| keep.lock().unwrap().push(write)));
        let run = Run::over(Box::new(sent.clone()), server, Cancel::default()).answered();
        Self {
            run: run.with_access(access).with_plan(Arc::clone(&plan)),
            plan,
            kept,
            sent,
        }
    }

    fn call(&self, action: &ActionRef, given: &Value) -> Result<Value, CallError> {
        let reply = self.run.call(action, &params(given))?;
        Ok(Value::Object(reply.body))
    }

    fn sent(&self) -> usize {
        self.sent.0.lock().unwrap().len()
    }

    fn kept(&self) -> Vec<PlannedWrite> {
        self.kept.lock().unwrap().clone()
    }
}

fn params(value: &Value) -> Params {
    value.as_object().unwrap().clone()
}

fn known(name: &str) -> ActionRef {
    ActionRef::Known(catalog::action(name).unwrap())
}

fn other(kind: CustomKind) -> ActionRef {
    ActionRef::Other {
        name: "MyAction".into(),
        kind,
    }
}

/// Every action there is, and those the catalog does not know.
fn all() -> impl Iterator<Item = ActionRef> {
    let known = catalog::actions().iter().map(ActionRef::Known);
    let kinds = [CustomKind::Write, CustomKind::Repeatable, CustomKind::Read];
    known.chain(kinds.map(other))
}

/// A client that nothing is missing from.
fn client() -> Value {
    json!({"email": "jo@example.com", "password2": "x", "skipvalidation": true})
}

/// Parameters with which the action can be called, and sets something if it is an update.
fn enough(action: &ActionRef) -> Value {
    let ActionRef::Known(action) = action else {
        return json!({});
    };
    let mut given = Params::new();
    let add = |given: &mut Params, param: &'static catalog::Param| {
        given.insert(param.name.to_owned(), plausible(param));
    };
    while let Some(problem) = catalog::missing(action, &given).first() {
        let names = match problem {
            Problem::MissingParameter { name, .. } => vec![*name],
            Problem::MissingOneOf { one_of, .. } => one_of[0].to_vec(),
            _ => unreachable!("only what is missing"),
        };
        for name in names {
            add(&mut given, action.param(name).unwrap());
        }
    }
    // The second of two that exclude each other is not given.
    let is_second = |name: &str| {
        action
            .exclusive
            .iter()
            .any(|names| names[1..].contains(&name))
    };
    let mut params = (action.params.iter()).filter(|param| !is_second(param.name));
    while action.sets_nothing(&given) {
        add(&mut given, params.next().unwrap());
    }
    Value::Object(given)
}

fn plausible(param: &catalog::Param) -> Value {
    if let Some(word) = param.values.iter().find(|word| !word.is_empty()) {
        return json!(word);
    }
    match (param.format, param.kind) {
        (Some(Format::Email), _) => json!("jo@example.com"),
        (Some(Format::Country), _) => json!("DE"),
        (Some(Format::Localised), _) => json!("23/11/2026"),
        (_, ParamKind::Date | ParamKind::DateTime) => json!("2026-11-23"),
        (_, ParamKind::Map | ParamKind::Maps) => json!({"3": "1"}),
        (_, ParamKind::String | ParamKind::Strings) => json!("x"),
        (_, ParamKind::Bool) => json!(true),
        _ => json!(7),
    }
}

/// What leaves a plan for a call of the action: the read itself, or that of the record that
/// a write names.
fn read_for(action: &ActionRef) -> Option<&str> {
    if !action.is_write() {
        return Some(action.name());
    }
    let ActionRef::Known(known) = action else {
        return None;
    };
    let record = known.record.as_ref()?;
    let given = params(&enough(action));
    let mut names = record.same.iter().chain(record.send);
    names
        .any(|(_, ours)| given.contains_key(*ours))
        .then_some(record.action)
}

/// The reads that list values which writes are given, each of them once.
fn lists_for(actions: &[ActionRef]) -> BTreeSet<&'static str> {
    let writes = actions.iter().filter(|action| action.is_write());
    let listed = writes.filter_map(ActionRef::known).flat_map(|known| {
        let given = params(&enough(&ActionRef::Known(known)));
        let its = known.params.iter();
        its.filter(move |param| given.contains_key(param.name))
            .filter_map(|param| param.listed.as_ref())
    });
    let reads = listed.filter_map(|listed| listed.kind.read());
    reads.map(|(action, _)| action).collect()
}

/// The reads that tell how much money calls move which do not say it.
fn amounts_for(actions: &[ActionRef]) -> Vec<&'static str> {
    let silent = actions.iter().filter_map(|action| {
        let known = action.known()?;
        let given = params(&enough(action));
        let is_given = |param: &catalog::Param| given.contains_key(param.name);
        let mut amounts = known.params.iter().filter(|param| param.money.is_some());
        let read = known.payer.as_ref()?.read.as_ref()?;
        let is_silent = read.amount.is_some() && !amounts.any(is_given);
        let is_set = |tell: &catalog::Tell| {
            let value = given.get(tell.when.0).and_then(Value::as_str);
            value.is_some_and(|value| tell.when.1.contains(&value))
        };
        (is_silent || read.tells.iter().any(is_set)).then_some(read.action)
    });
    silent.collect()
}

#[test]
fn of_all_actions_only_reads_leave() {
    let bench = Bench::new(Access::Full);
    for action in all() {
        bench.call(&action, &enough(&action)).unwrap();
    }
    let sent = bench.sent.0.lock().unwrap();
    let mut sent: Vec<&str> = sent.iter().map(ActionRef::name).collect();
    // The records that writes would change are read as well, each once.
    let actions: Vec<ActionRef> = all().collect();
    let mut expected: Vec<&str> = actions.iter().filter_map(read_for).collect();
    expected.extend(lists_for(&actions));
    expected.extend(amounts_for(&actions));
    // Whose money it is, and what currencies there are.
    expected.extend(["GetClientsDetails", "GetCurrencies"]);
    // In which order the server has days written.
    expected.push("GetConfigurationValue");
    sent.sort_unstable();
    expected.sort_unstable();
    assert_eq!(sent, expected);
    let writes = all().filter(ActionRef::is_write);
    assert_eq!(bench.kept().len(), writes.count());
}

#[test]
fn the_transport_refuses_a_write_that_a_mistake_above_it_would_send() {
    let bench = Bench::new(Access::Full);
    for action in all().filter(ActionRef::is_write) {
        let error = bench.run.transport.call(&action, &Params::new());
        let error = error.unwrap_err();
        assert_eq!(error.delivery, Delivery::NotSent);
        assert!(error.message.contains("a plan only reads"), "{error}");
    }
    assert_eq!(bench.sent(), 0);
}

#[test]
fn the_transport_refuses_a_planned_value_whether_the_plan_is_on_or_not() {
    let bench = Bench::new(Access::Full);
    let given =
        json!({"clientid": Planned::new("clientid", "AddClient", 1, &Scope::Main).marked()});
    for paused in [false, true] {
        bench.plan.pause(paused);
        for name in ["GetClientsDetails", "AddClient"] {
            let result = bench.run.transport.call(&known(name), &params(&given));
            assert!(result.is_err(), "{name}");
        }
    }
    assert_eq!(bench.sent(), 0);
}

#[test]
fn a_paused_plan_sends_writes_again() {
    let bench = Bench::new(Access::Full);
    bench.plan.pause(true);
    bench.call(&known("AddClient"), &client()).unwrap();
    assert_eq!((bench.sent(), bench.kept().len()), (1, 0));
    bench.plan.pause(false);
    bench.call(&known("AddClient"), &client()).unwrap();
    assert_eq!((bench.sent(), bench.kept().len()), (1, 1));
}

#[test]
fn ids_are_handed_from_one_write_to_the_next_and_to_reads_that_are_not_asked() {
    let bench = Bench::new(Access::Full);
    let client = bench.call(&known("AddClient"), &client()).unwrap();
    let id = &client["clientid"];
    bench
        .call(
            &known("AddOrder"),
            &json!({"clientid": id, "pid": [1], "paymentmethod": "paypal"}),
        )
        .unwrap();
    assert_eq!(
        readable(&Value::Object(bench.kept()[1].params.clone())),
        json!({"clientid": "<clientid of AddClient 1>", "pid": [1], "paymentmethod": "paypal"})
    );
    let invoices = bench
        .call(&known("GetInvoices"), &json!({"userid": id}))
        .unwrap();
    assert_eq!(invoices["invoices"]["invoice"], json!([]));
    assert_eq!(
        bench.plan.unasked(),
        BTreeMap::from([("GetInvoices".into(), 1)])
    );
    // The gateways alone, of which `paypal` may be one.
    assert_eq!(bench.sent(), 1);
}

#[test]
fn secrets_are_not_recorded() {
    let bench = Bench::new(Access::Full);
    let mut given = client();
    given["password2"] = json!("s3cr3t");
    bench.call(&known("AddClient"), &given).unwrap();
    assert!(!format!("{:?}", bench.kept()).contains("s3cr3t"));
}

#[test]
fn what_the_profile_forbids_is_refused_and_noted() {
    let bench = Bench::new(Access::Write);
    let error = bench.call(&known("CloseClient"), &json!({"clientid": 1}));
    assert_eq!(error.unwrap_err().kind, CallErrorKind::Policy);
    let refusals: Vec<String> = bench.plan.refusals().into_keys().collect();
    assert_eq!(
        refusals,
        ["`CloseClient` cannot be undone, and the profile `fake` has access `write`"]
    );
    assert!(bench.kept().is_empty());
}

#[test]
fn what_the_client_would_refuse_to_send_is_refused() {
    let bench = Bench::new(Access::Full);
    let error = bench.call(&known("AddClient"), &json!({"unknown": 1}));
    assert_eq!(error.unwrap_err().kind, CallErrorKind::Parameter);
    assert!(bench.kept().is_empty() && bench.plan.tallies().is_empty());
}

#[test]
fn the_writes_of_a_row_are_handed_on_when_it_ends() {
    let bench = Bench::new(Access::Full);
    let add = || bench.call(&known("AddClient"), &client()).unwrap();
    let first = scope::within(Scope::row("a"), add);
    let second = scope::within(Scope::row("b"), add);
    assert_ne!(first["clientid"], second["clientid"]);
    assert!(bench.kept().is_empty());
    assert_eq!(bench.plan.row_ended("a").len(), 1);
    assert_eq!(bench.plan.row_ended("a").len(), 0);
    assert_eq!(bench.plan.row_ended("b").len(), 1);
    let tallies = bench.plan.tallies();
    assert_eq!(tallies[&("fake".into(), "AddClient".into())].count, 2);
}
