//! `CreateInvoice`.

use crate::sandbox::call::{Call, truth};
use crate::sandbox::credit;
use crate::sandbox::gateway;
use crate::sandbox::invoice::{self, Item, NewInvoice};
use crate::sandbox::money::Money;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// Makes an invoice of numbered lines.
pub fn create_invoice(call: &Call) -> Result<Answer, Refusal> {
    let client = call.existing("userid", "clients", "Client ID Not Found")?;
    let status = match invoice::known_status(call.text("status")) {
        _ if call.flag("draft") => "Draft",
        known => known.unwrap_or("Unpaid"),
    };
    if status == "Draft" && call.flag("sendinvoice") {
        return refuse(
            "Cannot create and send a draft invoice in a single API request. Please create and send separately.",
        );
    }
    let method = match gateway::known(call.db, call.text("paymentmethod"))? {
        Some(method) => method,
        None => gateway::of_client(call.db, client)?,
    };
    let day = |name, otherwise| call.date(name).map_or(otherwise, |day| day.to_string());
    let new = NewInvoice {
        client,
        date: &day("date", call.today()),
        duedate: &day("duedate", invoice::due_day(call)?),
        // Closed only once the lines stand, so that what they bill moves on and its day is kept.
        status: match status {
            "Paid" | "Cancelled" | "Refunded" => "Unpaid",
            open => open,
        },
        method: &method,
        taxrate: call.text("taxrate"),
        taxrate2: call.text("taxrate2"),
        notes: call.text("notes"),
    };
    let id = invoice::create(call, &new, &items(call))?;
    call.log(client, &format!("Created Invoice - Invoice ID: {id}"))?;
    invoice::change_status(call, id, status)?;
    // What is told is the status before the client's credit paid for it.
    let told = invoice::status(call.db, id)?;
    if call.flag("sendinvoice") {
        invoice::mail(call, id, "Invoice Created")?;
    }
    if call.flag("autoapplycredit") {
        spend_credit(call, client, id)?;
    }
    Ok(Answer::success().with("invoiceid", id).with("status", told))
}

/// The lines sent: whatever number has a description or an amount.
fn items(call: &Call) -> Vec<Item> {
    let (descriptions, amounts) = (
        call.numbered("itemdescription"),
        call.numbered("itemamount"),
    );
    let taxed = call.numbered("itemtaxed");
    let at = |list: &[(u32, &str)], number| {
        list.iter()
            .find_map(|(own, text)| (*own == number).then(|| (*text).to_owned()))
            .unwrap_or_default()
    };
    let mut numbers: Vec<u32> = descriptions
        .iter()
        .chain(&amounts)
        .map(|(number, _)| *number)
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
        .into_iter()
        .map(|number| Item {
            kind: "",
            relid: 0,
            description: at(&descriptions, number),
            amount: at(&amounts, number).parse().unwrap_or_default(),
            taxed: truth(&at(&taxed, number)),
        })
        .filter(|item| !item.description.is_empty() || item.amount != Money::ZERO)
        .collect()
}

/// Pays what the client's credit can of an invoice just made.
pub fn spend_credit(call: &Call, client: i64, id: i64) -> rusqlite::Result<()> {
    let amount = credit::balance(call.db, client)?.min(invoice::balance(call.db, id)?);
    if amount > Money::ZERO && invoice::status(call.db, id)? == "Unpaid" {
        invoice::apply_credit(call, id, amount)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::sandbox::api::answer_fields;
    use crate::sandbox::db::Db;
    use crate::sandbox::reply::{Answer, Fields, Value};
    use crate::sandbox::store::Store;

    fn store() -> Store {
        Store::open(None, 1, None).expect("opens")
    }

    fn create(store: &Store, rest: &str) -> Answer {
        answer_fields(store, &format!("action=CreateInvoice&{rest}"))
    }

    fn invoice(store: &Store, id: i64) -> Fields {
        answer_fields(store, &format!("action=GetInvoice&invoiceid={id}"))
    }

    fn mails(store: &Store) -> i64 {
        let count = |db: &Db<'_>| Ok(db.value("SELECT COUNT(*) FROM emails", ())?);
        store.transact(count).expect("reads").unwrap_or(-1)
    }

    #[test]
    fn numbered_lines_become_items_and_the_sums_follow() {
        let store = store();
        let reply = create(
            &store,
            "userid=3&date=2026-01-02&duedate=2026-02-03&taxrate=19&taxrate2=1&itemdescription2=B&itemamount2=0.05&itemtaxed2=1\
             &itemdescription1=A&itemamount1=10.00&itemtaxed1=1&itemdescription10=C&itemamount10=2&notes=N",
        );
        assert_eq!(
            reply,
            Answer::success()
                .with("invoiceid", 5_i64)
                .with("status", "Unpaid")
        );
        let made = invoice(&store, 5);
        for (name, value) in [
            ("date", "2026-01-02"),
            ("duedate", "2026-02-03"),
            ("subtotal", "12.05"),
            ("tax", "1.91"),
            ("tax2", "0.10"),
            ("total", "14.06"),
            ("balance", "14.06"),
            ("taxrate", "19.000"),
            ("paymentmethod", "paypal"),
            ("notes", "N"),
        ] {
            assert_eq!(made.text(name), value, "{name}");
        }
        let Some(Value::Map(items)) = made.get("items") else {
            panic!("no items")
        };
        let Some(Value::List(items)) = items.get("item") else {
            panic!("no list")
        };
        let texts: Vec<&str> = items
            .iter()
            .map(|item| match item {
                Value::Map(item) => item.text("description"),
                _ => "",
            })
            .collect();
        assert_eq!(texts, ["A", "B", "C"]);
        assert_eq!(mails(&store), 0);
    }

    #[test]
    fn a_draft_is_not_sent_and_a_sent_invoice_mails_its_total() {
        let store = store();
        let no = "Cannot create and send a draft invoice in a single API request. Please create and send separately.";
        assert_eq!(
            create(&store, "userid=1&draft=1&sendinvoice=1").text("message"),
            no
        );
        assert_eq!(
            create(&store, "userid=1&status=draft&sendinvoice=1").text("message"),
            no
        );
        assert_eq!(
            create(&store, "userid=99").text("message"),
            "Client ID Not Found"
        );
        assert_eq!(create(&store, "userid=1&draft=1").text("status"), "Draft");
        create(
            &store,
            "userid=1&sendinvoice=1&itemdescription1=A&itemamount1=3",
        );
        let sent = |db: &Db<'_>| {
            Ok(db.value::<i64>(
                "SELECT COUNT(*) FROM emails WHERE message LIKE '%Invoice #6 over €3.00 EUR%'",
                (),
            )?)
        };
        assert_eq!(store.transact(sent).expect("reads"), Some(1));
    }

    #[test]
    fn an_invoice_made_closed_tells_when_it_was_closed() {
        let store = store();
        for (id, status, column) in [
            ("5", "Paid", "datepaid"),
            ("6", "Cancelled", "date_cancelled"),
            ("7", "Refunded", "date_refunded"),
        ] {
            let made = create(&store, &format!("userid=1&status={status}"));
            assert_eq!(made.text("status"), status);
            let query =
                format!("SELECT date({column}) = date(created_at) FROM invoices WHERE id = {id}");
            let is_today = |db: &Db<'_>| Ok(db.value::<bool>(&query, ())?);
            assert_eq!(
                store.transact(is_today).expect("reads"),
                Some(true),
                "{status}"
            );
        }
    }

    #[test]
    fn credit_pays_what_it_can() {
        let store = store();
        let part = create(
            &store,
            "userid=1&autoapplycredit=1&itemdescription1=A&itemamount1=30",
        );
        assert_eq!(part.text("status"), "Unpaid");
        let made = invoice(&store, part.int("invoiceid"));
        assert_eq!(
            (
                made.text("credit"),
                made.text("total"),
                made.text("balance")
            ),
            ("25.00", "5.00", "5.00")
        );
        answer_fields(
            &store,
            "action=AddCredit&clientid=1&description=x&amount=100&type=add",
        );
        let whole = create(
            &store,
            "userid=1&autoapplycredit=1&itemdescription1=A&itemamount1=30",
        );
        // Told before the credit is spent; whoever asks again hears better.
        assert_eq!(whole.text("status"), "Unpaid");
        let made = invoice(&store, whole.int("invoiceid"));
        assert_eq!(made.text("status"), "Paid");
        let client = answer_fields(&store, "action=GetClientsDetails&clientid=1");
        assert_eq!(client.text("credit"), "70.00");
    }
}
