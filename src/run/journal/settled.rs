//! The rows of a run by the hashes of their keys, so that memory does not grow with the keys:
//! those that are not run again, and the numbers of those that are.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest as _, Sha256};

use super::record::RowState;
use super::row_marks::RowMarks;

/// The numbers of rows in the journal, by the hashes of their keys.
#[derive(Clone, Default)]
pub(super) struct RowIds(Arc<HashMap<u128, i64>>);

impl RowIds {
    pub fn new(ids: HashMap<u128, i64>) -> Self {
        Self(Arc::new(ids))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The numbers of all of them.
    pub fn ids(&self) -> impl Iterator<Item = i64> {
        self.0.values().copied()
    }

    pub fn get(&self, key: &str) -> Option<i64> {
        // Spares the hash in a first pass.
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&hash(key)).copied()
    }
}

/// Rows that are not run again, by the hashes of their keys, sorted.
#[derive(Default)]
pub(super) struct SettledRows {
    done: Vec<u128>,
    unchanged: Vec<u128>,
    skipped: Vec<u128>,
    /// Which of them this pass came to, a bit for each.
    met: Vec<AtomicU64>,
}

/// How a row ended that is not run again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SettledRow {
    /// It is done.
    Done,
    /// It is done, and found everything as wanted.
    Unchanged,
    /// It asked to be skipped.
    Skipped,
}

/// How the rows of a source ended of which none is to be run again.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct AllSettled {
    /// So many are done.
    pub done: u64,
    /// So many are done, and found everything as wanted.
    pub unchanged: u64,
    /// So many asked to be skipped.
    pub skipped: u64,
}

impl SettledRows {
    pub fn add(&mut self, key: u128, state: RowState, unchanged: bool) {
        match (state, unchanged) {
            (RowState::Skipped, _) => self.skipped.push(key),
            (_, true) => self.unchanged.push(key),
            _ => self.done.push(key),
        }
    }

    /// Takes a row back that ended once more.
    pub fn remove(&mut self, key: u128) {
        for rows in [&mut self.done, &mut self.unchanged, &mut self.skipped] {
            if let Some(place) = rows.iter().rposition(|row| *row == key) {
                rows.swap_remove(place);
                return;
            }
        }
    }

    /// Lets rows be found.
    pub fn sort(&mut self) {
        for rows in [&mut self.done, &mut self.unchanged, &mut self.skipped] {
            rows.sort_unstable();
            rows.shrink_to_fit();
        }
        self.met
            .resize_with(self.len().div_ceil(64), AtomicU64::default);
    }

    /// How many they are.
    pub fn len(&self) -> usize {
        self.done.len() + self.unchanged.len() + self.skipped.len()
    }

    /// How a row ended, and its place among them.
    fn find(&self, key: u128) -> Option<(SettledRow, usize)> {
        let rows = [
            (&self.done, SettledRow::Done),
            (&self.unchanged, SettledRow::Unchanged),
            (&self.skipped, SettledRow::Skipped),
        ];
        let mut before = 0;
        for (rows, how) in rows {
            if let Ok(place) = rows.binary_search(&key) {
                return Some((how, before + place));
            }
            before += rows.len();
        }
        None
    }

    /// How the row of that key ended, if it is one of them; it is noted that this pass came to it.
    pub fn meet(&self, key: &str) -> Option<SettledRow> {
        // Spares the hash in a first pass.
        if self.len() == 0 {
            return None;
        }
        let (how, place) = self.find(hash(key))?;
        if let Some(bits) = self.met.get(place / 64) {
            bits.fetch_or(1 << (place % 64), Ordering::Relaxed);
        }
        Some(how)
    }

    /// How many ended how, if these are their keys, each of one of them.
    pub fn are_those_of(&self, rows: &RowMarks) -> Option<AllSettled> {
        if self.len() != rows.len() {
            return None;
        }
        let lists = [&self.done, &self.unchanged, &self.skipped];
        let mut places = [0; 3];
        // All are sorted by their keys' hashes.
        for row in rows.iter() {
            let mut both = lists.iter().zip(&mut places);
            let (_, place) = both.find(|(list, place)| {
                let hash = list.get(**place);
                hash.is_some_and(|hash| row.is_of(*hash))
            })?;
            *place += 1;
        }
        let [done, unchanged, skipped] = lists.map(|list| list.len() as u64);
        Some(AllSettled {
            done,
            unchanged,
            skipped,
        })
    }

    /// Takes note that this pass came to all of them.
    pub fn meet_all(&self) {
        for met in &self.met {
            met.store(u64::MAX, Ordering::Relaxed);
        }
    }

    /// Whether this pass came to that row.
    pub fn is_met(&self, key: &str) -> bool {
        let bits = self.find(hash(key)).and_then(|(_, place)| {
            let bits = self.met.get(place / 64)?.load(Ordering::Relaxed);
            Some(bits >> (place % 64) & 1)
        });
        bits == Some(1)
    }
}

/// Long enough that two keys never meet: a row taken for another would be lost.
pub(super) fn hash(key: &str) -> u128 {
    let digest: [u8; 32] = Sha256::digest(key).into();
    digest
        .iter()
        .take(16)
        .fold(0, |hash, byte| hash << 8 | u128::from(*byte))
}
