//! What happens when an invoice becomes paid: what it billed moves on.
//!
//! A service, addon or domain gets its next due date, a renewed domain its new
//! expiry, a product that is set up on payment its account, a new domain its registration,
//! an upgrade its turn.

use jiff::Span;
use rusqlite::params;

use super::call::Call;
use super::config_options;
use super::cycle::{Cycle, moved};
use super::provision;
use super::registrar;

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
            "DomainRegister" => {
                domain(call, relid, false)?;
                register(call, relid)?;
            }
            "DomainTransfer" => domain(call, relid, false)?,
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

/// Registers a new domain whose extension names the registrar that does so on payment.
///
/// One that cannot be registered, since its name is taken or its registrar not active, waits.
fn register(call: &Call, domain: i64) -> rusqlite::Result<()> {
    let waiting: Option<String> = call.db.value(
        "SELECT d.domain FROM domains d JOIN registrars r ON r.module = d.registrar \
         JOIN tlds t ON t.registrar = d.registrar AND t.extension = substr(d.domain, instr(d.domain, '.')) \
         WHERE d.id = ?1 AND d.status = 'Pending'",
        [domain],
    )?;
    match waiting {
        Some(name) if !registrar::is_taken(call.db, &name, domain)? => {
            registrar::register(call, domain)
        }
        _ => Ok(()),
    }
}

/// Gives a service what an upgrade ordered for it, once.
pub fn upgrade(call: &Call, upgrade: i64) -> rusqlite::Result<()> {
    let waiting = call.db.row(
        "SELECT u.type, s.id, s.product_id, u.option_id, u.new_value FROM upgrades u \
         JOIN services s ON s.id = u.service_id WHERE u.id = ?1 AND u.status = 'Pending'",
        [upgrade],
        |row| {
            let product: i64 = row.get(2)?;
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, i64>(1)?,
                product,
                row.get(3)?,
                row.get(4)?,
            ))
        },
    )?;
    let Some((kind, service, product, option, value)) = waiting else {
        return Ok(());
    };
    if kind == "configoptions" {
        config_options::change(call.db, product, service, option, value)?;
        call.db.run(
            "UPDATE services SET recurringamount = recurringamount + u.new_recurring \
             FROM upgrades u WHERE u.id = ?1 AND services.id = u.service_id",
            [upgrade],
        )?;
    } else {
        call.db.run(
            "UPDATE services SET product_id = u.new_value, billingcycle = u.new_cycle, \
             recurringamount = u.new_recurring FROM upgrades u WHERE u.id = ?1 AND services.id = u.service_id",
            [upgrade],
        )?;
        start_cycle(call, service)?;
    }
    call.db.run(
        "UPDATE upgrades SET status = 'Completed', paid = 1 WHERE id = ?1",
        [upgrade],
    )?;
    Ok(())
}

/// Gives a service that was free or paid once, and now comes again, its first due date.
fn start_cycle(call: &Call, service: i64) -> rusqlite::Result<()> {
    let cycle: Option<String> = call.db.value(
        "SELECT billingcycle FROM services WHERE id = ?1 AND nextduedate = '0000-00-00'",
        [service],
    )?;
    let cycle = cycle.and_then(|cycle| Cycle::from_text(&cycle));
    if let Some(cycle) = cycle.filter(|cycle| cycle.is_recurring()) {
        let due = cycle.end(call.now.date()).to_string();
        call.db.update(
            "services",
            service,
            &[("nextduedate", &due), ("nextinvoicedate", &due)],
        )?;
    }
    Ok(())
}
