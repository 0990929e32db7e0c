//! Files read as a whole.

use std::io::Read as _;

use crate::files::reason;
use crate::script::host::Confinement;
use crate::script::raise::Raised;

/// The largest file read as a whole, in bytes.
pub(super) const MAX_FILE: u64 = 64 << 20;

/// What is in a file that a script may read.
///
/// # Errors
///
/// It may not, cannot, or the file is too large.
pub(super) fn read(files: &Confinement, path: &str) -> Result<Vec<u8>, Raised> {
    let problem = |what: &str| Raised::new("file", format!("`{path}` {what}"));
    let mut bytes = Vec::new();
    let file = files.open(path)?;
    let read = file.take(MAX_FILE + 1).read_to_end(&mut bytes);
    read.map_err(|error| problem(&format!("cannot be read: {}", reason(&error))))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(problem(&format!("is larger than {} MB", MAX_FILE >> 20))
            .hint("read a large table row by row with `csv`"));
    }
    Ok(bytes)
}
