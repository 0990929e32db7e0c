//! Whether a file with secrets, or with commands that print them, is its user's own.
//!
//! A file that only its owner can read is; so is one of root's that a service was given, as
//! containers mount their secrets: its group may read it, if it is ours, and nobody write it.

use std::fs::{self, File, Metadata};
use std::path::Path;

use rustix::process::{getegid, geteuid, getgroups};

use crate::error::Failure;
use crate::unix;

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
    let Some(mode) = open_mode(&found) else {
        return Ok(());
    };
    let shown = path.display();
    Err(Failure::usage(format!(
        "`{shown}` can be read by others (mode {mode:04o}) and may hold secrets"
    ))
    .hint(format!("make it private: `chmod 600 {shown}`")))
}

/// Refuses a file with commands that somebody else can write, who could have this user run
/// what they like.
///
/// # Errors
///
/// With the command that makes it the user's.
pub fn check_written_by_us(path: &Path) -> Result<(), Failure> {
    let Ok(found) = fs::metadata(path) else {
        return Ok(());
    };
    let (mode, user) = (unix::mode(&found), geteuid().as_raw());
    let (owner, group) = unix::owner(&found);
    // The group of a user's own, which systems make for each, has the user's number.
    let group_writes = mode & 0o020 != 0 && group != user && group != 0;
    let shown = path.display();
    let (why, cure) = if owner != 0 && owner != user {
        let why = format!("belongs to another user (number {owner})");
        (why, format!("make it yours: `chown \"$USER\" {shown}`"))
    } else if group_writes || mode & 0o002 != 0 {
        let why = format!("can be written by others (mode {mode:04o})");
        (
            why,
            format!("let only its owner write it: `chmod go-w {shown}`"),
        )
    } else {
        return Ok(());
    };
    let what =
        format!("`{shown}` {why} and holds a command, which would run as you; nothing was run");
    Err(Failure::usage(what).hint(cure))
}

/// What others can do with a file that holds a secret, and its mode, where that is anything:
/// who can write it could put a secret of their own there. A pipe is nobody else's.
pub fn open_to_others(file: &File) -> Option<(&'static str, u32)> {
    let found = file.metadata().ok().filter(Metadata::is_file)?;
    let mode = open_mode(&found)?;
    let can = if mode & GROUP_AND_OTHERS_WRITE == 0 {
        "can be read by others"
    } else {
        "can be written by others"
    };
    Some((can, mode))
}

/// The mode of a file that others can read or write: others than its owner, and of root's
/// than our group, which may read it.
fn open_mode(found: &Metadata) -> Option<u32> {
    let mode = unix::mode(found);
    let (user, group) = unix::owner(found);
    let is_mounted = || user == 0 && mode & MORE_THAN_GROUP_READS == 0 && is_our_group(group);
    (mode & GROUP_AND_OTHERS != 0 && !is_mounted()).then_some(mode)
}

/// Whether this process is in that group, or the group is root's: a file of root's that a
/// service may read by an access control list, as systemd hands out credentials, shows the
/// list's rights as those of its group.
fn is_our_group(group: u32) -> bool {
    if group == 0 {
        return true;
    }
    let ours = getgroups().unwrap_or_default();
    getegid().as_raw() == group || ours.iter().any(|ours| ours.as_raw() == group)
}
