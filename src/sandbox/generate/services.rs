//! The services and domains of an order, and what they were billed since.

use jiff::ToSpan as _;
use jiff::civil::Date;
use rusqlite::params;

use super::basket::{OrderState, Ordered};
use super::bills::{self, Fate, Line, charge};
use super::catalogue::Extension;
use super::host::Host;
use super::person::Client;

/// How many of the last renewals have an invoice; the older ones were cleared away.
const KEPT: i32 = 3;

/// Where a service stands.
struct Standing {
    status: &'static str,
    next_due: Date,
    ended: Option<Date>,
    /// Renewals with their invoices, by due day.
    renewals: Vec<(Date, Fate)>,
}

/// Adds the service of an order, its line on the order's invoice, and the invoices of its renewals; its id.
pub(super) fn service(
    host: &mut Host,
    client: &Client,
    basket: &Ordered,
    state: OrderState,
    order: i64,
    invoice: i64,
) -> rusqlite::Result<i64> {
    let standing = match state {
        OrderState::Active if client.is_active => running(host, basket),
        OrderState::Active => ended(host, basket),
        _ => Standing {
            status: state.word(),
            next_due: basket.day,
            ended: None,
            renewals: Vec::new(),
        },
    };
    let price = basket.price();
    let first = basket.plan.setup + price;
    let server = match state {
        OrderState::Active if basket.plan.on_server => host.roll(1..=2),
        _ => 0,
    };
    let ended = standing.ended.map(|day| day.to_string());
    let id = host.insert(
        "INSERT INTO services (client_id, order_id, product_id, server_id, regdate, domain, paymentmethod, \
         firstpaymentamount, recurringamount, billingcycle, nextduedate, nextinvoicedate, terminationdate, status, \
         username, password) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12, ?13, ?14, ?15)",
        params![
            client.id,
            order,
            basket.plan.product,
            server,
            basket.day.to_string(),
            basket.domain,
            client.method,
            first,
            price,
            if basket.is_annual { "Annually" } else { "Monthly" },
            standing.next_due.to_string(),
            ended.as_deref().unwrap_or("0000-00-00"),
            standing.status,
            if server == 0 { String::new() } else { format!("site{}", client.id) },
            if server == 0 { "" } else { "xxxxxxxx" },
        ],
    )?;
    let line = |amount| Line {
        kind: "Hosting",
        description: format!("{} - {}", basket.plan.name, basket.domain),
        amount,
    };
    charge(host, client, invoice, id, &line(first))?;
    for (due, fate) in standing.renewals {
        bills::renewal(host, client, due, id, &line(price), fate)?;
    }
    Ok(id)
}

/// The due day of the n-th renewal.
fn due(basket: &Ordered, number: i32) -> Date {
    let months = if basket.is_annual { 12 } else { 1 };
    basket.day + (number * months).months()
}

/// The first renewal that is due after a day.
fn next_after(basket: &Ordered, day: Date) -> i32 {
    let months = if basket.is_annual { 12 } else { 1 };
    let since = basket.day;
    let apart = i32::from(day.year() - since.year()) * 12 + i32::from(day.month() - since.month());
    let guess = (apart / months).max(1);
    // The one after the guess falls into a later month than the day.
    guess + i32::from(due(basket, guess) <= day)
}

/// Paid up to here; one in twelve owes the last renewal, and is suspended for it after a week.
fn running(host: &mut Host, basket: &Ordered) -> Standing {
    let today = host.today;
    let next = next_after(basket, today);
    let owes = next > 1 && host.one_in(12);
    let mut renewals = Vec::new();
    for number in (next - KEPT).max(1)..next {
        let day = due(basket, number);
        let fate = if owes && number == next - 1 {
            Fate::Unpaid
        } else {
            Fate::Paid(day - host.roll(0..10).days())
        };
        renewals.push((day, fate));
    }
    if owes {
        let next_due = due(basket, next - 1);
        let is_late = next_due + 7.days() < today;
        return Standing {
            status: if is_late { "Suspended" } else { "Active" },
            next_due,
            ended: None,
            renewals,
        };
    }
    let next_due = due(basket, next);
    if next_due - 14.days() <= today {
        renewals.push((next_due, Fate::Unpaid));
    }
    Standing {
        status: "Active",
        next_due,
        ended: None,
        renewals,
    }
}

/// Paid for a while, then over.
fn ended(host: &mut Host, basket: &Ordered) -> Standing {
    let periods = next_after(basket, host.today);
    let last = host.roll(1..=periods);
    let day = due(basket, last).min(host.today);
    let mut renewals: Vec<_> = ((last - KEPT).max(1)..last)
        .map(|number| {
            (
                due(basket, number),
                Fate::Paid(due(basket, number) - 1.day()),
            )
        })
        .collect();
    // The bill that nobody paid any more.
    if last < periods && host.one_in(3) {
        renewals.push((due(basket, last), Fate::Cancelled));
    }
    Standing {
        status: host.pick::<&str>(&["Cancelled", "Terminated"]),
        next_due: day,
        ended: Some(day),
        renewals,
    }
}

/// Adds the domain of an order, its line on the order's invoice, and the invoice of its last renewal.
pub(super) fn domain(
    host: &mut Host,
    client: &Client,
    basket: &Ordered,
    sold: &Extension,
    state: OrderState,
    order: i64,
    invoice: i64,
) -> rusqlite::Result<()> {
    let since = basket.day;
    let is_kept = matches!(state, OrderState::Active) && client.is_active;
    let mut years = 1;
    while is_kept && since + years.years() <= host.today {
        years += 1;
    }
    let expiry = since + years.years();
    let status = match state {
        OrderState::Active if is_kept || expiry > host.today => "Active",
        OrderState::Active => "Expired",
        other => other.word(),
    };
    let id = host.insert(
        "INSERT INTO domains (client_id, order_id, type, domain, registrar, registrationperiod, firstpaymentamount, \
         recurringamount, paymentmethod, registrationdate, expirydate, nextduedate, nextinvoicedate, status, ns1, ns2) \
         VALUES (?1, ?2, 'Register', ?3, ?4, 1, ?5, ?6, ?7, ?8, ?9, ?9, ?9, ?10, 'ns1.example.com', 'ns2.example.com')",
        params![
            client.id, order, basket.domain, sold.registrar, sold.register, sold.renew, client.method,
            since.to_string(), expiry.to_string(), status,
        ],
    )?;
    let line = |what: &str, amount| Line {
        kind: "Domain",
        description: format!("Domain {what} - {} - 1 Year/s", basket.domain),
        amount,
    };
    charge(
        host,
        client,
        invoice,
        id,
        &line("Registration", sold.register),
    )?;
    if years > 1 {
        let due = expiry - 1.year();
        let paid = Fate::Paid(due - host.roll(1..10).days());
        bills::renewal(host, client, due, id, &line("Renewal", sold.renew), paid)?;
    }
    Ok(())
}
