//! `UpgradeProduct`: a service gets another product, cycle or options, paid for the days that are left.
//!
//! What it comes to is worked out in `upgrade_product` and `upgrade_options`; here
//! it is told, or ordered. An upgrade is carried out when its invoice is paid, or
//! at once when there is nothing to pay.

use jiff::civil::Date;

use super::change::{Change, Upgraded};
use super::{upgrade_options, upgrade_product};
use crate::sandbox::call::Call;
use crate::sandbox::cycle::Cycle;
use crate::sandbox::group_discount;
use crate::sandbox::invoice::{self, Item, NewInvoice};
use crate::sandbox::money::Money;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::{Answer, Value};
use crate::sandbox::{gateway, settlement};

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
    // What is only worked out needs no gateway, whatever the reference says.
    let method = match call.given("paymentmethod") {
        None if !is_order => String::new(),
        method => gateway::check(call.db, method.unwrap_or_default())?,
    };
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
         p.tax, m.prefix, m.suffix, s.qty FROM services s JOIN products p ON p.id = s.product_id \
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
                qty: row.get(11)?,
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
    let mut items: Vec<Item> = changes
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
    group_discount::add(call.db, old.client, &mut items)?;
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
