//! The pay methods of one client: which is its own, which its default.

use crate::sandbox::call::Call;
use crate::sandbox::refusal::{Refusal, refuse};

/// Makes a pay method the client's only default one.
pub(super) fn make_default(call: &Call, client: i64, method: i64) -> rusqlite::Result<()> {
    call.db.run(
        "UPDATE pay_methods SET is_default = (id = ?2) WHERE client_id = ?1",
        [client, method],
    )?;
    Ok(())
}

/// The pay method of the call, which must be its client's.
pub(super) fn own(call: &Call) -> Result<i64, Refusal> {
    let method = call.existing("paymethodid", "pay_methods", "Invalid Pay Method ID")?;
    let owner: Option<i64> = call
        .db
        .value("SELECT client_id FROM pay_methods WHERE id = ?1", [method])?;
    if owner != Some(call.int("clientid")) {
        return refuse("Pay Method does not belong to passed Client ID");
    }
    Ok(method)
}
