//! Orders from `AddOrder` to `DeleteOrder`, by what the tables then hold.

mod deciding;
mod placing;
mod shapes;
mod terms;

use crate::sandbox::api::answer_fields;
use crate::sandbox::db::Db;
use crate::sandbox::reply::Answer;
use crate::sandbox::store::Store;

fn store() -> Store {
    Store::open(None, 1, None).expect("opens")
}

fn run(store: &Store, query: &str) -> Answer {
    answer_fields(store, &format!("action={query}"))
}

fn add(store: &Store, rest: &str) -> Answer {
    run(store, &format!("AddOrder&paymentmethod=paypal&{rest}"))
}

/// The columns of the first row, each as text, with spaces between.
fn row(store: &Store, sql: &str) -> String {
    let read = |db: &Db<'_>| {
        Ok(db.row(sql, (), |row| {
            let count = row.as_ref().column_count();
            let texts: rusqlite::Result<Vec<String>> = (0..count)
                .map(|at| {
                    Ok(match row.get_ref(at)? {
                        rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                        other => other.as_str().unwrap_or("NULL").to_owned(),
                    })
                })
                .collect();
            Ok(texts?.join(" "))
        })?)
    };
    store.transact(read).expect(sql).unwrap_or_default()
}

fn set(store: &Store, sql: &str) {
    crate::sandbox::testing::change(store, sql);
}

fn lines(store: &Store, invoice: &str) -> Vec<String> {
    let read = |db: &Db<'_>| {
        Ok(db.values(
            "SELECT type || ' ' || relid || ' ' || amount FROM invoice_items WHERE invoice_id = ?1 ORDER BY id",
            [invoice],
        )?)
    };
    store.transact(read).expect("reads")
}
