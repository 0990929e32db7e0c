//! A write in doubt: found out about by repeating it where that does no harm, by looking
//! on the server where the catalog says how, else left to the user.
//!
//! *Found* settles at any age. *Not found* counts only once the write is `late_after` old,
//! for a server may finish what nobody waits for any more; until then the row stands
//! aside. What is sent again after that is looked for once more before a refusal of it
//! counts: the first may have landed meanwhile.

use std::time::Duration;

use serde_json::{Map, Value};

use super::find::{Found, Lost};
use super::seen::HighestId;
use super::way::{can_find, gives_id, way};
use super::written::{Written, applied, cause, of_doubt, outcome, unrecorded, unremembered, why};
use crate::catalog::{self, Effect};
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params, Reply};
use crate::run::Run;
use crate::run::bulk;
use crate::run::journal::moment::Moment;
use crate::run::journal::{Journal, LastSent, ReadAt, Write, WriteId};
use crate::run::scope;

/// The first pause between two looks; each later one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// So long a row that waits sleeps before it looks whether it is to go on waiting.
const GLANCE: Duration = Duration::from_secs(1);
/// The time left is told so often.
const COUNT_DOWN: Duration = Duration::from_secs(10);

/// Whether it can be found out by looking whether a write was applied.
///
/// A sum says nothing of a write that this journal does not know: nobody saw it before.
pub(super) fn finds_out(action: &ActionRef, params: &Params) -> bool {
    let is_sum = way(action, params).is_some_and(|(find, _)| !find.grows.is_empty());
    !action.is_repeatable() && can_find(action, params) && !is_sum
}

/// The highest id that a copied journal has seen in the list a write is looked for in.
pub(super) fn seen_in_copy(
    journal: &Journal,
    action: &ActionRef,
    params: &Params,
) -> Result<Option<i64>, CallError> {
    let seen = journal.seen_by(action.name(), id_field(action, params));
    seen.map_err(|error| unrecorded(action, &error))
}

/// Since when a write may have been on its way.
#[derive(Clone, Copy)]
enum Since {
    /// It was in doubt from then on, in this process.
    Then(Moment),
    /// As an earlier pass left it.
    Earlier(LastSent),
}

/// What the server shows of a write in doubt.
#[derive(Debug)]
pub enum Looked {
    /// It is there: what is left of its reply.
    Found(Map<String, Value>),
    /// It is not.
    NotThere,
    /// Records are like it, by their ids, and may be older or another's.
    Like(Vec<String>),
    /// There is no way to look.
    NoWay,
    /// The server could not be asked.
    NotLooked,
}

/// What came of looking for a write.
enum Verdict {
    /// It is there.
    Applied(Reply),
    /// It is not, and would be by now.
    NotApplied,
    /// It is not there, and may come for so long.
    NotYet(Duration),
    /// It cannot be told: the ids of the records that may be it.
    Unknown(Vec<String>),
}

impl Run {
    /// Finds out what became of a write that was sent just now and is in doubt.
    pub(super) fn settle_now(
        &self,
        journal: &Journal,
        id: WriteId,
        write: &Written,
        seen: HighestId,
        error: CallError,
    ) -> Result<Reply, CallError> {
        let since = Since::Then(self.patience.now());
        self.seen.be_careful();
        let doubt = self.allowance.doubt(&error);
        let result = if write.action.is_repeatable() {
            match self.repeat(journal, id, write, since, seen.seen) {
                // It is in doubt whatever stopped the second.
                Err(again) if again.delivery != Delivery::InDoubt => Err(error),
                Ok(reply) => {
                    self.hold_late(id, write, since, journal);
                    Ok(reply)
                }
                result => result,
            }
        } else {
            let lost = Lost {
                journal: Some((journal, id)),
                action: write.action,
                params: write.params,
                seen: seen.seen,
                read_at: seen.read_at,
            };
            self.settle_by_looking(journal, &lost, write, since, error)
        };
        if matches!(&result, Err(error) if error.delivery == Delivery::InDoubt) {
            doubt.stays();
        }
        result
    }

    /// Finds out what became of a write that an earlier pass left in doubt.
    pub(super) fn settle(
        &self,
        journal: &Journal,
        id: WriteId,
        write: &Written,
    ) -> Result<Reply, CallError> {
        if write.action.is_repeatable() {
            let before = journal.last_sent(id, None);
            let before = before.map_err(|error| unrecorded(write.action, &error))?;
            let since = Since::Earlier(before);
            let result = self.repeat(journal, id, write, since, before.seen);
            if result.is_ok() {
                self.hold_late(id, write, since, journal);
            }
            return result;
        }
        let before = journal.last_sent(id, id_field(write.action, write.params));
        let before = before.map_err(|error| unrecorded(write.action, &error))?;
        let lost = Lost {
            journal: Some((journal, id)),
            action: write.action,
            params: write.params,
            seen: before.seen.or(seen_by_older_version(write, before)),
            read_at: before.read_at,
        };
        let error = still_in_doubt(write, id);
        self.settle_by_looking(journal, &lost, write, Since::Earlier(before), error)
    }

    /// Keeps other writes from the record of one that was sent again with success, as long as
    /// what was sent first may arrive.
    fn hold_late(&self, id: WriteId, write: &Written, since: Since, journal: &Journal) {
        self.held
            .hold(&scope::current(), write.action, write.params, id);
        let now = self.patience.now();
        let left = self
            .patience
            .late_after
            .saturating_sub(age(journal, since, now));
        self.held.hold_late(id, now, left);
    }

    /// Looks once for a write that a run left in doubt; sends nothing but reads.
    pub fn looked(&self, write: &Write) -> Looked {
        let Some(known) = catalog::action(&write.action) else {
            return Looked::NoWay;
        };
        let action = ActionRef::Known(known);
        let journal = self
            .lazy_journal
            .as_ref()
            .and_then(|lazy_journal| lazy_journal.begun());
        if !can_find(&action, &write.params) || !write.was_on(self.known_as()) {
            return Looked::NoWay;
        }
        let before = journal.and_then(|journal| {
            let field = id_field(&action, &write.params);
            journal.last_sent(write.id, field).ok()
        });
        let lost = Lost {
            journal: journal.map(|journal| (journal, write.id)),
            action: &action,
            params: &write.params,
            seen: before.and_then(|before| before.seen),
            read_at: before.and_then(|before| before.read_at),
        };
        match self.find(&lost) {
            Ok(Found::Applied(body)) => Looked::Found(body),
            Ok(Found::NotThere) => Looked::NotThere,
            Ok(Found::Unknown(ids)) if ids.is_empty() => Looked::NoWay,
            Ok(Found::Unknown(ids)) => Looked::Like(ids),
            Err(_) => Looked::NotLooked,
        }
    }

    /// Looks once for a write of which no journal is kept.
    pub(super) fn look_once(&self, lost: &Lost, error: CallError) -> Result<Reply, CallError> {
        if !can_find(lost.action, lost.params) {
            return Err(error);
        }
        match self.find(lost) {
            Ok(Found::Applied(body)) => Ok(found(lost, body)),
            Ok(Found::Unknown(ids)) => Err(may_be(error, &ids)),
            Ok(Found::NotThere) => Err(CallError {
                message: format!("{}; it is not on the server yet", error.message),
                ..error
            }),
            Err(_) => Err(error),
        }
    }

    /// Looks for a write in doubt, waits as long as it may be late, sends it again if it
    /// was not applied; `error` says what is in doubt if that cannot be told.
    fn settle_by_looking(
        &self,
        journal: &Journal,
        lost: &Lost,
        write: &Written,
        since: Since,
        error: CallError,
    ) -> Result<Reply, CallError> {
        let Some((_, id)) = lost.journal.filter(|_| can_find(lost.action, lost.params)) else {
            return Err(error);
        };
        match self.look_until_late(journal, lost, since) {
            Ok(Verdict::Applied(reply)) => applied(journal, id, write, reply, None),
            Ok(Verdict::NotApplied) => self.send_again(journal, id, lost, write, error),
            Ok(Verdict::NotYet(left)) => Err(not_yet(error, left, self.patience.late_after)),
            Ok(Verdict::Unknown(ids)) => Err(may_be(error, &ids)),
            Err(stopped) if stopped.delivery == Delivery::InDoubt => Err(stopped),
            Err(stopped) if matches!(since, Since::Earlier(_)) => Err(stopped),
            Err(_) => Err(error),
        }
    }

    /// Looks for a write again and again until it is there, or is not and would be by now.
    fn look_until_late(
        &self,
        journal: &Journal,
        lost: &Lost,
        since: Since,
    ) -> Result<Verdict, CallError> {
        let mut pause = FIRST_PAUSE;
        loop {
            self.await_whmcs(lost.action, lost.params)?;
            let now = self.patience.now();
            match self.find(lost)? {
                Found::Applied(body) => return Ok(Verdict::Applied(found(lost, body))),
                Found::Unknown(ids) => return Ok(Verdict::Unknown(ids)),
                Found::NotThere => {}
            }
            let left = self
                .patience
                .late_after
                .saturating_sub(age(journal, since, now));
            if left.is_zero() {
                return Ok(Verdict::NotApplied);
            }
            let line = |left| {
                format!(
                    "waiting {left} s: `{}` may still arrive, and counts as not applied once it is {} s old \
                     (Ctrl-C or `--no-wait` stops, `--resume` continues)",
                    lost.action.name(),
                    self.patience.late_after.as_secs()
                )
            };
            if !self.wait(left.min(pause), left, &line) {
                return Ok(Verdict::NotYet(left));
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Stands aside for that long, and says with that line how many seconds are left; `false`
    /// if the run is not to wait any longer.
    pub(super) fn wait(
        &self,
        time: Duration,
        left: Duration,
        line: &dyn Fn(u64) -> String,
    ) -> bool {
        if !self.patience.waits {
            return false;
        }
        let parked = bulk::park();
        let mut slept = Duration::ZERO;
        while slept < time {
            if parked.is_over() || self.allowance.doubted().is_some() {
                return false;
            }
            if parked.is_alone() && self.patience.is_time_to_tell(COUNT_DOWN) {
                let left = left.saturating_sub(slept).as_secs() + 1;
                self.patience.tell(&line(left));
            }
            let slice = GLANCE.min(time.saturating_sub(slept));
            if !self.patience.sleep(slice, &self.cancel) {
                return false;
            }
            slept += slice;
        }
        true
    }

    /// Sends a write once more that was looked for in vain.
    fn send_again(
        &self,
        journal: &Journal,
        id: WriteId,
        lost: &Lost,
        write: &Written,
        error: CallError,
    ) -> Result<Reply, CallError> {
        let Ok(reserved) = self.allowance.reserve(write.action, write.params, None) else {
            return Err(error);
        };
        let unremembered = |error| unremembered(write.action, &error);
        journal.again(id).map_err(unremembered)?;
        let since = ReadAt::now();
        let (result, took) = self.send_timed(write.action, write.params);
        reserved.settle(&result);
        let again = match result {
            Ok(reply) => {
                self.seen.note(write.action, write.params, &reply, since);
                return applied(journal, id, write, reply, took);
            }
            Err(again) => again,
        };
        if again.delivery == Delivery::NotSent {
            journal
                .outcome_after(id, outcome(&again), took)
                .map_err(unremembered)?;
            return Err(again);
        }
        // "Exists already": the first may have come in between.
        match self.find(lost) {
            Ok(Found::Applied(body)) => applied(journal, id, write, found(lost, body), took),
            Ok(Found::NotThere) if again.delivery == Delivery::Refused => {
                journal
                    .outcome_after(id, outcome(&again), took)
                    .map_err(unremembered)?;
                Err(again)
            }
            looked => {
                let error = failed_again(write, again);
                journal
                    .doubt(id, &cause(&error), error.message.clone(), took)
                    .map_err(unremembered)?;
                Err(match looked {
                    Ok(Found::Unknown(ids)) => may_be(error, &ids),
                    _ => error,
                })
            }
        }
    }

    /// Sends a write again whose repetition does no harm.
    fn repeat(
        &self,
        journal: &Journal,
        id: WriteId,
        write: &Written,
        since: Since,
        seen: Option<i64>,
    ) -> Result<Reply, CallError> {
        self.await_whmcs(write.action, write.params)?;
        let reserved = self.allowance.reserve(write.action, write.params, None)?;
        let now = self.patience.now();
        let first = now.before(age(journal, since, now));
        let (result, took) = self.send_timed(write.action, write.params);
        reserved.settle(&result);
        let error = match result {
            Ok(reply) => {
                let told = journal.repeated(id, write.kept(&reply), took, first);
                return match told {
                    Ok(()) => Ok(reply),
                    Err(error) => Err(unremembered(write.action, &error)),
                };
            }
            Err(error) => error,
        };
        // What is not there any more was removed: nobody saw the reply.
        let gone = says_gone(write.action, &error).then(Map::new);
        if let Some(body) = gone.or_else(|| self.found_moved(write, &error, seen)) {
            let reply = Reply::remembered(body).without_secrets(Some(id.number()));
            let told = journal.repeated(id, write.kept(&reply), took, first);
            return match told {
                Ok(()) => Ok(reply),
                Err(error) => Err(unremembered(write.action, &error)),
            };
        }
        // Whatever became of this one, the first may have been applied: it stays in doubt.
        if error.kind == CallErrorKind::Interrupted || error.kind.stops_the_run() {
            return Err(error);
        }
        let error = failed_again(write, error);
        let told = journal.doubt(id, &cause(&error), error.message.clone(), took);
        told.map_err(|error| unremembered(write.action, &error))?;
        Err(error)
    }
}

/// The error of a write in doubt that failed when it was sent again.
fn failed_again(write: &Written, error: CallError) -> CallError {
    CallError {
        message: format!(
            "`{}` may or may not have been applied before, and sending it again failed: {}",
            write.action.name(),
            why(&error)
        ),
        kind: of_doubt(error.kind),
        delivery: Delivery::InDoubt,
        ..error
    }
}

/// Whether the refusal of a removal that was sent again says that there is nothing to remove.
fn says_gone(action: &ActionRef, error: &CallError) -> bool {
    let ActionRef::Known(known) = action else {
        return false;
    };
    let plain = |words: &str| words.trim().trim_end_matches('.').to_ascii_lowercase();
    let said = plain(&error.message);
    let is_gone = ["not found", "invalid", "not associated"];
    known.effect == Effect::Delete
        && error.delivery == Delivery::Refused
        && error.kind == CallErrorKind::Api
        && known.errors.iter().any(|known| plain(known) == said)
        && is_gone.iter().any(|words| said.contains(words))
}

/// How old a write is at least.
fn age(journal: &Journal, since: Since, now: Moment) -> Duration {
    match since {
        Since::Then(then) => now.since(then).unwrap_or_default(),
        Since::Earlier(before) => journal.age(before, now),
    }
}

/// The field of the action's reply that has the id of what it made.
fn id_field(action: &ActionRef, params: &Params) -> Option<&'static str> {
    way(action, params).and_then(|(find, _)| gives_id(find))
}

/// An older version looked only for what WHMCS keeps one of, such as an address, and took
/// that for the run's own: its runs go on by that.
fn seen_by_older_version(write: &Written, before: LastSent) -> Option<i64> {
    let (find, _) = way(write.action, write.params)?;
    (before.is_of_older_version() && find.also.is_empty()).then_some(i64::MIN)
}

/// The reply of a write that was found on the server.
fn found(lost: &Lost, body: Map<String, Value>) -> Reply {
    let write = lost.journal.map(|(_, write)| write.number());
    Reply::remembered(body).without_secrets(write)
}

fn still_in_doubt(write: &Written, id: WriteId) -> CallError {
    let name = write.action.name();
    let number = id.number();
    let way = if can_find(write.action, write.params) {
        ""
    } else {
        ", and whmcsh cannot check it"
    };
    let message = format!(
        "`{name}` (write {number}) may or may not have been applied before{way}; it was not sent again"
    );
    CallError::new(CallErrorKind::InDoubt, name, message, Delivery::InDoubt)
}

/// The error of a write that is not there yet, and may come.
fn not_yet(error: CallError, left: Duration, late_after: Duration) -> CallError {
    let left = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    let message = format!(
        "{}; it is not on the server yet, and counts as not applied once it is {} s old, in {left} s",
        error.message,
        late_after.as_secs()
    );
    let kind = match error.kind {
        CallErrorKind::InDoubt => CallErrorKind::Timeout,
        kind => kind,
    };
    CallError {
        kind,
        message,
        ..error
    }
}

/// The error of a write that nobody but the user can tell from records of others.
fn may_be(error: CallError, ids: &[String]) -> CallError {
    let message = match ids {
        [] => error.message,
        [id] => format!(
            "{}; record {id} matches it, but may be older or someone else's",
            error.message
        ),
        ids => format!(
            "{}; records {} match it, but may be older or someone else's",
            error.message,
            ids.join(", ")
        ),
    };
    CallError {
        kind: CallErrorKind::InDoubt,
        message,
        ..error
    }
}
