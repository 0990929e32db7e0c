//! Columns of a file that are sent as secrets, and calls that are refused before they are
//! sent: neither leaves its secret in a file or on the screen.

use crate::secrets::holding;
use crate::support::{Desk, Outcome, Sandbox};

const SECRET: &str = "Col-Canary/88";

/// Neither the screen nor a file of the run shows it; the files that there are are named.
#[track_caller]
fn is_kept_back(desk: &Desk, outcome: &Outcome, file: &str) {
    let told = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(!told.contains(SECRET), "{told}");
    let run = desk.only_run();
    assert!(run.join(file).is_file(), "{file}: {told}");
    assert_eq!(holding(&run, SECRET), [""; 0], "{told}");
}

fn rows(desk: &Desk) {
    let rows = (1..=3).map(|id| format!("{id},{SECRET}-{id}\n"));
    desk.file("rows.csv", format!("id,x1\n{}", rows.collect::<String>()));
}

#[test]
fn a_call_that_is_refused_repeats_no_secret_that_it_was_to_send() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("a.txt", SECRET);
    for call in [
        "add_user(#{ firstname: \"a\", lastname: \"b\", email: x, password2: x })",
        "add_user(#{ firstname: \"a\", lastname: \"b\", email: \"a@b.example\", language: \"x\", password3: x, password2: x })",
        "throw call(\"Custom\", #{ action: x, api_key: x })",
        "module_create(#{ serviceid: x, rootpw: x })",
    ] {
        let script = format!("let x = read_text(\"a.txt\").trim(); {call};");
        let outcome = desk.script(&script);
        assert_ne!(outcome.code, Some(0), "{call}");
        let told = format!("{}{}", outcome.stdout, outcome.stderr);
        assert!(!told.contains(SECRET), "{told}");
    }
}

#[test]
fn each_keeps_the_columns_of_secret_parameters_out_of_every_file() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    rows(&desk);
    let call = ["EncryptPassword", "password2={x1}"];
    let nobody = ["each", "rows.csv", "--where", "id == \"9\"", "--"];
    let outcome = desk.whmcsh(nobody.iter().chain(&call));
    outcome.succeeded();
    is_kept_back(&desk, &outcome, "results.csv");
}

#[test]
fn rows_that_were_not_done_are_left_without_their_secrets() {
    let sandbox = Sandbox::start();
    for (rows_of, script) in [
        (
            "of a file, sent by the first",
            "bulk(csv(\"rows.csv\"), #{ key: \"id\", workers: 1 }, |row| { encrypt_password(#{ password2: row.x1 }); if row.id == \"2\" { exit(1) } });",
        ),
        (
            "of a file, named",
            "bulk(csv(\"rows.csv\"), #{ key: \"id\", workers: 1, redact: [\"x1\"] }, |row| { if row.id == \"2\" { exit(1) } });",
        ),
        (
            "of the row that stops the rest",
            "bulk(csv(\"rows.csv\"), #{ key: \"id\", workers: 1 }, |row| { encrypt_password(#{ password2: row.x1 }); add_client_note(#{ userid: 1, notes: \"a\" }); exit(1) });",
        ),
    ] {
        let desk = sandbox.desk();
        rows(&desk);
        let outcome = desk.script(script);
        assert_ne!(outcome.code, Some(0), "{rows_of}: {outcome:?}");
        is_kept_back(&desk, &outcome, "unprocessed.csv");
    }
}

#[test]
fn a_column_of_a_secret_parameter_cannot_be_the_key() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    rows(&desk);
    let each = |key: &str, value: &str| {
        let words = [
            "each",
            "rows.csv",
            "--key",
            key,
            "--",
            "UpdateClientProduct",
        ];
        let call = ["serviceid={id}", value];
        desk.whmcsh(words.into_iter().chain(call))
    };
    let refused = each("x1", "servicepassword={x1}");
    let told = refused.failed(2);
    assert!(told.contains("`x1` cannot be the key"), "{told}");
    let done = each("id", "servicepassword={x1}");
    done.succeeded();
    is_kept_back(&desk, &done, "results.csv");
    let refused = desk.script("bulk(csv(\"rows.csv\"), #{ redact: \"x2\" }, |row| row);");
    assert!(refused.failed(1).contains("`x2`"), "{refused:?}");
}

#[test]
fn each_takes_a_list_of_secrets_from_a_column_and_never_a_cover() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    rows(&desk);
    let each = |call: &[&str]| desk.whmcsh([&["each", "rows.csv", "--plan", "--"], call].concat());
    let order = [
        "AddOrder",
        "clientid=1",
        "paymentmethod=banktransfer",
        "pid[]=1",
    ];
    let rest = [
        "billingcycle[]=monthly",
        "hostname[]=a.example",
        "rootpw[]={x1}",
    ];
    let planned = each(&[&order[..], &rest].concat());
    planned.succeeded();
    assert!(!planned.stdout.contains(SECRET), "{planned:?}");
    let covered = each(&["AddClientNote", "userid={id}", "notes=pw (secret) {id}"]);
    assert!(covered.failed(2).contains("was not kept"), "{covered:?}");
}
