//! The control paths of a running sandbox, as a test in any language uses them.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::support::{Desk, Sandbox};

const TOKEN: &str = "letmein";

/// A sandbox that stands at the first of December.
fn sandbox(options: &[&str]) -> Sandbox {
    Sandbox::with(&[&["--control", TOKEN, "--now", "2026-12-01"], options].concat())
}

/// Sends a request to a control path; its whole answer.
fn send(sandbox: &Sandbox, head: &str, token: &str, body: &[u8]) -> String {
    send_to(sandbox.host(), head, token, body)
}

fn send_to(address: &str, head: &str, token: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let (method, path) = head.split_once(' ').unwrap();
    write!(
        stream,
        "{method} /_sandbox/{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Authorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .unwrap();
    stream.write_all(body).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// What a control path answers: status and JSON.
fn asked(sandbox: &Sandbox, head: &str, body: &str) -> (u16, Value) {
    let answer = send(sandbox, head, TOKEN, body.as_bytes());
    let (top, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = top.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap())
}

/// The JSON of what succeeds.
fn done(sandbox: &Sandbox, head: &str, body: &str) -> Value {
    let (status, value) = asked(sandbox, head, body);
    assert_eq!(
        (status, &value["result"]),
        (200, &json!("success")),
        "{head}: {value}"
    );
    value
}

/// The words of what is refused.
fn refused(sandbox: &Sandbox, head: &str, body: &str, status: u16) -> String {
    let (got, value) = asked(sandbox, head, body);
    assert_eq!(got, status, "{head} {body}: {value}");
    value["message"].as_str().unwrap().to_owned()
}

fn clients(sandbox: &Sandbox) -> i64 {
    crate::support::int(&sandbox.ask("GetClients", &[])["totalresults"]).unwrap()
}

#[test]
fn without_the_token_nothing_is_said() {
    let sandbox = sandbox(&[]);
    for (head, token) in [
        ("GET health", "wrong"),
        ("GET requests", ""),
        ("POST load", "letmein2"),
        ("GET nothing", "LETMEIN"),
    ] {
        let answer = send(&sandbox, head, token, b"{}");
        let (top, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(top.starts_with("HTTP/1.1 403 "), "{top}");
        assert_eq!(body, "", "{head}");
    }
    assert_eq!(clients(&sandbox), 6);
    assert_eq!(done(&sandbox, "GET health", "")["calls"], 1);
}

#[test]
fn a_snapshot_is_gone_back_to_by_its_name_and_a_reset_to_the_start() {
    let sandbox = sandbox(&["--clients", "3"]);
    sandbox.ask("AddClientNote", &[("userid", "1"), ("notes", "first")]);
    done(&sandbox, "POST snapshot/a-note.1", "");
    sandbox.ask("DeleteClient", &[("clientid", "3"), ("deleteusers", "1")]);
    done(&sandbox, "PUT clock", "2027-01-01");
    done(&sandbox, "PUT faults", "503@GetOrders");
    assert_eq!(clients(&sandbox), 2);
    let back = done(&sandbox, "POST restore/a-note.1", "");
    assert_eq!(back["now"], "2026-12-01 00:00:00");
    assert_eq!(clients(&sandbox), 3);
    assert_eq!(done(&sandbox, "GET faults", "")["faults"], json!([]));
    assert_eq!(
        done(&sandbox, "GET snapshot", "")["snapshots"],
        json!(["a-note.1"])
    );
    done(&sandbox, "POST reset", "");
    assert_eq!(done(&sandbox, "GET requests", "")["requests"], json!([]));
    done(&sandbox, "DELETE snapshot/a-note.1", "");
    let said = refused(&sandbox, "POST restore/a-note.1", "", 404);
    assert_eq!(said, "there is no snapshot `a-note.1`; there are none");
    for name in ["a/b", "..", "../x", ".hidden", "a%2Fb", "", &"x".repeat(65)] {
        let said = refused(&sandbox, &format!("POST snapshot/{name}"), "", 400);
        assert!(said.contains("is not a name for a snapshot"), "{said}");
    }
}

#[test]
fn resets_while_calls_run_leave_a_whole_server() {
    let sandbox = sandbox(&["--clients", "3"]);
    let host = sandbox.host();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(move || {
                for _ in 0..10 {
                    let answer = send_to(host, "POST reset", TOKEN, b"");
                    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
                }
            });
        }
        scope.spawn(move || {
            for _ in 0..20 {
                let form = "action=DeleteClient&clientid=3&identifier=sandbox&secret=sandbox&responsetype=json";
                let mut stream = TcpStream::connect(host).unwrap();
                write!(
                    stream,
                    "POST /includes/api.php HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: \
                     application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
                    form.len()
                )
                .unwrap();
                // One that a reset overtakes is closed without an answer.
                let _ = stream.read_to_string(&mut String::new());
            }
        });
    });
    done(&sandbox, "POST reset", "");
    assert_eq!(clients(&sandbox), 3);
}

#[test]
fn the_clock_is_set_and_days_pass_when_it_is_advanced() {
    let sandbox = sandbox(&[]);
    assert_eq!(
        done(&sandbox, "GET clock", ""),
        json!({"result": "success", "now": "2026-12-01 00:00:00", "fixed": true})
    );
    assert_eq!(
        done(&sandbox, "POST clock/advance", "1 month")["now"],
        "2027-01-01 00:00:00"
    );
    let log = sandbox.ask("GetActivityLog", &[("description", "Cron Job: Completed")]);
    assert_eq!(crate::support::int(&log["totalresults"]), Some(32), "{log}");
    let said = refused(&sandbox, "PUT clock", "2026-12-31", 409);
    assert!(
        said.contains("the clock is at 2027-01-01 00:00:00 already"),
        "{said}"
    );
    for period in ["tomorrow", "-1 day", "0 days", "20 years", ""] {
        let said = refused(&sandbox, "POST clock/advance", period, 400);
        assert!(
            said.contains("period") || said.contains("ten years"),
            "{said}"
        );
    }
    assert_eq!(
        done(&sandbox, "GET clock", "")["now"],
        "2027-01-01 00:00:00"
    );
}

#[test]
fn faults_are_set_and_requests_and_mails_are_told() {
    let sandbox = sandbox(&[]);
    let set = done(&sandbox, "PUT faults", "503-after@AddClient:#1");
    assert_eq!(set["faults"], json!(["503-after@AddClient:#1"]));
    let said = refused(&sandbox, "PUT faults", "504-befor", 400);
    assert!(said.contains("is not a fault"), "{said}");
    sandbox.post(
        "action=addclient&identifier=sandbox&secret=sandbox&responsetype=json&firstname=A&lastname=B\
         &email=a%40b.example&password2=hidden&skipvalidation=1",
    );
    sandbox.ask("GetClientsDetails", &[("clientid", "99")]);
    let told = done(&sandbox, "GET requests", "");
    assert!(!told.to_string().contains("hidden"), "{told}");
    let first = &told["requests"][0];
    assert_eq!(first["action"], "AddClient");
    assert_eq!(first["parameters"]["email"], "a@b.example");
    assert_eq!(first["parameters"]["password2"], "***");
    assert_eq!(first["faults"], json!(["503-after@AddClient:#1"]));
    assert_eq!(
        (&first["result"], &first["carried_out"]),
        (&json!("success"), &json!(true))
    );
    let second = &told["requests"][1];
    assert_eq!(second["message"], "Client Not Found");
    assert_eq!(
        done(&sandbox, "GET emails", "")["emails"][0]["subject"],
        "Welcome"
    );
    assert_eq!(done(&sandbox, "DELETE requests", "")["removed"], 2);
    assert_eq!(done(&sandbox, "PUT faults", "")["faults"], json!([]));
}

#[test]
fn a_fixture_is_loaded_whole_or_not_at_all() {
    let sandbox = sandbox(&[]);
    let good = r#"{"clients": [{"id": 5, "firstname": "Ada", "email": "ada@example.com"}]}"#;
    done(&sandbox, "POST load", good);
    assert_eq!(clients(&sandbox), 1);
    let exported = send(&sandbox, "GET export", TOKEN, b"");
    let (_, exported) = exported.split_once("\r\n\r\n").unwrap();
    for (body, said) in [
        (
            r#"{"clients": [{}], "invoices": [{"userid": 2}]}"#,
            "nothing was loaded: invoices[0].userid: there is no client 2",
        ),
        ("{", "nothing was loaded: it is not JSON as it should be"),
        ("", "nothing was loaded: it is not JSON"),
    ] {
        let told = refused(&sandbox, "POST load", body, 400);
        assert!(told.starts_with(said), "{told}");
    }
    let deep = format!(
        "{{\"clients\": {}{}}}",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    assert!(refused(&sandbox, "POST load", &deep, 400).contains("recursion limit"));
    let binary = send(
        &sandbox,
        "POST load",
        TOKEN,
        b"{\"clients\": [\"\xff\x00\"]}",
    );
    assert!(binary.contains("it is not UTF-8"), "{binary}");
    let huge = vec![b' '; 65 * 1024 * 1024];
    for (token, status) in [(TOKEN, "413"), ("wrong", "403")] {
        let answer = send(&sandbox, "POST load", token, &huge);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
    }
    let again = send(&sandbox, "GET export", TOKEN, b"");
    assert!(again.ends_with(exported));
    done(&sandbox, "POST load", exported);
    assert!(send(&sandbox, "GET export", TOKEN, b"").ends_with(exported));
}

#[test]
fn what_is_asked_in_vain_is_told_what_there_is() {
    let sandbox = sandbox(&[]);
    for head in ["GET nothing", "POST health", "DELETE clock", "PATCH faults"] {
        let said = refused(&sandbox, head, "", 404);
        assert!(said.contains("`POST clock/advance`"), "{said}");
    }
    sandbox.ask("WhmcsDetails", &[]);
}

#[test]
fn a_file_has_no_snapshots_but_can_be_exported() {
    let desk = Desk::new();
    let file = desk.folder().join("shop.sqlite");
    let path = file.to_str().unwrap();
    let running = sandbox(&["--db", path, "--clients", "2"]);
    for head in ["POST reset", "POST snapshot/a"] {
        assert!(refused(&running, head, "", 409).contains("--db"));
    }
    running.ask("AddClientNote", &[("userid", "1"), ("notes", "kept")]);
    let url = format!("{}/_sandbox", running.url);
    let live = desk.whmcsh(["sandbox", "export", "--url", &url, "--token", TOKEN]);
    let live: Value = serde_json::from_str(live.succeeded()).unwrap();
    assert_eq!(live["clientnotes"][0]["note"], "kept");
    let wrong = desk.whmcsh(["sandbox", "export", "--url", &url, "--token", "x"]);
    assert!(
        wrong.failed(3).contains("refuses the token"),
        "{}",
        wrong.stderr
    );
    let busy = desk.whmcsh(["sandbox", "export", "--db", path]);
    assert!(busy.failed(2).contains("is using it"), "{}", busy.stderr);
    drop(running);
    let kept = desk.whmcsh(["sandbox", "export", "--db", path]);
    let kept: Value = serde_json::from_str(kept.succeeded()).unwrap();
    assert_eq!(kept["clientnotes"], live["clientnotes"]);
    let none = desk.whmcsh(["sandbox", "export", "--db", "none.sqlite"]);
    assert!(
        none.failed(2).contains("there is no file `none.sqlite`"),
        "{}",
        none.stderr
    );
    assert!(!desk.folder().join("none.sqlite").exists());
    let unnamed = desk.whmcsh(["sandbox", "export"]);
    assert!(
        unnamed.failed(2).contains("no sandbox is named"),
        "{}",
        unnamed.stderr
    );
    let loaded = desk.whmcsh(["sandbox", "--db", path, "--load", "/dev/null", "--", "true"]);
    assert!(
        loaded.failed(2).contains("it is not JSON"),
        "{}",
        loaded.stderr
    );
    desk.file("empty.json", "{}");
    let loaded = desk.whmcsh([
        "sandbox",
        "--db",
        path,
        "--load",
        "empty.json",
        "--",
        "true",
    ]);
    assert!(
        loaded.failed(2).contains("has data already"),
        "{}",
        loaded.stderr
    );
}
