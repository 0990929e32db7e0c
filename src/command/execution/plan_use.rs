//! That a plan is carried out once: by one run, which goes on with it.

use std::path::{Path, PathBuf};

use super::kept;
use super::names::{self, resume_of};
use crate::error::Failure;
use crate::run::invocation::Binding;
use crate::run::journal::{self, Head, JournalError, State};

/// The option that does a plan once more.
const BIND_AGAIN: &str = "--bind-again";

/// A refusal before anything was sent.
pub fn refused(what: impl Into<String>) -> Failure {
    Failure::usage(format!("{}; nothing was sent", what.into()))
}

/// Refuses to take up a run by another plan than it was begun with, or without it.
pub fn same_plan(began: Option<&Binding>, now: Option<&Binding>, run: &str) -> Result<(), Failure> {
    match (began, now) {
        (Some(began), Some(now)) if began.digest == now.digest => Ok(()),
        (None, None) => Ok(()),
        (Some(began), now) => {
            let plan = began.plan.display();
            let what = match now {
                Some(now) => format!(
                    "run `{run}` is bound to another plan than `{}`",
                    now.plan.display()
                ),
                None => format!("run `{run}` is bound to the plan `{plan}`"),
            };
            Err(refused(what).hint(format!(
                "resume it with `--bind {plan}`, the same plan as before"
            )))
        }
        (None, Some(_)) => Err(refused(format!("run `{run}` was begun without a plan"))
            .hint("resume it without `--bind`")),
    }
}

/// What a run of the plan came to.
enum CameTo {
    Done,
    /// It can be taken up again, with that command.
    Unfinished(String),
    /// Nobody can say.
    Unknown(JournalError),
}

/// Refuses a plan that a run did already, or has begun to do.
pub fn not_done_before(binding: &Binding) -> Result<(), Failure> {
    let Some((run, came_to)) = done_before(binding)? else {
        return Ok(());
    };
    let plan = binding.plan.display();
    Err(match came_to {
        CameTo::Done => refused(format!("run `{run}` already carried out the plan `{plan}`")).hint(
            format!("make a new plan; add `{BIND_AGAIN}` only to do all of it once more"),
        ),
        CameTo::Unfinished(resume) => refused(format!(
            "run `{run}` has begun to carry out the plan `{plan}` and is not finished"
        ))
        .hint(format!(
            "resume it: {resume}; add `{BIND_AGAIN}` only to do all of it once more"
        )),
        CameTo::Unknown(error) => unknown((&run, &error), binding),
    })
}

/// The refusal of a plan whose run nobody can read.
fn unknown((run, error): (&str, &JournalError), binding: &Binding) -> Failure {
    let failure = names::failed(error);
    let what = format!(
        "run `{run}` has begun to carry out the plan `{}`, and what it did cannot be read: {}",
        binding.plan.display(),
        failure.what
    );
    let way = match error {
        JournalError::Io { .. } => "give this user the right to read it",
        error => error.hint().unwrap_or("make a new plan"),
    };
    refused(what).hint(format!(
        "{way}; add `{BIND_AGAIN}` only to do all of the plan once more"
    ))
}

/// The newest run of that plan, and what it came to; also one whose journal is lost or cannot
/// be read, where no other is.
fn done_before(binding: &Binding) -> Result<Option<(String, CameTo)>, Failure> {
    let (mut newest, mut unread) = (None::<(PathBuf, Head)>, None);
    // In this order: one that loses its journal meanwhile is seen once at least.
    for folder in names::folders()?.into_iter().chain(names::lost()?) {
        match journal::read_head(&folder) {
            Ok(head) => {
                let began = head.invocation.bind.as_ref();
                let is_it = began.is_some_and(|began| began.digest == binding.digest)
                    && !head.is_rehearsal();
                let is_newer = |(_, other): &(_, Head)| head.started > other.started;
                if is_it && newest.as_ref().is_none_or(is_newer) {
                    newest = Some((folder, head));
                }
            }
            Err(error) if kept::may_have_plan(&folder, &binding.digest) => {
                let is_there = journal::is_there(&folder);
                let lost = || JournalError::Removed(folder.clone());
                unread = Some((folder.clone(), if is_there { error } else { lost() }));
            }
            Err(_) => {}
        }
    }
    if let Some((folder, head)) = newest {
        let reading = journal::read(&folder).ok();
        let is_done = reading.is_some_and(|reading| reading.state() == State::Done);
        let came_to = if is_done {
            CameTo::Done
        } else {
            CameTo::Unfinished(resume_of(&folder, &head))
        };
        return Ok(Some((head.id, came_to)));
    }
    Ok(unread.map(|(folder, error)| {
        let run = folder.file_name().unwrap_or_default().to_string_lossy();
        (run.into_owned(), CameTo::Unknown(error))
    }))
}

/// The same of a run that is just beginning to write, in that folder of runs.
pub fn still_not_done(binding: &Binding, runs: &Path) -> Result<(), JournalError> {
    not_done_before(binding).map_err(|failure| JournalError::Io {
        folder: runs.to_owned(),
        why: failure.what,
    })
}
