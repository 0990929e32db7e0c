//! Why a journal cannot be written or read.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use thiserror::Error;

use super::log::TERM;

/// Why a journal cannot be written or read.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum JournalError {
    /// There is none in that folder.
    #[error("`{}` holds no journal of a run", .0.display())]
    Missing(PathBuf),
    /// There was one in that folder, which is gone.
    #[error(
        "the run in `{}` has lost its journal: `journal.log` is missing, and only that file says \
         what the run did",
        .0.display()
    )]
    Removed(PathBuf),
    /// There is one in that folder already.
    #[error("`{}` holds the journal of another run", .0.display())]
    Exists(PathBuf),
    /// Another process is at it.
    #[error("the run in `{}` is in use{}", folder.display(), by(*pid, host.as_deref()))]
    InUse {
        /// The run's folder.
        folder: PathBuf,
        /// The process, where it says so.
        pid: Option<u32>,
        /// Its host, where that is another one.
        host: Option<String>,
    },
    /// Whoever was at it has not been seen for a while, and nobody can say that it ended.
    #[error(
        "the run in `{}` was in use{}, which was last seen {} s ago and may still be running",
        folder.display(), by(*pid, host.as_deref()), TERM.as_secs()
    )]
    Stale {
        /// The run's folder.
        folder: PathBuf,
        /// The process, where it says so.
        pid: Option<u32>,
        /// Its host, where it says so.
        host: Option<String>,
    },
    /// It is a copy that was made while the run went on.
    #[error(
        "the journal in `{}` was copied while its run was in progress: later writes are missing \
         from it",
        .0.display()
    )]
    Copied(PathBuf),
    /// There was to be no more waiting for whoever is at it.
    #[error("interrupted while waiting for the run in `{}`; nothing was sent", .0.display())]
    Interrupted(PathBuf),
    /// This process is not sure any more that nobody else is at it.
    #[error("this process no longer holds the run in `{}`: {why}", folder.display())]
    Lost {
        /// The run's folder.
        folder: PathBuf,
        /// What happened.
        why: String,
    },
    /// It is not there any more, or another is in its place, while this process writes it.
    #[error(
        "the journal in `{}` was removed or replaced while the run was in progress: what the run \
         did is not recorded there",
        .0.display()
    )]
    Gone(PathBuf),
    /// A later version of the program wrote something into it that this one does not know.
    #[error(
        "record {sequence} of the journal in `{}` was written by a later version{}; this is whmcsh {}",
        folder.display(), named(version.as_deref()), env!("CARGO_PKG_VERSION")
    )]
    LaterRecord {
        /// The run's folder.
        folder: PathBuf,
        /// The number of the record.
        sequence: u64,
        /// The version that wrote last.
        version: Option<String>,
    },
    /// A later version of the program wrote it, in another format.
    #[error(
        "the journal in `{}` is of format {format}, written by a later version{}; this is whmcsh {} and reads up to {known}",
        folder.display(), named(version.as_deref()), env!("CARGO_PKG_VERSION")
    )]
    TooNew {
        /// The run's folder.
        folder: PathBuf,
        /// The format it has.
        format: u32,
        /// The newest format this version knows.
        known: u32,
        /// The version that wrote it, where it says so.
        version: Option<String>,
    },
    /// A later version of the program wrote it, and may go by other rules.
    #[error(
        "the run in `{}` was written by a later version, whmcsh {version}; this is whmcsh {}",
        folder.display(), env!("CARGO_PKG_VERSION")
    )]
    Later {
        /// The run's folder.
        folder: PathBuf,
        /// That version.
        version: String,
    },
    /// It is truncated, or not a journal at all.
    #[error("the journal in `{}` is damaged: {why}", folder.display())]
    Corrupt {
        /// The run's folder.
        folder: PathBuf,
        /// What was found.
        why: String,
    },
    /// There is nowhere to keep it.
    #[error("{0}")]
    Nowhere(String),
    /// The folder of all runs cannot be made or written.
    #[error("cannot keep a run in `{}`: {why}", runs.display())]
    NotKept {
        /// That folder.
        runs: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The disk it is on is full.
    #[error("the disk with `{}` is full; nothing more was sent", .0.display())]
    Full(PathBuf),
    /// The disk, or whatever is in its place, refuses.
    #[error("cannot use the journal in `{}`: {why}", folder.display())]
    Io {
        /// The run's folder.
        folder: PathBuf,
        /// What the system said.
        why: String,
    },
}

fn by(pid: Option<u32>, host: Option<&str>) -> String {
    let on = host.map_or_else(String::new, |host| format!(" on host `{host}`"));
    pid.map_or_else(String::new, |pid| format!(" by process {pid}{on}"))
}

fn named(version: Option<&str>) -> String {
    version.map_or_else(String::new, |version| format!(", whmcsh {version}"))
}

impl JournalError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Missing(_) => Some("`whmcsh runs list` lists all runs"),
            Self::Removed(_) => Some(
                "put `journal.log` back from a backup; if there is none, check on the server what \
                 the run did, then remove the folder",
            ),
            Self::InUse { .. } => Some("wait for it to end, or interrupt it first"),
            Self::Stale { .. } => Some(
                "make sure that it ended, or that its host is off; then resume it with \
                 `--take-over`",
            ),
            Self::Copied(_) => Some(
                "resume the original run; if it is gone, `--take-over` resumes the copy, and its \
                 later writes may be repeated",
            ),
            Self::Lost { .. } => Some(
                "find the other process of the run; resume the run when \
                 that process has ended",
            ),
            Self::Gone(_) => Some(
                "put the folder back, or check the server, before you run the same again: its \
                 writes would be repeated",
            ),
            Self::TooNew { .. } | Self::Later { .. } | Self::LaterRecord { .. } => {
                Some("continue the run with the version that started it")
            }
            Self::Full(_) => Some("make room, then resume the run"),
            Self::Io { .. } => Some("fix the problem, then resume the run"),
            Self::Nowhere(_) => {
                Some("set `WHMCSH_STATE` or `HOME` to a folder that stays when this process ends")
            }
            Self::NotKept { .. } => Some("set `WHMCSH_STATE` to a writable folder that stays"),
            Self::Corrupt { .. } => {
                Some("put back a complete copy of it; without it nobody knows what was done")
            }
            Self::Exists(_) | Self::Interrupted(_) => None,
        }
    }

    pub(super) fn io(folder: &Path, why: impl Into<String>) -> Self {
        Self::Io {
            folder: folder.to_owned(),
            why: why.into(),
        }
    }

    pub(super) fn later(folder: &Path, version: impl Into<String>) -> Self {
        Self::Later {
            folder: folder.to_owned(),
            version: version.into(),
        }
    }

    pub(super) fn corrupt(folder: &Path, why: impl Into<String>) -> Self {
        Self::Corrupt {
            folder: folder.to_owned(),
            why: why.into(),
        }
    }

    pub(super) fn of_file(folder: &Path, error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull => Self::Full(folder.to_owned()),
            _ => Self::io(folder, error.to_string()),
        }
    }

    pub(super) fn of_database(folder: &Path, error: &rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full(folder.to_owned()),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::corrupt(folder, error.to_string())
            }
            _ => Self::io(folder, error.to_string()),
        }
    }
}
