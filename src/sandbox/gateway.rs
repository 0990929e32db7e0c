//! Payment methods: which there are, and what WHMCS says of others.

use super::db::Db;
use super::refusal::{Refusal, refuse};

/// The system name of a payment method as WHMCS spells it, or a refusal that lists them all.
pub fn check(db: &Db, method: &str) -> Result<String, Refusal> {
    if let Some(method) = known(db, method)? {
        return Ok(method);
    }
    let all: Vec<String> = db.values("SELECT module FROM payment_methods ORDER BY position", ())?;
    refuse(format!(
        "Invalid Payment Method. Valid options include {}",
        all.join(",")
    ))
}

/// The system name of a payment method, when there is such a one.
pub fn known(db: &Db, method: &str) -> rusqlite::Result<Option<String>> {
    db.value(
        "SELECT module FROM payment_methods WHERE module = lower(?1)",
        [method],
    )
}

/// The payment method a client's invoice gets when none is named.
pub fn of_client(db: &Db, client: i64) -> rusqlite::Result<String> {
    let method = db.value(
        "SELECT module FROM payment_methods ORDER BY \
         module = (SELECT defaultgateway FROM clients WHERE id = ?1) DESC, position",
        [client],
    )?;
    Ok(method.unwrap_or_default())
}
