//! The addons of an order: with the services it makes, or for services there are.

use super::basket::Basket;
use super::placed::{cycle_of, due, next_invoice};
use crate::sandbox::call::intval;
use crate::sandbox::cycle::Cycle;
use crate::sandbox::pricing::{self, Priced};
use crate::sandbox::refusal::{Refusal, refuse};

struct Addon {
    id: i64,
    name: String,
    paytype: String,
    taxed: bool,
    is_counted: bool,
}

/// Places the addons that `addons` names for a new service, with the quantities of `addonsqty`.
///
/// Addons nobody sells are passed over, as such products are; only an order of addons alone is refused.
pub fn place_with(
    basket: &mut Basket,
    service: i64,
    key: &str,
    cycle: Cycle,
) -> Result<(), Refusal> {
    let call = basket.call;
    let mut counts = call.element("addonsqty", key).split(',');
    for id in call.element("addons", key).split(',').map(str::trim) {
        let count = counts.next().map_or(1, intval);
        if call.db.exists("addons", intval(id))? {
            place(basket, intval(id), service, Some(cycle), count)?;
        }
    }
    Ok(())
}

/// Places the addons ordered for existing services: `addonid`, then each of `addonids`.
pub fn place_alone(basket: &mut Basket) -> Result<(), Refusal> {
    let call = basket.call;
    let one = call
        .given("addonid")
        .map(|id| (id, call.text("serviceid"), call.text("addonidqty")));
    let many = call.keys("addonids").into_iter().map(|key| {
        let part = |name| call.element(name, key);
        (part("addonids"), part("serviceids"), part("addonidsqty"))
    });
    for (id, service, count) in one.into_iter().chain(many) {
        let service = intval(service);
        find(basket, intval(id))?;
        basket.check_owned_service(service)?;
        let cycle = cycle_of(basket, service)?;
        let count = if count.is_empty() { 1 } else { intval(count) };
        place(basket, intval(id), service, cycle, count)?;
    }
    Ok(())
}

fn find(basket: &Basket, id: i64) -> Result<Addon, Refusal> {
    let addon = basket.call.db.row(
        "SELECT id, name, billingcycle, tax, allowqty FROM addons WHERE id = ?1",
        [id],
        |row| {
            Ok(Addon {
                id: row.get(0)?,
                name: row.get(1)?,
                paytype: row.get(2)?,
                taxed: row.get(3)?,
                is_counted: row.get::<_, i64>(4)? != 0,
            })
        },
    )?;
    match addon {
        Some(addon) => Ok(addon),
        None => refuse("Addon ID invalid"),
    }
}

fn place(
    basket: &mut Basket,
    id: i64,
    service: i64,
    wanted: Option<Cycle>,
    count: i64,
) -> Result<(), Refusal> {
    let call = basket.call;
    let addon = find(basket, id)?;
    let count = if addon.is_counted {
        count.clamp(1, 1000)
    } else {
        1
    };
    let sold = Priced::Addon(addon.id);
    let (cycle, price) = pricing::sale(call.db, sold, &addon.paytype, basket.currency, wanted)?;
    let price = price.times(count);
    let placed = call.db.insert(
        "service_addons",
        &[
            ("client_id", &basket.client),
            ("order_id", &basket.order),
            ("service_id", &service),
            ("addon_id", &addon.id),
            ("qty", &count),
            ("name", &addon.name),
            ("setupfee", &price.setup),
            ("recurring", &price.recurring),
            ("billingcycle", &cycle.name()),
            ("tax", &addon.taxed),
            ("regdate", &call.today()),
            ("nextduedate", &due(basket, cycle)),
            ("nextinvoicedate", &next_invoice(basket, cycle)),
            ("paymentmethod", &basket.method),
        ],
    )?;
    basket.addons.push(placed);
    let text = format!("Addon - {}{}", addon.name, basket.period(cycle)?);
    basket.bill("Addon", placed, text, price.recurring, addon.taxed);
    let setup = format!("Addon - {} Setup Fee", addon.name);
    basket.bill("Addon", placed, setup, price.setup, addon.taxed);
    Ok(())
}
