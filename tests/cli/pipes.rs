//! Whatever prints data ends without a word when nobody reads it any more.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use crate::support::{Desk, Sandbox};

/// Runs the binary with a standard output whose reader has hung up.
#[track_caller]
fn ends_quietly(desk: &Desk, words: &[&str], input: &str) {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut child = desk
        .command()
        .args(words)
        .stdin(Stdio::piped())
        .stdout(writer)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // What it does not read it need not be given.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code().unwrap_or(0), 0, "{words:?}: {said}");
    assert_eq!(said, "", "{words:?}");
}

#[test]
fn a_command_that_asks_a_server_ends_quietly() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("rows.csv", "id\n1\n");
    desk.file(
        "script.rhai",
        "update_client(#{ clientid: 1, notes: \"x\" });",
    );
    for format in ["table", "json", "ndjson", "csv"] {
        ends_quietly(&desk, &["call", "GetClients", "-o", format], "");
        ends_quietly(&desk, &["call", "GetClients", "--all", "-o", format], "");
        ends_quietly(
            &desk,
            &["call", "GetClients", "-o", format, "--fields", "id"],
            "",
        );
        ends_quietly(&desk, &["call", "WhmcsDetails", "-o", format], "");
    }
    ends_quietly(&desk, &["plan", "script.rhai"], "");
    ends_quietly(&desk, &["plan", "script.rhai", "--json"], "");
    let each = ["--", "UpdateClient", "clientid={id}"];
    for plan in [
        &["each", "rows.csv", "--plan"][..],
        &["each", "rows.csv", "--plan", "--json"],
    ] {
        ends_quietly(&desk, &[plan, &each].concat(), "");
    }
    ends_quietly(&desk, &["repl"], "get_clients()\n1 + 1\n");
    ends_quietly(&desk, &["profile", "test", "--json"], "");
    ends_quietly(&desk, &["profile", "test", "-q"], "");
}

#[test]
fn a_command_that_looks_at_runs_ends_quietly() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "script.rhai",
        "bulk([1, 999999], |id| { update_client(#{ clientid: id, notes: \"x\" }); });",
    );
    desk.whmcsh(["run", "script.rhai", "--snapshot"]).failed(4);
    let folder = desk.only_run();
    let run = folder.file_name().unwrap().to_str().unwrap();
    for words in [
        &["runs"][..],
        &["runs", "list", "--json"],
        &["runs", "show", run, "--writes"],
        &["runs", "show", run, "--writes", "--json"],
        &["runs", "failed", run, "-q"],
        &["runs", "failed", run, "-o", "csv"],
        &["runs", "failed", run, "-o", "json", "-q"],
        &["runs", "failed", run, "-o", "ndjson", "-q"],
        &["runs", "undo", run, "--dry-run"],
        &["runs", "undo", run, "--dry-run", "--json"],
        &["runs", "prune", "--dry-run", "--all", "-q"],
        &["runs", "prune", "--dry-run", "--json"],
    ] {
        ends_quietly(&desk, words, "");
    }
}

#[test]
fn a_command_that_needs_no_server_ends_quietly() {
    let desk = Desk::new().variable("WHMCSH_URL", "http://127.0.0.1:9");
    desk.file("wrong.rhai", "get_client(1);");
    for words in [
        &["actions"][..],
        &["actions", "AddClient"],
        &["actions", "client"],
        &["actions", "--json"],
        &["completions", "bash"],
        &["profile", "list", "--json"],
        &["sandbox", "--listen", "127.0.0.1:0"],
        &["sandbox", "--fault", "help"],
        &["check", "wrong.rhai", "--json"],
        &["--help"],
        &["--version"],
        &["help", "run"],
    ] {
        ends_quietly(&desk, words, "");
    }
}

/// Runs a script, reads so many lines of what it prints, and hangs up.
#[track_caller]
fn read_and_hang_up(desk: &Desk, lines: usize) -> (Option<i32>, String) {
    let mut child = desk
        .command()
        .args(["run", "script.rhai"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..lines {
        out.read_line(&mut String::new()).unwrap();
    }
    drop(out);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), said)
}

#[test]
fn a_run_that_has_written_stops_in_good_order_when_its_reader_hangs_up() {
    let sandbox = Sandbox::with(&["--clients", "6", "--latency", "10"]);
    let desk = sandbox.desk();
    desk.file(
        "script.rhai",
        "let rows = []; for n in 0..60 { rows.push(#{ n: n }); }
         bulk(rows, #{ key: \"n\", workers: 4 }, |row| {
             print(row.n);
             add_client_note(#{ userid: 1, notes: `piped ${row.n}` });
         });",
    );
    let (code, said) = read_and_hang_up(&desk, 5);
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains("standard output was closed"), "{said}");
    let shown = desk.whmcsh(["runs", "show", "--json"]).json();
    assert_eq!(shown["counts"]["writes_in_doubt"], 0, "{shown}");
    let resume = said.lines().last().unwrap();
    let run = resume.rsplit(' ').next().unwrap();
    assert!(resume.contains("--resume"), "{said}");
    desk.whmcsh(["run", "script.rhai", "--resume", run, "-q"])
        .succeeded();
    let shown = desk.whmcsh(["runs", "show", "--json"]).json();
    assert_eq!(shown["counts"]["writes"], 60, "{shown}");
}

#[test]
fn a_run_that_only_reads_ends_quietly_when_its_reader_hangs_up() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "script.rhai",
        "for n in 0..9999 { print(n); get_clients(#{ limitnum: 1 }); }",
    );
    let (code, said) = read_and_hang_up(&desk, 2);
    assert_eq!((code, said.as_str()), (Some(130), ""));
    assert!(
        !desk
            .folder()
            .join(".local/state/whmcsh/runs")
            .read_dir()
            .is_ok_and(|mut runs| runs.next().is_some())
    );
}
