//! How many rows did not end well, and the exit code that makes.

use super::counted::rows_in_words;
use crate::error::Exit;
use crate::run::journal::RowState;
use crate::script::RowEnded;

/// The rows of a run or a session that did not end well.
#[derive(Default)]
pub struct RowTally {
    failed: u64,
    in_doubt: u64,
    is_any_done: bool,
    /// Whether a row failed for another reason than that the server is away.
    is_any_to_mend: bool,
}

impl RowTally {
    /// Counts a row that ended.
    pub fn add(&mut self, row: &RowEnded) {
        match row.state {
            RowState::Done => self.is_any_done = true,
            RowState::Skipped => {}
            RowState::InDoubt => self.in_doubt += 1,
            RowState::Failed => {
                self.failed += 1;
                let kind = row.error.as_ref().and_then(|error| error.get("kind"));
                let kind = kind.and_then(|kind| kind.as_str()).unwrap_or_default();
                self.is_any_to_mend |= Exit::of_raised(kind, false, false) != Exit::Server;
            }
        }
    }

    /// The code of such rows and their count in words; nothing where all ended well.
    pub fn verdict(&self) -> Option<(Exit, String)> {
        let what = match (self.in_doubt, self.failed) {
            (0, 0) => return None,
            (0, failed) => format!("{} failed", rows_in_words(failed)),
            (doubt, 0) => format!("{} in doubt", rows_in_words(doubt)),
            (doubt, failed) => format!("{} in doubt, {failed} failed", rows_in_words(doubt)),
        };
        let is_the_servers = !self.is_any_done && !self.is_any_to_mend;
        Some((Exit::of_rows(self.in_doubt > 0, is_the_servers), what))
    }
}
