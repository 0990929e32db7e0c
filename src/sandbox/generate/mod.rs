//! Demo clients in any number, from a seed: the same seed, the same host.
//!
//! Each client is a person of one country with a user, perhaps a contact, and a
//! history that adds up: orders with their services and domains, an invoice for
//! each and for the last renewals, payments for what is paid, tickets. Ids rise
//! with the day a client signed up. Prices come from the catalogue of `seed.sql`, and
//! statements are prepared once: a hundred thousand clients are a matter of seconds.

mod bills;
mod catalogue;
mod orders;
mod person;
mod services;
#[cfg(test)]
mod tests;
mod tickets;

use jiff::civil::Date;
use rand::RngExt as _;
use rand::distr::uniform::{SampleRange, SampleUniform};
use rand::rngs::ChaCha8Rng;
use rusqlite::{Connection, Params};

use catalogue::Catalogue;

/// How many days ago the first client signed up.
const DAYS: i64 = 2_000;

/// What is being filled.
struct Host<'c> {
    connection: &'c Connection,
    dice: &'c mut ChaCha8Rng,
    today: Date,
    catalogue: Catalogue,
    /// How many tickets there are.
    tickets: i64,
}

/// Adds that many clients, the last of whom signed up about `today`.
pub fn clients(
    connection: &Connection,
    dice: &mut ChaCha8Rng,
    count: i64,
    today: Date,
) -> rusqlite::Result<()> {
    let mut host = Host {
        connection,
        dice,
        today,
        catalogue: Catalogue::read(connection)?,
        tickets: 0,
    };
    tickets::departments(&host)?;
    for number in 0..count {
        let days_ago = DAYS - DAYS.saturating_mul(number) / count;
        let client = person::client(&mut host, number, days_ago)?;
        let service = orders::history(&mut host, &client)?;
        tickets::history(&mut host, &client, service)?;
    }
    Ok(())
}

impl Host<'_> {
    /// Inserts a record; its id.
    fn insert(&self, sql: &str, params: impl Params) -> rusqlite::Result<i64> {
        self.connection.prepare_cached(sql)?.insert(params)
    }

    fn roll<T: SampleUniform>(&mut self, range: impl SampleRange<T>) -> T {
        self.dice.random_range(range)
    }

    fn one_in(&mut self, count: u32) -> bool {
        self.dice.random_ratio(1, count)
    }

    fn pick<'t, T>(&mut self, table: &'t [T]) -> &'t T {
        &table[self.roll(0..table.len())]
    }
}

/// A moment of that day, during office hours.
fn at_ten(day: Date) -> String {
    format!("{day} 10:00:00")
}
