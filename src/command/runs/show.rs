//! `whmcsh runs show`: what one run was, what it came to, what is still open.
//!
//! A run may have made writes without number: they are printed as they are read,
//! and only where somebody asks for them.

use std::collections::BTreeMap;

use rustix::system::uname;
use serde_json::{Value, json};

use super::opened::{make_files, open};
use crate::command::Terminal;
use crate::command::execution::counted::{LeftOver, counted, reason_in_words};
use crate::command::execution::names;
use crate::command::execution::undone::{UndoState, undone, undos_there_are};
use crate::config::runs_folder;
use crate::display::text::to_the_second;
use crate::error::Failure;
use crate::run::invocation::Task;
use crate::run::journal::{Counts, Head, JournalError, Outcome, Reading, State, Which, Write};
use crate::run::outputs::{REASONS, WARNING, counts_as_json, files, files_as_json, rfc3339};

/// How many writes in doubt are named without being asked for.
const IN_DOUBT: usize = 20;
/// How much is gathered before it is printed.
const CHUNK: usize = 64 * 1024;

/// Shows one run, with every write if they are wanted.
pub fn show(name: &str, json: bool, with_writes: bool, terminal: Terminal) -> Result<(), Failure> {
    let folder = names::folder(&runs_folder()?, name)?;
    let reading = open(name)?;
    if let Err(error) = make_files(&folder, &reading) {
        terminal.alert(&format!("warning: {error}"));
    }
    let failed = |error: JournalError| names::failed(&error);
    if json {
        return print_json(&reading, terminal).map_err(failed);
    }
    let counts = reading.counts().map_err(failed)?;
    terminal.data(&head(&reading, &counts).map_err(failed)?);
    if with_writes {
        let each = |write: &Write| line(write);
        print_writes(&reading, Which::All, "\n", each, terminal).map_err(failed)?;
        terminal.raw(b"\n");
    } else {
        print_open(name, &reading, &counts, terminal).map_err(failed)?;
    }
    let files = files(&folder);
    if !files.is_empty() {
        terminal.data(&format!(
            "files in {}: {}",
            folder.display(),
            files.join(", ")
        ));
    }
    if let Some(command) = names::to_continue(&reading) {
        terminal.note(&format!("to resume, run: {command}"));
    }
    Ok(())
}

/// What it was and what it came to.
fn head(reading: &Reading, counts: &Counts) -> Result<String, JournalError> {
    let head = reading.head();
    let words = [&[head.script()], head.args()].concat();
    let mut lines = vec![format!("{}: {}", head.id, words.join(" "))];
    lines.extend(head.named().map(|name| format!("named {name}")));
    let ended = match reading.ended() {
        Some(ended) if reading.state() != State::Running => {
            format!(", ended {}", to_the_second(ended))
        }
        _ => String::new(),
    };
    let server = if head.is_rehearsal() {
        "on a sandbox that ended with it".to_owned()
    } else {
        format!("on {}", head.host)
    };
    let (state, begun) = (reading.state().word(), to_the_second(&head.started));
    let by = format!("{}{}", other_version(&head.version), begun_on(head));
    lines.push(format!("{state}; {server}, begun {begun}{by}{ended}"));
    if let Task::Undo(undo) = &head.invocation.task {
        let undo = (&undo.run, UndoState::derive(reading, counts));
        let state = undone(undo.1.state);
        lines.push(format!(
            "undoes run {}: {state}, {}",
            undo.0,
            undo.1.words()
        ));
    }
    if let Some(undo) = undos_there_are().state(&head.id) {
        let (state, by) = (undone(undo.state), &undo.by);
        lines.push(format!("{state} by run {by}: {}", undo.words()));
    }
    lines.extend(counted(counts, LeftOver::default()));
    for reason in reading.reasons(REASONS)? {
        lines.push(reason_in_words(&reason.text, reason.count, reason.first));
    }
    lines.extend(warnings(reading)?);
    let actions = reading.actions()?;
    let actions = actions
        .iter()
        .map(|(action, count)| format!("{count} {action}"));
    let actions: Vec<String> = actions.collect();
    if !actions.is_empty() {
        lines.push(format!("writes: {}", actions.join(", ")));
    }
    Ok(lines.join("\n"))
}

/// What WHMCS warned of in the run's rows, the commonest first.
fn warnings(reading: &Reading) -> Result<Vec<String>, JournalError> {
    if !reading
        .returned()?
        .iter()
        .any(|(_, column)| column == WARNING)
    {
        return Ok(Vec::new());
    }
    let mut counted: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    reading.rows(|row| {
        if let Some(warning) = row.columns.get(WARNING).and_then(Value::as_str) {
            let (count, _) = counted.entry(warning.to_owned()).or_insert((0, row.number));
            *count += 1;
        }
    })?;
    let rows: u64 = counted.values().map(|(count, _)| count).sum();
    let noun = if rows == 1 { "row has" } else { "rows have" };
    let mut lines = vec![format!("{rows} {noun} a warning from WHMCS:")];
    let mut counted: Vec<_> = counted.into_iter().collect();
    counted.sort_by_key(|(_, (count, first))| (u64::MAX - count, *first));
    let shown = counted.iter().take(REASONS);
    lines.extend(shown.map(|(text, (count, first))| reason_in_words(text, *count, *first)));
    if counted.len() > REASONS {
        lines.push("  all warnings are in the column `_warning` of results.csv".to_owned());
    }
    Ok(lines)
}

/// The version that began the run, where it is not this one.
fn other_version(version: &str) -> String {
    if version == env!("CARGO_PKG_VERSION") {
        String::new()
    } else {
        format!(" by whmcsh {version}")
    }
}

/// Who began the run on which machine, where that is another one.
fn begun_on(head: &Head) -> String {
    let here = uname();
    let here = here.nodename().to_string_lossy();
    match (&head.machine, &head.user) {
        (Some(machine), Some(user)) if *machine != here => format!(" by {user} on {machine}"),
        _ => String::new(),
    }
}

/// The writes nobody knows the fate of, and what to do about them.
fn print_open(
    name: &str,
    reading: &Reading,
    counts: &Counts,
    terminal: Terminal,
) -> Result<(), JournalError> {
    if counts.writes_in_doubt == 0 || reading.state() == State::Running {
        return Ok(());
    }
    let mut shown = 0;
    reading.writes(Which::InDoubt, |write| {
        shown += 1;
        if shown <= IN_DOUBT {
            terminal.data(&line(&write));
        }
    })?;
    if shown > IN_DOUBT {
        terminal.data(&format!(
            "… and {} more; `--writes` shows all",
            shown - IN_DOUBT
        ));
    }
    if !reading.head().is_rehearsal() {
        terminal.data(&format!(
            "look on the server, then run: whmcsh runs settle {name} --write N --done (or \
             --not-done)"
        ));
    }
    Ok(())
}

fn line(write: &Write) -> String {
    let row = write.row_name();
    let row = row.map_or_else(String::new, |row| format!("row {row}  "));
    format!(
        "write {}  {row}{}{}  {}  {}",
        write.id.number(),
        word(write.outcome.as_ref()),
        write
            .cause
            .as_ref()
            .map_or(String::new(), |cause| format!(" ({cause})")),
        write.action,
        Value::Object(write.params.clone()),
    )
}

fn print_json(reading: &Reading, terminal: Terminal) -> Result<(), JournalError> {
    let head = reading.head();
    let reasons = reading.reasons(REASONS)?.into_iter().map(
        |reason| json!({"reason": reason.text, "count": reason.count, "first_row": reason.first}),
    );
    let counts = reading.counts()?;
    let undo = if let Task::Undo(undo) = &head.invocation.task {
        Some(UndoState::derive(reading, &counts).as_json(("of", &undo.run)))
    } else {
        let undos = undos_there_are();
        let undo = undos.state(&head.id);
        undo.map(|undo| undo.as_json(("by", &undo.by)))
    };
    let shown = json!({
        "run": head.id, "id": head.id, "name": head.name, "script": head.script(), "args": head.args(), "profile": head.profile,
        "shard": head.invocation.limits.shard.map(|shard| shard.to_string()),
        "machine": head.machine, "user": head.user,
        "host": head.host, "rehearsal": head.is_rehearsal(), "version": head.version,
        "started": rfc3339(&head.started), "ended": reading.ended().map(rfc3339), "state": reading.state().word(),
        "counts": counts_as_json(&counts), "undo": undo, "reasons": reasons.collect::<Vec<_>>(),
        "folder": reading.folder(), "files": files_as_json(reading.folder()),
        "resume": names::to_continue(reading),
    });
    let shown = format!("{shown:#}");
    let opened = shown.trim_end_matches(['}', '\n']);
    terminal.raw(format!("{opened},\n  \"writes\": [\n").as_bytes());
    let each = |write: &Write| format!("    {}", as_json(write));
    print_writes(reading, Which::All, ",\n", each, terminal)?;
    terminal.raw(b"\n  ]\n}\n");
    Ok(())
}

/// Prints writes with that between them, as they are read.
fn print_writes(
    reading: &Reading,
    which: Which,
    between: &str,
    each: impl Fn(&Write) -> String,
    terminal: Terminal,
) -> Result<(), JournalError> {
    let mut gathered = String::new();
    let mut is_first = true;
    reading.writes(which, |write| {
        if !is_first {
            gathered.push_str(between);
        }
        is_first = false;
        gathered.push_str(&each(&write));
        if gathered.len() > CHUNK {
            terminal.raw(gathered.as_bytes());
            gathered.clear();
        }
    })?;
    terminal.raw(gathered.as_bytes());
    Ok(())
}

fn as_json(write: &Write) -> Value {
    let row = write.row_name();
    json!({
        "write": write.id.number(), "row": row, "action": write.action, "params": write.params,
        "outcome": word(write.outcome.as_ref()), "cause": write.cause,
    })
}

fn word(outcome: Option<&Outcome>) -> &'static str {
    outcome.map_or("in doubt", Outcome::word)
}
