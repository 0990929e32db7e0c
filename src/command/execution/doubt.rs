//! What a run leaves in doubt: said at its end, whatever became of the rest.
//!
//! The journal is asked, not the script: what a script catches, or does not come
//! to any more, may have been applied all the same.

use crate::error::{Exit, Failure};
use crate::run::LazyJournal;
use crate::run::journal::{self, JournalError, Outcome, Which, Write};

/// Writes named at the end of a run.
const NAMED: usize = 10;

/// The verdict on a run's rows with its writes in doubt, which count for more.
pub fn add_doubts(
    verdict: Result<(), Failure>,
    lazy_journal: Option<&LazyJournal>,
) -> Result<(), Failure> {
    let Some(journal) = lazy_journal.and_then(LazyJournal::begun) else {
        return verdict;
    };
    // One that cannot be written any more can be read: what it has of a write is that it may
    // have been sent. Another in its place tells nothing of this run.
    let read = |error| {
        if matches!(error, JournalError::Gone(_)) {
            return Err(error);
        }
        let mut writes = Vec::new();
        let reading = journal::read(journal.folder())?;
        reading.writes(Which::InDoubt, |write| writes.push(write))?;
        Ok::<_, JournalError>(writes)
    };
    let Ok(writes) = journal.doubts().or_else(read) else {
        // A journal that cannot be used says so when the run's end is written down.
        return verdict;
    };
    if writes.is_empty() {
        return verdict;
    }
    let mut failure = match verdict {
        Ok(()) => Failure::new(Exit::InDoubt, counted(writes.len())),
        Err(failure) if failure.exit == Exit::InDoubt => failure,
        Err(failure) => Failure {
            exit: Exit::InDoubt,
            what: format!("{}, {}", counted(writes.len()), failure.what),
            ..failure
        },
    };
    let run = journal.run();
    let place = failure.place.take().into_iter();
    let place: Vec<String> = place
        .filter(|place| !place.is_empty())
        .chain([named(&writes, &run)])
        .collect();
    Err(failure.at(place.join("\n")).hint(format!(
        "resuming checks what it can; look up the others on the server and record them: `whmcsh \
         runs settle {run} --help`"
    )))
}

/// Whether the journal cannot be written any more, so that it lacks what became of writes.
pub fn is_unwritable(lazy_journal: Option<&LazyJournal>) -> bool {
    let journal = lazy_journal.and_then(LazyJournal::begun);
    journal.is_some_and(|journal| journal.doubts().is_err())
}

fn counted(writes: usize) -> String {
    match writes {
        1 => "1 write is in doubt".to_owned(),
        _ => format!("{writes} writes are in doubt"),
    }
}

fn named(writes: &[Write], run: &str) -> String {
    let line = |write: &Write| {
        let row = write.row_name();
        let row = row.map_or_else(String::new, |row| format!("row {row}: "));
        let why = match &write.outcome {
            Some(Outcome::Unsettled(why)) => why.clone(),
            _ => format!("`{}` may or may not have been applied", write.action),
        };
        format!("  {row}{why} (write {})", write.id.number())
    };
    let mut lines: Vec<String> = writes.iter().take(NAMED).map(line).collect();
    if let Some(more) = writes.len().checked_sub(NAMED).filter(|more| *more > 0) {
        lines.push(format!("  and {more} more: `whmcsh runs show {run}`"));
    }
    lines.join("\n")
}
