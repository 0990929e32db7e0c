//! `whmcsh run`: do what a script says.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::execution::{self, end_unbegun, execute, names};
use super::{Target, Terminal};
use crate::config::runs_folder;
use crate::error::Failure;
use crate::run::invocation::{ScriptCall, Task};
use crate::run::journal;
use crate::script::Script;

pub use super::execution::admission::RowChanges;
pub use super::execution::binding::Bind;
pub use super::execution::names::LAST;
pub use crate::run::bulk::{Limit, Shard};
pub use crate::run::money::amount::Money;
pub use crate::run::{Limits, MAX_DELETES, MAX_DOUBTS, MOST_WORKERS, Rate, Snapshots};
pub use crate::script::limit_memory;

/// What to run and on which server.
#[derive(Debug)]
pub struct RunOptions {
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
    /// The run to take up again.
    pub resume: Option<String>,
    /// The name by which the run is begun or taken up.
    pub name: Option<String>,
    /// Whether it is taken from a process that was not seen to end, or is a copy.
    pub takes_over: bool,
    /// What the user said of rows that are not what they were.
    pub changes: RowChanges,
    /// The plan it is held to, where it is to one.
    pub bind: Bind,
    /// Before which writes snapshots are taken, where that was said.
    pub snapshots: Option<Snapshots>,
    /// The command that is done when the run has ended.
    pub on_end: Option<String>,
}

/// Runs the script to its end, or takes an earlier run up again; gives the code that the
/// script ended itself with.
pub fn run(options: RunOptions, terminal: Terminal) -> Result<u8, Failure> {
    let call = ScriptCall {
        path: options.script,
        args: options.args,
    };
    let script = Script::load(&call.path).map_err(|failure| match &options.resume {
        Some(run) if is_gone(&call, run) => failure.hint(format!(
            "run `{run}` needs this script: put it back, or use its new path"
        )),
        _ => failure,
    });
    let script = script.and_then(|script| {
        let args = script.arguments(call.args.clone(), &options.named)?;
        Ok((script, args))
    });
    let (script, args) = script.inspect_err(|failure| {
        let subject = call.path.display().to_string();
        let (on_end, name) = (options.on_end.as_deref(), options.name.as_deref());
        end_unbegun(on_end, (&subject, name), failure, terminal);
    })?;
    let task = Task::Script(ScriptCall { args, ..call });
    let streams = execution::streams(options.name.is_some(), terminal)?;
    let options = execution::Options {
        invocation: (options.target).invocation(task, options.allow_env, options.snapshots),
        target: options.target,
        resume: options.resume,
        name: options.name,
        takes_over: options.takes_over,
        changes: options.changes,
        streams,
        on_end: options.on_end,
        bind: options.bind,
    };
    execute(&script, &options, terminal)
}

/// Whether it is the script of that run that is not where it was.
fn is_gone(call: &ScriptCall, run: &str) -> bool {
    let folder = runs_folder().and_then(|runs| names::folder(&runs, run));
    let reading = folder.ok().and_then(|folder| journal::read(&folder).ok());
    let is_its = |reading: journal::Reading| {
        let task = &reading.head().invocation.task;
        matches!(task, Task::Script(began) if began.path == call.path)
    };
    !call.path.exists() && reading.is_some_and(is_its)
}
