//! A script done to its end: with a record of what it did, its rows, and the words at
//! the end.

pub(super) mod admission;
pub(super) mod binding;
mod copies;
pub(super) mod counted;
mod damaged;
mod doubt;
#[cfg(test)]
mod edited_tests;
mod ending;
pub(super) mod faults;
pub(super) mod host;
pub(super) mod kept;
mod left_over;
pub(super) mod named;
pub(super) mod names;
mod not_met;
pub(super) mod on_end;
mod plan_use;
mod progress;
pub(super) mod pruned;
pub(super) mod record;
pub(super) mod row_tally;
pub(super) mod rows;
pub(super) mod run_object;
mod script_output;
pub(super) mod taken;
pub(super) mod takeover;
pub(super) mod undone;

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::invocation::resume_command;
use super::overwriting::{self, inputs};
use super::terminal::leave_with_the_reader;
use super::{Target, Terminal, interrupt};
use crate::cancel::Cancel;
use crate::config::{Resolved, runs_folder};
use crate::display::text::to_the_second;
use crate::error::{Exit, Facts, Failure};
use crate::run::invocation::{Invocation, Task};
use crate::run::journal::{self, Journal, Reading, State, Taking};
use crate::run::{BoundPlan, LazyJournal, Snapshots};
use crate::script::{Host, Script, Streams};
use admission::RowChanges;
use binding::Bind;
pub(super) use ending::set_down;
use host::{Given, are_whole, files, host};
use on_end::{Ended, do_on_end};
use record::{Recorded, Subject, ended_with_its_server};
use rows::Rows;
use script_output::ScriptOutput;
use takeover::Waiting;

/// What to do, on which server.
#[derive(Clone)]
pub(super) struct Options {
    /// What was asked.
    pub invocation: Invocation,
    /// The server.
    pub target: Target,
    /// The run to take up again.
    pub resume: Option<String>,
    /// The name by which the run is begun or taken up.
    pub name: Option<String>,
    /// Whether it is taken from a process that was not seen to end, or is a copy.
    pub takes_over: bool,
    /// What the user said of rows that are not what they were.
    pub changes: RowChanges,
    /// What it can read only once.
    pub streams: Streams,
    /// The command that is done when the run has ended.
    pub on_end: Option<String>,
    /// The plan it is held to, where it is to one.
    pub bind: Bind,
}

/// What a run reads only once, kept in the folder of its runs.
///
/// A run taken up by its name may be meant for other rows; one taken up by itself is not.
pub(super) fn streams(is_by_name: bool, terminal: Terminal) -> Result<Streams, Failure> {
    let streams = Streams::until(interrupt::watch()?)
        .compared(is_by_name)
        .telling(move |line| terminal.note(line));
    Ok(match runs_folder() {
        Ok(runs) => streams.staged_in(runs),
        // A rehearsal need not be kept.
        Err(_) => streams,
    })
}

/// The folder of the run that is taken up, where that can be said before it is.
pub(super) fn folder_taken_up(
    resume: Option<&str>,
    name: Option<&str>,
    asked: &Invocation,
) -> Option<PathBuf> {
    let id = match (resume, name) {
        (Some(names::LAST), _) => named::last(asked).ok()?,
        (Some(run), _) => run.to_owned(),
        (None, Some(name)) => named::reading(name, asked).ok()??.name(),
        (None, None) => return None,
    };
    names::folder(&runs_folder().ok()?, &id).ok()
}

/// Runs a script that was read, or written, already, and does what is wanted at its end; gives
/// the code that the script ended itself with.
pub(super) fn execute(
    script: &Script,
    options: &Options,
    terminal: Terminal,
) -> Result<u8, Failure> {
    let (mut recorded, host) = (OnceCell::new(), OnceCell::new());
    let result = perform(script, options, terminal, (&recorded, &host));
    let result = match &options.invocation.task {
        Task::Each(_) => result.map_err(without_place),
        _ => result,
    };
    if options.on_end.is_none() && !terminal.prints_object() {
        return result;
    }
    let reading = left(recorded.take());
    if let Some(command) = &options.on_end {
        let ended = Ended {
            reading: reading.as_ref(),
            host: host.get().map(String::as_str),
            subject: &options.invocation.task.name(),
            name: options.name.as_deref(),
            result: &result,
        };
        do_on_end(command, &ended, terminal);
    }
    if terminal.prints_object() {
        run_object::print(reading.as_ref(), options.name.as_deref(), &result, terminal);
    }
    result
}

/// The failure of a run of `each` without a place in a script that nobody wrote.
pub(super) fn without_place(failure: Failure) -> Failure {
    // What went wrong in rows stands there.
    if failure.exit == Exit::InDoubt || failure.is_about_rows {
        return failure;
    }
    let facts = failure.facts.map(|facts| {
        Box::new(Facts {
            place: None,
            ..*facts
        })
    });
    Failure {
        place: None,
        facts,
        ..failure
    }
}

/// What a run came to, which is let go of: others may want it while the command at its end
/// is done.
pub(super) fn left(recorded: Option<Recorded>) -> Option<Reading> {
    let folder = recorded.and_then(Recorded::leave)?;
    journal::read(&folder).ok()
}

/// Does what is wanted at the end of a run that could not even be begun: of that script or
/// file, and of that name.
pub(super) fn end_unbegun(
    on_end: Option<&str>,
    (subject, name): (&str, Option<&str>),
    failure: &Failure,
    terminal: Terminal,
) {
    let ended = Ended {
        reading: None,
        host: None,
        subject,
        name,
        result: &Err(failure.clone()),
    };
    if let Some(command) = on_end {
        do_on_end(command, &ended, terminal);
    }
    if terminal.prints_object() {
        run_object::print(None, name, &Err(failure.clone()), terminal);
    }
}

/// Runs the script to its end. The record, and the server's host, are put where the caller
/// finds them.
fn perform(
    script: &Script,
    options: &Options,
    terminal: Terminal,
    (kept, on): (&OnceCell<Recorded>, &OnceCell<String>),
) -> Result<u8, Failure> {
    are_whole(options.invocation.task.args())?;
    let log = options.target.log.file();
    overwriting::refuse("--log", log, inputs(&options.invocation))?;
    let cancel = interrupt::watch()?;
    let (resolved, sandbox) = options.target.resolve()?;
    on.get_or_init(|| resolved.host.clone());
    let (bound, options) = &held_to_plan(options, script, &resolved)?;
    let recorded = record(options, script, &resolved, (&cancel, terminal))?;
    let recorded = recorded.map(|recorded| kept.get_or_init(|| recorded));
    let lazy_journal = recorded.map(|recorded| Arc::clone(&recorded.lazy_journal));
    if let Some(recorded) = recorded.filter(|_| !options.target.sandbox) {
        let invocation = options.invocation.clone();
        recorded.resumed_by(move |id| resume_command(&invocation, id));
    }
    let own = script.name().to_owned();
    let rows = Rows::new(lazy_journal.clone(), terminal)
        .after(options.changes.clone())
        .beside(move || unfinished(&own));
    let rows = Arc::new(rows);
    let opened = options.target.open_resolved(
        resolved,
        sandbox,
        (lazy_journal.clone(), bound.clone()),
        &cancel,
        terminal,
    );
    let journal = lazy_journal
        .as_ref()
        .and_then(|lazy_journal| lazy_journal.begun());
    if let Some(moved) = journal.and_then(Journal::moved) {
        opened.session.run.allowance().moved_before(&moved.money);
    }
    let output = Arc::new(ScriptOutput::new(terminal, cancel.clone()));
    let given = Given {
        invocation: Some(&options.invocation),
        output: output.clone(),
        rows: rows.clone(),
        recorded,
        streams: options.streams.clone(),
    };
    let host = Arc::new(host(&opened.session, &options.target, given, cancel)?);
    if host.run.is_guarded() {
        let snapshots = recorded.map(|recorded| recorded.snapshots);
        let is_asked = options.target.yes.is_none();
        confirm(
            script,
            &host,
            snapshots.unwrap_or_default(),
            is_asked,
            terminal,
        )?;
    }
    if !host.run.server().not_processed.is_empty() && script.effects(Arc::clone(&host))?.may_write()
    {
        host.run.tell_not_processed();
    }
    let result = run_to_verdict(script, host, &rows, lazy_journal.as_deref());
    let result = match result {
        Ok(()) if !options.changes.accepted => not_met::verdict(lazy_journal.as_deref()),
        result => result,
    };
    let result = binding::verdict(result, bound.as_ref(), lazy_journal.as_deref(), terminal);
    let has_begun = lazy_journal.is_some_and(|lazy_journal| lazy_journal.begun().is_some());
    if output.is_hung_up() && !has_begun {
        options.streams.forget();
        leave_with_the_reader();
    }
    let result = output.verdict(result, has_begun);
    let Some(recorded) = recorded else {
        return output.code(result);
    };
    let resume = recorded
        .name()
        // One that was done before does no more, also when it is resumed by itself.
        .filter(|_| !options.target.sandbox && recorded.done().is_none())
        .map(|name| resume_command(&options.invocation, name));
    let rows_of = (&*rows, options.target.limits.shard);
    let ended = ending::conclude(recorded, rows_of, resume, result, terminal);
    if let (Ok(()), Some(name), Some(done)) = (&ended, &options.name, recorded.done()) {
        let done = to_the_second(done);
        terminal.note(&format!("run `{name}` was already done, at {done}"));
    }
    output.code(ended)
}

/// Runs the script; how it ended, with the writes it left in doubt and with what it may have
/// caught.
pub(super) fn run_to_verdict(
    script: &Script,
    host: Arc<Host>,
    rows: &Rows,
    lazy_journal: Option<&LazyJournal>,
) -> Result<(), Failure> {
    let run = Arc::clone(&host.run);
    let result = script.run(host).and_then(|()| {
        let verdict = rows.verdict();
        if verdict.is_ok() {
            // A journal that cannot be used says so when the run's end is written down.
            let _ = run.settle_overtaken();
        }
        doubt::add_doubts(verdict, lazy_journal)
    });
    let is_told = matches!(&result, Err(failure) if failure.exit == Exit::InDoubt);
    let has_stopped = run.allowance().doubted().is_some();
    let result = if !is_told && (has_stopped || doubt::is_unwritable(lazy_journal)) {
        doubt::add_doubts(result, lazy_journal)
    } else {
        result
    };
    faults::whatever_was_caught(result, &run)
}

/// The commands that resume runs of a script of that name which are not finished, the
/// newest first.
fn unfinished(script: &str) -> Vec<String> {
    let named = |path: &str| Path::new(path).file_name().map(ToOwned::to_owned);
    let its = names::unfinished(|head| named(&head.script()) == named(script));
    its.iter()
        .filter(|reading| reading.state() != State::Running)
        .map(|reading| names::resume_of(reading.folder(), reading.head()))
        .collect()
}

/// The plan that the run is held to, where it is to one, and what is asked with that in it.
fn held_to_plan(
    options: &Options,
    script: &Script,
    resolved: &Resolved,
) -> Result<(Option<Arc<BoundPlan>>, Options), Failure> {
    let modules = match &options.bind.plan {
        Some(_) => modules(options, script)?,
        None => return Ok((None, options.clone())),
    };
    let subject = subject(options, (script, &modules), resolved);
    let bound = binding::bound(&options.bind, &subject)?;
    let bind = bound
        .as_ref()
        .and_then(|bound| binding::binding(&options.bind, bound));
    let is_new = options.resume.is_none() && options.name.is_none() && !options.target.sandbox;
    if let Some(bind) = bind.as_ref().filter(|_| is_new && !options.bind.again) {
        plan_use::not_done_before(bind)?;
    }
    let invocation = Invocation {
        bind,
        ..options.invocation.clone()
    };
    let options = Options {
        invocation,
        ..options.clone()
    };
    Ok((bound.map(Arc::new), options))
}

/// The modules that the script imports.
fn modules(options: &Options, script: &Script) -> Result<Vec<Script>, Failure> {
    let task = &options.invocation.task;
    Ok(script.imported(files(task.folder(), task.args())?))
}

/// What the run is of.
fn subject<'s>(
    options: &'s Options,
    (script, modules): (&'s Script, &'s [Script]),
    resolved: &Resolved,
) -> Subject<'s> {
    Subject {
        invocation: &options.invocation,
        text: script.text(),
        modules,
        profile: resolved.server.name.clone(),
        host: resolved.host.clone(),
        path: resolved.path.clone(),
        not_processed: resolved.server.not_processed.clone(),
        name: options.name.clone(),
        streams: options.streams.clone(),
        binds_again: options.bind.again,
        does_again: options.changes.again,
    }
}

/// The record of the run; a rehearsal is not kept from running where none can be kept.
fn record(
    options: &Options,
    script: &Script,
    resolved: &Resolved,
    (cancel, terminal): (&Cancel, Terminal),
) -> Result<Option<Recorded>, Failure> {
    let modules = modules(options, script)?;
    let subject = subject(options, (script, &modules), resolved);
    match (&options.resume, &options.name) {
        (Some(_), _) if options.target.sandbox => Err(ended_with_its_server()),
        (Some(run), _) => {
            let run = match run.as_str() {
                names::LAST => named::last(&options.invocation)?,
                run => run.to_owned(),
            };
            let taking = taking(options, Waiting::for_run(&run, Some(cancel), terminal));
            Recorded::resume(&run, &subject, &runs_folder()?, (&taking, terminal)).map(Some)
        }
        (None, Some(name)) => {
            let waiting = Waiting::for_run(name, Some(cancel), terminal);
            by_name(name, &subject, (options, &waiting), terminal).map(Some)
        }
        (None, None) if options.target.sandbox => Ok(runs_folder()
            .ok()
            .map(|runs| Recorded::begin(&subject, Ok(runs), || {}))),
        (None, None) => {
            left_over::refuse(options.invocation.task.args())?;
            match &options.invocation.bind {
                Some(_) if options.bind.again => {}
                Some(bind) => {
                    plan_use::not_done_before(bind)?;
                    damaged::refuse(&options.invocation)?;
                }
                None => damaged::refuse(&options.invocation)?,
            }
            let asked = options.invocation.clone();
            let tell = move || {
                named::tell_unfinished(&asked, terminal);
                damaged::tell_unknown(&asked, terminal);
            };
            Ok(Some(Recorded::begin(&subject, runs_folder(), tell)))
        }
    }
}

/// How a run is taken that is resumed.
fn taking(options: &Options, waiting: Waiting) -> Taking {
    let taking = waiting.taking();
    if options.takes_over {
        taking.over()
    } else {
        taking
    }
}

/// The run of that name: begun, taken up, or gone through once more where it is done.
fn by_name(
    name: &str,
    subject: &Subject,
    (options, waiting): (&Options, &Waiting),
    terminal: Terminal,
) -> Result<Recorded, Failure> {
    // Until the run is there, or is this process's.
    let _lock = named::lock(name, waiting)?;
    let part = subject.invocation.part();
    let Some(found) = named::find(name, subject.invocation, waiting)? else {
        left_over::refuse(subject.invocation.task.args())?;
        let bind = subject.invocation.bind.as_ref();
        if let Some(bind) = bind.filter(|_| !subject.binds_again) {
            plan_use::not_done_before(bind)?;
        }
        damaged::tell(subject.invocation, terminal)?;
        let recorded = Recorded::begin(subject, runs_folder(), || {});
        let begun = recorded.lazy_journal.journal();
        begun.map_err(|error| names::failed(&error))?;
        if let Some(run) = recorded.name().filter(|_| !options.target.sandbox) {
            taken::keep(name, &part, run)?;
        }
        return Ok(recorded);
    };
    let taking = taking(options, waiting.clone()).by_name();
    let recorded = Recorded::resume(&found.run, subject, &runs_folder()?, (&taking, terminal))?;
    // A run of an earlier version has none yet.
    taken::keep(name, &part, &found.run)?;
    Ok(match found.done {
        Some(done) => recorded.finished(done, pruned::other_name(name)),
        None => recorded,
    })
}

/// Shows what the script could do to a production server, and asks where `--yes` does
/// not answer; then what it shows is a remark.
fn confirm(
    script: &Script,
    host: &Arc<Host>,
    snapshots: Snapshots,
    is_asked: bool,
    terminal: Terminal,
) -> Result<(), Failure> {
    let effects = script.effects(Arc::clone(host))?;
    if !effects.may_write() {
        return Ok(());
    }
    let words = effects.words(snapshots);
    let told = format!("`{}` {words}", script.name());
    if is_asked {
        terminal.alert(&told);
    } else {
        terminal.note(&told);
    }
    host.run.confirm().map_err(|refused| {
        let failure = Failure::usage(refused.what);
        refused.hint.into_iter().fold(failure, Failure::hint)
    })
}
