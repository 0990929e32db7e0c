//! List prices: what a product, an addon, an option or a domain costs in a currency.

use rusqlite::params;

use super::cycle::Cycle;
use super::db::Db;
use super::money::{Money, thousandths};

/// What has prices in the table `pricing`.
#[derive(Clone, Copy, Debug)]
pub enum Priced {
    /// A product.
    Product(i64),
    /// An addon.
    Addon(i64),
    /// A choice of a configurable option.
    Choice(i64),
}

impl Priced {
    const fn key(self) -> (&'static str, i64) {
        match self {
            Self::Product(id) => ("product", id),
            Self::Addon(id) => ("addon", id),
            Self::Choice(id) => ("configoption", id),
        }
    }
}

/// A price: once, and every time.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Price {
    /// Paid with the first payment only.
    pub setup: Money,
    /// Paid every cycle, the first included.
    pub recurring: Money,
}

impl Price {
    /// What the first payment comes to.
    pub fn first(self) -> Money {
        self.setup + self.recurring
    }

    /// Both parts of two prices.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            setup: self.setup + other.setup,
            recurring: self.recurring + other.recurring,
        }
    }

    /// The price of so many.
    #[must_use]
    pub fn times(self, count: i64) -> Self {
        Self {
            setup: self.setup.times(count),
            recurring: self.recurring.times(count),
        }
    }
}

/// The price for a cycle; nothing where it is not offered.
pub fn price(
    db: &Db,
    what: Priced,
    currency: i64,
    cycle: Cycle,
) -> rusqlite::Result<Option<Price>> {
    if cycle == Cycle::Free {
        return Ok(Some(Price::default()));
    }
    let (kind, id) = what.key();
    let (setup, recurring) = cycle.columns();
    let price = db.row(
        &format!(
            "SELECT {setup}, {recurring} FROM pricing WHERE type = ?1 AND relid = ?2 AND currency = ?3"
        ),
        params![kind, id, currency],
        |row| {
            Ok(Price {
                setup: row.get(0)?,
                recurring: row.get(1)?,
            })
        },
    )?;
    // A price of -1.00 says the cycle is not offered; a setup fee so marked is none.
    Ok(price
        .filter(|price| price.recurring >= Money::ZERO)
        .map(|price| Price {
            setup: price.setup.max(Money::ZERO),
            ..price
        }))
}

/// The cycle wanted with its price, or the first one that is offered.
pub fn offer(
    db: &Db,
    what: Priced,
    currency: i64,
    wanted: Option<Cycle>,
) -> rusqlite::Result<Option<(Cycle, Price)>> {
    let recurring = wanted.filter(|cycle| cycle.is_recurring());
    for cycle in recurring.into_iter().chain(Cycle::RECURRING) {
        if let Some(price) = price(db, what, currency, cycle)? {
            return Ok(Some((cycle, price)));
        }
    }
    Ok(None)
}

/// The cycle and price of a product or addon that is paid for in that way: `free`, `onetime`, `recurring`.
///
/// Where no price stands in the currency it costs nothing.
pub fn sale(
    db: &Db,
    what: Priced,
    paytype: &str,
    currency: i64,
    wanted: Option<Cycle>,
) -> rusqlite::Result<(Cycle, Price)> {
    match Cycle::from_text(paytype) {
        Some(Cycle::Free) => Ok((Cycle::Free, Price::default())),
        Some(Cycle::OneTime) => {
            let price = price(db, what, currency, Cycle::OneTime)?;
            Ok((Cycle::OneTime, price.unwrap_or_default()))
        }
        _ => {
            let wanted = wanted.or_else(|| Cycle::from_text(paytype));
            let none = (wanted.unwrap_or(Cycle::Monthly), Price::default());
            Ok(offer(db, what, currency, wanted)?.unwrap_or(none))
        }
    }
}

/// The extension of a domain name among those on sale, the longest that fits: id and text.
pub fn tld(db: &Db, domain: &str) -> rusqlite::Result<Option<(i64, String)>> {
    db.row(
        "SELECT id, extension FROM tlds WHERE lower(?1) LIKE '_%' || extension \
         ORDER BY length(extension) DESC LIMIT 1",
        [domain],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// The years asked for with their price, or the fewest years on sale.
pub fn domain_price(
    db: &Db,
    tld: i64,
    currency: i64,
    kind: &str,
    years: i64,
) -> rusqlite::Result<Option<(i64, Money)>> {
    db.row(
        "SELECT years, price FROM tld_prices WHERE tld_id = ?1 AND currency = ?2 AND kind = ?3 \
         AND price >= 0 ORDER BY years = ?4 DESC, years LIMIT 1",
        params![tld, currency, kind, years],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// An amount of the default currency in another, by its rate.
pub fn converted(db: &Db, amount: Money, currency: i64) -> rusqlite::Result<Money> {
    let rate: Option<String> = db.value("SELECT rate FROM currencies WHERE id = ?1", [currency])?;
    let rate = rate.and_then(|rate| thousandths(&rate)).unwrap_or(1000);
    // A rate of 1.000 is a hundred percent.
    Ok(amount.percent(rate.saturating_mul(100)))
}

#[cfg(test)]
mod tests {
    use super::{Price, Priced, converted, domain_price, offer, price, sale, tld};
    use crate::sandbox::cycle::Cycle;
    use crate::sandbox::db::Db;
    use crate::sandbox::money::Money;
    use crate::sandbox::store::Store;

    fn with<T>(ask: impl FnOnce(&Db) -> rusqlite::Result<T>) -> T {
        let store = Store::open(None, 1, None).expect("opens");
        store.transact(|db| Ok(ask(db)?)).expect("reads")
    }

    #[test]
    fn a_cycle_that_is_not_offered_has_no_price_and_gives_way_to_the_first() {
        let vps = Priced::Product(3);
        assert_eq!(with(|db| price(db, vps, 1, Cycle::Quarterly)), None);
        let monthly = Price {
            setup: Money(1500),
            recurring: Money(2499),
        };
        let offered = with(|db| offer(db, vps, 1, Some(Cycle::Quarterly)));
        assert_eq!(offered, Some((Cycle::Monthly, monthly)));
        assert_eq!(monthly.first(), Money(3999));
    }

    #[test]
    fn what_is_free_stays_free() {
        let sold = with(|db| sale(db, Priced::Product(1), "free", 1, Some(Cycle::Monthly)));
        assert_eq!(sold, (Cycle::Free, Price::default()));
    }

    #[test]
    fn domains_are_priced_by_extension_and_years() {
        assert_eq!(with(|db| tld(db, "Shop.EU")), Some((4, ".eu".into())));
        assert_eq!(with(|db| tld(db, ".com")), None);
        assert_eq!(
            with(|db| domain_price(db, 1, 1, "register", 2)),
            Some((2, Money(2590)))
        );
        assert_eq!(
            with(|db| domain_price(db, 1, 1, "register", 4)),
            Some((1, Money(1295)))
        );
        assert_eq!(with(|db| domain_price(db, 1, 9, "register", 1)), None);
    }

    #[test]
    fn amounts_change_currency_by_the_rate() {
        assert_eq!(with(|db| converted(db, Money(1000), 2)), Money(920));
        assert_eq!(with(|db| converted(db, Money(1000), 1)), Money(1000));
    }
}
