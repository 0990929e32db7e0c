//! How much a run may do, and how fast.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::guards::{config, only_run};
use crate::support::{Desk, Sandbox};

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

/// The entries of the activity log that hold that word.
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
        error.contains("hint: to allow more, resume with `--max-deletes N`\nto resume, run: "),
        "{error}"
    );
    let runs = desk.whmcsh(["runs", "list", "--json"]).json();
    assert_eq!(runs[0]["state"], "stopped");
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
fn a_write_in_doubt_that_may_not_be_sent_again_stays_in_doubt() {
    // The first and its repetition.
    let faults = ["#1", "#2"].map(|which| format!("reset-after@UpdateClient:{which}"));
    let sandbox = Sandbox::with(&["--fault", &faults[0], "--fault", &faults[1]]);
    let desk = sandbox.desk();
    desk.file(
        "script.rhai",
        "update_client(#{ clientid: 1, notes: \"x\" });",
    );
    let outcome = |desk: &Desk| {
        let shown = desk
            .whmcsh(["runs", "show", &only_run(desk), "--json"])
            .json();
        shown["writes"][0]["outcome"].as_str().unwrap().to_owned()
    };
    let first = desk.whmcsh(["run", "script.rhai"]);
    assert_ne!(first.code, Some(0), "{}", first.stderr);
    assert_eq!(outcome(&desk), "in doubt");
    let run = only_run(&desk);
    let resume = ["run", "script.rhai", "--resume", &run];
    desk.whmcsh(resume.iter().chain(&["--max-writes", "0"]))
        .failed(5);
    assert_eq!(outcome(&desk), "in doubt");
    desk.whmcsh(resume).succeeded();
    assert_eq!(outcome(&desk), "done");
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
            "a whole number from 1 (one row at a time) to 1000",
        ),
        ("--workers", "many", "a whole number from 1"),
        ("--rate", "0/s", "`0/s` is not a rate above zero"),
        ("--max-failures", "101%", "`101%` is not a number of rows"),
        ("--max-writes", "1.5", "--max-writes"),
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
fn a_run_that_stops_early_still_says_what_failed_and_what_is_in_doubt() {
    let sandbox = Sandbox::with(&["--fault", "reset-after@AddClientNote:#1"]);
    let desk = sandbox.desk();
    let script = "bulk([1, 2, 3], #{ workers: 1, max_failures: 2 }, |n| {
         if n == 1 { add_client_note(#{ userid: 1, notes: `n${n}` }); }
         fail(\"no such plan\");
     });";
    let outcome = desk.script(script);
    // What is in doubt counts for more than the limit.
    let error = outcome.failed(5);
    assert!(error.contains("1 × no such plan (first: row 2)"), "{error}");
    assert!(
        error.contains("row #1: the connection to ")
            && error.contains("; WHMCS may or may not have applied it (write 1)"),
        "{error}"
    );

    let sandbox = Sandbox::with(&["--fault", "reset-after@AddClientNote:#1"]);
    let desk = sandbox.desk();
    let caught = "try { add_client_note(#{ userid: 1, notes: \"x\" }); } catch { } throw \"oops\";";
    let outcome = desk.script(caught);
    let error = outcome.failed(5);
    assert!(error.contains("1 write is in doubt:"), "{error}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_script_that_takes_too_much_memory_is_ended() {
    let desk = Desk::new();
    for script in [
        "let t = \"x\"; loop { t += t; }",
        "let a = [0]; loop { a += a; }",
        "let t = \"x\"; loop { t = `${t}${t}`; }",
        "let a = [\"x\"]; loop { a.push(a[0] + \"y\"); a[0] = a[a.len() - 1]; if a[0].len() > 5000 { a[0] = \"x\"; } }",
    ] {
        desk.file("script.rhai", script);
        let outcome = desk.whmcsh(["run", "--sandbox", "--max-memory", "300M", "script.rhai"]);
        let error = outcome.failed(6);
        assert!(
            error.contains("uses more than 300 MiB of memory"),
            "{script}: {error}"
        );
    }
    let outcome = desk.whmcsh(["run", "--sandbox", "--max-memory", "much", "script.rhai"]);
    assert!(
        outcome.failed(2).contains("such as `512M`"),
        "{}",
        outcome.stderr
    );
}
