//! Rows that an earlier pass began and this one did not come to: they left the list that they
//! came from, most often by what the run itself changed, and the rest of them is not done.

use crate::error::{Exit, Failure};
use crate::run::LazyJournal;
use crate::run::journal::{self, Journal, JournalError, State, bare, is_content};

use super::counted::rows_in_words;

/// So many of them are named.
const SHOWN: usize = 5;

/// Whether every row that was begun was brought to an end.
pub fn verdict(lazy_journal: Option<&LazyJournal>) -> Result<(), Failure> {
    let Some(journal) = lazy_journal.and_then(LazyJournal::begun) else {
        return Ok(());
    };
    let unreadable = |error: JournalError| Failure::usage(error.to_string());
    let left = journal.past().not_met_again().map_err(unreadable)?;
    // What was left by then was answered for when the run came to its end.
    if left.is_empty() || was_done(journal).map_err(unreadable)? {
        return Ok(());
    }
    let named = left.iter().filter(|key| !is_content(key)).take(SHOWN);
    let named: Vec<String> = named.map(|key| format!("`{}`", bare(key))).collect();
    let those = match (left.len(), named.len()) {
        (_, 0) => String::new(),
        (all, shown) if all > shown => format!(": {} and others", named.join(", ")),
        _ => format!(": {}", named.join(", ")),
    };
    let (was, it) = if left.len() == 1 {
        ("was", "it")
    } else {
        ("were", "them")
    };
    let what = format!(
        "{} {was} begun earlier and did not come up again, so the rest of {it} was not done{those}",
        rows_in_words(left.len() as u64)
    );
    Err(Failure::new(Exit::Rows, what).hint(
        "see what the run wrote with `whmcsh runs show RUN --writes` and do the rest by hand; then \
         add `--rows-changed` to end the run",
    ))
}

/// Whether an earlier pass came to the end of the run.
fn was_done(journal: &Journal) -> Result<bool, JournalError> {
    let passes = journal::read(journal.folder())?.passes()?;
    Ok(passes.iter().any(|pass| pass.state == Some(State::Done)))
}
