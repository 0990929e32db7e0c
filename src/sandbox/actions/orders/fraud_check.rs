//! `OrderFraudCheck`: what the active fraud module says of an order.
//!
//! Nobody is asked. An order passes unless its address ends in `.66`, so that both
//! answers can be had; what becomes of the order is left to the caller.

use crate::sandbox::call::Call;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// Has the active fraud module judge an order, and keeps with the order what it said.
pub fn order_fraud_check(call: &Call) -> Result<Answer, Refusal> {
    let order = call.existing("orderid", "orders", "Order ID Not Found")?;
    let module: Option<String> = call.db.value(
        "SELECT module FROM active_modules WHERE type = 'fraud' ORDER BY module",
        (),
    )?;
    let Some(module) = module else {
        return refuse("No Active Fraud Module");
    };
    let own: Option<String> = call
        .db
        .value("SELECT ipaddress FROM orders WHERE id = ?1", [order])?;
    let own = own.unwrap_or_default();
    let address = call.given("ipaddress").unwrap_or(&own);
    let (status, score) = if address.ends_with(".66") {
        ("Fail", "99.00")
    } else {
        ("Pass", "1.00")
    };
    let results = serde_json::json!({ "ip_address": address, "risk_score": score }).to_string();
    call.db.update(
        "orders",
        order,
        &[("fraudmodule", &module), ("fraudoutput", &results)],
    )?;
    call.log(
        0,
        &format!("Order Fraud Check Result: {status} - Order ID: {order}"),
    )?;
    Ok(Answer::success()
        .with("status", status)
        .with("module", module)
        .with("results", results))
}
