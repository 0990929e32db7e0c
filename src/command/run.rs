//! `whmcsh run`: do what a script says.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::rows::Rows;
use super::run_folder::{Recorded, Subject, ended_with_its_server};
use super::{Target, Terminal, doubt, ending, faults, interrupt, runs};
use crate::cancel::Cancel;
use crate::config::{Resolved, default_path, runs_folder};
use crate::error::Failure;
pub use crate::run::bulk::{Limit, Shard};
pub use crate::run::{Limits, MAX_DELETES, MOST_WORKERS, Rate, Snapshots};
use crate::script::{Clock, Confinement, Host, Orders, Script, Unkept};
use crate::secrets::{hidden_word, without_secret_words};
use crate::session::Session;

/// What to run and on which server.
#[derive(Debug)]
pub struct Options {
    /// The script.
    pub script: PathBuf,
    /// What it finds in `args`.
    pub args: Vec<String>,
    /// The server.
    pub target: Target,
    /// The environment variables it may read.
    pub allow_env: BTreeSet<String>,
    /// The run to take up again.
    pub resume: Option<String>,
    /// Before which writes snapshots are taken, where that was said.
    pub snapshots: Option<Snapshots>,
    /// Further words of the command line that a resumed run needs as well.
    pub more: Vec<String>,
}

/// Runs the script to its end, or takes an earlier run up again.
pub fn run(options: Options, terminal: Terminal) -> Result<(), Failure> {
    let script = Script::load(&options.script)?;
    run_script(&script, options, terminal)
}

/// Runs a script that was read, or written, already.
pub(super) fn run_script(
    script: &Script,
    options: Options,
    terminal: Terminal,
) -> Result<(), Failure> {
    are_whole(&options.args)?;
    let cancel = interrupt::watch()?;
    let (resolved, sandbox) = options.target.resolve()?;
    let again = options.words();
    let recorded = record(&options, script, &resolved, &again, terminal)?;
    let ledger = recorded
        .as_ref()
        .map(|recorded| Arc::clone(&recorded.ledger));
    let rows = Arc::new(Rows::new(ledger.clone(), terminal));
    let opened = options
        .target
        .open_resolved(resolved, sandbox, ledger.clone(), &cancel, terminal);
    let files = files(options.script.parent(), &options.args)?;
    let mut host = host(&opened.session, &options.target, files, cancel, terminal);
    host.args.clone_from(&options.args);
    host.env = options.allow_env;
    host.orders = orders(&options.target.limits);
    host.rows = rows.clone();
    if let Some(recorded) = &recorded {
        host.clock = recorded.clock();
        host.seed = recorded.seed;
    }
    let host = Arc::new(host);
    if host.run.is_guarded() {
        let snapshots = recorded.as_ref().map(|recorded| recorded.snapshots);
        let is_asked = options.target.yes.is_none();
        confirm(
            script,
            &host,
            snapshots.unwrap_or_default(),
            is_asked,
            terminal,
        )?;
    }
    let result = script.run(host).and_then(|()| {
        let verdict = rows.verdict();
        if verdict.is_ok() {
            // A journal that cannot be used says so when the run's end is written down.
            let _ = opened.session.run.settle_overtaken();
        }
        doubt::told(verdict, ledger.as_deref())
    });
    let result = faults::whatever_was_caught(result, &opened.session.run);
    let Some(recorded) = recorded else {
        return result;
    };
    let words = [without_secret_words(&options.args), again].concat();
    let resume = recorded
        .name()
        .filter(|_| !options.target.sandbox)
        .map(|name| runs::resume_command(script.name(), &words, name));
    ending::conclude(&recorded, &rows, resume, result, terminal)
}

impl Options {
    /// The options a resumed run needs as well, in the command line's words. What
    /// confirms a production server is not among them: that is asked every time.
    fn words(&self) -> Vec<String> {
        let mut words = self.target.words();
        for name in &self.allow_env {
            words.extend(["--allow-env".to_owned(), name.clone()]);
        }
        words.extend(self.more.iter().cloned());
        words
    }
}

/// The record of the run; a rehearsal is not kept from running where none can be kept.
fn record(
    options: &Options,
    script: &Script,
    resolved: &Resolved,
    again: &[String],
    terminal: Terminal,
) -> Result<Option<Recorded>, Failure> {
    let files = files(options.script.parent(), &options.args)?;
    let subject = Subject {
        script: &options.script,
        text: script.text(),
        modules: &script.imported(files),
        args: &options.args,
        options: again,
        profile: resolved.server.name.clone(),
        host: resolved.host.clone(),
        path: resolved.path.clone(),
        snapshots: options.snapshots,
        rehearsal: options.target.sandbox,
    };
    match &options.resume {
        Some(_) if options.target.sandbox => Err(ended_with_its_server()),
        Some(name) => Recorded::resume(name, &subject, &runs_folder()?, terminal).map(Some),
        None if options.target.sandbox => Ok(runs_folder()
            .ok()
            .map(|runs| Recorded::begin(&subject, runs))),
        None => Ok(Some(Recorded::begin(&subject, runs_folder()?))),
    }
}

/// Shows what the script could do to a production server, and asks where `--yes` does
/// not answer; then what it shows is a remark.
fn confirm(
    script: &Script,
    host: &Arc<Host>,
    snapshots: Snapshots,
    is_asked: bool,
    terminal: Terminal,
) -> Result<(), Failure> {
    let effects = script.effects(Arc::clone(host))?;
    if !effects.may_write() {
        return Ok(());
    }
    let words = effects.words(snapshots);
    let told = format!("`{}` {words}", script.name());
    if is_asked {
        terminal.alert(&told);
    } else {
        terminal.note(&told);
    }
    host.run.confirm().map_err(|refused| {
        let failure = Failure::usage(refused.what);
        refused.hint.into_iter().fold(failure, Failure::hint)
    })
}

/// What a script on that session works with, before its own arguments.
pub(super) fn host(
    session: &Session,
    target: &Target,
    files: Confinement,
    cancel: Cancel,
    terminal: Terminal,
) -> Host {
    Host {
        run: Arc::clone(&session.run),
        connect: session.connect(),
        output: Arc::new(terminal),
        files: Confinement {
            private: private(target),
            ..files
        },
        args: Vec::new(),
        env: BTreeSet::new(),
        allow_unknown: target.allow_unknown,
        cancel,
        clock: Clock::new(Timestamp::now()),
        seed: rand::random(),
        rows: Arc::new(Unkept),
        orders: Orders::default(),
    }
}

/// Refuses what stands for a secret that was not kept: it would be taken for the secret.
pub(super) fn are_whole(args: &[String]) -> Result<(), Failure> {
    match hidden_word(args) {
        Some(word) => Err(Failure::usage(format!(
            "`{word}` stands for a secret that was not kept; nothing was sent"
        ))
        .hint("write it out as you gave it first")),
        None => Ok(()),
    }
}

/// The files that hold our secrets.
fn private(target: &Target) -> Vec<PathBuf> {
    let paths = [target.choice.path(), default_path()];
    paths.into_iter().flatten().collect()
}

/// What the limits say of bulk loops.
pub(super) fn orders(limits: &Limits) -> Orders {
    Orders {
        workers: limits.workers,
        max_failures: limits.max_failures,
        shard: limits.shard,
    }
}

/// The files a script may touch: those under its own folder and the working
/// folder, and what it was given as arguments.
pub(super) fn files(script_folder: Option<&Path>, args: &[String]) -> Result<Confinement, Failure> {
    let failed = |error| Failure::usage(format!("the working folder cannot be used: {error}"));
    let working = std::env::current_dir().map_err(failed)?;
    let mut read = vec![working.clone()];
    let beside = script_folder.map(|folder| working.join(folder));
    // A script in the working folder has the empty path for its folder.
    read.extend(beside.filter(|folder| folder.components().ne(working.components())));
    Ok(Confinement {
        read,
        given: args.iter().map(PathBuf::from).collect(),
        write: vec![working.clone()],
        sealed: runs_folder().into_iter().collect(),
        working,
        ..Confinement::default()
    })
}
