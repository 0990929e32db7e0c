//! What is asked of Unix beyond what every system has: modes and owners of files, which file a name leads to,
//! reading and writing at a place, the standard streams as files.
//!
//! `std::os` stands here and in tests alone. A journal is kept by what Unix promises of these; where a system has no
//! like of them, such as Windows, nothing here could be given a meaning.

use std::fs::{DirBuilder, File, FileType, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{
    DirBuilderExt as _, FileExt as _, FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _,
    PermissionsExt as _,
};
pub use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::ExitStatus;

/// The mode of what only its owner may read and write.
pub const PRIVATE: u32 = 0o600;
/// The mode of a folder that only its owner may enter.
const PRIVATE_FOLDER: u32 = 0o700;

/// The bits of a mode that say who may read, write and execute.
const PERMISSIONS: u32 = 0o777;

/// Which file it is, whatever it is called: no two that are there at once have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId {
    device: u64,
    /// The number of the file on its device; given again once the file is gone.
    pub inode: u64,
}

/// Which file it is.
pub fn file_id(found: &Metadata) -> FileId {
    FileId {
        device: found.dev(),
        inode: found.ino(),
    }
}

/// Whether that file still has that name.
pub fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let (open, named) = (file.metadata()?, std::fs::metadata(path)?);
    Ok(file_id(&open) == file_id(&named))
}

/// When a file was last written, and when anything of it was last changed: seconds and nanoseconds since 1970 each.
pub fn last_changed(found: &Metadata) -> [(i64, i64); 2] {
    [
        (found.mtime(), found.mtime_nsec()),
        (found.ctime(), found.ctime_nsec()),
    ]
}

/// Takes the standard input for whoever asks, and leaves one that is at its end: no other part of the process, and no
/// program it starts, reads what is meant for that one.
pub fn take_standard_input() -> io::Result<File> {
    let input = io::stdin().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(File::from(input))
}

/// How many names a file has.
pub fn names(found: &Metadata) -> u64 {
    found.nlink()
}

/// Who may read, write and execute a file: nine bits.
pub fn mode(found: &Metadata) -> u32 {
    found.mode() & PERMISSIONS
}

/// The numbers of the user and the group a file belongs to.
pub fn owner(found: &Metadata) -> (u32, u32) {
    (found.uid(), found.gid())
}

/// Gives a file that mode.
pub fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(mode))
}

/// The mode of a file that is made, less what the process masks.
pub fn with_mode(options: &mut OpenOptions, mode: u32) -> &mut OpenOptions {
    options.mode(mode)
}

/// Flags of `open(2)` besides.
pub fn with_flags(options: &mut OpenOptions, flags: i32) -> &mut OpenOptions {
    options.custom_flags(flags)
}

/// Makes a folder that only its owner may enter; one that is there is an error.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().mode(PRIVATE_FOLDER).create(folder)
}

/// Makes a folder that only its owner may enter, with its parents; it may be there already.
pub fn make_private_folders(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(PRIVATE_FOLDER).create(folder)
}

/// Whether it is a disk.
pub fn is_disk(kind: FileType) -> bool {
    kind.is_block_device()
}

/// Whether it is a socket.
pub fn is_socket(kind: FileType) -> bool {
    kind.is_socket()
}

/// Whether it is read and written from end to end: a terminal, a named pipe.
pub fn is_stream(kind: FileType) -> bool {
    kind.is_char_device() || kind.is_fifo()
}

/// Reads once at that place of a file, wherever it stands; how many bytes there were.
pub fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.read_at(buffer, offset)
}

/// Fills the buffer from that place of a file, wherever it stands; a file that ends before is an error.
pub fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    file.read_exact_at(buffer, offset)
}

/// Writes all of it at that place of a file, wherever it stands.
pub fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    file.write_all_at(bytes, offset)
}

/// A stream that is open, such as standard input, as a file of our own.
pub fn copy_of(stream: &impl AsFd) -> io::Result<OwnedFd> {
    stream.as_fd().try_clone_to_owned()
}

/// The signal that ended a process, if one did.
pub fn signal_of(status: &ExitStatus) -> Option<i32> {
    status.signal()
}

/// Two ends of a stream within this process: what a signal's handler writes into one comes out of the other.
pub fn stream_pair() -> io::Result<(UnixStream, UnixStream)> {
    UnixStream::pair()
}
