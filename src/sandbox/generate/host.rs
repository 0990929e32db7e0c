//! The host that is being filled, and the dice that say with what.

use jiff::civil::Date;
use rand::RngExt as _;
use rand::distr::uniform::{SampleRange, SampleUniform};
use rand::rngs::ChaCha8Rng;
use rusqlite::{Connection, Params};

use super::catalogue::Catalogue;

/// What is being filled.
pub(super) struct Host<'c> {
    pub(super) connection: &'c Connection,
    pub(super) dice: &'c mut ChaCha8Rng,
    pub(super) today: Date,
    pub(super) catalogue: Catalogue,
    /// How many tickets there are.
    pub(super) tickets: i64,
}

impl Host<'_> {
    /// Inserts a record; its id.
    pub(super) fn insert(&self, sql: &str, params: impl Params) -> rusqlite::Result<i64> {
        self.connection.prepare_cached(sql)?.insert(params)
    }

    pub(super) fn roll<T: SampleUniform>(&mut self, range: impl SampleRange<T>) -> T {
        self.dice.random_range(range)
    }

    pub(super) fn one_in(&mut self, count: u32) -> bool {
        self.dice.random_ratio(1, count)
    }

    pub(super) fn pick<'t, T>(&mut self, table: &'t [T]) -> &'t T {
        &table[self.roll(0..table.len())]
    }
}

/// A moment of that day, during office hours.
pub(super) fn at_ten(day: Date) -> String {
    format!("{day} 10:00:00")
}
