//! A host with a fake server and a folder of its own, for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cancel::Cancel;
use crate::client::{
    ActionRef, CallError, CallErrorKind, Credentials, Delivery, Params, Reply, Server,
};
use crate::error::Failure;
use crate::run::bulk::Progress;
use crate::run::journal::SettledRow;
use crate::run::plan::{Plan, PlannedWrite, readable};
use crate::run::{Access, Limits, Run, Transport};
use crate::script::bulk::sink::{Begun, LeftOver, RowEnded, RowSink};
use crate::script::clock::Clock;
use crate::script::host::{Confinement, Host, ListsRead, Output};
use crate::script::load::Script;
use crate::script::test_bench::bench::Bench;

/// What the fake server was asked, and what the script said.
#[derive(Default)]
pub(crate) struct Transcript {
    calls: Mutex<Vec<(String, Value)>>,
    lines: Mutex<Vec<String>>,
    notes: Mutex<Vec<String>>,
    /// The columns of each bulk loop.
    begun: Mutex<Vec<Vec<String>>>,
    rows: Mutex<Vec<RowEnded>>,
    progress: Mutex<Arc<Progress>>,
    left_over: Mutex<Vec<u64>>,
    past: Mutex<BTreeMap<String, SettledRow>>,
    /// The writes a plan recorded, those of a row with its key.
    planned: Mutex<Vec<String>>,
}

impl Transcript {
    /// Whether a bulk loop was begun.
    pub(crate) fn has_begun(&self) -> bool {
        !self.begun.lock().unwrap().is_empty()
    }
}

impl RowSink for Transcript {
    fn begin(&self, bulk: &Begun) {
        self.begun.lock().unwrap().push(bulk.columns.clone());
        *self.progress.lock().unwrap() = Arc::clone(&bulk.progress);
    }

    fn row(&self, row: RowEnded) {
        self.rows.lock().unwrap().push(row);
    }

    fn left_over(&self, row: LeftOver) {
        self.left_over.lock().unwrap().push(row.number);
    }

    fn end(&self) {}

    fn past(&self, key: &str) -> Option<SettledRow> {
        self.past.lock().unwrap().get(key).copied()
    }
}

impl Output for Transcript {
    fn print(&self, line: &str) {
        self.lines.lock().unwrap().push(line.to_owned());
    }

    fn note(&self, line: &str) {
        self.notes.lock().unwrap().push(line.to_owned());
    }

    fn exit(&self, code: u8) -> bool {
        self.note(&format!("exit {code}"));
        true
    }
}

/// Everything a script needs, and what became of it.
pub(crate) struct TestHost {
    pub(crate) heard: Arc<Transcript>,
    pub(crate) cancel: Cancel,
    pub(crate) folder: TempDir,
    pub(crate) args: Vec<String>,
    pub(crate) allow_unknown: bool,
    pub(crate) limits: Limits,
    /// Whether scripts are planned instead of run.
    pub(crate) is_plan: bool,
    pub(crate) plan: Arc<Plan>,
    /// What a test is given besides, where scripts are tests.
    pub(crate) bench: Option<Arc<dyn Bench>>,
}

/// A server named `host` that knows a few actions and is called by one.
struct Fake {
    heard: Arc<Transcript>,
    host: &'static str,
}

impl Transport for Fake {
    fn call(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
        let name = format!("{}{}", self.host, action.name());
        let call = (name, Value::Object(params.clone()));
        self.heard.calls.lock().unwrap().push(call);
        answer(action, params)
    }
}

fn answer(action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
    let number = |name: &str| params.get(name).and_then(Value::as_u64);
    let body = match action.name() {
        "GetClients" => {
            let start = number("limitstart").unwrap_or(0);
            let end = 250.min(start + number("limitnum").unwrap_or(25));
            let page: Vec<Value> = (start..end)
                .map(|id| json!({"id": id + 1, "email": format!("c{}@example.com", id + 1)}))
                .collect();
            json!({"result": "success", "totalresults": 250, "clients": {"client": page}})
        }
        "GetCurrencies" => {
            json!({"totalresults": 1, "currencies": {"currency": [{"id": 1, "rate": 1.5}]}})
        }
        "CloseClient" => return Err(refusal(action, CallErrorKind::Api, "Client ID Not Found")),
        "GetInvoice" => {
            return Err(refusal(
                action,
                CallErrorKind::Connection,
                "`GetInvoice`: nobody listens",
            ));
        }
        "AddBillableItem" => {
            return Err(CallError {
                delivery: Delivery::InDoubt,
                ..refusal(
                    action,
                    CallErrorKind::Timeout,
                    "no reply to `AddBillableItem`",
                )
            });
        }
        "GetServers" => panic!("a defect"),
        "GetStaffOnline" => {
            return Err(refusal(
                action,
                CallErrorKind::Auth,
                "Invalid or missing credentials",
            ));
        }
        _ => json!({"result": "success", "clientid": 7, "module": "cpanel"}),
    };
    let warnings = match action.name() {
        "UpdateClient" => vec!["\"password2\" is deprecated".to_owned()],
        _ => Vec::new(),
    };
    match body {
        Value::Object(body) => Ok(Reply {
            body,
            warnings,
            was_throttled: action.name() == "GetStats",
            ..Reply::default()
        }),
        _ => unreachable!("every answer is a map"),
    }
}

fn refusal(action: &ActionRef, kind: CallErrorKind, message: &str) -> CallError {
    CallError {
        kind,
        action: action.name().to_owned(),
        message: message.to_owned(),
        hint: None,
        http: Some(200),
        delivery: Delivery::Refused,
    }
}

impl TestHost {
    pub(crate) fn new() -> Self {
        let heard = Arc::<Transcript>::default();
        let keep = Arc::clone(&heard);
        let keep = move |write| keep.planned.lock().unwrap().push(described(&write));
        Self {
            is_plan: false,
            plan: Arc::new(Plan::new(keep)),
            heard,
            cancel: Cancel::default(),
            folder: TempDir::new().unwrap(),
            args: Vec::new(),
            allow_unknown: false,
            limits: Limits::default(),
            bench: None,
        }
    }

    /// Puts a file into the folder; gives its path.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn host(&self) -> Arc<Host> {
        let folder = self.folder.path().to_owned();
        let (heard, cancel) = (Arc::clone(&self.heard), self.cancel.clone());
        let own = run(&self.heard, "", &self.cancel, Access::Full)
            .with_allowed(self.allow_unknown.into());
        Arc::new(Host {
            run: Arc::new(if self.is_plan {
                own.with_plan(Arc::clone(&self.plan))
            } else {
                own
            }),
            connect: Box::new(move |name| match name {
                "old" => Ok(run(&heard, "old ", &cancel, Access::Full).into()),
                "readonly" => Ok(run(&heard, "readonly ", &cancel, Access::Read).into()),
                _ => Err(Failure::usage(format!("no profile `{name}`")).hint("known: `old`")),
            }),
            output: self.heard.clone(),
            files: Confinement {
                working: folder.clone(),
                read: vec![folder.clone()],
                given: Vec::new(),
                write: vec![folder],
                ..Confinement::default()
            },
            args: self.args.clone(),
            env: BTreeSet::new(),
            allow_unknown: self.allow_unknown,
            cancel: self.cancel.clone(),
            clock: Clock::new("2026-11-23T12:00:00Z".parse().unwrap()).in_zone(TimeZone::UTC),
            seed: [7; 32],
            rows: self.heard.clone(),
            limits: self.limits.clone(),
            bench: self.bench.clone(),
            lists: ListsRead::default(),
        })
    }

    /// Runs a script that is called `main.rhai`.
    pub(crate) fn run(&self, text: &str) -> Result<(), Failure> {
        Script::from_text("main.rhai", text).run(self.host())
    }

    /// What a script prints, line by line.
    pub(crate) fn printed(&self, text: &str) -> Vec<String> {
        self.heard.lines.lock().unwrap().clear();
        self.run(text).unwrap_or_else(|failure| panic!("{failure}"));
        self.heard.lines.lock().unwrap().clone()
    }

    /// What one expression evaluates to, as `print` shows it.
    pub(crate) fn value(&self, expression: &str) -> String {
        self.printed(&format!("print({expression});")).join("\n")
    }

    /// How a script fails, as the user sees it.
    pub(crate) fn failure(&self, text: &str) -> String {
        self.run(text).unwrap_err().to_string()
    }

    /// The calls that reached the server: names and parameters.
    pub(crate) fn calls(&self) -> Vec<(String, Value)> {
        self.heard.calls.lock().unwrap().clone()
    }

    /// The names of the calls that reached the server.
    pub(crate) fn called(&self) -> Vec<String> {
        self.calls().into_iter().map(|(name, _)| name).collect()
    }

    /// The writes a plan recorded: the script's own, then those of its rows.
    pub(crate) fn planned(&self) -> Vec<String> {
        let mut planned = self.heard.planned.lock().unwrap().clone();
        for row in self.rows() {
            let writes = self.plan.row_ended(&row.key);
            planned.extend(
                writes
                    .iter()
                    .map(|write| format!("{} {}", row.key, described(write))),
            );
        }
        planned
    }

    /// The rows of bulk loops that ended, by their place.
    pub(crate) fn rows(&self) -> Vec<RowEnded> {
        let mut rows = self.heard.rows.lock().unwrap().clone();
        rows.sort_by_key(|row| row.number);
        rows
    }

    /// The rows of bulk loops in the order in which they ended.
    pub(crate) fn rows_as_they_ended(&self) -> Vec<RowEnded> {
        self.heard.rows.lock().unwrap().clone()
    }

    /// The columns of each bulk loop.
    pub(crate) fn begun(&self) -> Vec<Vec<String>> {
        self.heard.begun.lock().unwrap().clone()
    }

    /// How far the last bulk loop came.
    pub(crate) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.heard.progress.lock().unwrap())
    }

    /// The numbers of the rows that are still to be done.
    pub(crate) fn left_over(&self) -> Vec<u64> {
        self.heard.left_over.lock().unwrap().clone()
    }

    /// Says how a row ended in an earlier pass.
    pub(crate) fn passed(&self, key: &str, how: SettledRow) {
        self.heard.past.lock().unwrap().insert(key.into(), how);
    }

    /// What was printed, line by line.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.heard.lines.lock().unwrap().clone()
    }

    pub(crate) fn notes(&self) -> Vec<String> {
        self.heard.notes.lock().unwrap().clone()
    }
}

fn run(heard: &Arc<Transcript>, host: &'static str, cancel: &Cancel, access: Access) -> Run {
    let credentials = Credentials::Api {
        identifier: "i".into(),
        secret: "s".into(),
    };
    let transport = Box::new(Fake {
        heard: Arc::clone(heard),
        host,
    });
    let server = Server::new("fake", "http://127.0.0.1", credentials);
    Run::over(transport, server, cancel.clone())
        .answered()
        .with_access(access)
}

fn described(write: &PlannedWrite) -> String {
    let params = readable(&Value::Object(write.params.clone()));
    format!("{} {params}", write.action)
}
