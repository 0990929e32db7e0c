//! What a new sandbox holds: the catalogue of `seed.sql`, and clients: the handful of
//! `seed_clients.sql`, or as many as were asked for, of which the handful are the first.

use jiff::civil::DateTime;
use rand::rngs::ChaCha8Rng;
use rusqlite::Connection;

use super::{clock, generate};

/// Fills new tables; the caller keeps it all in one transaction.
///
/// There are as many clients as `clients` says, and the handful when it says nothing. All days count from `now`.
pub fn fill(
    connection: &Connection,
    dice: &mut ChaCha8Rng,
    clients: Option<usize>,
    now: DateTime,
) -> rusqlite::Result<()> {
    connection.execute_batch(&clock::dated(include_str!("seed.sql"), now))?;
    if clients == Some(0) {
        return Ok(());
    }
    connection.execute_batch(&clock::dated(include_str!("seed_clients.sql"), now))?;
    let Some(clients) = clients else {
        return Ok(());
    };
    let wanted = i64::try_from(clients).unwrap_or(i64::MAX);
    let handful: i64 =
        connection.query_row("SELECT COUNT(*) FROM clients", (), |row| row.get(0))?;
    match wanted - handful {
        0 => Ok(()),
        less if less < 0 => keep_first(connection, wanted),
        more => without_indices(connection, || {
            generate::clients(connection, dice, more, now.date())
        }),
    }
}

/// Leaves the first of the handful, and what they have; each has a user of the same number.
fn keep_first(connection: &Connection, clients: i64) -> rusqlite::Result<()> {
    let mut owning = connection.prepare(
        "SELECT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
         WHERE t.type = 'table' AND c.name = 'client_id'",
    )?;
    let owning: Vec<String> = owning
        .query_map((), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for table in owning {
        connection.execute(
            &format!("DELETE FROM {table} WHERE client_id > ?1"),
            [clients],
        )?;
    }
    for table in ["users", "clients"] {
        connection.execute(&format!("DELETE FROM {table} WHERE id > ?1"), [clients])?;
    }
    Ok(())
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
