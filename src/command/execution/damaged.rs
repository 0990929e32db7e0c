//! Runs that nobody can read any more, and that may be what is asked for: begun anew, their
//! rows would be done twice.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::names::{self, is_same};
use crate::command::Terminal;
use crate::config::runs_folder;
use crate::error::Failure;
use crate::run::invocation::Invocation;
use crate::run::journal::{self, JournalError, State};
use crate::run::outputs;

/// A run that cannot be read.
struct Damaged {
    folder: PathBuf,
    error: JournalError,
    /// Whether its head says that it is what is asked for; else its name alone does.
    is_certain: bool,
}

/// Refuses to begin, or to resume the newest, where a run that cannot be read may be the same.
pub fn refuse(asked: &Invocation) -> Result<(), Failure> {
    match find(asked)? {
        Some(damaged) => Err(damaged.refusal()),
        None => Ok(()),
    }
}

/// Says so of a run that begins under a name of its own.
pub fn tell(asked: &Invocation, terminal: Terminal) -> Result<(), Failure> {
    if let Some(damaged) = find(asked)? {
        terminal.alert(&format!("warning: {}", damaged.describe()));
    }
    Ok(())
}

fn find(asked: &Invocation) -> Result<Option<Damaged>, Failure> {
    // Where nothing can be kept, a run that writes is refused by itself.
    if !runs_folder().is_ok_and(|runs| runs.is_dir()) {
        return Ok(None);
    }
    let mut known = names::folders()?;
    known.extend(names::lost()?);
    known.sort();
    let damaged = known
        .into_iter()
        .rev()
        .filter_map(|folder| look(folder, asked));
    Ok(damaged.reduce(|one, other| if one.is_certain { one } else { other }))
}

/// The run of that folder, if it cannot be read, was not done, and may be the same.
fn look(folder: PathBuf, asked: &Invocation) -> Option<Damaged> {
    let script = asked.task.name();
    let (is_certain, error) = match journal::read_head(&folder) {
        Ok(head) if is_same(&head.invocation, asked) && !head.is_rehearsal() => {
            if was_done(&folder) {
                return None;
            }
            (true, journal::read(&folder).err()?)
        }
        Ok(_) => return None,
        Err(_) if !journal::is_named_for(&folder, Path::new(&script)) => return None,
        // One that is just beginning has no head yet.
        Err(_) if journal::is_held(&folder) || was_done(&folder) => return None,
        Err(_) if !journal::is_there(&folder) => (false, JournalError::Removed(folder.clone())),
        Err(_) => (false, journal::read_head(&folder).err()?),
    };
    Some(Damaged {
        folder,
        error,
        is_certain,
    })
}

/// Whether the files that the run left say that it came to its end.
fn was_done(folder: &Path) -> bool {
    let summary = fs::read_to_string(outputs::summary(folder)).unwrap_or_default();
    let summary: Value = serde_json::from_str(&summary).unwrap_or_default();
    summary["state"] == State::Done.word()
}

impl Damaged {
    fn id(&self) -> String {
        let id = self.folder.file_name().unwrap_or_default();
        id.to_string_lossy().into_owned()
    }

    fn describe(&self) -> String {
        let (id, why) = (self.id(), names::failed(&self.error).what);
        if self.is_certain {
            format!(
                "run `{id}` has the same arguments and is unfinished, but cannot be read: {why}"
            )
        } else {
            format!("run `{id}` may have the same arguments, but cannot be read: {why}")
        }
    }

    fn refusal(&self) -> Failure {
        let what = format!(
            "{}; a new run could repeat its writes; nothing was sent",
            self.describe()
        );
        let first = match &self.error {
            JournalError::Io { .. } => "give this user the right to read it",
            JournalError::TooNew { .. }
            | JournalError::Later { .. }
            | JournalError::LaterRecord { .. } => "resume it with the version that wrote it",
            _ => "put back a complete copy of its `journal.log` and resume it",
        };
        Failure::usage(what).hint(format!(
            "{first}; to start over, check on the server what it did, then move `{}` elsewhere; \
             for other work, start with a name, such as `--name NAME`",
            self.folder.display()
        ))
    }
}
