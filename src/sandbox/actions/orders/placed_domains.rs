//! The domains of an order: one for each entry of `domaintype`.

use super::basket::{Basket, years};
use crate::sandbox::call::{Call, intval, truth, unserialized};
use crate::sandbox::money::Money;
use crate::sandbox::pricing::{self, Price};
use crate::sandbox::refusal::Refusal;

const NAMESERVERS: [&str; 5] = [
    "nameserver1",
    "nameserver2",
    "nameserver3",
    "nameserver4",
    "nameserver5",
];

/// A domain about to be made.
struct Line<'k> {
    key: &'k str,
    domain: String,
    extension: String,
    registrar: String,
    is_transfer: bool,
    years: i64,
    price: Price,
    renewal: Money,
}

/// Places every domain ordered; one whose extension is not on sale is passed over.
pub fn place(basket: &mut Basket) -> Result<(), Refusal> {
    for key in basket.call.keys("domaintype") {
        if let Some(line) = line(basket, key)? {
            insert(basket, &line)?;
        }
    }
    Ok(())
}

/// The nameservers that every domain of the order gets.
pub fn nameservers<'a>(call: &Call<'a>) -> Vec<&'a str> {
    NAMESERVERS
        .iter()
        .filter_map(|name| call.given(name))
        .collect()
}

/// The transfer codes as an order keeps them: PHP's `serialize` of domain to code.
pub fn transfer_secret(basket: &Basket) -> rusqlite::Result<String> {
    let codes = basket.call.db.rows(
        "SELECT domain, eppcode FROM domains WHERE order_id = ?1 AND eppcode <> '' ORDER BY id",
        [basket.order],
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
    )?;
    if codes.is_empty() {
        return Ok(String::new());
    }
    let string = |text: &str| format!("s:{}:\"{text}\";", text.len());
    let pairs: String = codes
        .iter()
        .map(|(domain, code)| string(domain) + &string(code))
        .collect();
    Ok(format!("a:{}:{{{pairs}}}", codes.len()))
}

fn line<'k>(basket: &Basket, key: &'k str) -> rusqlite::Result<Option<Line<'k>>> {
    let call = basket.call;
    let domain = call.element("domain", key).trim().to_lowercase();
    let is_transfer = call
        .element("domaintype", key)
        .eq_ignore_ascii_case("transfer");
    let kind = if is_transfer { "transfer" } else { "register" };
    let Some((tld, extension)) = pricing::tld(call.db, &domain)? else {
        return Ok(None);
    };
    let wanted = intval(call.element("regperiod", key)).max(1);
    let Some((years, list)) = pricing::domain_price(call.db, tld, basket.currency, kind, wanted)?
    else {
        return Ok(None);
    };
    let renewal = pricing::domain_price(call.db, tld, basket.currency, "renew", years)?;
    let given = |name| call.element(name, key).parse::<Money>().ok();
    let registrar: Option<String> = call
        .db
        .value("SELECT registrar FROM tlds WHERE id = ?1", [tld])?;
    Ok(Some(Line {
        key,
        domain,
        extension,
        registrar: registrar.unwrap_or_default(),
        is_transfer,
        years,
        price: Price {
            setup: Money::ZERO,
            recurring: given("domainpriceoverride").unwrap_or(list),
        },
        renewal: given("domainrenewoverride")
            .or(renewal.map(|(_, price)| price))
            .unwrap_or(list),
    }))
}

fn insert(basket: &mut Basket, line: &Line) -> Result<(), Refusal> {
    let call = basket.call;
    let flag = |name| i64::from(truth(call.element(name, line.key)));
    let (off_first, off_later) = discount(basket, line)?;
    let servers = nameservers(call);
    let server = |at: usize| servers.get(at).copied().unwrap_or_default();
    let domain = call.db.insert(
        "domains",
        &[
            ("client_id", &basket.client),
            ("order_id", &basket.order),
            (
                "type",
                &if line.is_transfer {
                    "Transfer"
                } else {
                    "Register"
                },
            ),
            ("domain", &line.domain),
            ("registrar", &line.registrar),
            ("registrationperiod", &line.years),
            ("firstpaymentamount", &(line.price.recurring - off_first)),
            ("recurringamount", &(line.renewal - off_later)),
            ("paymentmethod", &basket.method),
            ("registrationdate", &call.today()),
            ("expirydate", &"0000-00-00"),
            ("nextduedate", &call.today()),
            ("nextinvoicedate", &basket.next_invoice(years(line.years))),
            ("dnsmanagement", &flag("dnsmanagement")),
            ("emailforwarding", &flag("emailforwarding")),
            ("idprotection", &flag("idprotection")),
            ("eppcode", &call.element("eppcode", line.key)),
            ("fields", &fields(call, line.key)),
            ("ns1", &server(0)),
            ("ns2", &server(1)),
            ("ns3", &server(2)),
            ("ns4", &server(3)),
            ("ns5", &server(4)),
        ],
    )?;
    basket.domains.push(domain);
    bill(basket, line, domain, off_first);
    Ok(())
}

/// What the extension asks for besides, one `name=value` a line.
fn fields(call: &Call, key: &str) -> String {
    let sent = unserialized(call.element("domainfields", key)).unwrap_or_default();
    let lines: Vec<String> = sent
        .iter()
        .filter_map(|(name, value)| Some(format!("{name}={}", value.text()?)))
        .collect();
    lines.join("\n")
}

fn discount(basket: &mut Basket, line: &Line) -> rusqlite::Result<(Money, Money)> {
    let Some(promotion) = &basket.promotion else {
        return Ok((Money::ZERO, Money::ZERO));
    };
    let is_spent = promotion.once && basket.promotion_used;
    if is_spent || !promotion.fits(&format!("D{}", line.extension), None) {
        return Ok((Money::ZERO, Money::ZERO));
    }
    basket.promotion_used = true;
    let db = basket.call.db;
    let (first, _) = promotion.discount(db, line.price, basket.currency)?;
    let renewal = Price {
        setup: Money::ZERO,
        recurring: line.renewal,
    };
    let (_, later) = promotion.discount(db, renewal, basket.currency)?;
    Ok((first, later))
}

fn bill(basket: &mut Basket, line: &Line, domain: i64, off: Money) {
    let (kind, word) = if line.is_transfer {
        ("DomainTransfer", "Transfer")
    } else {
        ("DomainRegister", "Registration")
    };
    let text = format!("Domain {word} - {} - {} Year/s", line.domain, line.years);
    basket.bill(kind, domain, text, line.price.recurring, false);
    if let Some(code) = basket
        .promotion
        .as_ref()
        .map(|promotion| promotion.code.clone())
    {
        basket.bill(
            "PromoDomain",
            domain,
            format!("Promotional Code: {code}"),
            -off,
            false,
        );
    }
}
