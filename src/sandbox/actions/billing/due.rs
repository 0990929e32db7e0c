//! `GenInvoices`: what is due to be invoiced, as the daily cron of WHMCS finds it.
//!
//! A period is invoiced once: what was charged has its next invoice date moved on,
//! and what already stands on an open invoice waits until that is paid.

use std::collections::BTreeMap;

use jiff::Span;
use jiff::civil::Date;
use rusqlite::params;

use super::charge::Charge;
use super::{billable, create};
use crate::sandbox::call::{Call, intval};
use crate::sandbox::cycle::{Cycle, later, moved};
use crate::sandbox::group_discount;
use crate::sandbox::invoice::{self, Item, NewInvoice};
use crate::sandbox::localised;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::Answer;

/// What recurs: where it is kept and how it reads on an invoice; `t` is its record.
struct Source {
    /// The parameter that picks some of them.
    parameter: &'static str,
    table: &'static str,
    join: &'static str,
    /// The type of its line.
    kind: &'static str,
    text: &'static str,
    /// The amount of a period, a first one that was not billed yet included.
    amount: &'static str,
    taxed: &'static str,
    /// A billing cycle, or a number of years.
    cycle: &'static str,
    condition: &'static str,
}

const SOURCES: [Source; 3] = [
    Source {
        parameter: "serviceids",
        table: "services",
        join: "JOIN products p ON p.id = t.product_id",
        kind: "'Hosting'",
        text: "p.name || CASE t.domain WHEN '' THEN '' ELSE ' - ' || t.domain END",
        amount: "CASE t.regdate WHEN t.nextinvoicedate THEN t.firstpaymentamount ELSE t.recurringamount END",
        taxed: "p.tax",
        cycle: "t.billingcycle",
        condition: "t.status IN ('Pending', 'Active', 'Suspended') \
                    AND t.id NOT IN (SELECT service_id FROM cancel_requests)",
    },
    Source {
        parameter: "addonids",
        table: "service_addons",
        join: "",
        kind: "'Addon'",
        text: "'Addon - ' || t.name",
        amount: "CASE t.regdate WHEN t.nextinvoicedate THEN t.setupfee ELSE 0 END + t.recurring",
        taxed: "t.tax",
        cycle: "t.billingcycle",
        condition: "t.status IN ('Pending', 'Active', 'Suspended') \
                    AND t.service_id NOT IN (SELECT service_id FROM cancel_requests)",
    },
    Source {
        parameter: "domainids",
        table: "domains",
        join: "",
        kind: "'Domain' || CASE t.status WHEN 'Pending' THEN t.type ELSE '' END",
        text: "CASE t.status WHEN 'Active' THEN 'Domain Renewal' WHEN 'Pending' THEN 'Domain ' || \
               CASE t.type WHEN 'Transfer' THEN 'Transfer' ELSE 'Registration' END END \
               || ' - ' || t.domain || ' - ' || t.registrationperiod || ' Year/s'",
        amount: "CASE t.registrationdate WHEN t.nextinvoicedate THEN t.firstpaymentamount ELSE t.recurringamount END",
        taxed: "0",
        cycle: "CAST(t.registrationperiod AS TEXT)",
        condition: "t.status IN ('Pending', 'Active') AND t.donotrenew = 0",
    },
];

/// Invoices what is due: of all clients, of one, or of the services, addons and domains named.
pub fn gen_invoices(call: &Call) -> Result<Answer, Refusal> {
    let client = match call.given("clientid") {
        Some(_) => call.existing("clientid", "clients", "Client ID Not Found")?,
        None => 0,
    };
    let mut groups: BTreeMap<(i64, String, String, usize), Vec<Item>> = BTreeMap::new();
    for (at, charge) in charges(call, client)?.into_iter().enumerate() {
        // Whoever wants invoices apart gets one for each line.
        let apart = if is_apart(call, charge.client)? {
            at + 1
        } else {
            0
        };
        groups
            .entry((charge.client, charge.due, charge.method, apart))
            .or_default()
            .push(charge.item);
    }
    let mut created = 0_i64;
    let mut latest = None;
    for ((client, due, method, _), mut items) in groups {
        items.extend(billable::take_waiting(call, client)?);
        group_discount::add(call.db, client, &mut items)?;
        latest = Some(make(call, client, &due, &method, &items)?);
        created += 1;
    }
    let mut answer = Answer::success().with("numcreated", created.to_string());
    if let Some(latest) = latest.filter(|_| client != 0) {
        answer.push("latestinvoiceid", latest);
    }
    Ok(answer)
}

fn is_apart(call: &Call, client: i64) -> rusqlite::Result<bool> {
    let apart = call.db.value(
        "SELECT c.separateinvoices OR COALESCE(g.separateinvoices, 0) FROM clients c \
         LEFT JOIN client_groups g ON g.id = c.groupid WHERE c.id = ?1",
        [client],
    )?;
    Ok(apart.unwrap_or(false))
}

fn make(
    call: &Call,
    client: i64,
    due: &str,
    method: &str,
    items: &[Item],
) -> rusqlite::Result<i64> {
    let new = NewInvoice {
        client,
        date: &call.today(),
        duedate: due,
        status: "Unpaid",
        method,
        taxrate: "",
        taxrate2: "",
        notes: "",
    };
    let id = invoice::create(call, &new, items)?;
    call.log(client, &format!("Created Invoice - Invoice ID: {id}"))?;
    if !call.flag("noemails") {
        invoice::mail(call, id, "Invoice Created")?;
    }
    create::spend_credit(call, client, id)?;
    invoice::settle_if_covered(call, id)?;
    Ok(id)
}

/// Everything to be charged now, each period counted as invoiced.
fn charges(call: &Call, client: i64) -> rusqlite::Result<Vec<Charge>> {
    let horizon = horizon(call)?;
    let picked = SOURCES.map(|source| call.ids(source.parameter));
    let is_picked = picked.iter().any(|ids| !ids.is_empty());
    let mut charges = Vec::new();
    for (source, ids) in SOURCES.iter().zip(&picked) {
        let is_due = if is_picked {
            let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
            format!(
                "t.id IN ({}) AND t.nextinvoicedate <= t.nextduedate",
                ids.join(",")
            )
        } else {
            format!("t.nextinvoicedate <= '{horizon}'")
        };
        charges.extend(recurring(call, source, client, &is_due)?);
    }
    if !is_picked {
        charges.extend(billable::take_due(call, client, horizon)?);
    }
    Ok(charges)
}

/// The last day whose dues are invoiced today.
fn horizon(call: &Call) -> rusqlite::Result<Date> {
    let days: Option<String> = call.db.value(
        "SELECT value FROM settings WHERE name = 'CreateInvoiceDaysBefore'",
        (),
    )?;
    let days = days.map_or(0, |days| intval(&days)).clamp(0, 3650);
    Ok(later(call.now.date(), Span::new().days(days)))
}

fn recurring(
    call: &Call,
    source: &Source,
    client: i64,
    is_due: &str,
) -> rusqlite::Result<Vec<Charge>> {
    let Source {
        table,
        join,
        kind,
        text,
        amount,
        taxed,
        cycle,
        condition,
        ..
    } = source;
    let found = call.db.rows(
        &format!(
            "SELECT t.id, t.client_id, t.nextinvoicedate, t.paymentmethod, {kind}, {text}, {amount}, {taxed}, \
             {cycle} FROM {table} t {join} WHERE ?1 IN (0, t.client_id) AND t.nextinvoicedate > '0000-00-00' \
             AND {condition} AND {is_due} AND NOT EXISTS (SELECT 1 FROM invoice_items l \
             JOIN invoices i ON i.id = l.invoice_id WHERE l.relid = t.id AND l.type = {kind} \
             AND i.status NOT IN ('Paid', 'Cancelled', 'Refunded')) ORDER BY t.id"
        ),
        [client],
        |row| {
            let item = Item {
                kind: line_type(&row.get::<_, String>(4)?),
                relid: row.get(0)?,
                description: row.get(5)?,
                amount: row.get(6)?,
                taxed: row.get(7)?,
            };
            let charge = Charge {
                client: row.get(1)?,
                due: row.get(2)?,
                method: row.get(3)?,
                item,
            };
            Ok((charge, row.get::<_, String>(8)?))
        },
    )?;
    let mut charges = Vec::new();
    for (mut charge, cycle) in found {
        let months = months(&cycle);
        if months == 0 {
            continue;
        }
        let next = moved(&charge.due, Span::new().months(months));
        let last = moved(&next, Span::new().days(-1));
        let period = localised::period(call, &charge.due, &last)?;
        charge.item.description = format!("{} {period}", charge.item.description);
        call.db.run(
            &format!("UPDATE {table} SET nextinvoicedate = ?2 WHERE id = ?1"),
            params![charge.item.relid, next],
        )?;
        charges.push(charge);
    }
    Ok(charges)
}

fn line_type(text: &str) -> &'static str {
    match text {
        "Hosting" => "Hosting",
        "Addon" => "Addon",
        "DomainRegister" => "DomainRegister",
        "DomainTransfer" => "DomainTransfer",
        _ => "Domain",
    }
}

/// How long a billing cycle, or a number of years, lasts; zero for what does not recur.
fn months(cycle: &str) -> i32 {
    match cycle.parse::<i32>() {
        Ok(years) => years.clamp(1, 10) * 12,
        Err(_) => Cycle::from_text(cycle).map_or(0, Cycle::months),
    }
}

#[cfg(test)]
mod tests;
