//! What servers were seen to answer, in literal bytes with values of our own.
//!
//! One test for each kind of recorded reply and of reply that a strict client takes; the rows of the
//! table that call themselves `recorded` and `strict` rest on these.

use crate::sandbox::encode::ReplyMode;
use crate::sandbox::replies::{Types, typed};
use crate::sandbox::testing::{answer, change, json, store};

/// The reply has each of these parts.
#[track_caller]
fn shows(reply: &str, parts: &[&str]) {
    for part in parts {
        assert!(reply.contains(part), "no {part} in {reply}");
    }
}

#[test]
fn an_id_that_names_nothing_is_refused_in_the_words_of_each_action() {
    let store = store();
    for (action, query, words) in [
        ("AcceptQuote", "quoteid=77", "Quote ID Not Found"),
        ("AddContact", "clientid=77", "Client ID Not Found"),
        (
            "AddBillableItem",
            "clientid=77&description=Move&amount=5",
            "Client ID not Found",
        ),
        (
            "AddTicketNote",
            "ticketid=77&message=Hi",
            "Ticket ID not found",
        ),
        (
            "DomainToggleIdProtect",
            "domainid=77",
            "Domain ID Not Found",
        ),
        (
            "DomainUpdateLockingStatus",
            "domainid=77",
            "Domain ID Not Found",
        ),
        (
            "ModuleChangePackage",
            "serviceid=77",
            "Service ID not found",
        ),
        ("SendQuote", "quoteid=77", "Quote ID Not Found"),
        ("UpdateContact", "contactid=77", "Contact ID Not Found"),
        ("UpdateQuote", "quoteid=77", "Quote ID Not Found"),
        (
            "UpgradeProduct",
            "serviceid=77&type=product",
            "Service ID Not Found",
        ),
    ] {
        assert_eq!(
            json(&store, action, query),
            format!(r#"{{"result":"error","message":"{words}"}}"#),
            "{action}"
        );
    }
}

#[test]
fn the_mails_of_nobody_are_refused_with_a_status() {
    shows(
        &json(&store(), "GetEmails", "clientid=77"),
        &[r#""status":"error""#, r#""message":"Client ID Not Found""#],
    );
}

#[test]
fn a_new_client_and_its_owner_are_numbers_and_an_updated_one_is_what_was_sent() {
    let store = store();
    let person = "firstname=Ann&lastname=Lee&email=ann%40lee.example&address1=Quay+1&city=Cork&state=Cork&\
                  postcode=T12&country=IE&phonenumber=0215550100&password2=Quay-1-Cork";
    assert_eq!(
        json(&store, "AddClient", person),
        r#"{"result":"success","clientid":7,"owner_id":7}"#
    );
    assert_eq!(
        json(&store, "UpdateClient", "clientid=7&city=Cobh"),
        r#"{"result":"success","clientid":"7"}"#
    );
}

#[test]
fn an_order_lists_its_ids_as_text_and_empty_lists_as_nothing() {
    let order =
        "clientid=3&paymentmethod=paypal&pid[]=1&domain[]=price.example&billingcycle[]=monthly";
    assert_eq!(
        json(&store(), "AddOrder", order),
        r#"{"result":"success","orderid":5,"productids":"5","serviceids":"5","addonids":"","domainids":"","invoiceid":5}"#
    );
}

#[test]
fn an_invoice_that_was_made_is_a_number() {
    assert_eq!(
        json(
            &store(),
            "CreateInvoice",
            "userid=3&itemdescription1=Move&itemamount1=20"
        ),
        r#"{"result":"success","invoiceid":5,"status":"Unpaid"}"#
    );
}

#[test]
fn clients_are_counted_in_numbers_and_none_of_them_is_empty_text() {
    let store = store();
    change(&store, "UPDATE clients SET lastname = '' WHERE id = 4");
    shows(
        &json(&store, "GetClients", "search=jos&limitnum=2"),
        &[
            r#"{"result":"success","totalresults":1,"startnumber":0,"numreturned":1,"clients":{"client":[{"id":4,"#,
            r#""lastname":"","#,
            r#""groupid":0,"status":"Inactive"}]}}"#,
        ],
    );
    assert_eq!(
        json(&store, "GetClients", "search=qqqq"),
        r#"{"result":"success","totalresults":0,"startnumber":0,"numreturned":0,"clients":""}"#
    );
}

#[test]
fn a_clients_ids_and_calling_code_are_numbers_and_statistics_come_when_asked_for() {
    let store = store();
    let details = json(&store, "GetClientsDetails", "clientid=2");
    shows(
        &details,
        &[
            r#""client":{"client_id":2,"owner_user_id":2,"userid":2,"id":2,"uuid":""#,
            r#""phonecc":353,"#,
            r#""billingcid":0,"#,
            r#""currency":2,"#,
            r#""groupid":0,"#,
            r#""credit":"0.00","#,
            r#""users":{"user":[{"id":2,"#,
        ],
    );
    assert!(!details.contains("\"stats\""), "{details}");
    change(&store, "UPDATE clients SET country = '' WHERE id = 2");
    shows(
        &json(&store, "GetClientsDetails", "clientid=2&stats=1"),
        &[r#""phonecc":0,"#, r#""stats":{"numdueinvoices":1,"#],
    );
}

#[test]
fn a_service_without_a_server_has_null_for_its_address_and_numbers_for_its_ids() {
    let reply = json(&store(), "GetClientsProducts", "clientid=2");
    shows(
        &reply,
        &[
            r#"{"result":"success","clientid":"2","serviceid":null,"pid":null,"domain":null,"totalresults":1,"startnumber":0,"numreturned":1,"#,
            r#""products":{"product":[{"id":3,"qty":1,"clientid":2,"orderid":3,"#,
            r#""serverid":0,"servername":"","serverip":null,"serverhostname":null,"#,
            r#""promoid":0,"overideautosuspend":0,"#,
            r#""customfields":{"customfield":[]},"configoptions":{"configoption":[]}}"#,
        ],
    );
    let options = json(&store(), "GetClientsProducts", "serviceid=2");
    shows(
        &options,
        &[
            r#""customfields":{"customfield":[{"id":4,"name":"#,
            r#""configoptions":{"configoption":[{"id":1,"option":"#,
        ],
    );
}

#[test]
fn an_invoice_without_payments_has_empty_text_for_them() {
    shows(
        &json(&store(), "GetInvoice", "invoiceid=2"),
        &[
            r#""invoiceid":2,"#,
            r#""datepaid":"0000-00-00 00:00:00","#,
            r#""ccgateway":false,"#,
            r#""items":{"item":[{"id":2,"type":"Hosting","relid":2,"#,
            r#""transactions":"""#,
        ],
    );
}

#[test]
fn a_product_has_prices_by_currency_and_plain_empty_lists() {
    shows(
        &json(&store(), "GetProducts", "pid=1"),
        &[
            r#""totalresults":1,"#,
            r#""products":{"product":[{"pid":1,"gid":1,"#,
            r#""pricing":{"USD":{"prefix":"$","suffix":" USD","msetupfee":""#,
            r#""customfields":{"customfield":[]},"configoptions":{"configoption":[]}"#,
        ],
    );
}

#[test]
fn statistics_count_in_numbers_and_tell_income_without_separators() {
    let store = store();
    change(&store, "UPDATE transactions SET amountin = 123456789");
    shows(
        &json(&store, "GetStats", ""),
        &[
            r#""orders_today_cancelled":0,"#,
            r#""tickets_allactive":0,"#,
            r#""income_today":"$0.00 USD","#,
        ],
    );
}

#[test]
fn departments_and_announcements_count_in_numbers() {
    let store = store();
    assert_eq!(
        json(&store, "GetSupportDepartments", ""),
        r#"{"result":"success","totalresults":1,"departments":{"department":[{"id":1,"name":"Support","awaitingreply":0,"opentickets":0}]}}"#
    );
    answer(
        &store,
        "AddAnnouncement",
        "date=2026-03-04+05:06:07&title=Move&announcement=Soon&published=1",
    );
    shows(
        &json(&store, "GetAnnouncements", ""),
        &[
            r#"{"result":"success","totalresults":1,"startnumber":0,"numreturned":1,"announcements":{"announcement":[{"id":1,"date":"2026-03-04 05:06:07","title":"Move","announcement":"Soon","published":1,"parentid":0,"language":"""#,
        ],
    );
}

#[test]
fn tickets_and_templates_are_typed_as_strict_clients_take_them() {
    let store = store();
    let opened = json(
        &store,
        "OpenTicket",
        "clientid=1&deptid=1&subject=Hi&message=Hi",
    );
    assert!(
        opened.starts_with(r#"{"result":"success","id":1,"tid":""#),
        "{opened}"
    );
    shows(
        &json(&store, "GetTickets", ""),
        &[
            r#""totalresults":1,"startnumber":0,"numreturned":1,"tickets":{"ticket":[{"id":1,"#,
            r#""deptid":1,"#,
            r#""flag":0,"#,
        ],
    );
    assert_eq!(
        json(&store, "GetTicketNotes", "ticketid=1"),
        r#"{"result":"success","totalresults":0,"notes":{"note":[]}}"#
    );
    shows(
        &json(&store, "GetEmailTemplates", "type=invoice"),
        &[r#""emailtemplate":[{"id":"#, r#""custom":false}"#],
    );
}

#[test]
fn a_level_of_health_without_a_check_is_null_and_each_check_has_a_name() {
    let store = store();
    change(
        &store,
        "UPDATE settings SET value = 'https://my.example/' WHERE name = 'SystemURL'",
    );
    let health = json(&store, "GetHealthStatus", "");
    shows(
        &health,
        &[
            r#"{"result":"success","checks":{"success":[{"name":"version","type":"WHMCS","severityLevel":"notice","body":""#,
            r#""type":"PHP","severityLevel":"info","#,
        ],
    );
    assert!(
        health.ends_with(r#"],"warning":null,"danger":null}}"#),
        "{health}"
    );
}

#[test]
fn the_version_is_told_in_two_spellings() {
    assert_eq!(
        json(&store(), "WhmcsDetails", ""),
        r#"{"result":"success","whmcs":{"version":"8.13.1","canonicalversion":"8.13.1-release.1"}}"#
    );
}

#[test]
fn pairs_end_with_a_semicolon_and_their_values_are_encoded_for_html() {
    let store = store();
    let pairs = |action, query| {
        let reply = typed(action, answer(&store, action, query), Types::Native);
        ReplyMode::Nvp.encode(action, &reply)
    };
    let secret = pairs("EncryptPassword", "password2=Quay");
    assert!(
        secret.starts_with("result=success;password=") && secret.ends_with(';'),
        "{secret}"
    );
    answer(
        &store,
        "UpdateClient",
        "clientid=1&companyname=%22Tom%22+%26+O%27Neill+%3C7%3E",
    );
    shows(
        &pairs("GetClientsDetails", "clientid=1"),
        &[";companyname=&quot;Tom&quot; &amp; O&#039;Neill &lt;7&gt;;"],
    );
    assert!(pairs("GetClients", "search=qqqq").ends_with(";numreturned=0;clients=;"));
}
