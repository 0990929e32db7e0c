//! What the earlier passes of a run came to know of its bulk loops.

use std::collections::HashMap;
use std::path::Path;

use super::RowMarks;
use super::log::LogEntry;
use super::logged::kept_rows::{KeptRows, RowPlaces};
use super::loop_place::LoopPlace;
use super::stored_record::RowsPart;

/// What the passes of a log came to know of its loops.
#[derive(Default)]
pub(super) struct KnownLoops {
    /// By which column the rows of each go.
    pub keys: HashMap<u64, String>,
    /// Where each stands in the script; nothing of those that an earlier version wrote down.
    pub places: HashMap<u64, LoopPlace>,
    /// Where the rows stand that its source had.
    pub sources: HashMap<u64, RowPlaces>,
    /// The same of rows whose end was not seen so far.
    pub partial: HashMap<u64, RowPlaces>,
    /// What this pass left of them.
    pub bare: HashMap<u64, RowMarks>,
    /// The keys of rows that go on by another, and that other.
    pub joined: HashMap<String, String>,
    /// The last write of the passes before the one that came to each loop first.
    pub since: HashMap<u64, i64>,
}

impl KnownLoops {
    /// The loops that the passes came to, each with the last write of those before it came.
    pub fn reached(&self) -> HashMap<u64, i64> {
        let since = |bulk: &u64| (*bulk, self.since.get(bulk).copied().unwrap_or(0));
        self.keys.keys().map(since).collect()
    }

    /// The rows that the source of that loop had, in the run of that folder.
    pub fn source_in(&self, folder: &Path, bulk: u64) -> Option<KeptRows> {
        if let Some(bare) = self.bare.get(&bulk) {
            return Some(KeptRows::here(folder, bare.clone()));
        }
        let places = self.sources.get(&bulk)?;
        Some(KeptRows::in_log(folder, places.clone()))
    }

    /// Takes in rows of a source; what is not whole takes nobody's place.
    pub fn take_rows(&mut self, part: &RowsPart, entry: LogEntry<'_>) {
        let mut places = self.partial.remove(&part.bulk).unwrap_or_default();
        places.take(part, entry);
        let known = if places.are_whole() {
            &mut self.sources
        } else {
            &mut self.partial
        };
        known.insert(part.bulk, places);
    }
}
