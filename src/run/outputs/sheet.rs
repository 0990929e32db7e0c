//! A CSV file of a run, row by row.

use std::path::PathBuf;

use csv::Writer;

use super::draft::Draft;
use super::error::OutputError;

/// A file being written.
pub(super) struct Sheet {
    path: PathBuf,
    writer: Writer<Draft>,
}

impl Sheet {
    pub fn create(path: PathBuf) -> Result<Self, OutputError> {
        Ok(Self {
            writer: Writer::from_writer(Draft::create(path.clone())?),
            path,
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
        written.map_err(|error| OutputError::File {
            path: self.path.clone(),
            why: error.into(),
        })
    }

    /// Gives the whole file its name.
    pub fn publish(self) -> Result<PathBuf, OutputError> {
        match self.writer.into_inner() {
            Ok(draft) => draft.publish(),
            Err(error) => Err(OutputError::File {
                path: self.path,
                why: error.into_error(),
            }),
        }
    }
}
