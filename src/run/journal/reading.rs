//! A journal as a report reads it, also while the run is going on.
//!
//! It takes no lock and changes nothing. What is read row by row is handed over
//! row by row: a report of a million rows needs no memory for them.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _};

use super::lock::Lock;
use super::log::Process;
use super::logged::{self, EndedRows, Survey};
use super::record::{Counts, DONE, IN_DOUBT, REPLACED};
use super::snapshot::{read_snapshot, snapshots};
use super::stored::{OUTCOME_COLUMNS, ROW_COLUMNS, read_row};
use super::stored_head::{self, NoHead};
use super::tables::Tables;
use super::write::{Kept, WRITE_COLUMNS, Write, read_write};
use super::{Head, JournalError, RowRecord, State, file};

/// The journal of a run, open for reading.
pub struct Reading {
    folder: PathBuf,
    tables: Tables,
    /// What a log tells without tables.
    survey: Option<Survey>,
    head: Head,
    state: State,
    ended: Option<String>,
}

/// Which writes are asked for.
#[derive(Clone, Copy, Debug)]
pub enum Which<'k> {
    /// Every write of the run.
    All,
    /// Those that may have been applied.
    InDoubt,
    /// Those in doubt that were sent again and are done.
    Repeated,
    /// Those of the row with that key.
    OfRow(&'k str),
    /// Those of that action.
    Of(&'k str),
}

/// Reads the journal in that folder.
pub fn read(folder: &Path) -> Result<Reading, JournalError> {
    if logged::is_there(folder) {
        return read_log(folder);
    }
    // Asked before the state is read: a run that ends in between is told as it ended.
    let is_held = Lock::is_held(folder);
    let connection = file::reader(folder, is_held)?;
    let (head, state, ended) = run(&connection, folder)?;
    let state = match state {
        State::Running if !is_held => State::Interrupted,
        state => state,
    };
    Ok(Reading {
        folder: folder.to_owned(),
        tables: Tables::Database(connection),
        survey: None,
        head,
        state,
        ended,
    })
}

/// What the run in that folder is; nothing else of its journal is looked at.
pub fn read_head(folder: &Path) -> Result<Head, JournalError> {
    if logged::is_there(folder) {
        return parsed_head(&logged::head(folder)?.unwrap_or_default(), folder);
    }
    let connection = file::reader(folder, true)?;
    Ok(run(&connection, folder)?.0)
}

fn read_log(folder: &Path) -> Result<Reading, JournalError> {
    // Asked before, as with the other.
    let is_held = logged::is_held(folder);
    let mut survey = logged::survey(folder, is_held)?;
    let (head, text) = head_of(&mut survey, folder)?;
    let state = match survey.state {
        Some(State::Running) | None if !is_held => State::Interrupted,
        state => state.unwrap_or(State::Running),
    };
    Ok(Reading {
        folder: folder.to_owned(),
        tables: Tables::of_log(folder, text, (survey.sequence, survey.last_row)),
        head,
        state,
        ended: survey.ended.take(),
        survey: Some(survey),
    })
}

/// What a log says of its run, and its text.
pub(super) fn head_of(survey: &mut Survey, folder: &Path) -> Result<(Head, String), JournalError> {
    let text = survey.head.take().unwrap_or_default();
    Ok((parsed_head(&text, folder)?, text))
}

/// What the journal says of its run.
pub(super) fn run(
    connection: &Connection,
    folder: &Path,
) -> Result<(Head, State, Option<String>), JournalError> {
    let read = connection.query_row("SELECT head, state, ended FROM run", [], |row| {
        let (head, state): (String, String) = (row.get(0)?, row.get(1)?);
        Ok((head, State::of_word(&state), row.get(2)?))
    });
    match read.optional() {
        Ok(Some((head, Some(state), ended))) => Ok((parsed_head(&head, folder)?, state, ended)),
        Ok(_) => Err(JournalError::corrupt(folder, "it does not name its run")),
        Err(error) => Err(JournalError::of_database(folder, &error)),
    }
}

fn parsed_head(text: &str, folder: &Path) -> Result<Head, JournalError> {
    stored_head::parse(text).map_err(|none| match none {
        NoHead::Later(version) => JournalError::later(folder, version),
        NoHead::Damaged(why) => JournalError::corrupt(
            folder,
            format!(
                "its description of the run cannot be read: \
                 {why}"
            ),
        ),
    })
}

impl Reading {
    /// The run's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the run is.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The name of its folder, by which it is resumed; that of a copy is its own.
    pub fn name(&self) -> String {
        let name = self.folder.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Whether it is a copy that was taken over.
    pub fn is_copy(&self) -> bool {
        self.survey.as_ref().is_some_and(|survey| survey.is_copy)
    }

    /// How far it came; a run that no process is at any more is not running.
    pub fn state(&self) -> State {
        self.state
    }

    /// The process that took it last, where that is known.
    pub fn holder(&self) -> Option<Process> {
        logged::holder(&self.folder)
    }

    /// When it last came to an end, with its zone.
    pub fn ended(&self) -> Option<&str> {
        self.ended.as_deref()
    }

    /// How many rows ended how, and what of the writes is open.
    pub fn counts(&self) -> Result<Counts, JournalError> {
        match &self.survey {
            Some(survey) => Ok(survey.counts()),
            None => count(self.connection()?).map_err(|error| self.failed(&error)),
        }
    }

    /// Whether it has neither a row nor a write.
    pub fn is_untouched(&self) -> Result<bool, JournalError> {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM rows) AND NOT EXISTS (SELECT 1 FROM intents)";
        let untouched = self.connection()?.query_row(sql, [], |row| row.get(0));
        untouched.map_err(|error| self.failed(&error))
    }

    /// The tables to read in, where nothing is asked but of rows that ended.
    pub(super) fn rows_connection(&self) -> Result<&Connection, JournalError> {
        self.tables.of_rows()
    }

    /// The rows that ended, where they can be had without tables.
    pub(super) fn ended_rows(&self) -> Result<Option<&EndedRows>, JournalError> {
        self.tables.ended_rows()
    }

    /// The tables to read in, where nothing is asked of rows and writes.
    pub(super) fn run_connection(&self) -> Result<&Connection, JournalError> {
        self.tables.of_run()
    }

    /// The tables to read in.
    pub(super) fn connection(&self) -> Result<&Connection, JournalError> {
        self.tables.get()
    }

    /// What a log tells without tables.
    pub(super) fn survey(&self) -> Option<&Survey> {
        self.survey.as_ref()
    }

    /// Hands over the rows that ended, loop by loop in the order of their numbers.
    pub fn rows(&self, mut each: impl FnMut(RowRecord)) -> Result<(), JournalError> {
        if let Some(ended) = self.ended_rows()? {
            return ended.each(|row| row.record().map(&mut each));
        }
        let sql = format!(
            "SELECT {ROW_COLUMNS} FROM rows WHERE state <> '{REPLACED}' ORDER BY bulk, number, id"
        );
        let connection = self.rows_connection()?;
        let mut hand_over = || {
            let mut statement = connection.prepare(&sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                each(read_row(row)?);
            }
            Ok(())
        };
        hand_over().map_err(|error| self.failed(&error))
    }

    /// Hands over writes, in the order of their intents.
    pub fn writes(
        &self,
        which: Which<'_>,
        mut each: impl FnMut(Write),
    ) -> Result<(), JournalError> {
        let counts = self.survey.as_ref().map(Survey::counts);
        if matches!(which, Which::InDoubt)
            && counts.is_some_and(|counts| counts.writes_in_doubt == 0)
        {
            // Spares the tables, at the end of nearly every run.
            return Ok(());
        }
        let (condition, key) = match which {
            Which::All => ("?1 IS NULL".to_owned(), None),
            Which::InDoubt => (
                format!("?1 IS NULL AND (outcomes.state IS NULL OR outcomes.state = '{IN_DOUBT}')"),
                None,
            ),
            Which::Repeated => (
                format!("?1 IS NULL AND outcomes.state = '{DONE}' AND outcomes.alive IS NOT NULL"),
                None,
            ),
            Which::OfRow(key) => (
                "intents.row IN (SELECT id FROM rows WHERE key = ?1)".to_owned(),
                Some(key),
            ),
            Which::Of(action) => ("action = ?1 COLLATE NOCASE".to_owned(), Some(action)),
        };
        let sql = format!(
            "SELECT {WRITE_COLUMNS}, {OUTCOME_COLUMNS}
             FROM intents LEFT JOIN outcomes ON outcomes.intent = intents.id
             LEFT JOIN rows ON rows.id = intents.row
             WHERE {condition} ORDER BY intents.id"
        );
        let connection = self.connection()?;
        let mut hand_over = || {
            let mut statement = connection.prepare(&sql)?;
            let mut rows = statement.query([key])?;
            while let Some(row) = rows.next()? {
                each(read_write(row)?);
            }
            Ok(())
        };
        hand_over().map_err(|error| self.failed(&error))
    }

    /// Hands over every write with its snapshot, the newest first.
    pub fn kept(&self, mut each: impl FnMut(Kept)) -> Result<(), JournalError> {
        let connection = self.connection()?;
        let mut hand_over = || {
            let (columns, table) = snapshots(connection)?;
            let sql = format!(
                "SELECT {WRITE_COLUMNS}, {OUTCOME_COLUMNS}, {columns}
                 FROM intents LEFT JOIN outcomes ON outcomes.intent = intents.id
                 LEFT JOIN rows ON rows.id = intents.row {table} ORDER BY intents.id DESC"
            );
            let mut statement = connection.prepare(&sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                each(Kept {
                    write: read_write(row)?,
                    snapshot: read_snapshot(row, 13)?,
                });
            }
            Ok(())
        };
        hand_over().map_err(|error| self.failed(&error))
    }

    pub(super) fn failed(&self, error: &rusqlite::Error) -> JournalError {
        JournalError::of_database(&self.folder, error)
    }
}

fn count(connection: &Connection) -> rusqlite::Result<Counts> {
    let sql = "SELECT count(*) FILTER (WHERE state = 'done'),
                count(*) FILTER (WHERE state = 'done' AND unchanged),
                count(*) FILTER (WHERE state = 'failed'),
                count(*) FILTER (WHERE state = 'skipped'),
                count(*) FILTER (WHERE state = 'in doubt'),
                count(*) FILTER (WHERE state IS NULL) FROM rows";
    let mut counts = connection.query_row(sql, [], |row| {
        let at = |place| row.get::<_, i64>(place).map(i64::unsigned_abs);
        Ok(Counts {
            done: at(0)?,
            unchanged: at(1)?,
            failed: at(2)?,
            skipped: at(3)?,
            in_doubt: at(4)?,
            begun: at(5)?,
            ..Counts::default()
        })
    })?;
    let sql = "SELECT (SELECT count(*) FROM intents), count(*),
                count(*) FILTER (WHERE state = 'done'),
                count(*) FILTER (WHERE state = 'in doubt') FROM outcomes";
    let writes: [i64; 4] = connection.query_row(sql, [], |row| {
        Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?])
    })?;
    let [intents, outcomes, done, in_doubt] = writes.map(i64::unsigned_abs);
    counts.writes = done;
    counts.writes_in_doubt = intents.saturating_sub(outcomes) + in_doubt;
    Ok(counts)
}
