//! Every class of reply, from its bytes.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::CustomKind;
use super::exchange::Exchange;
use super::reply::read;
use super::{ActionRef, CallError, CallErrorKind, Credentials, Delivery, Reply, Server};
use crate::catalog::action;

fn answered(
    action: &ActionRef,
    status: u16,
    redirect: Option<&str>,
    body: &[u8],
) -> Result<Reply, CallError> {
    let credentials = Credentials::Api {
        identifier: "me".into(),
        secret: "hunter2".into(),
    };
    let server = Server::new("production", "https://billing.example.com", credentials);
    let exchange = Exchange {
        action,
        server: &server,
        host: "billing.example.com",
    };
    let redirect = redirect.map(str::to_owned);
    read(
        &exchange,
        &Answer {
            status,
            redirect,
            retry_after: None,
            body: body.to_vec(),
        },
        &[],
    )
}

fn known(name: &str) -> ActionRef {
    ActionRef::Known(action(name).expect("an action of the catalog"))
}

fn other(kind: CustomKind) -> ActionRef {
    let name = "MyAction".into();
    ActionRef::Other { name, kind }
}

#[track_caller]
fn success(name: &str, body: &str) -> Reply {
    answered(&known(name), 200, None, body.as_bytes()).expect("a success")
}

#[track_caller]
fn failure(name: &str, status: u16, body: &str) -> CallError {
    answered(&known(name), status, None, body.as_bytes()).expect_err("a failure")
}

#[test]
fn a_success_keeps_every_field_in_order() {
    let reply = success(
        "AddClient",
        r#"{"result":"success","clientid":"7","extra":[1]}"#,
    );
    assert_eq!(
        Value::Object(reply.body).to_string(),
        r#"{"result":"success","clientid":7,"extra":[1]}"#
    );
    assert_eq!(reply.warnings, Vec::<String>::new());
}

#[test]
fn the_flag_may_be_called_status_or_be_absent() {
    success("AddBillableItem", r#"{"status":"success","billableid":1}"#);
    success("GetAdminUsers", r#"{"count":1,"admin_users":[{"id":1}]}"#);
    // A `status` that is a field like any other is not a flag.
    success(
        "GetClientsProducts",
        r#"{"status":"Active","totalresults":"0","products":""}"#,
    );
    let error = failure(
        "GetEmails",
        200,
        r#"{"status":"error","message":"No Emails Found"}"#,
    );
    assert_eq!(
        (error.kind, error.message.as_str()),
        (CallErrorKind::Api, "No Emails Found")
    );
}

#[test]
fn a_write_without_a_flag_is_in_doubt_whatever_fields_it_has() {
    for body in [
        "{}",
        r#"{"clientid":7}"#,
        r#"{"status":"success"}"#,
        r#"{"status":"success","clientids":7}"#,
        r#"{"status":"error","message":"no Route matched with those values"}"#,
        r#"{"type":"about:blank","title":"Bad Gateway","status":502}"#,
        r#"{"success":false,"errors":[],"messages":[],"result":null}"#,
        r#"{"foo":1}"#,
        r#"{"message":"hello"}"#,
        r#"{"result":"maybe"}"#,
        r#"{"result":false,"clientid":7}"#,
    ] {
        let error = failure("AddClient", 200, body);
        assert_eq!(error.kind, CallErrorKind::NotJson, "{body}");
        assert_eq!(error.delivery, Delivery::InDoubt, "{body}");
    }
    let error = answered(&other(CustomKind::Write), 200, None, br#"{"foo":1}"#).unwrap_err();
    assert_eq!(error.delivery, Delivery::InDoubt);
    assert!(answered(&other(CustomKind::Read), 200, None, br#"{"foo":1}"#).is_ok());
}

#[test]
fn a_write_is_refused_by_a_warning_for_a_result() {
    let error = failure(
        "AddOrder",
        200,
        r#"{"result":"warning","message":"The order was not placed"}"#,
    );
    assert_eq!(error.kind, CallErrorKind::Api);
    assert_eq!(error.delivery, Delivery::Refused);
    assert_eq!(error.message, "The order was not placed");
    let error = failure(
        "AddOrder",
        200,
        r#"{"result":"warning","warning":"Reload and try again"}"#,
    );
    assert_eq!(error.message, "Reload and try again");
}

#[test]
fn a_write_refused_by_status_alone_is_refused_only_in_words_of_the_reference() {
    let own = r#"{"status":"error","message":"Client ID Not Found"}"#;
    assert_eq!(failure("CloseClient", 200, own).delivery, Delivery::Refused);
    let other = r#"{"status":"error","message":"Service Unavailable"}"#;
    assert_eq!(
        failure("CloseClient", 200, other).delivery,
        Delivery::InDoubt
    );
}

#[test]
fn whmcs_answers_a_write_in_xml_or_pairs_as_well() {
    for (done, refused) in [
        (
            "<?xml version=\"1.0\"?><whmcsapi><result>success</result><clientid>7</clientid></whmcsapi>",
            "<whmcsapi><result>error</result><message>Valid country required</message></whmcsapi>",
        ),
        (
            "result=success;clientid=7;",
            "result=error;message=Valid country required;",
        ),
    ] {
        let reply = success("AddClient", done);
        assert_eq!(reply.body["clientid"], json!(7), "{done}");
        assert!(reply.warnings[0].contains("not JSON"));
        let error = failure("AddClient", 200, refused);
        assert_eq!(error.delivery, Delivery::Refused, "{refused}");
        assert_eq!(error.message, "Valid country required");
        // What a read gives back is nested, and is not read from these.
        assert_eq!(
            failure("GetClients", 200, done).kind,
            CallErrorKind::NotJson
        );
    }
}

#[test]
fn an_error_without_a_reason_is_whmcs_own_only_with_a_good_status() {
    let body = r#"{"result":"error"}"#;
    assert_eq!(failure("AddClient", 200, body).delivery, Delivery::Refused);
    for status in [404, 502, 503] {
        let error = failure("AddClient", status, body);
        assert_eq!(error.delivery, Delivery::InDoubt, "{status}");
    }
    let words = r#"{"result":"error","message":"Client ID Not Found"}"#;
    for status in [400, 404] {
        let error = failure("AddClient", status, words);
        assert_eq!(error.delivery, Delivery::Refused, "{status}");
    }
}

#[test]
fn an_error_of_a_write_with_a_gateways_status_or_a_fatal_error_of_php_leaves_a_doubt() {
    let words = r#"{"result":"error","message":"Bad Gateway"}"#;
    for status in [408, 499, 500, 502, 503, 520] {
        let error = failure("AddClient", status, words);
        assert_eq!(error.delivery, Delivery::InDoubt, "{status}");
        assert!(error.message.contains("Bad Gateway"), "{error}");
        // Nothing is lost of a read.
        let error = failure("GetClients", status, words);
        assert_ne!(error.delivery, Delivery::InDoubt, "{status}");
    }
    let fatal = format!("<b>Fatal error</b>: Uncaught Error in /x.php<br />\n{words}");
    let error = failure("AddClient", 200, &fatal);
    assert_eq!(error.delivery, Delivery::InDoubt);
    let warning = format!("<b>Warning</b>: Undefined variable<br />\n{words}");
    let error = failure("AddClient", 200, &warning);
    assert_eq!(error.delivery, Delivery::Refused);
    // WHMCS's own refusal of the credentials stops the run.
    let words = r#"{"result":"error","message":"Authentication Failed"}"#;
    assert_eq!(failure("AddClient", 500, words).kind, CallErrorKind::Auth);
}

#[test]
fn a_refusal_is_whmcs_words_verbatim() {
    let error = failure(
        "AddClient",
        200,
        r#"{"result":"error","message":"You did not enter your  address line 1"}"#,
    );
    assert_eq!(error.kind, CallErrorKind::Api);
    assert_eq!(error.message, "You did not enter your  address line 1");
    assert_eq!(error.delivery, Delivery::Refused);
    assert_eq!(
        failure("AddClient", 200, r#"{"result":"error"}"#).message,
        "no reason given"
    );
    assert_eq!(
        failure(
            "AddClient",
            200,
            r#"{"result":"error","message":["a","b"]}"#
        )
        .message,
        "a; b"
    );
}

#[test]
fn a_refused_address_is_understood_as_json_and_as_text() {
    for body in [
        r#"{"result":"error","message":"Invalid IP 203.0.113.9"}"#,
        "result=error;message=Invalid IP 203.0.113.9",
    ] {
        for status in [200, 403] {
            let error = failure("AddClient", status, body);
            assert_eq!(error.kind, CallErrorKind::Ip, "{body}");
            assert!(error.hint.unwrap().contains("allow 203.0.113.9 under"));
        }
    }
    let error = failure(
        "AddClient",
        403,
        r#"{"result":"error","message":"Invalid Permissions: API action \u0022addclient\u0022 is not allowed"}"#,
    );
    assert_eq!(error.kind, CallErrorKind::Permission);
    assert!(
        error
            .message
            .contains(r#"API action "addclient" is not allowed"#)
    );
}

#[test]
fn warnings_are_surfaced_and_stay_in_the_reply() {
    let reply = success(
        "UpdateClient",
        r#"{"result":"success","warning":"Deprecated: x"}"#,
    );
    assert_eq!(reply.warnings, ["Deprecated: x"]);
    assert_eq!(reply.body["warning"], json!("Deprecated: x"));
    let reply = success(
        "UpdateClient",
        r#"{"result":"success","warnings":["a","","b"]}"#,
    );
    assert_eq!(reply.warnings, ["a", "b"]);
    let reply = success(
        "AddClientNote",
        r#"{"result":"success","error":"Note not saved"}"#,
    );
    assert_eq!(reply.warnings, ["Note not saved"]);
    // A warning is no success by itself.
    let error = failure("UpdateClient", 200, r#"{"warning":"it failed"}"#);
    assert_eq!(error.delivery, Delivery::InDoubt);
    assert!(error.message.contains("\"it failed\""), "{error}");
}

#[test]
fn what_php_writes_before_the_reply_becomes_a_warning() {
    let reply = success(
        "GetClients",
        "<br />\n<b>Warning</b>:  Undefined variable $x in <b>/www/hook.php</b> on line <b>3</b><br />\n\
         {\"result\":\"success\",\"totalresults\":0}",
    );
    assert_eq!(
        reply.warnings,
        [
            "the server printed text around its reply: Warning: Undefined variable $x in \
             /www/hook.php on line 3"
        ]
    );
    assert_eq!(reply.body["clients"], json!({"client": []}));
    let error = failure(
        "AddClient",
        200,
        "Notice: x {\"result\":\"error\",\"message\":\"Valid country required\"}",
    );
    assert_eq!(error.message, "Valid country required");
}

#[test]
fn a_reply_in_windows_1252_is_read_with_a_warning() {
    let reply = answered(
        &known("GetClients"),
        200,
        None,
        b"{\"result\":\"success\",\"name\":\"Zo\xeb\"}",
    )
    .unwrap();
    assert_eq!(reply.body["name"], json!("Zoë"));
    assert_eq!(reply.warnings.len(), 1);
}

#[test]
fn a_web_page_is_never_a_success() {
    let page = "<!DOCTYPE html><html><head><title>Log in</title></head></html>";
    let error = failure("GetClients", 200, page);
    assert_eq!(error.kind, CallErrorKind::Html);
    assert_eq!(
        error.message,
        "billing.example.com answered `GetClients` with the web page \"Log in\" instead of a reply"
    );
    assert_eq!(error.delivery, Delivery::Refused);
    let error = failure("AddCredit", 200, page);
    assert_eq!(error.delivery, Delivery::InDoubt);
    assert!(
        error
            .message
            .ends_with("; WHMCS may or may not have applied it")
    );
    assert!(error.hint.unwrap().starts_with("not resent"));
}

#[test]
fn whatever_else_comes_back_from_a_write_is_in_doubt() {
    for body in [
        "",
        "{\"result\":\"succ",
        "[]",
        "null",
        "\"success\"",
        "Down for maintenance",
        "<?xml version=\"1.0\"?><whmcsapi><result>succ",
        "<?xml version=\"1.0\"?><error><result>success</result></error>",
        "resul",
        "status=success;clientid=7",
        "\u{0}\u{1}",
    ] {
        let error = failure("AddClient", 200, body);
        assert_eq!(error.kind, CallErrorKind::NotJson, "{body}");
        assert_eq!(error.delivery, Delivery::InDoubt, "{body}");
        assert_eq!(failure("GetClients", 200, body).delivery, Delivery::Refused);
    }
}

#[test]
fn what_stands_in_front_of_whmcs_leaves_a_write_in_doubt_whatever_it_says() {
    let page = "<html><title>Attention Required! | Cloudflare</title></html>";
    let problem = r#"{"type":"about:blank","title":"Bad Gateway","status":502}"#;
    for status in [
        302, 400, 401, 403, 404, 408, 413, 418, 499, 500, 502, 503, 504, 520, 599,
    ] {
        for body in [page, problem, "", r#"{"message":"no Route matched"}"#] {
            let error = failure("AddClient", status, body);
            assert_eq!(error.kind, CallErrorKind::Http, "{status}");
            assert_eq!(error.http, Some(status));
            assert_eq!(error.delivery, Delivery::InDoubt, "{status} {body}");
            assert!(error.hint.is_some(), "{status}");
            let read = failure("GetClients", status, body);
            assert_eq!(read.delivery, Delivery::Refused, "{status}");
        }
    }
    assert_eq!(
        failure("AddClient", 403, page).message,
        "billing.example.com answered `AddClient` with 403 Forbidden and the page \"Attention Required! | Cloudflare\"; \
         WHMCS may or may not have applied it"
    );
}

#[test]
fn too_many_requests_were_not_processed_whoever_says_so() {
    for body in ["<html></html>", "", r#"{"message":"slow down"}"#] {
        let error = failure("AddClient", 429, body);
        assert_eq!(error.delivery, Delivery::NotSent, "{body}");
        assert!(error.message.ends_with("; it was not processed"), "{error}");
    }
}

#[test]
fn a_busy_server_is_busy_even_when_it_says_so_in_json() {
    let error = failure(
        "AddClient",
        429,
        r#"{"result":"error","message":"Too many"}"#,
    );
    assert_eq!(error.kind, CallErrorKind::Http);
    assert_eq!(
        error.message,
        "billing.example.com answered `AddClient` with 429 Too Many Requests: WHMCS said \"Too many\"; it was not processed"
    );
    assert_eq!(error.delivery, Delivery::NotSent);
}

#[test]
fn a_proxy_that_lost_whmcs_does_not_refuse_for_it() {
    let error = failure("AddCredit", 504, r#"{"status":"error"}"#);
    assert_eq!(error.delivery, Delivery::InDoubt);
}

#[test]
fn a_success_in_so_many_words_outweighs_the_status() {
    // PHP that dies while it cleans up turns a finished call's status into 500.
    let body = br#"{"result":"success","clientid":7}"#;
    let reply = answered(&known("AddClient"), 500, None, body).unwrap();
    assert_eq!(reply.warnings, ["the reply came with status 500"]);
    let error = answered(&known("AddClient"), 500, None, br#"{"clientid":7}"#).unwrap_err();
    assert_eq!(error.delivery, Delivery::InDoubt);
}

#[test]
fn a_redirect_names_where_it_points_and_the_cure() {
    let target = Some("https://www.example.com/whmcs/includes/api.php");
    let error = answered(&known("GetClients"), 301, target, b"").unwrap_err();
    assert_eq!(
        error.message,
        "billing.example.com redirects to https://www.example.com/whmcs/includes/api.php; the credentials were not sent there"
    );
    assert_eq!(
        error.hint.as_deref(),
        Some("set `url = \"https://www.example.com/whmcs\"` in the profile `production`")
    );
    assert_eq!(error.delivery, Delivery::Refused);
    // In front of WHMCS: a write it was the answer to may have been handed on.
    let write = answered(&known("AddClient"), 301, target, b"").unwrap_err();
    assert_eq!(write.delivery, Delivery::InDoubt);
    assert!(write.message.contains("redirects to"), "{write}");
    // A page to log in at is no address for a profile.
    let target = Some("https://www.example.com/login.php");
    let error = answered(&known("GetClients"), 302, target, b"").unwrap_err();
    assert!(!error.hint.unwrap().contains("login.php"));
}

#[test]
fn a_reply_nested_without_end_is_refused_without_a_crash() {
    let body = format!("{{\"result\":{}", "[".repeat(1_000_000));
    let error = failure("GetClients", 200, &body);
    assert_eq!(error.kind, CallErrorKind::NotJson);
}

#[test]
fn control_characters_in_a_servers_words_do_not_reach_the_terminal() {
    let error = failure(
        "AddClient",
        200,
        r#"{"result":"error","message":"bad\u001b[2J\nthing"}"#,
    );
    assert_eq!(error.message, "bad [2J thing");
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(
        status in 100_u16..600,
        body in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        for action in [known("GetClients"), known("AddClient"), other(CustomKind::Write)] {
            let _ = answered(&action, status, None, &body);
        }
    }

    #[test]
    fn any_reply_like_text_is_read_without_a_panic(
        body in r#"(\xef\xbb\xbf)?(Warning: \{?)?[{<r]{0,2}("result"|result=|"clients"|title|:|;|"error"|"success"|\{|\}|\[|\]|,|<|>|é){0,20}"#,
    ) {
        let error = answered(&known("AddClient"), 200, None, body.as_bytes());
        // Whatever it was, a write is not both understood and without a result.
        if let Ok(reply) = error {
            prop_assert!(reply.body.contains_key("result") || reply.body.contains_key("clientid"));
        }
    }

    #[test]
    fn any_json_is_given_its_shape_without_a_panic(clients in any_json(), total in any_json()) {
        let body = json!({"result": "success", "totalresults": total, "clients": clients}).to_string();
        let reply = answered(&known("GetClients"), 200, None, body.as_bytes()).unwrap();
        prop_assert!(reply.body["clients"]["client"].is_array());
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[0-9a-z-]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let key = prop_oneof![
            "[0-9]{1,2}".boxed(),
            Just("client".to_owned()).boxed(),
            Just("id".to_owned()).boxed()
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(key, inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}
