//! `whmcsh each`: one call for every row of a file, without a script.
//!
//! It is a run like any other, of a script that is written for it: planned,
//! journaled, resumed, limited and guarded by the same code.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::execution::admission::RowChanges;
use super::execution::binding::Bind;
use super::execution::host::files;
use super::execution::{self, end_unbegun, execute, without_place};
use super::params::{self, Sources};
use super::{Target, Terminal, find_action, interrupt, plan};
use crate::error::{Exit, Failure};
use crate::run::invocation::{Invocation, Task};
use crate::run::{SHARD, Snapshots};
use crate::script::{Confinement, Each, Script, Streams};

pub use crate::run::invocation::EachRow;

/// Which rows, what to call for them, and how.
#[derive(Debug)]
pub struct EachOptions {
    /// The rows and the call.
    pub call: EachRow,
    /// The server.
    pub target: Target,
    /// The environment variables the condition may read.
    pub allow_env: BTreeSet<String>,
    /// Whether to do it, or to show what it would do.
    pub mode: Mode,
}

/// Whether calls are made.
#[derive(Debug)]
pub enum Mode {
    /// Writes are told instead of sent.
    Plan(plan::Wanted),
    /// Everything is sent.
    Run {
        /// The run to take up again.
        resume: Option<String>,
        /// The name by which the run is begun or taken up.
        name: Option<String>,
        /// Whether it is taken from a process that was not seen to end, or is a copy.
        takes_over: bool,
        /// What the user said of rows that are not what they were.
        changes: RowChanges,
        /// The plan it is held to, where it is to one.
        bind: Bind,
        /// Before which writes snapshots are taken, where that was said.
        snapshots: Option<Snapshots>,
        /// The command that is done when the run has ended.
        on_end: Option<String>,
    },
}

/// Makes the call for every row, or shows what that would do.
///
/// Gives whether anything would change, of a plan.
pub fn each(options: EachOptions, terminal: Terminal) -> Result<bool, Failure> {
    let (file, (on_end, name)) = (options.call.file.clone(), options.mode.at_end());
    let unbegun = |failure: &Failure| {
        end_unbegun(
            on_end.as_deref(),
            (&file, name.as_deref()),
            failure,
            terminal,
        );
    };
    let prepared = prepare(options, terminal).inspect_err(unbegun)?;
    prepared.go(terminal).map_err(without_place)
}

impl Mode {
    /// The name of the run.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Plan(_) => None,
            Self::Run { name, .. } => name.as_deref(),
        }
    }

    /// The run it takes up, and the plan it is held to.
    pub const fn goes_on(&self) -> (Option<&String>, Option<&PathBuf>) {
        match self {
            Self::Plan(_) => (None, None),
            Self::Run { resume, bind, .. } => (resume.as_ref(), bind.plan.as_ref()),
        }
    }

    /// The command that is done when the run has ended, and the name of the run.
    fn at_end(&self) -> (Option<String>, Option<String>) {
        match self {
            Self::Plan(_) => (None, None),
            Self::Run { on_end, name, .. } => (on_end.clone(), name.clone()),
        }
    }
}

/// The script that makes the calls, and what it is run with.
struct Prepared {
    script: Script,
    asked: Invocation,
    target: Target,
    streams: Streams,
    mode: Mode,
}

fn prepare(options: EachOptions, terminal: Terminal) -> Result<Prepared, Failure> {
    let EachOptions {
        call,
        target,
        allow_env,
        mode,
    } = options;
    if target.limits.shard.is_some() && call.key.is_none() {
        return Err(Failure::usage(format!(
            "`{SHARD}` needs `--key`: the key says which shard a row belongs to"
        ))
        .hint("name a column that tells rows apart, such as `--key email`"));
    }
    let action = find_action(&call.action, target.allowed.unknown)?;
    let params = params::read(&action, &call.params, Sources::Files)?;
    let call = EachRow {
        action: action.name().to_owned(),
        ..call
    };
    let each = Each {
        file: &call.file,
        key: call.key.as_deref(),
        sheet: call.sheet.as_deref(),
        skip: call.skip,
        skips_hidden: call.skip_hidden,
        encoding: call.encoding.as_deref(),
        delimiter: call.delimiter.as_deref(),
        as_is: &call.as_is,
        condition: call.condition.as_deref(),
        skips_empty: call.skip_empty,
        allowed: &target.allowed()?,
        action: &action,
        params: &params,
    };
    let task = Task::Each(call.clone());
    let snapshots = match &mode {
        Mode::Plan(_) => None,
        Mode::Run { snapshots, .. } => *snapshots,
    };
    let asked = target.invocation(task, allow_env, snapshots);
    let streams = match &mode {
        Mode::Plan(_) => Streams::until(interrupt::watch()?),
        Mode::Run { resume, name, .. } => {
            let streams = execution::streams(name.is_some(), terminal)?;
            // The columns are read before it is known whether the run can be taken up.
            let folder = execution::folder_taken_up(resume.as_deref(), name.as_deref(), &asked);
            if let Some(folder) = folder {
                streams.look_in(folder);
            }
            streams
        }
    };
    let files = Confinement {
        streams: streams.clone(),
        ..files(None, asked.task.args())?
    };
    let script = each.script(&asked.task.name(), &files);
    let script = script.map_err(|failure| Failure {
        exit: if streams.is_stopped() {
            Exit::Interrupted
        } else {
            failure.exit
        },
        ..failure
    })?;
    Ok(Prepared {
        script,
        asked,
        target,
        streams,
        mode,
    })
}

impl Prepared {
    fn go(self, terminal: Terminal) -> Result<bool, Failure> {
        let Self {
            script,
            asked,
            target,
            streams,
            mode,
        } = self;
        match mode {
            Mode::Plan(wanted) => {
                plan::plan_script(&script, &asked, &target, &wanted, streams, terminal)
            }
            Mode::Run {
                resume,
                name,
                takes_over,
                changes,
                bind,
                snapshots: _,
                on_end,
            } => {
                let options = execution::Options {
                    invocation: asked,
                    target,
                    resume,
                    name,
                    takes_over,
                    changes,
                    streams,
                    on_end,
                    bind,
                };
                execute(&script, &options, terminal).map(|_| false)
            }
        }
    }
}
