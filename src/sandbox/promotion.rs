//! Promotions: whether a code counts for a client and an item, and what it takes off.

use jiff::civil::Date;
use rusqlite::params;

use super::call::Call;
use super::cycle::Cycle;
use super::db::Db;
use super::money::Money;
use super::pricing::{Price, converted};

/// A promotion that a client may use.
#[derive(Clone, Debug)]
pub struct Promotion {
    /// Its id, which discounted services keep.
    pub id: i64,
    /// Its code as WHMCS spells it.
    pub code: String,
    /// `Percentage`, `Fixed Amount`, `Price Override` or `Free Setup`.
    pub kind: String,
    /// Whether it also lowers the payments after the first.
    pub is_recurring: bool,
    /// Percents or an amount of the default currency, in hundredths.
    pub value: Money,
    /// Whether only one item gets it.
    pub once: bool,
    cycles: Vec<Cycle>,
    applies_to: Vec<String>,
    anything: bool,
}

/// Which clients and days a promotion is for.
struct Terms {
    start: String,
    end: String,
    most_uses: i64,
    uses: i64,
    new_only: bool,
    existing_only: bool,
    once_a_client: bool,
}

/// The promotion of that code, when the client may use it today; `anything` lets it apply to all items.
pub fn usable(
    call: &Call,
    client: i64,
    code: &str,
    anything: bool,
) -> rusqlite::Result<Option<Promotion>> {
    let Some((promotion, terms)) = find(call.db, code, anything)? else {
        return Ok(None);
    };
    Ok(terms
        .hold(call, client, &promotion.code)?
        .then_some(promotion))
}

fn find(db: &Db, code: &str, anything: bool) -> rusqlite::Result<Option<(Promotion, Terms)>> {
    db.row(
        "SELECT id, code, type, recurring, value, applyonce, cycles, appliesto, startdate, expirationdate, \
         maxuses, uses, newsignups, existingclient, onceperclient FROM promotions WHERE code = ?1",
        [code],
        |row| {
            let list = |at| -> rusqlite::Result<Vec<String>> {
                let text: String = row.get(at)?;
                Ok(text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect())
            };
            let promotion = Promotion {
                id: row.get(0)?,
                code: row.get(1)?,
                kind: row.get(2)?,
                is_recurring: row.get(3)?,
                value: row.get(4)?,
                once: row.get(5)?,
                cycles: list(6)?.iter().filter_map(|name| Cycle::from_text(name)).collect(),
                applies_to: list(7)?,
                anything,
            };
            let terms = Terms {
                start: row.get(8)?,
                end: row.get(9)?,
                most_uses: row.get(10)?,
                uses: row.get(11)?,
                new_only: row.get(12)?,
                existing_only: row.get(13)?,
                once_a_client: row.get(14)?,
            };
            Ok((promotion, terms))
        },
    )
}

impl Terms {
    fn hold(&self, call: &Call, client: i64, code: &str) -> rusqlite::Result<bool> {
        let today = call.now.date();
        let day = |text: &str| text.parse::<Date>().ok();
        let is_running = day(&self.start).is_none_or(|start| start <= today)
            && day(&self.end).is_none_or(|end| today <= end);
        let is_left = self.most_uses == 0 || self.uses < self.most_uses;
        if !is_running || !is_left {
            return Ok(false);
        }
        let orders = |sql: &str| -> rusqlite::Result<bool> {
            let found: Option<i64> = call.db.value(sql, params![client, code])?;
            Ok(found.is_some())
        };
        // Each condition names the code, so that all take the same two values.
        let has_ordered = orders("SELECT 1 FROM orders WHERE client_id = ?1 AND ?2 <> ''")?;
        let is_client =
            orders("SELECT 1 FROM orders WHERE client_id = ?1 AND status = 'Active' AND ?2 <> ''")?;
        let has_used =
            orders("SELECT 1 FROM orders WHERE client_id = ?1 AND promocode = ?2 COLLATE NOCASE")?;
        let is_barred = (self.new_only && has_ordered)
            || (self.existing_only && !is_client)
            || (self.once_a_client && has_used);
        Ok(!is_barred)
    }
}

impl Promotion {
    /// Whether it counts for an item: a product's id, or `D` and the extension of a domain.
    pub fn fits(&self, item: &str, cycle: Option<Cycle>) -> bool {
        let fits_cycle =
            self.cycles.is_empty() || cycle.is_none_or(|cycle| self.cycles.contains(&cycle));
        let fits_item = self.applies_to.iter().any(|own| own == item);
        self.anything || (fits_item && fits_cycle)
    }

    /// What it takes off the first payment and off each later one.
    pub fn discount(
        &self,
        db: &Db,
        price: Price,
        currency: i64,
    ) -> rusqlite::Result<(Money, Money)> {
        let (first, later) = match self.kind.as_str() {
            // The value is in hundredths of a percent.
            "Percentage" => {
                let share = self.value.0.saturating_mul(10);
                (price.first().percent(share), price.recurring.percent(share))
            }
            "Fixed Amount" => {
                let amount = converted(db, self.value, currency)?;
                (amount.min(price.first()), amount.min(price.recurring))
            }
            "Price Override" => {
                let amount = converted(db, self.value, currency)?;
                (price.first() - amount, price.recurring - amount)
            }
            "Free Setup" => (price.setup, Money::ZERO),
            _ => (Money::ZERO, Money::ZERO),
        };
        let later = if self.is_recurring {
            later
        } else {
            Money::ZERO
        };
        Ok((first, later))
    }

    /// Counts one more use.
    pub fn used(&self, db: &Db) -> rusqlite::Result<()> {
        db.run(
            "UPDATE promotions SET uses = uses + 1 WHERE id = ?1",
            [self.id],
        )?;
        Ok(())
    }
}
