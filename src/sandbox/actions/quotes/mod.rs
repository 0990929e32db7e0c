//! Quotes: offers to clients and to people who are none yet, until one becomes an invoice.
//!
//! A quote's sums are always those of its lines. It is for a client, or for the
//! person its own name and address tell of, and shows only what was sent of them.

mod accept;
mod lines;
mod list;
mod send;
mod write;

use super::Handler;
use crate::sandbox::call::Call;
use crate::sandbox::refusal::Refusal;

/// The actions of this folder.
pub const ACTIONS: &[(&str, Handler)] = &[
    ("AcceptQuote", accept::accept_quote),
    ("CreateQuote", write::create_quote),
    ("DeleteQuote", write::delete_quote),
    ("GetQuotes", list::get_quotes),
    ("SendQuote", send::send_quote),
    ("UpdateQuote", write::update_quote),
];

/// How many quotes can still be accepted.
pub fn valid(call: &Call) -> rusqlite::Result<i64> {
    let count = call.db.value(
        "SELECT COUNT(*) FROM quotes WHERE validuntil >= ?1 AND stage NOT IN ('Accepted', 'Lost', 'Dead')",
        [call.today()],
    )?;
    Ok(count.unwrap_or(0))
}

/// The quote of the call.
fn existing(call: &Call) -> Result<i64, Refusal> {
    call.existing("quoteid", "quotes", "Quote ID Not Found")
}

#[cfg(test)]
mod tests;
