//! What to do about a write that may have been applied.

use super::can_find;
use crate::catalog;
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery};
use crate::run::journal::{Write, WriteId, row_name};
use crate::run::scope::{self, Scope};

/// The error of that write of a run with the next step, where it is in doubt:
/// none by hand where the resumed run finds out by itself.
pub(in crate::run) fn on(
    error: CallError,
    finds_out: bool,
    run: &str,
    scope: &Scope,
    write: WriteId,
) -> CallError {
    if error.delivery != Delivery::InDoubt || error.kind == CallErrorKind::Journal {
        return error;
    }
    if finds_out && error.kind != CallErrorKind::InDoubt {
        return error.hint("not resent; the resumed run checks whether it was applied");
    }
    let which = match scope {
        Scope::Row(key) => {
            let row = row_name(key, scope::row_number());
            format!("--row {}", shell_word(&row))
        }
        Scope::Main => format!("--write {}", write.number()),
    };
    error.hint(format!(
        "not resent; look on the server, then run `whmcsh runs settle {run} {which}` with \
         `--done` or `--not-done`"
    ))
}

/// Whether a resumed run finds out by itself what became of a write: by sending it
/// again, where that does no harm, or by looking on the server.
pub fn finds_out(write: &Write) -> bool {
    catalog::action(&write.action).is_some_and(|action| {
        let action = ActionRef::Known(action);
        action.is_repeatable() || can_find(&action, &write.params)
    })
}

/// A word as a shell takes it.
pub fn shell_word(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "_-./:@%+=,".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
