//! `AddBillableItem`, and which of the items go onto an invoice when.
//!
//! An item is billed once, a recurring one as often as it says, each time for its
//! next due date. An item without an invoice action waits for ever.

use jiff::Span;
use jiff::civil::Date;
use rusqlite::params;

use super::charge::Charge;
use crate::sandbox::call::Call;
use crate::sandbox::cycle::moved;
use crate::sandbox::gateway;
use crate::sandbox::invoice::Item;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

const INVOICE_ACTIONS: &[&str] = &["noinvoice", "nextcron", "nextinvoice", "duedate", "recur"];
const CYCLES: &[&str] = &["Days", "Weeks", "Months", "Years"];
const UNITS: &[&str] = &["hours", "quantity"];
const NO_DAY: &str = "0000-00-00";

/// Adds an item to bill to a client.
pub fn add_billable_item(call: &Call) -> Result<Answer, Refusal> {
    let client = call.existing("clientid", "clients", "Client ID not Found")?;
    let description = call.required("description", "You must provide a description")?;
    let Some(action) = spelled(
        INVOICE_ACTIONS,
        call.given("invoiceaction").unwrap_or("noinvoice"),
    ) else {
        return refuse("Invalid Invoice Action");
    };
    let cycle = spelled(CYCLES, call.text("recurcycle")).unwrap_or_default();
    let (every, times) = (call.int("recur"), call.int("recurfor"));
    if action == "recur" && (every <= 0 || cycle.is_empty() || times <= 0) {
        return refuse("Recurring must have a unit, cycle and limit");
    }
    if matches!(action, "duedate" | "recur") {
        call.required("duedate", "Due date is required")?;
    }
    let Some(unit) = spelled(UNITS, call.text("unit")) else {
        return refuse("Invalid Unit, please specify either 'hours' or 'quantity'");
    };
    let due = call.given("duedate").unwrap_or(NO_DAY);
    if due != NO_DAY && !is_day(due) {
        return refuse("Invalid Date Format - Expected: 'YYYY-mm-dd'");
    }
    let id = call.db.insert(
        "billable_items",
        &[
            ("client_id", &client),
            ("description", &description),
            ("amount", &call.money("amount").unwrap_or_default()),
            ("unit", &unit),
            ("quantity", &call.given("quantity").unwrap_or("0")),
            ("invoiceaction", &action),
            ("recur", &every),
            ("recurcycle", &cycle),
            ("recurfor", &times),
            ("duedate", &due),
        ],
    )?;
    call.log(client, &format!("Added Billable Item - Item ID: {id}"))?;
    // The reference names `result`, its example shows `status`.
    Ok(Answer::success()
        .with("status", "success")
        .with("billableid", id))
}

/// The word as WHMCS spells it.
fn spelled(words: &[&'static str], text: &str) -> Option<&'static str> {
    words
        .iter()
        .copied()
        .find(|word| word.eq_ignore_ascii_case(text))
}

fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<Date>().is_ok()
}

/// The items due up to a day, counted as billed; of every client when none is named.
pub fn take_due(call: &Call, client: i64, horizon: Date) -> rusqlite::Result<Vec<Charge>> {
    let due = call.db.values::<i64>(
        "SELECT id FROM billable_items WHERE ?1 IN (0, client_id) AND CASE invoiceaction \
         WHEN 'nextcron' THEN invoicecount = 0 \
         WHEN 'duedate' THEN invoicecount = 0 AND duedate <= ?2 \
         WHEN 'recur' THEN invoicecount < recurfor AND duedate <= ?2 ELSE 0 END ORDER BY id",
        params![client, horizon.to_string()],
    )?;
    due.into_iter()
        .filter_map(|id| take(call, id).transpose())
        .collect()
}

/// The items that wait for the next invoice of a client, counted as billed.
pub fn take_waiting(call: &Call, client: i64) -> rusqlite::Result<Vec<Item>> {
    let waiting = call.db.values::<i64>(
        "SELECT id FROM billable_items WHERE client_id = ?1 AND invoiceaction = 'nextinvoice' \
         AND invoicecount = 0 ORDER BY id",
        [client],
    )?;
    waiting
        .into_iter()
        .filter_map(|id| take(call, id).transpose())
        .map(|charge| charge.map(|charge| charge.item))
        .collect()
}

/// What an item charges now; it counts as billed, and a recurring one moves on to its next day.
fn take(call: &Call, id: i64) -> rusqlite::Result<Option<Charge>> {
    let row = call.db.row(
        "SELECT client_id, description, amount, duedate, recur, recurcycle FROM billable_items WHERE id = ?1",
        [id],
        |row| {
            let item = Item {
                kind: "Item",
                relid: id,
                description: row.get(1)?,
                amount: row.get(2)?,
                taxed: false,
            };
            let due: String = row.get(3)?;
            Ok((row.get::<_, i64>(0)?, item, due, row.get::<_, i64>(4)?, row.get::<_, String>(5)?))
        },
    )?;
    let Some((client, item, due, every, cycle)) = row else {
        return Ok(None);
    };
    call.db.run(
        "UPDATE billable_items SET invoicecount = invoicecount + 1, duedate = ?2 WHERE id = ?1",
        params![id, moved(&due, span(every, &cycle))],
    )?;
    Ok(Some(Charge {
        client,
        due: if due == NO_DAY { call.today() } else { due },
        method: gateway::of_client(call.db, client)?,
        item,
    }))
}

fn span(every: i64, cycle: &str) -> Span {
    // A span has its limits; no recurrence in sense is longer than this.
    let every = every.clamp(0, 9_999);
    match cycle {
        "Days" => Span::new().days(every),
        "Weeks" => Span::new().weeks(every),
        "Months" => Span::new().months(every),
        "Years" => Span::new().years(every),
        _ => Span::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::{answer, count, json, refuses, store};

    const ITEM: &str = "clientid=1&description=Migration&amount=80.00&unit=hours&quantity=2.5";

    #[test]
    fn a_billable_item_is_answered_by_result_and_status() {
        let store = store();
        assert_eq!(
            json(&store, "AddBillableItem", ITEM),
            r#"{"result":"success","status":"success","billableid":1}"#
        );
        let stored = "SELECT COUNT(*) FROM billable_items WHERE invoiceaction = 'noinvoice' \
                      AND amount = 8000 AND quantity = '2.5' AND unit = 'hours'";
        assert_eq!(count(&store, stored), 1);
        let stats = answer(&store, "GetStats", "");
        assert_eq!(stats.int("billableitems_uninvoiced"), 1);
    }

    #[test]
    fn a_billable_item_is_checked_in_the_order_of_the_reference() {
        let recur = format!("{ITEM}&invoiceaction=recur");
        let endless = format!("{recur}&recur=1&recurcycle=Months");
        let undated = format!("{endless}&recurfor=3");
        let oddly_dated = format!("{ITEM}&invoiceaction=duedate&duedate=24/12/2026");
        refuses(
            &store(),
            "AddBillableItem",
            &[
                ("clientid=99&unit=days", "Client ID not Found"),
                ("clientid=1", "You must provide a description"),
                (
                    "clientid=1&description=x&invoiceaction=soon",
                    "Invalid Invoice Action",
                ),
                (&recur, "Recurring must have a unit, cycle and limit"),
                (&endless, "Recurring must have a unit, cycle and limit"),
                (&undated, "Due date is required"),
                (
                    "clientid=1&description=x&amount=1",
                    "Invalid Unit, please specify either 'hours' or 'quantity'",
                ),
                (&oddly_dated, "Invalid Date Format - Expected: 'YYYY-mm-dd'"),
            ],
        );
    }
}
