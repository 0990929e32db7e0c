//! Cells that are found to be secrets only after they were written down.
//!
//! A log is only appended to, so they stay in it while the run goes on. When this
//! process leaves the run, the log is written anew without them, whole or not at all;
//! where that was cut short, the next pass does it at its end.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::super::log::{LOG, LogEntry, LogError, LogOwner, rewrite_log, show_log};
use super::super::stored::{json, parsed};
use super::super::stored_record::StoredRecord;
use super::super::{BulkRecord, JournalError};
use super::failure::of_log;
use super::records::{self, BULK, Logged, ROW};

/// Which columns of each loop hold secrets, as far as the log says, and whether rows were
/// written before that was known.
#[derive(Debug, Default)]
pub struct LateSecrets {
    hidden: HashMap<u64, HashSet<String>>,
    are_there: bool,
}

impl LateSecrets {
    /// Takes in what is known of a loop.
    pub fn learn(&mut self, bulk: &BulkRecord) {
        let is_first = !self.hidden.contains_key(&bulk.number);
        let known = self.hidden.entry(bulk.number).or_default();
        for name in &bulk.hidden {
            let is_new = known.insert(name.clone());
            self.are_there |= is_new && !is_first;
        }
    }

    /// The columns of that loop that hold secrets.
    pub fn hidden_of(&self, bulk: u64) -> Vec<String> {
        let hidden = self.hidden.get(&bulk).into_iter().flatten();
        hidden.cloned().collect()
    }

    /// Whether some of them may stand in the log.
    pub const fn are_there(&self) -> bool {
        self.are_there
    }

    /// Writes the log in that folder anew without them.
    pub fn remove(folder: &Path, owner: LogOwner) -> Result<(), JournalError> {
        let failed = |error: &LogError| of_log(folder, error);
        // What an earlier pass found stays so.
        let mut all = Self::default();
        let scanned = show_log(&folder.join(LOG), |entry| {
            if let Some(bulk) = bulk_in(entry) {
                all.learn(&bulk);
            }
        });
        scanned.map_err(|error| failed(&error))?;
        let mut columns = HashMap::new();
        let rewritten = rewrite_log(folder, owner, |entry| all.without(entry, &mut columns));
        rewritten.map_err(|error| failed(&error))
    }

    /// The record without secrets; nothing where it has none.
    fn without(
        &self,
        entry: LogEntry<'_>,
        columns: &mut HashMap<i64, Vec<String>>,
    ) -> Option<Vec<u8>> {
        if let Some(mut bulk) = bulk_in(entry) {
            let hidden = self.hidden.get(&bulk.number)?;
            let number = i64::try_from(bulk.number).ok()?;
            columns.insert(number, bulk.columns.clone());
            bulk.hidden = hidden.iter().cloned().collect();
            bulk.hidden.sort();
            return records::other(&StoredRecord::Bulk(Box::new(bulk))).map(|(_, body)| body);
        }
        if entry.kind != ROW {
            return None;
        }
        let Ok(Logged::Row(id, mut row)) = records::read(entry.kind, entry.body) else {
            return None;
        };
        let hidden = self.hidden.get(&row.bulk.unsigned_abs())?;
        let columns = columns.get(&row.bulk)?;
        let mut cells: Vec<String> = parsed(0, &row.original).ok()?;
        for (cell, column) in cells.iter_mut().zip(columns) {
            if hidden.contains(column) {
                cell.clear();
            }
        }
        row.original = json(&cells);
        Some(records::row(id, &row))
    }
}

fn bulk_in(entry: LogEntry<'_>) -> Option<BulkRecord> {
    if entry.kind != BULK {
        return None;
    }
    match records::read(entry.kind, entry.body) {
        Ok(Logged::Other(StoredRecord::Bulk(bulk))) => Some(*bulk),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::super::tests::{created, head, row};
    use super::super::super::{Journal, RowRecord, RowState, State, read};
    use super::*;

    const SECRET: &str = "hunter2-and-more";

    fn bulk(hidden: &[&str]) -> BulkRecord {
        BulkRecord {
            number: 1,
            columns: vec!["a".into(), "code".into()],
            hidden: hidden.iter().map(ToString::to_string).collect(),
        }
    }

    fn ended(journal: &Journal, key: &str, number: u64, code: &str) {
        let row = RowRecord {
            original: vec![key.into(), code.into()],
            ..row(key, number, RowState::Failed)
        };
        journal.row(row).unwrap();
    }

    fn has_secret(folder: &Path) -> bool {
        let entries = fs::read_dir(folder).unwrap();
        let mut files = entries.map(|entry| fs::read(entry.unwrap().path()).unwrap());
        files.any(|bytes| {
            let mut windows = bytes.windows(SECRET.len());
            windows.any(|window| window == SECRET.as_bytes())
        })
    }

    #[test]
    fn a_cell_found_to_be_secret_late_is_gone_when_the_run_ended() {
        let (folder, journal) = created();
        journal.bulk(bulk(&[])).unwrap();
        ended(&journal, "one", 1, SECRET);
        journal.doubts().unwrap();
        assert!(has_secret(folder.path()));
        journal.bulk(bulk(&["code"])).unwrap();
        ended(&journal, "two", 2, "");
        journal.finish(State::Failed).unwrap();
        drop(journal);
        assert!(!has_secret(folder.path()));
        for _ in 0..2 {
            let reading = read(folder.path()).unwrap();
            assert_eq!(reading.head(), &head());
            assert_eq!(reading.state(), State::Failed);
            let mut rows = Vec::new();
            reading
                .rows(|row| rows.push((row.key, row.original)))
                .unwrap();
            let cells = |key: &str| (key.to_owned(), vec![key.to_owned(), String::new()]);
            assert_eq!(rows, [cells("one"), cells("two")]);
            // It goes on as before, and is not written anew for nothing.
            let before = fs::metadata(folder.path().join(LOG)).unwrap();
            let (journal, _) = Journal::open(folder.path()).unwrap();
            assert!(journal.notices().is_empty(), "{:?}", journal.notices());
            drop(journal);
            let after = fs::metadata(folder.path().join(LOG)).unwrap();
            let name = std::os::unix::fs::MetadataExt::ino;
            assert_eq!(name(&before), name(&after));
        }
    }

    #[test]
    fn what_a_killed_pass_found_to_be_secret_is_gone_when_the_next_one_ended() {
        let (folder, journal) = created();
        journal.bulk(bulk(&[])).unwrap();
        ended(&journal, "one", 1, SECRET);
        journal.bulk(bulk(&["code"])).unwrap();
        journal.doubts().unwrap();
        // Killed: the file is what it was, whatever is written anew in its place.
        let [log, kept] = [LOG, "kept"].map(|name| folder.path().join(name));
        fs::hard_link(&log, &kept).unwrap();
        let seen = fs::read(folder.path().join("journal.seen")).unwrap();
        drop(journal);
        fs::rename(kept, log).unwrap();
        fs::write(folder.path().join("journal.seen"), seen).unwrap();
        assert!(has_secret(folder.path()));
        let (journal, _) = Journal::open(folder.path()).unwrap();
        journal.finish(State::Done).unwrap();
        drop(journal);
        assert!(!has_secret(folder.path()));
        drop(Journal::open(folder.path()).unwrap());
    }
}
