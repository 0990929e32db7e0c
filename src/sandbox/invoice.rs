//! Invoices: their lines, sums and statuses.
//!
//! The sums are always those of the lines: the total is what the lines and their
//! taxes come to, less the credit applied. What is left to pay of it is the balance.
//! What paying causes elsewhere is `settlement`'s business.

use rusqlite::params;

use super::call::Call;
use super::credit;
use super::db::Db;
use super::invoice_number;
use super::merge_fields;
use super::money::{Money, thousandths};
use super::settlement;

/// What a status may be, as WHMCS spells it.
pub const STATUSES: &[&str] = &[
    "Draft",
    "Unpaid",
    "Paid",
    "Cancelled",
    "Refunded",
    "Collections",
    "Payment Pending",
];

const NEVER: &str = "0000-00-00 00:00:00";

/// One line.
#[derive(Clone, Debug)]
pub struct Item {
    /// What is billed: `Hosting`, `Addon`, `DomainRegister` …, or nothing.
    pub kind: &'static str,
    /// The id of what is billed, or 0.
    pub relid: i64,
    /// The text of the line.
    pub description: String,
    /// Before tax.
    pub amount: Money,
    /// Whether tax is charged on it.
    pub taxed: bool,
}

/// An invoice about to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewInvoice<'i> {
    /// Who pays.
    pub client: i64,
    /// The day it is made out.
    pub date: &'i str,
    /// The day it is to be paid.
    pub duedate: &'i str,
    /// One of [`STATUSES`].
    pub status: &'i str,
    /// The payment method's system name.
    pub method: &'i str,
    /// First tax in percent.
    pub taxrate: &'i str,
    /// Second tax in percent.
    pub taxrate2: &'i str,
    /// Shown at its foot.
    pub notes: &'i str,
}

/// Makes an invoice with its lines; its id.
pub fn create(call: &Call, new: &NewInvoice, items: &[Item]) -> rusqlite::Result<i64> {
    let moment = call.moment();
    let invoice = call.db.insert(
        "invoices",
        &[
            ("client_id", &new.client),
            ("date", &new.date),
            ("duedate", &new.duedate),
            ("status", &new.status),
            ("paymentmethod", &new.method),
            ("taxrate", &rate(new.taxrate)),
            ("taxrate2", &rate(new.taxrate2)),
            ("notes", &new.notes),
            ("subtotal", &0),
            ("total", &0),
            ("created_at", &moment),
            ("updated_at", &moment),
        ],
    )?;
    for item in items {
        add_item(call.db, invoice, new.client, item)?;
    }
    recompute(call, invoice)?;
    Ok(invoice)
}

/// Adds a line; the sums are not made anew.
pub fn add_item(db: &Db, invoice: i64, client: i64, item: &Item) -> rusqlite::Result<()> {
    db.insert(
        "invoice_items",
        &[
            ("invoice_id", &invoice),
            ("client_id", &client),
            ("type", &item.kind),
            ("relid", &item.relid),
            ("description", &item.description),
            ("amount", &item.amount),
            ("taxed", &item.taxed),
        ],
    )?;
    Ok(())
}

/// Makes the sums anew from the lines, the tax rates and the credit.
pub fn recompute(call: &Call, invoice: i64) -> rusqlite::Result<()> {
    let sums = call.db.row(
        "SELECT COALESCE(SUM(amount), 0), COALESCE(SUM(amount * taxed), 0) FROM invoice_items WHERE invoice_id = ?1",
        [invoice],
        |row| Ok((row.get::<_, Money>(0)?, row.get::<_, Money>(1)?)),
    )?;
    let charged = call.db.row(
        "SELECT taxrate, taxrate2, credit FROM invoices WHERE id = ?1",
        [invoice],
        |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, Money>(2)?,
            ))
        },
    )?;
    let (subtotal, taxable) = sums.unwrap_or_default();
    let (first, second, credit) = charged.unwrap_or_default();
    let tax = taxable.percent(thousandths(&first).unwrap_or(0));
    let tax2 = taxable.percent(thousandths(&second).unwrap_or(0));
    call.db.update(
        "invoices",
        invoice,
        &[
            ("subtotal", &subtotal),
            ("tax", &tax),
            ("tax2", &tax2),
            ("total", &(subtotal + tax + tax2 - credit)),
            ("updated_at", &call.moment()),
        ],
    )?;
    Ok(())
}

/// What is left to pay: the total less the payments, refunds added back.
pub fn balance(db: &Db, invoice: i64) -> rusqlite::Result<Money> {
    let left = db.value(
        "SELECT total - COALESCE((SELECT SUM(amountin - amountout) FROM transactions \
         WHERE invoice_id = i.id), 0) FROM invoices i WHERE id = ?1",
        [invoice],
    )?;
    Ok(left.unwrap_or_default())
}

/// The status of an invoice.
pub fn status(db: &Db, invoice: i64) -> rusqlite::Result<String> {
    let status = db.value("SELECT status FROM invoices WHERE id = ?1", [invoice])?;
    Ok(status.unwrap_or_default())
}

/// Whose invoice it is.
pub fn client(db: &Db, invoice: i64) -> rusqlite::Result<i64> {
    let client = db.value("SELECT client_id FROM invoices WHERE id = ?1", [invoice])?;
    Ok(client.unwrap_or(0))
}

/// A status as WHMCS spells it.
pub fn known_status(text: &str) -> Option<&'static str> {
    STATUSES
        .iter()
        .copied()
        .find(|status| status.eq_ignore_ascii_case(text))
}

/// Gives an invoice a status of [`STATUSES`], with its date and, when it becomes paid, its consequences.
pub fn change_status(call: &Call, invoice: i64, new: &str) -> rusqlite::Result<()> {
    if status(call.db, invoice)? == new {
        return Ok(());
    }
    let moment = call.moment();
    let dates: &[(&str, &str)] = match new {
        "Paid" => &[("datepaid", &moment)],
        "Cancelled" => &[("date_cancelled", &moment)],
        "Refunded" => &[("date_refunded", &moment)],
        "Unpaid" => &[("datepaid", NEVER), ("date_cancelled", NEVER)],
        _ => &[],
    };
    for (column, date) in dates {
        call.db.update("invoices", invoice, &[(*column, date)])?;
    }
    call.db.update(
        "invoices",
        invoice,
        &[("status", &new), ("updated_at", &moment)],
    )?;
    if new == "Paid" {
        invoice_number::assign(call, invoice)?;
        settlement::carry_out(call, invoice)?;
    }
    Ok(())
}

/// Marks an open invoice paid when nothing is left to pay; whether it did.
pub fn settle_if_covered(call: &Call, invoice: i64) -> rusqlite::Result<bool> {
    let is_open = !matches!(
        status(call.db, invoice)?.as_str(),
        "Paid" | "Cancelled" | "Refunded"
    );
    if !is_open || balance(call.db, invoice)? > Money::ZERO {
        return Ok(false);
    }
    change_status(call, invoice, "Paid")?;
    Ok(true)
}

/// Pays part of an invoice from the client's credit; whether it is paid now.
pub fn apply_credit(call: &Call, invoice: i64, amount: Money) -> rusqlite::Result<bool> {
    let client = client(call.db, invoice)?;
    let description = format!("Credit Applied to Invoice #{invoice}");
    credit::move_for_invoice(call, client, -amount, &description, invoice)?;
    call.db.run(
        "UPDATE invoices SET credit = credit + ?2 WHERE id = ?1",
        params![invoice, amount],
    )?;
    recompute(call, invoice)?;
    call.log(
        client,
        &format!("Credit Applied - Invoice ID: {invoice} - Amount: {amount}"),
    )?;
    settle_if_covered(call, invoice)
}

/// Cancels an invoice that is not paid; credit applied to it goes back to the client.
pub fn cancel_unpaid(call: &Call, invoice: i64) -> rusqlite::Result<()> {
    if !matches!(
        status(call.db, invoice)?.as_str(),
        "Unpaid" | "Draft" | "Payment Pending"
    ) {
        return Ok(());
    }
    change_status(call, invoice, "Cancelled")?;
    let applied: Option<Money> = call
        .db
        .value("SELECT credit FROM invoices WHERE id = ?1", [invoice])?;
    let applied = applied.unwrap_or_default();
    if applied > Money::ZERO {
        let client = client(call.db, invoice)?;
        let description = format!("Credit Removed from Invoice #{invoice}");
        credit::move_for_invoice(call, client, applied, &description, invoice)?;
        call.db
            .update("invoices", invoice, &[("credit", &Money::ZERO)])?;
        recompute(call, invoice)?;
    }
    Ok(())
}

/// Records one of the mails on an invoice.
pub fn mail(call: &Call, invoice: i64, template: &str) -> rusqlite::Result<()> {
    if let Some(fields) = merge_fields::of_record(call.db, "invoice", invoice)? {
        let merge: Vec<(&str, &str)> = fields.texts().collect();
        call.mail(fields.int("client_id"), template, &merge)?;
    }
    Ok(())
}

/// The day an invoice made today is due unless told otherwise.
pub fn due_day(call: &Call) -> rusqlite::Result<String> {
    let days: Option<String> = call.db.value(
        "SELECT value FROM settings WHERE name = 'InvoiceDueDays'",
        (),
    )?;
    let days = days.and_then(|days| days.parse().ok()).unwrap_or(0_i32);
    let due = call
        .now
        .date()
        .saturating_add(jiff::Span::new().days(days.clamp(0, 3650)));
    Ok(due.to_string())
}

/// A tax rate as WHMCS prints it, with three digits; what is no number is none.
pub fn rate(text: &str) -> String {
    let rate = thousandths(text).unwrap_or(0);
    format!("{}.{:03}", rate / 1000, (rate % 1000).abs())
}

#[cfg(test)]
mod tests {
    use super::{known_status, rate};

    #[test]
    fn rates_have_three_digits_and_statuses_one_spelling() {
        for (text, shown) in [
            ("19", "19.000"),
            ("7.5", "7.500"),
            ("", "0.000"),
            ("x", "0.000"),
        ] {
            assert_eq!(rate(text), shown, "{text}");
        }
        assert_eq!(known_status("payment pending"), Some("Payment Pending"));
        assert_eq!(known_status("Lost"), None);
    }
}
