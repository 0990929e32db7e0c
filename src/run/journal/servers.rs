//! Where the servers are that a run speaks to besides its own, so that no later pass
//! takes another for one of them.

use rusqlite::OptionalExtension as _;

use super::reading::Reading;
use super::schema::has_table;
use super::stored_record::StoredRecord;
use super::{Journal, JournalError};

impl Reading {
    /// Where the server of that name was when the run first spoke to it; `None` where
    /// it did not so far, or the journal is of a version that did not write it down.
    pub fn place_of(&self, server: &str) -> Result<Option<String>, JournalError> {
        if let Some(survey) = self.survey() {
            return Ok(survey.servers.get(server).cloned());
        }
        let connection = self.connection()?;
        let read = || {
            if !has_table(connection, "servers")? {
                return Ok(None);
            }
            let sql = "SELECT place FROM servers WHERE name = ?";
            let read = connection.query_row(sql, [server], |row| row.get(0));
            read.optional()
        };
        read().map_err(|error| self.failed(&error))
    }
}

impl Journal {
    /// Writes down where the server of that name is.
    ///
    /// Waits and errs as [`Self::outcome`] does.
    pub fn speaks_to(&self, server: &str, place: &str) -> Result<(), JournalError> {
        let record = StoredRecord::Server(server.to_owned(), place.to_owned());
        self.store.put(record)
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::super::tests::{created, reopened};

    #[test]
    fn where_a_server_was_in_the_first_pass_stays() {
        let (folder, journal) = created();
        journal.speaks_to("old", "old.example.com").unwrap();
        drop(journal);
        let journal = reopened(folder.path());
        journal.speaks_to("old", "new.example.com").unwrap();
        drop(journal);
        let reading = read(folder.path()).unwrap();
        let place = |name| reading.place_of(name).unwrap();
        assert_eq!(place("old").as_deref(), Some("old.example.com"));
        assert_eq!(place("other"), None);
    }
}
