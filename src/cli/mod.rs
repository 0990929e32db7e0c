//! The command line: what can be typed, and which command it means.
//!
//! `clap` is named only here. Every command has its own plain options; this
//! layer turns what was typed into them and a result into an exit code.

mod about;
mod args;
mod call;
mod check;
mod completion;
mod credential;
mod declared;
mod detailed;
mod diagnose;
mod each;
mod examples;
mod fleet;
mod fmt;
mod format;
mod freeze;
mod help;
mod learn_fields;
mod limits;
mod log;
mod man;
mod object;
mod on_each;
mod record;
mod refusal;
mod report;
mod sandbox;
mod server;
mod test_run;
mod undo;
mod whole;

use std::process::ExitCode;

use clap::{FromArgMatches as _, Parser as _};

use crate::command::fleet::FleetMember;
use crate::command::runs::{Of, Verdict};
use crate::command::{self, Target, Terminal};
use crate::config::Choice;
use crate::error::Failure;
use about::Asked;
use args::{Cli, Command, Profile, Prune, Runs, Settle, WithPlan};
use server::Server;
use whole::whole;

/// Parses the command line, does what it says, and gives the exit code.
pub fn main() -> ExitCode {
    completion::answer();
    crate::config::relay_by(command::relay);
    let (terminal, outcome) = match asked() {
        Ok(cli) => {
            let terminal = Terminal::new(cli.quiet);
            (terminal, execute(cli, terminal))
        }
        Err(refused) => {
            let words = std::env::args_os();
            let terminal = Terminal::default();
            if let Some(asked) = about::asked_about(whole(), words, &refused) {
                let told = match asked {
                    Asked::Script(script) => command::about::about(&script, terminal),
                    Asked::Action(action) => {
                        command::actions::actions(&of_action(action), terminal)
                    }
                };
                (terminal, told.map(|()| Ended::AsPlanned(false)))
            } else if let Some(failure) = refusal::failure(&refused) {
                (terminal, Err(failure))
            } else {
                return detailed::refuse(&refused);
            }
        }
    };
    match outcome {
        Ok(Ended::AsPlanned(is_change)) => detailed::of_plan(is_change),
        Ok(Ended::With(code)) => ExitCode::from(code),
        Err(failure) => {
            let exit = detailed::of_error(failure.exit as u8);
            object::print(&failure, exit, terminal);
            terminal.alert(&failure.to_string());
            exit.into()
        }
    }
}

/// The page of an action.
const fn of_action(action: String) -> command::actions::ActionsOptions {
    command::actions::ActionsOptions {
        pattern: Some(action),
        json: false,
    }
}

/// What was typed. What stands below the help is made only where it may be shown.
fn asked() -> Result<Cli, clap::Error> {
    Cli::try_parse().or_else(|refused| match declared::parsed(&refused) {
        Some(parsed) => parsed,
        None => Cli::from_arg_matches(&whole().try_get_matches()?),
    })
}

/// How a command ended that did not fail.
enum Ended {
    /// As its kind does; whether it was a plan in which something would change.
    AsPlanned(bool),
    /// With the code of the program that it ran.
    With(u8),
}

/// The server that was typed; of several, the one that this process has.
fn target_of(
    server: Server,
    member: Option<&FleetMember>,
    choice: &Choice,
    terminal: Terminal,
) -> Result<Target, Failure> {
    Ok(Target {
        choice: Choice {
            ip_version: server.ip.version(),
            profile: member
                .map(|member| member.profile.clone())
                .or(server.profile),
            ..choice.clone()
        },
        sandbox: server.sandbox,
        yes: match member {
            Some(member) => member.yes.clone(),
            None => server.yes,
        },
        allowed: server.allow.allowed()?,
        limits: command::run::Limits::default(),
        log: server.log.open(terminal)?,
        fleet: member.map_or_else(Vec::new, |member| member.fleet.clone()),
    })
}

/// Does what was asked.
fn execute(cli: Cli, terminal: Terminal) -> Result<Ended, Failure> {
    let choice = Choice {
        file: cli.config,
        ..Choice::default()
    };
    let member = cli.member.as_ref();
    if let Some(member) = member {
        member.obey()?;
    }
    let target = |server| target_of(server, member, &choice, terminal);
    if member.is_none()
        && let Some(list) = on_each::asked(&cli.command, &choice)?
    {
        let options = on_each::options(cli.command, (list, choice.clone()), target)?;
        return command::fleet::fleet(&options, terminal).map(Ended::With);
    }
    let done = match cli.command {
        Command::Run(run) => {
            let terminal = terminal.for_object(run.json);
            let mut options = run.options(target)?;
            let its = member.and_then(|member| member.name.clone());
            options.name = options.name.or(its);
            return command::run::run(options, terminal).map(Ended::With);
        }
        Command::Plan(args::Plan {
            with: Some(WithPlan::Approve { plan, by }),
            ..
        }) => command::plan::approve(&command::plan::ToApprove { plan, by }, terminal),
        Command::Plan(plan) => {
            let mut options = plan.options(target)?;
            if let Some(member) = member {
                options.wanted = member.wanted(options.wanted);
            }
            return command::plan::plan(options, terminal).map(Ended::AsPlanned);
        }
        Command::Check(check) => check.run(terminal),
        Command::Fmt(fmt) => fmt.run(terminal),
        Command::Test(test) => test.run(terminal),
        Command::Lsp => command::lsp::lsp(),
        Command::Repl { server } => command::repl::repl(&target(server)?, terminal),
        Command::Call(call) => {
            let mut options = call.options(target)?;
            if member.is_some() {
                options.output = Some(command::Format::Json);
            }
            command::call::call(&options, terminal)
        }
        Command::Each(each) => {
            let terminal = terminal.for_object(each.json && !each.plan);
            let mut options = each.options(target)?;
            if let Some(member) = member {
                options.mode = member.mode(options.mode);
            }
            return command::each::each(options, terminal).map(Ended::AsPlanned);
        }
        Command::Freeze(freeze) => command::freeze::freeze(freeze.options(target)?, terminal),
        Command::Actions { pattern, json } => command::actions::actions(
            &command::actions::ActionsOptions { pattern, json },
            terminal,
        ),
        Command::Sandbox(sandbox) => return sandbox.run(terminal).map(Ended::With),
        Command::Runs { runs, json } => {
            let runs = match runs {
                None => Runs::List { json },
                Some(Runs::List { json: too }) => Runs::List { json: json || too },
                Some(_) if json => {
                    return Err(Failure::usage(
                        "`--json` directly after `runs` applies to the list",
                    )
                    .hint("put it at the end: `whmcsh runs show --json`"));
                }
                Some(runs) => runs,
            };
            look_back(runs, &choice, terminal)
        }
        Command::Profile(profile) => manage(profile, &choice, terminal),
        Command::Init { folder, recipe } => {
            let folder = folder.unwrap_or_else(|| ".".into());
            match recipe {
                Some(recipe) => command::init::init_recipe(&recipe, &folder, terminal),
                None => command::init::init(&folder, terminal),
            }
        }
        Command::Definitions(of) => command::definitions::write(&of.folder, terminal),
        Command::Man(man) => man.write(whole(), terminal),
        Command::Help(help) => help.show(whole(), terminal),
        Command::Completions { shell } => {
            terminal.raw(&completion::script(shell));
            Ok(())
        }
    };
    done.map(|()| Ended::AsPlanned(false))
}

fn look_back(runs: Runs, choice: &Choice, terminal: Terminal) -> Result<(), Failure> {
    match runs {
        Runs::List { json } => command::runs::list(json, terminal),
        Runs::Report(report) => command::runs::report(report.options(), terminal),
        Runs::Undo(undo) => command::undo::undo(&undo.options(choice.clone(), terminal)?, terminal),
        Runs::Show {
            name: Some(name),
            json,
            ..
        } => command::runs::show_name(&name, json, terminal),
        Runs::Show {
            run, json, writes, ..
        } => {
            let run = command::runs::meant(run)?;
            command::runs::show(&run, json, writes, terminal)
        }
        Runs::Failed { run, json, output } => {
            let format = match output {
                Some(format) => format.into(),
                None if json => command::Format::Json,
                None => command::Format::Table,
            };
            let run = command::runs::meant(run)?;
            command::runs::failed(&run, format, terminal)
        }
        Runs::Prune(Prune {
            forget: Some(name), ..
        }) => command::runs::forget(&name, terminal),
        Runs::Prune(prune) => {
            let rule = command::runs::Rule {
                older_than: prune.older_than,
                keep: prune.keep,
                all: prune.all,
                dry_run: prune.dry_run,
            };
            command::runs::prune(&rule, prune.json, terminal)
        }
        Runs::Settle(settle) if settle.all => {
            let all = command::runs::All {
                done: settle.done,
                because: settle.because,
                yes: settle.yes,
                json: settle.json,
                choice: Choice {
                    profile: settle.profile,
                    ..choice.clone()
                },
            };
            command::runs::settle_all(&settle.run, &all, terminal)
        }
        Runs::Settle(settle) if settle.keep || settle.again => {
            let write = settle.write.unwrap_or_default();
            command::runs::judge(&settle.run, write, settle.keep, settle.json, terminal)
        }
        Runs::Settle(settle) => {
            command::runs::settle(&settle.run.clone(), &verdict(settle), terminal)
        }
    }
}

fn manage(profile: Profile, choice: &Choice, terminal: Terminal) -> Result<(), Failure> {
    match profile {
        Profile::Add {
            name,
            url,
            identifier,
            secret_command,
            access,
            production,
        } => {
            let add = command::profile::Add {
                name,
                url,
                identifier,
                secret_command,
                access,
                production,
            };
            command::profile::add(add, choice, terminal)
        }
        Profile::LearnFields(learn) => learn.run(choice, terminal),
        Profile::List { json } => command::profile::list(json, choice, terminal),
        Profile::Test(test) => command::diagnosis::diagnose(&test.options(choice), terminal),
        Profile::Remove { name } => command::profile::remove(&name, choice, terminal),
    }
}

fn verdict(settle: Settle) -> Verdict {
    Verdict {
        of: match (settle.row, settle.write) {
            (Some(row), _) => Of::Row(row),
            // One of the two is required.
            (None, number) => Of::Write(number.unwrap_or_default()),
        },
        done: settle.done,
        reply: settle.reply,
        json: settle.json,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        whole().debug_assert();
    }
}
