//! A run that does nothing: its reads are sent, its writes recorded instead.
//!
//! A write goes through the same admission as in a run, then it is answered by a
//! placeholder whose ids are planned. A read that needs a planned value cannot be
//! asked, and is answered by a placeholder too. Counts are exact; the writes
//! themselves are handed on as they come, those of a row together when it ends,
//! so that memory does not grow with them.

mod placeholder;
mod planned;
mod reads_only;
#[cfg(test)]
mod tests;
mod toll;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::{Run, scope, secrets};
use crate::client::{ActionRef, CallError, CallErrorKind, Params, Reply};
use crate::run::scope::Scope;
pub use planned::{Planned, known};
use planned::{any_planned, readable};
pub(super) use reads_only::ReadsOnly;
pub use toll::Toll;

/// A write that would be made.
#[derive(Clone, Debug)]
pub struct PlannedWrite {
    /// The server it would go to, by its profile's name.
    pub server: String,
    /// WHMCS's name of the action.
    pub action: String,
    /// Its parameters without secrets, planned values as text.
    pub params: Params,
    /// Whether it ends or removes something for good.
    pub is_destructive: bool,
    /// The mail and the money it would bring about.
    pub toll: Toll,
}

/// How often an action would be called on a server, and with what consequences.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How many writes.
    pub count: u64,
    /// Whether each ends or removes something for good.
    pub is_destructive: bool,
    /// The mail and the money of all of them.
    pub toll: Toll,
}

/// Takes the writes that the script makes outside of rows, one by one.
type Keep = dyn Fn(PlannedWrite) + Send + Sync;

/// What a script would do; shared by every server it speaks to.
pub struct Plan {
    is_paused: AtomicBool,
    keep: Box<Keep>,
    recorded: Mutex<Recorded>,
}

/// What was recorded so far.
#[derive(Default)]
struct Recorded {
    tallies: BTreeMap<(String, String), Tally>,
    main: Numbers,
    rows: HashMap<Arc<str>, Open>,
    unasked: BTreeMap<String, u64>,
    files: BTreeSet<String>,
    refusals: BTreeMap<String, u64>,
}

/// How often each action was called in a scope without being sent.
type Numbers = HashMap<String, u64>;

/// A row that goes on.
#[derive(Default)]
struct Open {
    numbers: Numbers,
    writes: Vec<PlannedWrite>,
}

impl Plan {
    /// A plan that hands on the writes of the script itself as they come.
    pub fn new(keep: impl Fn(PlannedWrite) + Send + Sync + 'static) -> Self {
        Self {
            is_paused: AtomicBool::new(false),
            keep: Box::new(keep),
            recorded: Mutex::default(),
        }
    }

    /// Pauses the plan: until it goes on, calls are made as in any other run.
    pub fn pause(&self, paused: bool) {
        self.is_paused.store(paused, Ordering::SeqCst);
    }

    /// Whether writes are recorded instead of being sent.
    pub fn is_on(&self) -> bool {
        !self.is_paused.load(Ordering::SeqCst)
    }

    /// The writes of a row that ended, in their order.
    pub fn row_ended(&self, key: &str) -> Vec<PlannedWrite> {
        let open = self.recorded().rows.remove(key);
        open.map_or_else(Vec::new, |open| open.writes)
    }

    /// Notes a file that would be written.
    pub fn would_write(&self, path: &str) {
        self.recorded().files.insert(path.to_owned());
    }

    /// By server and action, how often it would be called.
    pub fn tallies(&self) -> BTreeMap<(String, String), Tally> {
        self.recorded().tallies.clone()
    }

    /// By action, how many reads of records that do not exist yet were not sent.
    pub fn unasked(&self) -> BTreeMap<String, u64> {
        self.recorded().unasked.clone()
    }

    /// The files that would be written.
    pub fn files(&self) -> BTreeSet<String> {
        self.recorded().files.clone()
    }

    /// What the profile forbids, and how often it was tried.
    pub fn refusals(&self) -> BTreeMap<String, u64> {
        self.recorded().refusals.clone()
    }

    fn recorded(&self) -> MutexGuard<'_, Recorded> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a write; which of its action's in the scope it is.
    fn record(&self, scope: &Scope, write: PlannedWrite) -> u64 {
        let mut recorded = self.recorded();
        let key = (write.server.clone(), write.action.clone());
        let tally = recorded.tallies.entry(key).or_default();
        tally.count += 1;
        tally.is_destructive = write.is_destructive;
        tally.toll.add(&write.toll);
        let number = recorded.next(scope, &write.action);
        match scope {
            Scope::Row(key) => recorded.row(key).writes.push(write),
            Scope::Main => {
                drop(recorded);
                (self.keep)(write);
            }
        }
        number
    }

    /// Notes a read that cannot be asked; which of its action's in the scope it is.
    fn unask(&self, scope: &Scope, action: &str) -> u64 {
        let mut recorded = self.recorded();
        *recorded.unasked.entry(action.to_owned()).or_default() += 1;
        recorded.next(scope, action)
    }

    fn refuse(&self, error: &CallError) {
        let message = error.message.trim_end_matches("; nothing was sent");
        *self.recorded().refusals.entry(message.to_owned()).or_default() += 1;
    }
}

impl Recorded {
    fn row(&mut self, key: &Arc<str>) -> &mut Open {
        self.rows.entry(Arc::clone(key)).or_default()
    }

    fn next(&mut self, scope: &Scope, action: &str) -> u64 {
        let numbers = match scope {
            Scope::Main => &mut self.main,
            Scope::Row(key) => &mut self.row(key).numbers,
        };
        let number = numbers.entry(action.to_owned()).or_default();
        *number += 1;
        *number
    }
}

impl Run {
    /// The same run planned: its writes are recorded there, and none can leave.
    #[must_use]
    pub fn with_plan(self, plan: Arc<Plan>) -> Self {
        Self {
            transport: Box::new(ReadsOnly::new(self.transport, Arc::clone(&plan))),
            plan: Some(plan),
            ..self
        }
    }

    /// The plan that writes are recorded in for now.
    pub fn plan(&self) -> Option<&Arc<Plan>> {
        self.plan.as_ref().filter(|plan| plan.is_on())
    }

    /// Makes a call in a plan.
    pub(super) fn call_in(
        &self,
        plan: &Plan,
        action: &ActionRef,
        params: &Params,
    ) -> Result<Reply, CallError> {
        let admitted = self.admit_unasked(action);
        if let Err(error) = &admitted
            && error.kind == CallErrorKind::Policy
        {
            plan.refuse(error);
        }
        admitted?;
        if !action.is_write() && !any_planned(params) {
            return self.send(action, params);
        }
        let checkable = |(name, value): (&String, &Value)| (name.clone(), known(value).into_owned());
        self.transport
            .check(action, &params.iter().map(checkable).collect())?;
        let scope = scope::current();
        let number = if action.is_write() {
            plan.record(&scope, self.planned_write(action, params))
        } else {
            plan.unask(&scope, action.name())
        };
        Ok(Reply {
            body: placeholder::reply(action, params, number, &scope),
            warnings: Vec::new(),
        })
    }

    fn planned_write(&self, action: &ActionRef, params: &Params) -> PlannedWrite {
        let shown = secrets::of_params(action, params);
        let readable = |(name, value): (&String, &Value)| (name.clone(), readable(value));
        PlannedWrite {
            server: self.server.name.clone(),
            action: action.name().to_owned(),
            params: shown.iter().map(readable).collect(),
            is_destructive: action.is_destructive(),
            toll: Toll::of(action, params),
        }
    }
}
