//! What becomes of an order: accepted, cancelled, fraud, pending again.

use rusqlite::params;

use crate::sandbox::call::Call;
use crate::sandbox::invoice;
use crate::sandbox::provision;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

const NOT_PENDING: &str = "Order ID not found or Status not Pending";
const NOT_FOUND: &str = "Order ID Not Found";

/// Accepts a pending order: its services, addons and domains become active.
///
/// Where a server or registrar refuses, all stays pending, and it is told in their words.
pub fn accept_order(call: &Call) -> Result<Answer, Refusal> {
    let order = pending(call)?;
    for service in members(call, "services", order)? {
        accept_service(call, service)?;
    }
    call.db.run(
        "UPDATE service_addons SET status = 'Active' WHERE order_id = ?1 AND status = 'Pending'",
        [order],
    )?;
    for domain in members(call, "domains", order)? {
        accept_domain(call, domain)?;
    }
    set_status(call, order, "Active")?;
    Ok(Answer::success())
}

/// Cancels a pending order, what it made, and its invoice if that is not paid.
pub fn cancel_order(call: &Call) -> Result<Answer, Refusal> {
    let order = pending(call)?;
    undo(call, order, "Cancelled")
}

/// Marks an order as fraud, and what it made, and cancels its invoice if that is not paid.
pub fn fraud_order(call: &Call) -> Result<Answer, Refusal> {
    let order = call.existing("orderid", "orders", NOT_FOUND)?;
    undo(call, order, "Fraud")
}

/// Sets an order and what it made back to pending: it takes its stock again, and an invoice
/// cancelled with it is to be paid again.
pub fn pending_order(call: &Call) -> Result<Answer, Refusal> {
    let order = call.existing("orderid", "orders", NOT_FOUND)?;
    unstock(call, order)?;
    set_all(call, order, "Pending")?;
    let invoice = invoice_of(call, order)?;
    if invoice != 0 && invoice::status(call.db, invoice)? == "Cancelled" {
        invoice::change_status(call, invoice, "Unpaid")?;
    }
    Ok(Answer::success())
}

fn pending(call: &Call) -> Result<i64, Refusal> {
    let found = call.db.value(
        "SELECT id FROM orders WHERE id = ?1 AND status = 'Pending'",
        [call.int("orderid")],
    )?;
    found.ok_or_else(|| Refusal::says(NOT_PENDING))
}

/// The ids of an order's services or domains that still wait.
fn members(call: &Call, table: &str, order: i64) -> rusqlite::Result<Vec<i64>> {
    call.db.values(
        &format!("SELECT id FROM {table} WHERE order_id = ?1 AND status = 'Pending' ORDER BY id"),
        [order],
    )
}

fn accept_service(call: &Call, service: i64) -> Result<(), Refusal> {
    let server = call.int("serverid");
    if call.db.exists("servers", server)? {
        call.db
            .update("services", service, &[("server_id", &server)])?;
    }
    for (name, column) in [
        ("serviceusername", "username"),
        ("servicepassword", "password"),
    ] {
        if let Some(text) = call.given(name) {
            call.db.update("services", service, &[(column, &text)])?;
        }
    }
    if is_set_up(call, service)? {
        if let Some(words) = provision::obstacle(call.db, service)? {
            return refuse(words);
        }
        provision::create(call.db, service)?;
    }
    call.db
        .update("services", service, &[("status", &"Active")])?;
    if call.flag("sendemail") {
        provision::welcome(call, service)?;
    }
    Ok(())
}

/// Whether the module runs: the call says so, or else the product; it needs a module.
fn is_set_up(call: &Call, service: i64) -> rusqlite::Result<bool> {
    let product = call.db.row(
        "SELECT p.module <> '', p.autosetup <> '' FROM services s JOIN products p ON p.id = s.product_id WHERE s.id = ?1",
        [service],
        |row| Ok((row.get::<_, bool>(0)?, row.get::<_, bool>(1)?)),
    )?;
    let (has_module, is_automatic) = product.unwrap_or_default();
    Ok(has_module && call.sent_flag("autosetup").unwrap_or(is_automatic))
}

fn accept_domain(call: &Call, domain: i64) -> Result<(), Refusal> {
    if let Some(registrar) = call.given("registrar") {
        call.db
            .update("domains", domain, &[("registrar", &registrar)])?;
    }
    if !call.flag("sendregistrar") {
        call.db
            .update("domains", domain, &[("status", &"Active")])?;
        return Ok(());
    }
    let is_active: Option<i64> = call.db.value(
        "SELECT 1 FROM domains d JOIN registrars r ON r.module = d.registrar WHERE d.id = ?1",
        [domain],
    )?;
    if is_active.is_none() {
        return refuse("Registrar module is not active");
    }
    provision::register_domain(call, domain)?;
    if call.flag("sendemail") {
        let row = call.db.row(
            "SELECT client_id, domain FROM domains WHERE id = ?1 AND status = 'Active'",
            [domain],
            |row| Ok((row.get(0)?, row.get::<_, String>(1)?)),
        )?;
        if let Some((client, name)) = row {
            call.mail(
                client,
                "Domain Registration Confirmation",
                &[("domain_name", &name)],
            )?;
        }
    }
    Ok(())
}

fn undo(call: &Call, order: i64, status: &str) -> Result<Answer, Refusal> {
    if call.flag("cancelsub") {
        cancel_subscriptions(call, order)?;
    }
    restock(call, order)?;
    set_all(call, order, status)?;
    let invoice = invoice_of(call, order)?;
    if invoice != 0 {
        invoice::cancel_unpaid(call, invoice)?;
    }
    Ok(Answer::success())
}

/// The id of an order's invoice, or 0.
fn invoice_of(call: &Call, order: i64) -> rusqlite::Result<i64> {
    let invoice = call
        .db
        .value("SELECT invoice_id FROM orders WHERE id = ?1", [order])?;
    Ok(invoice.unwrap_or(0))
}

/// Ends the subscriptions of an order's services; only `PayPal` has any to end.
fn cancel_subscriptions(call: &Call, order: i64) -> Result<(), Refusal> {
    for table in ["services", "domains"] {
        let stuck: Option<i64> = call.db.value(
            &format!(
                "SELECT id FROM {table} WHERE order_id = ?1 AND subscriptionid <> '' AND paymentmethod <> 'paypal'"
            ),
            [order],
        )?;
        if stuck.is_some() {
            return refuse(
                "Subscription Cancellation Failed - Please check the gateway log for further information",
            );
        }
        call.db.run(
            &format!("UPDATE {table} SET subscriptionid = '' WHERE order_id = ?1"),
            [order],
        )?;
    }
    Ok(())
}

/// Puts what an order took from stock back, unless that was done before.
fn restock(call: &Call, order: i64) -> rusqlite::Result<()> {
    move_stock(call, order, "NOT IN", 1)
}

/// Takes from stock again what came back when an order was undone.
fn unstock(call: &Call, order: i64) -> rusqlite::Result<()> {
    move_stock(call, order, "IN", -1)
}

/// Moves the stock of the order's products whose services are undone, or are not.
fn move_stock(call: &Call, order: i64, undone: &str, sign: i64) -> rusqlite::Result<()> {
    call.db.run(
        &format!(
            "UPDATE products SET qty = max(products.qty + ?2 * taken.qty, 0) FROM \
             (SELECT product_id, SUM(qty) AS qty FROM services \
              WHERE order_id = ?1 AND status {undone} ('Cancelled', 'Fraud') GROUP BY product_id) taken \
             WHERE products.id = taken.product_id AND products.stockcontrol = 1"
        ),
        [order, sign],
    )?;
    Ok(())
}

fn set_all(call: &Call, order: i64, status: &str) -> rusqlite::Result<()> {
    for table in ["services", "service_addons", "domains"] {
        call.db.run(
            &format!("UPDATE {table} SET status = ?2 WHERE order_id = ?1"),
            params![order, status],
        )?;
    }
    call.db.run(
        "UPDATE upgrades SET status = ?2 WHERE order_id = ?1 AND status <> 'Completed'",
        params![order, status],
    )?;
    set_status(call, order, status)
}

fn set_status(call: &Call, order: i64, status: &str) -> rusqlite::Result<()> {
    call.db.update("orders", order, &[("status", &status)])?;
    let client: Option<i64> = call
        .db
        .value("SELECT client_id FROM orders WHERE id = ?1", [order])?;
    call.log(
        client.unwrap_or(0),
        &format!("Order Status Changed to {status} - Order ID: {order}"),
    )
}
