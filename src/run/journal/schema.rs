//! What a journal in tables has: the columns that were added since its format was first
//! written, and which of them one of an earlier version lacks.

use rusqlite::{Connection, OptionalExtension as _};

/// The columns that tell of time, each behind those its table had before.
pub(super) const TIMES: [(&str, &str); 12] = [
    ("rows", "ended"),
    ("intents", "begun"),
    ("outcomes", "settled"),
    ("outcomes", "micros"),
    ("intents", "boot"),
    ("intents", "alive"),
    ("intents", "seen"),
    ("outcomes", "boot"),
    ("outcomes", "alive"),
    ("intents", "read_day"),
    ("intents", "read_alive"),
    ("intents", "read_took"),
];

/// Gives a journal of an earlier version what it lacks.
pub(super) fn add_columns(connection: &Connection) -> rusqlite::Result<()> {
    for (table, column) in TIMES {
        if !has_column(connection, table, column)? {
            connection
                .execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {column} INTEGER"))?;
        }
    }
    if !has_column(connection, "intents", "place")? {
        connection.execute_batch("ALTER TABLE intents ADD COLUMN place TEXT")?;
    }
    Ok(())
}

/// Whether it has that table; one of an earlier version may not.
pub(super) fn has_table(connection: &Connection, table: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ?)";
    connection.query_row(sql, [table], |row| row.get(0))
}

/// Whether it has that table with that column.
pub(super) fn has_column(
    connection: &Connection,
    table: &str,
    column: &str,
) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM pragma_table_info(?) WHERE name = ?";
    let found = connection.query_row(sql, [table, column], |_| Ok(()));
    Ok(found.optional()?.is_some())
}

/// A column of that name, or nothing in its place where the journal has none.
pub(super) fn column_or_null(
    connection: &Connection,
    table: &str,
    column: &str,
) -> rusqlite::Result<String> {
    Ok(if has_column(connection, table, column)? {
        format!("{table}.{column}")
    } else {
        "NULL".to_owned()
    })
}
