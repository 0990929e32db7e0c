//! What an action does with the tables: read records, insert, update, roll dice.
//!
//! A SELECT states the shape of a reply: its column names are the field names, in
//! order, and `AS "amount:money"` says how a number is spelled. Statements are
//! prepared once and kept.

use std::cell::RefCell;

use jiff::civil::DateTime;
use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use rusqlite::types::{FromSql, ToSql, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, Params};

use super::money::Money;
use super::reply::{Fields, Value};

/// The tables and the dice during one call.
#[derive(Debug)]
pub struct Db<'c> {
    connection: &'c Connection,
    dice: &'c RefCell<ChaCha8Rng>,
    now: DateTime,
}

/// How a column is spelled in a reply: the word after the colon of its name.
#[derive(Clone, Copy)]
enum Spelling {
    /// As the column is.
    Plain,
    /// `:money`, hundredths as `12.95`.
    Money,
    /// `:text`, a number in quotes.
    Text,
    /// `:bool`, true or false.
    Bool,
    /// `:on`, `on` or nothing.
    On,
}

impl<'c> Db<'c> {
    /// The tables behind a connection, with those dice, at that moment.
    pub fn new(connection: &'c Connection, dice: &'c RefCell<ChaCha8Rng>, now: DateTime) -> Self {
        Self {
            connection,
            dice,
            now,
        }
    }

    /// The moment of the call.
    pub fn now(&self) -> DateTime {
        self.now
    }

    /// Every row of a SELECT as a record, its columns in order.
    pub fn records(&self, sql: &str, params: impl Params) -> rusqlite::Result<Vec<Fields>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let columns: Vec<(String, Spelling)> = statement
            .column_names()
            .map(|name| {
                let (name, spelling) = spelling(name);
                (name.to_owned(), spelling)
            })
            .collect();
        let mut rows = statement.query(params)?;
        let mut records = Vec::new();
        while let Some(row) = rows.next()? {
            let mut record = Fields::default();
            for (at, (name, spelling)) in columns.iter().enumerate() {
                record.push(name, spelled(row.get_ref(at)?, *spelling));
            }
            records.push(record);
        }
        drop(rows);
        #[cfg(test)]
        cost::add(&statement);
        Ok(records)
    }

    /// The first row of a SELECT as a record.
    pub fn record(&self, sql: &str, params: impl Params) -> rusqlite::Result<Option<Fields>> {
        Ok(self.records(sql, params)?.into_iter().next())
    }

    /// The first column of every row.
    pub fn values<T: FromSql>(&self, sql: &str, params: impl Params) -> rusqlite::Result<Vec<T>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.query_map(params, |row| row.get(0))?.collect()
    }

    /// The first column of the first row.
    pub fn value<T: FromSql>(&self, sql: &str, params: impl Params) -> rusqlite::Result<Option<T>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let value = statement.query_row(params, |row| row.get(0)).optional();
        #[cfg(test)]
        cost::add(&statement);
        value
    }

    /// A row read by hand, for what is no reply.
    pub fn row<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Option<T>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.query_row(params, read).optional()
    }

    /// Rows read by hand, for what is no reply.
    pub fn rows<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.query_map(params, read)?.collect()
    }

    /// Whether a table has a record of that id.
    pub fn exists(&self, table: &str, id: i64) -> rusqlite::Result<bool> {
        let found: Option<i64> =
            self.value(&format!("SELECT 1 FROM {table} WHERE id = ?1"), [id])?;
        Ok(found.is_some())
    }

    /// Runs a statement; how many rows it changed.
    pub fn run(&self, sql: &str, params: impl Params) -> rusqlite::Result<usize> {
        self.connection.prepare_cached(sql)?.execute(params)
    }

    /// Runs statements that have no parameters.
    pub fn batch(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.execute_batch(sql)
    }

    /// Inserts a record; its id.
    pub fn insert(&self, table: &str, columns: &[(&str, &dyn ToSql)]) -> rusqlite::Result<i64> {
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let marks = vec!["?"; columns.len()].join(",");
        let sql = format!("INSERT INTO {table} ({}) VALUES ({marks})", names.join(","));
        let values: Vec<&dyn ToSql> = columns.iter().map(|(_, value)| *value).collect();
        self.run(&sql, values.as_slice())?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Sets columns of the record of that id; whether there was one.
    pub fn update(
        &self,
        table: &str,
        id: i64,
        columns: &[(&str, &dyn ToSql)],
    ) -> rusqlite::Result<bool> {
        if columns.is_empty() {
            return self.exists(table, id);
        }
        let sets: Vec<String> = columns
            .iter()
            .map(|(name, _)| format!("{name} = ?"))
            .collect();
        let sql = format!("UPDATE {table} SET {} WHERE id = ?", sets.join(","));
        let mut values: Vec<&dyn ToSql> = columns.iter().map(|(_, value)| *value).collect();
        values.push(&id);
        Ok(self.run(&sql, values.as_slice())? > 0)
    }

    /// A number from `low` to `high`, both included.
    pub fn roll(&self, low: i64, high: i64) -> i64 {
        self.dice.borrow_mut().random_range(low..=high)
    }

    /// A new identifier, such as `f08ea4d1-c578-441a-9b0a-aa3aff8b1acf`.
    pub fn uuid(&self) -> String {
        uuid(&mut self.dice.borrow_mut())
    }
}

/// A random identifier of version 4.
pub fn uuid(dice: &mut ChaCha8Rng) -> String {
    let bits: u128 = dice.random();
    let hex = format!("{bits:032x}");
    format!(
        "{}-{}-4{}-a{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..]
    )
}

fn spelling(column: &str) -> (&str, Spelling) {
    match column.split_once(':') {
        Some((name, "money")) => (name, Spelling::Money),
        Some((name, "text")) => (name, Spelling::Text),
        Some((name, "bool")) => (name, Spelling::Bool),
        Some((name, "on")) => (name, Spelling::On),
        _ => (column, Spelling::Plain),
    }
}

fn spelled(value: ValueRef<'_>, spelling: Spelling) -> Value {
    match (value, spelling) {
        (ValueRef::Integer(number), Spelling::Plain) => Value::Int(number),
        (ValueRef::Integer(number), Spelling::Money) => Money(number).into(),
        (ValueRef::Integer(number), Spelling::Text) => Value::Text(number.to_string()),
        (ValueRef::Integer(number), Spelling::Bool) => Value::Bool(number != 0),
        (ValueRef::Integer(number), Spelling::On) => {
            Value::from(if number == 0 { "" } else { "on" })
        }
        (ValueRef::Text(text), _) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        (ValueRef::Real(number), _) => Value::Text(number.to_string()),
        (ValueRef::Null | ValueRef::Blob(_), _) => Value::Null,
    }
}

/// What the statements of a test cost, in steps of `SQLite`'s machine: the same on every computer.
#[cfg(test)]
pub mod cost {
    use std::cell::Cell;

    use rusqlite::{Statement, StatementStatus};

    thread_local!(static STEPS: Cell<i64> = const { Cell::new(0) });

    /// Counts the last run of a statement.
    pub fn add(statement: &Statement<'_>) {
        let steps = i64::from(statement.reset_status(StatementStatus::VmStep));
        STEPS.set(STEPS.get() + steps);
    }

    /// How many steps the work takes.
    pub fn count(work: impl FnOnce()) -> i64 {
        STEPS.set(0);
        work();
        STEPS.get()
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::super::reply::Value;
    use super::super::store::Store;

    #[test]
    fn a_column_says_how_it_is_spelled() {
        let store = Store::open(None, 1, None).expect("opens");
        let sql = "SELECT 1295 AS \"a:money\", 1 AS \"b:text\", 0 AS \"c:bool\", 1 AS \"d:on\", NULL AS e, 7 AS f";
        let record = store
            .transact(|db| Ok(db.record(sql, ())?))
            .expect("reads")
            .expect("a row");
        let shown: Vec<_> = record.iter().collect();
        assert_eq!(
            shown,
            [
                ("a", &Value::from("12.95")),
                ("b", &Value::from("1")),
                ("c", &Value::Bool(false)),
                ("d", &Value::from("on")),
                ("e", &Value::Null),
                ("f", &Value::Int(7)),
            ]
        );
    }

    #[test]
    fn a_statement_is_compiled_once_whatever_is_bound_to_it() {
        let store = Store::open(None, 1, None).expect("opens");
        let sql = "SELECT c.email FROM clients c LEFT JOIN user_clients l ON l.client_id = c.id AND l.owner = 1 \
                   WHERE c.id = ?1";
        let compiled_anew = store.transact(|db| {
            for id in 1..=6 {
                db.record(sql, [id])?;
            }
            let statement = db.connection.prepare_cached(sql)?;
            Ok(statement.get_status(StatementStatus::RePrepare))
        });
        assert_eq!(compiled_anew.expect("reads"), 0);
    }

    #[test]
    fn identifiers_have_the_right_shape_and_repeat_with_the_seed() {
        let roll = || {
            let store = Store::open(None, 9, None).expect("opens");
            store.transact(|db| Ok(db.uuid())).expect("rolls")
        };
        let uuid = roll();
        assert_eq!(uuid, roll());
        let lengths: Vec<_> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
    }
}
