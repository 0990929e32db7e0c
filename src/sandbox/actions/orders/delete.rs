//! `DeleteOrder`.

use crate::sandbox::call::Call;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// What goes with an order, each statement taking the order's id; values before what they belong to.
///
/// What was ordered later for a service, an addon or an upgrade, goes with the service.
const LEAVES: &[&str] = &[
    "DELETE FROM custom_field_values WHERE relid IN (SELECT id FROM services WHERE order_id = ?1) \
     AND field_id IN (SELECT id FROM custom_fields WHERE type = 'product')",
    "DELETE FROM custom_field_values WHERE relid IN (SELECT id FROM service_addons WHERE order_id = ?1 \
     OR service_id IN (SELECT id FROM services WHERE order_id = ?1)) AND field_id IN (SELECT id FROM custom_fields WHERE type = 'addon')",
    "DELETE FROM service_config_options WHERE service_id IN (SELECT id FROM services WHERE order_id = ?1)",
    "DELETE FROM cancel_requests WHERE service_id IN (SELECT id FROM services WHERE order_id = ?1)",
    "DELETE FROM service_addons WHERE order_id = ?1 OR service_id IN (SELECT id FROM services WHERE order_id = ?1)",
    "DELETE FROM upgrades WHERE order_id = ?1 OR service_id IN (SELECT id FROM services WHERE order_id = ?1)",
    "DELETE FROM services WHERE order_id = ?1",
    "DELETE FROM domain_contacts WHERE domain_id IN (SELECT id FROM domains WHERE order_id = ?1)",
    "DELETE FROM domains WHERE order_id = ?1",
    "DELETE FROM order_renewals WHERE order_id = ?1",
];

/// Deletes a cancelled or fraudulent order with all it made; an invoice that was paid on stays.
pub fn delete_order(call: &Call) -> Result<Answer, Refusal> {
    let row = call.db.row(
        "SELECT id, client_id, status, invoice_id FROM orders WHERE id = ?1",
        [call.int("orderid")],
        |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, i64>(3)?,
            ))
        },
    )?;
    let Some((order, client, status, invoice)) = row else {
        return refuse("Order ID not found");
    };
    if !matches!(status.as_str(), "Cancelled" | "Fraud") {
        return refuse("The order status must be in Cancelled or Fraud to be deleted");
    }
    for sql in LEAVES {
        call.db.run(sql, [order])?;
    }
    delete_unpaid_invoice(call, invoice)?;
    call.db.run("DELETE FROM orders WHERE id = ?1", [order])?;
    call.log(client, &format!("Deleted Order - Order ID: {order}"))?;
    Ok(Answer::success())
}

fn delete_unpaid_invoice(call: &Call, invoice: i64) -> rusqlite::Result<()> {
    let deleted = call.db.run(
        "DELETE FROM invoices WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM transactions WHERE invoice_id = ?1)",
        [invoice],
    )?;
    if deleted > 0 {
        call.db
            .run("DELETE FROM invoice_items WHERE invoice_id = ?1", [invoice])?;
    }
    Ok(())
}
