//! Pay methods: cards and bank accounts of clients.
//!
//! Of a number only its end and its brand are kept, of an account nothing but the bank's name.

mod add;
mod card;
mod change;
mod list;

use super::Handler;
use crate::sandbox::call::Call;
use crate::sandbox::refusal::{Refusal, refuse};

/// The actions of this folder.
pub const ACTIONS: &[(&str, Handler)] = &[
    ("AddPayMethod", add::add_pay_method),
    ("DeletePayMethod", change::delete_pay_method),
    ("GetPayMethods", list::get_pay_methods),
    ("UpdatePayMethod", change::update_pay_method),
];

/// Makes a pay method the client's only default one.
fn make_default(call: &Call, client: i64, method: i64) -> rusqlite::Result<()> {
    call.db.run(
        "UPDATE pay_methods SET is_default = (id = ?2) WHERE client_id = ?1",
        [client, method],
    )?;
    Ok(())
}

/// The pay method of the call, which must be its client's.
fn own(call: &Call) -> Result<i64, Refusal> {
    let method = call.existing("paymethodid", "pay_methods", "Invalid Pay Method ID")?;
    let owner: Option<i64> = call
        .db
        .value("SELECT client_id FROM pay_methods WHERE id = ?1", [method])?;
    if owner != Some(call.int("clientid")) {
        return refuse("Pay Method does not belong to passed Client ID");
    }
    Ok(method)
}

#[cfg(test)]
mod tests;
