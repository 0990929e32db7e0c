//! `whmcsh plan`: what a script would do, without doing it.
//!
//! Reads are sent, writes are told. Nothing is journaled, and no file is written
//! but the one that `--out` names. What the script itself says goes to standard
//! error, so that standard output holds the plan and nothing else.

mod json;
mod keeper;
pub(super) mod shown;
mod spool;
mod subject;
mod text;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::run::{are_whole, files, host, orders};
use super::{Target, Terminal, faults, interrupt, runs};
use crate::error::Failure;
use crate::run::plan::Plan;
use crate::script::{Output, Script};
use crate::secrets::without_secret_words;
use json::Out;
use keeper::Keeper;
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
    /// The file that is to hold the whole plan.
    pub out: Option<PathBuf>,
    /// Whether to print the whole plan as JSON.
    pub json: bool,
    /// Further words of the command line that the run itself needs as well.
    pub more: Vec<String>,
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
pub fn plan(options: &Options, terminal: Terminal) -> Result<(), Failure> {
    let script = Script::load(&options.script)?;
    plan_script(&script, options, terminal)
}

/// Plans a script that was read, or written, already.
pub(super) fn plan_script(
    script: &Script,
    options: &Options,
    terminal: Terminal,
) -> Result<(), Failure> {
    are_whole(&options.args)?;
    let cancel = interrupt::watch()?;
    let out = options.out.as_deref().map(Out::create).transpose()?;
    let folder = spool_folder(out.as_ref(), options.json);
    let keeper = Arc::new(Keeper::new(folder.as_deref(), terminal)?);
    let main = Arc::clone(&keeper);
    let plan = Arc::new(Plan::new(move |write| main.script(write)));
    let (resolved, sandbox) = options.target.resolve()?;
    let mut subject = Subject {
        script: script.name().to_owned(),
        server: resolved.server.name.clone(),
        host: resolved.host.clone(),
        production: resolved.production,
        limits: options.target.limits.clone(),
        command: command(script, options),
        error: None,
    };
    let target = &options.target;
    let opened = target.open_planned(resolved, sandbox, Arc::clone(&plan), &cancel, terminal);
    let files = files(options.script.parent(), &options.args)?;
    let mut host = host(&opened.session, target, files, cancel, terminal);
    host.output = Arc::new(Aside(terminal));
    host.args.clone_from(&options.args);
    host.env.clone_from(&options.allow_env);
    host.orders = orders(&target.limits);
    host.rows = Arc::new(keeper::RowsOf(Arc::clone(&keeper), Arc::clone(&plan)));
    let result = script.run(Arc::new(host));
    subject.error = result.as_ref().err().map(|failure| failure.what.clone());
    show(&subject, &plan, &keeper, out, options.json, terminal)?;
    let result = result.and_then(|()| keeper.verdict());
    faults::whatever_was_caught(result, &opened.session.run)
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
    keeper: &Keeper,
    out: Option<Out>,
    is_json: bool,
    terminal: Terminal,
) -> Result<(), Failure> {
    keeper.broken_off(plan);
    keeper.intact()?;
    if let Some(out) = out {
        out.write(subject, plan, keeper)?;
    }
    if is_json {
        json::print(subject, plan, keeper, terminal)?;
        return Ok(());
    }
    // A script that failed before its first write has nothing to show but why.
    if subject.error.is_none() || !plan.tallies().is_empty() {
        text::print(subject, plan, keeper, terminal);
    }
    Ok(())
}

/// The command that does what was planned.
fn command(script: &Script, options: &Options) -> String {
    let mut words = without_secret_words(&options.args);
    if options.target.sandbox {
        words.push("--sandbox".to_owned());
    }
    words.extend(options.target.words());
    for name in &options.allow_env {
        words.extend(["--allow-env".to_owned(), name.clone()]);
    }
    words.extend(options.more.iter().cloned());
    runs::run_command(script.name(), &words)
}
