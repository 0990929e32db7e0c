//! A command line that names several servers: whether one does, and what it asks of each.

use super::args::Command;
use super::fleet::Fleet;
use super::limits::Limits;
use super::server::Server;
use crate::command::Target;
use crate::command::fleet::{self, AT_ONCE, FLEET, FleetOptions, FleetWork};
use crate::config::Choice;
use crate::error::Failure;

/// The servers, where several were named, and the limits that say how many at once.
pub(super) fn asked(command: &Command, choice: &Choice) -> Result<Option<String>, Failure> {
    let (fleet, server, limits) = match command {
        Command::Run(run) => (&run.fleet, &run.of.server, Some(&run.of.limits)),
        Command::Plan(plan) => (&plan.fleet, &plan.of.server, Some(&plan.of.limits)),
        Command::Each(each) => (&each.fleet, &each.server, Some(&each.limits)),
        Command::Call(call) => (&call.fleet, &call.server, None),
        _ => return Ok(None),
    };
    let list = fleet::list(fleet.profiles.clone(), server.profile.as_deref(), choice);
    let is_alone = limits.is_some_and(Limits::is_at_once_alone);
    match list {
        None if is_alone => Err(Failure::usage(format!(
            "`{AT_ONCE}` needs `--shard`, or several profiles"
        ))
        .hint(format!("name them: `{FLEET} a,b,c`"))),
        None if fleet.fail_fast => Err(Failure::usage("`--fail-fast` needs several profiles")
            .hint(format!("name them: `{FLEET} a,b,c`"))),
        list => Ok(list),
    }
}

/// What was typed, for all servers of the list.
pub(super) fn options(
    command: Command,
    (list, choice): (String, Choice),
    target: impl FnOnce(Server) -> Result<Target, Failure>,
) -> Result<FleetOptions, Failure> {
    let (mut yes, mut at_once, mut fail_fast, mut json) = (None, 1, false, false);
    let mut note = |server: &Server, fleet: &Fleet, limits: Option<&Limits>| {
        yes.clone_from(&server.yes);
        fail_fast = fleet.fail_fast;
        at_once = limits.map_or(1, Limits::servers_at_once);
    };
    let work = match command {
        Command::Run(run) => {
            note(&run.of.server, &run.fleet, Some(&run.of.limits));
            json = run.json;
            FleetWork::Run(run.options(target)?)
        }
        Command::Plan(plan) => {
            note(&plan.of.server, &plan.fleet, Some(&plan.of.limits));
            json = plan.json;
            FleetWork::Plan {
                is_detailed: plan.detailed_exitcode,
                args: plan.of.args,
            }
        }
        Command::Each(each) => {
            note(&each.server, &each.fleet, Some(&each.limits));
            json = each.json;
            let is_detailed = each.detailed_exitcode;
            if each.plan {
                FleetWork::Plan {
                    args: vec![each.file],
                    is_detailed,
                }
            } else {
                FleetWork::Each(each.options(target)?)
            }
        }
        Command::Call(call) => {
            note(&call.server, &call.fleet, None);
            FleetWork::Call(call.options(target)?)
        }
        _ => unreachable!("only these have several servers"),
    };
    Ok(FleetOptions {
        list,
        work,
        choice,
        yes,
        at_once,
        fail_fast,
        json,
    })
}
