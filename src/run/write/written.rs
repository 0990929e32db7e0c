//! A write on its way, and what is written down of what became of it.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params, Reply};
use crate::run::journal::{Fingerprint, Journal, JournalError, Outcome, WriteId};
use crate::secrets;

/// A write and the words under which it stands in the journal.
pub(super) struct Written<'c> {
    pub action: &'c ActionRef,
    pub params: &'c Params,
    /// Without its secrets; the fingerprint goes by these.
    pub shown: Cow<'c, Params>,
    /// That of these.
    pub mark: Fingerprint,
}

impl Written<'_> {
    /// The reply with its secrets covered, and those that the thread knows.
    pub fn kept(&self, reply: &Reply) -> Map<String, Value> {
        let mut kept = secrets::covered_reply(self.action.known(), &reply.body);
        secrets::cover_all_in_reply(self.action.known(), &mut kept);
        kept
    }
}

/// Writes down that a write was applied, and hands its reply on.
pub(super) fn applied(
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

/// Why a write is in doubt, in the word that `runs settle --because` takes: the status of
/// a reply that is no success, else what kind of reply there was.
pub(super) fn cause(error: &CallError) -> String {
    match (error.http, error.kind) {
        (Some(status), _) if !(200..300).contains(&status) => status.to_string(),
        (_, CallErrorKind::Timeout) => "timeout".to_owned(),
        (_, CallErrorKind::Connection) => "reset".to_owned(),
        _ => "unreadable".to_owned(),
    }
}

/// Why a call failed, where words of ours go on from there: WHMCS's own stand in quotes.
pub(in crate::run) fn why(error: &CallError) -> String {
    match error.kind {
        CallErrorKind::Api => format!("WHMCS said \"{}\"", error.message),
        _ => error.message.clone(),
    }
}

/// The class of a write in doubt that failed like that when it was sent again or looked for:
/// WHMCS refused that call, and not the write itself.
pub(super) const fn of_doubt(kind: CallErrorKind) -> CallErrorKind {
    match kind {
        CallErrorKind::Api => CallErrorKind::InDoubt,
        kind => kind,
    }
}

pub(super) fn outcome(error: &CallError) -> Outcome {
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
pub(in crate::run) fn unrecorded(action: &ActionRef, error: &JournalError) -> CallError {
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
pub(super) fn unremembered(action: &ActionRef, error: &JournalError) -> CallError {
    let name = action.name();
    let message = format!("`{name}` was sent, but its outcome could not be recorded: {error}");
    CallError::new(CallErrorKind::Journal, name, message, Delivery::InDoubt)
        .hint("fix the problem and resume the run; the write is checked before anything is sent")
}
