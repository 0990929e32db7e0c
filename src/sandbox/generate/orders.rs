//! What a client ordered: mostly one order that became a service, now and then a second one that
//! waits, was called off, or was a fraud.

use jiff::ToSpan as _;
use jiff::civil::Date;
use rusqlite::params;

use super::basket::{OrderState, Ordered};
use super::bills::{self, Fate};
use super::host::{Host, at_ten};
use super::person::Client;
use super::services;

/// Everything a client ever ordered; the first service, if it ordered anything.
pub(super) fn history(host: &mut Host, client: &Client) -> rusqlite::Result<Option<i64>> {
    if host.one_in(8) {
        return Ok(None);
    }
    let service = order(host, client, client.since, OrderState::Active)?;
    if client.is_active {
        later(host, client)?;
    }
    Ok(Some(service))
}

/// What became of an active client since.
fn later(host: &mut Host, client: &Client) -> rusqlite::Result<()> {
    if host.one_in(25) {
        bills::goodwill(host, client)?;
    }
    // Nobody orders before the day of signing up.
    let lately = |host: &mut Host, days: i64| {
        let day = host.today - host.roll(0..days).days();
        day.max(client.since)
    };
    if host.one_in(12) {
        let day = lately(host, 6);
        order(host, client, day, OrderState::Pending)?;
    }
    if host.one_in(30) {
        let day = lately(host, 400);
        order(host, client, day, OrderState::Cancelled)?;
    }
    if host.one_in(50) {
        let day = lately(host, 400);
        order(host, client, day, OrderState::Fraud)?;
    }
    Ok(())
}

/// One order with all that belongs to it; its service.
fn order(host: &mut Host, client: &Client, day: Date, state: OrderState) -> rusqlite::Result<i64> {
    let basket = basket(host, client, day);
    let total = basket.total();
    let fate = match state {
        OrderState::Active => Fate::Paid(day),
        OrderState::Pending => Fate::Unpaid,
        OrderState::Cancelled | OrderState::Fraud => Fate::Cancelled,
    };
    let invoice = bills::invoice(host, client, day, day, total, fate)?;
    let number = host.roll(1_000_000_000..9_999_999_999_i64);
    let address = format!("198.51.100.{}", host.roll(1..255));
    let order = host.insert(
        "INSERT INTO orders (ordernum, client_id, requestor_id, date, amount, paymentmethod, invoice_id, status, \
         ipaddress) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            number, client.id, client.user_id, at_ten(day), total, client.method, invoice, state.word(), address,
        ],
    )?;
    let service = services::service(host, client, &basket, state, order, invoice)?;
    if let Some(sold) = &basket.extension {
        services::domain(host, client, &basket, sold, state, order, invoice)?;
    }
    Ok(service)
}

fn basket(host: &mut Host, client: &Client, day: Date) -> Ordered {
    let plans = host.catalogue.plans(client.currency);
    let plan = host.pick(&plans).clone();
    let is_annual = host.one_in(4);
    let extensions = host.catalogue.extensions(client.currency);
    let extension = host.one_in(2).then(|| host.pick(&extensions).clone());
    let slug = &client.slug;
    let domain = match &extension {
        // A name nobody is likely to have: generated domains are sold, so they cannot end in `.example`.
        Some(sold) => format!("example-{slug}-{}{}", client.id, sold.suffix),
        None => format!("{slug}{}.example.net", client.id),
    };
    Ordered {
        day,
        plan,
        is_annual,
        domain,
        extension,
    }
}
