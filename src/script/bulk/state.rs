//! What a row's thread knows of the row it is at.
//!
//! `skip` and `fail` are noted here before they are raised: a native function
//! between them and the row may turn what was raised into something `catch`
//! would swallow, so the row ends at the next step whatever the script does.
//! What became of its calls is noted as well, for the script may catch that.

use std::cell::{Cell, RefCell};
use std::mem;

use crate::client::{CallError, CallErrorKind, Delivery, Reply};

/// How a script ends a row before its closure ends.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Ending {
    /// There is nothing to do.
    Skip(String),
    /// It cannot be done.
    Fail(String),
}

/// What the writes of a row were.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Written {
    /// There was none.
    #[default]
    Nothing,
    /// Updates that set nothing, and were not sent.
    Unchanged,
    /// At least one was sent.
    Something,
}

/// What is known of a row.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// How the script ended it.
    pub ending: Option<Ending>,
    /// The server asked for less: 429, 503 or a time-out.
    pub is_busy: bool,
    /// What its writes were.
    pub written: Written,
    /// The first error of a write that may have been applied.
    pub doubt: Option<CallError>,
    /// The first write that is another than the one an earlier pass made.
    pub contradiction: Option<CallError>,
    /// What WHMCS warned of beside its successes, each once: the action with its words.
    pub warnings: Vec<String>,
    /// The server or the profile refused us; no row will fare better.
    pub is_refused: bool,
    /// The first call that was refused with all that would follow, whatever the
    /// script makes of it: the row cannot be said to be done.
    pub stopped_by: Option<CallError>,
}

/// The row of a thread.
struct Current {
    notes: Notes,
    /// What its passwords are derived from.
    seed: u64,
    passwords: u64,
}

thread_local! {
    static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
    static IS_OVER: Cell<bool> = const { Cell::new(false) };
}

/// Takes the row off the thread, also when it panics.
struct Leave;

impl Drop for Leave {
    fn drop(&mut self) {
        CURRENT.set(None);
        IS_OVER.set(false);
    }
}

/// Does the work of a row; what is noted of it meanwhile comes with the result.
pub(super) fn within<T>(seed: u64, work: impl FnOnce() -> T) -> (T, Notes) {
    CURRENT.set(Some(Current {
        notes: Notes::default(),
        seed,
        passwords: 0,
    }));
    let _leave = Leave;
    let result = work();
    let notes = noted(mem::take);
    (result, notes.unwrap_or_default())
}

/// Whether this thread is at a row.
pub(crate) fn is_inside() -> bool {
    noted(|_| ()).is_some()
}

/// Whether the script ended the row this thread is at; asked at every step of a script.
pub(crate) fn is_over() -> bool {
    IS_OVER.get()
}

/// The scope and the ordinal of the row's next password; nothing outside a row.
pub(crate) fn next_password() -> Option<(u64, u64)> {
    CURRENT.with_borrow_mut(|current| {
        let current = current.as_mut()?;
        current.passwords += 1;
        Some((current.seed, current.passwords))
    })
}

/// Notes what became of a call of the row this thread is at.
pub(crate) fn note(error: &CallError) {
    let is_busy = error.kind == CallErrorKind::Timeout || matches!(error.http, Some(429 | 503));
    noted(|notes| {
        notes.is_busy |= is_busy;
        if error.delivery == Delivery::InDoubt {
            notes.doubt.get_or_insert_with(|| error.clone());
        }
        if matches!(
            error.kind,
            CallErrorKind::Contradiction | CallErrorKind::Plan
        ) {
            notes.contradiction.get_or_insert_with(|| error.clone());
            IS_OVER.set(true);
        }
        notes.is_refused |= error.kind.stops_the_run() || error.kind == CallErrorKind::Policy;
        if error.kind.stops_the_run() || error.kind == CallErrorKind::Limit {
            notes.stopped_by.get_or_insert_with(|| error.clone());
        }
    });
}

/// Notes of a reply whether the server turned its call away at first, and what it warned of.
pub(crate) fn note_reply(action: &str, reply: &Reply) {
    if reply.was_throttled {
        noted(|notes| notes.is_busy = true);
    }
    for warning in reply.said_warnings() {
        let told = format!("{action}: {warning}");
        noted(|notes| {
            if !notes.warnings.contains(&told) {
                notes.warnings.push(told);
            }
        });
    }
}

/// Notes of the reply to a write whether it stands for one that was sent.
pub(crate) fn note_write(reply: &Reply) {
    noted(|notes| {
        if !reply.is_unchanged {
            notes.written = Written::Something;
        } else if notes.written == Written::Nothing {
            notes.written = Written::Unchanged;
        }
    });
}

/// Ends the row this thread is at, unless it was ended; says whether there is one.
pub(super) fn end(ending: Ending) -> bool {
    let noted = noted(|notes| _ = notes.ending.get_or_insert(ending));
    IS_OVER.set(noted.is_some());
    noted.is_some()
}

fn noted<T>(change: impl FnOnce(&mut Notes) -> T) -> Option<T> {
    CURRENT.with_borrow_mut(|current| current.as_mut().map(|current| change(&mut current.notes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_calls_is_noted() {
        let error = |kind, delivery| CallError::new(kind, "AddClient", "", delivery);
        let ((), notes) = within(1, || {
            note(&error(CallErrorKind::Timeout, Delivery::InDoubt));
            note(&error(CallErrorKind::Auth, Delivery::Refused));
        });
        assert!(notes.is_busy && notes.doubt.is_some() && notes.is_refused);
        let ((), notes) = within(1, || {
            note(&error(CallErrorKind::Http, Delivery::Refused).status(503));
        });
        assert!(notes.is_busy && notes.doubt.is_none() && !notes.is_refused);
    }
}
