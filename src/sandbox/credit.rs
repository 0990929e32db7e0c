//! A client's credit: the balance and the log of what moved it.

use super::call::Call;
use super::db::Db;
use super::money::Money;

/// One movement of credit.
#[derive(Clone, Copy, Debug)]
pub struct Movement<'m> {
    /// Whose credit.
    pub client: i64,
    /// What is added; less than nothing takes off.
    pub amount: Money,
    /// What the log says.
    pub description: &'m str,
    /// The day in the log.
    pub date: &'m str,
    /// The invoice it is for, or 0.
    pub invoice: i64,
    /// The administrator who did it, or 0.
    pub admin: i64,
}

/// Moves credit and logs it; the new balance.
pub fn enter(db: &Db, movement: &Movement) -> rusqlite::Result<Money> {
    db.run(
        "UPDATE clients SET credit = credit + ?2 WHERE id = ?1",
        [movement.client, movement.amount.0],
    )?;
    db.insert(
        "credits",
        &[
            ("client_id", &movement.client),
            ("date", &movement.date),
            ("description", &movement.description),
            ("amount", &movement.amount),
            ("relid", &movement.invoice),
            ("admin_id", &movement.admin),
        ],
    )?;
    balance(db, movement.client)
}

/// Moves credit on account of an invoice, today.
pub fn move_for_invoice(
    call: &Call,
    client: i64,
    amount: Money,
    description: &str,
    invoice: i64,
) -> rusqlite::Result<Money> {
    let today = call.today();
    enter(
        call.db,
        &Movement {
            client,
            amount,
            description,
            date: &today,
            invoice,
            admin: call.caller.admin_id,
        },
    )
}

/// What a client has in credit.
pub fn balance(db: &Db, client: i64) -> rusqlite::Result<Money> {
    let credit = db.value("SELECT credit FROM clients WHERE id = ?1", [client])?;
    Ok(credit.unwrap_or_default())
}
