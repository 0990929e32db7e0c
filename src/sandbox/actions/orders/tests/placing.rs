//! What `AddOrder` makes, bills and refuses.

use super::{add, lines, row, run, set, store};
use crate::sandbox::encode::ReplyMode;
use crate::sandbox::reply::Value;

#[test]
fn an_order_makes_its_services_domains_addons_and_one_invoice() {
    let store = store();
    let reply = add(
        &store,
        "clientid=3&pid[0]=2&billingcycle[0]=annually&domain[0]=Shop.com&domaintype[0]=register&regperiod[0]=2\
         &addons[0]=1&pid[1]=3&billingcycle[1]=monthly&hostname[1]=vps2.example&ns1prefix[1]=ns1&rootpw[1]=pw\
         &domain[2]=old.net&domaintype[2]=transfer&eppcode[2]=E%2BP&nameserver1=a.example&nameserver2=b.example\
         &idprotection[2]=1&clientip=198.51.100.1&notes=Hi",
    );
    assert_eq!(
        ReplyMode::Json.encode("AddOrder", &reply),
        r#"{"result":"success","orderid":"5","productids":"5,6","serviceids":"5,6","addonids":"1","domainids":"2,3","invoiceid":"5"}"#
    );
    assert_eq!(
        lines(&store, "5"),
        [
            "Hosting 5 12950",
            "Addon 1 2400",
            "Hosting 6 2499",
            "Setup 6 1500",
            "DomainRegister 2 2590",
            "DomainTransfer 3 1395",
        ]
    );
    assert_eq!(
        row(
            &store,
            "SELECT subtotal, total, status, paymentmethod FROM invoices WHERE id = 5"
        ),
        "23334 23334 Unpaid paypal"
    );
    assert_eq!(
        row(
            &store,
            "SELECT amount, status, invoice_id, ipaddress, notes, nameservers, transfersecret FROM orders WHERE id = 5"
        ),
        "23334 Pending 5 198.51.100.1 Hi a.example,b.example a:1:{s:7:\"old.net\";s:3:\"E+P\";}"
    );
    assert_eq!(
        row(
            &store,
            "SELECT domain, billingcycle, firstpaymentamount, recurringamount, status FROM services WHERE id = 5"
        ),
        "shop.com Annually 12950 12950 Pending"
    );
    assert_eq!(
        row(
            &store,
            "SELECT domain, ns1, password, firstpaymentamount, recurringamount FROM services WHERE id = 6"
        ),
        "vps2.example ns1.vps2.example pw 3999 2499"
    );
    assert_eq!(
        row(
            &store,
            "SELECT service_id, recurring, billingcycle FROM service_addons WHERE id = 1"
        ),
        "5 2400 Annually"
    );
    assert_eq!(
        row(
            &store,
            "SELECT type, registrationperiod, firstpaymentamount, recurringamount, registrar, ns2, idprotection FROM domains WHERE id = 2"
        ),
        "Register 2 2590 2590 enom b.example 0"
    );
    assert_eq!(
        row(
            &store,
            "SELECT type, eppcode, idprotection FROM domains WHERE id = 3"
        ),
        "Transfer E+P 1"
    );
}

#[test]
fn an_affiliate_counts_the_services_it_brought() {
    let store = store();
    run(&store, "AffiliateActivate&userid=1");
    add(
        &store,
        "clientid=3&pid[0]=1&pid[1]=2&billingcycle[0]=monthly&affid=1",
    );
    add(&store, "clientid=3&pid=1&billingcycle=monthly&affid=9");
    let client = run(&store, "GetClientsDetails&clientid=1&stats=1");
    let Some(Value::Map(stats)) = client.get("stats") else {
        panic!("no stats")
    };
    assert_eq!(stats.int("numaffiliatesignups"), 2);
}

#[test]
fn addons_nobody_sells_are_passed_over_beside_a_product() {
    let store = store();
    let reply = add(
        &store,
        "clientid=3&pid[0]=1&billingcycle[0]=monthly&addons[0]=9,1,",
    );
    assert_eq!(
        lines(&store, reply.text("invoiceid")),
        ["Hosting 5 595", "Addon 1 200"]
    );
}

#[test]
fn sums_are_in_the_clients_currency() {
    let store = store();
    let reply = add(
        &store,
        "clientid=2&pid=1&billingcycle=monthly&domain=x.example",
    );
    assert_eq!(lines(&store, reply.text("invoiceid")), ["Hosting 5 550"]);
    let invoice = run(&store, "GetInvoice&invoiceid=5");
    assert_eq!(invoice.text("total"), "5.50");
}

#[test]
fn every_refusal_is_in_the_words_of_the_reference() {
    let store = store();
    set(
        &store,
        "INSERT INTO domains (client_id, order_id, type, domain, registrationperiod, firstpaymentamount, recurringamount, paymentmethod, registrationdate, expirydate, nextduedate, nextinvoicedate, status) VALUES (1, 1, 'Register', 'gone.com', 1, 0, 0, '', '', '', '', '', 'Cancelled')",
    );
    for (query, message) in [
        ("clientid=99&paymentmethod=gold", "Client ID Not Found"),
        (
            "clientid=5&paymentmethod=gold",
            "Unable to add order when client status is Closed",
        ),
        (
            "clientid=1&paymentmethod=gold",
            "Invalid Payment Method. Valid options include banktransfer,paypal",
        ),
        (
            "clientid=1&domain=a.com&domaintype[0]=register",
            "Expecting parameter 'domain' to be an array",
        ),
        ("clientid=1&addonid=7&serviceid=2", "Addon ID invalid"),
        (
            "clientid=1&addonid=1&serviceid=2",
            "Service ID not owned by Client ID provided",
        ),
        (
            "clientid=1&domainrenewals[gone.com]=1",
            "Domain status is set to 'Cancelled' and cannot be renewed",
        ),
        (
            "clientid=2&domainrenewals[mueller.example]=1",
            "Domain not owned by Client ID provided",
        ),
        (
            "clientid=1",
            "No items added to cart so order cannot proceed",
        ),
        (
            "clientid=1&pid=99",
            "No items added to cart so order cannot proceed",
        ),
        (
            "clientid=1&servicerenewals[0]=1",
            "Service ID 1 can not be renewed at this time.",
        ),
    ] {
        assert_eq!(add(&store, query).text("message"), message, "{query}");
    }
    assert_eq!(row(&store, "SELECT COUNT(*) FROM orders"), "4");
}

#[test]
fn a_product_not_sold_in_that_cycle_is_sold_in_its_first_and_a_free_one_bills_nothing() {
    let store = store();
    add(&store, "clientid=3&pid=4&billingcycle=monthly");
    assert_eq!(
        row(
            &store,
            "SELECT billingcycle, recurringamount FROM services WHERE id = 5"
        ),
        "Annually 3900"
    );
    let free = add(&store, "clientid=3&pid=5&billingcycle=monthly");
    assert_eq!(
        (free.text("serviceids"), free.text("invoiceid")),
        ("6", "0")
    );
    assert_eq!(
        row(
            &store,
            "SELECT billingcycle, nextduedate, recurringamount FROM services WHERE id = 6"
        ),
        "Free Account 0000-00-00 0"
    );
}

#[test]
fn an_override_is_the_whole_price() {
    let store = store();
    let reply = add(
        &store,
        "clientid=3&pid[0]=3&billingcycle[0]=monthly&priceoverride[0]=9.99&domain[1]=a.com&domaintype[1]=register&domainpriceoverride[1]=1&domainrenewoverride[1]=2.50",
    );
    assert_eq!(
        lines(&store, reply.text("invoiceid")),
        ["Hosting 5 999", "DomainRegister 2 100"]
    );
    assert_eq!(
        row(
            &store,
            "SELECT firstpaymentamount, recurringamount FROM domains WHERE id = 2"
        ),
        "100 250"
    );
}

#[test]
fn options_and_custom_fields_belong_to_their_product_in_the_order() {
    let store = store();
    // base64 of a:1:{i:1;i:2;} and of a:1:{i:4;s:2:"80";}, for the second product.
    let reply = add(
        &store,
        "clientid=3&pid[0]=1&pid[1]=3&billingcycle[0]=monthly&billingcycle[1]=monthly\
        &configoptions[1]=YToxOntpOjE7aToyO30%3D&customfields[1]=YToxOntpOjQ7czoyOiI4MCI7fQ%3D%3D",
    );
    assert_eq!(
        lines(&store, reply.text("invoiceid")),
        ["Hosting 5 595", "Hosting 6 2999", "Setup 6 1500"]
    );
    assert_eq!(
        row(
            &store,
            "SELECT value FROM custom_field_values WHERE field_id = 4 AND relid = 6"
        ),
        "80"
    );
    let text = row(
        &store,
        "SELECT description FROM invoice_items WHERE relid = 6 AND type = 'Hosting'",
    );
    assert!(
        text.starts_with("Cloud VPS (") && text.ends_with("\nBackups: Daily"),
        "{text}"
    );
}

#[test]
fn quantities_scale_one_service_or_make_several() {
    let store = store();
    add(&store, "clientid=3&pid=4&billingcycle=annually&qty=3");
    assert_eq!(
        row(
            &store,
            "SELECT qty, recurringamount FROM services WHERE id = 5"
        ),
        "3 11700"
    );
    set(
        &store,
        "UPDATE products SET allowqty = 1, stockcontrol = 1, qty = 9 WHERE id = 1",
    );
    assert_eq!(
        add(&store, "clientid=3&pid=1&billingcycle=monthly&qty=2").text("serviceids"),
        "6,7"
    );
    assert_eq!(row(&store, "SELECT qty FROM products WHERE id = 1"), "7");
    let single = add(&store, "clientid=3&pid=2&billingcycle=monthly&qty=5");
    assert_eq!(single.text("serviceids"), "8");
}

#[test]
fn the_domains_of_an_order_are_in_the_name_of_its_contact() {
    let store = store();
    run(&store, "AddContact&clientid=3&firstname=Eve");
    for (query, name) in [
        ("clientid=3&contactid=2", "Eve"),
        ("clientid=3", "Martin"),
        ("clientid=1&contactid=2", "Zo\u{eb}"),
    ] {
        let domain = "domain[]=new.com&domaintype[]=register&regperiod[]=1";
        let made = add(&store, &format!("{query}&{domain}"));
        let asked = format!("DomainGetWhoisInfo&domainid={}", made.text("domainids"));
        let Some(Value::Map(owner)) = run(&store, &asked).get("Registrant").cloned() else {
            panic!("no registrant")
        };
        assert_eq!(owner.text("First_Name"), name);
    }
}
