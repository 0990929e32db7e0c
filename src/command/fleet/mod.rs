//! One command on several servers: a run of its own on each, under one name, and one account
//! at the end.
//!
//! Every server has a process of its own, in which it is the only one: what a run promises is
//! kept by the same code, and what goes wrong with one server is nothing to the others.

mod account;
mod member;
mod processes;
mod replies;
mod servers;

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::call::CallOptions;
use super::each::EachOptions;
use super::execution::host::files;
use super::execution::named;
use super::run::RunOptions;
use super::runs::Shards;
use super::{Terminal, find_action};
use crate::config::Choice;
use crate::error::Failure;
use crate::run::invocation::{Invocation, ScriptCall, Task};
use crate::run::journal::Reading;
use crate::run::{Part, SHARD};
use crate::script::Script;
use processes::Running;
use servers::FleetServer;

pub use crate::run::{AT_ONCE, FLEET};
pub use member::FleetMember;
pub use servers::profiles;

/// What to do on several servers.
pub struct FleetOptions {
    /// The profiles as they were typed: `a,b,c` or `@FILE`.
    pub list: String,
    /// What is done on each.
    pub work: FleetWork,
    /// Where profiles are.
    pub choice: Choice,
    /// The hosts that confirm production servers.
    pub yes: Option<String>,
    /// On how many at once.
    pub at_once: usize,
    /// Whether no other server is begun once one did not end well.
    pub fail_fast: bool,
    /// Whether one JSON object is printed at the end.
    pub json: bool,
}

/// What is done on each of the servers.
pub enum FleetWork {
    /// A script is run.
    Run(RunOptions),
    /// A call is made for every row.
    Each(EachOptions),
    /// A script is planned, or a call for every row; whether its code is to tell of changes.
    Plan {
        /// What it is given.
        args: Vec<String>,
        /// Whether the code says that something would change.
        is_detailed: bool,
    },
    /// One call is made.
    Call(CallOptions),
}

/// The list of profiles that was meant, where several were: by an option of its own, or with
/// commas where no profile has that name.
pub fn list(profiles: Option<String>, profile: Option<&str>, choice: &Choice) -> Option<String> {
    let listed = || {
        let profile = profile.filter(|profile| profile.contains(','))?;
        let file = choice.load().ok()?;
        (!file.profiles.contains_key(profile)).then(|| profile.to_owned())
    };
    profiles.or_else(listed)
}

/// Does it on every server; the code to end with where nothing failed.
pub fn fleet(options: &FleetOptions, terminal: Terminal) -> Result<u8, Failure> {
    let profiles = profiles(&options.list)?;
    options.fits(profiles.len())?;
    let servers = servers::servers(&profiles, &options.choice)?;
    let asked = options.work.asked(&profiles)?;
    let name = options.work.name();
    let mut removed = Vec::new();
    let given = match &asked {
        Some(asked) => Some(match name {
            Some(name) => {
                removed = known(name, &servers)?;
                name.to_owned()
            }
            None => new_name(asked),
        }),
        None => None,
    };
    let is_confirmed = options.work.may_write()?;
    if is_confirmed {
        servers::confirmed(&servers, options.yes.as_deref(), |server| {
            terminal.alert(&format!(
                "this will change the production server {} of profile {}",
                server.host, server.profile
            ));
            terminal.ask("type the hostname to continue:")
        })?;
    }
    if let (Some(asked), None) = (&asked, name) {
        tell_name(asked, given.as_deref().unwrap_or_default(), terminal);
    }
    if let Some(asked) = &asked {
        tell_limits(asked, terminal);
    }
    let members = servers.into_iter().map(|server| {
        let member = FleetMember {
            profile: server.profile.clone(),
            fleet: profiles.clone(),
            name: given.clone().filter(|_| name.is_none()),
            yes: (is_confirmed && server.is_production).then(|| server.host.clone()),
        };
        (server, member)
    });
    let is_detailed = matches!(
        &options.work,
        FleetWork::Plan {
            is_detailed: true,
            ..
        }
    );
    let running = Running {
        at_once: options.at_once,
        is_stopping: options.fail_fast,
        keeps_output: options.json || matches!(&options.work, FleetWork::Call(_)),
        good_codes: if is_detailed { &[CHANGES] } else { &[] },
    };
    let ends = processes::run(members.collect(), &running, terminal)?;
    let would_change = ends.iter().any(|end| end.code == Some(CHANGES.into()));
    let account = account::Account {
        ends: &ends,
        name: given.as_deref(),
        removed: &removed,
        resume: asked
            .as_ref()
            .zip(given.as_deref())
            .map(|(asked, name)| resume(asked, options, name)),
    };
    let told = match &options.work {
        FleetWork::Call(call) => {
            replies::print(call, &ends, terminal)?;
            account.verdict()
        }
        FleetWork::Plan { .. } if options.json => account.print_plans(terminal),
        FleetWork::Plan { .. } => account.verdict(),
        _ if options.json => account.print(terminal),
        _ => account.tell(terminal),
    };
    told.map(|()| {
        if is_detailed && would_change {
            CHANGES
        } else {
            account.code()
        }
    })
}

/// The code of a plan by which something would change.
const CHANGES: u8 = 2;

/// The command that goes on with all of them.
fn resume(asked: &Invocation, options: &FleetOptions, name: &str) -> String {
    super::invocation::fleet_command(asked, (&options.list, name), options.at_once)
}

impl FleetOptions {
    /// Refuses what is meant for one server alone.
    fn fits(&self, servers: usize) -> Result<(), Failure> {
        self.work.can_be_read_by_all()?;
        let one = |what: &str, instead: &str| {
            let what = format!("`{what}` is of one server, not of several; nothing was sent");
            Err(Failure::usage(what).hint(instead.to_owned()))
        };
        let (resume, bind, shard) = match &self.work {
            FleetWork::Run(run) => (
                run.resume.as_ref(),
                run.bind.plan.as_ref(),
                run.target.limits.shard,
            ),
            FleetWork::Each(each) => {
                let (resume, bind) = each.mode.goes_on();
                (resume, bind, each.target.limits.shard)
            }
            FleetWork::Plan { .. } | FleetWork::Call(_) => return Ok(()),
        };
        if shard.is_some() {
            return one(
                SHARD,
                "name one `--profile`, or give each server to one job and leave the option out",
            );
        }
        if servers < 2 {
            return Ok(());
        }
        if resume.is_some() {
            return one(
                "--resume",
                "`--name NAME` continues the runs of all servers; to resume one run, name its \
                 profile alone",
            );
        }
        if bind.is_some() {
            return one(
                "--bind",
                "a plan is of one server: for each, name its profile and its plan, such as \
                 `--profiles main --bind plan.main.json`",
            );
        }
        Ok(())
    }
}

impl FleetWork {
    /// What is asked of the runs; nothing where there are none.
    fn asked(&self, profiles: &[String]) -> Result<Option<Invocation>, Failure> {
        let mut asked = match self {
            Self::Run(run) => {
                let task = Task::Script(ScriptCall {
                    path: run.script.clone(),
                    args: words(run)?,
                });
                run.target.invocation(task, run.allow_env.clone(), None)
            }
            Self::Each(each) => {
                let action = find_action(&each.call.action, each.target.allowed.unknown)?;
                let mut call = each.call.clone();
                action.name().clone_into(&mut call.action);
                each.target
                    .invocation(Task::Each(call), each.allow_env.clone(), None)
            }
            Self::Plan { .. } | Self::Call(_) => return Ok(None),
        };
        asked.target.fleet = profiles.to_vec();
        asked.target.profile = profiles.first().cloned();
        Ok(Some(asked))
    }

    /// The name that was given.
    fn name(&self) -> Option<&str> {
        match self {
            Self::Run(run) => run.name.as_deref(),
            Self::Each(each) => each.mode.name(),
            Self::Plan { .. } | Self::Call(_) => None,
        }
    }

    /// Whether anything could be changed, as far as that can be said before; refuses a call
    /// that changes something.
    fn may_write(&self) -> Result<bool, Failure> {
        match self {
            Self::Run(run) => {
                let script = Script::load(&run.script)?;
                let files = files(run.script.parent(), &words(run)?)?;
                Ok(script.effects_offline(files)?.may_write())
            }
            Self::Each(each) => {
                Ok(find_action(&each.call.action, each.target.allowed.unknown)?.is_write())
            }
            Self::Plan { .. } => Ok(false),
            Self::Call(call) => {
                let action = find_action(&call.action, call.target.allowed.unknown)?;
                if !action.is_write() {
                    return Ok(false);
                }
                let what = format!(
                    "`{}` changes a server, and `call` keeps no record of what it did on several; \
                     nothing was sent",
                    action.name()
                );
                Err(Failure::usage(what)
                    .hint("write it in a script for `whmcsh run`, or use `whmcsh each`"))
            }
        }
    }

    /// Refuses what only the first of several processes could read.
    fn can_be_read_by_all(&self) -> Result<(), Failure> {
        let words: Vec<&String> = match self {
            Self::Run(run) => {
                let named = run.named.iter().map(|(_, word)| word);
                run.args.iter().chain(named).collect()
            }
            Self::Each(each) => vec![&each.call.file],
            Self::Plan { args, .. } => args.iter().collect(),
            Self::Call(call) => {
                if call.is_sheet {
                    let what = "a spreadsheet holds the reply of one server; nothing was sent";
                    return Err(Failure::usage(what).hint(
                        "name one `--profile` a file, or use `-o csv`, which says whose each \
                         record is",
                    ));
                }
                if call.params.iter().any(|word| word == "params=-") {
                    return Err(only_once("-"));
                }
                return Ok(());
            }
        };
        let is_read_once = |word: &&&String| {
            let found = fs::metadata(Path::new(word.as_str()));
            word.as_str() == "-" || found.is_ok_and(|found| !found.is_file() && !found.is_dir())
        };
        match words.iter().find(is_read_once) {
            Some(word) => Err(only_once(word)),
            None => Ok(()),
        }
    }
}

/// The arguments of the script in their order.
fn words(run: &RunOptions) -> Result<Vec<String>, Failure> {
    Script::load(&run.script)?.arguments(run.args.clone(), &run.named)
}

fn only_once(word: &str) -> Failure {
    let what =
        format!("`{word}` can be read only once, and every server needs it; nothing was sent");
    Failure::usage(what).hint("write it to a file first, and name that")
}

/// The profiles that have a run of that name and are no longer listed; refuses a server that
/// has one under another profile.
fn known(name: &str, servers: &[FleetServer]) -> Result<Vec<String>, Failure> {
    // A name that is new is no fault here, and any other is met by each run.
    let Ok(runs) = Shards::find(name) else {
        return Ok(Vec::new());
    };
    let readings: Vec<&Reading> = runs.readings().collect();
    for server in servers {
        server.is_not_renamed(name, &readings)?;
    }
    let theirs = readings.iter().map(|reading| reading.head());
    let theirs = theirs.filter(|head| matches!(head.invocation.part(), Part::Server(_)));
    let is_listed = |profile: &String| servers.iter().any(|server| server.profile == *profile);
    let profiles = theirs.map(|head| head.profile.clone());
    Ok(profiles.filter(|profile| !is_listed(profile)).collect())
}

/// A name of which there is none: after what is done, and the time.
fn new_name(asked: &Invocation) -> String {
    let what = match &asked.task {
        Task::Script(call) => call.path.file_stem().unwrap_or_default().to_string_lossy(),
        task => task.name().replace("each ", "each-").into(),
    };
    let plain = what
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || "._-".contains(*letter));
    let plain: String = plain.take(32).collect();
    let what = plain.trim_start_matches(['.', '_', '-']);
    let what = if what.is_empty() { "fleet" } else { what };
    let now = Timestamp::now()
        .to_zoned_datetime(TimeZone::system())
        .strftime("%Y%m%d-%H%M%S")
        .to_string();
    format!("{what}-{now}-{:04x}", rand::random::<u16>())
}

/// Says the name by which the runs are continued, and of others like them that are not done.
fn tell_name(asked: &Invocation, name: &str, terminal: Terminal) {
    if let Some(other) = named::unfinished_fleet(asked) {
        terminal.alert(&format!(
            "warning: runs with the same script and arguments, named `{other}`, are unfinished; to \
             resume them, add `--name {other}`"
        ));
    }
    terminal.note(&format!(
        "the runs are named `{name}`; the same command with `--name {name}` continues them"
    ));
}

/// Says of limits that every server has them for itself.
fn tell_limits(asked: &Invocation, terminal: Terminal) {
    let limits = &asked.limits;
    let is_limited = limits.max_writes.is_some()
        || limits.max_failures.is_some()
        || limits.rate.is_some()
        || !limits.max_money.is_empty();
    if is_limited {
        terminal.note(&format!("with `{FLEET}`, limits hold for each server"));
    }
}
