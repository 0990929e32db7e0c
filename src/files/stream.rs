//! The streams that this process has open already, by the paths that stand for them.
//!
//! Standard output that was sent to a file is that file: opened once more, it would be
//! written from its beginning, over what else goes there.

use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;
use std::path::Path;

/// The stream a path stands for; `None` for every other path.
pub(super) fn open(path: &Path) -> Option<io::Result<File>> {
    let number = ["/dev/fd", "/proc/self/fd"]
        .iter()
        .find_map(|folder| path.strip_prefix(folder).ok()?.to_str());
    let copy = match (number, path.to_str()) {
        (Some("1"), _) | (None, Some("/dev/stdout")) => io::stdout().as_fd().try_clone_to_owned(),
        (Some("2"), _) | (None, Some("/dev/stderr")) => io::stderr().as_fd().try_clone_to_owned(),
        _ => return None,
    };
    Some(copy.map(File::from))
}
