//! `whmcsh runs`: what happened, and what is still open.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::{Terminal, run_folder, undo};
use crate::config::runs_folder;
use crate::error::Failure;
use crate::run::journal::{self, Journal, Outcome, Reading, State, Which, Write};
use crate::table::{self, Cell, Fit};

/// Lists the runs, the newest first.
pub fn list(json: bool, terminal: Terminal) -> Result<(), Failure> {
    let mut runs = Vec::new();
    for name in names(&runs_folder()?) {
        let reading = open(&name)?;
        let counts = reading
            .counts()
            .map_err(|error| run_folder::failed(&error))?;
        runs.push((name, reading, counts));
    }
    runs.sort_by(|one, other| other.1.head().started.cmp(&one.1.head().started));
    if json {
        let runs: Vec<Value> = runs
            .iter()
            .map(|(name, reading, counts)| {
                json!({
                    "id": name, "script": reading.head().script, "started": reading.head().started,
                    "state": reading.state().word(), "host": reading.head().host,
                    "writes": counts.writes, "writes_in_doubt": counts.writes_in_doubt,
                })
            })
            .collect();
        terminal.data(&format!("{:#}", Value::from(runs)));
        return Ok(());
    }
    if runs.is_empty() {
        terminal.note("no runs yet");
        return Ok(());
    }
    let rows = runs.iter().map(|(name, reading, counts)| {
        vec![
            text(name),
            text(reading.state().word()),
            number(counts.writes),
            number(counts.writes_in_doubt),
            text(&reading.head().host),
            text(&reading.head().script),
        ]
    });
    let columns = ["run", "state", "writes", "in doubt", "server", "script"];
    terminal.data(&table::lines(&columns, rows, Fit::Terminal).join("\n"));
    Ok(())
}

/// Shows one run: what it was, and every write with what became of it.
pub fn show(name: &str, json: bool, terminal: Terminal) -> Result<(), Failure> {
    let reading = open(name)?;
    let mut writes = Vec::new();
    reading
        .writes(Which::All, |write| writes.push(write))
        .map_err(|error| run_folder::failed(&error))?;
    let head = reading.head();
    if json {
        let writes: Vec<Value> = writes.iter().map(as_json).collect();
        let shown = json!({
            "id": name, "script": head.script, "args": head.args, "profile": head.profile,
            "host": head.host, "started": head.started, "ended": reading.ended(),
            "state": reading.state().word(), "writes": writes,
        });
        terminal.data(&format!("{shown:#}"));
        return Ok(());
    }
    terminal.data(&format!(
        "{name}: {} {}\non {}, begun {}, {}",
        head.script,
        head.args.join(" "),
        head.host,
        head.started,
        reading.state().word()
    ));
    let rows = writes.iter().map(|write| {
        vec![
            Cell {
                text: write.id.number().to_string(),
                is_number: true,
            },
            text(&write.action),
            text(word(write.outcome.as_ref())),
            text(&Value::Object(write.params.clone()).to_string()),
        ]
    });
    terminal.data(
        &table::lines(
            &["write", "action", "outcome", "parameters"],
            rows,
            Fit::Terminal,
        )
        .join("\n"),
    );
    if reading.state() != State::Done {
        terminal.note(&format!(
            "continue with: {}",
            resume_command(&head.script, &head.words(), name)
        ));
    }
    Ok(())
}

/// What the user saw on the server of a write in doubt.
#[derive(Debug)]
pub struct Verdict {
    /// The write's number.
    pub write: i64,
    /// Whether it was applied.
    pub done: bool,
    /// What the script is to get as its reply, as JSON.
    pub reply: Option<String>,
}

/// Takes the user's word on a write in doubt.
pub fn settle(name: &str, verdict: &Verdict, terminal: Terminal) -> Result<(), Failure> {
    let reply = verdict.reply.as_deref().map(reply).transpose()?;
    let folder = run_folder::folder(&runs_folder()?, name)?;
    let reading = journal::read(&folder).map_err(|error| run_folder::failed(&error))?;
    let mut found = None;
    let mut open = Vec::new();
    reading
        .writes(Which::InDoubt, |write| {
            open.push(format!("{} ({})", write.id.number(), write.action));
            if write.id.number() == verdict.write {
                found = Some(write.id);
            }
        })
        .map_err(|error| run_folder::failed(&error))?;
    let Some(id) = found else {
        let failure = Failure::usage(format!(
            "write {} of run `{name}` is not in doubt",
            verdict.write
        ));
        return Err(if open.is_empty() {
            failure.hint("nothing of this run is in doubt")
        } else {
            failure.hint(format!("in doubt: {}", open.join(", ")))
        });
    };
    let (journal, head) = Journal::open(&folder).map_err(|error| run_folder::failed(&error))?;
    let settled = journal.settle(id, verdict.done, reply);
    settled.map_err(|error| run_folder::failed(&error))?;
    let word = if verdict.done {
        "was applied"
    } else {
        "was not applied and will be sent"
    };
    terminal.note(&format!("write {} {word}", verdict.write));
    terminal.note(&format!(
        "continue with: {}",
        resume_command(&head.script, &head.words(), name)
    ));
    Ok(())
}

fn reply(text: &str) -> Result<Map<String, Value>, Failure> {
    match serde_json::from_str(text) {
        Ok(Value::Object(reply)) => Ok(reply),
        _ => Err(Failure::usage("the reply is no JSON object")
            .hint("such as `--reply '{\"orderid\": 7}'`")),
    }
}

/// The command that takes a run up again.
pub fn resume_command(script: &str, args: &[String], name: &str) -> String {
    if let Some(run) = undo::undone_by(script) {
        return undo::command(run);
    }
    format!("{} --resume {name}", run_command(script, args))
}

/// The command that runs a script.
pub fn run_command(script: &str, args: &[String]) -> String {
    let mut words = vec!["whmcsh".to_owned(), "run".to_owned(), quoted(script)];
    words.extend(args.iter().map(|arg| quoted(arg)));
    words.join(" ")
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "_-./:@%+=,".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

fn open(name: &str) -> Result<Reading, Failure> {
    let folder = run_folder::folder(&runs_folder()?, name)?;
    journal::read(&folder).map_err(|error| run_folder::failed(&error))
}

/// The folders that hold a journal.
fn names(runs: &Path) -> Vec<String> {
    let entries = fs::read_dir(runs).into_iter().flatten().flatten();
    let names = entries.filter(|entry| entry.path().join("journal.sqlite").is_file());
    names
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

fn as_json(write: &Write) -> Value {
    json!({
        "write": write.id.number(), "action": write.action, "params": write.params,
        "outcome": word(write.outcome.as_ref()),
    })
}

fn word(outcome: Option<&Outcome>) -> &'static str {
    outcome.map_or("in doubt", Outcome::word)
}

fn text(text: &str) -> Cell {
    Cell {
        text: text.to_owned(),
        is_number: false,
    }
}

fn number(number: u64) -> Cell {
    Cell {
        text: number.to_string(),
        is_number: true,
    }
}
