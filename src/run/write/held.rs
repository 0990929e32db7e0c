//! What waits for a write in doubt: other writes to the record it updates, and the same
//! write once more.
//!
//! Which of two updates the server applied last could not be told otherwise, and a late
//! one would bring back what a later one had changed. A script that catches the doubt and
//! tries once more would do it twice.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::Value;

use crate::catalog::Effect;
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params};
use crate::run::Run;
use crate::run::journal::{Journal, JournalError, WriteId};
use crate::run::scope::{self, Scope};

/// The records, each with the write that is in doubt.
#[derive(Debug, Default)]
pub(in crate::run) struct Held {
    records: Mutex<HashMap<String, WriteId>>,
    /// Whether those of earlier passes are among them.
    has_earlier: OnceLock<()>,
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
        let held = self.held.records();
        if held.is_empty() {
            return Ok(());
        }
        let keys = records(action, params);
        let of_record = keys.iter().find_map(|key| held.get(key));
        let same = itself(&scope::current(), action, params).and_then(|key| held.get(&key));
        let name = action.name();
        let (other, message) = match (of_record, same) {
            (None, None) => return Ok(()),
            (_, Some(same)) => (
                same,
                format!(
                    "`{name}` was not sent: the same write ({}) is in doubt",
                    same.number()
                ),
            ),
            (Some(other), None) => (
                other,
                format!(
                    "`{name}` was not sent: write {} to the same record is in doubt",
                    other.number()
                ),
            ),
        };
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
            held.entry(key).or_insert(write);
        }
    }

    /// Lets others go there again: it is known what became of that one.
    pub fn release(&self, write: WriteId) {
        self.records().retain(|_, held| *held != write);
    }

    fn records(&self) -> MutexGuard<'_, HashMap<String, WriteId>> {
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
