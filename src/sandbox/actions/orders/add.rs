//! `AddOrder`: checks who orders, fills a basket, writes the order and its invoice.
//!
//! Nothing is set up here, whatever a product's automatic setup says: that is
//! `AcceptOrder`'s, or the payment's. A refusal anywhere takes all of it back.

use rusqlite::params;

use super::basket::Basket;
use super::{placed_addons, placed_domains, placed_services, renewals};
use crate::sandbox::call::Call;
use crate::sandbox::group_discount;
use crate::sandbox::invoice::{self, NewInvoice};
use crate::sandbox::promotion;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;
use crate::sandbox::{gateway, money::Money};

/// What must be an array as soon as `domaintype` is one.
const PER_DOMAIN: &[&str] = &["domain", "regperiod", "eppcode", "idnlanguage"];

/// Places an order for a client.
pub fn add_order(call: &Call) -> Result<Answer, Refusal> {
    let (client, currency) = buyer(call)?;
    let method = gateway::check(call.db, call.text("paymentmethod"))?;
    check_arrays(call)?;
    // Before the order stands, or it would count as an earlier one.
    let (code, anything) = (call.text("promocode"), call.flag("promooverride"));
    let promotion = promotion::usable(call, client, code, anything)?;
    let mut basket = Basket {
        call,
        client,
        currency,
        order: insert_order(call, client, &method)?,
        method,
        promotion,
        promotion_used: false,
        services: Vec::new(),
        addons: Vec::new(),
        domains: Vec::new(),
        renewals: Vec::new(),
        items: Vec::new(),
        is_filled: false,
    };
    placed_addons::place_alone(&mut basket)?;
    renewals::place(&mut basket)?;
    placed_services::place(&mut basket)?;
    placed_domains::place(&mut basket)?;
    if !basket.is_filled {
        return refuse("No items added to cart so order cannot proceed");
    }
    finish(&basket)
}

/// The client and its currency.
fn buyer(call: &Call) -> Result<(i64, i64), Refusal> {
    let row = call.db.row(
        "SELECT id, currency, status FROM clients WHERE id = ?1",
        [call.int("clientid")],
        |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?)),
    )?;
    match row {
        None => refuse("Client ID Not Found"),
        Some((_, _, status)) if status.eq_ignore_ascii_case("Closed") => {
            refuse("Unable to add order when client status is Closed")
        }
        Some((client, currency, _)) => Ok((client, currency)),
    }
}

fn check_arrays(call: &Call) -> Result<(), Refusal> {
    if call.array("domaintype").is_none() {
        return Ok(());
    }
    for name in PER_DOMAIN {
        if call.given(name).is_some() {
            return refuse(format!("Expecting parameter '{name}' to be an array"));
        }
    }
    Ok(())
}

fn insert_order(call: &Call, client: i64, method: &str) -> rusqlite::Result<i64> {
    let owner: Option<i64> = call.db.value(
        "SELECT user_id FROM user_clients WHERE client_id = ?1 AND owner = 1",
        [client],
    )?;
    let here = call.caller.ip.to_string();
    call.db.insert(
        "orders",
        &[
            ("ordernum", &call.db.roll(1_000_000_000, 9_999_999_999)),
            ("client_id", &client),
            ("contact_id", &call.int("contactid")),
            ("requestor_id", &owner.unwrap_or(0)),
            ("admin_requestor_id", &call.caller.admin_id),
            ("date", &call.moment()),
            ("nameservers", &placed_domains::nameservers(call).join(",")),
            ("amount", &Money::ZERO),
            ("paymentmethod", &method),
            ("ipaddress", &call.given("clientip").unwrap_or(&here)),
            ("notes", &call.text("notes")),
        ],
    )
}

/// Writes what the basket came to, makes the invoice, and tells of it all.
fn finish(basket: &Basket) -> Result<Answer, Refusal> {
    let call = basket.call;
    let invoice = if basket.items.is_empty() || call.flag("noinvoice") {
        0
    } else {
        make_invoice(basket)?
    };
    let secrets = placed_domains::transfer_secret(basket)?;
    call.db.run(
        "UPDATE orders SET amount = ?2, invoice_id = ?3, renewals = ?4, transfersecret = ?5 WHERE id = ?1",
        params![basket.order, basket.amount(), invoice, basket.renewals.join(","), secrets],
    )?;
    note_promotion(basket)?;
    call.log(
        basket.client,
        &format!("New Order Placed - Order ID: {}", basket.order),
    )?;
    if !call.flag("noemail") {
        confirm(basket)?;
    }
    if invoice != 0 && !call.flag("noinvoiceemail") {
        invoice::mail(call, invoice, "Invoice Created")?;
    }
    let services = ids(&basket.services);
    Ok(Answer::success()
        .with("orderid", basket.order.to_string())
        .with("productids", services.as_str())
        .with("serviceids", services)
        .with("addonids", ids(&basket.addons))
        .with("domainids", ids(&basket.domains))
        .with("invoiceid", invoice.to_string()))
}

fn make_invoice(basket: &Basket) -> rusqlite::Result<i64> {
    let call = basket.call;
    let new = NewInvoice {
        client: basket.client,
        date: &call.today(),
        duedate: &invoice::due_day(call)?,
        status: "Unpaid",
        method: &basket.method,
        taxrate: "",
        taxrate2: "",
        notes: "",
    };
    let mut items = basket.items.clone();
    group_discount::add(call.db, basket.client, &mut items)?;
    invoice::create(call, &new, &items)
}

fn note_promotion(basket: &Basket) -> rusqlite::Result<()> {
    let Some(promotion) = basket.promotion.as_ref().filter(|_| basket.promotion_used) else {
        return Ok(());
    };
    basket.call.db.run(
        "UPDATE orders SET promocode = ?2, promotype = ?3, promovalue = ?4 WHERE id = ?1",
        params![
            basket.order,
            promotion.code,
            promotion.kind,
            promotion.value.to_string()
        ],
    )?;
    promotion.used(basket.call.db)
}

fn confirm(basket: &Basket) -> rusqlite::Result<()> {
    let number: Option<i64> = basket
        .call
        .db
        .value("SELECT ordernum FROM orders WHERE id = ?1", [basket.order])?;
    let number = number.unwrap_or(0).to_string();
    basket.call.mail(
        basket.client,
        "Order Confirmation",
        &[("order_number", &number)],
    )?;
    Ok(())
}

fn ids(ids: &[i64]) -> String {
    let texts: Vec<String> = ids.iter().map(i64::to_string).collect();
    texts.join(",")
}
