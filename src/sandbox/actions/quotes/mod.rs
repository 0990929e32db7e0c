//! Quotes: offers to clients and to people who are none yet, until one becomes an invoice.
//!
//! A quote's sums are always those of its lines. It is for a client, or for the
//! person its own name and address tell of, and shows only what was sent of them.

mod accept;
mod lines;
mod list;
mod send;
mod there;
mod write;

use super::Handler;
pub use there::valid;

/// The actions of this folder.
pub const ACTIONS: &[(&str, Handler)] = &[
    ("AcceptQuote", accept::accept_quote),
    ("CreateQuote", write::create_quote),
    ("DeleteQuote", write::delete_quote),
    ("GetQuotes", list::get_quotes),
    ("SendQuote", send::send_quote),
    ("UpdateQuote", write::update_quote),
];

#[cfg(test)]
mod tests;
