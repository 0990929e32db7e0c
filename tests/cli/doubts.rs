//! What becomes of a write that something in front of WHMCS answers, that is late, or
//! that nobody can tell of.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::canned::{Canned, json, page};
use crate::support::{Desk, Outcome, Sandbox, at_once};

/// A server with one list, whose write is carried out and answered as a test wants.
struct Billing {
    canned: Canned,
    records: Arc<Mutex<Vec<HashMap<String, String>>>>,
}

/// What the n-th write gets, counted from 1: whether it is carried out, and the answer.
type Answer = fn(usize) -> (bool, String);

fn fine() -> String {
    json("{\"result\":\"success\"}")
}

impl Billing {
    /// A server that books payments and lists them.
    fn with(answer: Answer) -> Self {
        let records = Arc::<Mutex<Vec<HashMap<String, String>>>>::default();
        let (kept, count) = (Arc::clone(&records), AtomicUsize::new(0));
        let canned = Canned::by_call(move |call, stream| {
            let fields: HashMap<String, String> = call
                .split('&')
                .filter_map(|field| field.split_once('='))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            let answer = match fields["action"].as_str() {
                "AddInvoicePayment" => {
                    let (is_done, answer) = answer(count.fetch_add(1, Ordering::SeqCst) + 1);
                    if is_done {
                        kept.lock().unwrap().push(fields);
                    }
                    answer
                }
                "GetTransactions" => json(&listed(&kept.lock().unwrap(), &fields["transid"])),
                _ => fine(),
            };
            let _ = stream.write_all(answer.as_bytes());
        });
        Self { canned, records }
    }

    fn desk(&self) -> Desk {
        let desk = self.canned.desk();
        desk.file("rows.csv", "tag\nA\nB\nC\n");
        desk.file(
            "script.rhai",
            "bulk(csv(\"rows.csv\"), #{ key: \"tag\", workers: 1 }, |row| {\n\
             add_invoice_payment(#{ invoiceid: 1, transid: \"TX\" + row.tag, gateway: \"banktransfer\",\n\
             amount: money(\"2.00\"), date: today(), noemail: true });\n\
             });",
        );
        desk
    }

    /// How often each payment is booked, `TXA` first.
    fn booked(&self) -> Vec<usize> {
        let records = self.records.lock().unwrap();
        let of = |tag: &str| records.iter().filter(|one| one["transid"] == tag).count();
        vec![of("TXA"), of("TXB"), of("TXC")]
    }
}

fn listed(records: &[HashMap<String, String>], transid: &str) -> String {
    let found: Vec<String> = records
        .iter()
        .enumerate()
        .filter(|(_, one)| one["transid"] == transid)
        .map(|(at, one)| {
            let (id, invoice) = (at + 1, &one["invoiceid"]);
            // Without an amount it is the whole invoice.
            let amount = one.get("amount").map_or("11.95", String::as_str);
            format!(
                "{{\"id\":{id},\"transid\":\"{transid}\",\"invoiceid\":{invoice},\"amountin\":\"{amount}\"}}"
            )
        })
        .collect();
    let (count, found) = (found.len(), found.join(","));
    format!(
        "{{\"result\":\"success\",\"totalresults\":{count},\"transactions\":{{\"transaction\":[{found}]}}}}"
    )
}

fn gateway() -> String {
    page(
        "503 Service Unavailable",
        "text/html",
        "<title>Busy</title>",
    )
}

fn run(desk: &Desk, more: &[&str]) -> Outcome {
    desk.whmcsh(["run", "script.rhai"].iter().chain(more))
}

fn only_run(desk: &Desk) -> String {
    let folder = desk.only_run();
    folder.file_name().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn a_payment_that_a_gateway_answers_is_found_and_booked_once() {
    let billing = Billing::with(|number| match number {
        1 => (true, gateway()),
        _ => (true, fine()),
    });
    let desk = billing.desk();
    let outcome = run(&desk, &[]);
    outcome.succeeded();
    assert_eq!(billing.booked(), [1, 1, 1]);
    // The gateway's page stopped the writes until WHMCS answered again.
    assert!(
        outcome
            .stderr
            .contains("writes wait until WHMCS answers again"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_payment_that_is_not_there_when_it_would_be_is_sent_again() {
    let billing = Billing::with(|number| match number {
        1 => (false, gateway()),
        _ => (true, fine()),
    });
    let desk = billing.desk();
    run(&desk, &[]).succeeded();
    assert_eq!(billing.booked(), [1, 1, 1]);
}

#[test]
fn other_rows_go_first_while_one_waits_and_the_time_left_is_told() {
    let billing = Billing::with(|number| match number {
        1 => (false, gateway()),
        _ => (true, fine()),
    });
    let desk = billing.desk().variable("WHMCSH_LATE_AFTER", "3s");
    let outcome = run(&desk, &[]);
    outcome.succeeded();
    let records = billing.records.lock().unwrap();
    let order: Vec<&str> = records.iter().map(|one| one["transid"].as_str()).collect();
    assert_eq!(order, ["TXB", "TXC", "TXA"]);
    assert!(
        outcome
            .stderr
            .contains("`AddInvoicePayment` may still arrive"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn no_wait_ends_with_5_and_the_resumed_run_goes_on() {
    let billing = Billing::with(|number| match number {
        1 => (false, gateway()),
        _ => (true, fine()),
    });
    let desk = billing.desk().variable("WHMCSH_LATE_AFTER", "100");
    let outcome = run(&desk, &["--no-wait"]);
    let error = outcome.failed(5);
    assert!(error.contains("1 row in doubt"), "{error}");
    assert_eq!(billing.booked(), [0, 1, 1]);
    let name = only_run(&desk);
    let desk = desk.variable("WHMCSH_LATE_AFTER", "0");
    run(&desk, &["--resume", &name]).succeeded();
    assert_eq!(billing.booked(), [1, 1, 1]);
}

#[test]
fn after_max_doubts_the_run_stops_with_5() {
    let billing = Billing::with(|_| (false, gateway()));
    let desk = billing.desk().variable("WHMCSH_LATE_AFTER", "100");
    let outcome = run(&desk, &["--no-wait", "--max-doubts", "2"]);
    let error = outcome.failed(5);
    assert!(error.contains("2 writes are in doubt"), "{error}");
    assert!(error.contains("`--max-doubts`"), "{error}");
    let sent = billing.canned.actions();
    let sent = sent.iter().filter(|name| *name == "AddInvoicePayment");
    assert_eq!(sent.count(), 2);
}

#[test]
fn ten_writes_in_doubt_stop_a_run_that_says_nothing_else() {
    let billing = Billing::with(|_| (false, gateway()));
    let desk = billing.desk().variable("WHMCSH_LATE_AFTER", "100");
    let rows = (1..=12)
        .map(|n| format!("T{n}\n"))
        .collect::<Vec<_>>()
        .concat();
    desk.file("rows.csv", format!("tag\n{rows}"));
    let outcome = run(&desk, &["--no-wait"]);
    let error = outcome.failed(5);
    assert!(error.contains("10 writes are in doubt"), "{error}");
    let sent = billing.canned.actions();
    let sent = sent.iter().filter(|name| *name == "AddInvoicePayment");
    assert_eq!(sent.count(), 10);
}

/// Writes a profile of that server, which says that too.
fn configured(desk: &Desk, server: &Canned, more: &str) {
    let path = desk.file(
        ".config/whmcsh/config.toml",
        format!(
            "[profiles.main]\nurl = \"http://{}\"\nidentifier = \"x\"\nsecret = \"y\"\n{more}\n",
            server.address
        ),
    );
    let secret = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(path, secret).unwrap();
}

#[test]
fn the_profile_says_when_a_write_cannot_be_late_any_more() {
    let billing = Billing::with(|number| match number {
        1 => (false, gateway()),
        _ => (true, fine()),
    });
    let desk = billing.desk().variable("WHMCSH_LATE_AFTER", "100");
    let main = ["--profile", "main", "--no-wait"];
    for (wrong, told) in [
        ("\"soon\"", "soon"),
        ("-1", "-1"),
        ("1.5", "1.5"),
        ("true", "true"),
    ] {
        configured(&desk, &billing.canned, &format!("late_after = {wrong}"));
        let refused = run(&desk, &main);
        let error = refused.failed(2);
        let told = format!("invalid `late_after` of profile `main`: `{told}`");
        assert!(error.contains(&told), "{error}");
        assert!(
            error.contains("hint: use seconds, such as `120s`"),
            "{error}"
        );
    }
    configured(&desk, &billing.canned, "late_after = 0");
    run(&desk, &main).succeeded();
    assert_eq!(billing.booked(), [1, 1, 1]);
    let billing = Billing::with(|number| (number > 3, gateway()));
    let desk = billing.desk().variable("WHMCSH_LATE_AFTER", "0");
    configured(&desk, &billing.canned, "late_after = \"77s\"");
    run(&desk, &main).failed(5);
    assert_eq!(billing.booked(), [0, 0, 0]);
}

#[test]
fn a_single_call_and_the_shell_look_once_and_never_wait() {
    let call = [
        "call",
        "AddInvoicePayment",
        "invoiceid=1",
        "transid=TXA",
        "gateway=banktransfer",
        "date=2026-01-01",
    ];
    let line = "add_invoice_payment(#{ invoiceid: 1, transid: \"TXA\", gateway: \"banktransfer\", date: \"2026-01-01\" })\n";
    // Nothing was seen before it, so that one that is there may be older.
    let answers: [(Answer, &str); 2] = [
        (|_| (true, gateway()), "record 1 matches it"),
        (|_| (false, gateway()), "it is not on the server yet"),
    ];
    at_once(answers, |(answer, says)| {
        for is_shell in [false, true] {
            let billing = Billing::with(answer);
            let desk = billing.desk().variable("WHMCSH_LATE_AFTER", "600");
            let outcome = if is_shell {
                desk.whmcsh_fed(&["repl"], line)
            } else {
                desk.whmcsh(call)
            };
            let error = outcome.failed(5);
            assert!(error.contains(says), "{error}");
            let called = billing.canned.actions();
            let count = |action: &str| called.iter().filter(|name| *name == action).count();
            let counts = (count("AddInvoicePayment"), count("GetTransactions"));
            assert_eq!(counts, (1, 1), "{called:?}");
        }
    });
}

#[test]
fn each_reason_of_a_doubt_can_be_named_where_it_is_settled() {
    let faults = "reset-after@AddClientNote:#1,truncate@AddClientNote:#2,502-after@AddClientNote:#3,\
                  module-timeout@ModuleChangePw:#1,latency=600s@AddClientNote:#4";
    let sandbox = Sandbox::with(&["--fault", faults]);
    let desk = sandbox.desk();
    desk.file(
        "script.rhai",
        "bulk([1, 2, 3, 4, 5], #{ workers: 1 }, |n| {\n\
         if n == 4 { module_change_pw(#{ serviceid: 1 }); }\n\
         print(n); add_client_note(#{ userid: 1, notes: `note ${n}` }); });",
    );
    let mut child = desk
        .command()
        .args(["run", "script.rhai", "--no-wait"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    // The last says so before it is sent, and is left on its way.
    let lines = std::io::BufReader::new(child.stdout.take().unwrap());
    let _ = std::io::BufRead::lines(lines).find(|line| line.as_ref().unwrap() == "5");
    let on_its_way = || desk.whmcsh(["runs", "show", "--writes"]).stdout;
    while !on_its_way().contains("note 5") {}
    child.kill().unwrap();
    child.wait().unwrap();
    let run = only_run(&desk);
    let shown = desk.whmcsh(["runs", "show", &run, "--writes"]).stdout;
    for cause in ["reset", "unreadable", "502", "timeout", "killed"] {
        assert!(shown.contains(&format!("in doubt ({cause})")), "{shown}");
        let all = ["runs", "settle", &run, "--all", "--done", "--yes", "1"];
        let settled = desk.whmcsh([&all[..], &["--because", cause]].concat());
        settled.succeeded();
    }
    let shown = desk.whmcsh(["runs", "show", &run, "--writes"]).stdout;
    assert!(!shown.contains("in doubt ("), "{shown}");
}

#[test]
fn many_doubts_are_settled_in_one_command_that_looks_first() {
    // The second was carried out, and shows only afterwards.
    static IS_SHOWN: AtomicUsize = AtomicUsize::new(0);
    let canned = Canned::by_call(|call, stream| {
        let answer = if call.starts_with("action=AddCredit&") {
            gateway()
        } else if call.starts_with("action=GetCredits&") && IS_SHOWN.load(Ordering::SeqCst) == 1 {
            let credit =
                "{\"id\":9,\"date\":\"2026-01-01\",\"description\":\"A\",\"amount\":\"1.00\"}";
            json(&format!(
                "{{\"result\":\"success\",\"totalresults\":1,\"credits\":{{\"credit\":[{credit}]}}}}"
            ))
        } else {
            json("{\"result\":\"success\",\"totalresults\":0,\"credits\":\"\"}")
        };
        let _ = stream.write_all(answer.as_bytes());
    });
    let desk = canned.desk().variable("WHMCSH_LATE_AFTER", "100");
    desk.file("rows.csv", "tag\nA\nB\nC\n");
    desk.file(
        "script.rhai",
        "bulk(csv(\"rows.csv\"), #{ key: \"tag\", workers: 1 }, |row| {\n\
         add_credit(#{ clientid: 1, description: row.tag, amount: money(\"1.00\") });\n\
         });",
    );
    run(&desk, &["--no-wait"]).failed(5);
    let name = only_run(&desk);
    let shown = desk.whmcsh(["runs", "show", &name, "--writes"]);
    assert!(
        shown.succeeded().contains("in doubt (503)"),
        "{}",
        shown.stdout
    );

    let settle = |more: &[&str]| {
        let words = ["runs", "settle", &name, "--all", "--not-done"];
        desk.whmcsh(words.iter().chain(more))
    };
    for word in ["--keep", "--again"] {
        // They are for one write that was applied.
        let words = ["runs", "settle", &name, "--all", word, "--yes", "3"];
        let refused = desk.whmcsh(words);
        let error = refused.failed(2);
        assert!(error.contains("cannot be used with"), "{error}");
    }
    let other = settle(&["--because", "timeout"]);
    assert!(
        other.failed(2).contains("no write of run"),
        "{}",
        other.stderr
    );
    let table = settle(&["--because", "503"]);
    assert!(table.failed(2).contains("--yes 3"), "{}", table.stderr);
    assert!(table.stdout.contains("not there"), "{}", table.stdout);
    settle(&["--yes", "2"]).failed(2);
    IS_SHOWN.store(1, Ordering::SeqCst);
    let table = settle(&[]);
    assert!(table.failed(2).contains("--yes 2"), "{}", table.stderr);
    assert!(
        table
            .stderr
            .contains("found on the server and recorded: write 1"),
        "{}",
        table.stderr
    );
    settle(&["--yes", "2"]).succeeded();
    let shown = desk.whmcsh(["runs", "show", &name, "--writes"]);
    assert!(
        !shown.succeeded().contains("in doubt ("),
        "{}",
        shown.stdout
    );
}

#[test]
fn no_write_goes_to_an_address_that_is_not_whmcs() {
    let answers = [
        (
            page(
                "301 Moved\r\nLocation: https://elsewhere.example/includes/api.php",
                "text/html",
                "",
            ),
            "redirects to",
        ),
        (
            page("200 OK", "text/html", "<html><title>Log in</title></html>"),
            "Log in",
        ),
        (page("404 Not Found", "text/html", "<html></html>"), "404"),
        (
            page("503 Service Unavailable", "text/html", "<html></html>"),
            "503",
        ),
        (
            json("{\"message\":\"no Route matched\"}"),
            "neither success nor error",
        ),
    ];
    at_once(answers, |(answer, says)| {
        let server = Canned::answering(answer);
        let desk = server.desk();
        let script = "for n in 0..3 { try { log_activity(#{ description: \"x\" }); } catch (e) { print(e.kind); } }";
        let outcome = desk.script(script);
        let error = outcome.failed(3);
        assert!(error.contains("`LogActivity` was not sent"), "{error}");
        assert!(error.contains(says), "{error}");
        assert!(server.actions().iter().all(|name| name == "WhmcsDetails"));
        let outcome = desk.whmcsh(["call", "LogActivity", "description=x"]);
        assert!(
            outcome.failed(3).contains("was not sent"),
            "{}",
            outcome.stderr
        );
        assert!(server.actions().iter().all(|name| name == "WhmcsDetails"));
    });
}

#[test]
fn a_refusal_is_an_answer_of_whmcs_too() {
    let refusals = [
        (
            "log_activity(#{ description: \"x\" });",
            "Invalid Permissions: API action \\\"whmcsdetails\\\" is not allowed",
            "WhmcsDetails",
        ),
        (
            "try { get_invoice(#{ invoiceid: 9 }); } catch {} log_activity(#{ description: \"x\" });",
            "Invoice ID Not Found",
            "GetInvoice",
        ),
    ];
    for (script, words, first) in refusals {
        let server = Canned::by_call(move |call, stream| {
            let answer = if call.starts_with("action=LogActivity&") {
                fine()
            } else {
                json(&format!("{{\"result\":\"error\",\"message\":\"{words}\"}}"))
            };
            let _ = stream.write_all(answer.as_bytes());
        });
        server.desk().script(script).succeeded();
        assert_eq!(server.actions(), [first, "LogActivity"]);
    }
}

#[test]
fn a_gateway_whose_owner_says_so_is_believed_and_that_is_told() {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let server = Canned::whmcs(move |stream| {
        let answer = match count.fetch_add(1, Ordering::SeqCst) {
            0 => gateway(),
            _ => fine(),
        };
        let _ = stream.write_all(answer.as_bytes());
    });
    let desk = Desk::new();
    configured(&desk, &server, "not_processed = [503]");
    let outcome = desk.script("add_client_note(#{ userid: 1, notes: \"x\" });");
    outcome.succeeded();
    assert!(
        outcome
            .stderr
            .contains("503 means not processed (`not_processed`)"),
        "{}",
        outcome.stderr
    );
    let reads = desk.script("whmcs_details();");
    assert!(!reads.stderr.contains("not_processed"), "{}", reads.stderr);
    let name = only_run(&desk);
    configured(&desk, &server, "not_processed = [502, 503]");
    let resumed = desk.whmcsh(["run", "script.rhai", "--resume", &name]);
    assert!(
        resumed
            .stderr
            .contains("`not_processed` of the profile has changed"),
        "{}",
        resumed.stderr
    );
    configured(&desk, &server, "not_processed = [200]");
    let wrong = desk.script("whmcs_details();");
    assert!(
        wrong.failed(2).contains("not the status of an error"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn a_script_that_catches_a_doubt_does_not_do_the_same_again() {
    let sandbox = Sandbox::with(&["--clients", "2", "--fault", "reset-after@AddClientNote:#1"]);
    let desk = sandbox.desk();
    desk.file(
        "script.rhai",
        "bulk([#{ id: 1 }, #{ id: 2 }], #{ key: \"id\", workers: 1 }, |row| {
             for n in 0..3 {
                 try { add_client_note(#{ userid: row.id, notes: \"once\" }); break; } catch {}
             }
         });",
    );
    let outcome = desk.whmcsh(["run", "script.rhai"]);
    outcome.failed(5);
    let counts = &desk.whmcsh(["runs", "show", "--json"]).json()["counts"];
    let sent = (&counts["writes"], &counts["writes_in_doubt"]);
    assert_eq!(sent, (&1.into(), &1.into()), "{}", outcome.stderr);
}

#[test]
fn a_doubt_outranks_whatever_else_ended_the_run() {
    for (end, code) in [("throw \"later\";", 5), ("exit(1);", 5), ("", 5)] {
        let sandbox = Sandbox::with(&["--fault", "reset-after@AddClientNote:#1"]);
        let script =
            format!("bulk([1], #{{}}, |n| add_client_note(#{{ userid: n, notes: \"x\" }})); {end}");
        let outcome = sandbox.desk().script(&script);
        assert_eq!(outcome.code, Some(code), "{end}: {}", outcome.stderr);
        assert!(outcome.stderr.contains("in doubt"), "{}", outcome.stderr);
    }
    let sandbox = Sandbox::with(&["--fault", "reset-after@AddClientNote:#1"]);
    let desk = sandbox.desk();
    desk.file(
        "script.rhai",
        "bulk([1, 2, 3], #{ workers: 1 }, |n| add_client_note(#{ userid: n, notes: \"x\" }));",
    );
    let limited = desk.whmcsh(["run", "script.rhai", "--max-writes", "2"]);
    assert!(
        limited.failed(5).contains("--max-writes"),
        "{}",
        limited.stderr
    );
}
