//! What a new sandbox holds: the base catalogue and a handful of clients from
//! `seed.sql`, and as many generated clients as were asked for.

use rand::rngs::ChaCha8Rng;
use rusqlite::Connection;

use super::generate;

/// Fills new tables; the caller keeps it all in one transaction.
pub fn fill(
    connection: &Connection,
    dice: &mut ChaCha8Rng,
    clients: usize,
) -> rusqlite::Result<()> {
    connection.execute_batch(include_str!("seed.sql"))?;
    generate::clients(connection, dice, clients)
}
