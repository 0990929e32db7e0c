//! The sandbox's memory: one `SQLite` connection, one transaction a call.
//!
//! A call that ends in a refusal leaves nothing behind. A database file is made
//! and filled when it is new, and refused when another version made it. The dice
//! (identifiers, order numbers) are seeded, so the same calls give the same replies.

use std::cell::RefCell;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;
use rusqlite::Connection;

use super::db::Db;
use super::refusal::Refusal;
use super::seed;

/// Written into a database file; raised whenever `schema.sql` changes.
const SCHEMA_VERSION: i64 = 1;

/// The tables and the dice.
#[derive(Debug)]
pub struct Store(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    connection: Connection,
    dice: RefCell<ChaCha8Rng>,
}

/// A store that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// `SQLite` refuses.
    #[error("the sandbox's database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The file is of another version, or no sandbox made it.
    #[error("the database was made by another version of the sandbox; give another file")]
    Version,
}

impl Store {
    /// Opens the file, or memory; fills it with demo data when it is new.
    ///
    /// `clients` more than the handful every sandbox has are generated from `seed`.
    pub fn open(path: Option<&Path>, seed: u64, clients: usize) -> Result<Self, StoreError> {
        let mut connection = match path {
            Some(path) => Connection::open(path)?,
            None => Connection::open_in_memory()?,
        };
        connection.set_prepared_statement_cache_capacity(512);
        // A sandbox may lose its last calls to a power cut; it must not be slow.
        connection.execute_batch(match path {
            Some(_) => "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;",
            None => "PRAGMA journal_mode = MEMORY; PRAGMA temp_store = MEMORY;",
        })?;
        let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        let tables: i64 =
            connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get(0))?;
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        if version == 0 && tables == 0 {
            let transaction = connection.transaction()?;
            transaction.execute_batch(include_str!("schema.sql"))?;
            seed::fill(&transaction, &mut dice, clients)?;
            transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
            transaction.commit()?;
        } else if version == SCHEMA_VERSION {
            // Not the dice of the last time again, or identifiers would repeat.
            let past: i64 =
                connection.query_row("SELECT COUNT(*) FROM activity", [], |row| row.get(0))?;
            dice = ChaCha8Rng::seed_from_u64(seed.wrapping_add(past.unsigned_abs()));
        } else {
            return Err(StoreError::Version);
        }
        let dice = RefCell::new(dice);
        Ok(Self(Mutex::new(Inner { connection, dice })))
    }

    /// Runs one call in a transaction, kept when it succeeds and rolled back when not.
    pub fn transact<T>(
        &self,
        call: impl FnOnce(&Db<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        // A call that panicked left its transaction rolled back, so the store is sound.
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Inner { connection, dice } = &mut *inner;
        let transaction = connection.transaction()?;
        let answer = call(&Db::new(&transaction, dice))?;
        transaction.commit()?;
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::super::refusal::{Refusal, refuse};
    use super::{Store, StoreError};

    fn clients(store: &Store) -> i64 {
        let count = |db: &super::Db<'_>| -> Result<Option<i64>, Refusal> {
            Ok(db.value("SELECT COUNT(*) FROM clients", ())?)
        };
        store.transact(count).expect("reads").expect("a number")
    }

    #[test]
    fn a_refused_call_leaves_nothing_behind() {
        let store = Store::open(None, 1, 0).expect("opens");
        let before = clients(&store);
        let refused: Result<(), _> = store.transact(|db| {
            db.run("DELETE FROM clients", ())?;
            refuse("no")
        });
        assert!(refused.is_err());
        assert_eq!(clients(&store), before);
    }

    #[test]
    fn a_file_keeps_its_data_and_is_filled_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("box.sqlite");
        let first = Store::open(Some(&path), 1, 3).expect("opens");
        let before = clients(&first);
        drop(first);
        let again = Store::open(Some(&path), 1, 50).expect("opens again");
        assert_eq!(clients(&again), before);
    }

    #[test]
    fn a_strange_database_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("other.sqlite");
        let other = rusqlite::Connection::open(&path).expect("opens");
        other.execute_batch("CREATE TABLE x (y)").expect("writes");
        drop(other);
        let refused = Store::open(Some(&path), 1, 0);
        assert!(matches!(refused, Err(StoreError::Version)));
    }
}
