//! The quotes there are.

use crate::sandbox::call::Call;
use crate::sandbox::refusal::Refusal;

/// How many quotes can still be accepted.
pub fn valid(call: &Call) -> rusqlite::Result<i64> {
    let count = call.db.value(
        "SELECT COUNT(*) FROM quotes WHERE validuntil >= ?1 AND stage NOT IN ('Accepted', 'Lost', 'Dead')",
        [call.today()],
    )?;
    Ok(count.unwrap_or(0))
}

/// The quote of the call.
pub(super) fn existing(call: &Call) -> Result<i64, Refusal> {
    call.existing("quoteid", "quotes", "Quote ID Not Found")
}
