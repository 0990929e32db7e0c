//! What waits for a write in doubt: other writes to the record it updates, and the same
//! write once more.
//!
//! Which of two updates the server applied last could not be told otherwise, and a late
//! one would bring back what a later one had changed. A script that catches the doubt and
//! tries once more would do it twice. What earlier passes of the run left is known from its
//! journal, and what other shards of its name left by the first write from theirs.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use serde_json::Value;

use crate::catalog::{self, Effect};
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params};
use crate::run::Run;
use crate::run::journal::{self, Head, Journal, JournalError, State, Which, Write, WriteId};
use crate::run::moment::Moment;
use crate::run::scope::{self, Scope};

/// The records, each with the write that is in doubt.
#[derive(Debug, Default)]
pub(in crate::run) struct Held {
    records: Mutex<HashMap<String, Hold>>,
    /// Whether those of earlier passes are among them.
    has_earlier: OnceLock<()>,
}

/// What holds a record.
#[derive(Clone, Debug)]
struct Hold {
    write: WriteId,
    /// The folder of the run that the write is of, where that is another shard.
    of: Option<Arc<Path>>,
    /// The write is done since it was sent again, and what was sent first may still arrive
    /// for so long from then on.
    late: Option<(Moment, Duration)>,
}

impl Hold {
    const fn of(write: WriteId) -> Self {
        Self {
            write,
            of: None,
            late: None,
        }
    }

    /// Whether it is for that write of this run.
    fn is_own(&self, write: WriteId) -> bool {
        self.write == write && self.of.is_none()
    }

    /// Whether the other shard knows by now what became of the write.
    fn is_over(&self) -> bool {
        let Some(folder) = &self.of else {
            return false;
        };
        let mut is_open = false;
        let looked = journal::read(folder).and_then(|reading| {
            reading.writes(Which::InDoubt, |write| is_open |= write.id == self.write)
        });
        looked.is_ok() && !is_open
    }

    /// How much longer what was sent first may arrive; `None` if the write is in doubt.
    fn left(&self, now: Moment) -> Option<Duration> {
        let (then, left) = self.late?;
        Some(left.saturating_sub(now.since(then).unwrap_or_default()))
    }
}

impl Run {
    /// Refuses a write to a record that another write left in doubt.
    pub(super) fn admit_record(
        &self,
        journal: &Journal,
        action: &ActionRef,
        params: &Params,
    ) -> Result<(), CallError> {
        self.hold_earlier(journal)
            .map_err(|error| super::unrecorded(action, &error))?;
        let (other, message): (Hold, String) = loop {
            let now = self.patience.now();
            let held = self.held.records();
            if held.is_empty() {
                return Ok(());
            }
            let keys = records(action, params);
            let of_record = keys.iter().find_map(|key| held.get(key)).cloned();
            let same = itself(&scope::current(), action, params);
            let same = same.and_then(|key| held.get(&key)).cloned();
            drop(held);
            let name = action.name();
            match (of_record, same) {
                (None, None) => return Ok(()),
                (_, Some(same)) => {
                    let number = same.write.number();
                    let what =
                        format!("`{name}` was not sent: the same write ({number}) is in doubt");
                    break (same, what);
                }
                (Some(other), None) if other.is_over() => self.held.drop_other(&other),
                (Some(late), None) => {
                    let number = late.write.number();
                    let Some(left) = late.left(now) else {
                        let what = format!(
                            "`{name}` was not sent: write {number} to the same record is in doubt"
                        );
                        break (late, what);
                    };
                    if left.is_zero() {
                        self.held.release(late.write);
                    } else if !self.wait(left, left, &|left| {
                        format!(
                            "waiting {left} s: `{name}` goes to a record that write {number} was sent to twice, \
                             and the first may still arrive"
                        )
                    }) {
                        let what = format!(
                            "`{name}` was not sent: write {number} to the same record was sent twice, \
                             and the first may still arrive"
                        );
                        break (late, what);
                    }
                }
            }
        };
        let name = action.name();
        let number = other.write.number();
        let run = match &other.of {
            Some(folder) => run_of(folder),
            None => journal.run(),
        };
        let error = CallError::new(CallErrorKind::InDoubt, name, message, Delivery::NotSent);
        Err(error.hint(format!(
            "resume the run once write {number} is settled: `whmcsh runs show {run}`"
        )))
    }

    /// Holds the records of what earlier passes and other shards left in doubt, once.
    fn hold_earlier(&self, journal: &Journal) -> Result<(), JournalError> {
        if self.held.has_earlier.get().is_some() {
            return Ok(());
        }
        if journal.has_past() {
            for write in journal.doubts()? {
                if let Some(action) = self.action_here(&write) {
                    self.held
                        .hold(&write.scope, &action, &write.params, write.id);
                }
            }
            for (write, sent) in journal.repeats()? {
                let now = self.patience.now();
                let age = journal.age(sent, now);
                let left = self.patience.late_after.saturating_sub(age);
                let action = self.action_here(&write).filter(|_| !left.is_zero());
                if let Some(action) = action {
                    self.held
                        .hold(&write.scope, &action, &write.params, write.id);
                    self.held.hold_late(write.id, now, left);
                }
            }
        }
        self.hold_of_shards(journal)?;
        let _ = self.held.has_earlier.set(());
        Ok(())
    }

    /// Holds the records of what other shards of the run's name left in doubt.
    fn hold_of_shards(&self, journal: &Journal) -> Result<(), JournalError> {
        let own = journal::read_head(journal.folder())?;
        if own.name.is_none() || own.invocation.limits.shard.is_none() {
            return Ok(());
        }
        let is_shard =
            |head: &Head| (&head.name, &head.host, &head.path) == (&own.name, &own.host, &own.path);
        for reading in journal::others(journal.folder(), is_shard) {
            let is_going_on = reading.state() == State::Running;
            let folder: Arc<Path> = reading.folder().into();
            let each = |write: Write| {
                // One on its way in another process is not in doubt.
                if let Some(action) = self.action_here(&write)
                    && (write.outcome.is_some() || !is_going_on)
                {
                    self.held.hold_of(&folder, &action, &write);
                }
            };
            // A run that cannot be read says nothing of this one.
            let _ = reading.writes(Which::InDoubt, each);
        }
        Ok(())
    }

    /// The action of a write that was made on this run's own server.
    fn action_here(&self, write: &Write) -> Option<ActionRef> {
        let action = crate::catalog::action(&write.action)?;
        write
            .was_on(self.known_as())
            .then_some(ActionRef::Known(action))
    }
}

impl Held {
    /// Lets no other write go to the record of one that is in doubt, nor the same again.
    pub fn hold(&self, scope: &Scope, action: &ActionRef, params: &Params, write: WriteId) {
        let mut held = self.records();
        let keys = records(action, params);
        for key in keys.into_iter().chain(itself(scope, action, params)) {
            held.entry(key).or_insert_with(|| Hold::of(write));
        }
    }

    /// Lets no write go to the record of one that another shard left in doubt.
    fn hold_of(&self, folder: &Arc<Path>, action: &ActionRef, write: &Write) {
        let mut held = self.records();
        for key in records(action, &write.params) {
            held.entry(key).or_insert_with(|| Hold {
                of: Some(Arc::clone(folder)),
                ..Hold::of(write.id)
            });
        }
    }

    /// Lets others go there again: that shard knows what became of its write.
    fn drop_other(&self, other: &Hold) {
        let is_it = |held: &Hold| held.write == other.write && held.of == other.of;
        self.records().retain(|_, held| !is_it(held));
    }

    /// Lets no other write go to the record for so long from then on: what was sent first of
    /// a write that is done by now may still arrive, and bring back what another changed.
    pub fn hold_late(&self, write: WriteId, then: Moment, left: Duration) {
        for hold in self.records().values_mut() {
            if hold.is_own(write) {
                hold.late = Some((then, left));
            }
        }
    }

    /// Lets others go there again: it is known what became of that one.
    pub fn release(&self, write: WriteId) {
        self.records().retain(|_, held| !held.is_own(write));
    }

    /// The same, unless what was sent first may still arrive.
    pub fn release_known(&self, write: WriteId) {
        let is_known = |held: &Hold| held.is_own(write) && held.late.is_none();
        self.records().retain(|_, held| !is_known(held));
    }

    fn records(&self) -> MutexGuard<'_, HashMap<String, Hold>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn run_of(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The name of a write in its row, or in the script itself; none of one that may be repeated.
fn itself(scope: &Scope, action: &ActionRef, params: &Params) -> Option<String> {
    let params = || Value::Object(params.clone());
    (!action.is_repeatable()).then(|| format!("{} {scope:?} {}", action.name(), params()))
}

/// The names of the record that a write changes or removes; none of one that makes one.
fn records(action: &ActionRef, params: &Params) -> Vec<String> {
    let ActionRef::Known(known) = action else {
        return Vec::new();
    };
    let Some(way) = known
        .record
        .as_ref()
        .filter(|_| known.effect != Effect::Create)
    else {
        return Vec::new();
    };
    let names = way.send.iter().chain(way.same);
    names
        .filter_map(|(theirs, ours)| {
            let value = catalog::comparable(known, ours, params.get(*ours)?);
            (!value.is_empty()).then(|| format!("{} {theirs}={value}", way.action))
        })
        .collect()
}
