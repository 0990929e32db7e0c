//! Invoices with their lines, and the payments of those that are paid.

use jiff::ToSpan as _;
use jiff::civil::Date;
use rusqlite::params;

use super::host::{Host, at_ten};
use super::person::Client;

const NEVER: &str = "0000-00-00 00:00:00";

/// What an invoice charges for.
pub(super) struct Line {
    /// `Hosting` or `Domain`.
    pub(super) kind: &'static str,
    pub(super) description: String,
    pub(super) amount: i64,
}

/// What became of an invoice.
#[derive(Clone, Copy)]
pub(super) enum Fate {
    Paid(Date),
    Unpaid,
    Cancelled,
}

/// Writes an invoice for what is due on a day; its id. Lines are added with [`charge`].
pub(super) fn invoice(
    host: &mut Host,
    client: &Client,
    issued: Date,
    due: Date,
    total: i64,
    fate: Fate,
) -> rusqlite::Result<i64> {
    let (status, paid, cancelled) = match fate {
        Fate::Paid(day) => ("Paid", at_ten(day), NEVER.to_owned()),
        Fate::Unpaid => ("Unpaid", NEVER.to_owned(), NEVER.to_owned()),
        Fate::Cancelled => ("Cancelled", NEVER.to_owned(), at_ten(due)),
    };
    let id = host.insert(
        "INSERT INTO invoices (client_id, date, duedate, datepaid, date_cancelled, subtotal, total, status, \
         paymentmethod, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8, ?9, ?9)",
        params![
            client.id, issued.to_string(), due.to_string(), paid, cancelled, total, status, client.method,
            at_ten(issued),
        ],
    )?;
    if let Fate::Paid(day) = fate {
        let fees = if client.method == "paypal" {
            total * 3 / 100
        } else {
            0
        };
        host.insert(
            "INSERT INTO transactions (client_id, gateway, date, description, amountin, fees, transid, invoice_id, \
             rate) VALUES (?1, ?2, ?3, 'Invoice Payment', ?4, ?5, ?6, ?7, \
             (SELECT rate FROM currencies WHERE id = ?8))",
            params![
                client.id, client.method, at_ten(day), total, fees, format!("T{id:08}"), id, client.currency,
            ],
        )?;
    }
    Ok(id)
}

/// Puts a line on an invoice.
pub(super) fn charge(
    host: &Host,
    client: &Client,
    invoice: i64,
    subject: i64,
    line: &Line,
) -> rusqlite::Result<()> {
    host.insert(
        "INSERT INTO invoice_items (invoice_id, client_id, type, relid, description, amount) \
         VALUES (?, ?, ?, ?, ?, ?)",
        params![
            invoice,
            client.id,
            line.kind,
            subject,
            line.description,
            line.amount
        ],
    )?;
    Ok(())
}

/// An invoice of one line, issued a fortnight before it is due.
pub(super) fn renewal(
    host: &mut Host,
    client: &Client,
    due: Date,
    subject: i64,
    line: &Line,
    fate: Fate,
) -> rusqlite::Result<()> {
    let invoice = invoice(host, client, due - 14.days(), due, line.amount, fate)?;
    charge(host, client, invoice, subject, line)
}

/// Gives a client something back.
pub(super) fn goodwill(host: &mut Host, client: &Client) -> rusqlite::Result<()> {
    let amount = 100 * host.roll(1..50_i64);
    let day = client.since.to_string();
    host.insert(
        "INSERT INTO credits (client_id, date, description, amount, admin_id) VALUES (?, ?, 'Goodwill', ?, 1)",
        params![client.id, day, amount],
    )?;
    let mut statement = host
        .connection
        .prepare_cached("UPDATE clients SET credit = ?2 WHERE id = ?1")?;
    statement.execute([client.id, amount])?;
    Ok(())
}
