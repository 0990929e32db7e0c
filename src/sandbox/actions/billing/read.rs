//! `GetInvoice` and `GetInvoices`.

use super::transactions;
use crate::sandbox::call::Call;
use crate::sandbox::invoice;
use crate::sandbox::list::{Listing, direction};
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::{Answer, Value, wrapped};

const ONE: &str = "SELECT id AS invoiceid, invoicenum, client_id AS userid, date, duedate, datepaid, \
    last_capture_attempt AS lastcaptureattempt, subtotal AS \"subtotal:money\", credit AS \"credit:money\", \
    tax AS \"tax:money\", tax2 AS \"tax2:money\", total AS \"total:money\", NULL AS balance, taxrate, taxrate2, status, \
    paymentmethod, notes, 0 AS \"ccgateway:bool\" FROM invoices WHERE id = ?1";

const MANY: &str = "i.id, i.client_id AS userid, c.firstname, c.lastname, c.companyname, i.invoicenum, i.date, i.duedate, \
    i.datepaid, i.last_capture_attempt, i.date_refunded, i.date_cancelled, i.subtotal AS \"subtotal:money\", \
    i.credit AS \"credit:money\", i.tax AS \"tax:money\", i.tax2 AS \"tax2:money\", i.total AS \"total:money\", i.taxrate, \
    i.taxrate2, i.status, i.paymentmethod, i.paymethodid, i.notes, i.created_at, i.updated_at, m.code AS currencycode, \
    m.prefix AS currencyprefix, m.suffix AS currencysuffix";

/// What `orderby` may name, with its column.
const ORDERS: &[(&str, &str)] = &[
    ("id", "i.id"),
    ("invoicenumber", "i.invoicenum"),
    ("date", "i.date"),
    ("duedate", "i.duedate"),
    ("total", "i.total"),
    ("status", "i.status"),
];

/// One invoice with its lines and transactions.
pub fn get_invoice(call: &Call) -> Result<Answer, Refusal> {
    let id = call.int("invoiceid");
    let Some(mut record) = call.db.record(ONE, [id])? else {
        return refuse("Invoice ID Not Found");
    };
    record.set("balance", invoice::balance(call.db, id)?);
    let items = call.db.records(
        "SELECT id, type, relid, description, amount AS \"amount:money\", taxed FROM invoice_items \
         WHERE invoice_id = ?1 ORDER BY id",
        [id],
    )?;
    record.push("items", wrapped("item", items));
    let transactions = transactions::of_invoice(call, id)?;
    // An invoice without a transaction has text in the place of the list.
    let transactions = if transactions.is_empty() {
        Value::from("")
    } else {
        wrapped("transaction", transactions).into()
    };
    record.push("transactions", transactions);
    let mut answer = Answer::success();
    answer.extend(record);
    Ok(answer)
}

/// A page of invoices.
pub fn get_invoices(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new(
        MANY,
        "invoices i JOIN clients c ON c.id = i.client_id JOIN currencies m ON m.id = c.currency",
    );
    listing.found_in("invoices i", "i.id");
    if let Some(client) = call.given_int("userid") {
        listing.only("i.client_id = ?", client);
    }
    match call.given("status") {
        Some(status) if status.eq_ignore_ascii_case("overdue") => {
            listing.only("i.status = 'Unpaid' AND i.duedate < ?", call.today());
        }
        Some(status) => listing.only("i.status = ?", status.to_owned()),
        None => {}
    }
    let way = direction(call.text("order"));
    let wanted = call.text("orderby").to_ascii_lowercase();
    let column = ORDERS
        .iter()
        .find_map(|(name, column)| (*name == wanted).then_some(*column))
        .unwrap_or("i.id");
    listing.order(format!("{column} {way}, i.id {way}"));
    let page = listing.page(call)?;
    Ok(page
        .counted()
        .with("invoices", wrapped("invoice", page.records)))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::api::answer_fields;
    use crate::sandbox::encode::ReplyMode;
    use crate::sandbox::store::Store;

    fn json(query: &str) -> String {
        let store = Store::open(None, 1, None).expect("opens");
        ReplyMode::Json.encode("GetInvoice", &answer_fields(&store, query))
    }

    #[test]
    fn an_invoice_has_its_fields_in_order_and_text_for_no_transactions() {
        let reply = json("action=GetInvoice&invoiceid=3");
        assert!(
            reply.starts_with(
                r#"{"result":"success","invoiceid":3,"invoicenum":"","userid":2,"date":"#
            ),
            "{reply}"
        );
        assert!(reply.ends_with(
            r#""datepaid":"0000-00-00 00:00:00","lastcaptureattempt":"0000-00-00 00:00:00","subtotal":"11.95","credit":"0.00","tax":"0.00","tax2":"0.00","total":"11.95","balance":"11.95","taxrate":"0.000","taxrate2":"0.000","status":"Unpaid","paymentmethod":"paypal","notes":"","ccgateway":false,"items":{"item":[{"id":3,"type":"Hosting","relid":3,"description":"Plus - obrien.example","amount":"11.95","taxed":0}]},"transactions":""}"#
        ), "{reply}");
        assert_eq!(
            json("action=GetInvoice&invoiceid=9"),
            r#"{"result":"error","message":"Invoice ID Not Found"}"#
        );
    }

    #[test]
    fn payments_are_listed_and_taken_off_the_balance() {
        let reply = json("action=GetInvoice&invoiceid=1");
        assert!(reply.contains(r#""balance":"0.00""#), "{reply}");
        assert!(
            reply.contains(r#""transactions":{"transaction":[{"id":"1","userid":"1","#),
            "{reply}"
        );
    }

    fn ids(query: &str) -> Vec<i64> {
        json(&format!("action=GetInvoices&{query}"))
            .split(r#"{"id":"#)
            .skip(1)
            .filter_map(|rest| rest.split(',').next()?.parse().ok())
            .collect()
    }

    #[test]
    fn invoices_are_filtered_sorted_and_paged() {
        for (query, expected) in [
            ("", vec![1, 2, 3, 4]),
            ("userid=3", vec![2]),
            ("status=Unpaid", vec![2, 3]),
            ("status=Overdue", vec![2]),
            ("orderby=total&order=desc", vec![1, 2, 3, 4]),
            ("orderby=total&order=asc", vec![4, 3, 2, 1]),
            ("orderby=duedate", vec![1, 4, 2, 3]),
            ("limitstart=1&limitnum=2", vec![2, 3]),
        ] {
            assert_eq!(ids(query), expected, "{query}");
        }
    }

    #[test]
    fn a_listed_invoice_names_its_client_and_currency() {
        let reply = json("action=GetInvoices&userid=1");
        assert!(reply.starts_with(r#"{"result":"success","totalresults":1,"startnumber":0,"numreturned":1,"invoices":{"invoice":[{"id":1,"userid":1,"firstname":"Zo\u00eb","lastname":"M\u00fcller","#), "{reply}");
        assert!(
            reply.ends_with(
                r#""currencycode":"EUR","currencyprefix":"\u20ac","currencysuffix":" EUR"}]}}"#
            ),
            "{reply}"
        );
        assert!(reply.contains(r#""paymethodid":null"#));
    }
}
