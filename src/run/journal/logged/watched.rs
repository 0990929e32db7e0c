//! Whether a run that another process is at may have left a write in doubt since it was last
//! looked at: only what came to its log meanwhile is read.

use std::path::{Path, PathBuf};

use super::super::log::{LOG, LogError, Reached, ShownLog};
use super::super::record::IN_DOUBT;
use super::holding::is_held;
use super::records::{self, OUTCOME};

/// A run that is looked at now and then.
#[derive(Debug)]
pub struct Watched {
    folder: PathBuf,
    read: Option<(ShownLog, Reached)>,
    was_held: bool,
}

impl Watched {
    /// The run in that folder, which was never looked at.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            read: None,
            was_held: true,
        }
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether it may have left a write in doubt since the last look; one that cannot be read
    /// says nothing.
    pub fn may_have_doubts(&mut self) -> bool {
        let is_held = is_held(&self.folder);
        // What was on its way when its process ended is in doubt from then on.
        let has_ended = std::mem::replace(&mut self.was_held, is_held) && !is_held;
        self.has_new_doubts().unwrap_or(false) || has_ended
    }

    fn has_new_doubts(&mut self) -> Result<bool, LogError> {
        let path = self.folder.join(LOG);
        let (log, before) = match self.read.take().filter(|(log, _)| log.is_at(&path)) {
            Some((log, reached)) => (log, Some(reached)),
            None => (ShownLog::open(&path)?, None),
        };
        let from = before
            .as_ref()
            .map_or(0, |before| before.scanned.last_sequence);
        let mut has_doubts = false;
        let now = log.scan_on(before.as_ref(), |entry| {
            if entry.kind == OUTCOME && entry.sequence > from {
                let state = records::parse(entry.kind, entry.body);
                has_doubts |= state.is_ok_and(|fields| fields.text(2) == Ok(IN_DOUBT));
            }
        });
        self.read = Some((log, now?));
        Ok(has_doubts)
    }
}
