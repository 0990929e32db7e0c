//! A file of a run while it is made: it appears whole or not at all, for the user alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::OutputError;

/// A file being written, under another name until it is whole.
pub struct Draft {
    path: PathBuf,
    hidden: PathBuf,
    file: BufWriter<File>,
}

impl Draft {
    /// The draft of that file.
    pub fn create(path: PathBuf) -> Result<Self, OutputError> {
        let hidden = hidden(&path);
        match private(&hidden) {
            Ok(file) => Ok(Self {
                file: BufWriter::new(file),
                path,
                hidden,
            }),
            Err(why) => Err(OutputError::File { path, why }),
        }
    }

    /// Adds text.
    pub fn put(&mut self, text: &str) -> Result<(), OutputError> {
        let written = self.file.write_all(text.as_bytes());
        written.map_err(|why| self.failed(why))
    }

    /// Gives the whole file its name.
    pub fn publish(mut self) -> Result<PathBuf, OutputError> {
        let mut publish = || {
            self.file.flush()?;
            self.file.get_ref().sync_all()?;
            fs::rename(&self.hidden, &self.path)
        };
        match publish() {
            Ok(()) => Ok(self.path),
            Err(why) => Err(self.failed(why)),
        }
    }

    fn failed(&self, why: io::Error) -> OutputError {
        OutputError::File {
            path: self.path.clone(),
            why,
        }
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// What a file is called until it is whole; one that was left is written over.
fn hidden(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.part"))
}

fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
}
