//! What an upgrade costs, when it is carried out, and what is refused.

use crate::sandbox::api::answer_fields;
use crate::sandbox::db::Db;
use crate::sandbox::money::Money;
use crate::sandbox::reply::{Answer, Fields, Value};
use crate::sandbox::store::Store;
use crate::sandbox::testing::{answer, column, records};

const UP: &str =
    "serviceid=1&type=product&paymentmethod=paypal&newproductid=2&newproductbillingcycle=annually";

fn upgrade(store: &Store, rest: &str) -> Answer {
    answer_fields(store, &format!("action=UpgradeProduct&{rest}"))
}

fn product(store: &Store) -> i64 {
    let read = |db: &Db<'_>| Ok(db.value("SELECT product_id FROM services WHERE id = 1", ())?);
    store.transact(read).expect("reads").unwrap_or(0)
}

#[test]
fn a_price_is_told_without_an_order() {
    let store = Store::open(None, 1, None).expect("opens");
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
    let store = Store::open(None, 1, None).expect("opens");
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
    let store = Store::open(None, 1, None).expect("opens");
    upgrade(&store, UP);
    let reply = upgrade(&store, &format!("{UP}&calconly=1"));
    assert_eq!(reply.get("upgradeinprogress"), Some(&Value::Bool(true)));
}

#[test]
fn what_was_free_pays_the_whole_new_price() {
    let store = Store::open(None, 1, None).expect("opens");
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
    let store = Store::open(None, 1, None).expect("opens");
    let told = upgrade(&store, &format!("{OPTIONS}[1]=2&calconly=1"));
    assert_eq!(told.get("upgradeinprogress"), Some(&Value::Bool(false)));
    let (days, total) = (told.int("daysuntilrenewal"), told.int("totaldays"));
    let price = Money(500).share(days.into(), total.into());
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
fn a_service_of_several_is_upgraded_for_all_of_them() {
    let store = Store::open(None, 1, None).expect("opens");
    let three = |db: &Db<'_>| Ok(db.run("UPDATE services SET qty = 3 WHERE id = 2", ())?);
    store.transact(three).expect("writes");
    let before = service(&store, 2).text("recurringamount").to_owned();
    assert_eq!(before, "24.99");
    let options =
        "serviceid=2&type=configoptions&paymentmethod=paypal&configoptions[1]=2&calconly=1";
    let told = upgrade(&store, options);
    let price = Money(3 * 500).share(
        told.int("daysuntilrenewal").into(),
        told.int("totaldays").into(),
    );
    assert_eq!(told.text("price"), format!("${price} USD"));
    let product = "serviceid=2&type=product&paymentmethod=paypal&newproductid=2&newproductbillingcycle=monthly";
    pay(&store, &upgrade(&store, product));
    assert_eq!(service(&store, 2).text("recurringamount"), "38.85");
}

#[test]
fn an_upgrade_that_is_cancelled_is_never_carried_out() {
    let store = Store::open(None, 1, None).expect("opens");
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
fn a_price_is_told_without_a_payment_method_but_nothing_is_ordered_without_one() {
    let store = Store::open(None, 1, None).expect("opens");
    let query = UP.replace("&paymentmethod=paypal", "");
    let told = upgrade(&store, &format!("{query}&calconly=true"));
    assert_eq!(told.text("result"), "success");
    let refused = upgrade(&store, &query);
    assert!(
        refused
            .text("message")
            .starts_with("Invalid Payment Method."),
        "{refused:?}"
    );
}

#[test]
fn what_cannot_be_is_refused() {
    let store = Store::open(None, 1, None).expect("opens");
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
