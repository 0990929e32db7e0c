//! The servers of a test: sandboxes of its own, each started when it is first named.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::calls::Calls;
use crate::cancel::Cancel;
use crate::client::{ActionRef, CallError, Credentials, Params, Reply, Server};
use crate::command::target::custom_fields_of;
use crate::config::{Choice, Resolved};
use crate::error::Failure;
use crate::run::{
    Access, Allowance, Allowed, CallObserver, LazyJournal, Limits, Notice, OwnValues, Run,
};
use crate::sandbox::{Access as SandboxAccess, Clock, Sandbox, Sandboxes, Settings};
use crate::session::{Opening, Session};

/// What time it is on a server that was not told another: tests do not depend on the day.
pub(super) const NOW: &str = "2026-01-15 12:00:00";

/// A write that is not found counts as not applied once it is so old: a test does not wait
/// as long as a run does.
const LATE_AFTER: Duration = Duration::from_secs(1);

/// The servers that a test has named so far.
pub(super) struct TestServers {
    sandboxes: Arc<Sandboxes>,
    seed: u64,
    cancel: Cancel,
    /// The calls under test.
    pub(super) calls: Arc<Calls>,
    open: Mutex<BTreeMap<String, Arc<TestServer>>>,
}

/// One of them.
pub(super) struct TestServer {
    name: String,
    sandbox: Sandbox,
    /// The numbers of the requests that the test made on `server`, from the one to the other.
    own: Mutex<Vec<(u64, u64)>>,
    is_filled: AtomicBool,
    /// The number of the last email before the test.
    mailed_before: AtomicI64,
    /// The run of calls that are not under test.
    run: OnceLock<Arc<Run>>,
}

/// How a script's server is opened.
pub(super) struct OpenedWith {
    /// Where its writes are written down, if they are.
    pub(super) lazy_journal: Option<Arc<LazyJournal>>,
    /// What may be done to it.
    pub(super) limits: Limits,
    /// Tells a line about what goes on.
    pub(super) notice: Arc<Notice>,
}

impl TestServers {
    /// None yet.
    pub(super) fn new(sandboxes: Arc<Sandboxes>, seed: u64, cancel: Cancel) -> Self {
        Self {
            sandboxes,
            seed,
            cancel,
            calls: Arc::default(),
            open: Mutex::default(),
        }
    }

    /// The server of that name.
    pub(super) fn named(&self, name: &str) -> Result<Arc<TestServer>, Failure> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = open.get(name) {
            return Ok(Arc::clone(server));
        }
        let settings = Settings {
            seed: self.seed,
            clock: NOW.parse::<Clock>().map_err(failed)?,
            record: true,
            ..Settings::default()
        };
        let sandbox = self.sandboxes.start(settings).map_err(failed)?;
        let server = Arc::new(TestServer {
            name: name.to_owned(),
            sandbox,
            own: Mutex::default(),
            is_filled: AtomicBool::new(false),
            mailed_before: AtomicI64::new(0),
            run: OnceLock::new(),
        });
        server.note_emails()?;
        open.insert(name.to_owned(), Arc::clone(&server));
        Ok(server)
    }

    /// Opens the server of that name for calls under test.
    pub(super) fn open(&self, name: &str, with: &OpenedWith) -> Result<Arc<Run>, Failure> {
        let server = self.named(name)?;
        let calls: Arc<dyn CallObserver> = Arc::clone(&self.calls) as _;
        let allowance = Arc::new(Allowance::from_limits(&with.limits));
        let opening = Opening {
            lazy_journal: with.lazy_journal.clone(),
            waits: with.lazy_journal.is_some(),
            notice: Arc::clone(&with.notice),
            ..self.opening(allowance, calls)
        };
        Ok(Session::on(server.resolved()?, opening).run)
    }

    /// The run of the test's own calls on a server, which are not under test.
    pub(super) fn own(&self, name: &str) -> Result<Arc<Run>, Failure> {
        let server = self.named(name)?;
        if let Some(run) = server.run.get() {
            return Ok(Arc::clone(run));
        }
        let aside: Arc<dyn CallObserver> = Arc::new(Aside {
            server: Arc::downgrade(&server),
        });
        let limits = Limits {
            max_deletes: Some(u64::MAX),
            ..Limits::default()
        };
        let opening = self.opening(Arc::new(Allowance::from_limits(&limits)), aside);
        let run = Session::on(server.resolved()?, opening).run;
        Ok(Arc::clone(server.run.get_or_init(|| run)))
    }

    fn opening(&self, allowance: Arc<Allowance>, observer: Arc<dyn CallObserver>) -> Opening {
        Opening {
            choice: Choice::default(),
            allowed: Allowed::default(),
            // A sandbox is nobody's production.
            confirm: Arc::new(|_| Ok(())),
            allowance,
            lazy_journal: None,
            writes: None,
            plan: None,
            bound: None,
            log: None,
            observer: Some(observer),
            only_reads: None,
            notice: Arc::new(|_| {}),
            waits: false,
            log_ins: None,
            cancel: self.cancel.clone(),
        }
    }
}

impl TestServer {
    /// The sandbox.
    pub(super) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Notes that it is being filled; whether it was before.
    pub(super) fn is_filled_again(&self) -> bool {
        self.is_filled.swap(true, Ordering::SeqCst)
    }

    /// What time it is there.
    pub(super) fn now(&self) -> Timestamp {
        let now = self.sandbox.now().parse::<DateTime>();
        let now = now.and_then(|now| TimeZone::UTC.to_timestamp(now));
        now.unwrap_or_default()
    }

    /// The requests that were not the test's own.
    pub(super) fn requests(&self) -> Value {
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let is_own = |number: u64| own.iter().any(|(from, to)| *from < number && number <= *to);
        let requests = self.sandbox.requests().into_iter();
        requests
            .filter(|request| !is_own(request.number))
            .map(|request| json!(request))
            .collect()
    }

    /// The emails since it was filled.
    pub(super) fn emails(&self) -> Result<Vec<Value>, Failure> {
        let before = self.mailed_before.load(Ordering::SeqCst);
        let emails = self.sandbox.emails().map_err(failed)?.into_iter();
        Ok(emails
            .filter(|email| email.id > before)
            .map(|email| json!(email))
            .collect())
    }

    /// From now on only emails count that are not there yet.
    pub(super) fn note_emails(&self) -> Result<(), Failure> {
        let emails = self.sandbox.emails().map_err(failed)?;
        let last = emails
            .iter()
            .map(|email| email.id)
            .max()
            .unwrap_or_default();
        self.mailed_before.store(last, Ordering::SeqCst);
        Ok(())
    }

    fn resolved(&self) -> Result<Resolved, Failure> {
        let access = SandboxAccess::default();
        let credentials = Credentials::Api {
            identifier: access.identifier,
            secret: access.secret.into(),
        };
        Ok(Resolved {
            server: Server::new(&self.name, self.sandbox.url(), credentials),
            host: self.name.clone(),
            path: String::new(),
            access: Access::Full,
            allow: Vec::new(),
            values: OwnValues::default(),
            production: false,
            late_after: LATE_AFTER,
            custom_fields: Arc::new(custom_fields_of(&self.sandbox)?),
        })
    }
}

/// Notes which requests the test made on `server`.
struct Aside {
    server: std::sync::Weak<TestServer>,
}

impl CallObserver for Aside {
    fn before(&self, _: &ActionRef) {
        if let Some(server) = self.server.upgrade() {
            let calls = server.sandbox.calls();
            let mut own = server.own.lock().unwrap_or_else(PoisonError::into_inner);
            own.push((calls, u64::MAX));
        }
    }

    fn after(&self, _: &ActionRef, _: &Params, _: &Result<Reply, CallError>) {
        if let Some(server) = self.server.upgrade() {
            let calls = server.sandbox.calls();
            let mut own = server.own.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, to)) = own.last_mut() {
                *to = calls;
            }
        }
    }
}

/// The failure of a sandbox.
pub(super) fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::usage(error.to_string())
}
