//! The lines of a quote: quantity × unit price, less a discount in percent.

use rusqlite::params;

use crate::sandbox::call::{Call, intval, truth};
use crate::sandbox::money::{Money, thousandths};
use crate::sandbox::tree::{Array, Tree};

/// Everything, in hundredths of a percent.
const WHOLE: i128 = 10_000;

/// What a line says.
#[derive(Debug)]
struct Line {
    description: String,
    quantity: String,
    unitprice: Money,
    discount: Money,
    taxable: bool,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            description: String::new(),
            quantity: "1".into(),
            unitprice: Money::ZERO,
            discount: Money::ZERO,
            taxable: false,
        }
    }
}

impl Line {
    /// Takes what was sent; the rest stays.
    fn change(&mut self, sent: &Array) {
        let text = |name| sent.get(name).and_then(Tree::text);
        if let Some(description) = text("desc") {
            description.clone_into(&mut self.description);
        }
        if let Some(quantity) = text("qty") {
            quantity.clone_into(&mut self.quantity);
        }
        if let Some(price) = text("up") {
            self.unitprice = price.parse().unwrap_or_default();
        }
        if let Some(discount) = text("discount") {
            self.discount = discount.parse().unwrap_or_default();
        }
        if let Some(taxable) = text("taxable") {
            self.taxable = truth(taxable);
        }
    }

    /// What it comes to.
    fn amount(&self) -> Money {
        // Rounded once, after the discount.
        let quantity = i128::from(thousandths(&self.quantity).unwrap_or(0));
        let paid = WHOLE - i128::from(self.discount.0);
        self.unitprice
            .share(quantity.saturating_mul(paid), 1000 * WHOLE)
    }
}

/// Writes the lines that were sent, and makes the quote's sums anew.
///
/// One with the id of a line of this quote changes it; one with another's id is passed over.
pub fn write(call: &Call, quote: i64) -> rusqlite::Result<()> {
    let sent = call.serialized("lineitems").unwrap_or_default();
    for (_, item) in sent.iter() {
        if let Some(item) = item.array() {
            write_one(call, quote, item)?;
        }
    }
    let sum: Option<Money> = call.db.value(
        "SELECT COALESCE(SUM(amount), 0) FROM quote_items WHERE quote_id = ?1",
        [quote],
    )?;
    let sum = sum.unwrap_or_default();
    // Nothing is taxed here, as on every invoice that no rate is named for.
    call.db
        .update("quotes", quote, &[("subtotal", &sum), ("total", &sum)])?;
    Ok(())
}

fn write_one(call: &Call, quote: i64, item: &Array) -> rusqlite::Result<()> {
    let id = item.get("id").and_then(Tree::text).map_or(0, intval);
    let mut line = Line::default();
    if id != 0 {
        match stored(call, quote, id)? {
            Some(old) => line = old,
            None => return Ok(()),
        }
    }
    line.change(item);
    let amount = line.amount();
    let columns: [(&str, &dyn rusqlite::ToSql); 7] = [
        ("quote_id", &quote),
        ("description", &line.description),
        ("quantity", &line.quantity),
        ("unitprice", &line.unitprice),
        ("discount", &line.discount),
        ("taxable", &line.taxable),
        ("amount", &amount),
    ];
    if id == 0 {
        call.db.insert("quote_items", &columns)?;
    } else {
        call.db.update("quote_items", id, &columns)?;
    }
    Ok(())
}

fn stored(call: &Call, quote: i64, id: i64) -> rusqlite::Result<Option<Line>> {
    call.db.row(
        "SELECT description, quantity, unitprice, discount, taxable FROM quote_items WHERE id = ?1 AND quote_id = ?2",
        params![id, quote],
        |row| {
            Ok(Line {
                description: row.get(0)?,
                quantity: row.get(1)?,
                unitprice: row.get(2)?,
                discount: row.get(3)?,
                taxable: row.get(4)?,
            })
        },
    )
}

#[cfg(test)]
mod tests {
    use super::Line;
    use crate::sandbox::money::Money;

    #[test]
    fn a_line_comes_to_quantity_times_price_less_its_discount() {
        for (quantity, price, discount, amount) in [
            ("1", 123, 0, 123),
            ("3", 500, 250, 1463),
            ("1.5", 1000, 0, 1500),
            ("1.5", 333, 1250, 437),
            ("2", 1000, 10_000, 0),
            ("some", 1000, 0, 0),
        ] {
            let line = Line {
                quantity: quantity.into(),
                unitprice: Money(price),
                discount: Money(discount),
                ..Line::default()
            };
            assert_eq!(line.amount(), Money(amount), "{quantity}");
        }
    }
}
