//! What whoever goes on with a run should know of the log it is in.

use std::fmt;

use super::log::{SEEN, Scanned, Tail, Witness};

/// Something that is not as a run leaves it that ended by itself, and is no damage.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum JournalNotice {
    /// The last group did not come to the disk wholly; it was cut off.
    Torn {
        /// How many bytes of it there were.
        bytes: u64,
    },
    /// Nothing tells whether the log is the newest there was.
    Unwitnessed,
    /// What was seen of the log is older than it.
    Behind {
        /// The last group that was seen.
        seen: u64,
        /// The last group there is.
        groups: u64,
    },
    /// The log is a copy, and was gone on with.
    Adopted {
        /// A group that the original had, and the copy has not, where that is known.
        later: Option<u64>,
    },
}

impl JournalNotice {
    /// What is to be told of a log that was read and gone on with.
    pub(super) fn from_scan(scanned: &Scanned, is_adopted: bool) -> Vec<Self> {
        let mut notices = Vec::new();
        if is_adopted {
            let later = match scanned.tail {
                Tail::Later(group) => Some(group),
                _ => None,
            };
            notices.push(Self::Adopted { later });
        }
        if let Tail::Torn { bytes } = scanned.tail {
            notices.push(Self::Torn { bytes });
        }
        match scanned.witness {
            // A copy of the log alone has none.
            Witness::Missing if !is_adopted => notices.push(Self::Unwitnessed),
            Witness::Seen(seen) if seen < scanned.groups => notices.push(Self::Behind {
                seen,
                groups: scanned.groups,
            }),
            _ => {}
        }
        notices
    }
}

impl fmt::Display for JournalNotice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Torn { bytes } => write!(
                out,
                "the last entry of the journal is incomplete ({bytes} bytes) and was removed; \
                 writes whose results it held are checked again"
            ),
            Self::Unwitnessed => write!(
                out,
                "`{SEEN}` is missing, so an outdated journal would not be noticed"
            ),
            Self::Behind { seen, groups } => write!(
                out,
                "`{SEEN}` is older than the journal (entry {seen} of {groups}), \
                 so missing entries would not be noticed"
            ),
            Self::Adopted { later } => {
                out.write_str(
                    "this journal is a copy made while the run was in progress; \
                     writes made after that are not in it",
                )?;
                if let Some(group) = later {
                    write!(out, " (the original had entry {group})")?;
                }
                out.write_str(
                    "; each new record is looked up on the server first, where WHMCS allows that",
                )
            }
        }
    }
}
