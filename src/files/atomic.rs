//! A file that appears whole or not at all.
//!
//! What is written goes to a draft: a new file in the same folder, under a name nobody can
//! foresee, for the user alone. When it is whole it is put on the disk, takes the name
//! asked for in one step, and the folder is put on the disk as well. Until then, and after
//! a failure, a file that had the name before is there as it was; a draft that is given up
//! is removed, and one of a process that was killed by the next that writes there.
//!
//! The rules, for every file of the program:
//! - **Mode.** A file is its owner's alone (0600), whatever was there; [`Mode`] has the two
//!   exceptions.
//! - **Links.** The file behind a link is replaced and the link stays. A link that leads
//!   nowhere, or that the system does not follow, is refused. [`AtomicFile::at`] is for a
//!   path that was judged already: a link put there since is replaced, never followed.
//! - **What is no file.** A folder, a disk and a socket are refused; a pipe, a terminal and
//!   what else stands for a stream (`/dev/stdout`, `/dev/null`) is written straight.
//!
//! Whatever can be known beforehand is known when the file is created, before any work.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{leftover, stream};
use crate::unix::{self, PRIVATE};

/// How long a named pipe waits for the program that reads it, which may start with this one.
const READER_COMES_WITHIN: Duration = Duration::from_secs(3);

/// Who may read a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// The user alone (0600), whoever could read the file that was there.
    Private,
    /// The user alone, unless a file is replaced: then whoever could read that one.
    Kept,
    /// As the user's umask has it: for files that hold nothing but what we ship.
    Public,
}

/// A file being written.
pub struct AtomicFile {
    file: BufWriter<File>,
    /// `None` of what is written straight.
    draft: Option<Draft>,
}

/// A file under another name until it is whole.
struct Draft {
    hidden: PathBuf,
    target: PathBuf,
    mode: Mode,
    is_named: bool,
}

impl AtomicFile {
    /// Begins the file that a user named.
    pub fn create(path: &Path, mode: Mode) -> io::Result<Self> {
        if path == Path::new("-") {
            return Err(no_file(
                "standard output is `/dev/stdout`, and a file of that name `./-`",
            ));
        }
        let leads_to_stream =
            || fs::metadata(path).is_ok_and(|found| unix::is_stream(found.file_type()));
        if let Some(open) = stream::open(path) {
            return open.map(Self::straight);
        }
        if leads_to_stream() {
            return Self::opened(path);
        }
        Self::at(&behind_links(path)?, mode)
    }

    /// Begins the file at exactly that place.
    pub fn at(target: &Path, mode: Mode) -> io::Result<Self> {
        if target.file_name().is_none() || target.as_os_str().as_encoded_bytes().ends_with(b"/") {
            return Err(no_file("it names a folder, not a file"));
        }
        let Ok(found) = fs::symlink_metadata(target).map(|found| found.file_type()) else {
            return Self::draft(target, mode);
        };
        if found.is_dir() {
            return Err(no_file("it is a folder, not a file"));
        }
        if unix::is_disk(found) {
            return Err(no_file("it is a disk, not a file"));
        }
        if unix::is_socket(found) {
            return Err(no_file("it is a socket, not a file"));
        }
        if unix::is_stream(found) {
            return Self::opened(target);
        }
        Self::draft(target, mode)
    }

    fn straight(file: File) -> Self {
        Self {
            file: BufWriter::new(file),
            draft: None,
        }
    }

    fn opened(path: &Path) -> io::Result<Self> {
        stream::open_for_writing(path, READER_COMES_WITHIN).map(Self::straight)
    }

    fn draft(target: &Path, mode: Mode) -> io::Result<Self> {
        let folder = folder_of(target);
        leftover::sweep(folder);
        let hidden = folder.join(leftover::name());
        let bits = if mode == Mode::Public { 0o666 } else { PRIVATE };
        let mut options = OpenOptions::new();
        // A name that is taken, be it by a link, is an error.
        options.write(true).create_new(true);
        let opened = unix::with_mode(&mut options, bits).open(&hidden);
        let file = opened.map_err(|error| match error.kind() {
            ErrorKind::NotFound => io::Error::new(ErrorKind::NotFound, "its folder does not exist"),
            _ => error,
        })?;
        // Where files cannot be locked, nobody removes what was left.
        let _ = file.try_lock();
        Ok(Self {
            file: BufWriter::new(file),
            draft: Some(Draft {
                hidden,
                target: target.to_owned(),
                mode,
                is_named: false,
            }),
        })
    }

    /// The folder the file will be in; none of what is written straight.
    pub fn folder(&self) -> Option<&Path> {
        self.draft.as_ref().map(|draft| folder_of(&draft.target))
    }

    /// Gives the whole file its name, in place of a file that has it.
    pub fn publish(self) -> io::Result<()> {
        self.finish(|draft| fs::rename(&draft.hidden, &draft.target))
    }

    /// Gives the whole file its name, unless another file has it meanwhile.
    fn publish_new(self) -> io::Result<()> {
        self.finish(|draft| {
            match fs::hard_link(&draft.hidden, &draft.target) {
                Ok(()) => return fs::remove_file(&draft.hidden),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(error),
                // Not every file system can give a file two names.
                Err(_) => {}
            }
            if fs::symlink_metadata(&draft.target).is_ok() {
                return Err(ErrorKind::AlreadyExists.into());
            }
            fs::rename(&draft.hidden, &draft.target)
        })
    }

    fn finish(mut self, name: impl FnOnce(&Draft) -> io::Result<()>) -> io::Result<()> {
        self.file.flush()?;
        let Some(draft) = &mut self.draft else {
            return Ok(());
        };
        let file = self.file.get_ref();
        if draft.mode == Mode::Kept
            && let Ok(before) = fs::symlink_metadata(&draft.target)
            && before.is_file()
        {
            unix::set_mode(file, unix::mode(&before))?;
        }
        file.sync_all()?;
        name(draft)?;
        draft.is_named = true;
        sync_folder(folder_of(&draft.target))
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_named {
            // What cannot be removed now does no harm, and is removed later.
            let _ = fs::remove_file(&self.hidden);
        }
    }
}

/// Writes a whole file, in place of one that is there.
pub fn write(path: &Path, mode: Mode, bytes: &[u8]) -> io::Result<()> {
    let mut file = AtomicFile::create(path, mode)?;
    file.write_all(bytes)?;
    file.publish()
}

/// Writes a whole file where none is.
pub fn write_new(path: &Path, mode: Mode, bytes: &[u8]) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(ErrorKind::AlreadyExists.into());
    }
    let mut file = AtomicFile::at(path, mode)?;
    file.write_all(bytes)?;
    file.publish_new()
}

/// Where a path leads in the end.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    if !path.is_symlink() {
        return Ok(path.to_owned());
    }
    let found = fs::metadata(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => io::Error::new(ErrorKind::NotFound, "it is a broken link"),
        _ => error,
    })?;
    if found.is_file() {
        // Somebody else's link in a folder that everybody may write in is not followed
        // by the system, and so not by us either.
        File::open(path)?;
    }
    fs::canonicalize(path)
}

fn folder_of(target: &Path) -> &Path {
    match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Puts the names in a folder on the disk.
fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // A folder one may not read, or a file system that has no such thing.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::PermissionDenied | ErrorKind::InvalidInput | ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        synced => synced,
    }
}

fn no_file(what: &str) -> io::Error {
    io::Error::new(ErrorKind::IsADirectory, what)
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink};

    use tempfile::TempDir;

    use super::*;
    use crate::files::reason;

    fn folder() -> TempDir {
        tempfile::tempdir().unwrap()
    }

    fn names(folder: &TempDir) -> Vec<String> {
        let entries = fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().mode() & 0o777
    }

    fn refusal(path: &Path) -> String {
        let refused = AtomicFile::create(path, Mode::Private).err().unwrap();
        reason(&refused)
    }

    #[test]
    fn a_file_is_as_it_was_until_the_new_one_is_whole() {
        let folder = folder();
        let path = folder.path().join("a");
        fs::write(&path, "old").unwrap();
        let mut file = AtomicFile::create(&path, Mode::Private).unwrap();
        file.write_all(b"new").unwrap();
        file.flush().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(&folder).len(), 2);
        file.publish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(names(&folder), ["a"]);
    }

    #[test]
    fn a_file_that_is_given_up_leaves_nothing() {
        let folder = folder();
        let path = folder.path().join("a");
        let mut file = AtomicFile::create(&path, Mode::Private).unwrap();
        file.write_all(b"new").unwrap();
        drop(file);
        assert!(names(&folder).is_empty());
    }

    #[test]
    fn a_file_is_the_users_alone_unless_it_was_not() {
        let folder = folder();
        let path = folder.path().join("a");
        write(&path, Mode::Kept, b"1").unwrap();
        assert_eq!(mode(&path), 0o600);
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        write(&path, Mode::Kept, b"2").unwrap();
        assert_eq!(mode(&path), 0o640);
        write(&path, Mode::Private, b"3").unwrap();
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn the_file_behind_a_link_is_replaced_and_the_link_stays() {
        let folder = folder();
        let [path, link] = ["a", "link"].map(|name| folder.path().join(name));
        fs::write(&path, "old").unwrap();
        symlink("a", &link).unwrap();
        write(&link, Mode::Private, b"new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    }

    #[test]
    fn a_link_where_a_path_was_judged_already_is_replaced() {
        let folder = folder();
        let [path, link] = ["a", "link"].map(|name| folder.path().join(name));
        fs::write(&path, "old").unwrap();
        symlink("a", &link).unwrap();
        let mut file = AtomicFile::at(&link, Mode::Private).unwrap();
        file.write_all(b"new").unwrap();
        file.publish().unwrap();
        assert!(!link.is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    }

    #[test]
    fn what_cannot_be_written_is_said_before_any_work() {
        let folder = folder();
        let inside = |name: &str| folder.path().join(name);
        symlink("nothing", inside("dangling")).unwrap();
        symlink("round", inside("round")).unwrap();
        fs::create_dir(inside("folder")).unwrap();
        symlink("folder", inside("to-folder")).unwrap();
        fs::write(inside("file"), "").unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(inside("socket")).unwrap();
        for (name, why) in [
            ("dangling", "it is a broken link"),
            ("round", "too many levels of symbolic links"),
            ("folder", "it is a folder, not a file"),
            ("to-folder", "it is a folder, not a file"),
            ("new/", "it names a folder, not a file"),
            ("..", "it names a folder, not a file"),
            ("none/a", "its folder does not exist"),
            ("file/a", "not a directory"),
            ("socket", "it is a socket, not a file"),
        ] {
            assert_eq!(refusal(&inside(name)), why, "{name}");
        }
        assert!(refusal(Path::new("-")).contains("/dev/stdout"));
        assert_eq!(refusal(Path::new("")), "it names a folder, not a file");
        assert_eq!(names(&folder).len(), 6);
    }

    #[test]
    fn what_stands_for_a_stream_is_written_straight() {
        let folder = folder();
        let link = folder.path().join("link");
        symlink("/dev/null", &link).unwrap();
        write(&link, Mode::Private, b"gone").unwrap();
        assert!(link.is_symlink());
        let full = write(Path::new("/dev/full"), Mode::Private, b"x");
        assert_eq!(reason(&full.unwrap_err()), "no space left on device");
        assert!(
            Path::new("/dev/null")
                .metadata()
                .unwrap()
                .file_type()
                .is_char_device()
        );
    }

    #[test]
    fn a_new_file_takes_nobodys_place() {
        let folder = folder();
        let path = folder.path().join("a");
        let mut file = AtomicFile::create(&path, Mode::Private).unwrap();
        file.write_all(b"new").unwrap();
        fs::write(&path, "theirs").unwrap();
        let taken = file.publish_new().unwrap_err();
        assert_eq!(taken.kind(), ErrorKind::AlreadyExists);
        let taken = write_new(&path, Mode::Private, b"new").unwrap_err();
        assert_eq!(taken.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
        assert_eq!(names(&folder), ["a"]);
        write_new(&folder.path().join("b"), Mode::Private, b"new").unwrap();
        assert_eq!(names(&folder), ["a", "b"]);
    }
}
