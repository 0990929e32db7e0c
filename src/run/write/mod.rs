//! A write on its way out: looked for in the journal, written down, sent, and
//! what became of it written down.
//!
//! What an earlier pass of the run did is not done again, what it may have done
//! is never blindly sent again, and nothing leaves that is not on the disk.

use std::borrow::Cow;

use serde_json::Value;

mod admission;
pub(super) mod advice;
mod asking;
pub(super) mod covered;
pub(super) mod earlier;
mod find;
mod gateway;
mod held;
mod list_end;
mod moved;
mod patience;
pub(super) mod record_before;
mod seen;
mod session;
mod settle;
pub(super) mod settle_by_state;
pub(super) mod snapshots;
mod underway;
mod way;
mod written;

use super::journal::{
    Fingerprint, Journal, Marks, Noted, Outcome, ReadAt, Replay, Rules, WriteId, WriteRequest,
};
use super::resume::{self, DoneBefore};
use super::rules::allowance::Reserved;
use super::scope::{self, Scope};
use super::{Run, Snapshots};
use find::Lost;

use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params, Reply};
use crate::secrets;
pub(super) use gateway::Gateway;
pub(super) use held::BlockedRecords;
#[cfg(test)]
pub(super) use patience::Clock;
pub use patience::{LATE_AFTER, Notice, Patience};
use seen::HighestId;
pub(super) use seen::HighestIds;
pub use session::{SessionWrites, WriteInDoubt};
pub use settle::Looked;
pub(super) use underway::Underway;
pub(super) use way::can_find;
use written::{Written, cause, outcome, unremembered};
pub(super) use written::{unrecorded, why};

impl Run {
    /// Makes a write that the run's rules allow, and its plan has, where it is held to one.
    pub(super) fn write(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
        let planned = self.take_planned(&scope::current(), action, params)?;
        let result = self.write_planned(action, params);
        self.settle_planned(action, planned, &result);
        result
    }

    fn write_planned(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
        let Some(lazy_journal) = &self.lazy_journal else {
            return self.write_unrecorded(action, params);
        };
        let journal = lazy_journal
            .journal()
            .map_err(|error| unrecorded(action, &error))?;
        let server = self.known_as();
        let shown = self.without_secrets(action, params);
        let write = Written {
            action,
            params,
            mark: Fingerprint::at(server, action.name(), &shown),
            shown,
        };
        let scope = scope::current();
        let fingerprint = self.fingerprint(journal, &write)?;
        let place = scope::place().and_then(|place| lazy_journal.place(&place));
        let replay = match lazy_journal.rules() {
            Rules::Spelled => journal.past().take(&scope, action.name(), fingerprint),
            Rules::Compared => journal.past().take_in_turn(
                &scope,
                &WriteRequest {
                    action: action.name(),
                    server,
                    fingerprint,
                    params: &write.shown,
                    place: place.as_deref(),
                    row_has_changed: scope::has_changed(),
                },
            ),
        };
        let (id, result) = match replay.map_err(|error| unrecorded(action, &error))? {
            Replay::Done(earlier, mut body) => {
                // That version left out what is covered now.
                if lazy_journal.version() == Some("0.1.0") {
                    secrets::cover_missing(action.known(), &mut body);
                }
                let number = Some(earlier.number());
                return Ok(Reply::remembered(body).without_secrets(number));
            }
            Replay::InDoubt(earlier, _) => (earlier, self.settle(journal, earlier, &write)),
            Replay::Contradiction {
                earlier,
                params,
                is_in_doubt,
            } => {
                let asked = Contradicted {
                    earlier,
                    params: &params,
                    is_in_doubt,
                };
                let error =
                    contradiction(action, &scope, &asked, &journal.run(), lazy_journal.rules());
                if scope == Scope::Main {
                    // A script that catches it would go on beside what it did before.
                    let _ = self.refusal.set(error.clone());
                }
                return Err(error);
            }
            Replay::Elsewhere {
                earlier,
                other,
                row,
                is_in_doubt,
            } => {
                let elsewhere = DoneElsewhere {
                    earlier,
                    other: other.as_ref(),
                    row: row.as_deref(),
                    is_in_doubt,
                };
                let error = done_elsewhere(action, &elsewhere, &journal.run());
                if scope == Scope::Main {
                    let _ = self.refusal.set(error.clone());
                }
                return Err(error);
            }
            Replay::Fresh => {
                if let Some(way_out) = lazy_journal.way_out() {
                    return Err(self.is_done(action, way_out));
                }
                if let Some(begun) = resume::begun().filter(|_| !lazy_journal.may_do_again()) {
                    return Err(self.was_begun(action, begun));
                }
                let snapshots = lazy_journal.snapshots();
                self.send_first(journal, snapshots, &scope, &write, (fingerprint, place))?
            }
        };
        if !matches!(&result, Err(error) if error.delivery == Delivery::InDoubt) {
            self.held.release_known(id);
        }
        result.map_err(|error| {
            let finds_out = action.is_repeatable() || can_find(action, params);
            advice::on(error, finds_out, &journal.run(), &scope, id)
        })
    }

    /// Makes a write of what keeps no record: one call, or a line of the shell, whose session
    /// knows what it left in doubt.
    fn write_unrecorded(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
        let Some(session) = &self.session else {
            return self.write_once(action, params);
        };
        session.admit(&self.place, action, params)?;
        match self.write_once(action, params) {
            Ok(reply) => {
                session.applied();
                Ok(reply)
            }
            Err(error) if error.delivery == Delivery::InDoubt => {
                let open = self.without_secrets(action, params);
                let shown = covered::covered(action, &open);
                Err(session.hold(&self.place, (action, params, &shown), error))
            }
            Err(error) => Err(error),
        }
    }

    /// Makes one write, and looks once for it where it is in doubt.
    fn write_once(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
        self.await_whmcs(action, params)?;
        self.tell_unlisted(action, params);
        self.check_days(action, params)?;
        let money = self.spend(action, params)?;
        self.await_whmcs(action, params)?;
        let reserved = self.allowance.reserve(action, params, money.as_ref())?;
        self.underway.send(|| {
            let result = self.send(action, params);
            reserved.settle(&result);
            match result {
                Err(error) if error.delivery == Delivery::InDoubt => {
                    let lost = Lost {
                        journal: None,
                        action,
                        params,
                        seen: None,
                        read_at: None,
                    };
                    self.look_once(&lost, error)
                }
                result => result,
            }
        })
    }

    /// The refusal of a write that a run which is done did not make.
    fn is_done(&self, action: &ActionRef, way_out: &str) -> CallError {
        let name = action.name();
        let what = format!("`{name}` is not part of the run, which is done; nothing was sent");
        self.refuse_all(&what, Some(way_out));
        CallError::new(CallErrorKind::Policy, name, what, Delivery::NotSent).hint(way_out)
    }

    /// The refusal of a write for a row that an earlier run had begun, or that may be for one
    /// which is not at hand any more.
    fn was_begun(&self, action: &ActionRef, (row, is_at_hand): (DoneBefore, bool)) -> CallError {
        let name = action.name();
        let what = if is_at_hand {
            format!("`{name}` is for the row of {}", row.explain())
        } else {
            format!("`{name}` may be for the row of {}", row.explain())
        };
        let hint = if is_at_hand {
            "resume the run that the row belongs to; `--again` does such rows from the beginning"
        } else {
            "resume the run that the row belongs to; a script that looks at `row._applied` of each row may write for the \
             others; `--again` does such rows from the beginning"
        };
        // A script that catches it would go on with the next.
        self.refuse_all(&what, Some(hint));
        CallError::new(CallErrorKind::Policy, name, what, Delivery::NotSent).hint(hint)
    }

    /// Sends a write that no pass has sent, found later by its fingerprint and its place in
    /// the script; fails where it does not come to be written down.
    fn send_first(
        &self,
        journal: &Journal,
        snapshots: Snapshots,
        scope: &Scope,
        write: &Written,
        (fingerprint, place): (Fingerprint, Option<String>),
    ) -> Result<(WriteId, Result<Reply, CallError>), CallError> {
        let (action, params) = (write.action, write.params);
        self.admit_record(journal, action, params)?;
        self.await_whmcs(action, params)?;
        self.tell_unlisted(action, params);
        self.check_days(action, params)?;
        // What would pass a limit leaves no trace in the journal.
        let money = self.spend(action, params)?;
        let reserved = self.allowance.reserve(action, params, money.as_ref())?;
        let snapshot = self.snapshot(snapshots, action, params)?;
        let looks_first = journal.is_copy() && settle::finds_out(action, params);
        let (seen, first) = if looks_first {
            let seen = settle::seen_in_copy(journal, action, params)?;
            (HighestId::unread(seen), None)
        } else {
            self.seen_before(action, params)?
        };
        // What was read since may have taken its time.
        self.await_whmcs(action, params)?;
        let shown = covered::covered(action, &write.shown);
        let marks = Marks {
            sent: fingerprint,
            shown: match &shown {
                Cow::Borrowed(_) => write.mark,
                Cow::Owned(shown) => Fingerprint::at(self.known_as(), action.name(), shown),
            },
        };
        let (name, snapshot) = (action.name(), snapshot.as_ref());
        let money = money.map(|money| money.noted());
        let noted = Noted {
            place,
            seen: seen.seen,
            money,
            read_at: seen.read_at,
        };
        let id = journal.intent_on(scope, name, marks, &shown, snapshot, noted);
        let id = id.map_err(|error| unrecorded(action, &error))?;
        if looks_first {
            // The original may have made it after the copy was taken.
            drop(reserved);
            self.held.hold(scope, action, params, id);
            return Ok((id, self.settle(journal, id, write)));
        }
        let delivered = self.deliver(journal, id, write, reserved);
        if let Some(first) = first {
            self.bound(first, action, params, &delivered);
        }
        let result = match delivered {
            Err(error) if is_doubtful(&error) => {
                self.held.hold(scope, action, params, id);
                self.settle_now(journal, id, write, seen, error)
            }
            result => result,
        };
        Ok((id, result))
    }

    /// What the write is found by in the journal: what was sent, secrets aside; those that
    /// 0.1.0 knew, where it is a run of that version and the write is in it.
    fn fingerprint(&self, journal: &Journal, write: &Written) -> Result<Fingerprint, CallError> {
        let found = self.earlier_fingerprint(journal.past(), write.action, write.params);
        let found = found.map_err(|error| unrecorded(write.action, &error))?;
        Ok(found.unwrap_or(write.mark))
    }

    /// Sends a write whose intent is on the disk.
    fn deliver(
        &self,
        journal: &Journal,
        id: WriteId,
        write: &Written,
        reserved: Reserved,
    ) -> Result<Reply, CallError> {
        let since = ReadAt::now();
        let (result, took) = self.send_timed(write.action, write.params);
        reserved.settle(&result);
        let noted = match &result {
            Ok(reply) => {
                self.seen.note(write.action, write.params, reply, since);
                journal.outcome_after(id, Outcome::Done(write.kept(reply)), took)
            }
            Err(error) if error.delivery == Delivery::InDoubt => {
                journal.doubt(id, &cause(error), error.message.clone(), took)
            }
            Err(error) => journal.outcome_after(id, outcome(error), took),
        };
        match noted {
            Ok(()) => result,
            // Nothing left: that the run is lost is all there is to say.
            Err(_) if is_lost(&result) => result,
            Err(error) => Err(unremembered(write.action, &error)),
        }
    }
}

/// Whether the server may have applied a write, and something can be found out.
fn is_doubtful(error: &CallError) -> bool {
    error.delivery == Delivery::InDoubt && error.kind != CallErrorKind::Journal
}

/// Whether a write was not sent since the run is not this process's any more.
fn is_lost(result: &Result<Reply, CallError>) -> bool {
    matches!(result, Err(error) if error.kind == CallErrorKind::Journal && error.delivery == Delivery::NotSent)
}

/// A write in whose place an earlier pass made another one.
struct Contradicted<'c> {
    earlier: WriteId,
    params: &'c Params,
    is_in_doubt: bool,
}

/// A write that the script made elsewhere before.
struct DoneElsewhere<'c> {
    earlier: WriteId,
    /// Its parameters, where they are others.
    other: Option<&'c Params>,
    /// Its row; `None` outside of rows.
    row: Option<&'c str>,
    is_in_doubt: bool,
}

/// The error of a write that the script made elsewhere before.
fn done_elsewhere(action: &ActionRef, before: &DoneElsewhere<'_>, run: &str) -> CallError {
    let (name, number) = (action.name(), before.earlier.number());
    let is_in_doubt = before.is_in_doubt;
    let did = if is_in_doubt { "may have done" } else { "did" };
    let at = before.row.map_or_else(
        || "outside rows".to_owned(),
        |row| format!("in row `{row}`"),
    );
    let what = match before.other {
        None => format!("the same `{name}` {at}"),
        Some(params) => {
            let params = Value::Object(params.clone());
            format!("`{name}` {at} with other parameters, {params}")
        }
    };
    let message = format!(
        "the run already {did} {what}, at a place that the script no longer reaches (write \
         {number}); nothing was sent"
    );
    let (delivery, hint) = if is_in_doubt {
        let hint = format!(
            "look on the server, then run `whmcsh runs settle {run} --write {number}` with \
             `--done` or `--not-done`"
        );
        (Delivery::InDoubt, hint)
    } else {
        let hint = format!(
            "put the former loops back into the script, before any new ones; or run `whmcsh runs \
             settle {run} --write {number}` with `--keep` to let the earlier write stand for this \
             one, or with `--again` to send this one too"
        );
        (Delivery::NotSent, hint)
    };
    CallError::new(CallErrorKind::Contradiction, name, message, delivery).hint(hint)
}

fn contradiction(
    action: &ActionRef,
    scope: &Scope,
    asked: &Contradicted<'_>,
    run: &str,
    rules: Rules,
) -> CallError {
    let name = action.name();
    let what = if *scope == Scope::Main {
        "script"
    } else {
        "row"
    };
    let did = if asked.is_in_doubt {
        "may have done"
    } else {
        "did"
    };
    let earlier = Value::Object(asked.params.clone());
    let number = asked.earlier.number();
    let message = format!(
        "this {what} already {did} `{name}` with other parameters: {earlier} (write {number}); nothing was sent"
    );
    let delivery = if asked.is_in_doubt {
        Delivery::InDoubt
    } else {
        Delivery::NotSent
    };
    let hint = match (rules, asked.is_in_doubt) {
        (Rules::Spelled, _) => {
            "give the row and the script their former values, or remove the row and correct the \
             server by hand"
                .to_owned()
        }
        (_, true) => format!(
            "look on the server, then run `whmcsh runs settle {run} --write {number}` with \
             `--done` or `--not-done`"
        ),
        (_, false) => format!(
            "give the {what} the former values; or run `whmcsh runs settle {run} --write \
             {number}` with `--keep` to let the earlier write stand for this one, or with `--again` \
             to send this one too"
        ),
    };
    CallError::new(CallErrorKind::Contradiction, name, message, delivery).hint(hint)
}
