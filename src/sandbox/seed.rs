//! What a new sandbox holds: the catalogue of `seed.sql`, the handful of clients of
//! `seed_clients.sql`, and as many generated clients as were asked for.

use rand::rngs::ChaCha8Rng;
use rusqlite::Connection;

use super::generate;

/// Fills new tables; the caller keeps it all in one transaction.
///
/// `clients` are added to the handful; 0 of them leave the host without any.
pub fn fill(
    connection: &Connection,
    dice: &mut ChaCha8Rng,
    clients: Option<usize>,
) -> rusqlite::Result<()> {
    connection.execute_batch(include_str!("seed.sql"))?;
    if clients == Some(0) {
        return Ok(());
    }
    connection.execute_batch(include_str!("seed_clients.sql"))?;
    let Some(clients) = clients else {
        return Ok(());
    };
    without_indices(connection, || generate::clients(connection, dice, clients))
}

/// Does what inserts much while there are no indices: to make one of all rows is one sort, to keep it up a search a row.
fn without_indices(
    connection: &Connection,
    insert: impl FnOnce() -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = connection
        .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")?;
    let indices: Vec<(String, String)> = statement
        .query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (name, _) in &indices {
        connection.execute_batch(&format!("DROP INDEX {name}"))?;
    }
    insert()?;
    for (_, sql) in &indices {
        connection.execute_batch(sql)?;
    }
    Ok(())
}
