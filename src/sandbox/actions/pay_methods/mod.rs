//! Pay methods: cards and bank accounts of clients.
//!
//! Of a number only its end and its brand are kept, of an account nothing but the bank's name.

mod add;
mod card;
mod change;
mod list;
mod own;

use super::Handler;

/// The actions of this folder.
pub const ACTIONS: &[(&str, Handler)] = &[
    ("AddPayMethod", add::add_pay_method),
    ("DeletePayMethod", change::delete_pay_method),
    ("GetPayMethods", list::get_pay_methods),
    ("UpdatePayMethod", change::update_pay_method),
];

#[cfg(test)]
mod tests;
