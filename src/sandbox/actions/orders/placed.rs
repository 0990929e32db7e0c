//! The days and the cycle of what an order places.

use super::basket::{Basket, span};
use crate::sandbox::cycle::Cycle;

/// The due date of something ordered today; what never comes again has none.
pub fn due(basket: &Basket, cycle: Cycle) -> String {
    match cycle {
        Cycle::Free | Cycle::OneTime => "0000-00-00".to_owned(),
        _ => basket.call.today(),
    }
}

/// The day something ordered today is invoiced again.
pub fn next_invoice(basket: &Basket, cycle: Cycle) -> String {
    match cycle {
        Cycle::Free | Cycle::OneTime => "0000-00-00".to_owned(),
        _ => basket.next_invoice(span(cycle)),
    }
}

/// The cycle a service is billed by.
pub fn cycle_of(basket: &Basket, service: i64) -> rusqlite::Result<Option<Cycle>> {
    let cycle: Option<String> = basket
        .call
        .db
        .value("SELECT billingcycle FROM services WHERE id = ?1", [service])?;
    Ok(cycle.and_then(|cycle| Cycle::from_text(&cycle)))
}
