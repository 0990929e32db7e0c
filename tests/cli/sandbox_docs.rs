//! What `docs/sandbox.md` shows works as it is written, in whichever languages this machine speaks.

use std::io::{BufRead as _, BufReader, ErrorKind};
use std::process::{Command, Stdio};

use crate::readme::blocks;
use crate::support::{BINARY, Desk, Sandbox, repository};

fn document() -> String {
    std::fs::read_to_string(repository().join("docs/sandbox.md")).unwrap()
}

#[test]
fn every_way_to_start_it_starts_one() {
    let mut started = 0;
    for line in blocks(&document(), "sh").concat().lines() {
        let options = line.strip_prefix("whmcsh sandbox").unwrap();
        let options: Vec<_> = options.split_whitespace().collect();
        let sandbox = Sandbox::with(&options);
        let reply = sandbox.ask("WhmcsDetails", &[]);
        assert_eq!(reply["result"], "success", "{line}");
        started += 1;
    }
    assert!(started >= 6, "only {started} were found");
}

/// The example in that language against a sandbox, unless nothing here runs it; what it printed.
fn said(language: &str, program: &[&str]) -> Option<(Sandbox, String)> {
    let code = blocks(&document(), language)
        .into_iter()
        .next()
        .unwrap_or_else(|| panic!("no example in {language}"));
    let sandbox = Sandbox::start();
    // Marks it as used, whether or not the language is here.
    sandbox.ask("WhmcsDetails", &[]);
    let code = code.replace("http://127.0.0.1:8765", &sandbox.url);
    let code = code.trim_start_matches("<?php");
    let outcome = Command::new(program[0])
        .args(&program[1..])
        .arg(code)
        .output();
    let outcome = match outcome {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        outcome => outcome.unwrap(),
    };
    let errors = String::from_utf8_lossy(&outcome.stderr).into_owned();
    assert!(outcome.status.success(), "{language}: {errors}");
    Some((sandbox, String::from_utf8(outcome.stdout).unwrap()))
}

#[test]
fn every_language_gets_the_same_answer() {
    for (language, program) in [
        ("js", &["node", "--input-type=module", "--eval"][..]),
        ("python", &["python3", "-c"]),
        ("php", &["php", "-r"]),
    ] {
        let Some((sandbox, said)) = said(language, program) else {
            continue;
        };
        let all = &sandbox.ask("GetClients", &[("search", "mar")])["totalresults"];
        assert_eq!(said.trim(), all.to_string(), "{language}");
        assert_ne!(said.trim(), "0", "{language}");
    }
}

#[test]
fn every_language_has_a_sandbox_in_its_hands() {
    let mut tried = 0;
    for (language, file, program) in [
        ("js", "test.mjs", "node"),
        ("python", "test.py", "python3"),
        ("php", "test.php", "php"),
    ] {
        let installed = Command::new(program).arg("--version").output();
        if installed.is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            continue;
        }
        let desk = Desk::new();
        let code = blocks(&document(), language).swap_remove(1);
        desk.file(file, code);
        let words = ["sandbox", "--", program, file];
        let shown = format!("whmcsh {}", words.join(" "));
        assert!(document().contains(&shown), "{shown}");
        let outcome = desk.whmcsh(words);
        assert_eq!(
            outcome.succeeded(),
            "First Invoice Overdue Notice\nSecond Invoice Overdue Notice\nThird Invoice Overdue Notice\n",
            "{language}"
        );
        tried += 1;
    }
    assert!(tried > 0, "nothing here runs any of the examples");
}

#[test]
fn the_fixture_shown_is_loaded_and_comes_back() {
    let desk = Desk::new();
    desk.file("fixture.json", blocks(&document(), "json").concat());
    let words = [
        "sandbox",
        "--load",
        "fixture.json",
        "--",
        BINARY,
        "sandbox",
        "export",
    ];
    let exported = desk.whmcsh(words);
    let fixture: serde_json::Value = serde_json::from_str(exported.succeeded()).unwrap();
    assert_eq!(fixture["now"], "2026-12-01 00:00:00");
    assert_eq!(fixture["invoices"][0]["total"], "9.00");
    assert_eq!(fixture["services"][0]["nextinvoicedate"], "2026-12-10");
}

#[test]
fn curl_gets_a_list_in_json() {
    let installed = Command::new("curl").arg("--version").output();
    if installed.is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        return;
    }
    let Some((_, said)) = said("bash", &["bash", "-c"]) else {
        return;
    };
    let reply: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(reply["result"], "success");
}

#[test]
fn it_says_on_one_screen_how_to_call_it_and_what_it_is_not() {
    let desk = Desk::new();
    let mut process = desk
        .command()
        .args([
            "sandbox",
            "--listen",
            "127.0.0.1:0",
            "--secret",
            "s3same",
            "--control",
            "letmein",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut address = String::new();
    BufReader::new(process.stdout.as_mut().unwrap())
        .read_line(&mut address)
        .unwrap();
    let mut words = String::new();
    let mut errors = BufReader::new(process.stderr.take().unwrap());
    while !words.contains("Ctrl-C") && errors.read_line(&mut words).unwrap() > 0 {}
    process.kill().unwrap();
    process.wait().unwrap();
    let url = address.split(' ').nth(3).unwrap();
    assert_eq!(
        words,
        format!(
            "  endpoint    {url}/includes/api.php\n  \
              credential  identifier `sandbox`, secret `s3same`\n  \
              or          username `admin`, password the MD5 of `admin`\n  \
              data        in memory, gone when it stops; `--db FILE` keeps it\n  \
              control     {url}/_sandbox/\n  \
              token       `letmein`\n\
             It sends no email, charges no card, and calls no registrar and no server. Days pass\n\
             only when its clock is advanced. Do not use it for real data.\n\
             Stop it with Ctrl-C.\n"
        )
    );
}
