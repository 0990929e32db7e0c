//! The one thread that writes: all that waits, in one commit, again and again.
//!
//! What cannot be written is kept and tried with the next commit, except intents:
//! theirs is refused, so that nothing is sent, and no later one is let in.

use std::collections::HashMap;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use rusqlite::{Connection, params};

use super::dates::now;
use super::queue::Queue;
use super::record::MAIN;
use super::settled::RowIds;
use super::stored::whole;
use super::stored_record::StoredRecord;
use super::writing::{begin_pass, end_pass, write_intent, write_other, write_state};
use super::{JournalError, State};
use crate::run::scope::Scope;

/// The thread, which ends when its queue is closed.
pub(super) fn start(
    folder: &Path,
    connection: Connection,
    queue: Arc<Queue>,
    earlier: RowIds,
) -> Result<JoinHandle<()>, JournalError> {
    let writer = Writer::new(folder, connection, earlier);
    std::thread::Builder::new()
        .name("journal".into())
        .spawn(move || writer.work(&queue))
        .map_err(|error| JournalError::io(folder, error.to_string()))
}

struct Writer {
    folder: PathBuf,
    connection: Connection,
    /// Rows that an earlier pass began and did not settle.
    earlier: RowIds,
    /// Rows that began in this pass and did not end yet.
    begun: HashMap<Arc<str>, i64>,
    /// The moment this pass began.
    since: i64,
    /// Whether the journal says that the run is going on, in this pass.
    is_marked: bool,
    /// What could not be written so far; no intents.
    unwritten: Vec<StoredRecord>,
}

impl Writer {
    fn new(folder: &Path, connection: Connection, earlier: RowIds) -> Self {
        Self {
            folder: folder.to_owned(),
            connection,
            earlier,
            begun: HashMap::new(),
            since: now(),
            is_marked: false,
            unwritten: Vec::new(),
        }
    }

    fn work(mut self, queue: &Queue) {
        while let Some((records, commit)) = queue.take() {
            let result = self.attempt(records);
            if let Err(error) = &result {
                queue.refuse(error.clone());
            }
            commit.settle(result);
        }
    }

    /// Writes the records, and those that could not be written before.
    fn attempt(&mut self, records: Vec<StoredRecord>) -> Result<(), JournalError> {
        let mut unwritten = mem::take(&mut self.unwritten);
        unwritten.extend(records);
        // Nobody may be left waiting for a commit that never comes.
        let written = catch_unwind(AssertUnwindSafe(|| self.write(&unwritten)));
        let error = match written {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => JournalError::of_database(&self.folder, &error),
            Err(_) => JournalError::io(&self.folder, "the writer panicked"),
        };
        unwritten.retain(|record| !matches!(record, StoredRecord::Intent(_)));
        self.unwritten = unwritten;
        Err(error)
    }

    /// Writes all of it or nothing.
    fn write(&mut self, records: &[StoredRecord]) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        let mut rows = Rows {
            earlier: &self.earlier,
            begun: &self.begun,
            fresh: HashMap::new(),
        };
        let mut is_marked = self.is_marked;
        for record in records {
            match record {
                // Taking the user's word on a write does not set a run going.
                StoredRecord::Outcome(..)
                | StoredRecord::Key(..)
                | StoredRecord::Server(..)
                | StoredRecord::Source(..)
                | StoredRecord::Nothing
                | StoredRecord::State(State::Running, _) => {}
                StoredRecord::State(state, _) => {
                    let unwritten = (!is_marked).then_some(self.since);
                    end_pass(&transaction, *state, now(), unwritten)?;
                    is_marked = false;
                }
                StoredRecord::Intent(_) | StoredRecord::Bulk(_) | StoredRecord::Row(_)
                    if is_marked => {}
                StoredRecord::Intent(_) | StoredRecord::Bulk(_) | StoredRecord::Row(_) => {
                    write_state(&transaction, State::Running, None)?;
                    begin_pass(&transaction, self.since)?;
                    is_marked = true;
                }
            }
            write(&transaction, &mut rows, record)?;
        }
        let fresh = rows.fresh;
        transaction.commit()?;
        self.is_marked = is_marked;
        self.begun.extend(fresh);
        for record in records {
            if let StoredRecord::Row(row) = record {
                self.begun.remove(row.key.as_str());
            }
        }
        Ok(())
    }
}

/// Which row has which number, within one commit.
struct Rows<'w> {
    earlier: &'w RowIds,
    begun: &'w HashMap<Arc<str>, i64>,
    /// Rows that began in this commit.
    fresh: HashMap<Arc<str>, i64>,
}

impl Rows<'_> {
    fn find(&self, key: &str) -> Option<i64> {
        let known = self.begun.get(key).or_else(|| self.fresh.get(key));
        known.copied().or_else(|| self.earlier.get(key))
    }

    fn find_or_begin(
        &mut self,
        connection: &Connection,
        key: &Arc<str>,
        number: Option<u64>,
    ) -> rusqlite::Result<i64> {
        if let Some(id) = self.find(key) {
            return Ok(id);
        }
        connection
            .prepare_cached("INSERT INTO rows (key, number) VALUES (?, ?)")?
            .execute(params![&**key, number.map(whole)])?;
        let id = connection.last_insert_rowid();
        self.fresh.insert(Arc::clone(key), id);
        Ok(id)
    }
}

fn write(
    connection: &Connection,
    rows: &mut Rows<'_>,
    record: &StoredRecord,
) -> rusqlite::Result<()> {
    match record {
        StoredRecord::Intent(intent) => {
            let row = match &intent.scope {
                Scope::Main => MAIN,
                Scope::Row(key) => rows.find_or_begin(connection, key, intent.row)?,
            };
            write_intent(connection, row, intent)
        }
        StoredRecord::Row(row) => row.write(connection, rows.find(&row.key)),
        StoredRecord::State(state, ended) => write_state(connection, *state, ended.as_deref()),
        other => write_other(connection, other),
    }
}

#[cfg(test)]
mod tests {
    use super::super::stored::StoredOutcome;
    use super::super::stored_record::Intent;
    use super::super::{Fingerprint, Outcome, file};
    use super::*;
    use crate::run::journal::moment::Moment;

    fn outcome(intent: i64, length: usize) -> StoredRecord {
        let outcome = Outcome::Unsettled("x".repeat(length));
        StoredRecord::Outcome(intent, StoredOutcome::encode(outcome, false))
    }

    fn intent(number: i64) -> StoredRecord {
        StoredRecord::Intent(Box::new(Intent {
            number,
            scope: Scope::Main,
            action: "AddClient".into(),
            marks: Fingerprint([0; 32]).into(),
            params: "{}".into(),
            snapshot: None,
            row: None,
            place: None,
            begun: 0,
            moment: Moment::now(),
            seen: None,
            money: None,
            read_at: None,
        }))
    }

    #[test]
    fn what_found_no_room_is_written_when_there_is_room_again_except_intents() {
        let folder = tempfile::tempdir().unwrap();
        let connection = file::create(folder.path(), "{}", "running").unwrap();
        let mut writer = Writer::new(folder.path(), connection, RowIds::default());
        writer.attempt(vec![intent(1), intent(2)]).unwrap();
        let room = |writer: &Writer, pages: i64| {
            let connection = &writer.connection;
            connection
                .pragma_update(None, "max_page_count", pages)
                .unwrap();
        };
        room(&writer, 10);
        let refused = writer.attempt(vec![outcome(1, 100_000), intent(3)]);
        assert_eq!(refused, Err(JournalError::Full(folder.path().to_owned())));
        assert!(writer.attempt(vec![outcome(2, 1)]).is_err());
        room(&writer, 10_000);
        writer.attempt(Vec::new()).unwrap();
        let count = |table: &str| -> i64 {
            let sql = format!("SELECT count(*) FROM {table}");
            writer
                .connection
                .query_row(&sql, [], |row| row.get(0))
                .unwrap()
        };
        assert_eq!((count("intents"), count("outcomes")), (2, 2));
    }
}
