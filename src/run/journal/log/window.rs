//! A file read piece by piece.

use super::error::LogError;
use super::storage::Storage;

/// How much is read at a time, in bytes.
const CHUNK: usize = 256 << 10;
/// So many that stand far off one after the other are read by themselves.
const STRAYS: u32 = 8;

/// The piece of a file that is at hand.
pub struct Window<'s, S> {
    storage: &'s S,
    size: u64,
    /// How much before what is asked for is read with it.
    behind: usize,
    start: u64,
    bytes: Vec<u8>,
    /// What stands far off, read by itself: the piece at hand is still wanted.
    aside: Vec<u8>,
    /// How often in a row that was so.
    strays: u32,
}

impl<'s, S: Storage> Window<'s, S> {
    pub fn new(storage: &'s S) -> Result<Self, LogError> {
        let mut window = Self {
            storage,
            size: 0,
            behind: 0,
            start: 0,
            bytes: Vec::new(),
            aside: Vec::new(),
            strays: 0,
        };
        window.refresh()?;
        Ok(window)
    }

    /// The same for who goes through the file nearly in its order, and back a little now and
    /// then: without it each step back would read a whole piece again.
    pub fn wavering(self) -> Self {
        Self {
            behind: CHUNK / 4,
            ..self
        }
    }

    /// Forgets what was read: the file may have changed since.
    pub fn refresh(&mut self) -> Result<(), LogError> {
        self.bytes.clear();
        self.size = self.storage.size().map_err(LogError::io("read"))?;
        Ok(())
    }

    /// How long the file is.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The bytes that stand there; fewer where the file ends.
    pub fn at(&mut self, offset: u64, length: usize) -> Result<&[u8], LogError> {
        let length = room(offset, self.size).min(length);
        let is_here =
            offset >= self.start && offset + length as u64 <= self.start + self.bytes.len() as u64;
        if !is_here {
            if self.is_stray(offset) {
                return self.read_aside(offset, length);
            }
            self.load(offset, length)?;
        }
        self.strays = 0;
        let from = room(self.start, offset).min(self.bytes.len());
        let to = (from + length).min(self.bytes.len());
        Ok(&self.bytes[from..to])
    }

    fn load(&mut self, offset: u64, length: usize) -> Result<(), LogError> {
        let start = offset.saturating_sub(self.behind as u64);
        let wanted = length.max(CHUNK - self.behind) + room(start, offset);
        self.bytes.resize(room(start, self.size).min(wanted), 0);
        let read = self.storage.read_at(&mut self.bytes, start);
        let read = read.map_err(LogError::io("read"))?;
        // Shorter than it was: somebody has cut it.
        self.bytes.truncate(read);
        self.start = start;
        Ok(())
    }

    /// Whether that place is far from the piece at hand, and those asked for next most likely
    /// are not.
    fn is_stray(&mut self, offset: u64) -> bool {
        let end = self.start + self.bytes.len() as u64;
        let is_far = offset < self.start || offset > end + CHUNK as u64;
        if self.behind == 0 || self.bytes.is_empty() || !is_far || self.strays == STRAYS {
            return false;
        }
        self.strays += 1;
        true
    }

    fn read_aside(&mut self, offset: u64, length: usize) -> Result<&[u8], LogError> {
        self.aside.resize(length, 0);
        let read = self.storage.read_at(&mut self.aside, offset);
        let read = read.map_err(LogError::io("read"))?;
        Ok(&self.aside[..read])
    }

    /// The place behind the last byte from there on that is not zero.
    pub fn data_end(&mut self, from: u64) -> Result<Option<u64>, LogError> {
        let mut found = None;
        let mut at = from;
        while at < self.size {
            let piece = self.at(at, CHUNK)?;
            if piece.is_empty() {
                break;
            }
            if let Some(last) = last_byte(piece) {
                found = Some(at + last as u64 + 1);
            }
            at += piece.len() as u64;
        }
        Ok(found)
    }

    /// Whether only zeros stand between the two places.
    pub fn is_zero(&mut self, from: u64, to: u64) -> Result<bool, LogError> {
        let piece = self.at(from, room(from, to))?;
        Ok(last_byte(piece).is_none())
    }
}

/// How many bytes are between the two places; none if the second comes first.
fn room(from: u64, to: u64) -> usize {
    usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX)
}

/// Where the last byte stands that is not zero.
fn last_byte(bytes: &[u8]) -> Option<usize> {
    const ZEROS: [u8; 256] = [0; 256];
    let (_, pieces) = bytes.as_rchunks::<256>();
    let zeros = pieces.iter().rev().take_while(|piece| **piece == ZEROS);
    let rest = &bytes[..bytes.len() - zeros.count() * ZEROS.len()];
    rest.iter().rposition(|byte| *byte != 0)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::super::storage::Storage;
    use super::{CHUNK, Window, last_byte};

    fn told(record: u64) -> u8 {
        u8::try_from(record % 251).unwrap()
    }

    /// A file of that size whose bytes tell where they stand; counts what is read.
    struct Counted(u64, AtomicU64);

    impl Storage for Counted {
        fn size(&self) -> io::Result<u64> {
            Ok(self.0)
        }

        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            for (byte, place) in buffer.iter_mut().zip(offset..) {
                *byte = told(place / 1000);
            }
            self.1.fetch_add(buffer.len() as u64, Ordering::Relaxed);
            Ok(buffer.len())
        }

        fn write_at(&self, _: &[u8], _: u64) -> io::Result<()> {
            unreachable!("only read")
        }

        fn resize(&self, _: u64) -> io::Result<()> {
            unreachable!("only read")
        }

        fn sync_data(&self) -> io::Result<()> {
            unreachable!("only read")
        }

        fn sync_all(&self) -> io::Result<()> {
            unreachable!("only read")
        }
    }

    #[test]
    fn who_goes_back_a_little_now_and_then_has_the_file_read_hardly_more_than_once() {
        let size = 16 * CHUNK as u64 + 77;
        let file = Counted(size, AtomicU64::new(0));
        let mut window = Window::new(&file).unwrap().wavering();
        let records = size / 1000;
        for record in 0..records {
            // Some stand behind the ten that follow them, and a few far off, back or ahead.
            let record = match record % 300 {
                0 => record.saturating_sub(2000),
                100 => (record + 2000).min(records - 1),
                at if at % 3 == 0 => record.saturating_sub(10),
                _ => record,
            };
            let bytes = window.at(record * 1000, 1000).unwrap();
            assert_eq!(bytes, [told(record); 1000]);
        }
        assert_eq!(window.at(size - 7, 100).unwrap().len(), 7);
        // Another loop begins far back: its records are not read one by one for ever.
        for record in 100..records / 2 {
            let bytes = window.at(record * 1000, 1000).unwrap();
            assert_eq!(bytes, [told(record); 1000]);
        }
        let read = file.1.load(Ordering::Relaxed);
        assert!(read < size * 9 / 4, "{read} of {size}");
    }

    #[test]
    fn the_last_byte_is_found_wherever_it_stands() {
        assert_eq!(last_byte(&[0; 1000]), None);
        assert_eq!(last_byte(&[]), None);
        for at in 0..1000 {
            let mut bytes = [0; 1000];
            bytes[at] = 1;
            bytes[at / 2] = 1;
            assert_eq!(last_byte(&bytes), Some(at));
        }
    }
}
