//! `whmcsh plan`: what a script would do, without doing it.
//!
//! Reads are sent, writes are told. Nothing is journaled, and no file is written
//! but the one that `--out` names. What the script itself says goes to standard
//! error, so that standard output holds the plan and nothing else.

mod approve;
mod csv;
mod entry;
mod html;
mod json;
mod plan_store;
pub(super) mod shown;
mod spool;
mod subject;
mod text;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::execution::binding::made_of;
use super::execution::faults;
use super::execution::host::{Given, are_whole, files, host};
use super::invocation::{bound_command, run_command};
use super::out::Out;
use super::overwriting::{self, inputs};
use super::{Target, Terminal, interrupt};
use crate::error::Failure;
use crate::run::invocation::{Invocation, ScriptCall, Task};
use crate::run::plan::Plan;
use crate::run::plan::bound::MadeOf;
use crate::script::{Output, Script, Streams};
pub use approve::{ToApprove, approve};
use plan_store::{PlanStore, RowsOf};
use subject::PlanSubject;

/// What to plan, for which server, and how to show it.
#[derive(Debug)]
pub struct PlanOptions {
    /// The script.
    pub script: PathBuf,
    /// What it finds in `args`.
    pub args: Vec<String>,
    /// What it finds there by its name, for arguments that it declares.
    pub named: Vec<(String, String)>,
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
    /// The file that is to hold a page of it.
    pub html: Option<PathBuf>,
    /// The file that is to hold a table of it.
    pub csv: Option<PathBuf>,
}

/// What a script prints is no part of what the command gives.
pub(super) struct Aside(pub Terminal);

impl Output for Aside {
    fn print(&self, line: &str) {
        self.0.note(line);
    }

    fn note(&self, line: &str) {
        self.0.note(line);
    }

    fn exit(&self, code: u8) -> bool {
        let told = format!("the script ends itself here with `exit({code})`");
        self.0.note(&told);
        true
    }
}

/// Goes through the script and shows what it would do.
///
/// Gives whether anything would change on a server.
pub fn plan(options: PlanOptions, terminal: Terminal) -> Result<bool, Failure> {
    let script = Script::load(&options.script)?;
    let task = Task::Script(ScriptCall {
        path: options.script,
        args: script.arguments(options.args, &options.named)?,
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
) -> Result<bool, Failure> {
    are_whole(asked.task.args())?;
    let cancel = interrupt::watch()?;
    spare_what_is_read(asked, target, wanted)?;
    let create = |path: &Option<PathBuf>| path.as_deref().map(Out::create).transpose();
    let outs = Files {
        json: create(&wanted.out)?,
        html: create(&wanted.html)?,
        csv: create(&wanted.csv)?,
    };
    let folder = outs.folder(wanted.json);
    let store = Arc::new(PlanStore::new(folder.as_deref(), terminal)?);
    let main = Arc::clone(&store);
    let plan = Arc::new(Plan::new(move |write| main.script(write)));
    let (resolved, sandbox) = target.resolve()?;
    let mut subject = PlanSubject {
        id: format!("{:032x}", rand::random::<u128>()),
        made_at: Timestamp::now(),
        script: script.name().to_owned(),
        server: resolved.server.name.clone(),
        host: resolved.host.clone(),
        production: resolved.production,
        limits: target.limits.of_shard(),
        command: run_command(asked),
        bound_command: wanted.out.as_ref().map(|plan| bound_command(asked, plan)),
        made_of: MadeOf::default(),
        error: None,
    };
    let own = (
        resolved.server.name.clone(),
        format!("{}{}", resolved.host, resolved.path),
    );
    let opened = target.open_planned(resolved, sandbox, Arc::clone(&plan), &cancel, terminal);
    let given = Given {
        invocation: Some(asked),
        output: Arc::new(Aside(terminal)),
        rows: Arc::new(RowsOf(Arc::clone(&store), Arc::clone(&plan))),
        recorded: None,
        streams,
    };
    let host = host(&opened.session, target, given, cancel)?;
    let read = host.files.noted.clone();
    let result = script.run(Arc::new(host));
    let modules = script.imported(files(asked.task.folder(), asked.task.args())?);
    let servers = std::iter::once(own).chain(plan.servers()).collect();
    subject.made_of = made_of(asked, (script.text(), &modules), &read.paths(), servers);
    subject.error = result.as_ref().err().cloned();
    show(&subject, &plan, &store, outs, wanted.json, terminal)?;
    let result = result.and_then(|()| store.verdict());
    faults::whatever_was_caught(result, &opened.session.run)?;
    let mut tallies = plan.tallies().into_values();
    Ok(tallies.any(|tally| tally.count > tally.idle))
}

/// Refuses a plan or a log in the place of what is read, or of each other.
fn spare_what_is_read(asked: &Invocation, target: &Target, wanted: &Wanted) -> Result<(), Failure> {
    let log = target.log.file();
    overwriting::refuse("--log", log, inputs(asked))?;
    let outs = [
        ("--out", &wanted.out),
        ("--html", &wanted.html),
        ("--csv", &wanted.csv),
    ];
    for (option, out) in outs {
        let out = out.as_deref();
        overwriting::refuse(option, out, inputs(asked))?;
        overwriting::refuse(option, out, target.choice.path().ok().as_deref())?;
        overwriting::refuse(option, out, log)?;
    }
    Ok(())
}

/// The files that are to hold the plan.
struct Files {
    json: Option<Out>,
    html: Option<Out>,
    csv: Option<Out>,
}

impl Files {
    /// Where all rows are kept until they are written: on the disk that is to hold them,
    /// where there is one.
    fn folder(&self, is_json: bool) -> Option<PathBuf> {
        let outs = [&self.json, &self.html, &self.csv];
        let outs: Vec<&Out> = outs.into_iter().flatten().collect();
        let beside = outs.iter().find_map(|out| out.folder()).map(Path::to_owned);
        beside.or_else(|| (!outs.is_empty() || is_json).then(std::env::temp_dir))
    }

    fn write(self, subject: &PlanSubject, plan: &Plan, store: &PlanStore) -> Result<(), Failure> {
        if let Some(out) = self.json {
            out.write(subject, plan, store)?;
        }
        if let Some(out) = self.html {
            out.fill(|file| html::write(file, subject, plan, store))?;
        }
        if let Some(out) = self.csv {
            out.fill(|file| csv::write(file, plan, store))?;
        }
        Ok(())
    }
}

fn show(
    subject: &PlanSubject,
    plan: &Plan,
    store: &PlanStore,
    outs: Files,
    is_json: bool,
    terminal: Terminal,
) -> Result<(), Failure> {
    store.broken_off(plan);
    store.intact()?;
    outs.write(subject, plan, store)?;
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
