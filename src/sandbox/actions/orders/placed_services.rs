//! The services of an order: one for each product in `pid`, with its options and addons.

use super::basket::Basket;
use super::placed::{due, next_invoice};
use super::placed_addons;
use crate::sandbox::call::{intval, unserialized};
use crate::sandbox::config_options::{self, Choice};
use crate::sandbox::custom_fields::{self, FieldOwner};
use crate::sandbox::cycle::Cycle;
use crate::sandbox::money::Money;
use crate::sandbox::pricing::{self, Price, Priced};
use crate::sandbox::refusal::Refusal;

/// `allowqty` of a product of which a quantity makes one service; 0 allows none, 1 makes several.
const SCALING: i64 = 2;

struct Product {
    id: i64,
    name: String,
    paytype: String,
    allowqty: i64,
    taxed: bool,
}

/// A service about to be made.
struct Line<'k> {
    product: Product,
    key: &'k str,
    cycle: Cycle,
    price: Price,
    qty: i64,
    choices: Vec<Choice>,
}

/// Places a service for every product ordered; products nobody sells are passed over.
pub fn place(basket: &mut Basket) -> Result<(), Refusal> {
    for key in basket.call.keys("pid") {
        let Some(product) = product(basket, key)? else {
            continue;
        };
        let qty = match product.allowqty {
            0 => 1,
            _ => basket
                .call
                .element("qty", key)
                .parse()
                .unwrap_or(1)
                .clamp(1, 1000),
        };
        let (count, qty) = if product.allowqty == SCALING {
            (1, qty)
        } else {
            (qty, 1)
        };
        take_from_stock(basket, product.id, count * qty)?;
        let line = line(basket, product, key, qty)?;
        for _ in 0..count {
            let service = insert(basket, &line)?;
            placed_addons::place_with(basket, service, key, line.cycle)?;
        }
    }
    Ok(())
}

fn product(basket: &Basket, key: &str) -> rusqlite::Result<Option<Product>> {
    let id = intval(basket.call.element("pid", key));
    basket.call.db.row(
        "SELECT id, name, paytype, allowqty, tax FROM products WHERE id = ?1",
        [id],
        |row| {
            Ok(Product {
                id: row.get(0)?,
                name: row.get(1)?,
                paytype: row.get(2)?,
                allowqty: row.get(3)?,
                taxed: row.get(4)?,
            })
        },
    )
}

fn take_from_stock(basket: &Basket, product: i64, count: i64) -> rusqlite::Result<()> {
    basket.call.db.run(
        "UPDATE products SET qty = max(qty - ?2, 0) WHERE id = ?1 AND stockcontrol = 1",
        [product, count],
    )?;
    Ok(())
}

fn line<'k>(
    basket: &Basket,
    product: Product,
    key: &'k str,
    qty: i64,
) -> rusqlite::Result<Line<'k>> {
    let call = basket.call;
    let wanted = Cycle::from_text(call.element("billingcycle", key));
    let (cycle, list) = pricing::sale(
        call.db,
        Priced::Product(product.id),
        &product.paytype,
        basket.currency,
        wanted,
    )?;
    let sent = unserialized(call.element("configoptions", key));
    let choices = config_options::chosen(call.db, product.id, 0, sent.as_ref())?;
    let price = match call.element("priceoverride", key).parse::<Money>() {
        // An override is the whole price: no setup fee, no options on top.
        Ok(amount) => Price {
            setup: Money::ZERO,
            recurring: amount,
        },
        Err(_) => list.plus(config_options::price(
            call.db,
            &choices,
            basket.currency,
            cycle,
        )?),
    };
    Ok(Line {
        product,
        key,
        cycle,
        price: price.times(qty),
        qty,
        choices,
    })
}

fn insert(basket: &mut Basket, line: &Line) -> Result<i64, Refusal> {
    let call = basket.call;
    let (off_first, off_later) = discount(basket, line)?;
    let hostname = call.element("hostname", line.key);
    let domain = match call.element("domain", line.key) {
        "" => hostname,
        domain => domain,
    };
    let nameserver = |name| match call.element(name, line.key) {
        "" => String::new(),
        prefix => format!("{prefix}.{domain}"),
    };
    // A single payment does not come again.
    let recurring = match line.cycle {
        Cycle::OneTime => Money::ZERO,
        _ => line.price.recurring - off_later,
    };
    let promotion = match &basket.promotion {
        Some(promotion) if off_first != Money::ZERO => promotion.id,
        _ => 0,
    };
    let service = call.db.insert(
        "services",
        &[
            ("client_id", &basket.client),
            ("order_id", &basket.order),
            ("product_id", &line.product.id),
            ("qty", &line.qty),
            ("regdate", &call.today()),
            ("domain", &domain.to_lowercase()),
            ("paymentmethod", &basket.method),
            ("firstpaymentamount", &(line.price.first() - off_first)),
            ("recurringamount", &recurring),
            ("billingcycle", &line.cycle.name()),
            ("nextduedate", &due(basket, line.cycle)),
            ("nextinvoicedate", &next_invoice(basket, line.cycle)),
            ("password", &call.element("rootpw", line.key)),
            ("ns1", &nameserver("ns1prefix")),
            ("ns2", &nameserver("ns2prefix")),
            ("promoid", &promotion),
            ("affiliate_id", &affiliate(basket)?),
        ],
    )?;
    basket.services.push(service);
    config_options::write(call.db, service, &line.choices)?;
    if let Some(fields) = unserialized(call.element("customfields", line.key)) {
        custom_fields::write(call, FieldOwner::Product(line.product.id), service, &fields)?;
    }
    bill(basket, line, service, domain, off_first)?;
    Ok(service)
}

/// Who sent the client here, or 0.
fn affiliate(basket: &Basket) -> rusqlite::Result<i64> {
    let affiliate = basket.call.int("affid");
    let is_known = basket.call.db.exists("affiliates", affiliate)?;
    Ok(if is_known { affiliate } else { 0 })
}

/// What the promotion takes off this service, first and later; it may be used up by it.
fn discount(basket: &mut Basket, line: &Line) -> rusqlite::Result<(Money, Money)> {
    let Some(promotion) = &basket.promotion else {
        return Ok((Money::ZERO, Money::ZERO));
    };
    let is_spent = promotion.once && basket.promotion_used;
    if is_spent || !promotion.fits(&line.product.id.to_string(), Some(line.cycle)) {
        return Ok((Money::ZERO, Money::ZERO));
    }
    basket.promotion_used = true;
    promotion.discount(basket.call.db, line.price, basket.currency)
}

fn bill(
    basket: &mut Basket,
    line: &Line,
    service: i64,
    domain: &str,
    off: Money,
) -> rusqlite::Result<()> {
    let Product { name, taxed, .. } = &line.product;
    let of_domain = match domain {
        "" => String::new(),
        domain => format!(" - {domain}"),
    };
    let mut text = vec![format!("{name}{of_domain}{}", basket.period(line.cycle)?)];
    text.extend(config_options::lines(basket.call.db, &line.choices)?);
    basket.bill(
        "Hosting",
        service,
        text.join("\n"),
        line.price.recurring,
        *taxed,
    );
    let setup = format!("{name} Setup Fee");
    basket.bill("Setup", service, setup, line.price.setup, *taxed);
    if let Some(code) = basket
        .promotion
        .as_ref()
        .map(|promotion| promotion.code.clone())
    {
        let text = format!("Promotional Code: {code}");
        basket.bill("PromoHosting", service, text, -off, *taxed);
    }
    Ok(())
}
