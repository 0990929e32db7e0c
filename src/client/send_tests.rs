//! What goes over a real connection, and what never does.

use std::io::Write;
use std::net::TcpListener;
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;

use super::call::CustomKind;
use super::fake::{Fake, SUCCESS, answer, call, client, read, send, server, write};
use super::{ActionRef, CallErrorKind, Delivery, IpVersion};

#[test]
fn a_call_is_one_post_to_the_api_with_everything_in_the_body() {
    let fake = Fake::answering(answer("200 OK", "", SUCCESS));
    let client = client(server(&format!("{}/whmcs/", fake.url())));
    let reply = call(&client, "GetClients", json!({"limitnum": 1})).unwrap();
    assert_eq!(reply.body["totalresults"], json!(0));
    let request = fake.requests().pop().unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert_eq!(
        head.lines().next().unwrap(),
        "POST /whmcs/includes/api.php HTTP/1.1"
    );
    let has = |line: &str| head.lines().any(|header| header.eq_ignore_ascii_case(line));
    assert!(has("content-type: application/x-www-form-urlencoded"));
    assert!(has("accept-encoding: gzip"));
    assert!(has(concat!(
        "user-agent: whmcsh/",
        env!("CARGO_PKG_VERSION")
    )));
    assert_eq!(
        body,
        "action=GetClients&limitnum=1&responsetype=json&identifier=me&secret=hunter2"
    );
}

#[test]
fn a_connection_is_used_again() {
    let fake = Fake::answering(answer("200 OK", "", SUCCESS));
    let client = client(server(&fake.url()));
    for _ in 0..20 {
        read(&client).unwrap();
    }
    assert_eq!(fake.requests().len(), 20);
    assert!(fake.connections() < 20);
}

#[test]
fn workers_share_one_client() {
    let fake = Fake::answering(answer("200 OK", "", SUCCESS));
    let client = client(server(&fake.url()));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5 {
                    read(&client).unwrap();
                }
            });
        }
    });
    assert_eq!(fake.requests().len(), 40);
}

#[test]
fn an_unknown_parameter_is_refused_and_nothing_is_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let client = client(server(&format!(
        "http://{}",
        listener.local_addr().unwrap()
    )));
    let error = call(&client, "AddClient", json!({"fistname": "Jo"})).unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Parameter);
    assert_eq!(error.delivery, Delivery::NotSent);
    assert_eq!(
        error.message,
        "`AddClient` has no parameter `fistname`; nothing was sent"
    );
    assert_eq!(error.hint.as_deref(), Some("did you mean `firstname`?"));
    let error = call(&client, "AddCredit", json!({"amount": "1,50"})).unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Parameter);
    let other = ActionRef::Other {
        name: "MyAction".into(),
        kind: CustomKind::Write,
    };
    let params = json!({"secret": "x"}).as_object().unwrap().clone();
    let error = client
        .allow_unknown(true)
        .call(&other, &params)
        .unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Parameter);
    assert!(listener.accept().is_err(), "somebody connected");
}

#[test]
fn unknown_parameters_are_sent_when_the_user_says_so() {
    let fake = Fake::answering(answer("200 OK", "", SUCCESS));
    let client = client(server(&fake.url())).allow_unknown(true);
    call(&client, "GetClients", json!({"brand_new": [true]})).unwrap();
    assert!(fake.requests()[0].contains("&brand_new%5B0%5D=1&"));
}

#[test]
fn a_reply_beyond_the_limit_is_not_swallowed() {
    let fake = Fake::new(|_, stream| {
        send(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n",
        );
        let megabyte = vec![b' '; 1024 * 1024];
        for _ in 0..100 {
            if stream.write_all(&megabyte).is_err() {
                return;
            }
        }
    });
    let mut server = server(&fake.url());
    server.max_reply = 2 * 1024 * 1024;
    let error = read(&client(server)).unwrap_err();
    assert_eq!(error.kind, CallErrorKind::TooLarge);
    assert_eq!(
        error.message,
        "the reply to `GetClients` is larger than the limit of 2 MB"
    );
    assert_eq!(fake.requests().len(), 1);
}

/// A server that answers with the bytes of a gzip file, given in base64.
fn gzipped(file: &str) -> Fake {
    let file = BASE64.decode(file).unwrap();
    Fake::new(move |_, stream| {
        let length = file.len();
        send(
            stream,
            &format!(
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {length}\r\n\r\n"
            ),
        );
        let _ = stream.write_all(&file);
    })
}

#[test]
fn a_compressed_reply_is_read() {
    let fake = gzipped("H4sIAAAAAAACA6tWKkotLs0pUbJSKi5NTk4tLlbSUSrJL0nMgYgXAyWMlWoBZt62iCcAAAA=");
    let reply = read(&client(server(&fake.url()))).unwrap();
    assert_eq!(reply.body["totalresults"], json!(3));
}

#[test]
fn the_limit_counts_what_a_compressed_reply_unfolds_to() {
    // 200,000 spaces and a reply in some 240 bytes.
    let fake = gzipped(
        "H4sIAAAAAAACA+3BsREAEBAAsFXcj2Edp1N5Kmd3M+iTlAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
         AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
         AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
         AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/Doxe+6xokbu1npm3AeEQOG5VA0DAA==",
    );
    let mut server = server(&fake.url());
    server.max_reply = 100_000;
    let error = write(&client(server)).unwrap_err();
    assert_eq!(error.kind, CallErrorKind::TooLarge);
    assert_eq!(error.delivery, Delivery::InDoubt);
}

#[test]
fn a_redirect_is_told_and_not_followed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let target = format!("http://{}", elsewhere.local_addr().unwrap());
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let location = format!("Location: {target}/includes/api.php\r\n");
        let fake = Fake::answering(answer(status, &location, ""));
        let error = write(&client(server(&fake.url()))).unwrap_err();
        assert_eq!(error.delivery, Delivery::InDoubt);
        assert_eq!(fake.requests().len(), 1);
        let error = read(&client(server(&fake.url()))).unwrap_err();
        assert_eq!(error.kind, CallErrorKind::Http);
        assert_eq!(error.delivery, Delivery::Refused);
        assert_eq!(
            error.message,
            format!(
                "{} redirects to {target}/includes/api.php; the credentials were not sent there",
                fake.host()
            )
        );
        assert_eq!(
            error.hint,
            Some(format!("set `url = \"{target}\"` in the profile `test`"))
        );
        assert_eq!(fake.requests().len(), 2);
    }
    assert!(elsewhere.accept().is_err(), "the redirect was followed");
}

#[test]
fn an_address_that_cannot_be_used_is_told_at_the_first_call() {
    for (url, message) in [
        (
            "billing.example.com",
            "`billing.example.com` does not start with https://",
        ),
        (
            "http://billing.example.com",
            "plain http to billing.example.com would send the credentials unencrypted",
        ),
    ] {
        let error = read(&client(server(url))).unwrap_err();
        assert_eq!(error.message, message);
        assert_eq!(error.delivery, Delivery::NotSent);
        assert!(error.hint.is_some());
    }
}

#[test]
fn calls_go_through_the_profiles_proxy() {
    let fake = Fake::answering(answer("200 OK", "", SUCCESS));
    let mut server = server("http://billing.example.com");
    server.insecure = true;
    server.proxy = Some(fake.url());
    read(&client(server)).unwrap();
    assert!(
        fake.requests()[0].starts_with("POST http://billing.example.com/includes/api.php HTTP/1.1")
    );
}

#[test]
fn a_proxy_or_certificate_file_that_is_none_is_named() {
    let mut proxied = server("https://billing.example.com");
    proxied.proxy = Some("http://jo:hunter2@pro xy".into());
    let error = read(&client(proxied)).unwrap_err();
    assert_eq!(error.message, "`http://pro xy` is not a proxy address");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    for text in [None, Some(""), Some("-----BEGIN CERTIFICATE-----\nxx")] {
        if let Some(text) = text {
            std::fs::write(&path, text).unwrap();
        }
        let mut server = server("https://billing.example.com");
        server.ca_file = Some(path.clone());
        let error = read(&client(server)).unwrap_err();
        assert!(
            error
                .message
                .starts_with("could not use the certificates in `"),
            "{text:?}: {error}"
        );
    }
}

#[test]
fn only_the_wanted_ip_version_is_used() {
    let fake = Fake::answering(answer("200 OK", "", SUCCESS));
    let mut server = server(&fake.url());
    server.ip_version = Some(IpVersion::V4);
    read(&client(server.clone())).unwrap();
    server.ip_version = Some(IpVersion::V6);
    let error = read(&client(server)).unwrap_err();
    assert_eq!(error.delivery, Delivery::NotSent);
    assert_eq!(fake.requests().len(), 1);
}
