//! `journal.seen`: the last group that was on the disk, written beside the log.
//!
//! It is never synced, so it may be older than the log, or missing; that proves
//! nothing. If it is newer, groups of the log are gone.

use super::crc32c::Crc32c;
use super::format::{u32_at, u64_at};
use super::storage::Storage;

const MAGIC: [u8; 8] = *b"whmcshJS";
const LENGTH: usize = 36;

/// What `journal.seen` says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Witness {
    /// Nothing: it is missing, unreadable, or of another log.
    Missing,
    /// That group was on the disk.
    Seen(u64),
}

/// Reads it; the salt is the log's.
pub(super) fn read(file: Option<&impl Storage>, salt: [u8; 16]) -> Witness {
    let mut bytes = [0; LENGTH];
    let read = file.map(|file| file.read_at(&mut bytes, 0));
    let is_whole = matches!(read, Some(Ok(LENGTH)))
        && bytes[..8] == MAGIC
        && bytes[8..24] == salt
        && u32_at(&bytes, 32) == crc(&bytes);
    if is_whole {
        Witness::Seen(u64_at(&bytes, 24))
    } else {
        Witness::Missing
    }
}

/// Writes it, without a sync.
pub(super) fn write(file: &impl Storage, salt: [u8; 16], group: u64) -> std::io::Result<()> {
    let mut bytes = [0; LENGTH];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..24].copy_from_slice(&salt);
    bytes[24..32].copy_from_slice(&group.to_le_bytes());
    let crc = crc(&bytes);
    bytes[32..].copy_from_slice(&crc.to_le_bytes());
    file.write_at(&bytes, 0)
}

fn crc(bytes: &[u8]) -> u32 {
    Crc32c::new().update(&bytes[..32]).value()
}
