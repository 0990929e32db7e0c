//! What keeps a run from doing more than was meant.

use std::io::Write as _;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::canned::Canned;
use crate::support::{Desk, Sandbox};

/// Eight rows at once, each with a write.
const NOTES: &str = "bulk([1, 2, 3, 4, 5, 6, 7, 8], #{ workers: 8 }, |n| { \
                     add_client_note(#{ userid: n, notes: \"x\" }); });";

fn reply(stream: &mut TcpStream, status: &str, body: &str) {
    let length = body.len();
    // A client that has read enough may hang up first.
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
}

/// A server that lets so many calls in, and then refuses with those words, after
/// time enough for others to come.
fn refusing(let_in: usize, words: &str) -> Canned {
    let body = format!("{{\"result\":\"error\",\"message\":\"{words}\"}}");
    let calls = AtomicUsize::new(0);
    Canned::with(move |stream| {
        std::thread::sleep(Duration::from_millis(100));
        if calls.fetch_add(1, Ordering::SeqCst) < let_in {
            reply(
                stream,
                "200 OK",
                "{\"result\":\"success\",\"noteid\":\"1\"}",
            );
        } else {
            reply(stream, "403 Forbidden", &body);
        }
    })
}

fn config(desk: &Desk, text: &str) {
    let path = desk.file(".config/whmcsh/config.toml", text);
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
}

/// A server on loopback under the name of a production host.
fn production(server: &Canned, name: &str) -> String {
    format!(
        "[profiles.{name}]\nurl = \"http://{name}.example.com\"\ninsecure = true\n\
         proxy = \"http://{}\"\nidentifier = \"x\"\nsecret = \"y\"\n",
        server.address
    )
}

fn only_run(desk: &Desk) -> String {
    let runs = desk.whmcsh(["runs", "list", "--json"]).json();
    assert_eq!(runs.as_array().unwrap().len(), 1, "{runs}");
    runs[0]["id"].as_str().unwrap().to_owned()
}

fn writes(desk: &Desk) -> usize {
    let shown = desk
        .whmcsh(["runs", "show", &only_run(desk), "--json"])
        .json();
    shown["writes"].as_array().unwrap().len()
}

fn closed(sandbox: &Sandbox) -> u64 {
    let reply = sandbox.ask("GetClients", &[("status", "Closed"), ("limitnum", "1")]);
    reply["totalresults"].as_u64().unwrap()
}

/// How many entries of the activity log hold that word.
fn logged(sandbox: &Sandbox, word: &str) -> Vec<String> {
    let log = sandbox.ask(
        "GetActivityLog",
        &[("limitnum", "1000"), ("description", word)],
    );
    let entries = log["activity"]["entry"].as_array();
    let text = |entry: &Value| entry["description"].as_str().unwrap().to_owned();
    let mut entries: Vec<String> = entries.into_iter().flatten().map(text).collect();
    entries.sort();
    entries
}

#[test]
fn a_refusal_of_the_first_call_is_not_tried_by_every_worker() {
    for words in [
        "Authentication Failed",
        "Invalid IP 127.0.0.1",
        "Invalid Permissions: API action \\\"addclientnote\\\" is not allowed",
    ] {
        let server = refusing(0, words);
        let outcome = server.desk().script(NOTES);
        outcome.failed(3);
        assert_eq!(server.calls(), 1, "{words}");
    }
}

#[test]
fn an_action_that_the_role_lacks_is_asked_for_once_though_others_are_let_in() {
    let server = refusing(
        1,
        "Invalid Permissions: API action \\\"addclientnote\\\" is not allowed",
    );
    let outcome = server.desk().script(&format!("whmcs_details(); {NOTES}"));
    let error = outcome.failed(3);
    assert!(error.contains("may not call `AddClientNote`"), "{error}");
    assert_eq!(server.calls(), 2);
}

#[test]
fn ten_deletes_are_the_most_unless_more_are_allowed_and_a_resumed_run_counts_anew() {
    let sandbox = Sandbox::with(&["--clients", "40"]);
    let desk = sandbox.desk();
    let before = closed(&sandbox);
    desk.file(
        "script.rhai",
        "for id in args { update_client(#{ clientid: id, notes: \"x\" }); close_client(#{ clientid: id }); }",
    );
    let ids = sandbox.ask("GetClients", &[("limitnum", "25"), ("status", "Active")]);
    let ids: Vec<String> = ids["clients"]["client"]
        .as_array()
        .unwrap()
        .iter()
        .map(|client| client["id"].to_string().replace('"', ""))
        .collect();
    assert_eq!(ids.len(), 25);
    let words: Vec<&str> = ["run", "script.rhai"]
        .into_iter()
        .chain(ids.iter().map(String::as_str))
        .collect();

    let outcome = desk.whmcsh(&words);
    let error = outcome.failed(6);
    assert!(
        error.starts_with(
            "error: `CloseClient` was not sent: `--max-deletes` allows 10 deletes; \
             sent so far: 21 writes, 10 of them deletes\n"
        ),
        "{error}"
    );
    assert!(
        error.contains(
            "hint: if more are meant, allow them with `--max-deletes N`\ncontinue with: "
        ),
        "{error}"
    );
    assert_eq!(closed(&sandbox), before + 10);
    assert_eq!(writes(&desk), 21);

    let run = only_run(&desk);
    let resume = ["--max-deletes", "12", "--resume", &run];
    let outcome = desk.whmcsh(words.iter().chain(&resume));
    let error = outcome.failed(6);
    assert!(error.contains("allows 12 deletes"), "{error}");
    assert!(
        error.ends_with(&format!(" --max-deletes 12 --resume {run}\n")),
        "{error}"
    );
    assert_eq!(closed(&sandbox), before + 22);
    desk.whmcsh(words.iter().chain(&["--resume", &run]))
        .succeeded();
    assert_eq!(closed(&sandbox), before + 25);
}

#[test]
fn workers_together_never_pass_a_limit_and_no_row_is_done_that_was_stopped_by_it() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    // The rows swallow every error; those the limit met must be done later all the same.
    desk.file(
        "script.rhai",
        "let rows = []; for n in 10..40 { rows.push(#{ id: n }); }\n\
         bulk(rows, #{ key: \"id\", workers: 8 }, |row| {\n\
             try { log_activity(#{ description: `Limited ${row.id}` }); } catch { }\n\
         });",
    );
    let outcome = desk.whmcsh(["run", "script.rhai", "--max-writes", "13"]);
    let error = outcome.failed(6);
    assert!(
        error.contains("`LogActivity` was not sent: `--max-writes` allows 13 writes"),
        "{error}"
    );
    assert_eq!(logged(&sandbox, "Limited").len(), 13);
    assert_eq!(writes(&desk), 13);
    let run = only_run(&desk);
    desk.whmcsh(["run", "script.rhai", "--resume", &run])
        .succeeded();
    let all: Vec<String> = (10..40).map(|n| format!("Limited {n}")).collect();
    assert_eq!(logged(&sandbox, "Limited"), all);
}

#[test]
fn a_script_that_catches_the_limit_gets_no_further_and_does_not_hide_it() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "script.rhai",
        "for n in 10..15 { try { log_activity(#{ description: `Caught ${n}` }); } catch (e) { print(e.kind); } }\n\
         print(get_clients(#{ limitnum: 1 }).clients.len());",
    );
    let outcome = desk.whmcsh(["run", "script.rhai", "--max-writes", "2"]);
    let error = outcome.failed(6);
    assert!(error.contains("`--max-writes` allows 2 writes"), "{error}");
    assert_eq!(outcome.stdout, "limit\nlimit\nlimit\n1\n");
    assert_eq!(logged(&sandbox, "Caught"), ["Caught 10", "Caught 11"]);
}

#[test]
fn a_limit_counts_over_every_server_of_the_run() {
    let (main, other) = (Sandbox::start(), Sandbox::start());
    let (desk, _) = (main.desk(), other.desk());
    config(
        &desk,
        &format!(
            "[profiles.other]\nurl = \"{}\"\nidentifier = \"sandbox\"\nsecret = \"sandbox\"\n",
            other.url
        ),
    );
    desk.file(
        "script.rhai",
        "let other = connect(\"other\");\n\
         for n in 0..9 { log_activity(#{ description: \"Both\" }); other.log_activity(#{ description: \"Both\" }); }",
    );
    let outcome = desk.whmcsh(["run", "script.rhai", "--max-writes", "5"]);
    outcome.failed(6);
    assert_eq!(logged(&main, "Both").len(), 3);
    assert_eq!(logged(&other, "Both").len(), 2);
}

#[test]
fn limits_that_cannot_be_meant_are_refused() {
    let desk = Desk::new();
    desk.file("script.rhai", "print(1);");
    for (option, value, says) in [
        (
            "--workers",
            "0",
            "a whole number from 1, row by row, to 1000",
        ),
        ("--workers", "many", "a whole number from 1"),
        ("--rate", "0/s", "`0/s` is no rate above zero"),
        (
            "--max-failures",
            "101%",
            "`101%` is neither a number of rows",
        ),
        ("--max-writes", "-1", "--max-writes"),
    ] {
        let outcome = desk.whmcsh(["run", "script.rhai", "--sandbox", option, value]);
        let error = outcome.failed(2);
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn the_command_line_says_how_many_rows_may_fail() {
    let desk = Desk::new();
    desk.file(
        "script.rhai",
        "bulk([1, 2, 3, 4], #{ max_failures: 4 }, |n| fail(\"no\"));",
    );
    let words = [
        "run",
        "script.rhai",
        "--sandbox",
        "--workers",
        "1",
        "--max-failures",
        "2",
    ];
    let outcome = desk.whmcsh(words);
    let error = outcome.failed(6);
    assert!(
        error.contains("stopped after 2 of 2 rows failed"),
        "{error}"
    );
}

#[test]
fn a_rate_holds_for_plain_loops_and_for_bulk_loops_that_want_to_be_faster() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    for script in [
        "for n in 0..11 { whmcs_details(); }",
        "bulk([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], #{ rate: 1000 }, |n| { whmcs_details(); });",
    ] {
        desk.file("script.rhai", script);
        let began = Instant::now();
        desk.whmcsh(["run", "script.rhai", "--rate", "20/s"])
            .succeeded();
        // Ten gaps of 50 ms, one of which may be made up for.
        assert!(began.elapsed() >= Duration::from_millis(450), "{script}");
    }
}

#[test]
fn no_mail_leaves_whatever_the_script_says() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let client = "let c = add_client(#{ firstname: \"Ann\", lastname: \"Lee\", email: \"ann@mail.example\", \
                  address1: \"1 High Street\", city: \"Dublin\", state: \"Leinster\", postcode: \"D01\", country: \"IE\", \
                  phonenumber: \"+353.15550101\", password2: random_password(20), noemail: false });\n\
                  create_invoice(#{ userid: c.clientid, status: \"Unpaid\", sendinvoice: true, paymentmethod: \"banktransfer\", \
                  itemdescription: [\"x\"], itemamount: [\"1.00\"] });\n";
    desk.file("script.rhai", client.replace("ann@", "loud@"));
    desk.whmcsh(["run", "script.rhai"]).succeeded();
    let mails = |email: &str| {
        let found = sandbox.ask("GetClients", &[("search", email)]);
        let id = found["clients"]["client"][0]["id"]
            .to_string()
            .replace('"', "");
        let mails = sandbox.ask("GetEmails", &[("clientid", &id)]);
        mails["totalresults"].to_string().replace('"', "")
    };
    assert_ne!(
        mails("loud@mail.example"),
        "0",
        "the test must be able to fail"
    );

    desk.file("quiet.rhai", client);
    desk.whmcsh(["run", "quiet.rhai", "--no-mail"]).succeeded();
    assert_eq!(mails("ann@mail.example"), "0");

    desk.file(
        "script.rhai",
        "send_email(#{ messagename: \"Client Signup Email\", id: 1 });",
    );
    let outcome = desk.whmcsh(["run", "script.rhai", "--no-mail"]);
    let error = outcome.failed(2);
    assert!(
        error.contains("`SendEmail` can send mail that no parameter keeps in"),
        "{error}"
    );
}

#[test]
fn a_run_without_mail_goes_on_without_mail() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    config(
        &desk,
        &format!(
            "[profiles.main]\nurl = \"{}\"\nidentifier = \"sandbox\"\nsecret = \"sandbox\"\n",
            sandbox.url
        ),
    );
    let script = "open_ticket(#{ deptid: 1, subject: \"Quiet\", message: \"x\", name: \"Ann\", email: \"ann@mail.example\" });\n";
    desk.file("script.rhai", format!("{script}throw \"half-way\";"));
    let begin = ["run", "script.rhai", "--no-mail", "--profile", "main"];
    let outcome = desk.whmcsh(begin);
    let run = only_run(&desk);
    let command = format!("whmcsh run script.rhai --profile main --no-mail --resume {run}\n");
    let error = outcome.failed(1);
    assert!(
        error.ends_with(&format!("continue with: {command}")),
        "{error}"
    );
    let shown = desk.whmcsh(["runs", "show", &run]);
    assert!(shown.stderr.ends_with(&command), "{}", shown.stderr);

    let outcome = desk.whmcsh(["run", "script.rhai", "--resume", &run, "--profile", "main"]);
    let error = outcome.failed(2);
    assert!(error.contains("began with `--no-mail`"), "{error}");
    desk.file("script.rhai", script);
    let resume = ["--resume", &run];
    desk.whmcsh(begin.iter().chain(&resume)).succeeded();
    let tickets = sandbox.ask("GetTickets", &[("subject", "Quiet")]);
    assert_eq!(tickets["totalresults"].to_string().replace('"', ""), "1");
}

#[test]
fn full_access_allows_what_cannot_be_undone() {
    let server = Canned::page("200 OK", "application/json", "{\"result\":\"success\"}");
    let desk = Desk::new();
    config(
        &desk,
        &format!(
            "[profiles.main]\nurl = \"http://{}\"\nidentifier = \"x\"\nsecret = \"y\"\naccess = \"full\"\n",
            server.address
        ),
    );
    desk.script("close_client(#{ clientid: 1 });").succeeded();
    assert_eq!(server.calls(), 1);
}

#[test]
fn an_unconfirmed_script_does_not_even_read() {
    let server = Canned::page("200 OK", "application/json", "{\"result\":\"success\"}");
    let desk = Desk::new();
    config(&desk, &production(&server, "main"));
    desk.file(
        "script.rhai",
        "whmcs_details(); close_client(#{ clientid: 1 });",
    );
    let words = ["run", "script.rhai", "--profile", "main"];
    let nobody = desk.whmcsh(words);
    assert!(
        nobody.failed(2).contains("nobody is there to confirm"),
        "{}",
        nobody.stderr
    );
    let wrong = desk.whmcsh(words.iter().chain(&["--yes", "other.example.com"]));
    assert!(
        wrong.failed(2).contains("does not confirm"),
        "{}",
        wrong.stderr
    );
    assert_eq!(server.calls(), 0);
    desk.whmcsh(words.iter().chain(&["--yes", "main.example.com"]))
        .succeeded();
    assert_eq!(server.calls(), 2);
}

#[test]
fn confirming_one_production_server_confirms_no_other() {
    let success = "{\"result\":\"success\"}";
    let main = Canned::page("200 OK", "application/json", success);
    let other = Canned::page("200 OK", "application/json", success);
    let desk = Desk::new();
    let profiles = production(&main, "main") + &production(&other, "other");
    config(&desk, &profiles);
    desk.file(
        "script.rhai",
        "close_client(#{ clientid: 1 }); connect(\"other\").close_client(#{ clientid: 1 });",
    );
    let words = [
        "run",
        "script.rhai",
        "--profile",
        "main",
        "--yes",
        "main.example.com",
    ];
    let outcome = desk.whmcsh(words);
    assert!(
        outcome.failed(2).contains(
            "`main.example.com` does not confirm the production server `other.example.com`"
        ),
        "{}",
        outcome.stderr
    );
    assert_eq!((main.calls(), other.calls()), (1, 0));
}
