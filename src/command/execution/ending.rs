//! What a run says when it ends: how many rows ended how, where its files are,
//! and, last of all, the command that continues it.

use std::path::{Path, PathBuf};

use super::counted::{LeftOver, counted};
use super::doubt;
use super::names;
use super::record::Recorded;
use super::rows::Rows;
use crate::command::Terminal;
use crate::error::{Exit, Failure};
use crate::run::bulk::Shard;
use crate::run::journal;
use crate::run::outputs::{self, Ending, OutputError, Outputs};

/// What is said of loops without a row: a shard's own may be none of many.
fn no_rows(shard: Option<Shard>) -> String {
    match shard {
        Some(shard) => format!("0 rows: none belongs to shard {shard}"),
        None => "0 rows: nothing to do".to_owned(),
    }
}

/// Ends a run that keeps a record: its journal, its files, the words about them.
///
/// `resume` is the command that takes it up again, where that can be done.
pub fn conclude(
    recorded: &Recorded,
    (rows, shard): (&Rows, Option<Shard>),
    resume: Option<String>,
    result: Result<(), Failure>,
    terminal: Terminal,
) -> Result<(), Failure> {
    let finished = recorded.finish(result.as_ref().err());
    if let Some(problem) = rows.problem() {
        terminal.alert(&format!("warning: {problem}"));
    }
    let Some(journal) = recorded.lazy_journal.begun() else {
        // Every row that ends begins the journal.
        if result.is_ok() && rows.had_loop() {
            terminal.note(&no_rows(shard));
        }
        return result.and(finished);
    };
    let is_there = journal::is_there(journal.folder());
    if !is_there && let Some(writes) = journal.writes_so_far() {
        terminal.alert(&so_far(writes));
    }
    let ending = Ending {
        resume: resume.filter(|_| result.is_err() && is_there),
        unprocessed: Some(rows.left_over()),
    };
    // What went wrong first is what the user has to know.
    let mut result = and_also(result, finished, terminal);
    let mut next = Vec::new();
    match files(journal.folder(), &ending) {
        Ok(outputs) => {
            let left_over = LeftOver {
                count: rows.left_over(),
                is_more: rows.is_more_left(),
            };
            if let Some(counted) = counted(&outputs.counts, left_over) {
                terminal.note(&counted);
            } else if shard.is_some() && result.is_ok() && rows.had_loop() {
                terminal.note(&no_rows(shard));
            }
            next = named(&outputs);
            if result.is_ok() && !outputs.results.is_empty() {
                next.insert(0, format!("results: {}", paths(&outputs.results)));
            }
        }
        // The error is the same where the run's end could not be written down.
        Err(OutputError::Journal(_)) if result.is_err() && !is_there => {}
        Err(error) => result = and_also(result, Err(unwritten(&error)), terminal),
    }
    if let Some(left_out) = rows.left_out() {
        terminal.note(&left_out);
    }
    let result = result.map_err(|failure| match failure.exit {
        Exit::InDoubt => failure,
        _ if failure.is_about_rows => failure,
        exit => Failure {
            exit: tell_rows(recorded, rows, exit, terminal),
            ..failure
        },
    });
    let Err(failure) = result else {
        for line in next {
            terminal.note(&line);
        }
        return Ok(());
    };
    next.extend(
        ending
            .resume
            .map(|command| format!("to resume, run: {command}")),
    );
    Err(if next.is_empty() {
        failure
    } else {
        failure.and_then(next.join("\n"))
    })
}

/// What is known of the server where the run's journal is gone.
fn so_far((ended, open): (u64, u64)) -> String {
    let writes = |count: u64| match count {
        1 => "1 write".to_owned(),
        more => format!("{more} writes"),
    };
    match open {
        0 => format!(
            "until then the run made {}; none was on its way",
            writes(ended)
        ),
        open => format!(
            "until then the run made {}; up to {} more may have been applied, whose answers are not \
             recorded",
            writes(ended),
            open
        ),
    }
}

/// Ends a run that nobody is told about: its journal and its files.
pub fn set_down(
    recorded: &Recorded,
    rows: &Rows,
    result: Result<(), Failure>,
) -> Result<(), Failure> {
    let finished = recorded.finish(result.as_ref().err());
    let result = result.and(finished);
    if let Some(problem) = rows.problem() {
        return result.and(Err(Failure::usage(problem)));
    }
    let Some(journal) = recorded.lazy_journal.begun() else {
        return result;
    };
    let ending = Ending {
        resume: None,
        unprocessed: Some(rows.left_over()),
    };
    let written = files(journal.folder(), &ending).map(drop);
    result.and(written.map_err(|error| unwritten(&error)))
}

/// What went wrong first; what went wrong after it is said.
fn and_also(
    first: Result<(), Failure>,
    then: Result<(), Failure>,
    terminal: Terminal,
) -> Result<(), Failure> {
    match (first, then) {
        (Err(first), Err(then)) => {
            terminal.alert(&format!("warning: {}", then.what));
            if let Some(hint) = then.hint {
                terminal.alert(&format!("  {hint}"));
            }
            Err(first)
        }
        (first, then) => first.and(then),
    }
}

/// Why the run's files are not what they should be: whoever takes them for what was done
/// must not be told that all is well.
fn unwritten(error: &OutputError) -> Failure {
    match error {
        OutputError::Journal(error) => names::failed(error),
        OutputError::File { .. } => {
            Failure::usage(format!("{error}; what the run did is in its journal"))
                .hint("fix the problem, then run `whmcsh runs show` to write the files")
        }
    }
}

/// Says what failed and what is in doubt where the run ended for another reason; gives the
/// code it ends with.
fn tell_rows(recorded: &Recorded, rows: &Rows, exit: Exit, terminal: Terminal) -> Exit {
    let Err(told) = doubt::add_doubts(rows.verdict(), Some(&recorded.lazy_journal)) else {
        return exit;
    };
    let place = told.place.unwrap_or_default();
    terminal.alert(&format!("{}:\n{}", told.what, place.trim_end()));
    if let Some(hint) = told.hint {
        terminal.alert(&format!("  {hint}"));
    }
    match told.exit {
        Exit::InDoubt => exit.with_doubts(),
        _ => exit,
    }
}

fn files(folder: &Path, ending: &Ending) -> Result<Outputs, OutputError> {
    outputs::write(folder, &journal::read(folder)?, ending)
}

/// Where the rows are that somebody has to look at.
fn named(outputs: &Outputs) -> Vec<String> {
    let files = [
        ("failed rows", &outputs.failed),
        ("unprocessed rows", &outputs.unprocessed),
    ];
    let files = files.into_iter().filter(|(_, files)| !files.is_empty());
    files
        .map(|(what, files)| format!("{what}: {}", paths(files)))
        .collect()
}

fn paths(paths: &[PathBuf]) -> String {
    let shown: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    shown.join(", ")
}
