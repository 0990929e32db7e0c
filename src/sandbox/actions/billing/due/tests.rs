use crate::sandbox::store::Store;
use crate::sandbox::testing::{answer, change, column, count, json, refuses, store};

/// A store in which nothing stands open and nothing is due.
fn settled() -> Store {
    let store = store();
    change(
        &store,
        "UPDATE invoices SET status = 'Cancelled' WHERE status = 'Unpaid'",
    );
    change(
        &store,
        "UPDATE services SET status = 'Cancelled' WHERE id IN (2, 3)",
    );
    change(&store, "DELETE FROM credits");
    change(&store, "UPDATE clients SET credit = 0");
    store
}

fn made(store: &Store, query: &str) -> String {
    answer(store, "GenInvoices", query)
        .text("numcreated")
        .to_owned()
}

fn add(store: &Store, query: &str) {
    let query = format!("description=Work&amount=10&unit=quantity&{query}");
    assert_eq!(
        answer(store, "AddBillableItem", &query).text("result"),
        "success"
    );
}

#[test]
fn a_service_due_within_the_window_is_invoiced_once_and_mailed() {
    let store = settled();
    change(&store, "UPDATE services SET status = 'Active' WHERE id = 2");
    assert_eq!(
        json(&store, "GenInvoices", ""),
        r#"{"result":"success","numcreated":1}"#
    );
    let line = "SELECT COUNT(*) FROM invoices i JOIN invoice_items l ON l.invoice_id = i.id \
                JOIN services s ON s.id = l.relid WHERE i.id = 5 AND l.type = 'Hosting' AND s.id = 2 \
                AND i.status = 'Unpaid' AND i.total = 2499 AND i.duedate = s.nextduedate \
                AND s.nextinvoicedate = date(s.nextduedate, '+1 month', 'floor') \
                AND l.description LIKE 'Cloud VPS - vps1.price-beier.example (__________ - __________)'";
    assert_eq!(count(&store, line), 1);
    let mails = "SELECT COUNT(*) FROM emails WHERE client_id = 3 AND subject = 'Customer Invoice'";
    assert_eq!(count(&store, mails), 1);
    assert_eq!(made(&store, ""), "0", "a second run");
}

#[test]
fn what_stands_on_an_open_invoice_waits_until_it_is_paid() {
    let store = store();
    assert_eq!(made(&store, "clientid=3"), "0");
    change(
        &store,
        "UPDATE invoices SET status = 'Cancelled' WHERE id = 2",
    );
    assert_eq!(
        json(&store, "GenInvoices", "clientid=3&noemails=1"),
        r#"{"result":"success","numcreated":1,"latestinvoiceid":5}"#
    );
    assert_eq!(count(&store, "SELECT COUNT(*) FROM emails"), 0);
}

#[test]
fn what_is_named_is_invoiced_however_early() {
    let store = settled();
    assert_eq!(made(&store, ""), "0");
    assert_eq!(made(&store, "clientid=1&serviceids[]=1&domainids[]=1"), "1");
    let invoice = answer(&store, "GetInvoice", "invoiceid=5");
    assert_eq!(
        column(&invoice, "items.item", "type"),
        ["Hosting", "Domain"]
    );
    assert_eq!(invoice.text("total"), "67.95");
    assert_eq!(made(&store, "serviceids[]=1&domainids[]=1"), "0");
    assert_eq!(made(&store, "clientid=2&serviceids[]=1"), "0");
}

#[test]
fn what_is_asked_to_end_or_not_to_renew_is_not_invoiced() {
    let store = settled();
    answer(&store, "AddCancelRequest", "serviceid=1");
    change(&store, "UPDATE domains SET donotrenew = 1");
    assert_eq!(made(&store, "serviceids[]=1&domainids[]=1"), "0");
}

#[test]
fn credit_is_spent_on_what_is_made_and_a_covered_invoice_is_paid() {
    let store = settled();
    answer(
        &store,
        "AddCredit",
        "clientid=1&description=x&amount=100&type=add",
    );
    made(&store, "domainids=1");
    assert_eq!(
        answer(&store, "GetInvoice", "invoiceid=5").text("status"),
        "Paid"
    );
    let moved_on = "SELECT nextduedate = nextinvoicedate AND nextduedate > date(@now, '+2 years', '-30 days') \
                    FROM domains";
    assert_eq!(count(&store, moved_on), 1);
}

#[test]
fn billable_items_are_invoiced_when_they_are_due() {
    let store = settled();
    add(&store, "clientid=1");
    add(
        &store,
        "clientid=1&invoiceaction=duedate&duedate=2099-01-01",
    );
    add(&store, "clientid=1&invoiceaction=nextinvoice");
    assert_eq!(made(&store, ""), "0", "nothing is due, nothing to join");
    add(&store, "clientid=1&invoiceaction=nextcron");
    assert_eq!(made(&store, ""), "1");
    let invoice = answer(&store, "GetInvoice", "invoiceid=5");
    assert_eq!(column(&invoice, "items.item", "type"), ["Item", "Item"]);
    assert_eq!(column(&invoice, "items.item", "relid"), ["4", "3"]);
    assert_eq!(made(&store, ""), "0");
    assert_eq!(
        answer(&store, "GetStats", "").int("billableitems_uninvoiced"),
        2
    );
}

#[test]
fn a_recurring_item_is_billed_as_often_as_it_says() {
    let store = settled();
    add(
        &store,
        "clientid=2&invoiceaction=recur&recur=2&recurcycle=weeks&recurfor=2&duedate=2026-01-31",
    );
    assert_eq!(
        [(); 3].map(|()| made(&store, "clientid=2")),
        ["1", "1", "0"]
    );
    let days = "SELECT COUNT(*) FROM invoices WHERE duedate IN ('2026-01-31', '2026-02-14')";
    assert_eq!(count(&store, days), 2);
}

#[test]
fn lines_are_put_together_by_due_day_unless_the_client_wants_them_apart() {
    let store = settled();
    let day = "clientid=1&invoiceaction=duedate&duedate=2026-01-31";
    add(&store, day);
    add(&store, day);
    add(
        &store,
        "clientid=1&invoiceaction=duedate&duedate=2026-02-01",
    );
    assert_eq!(made(&store, ""), "2");
    change(&store, "UPDATE clients SET separateinvoices = 1");
    add(&store, day);
    add(&store, day);
    assert_eq!(made(&store, ""), "2");
}

#[test]
fn invoices_are_not_made_for_a_client_there_is_not() {
    refuses(
        &store(),
        "GenInvoices",
        &[("clientid=99", "Client ID Not Found")],
    );
}

#[test]
fn what_was_ordered_without_an_invoice_gets_its_first_one() {
    let store = settled();
    let order = answer(
        &store,
        "AddOrder",
        "clientid=2&paymentmethod=paypal&noinvoice=1&pid[]=1&domain[]=first.com&billingcycle[]=monthly\
         &domaintype[]=register&regperiod[]=1&addons[]=1",
    );
    assert_eq!(order.text("result"), "success", "{order:?}");
    assert_eq!(made(&store, "clientid=2"), "1");
    let invoice = answer(&store, "GetInvoice", "invoiceid=5");
    assert_eq!(
        column(&invoice, "items.item", "type"),
        ["Hosting", "Addon", "DomainRegister"]
    );
    let ordered = "SELECT amount = (SELECT total FROM invoices WHERE id = 5) FROM orders ORDER BY id DESC LIMIT 1";
    assert_eq!(count(&store, ordered), 1);
    assert_eq!(made(&store, "clientid=2"), "0");
}
