//! What becomes of an order.

use super::{add, row, run, set, store};
use crate::catalog;
use crate::sandbox::reply::Answer;

#[test]
fn accepting_sets_up_registers_and_welcomes_as_told() {
    let store = store();
    add(
        &store,
        "clientid=3&pid[0]=1&billingcycle[0]=monthly&domain[0]=shop.com&domaintype[0]=register&addons[0]=1&noemail=1&noinvoiceemail=1",
    );
    let accept = "AcceptOrder&orderid=5&serverid=1&serviceusername=joe&servicepassword=pw&sendregistrar=1&autosetup=1&sendemail=1";
    assert_eq!(run(&store, accept), Answer::success());
    assert_eq!(
        row(
            &store,
            "SELECT status, server_id, username, password FROM services WHERE id = 5"
        ),
        "Active 1 joe pw"
    );
    assert_eq!(row(&store, "SELECT status FROM service_addons"), "Active");
    assert_eq!(
        row(
            &store,
            "SELECT status, expirydate = date(registrationdate, '+1 year') FROM domains WHERE id = 2"
        ),
        "Active 1"
    );
    assert_eq!(
        row(&store, "SELECT status FROM orders WHERE id = 5"),
        "Active"
    );
    let sent = row(&store, "SELECT group_concat(subject, ',') FROM emails");
    assert_eq!(
        sent,
        "New Account Information,Domain Registration Confirmation"
    );
    assert_eq!(
        run(&store, accept).text("message"),
        "Order ID not found or Status not Pending"
    );
}

#[test]
fn accepting_without_setup_leaves_the_module_alone() {
    let store = store();
    run(&store, "AcceptOrder&orderid=3&autosetup=0");
    assert_eq!(
        row(
            &store,
            "SELECT status, server_id, username = '' FROM services WHERE id = 3"
        ),
        "Active 0 1"
    );
    assert_eq!(row(&store, "SELECT COUNT(*) FROM emails"), "0");
}

#[test]
fn a_cancelled_order_takes_what_it_made_and_its_open_invoice_with_it() {
    let store = store();
    run(&store, "AddCredit&clientid=2&description=x&amount=5");
    run(&store, "ApplyCredit&invoiceid=3&amount=5");
    assert_eq!(run(&store, "CancelOrder&orderid=3"), Answer::success());
    assert_eq!(
        row(
            &store,
            "SELECT o.status, s.status, i.status, i.date_cancelled LIKE '20%' FROM orders o JOIN services s ON s.order_id = o.id JOIN invoices i ON i.id = o.invoice_id WHERE o.id = 3"
        ),
        "Cancelled Cancelled Cancelled 1"
    );
    assert_eq!(
        row(&store, "SELECT credit FROM clients WHERE id = 2"),
        "500"
    );
    for order in [3, 2, 99] {
        let reply = run(&store, &format!("CancelOrder&orderid={order}"));
        assert_eq!(
            reply.text("message"),
            "Order ID not found or Status not Pending"
        );
    }
}

#[test]
fn a_subscription_that_cannot_be_ended_stops_the_cancellation() {
    let store = store();
    set(
        &store,
        "UPDATE services SET subscriptionid = 'I-1', paymentmethod = 'banktransfer' WHERE id = 3",
    );
    assert_eq!(
        run(&store, "CancelOrder&orderid=3&cancelsub=1").text("message"),
        "Subscription Cancellation Failed - Please check the gateway log for further information"
    );
    assert_eq!(
        row(&store, "SELECT status FROM orders WHERE id = 3"),
        "Pending"
    );
    set(
        &store,
        "UPDATE services SET paymentmethod = 'paypal' WHERE id = 3",
    );
    run(&store, "CancelOrder&orderid=3&cancelsub=1");
    assert_eq!(
        row(
            &store,
            "SELECT status || subscriptionid FROM services WHERE id = 3"
        ),
        "Cancelled"
    );
}

#[test]
fn an_order_that_is_pending_again_is_to_be_paid_again() {
    let store = store();
    let invoice = "SELECT status, date_cancelled FROM invoices WHERE id = 3";
    run(&store, "FraudOrder&orderid=3");
    assert!(row(&store, invoice).starts_with("Cancelled 2"));
    run(&store, "PendingOrder&orderid=3");
    assert_eq!(row(&store, invoice), "Unpaid 0000-00-00 00:00:00");
}

#[test]
fn fraud_and_pending_reach_every_item_and_paid_invoices_stay() {
    let store = store();
    assert_eq!(run(&store, "FraudOrder&orderid=1"), Answer::success());
    let states = "SELECT o.status, s.status, d.status, i.status FROM orders o JOIN services s ON s.order_id = o.id JOIN domains d ON d.order_id = o.id JOIN invoices i ON i.id = o.invoice_id WHERE o.id = 1";
    assert_eq!(row(&store, states), "Fraud Fraud Fraud Paid");
    run(&store, "PendingOrder&orderid=1");
    assert_eq!(row(&store, states), "Pending Pending Pending Paid");
    for action in ["FraudOrder", "PendingOrder", "OrderFraudCheck"] {
        assert_eq!(
            run(&store, &format!("{action}&orderid=99")).text("message"),
            "Order ID Not Found"
        );
    }
    assert_eq!(
        run(&store, "OrderFraudCheck&orderid=1").text("message"),
        "No Active Fraud Module"
    );
}

#[test]
fn an_active_fraud_module_judges_and_the_order_shows_it() {
    let store = store();
    run(&store, "ActivateModule&moduleType=fraud&moduleName=maxmind");
    let passed = run(&store, "OrderFraudCheck&orderid=1");
    assert_eq!(passed.text("status"), "Pass");
    assert_eq!(passed.text("module"), "maxmind");
    let failed = run(&store, "OrderFraudCheck&orderid=1&ipaddress=192.0.2.66");
    assert_eq!(failed.text("status"), "Fail");
    assert_eq!(
        row(
            &store,
            "SELECT fraudmodule, fraudoutput, status FROM orders WHERE id = 1"
        ),
        format!("maxmind {} Active", failed.text("results"))
    );
}

#[test]
fn an_order_its_server_or_registrar_refuses_stays_pending() {
    let store = store();
    add(
        &store,
        "clientid=3&domain[0]=shop.com&domaintype[0]=register&regperiod[0]=1",
    );
    let refused = run(
        &store,
        "AcceptOrder&orderid=5&sendregistrar=1&registrar=nosuch",
    );
    assert_eq!(refused.text("message"), "Registrar module is not active");
    set(&store, "UPDATE servers SET active = 0");
    let refused = run(&store, "AcceptOrder&orderid=3&autosetup=1");
    assert_eq!(
        refused.text("message"),
        "No server for this module is active"
    );
    assert_eq!(
        row(
            &store,
            "SELECT group_concat(status, ' ') FROM orders WHERE id IN (3, 5)"
        ),
        "Pending Pending"
    );
}

#[test]
fn what_an_order_took_from_stock_comes_back_once() {
    let store = store();
    set(
        &store,
        "UPDATE products SET stockcontrol = 1, qty = 5 WHERE id = 4",
    );
    add(&store, "clientid=3&pid=4&billingcycle=annually&qty=2");
    let stock = || row(&store, "SELECT qty FROM products WHERE id = 4");
    assert_eq!(stock(), "3");
    run(&store, "CancelOrder&orderid=5");
    assert_eq!(stock(), "5");
    run(&store, "FraudOrder&orderid=5");
    assert_eq!(stock(), "5");
    run(&store, "PendingOrder&orderid=5");
    assert_eq!(stock(), "3");
    run(&store, "PendingOrder&orderid=5");
    assert_eq!(stock(), "3");
    run(&store, "CancelOrder&orderid=5");
    assert_eq!(stock(), "5");
}

#[test]
fn only_a_cancelled_or_fraudulent_order_is_deleted_and_leaves_nothing() {
    let store = store();
    assert_eq!(
        run(&store, "DeleteOrder&orderid=99").text("message"),
        "Order ID not found"
    );
    assert_eq!(
        run(&store, "DeleteOrder&orderid=3").text("message"),
        "The order status must be in Cancelled or Fraud to be deleted"
    );
    assert_eq!(run(&store, "DeleteOrder&orderid=4"), Answer::success());
    assert_eq!(
        run(&store, "DeleteOrder&orderid=4").text("message"),
        "Order ID not found"
    );
    assert_eq!(
        row(
            &store,
            "SELECT (SELECT COUNT(*) FROM services WHERE order_id = 4), (SELECT COUNT(*) FROM invoices WHERE id = 4), (SELECT COUNT(*) FROM invoice_items WHERE invoice_id = 4)"
        ),
        "0 0 0"
    );
    run(&store, "FraudOrder&orderid=1");
    run(&store, "DeleteOrder&orderid=1");
    assert_eq!(
        row(
            &store,
            "SELECT (SELECT COUNT(*) FROM domains), (SELECT status FROM invoices WHERE id = 1)"
        ),
        "0 Paid"
    );
}

#[test]
fn what_was_ordered_later_for_a_service_goes_with_it() {
    let store = store();
    set(
        &store,
        "INSERT INTO domain_contacts VALUES (1, 'Admin', 'City', 'Ulm')",
    );
    let later = add(&store, "clientid=1&addonid=1&serviceid=1");
    assert_eq!(later.text("addonids"), "1");
    run(
        &store,
        "UpgradeProduct&serviceid=1&type=product&newproductid=2&newproductbillingcycle=annually&paymentmethod=paypal",
    );
    let left = "SELECT (SELECT COUNT(*) FROM service_addons), (SELECT COUNT(*) FROM upgrades), \
                (SELECT COUNT(*) FROM domain_contacts)";
    assert_eq!(row(&store, left), "1 1 1");
    run(&store, "FraudOrder&orderid=1");
    assert_eq!(run(&store, "DeleteOrder&orderid=1"), Answer::success());
    assert_eq!(row(&store, left), "0 0 0");
}

#[test]
fn every_refusal_here_is_documented() {
    for (action, message) in [
        ("AcceptOrder", "Order ID not found or Status not Pending"),
        ("CancelOrder", "Order ID not found or Status not Pending"),
        ("DeleteOrder", "Order ID not found"),
        ("FraudOrder", "Order ID Not Found"),
        ("OrderFraudCheck", "No Active Fraud Module"),
        ("PendingOrder", "Order ID Not Found"),
    ] {
        let errors = catalog::action(action).map_or(&[][..], |action| action.errors);
        assert!(errors.contains(&message), "{action}: {message}");
    }
}
