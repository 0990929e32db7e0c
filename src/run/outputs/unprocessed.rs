//! The rows a bulk loop that stopped early left to be done.
//!
//! They are written as they come, for there may be as many as the input has. A row
//! that was begun may have made writes; the file says which rows those are.

use std::path::{Path, PathBuf};

use super::layout::Layout;
use super::sheet::Sheet;
use super::{OutputError, UNPROCESSED, line, path};
use crate::run::journal::BulkRecord;

/// The file of such rows, being written.
pub struct Unprocessed {
    layout: Layout,
    sheet: Sheet,
}

impl Unprocessed {
    /// The file for the rows of a bulk loop.
    pub fn create(folder: &Path, bulk: &BulkRecord) -> Result<Self, OutputError> {
        let layout = Layout::arrange(bulk, &["_row", "_line", "_begun"]);
        let mut sheet = Sheet::create(path(folder, UNPROCESSED, bulk.number))?;
        sheet.put(layout.header())?;
        Ok(Self { layout, sheet })
    }

    /// Adds a row, and whether it was begun.
    pub fn put(
        &mut self,
        cells: &[String],
        number: u64,
        at: Option<u64>,
        is_begun: bool,
    ) -> Result<(), OutputError> {
        let begun = if is_begun { "yes" } else { "" };
        let own = [number.to_string(), line(at), begun.to_owned()];
        self.sheet
            .put(self.layout.cells(cells, &own, &serde_json::Map::new()))
    }

    /// Gives the whole file its name.
    pub fn publish(self) -> Result<PathBuf, OutputError> {
        self.sheet.publish()
    }
}
