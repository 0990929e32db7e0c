//! What to do about a write that may have been applied.

use super::journal::WriteId;
use super::scope::Scope;
use crate::client::{CallError, CallErrorKind, Delivery};

/// The error of that write of a run with the next step, where it is in doubt:
/// none by hand where the resumed run finds out by itself.
pub(super) fn on(
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
        return error.hint("not sent again; the resumed run finds out what became of it");
    }
    let which = match scope {
        Scope::Row(key) => format!("--row {}", shell_word(key)),
        Scope::Main => format!("--write {}", write.number()),
    };
    error.hint(format!(
        "not sent again; look at the server, then `whmcsh runs settle {run} {which}` with `--done` or `--not-done`"
    ))
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
