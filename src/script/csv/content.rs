//! The bytes of a file that must stay what they are while its rows are read.
//!
//! The file is read through the same handle however often: one that is renamed over
//! or removed meanwhile is still the one that was opened. Of each chunk a checksum is kept
//! when it is first read; one that is different later ends the reading before a row
//! of it is given. What comes to be behind the end is not read.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use crc32c::crc32c;

use crate::unix::{last_changed, read_exact_at};

/// How much is read at a time.
pub(crate) const CHUNK: usize = 64 * 1024;

/// An open file, as it was when it was opened.
#[derive(Debug)]
pub(crate) struct Content {
    file: File,
    size: u64,
    touched: Touched,
    /// The checksum of each chunk that was read.
    sums: Mutex<Vec<u32>>,
}

/// What became of a file while it was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Changed {
    /// It ends before the place where it ended when it was opened.
    #[error("was cut off")]
    Cut,
    /// What was read before is not what is there now.
    #[error("was overwritten")]
    Overwritten,
}

impl From<Changed> for io::Error {
    fn from(changed: Changed) -> Self {
        Self::other(changed)
    }
}

/// When a file was last written or moved.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Touched([(i64, i64); 2]);

impl Touched {
    fn read(found: &Metadata) -> Self {
        Self(last_changed(found))
    }
}

impl Content {
    /// The content of a file as it is now.
    pub fn capture(file: File) -> io::Result<Self> {
        let found = file.metadata()?;
        Ok(Self {
            size: found.len(),
            touched: Touched::read(&found),
            file,
            sums: Mutex::default(),
        })
    }

    /// How many bytes it had when it was opened.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The chunk of that number, from 0; empty behind the last.
    fn chunk<'b>(&self, number: usize, buffer: &'b mut [u8]) -> io::Result<&'b [u8]> {
        let start = number as u64 * CHUNK as u64;
        let wanted = self.size.saturating_sub(start).min(CHUNK as u64);
        // At most `CHUNK`.
        let chunk = &mut buffer[..usize::try_from(wanted).unwrap_or(CHUNK)];
        match read_exact_at(&self.file, chunk, start) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(Changed::Cut.into());
            }
            Err(error) => return Err(error),
        }
        let sum = crc32c(chunk);
        let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        match sums.get(number) {
            Some(before) if *before != sum => Err(Changed::Overwritten.into()),
            Some(_) => Ok(chunk),
            None => {
                // Whoever reads begins at the first.
                sums.push(sum);
                Ok(chunk)
            }
        }
    }

    /// Gives all of it, a chunk at a time.
    pub fn each_chunk(&self, mut take: impl FnMut(&[u8])) -> io::Result<()> {
        let mut buffer = vec![0; CHUNK];
        for number in 0.. {
            let chunk = self.chunk(number, &mut buffer)?;
            if chunk.is_empty() {
                break;
            }
            take(chunk);
        }
        Ok(())
    }

    /// Its beginning.
    pub fn beginning(&self) -> io::Result<Vec<u8>> {
        let mut buffer = vec![0; CHUNK];
        let length = self.chunk(0, &mut buffer)?.len();
        buffer.truncate(length);
        Ok(buffer)
    }

    /// Whether its beginning is all of it.
    pub const fn is_short(&self) -> bool {
        self.size <= CHUNK as u64
    }

    /// After the last row: fails if the file is not what was read; says by how many bytes
    /// it has grown.
    pub fn finish(&self) -> io::Result<u64> {
        let found = self.file.metadata()?;
        if found.len() < self.size {
            return Err(Changed::Cut.into());
        }
        if Touched::read(&found) != self.touched {
            self.each_chunk(|_| ())?;
        }
        Ok(found.len() - self.size)
    }

    /// By how many bytes the file has grown so far.
    pub fn grown(&self) -> u64 {
        let found = self.file.metadata();
        found.map_or(0, |found| found.len().saturating_sub(self.size))
    }
}

/// A reader of a file's content, from its beginning to the end it had.
pub(crate) struct ContentReader {
    content: Arc<Content>,
    next: usize,
}

impl ContentReader {
    /// Begins at the beginning.
    pub const fn begin(content: Arc<Content>) -> Self {
        Self { content, next: 0 }
    }
}

impl Read for ContentReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.len() < CHUNK {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let read = self.content.chunk(self.next, out)?.len();
        self.next += 1;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;

    fn opened(text: &str) -> (tempfile::TempDir, PathBuf, Content) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        fs::write(&path, text).unwrap();
        let content = Content::capture(File::open(&path).unwrap()).unwrap();
        (folder, path, content)
    }

    fn changed(error: &io::Error) -> Option<Changed> {
        error.get_ref()?.downcast_ref().copied()
    }

    #[test]
    fn a_file_that_was_cut_or_overwritten_is_known_at_the_end() {
        for (text, expected) in [("abc", Changed::Cut), ("abcdeX", Changed::Overwritten)] {
            let (_folder, path, content) = opened("abcdef");
            content.beginning().unwrap();
            // The clock of a file may stand still for some milliseconds.
            let before = File::open(&path)
                .unwrap()
                .metadata()
                .unwrap()
                .modified()
                .unwrap();
            fs::write(&path, text).unwrap();
            let file = File::options().write(true).open(&path).unwrap();
            file.set_modified(before + std::time::Duration::from_secs(1))
                .unwrap();
            assert_eq!(changed(&content.finish().unwrap_err()), Some(expected));
            assert_eq!(changed(&content.beginning().unwrap_err()), Some(expected));
        }
    }

    #[test]
    fn what_is_appended_renamed_over_or_touched_does_no_harm() {
        let (folder, path, content) = opened("abcdef");
        content.beginning().unwrap();
        fs::write(&path, "abcdefgh").unwrap();
        assert_eq!(content.finish().unwrap(), 2);
        assert_eq!(content.beginning().unwrap(), b"abcdef");
        let other = folder.path().join("b.csv");
        fs::write(&other, "other").unwrap();
        fs::rename(&other, &path).unwrap();
        assert_eq!(content.finish().unwrap(), 2);
        assert_eq!(content.beginning().unwrap(), b"abcdef");
    }

    #[test]
    fn chunks_follow_each_other() {
        let text = "0123456789".repeat(CHUNK / 5);
        let (_folder, _, content) = opened(&text);
        let mut all = Vec::new();
        content
            .each_chunk(|chunk| all.extend_from_slice(chunk))
            .unwrap();
        assert_eq!(all, text.as_bytes());
        assert!(!content.is_short());
    }
}
