//! What happens when an invoice becomes paid: what it billed moves on.
//!
//! A service, addon or domain gets its next due date, a renewed domain its new
//! expiry, a product that is set up on payment its account, an upgrade its turn.

use jiff::Span;
use rusqlite::params;

use super::call::Call;
use super::cycle::{Cycle, moved};
use super::provision;

/// Carries out what the lines of an invoice that has just been paid stand for.
pub fn carry_out(call: &Call, invoice: i64) -> rusqlite::Result<()> {
    let lines = call.db.rows(
        "SELECT DISTINCT type, relid FROM invoice_items WHERE invoice_id = ?1 AND relid <> 0",
        [invoice],
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)),
    )?;
    for (kind, relid) in lines {
        match kind.as_str() {
            "Hosting" => service(call, relid)?,
            "Addon" => advance(call, "service_addons", relid)?,
            "DomainRegister" | "DomainTransfer" => domain(call, relid, false)?,
            "Domain" => domain(call, relid, true)?,
            "Upgrade" => upgrade(call, relid)?,
            _ => {}
        }
    }
    Ok(())
}

fn service(call: &Call, service: i64) -> rusqlite::Result<()> {
    advance(call, "services", service)?;
    let is_waiting: Option<i64> = call.db.value(
        "SELECT 1 FROM services s JOIN products p ON p.id = s.product_id \
         WHERE s.id = ?1 AND s.status = 'Pending' AND p.autosetup = 'payment' AND p.module <> ''",
        [service],
    )?;
    if is_waiting.is_some() {
        provision::create(call.db, service)?;
        provision::welcome(call, service)?;
    }
    Ok(())
}

/// Moves the due date of a service or addon on by its cycle.
fn advance(call: &Call, table: &str, id: i64) -> rusqlite::Result<()> {
    let row = call.db.row(
        &format!("SELECT billingcycle, nextduedate, nextinvoicedate FROM {table} WHERE id = ?1"),
        [id],
        |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
            ))
        },
    )?;
    let Some((cycle, due, invoiced)) = row else {
        return Ok(());
    };
    let months = Cycle::from_text(&cycle).map_or(0, Cycle::months);
    let due = moved(&due, Span::new().months(months));
    let invoiced = invoiced.max(due.clone());
    call.db.update(
        table,
        id,
        &[("nextduedate", &due), ("nextinvoicedate", &invoiced)],
    )?;
    Ok(())
}

fn domain(call: &Call, domain: i64, is_renewal: bool) -> rusqlite::Result<()> {
    let row = call.db.row(
        "SELECT registrationperiod, nextduedate, nextinvoicedate, expirydate FROM domains WHERE id = ?1",
        [domain],
        |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, String>(3)?,
            ))
        },
    )?;
    let Some((years, due, invoiced, expiry)) = row else {
        return Ok(());
    };
    let span = Span::new().years(i32::try_from(years).unwrap_or(1).clamp(1, 10));
    let due = moved(&due, span);
    let expiry = if is_renewal {
        moved(&expiry, span)
    } else {
        expiry
    };
    let invoiced = invoiced.max(due.clone());
    call.db.run(
        "UPDATE domains SET nextduedate = ?2, nextinvoicedate = ?3, expirydate = ?4 WHERE id = ?1",
        params![domain, due, invoiced, expiry],
    )?;
    Ok(())
}

/// Gives a service what an upgrade ordered for it.
pub fn upgrade(call: &Call, upgrade: i64) -> rusqlite::Result<()> {
    call.db.run(
        "UPDATE services SET product_id = u.new_value, billingcycle = u.new_cycle, recurringamount = u.new_recurring \
         FROM upgrades u WHERE u.id = ?1 AND services.id = u.service_id AND u.status = 'Pending'",
        [upgrade],
    )?;
    call.db.run(
        "UPDATE upgrades SET status = 'Completed', paid = 1 WHERE id = ?1",
        [upgrade],
    )?;
    Ok(())
}
