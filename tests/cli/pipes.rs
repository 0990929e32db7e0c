//! Whatever prints data ends without a word when nobody reads it any more.

use std::io::Write as _;
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
