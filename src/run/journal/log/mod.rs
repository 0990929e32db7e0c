//! One append-only file, `journal.log`: what a run must not forget.
//!
//! It knows nothing of runs: a record is a kind and some bytes. What it answers for
//! is that a promised record is there after a kill or a power cut, and that a file
//! that is not as it was written is refused, with the place, and never read wrongly.
//!
//! # The file
//!
//! Numbers are little-endian and without sign. A sector is 512 bytes. Checksums are
//! CRC-32C ([`Crc32c`]).
//!
//! The **head** is the first sector, and is written once:
//!
//! | at | bytes | what |
//! |---|---|---|
//! | 0 | 8 | `whmcshJL` |
//! | 8 | 4 | format: 1; a later one keeps the first 16 bytes, this checksum and the version's place |
//! | 12 | 4 | checksum of the sector without these four bytes |
//! | 16 | 16 | salt: random, different for each log |
//! | 32 | 4 | step: the file grows by so many bytes at a time; a multiple of 512 |
//! | 36 | 2 | length of the run's name, at most 256 |
//! | 38 | | the run's name, in UTF-8, then zeros |
//! | 294 | 1 | length of the program's version, at most 64 |
//! | 295 | | the version, such as `0.2.0`, then zeros |
//!
//! **Groups** follow, numbered from 1, each made of frames. A **frame** is:
//!
//! | at | bytes | what |
//! |---|---|---|
//! | 0 | 4 | length of the frame, these four bytes included |
//! | 4 | 4 | checksum of: salt, body, bytes 0 to 3, bytes 8 to 24 |
//! | 8 | 8 | sequence: its number; records are counted from 1 through the whole log |
//! | 16 | 8 | number of its group |
//! | 24 | 1 | kind: 1 to 253 are the run's records; 0, 254, 255 see below |
//! | 25 | | body, at most 16 MiB |
//!
//! (The body comes first in the checksum so that a thread can sum it up before it
//! waits for the lock under which the record gets its number.)
//!
//! A **group** is one frame of kind 0, its header, then its frames, then the byte
//! 0xA5, so that its last sector is never zeros. It begins where the one before it
//! ends, or, if fewer bytes than a header has are left of that sector, at the next
//! sector, with zeros between: a header stands within one sector. The header has the
//! number of the group's first frame as its sequence, and as its body:
//!
//! | at | bytes | what |
//! |---|---|---|
//! | 0 | 4 | how many frames follow |
//! | 4 | 4 | length of the group, header and last byte included |
//! | 8 | 8 | where the header stands in the file |
//! | 16 | 4 | checksum of the boot id of the writer's system, at least 1; 0 if unknown |
//!
//! The first frame of a log, and the first behind an end, is of kind 254, a **pass**:
//! the token of the writer's lease (16 bytes), what the file system calls the file (8 bytes,
//! zeros where it says nothing: in a copy it is another), the length of the system's boot id
//! (1 byte), that, and the program's version. Each time a log is opened for writing it gets another. A frame of kind 255 is the **end**: its body is its own sequence in 8 bytes.
//!
//! Behind the last group are zeros, at least one byte of them. The length of the file
//! is a multiple of the step; only if an end is the last frame, the file may be cut
//! behind it. So any other cut shows.
//!
//! `journal.seen` beside it is `whmcshJS`, the salt, the number of the last group that was
//! on the disk (8 bytes), and the checksum of these 32 bytes. It is never synced.
//!
//! # How it is written
//!
//! The file is filled with zeros, which are synced, before a group is written over
//! them; a group is one write and one sync; the next is written only after that. So
//! a power cut leaves the last group without some of its sectors, and a kill leaves a prefix of it;
//! nothing else is broken, ever (`tail`). A body with 512 zeros in a row may hide that
//! a sector is there: then only the witness tells a damaged last group from a torn one.
//!
//! # How it is driven
//!
//! [`JournalLog::promise`] is for what must be on the disk before the next step;
//! [`JournalLog::note`] for what rides along. No thread belongs to the log: if no
//! group follows, whoever waits for something (the thread that waits for the workers,
//! before each nap; a worker before it waits for a row or for the pace) calls
//! [`JournalLog::flush_if_older`] and sleeps no longer than it says. [`Lease::hold`]
//! is called at the same places, before each send, and as [`LogOwner::may_write`].

mod bodies;
mod clock;
mod commit;
mod crc32c;
mod error;
mod files;
mod format;
mod holder;
mod lease;
mod scan;
mod storage;
mod surroundings;
mod tail;
#[cfg(test)]
mod tests;
mod window;
mod witness;

pub use clock::{BootClock, SystemClock};
pub use commit::{JournalLog, LogOwner, MayWrite};
pub use crc32c::Crc32c;
pub use error::{Damage, DamageKind, LogError};
pub use files::{
    FolderHolders, LOG, LogFile, SEEN, STEP, ShownLog, create_log, is_copied, is_locked,
    is_log_unbegun, keep_note, last_holder, mark_unbegun, note_of, resume_log, rewrite_log,
    show_log, verify_log,
};
pub use format::{LogHead, LogPass, MAX_BODY};
pub use holder::{Holder, Process};
pub use lease::{HolderFiles, Insistence, Lease, LeaseError, LockState, TERM};
pub use scan::{LogEntry, Purpose, Reached, Scanned, scan, scan_on, scan_until};
pub use storage::Storage;
pub use surroundings::{Surroundings, System, Wait, Watch, boot};
pub use tail::Tail;
#[cfg(test)]
pub use tests::HandClock;
pub use witness::Witness;
