//! `UpdateInvoice`: what was sent, its lines, its status; the sums follow.

use rusqlite::params;

use crate::sandbox::call::{Call, intval, truth};
use crate::sandbox::changes::Changes;
use crate::sandbox::gateway;
use crate::sandbox::invoice::{self, Item};
use crate::sandbox::money::Money;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// Changes an invoice.
pub fn update_invoice(call: &Call) -> Result<Answer, Refusal> {
    let id = call.existing("invoiceid", "invoices", "Invoice ID Not Found")?;
    let is_published = call.flag("publish") || call.flag("publishandsendemail");
    if is_published && invoice::status(call.db, id)? != "Draft" {
        return refuse("Invoice must be in Draft status to be published");
    }
    check_items(call)?;
    let status = match call.given("status") {
        None => None,
        Some(text) => match invoice::known_status(text) {
            Some(status) => Some(status),
            None => return refuse(format!("Invalid status {text}")),
        },
    };
    change_columns(call, id)?;
    change_items(call, id)?;
    add_items(call, id)?;
    for line in call.ids("deletelineids") {
        call.db.run(
            "DELETE FROM invoice_items WHERE id = ?1 AND invoice_id = ?2",
            [line, id],
        )?;
    }
    invoice::recompute(call, id)?;
    if is_published {
        invoice::change_status(call, id, "Unpaid")?;
    }
    if let Some(status) = status {
        invoice::change_status(call, id, status)?;
    }
    // After the status, whose change sets the moment of the call.
    if let Some(paid) = call.date("datepaid") {
        call.db
            .update("invoices", id, &[("datepaid", &format!("{paid} 00:00:00"))])?;
    }
    if call.flag("publishandsendemail") {
        invoice::mail(call, id, "Invoice Created")?;
    }
    let client = invoice::client(call.db, id)?;
    call.log(client, &format!("Modified Invoice - Invoice ID: {id}"))?;
    Ok(Answer::success().with("invoiceid", id))
}

/// Every line that changes needs its description, its amount and whether it is taxed.
fn check_items(call: &Call) -> Result<(), Refusal> {
    const NAMES: [&str; 3] = ["itemdescription", "itemamount", "itemtaxed"];
    let sets = NAMES.map(|name| call.array(name));
    let keys = sets
        .iter()
        .flatten()
        .flat_map(|set| set.iter())
        .map(|(key, _)| key);
    for key in keys {
        if !sets
            .iter()
            .all(|set| set.is_some_and(|set| set.get(key).is_some()))
        {
            return refuse(
                "Missing Variables: itemdescription, itemamount and itemtaxed are required for each item being changed",
            );
        }
    }
    Ok(())
}

fn change_columns(call: &Call, id: i64) -> rusqlite::Result<()> {
    let mut changes = Changes::default();
    changes.texts(call, &["notes"]);
    changes.amounts(call, &["credit"]);
    for name in ["date", "duedate"] {
        if let Some(date) = call.date(name) {
            changes.set(name, date.to_string());
        }
    }
    for name in ["taxrate", "taxrate2"] {
        if let Some(rate) = call.given(name) {
            changes.set(name, invoice::rate(rate));
        }
    }
    if let Some(method) = gateway::known(call.db, call.text("paymentmethod"))? {
        changes.set("paymentmethod", method);
    }
    changes.apply(call, "invoices", id)?;
    Ok(())
}

fn change_items(call: &Call, id: i64) -> rusqlite::Result<()> {
    for key in call.keys("itemdescription") {
        let amount: Money = call.element("itemamount", key).parse().unwrap_or_default();
        call.db.run(
            "UPDATE invoice_items SET description = ?3, amount = ?4, taxed = ?5 WHERE id = ?1 AND invoice_id = ?2",
            params![
                intval(key),
                id,
                call.element("itemdescription", key),
                amount,
                truth(call.element("itemtaxed", key)),
            ],
        )?;
    }
    Ok(())
}

fn add_items(call: &Call, id: i64) -> rusqlite::Result<()> {
    let client = invoice::client(call.db, id)?;
    for key in call.keys("newitemdescription") {
        let item = Item {
            kind: "",
            relid: 0,
            description: call.element("newitemdescription", key).to_owned(),
            amount: call
                .element("newitemamount", key)
                .parse()
                .unwrap_or_default(),
            taxed: truth(call.element("newitemtaxed", key)),
        };
        invoice::add_item(call.db, id, client, &item)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::sandbox::api::answer_fields;
    use crate::sandbox::db::Db;
    use crate::sandbox::reply::{Answer, Fields};
    use crate::sandbox::store::Store;

    fn update(store: &Store, rest: &str) -> Answer {
        answer_fields(store, &format!("action=UpdateInvoice&{rest}"))
    }

    fn invoice(store: &Store, id: i64) -> Fields {
        answer_fields(store, &format!("action=GetInvoice&invoiceid={id}"))
    }

    #[test]
    fn lines_change_come_and_go_and_the_sums_follow() {
        let store = Store::open(None, 1, None).expect("opens");
        let reply = update(
            &store,
            "invoiceid=2&taxrate=10&itemdescription[2]=Server&itemamount[2]=20.00&itemtaxed[2]=1\
             &newitemdescription[0]=Help&newitemamount[0]=5.50&newitemtaxed[0]=0",
        );
        assert_eq!(reply, Answer::success().with("invoiceid", 2_i64));
        let changed = invoice(&store, 2);
        assert_eq!(
            (
                changed.text("subtotal"),
                changed.text("tax"),
                changed.text("total")
            ),
            ("25.50", "2.00", "27.50")
        );
        update(&store, "invoiceid=2&deletelineids[0]=2&deletelineids[1]=1");
        assert_eq!(invoice(&store, 2).text("total"), "5.50");
        assert_eq!(
            invoice(&store, 1).text("total"),
            "55.00",
            "another invoice's line stays"
        );
    }

    #[test]
    fn what_cannot_be_is_refused_in_whmcss_words() {
        let store = Store::open(None, 1, None).expect("opens");
        for (query, message) in [
            ("invoiceid=99", "Invoice ID Not Found"),
            (
                "invoiceid=2&publish=1",
                "Invoice must be in Draft status to be published",
            ),
            (
                "invoiceid=2&publishandsendemail=1",
                "Invoice must be in Draft status to be published",
            ),
            (
                "invoiceid=2&itemdescription[2]=x&itemamount[2]=1",
                "Missing Variables: itemdescription, itemamount and itemtaxed are required for each item being changed",
            ),
            ("invoiceid=2&status=Lost", "Invalid status Lost"),
        ] {
            assert_eq!(update(&store, query).text("message"), message);
        }
    }

    #[test]
    fn a_status_brings_its_date() {
        let store = Store::open(None, 1, None).expect("opens");
        let never = "0000-00-00 00:00:00";
        update(&store, "invoiceid=2&status=Paid&datepaid=2026-05-06");
        assert_eq!(invoice(&store, 2).text("datepaid"), "2026-05-06 00:00:00");
        assert_eq!(invoice(&store, 2).text("status"), "Paid");
        update(&store, "invoiceid=2&status=unpaid");
        assert_eq!(invoice(&store, 2).text("datepaid"), never);
        update(
            &store,
            "invoiceid=2&status=Cancelled&notes=gone&duedate=2027-01-01",
        );
        let cancelled = invoice(&store, 2);
        assert_eq!(
            (cancelled.text("notes"), cancelled.text("duedate")),
            ("gone", "2027-01-01")
        );
    }

    #[test]
    fn a_draft_is_published_and_mailed_on_demand() {
        let store = Store::open(None, 1, None).expect("opens");
        answer_fields(
            &store,
            "action=CreateInvoice&userid=1&draft=1&itemdescription1=A&itemamount1=3",
        );
        update(&store, "invoiceid=5&publishandsendemail=1");
        assert_eq!(invoice(&store, 5).text("status"), "Unpaid");
        let count = |db: &Db<'_>| {
            Ok(db.value::<i64>(
                "SELECT COUNT(*) FROM emails WHERE subject = 'Customer Invoice'",
                (),
            )?)
        };
        assert_eq!(store.transact(count).expect("reads"), Some(1));
    }
}
