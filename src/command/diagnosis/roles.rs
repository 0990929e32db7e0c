//! Whether the role of the credentials has what scripts call.
//!
//! WHMCS looks at the role before anything else, so a read is simply sent, as
//! small as it gets: being refused for a parameter it lacks is as good as a reply.
//! A write is never sent: whether the role has it shows only when it is done.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::report::{DiagnosisReport, Step};
use crate::catalog::Action;
use crate::client::{ActionRef, CallErrorKind, Client, Params};
use crate::command::execution::host::files;
use crate::config::Resolved;
use crate::error::{Exit, Failure};
use crate::script::{Effects, Script};

/// What WHMCS says of an action it does not have.
const NO_ACTION: &str = "command not found";

/// What scripts call; nothing if there are none.
pub(super) fn needs(scripts: &[PathBuf]) -> Result<Option<Effects>, Failure> {
    let mut all: Option<Effects> = None;
    for path in scripts {
        let effects = Script::load(path)?.effects_offline(files(path.parent(), &[])?)?;
        all = Some(match all {
            Some(others) => others.and(effects),
            None => effects,
        });
    }
    Ok(all)
}

/// Tests what can be tested of it.
pub(super) fn test(
    needs: Option<&Effects>,
    client: &Client,
    resolved: &Resolved,
    report: &mut DiagnosisReport,
) -> Result<(), Failure> {
    let Some(needs) = needs else {
        return Ok(());
    };
    let start = Instant::now();
    let tested = allowed(needs, resolved).and_then(|()| sent(needs, client));
    if let Err(failure) = tested {
        report.failed(Step::Permissions, start.elapsed());
        return Err(failure);
    }
    let reads: Vec<&str> = needs.reads().map(|action| action.name).collect();
    if !reads.is_empty() {
        let detail = format!("may call {}", reads.join(", "));
        report.passed(Step::Permissions, &detail, start.elapsed());
    }
    let writes: Vec<&str> = needs.writes().map(|action| action.name).collect();
    if !writes.is_empty() {
        let detail = format!(
            "{}: a write cannot be tested without doing it; check that the role has them",
            writes.join(", ")
        );
        report.passed_over(Step::Permissions, &detail);
    }
    for name in needs.anything() {
        let detail = format!("the script does not show which action `{name}` would call");
        report.passed_over(Step::Permissions, &detail);
    }
    if reads.is_empty() && writes.is_empty() {
        report.passed(
            Step::Permissions,
            "the script calls nothing",
            Duration::ZERO,
        );
    }
    Ok(())
}

/// Refuses what the profile itself forbids.
fn allowed(needs: &Effects, resolved: &Resolved) -> Result<(), Failure> {
    let name = &resolved.server.name;
    let refused = needs.writes().find_map(|action| {
        let removal = needs.removal(action).into_iter();
        let params = removal.map(|param| (param.to_owned(), true.into()));
        let action = ActionRef::Known(action);
        resolved
            .access
            .admit(&action, &params.collect(), name)
            .err()
    });
    refused.map_or(Ok(()), |error| Err(Failure::of_call(&error)))
}

/// Sends every read; the first that the role lacks ends the test.
fn sent(needs: &Effects, client: &Client) -> Result<(), Failure> {
    for action in needs.reads() {
        let Err(error) = client.call(&ActionRef::Known(action), &smallest(action)) else {
            continue;
        };
        let is_missing = error.message.to_lowercase().starts_with(NO_ACTION);
        if error.kind == CallErrorKind::Api && !is_missing {
            continue;
        }
        return Err(Failure {
            exit: Exit::Server,
            ..Failure::of_call(&error)
        });
    }
    Ok(())
}

/// Parameters that make a reply small.
fn smallest(action: &Action) -> Params {
    let is_paged = action.list.as_ref().is_some_and(|list| list.paged);
    let mut params = Params::new();
    if is_paged && action.param("limitnum").is_some() {
        params.insert("limitnum".into(), 1.into());
    }
    params
}
