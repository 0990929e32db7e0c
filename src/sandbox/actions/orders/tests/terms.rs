//! What an order costs less, renews and mails.

use super::{add, lines, row, run, set, store};
use crate::sandbox::encode::ReplyMode;

#[test]
fn a_promotion_lowers_the_first_payment_of_what_it_applies_to() {
    let store = store();
    let reply = add(
        &store,
        "clientid=3&pid[0]=2&pid[1]=3&billingcycle[0]=monthly&billingcycle[1]=monthly&promocode=welcome10",
    );
    assert_eq!(
        lines(&store, reply.text("invoiceid")),
        [
            "Hosting 5 1295",
            "PromoHosting 5 -130",
            "Hosting 6 2499",
            "Setup 6 1500"
        ]
    );
    assert_eq!(
        row(
            &store,
            "SELECT firstpaymentamount, recurringamount, promoid FROM services WHERE id = 5"
        ),
        "1165 1295 1"
    );
    assert_eq!(
        row(
            &store,
            "SELECT promocode, promotype, promovalue, amount FROM orders WHERE id = 5"
        ),
        "WELCOME10 Percentage 10.00 5164"
    );
    assert_eq!(row(&store, "SELECT uses FROM promotions"), "1");
    add(
        &store,
        "clientid=3&pid=3&billingcycle=monthly&promocode=WELCOME10&promooverride=1",
    );
    assert_eq!(
        row(
            &store,
            "SELECT firstpaymentamount FROM services WHERE id = 7"
        ),
        "3599"
    );
    add(
        &store,
        "clientid=3&pid=3&billingcycle=monthly&promocode=nothing",
    );
    assert_eq!(
        row(
            &store,
            "SELECT firstpaymentamount FROM services WHERE id = 8"
        ),
        "3999"
    );
}

#[test]
fn a_promotion_is_used_by_whom_and_as_often_as_it_says() {
    let store = store();
    let first = |query: &str| {
        add(
            &store,
            &format!("pid=2&billingcycle=monthly&promocode=WELCOME10&{query}"),
        );
        row(
            &store,
            "SELECT firstpaymentamount FROM services ORDER BY id DESC LIMIT 1",
        )
    };
    set(&store, "UPDATE promotions SET newsignups = 1");
    assert_eq!(first("clientid=3"), "1295");
    assert_eq!(first("clientid=6"), "1165");
    set(
        &store,
        "UPDATE promotions SET newsignups = 0, onceperclient = 1",
    );
    assert_eq!(first("clientid=6"), "1295");
    set(
        &store,
        "UPDATE promotions SET onceperclient = 0, maxuses = 1",
    );
    assert_eq!(first("clientid=3"), "1295");
    set(
        &store,
        "UPDATE promotions SET maxuses = 0, expirationdate = '2001-01-01'",
    );
    assert_eq!(first("clientid=3"), "1295");
    set(
        &store,
        "UPDATE promotions SET expirationdate = '0000-00-00', recurring = 1, type = 'Fixed Amount', value = 200",
    );
    assert_eq!(first("clientid=2"), "1011");
    assert_eq!(
        row(
            &store,
            "SELECT recurringamount FROM services ORDER BY id DESC LIMIT 1"
        ),
        "1011"
    );
}

#[test]
fn mails_are_sent_unless_silenced() {
    let store = store();
    let subjects = || {
        row(
            &store,
            "SELECT COALESCE(group_concat(subject, ','), '') FROM emails",
        )
    };
    let order = "clientid=3&pid=1&billingcycle=monthly";
    add(&store, &format!("{order}&noemail=1&noinvoiceemail=1"));
    assert_eq!(subjects(), "");
    let quiet = add(&store, &format!("{order}&noinvoice=1"));
    assert_eq!(quiet.text("invoiceid"), "0");
    assert_eq!(
        row(
            &store,
            "SELECT nextinvoicedate = regdate FROM services WHERE id = 6"
        ),
        "1"
    );
    assert_eq!(subjects(), "Order Confirmation");
    add(&store, order);
    assert_eq!(
        subjects(),
        "Order Confirmation,Order Confirmation,Customer Invoice"
    );
}

#[test]
fn a_domain_renewal_is_billed_and_paying_it_extends_the_domain() {
    let store = store();
    set(
        &store,
        "UPDATE domains SET domain = 'mueller.com' WHERE id = 1",
    );
    let expected = row(
        &store,
        "SELECT date(expirydate, '+2 years') FROM domains WHERE id = 1",
    );
    let reply = add(
        &store,
        "clientid=1&domainrenewals[mueller.com]=2&domainrenewals[Mueller.COM]=3",
    );
    assert_eq!(lines(&store, reply.text("invoiceid")), ["Domain 1 2382"]);
    assert_eq!(
        row(&store, "SELECT renewals FROM orders WHERE id = 5"),
        "mueller.com=2"
    );
    let json = ReplyMode::Json.encode("GetOrders", &run(&store, "GetOrders&id=5"));
    assert!(
        json.contains(r#""renewalsByType":{"domains":[1],"services":[],"addons":[]}"#),
        "{json}"
    );
    assert!(json.contains(r#"{"type":"renewal","relid":1,"#), "{json}");
    run(
        &store,
        "AddInvoicePayment&invoiceid=5&transid=R1&gateway=paypal&date=2026-01-01",
    );
    assert_eq!(
        row(&store, "SELECT expirydate FROM domains WHERE id = 1"),
        expected
    );
}

#[test]
fn a_service_is_renewed_early_where_its_product_allows_it() {
    let store = store();
    for (name, value) in [
        ("configurationoverride", 1),
        ("enabled", 1),
        ("periodmonthly", 15),
    ] {
        let name = if name == "enabled" {
            "ondemandrenewalsenabled".to_owned()
        } else {
            format!("ondemandrenewal{name}")
        };
        set(
            &store,
            &format!("INSERT INTO product_settings VALUES (3, '{name}', '{value}')"),
        );
    }
    let reply = add(&store, "clientid=3&servicerenewals[0]=2");
    assert_eq!(lines(&store, reply.text("invoiceid")), ["Hosting 2 2499"]);
    set(&store, "UPDATE products SET tax = 1 WHERE id = 3");
    let twice = add(&store, "clientid=3&servicerenewals[]=2&servicerenewals[]=2");
    let once = format!(
        "SELECT COUNT(*), MIN(taxed) FROM invoice_items WHERE invoice_id = {}",
        twice.text("invoiceid")
    );
    assert_eq!(row(&store, &once), "1 1");
    set(
        &store,
        "UPDATE services SET nextduedate = date(@now, '+40 days') WHERE id = 2",
    );
    let late = add(&store, "clientid=3&servicerenewals[0]=2");
    assert_eq!(
        late.text("message"),
        "Service ID 2 can not be renewed at this time."
    );
}
