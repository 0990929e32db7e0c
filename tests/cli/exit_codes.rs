//! The same fault has the same exit code, whoever met it: `call`, a script, a script that
//! caught it, `each`, `plan`, the shell fed from a pipe.

use std::net::TcpListener;
use std::thread;

use crate::canned::Canned;
use crate::support::{Desk, Outcome, Sandbox, at_once};

const READ: &str = "get_clients_details(#{ clientid: 1 });";
const WRITE: &str = "add_client_note(#{ userid: 1, notes: \"x\" });";
const READ_WORDS: [&str; 2] = ["GetClientsDetails", "clientid=1"];
const WRITE_WORDS: [&str; 3] = ["AddClientNote", "userid=1", "notes=x"];

/// The codes of one fault, met in six ways.
#[derive(Debug, PartialEq)]
struct Codes {
    call: i32,
    script: i32,
    caught: i32,
    each: i32,
    plan: i32,
    shell: i32,
}

impl Codes {
    /// That code in every way.
    fn all(code: i32) -> Self {
        Self {
            call: code,
            script: code,
            caught: code,
            each: code,
            plan: code,
            shell: code,
        }
    }
}

/// Meets a fault in every way at once; retries wait.
fn codes(desk: &Desk, line: &str, words: &[&str], options: &[&str]) -> Codes {
    desk.file("script.rhai", line);
    desk.file("caught.rhai", format!("try {{ {line} }} catch {{ }}"));
    desk.file("rows.csv", "id\n1\n2\n");
    let with = |before: &[&'static str], after: &[&str]| -> Vec<String> {
        let words = before.iter().chain(options).chain(after);
        words.map(|word| (*word).to_owned()).collect()
    };
    let call = with(&["call"], words);
    let script = with(&["run", "script.rhai"], &[]);
    let caught = with(&["run", "caught.rhai"], &[]);
    let each = with(&["each", "rows.csv"], &[&["--"], words].concat());
    let plan = with(&["plan", "script.rhai"], &[]);
    let shell = with(&["repl"], &[]);
    let code = |outcome: Outcome| outcome.code.unwrap_or(-1);
    thread::scope(|scope| {
        let [call, script, caught, each, plan] = [call, script, caught, each, plan]
            .map(|words| scope.spawn(move || code(desk.whmcsh(words))));
        let shell = scope.spawn(move || {
            let words: Vec<&str> = shell.iter().map(String::as_str).collect();
            code(desk.whmcsh_fed(&words, &format!("{line}\n")))
        });
        Codes {
            call: call.join().unwrap(),
            script: script.join().unwrap(),
            caught: caught.join().unwrap(),
            each: each.join().unwrap(),
            plan: plan.join().unwrap(),
            shell: shell.join().unwrap(),
        }
    })
}

/// A desk at an address where nobody listens.
fn nowhere() -> Desk {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    Desk::new()
        .variable("WHMCSH_URL", &format!("http://{address}"))
        .variable("WHMCSH_IDENTIFIER", "someone")
        .variable("WHMCSH_SECRET", "s3cr3t-of-the-test")
}

fn saying(message: &str) -> Canned {
    let body = format!("{{\"result\":\"error\",\"message\":{message:?}}}");
    Canned::page("200 OK", "application/json", &body)
}

#[test]
fn what_whmcs_rejects_is_the_scripts_error() {
    let server = saying("Client Not Found");
    let expected = Codes {
        caught: 0,
        each: 4,
        ..Codes::all(1)
    };
    assert_eq!(codes(&server.desk(), READ, &READ_WORDS, &[]), expected);
}

#[test]
fn a_server_that_refuses_us_is_the_same_in_every_way_also_where_it_is_caught() {
    for message in [
        "Authentication Failed",
        "Invalid IP 192.0.2.7",
        "Invalid Permissions: API action \"getclientsdetails\" is not allowed",
    ] {
        let server = saying(message);
        let met = codes(&server.desk(), READ, &READ_WORDS, &[]);
        assert_eq!(met, Codes::all(3), "{message}");
    }
}

#[test]
fn a_server_that_is_away_is_the_same_in_every_way_unless_it_is_caught() {
    let expected = || Codes {
        caught: 0,
        ..Codes::all(3)
    };
    let silent = Canned::whmcs(|_| {});
    let page = Canned::page("200 OK", "text/html", "<title>Welcome</title>");
    // No byte of a write left, and a plan sends none.
    let of_write = Codes {
        plan: 0,
        ..expected()
    };
    let cases = [
        (nowhere(), READ, &READ_WORDS[..], expected()),
        (silent.desk(), READ, &READ_WORDS[..], expected()),
        (page.desk(), READ, &READ_WORDS[..], expected()),
        (nowhere(), WRITE, &WRITE_WORDS[..], of_write),
    ];
    at_once(cases, |(desk, line, words, expected)| {
        assert_eq!(codes(&desk, line, words, &[]), expected);
    });
}

#[test]
fn a_write_without_a_reply_is_in_doubt_in_every_way_also_where_it_is_caught() {
    let silent = Canned::whmcs(|_| {});
    let met = codes(&silent.desk(), WRITE, &WRITE_WORDS, &[]);
    let plan = 0;
    assert_eq!(
        met,
        Codes {
            plan,
            ..Codes::all(5)
        }
    );
}

#[test]
fn rows_that_failed_of_a_server_that_was_away_are_for_another_time_unless_some_were_done() {
    let server = Canned::with(answer_but_the_second());
    let desk = server.desk();
    desk.file("rows.csv", "id\n1\n2\n");
    let words = [
        "each",
        "rows.csv",
        "--",
        "GetClientsDetails",
        "clientid={id}",
    ];
    let outcome = desk.whmcsh([&words[..2], &["--workers", "1"], &words[2..]].concat());
    outcome.failed(4);
}

/// Answers the first call well, and hangs up on the others.
fn answer_but_the_second() -> impl Fn(&mut std::net::TcpStream) + Send {
    use std::io::Write as _;
    let calls = std::sync::atomic::AtomicUsize::new(0);
    move |stream| {
        if calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) > 0 {
            return;
        }
        let body = "{\"result\":\"success\",\"client\":{\"id\":1}}";
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
        // The client may have enough of it.
        let _ = write!(
            stream,
            "{head}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
    }
}

#[test]
fn a_mistake_in_a_call_is_a_matter_of_usage_in_every_way_unless_it_is_caught() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let wrong = "update_client(#{ clientid: 1, bogus: 2 });";
    let words = ["UpdateClient", "clientid=1", "bogus=2"];
    let expected = Codes {
        caught: 0,
        ..Codes::all(2)
    };
    assert_eq!(codes(&desk, wrong, &words, &[]), expected);
}

#[test]
fn what_the_profile_forbids_is_a_matter_of_usage_in_every_way_unless_it_is_caught() {
    let sandbox = Sandbox::start();
    let desk = Desk::new();
    let path = desk.configure("look", &sandbox);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}access = \"read\"\n")).unwrap();
    let expected = Codes {
        caught: 0,
        ..Codes::all(2)
    };
    assert_eq!(codes(&desk, WRITE, &WRITE_WORDS, &[]), expected);
    sandbox.ask("WhmcsDetails", &[]);
}

#[test]
fn a_limit_is_the_same_in_every_way_also_where_it_is_caught() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let line = WRITE.repeat(2);
    desk.file("script.rhai", &line);
    desk.file("caught.rhai", format!("try {{ {line} }} catch {{ }}"));
    desk.file("rows.csv", "id\n1\n2\n");
    let limit = ["--max-writes", "1"];
    for words in [
        &["run", "script.rhai"][..],
        &["run", "caught.rhai"],
        &["each", "rows.csv"],
    ] {
        let call: &[&str] = match words[0] {
            "each" => &["--", "AddClientNote", "userid={id}", "notes=x"],
            _ => &[],
        };
        desk.whmcsh([words, &limit, call].concat()).failed(6);
    }
}

#[test]
fn a_file_that_is_named_on_the_command_line_is_a_matter_of_usage() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("script.rhai", "for row in csv(args[0]) { print(row.id); }");
    desk.file("ragged.csv", "id,name\n1\n");
    let call = ["--", "AddClientNote", "userid={id}", "notes=x"];
    for file in ["none.csv", "ragged.csv"] {
        for words in [
            &["run", "script.rhai", file][..],
            &["plan", "script.rhai", file],
            &[&["each", file][..], &call].concat(),
        ] {
            desk.whmcsh(words).failed(2);
        }
    }
    desk.whmcsh(["call", "GetClients", "params=@none.json"])
        .failed(2);
}

#[test]
fn a_script_that_caught_what_stopped_it_ends_as_if_it_had_not_in_the_shell_too() {
    let server = saying("Authentication Failed");
    let desk = server.desk();
    let lines = format!("try {{ {READ} }} catch {{ }}\nprint(\"on\")\n");
    let outcome = desk.whmcsh_fed(&["repl"], &lines);
    assert_eq!(outcome.stdout, "on\n");
    assert!(outcome.failed(3).contains("Authentication Failed"));
    let silent = Canned::whmcs(|_| {});
    let lines = format!("try {{ {WRITE} }} catch {{ }}\nprint(\"on\")\n");
    let outcome = silent.desk().whmcsh_fed(&["repl"], &lines);
    assert_eq!(outcome.stdout, "on\n");
    assert!(outcome.failed(5).contains("AddClientNote"));
}
