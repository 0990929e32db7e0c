//! The writes of one scope that an earlier pass made, and which of them are used.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;

use super::Fingerprint;
use super::record::{DONE, IN_DOUBT, MAIN, NOT_SENT};

/// The writes that were applied or may have been.
pub(super) struct Replays {
    /// The last one first.
    entries: Vec<Entry>,
    /// The place of the first unused one of every fingerprint.
    first: HashMap<Fingerprint, usize>,
    /// What the row asked for, whatever became of it at the server.
    known: HashSet<Fingerprint>,
    /// The places of those that can be asked for by their action.
    named: Vec<usize>,
}

struct Entry {
    write: i64,
    /// Empty in the script itself for all that were applied, for there may be many.
    action: Box<str>,
    /// The place of the next one with the same fingerprint.
    next: Option<usize>,
    is_used: bool,
}

impl Replays {
    /// The writes of that row up to the last intent of the earlier passes.
    pub fn load(reader: &Connection, row: i64, last: i64) -> rusqlite::Result<Self> {
        let sql = format!(
            "SELECT id, substr(fingerprint, 1, 32), action, outcomes.state FROM intents
             LEFT JOIN outcomes ON outcomes.intent = intents.id
             WHERE row = ?1 AND id <= ?2
               AND (outcomes.state IS NULL OR outcomes.state IN ('{DONE}', '{IN_DOUBT}'))
             ORDER BY id DESC"
        );
        let mut statement = reader.prepare_cached(&sql)?;
        let mut rows = statement.query([row, last])?;
        let mut replays = Self {
            entries: Vec::new(),
            first: HashMap::new(),
            known: HashSet::new(),
            named: Vec::new(),
        };
        while let Some(found) = rows.next()? {
            let is_applied = found.get_ref(3)?.as_str_or_null()? == Some(DONE);
            let action = if row == MAIN && is_applied {
                ""
            } else {
                found.get_ref(2)?.as_str()?
            };
            replays.add(found.get(0)?, Fingerprint(found.get(1)?), action);
        }
        if row != MAIN && !replays.entries.is_empty() {
            let sql = format!(
                "SELECT substr(fingerprint, 1, 32) FROM intents LEFT JOIN outcomes ON outcomes.intent = intents.id
                 WHERE row = ?1 AND id <= ?2
                   AND (outcomes.state IS NULL OR outcomes.state <> '{NOT_SENT}' OR by_user)"
            );
            let mut statement = reader.prepare_cached(&sql)?;
            let known = statement.query_map([row, last], |row| row.get(0).map(Fingerprint))?;
            replays.known = known.collect::<rusqlite::Result<_>>()?;
        }
        Ok(replays)
    }

    fn add(&mut self, write: i64, fingerprint: Fingerprint, action: &str) {
        let next = self.first.insert(fingerprint, self.entries.len());
        if !action.is_empty() {
            self.named.push(self.entries.len());
        }
        self.entries.push(Entry {
            write,
            action: action.into(),
            next,
            is_used: false,
        });
    }

    /// The first unused write of that fingerprint; it is used from now on.
    pub fn take(&mut self, fingerprint: &Fingerprint) -> Option<i64> {
        loop {
            let place = self.first.remove(fingerprint)?;
            let entry = &mut self.entries[place];
            let was_used = std::mem::replace(&mut entry.is_used, true);
            let (write, next) = (entry.write, entry.next);
            if let Some(next) = next {
                self.first.insert(*fingerprint, next);
            }
            if !was_used {
                return Some(write);
            }
        }
    }

    /// Whether that write was asked for in this pass.
    pub fn is_used(&self, write: i64) -> bool {
        // The last one is the first here.
        let place = self
            .entries
            .binary_search_by(|entry| write.cmp(&entry.write));
        place.is_ok_and(|place| self.entries[place].is_used)
    }

    /// Uses that write up, whatever its fingerprint.
    pub fn use_up(&mut self, write: i64) {
        let entry = self.entries.iter_mut().find(|entry| entry.write == write);
        if let Some(entry) = entry {
            entry.is_used = true;
        }
    }

    /// The unused writes of that action, the first one first, unless the row asked for the
    /// very same before: then it is the script that does both.
    pub fn contradicting(&self, action: &str, fingerprint: &Fingerprint) -> Vec<i64> {
        if self.known.contains(fingerprint) {
            return Vec::new();
        }
        let earliest_first = self.named.iter().rev().map(|place| &self.entries[*place]);
        earliest_first
            .filter(|entry| !entry.is_used && entry.action.eq_ignore_ascii_case(action))
            .map(|entry| entry.write)
            .collect()
    }

    /// Whether there is an unused write of that fingerprint.
    pub fn knows(&self, fingerprint: &Fingerprint) -> bool {
        self.first.contains_key(fingerprint)
    }

    /// The first unused write of that action, unless the row asked for the very same
    /// before: then it is the script that does both.
    pub fn contradicted(&self, action: &str, fingerprint: &Fingerprint) -> Option<i64> {
        if self.known.contains(fingerprint) {
            return None;
        }
        self.unused(action)
    }

    /// The first unused write of that action; in the script itself, of those in doubt.
    pub fn unused(&self, action: &str) -> Option<i64> {
        let earliest_first = self.named.iter().rev();
        earliest_first
            .map(|place| &self.entries[*place])
            .find(|entry| !entry.is_used && entry.action.eq_ignore_ascii_case(action))
            .map(|entry| entry.write)
    }
}
