//! A run held to a plan: whether it is of the same things, whether the plan was done
//! before, and what of it is not done at the end.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::plan_use::refused;
use super::record::{self, Subject, hash, hash_of_file};
use crate::command::Terminal;
use crate::error::{Exit, Failure};
use crate::run::invocation::{Binding, Invocation, Task};
use crate::run::journal::{self, Input, Outcome, Which};
use crate::run::money::purse::MAX_MONEY;
use crate::run::plan::bound::{MadeOf, NoPlan, hash_of};
use crate::run::{BoundPlan, LazyJournal, Limits, NO_MAIL, SHARD};
use crate::script::Script;

/// The plan that a run is to be held to, as it was asked for.
#[derive(Clone, Debug, Default)]
pub struct Bind {
    /// The file of the plan; none where the run is free.
    pub plan: Option<PathBuf>,
    /// Whether somebody must have approved it.
    pub approved: bool,
    /// Whether it is done although a run did it before.
    pub again: bool,
}

/// What a plan is made of, and a run that does it.
pub fn made_of(
    asked: &Invocation,
    (text, modules): (&str, &[Script]),
    files: &[String],
    servers: Vec<(String, String)>,
) -> MadeOf {
    let file = |path: &String| {
        let hash = hash_of_file(path)?;
        Some(Input {
            path: path.clone(),
            hash,
        })
    };
    MadeOf {
        invocation: asked.clone().without_secrets(),
        script_hash: hash(text.as_bytes()),
        modules: record::modules(modules).collect(),
        files: files.iter().filter_map(file).collect(),
        servers,
    }
}

/// Reads the plan and refuses a run of anything else.
pub fn bound(bind: &Bind, subject: &Subject) -> Result<Option<BoundPlan>, Failure> {
    let Some(path) = &bind.plan else {
        return Ok(None);
    };
    let bound = BoundPlan::read(path).map_err(unbindable)?;
    let plan = path.display();
    if let Some(error) = bound.error() {
        return Err(refused(format!(
            "the plan `{plan}` is incomplete: its script stopped with an error ({error})"
        ))
        .hint("correct the script, then make the plan again"));
    }
    if bind.approved && bound.approved().is_empty() {
        return Err(
            refused(format!("nobody approved the plan `{plan}`")).hint(format!(
                "to approve it, run: `whmcsh plan approve {plan} --as NAME`"
            )),
        );
    }
    let made_of = bound.made_of();
    same_server(&made_of, subject)?;
    same_work(&made_of, subject)?;
    same_limits(&made_of.invocation.limits, &subject.invocation.limits)?;
    Ok(Some(bound.under(&subject.profile)))
}

/// A plan that no run can be held to, as the user sees it.
pub fn unbindable(error: NoPlan) -> Failure {
    let failure = refused(error.what);
    error.hint.into_iter().fold(failure, Failure::hint)
}

fn same_server(made_of: &MadeOf, subject: &Subject) -> Result<(), Failure> {
    let now = format!("{}{}", subject.host, subject.path);
    match made_of.servers.first() {
        Some((_, planned)) if *planned != now => Err(refused(format!(
            "the plan was made on `{planned}`, and this is `{now}`"
        ))
        .hint("use the profile that the plan was made with, or make a plan for this server")),
        _ => Ok(()),
    }
}

fn same_work(made_of: &MadeOf, subject: &Subject) -> Result<(), Failure> {
    let planned = &made_of.invocation.task;
    let now = subject.invocation.clone().without_secrets().task;
    let (is_same, others) = match (planned, &now) {
        (Task::Script(planned), Task::Script(now)) => (
            made_of.script_hash == hash(subject.text.as_bytes()),
            planned.args != now.args,
        ),
        (Task::Each(planned), Task::Each(now)) => (planned.action == now.action, planned != now),
        _ => (false, false),
    };
    let again = "make the plan again, and check what is new in it";
    let changed =
        |what: String| Err(refused(format!("{what} since the plan was made")).hint(again));
    if !is_same {
        return match (planned, &now) {
            (Task::Script(planned), Task::Script(now))
                if planned.path.file_name() == now.path.file_name() =>
            {
                changed(format!("`{}` has changed", now.path.display()))
            }
            _ => Err(refused(format!(
                "the plan is for `{}`, and this is `{}`",
                planned.name(),
                now.name()
            ))
            .hint("use the plan that was made for this script or action")),
        };
    }
    if others {
        return Err(
            refused("the arguments differ from those the plan was made with".to_owned())
                .hint("pass the same arguments, or make the plan again"),
        );
    }
    let modules: Vec<Input> = record::modules(subject.modules).collect();
    for module in &made_of.modules {
        if !modules.iter().any(|now| now.hash == module.hash) {
            return changed(format!("`{}` has changed", module.path));
        }
    }
    if modules.len() > made_of.modules.len() {
        return changed("the script imports other modules".to_owned());
    }
    for file in &made_of.files {
        match hash_of_file(&file.path) {
            Some(hash) if hash == file.hash => {}
            Some(_) => return changed(format!("`{}` has changed", file.path)),
            None => {
                return Err(refused(format!(
                    "`{}`, from which the plan was made, cannot be read",
                    file.path
                ))
                .hint("put it back, or run the command in the folder where the plan was made"));
            }
        }
    }
    Ok(())
}

/// Refuses limits under which other writes would be made, or more of them.
fn same_limits(planned: &Limits, now: &Limits) -> Result<(), Failure> {
    let word = |value: Option<u64>| value.map(|value| value.to_string());
    let shard = |limits: &Limits| limits.shard.map(|shard| shard.to_string());
    let mail = |limits: &Limits| limits.no_mail.then(String::new);
    let money = |limits: &Limits| {
        let mut most: Vec<String> = limits.max_money.iter().map(ToString::to_string).collect();
        most.sort();
        (!most.is_empty()).then(|| format!("\"{}\"", most.join(&format!("\" {MAX_MONEY} \""))))
    };
    let pairs = [
        (NO_MAIL, mail(planned), mail(now)),
        (SHARD, shard(planned), shard(now)),
        (
            "--max-writes",
            word(planned.max_writes),
            word(now.max_writes),
        ),
        (
            "--max-deletes",
            word(planned.max_deletes),
            word(now.max_deletes),
        ),
    ];
    let money = (MAX_MONEY, money(planned), money(now));
    for (option, planned, now) in pairs.into_iter().chain([money]) {
        if planned != now {
            let planned = match planned {
                Some(value) => format!("`{}`", format!("{option} {value}").trim_end()),
                None => format!("no `{option}`"),
            };
            return Err(refused(format!("the plan was made with {planned}"))
                .hint("run it with the same options, or make the plan again"));
        }
    }
    Ok(())
}

/// What stands in a run's head of the plan it is held to.
pub fn binding(bind: &Bind, bound: &BoundPlan) -> Option<Binding> {
    Some(Binding {
        plan: bind.plan.clone()?,
        digest: bound.digest(),
        approved: bind.approved,
    })
}

/// How a run ends that was held to a plan: everything planned is done, or it says what is not.
pub fn verdict(
    result: Result<(), Failure>,
    bound: Option<&Arc<BoundPlan>>,
    lazy_journal: Option<&LazyJournal>,
    terminal: Terminal,
) -> Result<(), Failure> {
    let is_its_end = match &result {
        Ok(()) => true,
        Err(failure) => failure.exit == Exit::Rows,
    };
    let Some(bound) = bound.filter(|_| is_its_end) else {
        return result;
    };
    let unmade = bound.unmade(&made_before(lazy_journal));
    if unmade.count == 0 {
        return result;
    }
    let what = match unmade.count {
        1 => "1 planned write was not made".to_owned(),
        count => format!("{count} planned writes were not made"),
    };
    let mut named: Vec<String> = unmade
        .named
        .iter()
        .map(|write| format!("  {write}"))
        .collect();
    match unmade.count - unmade.named.len() as u64 {
        0 => {}
        more => named.push(format!("  … and {more} more")),
    }
    if result.is_err() {
        terminal.alert(&format!("{what}:\n{}", named.join("\n")));
        return result;
    }
    Err(Failure::of_rows(Exit::Rows, what, named.join("\n")).hint(
        "the script found less to do than when the plan was made; make a new plan to see the \
         difference",
    ))
}

/// How many writes an earlier pass made, by their scopes.
fn made_before(lazy_journal: Option<&LazyJournal>) -> HashMap<u64, u64> {
    let mut made = HashMap::new();
    let journal = lazy_journal
        .filter(|lazy_journal| lazy_journal.version().is_some())
        .and_then(LazyJournal::begun);
    let reading = journal.and_then(|journal| journal::read(journal.folder()).ok());
    if let Some(reading) = reading {
        // What cannot be read counts as not made, which is said.
        let _ = reading.writes(Which::All, |write| {
            if matches!(
                write.outcome,
                Some(Outcome::Done(_) | Outcome::Unsettled(_)) | None
            ) {
                *made.entry(hash_of(&write.scope)).or_default() += 1;
            }
        });
    }
    made
}
