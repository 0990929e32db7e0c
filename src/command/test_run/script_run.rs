//! A script that a test runs: as `whmcsh run` runs it, with a journal of its own, in this process.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::bench::{ScriptRun, TestBench};
use super::servers::OpenedWith;
use super::transcript::{Both, Transcript};
use crate::command::Terminal;
use crate::command::execution::record::{Recorded, Subject};
use crate::command::execution::rows::Rows;
use crate::command::execution::{run_to_verdict, set_down};
use crate::error::{Exit, Failure};
use crate::run::Limits;
use crate::run::invocation::{Invocation, ScriptCall, Target, Task};
use crate::run::journal::{self, RowRecord};
use crate::script::{Host, ListsRead, OWN_SERVER, Script, Streams};

/// What can be said of such a run.
const OPTIONS: [&str; 5] = ["max_writes", "max_deletes", "no_mail", "strict", "workers"];

/// Runs it; gives what became of it.
pub(super) fn run_script(
    bench: &TestBench,
    script: &str,
    args: Vec<String>,
    options: &Value,
) -> Result<Value, Failure> {
    let limits = limits(options)?;
    let path = bench.beside.join(script);
    let script = Script::load(&path)?;
    let args = script.arguments_among(args)?;
    let called = std::iter::once(path.display().to_string()).chain(args.iter().cloned());
    let called = called.collect::<Vec<_>>().join(" ");
    let files_before = files_in(&bench.working);
    let emails_before = emails(bench)?.len();
    let first_call = bench.servers.calls.count();
    let own = Arc::new(Transcript::default());
    let (result, rows) = perform(bench, &script, (path, args), &limits, &own)?;
    let failure = result.err();
    let mut scripts = bench.scripts.lock().unwrap_or_else(PoisonError::into_inner);
    scripts.push(ScriptRun {
        called,
        failure: failure.clone(),
    });
    drop(scripts);
    let files_after = files_in(&bench.working).into_iter();
    let written = files_after.filter(|(name, state)| files_before.get(name) != Some(state));
    let written: Vec<String> = written.map(|(name, _)| name).collect();
    let emails = emails(bench)?;
    Ok(json!({
        "ok": failure.is_none(),
        "exit": match &failure {
            Some(failure) if failure.exit != Exit::Script || own.code() == 0 => failure.exit as i32,
            _ => own.code().into(),
        },
        "error": failure.as_ref().map(|failure| failure.what.clone()),
        "hint": failure.and_then(|failure| failure.hint),
        "output": own.printed(),
        "notes": own.noted(),
        "rows": rows,
        "writes": bench.servers.calls.writes_from(first_call),
        "files": written,
        "emails": emails.get(emails_before..).unwrap_or_default(),
    }))
}

/// The script's end, and its rows.
type ScriptEnded = (Result<(), Failure>, Vec<Value>);

fn perform(
    bench: &TestBench,
    script: &Script,
    (path, args): (PathBuf, Vec<String>),
    limits: &Limits,
    own: &Arc<Transcript>,
) -> Result<ScriptEnded, Failure> {
    let folder = path.parent().map(Path::to_owned);
    let files = bench.files(folder.as_deref(), &args)?;
    let invocation = Invocation {
        task: Task::Script(ScriptCall {
            path,
            args: args.clone(),
        }),
        // Its server ends with the test, and so does what is written down of it.
        target: Target {
            sandbox: true,
            ..Target::default()
        },
        limits: limits.clone(),
        ..Invocation::default()
    };
    let modules = script.imported(files.clone());
    let subject = Subject {
        invocation: &invocation,
        text: script.text(),
        modules: &modules,
        profile: OWN_SERVER.to_owned(),
        host: OWN_SERVER.to_owned(),
        path: String::new(),
        not_processed: Vec::new(),
        name: None,
        streams: Streams::default(),
        binds_again: false,
        does_again: false,
    };
    let runs = bench.runs.clone();
    let recorded = Recorded::begin_at(bench.moment(), bench.seed, &subject, Ok(runs), || {});
    let said: Arc<dyn crate::script::Output> = Arc::new(Both {
        own: Arc::clone(own),
        test: Arc::clone(&bench.transcript),
    });
    let notes = Arc::clone(&said);
    let with = OpenedWith {
        lazy_journal: Some(Arc::clone(&recorded.lazy_journal)),
        limits: limits.clone(),
        notice: Arc::new(move |line| notes.note(line)),
    };
    let rows = Arc::new(Rows::new(
        Some(Arc::clone(&recorded.lazy_journal)),
        Terminal::new(true),
    ));
    let host = Host {
        run: bench.servers.open(OWN_SERVER, &with)?,
        connect: bench.others(with),
        output: said,
        files,
        args,
        env: std::collections::BTreeSet::new(),
        allow_unknown: false,
        cancel: bench.cancel.clone(),
        clock: bench.clock(),
        seed: bench.seed,
        rows: Arc::clone(&rows) as _,
        limits: limits.clone(),
        bench: None,
        lists: ListsRead::default(),
    };
    let result = run_to_verdict(script, Arc::new(host), &rows, Some(&recorded.lazy_journal));
    let result = set_down(&recorded, &rows, result);
    let rows = if rows.had_loop() {
        rows_of(&recorded)
    } else {
        Vec::new()
    };
    Ok((result, rows))
}

impl TestBench {
    /// Opens further servers for a script, by the names of profiles.
    fn others(&self, with: OpenedWith) -> Box<crate::script::Connect> {
        let servers = Arc::clone(&self.servers);
        Box::new(move |name| servers.open(name, &with))
    }
}

fn limits(options: &Value) -> Result<Limits, Failure> {
    let mut limits = Limits::default();
    let none = Map::new();
    for (name, value) in options.as_object().unwrap_or(&none) {
        let bad = || {
            Failure::usage(format!("`run_script` cannot use `{name}: {value}`"))
                .hint("counts are whole numbers; `no_mail` and `strict` are `true` or `false`")
        };
        match name.as_str() {
            "max_writes" => limits.max_writes = Some(value.as_u64().ok_or_else(bad)?),
            "max_deletes" => limits.max_deletes = Some(value.as_u64().ok_or_else(bad)?),
            "no_mail" => limits.no_mail = value.as_bool().ok_or_else(bad)?,
            "strict" => limits.strict = value.as_bool().ok_or_else(bad)?,
            "workers" => {
                let workers = value.as_u64().and_then(|count| usize::try_from(count).ok());
                limits.workers = Some(workers.filter(|count| *count > 0).ok_or_else(bad)?);
            }
            _ => {
                return Err(
                    Failure::usage(format!("`run_script` has no option `{name}`"))
                        .hint(format!("its options are `{}`", OPTIONS.join("`, `"))),
                );
            }
        }
    }
    Ok(limits)
}

fn emails(bench: &TestBench) -> Result<Vec<Value>, Failure> {
    bench.servers.named(OWN_SERVER)?.emails()
}

/// The rows of a run's loops, in the order of their numbers.
fn rows_of(recorded: &Recorded) -> Vec<Value> {
    let mut rows = Vec::new();
    if let Some(journal) = recorded.lazy_journal.begun()
        && let Ok(reading) = journal::read(journal.folder())
    {
        // What cannot be read of a journal that was just written is not there.
        let _ = reading.rows(|row| rows.push(row));
    }
    rows.sort_by_key(|row| (row.bulk, row.number));
    rows.iter().map(as_value).collect()
}

fn as_value(row: &RowRecord) -> Value {
    json!({
        "key": row.key,
        "number": row.number,
        "state": row.state.word(),
        "unchanged": row.unchanged,
        "columns": row.columns,
        "error": row.error,
    })
}

/// The files in a folder and those below it, with what tells whether one was written since;
/// hidden ones are left out.
fn files_in(folder: &Path) -> BTreeMap<String, (u64, Option<SystemTime>)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(&inner).into_iter().flatten().flatten() {
            let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
            let Some(state) = entry.metadata().ok().filter(|_| !is_hidden) else {
                continue;
            };
            if state.is_dir() {
                folders.push(entry.path());
            } else if let Ok(name) = entry.path().strip_prefix(folder) {
                let name = name.display().to_string();
                found.insert(name, (state.len(), state.modified().ok()));
            }
        }
    }
    found
}
