//! Everything a script may reach outside itself.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::cancel::Cancel;
use crate::display::table::{self, Fit, Records};
use crate::error::Failure;
use crate::run::plan::unmarked;
use crate::run::scope::{self, Scope};
use crate::run::{Limits, Part, Run};
use crate::script::bulk::sink::RowSink;
use crate::script::clock::Clock;
use crate::script::files::noted::FilesRead;
use crate::script::files::stand_ins::StandIns;
use crate::script::files::streams::Streams;
use crate::script::test_bench::bench::Bench;
use crate::secrets::{cover_shown, cover_text};

/// Where a script's words go; the command decides what becomes of them.
pub trait Output: Send + Sync {
    /// A line of data: `print`.
    fn print(&self, line: &str);
    /// Records as a table, a line each, as wide as they are unless somebody looks.
    fn table(&self, records: &Records) {
        for line in table::lines(&records.columns, records.rows.clone(), Fit::Content) {
            self.print(&line);
        }
    }
    /// A line about the run: `log`, a warning.
    fn note(&self, line: &str);
    /// The script ends itself with that code, which is not 0; whether it has done its work
    /// then. If not, it has failed.
    fn exit(&self, _code: u8) -> bool {
        false
    }
}

/// Opens a run against the profile of that name.
pub type Connect = dyn Fn(&str) -> Result<Arc<Run>, Failure> + Send + Sync;

/// What a script is given to work with; shared by all its workers.
pub struct Host {
    /// The run its calls go through.
    pub run: Arc<Run>,
    /// Opens a run against another profile, for `connect`.
    pub connect: Box<Connect>,
    /// Where its words go.
    pub output: Arc<dyn Output>,
    /// Which files it may touch.
    pub files: Confinement,
    /// The words after the script's name on the command line.
    pub args: Vec<String>,
    /// The environment variables it may read.
    pub env: BTreeSet<String>,
    /// Whether parameters the catalog does not know are sent.
    pub allow_unknown: bool,
    /// Raised when the user wants to stop.
    pub cancel: Cancel,
    /// The run's one clock.
    pub clock: Clock,
    /// The run's one dice: what passwords are derived from.
    pub seed: [u8; 32],
    /// Where the rows of its bulk loops go.
    pub rows: Arc<dyn RowSink>,
    /// What the user allows it, whatever it says.
    pub limits: Limits,
    /// What a test is given besides; no other script has it.
    pub bench: Option<Arc<dyn Bench>>,
    /// The lists of the server that it has read outside of rows.
    pub lists: ListsRead,
}

impl Host {
    /// Prints a line of data, without the secrets that are known.
    pub(crate) fn print(&self, line: &str) {
        self.output.print(&cover_shown(&unmarked(line)));
    }

    /// Shows records, without the secrets that are known.
    pub(crate) fn table(&self, records: Records) {
        self.output.table(&without_secrets(records));
    }

    /// Says something of a file, once however often it is opened.
    pub(crate) fn note_once(&self, line: &str) {
        if self.files.said.is_first(line) {
            self.note(line);
        }
    }

    /// Says something about the run, without the secrets that are known.
    pub(crate) fn note(&self, line: &str) {
        self.output.note(&cover_text(&unmarked(line)));
    }
}

/// The same with the secrets that are known covered.
pub(crate) fn without_secrets(mut records: Records) -> Records {
    let cells = records.rows.iter_mut().flatten();
    let cells = cells.map(|cell| &mut cell.text);
    let texts = records.caption.iter_mut().chain(&mut records.columns);
    for text in texts.chain(cells) {
        if let Cow::Owned(covered) = cover_shown(text) {
            *text = covered;
        }
    }
    records
}

/// The folders and files a script may read and write.
#[derive(Clone, Debug, Default)]
pub struct Confinement {
    /// What relative paths are relative to; empty for the process's own folder.
    pub working: PathBuf,
    /// Where a relative path is looked for that leads nowhere from there.
    pub beside: Vec<PathBuf>,
    /// Folders it may read under: its own, the working folder.
    pub read: Vec<PathBuf>,
    /// Files and folders given as arguments, readable too.
    pub given: Vec<PathBuf>,
    /// Folders it may write under: the working folder.
    pub write: Vec<PathBuf>,
    /// Folders it may not write under wherever they are: those of runs, whose journals
    /// it could spoil.
    pub sealed: Vec<PathBuf>,
    /// Files with our own secrets, which it neither reads nor writes, there or not,
    /// unless they are given as arguments.
    pub private: Vec<PathBuf>,
    /// What it would have written if this were no plan.
    pub stand_ins: StandIns,
    /// What it can read only once.
    pub streams: Streams,
    /// Which of several runs of one name it is, where the files of each have names of their own.
    pub part: Part,
    /// What was said of files.
    pub said: Said,
    /// The files it has read.
    pub noted: FilesRead,
}

/// The first list of the server that a script has read; clones share it.
#[derive(Clone, Debug, Default)]
pub struct ListsRead(Arc<OnceLock<String>>);

impl ListsRead {
    /// Notes that a list of that action was read, unless that is in a row: what a row reads is
    /// no source of rows.
    pub(crate) fn note(&self, action: &str) {
        if self.0.get().is_none() && scope::current() == Scope::Main {
            // Another thread may have been the first.
            let _ = self.0.set(action.to_owned());
        }
    }

    /// The action of the first.
    pub(crate) fn first(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}

/// Lines that were said; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Said(Arc<Mutex<HashSet<String>>>);

impl Said {
    /// Whether that is said for the first time.
    fn is_first(&self, line: &str) -> bool {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        said.insert(line.to_owned())
    }
}
