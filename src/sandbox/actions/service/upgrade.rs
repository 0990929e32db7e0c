//! `UpgradeProduct`: a service moves to another product or cycle, paid for the days that are left.
//!
//! The reference gives the reply for products only, so options cannot be upgraded here.

use jiff::civil::Date;

use crate::sandbox::call::Call;
use crate::sandbox::cycle::Cycle;
use crate::sandbox::invoice::{self, Item, NewInvoice};
use crate::sandbox::money::Money;
use crate::sandbox::pricing::{self, Priced};
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::{Answer, Value};
use crate::sandbox::{gateway, settlement};

/// The service as it is.
struct Old {
    service: i64,
    client: i64,
    product: i64,
    name: String,
    cycle: Cycle,
    recurring: Money,
    due: String,
    currency: i64,
    signs: (String, String),
}

/// What it would become.
struct New {
    product: i64,
    name: String,
    cycle: Cycle,
    recurring: Money,
    days: i64,
    total_days: i64,
    amount: Money,
}

/// Orders an upgrade, or tells only what it would cost.
pub fn upgrade_product(call: &Call) -> Result<Answer, Refusal> {
    let old = old(call)?;
    check_no_other(call, old.service)?;
    let method = gateway::check(call.db, call.text("paymentmethod"))?;
    match call.text("type") {
        "product" => {}
        "configoptions" => {
            return refuse("The sandbox does not imitate UpgradeProduct for configoptions yet");
        }
        _ => return refuse("Invalid Upgrade Type"),
    }
    let new = new(call, &old)?;
    let (prefix, suffix) = &old.signs;
    let mut answer = Answer::success()
        .with("oldproductid", old.product.to_string())
        .with("oldproductname", old.name.as_str())
        .with("newproductid", new.product)
        .with("newproductname", new.name.as_str())
        .with("daysuntilrenewal", new.days)
        .with("totaldays", new.total_days)
        .with(
            "newproductbillingcycle",
            call.text("newproductbillingcycle"),
        )
        .with("price", format!("{prefix}{}{suffix}", new.amount));
    if call.flag("calconly") {
        answer.push("upgradeinprogress", false);
    } else {
        order(call, &old, &new, &method, &mut answer)?;
    }
    Ok(answer)
}

fn old(call: &Call) -> Result<Old, Refusal> {
    let row = call.db.row(
        "SELECT s.id, s.client_id, s.product_id, p.name, s.billingcycle, s.recurringamount, s.nextduedate, \
         m.id, m.prefix, m.suffix FROM services s JOIN products p ON p.id = s.product_id \
         JOIN clients c ON c.id = s.client_id JOIN currencies m ON m.id = c.currency WHERE s.id = ?1",
        [call.int("serviceid")],
        |row| {
            Ok(Old {
                service: row.get(0)?,
                client: row.get(1)?,
                product: row.get(2)?,
                name: row.get(3)?,
                cycle: Cycle::from_text(&row.get::<_, String>(4)?).unwrap_or(Cycle::Free),
                recurring: row.get(5)?,
                due: row.get(6)?,
                currency: row.get(7)?,
                signs: (row.get(8)?, row.get(9)?),
            })
        },
    )?;
    row.ok_or_else(|| Refusal::says("Service ID Not Found"))
}

fn check_no_other(call: &Call, service: i64) -> Result<(), Refusal> {
    let open: Option<i64> = call.db.value(
        "SELECT 1 FROM upgrades u JOIN orders o ON o.id = u.order_id JOIN invoices i ON i.id = o.invoice_id \
         WHERE u.service_id = ?1 AND i.status = 'Unpaid'",
        [service],
    )?;
    match open {
        None => Ok(()),
        Some(_) => refuse(
            "Unable to accept upgrade order. Previous upgrade invoice for service is still unpaid.",
        ),
    }
}

fn new(call: &Call, old: &Old) -> Result<New, Refusal> {
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
    let (cycle, price) = pricing::sale(
        call.db,
        Priced::Product(product),
        &paytype,
        old.currency,
        wanted,
    )?;
    let (days, total_days) = days(call, old);
    let new_days = length(call.now.date(), cycle);
    // Each day left costs the new price's share and gives back the old one's.
    let amount = share(price.recurring, days, new_days) - share(old.recurring, days, total_days);
    Ok(New {
        product,
        name,
        cycle,
        recurring: price.recurring,
        days,
        total_days,
        amount,
    })
}

/// How many days are left until the due date, of how many in the period that ends there.
fn days(call: &Call, old: &Old) -> (i64, i64) {
    let today = call.now.date();
    let due: Date = old.due.parse().unwrap_or(today);
    let start = due.saturating_sub(jiff::Span::new().months(old.cycle.months()));
    let total = i64::from((due - start).get_days()).max(1);
    (i64::from((due - today).get_days()).max(0), total)
}

fn length(today: Date, cycle: Cycle) -> i64 {
    i64::from((cycle.end(today) - today).get_days()).max(1)
}

/// A share of an amount, rounded half away from zero.
fn share(amount: Money, days: i64, of: i64) -> Money {
    let exact = i128::from(amount.0) * i128::from(days);
    let of = i128::from(of);
    let rounded = (exact * 2 + of * exact.signum()) / (of * 2);
    Money(i64::try_from(rounded).unwrap_or(i64::MAX))
}

/// Writes the order; it is carried out when its invoice is paid, or now when there is nothing to pay.
fn order(
    call: &Call,
    old: &Old,
    new: &New,
    method: &str,
    answer: &mut Answer,
) -> Result<(), Refusal> {
    let number = call.db.roll(1_000_000_000, 9_999_999_999);
    let order = call.db.insert(
        "orders",
        &[
            ("ordernum", &number),
            ("client_id", &old.client),
            ("admin_requestor_id", &call.caller.admin_id),
            ("date", &call.moment()),
            ("amount", &new.amount),
            ("paymentmethod", &method),
            ("ipaddress", &call.caller.ip.to_string()),
        ],
    )?;
    let upgrade = call.db.insert(
        "upgrades",
        &[
            ("client_id", &old.client),
            ("order_id", &order),
            ("service_id", &old.service),
            ("type", &"package"),
            ("date", &call.today()),
            ("original", &old.product),
            ("new_value", &new.product),
            ("new_cycle", &new.cycle.name()),
            ("amount", &new.amount),
            ("new_recurring", &new.recurring),
        ],
    )?;
    let invoice = if new.amount > Money::ZERO {
        Some(bill(call, old, new, method, upgrade)?)
    } else {
        settlement::upgrade(call, upgrade)?;
        None
    };
    call.db
        .update("orders", order, &[("invoice_id", &invoice.unwrap_or(0))])?;
    call.log(
        old.client,
        &format!("New Upgrade Order Placed - Order ID: {order}"),
    )?;
    answer.push("id", upgrade.to_string());
    answer.push("orderid", order);
    answer.push("order_number", number.to_string());
    answer.push("invoiceid", invoice.map_or(Value::Null, Value::Int));
    Ok(())
}

fn bill(call: &Call, old: &Old, new: &New, method: &str, upgrade: i64) -> rusqlite::Result<i64> {
    let item = Item {
        kind: "Upgrade",
        relid: upgrade,
        description: format!("Upgrade/Downgrade: {} => {}", old.name, new.name),
        amount: new.amount,
        taxed: false,
    };
    let invoice = NewInvoice {
        client: old.client,
        date: &call.today(),
        duedate: &invoice::due_day(call)?,
        status: "Unpaid",
        method,
        taxrate: "",
        taxrate2: "",
        notes: "",
    };
    let invoice = invoice::create(call, &invoice, &[item])?;
    invoice::mail(call, invoice, "Invoice Created")?;
    Ok(invoice)
}

#[cfg(test)]
mod tests {
    use super::share;
    use crate::sandbox::api::answer_fields;
    use crate::sandbox::db::Db;
    use crate::sandbox::money::Money;
    use crate::sandbox::reply::{Answer, Value};
    use crate::sandbox::store::Store;

    const UP: &str = "serviceid=1&type=product&paymentmethod=paypal&newproductid=2&newproductbillingcycle=annually";

    fn upgrade(store: &Store, rest: &str) -> Answer {
        answer_fields(store, &format!("action=UpgradeProduct&{rest}"))
    }

    fn product(store: &Store) -> i64 {
        let read = |db: &Db<'_>| Ok(db.value("SELECT product_id FROM services WHERE id = 1", ())?);
        store.transact(read).expect("reads").unwrap_or(0)
    }

    #[test]
    fn a_share_is_rounded_half_away_from_zero() {
        assert_eq!(share(Money(1000), 13, 30), Money(433));
        assert_eq!(share(Money(-1), 1, 2), Money(-1));
        assert_eq!(share(Money(1), 1, 3), Money(0));
    }

    #[test]
    fn a_price_is_told_without_an_order() {
        let store = Store::open(None, 1, 0).expect("opens");
        let reply = upgrade(&store, &format!("{UP}&calconly=1"));
        assert_eq!(reply.text("oldproductid"), "1");
        assert_eq!(reply.int("newproductid"), 2);
        assert_eq!(reply.int("daysuntilrenewal"), 350);
        assert_eq!(reply.get("upgradeinprogress"), Some(&Value::Bool(false)));
        assert!(
            reply.text("price").starts_with("\u{20ac}6"),
            "{}",
            reply.text("price")
        );
        assert!(reply.get("orderid").is_none());
        assert_eq!(
            answer_fields(&store, "action=GetOrders").int("totalresults"),
            4
        );
    }

    #[test]
    fn an_upgrade_waits_for_its_payment_and_a_second_one_for_the_first() {
        let store = Store::open(None, 1, 0).expect("opens");
        let reply = upgrade(&store, UP);
        let Some(Value::Int(invoice)) = reply.get("invoiceid") else {
            panic!("{reply:?}")
        };
        assert_eq!(product(&store), 1);
        assert_eq!(
            upgrade(&store, UP).text("message"),
            "Unable to accept upgrade order. Previous upgrade invoice for service is still unpaid."
        );
        answer_fields(
            &store,
            &format!(
                "action=AddInvoicePayment&invoiceid={invoice}&transid=U1&gateway=paypal&date=2026-01-01"
            ),
        );
        assert_eq!(product(&store), 2);
        let back = upgrade(
            &store,
            "serviceid=1&type=product&paymentmethod=paypal&newproductid=1&newproductbillingcycle=annually",
        );
        assert_eq!(back.get("invoiceid"), Some(&Value::Null));
        assert!(back.text("price").starts_with("\u{20ac}-6"));
        assert_eq!(product(&store), 1);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let store = Store::open(None, 1, 0).expect("opens");
        for (query, message) in [
            ("serviceid=99", "Service ID Not Found"),
            (
                "serviceid=1&paymentmethod=gold",
                "Invalid Payment Method. Valid options include banktransfer,paypal",
            ),
            (
                "serviceid=1&paymentmethod=paypal&type=colour",
                "Invalid Upgrade Type",
            ),
        ] {
            assert_eq!(upgrade(&store, query).text("message"), message);
        }
    }
}
