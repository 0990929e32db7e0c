//! What an order renews: domains, and services and addons ahead of time.

use rusqlite::params;

use super::basket::Basket;
use crate::sandbox::call::intval;
use crate::sandbox::cycle::Cycle;
use crate::sandbox::money::Money;
use crate::sandbox::pricing;
use crate::sandbox::refusal::{Refusal, refuse};

/// A domain in one of these cannot be renewed.
const NOT_RENEWABLE: &[&str] = &[
    "Pending",
    "Cancelled",
    "Pending Transfer",
    "Transferred",
    "Transferred Away",
    "Fraud",
];

/// Places the renewals of domains, services and addons.
pub fn place(basket: &mut Basket) -> Result<(), Refusal> {
    let call = basket.call;
    for domain in call.keys("domainrenewals") {
        let years = intval(call.element("domainrenewals", domain)).clamp(1, 10);
        renew_domain(basket, domain, years)?;
    }
    for service in call.ids("servicerenewals") {
        basket.check_owned_service(service)?;
        renew_service(basket, service)?;
    }
    for addon in call.ids("addonrenewals") {
        renew_addon(basket, addon)?;
    }
    Ok(())
}

fn renew_domain(basket: &mut Basket, name: &str, wanted: i64) -> Result<(), Refusal> {
    let db = basket.call.db;
    let found = db.row(
        "SELECT id, status, domain FROM domains WHERE domain = ?1 AND client_id = ?2 ORDER BY id DESC LIMIT 1",
        params![name, basket.client],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)),
    )?;
    let Some((id, status, name)) = found else {
        return refuse("Domain not owned by Client ID provided");
    };
    if is_noted(basket, "domain", id)? {
        return Ok(());
    }
    if NOT_RENEWABLE
        .iter()
        .any(|no| no.eq_ignore_ascii_case(&status))
    {
        return refuse(format!(
            "Domain status is set to '{status}' and cannot be renewed"
        ));
    }
    let listed = match pricing::tld(db, &name)? {
        Some((tld, _)) => pricing::domain_price(db, tld, basket.currency, "renew", wanted)?,
        None => None,
    };
    let (years, price) = match listed {
        Some(listed) => listed,
        // An extension no longer on sale is renewed at the price the domain has.
        None => (wanted, recurring(basket, "domains", id)?),
    };
    db.run(
        "UPDATE domains SET registrationperiod = ?2, recurringamount = ?3 WHERE id = ?1",
        params![id, years, price],
    )?;
    basket.renewals.push(format!("{name}={years}"));
    note(basket, "domain", id, &years.to_string(), price)?;
    let text = format!("Domain Renewal - {name} - {years} Year/s");
    basket.bill("Domain", id, text, price, false);
    Ok(())
}

fn renew_service(basket: &mut Basket, service: i64) -> Result<(), Refusal> {
    if is_noted(basket, "service", service)? {
        return Ok(());
    }
    let Some(cycle) = early_renewal(basket, service, "services", service)? else {
        return refuse(format!(
            "Service ID {service} can not be renewed at this time."
        ));
    };
    let product = basket.call.db.row(
        "SELECT p.name || CASE s.domain WHEN '' THEN '' ELSE ' - ' || s.domain END, p.tax FROM services s \
         JOIN products p ON p.id = s.product_id WHERE s.id = ?1",
        [service],
        |row| Ok((row.get::<_, String>(0)?, row.get(1)?)),
    )?;
    let (name, taxed) = product.unwrap_or_default();
    let price = recurring(basket, "services", service)?;
    note(basket, "service", service, cycle.name(), price)?;
    basket.bill("Hosting", service, format!("{name} Renewal"), price, taxed);
    Ok(())
}

fn renew_addon(basket: &mut Basket, addon: i64) -> Result<(), Refusal> {
    let row = basket.call.db.row(
        "SELECT service_id, name, tax FROM service_addons WHERE id = ?1 AND client_id = ?2",
        [addon, basket.client],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get(2)?)),
    )?;
    let Some((service, name, taxed)) = row else {
        return refuse("Addon ID invalid");
    };
    if is_noted(basket, "addon", addon)? {
        return Ok(());
    }
    let Some(cycle) = early_renewal(basket, service, "service_addons", addon)? else {
        return refuse(format!(
            "Service ID {service} can not be renewed at this time."
        ));
    };
    let price = recurring(basket, "service_addons", addon)?;
    note(basket, "addon", addon, cycle.name(), price)?;
    basket.bill(
        "Addon",
        addon,
        format!("Addon - {name} Renewal"),
        price,
        taxed,
    );
    Ok(())
}

/// The cycle of an active service or addon, when its product lets it be renewed this early.
///
/// A product says so itself; there is no setting for all products here.
fn early_renewal(
    basket: &Basket,
    service: i64,
    table: &str,
    id: i64,
) -> rusqlite::Result<Option<Cycle>> {
    let db = basket.call.db;
    let row = db.row(
        &format!(
            "SELECT billingcycle, nextduedate FROM {table} WHERE id = ?1 AND status = 'Active'"
        ),
        [id],
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
    )?;
    let Some((cycle, due)) = row else {
        return Ok(None);
    };
    let (Some(cycle), Ok(due)) = (Cycle::from_text(&cycle), due.parse::<jiff::civil::Date>())
    else {
        return Ok(None);
    };
    let setting = |name: &str| -> rusqlite::Result<i64> {
        let value: Option<String> = db.value(
            "SELECT t.value FROM product_settings t JOIN services s ON s.product_id = t.product_id \
             WHERE s.id = ?1 AND t.name = ?2",
            params![service, name],
        )?;
        Ok(value.map_or(0, |value| intval(&value)))
    };
    let is_allowed = setting("ondemandrenewalconfigurationoverride")? != 0
        && setting("ondemandrenewalsenabled")? != 0;
    let (_, cycle_column) = cycle.columns();
    let days = setting(&format!("ondemandrenewalperiod{cycle_column}"))?;
    let left = (due - basket.call.now.date()).get_days();
    Ok((is_allowed && cycle.is_recurring() && i64::from(left) <= days).then_some(cycle))
}

fn recurring(basket: &Basket, table: &str, id: i64) -> rusqlite::Result<Money> {
    let column = if table == "service_addons" {
        "recurring"
    } else {
        "recurringamount"
    };
    let amount = basket
        .call
        .db
        .value(&format!("SELECT {column} FROM {table} WHERE id = ?1"), [id])?;
    Ok(amount.unwrap_or_default())
}

/// Whether this order renews it already: what is named twice is renewed and charged once.
fn is_noted(basket: &Basket, kind: &str, id: i64) -> rusqlite::Result<bool> {
    let noted: Option<i64> = basket.call.db.value(
        "SELECT 1 FROM order_renewals WHERE order_id = ?1 AND kind = ?2 AND relid = ?3",
        params![basket.order, kind, id],
    )?;
    Ok(noted.is_some())
}

fn note(basket: &Basket, kind: &str, id: i64, period: &str, amount: Money) -> rusqlite::Result<()> {
    basket.call.db.run(
        "INSERT INTO order_renewals (order_id, kind, relid, period, amount) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![basket.order, kind, id, period, amount],
    )?;
    Ok(())
}
