//! `whmcsh runs undo`: bring back what a run's updates replaced.
//!
//! It is a run of its own, with a journal and a name: what it writes is on the
//! disk before it leaves, and can be undone again. Killed and begun anew, it finds
//! what is back already by looking.

mod report;

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use super::execution::left;
use super::execution::names;
use super::execution::on_end::{Ended, do_on_end};
use super::execution::record::{Recorded, Subject, same_server};
use super::execution::takeover::Waiting;
use super::invocation::undo_command;
use super::{Target, Terminal, interrupt};
use crate::client::{CallError, CallErrorKind, Delivery, Entities};
use crate::config::{Choice, Resolved, runs_folder};
use crate::error::{Exit, Failure};
use crate::run::invocation::{Task, UndoOf};
use crate::run::journal::{self, Head, Held, Reading, State};
use crate::run::undo::{DoneWrites, Trail};
use crate::run::{Run, Snapshots};
use crate::script::Streams;
use report::UndoReport;

/// What is to be undone, and how.
#[derive(Clone, Debug)]
pub struct UndoOptions {
    /// The run's name.
    pub run: String,
    /// The server, if it is not to be the run's own profile.
    pub target: Target,
    /// Whether only to say what would be done.
    pub only_say: bool,
    /// Whether to print JSON.
    pub json: bool,
    /// The command that is done when the undo has ended.
    pub on_end: Option<String>,
}

/// Undoes what can be undone of a run, says what cannot, and does what is wanted at its end.
pub fn undo(options: &UndoOptions, terminal: Terminal) -> Result<(), Failure> {
    let (mut recorded, host) = (OnceCell::new(), OnceCell::new());
    let meant = meant(&options.run);
    let run = meant.as_deref().unwrap_or(&options.run).to_owned();
    let result = meant.and_then(|run| {
        let options = UndoOptions {
            run,
            ..options.clone()
        };
        perform(&options, terminal, (&recorded, &host))
    });
    if let Some(command) = &options.on_end {
        let reading = left(recorded.take());
        let ended = Ended {
            reading: reading.as_ref(),
            host: host.get().map(String::as_str),
            subject: &task(&run).name(),
            name: None,
            result: &result.clone().map(|()| 0),
        };
        do_on_end(command, &ended, terminal);
    }
    result
}

/// Undoes the run. The record, and the server's host, are put where the caller finds them.
fn perform(
    options: &UndoOptions,
    terminal: Terminal,
    (kept, on): (&OnceCell<Recorded>, &OnceCell<String>),
) -> Result<(), Failure> {
    let cancel = interrupt::watch()?;
    let (reading, _held) = read(options, terminal)?;
    let resolved = resolve(&options.target.choice, reading.head())?;
    on.get_or_init(|| resolved.host.clone());
    let actions = actions(&reading, resolved.server.entities)?;
    let recorded = kept.get_or_init(|| record(options, &resolved));
    let undone = options.run.clone();
    recorded.resumed_by(move |_| undo_command(&undone));
    let lazy_journal = Some(Arc::clone(&recorded.lazy_journal));
    let opened =
        options
            .target
            .open_resolved(resolved, None, (lazy_journal, None), &cancel, terminal);
    let run = &opened.session.run;
    if !options.only_say {
        run.tell_not_processed();
    }
    if run.is_guarded() && !options.only_say && !actions.trails().is_empty() {
        confirm(options, &actions, run, terminal)?;
    }
    let mut report = UndoReport::new(options.only_say, actions.beyond.iter());
    let stopped = bring_back(actions.trails(), run, options, &mut report);
    let result = match stopped {
        Some(error) => Err(report.verdict_beside(Failure::of_call(&error))),
        None => report.verdict(),
    };
    let finished = recorded.finish(result.as_ref().err());
    let terminal = if options.only_say {
        terminal
    } else {
        terminal.after("the updates that could be undone were undone")
    };
    let id = recorded.name().filter(|_| !options.only_say);
    if options.json {
        terminal.data(&format!("{:#}", report.json(&options.run, id)));
    } else {
        report.print(&options.run, id, terminal);
    }
    result.and(finished).map_err(|failure| match failure.exit {
        Exit::Interrupted | Exit::Server | Exit::InDoubt | Exit::Limit => {
            failure.and_then(format!("to resume, run: {}", undo_command(&options.run)))
        }
        _ => failure,
    })
}

/// The run that is meant: for `last`, the newest one that is not an undo itself.
fn meant(run: &str) -> Result<String, Failure> {
    if run != names::LAST {
        return Ok(run.to_owned());
    }
    let is_undoable = |run: &names::Listed| match &run.told {
        Ok((reading, _)) => {
            let head = reading.head();
            !head.is_rehearsal() && !matches!(head.invocation.task, Task::Undo(_))
        }
        Err(_) => true,
    };
    let found = names::listed()?.into_iter().find(is_undoable);
    found
        .map(|run| run.name)
        .ok_or_else(|| Failure::usage("there is no run to undo").hint("`whmcsh runs` lists them"))
}

/// The journal of a run that can be undone.
///
/// Nobody else resumes or undoes it meanwhile: what two bring back at once, neither can tell.
fn read(options: &UndoOptions, terminal: Terminal) -> Result<(Reading, Option<Held>), Failure> {
    let name = &options.run;
    let folder = names::folder(&runs_folder()?, name)?;
    let reading = journal::read(&folder).map_err(|error| names::failed(&error))?;
    if reading.state() == State::Running {
        let what = format!("run `{name}` is in progress, or being undone; nothing was sent");
        return Err(
            Failure::new(Exit::Server, what).hint("try again when it has ended, or interrupt it")
        );
    }
    if reading.head().is_rehearsal() {
        let ended = format!("run `{name}` used a sandbox that ended with it");
        return Err(Failure::usage(ended));
    }
    let taking = Waiting::for_run(name, None, terminal).taking();
    let held = (!options.only_say).then(|| journal::hold(&folder, &taking));
    let held = held.transpose().map_err(|error| names::failed(&error))?;
    Ok((reading, held))
}

/// What the run did.
fn actions(reading: &Reading, entities: Entities) -> Result<DoneWrites, Failure> {
    let mut actions = DoneWrites::on(entities);
    let each = |kept| actions.add(kept, &reading.head().profile);
    reading.kept(each).map_err(|error| names::failed(&error))?;
    Ok(actions)
}

/// The run's own server, by its profile or another one of the same host.
fn resolve(choice: &Choice, head: &Head) -> Result<Resolved, Failure> {
    let resolved = match choice.profile {
        Some(_) => choice.resolve()?,
        None => choice.resolve_other(&head.profile)?,
    };
    same_server(head, &resolved.host, &resolved.path)
        .map_err(|failure| failure.hint(format!("undo it with `--profile {}`", head.profile)))?;
    Ok(resolved)
}

fn task(run: &str) -> Task {
    Task::Undo(UndoOf {
        run: run.to_owned(),
    })
}

fn record(options: &UndoOptions, resolved: &Resolved) -> Recorded {
    let asked =
        options
            .target
            .invocation(task(&options.run), BTreeSet::new(), Some(Snapshots::All));
    let subject = Subject {
        invocation: &asked,
        text: "",
        modules: &[],
        profile: resolved.server.name.clone(),
        host: resolved.host.clone(),
        path: resolved.path.clone(),
        not_processed: resolved.server.not_processed.clone(),
        name: None,
        streams: Streams::default(),
        binds_again: false,
        does_again: false,
    };
    Recorded::begin(&subject, runs_folder(), || {})
}

fn confirm(
    options: &UndoOptions,
    actions: &DoneWrites,
    run: &Run,
    terminal: Terminal,
) -> Result<(), Failure> {
    let count = actions.trails().len();
    let records = if count == 1 { "record" } else { "records" };
    let told = format!("undoing `{}` may restore {count} {records}", options.run);
    if options.target.yes.is_none() {
        terminal.alert(&told);
    } else {
        terminal.note(&told);
    }
    run.confirm().map_err(|refused| {
        let failure = Failure::usage(refused.what);
        refused.hint.into_iter().fold(failure, Failure::hint)
    })
}

/// Brings records back, several at once; what stops it before the end.
fn bring_back(
    trails: &[Trail],
    run: &Run,
    options: &UndoOptions,
    report: &mut UndoReport,
) -> Option<CallError> {
    let next = AtomicUsize::new(0);
    let stopped = OnceLock::new();
    let report = Mutex::new(report);
    let work = || {
        while stopped.get().is_none()
            && let Some(trail) = trails.get(next.fetch_add(1, Ordering::SeqCst))
        {
            let result = run.undo(trail, options.only_say);
            // A report is whole between any two of its additions.
            let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
            match result {
                Ok(undone) => report.add(trail, undone),
                Err(error) if error.delivery == Delivery::InDoubt => report.in_doubt(trail, &error),
                // The server has nothing against the next record.
                Err(error)
                    if matches!(error.kind, CallErrorKind::Api | CallErrorKind::Parameter) =>
                {
                    report.refused(trail, &error);
                }
                // The first is the one that is told.
                Err(error) => _ = stopped.set(error),
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..options.target.limits.workers.unwrap_or(1) {
            scope.spawn(work);
        }
        work();
    });
    stopped.into_inner()
}
