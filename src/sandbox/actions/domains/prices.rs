//! What extensions cost, and who registers them.

use crate::sandbox::call::Call;
use crate::sandbox::money::Money;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, Fields, Value};

/// Extensions in the shop's first category.
const POPULAR: &[&str] = &["com", "net", "org", "info", "biz"];

/// An extension on sale.
struct Tld {
    id: i64,
    name: String,
    addons: Fields,
    label: String,
    grace_days: Option<i64>,
    redemption_days: Option<i64>,
}

/// The active registrars.
pub fn get_registrars(call: &Call) -> Result<Answer, Refusal> {
    let registrars = call.db.records(
        "SELECT module, display_name FROM registrars ORDER BY module",
        (),
    )?;
    Ok(Answer::success().with("registrars", registrars))
}

/// Prices in a client's currency, one named, or the default; an extension without any is left out.
pub fn get_tld_pricing(call: &Call) -> Result<Answer, Refusal> {
    let of_client: Option<i64> = call.db.value(
        "SELECT currency FROM clients WHERE id = ?1",
        [call.int("clientid")],
    )?;
    let currency = call.db.record(
        "SELECT id, code, prefix, suffix, format, rate FROM currencies ORDER BY id = ?1 DESC, is_default DESC LIMIT 1",
        [of_client.unwrap_or(call.int("currencyid"))],
    )?;
    let currency = currency.unwrap_or_default();
    let mut pricing = Fields::default();
    for tld in tlds(call)? {
        if let Some(entry) = entry(call, &tld, currency.int("id"))? {
            pricing.push(&tld.name, entry);
        }
    }
    Ok(Answer::success()
        .with("currency", currency)
        .with("pricing", pricing))
}

fn tlds(call: &Call) -> rusqlite::Result<Vec<Tld>> {
    call.db.rows(
        "SELECT id, substr(extension, 2), dnsmanagement, emailforwarding, idprotection, label, grace_days, \
         redemption_days FROM tlds ORDER BY position, id",
        (),
        |row| {
            Ok(Tld {
                id: row.get(0)?,
                name: row.get(1)?,
                addons: Fields::default()
                    .with("dns", row.get::<_, bool>(2)?)
                    .with("email", row.get::<_, bool>(3)?)
                    .with("idprotect", row.get::<_, bool>(4)?),
                label: row.get(5)?,
                grace_days: row.get(6)?,
                redemption_days: row.get(7)?,
            })
        },
    )
}

fn entry(call: &Call, tld: &Tld, currency: i64) -> rusqlite::Result<Option<Fields>> {
    let mut entry = Fields::default()
        .with("tld", tld.name.as_str())
        .with("categories", vec![category(&tld.name)])
        .with("addons", tld.addons.clone())
        .with("group", tld.label.as_str());
    let mut is_priced = false;
    for kind in ["register", "transfer", "renew"] {
        let prices = prices(call, tld.id, currency, kind)?;
        is_priced |= !prices.is_empty();
        entry.push(kind, prices);
    }
    for (name, kind, days) in [
        ("grace_period", "grace", tld.grace_days),
        ("redemption_period", "redemption", tld.redemption_days),
    ] {
        entry.push(name, extra_period(call, tld.id, currency, kind, days)?);
    }
    Ok(is_priced.then_some(entry))
}

fn category(tld: &str) -> &'static str {
    match tld.rsplit('.').next() {
        _ if POPULAR.contains(&tld) => "Popular",
        Some(last) if last.len() == 2 => "ccTLD",
        _ => "gTLD",
    }
}

/// Prices by years.
fn prices(call: &Call, tld: i64, currency: i64, kind: &str) -> rusqlite::Result<Fields> {
    let rows = call.db.rows(
        "SELECT years, price FROM tld_prices WHERE tld_id = ?1 AND currency = ?2 AND kind = ?3 AND price >= 0 ORDER BY years",
        rusqlite::params![tld, currency, kind],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Money>(1)?)),
    )?;
    let mut prices = Fields::default();
    for (years, price) in rows {
        prices.push(&years.to_string(), price);
    }
    Ok(prices)
}

/// The days and the fee of the time after expiry; nothing where neither is set or the fee is negative.
fn extra_period(
    call: &Call,
    tld: i64,
    currency: i64,
    kind: &str,
    days: Option<i64>,
) -> rusqlite::Result<Value> {
    let fee: Option<Money> = call.db.value(
        "SELECT price FROM tld_prices WHERE tld_id = ?1 AND currency = ?2 AND kind = ?3",
        rusqlite::params![tld, currency, kind],
    )?;
    if (days.is_none() && fee.is_none()) || fee.is_some_and(|fee| fee < Money::ZERO) {
        return Ok(Value::Null);
    }
    let period = Fields::default()
        .with("days", days.unwrap_or(0))
        .with("price", fee.unwrap_or_default());
    Ok(period.into())
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::{json, store};

    #[test]
    fn extensions_are_priced_in_the_clients_currency_before_any_other() {
        let store = store();
        let reply = json(&store, "GetTLDPricing", "currencyid=1&clientid=1");
        assert!(reply.starts_with(
            r#"{"result":"success","currency":{"id":2,"code":"EUR","prefix":"\u20ac","suffix":" EUR","format":3,"rate":"0.92000"},"pricing":{"com":{"tld":"com","categories":["Popular"],"addons":{"dns":true,"email":true,"idprotect":true},"group":"","register":{"1":"11.91","#
        ), "{reply}");
        assert!(
            reply.ends_with(r#""grace_period":null,"redemption_period":null}}}"#),
            "{reply}"
        );
        assert!(
            json(&store, "GetTLDPricing", "").contains(r#""register":{"1":"12.95","2":"25.90""#)
        );
    }

    #[test]
    fn registrars_are_named() {
        assert_eq!(
            json(&store(), "GetRegistrars", ""),
            r#"{"result":"success","registrars":[{"module":"enom","display_name":"Enom"}]}"#
        );
    }
}
