//! What is read of a record before each kind of write.

use std::sync::{Arc, Mutex};

use serde_json::json;

use super::*;
use crate::cancel::Cancel;
use crate::client::{Credentials, Reply, Server};
use crate::run::Transport;

/// Answers every call with the same body and keeps what was asked.
struct Answering {
    body: Value,
    asked: Calls,
}

impl Transport for Answering {
    fn call(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
        let mut asked = self.asked.lock().unwrap();
        asked.push((action.name().to_owned(), Value::Object(params.clone())));
        match &self.body {
            Value::Object(body) => Ok(Reply::remembered(body.clone())),
            refusal => Err(CallError::new(
                CallErrorKind::Api,
                action.name(),
                refusal.as_str().unwrap(),
                Delivery::Refused,
            )),
        }
    }
}

struct Asked {
    result: Result<Option<Before>, CallError>,
    calls: Vec<(String, Value)>,
}

fn ask(action: &str, params: &Value, body: Value) -> Asked {
    let (run, asked) = run(body);
    let action = ActionRef::Known(catalog::action(action).unwrap());
    let result = run.before(&action, params.as_object().unwrap());
    let calls = asked.lock().unwrap().clone();
    Asked { result, calls }
}

type Calls = Arc<Mutex<Vec<(String, Value)>>>;

/// A run against a server that always answers the same, and what it is asked.
fn run(body: Value) -> (Run, Calls) {
    let asked = Calls::default();
    let transport = Answering {
        body,
        asked: Arc::clone(&asked),
    };
    let credentials = Credentials::Api {
        identifier: "i".into(),
        secret: "s".into(),
    };
    let server = Server::new("fake", "http://127.0.0.1", credentials);
    (
        Run::over(Box::new(transport), server, Cancel::default()).answered(),
        asked,
    )
}

fn before(action: &str, params: &Value, body: Value) -> Before {
    ask(action, params, body).result.unwrap().unwrap()
}

/// Every change as `name: old -> new`.
fn told(before: &Before) -> Vec<String> {
    let changes = before.changes().iter();
    changes
        .map(|change| {
            let old = change.old.as_ref().map_or("?".into(), Value::to_string);
            format!("{}: {old} -> {}", change.name, change.new)
        })
        .collect()
}

#[test]
fn a_client_is_read_by_its_id_and_every_field_has_its_old_value() {
    let params = json!({"clientid": 7, "city": "Bonn", "paymentmethod": "paypal", "marketingoptin": true,
        "customfields": {"3": "DE2", "9": "x"}, "email_preferences": {"general": false},
        "clientip": "192.0.2.1", "skipvalidation": true, "notes": null, "cardnum": "4111"});
    let body = json!({"city": "at the top", "client": {"id": 7, "city": "Köln", "defaultgateway": "banktransfer",
        "marketing_emails_opt_in": false, "customfields": [{"id": 3, "value": "DE1"}],
        "email_preferences": {"general": "1"}, "password": "hash"}});
    let asked = ask("UpdateClient", &params, body);
    assert_eq!(
        asked.calls,
        [("GetClientsDetails".to_owned(), json!({"clientid": 7}))]
    );
    let before = asked.result.unwrap().unwrap();
    let expected = [
        r#"city: "Köln" -> "Bonn""#,
        r#"paymentmethod: "banktransfer" -> "paypal""#,
        "marketingoptin: false -> true",
        r#"customfields.3: "DE1" -> "DE2""#,
        r#"customfields.9: ? -> "x""#,
        r#"email_preferences.general: "1" -> false"#,
        r#"clientip: ? -> "192.0.2.1""#,
    ];
    assert_eq!(told(&before), expected);
    assert!(!before.record().unwrap().contains_key("password"));
}

#[test]
fn a_contact_is_looked_for_in_the_list_by_its_id() {
    let params =
        json!({"contactid": "2", "email": "new@example.com", "email_preferences[domain]": 1});
    let contact =
        |id: i64| json!({"id": id, "email": format!("{id}@example.com"), "domainemails": false});
    let body = json!({"totalresults": 2, "contacts": {"contact": [contact(1), contact(2)]}});
    let asked = ask("UpdateContact", &params, body);
    assert_eq!(
        asked.calls,
        [(
            "GetContacts".to_owned(),
            json!({"limitstart": 0, "limitnum": 250})
        )]
    );
    let expected = [
        r#"email: "2@example.com" -> "new@example.com""#,
        "email_preferences.domain: false -> 1",
    ];
    assert_eq!(told(&asked.result.unwrap().unwrap()), expected);
}

#[test]
fn a_contact_that_was_seen_is_asked_for_by_its_client_the_next_time() {
    let contact = |id: i64| json!({"id": id, "userid": 70 + id});
    let (run, asked) = run(
        json!({"totalresults": 3, "contacts": {"contact": [contact(1), contact(2), contact(3)]}}),
    );
    let action = ActionRef::Known(catalog::action("DeleteContact").unwrap());
    for contact in [1, 3, 1] {
        let params = json!({"contactid": contact});
        let before = run
            .before(&action, params.as_object().unwrap())
            .unwrap()
            .unwrap();
        assert_eq!(before.record().unwrap()["id"], contact);
    }
    let asked = asked.lock().unwrap();
    let narrowed: Vec<&Value> = asked.iter().map(|(_, params)| &params["userid"]).collect();
    assert_eq!(narrowed, [&Value::Null, &json!(73), &json!(71)]);
}

#[test]
fn what_a_service_has_emptied_has_an_old_value_and_its_password_never() {
    let params = json!({"serviceid": 4, "unset": ["notes", "serviceusername", "servicepassword"],
        "servicepassword": "s3cr3t", "recurringamount": "10", "customfields": {"4": "20"}});
    let service = json!({"id": 4, "notes": "slow", "username": "root", "password": "s3cr3t",
        "recurringamount": "10.00", "customfields": {"customfield": [{"id": 4, "name": "Disk", "value": "10"}]}});
    let body = json!({"totalresults": 1, "products": {"product": [service]}});
    let before = before("UpdateClientProduct", &params, body);
    let expected = [
        r#"notes: "slow" -> """#,
        r#"serviceusername: "root" -> """#,
        r#"servicepassword: ? -> """#,
        r#"recurringamount: "10.00" -> "10""#,
        r#"customfields.4: "10" -> "20""#,
    ];
    assert_eq!(told(&before), expected);
    let idle: Vec<bool> = before.changes().iter().map(Change::is_idle).collect();
    assert_eq!(idle, [false, false, false, true, false]);
    assert!(!format!("{before:?}").contains("s3cr3t"));
}

#[test]
fn lines_of_an_invoice_are_told_by_their_ids() {
    let params = json!({"invoiceid": 2, "itemdescription": {"5": "Server"}, "itemamount": {"5": "20.00"},
        "itemtaxed": {"5": true}, "datepaid": "2026-05-06", "newitemamount": ["1.00"]});
    let body = json!({"invoiceid": 2, "datepaid": null,
        "items": {"item": [{"id": 5, "description": "Disk", "amount": "10.00", "taxed": 0}]}});
    let expected = [
        r#"itemdescription.5: "Disk" -> "Server""#,
        r#"itemamount.5: "10.00" -> "20.00""#,
        "itemtaxed.5: 0 -> true",
        r#"datepaid: null -> "2026-05-06""#,
        r#"newitemamount: ? -> ["1.00"]"#,
    ];
    assert_eq!(told(&before("UpdateInvoice", &params, body)), expected);
}

#[test]
fn a_record_there_is_not_has_no_old_values() {
    let gone = before(
        "UpdateClient",
        &json!({"clientid": 9, "city": "Bonn"}),
        json!("`GetClientsDetails` was refused: WHMCS said \"Client Not Found\""),
    );
    assert_eq!(gone.record(), None);
    assert_eq!(told(&gone), [r#"city: ? -> "Bonn""#]);
    let empty = json!({"totalresults": 0, "domains": {"domain": []}});
    let gone = before(
        "DomainRelease",
        &json!({"domainid": 9, "newtag": "X"}),
        empty,
    );
    assert_eq!((gone.record(), gone.changes()), (None, &[][..]));
}

#[test]
fn another_record_than_the_one_named_is_not_taken_for_it() {
    let body = json!({"totalresults": 1, "products": {"product": [{"id": 5}]}});
    let other = before("ModuleTerminate", &json!({"serviceid": 4}), body);
    assert_eq!(other.record(), None);
}

#[test]
fn nothing_is_read_where_there_is_no_way_or_no_name() {
    for (action, params) in [
        ("AddClient", json!({"email": "a@example.com"})),
        ("UpdateClient", json!({"city": "Bonn"})),
    ] {
        let asked = ask(action, &params, json!({}));
        assert_eq!((asked.result.unwrap(), asked.calls.len()), (None, 0));
    }
}

#[test]
fn a_read_that_fails_is_an_error() {
    let refused = ask("DeleteClient", &json!({"clientid": 7}), json!("busy"));
    assert_eq!(refused.result.unwrap_err().message, "busy");
    for odd in [json!({}), json!({"client": {"id": 8}})] {
        let odd = ask("DeleteClient", &json!({"clientid": 7}), odd);
        assert_eq!(odd.result.unwrap_err().kind, CallErrorKind::NotJson);
    }
    let odd = ask(
        "DeleteContact",
        &json!({"contactid": 7}),
        json!({"totalresults": 3, "contacts": {"contact": "?"}}),
    );
    assert_eq!(odd.result.unwrap_err().kind, CallErrorKind::NotJson);
}
