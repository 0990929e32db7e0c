//! Files on this machine: the one way they are written, and what is said when they cannot be.
//!
//! Every file that has to be whole is an [`AtomicFile`]; its mode, what becomes of links
//! and devices, and when it is on the disk are decided there and nowhere else. What only
//! grows is opened by [`append`], what has no name by [`unnamed`]. Nothing here knows what
//! a file holds.

mod atomic;
mod leftover;
mod reason;
mod staged;
mod stream;
mod temporary;

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

pub use atomic::{AtomicFile, Mode, write, write_new};
pub use reason::reason;
pub use staged::{Staged, sweep as sweep_staged};
pub use temporary::TemporaryFolder;

use crate::unix::{PRIVATE, with_mode};

/// Opens a file to add to its end, or makes it with mode 0600. A link is followed.
pub fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    with_mode(&mut options, PRIVATE).open(path)
}

/// Opens a file that processes read and write in turn, under a lock, or makes it with mode
/// 0600.
pub fn shared(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    with_mode(&mut options, PRIVATE).open(path)
}

/// A file without a name to write and read: nothing is left of it whatever happens, and
/// only its owner could ever have opened it.
pub fn unnamed(folder: &Path) -> io::Result<File> {
    let path = folder.join(leftover::name());
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    let file = with_mode(&mut options, PRIVATE).open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}

/// Moves a file of the user's alone to another place, on whatever disk that is.
pub fn move_to(from: &Path, to: &Path) -> io::Result<()> {
    if fs::rename(from, to).is_ok() {
        return Ok(());
    }
    let mut file = AtomicFile::at(to, Mode::Private)?;
    io::copy(&mut File::open(from)?, &mut file)?;
    file.publish()?;
    fs::remove_file(from)
}
