//! The wire format of a call, pinned byte by byte.

use serde_json::{Value, json};

use super::call::CustomKind;
use super::encode::Encoder;
use super::{ActionRef, Credentials, Server};
use crate::catalog::{action, parameter};

fn server() -> Server {
    Server::new(
        "test",
        "https://billing.example.com",
        Credentials::Api {
            identifier: "me".into(),
            secret: "s3cret&".into(),
        },
    )
}

fn body(server: &Server, action: &ActionRef, params: Value) -> String {
    let Value::Object(params) = params else {
        panic!("parameters are a map")
    };
    let mut encoder = Encoder::new(action);
    for (name, value) in &params {
        let known = action.known();
        let param = known.and_then(|action| parameter(action, name));
        encoder.add(param, name, value);
    }
    String::from_utf8(encoder.finish(server).bytes().to_vec()).expect("text")
}

/// What stands between the action and the credentials.
fn wire(name: &str, params: Value) -> String {
    let action = ActionRef::Known(action(name).expect("an action of the catalog"));
    let body = body(&server(), &action, params);
    let start = format!("action={name}");
    let end = "&responsetype=json&identifier=me&secret=s3cret%26";
    body.strip_prefix(&start)
        .and_then(|rest| rest.strip_suffix(end))
        .unwrap_or_else(|| panic!("{body}"))
        .replace("%5B", "[")
        .replace("%5D", "]")
}

fn custom(params: Value) -> String {
    let action = ActionRef::Other {
        name: "MyAction".into(),
        kind: CustomKind::Write,
    };
    body(&server(), &action, params)
}

#[test]
fn a_call_is_its_action_its_parameters_json_and_the_credentials() {
    let action = ActionRef::Known(action("GetClients").unwrap());
    assert_eq!(
        body(
            &server(),
            &action,
            json!({"limitnum": 100, "search": "O'Neil & Søn"})
        ),
        "action=GetClients&limitnum=100&search=O%27Neil+%26+S%C3%B8n&responsetype=json&identifier=me&secret=s3cret%26"
    );
}

#[test]
fn an_administrator_sends_the_md5_of_the_password() {
    let mut server = server();
    server.credentials = Credentials::Admin {
        username: "admin".into(),
        password: "p\u{e4}ssword".into(),
    };
    let action = ActionRef::Known(action("WhmcsDetails").unwrap());
    assert_eq!(
        body(&server, &action, json!({})),
        "action=WhmcsDetails&responsetype=json&username=admin&password=8e1843033a0f6ee52e2f618aa8ebbef4"
    );
}

#[test]
fn the_access_key_goes_along_escaped() {
    let mut server = server();
    server.access_key = Some("k$y#1".into());
    let action = ActionRef::Known(action("WhmcsDetails").unwrap());
    assert_eq!(
        body(&server, &action, json!({})),
        "action=WhmcsDetails&responsetype=json&identifier=me&secret=s3cret%26&accesskey=k%24y%231"
    );
}

#[test]
fn booleans_are_one_and_zero_even_when_they_come_as_words() {
    assert_eq!(
        wire(
            "AddClient",
            json!({"noemail": true, "marketingoptin": false})
        ),
        "&noemail=1&marketingoptin=0"
    );
    assert_eq!(
        wire(
            "AddClient",
            json!({"noemail": "yes", "marketingoptin": "false"})
        ),
        "&noemail=1&marketingoptin=0"
    );
    // Text stays text where the catalog does not say it is a truth value.
    assert_eq!(wire("AddClient", json!({"city": "No"})), "&city=No");
}

#[test]
fn words_for_true_and_false_become_one_and_zero_in_a_map_of_truth_values_too() {
    assert_eq!(
        wire(
            "UpdateClient",
            json!({"email_preferences": {"general": "false", "invoice": true}})
        ),
        "&email_preferences[general]=0&email_preferences[invoice]=1"
    );
    assert_eq!(
        wire("UpdateInvoice", json!({"itemtaxed": {"5": "no"}})),
        "&itemtaxed[5]=0"
    );
}

#[test]
fn null_is_left_out_and_empty_text_is_sent() {
    assert_eq!(
        wire("AddClient", json!({"city": null, "notes": ""})),
        "&notes="
    );
}

#[test]
fn numbers_keep_their_digits() {
    assert_eq!(
        wire(
            "AddCredit",
            json!({"clientid": 7, "amount": "10.10", "description": 0.5})
        ),
        "&clientid=7&amount=10.10&description=0.5"
    );
    assert_eq!(wire("AddCredit", json!({"amount": 10.0})), "&amount=10");
    assert_eq!(
        wire("AddCredit", json!({"amount": 1e21})),
        "&amount=1000000000000000000000"
    );
}

#[test]
fn custom_fields_are_base64_of_one_serialized_array() {
    assert_eq!(
        wire(
            "AddClient",
            json!({"customfields": {"3": "DE123", "7": "Zo\u{eb}"}})
        ),
        "&customfields=YToyOntpOjM7czo1OiJERTEyMyI7aTo3O3M6NDoiWm%2FDqyI7fQ%3D%3D"
    );
    assert_eq!(
        wire("AddClient", json!({"customfields": {}})),
        "&customfields=YTowOnt9"
    );
}

#[test]
fn ready_text_for_an_encoded_parameter_is_sent_as_it_is() {
    assert_eq!(
        wire("AddClient", json!({"customfields": "YTowOnt9"})),
        "&customfields=YTowOnt9"
    );
    assert_eq!(
        wire("OpenTicket", json!({"attachments": "W10="})),
        "&attachments=W10%3D"
    );
}

#[test]
fn arrays_and_maps_get_php_brackets() {
    assert_eq!(
        wire(
            "AddOrder",
            json!({"pid": [1, "2"], "billingcycle": ["monthly"]})
        ),
        "&pid[0]=1&pid[1]=2&billingcycle[0]=monthly"
    );
    assert_eq!(
        wire(
            "AddContact",
            json!({"email_preferences": {"general": true, "invoice": false}})
        ),
        "&email_preferences[general]=1&email_preferences[invoice]=0"
    );
    assert_eq!(
        wire(
            "UpdateInvoice",
            json!({"itemdescription": {"17": "New text"}, "deletelineids": [18]})
        ),
        "&itemdescription[17]=New+text&deletelineids[0]=18"
    );
    assert_eq!(
        wire("UpdateClientProduct", json!({"unset": ["domain", "notes"]})),
        "&unset[0]=domain&unset[1]=notes"
    );
}

#[test]
fn a_gap_in_an_array_keeps_the_places_of_the_others() {
    assert_eq!(
        wire(
            "AddOrder",
            json!({"pid": [1, 2], "domain": [null, "example.com"]})
        ),
        "&pid[0]=1&pid[1]=2&domain[1]=example.com"
    );
}

#[test]
fn one_element_is_sent_as_an_array_of_one() {
    assert_eq!(wire("AddOrder", json!({"pid": 1})), "&pid[0]=1");
    assert_eq!(
        wire("AddOrder", json!({"idprotection": "false"})),
        "&idprotection[0]=0"
    );
    assert_eq!(
        wire("CreateInvoice", json!({"itemdescription": "Set-up"})),
        "&itemdescription1=Set-up"
    );
}

#[test]
fn each_product_of_an_order_has_its_own_serialized_array() {
    assert_eq!(
        wire(
            "AddOrder",
            json!({"pid": [1, 2], "customfields": [{"1": "Google"}, {"2": "x"}]})
        ),
        "&pid[0]=1&pid[1]=2&customfields[0]=YToxOntpOjE7czo2OiJHb29nbGUiO30%3D&customfields[1]=YToxOntpOjI7czoxOiJ4Ijt9"
    );
    assert_eq!(
        wire("AddOrder", json!({"customfields": {"1": "Google"}})),
        "&customfields[0]=YToxOntpOjE7czo2OiJHb29nbGUiO30%3D"
    );
    assert_eq!(
        wire("AddOrder", json!({"customfields": [null, "ready"]})),
        "&customfields[1]=ready"
    );
}

#[test]
fn quote_lines_are_one_serialized_array_of_arrays() {
    let line = json!({"desc": "Set-up", "qty": 1, "up": "10.00"});
    let expected = "&lineitems=YToxOntpOjA7YTozOntzOjQ6ImRlc2MiO3M6NjoiU2V0LXVwIjtzOjM6InF0eSI7aToxO3M6MjoidXAiO3M6NToiMTAuMDAiO319";
    assert_eq!(wire("CreateQuote", json!({"lineitems": [line]})), expected);
    assert_eq!(wire("CreateQuote", json!({"lineitems": line})), expected);
}

#[test]
fn invoice_lines_are_numbered_from_one() {
    assert_eq!(
        wire(
            "CreateInvoice",
            json!({
                "itemdescription": ["Hosting", "Domain"],
                "itemamount": ["9.90", 12],
                "itemtaxed": [true, false],
            })
        ),
        "&itemdescription1=Hosting&itemdescription2=Domain&itemamount1=9.90&itemamount2=12&itemtaxed1=1&itemtaxed2=0"
    );
    assert_eq!(
        wire(
            "CreateInvoice",
            json!({"itemtaxed": {"3": true}, "itemamount4": "1.00"})
        ),
        "&itemtaxed3=1&itemamount4=1.00"
    );
}

#[test]
fn attachments_are_base64_of_json() {
    let file = json!({"name": "a.txt", "data": "aGk="});
    let expected = "&attachments=W3sibmFtZSI6ImEudHh0IiwiZGF0YSI6ImFHaz0ifV0%3D";
    assert_eq!(wire("OpenTicket", json!({"attachments": [file]})), expected);
    assert_eq!(wire("OpenTicket", json!({"attachments": file})), expected);
}

#[test]
fn several_ids_are_joined_with_commas() {
    assert_eq!(
        wire("GetProducts", json!({"pid": [1, " 2", null]})),
        "&pid=1%2C2"
    );
    assert_eq!(wire("GetProducts", json!({"pid": "1,2"})), "&pid=1%2C2");
    assert_eq!(wire("GetProducts", json!({"pid": 1})), "&pid=1");
}

#[test]
fn names_written_with_brackets_are_left_alone() {
    assert_eq!(
        wire(
            "AddOrder",
            json!({"pid[0]": 1, "idprotection[0]": "no", "customfields[0]": {"1": "Google"}})
        ),
        "&pid[0]=1&idprotection[0]=0&customfields[0]=YToxOntpOjE7czo2OiJHb29nbGUiO30%3D"
    );
}

#[test]
fn a_switch_is_on_or_off() {
    for (value, sent) in [
        (json!(true), "on"),
        (json!(1), "on"),
        (json!("on"), "on"),
        (json!(false), "off"),
        (json!("no"), "off"),
    ] {
        assert_eq!(
            wire("UpdateClientProduct", json!({"overideautosuspend": value})),
            format!("&overideautosuspend={sent}")
        );
    }
}

#[test]
fn an_unknown_action_is_sent_by_the_plain_rules() {
    assert_eq!(
        custom(json!({"customfields": {"a": [1, true]}, "flag": "false"})),
        "action=MyAction&customfields%5Ba%5D%5B0%5D=1&customfields%5Ba%5D%5B1%5D=1&flag=false\
         &responsetype=json&identifier=me&secret=s3cret%26"
    );
}
