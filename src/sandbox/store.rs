//! The sandbox's memory: one `SQLite` connection, one transaction a call.
//!
//! A call that ends in a refusal leaves nothing behind. A database file is made
//! and filled when it is new, and refused, untouched, when another version or
//! another program made it; one sandbox at a time has it. After each call the file
//! alone holds everything, so that it can be copied between calls. Clock and dice
//! (identifiers, order numbers) are handed in, so the same calls give the same replies.

use std::cell::RefCell;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Span;
use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, MAIN_DB, TransactionBehavior};

use super::automation::{self, AdvanceError, Period};
use super::clock::Clock;
use super::db::Db;
use super::db_file::{DbFile, DbFileError};
use super::dice::DiceImage;
use super::entities;
use super::fixture::{self, Fixture, FixtureError};
use super::refusal::Refusal;
use super::seed;

/// Written into a database file; raised whenever the tables change.
const SCHEMA_VERSION: i64 = 5;
/// Written into a database file to tell it from other programs': `WHMC`.
const APPLICATION: i64 = 0x5748_4D43;

/// What a store begins with.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// The seed of the dice and of the generated clients.
    pub seed: u64,
    /// How many clients there are; the usual handful when it does not say.
    pub clients: Option<usize>,
    /// What time it is.
    pub clock: Clock,
}

/// The tables, the dice and the clock.
#[derive(Debug)]
pub struct Store {
    inner: Mutex<Inner>,
    clock: Mutex<Clock>,
    generation: AtomicU64,
}

#[derive(Debug)]
struct Inner {
    // Closed before the file is given up.
    connection: Connection,
    dice: RefCell<ChaCha8Rng>,
    file: Option<DbFile>,
}

/// A store at some moment.
#[derive(Clone, Debug)]
pub struct StoreImage {
    data: Vec<u8>,
    dice: DiceImage,
    clock: Clock,
}

/// A store that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// `SQLite` refuses.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The file cannot be had.
    #[error(transparent)]
    File(#[from] DbFileError),
    /// The file is another program's.
    #[error("it is not the database of a sandbox")]
    Foreign,
    /// The file is of another version.
    #[error(
        "another version of the sandbox made it (its tables are version {0}, this program's are {SCHEMA_VERSION})"
    )]
    Version(i64),
    /// Clients were asked for where there is data already.
    #[error("it has data already, and only a new file is filled")]
    NotNew,
    /// An image was to be taken of a file, or to take its place.
    #[error("images are for a sandbox in memory, not for one with `--db`")]
    OfFile,
}

impl Store {
    /// Opens the file, or memory; fills it with demo data when it is new.
    ///
    /// As many clients as the origin says, the first a handful that is always the same, the others generated
    /// from its seed; the handful alone when it says nothing.
    pub fn open_with(path: Option<&Path>, origin: Origin) -> Result<Self, StoreError> {
        let file = path.map(DbFile::take).transpose()?;
        let mut connection = connect(path)?;
        let dice = prepare(&mut connection, origin)?;
        if path.is_some() {
            // Not WAL, which keeps the last calls in a second file: who copies the first would lose them.
            connection.execute_batch("PRAGMA journal_mode = TRUNCATE;")?;
        } else {
            // Kept from now on as one piece of memory, as images are: they are taken by copying it.
            let data = connection.serialize(MAIN_DB)?.to_vec();
            connection = of_image(&data)?;
        }
        let inner = Inner {
            connection,
            dice: RefCell::new(dice),
            file,
        };
        Ok(Self {
            inner: Mutex::new(inner),
            clock: Mutex::new(origin.clock),
            generation: AtomicU64::new(0),
        })
    }

    /// Opens the file, or memory, by the system's clock, for tests.
    #[cfg(test)]
    pub fn open(
        path: Option<&Path>,
        seed: u64,
        clients: Option<usize>,
    ) -> Result<Self, StoreError> {
        let clock = Clock::System;
        Self::open_with(
            path,
            Origin {
                seed,
                clients,
                clock,
            },
        )
    }

    /// One in memory that is what another was.
    pub fn from_image(image: &StoreImage) -> Result<Self, StoreError> {
        let inner = Inner {
            connection: of_image(&image.data)?,
            dice: RefCell::new(image.dice.dice()),
            file: None,
        };
        Ok(Self {
            inner: Mutex::new(inner),
            clock: Mutex::new(image.clock),
            generation: AtomicU64::new(0),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A call that panicked left its transaction rolled back, so the store is sound.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What time it is.
    pub fn clock(&self) -> Clock {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops the clock at a moment, or lets the system's go on.
    pub fn set_clock(&self, clock: Clock) {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = clock;
    }

    /// Whether it is kept in a file, which no image can take the place of.
    pub fn is_file(&self) -> bool {
        self.lock().file.is_some()
    }

    /// What it is now.
    pub fn image(&self) -> Result<StoreImage, StoreError> {
        let clock = self.clock();
        let mut inner = self.lock();
        let data = inner.connection.serialize(MAIN_DB)?.to_vec();
        let dice = DiceImage::take(inner.dice.get_mut());
        Ok(StoreImage { data, dice, clock })
    }

    /// Makes it what it was. Only one in memory can be: a file would be left behind.
    pub fn restore(&self, image: &StoreImage) -> Result<(), StoreError> {
        let mut inner = self.lock();
        if inner.file.is_some() {
            return Err(StoreError::OfFile);
        }
        inner.connection = of_image(&image.data)?;
        inner.dice = RefCell::new(image.dice.dice());
        self.set_clock(image.clock);
        self.generation.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }

    /// A number that changes when other data takes the place of these.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Puts a fixture in the place of all data, or leaves everything as it was.
    ///
    /// `is_encoded` says whether texts are to be kept encoded for HTML.
    pub fn load(&self, fixture: &Fixture, is_encoded: bool) -> Result<(), FixtureError> {
        let mut inner = self.lock();
        let clock = fixture.now().map_or(self.clock(), Clock::Fixed);
        let Inner {
            connection, dice, ..
        } = &mut *inner;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let db = Db::new(&transaction, dice, clock.now());
        fixture::load(&db, fixture)?;
        if is_encoded {
            entities::keep(&db)?;
        }
        transaction.commit()?;
        self.set_clock(clock);
        self.generation.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }

    /// Moves the clock on, with the work of each day that begins, or leaves everything as it was.
    ///
    /// A clock that ran stands still then.
    pub fn advance(&self, period: Period) -> Result<(), AdvanceError> {
        let mut inner = self.lock();
        let from = self.clock().now();
        let to = period.after(from)?;
        let Inner {
            connection, dice, ..
        } = &mut *inner;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut day = from.date();
        while day < to.date() {
            day = day.saturating_add(Span::new().days(1));
            automation::run_day(&Db::new(&transaction, dice, day.at(0, 0, 0, 0)))?;
        }
        transaction.commit()?;
        self.set_clock(Clock::Fixed(to));
        Ok(())
    }

    /// All data as a fixture.
    pub fn export(&self) -> Result<String, StoreError> {
        let clock = self.clock();
        self.with(|db| fixture::export(db, clock))
    }

    /// Does something that is no call.
    pub fn with<T>(
        &self,
        work: impl FnOnce(&Db<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let inner = self.lock();
        let now = self.clock().now();
        Ok(work(&Db::new(&inner.connection, &inner.dice, now))?)
    }

    /// Runs one call in a transaction, kept when it succeeds and rolled back when not.
    pub fn transact<T>(
        &self,
        call: impl FnOnce(&Db<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut inner = self.lock();
        let now = self.clock().now();
        let Inner {
            connection, dice, ..
        } = &mut *inner;
        // Not deferred: a call that reads first and writes then would fail beside another program's.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let answer = call(&Db::new(&transaction, dice, now))?;
        transaction.commit()?;
        Ok(answer)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if self.file.is_some() {
            // Takes the emptied journal away; left there it does no harm.
            let _ = self
                .connection
                .execute_batch("PRAGMA journal_mode = DELETE;");
        }
    }
}

/// Opens the file, or memory.
fn connect(path: Option<&Path>) -> rusqlite::Result<Connection> {
    let connection = match path {
        // Below a folder, or `:memory:` and `file:…` would mean to SQLite something else than a file.
        Some(path) => Connection::open(Path::new(".").join(path))?,
        None => Connection::open_in_memory()?,
    };
    connection.set_prepared_statement_cache_capacity(512);
    // Without it a statement is compiled anew whenever a value bound to it might suit another plan: every time.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(match path {
        // A sandbox may lose its last calls to a power cut; it must not be slow.
        // Mapped, since pages late in a list pass over more than the cache holds.
        Some(_) => "PRAGMA synchronous = OFF; PRAGMA mmap_size = 1073741824;",
        // Most tables are small, and an image holds whole pages.
        None => {
            "PRAGMA page_size = 1024; PRAGMA journal_mode = MEMORY; PRAGMA temp_store = MEMORY;"
        }
    })?;
    Ok(connection)
}

/// Opens memory that holds those data.
///
/// Not a connection that is there already: to have its data replaced it would read once more
/// which tables it had, which takes longer than all the rest.
fn of_image(data: &[u8]) -> rusqlite::Result<Connection> {
    let mut connection = connect(None)?;
    // Its journal is in memory too, by itself; to ask for that would cost reading the new tables.
    connection.deserialize_read_exact(MAIN_DB, data, data.len(), false)?;
    Ok(connection)
}

/// Fills a new database, or refuses one that is not of this version; the dice to go on with.
fn prepare(connection: &mut Connection, origin: Origin) -> Result<ChaCha8Rng, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let number = |sql: &str| transaction.query_row(sql, [], |row| row.get::<_, i64>(0));
    let application = number("PRAGMA application_id")?;
    let version = number("PRAGMA user_version")?;
    let dice = match (application, version) {
        (0, 0) if number("SELECT COUNT(*) FROM sqlite_schema")? == 0 => {
            let mut dice = ChaCha8Rng::seed_from_u64(origin.seed);
            transaction.execute_batch(include_str!("schema.sql"))?;
            transaction.execute_batch(include_str!("schema_staff.sql"))?;
            seed::fill(&transaction, &mut dice, origin.clients, origin.clock.now())?;
            transaction.pragma_update(None, "application_id", APPLICATION)?;
            transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
            dice
        }
        (APPLICATION, SCHEMA_VERSION) if origin.clients.is_some() => {
            return Err(StoreError::NotNew);
        }
        (APPLICATION, SCHEMA_VERSION) => {
            // Not the dice of the last time again, or identifiers would repeat.
            let past = number("SELECT COUNT(*) FROM activity")?;
            ChaCha8Rng::seed_from_u64(origin.seed.wrapping_add(past.unsigned_abs()))
        }
        (APPLICATION, version) => return Err(StoreError::Version(version)),
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
        for count in [0, 50] {
            let refused = Store::open(Some(&path), 1, Some(count));
            assert!(matches!(refused, Err(StoreError::NotNew)));
        }
        let again = Store::open(Some(&path), 1, None).expect("opens again");
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
        assert!(matches!(refused, Err(StoreError::Version(0))));
    }

    #[test]
    fn a_file_is_one_sandboxes_at_a_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("box.sqlite");
        let first = Store::open(Some(&path), 1, None).expect("opens");
        let refused = Store::open(Some(&path), 1, None).expect_err("is in use");
        assert!(
            refused.to_string().starts_with("another sandbox (process "),
            "{refused}"
        );
        drop(first);
        Store::open(Some(&path), 1, None).expect("is free again");
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let refused = Store::open(Some("/dev/null".as_ref()), 1, None).expect_err("is a device");
        assert_eq!(
            refused.to_string(),
            "it is neither a file nor a name for a new one"
        );
    }

    #[test]
    fn a_copy_made_between_calls_has_every_call() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("box.sqlite");
        let store = Store::open(Some(&path), 1, None).expect("opens");
        for credit in 1..=20 {
            let sql = "UPDATE clients SET credit = ?1 WHERE id = 2";
            let written = store.transact(|db| Ok(db.run(sql, [credit])?));
            written.expect("writes");
            let copy = folder.path().join(format!("copy{credit}.sqlite"));
            std::fs::copy(&path, &copy).expect("copies");
            let copied = Store::open(Some(&copy), 1, None).expect("is whole");
            let found = copied
                .with(|db| db.value::<i64>("SELECT credit FROM clients WHERE id = 2", ()))
                .expect("reads");
            assert_eq!(found, Some(credit));
        }
    }
}
