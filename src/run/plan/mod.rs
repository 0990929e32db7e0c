//! A run that does nothing: its reads are sent, its writes recorded instead.
//!
//! A write goes through the same admission as in a run, then it is answered by a
//! placeholder whose ids are planned. A read that needs a planned value cannot be
//! asked, and is answered by a placeholder too. Counts are exact; the writes
//! themselves are handed on as they come, those of a row together when it ends,
//! so that memory does not grow with them.

pub mod bound;
mod call;
mod change;
pub mod clock;
mod clocked;
mod impact;
pub mod marks;
mod placeholder;
mod planned;
mod reads_only;
mod stale;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

use crate::client::{ActionRef, CallError, Params};
use crate::run::scope::Scope;
pub use change::PlannedChange;
pub use impact::{Impact, Sum};
pub use marks::{has_placeholder, unmarked};
pub use planned::{Planned, kept, known, readable};
use stale::Stale;

/// A write that would be made.
#[derive(Clone, Debug)]
pub struct PlannedWrite {
    /// The server it would go to, by its profile's name.
    pub server: String,
    /// WHMCS's name of the action.
    pub action: String,
    /// Its parameters with covers for secrets, planned values as text with the marks of such.
    pub params: Params,
    /// The numbers of the custom fields that have their names there.
    pub custom_fields: Map<String, Value>,
    /// Whether it ends or removes something.
    pub is_delete: bool,
    /// The mail and the money it would bring about.
    pub impact: Impact,
    /// What it would make of the fields of a record that is there.
    pub changes: Vec<PlannedChange>,
    /// What there is to say of the record, such as that it is not there.
    pub remark: Option<String>,
}

impl PlannedWrite {
    /// Whether the write would change nothing, as far as can be told.
    pub fn is_idle(&self) -> bool {
        !self.changes.is_empty() && self.changes.iter().all(|change| change.is_idle)
    }
}

/// How often an action would be called on a server, and with what consequences.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How many writes.
    pub count: u64,
    /// How many of them end or remove something.
    pub deletes: u64,
    /// How many of them would change nothing.
    pub idle: u64,
    /// The mail and the money of all of them.
    pub impact: Impact,
}

/// The mail and the money of all of those.
pub fn toll_of<'t>(tallies: impl IntoIterator<Item = &'t Tally>) -> Impact {
    let mut impact = Impact::default();
    for tally in tallies {
        impact.add(&tally.impact);
    }
    impact
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
    stale: Stale,
    files: BTreeSet<String>,
    servers: BTreeMap<String, String>,
    refusals: BTreeMap<String, u64>,
    stops: BTreeSet<String>,
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

    /// The writes of rows that did not end, by their keys.
    pub fn broken_off(&self) -> BTreeMap<Arc<str>, Vec<PlannedWrite>> {
        let rows = std::mem::take(&mut self.recorded().rows);
        rows.into_iter()
            .map(|(key, open)| (key, open.writes))
            .collect()
    }

    /// Notes a file that would be written.
    pub fn would_write(&self, path: &str) {
        self.recorded().files.insert(unmarked(path).into_owned());
    }

    /// Notes where a server is that the script speaks to besides its own.
    pub fn speaks_to(&self, server: &str, place: &str) {
        let mut recorded = self.recorded();
        recorded.servers.insert(server.to_owned(), place.to_owned());
    }

    /// The servers the script spoke to besides its own, and where they are.
    pub fn servers(&self) -> BTreeMap<String, String> {
        self.recorded().servers.clone()
    }

    /// Notes what would stop the run.
    pub fn would_stop(&self, how: &str) {
        self.recorded().stops.insert(unmarked(how).into_owned());
    }

    /// What would stop the run, as far as it was noted.
    pub fn stops(&self) -> BTreeSet<String> {
        self.recorded().stops.clone()
    }

    /// By server and action, how often it would be called.
    pub fn tallies(&self) -> BTreeMap<(String, String), Tally> {
        self.recorded().tallies.clone()
    }

    /// By action, how many reads of records that do not exist yet were not sent.
    pub fn unasked(&self) -> BTreeMap<String, u64> {
        self.recorded().unasked.clone()
    }

    /// By action, how many reads returned what planned writes would have changed before.
    pub fn stale(&self) -> BTreeMap<String, u64> {
        self.recorded().stale.count_reads()
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
        tally.idle += u64::from(write.is_idle());
        tally.deletes += u64::from(write.is_delete);
        tally.impact.add(&write.impact);
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

    /// Notes that a write touches what later reads may ask for.
    fn touch(&self, server: &str, action: &ActionRef, params: &Params) {
        if let ActionRef::Known(action) = action {
            self.recorded().stale.wrote(server, action, params);
        }
    }

    /// Notes a read that is sent.
    fn ask(&self, server: &str, action: &ActionRef, params: &Params) {
        if let ActionRef::Known(action) = action {
            self.recorded().stale.reads(server, action, params);
        }
    }

    fn refuse(&self, error: &CallError) {
        let message = error.message.trim_end_matches("; nothing was sent");
        *self
            .recorded()
            .refusals
            .entry(unmarked(message).into_owned())
            .or_default() += 1;
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
