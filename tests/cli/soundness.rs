//! What no client should send: the sandbox answers it or hangs up, and goes on.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use proptest::prelude::*;

use crate::support::Sandbox;

const CALL: &str = "action=WhmcsDetails&identifier=sandbox&secret=sandbox&responsetype=json";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

fn connect(sandbox: &Sandbox) -> TcpStream {
    TcpStream::connect(sandbox.url.strip_prefix("http://").unwrap()).unwrap()
}

fn request(headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST /includes/api.php HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
}

/// Sends a whole request and reads what comes until the sandbox hangs up.
fn exchange(sandbox: &Sandbox, bytes: &[u8]) -> String {
    let mut stream = connect(sandbox);
    // The sandbox may hang up on nonsense before it was all sent.
    let _ = stream.write_all(bytes);
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    String::from_utf8_lossy(&reply).into_owned()
}

/// Sends bytes that may be half a request, and says that there are no more.
fn abandon(sandbox: &Sandbox, bytes: &[u8]) {
    let mut stream = connect(sandbox);
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read_to_end(&mut Vec::new());
}

fn goes_on(sandbox: &Sandbox) {
    assert_eq!(sandbox.ask("WhmcsDetails", &[])["result"], "success");
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    let sandbox = Sandbox::start();
    let many = "X-Filler: 1\r\n".repeat(2_000);
    let long = format!("X-Long: {}\r\n", "x".repeat(4 * 1024 * 1024));
    let deep = format!("{CALL}&a{}=1", "[x]".repeat(1_000));
    let open = format!("{CALL}&a{}=1", "[".repeat(100_000));
    for (bytes, status) in [
        (request("", ""), "403"),
        (request("Content-Type: text/plain\r\n", CALL), "403"),
        (
            request("Content-Type: multipart/form-data\r\n", CALL),
            "403",
        ),
        (request(FORM, "%=%&%zz=%00&\0=\0&=&&&[]=1&[=]"), "403"),
        (request(&many, CALL), "431"),
        (request(&long, CALL), "431"),
        (request(FORM, &deep), "200"),
        (request(FORM, &open), "200"),
        (request(FORM, &format!("{CALL}\0&%00&%FF=%FE")), "200"),
        ("GARBAGE\r\n\r\n".to_owned(), "400"),
    ] {
        let reply = exchange(&sandbox, bytes.as_bytes());
        let shown = &bytes[..bytes.len().min(200)];
        assert!(
            reply.starts_with(&format!("HTTP/1.1 {status} ")),
            "{shown}: {reply}"
        );
    }
    goes_on(&sandbox);
}

#[test]
fn a_body_of_a_hundred_megabytes_is_refused_when_it_was_sent() {
    let sandbox = Sandbox::start();
    let mut stream = connect(&sandbox);
    let chunk = vec![b'x'; 1024 * 1024];
    write!(
        stream,
        "POST /includes/api.php HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{FORM}Content-Length: {}\r\n\r\n",
        100 * chunk.len()
    )
    .unwrap();
    for _ in 0..100 {
        stream.write_all(&chunk).unwrap();
    }
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 413 "), "{reply}");
    goes_on(&sandbox);
}

#[test]
fn calls_sent_ahead_are_answered_one_after_the_other() {
    let sandbox = Sandbox::start();
    let last = request(FORM, CALL);
    let ahead = last.replace("close", "keep-alive").repeat(49) + &last;
    let replies = exchange(&sandbox, ahead.as_bytes());
    assert_eq!(replies.matches("\"result\":\"success\"").count(), 50);
    goes_on(&sandbox);
}

#[test]
fn who_sends_nothing_more_is_still_answered() {
    let sandbox = Sandbox::with(&["--latency", "100"]);
    let mut stream = connect(&sandbox);
    stream.write_all(request(FORM, CALL).as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    assert!(reply.contains("\"result\":\"success\""), "{reply}");
    goes_on(&sandbox);
}

#[test]
fn a_thousand_connections_are_served_at_once() {
    let sandbox = Sandbox::start();
    let mut streams: Vec<_> = (0..1_000).map(|_| connect(&sandbox)).collect();
    let call = request(FORM, CALL);
    for stream in &mut streams {
        stream.write_all(call.as_bytes()).unwrap();
    }
    for stream in &mut streams {
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        assert!(reply.contains("\"result\":\"success\""), "{reply}");
    }
    goes_on(&sandbox);
}

#[test]
fn no_bytes_stop_the_sandbox() {
    let sandbox = Sandbox::start();
    let body = "[a-z\\[\\]=&%0-9 .\0\r\n\u{e9}-]{0,200}";
    let head =
        "(POST|GET|PUT|HEAD|OPTIONS|X) [ -~]{0,40} HTTP/1\\.[019]\r\n([ -~]{0,60}\r\n){0,4}\r\n";
    let kind = "(application/x-www-form-urlencoded|multipart/form-data; ?boundary=[a\"-]{0,4}|[ -~]{0,20})";
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let all = (any::<Vec<u8>>(), head, kind, body);
    let survived = runner.run(&all, |(noise, head, kind, body)| {
        abandon(&sandbox, &noise);
        abandon(&sandbox, format!("{head}{body}").as_bytes());
        let reply = exchange(
            &sandbox,
            request(
                &format!("Content-Type: {kind}\r\n"),
                &format!("{CALL}&{body}"),
            )
            .as_bytes(),
        );
        prop_assert!(reply.starts_with("HTTP/1.1 "), "{reply}");
        prop_assert!(!reply.contains("the sandbox failed"), "{reply}");
        Ok(())
    });
    survived.unwrap();
    goes_on(&sandbox);
}
