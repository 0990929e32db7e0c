//! Lets a write go to a record unless another write to it, or the same once more, is in doubt.

use std::path::Path;
use std::sync::Arc;

use super::held::{Hold, Shards, itself, records};
use super::written::unrecorded;
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params};
use crate::run::Run;
use crate::run::journal::{Journal, JournalError, State, Which, Write};
use crate::run::scope;

impl Run {
    /// Refuses a write to a record that another write left in doubt.
    pub(super) fn admit_record(
        &self,
        journal: &Journal,
        action: &ActionRef,
        params: &Params,
    ) -> Result<(), CallError> {
        self.hold_earlier(journal)
            .map_err(|error| unrecorded(action, &error))?;
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
                            "waiting {left} s: `{name}` waits for write {number} to the same \
                             record, which was sent twice and may still arrive"
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

    /// Holds the records of what earlier passes left in doubt, once, and of what other shards
    /// did, now and then.
    fn hold_earlier(&self, journal: &Journal) -> Result<(), JournalError> {
        if self.held.has_earlier.get().is_some() {
            self.hold_of_shards();
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
        let shards = Shards::read(journal)?;
        *self.held.shards() = shards;
        self.hold_of_shards();
        let _ = self.held.has_earlier.set(());
        Ok(())
    }

    /// Holds the records of what other shards of the run's name left in doubt.
    fn hold_of_shards(&self) {
        let readings = match self.held.shards().as_mut() {
            Some(shards) => shards.look(self.patience.now()),
            None => return,
        };
        for reading in readings {
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
    }

    /// The action of a write that was made on this run's own server.
    fn action_here(&self, write: &Write) -> Option<ActionRef> {
        let action = crate::catalog::action(&write.action)?;
        write
            .was_on(self.known_as())
            .then_some(ActionRef::Known(action))
    }
}

fn run_of(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
