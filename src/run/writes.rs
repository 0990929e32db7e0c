//! A write on its way out: looked for in the journal, written down, sent, and
//! what became of it written down.
//!
//! What an earlier pass of the run did is not done again, what it may have done
//! is never blindly sent again, and nothing leaves that is not on the disk.

use std::time::Duration;

use serde_json::{Map, Value};

use super::advice;
use super::allowance::Reserved;
use super::find::{self, Found, Lost};
use super::journal::{Fingerprint, Journal, JournalError, Marks, Outcome, Replay, WriteId};
use super::scope;
use super::{Run, shown};
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params, Reply};
use crate::secrets;

/// A write and the words under which it stands in the journal.
struct Written<'c> {
    action: &'c ActionRef,
    params: &'c Params,
    /// Without its secrets; the fingerprint goes by these.
    shown: Params,
}

impl Written<'_> {
    /// The reply without its secrets, and with those covered that the thread knows.
    fn kept(&self, reply: &Reply) -> Map<String, Value> {
        let mut kept = secrets::without_reply_secrets(self.action.known(), &reply.body);
        secrets::cover_all_in_reply(self.action.known(), &mut kept);
        kept
    }
}

impl Run {
    /// Makes a write that the run's rules allow.
    pub(super) fn write(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
        let Some(ledger) = &self.ledger else {
            let reserved = self.allowance.reserve(action, params)?;
            let result = self.send(action, params);
            reserved.settle(&result);
            return result;
        };
        let journal = ledger
            .journal()
            .map_err(|error| unrecorded(action, &error))?;
        let write = Written {
            action,
            params,
            shown: self.without_secrets(action, params),
        };
        let scope = scope::current();
        let server = self.known_as();
        let fingerprint = self.fingerprint(journal, &write)?;
        let replay = journal.past().take(&scope, action.name(), fingerprint);
        let (id, result) = match replay.map_err(|error| unrecorded(action, &error))? {
            Replay::Done(body) => return Ok(Reply::remembered(body)),
            Replay::InDoubt(earlier, _) => (earlier, self.settle(journal, earlier, &write)),
            Replay::Contradiction {
                params,
                is_in_doubt,
                ..
            } => return Err(contradiction(action, &params, is_in_doubt)),
            Replay::Fresh => {
                // What would pass a limit leaves no trace in the journal.
                let reserved = self.allowance.reserve(action, params)?;
                let snapshot = self.snapshot(ledger.snapshots(), action, params)?;
                let shown = shown::covered(action, &write.shown);
                let (name, snapshot) = (action.name(), snapshot.as_ref());
                let marks = Marks {
                    sent: fingerprint,
                    shown: Fingerprint::at(server, name, &shown),
                };
                let id = journal.intent_on(&scope, name, marks, &shown, snapshot);
                let id = id.map_err(|error| unrecorded(action, &error))?;
                (id, self.deliver(journal, id, &write, reserved))
            }
        };
        result.map_err(|error| {
            let finds_out = action.is_repeatable() || find::can_find(action, params);
            advice::on(error, finds_out, &journal.run(), &scope, id)
        })
    }

    /// What the write is found by in the journal: what was sent, secrets aside; those that
    /// 0.1.0 knew, where it is a run of that version and the write is in it.
    fn fingerprint(&self, journal: &Journal, write: &Written) -> Result<Fingerprint, CallError> {
        let found = self.earlier_fingerprint(journal.past(), write.action, write.params);
        let found = found.map_err(|error| unrecorded(write.action, &error))?;
        Ok(found
            .unwrap_or_else(|| Fingerprint::at(self.known_as(), write.action.name(), &write.shown)))
    }

    /// Sends a write whose intent is on the disk.
    fn deliver(
        &self,
        journal: &Journal,
        id: WriteId,
        write: &Written,
        reserved: Reserved,
    ) -> Result<Reply, CallError> {
        let (result, took) = self.send_timed(write.action, write.params);
        reserved.settle(&result);
        let outcome = match &result {
            Ok(reply) => Outcome::Done(write.kept(reply)),
            Err(error) => outcome(error),
        };
        match journal.outcome_after(id, outcome, took) {
            Ok(()) => result,
            Err(error) => Err(unremembered(write.action, &error)),
        }
    }

    /// Sends a write again that an earlier pass sent, and whose repetition does no harm.
    fn repeat(&self, journal: &Journal, id: WriteId, write: &Written) -> Result<Reply, CallError> {
        let reserved = self.allowance.reserve(write.action, write.params)?;
        let (result, took) = self.send_timed(write.action, write.params);
        reserved.settle(&result);
        let error = match result {
            Ok(reply) => return applied(journal, id, write, reply, took),
            Err(error) => error,
        };
        // Whatever became of this one, the first may have been applied: it stays in doubt.
        if error.kind == CallErrorKind::Interrupted || error.kind.stops_the_run() {
            return Err(error);
        }
        let message = format!(
            "`{}` may or may not have been applied before, and sent again it failed: {}",
            write.action.name(),
            error.message
        );
        let told = journal.outcome_after(id, Outcome::Unsettled(message.clone()), took);
        told.map_err(|error| unremembered(write.action, &error))?;
        Err(CallError {
            message,
            delivery: Delivery::InDoubt,
            ..error
        })
    }

    /// Finds out what became of a write that an earlier pass left in doubt.
    fn settle(&self, journal: &Journal, id: WriteId, write: &Written) -> Result<Reply, CallError> {
        let again = || {
            let reserved = self.allowance.reserve(write.action, write.params)?;
            self.deliver(journal, id, write, reserved)
        };
        if write.action.is_repeatable() {
            return self.repeat(journal, id, write);
        }
        let found = self.find(&Lost {
            journal,
            id,
            action: write.action,
            params: write.params,
        })?;
        match found {
            Found::NotApplied => again(),
            Found::Applied(body) => applied(journal, id, write, Reply::remembered(body), None),
            Found::Unknown => Err(still_in_doubt(write.action, id)),
        }
    }
}

/// Writes down that a write was applied, and hands its reply on.
fn applied(
    journal: &Journal,
    id: WriteId,
    write: &Written,
    reply: Reply,
    took: Option<Duration>,
) -> Result<Reply, CallError> {
    let outcome = Outcome::Done(write.kept(&reply));
    match journal.outcome_after(id, outcome, took) {
        Ok(()) => Ok(reply),
        Err(error) => Err(unremembered(write.action, &error)),
    }
}

fn outcome(error: &CallError) -> Outcome {
    let (kind, message) = (error.kind.word().to_owned(), error.message.clone());
    match error.delivery {
        Delivery::NotSent => Outcome::NotSent { kind, message },
        Delivery::Refused => Outcome::Refused {
            kind,
            message,
            http: error.http,
        },
        Delivery::InDoubt => Outcome::Unsettled(message),
    }
}

/// A write that was not sent because it could not be written down.
pub(super) fn unrecorded(action: &ActionRef, error: &JournalError) -> CallError {
    let message = format!("`{}` was not sent: {error}", action.name());
    let refused = CallError::new(
        CallErrorKind::Journal,
        action.name(),
        message,
        Delivery::NotSent,
    );
    match error.hint() {
        Some(hint) => refused.hint(hint),
        None => refused,
    }
}

/// A write that was sent, and whose outcome could not be written down.
fn unremembered(action: &ActionRef, error: &JournalError) -> CallError {
    let name = action.name();
    let message =
        format!("`{name}` was sent, but what became of it could not be written down: {error}");
    CallError::new(CallErrorKind::Journal, name, message, Delivery::InDoubt)
        .hint("mend what is wrong, then resume the run: it finds out first")
}

fn contradiction(action: &ActionRef, earlier: &Params, is_in_doubt: bool) -> CallError {
    let name = action.name();
    let did = if is_in_doubt { "may have done" } else { "did" };
    let earlier = serde_json::Value::Object(earlier.clone());
    let message = format!(
        "this row already {did} `{name}` with other parameters: {earlier}; nothing was sent"
    );
    let delivery = if is_in_doubt {
        Delivery::InDoubt
    } else {
        Delivery::NotSent
    };
    CallError::new(CallErrorKind::Contradiction, name, message, delivery).hint(
        "give the row and the script their former values, or take the row out and mend it by hand",
    )
}

fn still_in_doubt(action: &ActionRef, id: WriteId) -> CallError {
    let name = action.name();
    let message = format!(
        "`{name}` (write {}) may or may not have been applied before, and there is no way to look; it was not sent again",
        id.number()
    );
    CallError::new(CallErrorKind::InDoubt, name, message, Delivery::InDoubt)
}
