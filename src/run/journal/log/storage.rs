//! What a log needs of the file it is in.

use std::fs::File;
use std::io;

use crate::unix;

/// A file, as far as a log uses one.
///
/// What was written may be lost in part until a sync returned: sectors of 512
/// bytes in any selection and order, but none in part.
pub trait Storage: Send + Sync {
    /// How long it is, in bytes.
    fn size(&self) -> io::Result<u64>;
    /// Reads from there; fewer bytes than there is room for only at the end.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes all of it there.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Cuts it, or lengthens it by zeros.
    fn resize(&self, size: u64) -> io::Result<()>;
    /// Puts the bytes written on the disk, and the length if they need it.
    fn sync_data(&self) -> io::Result<()>;
    /// Puts everything on the disk.
    fn sync_all(&self) -> io::Result<()>;
}

impl Storage for File {
    fn size(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut read = 0;
        while read < buffer.len() {
            match unix::read_at(self, &mut buffer[read..], offset + read as u64) {
                Ok(0) => break,
                Ok(bytes) => read += bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        unix::write_all_at(self, bytes, offset)
    }

    fn resize(&self, size: u64) -> io::Result<()> {
        self.set_len(size)
    }

    fn sync_data(&self) -> io::Result<()> {
        File::sync_data(self)
    }

    fn sync_all(&self) -> io::Result<()> {
        File::sync_all(self)
    }
}

impl<S: Storage + ?Sized> Storage for std::sync::Arc<S> {
    fn size(&self) -> io::Result<u64> {
        (**self).size()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        (**self).read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        (**self).write_at(bytes, offset)
    }

    fn resize(&self, size: u64) -> io::Result<()> {
        (**self).resize(size)
    }

    fn sync_data(&self) -> io::Result<()> {
        (**self).sync_data()
    }

    fn sync_all(&self) -> io::Result<()> {
        (**self).sync_all()
    }
}
