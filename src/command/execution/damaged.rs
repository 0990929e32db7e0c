//! Runs that nobody can read any more, and that may be what is asked for: begun again, their
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
    likeness: Likeness,
}

/// What says that a run that cannot be read is what is asked for, the weakest first.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum Likeness {
    /// Nothing: its script may have been renamed since.
    Unknown,
    /// The name of its folder, which is that of the script.
    Named,
    /// Its head.
    Certain,
}

/// Refuses to begin, or to resume the newest, where a run that cannot be read may be the same.
pub fn refuse(asked: &Invocation) -> Result<(), Failure> {
    match find(asked)? {
        Some(damaged) if damaged.likeness > Likeness::Unknown => Err(damaged.refusal()),
        _ => Ok(()),
    }
}

/// Says so of a run that begins under a name of its own.
pub fn tell(asked: &Invocation, terminal: Terminal) -> Result<(), Failure> {
    if let Some(damaged) = find(asked)? {
        damaged.tell(terminal);
    }
    Ok(())
}

/// Says so where only what nobody can read any more would tell whether a run is the same.
pub fn tell_unknown(asked: &Invocation, terminal: Terminal) {
    // What stands in the way of looking was said when the run was looked for.
    let found = find(asked).ok().flatten();
    if let Some(damaged) = found.filter(|damaged| damaged.likeness == Likeness::Unknown) {
        damaged.tell(terminal);
    }
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
    Ok(damaged.max_by_key(|damaged| damaged.likeness))
}

/// The run of that folder, if it cannot be read, was not done, and may be the same.
fn look(folder: PathBuf, asked: &Invocation) -> Option<Damaged> {
    let script = asked.task.name();
    let (likeness, error) = match journal::read_head(&folder) {
        Ok(head) if is_same(&head.invocation, asked) && !head.is_rehearsal() => {
            if was_done(&folder) {
                return None;
            }
            (Likeness::Certain, journal::read(&folder).err()?)
        }
        Ok(_) => return None,
        // One that is just beginning has no head yet.
        Err(_) if journal::is_held(&folder) || was_done(&folder) => return None,
        Err(error) => {
            let likeness = if journal::is_named_for(&folder, Path::new(&script)) {
                Likeness::Named
            } else {
                Likeness::Unknown
            };
            if journal::is_there(&folder) {
                (likeness, error)
            } else {
                (likeness, JournalError::Removed(folder.clone()))
            }
        }
    };
    Some(Damaged {
        folder,
        error,
        likeness,
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
        match self.likeness {
            Likeness::Certain => format!(
                "run `{id}` has the same arguments and is unfinished, but cannot be read: {why}"
            ),
            Likeness::Named => {
                format!("run `{id}` may have the same arguments, but cannot be read: {why}")
            }
            Likeness::Unknown => {
                format!("run `{id}` may have done the same rows, but cannot be read: {why}")
            }
        }
    }

    fn tell(&self, terminal: Terminal) {
        terminal.alert(&format!("warning: {}", self.describe()));
        if self.likeness == Likeness::Unknown {
            terminal.alert(&format!(
                "  check on the server what it did, then move `{}` elsewhere",
                self.folder.display()
            ));
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
