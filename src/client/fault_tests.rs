//! Servers that misbehave: what is tried again, and what is left in doubt.

use std::cell::Cell;
use std::io::Write;
use std::net::{Shutdown, TcpListener};
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::fake::{Fake, SUCCESS, answer, call, client, hold, read, send, server, write};
use super::{CallError, CallErrorKind, Client, Delivery, Reply};
use crate::cancel::Cancel;

#[test]
fn a_refused_connection_is_tried_again_and_was_not_sent() {
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let client = client(server(&format!("http://{address}")));
    for error in [read(&client).unwrap_err(), write(&client).unwrap_err()] {
        assert_eq!(error.kind, CallErrorKind::Connection);
        assert_eq!(error.delivery, Delivery::NotSent);
        assert_eq!(
            error.message,
            format!("could not connect to {address}: connection refused")
        );
        assert!(error.hint.is_some());
    }
}

#[test]
fn a_server_whose_name_leads_nowhere_was_not_reached() {
    // Too long for a name: nobody else is asked for it.
    let host = format!("{}.example", "a".repeat(64));
    let client = client(server(&format!("https://{host}")));
    for error in [read(&client).unwrap_err(), write(&client).unwrap_err()] {
        assert_eq!(error.kind, CallErrorKind::Connection, "{error}");
        assert_eq!(error.delivery, Delivery::NotSent, "{error}");
        assert!(error.message.contains(&host), "{error}");
    }
}

#[test]
fn a_server_that_does_not_speak_tls_was_not_reached() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let plain = thread::spawn(move || {
        for _ in 0..3 {
            let (mut stream, _) = listener.accept().unwrap();
            send(&mut stream, &answer("400 Bad Request", "", ""));
            hold(&mut stream);
        }
    });
    let error = write(&client(server(&format!("https://{address}")))).unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Connection);
    assert_eq!(error.delivery, Delivery::NotSent);
    assert!(
        error
            .message
            .starts_with(&format!("could not connect to {address}: "))
    );
    plain.join().unwrap();
}

#[test]
fn a_time_out_after_sending_is_never_sent_again() {
    let fake = Fake::new(|_, stream| hold(stream));
    let mut server = server(&fake.url());
    server.timeout = Duration::from_secs(1);
    let error = write(&client(server)).unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Timeout);
    assert_eq!(error.delivery, Delivery::InDoubt);
    assert_eq!(
        error.message,
        "no reply to `AddCredit` within 1 s; WHMCS may or may not have applied it"
    );
    assert_eq!(fake.requests_after(1), 1);
}

#[test]
fn a_read_that_times_out_is_tried_three_times() {
    let fake = Fake::new(|_, stream| hold(stream));
    let mut server = server(&fake.url());
    server.timeout = Duration::from_millis(500);
    let error = read(&client(server)).unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Timeout);
    assert_eq!(error.delivery, Delivery::Refused);
    assert_eq!(fake.requests_after(3), 3);
}

#[test]
fn a_body_that_drips_for_ever_ends_with_the_time_out() {
    let fake = Fake::new(|_, stream| {
        send(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
        while stream.write_all(b" ").is_ok() {
            thread::sleep(Duration::from_millis(10));
        }
    });
    let mut server = server(&fake.url());
    server.timeout = Duration::from_millis(300);
    let error = write(&client(server)).unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Timeout);
    assert_eq!(error.delivery, Delivery::InDoubt);
}

/// A server that answers the first request of each connection, and closes it at the next.
fn closing_what_is_used_again() -> Fake {
    thread_local! {
        // Each connection has a thread of its own.
        static IS_USED: Cell<bool> = const { Cell::new(false) };
    }
    Fake::new(|_, stream| {
        if IS_USED.replace(true) {
            let _ = stream.shutdown(Shutdown::Both);
        } else {
            send(stream, &answer("200 OK", "", SUCCESS));
        }
    })
}

#[test]
fn where_used_connections_are_closed_one_write_is_left_in_doubt_and_not_each() {
    let fake = closing_what_is_used_again();
    let client = client(server(&fake.url()));
    read(&client).unwrap();
    let error = write(&client).unwrap_err();
    assert_eq!(error.delivery, Delivery::InDoubt);
    for _ in 0..5 {
        write(&client).unwrap();
    }
    assert_eq!(fake.requests().len(), 7);
    assert_eq!(fake.connections(), 6);
    // Reads keep theirs, and are sent again: one comes over a new connection, and the next
    // meets the close of that.
    read(&client).unwrap();
    read(&client).unwrap();
    assert_eq!(fake.connections(), 8);
    assert_eq!(fake.requests().len(), 10);
}

#[test]
fn a_read_that_met_the_close_spares_all_writes() {
    let fake = closing_what_is_used_again();
    let client = client(server(&fake.url()));
    read(&client).unwrap();
    read(&client).unwrap();
    for _ in 0..3 {
        write(&client).unwrap();
    }
}

#[test]
fn where_used_connections_stay_all_calls_share_them() {
    let fake = Fake::answering(answer("200 OK", "", SUCCESS));
    let client = client(server(&fake.url()));
    for _ in 0..3 {
        read(&client).unwrap();
        write(&client).unwrap();
    }
    assert_eq!(fake.connections(), 1);
}

#[test]
fn a_connection_that_closes_in_mid_body_leaves_a_write_in_doubt() {
    let fake = Fake::new(|_, stream| {
        send(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"result\"",
        );
        let _ = stream.shutdown(Shutdown::Both);
    });
    let client = client(server(&fake.url()));
    let error = write(&client).unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Connection);
    assert_eq!(error.delivery, Delivery::InDoubt);
    assert_eq!(fake.requests().len(), 1);
    assert!(
        error
            .message
            .contains("broke before the reply to `AddCredit` was complete")
    );
    let error = read(&client).unwrap_err();
    assert_eq!(error.delivery, Delivery::Refused);
    assert_eq!(fake.requests().len(), 4);
}

#[test]
fn a_connection_that_closes_without_a_word_leaves_a_write_in_doubt() {
    let fake = Fake::new(|_, stream| {
        let _ = stream.shutdown(Shutdown::Both);
    });
    let error = write(&client(server(&fake.url()))).unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Connection);
    assert_eq!(error.delivery, Delivery::InDoubt);
    assert_eq!(fake.requests().len(), 1);
}

#[test]
fn a_read_gets_over_a_connection_that_broke_once() {
    let fake = Fake::new(|number, stream| {
        if number == 1 {
            let _ = stream.shutdown(Shutdown::Both);
        } else {
            send(stream, &answer("200 OK", "", SUCCESS));
        }
    });
    read(&client(server(&fake.url()))).unwrap();
    assert_eq!(fake.requests().len(), 2);
}

/// Turns the first two calls away with that status, and answers the others.
fn busy_twice(status: &'static str) -> Fake {
    Fake::new(move |number, stream| {
        if number < 3 {
            send(stream, &answer(status, "Retry-After: 0\r\n", "busy"));
        } else {
            send(stream, &answer("200 OK", "", SUCCESS));
        }
    })
}

#[test]
fn a_write_turned_away_by_a_busy_server_is_sent_again() {
    let fake = busy_twice("429 Too Many Requests");
    let client = client(server(&fake.url()));
    assert!(write(&client).unwrap().was_throttled);
    assert_eq!(fake.requests().len(), 3);
    assert!(!write(&client).unwrap().was_throttled);
}

#[test]
fn a_write_that_a_gateway_answers_is_never_sent_again() {
    for status in [
        "403 Forbidden",
        "404 Not Found",
        "408 Request Timeout",
        "499 Closed",
        "500 Oops",
        "502 Bad Gateway",
        "503 Service Unavailable",
        "504 Gateway Timeout",
        "520 Unknown",
    ] {
        let fake = Fake::answering(answer(status, "Retry-After: 0\r\n", "down"));
        let error = write(&client(server(&fake.url()))).unwrap_err();
        assert_eq!(error.delivery, Delivery::InDoubt, "{status}");
        assert_eq!(fake.requests().len(), 1, "{status}");
    }
}

#[test]
fn a_status_that_its_owner_says_is_not_processed_is_sent_again() {
    let fake = busy_twice("503 Service Unavailable");
    let mut server = server(&fake.url());
    server.not_processed = vec![503];
    assert!(write(&client(server.clone())).unwrap().was_throttled);
    assert_eq!(fake.requests().len(), 3);

    let fake = Fake::answering(answer("503 Service Unavailable", "Retry-After: 0\r\n", ""));
    server.url = fake.url();
    let error = write(&client(server)).unwrap_err();
    assert_eq!(
        (error.kind, error.delivery),
        (CallErrorKind::Http, Delivery::NotSent)
    );
    assert_eq!(fake.requests().len(), 3);
}

#[test]
fn a_read_is_tried_three_times_at_a_server_that_stays_busy() {
    for status in ["503 Service Unavailable", "429 Too Many Requests"] {
        let fake = Fake::answering(answer(status, "Retry-After: 0\r\n", ""));
        read(&client(server(&fake.url()))).unwrap_err();
        assert_eq!(fake.requests().len(), 3);
    }
}

#[test]
fn a_server_that_wants_a_long_pause_is_not_asked_before_it_is_over() {
    let fake = Fake::answering(answer("429 Too Many Requests", "Retry-After: 3600\r\n", ""));
    let error = write(&client(server(&fake.url()))).unwrap_err();
    assert_eq!((error.http, error.delivery), (Some(429), Delivery::NotSent));
    assert!(error.hint.unwrap().contains("3600 s"));
    assert_eq!(fake.requests().len(), 1);
}

#[test]
fn a_kept_connection_that_dies_under_a_write_does_not_bring_it_twice() {
    for round in 0..20 {
        // Reads the second request and closes without a word.
        let fake = Fake::new(|number, stream| {
            if number % 2 == 1 {
                send(stream, &answer("200 OK", "", SUCCESS));
            } else {
                let _ = stream.shutdown(Shutdown::Both);
            }
        });
        let client = client(server(&fake.url()));
        read(&client).unwrap();
        let error = write(&client).unwrap_err();
        assert_eq!(error.delivery, Delivery::InDoubt, "{round}");
        assert_eq!(fake.requests().len(), 2, "{round}");
    }
}

#[test]
fn a_kept_connection_that_was_closed_meanwhile_brings_a_write_at_most_once() {
    for round in 0..20 {
        // Answers, and closes at once: the write may or may not meet the close.
        let fake = Fake::new(|_, stream| {
            send(stream, &answer("200 OK", "", SUCCESS));
            let _ = stream.shutdown(Shutdown::Both);
        });
        let client = client(server(&fake.url()));
        read(&client).unwrap();
        let result = write(&client);
        let arrived = fake.requests().len() - 1;
        assert!(arrived <= 1, "{round}");
        match result {
            Ok(_) => assert_eq!(arrived, 1, "{round}"),
            Err(error) => assert_eq!(error.delivery, Delivery::InDoubt, "{round}"),
        }
    }
}

#[test]
fn a_write_answered_with_500_is_not_sent_again() {
    let fake = Fake::answering(answer("500 Internal Server Error", "", ""));
    let client = client(server(&fake.url()));
    let error = write(&client).unwrap_err();
    assert_eq!((error.http, error.delivery), (Some(500), Delivery::InDoubt));
    assert_eq!(fake.requests().len(), 1);
    assert_eq!(read(&client).unwrap_err().http, Some(500));
    assert_eq!(fake.requests().len(), 4);
}

#[test]
fn refused_credentials_are_never_tried_again() {
    for words in [
        "Authentication Failed",
        "Invalid IP 127.0.0.1",
        "Invalid Permissions: x",
    ] {
        let body = json!({"result": "error", "message": words}).to_string();
        let fake = Fake::answering(answer("403 Forbidden", "", &body));
        let error = read(&client(server(&fake.url()))).unwrap_err();
        assert!(error.kind.stops_the_run(), "{words}");
        assert_eq!(fake.requests().len(), 1);
    }
}

#[test]
fn a_web_page_is_told_by_its_title_and_not_asked_for_again() {
    let page = "<html><title>Maintenance</title></html>";
    let fake = Fake::answering(answer("200 OK", "Content-Type: text/html\r\n", page));
    let error = read(&client(server(&fake.url()))).unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Html);
    assert!(error.message.contains("\"Maintenance\""));
    assert_eq!(fake.requests().len(), 1);
}

#[test]
fn a_server_that_speaks_no_http_is_told_apart() {
    let fake = Fake::answering("SSH-2.0-OpenSSH_9.9\r\n");
    let error = write(&client(server(&fake.url()))).unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Connection);
    assert_eq!(error.delivery, Delivery::InDoubt);
}

#[test]
fn an_interrupt_ends_the_wait_between_tries() {
    let cancel = Cancel::default();
    let raised = cancel.clone();
    let fake = Fake::new(move |_, stream| {
        raised.raise();
        send(
            stream,
            &answer("429 Too Many Requests", "Retry-After: 30\r\n", ""),
        );
    });
    let client = Client::new(server(&fake.url()), cancel);
    let error = write(&client).unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Interrupted);
    assert_eq!(error.delivery, Delivery::NotSent);
    // And no further call leaves.
    let error = read(&client).unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Interrupted);
    assert_eq!(fake.requests().len(), 1);
}

/// What comes of a write with a password, where the server answers with that body.
fn answered(status: &'static str, body: &'static str) -> Result<Reply, CallError> {
    let fake = Fake::new(move |_, stream| send(stream, &answer(status, "", body)));
    let params = json!({"clientid": 7, "password2": "Tr0ub4dor&3"});
    call(&client(server(&fake.url())), "UpdateClient", params)
}

#[test]
fn a_secret_that_the_server_sends_back_is_covered_in_what_is_said_of_it() {
    let said = |status, body| answered(status, body).unwrap_err().message;
    let refusal = r#"{"result":"error","message":"bad: password2=Tr0ub4dor%263&secret=hunter2"}"#;
    assert_eq!(
        said("200 OK", refusal),
        "bad: password2=(secret)&secret=(secret)"
    );
    let page = "<html><title>#0 login('Tr0ub4dor&amp;3')</title></html>";
    assert!(said("500 Oops", page).contains("the page \"#0 login('(secret)')\""));
    // Cut short at its 80th letter, in the middle of the secret.
    let other =
        "a request of ours that came to an end, as it seems: clientid=7 password2: Tr0ub4dor&3";
    assert!(said("200 OK", other).contains("password2: (s"));

    let noisy =
        "Warning: md5(Tr0ub4dor&3)\n{\"result\":\"success\",\"warning\":\"weak: Tr0ub4dor&3\"}";
    let reply = answered("200 OK", noisy).unwrap();
    assert_eq!(reply.body["warning"], "weak: (secret)");
    assert_eq!(
        reply.warnings,
        [
            "weak: (secret)",
            "the server printed text around its reply: Warning: md5((secret))"
        ]
    );
}

#[test]
fn a_secret_that_is_a_word_of_the_reply_does_not_change_what_it_means() {
    let fake = Fake::new(|_, stream| {
        let body = r#"{"result":"error","message":"an error with message"}"#;
        send(stream, &answer("200 OK", "", body));
    });
    for secret in ["error", "result", "message"] {
        let params = json!({"clientid": 7, "password2": secret});
        let error = call(&client(server(&fake.url())), "UpdateClient", params).unwrap_err();
        assert_eq!(error.kind, CallErrorKind::Api, "{secret}");
        assert_eq!(error.delivery, Delivery::Refused, "{secret}");
        assert!(!error.message.is_empty());
    }
}
