//! Late fees and reminders: what becomes of invoices that are not paid.

use jiff::Span;
use rusqlite::params;

use super::options;
use crate::sandbox::call::Call;
use crate::sandbox::cycle::later;
use crate::sandbox::invoice::{self, Item};
use crate::sandbox::money::{Money, thousandths};
use crate::sandbox::refusal::Refusal;

/// Adds its late fee to each invoice that is overdue by so many days, once.
pub(super) fn add_late_fees(call: &Call) -> Result<i64, Refusal> {
    let db = call.db;
    let days = options::days(db, "AddLateFeeDays")?;
    let rate = options::text(db, "InvoiceLateFeeAmount")?;
    let least: Money = options::text(db, "LateFeeMinimum")?
        .parse()
        .unwrap_or_default();
    let is_share = options::text(db, "LateFeeType")? == "Percentage";
    if rate.parse::<Money>().unwrap_or_default() <= Money::ZERO {
        return Ok(0);
    }
    let today = call.now.date();
    let overdue = db.rows(
        "SELECT i.id, i.client_id FROM invoices i JOIN clients c ON c.id = i.client_id \
         WHERE i.status = 'Unpaid' AND i.duedate < ?1 AND i.duedate <= ?2 AND c.latefeeoveride = 0 \
         AND NOT EXISTS (SELECT 1 FROM invoice_items l WHERE l.invoice_id = i.id AND l.type = 'LateFee') \
         ORDER BY i.id",
        params![
            today.to_string(),
            later(today, Span::new().days(-days)).to_string()
        ],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
    )?;
    let mut added = 0;
    for (id, client) in overdue {
        let owed = invoice::balance(db, id)?;
        let fee = if is_share {
            owed.percent(thousandths(&rate).unwrap_or(0)).max(least)
        } else {
            rate.parse().unwrap_or_default()
        };
        if owed <= Money::ZERO || fee <= Money::ZERO {
            continue;
        }
        let item = Item {
            kind: "LateFee",
            relid: 0,
            description: format!("Late Fee (Added {today})"),
            amount: fee,
            taxed: false,
        };
        invoice::add_item(db, id, client, &item)?;
        invoice::recompute(call, id)?;
        call.log(client, &format!("Late Fee Added - Invoice ID: {id}"))?;
        added += 1;
    }
    Ok(added)
}

/// Reminds of invoices that are due in so many days.
pub(super) fn remind(call: &Call) -> Result<i64, Refusal> {
    let days = options::days(call.db, "SendInvoiceReminderDays")?;
    notify(call, -days, "Invoice Payment Reminder")
}

/// The first warning about overdue invoices.
pub(super) fn warn_first(call: &Call) -> Result<i64, Refusal> {
    let days = options::days(call.db, "SendFirstOverdueInvoiceReminder")?;
    notify(call, days, "First Invoice Overdue Notice")
}

/// The second one.
pub(super) fn warn_second(call: &Call) -> Result<i64, Refusal> {
    let days = options::days(call.db, "SendSecondOverdueInvoiceReminder")?;
    notify(call, days, "Second Invoice Overdue Notice")
}

/// The third one.
pub(super) fn warn_third(call: &Call) -> Result<i64, Refusal> {
    let days = options::days(call.db, "SendThirdOverdueInvoiceReminder")?;
    notify(call, days, "Third Invoice Overdue Notice")
}

/// Mails about the unpaid invoices that were due so many days ago, on that very day alone; how many it were.
///
/// No day at all means that no such mail is wanted.
fn notify(call: &Call, days_after: i64, template: &str) -> Result<i64, Refusal> {
    if days_after == 0 || !options::is_on(call.db, "SendReminder")? {
        return Ok(0);
    }
    let due = later(call.now.date(), Span::new().days(-days_after));
    let found = call.db.values::<i64>(
        "SELECT i.id FROM invoices i JOIN clients c ON c.id = i.client_id \
         WHERE i.status = 'Unpaid' AND i.duedate = ?1 AND (?2 OR c.overideduenotices = 0) ORDER BY i.id",
        params![due.to_string(), days_after < 0],
    )?;
    for id in &found {
        invoice::mail(call, *id, template)?;
    }
    Ok(i64::try_from(found.len()).unwrap_or(i64::MAX))
}
