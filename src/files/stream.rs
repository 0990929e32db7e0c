//! What is written straight, from end to end: pipes, terminals, `/dev/stdout`.
//!
//! Standard output that was sent to a file is that file: opened once more, it would be
//! written from its beginning, over what else goes there. So the streams that this process
//! has open already are taken as they are.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::unix;

/// The stream a path stands for; `None` for every other path.
pub(super) fn open(path: &Path) -> Option<io::Result<File>> {
    let number = ["/dev/fd", "/proc/self/fd"]
        .iter()
        .find_map(|folder| path.strip_prefix(folder).ok()?.to_str());
    let copy = match (number, path.to_str()) {
        (Some("1"), _) | (None, Some("/dev/stdout")) => unix::copy_of(&io::stdout()),
        (Some("2"), _) | (None, Some("/dev/stderr")) => unix::copy_of(&io::stderr()),
        _ => return None,
    };
    Some(copy.map(File::from))
}

/// Opens a pipe, a terminal or the like.
///
/// The system lets whoever opens a named pipe wait until somebody reads it, deaf to Ctrl-C.
/// Here a reader has that long to come, then the pipe is refused.
pub(super) fn open_for_writing(path: &Path, patience: Duration) -> io::Result<File> {
    let end = Instant::now() + patience;
    let mut without_waiting = OpenOptions::new();
    without_waiting.append(true);
    unix::with_flags(&mut without_waiting, OFlags::NONBLOCK.bits().cast_signed());
    // Kept until the other is open: its end would be the end of what the reader reads.
    let _open = loop {
        let error = match without_waiting.open(path) {
            Ok(file) => break file,
            Err(error) => error,
        };
        if Errno::from_io_error(&error) != Some(Errno::NXIO) {
            return Err(error);
        }
        if Instant::now() >= end {
            let why = "it is a pipe that no process reads";
            return Err(io::Error::new(error.kind(), why));
        }
        thread::sleep(Duration::from_millis(10));
    };
    // What was opened without waiting would also refuse to write to a pipe that is full.
    OpenOptions::new().append(true).open(path)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    fn pipe() -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        (folder, path)
    }

    #[test]
    fn a_pipe_that_nobody_reads_is_refused() {
        let (_folder, path) = pipe();
        let refused = open_for_writing(&path, Duration::ZERO).unwrap_err();
        assert_eq!(refused.to_string(), "it is a pipe that no process reads");
    }

    #[test]
    fn a_pipe_whose_reader_comes_is_written_whole() {
        let (_folder, path) = pipe();
        let theirs = path.clone();
        let reader = thread::spawn(move || {
            let mut read = Vec::new();
            File::open(theirs).unwrap().read_to_end(&mut read).unwrap();
            read
        });
        // More than a pipe holds, so that writing has to wait.
        let sent = vec![b'x'; 300_000];
        let mut file = open_for_writing(&path, Duration::from_secs(30)).unwrap();
        file.write_all(&sent).unwrap();
        drop(file);
        assert_eq!(reader.join().unwrap().len(), sent.len());
    }
}
