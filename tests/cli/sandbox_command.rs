//! `whmcsh sandbox -- COMMAND`: a sandbox for as long as a command runs.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use crate::support::{BINARY, Desk};

/// A command of the shell with a sandbox of its own.
fn shell<'s>(options: &[&'s str], script: &'s str) -> Vec<&'s str> {
    [&["sandbox"], options, &["--", "sh", "-c", script]].concat()
}

#[test]
fn the_command_finds_the_sandbox_in_its_environment() {
    let desk = Desk::new()
        .variable("WHMCSH_USERNAME", "somebody")
        .variable("SHELL_WHMCSH", BINARY);
    let script = r#"
        "$SHELL_WHMCSH" call GetClients limitnum=1 -o json || exit 90
        echo "$WHMCSH_URL $WHMCSH_SANDBOX_URL" | grep -q '^http://127.0.0.1:\([0-9]*\) http://127.0.0.1:\1/_sandbox$' || exit 91
        test "${#WHMCSH_SANDBOX_TOKEN}" = 32 || exit 92
        test -z "$WHMCSH_USERNAME" || exit 93
    "#;
    let outcome = desk.whmcsh(shell(&["--clients", "3"], script));
    assert!(
        outcome.succeeded().contains("\"firstname\""),
        "{}",
        outcome.stdout
    );
    assert!(!outcome.stdout.contains("listening"), "{}", outcome.stdout);
}

#[test]
fn its_code_is_handed_on() {
    let desk = Desk::new();
    for (script, code) in [
        ("exit 0", 0),
        ("exit 7", 7),
        ("exit 255", 255),
        ("kill -9 $$", 137),
        ("kill -TERM $$", 143),
    ] {
        assert_eq!(desk.whmcsh(shell(&[], script)).code, Some(code), "{script}");
    }
}

#[test]
fn a_command_that_cannot_be_started_has_the_codes_of_a_shell() {
    let desk = Desk::new();
    desk.file("plain.txt", "no program");
    for (program, code) in [("./nothing-here", 127), ("./plain.txt", 126)] {
        let outcome = desk.whmcsh(["sandbox", "--", program]);
        assert_eq!(outcome.code, Some(code), "{}", outcome.stderr);
        let said = format!("error: cannot start `{program}`: ");
        assert!(outcome.stderr.starts_with(&said), "{}", outcome.stderr);
    }
}

#[test]
fn what_is_wrong_with_the_sandbox_starts_no_command() {
    let desk = Desk::new();
    desk.file("bad.json", r#"{"clients": [{"nme": "x"}]}"#);
    let outcome = desk.whmcsh(shell(&["--load", "bad.json"], "echo started"));
    let error = outcome.failed(2);
    assert!(
        error.starts_with("error: the sandbox cannot begin with `bad.json`: clients[0].nme: there is no such field"),
        "{error}"
    );
    assert_eq!(outcome.stdout, "");
    let both = desk.whmcsh(shell(
        &["--load", "bad.json", "--clients", "3"],
        "echo started",
    ));
    assert!(both.failed(2).contains("--clients"), "{}", both.stderr);
}

#[test]
fn a_signal_reaches_the_command_and_the_sandbox_outlives_it() {
    for (signal, name) in [("-INT", "INT"), ("-TERM", "TERM")] {
        let desk = Desk::new();
        let script = format!(
            "trap '{BINARY} call WhmcsDetails -o json >/dev/null && exit 7; exit 8' {name}; echo ready; \
             while :; do sleep 0.02; done"
        );
        let mut process = desk
            .command()
            .args(["sandbox", "--", "sh", "-c", &script])
            .stdout(Stdio::piped())
            // A group of its own: no terminal in whose front it would be.
            .process_group(0)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let id = process.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(sent.success());
        assert_eq!(process.wait().unwrap().code(), Some(7), "{signal}");
    }
}
