//! The bodies of records that were handed out, read again by where they stand.

use super::error::LogError;
use super::format::{FRAME, Stamp};
use super::storage::Storage;
use super::window::Window;

/// The bodies of a log's records.
pub struct Bodies<'s, S>(Window<'s, S>);

impl<'s, S: Storage> Bodies<'s, S> {
    /// Those of records that stand nearly in the order in which they are asked for.
    pub fn new(storage: &'s S) -> Result<Self, LogError> {
        Ok(Self(Window::new(storage)?.wavering()))
    }

    /// The body that stands there, as long as its frame says; empty where no frame can be.
    pub fn at(&mut self, offset: u64) -> Result<&[u8], LogError> {
        let Some(frame) = offset.checked_sub(FRAME as u64) else {
            return Ok(&[]);
        };
        let stamp = Stamp::decode(self.0.at(frame, FRAME)?);
        let length = stamp.map_or(0, |stamp| stamp.length.saturating_sub(FRAME));
        self.0.at(offset, length)
    }
}
