//! Cards and bank accounts that come the deprecated way, with the client's own fields.
//!
//! Only what WHMCS shows of them is kept: last four digits, brand, dates; never a
//! number or a security code.

use rusqlite::types::ToSql;

use crate::sandbox::call::Call;
use crate::sandbox::refusal::{Refusal, refuse};

const CARDS: &str = "%CreditCard";
const ACCOUNTS: &str = "%BankAccount";

/// Keeps a card that was sent, in the place of the only one the client has.
pub fn keep_card(call: &Call, client: i64) -> Result<(), Refusal> {
    let digits: String = call
        .text("cardnum")
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    if digits.len() < 4 {
        return Ok(());
    }
    let month_year = |name| match call.text(name) {
        date if date.len() == 4 && date.is_ascii() => format!("{}/{}", &date[..2], &date[2..]),
        _ => String::new(),
    };
    keep(
        call,
        client,
        only(call, client, CARDS)?,
        &[
            ("type", &"CreditCard"),
            ("card_last_four", &&digits[digits.len() - 4..]),
            ("card_type", &call.text("cardtype")),
            ("expiry_date", &month_year("expdate")),
            ("start_date", &month_year("startdate")),
            ("issue_number", &call.text("issuenumber")),
        ],
    )
}

/// Keeps that there is a bank account, in the place of the only one the client has.
pub fn keep_account(call: &Call, client: i64) -> Result<(), Refusal> {
    if call.given("bankacct").is_none() {
        return Ok(());
    }
    let old = only(call, client, ACCOUNTS)?;
    keep(call, client, old, &[("type", &"BankAccount")])
}

/// Deletes the only card the client has.
pub fn clear_card(call: &Call, client: i64) -> Result<(), Refusal> {
    if let Some(card) = only(call, client, CARDS)? {
        call.db
            .run("DELETE FROM pay_methods WHERE id = ?1", [card])?;
    }
    Ok(())
}

/// The one pay method of a sort; WHMCS does not choose among several.
fn only(call: &Call, client: i64, sort: &str) -> Result<Option<i64>, Refusal> {
    let found: Vec<i64> = call.db.values(
        "SELECT id FROM pay_methods WHERE client_id = ?1 AND type LIKE ?2",
        rusqlite::params![client, sort],
    )?;
    match (found.as_slice(), sort) {
        ([], _) => Ok(None),
        ([one], _) => Ok(Some(*one)),
        (_, CARDS) => refuse("Multiple Credit Card Pay Methods Found"),
        _ => refuse("Multiple Bank Account Pay Methods Found"),
    }
}

fn keep(
    call: &Call,
    client: i64,
    old: Option<i64>,
    columns: &[(&str, &dyn ToSql)],
) -> Result<(), Refusal> {
    let moment = call.moment();
    let mut all = columns.to_vec();
    all.push(("last_updated", &moment));
    if let Some(old) = old {
        call.db.update("pay_methods", old, &all)?;
        return Ok(());
    }
    let others: Option<i64> = call
        .db
        .value("SELECT 1 FROM pay_methods WHERE client_id = ?1", [client])?;
    let is_default = others.is_none();
    all.push(("client_id", &client));
    all.push(("contact_id", &client));
    all.push(("description", &""));
    all.push(("is_default", &is_default));
    call.db.insert("pay_methods", &all)?;
    Ok(())
}
