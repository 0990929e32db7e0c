//! Why a log cannot be read or written, and where it is damaged.

use std::fmt;
use std::io;

use thiserror::Error;

/// A place of a log that is not as it was written, and no crash explains it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Damage {
    /// The byte of the file at which it was found.
    pub offset: u64,
    /// The group that should be there; 0 is the head.
    pub group: u64,
    /// What was found.
    pub kind: DamageKind,
}

/// What is wrong at a damaged place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DamageKind {
    /// The head's checksum does not match.
    Head,
    /// The file ends before the data it must hold.
    Cut,
    /// A group that was wholly written does not match its checksums.
    Checksum,
    /// A group is broken, although a later one (or a part of it) is whole.
    Later(u64),
    /// There are bytes behind the last group that no write put there.
    Remains,
    /// Sectors are missing, although no power was lost since they were written.
    Hole,
    /// A group is whole but not what can stand at this place.
    Order,
    /// `journal.seen` saw this group on the disk.
    Seen(u64),
}

impl fmt::Display for DamageKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head => out.write_str("the checksum of its head does not match"),
            Self::Cut => out.write_str("the file is cut off"),
            Self::Checksum => out.write_str("a checksum does not match"),
            Self::Later(group) => write!(out, "group {group} follows a broken one"),
            Self::Remains => out.write_str("there are stray bytes after the last group"),
            Self::Hole => out.write_str("sectors are missing, although no power was lost"),
            Self::Order => out.write_str("a group is of a kind that cannot be at this place"),
            Self::Seen(group) => {
                write!(
                    out,
                    "`journal.seen` shows that group {group} was on the disk"
                )
            }
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            offset,
            group,
            kind,
        } = self;
        write!(out, "at byte {offset} (group {group}): {kind}")
    }
}

/// Why a log cannot be read or written.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum LogError {
    /// It is not as it was written.
    #[error("the journal is damaged {0}")]
    Damaged(Damage),
    /// It is a copy, made while it was written.
    #[error("the journal was copied while it was written")]
    Copied,
    /// The file in which it was to begin has something in it.
    #[error("there is a journal already")]
    Exists,
    /// It was never begun: the file is empty, or zeros.
    #[error("the journal is empty")]
    Empty,
    /// The file is something else.
    #[error("the file is not a journal")]
    Foreign,
    /// A newer version of the program wrote it.
    #[error("the journal is of format {format}; this version reads up to {known}")]
    Newer {
        /// The format it has.
        format: u32,
        /// The newest format this version knows.
        known: u32,
        /// The version that began it, where it says so.
        version: Option<String>,
    },
    /// A record or a run's name is longer than a log can hold.
    #[error("{bytes} bytes are more than the journal can hold in one record ({limit})")]
    TooLong {
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        limit: usize,
    },
    /// A kind of record that the log keeps for itself.
    #[error("records of kind {0} are reserved for the journal itself")]
    Kind(u8),
    /// The log was ended; nothing can follow.
    #[error("the journal was ended")]
    Finished,
    /// The disk is full.
    #[error("cannot {step} the journal: the disk is full")]
    Full {
        /// What was being done.
        step: &'static str,
    },
    /// The disk, or whatever is in its place, refuses.
    #[error("cannot {step} the journal: {why}")]
    Io {
        /// What was being done.
        step: &'static str,
        /// What the system said.
        why: String,
    },
    /// This process does not hold the run any more.
    #[error("this process no longer holds the journal: {0}")]
    Lost(String),
    /// A thread died while it was writing.
    #[error("a thread died while it was writing the journal")]
    Died,
}

impl LogError {
    pub(super) fn io(step: &'static str) -> impl Fn(io::Error) -> Self {
        move |error| match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { step },
            _ => Self::Io {
                step,
                why: error.to_string(),
            },
        }
    }
}
