//! Demo clients in any number, from a seed: the same seed, the same host.
//!
//! Each client is a person of one country with a user, perhaps a contact, and a
//! history that adds up: orders with their services and domains, an invoice for
//! each and for the last renewals, payments for what is paid, tickets. Ids rise
//! with the day a client signed up. Prices come from the catalogue of `seed.sql`, and
//! statements are prepared once: a hundred thousand clients are a matter of seconds.

mod basket;
mod bills;
mod catalogue;
mod host;
mod orders;
mod person;
mod services;
#[cfg(test)]
mod tests;
mod tickets;

use jiff::civil::Date;
use rand::rngs::ChaCha8Rng;
use rusqlite::Connection;

use catalogue::Catalogue;
use host::Host;

/// How many days ago the first client signed up.
const DAYS: i64 = 2_000;

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
