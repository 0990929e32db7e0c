//! The rows of a plan on disk, so that memory does not grow with them.
//!
//! They arrive in the order in which they end and are read in the order of their
//! rows. The file has no name, so nothing is left of it whatever happens.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use crate::files::unnamed;

/// Where a row belongs: which loop, which row, which write of the script.
pub(super) type Place = (u64, u64, u64);

/// Lines of text by their place.
pub(super) struct Spool {
    file: File,
    end: u64,
    index: Vec<(Place, u64, usize)>,
}

impl Spool {
    /// An empty spool in that folder.
    pub fn begin(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            file: unnamed(folder)?,
            end: 0,
            index: Vec::new(),
        })
    }

    /// Adds a line.
    pub fn push(&mut self, place: Place, line: &str) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(line.as_bytes())?;
        self.index.push((place, self.end, line.len()));
        self.end += line.len() as u64;
        Ok(())
    }

    /// Hands on every line by its place.
    pub fn each(&mut self, mut line: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        self.index.sort_unstable();
        for (_, start, length) in &self.index {
            let mut bytes = vec![0; *length];
            self.file.seek(SeekFrom::Start(*start))?;
            self.file.read_exact(&mut bytes)?;
            line(&bytes)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_back_by_their_place_and_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::begin(folder.path()).unwrap();
        for (place, line) in [((1, 2, 0), "c"), ((0, 0, 1), "äa"), ((1, 1, 0), "b")] {
            spool.push(place, line).unwrap();
        }
        for _ in 0..2 {
            let mut lines = Vec::new();
            let read = spool.each(|line| {
                lines.push(String::from_utf8(line.to_vec()).unwrap());
                Ok(())
            });
            read.unwrap();
            assert_eq!(lines, ["äa", "b", "c"]);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
