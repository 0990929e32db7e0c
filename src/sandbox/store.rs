//! The sandbox's memory: one `SQLite` connection, one transaction a call.
//!
//! A call that ends in a refusal leaves nothing behind. A database file is made
//! and filled when it is new, and refused, untouched, when another version or
//! another program made it; two sandboxes may share one. The dice (identifiers,
//! order numbers) are seeded, so the same calls give the same replies.

use std::cell::RefCell;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, TransactionBehavior};

use super::db::Db;
use super::refusal::Refusal;
use super::seed;

/// Written into a database file; raised whenever the tables change.
const SCHEMA_VERSION: i64 = 5;
/// Written into a database file to tell it from other programs': `WHMC`.
const APPLICATION: i64 = 0x5748_4D43;

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
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The file is another program's.
    #[error("no sandbox made it")]
    Foreign,
    /// The file is of another version.
    #[error("another version of the sandbox made it")]
    Version,
}

impl Store {
    /// Opens the file, or memory; fills it with demo data when it is new.
    ///
    /// As many clients as `clients` says, the first a handful that is always the same, the others generated
    /// from `seed`; the handful alone when it says nothing.
    pub fn open(
        path: Option<&Path>,
        seed: u64,
        clients: Option<usize>,
    ) -> Result<Self, StoreError> {
        let mut connection = match path {
            Some(path) => Connection::open(path)?,
            None => Connection::open_in_memory()?,
        };
        connection.set_prepared_statement_cache_capacity(512);
        // Without it a statement is compiled anew whenever a value bound to it might suit another plan: every time.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.execute_batch(match path {
            // A sandbox may lose its last calls to a power cut; it must not be slow.
            // Mapped, since pages late in a list pass over more than the cache holds.
            Some(_) => "PRAGMA synchronous = OFF; PRAGMA mmap_size = 1073741824;",
            None => "PRAGMA journal_mode = MEMORY; PRAGMA temp_store = MEMORY;",
        })?;
        let dice = prepare(&mut connection, seed, clients)?;
        if path.is_some() {
            connection.execute_batch("PRAGMA journal_mode = WAL;")?;
        }
        let dice = RefCell::new(dice);
        Ok(Self(Mutex::new(Inner { connection, dice })))
    }

    /// Does something that is no call.
    pub fn with<T>(
        &self,
        work: impl FnOnce(&Db<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(work(&Db::new(&inner.connection, &inner.dice))?)
    }

    /// Runs one call in a transaction, kept when it succeeds and rolled back when not.
    pub fn transact<T>(
        &self,
        call: impl FnOnce(&Db<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        // A call that panicked left its transaction rolled back, so the store is sound.
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Inner { connection, dice } = &mut *inner;
        // Not deferred: a call that reads first and writes then would fail beside another sandbox's.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let answer = call(&Db::new(&transaction, dice))?;
        transaction.commit()?;
        Ok(answer)
    }
}

/// Fills a new database, or refuses one that is not of this version; the dice to go on with.
fn prepare(
    connection: &mut Connection,
    seed: u64,
    clients: Option<usize>,
) -> Result<ChaCha8Rng, StoreError> {
    // Of two sandboxes that find the file empty, one fills it and the other waits here.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let number = |sql: &str| transaction.query_row(sql, [], |row| row.get::<_, i64>(0));
    let application = number("PRAGMA application_id")?;
    let version = number("PRAGMA user_version")?;
    let dice = match (application, version) {
        (0, 0) if number("SELECT COUNT(*) FROM sqlite_schema")? == 0 => {
            let mut dice = ChaCha8Rng::seed_from_u64(seed);
            transaction.execute_batch(include_str!("schema.sql"))?;
            transaction.execute_batch(include_str!("schema_staff.sql"))?;
            seed::fill(&transaction, &mut dice, clients)?;
            transaction.pragma_update(None, "application_id", APPLICATION)?;
            transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
            dice
        }
        (APPLICATION, SCHEMA_VERSION) => {
            // Not the dice of the last time again, or identifiers would repeat.
            let past = number("SELECT COUNT(*) FROM activity")?;
            ChaCha8Rng::seed_from_u64(seed.wrapping_add(past.unsigned_abs()))
        }
        (APPLICATION, _) => return Err(StoreError::Version),
        _ => return Err(StoreError::Foreign),
    };
    transaction.commit()?;
    Ok(dice)
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
        let store = Store::open(None, 1, None).expect("opens");
        let before = clients(&store);
        let refused: Result<(), _> = store.transact(|db| {
            db.run("DELETE FROM clients", ())?;
            refuse("no")
        });
        assert!(refused.is_err());
        assert_eq!(clients(&store), before);
    }

    #[test]
    fn there_are_exactly_as_many_clients_as_were_asked_for() {
        for wanted in [0, 1, 3, 6, 7, 40_usize] {
            let store = Store::open(None, 1, Some(wanted)).expect("opens");
            let count = |table| {
                let sql = format!("SELECT COUNT(*) FROM {table}");
                let count = store.transact(|db| Ok(db.value::<i64>(&sql, ())?));
                count
                    .expect("reads")
                    .and_then(|count| usize::try_from(count).ok())
            };
            assert_eq!(count("clients"), Some(wanted));
            assert_eq!(count("users"), Some(wanted));
            let strays = "invoices WHERE client_id NOT IN (SELECT id FROM clients)";
            assert_eq!(count(strays), Some(0));
        }
    }

    #[test]
    fn a_file_keeps_its_data_and_is_filled_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("box.sqlite");
        let first = Store::open(Some(&path), 1, Some(3)).expect("opens");
        let before = clients(&first);
        drop(first);
        let again = Store::open(Some(&path), 1, Some(50)).expect("opens again");
        assert_eq!(clients(&again), before);
    }

    #[test]
    fn a_strange_database_is_refused_and_left_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("other.sqlite");
        let other = rusqlite::Connection::open(&path).expect("opens");
        other
            .execute_batch("CREATE TABLE x (y); PRAGMA user_version = 1;")
            .expect("writes");
        drop(other);
        let before = std::fs::read(&path).expect("reads");
        let refused = Store::open(Some(&path), 1, None);
        assert!(matches!(refused, Err(StoreError::Foreign)));
        assert_eq!(std::fs::read(&path).expect("reads"), before);
    }

    #[test]
    fn another_versions_database_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("box.sqlite");
        drop(Store::open(Some(&path), 1, None).expect("opens"));
        let older = rusqlite::Connection::open(&path).expect("opens");
        older
            .pragma_update(None, "user_version", 0)
            .expect("writes");
        drop(older);
        let refused = Store::open(Some(&path), 1, None);
        assert!(matches!(refused, Err(StoreError::Version)));
    }

    #[test]
    fn two_sandboxes_share_a_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("box.sqlite");
        let stores = [1, 2].map(|seed| Store::open(Some(&path), seed, None).expect("opens"));
        let spend = |store: &Store| {
            for _ in 0..100 {
                let done = store.transact(|db| {
                    let credit: Option<i64> =
                        db.value("SELECT credit FROM clients WHERE id = 2", ())?;
                    Ok(db.run(
                        "UPDATE clients SET credit = ?1 WHERE id = 2",
                        [credit.unwrap_or(0) + 1],
                    )?)
                });
                done.expect("is not locked out");
            }
        };
        std::thread::scope(|scope| {
            for store in &stores {
                scope.spawn(|| spend(store));
            }
        });
        let credit = stores[0]
            .transact(|db| Ok(db.value::<i64>("SELECT credit FROM clients WHERE id = 2", ())?));
        assert_eq!(credit.expect("reads"), Some(200));
    }
}
