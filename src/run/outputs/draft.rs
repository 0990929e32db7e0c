//! A file about a run while it is made: it appears whole or not at all, for the user alone.

use std::io::{self, Write};
use std::path::PathBuf;

use super::error::OutputError;
use crate::files::{AtomicFile, Mode};

/// A file being written, under another name until it is whole.
pub struct Draft {
    path: PathBuf,
    file: AtomicFile,
}

impl Draft {
    /// The draft of that file.
    pub fn create(path: PathBuf) -> Result<Self, OutputError> {
        match AtomicFile::create(&path, Mode::Private) {
            Ok(file) => Ok(Self { path, file }),
            Err(why) => Err(OutputError::File { path, why }),
        }
    }

    /// Adds text.
    pub fn put(&mut self, text: &str) -> Result<(), OutputError> {
        let written = self.file.write_all(text.as_bytes());
        written.map_err(|why| OutputError::File {
            path: self.path.clone(),
            why,
        })
    }

    /// Gives the whole file its name.
    pub fn publish(self) -> Result<PathBuf, OutputError> {
        match self.file.publish() {
            Ok(()) => Ok(self.path),
            Err(why) => Err(OutputError::File {
                path: self.path,
                why,
            }),
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
