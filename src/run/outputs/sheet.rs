//! A CSV file of a run, which appears whole or not at all, for the user alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use csv::Writer;

use super::OutputError;

/// A file being written.
pub(super) struct Sheet {
    path: PathBuf,
    hidden: PathBuf,
    writer: Writer<BufWriter<File>>,
}

impl Sheet {
    pub fn create(path: PathBuf) -> Result<Self, OutputError> {
        let hidden = hidden(&path);
        let file = private(&hidden).map_err(|why| failed(&path, why))?;
        Ok(Self {
            writer: Writer::from_writer(BufWriter::new(file)),
            path,
            hidden,
        })
    }

    pub fn put<C: AsRef<str>>(
        &mut self,
        cells: impl IntoIterator<Item = C>,
    ) -> Result<(), OutputError> {
        let cells: Vec<C> = cells.into_iter().collect();
        let written = self
            .writer
            .write_record(cells.iter().map(|cell| cell.as_ref().as_bytes()));
        written.map_err(|error| failed(&self.path, error.into()))
    }

    /// Gives the whole file its name.
    pub fn publish(self) -> Result<PathBuf, OutputError> {
        let publish = || {
            let file = self
                .writer
                .into_inner()
                .map_err(csv::IntoInnerError::into_error)?;
            let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.sync_all()?;
            fs::rename(&self.hidden, &self.path)
        };
        match publish() {
            Ok(()) => Ok(self.path),
            Err(why) => Err(failed(&self.path, why)),
        }
    }
}

/// Writes a small file at once, whole or not at all.
pub(super) fn write(path: &Path, text: &str) -> Result<(), OutputError> {
    let hidden = hidden(path);
    let write = || {
        io::Write::write_all(&mut private(&hidden)?, text.as_bytes())?;
        fs::rename(&hidden, path)
    };
    write().map_err(|why| failed(path, why))
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

fn failed(path: &Path, why: io::Error) -> OutputError {
    OutputError::File {
        path: path.to_owned(),
        why,
    }
}
