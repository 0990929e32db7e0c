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

use super::bulks::write_bulk;
use super::dates::ReadAt;
use super::past::RowIds;
use super::queue::Queue;
use super::record::MAIN;
use super::snapshot::StoredSnapshot;
use super::sources::SourceRecord;
use super::stored::{StoredOutcome, StoredRow, whole};
use super::{BulkRecord, JournalError, Marks, State, keys, servers, times};
use crate::run::moment::Moment;
use crate::run::scope::Scope;

/// Something to be written down.
pub(super) enum Record {
    Intent(Box<Intent>),
    Outcome(i64, StoredOutcome),
    Bulk(Box<BulkRecord>),
    /// The column by which the rows of a bulk loop go.
    Key(u64, String),
    /// Where the server of that name is.
    Server(String, String),
    /// What the rows of a source are.
    Source(SourceRecord),
    Row(Box<StoredRow>),
    State(State, Option<String>),
    /// Nothing: whoever waits for it knows that all before it is on the disk.
    Nothing,
}

/// A write that is about to be sent.
pub(super) struct Intent {
    pub number: i64,
    pub scope: Scope,
    pub action: String,
    pub marks: Marks,
    pub params: String,
    pub snapshot: Option<StoredSnapshot>,
    /// The place of its row.
    pub row: Option<u64>,
    /// Where in the script it is asked for.
    pub place: Option<String>,
    pub begun: i64,
    pub moment: Moment,
    pub seen: Option<i64>,
    /// The money it moves, as `12.50 EUR`; a database has no place for it.
    pub money: Option<String>,
    pub read_at: Option<ReadAt>,
}

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
    unwritten: Vec<Record>,
}

impl Writer {
    fn new(folder: &Path, connection: Connection, earlier: RowIds) -> Self {
        Self {
            folder: folder.to_owned(),
            connection,
            earlier,
            begun: HashMap::new(),
            since: times::now(),
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
    fn attempt(&mut self, records: Vec<Record>) -> Result<(), JournalError> {
        let mut unwritten = mem::take(&mut self.unwritten);
        unwritten.extend(records);
        // Nobody may be left waiting for a commit that never comes.
        let written = catch_unwind(AssertUnwindSafe(|| self.write(&unwritten)));
        let error = match written {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => JournalError::of_database(&self.folder, &error),
            Err(_) => JournalError::io(&self.folder, "the writer panicked"),
        };
        unwritten.retain(|record| !matches!(record, Record::Intent(_)));
        self.unwritten = unwritten;
        Err(error)
    }

    /// Writes all of it or nothing.
    fn write(&mut self, records: &[Record]) -> rusqlite::Result<()> {
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
                Record::Outcome(..)
                | Record::Key(..)
                | Record::Server(..)
                | Record::Source(..)
                | Record::Nothing
                | Record::State(State::Running, _) => {}
                Record::State(state, _) => {
                    let unwritten = (!is_marked).then_some(self.since);
                    times::end_pass(&transaction, *state, times::now(), unwritten)?;
                    is_marked = false;
                }
                Record::Intent(_) | Record::Bulk(_) | Record::Row(_) if is_marked => {}
                Record::Intent(_) | Record::Bulk(_) | Record::Row(_) => {
                    write_state(&transaction, State::Running, None)?;
                    times::begin_pass(&transaction, self.since)?;
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
            if let Record::Row(row) = record {
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
        known.copied().or_else(|| self.earlier.of(key))
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

fn write(connection: &Connection, rows: &mut Rows<'_>, record: &Record) -> rusqlite::Result<()> {
    match record {
        Record::Intent(intent) => {
            let row = match &intent.scope {
                Scope::Main => MAIN,
                Scope::Row(key) => rows.find_or_begin(connection, key, intent.row)?,
            };
            write_intent(connection, row, intent)
        }
        Record::Row(row) => row.write(connection, rows.find(&row.key)),
        Record::State(state, ended) => write_state(connection, *state, ended.as_deref()),
        other => write_other(connection, other),
    }
}

/// Writes the intent of a write in that row.
pub(super) fn write_intent(
    connection: &Connection,
    row: i64,
    intent: &Intent,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO intents
             (id, row, action, fingerprint, params, begun, boot, alive, seen, place, read_day, read_alive, read_took)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            intent.number,
            row,
            intent.action,
            intent.marks.bytes(),
            intent.params,
            intent.begun,
            intent.moment.boot,
            intent.moment.millis,
            intent.seen,
            intent.place,
            intent.read_at.map(|read| read.day),
            intent.read_at.map(|read| read.moment.millis),
            intent.read_at.map(|read| read.took)
        ])?;
    match &intent.snapshot {
        Some(snapshot) => snapshot.write(connection, intent.number),
        None => Ok(()),
    }
}

/// Writes a record that has nothing to do with the numbers of rows.
pub(super) fn write_other(connection: &Connection, record: &Record) -> rusqlite::Result<()> {
    match record {
        Record::Outcome(intent, outcome) => outcome.write(connection, *intent),
        Record::Bulk(bulk) => write_bulk(connection, bulk),
        Record::Key(bulk, column) => keys::write(connection, *bulk, column),
        Record::Server(name, place) => servers::write(connection, name, place),
        Record::Source(source) => source.write(connection),
        Record::Intent(_) | Record::Row(_) | Record::State(..) | Record::Nothing => Ok(()),
    }
}

pub(super) fn write_state(
    connection: &Connection,
    state: State,
    ended: Option<&str>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE run SET state = ?, ended = ?")?
        .execute(params![state.word(), ended])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Fingerprint, Outcome, file};
    use super::*;

    fn outcome(intent: i64, length: usize) -> Record {
        let outcome = Outcome::Unsettled("x".repeat(length));
        Record::Outcome(intent, StoredOutcome::of(outcome, false))
    }

    fn intent(number: i64) -> Record {
        Record::Intent(Box::new(Intent {
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
