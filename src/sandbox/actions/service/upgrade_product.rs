//! What it comes to when a service moves to another product or cycle.

use jiff::civil::Date;

use super::change::{Change, Upgraded};
use crate::sandbox::call::Call;
use crate::sandbox::cycle::Cycle;
use crate::sandbox::money::Money;
use crate::sandbox::pricing::{self, Price, Priced};
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// The change, and the reply that tells of it.
pub fn change(call: &Call, old: &Upgraded) -> Result<(Vec<Change>, Answer), Refusal> {
    let product = call.db.row(
        "SELECT id, name, paytype FROM products WHERE id = ?1",
        [call.int("newproductid")],
        |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
            ))
        },
    )?;
    // The reference has no words for a product that does not exist.
    let Some((product, name, paytype)) = product else {
        return refuse("New Product ID Not Found");
    };
    let wanted = Cycle::from_text(call.text("newproductbillingcycle")).or(Some(old.cycle));
    let priced = Priced::Product(product);
    let (cycle, price) = pricing::sale(call.db, priced, &paytype, old.currency, wanted)?;
    let price = price.times(old.qty);
    let change = Change {
        kind: "package",
        option: 0,
        original: old.product,
        new_value: product,
        cycle,
        amount: amount(call.now.date(), old, cycle, price),
        recurring: price.recurring,
        line: format!("{} => {name}", old.name),
    };
    let answer = Answer::success()
        .with("oldproductid", old.product.to_string())
        .with("oldproductname", old.name.as_str())
        .with("newproductid", product)
        .with("newproductname", name)
        .with("daysuntilrenewal", old.days)
        .with("totaldays", old.total_days)
        .with(
            "newproductbillingcycle",
            call.text("newproductbillingcycle"),
        )
        .with("price", old.with_signs(change.amount));
    Ok((vec![change], answer))
}

/// Each day left costs the new price's share and gives back the old one's; what never came again costs all of it.
fn amount(today: Date, old: &Upgraded, cycle: Cycle, price: Price) -> Money {
    if !old.cycle.is_recurring() {
        return price.recurring;
    }
    let new_days = (cycle.end(today) - today).get_days().max(1);
    let left = |amount: Money, of: i128| amount.share(old.days.into(), of);
    left(price.recurring, new_days.into()) - left(old.recurring, old.total_days.into())
}
