//! What the rows of the bulk loops go by, so that no later pass takes them by
//! something else: it would not know again those that were done.

use rusqlite::OptionalExtension as _;

use super::reading::Reading;
use super::schema::has_table;
use super::stored::whole;
use super::stored_record::StoredRecord;
use super::{Journal, JournalError, read};

impl Reading {
    /// The column by which the rows of that bulk loop went when the run first came to
    /// it, empty where it was their numbers; `None` where no pass came so far, or the
    /// journal is of a version that did not write it down.
    fn key_of(&self, bulk: u64) -> Result<Option<String>, JournalError> {
        if let Some(survey) = self.survey() {
            return Ok(survey.loops.keys.get(&bulk).cloned());
        }
        let connection = self.connection()?;
        let read = || {
            if !has_table(connection, "keys")? {
                return Ok(None);
            }
            let sql = "SELECT column FROM keys WHERE bulk = ?";
            let read = connection.query_row(sql, [whole(bulk)], |row| row.get(0));
            read.optional()
        };
        read().map_err(|error| self.failed(&error))
    }
}

impl Journal {
    /// The column by which the rows of that bulk loop went in earlier passes, as
    /// `Reading::key_of` has it.
    pub fn key_before(&self, bulk: u64) -> Result<Option<String>, JournalError> {
        match &self.loops {
            Some(loops) => Ok(loops.keys.get(&bulk).cloned()),
            None => read(self.folder())?.key_of(bulk),
        }
    }

    /// Writes down by which column the rows of that bulk loop go; empty for their numbers.
    ///
    /// Waits and errs as [`Self::outcome`] does.
    pub fn rows_go_by(&self, bulk: u64, column: &str) -> Result<(), JournalError> {
        self.store.put(StoredRecord::Key(bulk, column.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::super::tests::{created, reopened};

    #[test]
    fn the_key_of_the_first_pass_stays() {
        let (folder, journal) = created();
        journal.rows_go_by(1, "email").unwrap();
        journal.rows_go_by(2, "").unwrap();
        drop(journal);
        let journal = reopened(folder.path());
        journal.rows_go_by(1, "id").unwrap();
        drop(journal);
        let reading = read(folder.path()).unwrap();
        assert_eq!(reading.key_of(1).unwrap().as_deref(), Some("email"));
        assert_eq!(reading.key_of(2).unwrap().as_deref(), Some(""));
        assert_eq!(reading.key_of(3).unwrap(), None);
    }
}
