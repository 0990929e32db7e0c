//! `whmcsh plan`: what a script would do, without doing it.
//!
//! Reads are sent, writes are told. Nothing is journaled, and no file is written
//! but the one that `--out` names. What the script itself says goes to standard
//! error, so that standard output holds the plan and nothing else.

mod entry;
mod json;
mod plan_store;
pub(super) mod shown;
mod spool;
mod subject;
mod text;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::execution::faults;
use super::execution::host::{Given, are_whole, host};
use super::invocation::run_command;
use super::overwriting::{self, inputs};
use super::{Target, Terminal, interrupt};
use crate::error::Failure;
use crate::run::invocation::{Invocation, ScriptCall, Task};
use crate::run::plan::Plan;
use crate::script::{Output, Script, Streams};
use json::Out;
use plan_store::{PlanStore, RowsOf};
use subject::Subject;

/// What to plan, for which server, and how to show it.
#[derive(Debug)]
pub struct Options {
    /// The script.
    pub script: PathBuf,
    /// What it finds in `args`.
    pub args: Vec<String>,
    /// The server.
    pub target: Target,
    /// The environment variables it may read.
    pub allow_env: BTreeSet<String>,
    /// How the plan is wanted.
    pub wanted: Wanted,
}

/// How a plan is wanted, besides the page for people.
#[derive(Debug)]
pub struct Wanted {
    /// The file that is to hold the whole plan.
    pub out: Option<PathBuf>,
    /// Whether to print the whole plan as JSON.
    pub json: bool,
}

/// What a script prints is no part of the plan.
struct Aside(Terminal);

impl Output for Aside {
    fn print(&self, line: &str) {
        self.0.note(line);
    }

    fn note(&self, line: &str) {
        self.0.note(line);
    }
}

/// Goes through the script and shows what it would do.
pub fn plan(options: Options, terminal: Terminal) -> Result<(), Failure> {
    let script = Script::load(&options.script)?;
    let task = Task::Script(ScriptCall {
        path: options.script,
        args: options.args,
    });
    let asked = options.target.invocation(task, options.allow_env, None);
    let streams = Streams::until(interrupt::watch()?);
    plan_script(
        &script,
        &asked,
        &options.target,
        &options.wanted,
        streams,
        terminal,
    )
}

/// Plans a script that was read, or written, already.
pub(super) fn plan_script(
    script: &Script,
    asked: &Invocation,
    target: &Target,
    wanted: &Wanted,
    streams: Streams,
    terminal: Terminal,
) -> Result<(), Failure> {
    are_whole(asked.task.args())?;
    let cancel = interrupt::watch()?;
    spare_what_is_read(asked, target, wanted)?;
    let out = wanted.out.as_deref().map(Out::create).transpose()?;
    let folder = spool_folder(out.as_ref(), wanted.json);
    let store = Arc::new(PlanStore::new(folder.as_deref(), terminal)?);
    let main = Arc::clone(&store);
    let plan = Arc::new(Plan::new(move |write| main.script(write)));
    let (resolved, sandbox) = target.resolve()?;
    let mut subject = Subject {
        script: script.name().to_owned(),
        server: resolved.server.name.clone(),
        host: resolved.host.clone(),
        production: resolved.production,
        limits: target.limits.of_shard(),
        command: run_command(asked),
        error: None,
    };
    let opened = target.open_planned(resolved, sandbox, Arc::clone(&plan), &cancel, terminal);
    let given = Given {
        invocation: Some(asked),
        output: Arc::new(Aside(terminal)),
        rows: Arc::new(RowsOf(Arc::clone(&store), Arc::clone(&plan))),
        recorded: None,
        streams,
    };
    let host = host(&opened.session, target, given, cancel)?;
    let result = script.run(Arc::new(host));
    subject.error = result.as_ref().err().map(|failure| failure.what.clone());
    show(&subject, &plan, &store, out, wanted.json, terminal)?;
    let result = result.and_then(|()| store.verdict());
    faults::whatever_was_caught(result, &opened.session.run)
}

/// Refuses a plan or a log in the place of what is read, or of each other.
fn spare_what_is_read(asked: &Invocation, target: &Target, wanted: &Wanted) -> Result<(), Failure> {
    let (out, log) = (wanted.out.as_deref(), target.log.file());
    overwriting::refuse("--log", log, inputs(asked))?;
    overwriting::refuse("--out", out, inputs(asked))?;
    overwriting::refuse("--out", out, target.choice.path().ok().as_deref())?;
    overwriting::refuse("--out", out, log)
}

/// Where all rows are kept until they are written: on the disk that is to hold them, where
/// there is one.
fn spool_folder(out: Option<&Out>, is_json: bool) -> Option<PathBuf> {
    let beside = out.and_then(Out::folder).map(Path::to_owned);
    beside.or_else(|| (out.is_some() || is_json).then(std::env::temp_dir))
}

fn show(
    subject: &Subject,
    plan: &Plan,
    store: &PlanStore,
    out: Option<Out>,
    is_json: bool,
    terminal: Terminal,
) -> Result<(), Failure> {
    store.broken_off(plan);
    store.intact()?;
    if let Some(out) = out {
        out.write(subject, plan, store)?;
    }
    if is_json {
        json::print(subject, plan, store, terminal)?;
        return Ok(());
    }
    // A script that failed before its first write has nothing to show but why.
    if subject.error.is_none() || !plan.tallies().is_empty() {
        text::print(subject, plan, store, terminal);
    }
    Ok(())
}
