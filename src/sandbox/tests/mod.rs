//! The sandbox over real sockets, spoken to in literal bytes.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, TcpStream};
use std::time::Duration;

use super::{Access, Faults, Sandbox, Settings, start};

mod faults;
mod images;

const CREDENTIALS: &str = "identifier=sandbox&secret=sandbox&responsetype=json";

fn rules(faults: &str) -> Faults {
    match faults {
        "" => Faults::default(),
        faults => faults.parse().expect("a fault"),
    }
}

fn sandbox(faults: &str) -> Sandbox {
    let settings = Settings {
        faults: rules(faults),
        ..Settings::default()
    };
    start(settings).expect("starts")
}

fn connect(sandbox: &Sandbox) -> TcpStream {
    let address = sandbox.url().replace("http://", "");
    let stream = TcpStream::connect(address).expect("connects");
    let patience = Some(Duration::from_secs(20));
    stream.set_read_timeout(patience).expect("a time-out");
    stream
}

fn request(path: &str, body: &str, connection: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: {connection}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Sends a call and reads until the server closes; head and body.
fn post(sandbox: &Sandbox, body: &str) -> (String, String) {
    exchange(sandbox, &request("/includes/api.php", body, "close"))
}

fn exchange(sandbox: &Sandbox, request: &str) -> (String, String) {
    let mut stream = connect(sandbox);
    stream.write_all(request.as_bytes()).expect("sends");
    let mut reply = Vec::new();
    // A reset connection may end in an error after what was received.
    let _ = stream.read_to_end(&mut reply);
    let reply = String::from_utf8(reply).expect("text");
    match reply.split_once("\r\n\r\n") {
        Some((head, body)) => (head.to_ascii_lowercase(), body.to_owned()),
        None => (reply, String::new()),
    }
}

fn call(sandbox: &Sandbox, rest: &str) -> (String, String) {
    post(sandbox, &format!("{CREDENTIALS}&{rest}"))
}

const ADD: &str = "action=AddClientNote&userid=1&notes=Marker";

fn notes(sandbox: &Sandbox) -> i64 {
    let count = |db: &super::db::Db<'_>| {
        db.value(
            "SELECT COUNT(*) FROM client_notes WHERE note = 'Marker'",
            (),
        )
    };
    let found = sandbox.shared.store.with(count).expect("reads");
    found.expect("a number")
}

#[test]
fn a_call_is_answered_in_json() {
    let sandbox = sandbox("");
    let (head, body) = call(&sandbox, "action=whmcsdetails");
    assert!(head.starts_with("http/1.1 200 ok\r\n"), "{head}");
    assert!(head.contains("content-type: application/json"), "{head}");
    assert_eq!(
        body,
        r#"{"result":"success","whmcs":{"version":"8.13.1","canonicalversion":"8.13.1-release.1"}}"#
    );
    assert_eq!(sandbox.calls(), 1);
}

#[test]
fn the_query_counts_and_the_body_wins() {
    let sandbox = sandbox("");
    let body = format!("{CREDENTIALS}&action=WhmcsDetails");
    let path = "/includes/api.php?action=GetClients&Responsetype=xml";
    let (_, body) = exchange(&sandbox, &request(path, &body, "close"));
    assert!(body.starts_with(r#"{"result":"success","whmcs""#), "{body}");
}

#[test]
fn a_body_that_php_does_not_read_counts_for_nothing() {
    let sandbox = sandbox("");
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let post = request(
        "/includes/api.php",
        &format!("{CREDENTIALS}&action=WhmcsDetails"),
        "close",
    );
    for unread in [
        post.replace(form, "Content-Type: application/json\r\n"),
        post.replace(form, "Content-Type: text/plain\r\n"),
        post.replace(form, ""),
        post.replace("POST ", "PUT "),
    ] {
        let (head, body) = exchange(&sandbox, &unread);
        assert!(head.starts_with("http/1.1 403"), "{unread}\n{head}");
        assert_eq!(body, "result=error;message=Authentication Failed;");
    }
    let read = post.replace(
        form,
        "Content-Type: APPLICATION/x-www-form-urlencoded ; charset=utf-8\r\n",
    );
    assert!(exchange(&sandbox, &read).0.starts_with("http/1.1 200"));
}

#[test]
fn a_connection_is_kept_for_the_next_call() {
    let sandbox = sandbox("");
    let mut stream = connect(&sandbox);
    let body = format!("{CREDENTIALS}&action=WhmcsDetails");
    let request = request("/includes/api.php", &body, "keep-alive");
    let mut reply = [0; 4096];
    for _ in 0..3 {
        stream.write_all(request.as_bytes()).expect("sends");
        let size = stream.read(&mut reply).expect("an answer");
        assert!(reply[..size].starts_with(b"HTTP/1.1 200 OK"));
    }
    assert_eq!(sandbox.calls(), 3);
}

#[test]
fn who_may_not_call_is_told_so_with_403() {
    let sandbox = sandbox("");
    let (head, body) = post(
        &sandbox,
        "action=GetClients&identifier=a&secret=b&responsetype=json",
    );
    assert!(head.starts_with("http/1.1 403 forbidden"), "{head}");
    assert_eq!(
        body,
        r#"{"result":"error","message":"Invalid or missing credentials"}"#
    );
    let (_, body) = post(&sandbox, "action=GetClients&identifier=sandbox&secret=b");
    assert_eq!(body, "result=error;message=Authentication Failed;");
}

#[test]
fn an_address_that_is_not_listed_is_told_which_it_is() {
    let access = Access {
        allow_ip: vec![IpAddr::from([203, 0, 113, 9])],
        ..Access::default()
    };
    let settings = Settings {
        access,
        ..Settings::default()
    };
    let sandbox = start(settings).expect("starts");
    let (head, body) = call(&sandbox, "action=GetClients");
    assert!(head.starts_with("http/1.1 403"), "{head}");
    assert_eq!(
        body,
        r#"{"result":"error","message":"Invalid IP 127.0.0.1"}"#
    );
}

#[test]
fn unknown_actions_are_not_allowed_and_unknown_pages_not_found() {
    let sandbox = sandbox("");
    let (head, body) = call(&sandbox, "action=Frobnicate");
    assert!(head.starts_with("http/1.1 403"), "{head}");
    assert_eq!(
        body,
        r#"{"result":"error","message":"Invalid Permissions: API action \"frobnicate\" is not allowed"}"#
    );
    let (_, body) = call(&sandbox, "action=+whmcsDetails+");
    assert!(body.starts_with(r#"{"result":"success""#), "{body}");
    let (head, body) = exchange(&sandbox, &request("/index.php", "", "close"));
    assert!(head.starts_with("http/1.1 404"), "{head}");
    assert!(head.contains("content-type: text/html"), "{head}");
    assert!(body.starts_with("<!DOCTYPE html>"), "{body}");
}

#[test]
fn a_dropped_sandbox_listens_no_more() {
    let sandbox = sandbox("");
    let address = sandbox.url().replace("http://", "");
    drop(sandbox);
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_taken_address_is_refused_by_name() {
    let first = sandbox("");
    let listen = first
        .url()
        .replace("http://", "")
        .parse()
        .expect("an address");
    let settings = Settings {
        listen,
        ..Settings::default()
    };
    let error = start(settings).expect_err("is taken").to_string();
    assert!(
        error.starts_with(&format!("the sandbox cannot listen on `{listen}`")),
        "{error}"
    );
}

#[test]
fn who_dawdles_over_a_head_or_a_body_is_cut_off() {
    let settings = Settings {
        patience: Duration::from_millis(50),
        ..Settings::default()
    };
    let sandbox = start(settings).expect("starts");
    let whole = request("/includes/api.php", "action=WhmcsDetails", "keep-alive");
    let half = &whole[..whole.len() - 1];
    assert!(exchange(&sandbox, half).0.starts_with("http/1.1 408"));
    assert_eq!(exchange(&sandbox, "POST /includes/").1, "");
    assert_eq!(sandbox.calls(), 0);
}

#[test]
fn a_slash_too_many_leads_to_the_endpoint_too() {
    let sandbox = sandbox("");
    let body = format!("{CREDENTIALS}&action=WhmcsDetails");
    for path in ["//includes/api.php", "/includes/api.php/"] {
        let (head, _) = exchange(&sandbox, &request(path, &body, "close"));
        assert!(head.starts_with("http/1.1 200"), "{path}: {head}");
    }
}

#[test]
fn arrays_of_query_and_body_are_merged() {
    let sandbox = sandbox("");
    let body = format!(
        "{CREDENTIALS}&action=AddOrder&clientid=1&paymentmethod=paypal&pid[x]=1&billingcycle[x]=monthly"
    );
    let path =
        "/includes/api.php?domain[x]=merged.example&pid[x]=99&pid[y]=2&billingcycle[y]=monthly";
    let (_, reply) = exchange(&sandbox, &request(path, &body, "close"));
    assert!(reply.contains("\"serviceids\":\"5,6\""), "{reply}");
}

#[test]
fn one_byte_after_the_other_does_not_keep_a_connection() {
    let settings = Settings {
        patience: Duration::from_millis(200),
        ..Settings::default()
    };
    let sandbox = start(settings).expect("starts");
    let whole = request(
        "/includes/api.php",
        &format!("{CREDENTIALS}&{ADD}"),
        "close",
    );
    let head = whole.find("\r\n\r\n").expect("a head") + 4;
    for sent_at_once in [0, head] {
        let mut stream = connect(&sandbox);
        let (first, rest) = whole.as_bytes().split_at(sent_at_once);
        stream.write_all(first).expect("sends");
        // A closed connection refuses a byte sooner or later; 200 of them take ten times the patience.
        let gave_up = rest.iter().cycle().take(200).any(|byte| {
            std::thread::sleep(Duration::from_millis(10));
            stream.write_all(&[*byte]).is_err()
        });
        assert!(gave_up, "after {sent_at_once} bytes");
    }
    assert_eq!(sandbox.calls(), 0);
}
