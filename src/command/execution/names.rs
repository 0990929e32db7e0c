//! Runs by their names: where each is kept, and which one is meant.
//!
//! A run whose journal cannot be read is among them as what it is: the others must
//! not be hidden by it. So is one whose journal is lost.

use std::cmp::Reverse;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::{Timestamp, ZonedDateTime};

use super::kept::{NAME, PLAN, is_missing};
use crate::catalog::similar;
use crate::command::invocation::resume_command;
use crate::config::runs_folder;
use crate::error::{Exit, Failure};
use crate::files::{self, Mode, reason};
use crate::run::invocation::{Invocation, Task};
use crate::run::journal::{self, Counts, Head, JournalError, KEY, Reading, State};
use crate::run::outputs;

/// So many runs are looked at for one that is not finished.
const LOOKED_AT: usize = 50;

/// The word for the newest run.
pub const LAST: &str = "last";

/// The folder of a run by its name, which is never a path.
pub fn folder(runs: &Path, name: &str) -> Result<PathBuf, Failure> {
    let is_name = !name.is_empty() && !name.contains('/') && !name.starts_with('.');
    let folder = runs.join(name);
    match fs::metadata(&folder) {
        Ok(found) if is_name && found.is_dir() => return Ok(folder),
        Err(error) if is_name && !is_missing(&error) => return Err(unreadable(&folder, &error)),
        _ => {}
    }
    let known = names(runs)?;
    // What changes something goes by a run's own name, not by `last`.
    let newest = (name == LAST).then(|| meant(None).ok()).flatten();
    let near = similar(name, known.iter().map(String::as_str));
    let hint = match newest.as_deref().or(near.first().copied()) {
        Some(near) => format!("did you mean `{near}`? `whmcsh runs` lists them all"),
        None => "`whmcsh runs` lists them".to_owned(),
    };
    Err(Failure::usage(format!("there is no run `{name}`")).hint(hint))
}

/// The run that is meant: the one named, or the newest where none is, or `last`.
pub fn meant(name: Option<String>) -> Result<String, Failure> {
    match name {
        Some(name) if name != LAST => Ok(name),
        _ => match listed()?.into_iter().next() {
            Some(newest) => Ok(newest.name),
            None => Err(Failure::usage("there are no runs yet")
                .hint("a command that writes or processes rows makes one")),
        },
    }
}

/// The folders that hold a journal, also one that nobody can read.
fn names(runs: &Path) -> Result<Vec<String>, Failure> {
    let folders = entries(runs)?.into_iter();
    let folders = folders.filter(|folder| journal::is_there(folder));
    let names = folders.filter_map(|folder| folder.file_name()?.to_str().map(str::to_owned));
    Ok(names.collect())
}

/// The folders of runs, and whatever else is among them. Where nobody can say, that is no folder without runs:
/// whoever took it for one would begin again what was done.
fn entries(runs: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = match fs::read_dir(runs) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(runs, &error)),
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let paths: io::Result<Vec<PathBuf>> = paths.collect();
    let mut paths = paths.map_err(|error| unreadable(runs, &error))?;
    // What is being removed, or waits for its place, is no run.
    let is_hidden = |name: &OsStr| name.as_encoded_bytes().starts_with(b".");
    paths.retain(|path| !path.file_name().is_some_and(is_hidden));
    Ok(paths)
}

/// A folder of runs that cannot be read, as the user is told of it.
pub(super) fn unreadable(folder: &Path, error: &io::Error) -> Failure {
    let (folder, why) = (folder.display(), reason(error));
    Failure::usage(format!(
        "`{folder}` cannot be read: {why}; nothing was sent"
    ))
    .hint("give this user the right to read it, or set `WHMCSH_STATE` to another folder")
}

/// One run of the list.
pub struct Listed {
    /// Its name.
    pub name: String,
    /// What it is and came to, or why nobody can say.
    pub told: Result<(Reading, Counts), JournalError>,
}

/// The runs there are, the newest first; those nobody can date come last.
pub fn listed() -> Result<Vec<Listed>, Failure> {
    let folder = runs_folder()?;
    let read = |name: String| {
        let read = || {
            let reading = journal::read(&folder.join(&name))?;
            let counts = reading.counts()?;
            Ok((reading, counts))
        };
        Listed { told: read(), name }
    };
    let mut runs: Vec<Listed> = names(&folder)?.into_iter().map(read).collect();
    runs.extend(lost()?.into_iter().filter_map(|folder| {
        Some(Listed {
            name: folder.file_name()?.to_str()?.to_owned(),
            told: Err(JournalError::Removed(folder)),
        })
    }));
    runs.sort_by_cached_key(|run| (Reverse(run.started()), Reverse(run.name.clone())));
    Ok(runs)
}

/// The folders of all runs, in no order.
pub fn folders() -> Result<Vec<PathBuf>, Failure> {
    // Where there is no place for runs, there are none.
    let Ok(folder) = runs_folder() else {
        return Ok(Vec::new());
    };
    let known = names(&folder)?.into_iter();
    Ok(known.map(|name| folder.join(name)).collect())
}

/// The folders of runs whose journal is gone, in no order.
pub fn lost() -> Result<Vec<PathBuf>, Failure> {
    let Ok(runs) = runs_folder() else {
        return Ok(Vec::new());
    };
    let mut folders = entries(&runs)?;
    folders.retain(|folder| is_lost(folder));
    Ok(folders)
}

/// Whether that is the folder of a run whose journal is gone.
fn is_lost(folder: &Path) -> bool {
    // Nearly every one has its journal: that spares the rest.
    if journal::is_there(folder) {
        return false;
    }
    // A run that is just beginning has its files before its journal: looked at in this order,
    // it is not taken for one that lost it.
    let is_run = outputs::files(folder).into_iter().next().is_some()
        || [NAME, PLAN, SCRIPT, KEY]
            .iter()
            .any(|name| folder.join(name).exists())
        || journal::has_left(folder);
    // Its files are written when a pass has ended, so that there was a journal.
    let had_one = outputs::are_there(folder) || !journal::is_unbegun(folder);
    is_run && had_one && !journal::is_there(folder) && folder.is_dir()
}

/// The file beside the journal that says where the script is by now.
const SCRIPT: &str = "script";

/// Keeps where the script of a run is by now, that was moved since the run began.
pub fn keep_script(folder: &Path, began: &Invocation, now: &Invocation) -> io::Result<()> {
    let (Task::Script(began), Task::Script(now)) = (&began.task, &now.task) else {
        return Ok(());
    };
    if began.path == now.path && !folder.join(SCRIPT).exists() {
        return Ok(());
    }
    let path = now.path.as_os_str().as_encoded_bytes();
    files::write(&folder.join(SCRIPT), Mode::Private, path)
}

/// The command that takes a run up again, where there is something to continue.
pub fn to_continue(reading: &Reading) -> Option<String> {
    continues(reading).then(|| resume_of(reading.folder(), reading.head()))
}

/// Whether there is something to continue.
pub fn continues(reading: &Reading) -> bool {
    !matches!(reading.state(), State::Done | State::Running) && !reading.head().is_rehearsal()
}

/// The command that takes a run up again, with its script where it was last.
pub fn resume_of(folder: &Path, head: &Head) -> String {
    let mut asked = head.invocation.clone();
    if let Task::Script(call) = &mut asked.task
        && let Ok(path) = fs::read_to_string(folder.join(SCRIPT))
    {
        call.path = path.into();
    }
    // That of a copy is not the run's id.
    let name = folder.file_name().map(OsStr::to_string_lossy);
    resume_command(&asked, &name.unwrap_or_else(|| head.id.as_str().into()))
}

/// Whether the run in that folder is wanted: a journal as a whole may be large.
fn is_one(folder: &Path, is_wanted: impl Fn(&Head) -> bool) -> bool {
    journal::read_head(folder).is_ok_and(|head| is_wanted(&head))
}

/// The runs that are not done and are wanted, also those that another process is at; the
/// newest first, of the last so many.
pub fn unfinished(is_wanted: impl Fn(&Head) -> bool) -> Vec<Reading> {
    let Ok(folder) = runs_folder() else {
        return Vec::new();
    };
    let touched = |name: &String| {
        let found = fs::metadata(folder.join(name)).and_then(|found| found.modified());
        Reverse(found.ok())
    };
    // Only for what is said beside something else, which meets the same fault.
    let mut known = names(&folder).unwrap_or_default();
    known.sort_by_cached_key(touched);
    let readings = known
        .iter()
        .take(LOOKED_AT)
        .map(|name| folder.join(name))
        .filter(|folder| is_one(folder, &is_wanted))
        .filter_map(|folder| journal::read(&folder).ok());
    let mut open: Vec<Reading> = readings.filter(is_open).collect();
    open.sort_by_cached_key(|reading| Reverse(started(reading.head())));
    open
}

/// Whether two runs have the same script, arguments, target and shard.
pub(super) fn is_same(began: &Invocation, now: &Invocation) -> bool {
    // The journal keeps no secrets.
    let now = now.clone().without_secrets();
    began.task.is_same(&now.task)
        && began.part() == now.part()
        && began.limits.no_mail == now.limits.no_mail
        && began.target.profile == now.target.profile
        && began.target.sandbox == now.target.sandbox
}

/// Whether there is something of a run that is still to be done.
fn is_open(reading: &Reading) -> bool {
    reading.state() != State::Done && !reading.head().is_rehearsal()
}

/// The moment a run first started.
pub(super) fn started(head: &Head) -> Option<Timestamp> {
    let started: ZonedDateTime = head.started.parse().ok()?;
    Some(started.timestamp())
}

impl Listed {
    /// When it first started, where that can be said.
    pub fn started(&self) -> Option<Timestamp> {
        started(self.told.as_ref().ok()?.0.head())
    }

    /// How far it came, or what is wrong with its journal.
    pub fn state(&self) -> &'static str {
        match &self.told {
            Ok((reading, _)) => reading.state().word(),
            Err(JournalError::TooNew { .. } | JournalError::Later { .. }) => "newer",
            Err(JournalError::Corrupt { .. }) => "damaged",
            Err(JournalError::Removed(_)) => "journal lost",
            Err(_) => "unreadable",
        }
    }

    /// Whether some process is at it.
    pub fn is_running(&self) -> bool {
        matches!(&self.told, Ok((reading, _)) if reading.state() == State::Running)
    }
}

/// A journal's error as the user sees it.
pub fn failed(error: &JournalError) -> Failure {
    if let JournalError::Missing(folder) = error
        && is_lost(folder)
    {
        return failed(&JournalError::Removed(folder.clone()));
    }
    let exit = match error {
        JournalError::Interrupted(_) => Exit::Interrupted,
        // It is for another time, as where the server is away.
        JournalError::InUse { .. }
        | JournalError::Stale { .. }
        | JournalError::Copied(_)
        | JournalError::Lost { .. } => Exit::Server,
        _ => Exit::Usage,
    };
    let failure = Failure::new(exit, error.to_string());
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
