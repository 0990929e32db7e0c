//! What waits for a write in doubt: other writes to the record it updates, and the same
//! write once more.
//!
//! Which of two updates the server applied last could not be told otherwise, and a late
//! one would bring back what a later one had changed. A script that catches the doubt and
//! tries once more would do it twice.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use serde_json::Value;

use crate::catalog::Effect;
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params};
use crate::run::Run;
use crate::run::journal::{Journal, JournalError, WriteId};
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
#[derive(Clone, Copy, Debug)]
struct Hold {
    write: WriteId,
    /// The write is done since it was sent again, and what was sent first may still arrive
    /// for so long from then on.
    late: Option<(Moment, Duration)>,
}

impl Hold {
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
        let (other, message) = loop {
            let now = self.patience.now();
            let held = self.held.records();
            if held.is_empty() {
                return Ok(());
            }
            let keys = records(action, params);
            let of_record = keys.iter().find_map(|key| held.get(key)).copied();
            let same = itself(&scope::current(), action, params);
            let same = same.and_then(|key| held.get(&key)).copied();
            drop(held);
            let name = action.name();
            match (of_record, same) {
                (None, None) => return Ok(()),
                (_, Some(Hold { write, .. })) => {
                    let number = write.number();
                    let what =
                        format!("`{name}` was not sent: the same write ({number}) is in doubt");
                    break (write, what);
                }
                (Some(late), None) => {
                    let number = late.write.number();
                    let Some(left) = late.left(now) else {
                        let what = format!(
                            "`{name}` was not sent: write {number} to the same record is in doubt"
                        );
                        break (late.write, what);
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
                        break (late.write, what);
                    }
                }
            }
        };
        let name = action.name();
        let (number, run) = (other.number(), journal.run());
        let error = CallError::new(CallErrorKind::InDoubt, name, message, Delivery::NotSent);
        Err(error.hint(format!(
            "resume the run once write {number} is settled: `whmcsh runs show {run}`"
        )))
    }

    /// Holds the records of what earlier passes left in doubt, once.
    fn hold_earlier(&self, journal: &Journal) -> Result<(), JournalError> {
        if self.held.has_earlier.get().is_some() {
            return Ok(());
        }
        if journal.has_past() {
            for write in journal.doubts()? {
                if let Some(action) = crate::catalog::action(&write.action)
                    && write.was_on(self.known_as())
                {
                    let action = ActionRef::Known(action);
                    self.held
                        .hold(&write.scope, &action, &write.params, write.id);
                }
            }
        }
        let _ = self.held.has_earlier.set(());
        Ok(())
    }
}

impl Held {
    /// Lets no other write go to the record of one that is in doubt, nor the same again.
    pub fn hold(&self, scope: &Scope, action: &ActionRef, params: &Params, write: WriteId) {
        let mut held = self.records();
        let keys = records(action, params);
        for key in keys.into_iter().chain(itself(scope, action, params)) {
            held.entry(key).or_insert(Hold { write, late: None });
        }
    }

    /// Lets no other write go to the record for so long from then on: what was sent first of
    /// a write that is done by now may still arrive, and bring back what another changed.
    pub fn hold_late(&self, write: WriteId, then: Moment, left: Duration) {
        for hold in self.records().values_mut() {
            if hold.write == write {
                hold.late = Some((then, left));
            }
        }
    }

    /// Lets others go there again: it is known what became of that one.
    pub fn release(&self, write: WriteId) {
        self.records().retain(|_, held| held.write != write);
    }

    /// The same, unless what was sent first may still arrive.
    pub fn release_known(&self, write: WriteId) {
        let is_known = |held: &Hold| held.write == write && held.late.is_none();
        self.records().retain(|_, held| !is_known(held));
    }

    fn records(&self) -> MutexGuard<'_, HashMap<String, Hold>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name of a write in its row, or in the script itself; none of one that may be repeated.
fn itself(scope: &Scope, action: &ActionRef, params: &Params) -> Option<String> {
    let params = || Value::Object(params.clone());
    (!action.is_repeatable()).then(|| format!("{} {scope:?} {}", action.name(), params()))
}

/// The names of the record that a write changes or removes; none of one that makes one.
fn records(action: &ActionRef, params: &Params) -> Vec<String> {
    let ActionRef::Known(action) = action else {
        return Vec::new();
    };
    let Some(way) = action
        .record
        .as_ref()
        .filter(|_| action.effect != Effect::Create)
    else {
        return Vec::new();
    };
    let text = |value: &Value| match value {
        Value::String(text) => text.trim().to_lowercase(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let names = way.send.iter().chain(way.same);
    names
        .filter_map(|(theirs, ours)| {
            let value = text(params.get(*ours)?);
            (!value.is_empty()).then(|| format!("{} {theirs}={value}", way.action))
        })
        .collect()
}
