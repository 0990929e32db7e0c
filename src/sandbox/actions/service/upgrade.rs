//! `UpgradeProduct`: a service gets another product, cycle or options, paid for the days that are left.
//!
//! What it comes to is worked out in `upgrade_product` and `upgrade_options`; here
//! it is told, or ordered. An upgrade is carried out when its invoice is paid, or
//! at once when there is nothing to pay.

use jiff::civil::Date;

use super::{upgrade_options, upgrade_product};
use crate::sandbox::call::Call;
use crate::sandbox::cycle::Cycle;
use crate::sandbox::invoice::{self, Item, NewInvoice};
use crate::sandbox::money::Money;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::{Answer, Value};
use crate::sandbox::{gateway, settlement};

/// The service as it is.
#[derive(Debug)]
pub struct Upgraded {
    /// Its id.
    pub service: i64,
    /// The product it is of.
    pub product: i64,
    /// That product's name.
    pub name: String,
    /// How often it is paid for.
    pub cycle: Cycle,
    /// What it costs every time.
    pub recurring: Money,
    /// The client's currency.
    pub currency: i64,
    /// Days left until the due date.
    pub days: i64,
    /// Days of the period that ends there.
    pub total_days: i64,
    client: i64,
    is_taxed: bool,
    signs: (String, String),
}

/// One thing that changes.
#[derive(Debug)]
pub struct Change {
    /// `package` or `configoptions`, as the table has it.
    pub kind: &'static str,
    /// The configurable option; 0 where the product changes.
    pub option: i64,
    /// The product, choice or quantity there is.
    pub original: i64,
    /// The one there will be.
    pub new_value: i64,
    /// The cycle there will be.
    pub cycle: Cycle,
    /// What the days left cost; less than nothing gives nothing back.
    pub amount: Money,
    /// The product's new recurring amount, or what the option adds to it.
    pub recurring: Money,
    /// The line on the invoice.
    pub line: String,
}

impl Upgraded {
    /// An amount with the signs of the client's currency.
    pub fn told(&self, amount: Money) -> String {
        let (prefix, suffix) = &self.signs;
        format!("{prefix}{amount}{suffix}")
    }
}

/// Orders an upgrade, or tells only what it would cost.
pub fn upgrade_product(call: &Call) -> Result<Answer, Refusal> {
    let old = find(call)?;
    let is_in_progress = is_in_progress(call, old.service)?;
    let is_order = !call.flag("calconly");
    if is_order && is_in_progress {
        return refuse(
            "Unable to accept upgrade order. Previous upgrade invoice for service is still unpaid.",
        );
    }
    let method = gateway::check(call.db, call.text("paymentmethod"))?;
    let (changes, mut answer) = match call.text("type") {
        "product" => upgrade_product::change(call, &old)?,
        "configoptions" => upgrade_options::changes(call, &old)?,
        _ => return refuse("Invalid Upgrade Type"),
    };
    if is_order {
        order(call, &old, &changes, &method, &mut answer)?;
    } else {
        answer.push("upgradeinprogress", is_in_progress);
    }
    Ok(answer)
}

fn find(call: &Call) -> Result<Upgraded, Refusal> {
    let today = call.now.date();
    let row = call.db.row(
        "SELECT s.id, s.product_id, p.name, s.billingcycle, s.recurringamount, m.id, s.nextduedate, s.client_id, \
         p.tax, m.prefix, m.suffix FROM services s JOIN products p ON p.id = s.product_id \
         JOIN clients c ON c.id = s.client_id JOIN currencies m ON m.id = c.currency WHERE s.id = ?1",
        [call.int("serviceid")],
        |row| {
            let cycle = Cycle::from_text(&row.get::<_, String>(3)?).unwrap_or(Cycle::Free);
            let (days, total_days) = days(today, &row.get::<_, String>(6)?, cycle);
            Ok(Upgraded {
                service: row.get(0)?,
                product: row.get(1)?,
                name: row.get(2)?,
                cycle,
                recurring: row.get(4)?,
                currency: row.get(5)?,
                days,
                total_days,
                client: row.get(7)?,
                is_taxed: row.get(8)?,
                signs: (row.get(9)?, row.get(10)?),
            })
        },
    )?;
    row.ok_or_else(|| Refusal::says("Service ID Not Found"))
}

/// Whether an upgrade that was ordered earlier still waits for its payment.
fn is_in_progress(call: &Call, service: i64) -> rusqlite::Result<bool> {
    let open: Option<i64> = call.db.value(
        "SELECT 1 FROM upgrades u JOIN orders o ON o.id = u.order_id JOIN invoices i ON i.id = o.invoice_id \
         WHERE u.service_id = ?1 AND i.status = 'Unpaid'",
        [service],
    )?;
    Ok(open.is_some())
}

/// How many days are left until the due date, of how many in the period that ends there.
fn days(today: Date, due: &str, cycle: Cycle) -> (i64, i64) {
    let due: Date = due.parse().unwrap_or(today);
    let start = due.saturating_sub(jiff::Span::new().months(cycle.months()));
    let total = i64::from((due - start).get_days()).max(1);
    (i64::from((due - today).get_days()).max(0), total)
}

/// A share of an amount, rounded half away from zero.
pub fn share(amount: Money, days: i64, of: i64) -> Money {
    let exact = i128::from(amount.0) * i128::from(days);
    let of = i128::from(of);
    let rounded = (exact * 2 + of * exact.signum()) / (of * 2);
    Money(i64::try_from(rounded).unwrap_or(i64::MAX))
}

/// Writes the order and its changes, and bills or carries them out.
fn order(
    call: &Call,
    old: &Upgraded,
    changes: &[Change],
    method: &str,
    answer: &mut Answer,
) -> Result<(), Refusal> {
    let number = call.db.roll(1_000_000_000, 9_999_999_999);
    let amount: Money = changes.iter().map(|change| change.amount).sum();
    let order = call.db.insert(
        "orders",
        &[
            ("ordernum", &number),
            ("client_id", &old.client),
            ("admin_requestor_id", &call.caller.admin_id),
            ("date", &call.moment()),
            ("amount", &amount),
            ("paymentmethod", &method),
            ("ipaddress", &call.caller.ip.to_string()),
        ],
    )?;
    let mut upgrades = Vec::new();
    for change in changes {
        upgrades.push(insert(call, old, order, change)?);
    }
    let invoice = if amount > Money::ZERO {
        Some(bill(call, old, changes, method, &upgrades)?)
    } else {
        for upgrade in &upgrades {
            settlement::upgrade(call, *upgrade)?;
        }
        None
    };
    call.db
        .update("orders", order, &[("invoice_id", &invoice.unwrap_or(0))])?;
    call.log(
        old.client,
        &format!("New Upgrade Order Placed - Order ID: {order}"),
    )?;
    let ids: Vec<String> = upgrades.iter().map(i64::to_string).collect();
    answer.push("id", ids.join(","));
    answer.push("orderid", order);
    answer.push("order_number", number.to_string());
    answer.push("invoiceid", invoice.map_or(Value::Null, Value::Int));
    Ok(())
}

fn insert(call: &Call, old: &Upgraded, order: i64, change: &Change) -> rusqlite::Result<i64> {
    call.db.insert(
        "upgrades",
        &[
            ("client_id", &old.client),
            ("order_id", &order),
            ("service_id", &old.service),
            ("type", &change.kind),
            ("date", &call.today()),
            ("option_id", &change.option),
            ("original", &change.original),
            ("new_value", &change.new_value),
            ("new_cycle", &change.cycle.name()),
            ("amount", &change.amount),
            ("new_recurring", &change.recurring),
            ("line", &change.line),
        ],
    )
}

/// The invoice of an upgrade: a line for every change, those over nothing too, since its payment carries them out.
fn bill(
    call: &Call,
    old: &Upgraded,
    changes: &[Change],
    method: &str,
    upgrades: &[i64],
) -> rusqlite::Result<i64> {
    let items: Vec<Item> = changes
        .iter()
        .zip(upgrades)
        .map(|(change, upgrade)| Item {
            kind: "Upgrade",
            relid: *upgrade,
            description: format!("Upgrade/Downgrade: {}", change.line),
            amount: change.amount,
            taxed: old.is_taxed,
        })
        .collect();
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
    let invoice = invoice::create(call, &invoice, &items)?;
    invoice::mail(call, invoice, "Invoice Created")?;
    Ok(invoice)
}

#[cfg(test)]
mod tests {
    use super::share;
    use crate::sandbox::api::answer_fields;
    use crate::sandbox::db::Db;
    use crate::sandbox::money::Money;
    use crate::sandbox::reply::{Answer, Fields, Value};
    use crate::sandbox::store::Store;
    use crate::sandbox::testing::{answer, column, records};

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
    fn a_price_is_told_while_another_upgrade_waits() {
        let store = Store::open(None, 1, 0).expect("opens");
        upgrade(&store, UP);
        let reply = upgrade(&store, &format!("{UP}&calconly=1"));
        assert_eq!(reply.get("upgradeinprogress"), Some(&Value::Bool(true)));
    }

    #[test]
    fn what_was_free_pays_the_whole_new_price() {
        let store = Store::open(None, 1, 0).expect("opens");
        answer(
            &store,
            "AddOrder",
            "clientid=3&paymentmethod=paypal&pid[]=5",
        );
        let reply = upgrade(
            &store,
            "serviceid=5&type=product&paymentmethod=paypal&newproductid=1&newproductbillingcycle=monthly",
        );
        assert_eq!(reply.text("price"), "$5.95 USD");
        pay(&store, &reply);
        let service = service(&store, 5);
        assert_eq!(service.text("billingcycle"), "Monthly");
        assert_ne!(service.text("nextduedate"), "0000-00-00");
    }

    #[test]
    fn options_change_when_the_days_left_are_paid() {
        const OPTIONS: &str = "serviceid=2&type=configoptions&paymentmethod=paypal&configoptions";
        let store = Store::open(None, 1, 0).expect("opens");
        let told = upgrade(&store, &format!("{OPTIONS}[1]=2&calconly=1"));
        assert_eq!(told.get("upgradeinprogress"), Some(&Value::Bool(false)));
        let (days, total) = (told.int("daysuntilrenewal"), told.int("totaldays"));
        let price = share(Money(500), days, total);
        assert_eq!(told.text("price"), format!("${price} USD"));
        assert_eq!(
            column(&told, "configoptions.configoption", "newvalue"),
            ["Daily"]
        );

        let ordered = upgrade(&store, &format!("{OPTIONS}[1]=2"));
        let value = |store: &Store| {
            let reply = answer(store, "GetClientsProducts", "serviceid=2");
            let products = records(&reply, "products.product");
            column(&products[0], "configoptions.configoption", "value")
        };
        assert_eq!(value(&store), ["None"], "waits for the payment");
        let order = answer(
            &store,
            "GetOrders",
            &format!("id={}", ordered.int("orderid")),
        );
        let lines = column(
            &records(&order, "orders.order")[0],
            "lineitems.lineitem",
            "product",
        );
        assert_eq!(lines, ["Cloud VPS - Backups: None => Daily"]);
        pay(&store, &ordered);
        assert_eq!(value(&store), ["Daily"]);
        assert_eq!(service(&store, 2).text("recurringamount"), "29.99");

        let back = upgrade(&store, &format!("{OPTIONS}[1]=1"));
        assert_eq!(back.get("invoiceid"), Some(&Value::Null));
        assert_eq!(value(&store), ["None"]);
        assert_eq!(service(&store, 2).text("recurringamount"), "24.99");
    }

    #[test]
    fn an_upgrade_that_is_cancelled_is_never_carried_out() {
        let store = Store::open(None, 1, 0).expect("opens");
        let ordered = upgrade(&store, UP);
        let order = ordered.int("orderid");
        answer(&store, "CancelOrder", &format!("orderid={order}"));
        let reply = answer(&store, "GetOrders", &format!("id={order}"));
        let lines = column(
            &records(&reply, "orders.order")[0],
            "lineitems.lineitem",
            "status",
        );
        assert_eq!(lines, ["Cancelled"]);
        let invoice = ordered.int("invoiceid");
        answer(
            &store,
            "UpdateInvoice",
            &format!("invoiceid={invoice}&status=Paid"),
        );
        assert_eq!(product(&store), 1);
        assert!(upgrade(&store, UP).get("orderid").is_some());
    }

    fn pay(store: &Store, ordered: &Answer) {
        let query = format!(
            "invoiceid={}&transid=U9&gateway=paypal&date=2026-01-01",
            ordered.int("invoiceid")
        );
        answer(store, "AddInvoicePayment", &query);
    }

    fn service(store: &Store, id: i64) -> Fields {
        let reply = answer(store, "GetClientsProducts", &format!("serviceid={id}"));
        records(&reply, "products.product").remove(0)
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
