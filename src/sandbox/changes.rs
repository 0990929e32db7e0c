//! Updates: the columns that a call names, and nothing else.
//!
//! A parameter that was not sent leaves its column alone; one that was sent empty
//! empties it, as in WHMCS.

use rusqlite::types::{ToSql, Value as Sql};

use super::call::Call;

/// Columns to set, gathered from a call.
#[derive(Debug, Default)]
pub struct Changes(Vec<(&'static str, Sql)>);

impl Changes {
    /// Sets a column.
    pub fn set(&mut self, column: &'static str, value: impl Into<Sql>) {
        self.0.push((column, value.into()));
    }

    /// Takes texts that were sent; a column is named as its parameter.
    pub fn texts(&mut self, call: &Call, names: &[&'static str]) {
        for name in names {
            if let Some(text) = call.sent(name) {
                self.set(name, text.to_owned());
            }
        }
    }

    /// Takes truth values that were sent; a column is named as its parameter.
    pub fn flags(&mut self, call: &Call, names: &[&'static str]) {
        for name in names {
            if let Some(flag) = call.sent_flag(name) {
                self.set(name, i64::from(flag));
            }
        }
    }

    /// Takes amounts that were sent and not empty; a column is named as its parameter.
    pub fn amounts(&mut self, call: &Call, names: &[&'static str]) {
        for name in names {
            if let Some(amount) = call.money(name) {
                self.set(name, amount.0);
            }
        }
    }

    /// Whether nothing was sent.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes the columns to the record of that id; whether there was one.
    pub fn apply(&self, call: &Call, table: &str, id: i64) -> rusqlite::Result<bool> {
        let columns: Vec<(&str, &dyn ToSql)> = self
            .0
            .iter()
            .map(|(name, value)| (*name, value as &dyn ToSql))
            .collect();
        call.db.update(table, id, &columns)
    }
}
