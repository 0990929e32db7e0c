//! A file that an option names, to be filled by a command.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::Failure;
use crate::files::{AtomicFile, Mode, reason};

/// A file that is begun before anything is sent, so that a place where none can be is said
/// at once.
pub(super) struct Out {
    path: PathBuf,
    file: AtomicFile,
}

impl Out {
    /// Begins the file; one that has the name stays as it is until this one is whole.
    pub fn create(path: &Path) -> Result<Self, Failure> {
        let file = AtomicFile::create(path, Mode::Private).map_err(|error| {
            Failure::usage(format!(
                "`{}` cannot be written: {}; nothing was sent",
                path.display(),
                reason(&error)
            ))
            .hint("name a file in a folder that you can write to")
        })?;
        Ok(Self {
            path: path.to_owned(),
            file,
        })
    }

    /// The folder the file will be in; none of what is no file, such as a pipe.
    pub fn folder(&self) -> Option<&Path> {
        self.file.folder()
    }

    /// Fills the file, and gives it its name once it is whole.
    pub fn fill(
        mut self,
        fill: impl FnOnce(&mut AtomicFile) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let written = fill(&mut self.file);
        self.publish_if(written)
    }

    /// The file itself, to be filled bit by bit.
    pub fn file(&mut self) -> &mut AtomicFile {
        &mut self.file
    }

    /// Gives the file its name, if all of it was written.
    pub fn publish_if(self, written: io::Result<()>) -> Result<(), Failure> {
        let published = written.and_then(|()| self.file.publish());
        published.map_err(|error| unwritten(&self.path, &error))
    }
}

/// The failure to write a file that was begun.
pub(super) fn unwritten(path: &Path, error: &io::Error) -> Failure {
    let (path, why) = (path.display(), reason(error));
    Failure::usage(format!("`{path}` cannot be written: {why}"))
}
