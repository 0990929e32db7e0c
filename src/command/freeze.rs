//! `whmcsh freeze`: a list of the server in a file, where it stands still.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use serde_json::Value;

use super::execution;
use super::execution::host::{Given, are_whole, host};
use super::out::{Out, unwritten};
use super::params::{self, Sources};
use super::plan::Aside;
use super::{Target, Terminal, find_action, interrupt, overwriting};
use crate::cancel::Cancel;
use crate::catalog::Action;
use crate::client::{ActionRef, Params};
use crate::error::{Exit, Failure};
use crate::files::AtomicFile;
use crate::run::Run;
use crate::run::invocation::{ScriptCall, Task};
use crate::run::journal::SettledRow;
use crate::run::list::frozen::{FrozenHead, Writer};
use crate::script::{Begun, LeftOver, Listed, RowEnded, RowSink, Script};
use crate::secrets::{self, COVER};

/// The command, as errors call it.
const COMMAND: &str = "freeze";

/// What to freeze, from which server, and where to.
#[derive(Debug)]
pub struct FreezeOptions {
    /// An action that gives a list, or the path of a script that ends with one.
    pub of: String,
    /// Parameters of the action, or what the script finds in `args`.
    pub words: Vec<String>,
    /// The server.
    pub target: Target,
    /// The environment variables a script may read.
    pub allow_env: BTreeSet<String>,
    /// The file that is to hold the list.
    pub out: PathBuf,
}

/// Reads the list to its end, and writes it into the file once it is whole.
pub fn freeze(options: FreezeOptions, terminal: Terminal) -> Result<(), Failure> {
    is_new(&options.out)?;
    let cancel = interrupt::watch()?;
    if is_script(&options.of) {
        of_script(options, &cancel, terminal)
    } else {
        of_action(&options, &cancel, terminal)
    }
}

/// Refuses to replace a list: a run may be going through it, or may go on with it.
fn is_new(out: &Path) -> Result<(), Failure> {
    let is_file = fs::symlink_metadata(out).is_ok_and(|found| found.is_file());
    if !is_file {
        return Ok(());
    }
    let what = format!("`{}` already exists; nothing was sent", out.display());
    Err(Failure::usage(what)
        .hint("a run may still need it: name another file, or remove it if no run does"))
}

/// Whether that is the path of a script, and no action.
fn is_script(word: &str) -> bool {
    let path = Path::new(word);
    path.extension().is_some_and(|end| end == "rhai")
        || path.components().count() > 1
        || path.is_file()
}

fn of_action(options: &FreezeOptions, cancel: &Cancel, terminal: Terminal) -> Result<(), Failure> {
    let action = find_action(&options.of, false)?;
    let params = params::read(&action, &options.words, Sources::All)?;
    let ActionRef::Known(action) = action else {
        return Err(no_list(action.name()));
    };
    if let Some(part) = params
        .keys()
        .find(|name| ["limitnum", "limitstart"].contains(&name.as_str()))
    {
        let what = format!(
            "a frozen list must be complete, and `{part}` asks for a part; nothing was \
             sent"
        );
        return Err(Failure::usage(what)
            .hint("leave it out; to freeze a part, let a script end with that part of the list"));
    }
    // Before anything is asked.
    let mut out = Some(Out::create(&options.out)?);
    let opened = options.target.open_to_read(COMMAND, cancel, terminal)?;
    let run = &opened.session.run;
    for time in 1..=TIMES {
        let mut out = match out.take() {
            Some(out) => out,
            None => Out::create(&options.out)?,
        };
        let told = read(run, action, &params, (&mut out, &options.out), terminal)?;
        let count = run.count_now(action, &params);
        let count = count.map_err(|error| Failure::of_call(&error))?;
        let changed = count.filter(|count| *count != told.records);
        if let Some(count) = changed {
            let what = format!(
                "`{}` has {count} records now, but {} were read: it changed meanwhile",
                action.name, told.records
            );
            if time < TIMES {
                terminal.alert(&format!("{what}; it is read again"));
                continue;
            }
            terminal.alert(&format!(
                "warning: {what}, each of {TIMES} times; records that came meanwhile are not in \
                 the file"
            ));
        }
        out.publish_if(Ok(()))?;
        told.say(&options.out, terminal);
        break;
    }
    Ok(())
}

/// A list that changes while it is read is read so often.
const TIMES: u32 = 3;

/// Reads a list into the file, which is of that path.
fn read(
    run: &Arc<Run>,
    action: &'static Action,
    params: &Params,
    (out, path): (&mut Out, &Path),
    terminal: Terminal,
) -> Result<Told, Failure> {
    let walk = run
        .walk(action, params.clone())
        .ok_or_else(|| no_list(action.name))?;
    let mut list = List::begin(out, run.place().to_owned(), path, Some(action));
    loop {
        let record = walk.take();
        for warning in walk.warnings() {
            terminal.alert(&format!("warning: {warning}"));
        }
        let Some(record) = record else { break };
        let record = record.map_err(|error| Failure::of_call(&error))?;
        list.put(Some(action), record)?;
    }
    list.finish()
}

fn of_script(options: FreezeOptions, cancel: &Cancel, terminal: Terminal) -> Result<(), Failure> {
    let script = Script::load(Path::new(&options.of))?;
    are_whole(&options.words)?;
    let call = ScriptCall {
        path: options.of.into(),
        args: options.words,
    };
    let asked = options
        .target
        .invocation(Task::Script(call), options.allow_env, None);
    overwriting::refuse("--out", Some(&options.out), overwriting::inputs(&asked))?;
    let mut out = Out::create(&options.out)?;
    let opened = options.target.open_to_read(COMMAND, cancel, terminal)?;
    let rows = Arc::new(NoRows::default());
    let given = Given {
        invocation: Some(&asked),
        output: Arc::new(Aside(terminal)),
        rows: Arc::<NoRows>::clone(&rows),
        recorded: None,
        streams: execution::streams(false, terminal)?,
    };
    let host = host(&opened.session, &options.target, given, cancel.clone())?;
    let place = host.run.place().to_owned();
    let mut list = List::begin(&mut out, place, &options.out, None);
    script.list(Arc::new(host), &mut |Listed { list: of, record }| {
        list.put(of, record)
    })?;
    rows.verdict()?;
    let told = list.finish()?;
    out.publish_if(Ok(()))?;
    told.say(&options.out, terminal);
    Ok(())
}

fn no_list(action: &str) -> Failure {
    Failure::usage(format!("`{action}` returns no list; nothing was sent"))
        .hint("`whmcsh actions` shows which do; a script can freeze any list")
}

/// A list on its way into its file.
struct List<'o> {
    path: &'o Path,
    place: String,
    began: Timestamp,
    /// The file, until the first record says which list it is.
    file: Option<&'o mut AtomicFile>,
    writer: Option<Writer<&'o mut AtomicFile>>,
    of: Option<&'static Action>,
    /// The list that was asked for, which an empty one is too.
    asked: Option<&'static Action>,
    left_out: BTreeMap<String, u64>,
}

impl<'o> List<'o> {
    fn begin(
        out: &'o mut Out,
        place: String,
        path: &'o Path,
        asked: Option<&'static Action>,
    ) -> Self {
        Self {
            path,
            place,
            began: Timestamp::now(),
            file: Some(out.file()),
            writer: None,
            of: None,
            asked,
            left_out: BTreeMap::new(),
        }
    }

    /// Adds a record of that list, without its secrets.
    fn put(&mut self, of: Option<&'static Action>, mut record: Value) -> Result<(), Failure> {
        self.head(of)?;
        if self.of.map(|action| action.name) != of.map(|action| action.name) {
            return Err(mixed(self.of, of));
        }
        if let Some(fields) = record.as_object_mut() {
            let at = of.and_then(|action| action.list.as_ref());
            let at = at.map_or("", |list| list.path);
            secrets::each_in_record(of, at, fields, |field, value| {
                if !value.is_null() && value.as_str().is_none_or(|text| !text.is_empty()) {
                    *value = COVER.into();
                    *self.left_out.entry(field.to_owned()).or_default() += 1;
                }
            });
        }
        let written = self
            .writer
            .as_mut()
            .map_or(Ok(()), |writer| writer.put(&record));
        written.map_err(|error| unwritten(self.path, &error))
    }

    /// Writes the head, before the first record.
    fn head(&mut self, of: Option<&'static Action>) -> Result<(), Failure> {
        let Some(file) = self.file.take() else {
            return Ok(());
        };
        let name = of.map(|action| action.name);
        let head = FrozenHead::new(std::mem::take(&mut self.place), name, self.began);
        let writer = Writer::begin(file, &head);
        self.writer = Some(writer.map_err(|error| unwritten(self.path, &error))?);
        self.of = of;
        Ok(())
    }

    fn finish(mut self) -> Result<Told, Failure> {
        self.head(self.asked)?;
        let records = self.writer.as_ref().map_or(0, Writer::records);
        let finished = self
            .writer
            .take()
            .map_or(Ok(()), |writer| writer.finish().map(drop));
        finished.map_err(|error| unwritten(self.path, &error))?;
        Ok(Told {
            records,
            of: self.of,
            left_out: self.left_out.into_keys().collect(),
        })
    }
}

fn mixed(first: Option<&Action>, other: Option<&Action>) -> Failure {
    let named = |of: Option<&Action>| {
        of.map_or_else(
            || "maps of the script".to_owned(),
            |of| format!("records of `{}`", of.name),
        )
    };
    let what = format!("the list holds {} and {}", named(first), named(other));
    Failure::new(Exit::Script, what)
        .hint("freeze each in a file of its own, or make maps such as `#{ id: c.id }` of them all")
}

/// What is said of a list at the end.
struct Told {
    records: u64,
    of: Option<&'static Action>,
    left_out: Vec<String>,
}

impl Told {
    fn say(&self, out: &Path, terminal: Terminal) {
        let records = match self.records {
            1 => "1 record".to_owned(),
            records => format!("{records} records"),
        };
        let of = self
            .of
            .map_or_else(String::new, |of| format!(" of `{}`", of.name));
        let path = out.display().to_string();
        terminal.note(&format!(
            "{records}{of} frozen: read them in a script with `rows({path:?})`"
        ));
        if !self.left_out.is_empty() {
            let names: Vec<String> = self
                .left_out
                .iter()
                .map(|name| format!("`{name}`"))
                .collect();
            terminal.note(&format!("left out as secret: {}", names.join(", ")));
        }
    }
}

/// Rows of a script whose list is frozen: it has none to go through.
#[derive(Default)]
struct NoRows(AtomicBool);

impl NoRows {
    fn verdict(&self) -> Result<(), Failure> {
        if !self.0.load(Ordering::SeqCst) {
            return Ok(());
        }
        let what =
            "a script whose list is frozen cannot go through rows with `bulk`; no file was written";
        Err(Failure::new(Exit::Script, what)
            .hint("let it end with the list, and use `bulk` with `rows(…)` in another script"))
    }
}

impl RowSink for NoRows {
    fn begin(&self, _: &Begun) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn row(&self, _: RowEnded) {}

    fn left_over(&self, _: LeftOver) {}

    fn end(&self) {}

    fn past(&self, _: &str) -> Option<SettledRow> {
        None
    }
}
