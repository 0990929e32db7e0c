//! That a plan is carried out once: by one run, which goes on with it.

use std::path::Path;

use super::names::{self, resume_of};
use crate::error::Failure;
use crate::run::invocation::Binding;
use crate::run::journal::{self, JournalError, State};

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

/// Refuses a plan that a run did already, or has begun to do.
pub fn not_done_before(binding: &Binding) -> Result<(), Failure> {
    let Some((run, resume, is_done)) = done_before(binding)? else {
        return Ok(());
    };
    let plan = binding.plan.display();
    Err(if is_done {
        refused(format!("run `{run}` already carried out the plan `{plan}`")).hint(format!(
            "make a new plan; add `{BIND_AGAIN}` only to do all of it once more"
        ))
    } else {
        refused(format!(
            "run `{run}` has begun to carry out the plan `{plan}` and is not finished"
        ))
        .hint(format!(
            "resume it: {resume}; add `{BIND_AGAIN}` only to do all of it once more"
        ))
    })
}

/// The newest run of that plan: its name, the command that resumes it, and whether it is done.
fn done_before(binding: &Binding) -> Result<Option<(String, String, bool)>, Failure> {
    let runs = names::folders()?.into_iter().filter_map(|folder| {
        let head = journal::read_head(&folder).ok()?;
        let began = head.invocation.bind.as_ref()?;
        (began.digest == binding.digest && !head.is_rehearsal()).then_some((folder, head))
    });
    let newest = runs.max_by(|one, other| one.1.started.cmp(&other.1.started));
    let Some((folder, head)) = newest else {
        return Ok(None);
    };
    let reading = journal::read(&folder).ok();
    let is_done = reading.is_some_and(|reading| reading.state() == State::Done);
    Ok(Some((head.id.clone(), resume_of(&folder, &head), is_done)))
}

/// The same of a run that is just beginning to write, in that folder of runs.
pub fn still_not_done(binding: &Binding, runs: &Path) -> Result<(), JournalError> {
    let why = match done_before(binding) {
        Ok(None) => return Ok(()),
        Ok(Some((run, ..))) => format!("run `{run}` has begun to carry out the same plan"),
        Err(failure) => failure.what,
    };
    Err(JournalError::Io {
        folder: runs.to_owned(),
        why,
    })
}
