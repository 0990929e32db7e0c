//! Whether a file with secrets is its user's own.
//!
//! A file that only its owner can read is; so is one of root's that a service was given, as
//! containers mount their secrets: its group may read it, if it is ours, and nobody write it.

use std::fs::{self, File, Metadata};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::process::{getegid, getgroups};

use crate::error::Failure;

/// What group and others may do.
const GROUP_AND_OTHERS: u32 = 0o077;
/// That group or others may write.
const GROUP_AND_OTHERS_WRITE: u32 = 0o022;
/// What others may do, and what a group may do that is more than to read.
const MORE_THAN_GROUP_READS: u32 = 0o037;

/// Refuses a file with secrets that others can read or write.
///
/// # Errors
///
/// With the command that makes it private.
pub fn check_private(path: &Path) -> Result<(), Failure> {
    let Ok(found) = fs::metadata(path) else {
        return Ok(());
    };
    let mode = found.permissions().mode() & 0o777;
    let is_mounted =
        || found.uid() == 0 && mode & MORE_THAN_GROUP_READS == 0 && is_our_group(found.gid());
    if mode & GROUP_AND_OTHERS == 0 || is_mounted() {
        return Ok(());
    }
    let shown = path.display();
    Err(Failure::usage(format!(
        "`{shown}` can be read by others (mode {mode:04o}) and may hold secrets"
    ))
    .hint(format!("make it yours alone: `chmod 600 {shown}`")))
}

/// The mode of a file that holds a secret and that others can write, as their own secret;
/// containers mount such files so that all can read them.
pub fn written_by_others(file: &File) -> Option<u32> {
    let found = file.metadata().ok().filter(Metadata::is_file)?;
    let mode = found.permissions().mode() & 0o777;
    (mode & GROUP_AND_OTHERS_WRITE != 0).then_some(mode)
}

/// Whether this process is in that group.
fn is_our_group(group: u32) -> bool {
    let ours = getgroups().unwrap_or_default();
    getegid().as_raw() == group || ours.iter().any(|ours| ours.as_raw() == group)
}
