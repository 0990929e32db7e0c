//! `whmcsh runs settle --all`: the user's word on many writes in doubt at once.
//!
//! What the server shows to be done is recorded so, whatever the user says; of the rest a
//! table is shown, and nothing is recorded before its number is confirmed.

use std::sync::Arc;

use serde_json::{Value, json};

use super::settle::RECORDED;
use crate::cancel::Cancel;
use crate::command::execution::takeover::{self, Waiting};
use crate::command::execution::{names, record};
use crate::command::{Log, Target, Terminal};
use crate::config::{Choice, runs_folder};
use crate::display::table::{self, Cell, Fit};
use crate::error::Failure;
use crate::run::journal::{Head, Write, WriteId};
use crate::run::scope::Scope;
use crate::run::{Allowed, LazyJournal, Limits, Looked, Run};

/// What the user says of many writes.
#[derive(Debug)]
pub struct All {
    /// Whether they were applied.
    pub done: bool,
    /// Only those in doubt for that reason, such as `503`, `timeout` or `killed`.
    pub because: Option<String>,
    /// How many they are, as the table shows it.
    pub yes: Option<usize>,
    /// Whether to print what was settled as JSON.
    pub json: bool,
    /// Where profiles are looked for.
    pub choice: Choice,
}

/// Looks for the writes in doubt, shows those that are not found, and takes the user's
/// word on them once it is confirmed.
pub fn settle_all(name: &str, all: &All, terminal: Terminal) -> Result<(), Failure> {
    let folder = names::folder(&runs_folder()?, name)?;
    let failed = |error| names::failed(&error);
    // Nobody else can settle them meanwhile.
    let (journal, head) = takeover::open(
        &folder,
        &Waiting::for_run(name, None, terminal).taking(),
        terminal,
    )?;
    let mut open = journal.doubts().map_err(failed)?;
    open.retain(|write| all.because.is_none() || write.cause == all.because);
    if open.is_empty() {
        return Err(none(name, all));
    }
    let lazy_journal = Arc::new(LazyJournal::resumed(journal));
    let looked = look(&head, &open, &lazy_journal, all, terminal);
    let journal = lazy_journal.journal().map_err(failed)?;
    let (mut found, mut rest) = (Vec::new(), Vec::new());
    for (write, looked) in open.into_iter().zip(looked) {
        match looked {
            Looked::Found(reply) => {
                let noted = journal.outcome(write.id, crate::run::journal::Outcome::Done(reply));
                noted.map_err(failed)?;
                found.push(write);
            }
            other => rest.push((write, other)),
        }
    }
    if !found.is_empty() {
        terminal.note(&format!(
            "found on the server and recorded: {}",
            named(&found)
        ));
    }
    let resume = names::resume_of(&folder, &head);
    if rest.is_empty() {
        end(&resume, all, &[], &found, terminal.after(RECORDED));
        return Ok(());
    }
    if !all.json || all.yes != Some(rest.len()) {
        show(&rest, terminal);
    }
    confirm(rest.len(), name, all)?;
    let terminal = terminal.after(RECORDED);
    let mut settled = Vec::new();
    for (write, _) in rest {
        let noted = journal.settle(write.id, all.done, None);
        noted.map_err(failed)?;
        settled.push(write);
    }
    end(&resume, all, &settled, &found, terminal);
    Ok(())
}

fn none(name: &str, all: &All) -> Failure {
    let why = all
        .because
        .as_ref()
        .map_or(String::new(), |cause| format!(" because of `{cause}`"));
    Failure::usage(format!("no write of run `{name}` is in doubt{why}")).hint(format!(
        "`whmcsh runs show {name} --writes` shows each with its cause"
    ))
}

/// What the server shows of each, where it can be asked.
fn look(
    head: &Head,
    open: &[Write],
    lazy_journal: &Arc<LazyJournal>,
    all: &All,
    terminal: Terminal,
) -> Vec<Looked> {
    let run = match open_run(head, lazy_journal, all, terminal) {
        Ok(run) => run,
        Err(failure) => {
            terminal.alert(&format!(
                "warning: cannot look on the server: {}",
                failure.what
            ));
            return open.iter().map(|_| Looked::NotLooked).collect();
        }
    };
    open.iter().map(|write| run.looked(write)).collect()
}

fn open_run(
    head: &Head,
    lazy_journal: &Arc<LazyJournal>,
    all: &All,
    terminal: Terminal,
) -> Result<Arc<Run>, Failure> {
    if head.is_rehearsal() {
        return Err(Failure::usage("the sandbox of the run ended with it"));
    }
    let resolved = match all.choice.profile {
        Some(_) => all.choice.resolve()?,
        None => all.choice.resolve_other(&head.profile)?,
    };
    record::same_server(head, &resolved.host, &resolved.path)?;
    let target = Target {
        choice: all.choice.clone(),
        sandbox: false,
        yes: None,
        allowed: Allowed::default(),
        limits: Limits::default(),
        log: Log::default(),
        fleet: Vec::new(),
    };
    let (cancel, lazy_journal) = (Cancel::default(), Some(Arc::clone(lazy_journal)));
    let opened = target.open_resolved(resolved, None, (lazy_journal, None), &cancel, terminal);
    Ok(opened.session.run)
}

fn show(rest: &[(Write, Looked)], terminal: Terminal) {
    let rows = rest.iter().map(|(write, looked)| {
        let row = match &write.scope {
            Scope::Row(key) => key.to_string(),
            Scope::Main => String::new(),
        };
        vec![
            Cell::number(write.id.number().unsigned_abs()),
            Cell::text(&row),
            Cell::text(&write.action),
            Cell::text(write.cause.as_deref().unwrap_or_default()),
            Cell::text(&on_the_server(looked)),
            Cell::text(&Value::Object(write.params.clone()).to_string()),
        ]
    });
    let columns = [
        "write",
        "row",
        "action",
        "cause",
        "on the server",
        "parameters",
    ];
    terminal.data(&table::lines(&columns, rows, Fit::Terminal).join("\n"));
}

fn on_the_server(looked: &Looked) -> String {
    match looked {
        Looked::Found(_) => "found".to_owned(),
        Looked::NotThere => "not there".to_owned(),
        Looked::Like(ids) => format!("perhaps {}", ids.join(", ")),
        Looked::NoWay => "cannot be checked".to_owned(),
        Looked::NotLooked => "not checked".to_owned(),
    }
}

/// Wants the number that the table shows.
fn confirm(count: usize, name: &str, all: &All) -> Result<(), Failure> {
    let word = if all.done { "--done" } else { "--not-done" };
    let because = all
        .because
        .as_ref()
        .map_or(String::new(), |cause| format!(" --because {cause}"));
    let command = format!("whmcsh runs settle {name} --all {word}{because} --yes {count}");
    let are = if count == 1 {
        "1 write is in doubt".to_owned()
    } else {
        format!("{count} writes are in doubt")
    };
    let what = match all.yes {
        Some(yes) if yes == count => return Ok(()),
        Some(yes) => format!("{are}, not {yes}; nothing was recorded"),
        None => format!("{are}; nothing was recorded"),
    };
    Err(Failure::usage(what).hint(format!("if this is true of all of them, run: `{command}`")))
}

fn end(resume: &str, all: &All, settled: &[Write], found: &[Write], terminal: Terminal) {
    let numbers = |writes: &[Write]| -> Vec<i64> {
        writes
            .iter()
            .map(|write| WriteId::number(write.id))
            .collect()
    };
    if all.json {
        let settled = json!({
            "writes": numbers(settled), "done": all.done, "found": numbers(found), "resume": resume,
        });
        terminal.data(&format!("{settled:#}"));
        return;
    }
    if !settled.is_empty() {
        let word = match (all.done, settled.len()) {
            (true, 1) => "was applied",
            (true, _) => "were applied",
            (false, 1) => "was not applied; the resumed run sends it",
            (false, _) => "were not applied; the resumed run sends them",
        };
        terminal.note(&format!("recorded: {} {word}", named(settled)));
    }
    terminal.note(&format!("to resume, run: {resume}"));
}

/// `writes 3, 5`.
fn named(writes: &[Write]) -> String {
    let numbers = writes.iter().map(|write| write.id.number().to_string());
    let word = if writes.len() == 1 { "write" } else { "writes" };
    format!("{word} {}", numbers.collect::<Vec<_>>().join(", "))
}
