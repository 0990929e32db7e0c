//! The tables a journal is asked in: the journal itself, or those made of a log.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::JournalError;
use super::logged::{EndedRows, Extent, Index, TablesIn};

/// The tables of a journal, open for reading.
pub(super) enum Tables {
    /// The journal is one.
    Database(Connection),
    /// They are made of the log when something is asked.
    Log(Box<LogTables>),
}

/// The tables of a log.
pub(super) struct LogTables {
    folder: PathBuf,
    head: String,
    /// The last record that is to be in them.
    last: u64,
    /// The highest number of a row by then.
    last_row: i64,
    all: OnceCell<Index>,
    /// Those of the rows that ended alone, where nothing else was asked for.
    rows: OnceCell<Index>,
    /// Those of neither rows nor writes.
    run: OnceCell<Index>,
    /// The rows that ended without any tables, where that can be.
    ended: OnceCell<Option<EndedRows>>,
}

impl Tables {
    /// The tables of the log in that folder, whose run is that, up to that record; the
    /// highest number of a row by then.
    pub fn of_log(folder: &Path, head: String, (last, last_row): (u64, i64)) -> Self {
        Self::Log(Box::new(LogTables {
            folder: folder.to_owned(),
            head,
            last,
            last_row,
            all: OnceCell::new(),
            rows: OnceCell::new(),
            run: OnceCell::new(),
            ended: OnceCell::new(),
        }))
    }

    /// The tables, made now if they were not before.
    pub fn get(&self) -> Result<&Connection, JournalError> {
        match self {
            Self::Database(connection) => Ok(connection),
            Self::Log(log) => log.all().map(Index::connection),
        }
    }

    /// The tables, where rows that did not end and all writes may be missing.
    pub fn of_rows(&self) -> Result<&Connection, JournalError> {
        match self {
            Self::Database(connection) => Ok(connection),
            Self::Log(log) => match log.all.get() {
                Some(all) => Ok(all.connection()),
                None => log.made(&log.rows, Extent::Rows).map(Index::connection),
            },
        }
    }

    /// The rows that ended, where no tables are needed for them.
    pub fn ended_rows(&self) -> Result<Option<&EndedRows>, JournalError> {
        let Self::Log(log) = self else {
            return Ok(None);
        };
        if log.ended.get().is_none() {
            let ended = EndedRows::read(&log.folder, (log.last, log.last_row))?;
            log.ended.get_or_init(|| ended);
        }
        Ok(log.ended.get().and_then(Option::as_ref))
    }

    /// The tables, where those of rows and writes may be empty.
    pub fn of_run(&self) -> Result<&Connection, JournalError> {
        match self {
            Self::Database(connection) => Ok(connection),
            Self::Log(log) => match log.all.get().or_else(|| log.rows.get()) {
                Some(made) => Ok(made.connection()),
                None => log.made(&log.run, Extent::Run).map(Index::connection),
            },
        }
    }

    /// The tables with all that is in the journal by now.
    pub fn now(&mut self) -> Result<&Connection, JournalError> {
        if let Self::Log(log) = self {
            log.all()?;
            if let Some(index) = log.all.get_mut() {
                index.advance(u64::MAX)?;
            }
        }
        self.get()
    }

    /// The tables, if they are made.
    pub fn made(&self) -> Option<&Connection> {
        match self {
            Self::Database(connection) => Some(connection),
            Self::Log(log) => log.all.get().map(Index::connection),
        }
    }
}

impl LogTables {
    fn all(&self) -> Result<&Index, JournalError> {
        self.made(&self.all, Extent::All)
    }

    fn made<'i>(
        &self,
        index: &'i OnceCell<Index>,
        extent: Extent,
    ) -> Result<&'i Index, JournalError> {
        if let Some(index) = index.get() {
            return Ok(index);
        }
        let build = |place| {
            let mut index = Index::new(&self.folder, &self.head, (extent, place))?;
            index.advance(self.last)?;
            Ok(index)
        };
        let made = match build(TablesIn::Disk) {
            // Even on a full disk it can be told what was done.
            Err(JournalError::Full(_) | JournalError::Io { .. }) => build(TablesIn::Memory),
            made => made,
        };
        made.map(|made| index.get_or_init(|| made))
    }
}
