//! A value that a script gives the name of a secret is written down nowhere, whatever
//! parameter, column or text it is used in.

use crate::secrets::holding;
use crate::secrets_echoed::no_file_holds;
use crate::support::{Desk, Outcome, Sandbox};

const SECRET: &str = "Canary/7&of<script>";

#[track_caller]
fn is_not_told(outcome: &Outcome, about: &str) {
    let told = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(!told.contains(SECRET), "{about}: {told}");
}

/// Runs it, and looks everywhere but in the script and on the server.
#[track_caller]
fn is_nowhere(desk: &Desk, script: &str) {
    desk.file("script.rhai", script);
    let plan = desk.whmcsh(["plan", "script.rhai"]);
    is_not_told(&plan, "plan");
    assert!(matches!(plan.code, Some(0 | 4)), "{plan:?}");
    let outcome = desk.whmcsh(["run", "script.rhai", "-v", "--log", "calls.jsonl"]);
    is_not_told(&outcome, script);
    assert!(matches!(outcome.code, Some(0 | 4)), "{outcome:?}");
    let run = desk.only_run();
    let log = std::fs::read_to_string(desk.folder().join("calls.jsonl")).unwrap();
    assert!(
        log.contains("LogActivity") && !log.contains(SECRET),
        "{log}"
    );
    let name = run.file_name().unwrap().to_str().unwrap();
    for words in [
        &["runs", "show", name, "--writes"][..],
        &["runs", "show", name, "--json"],
        &["runs", "report", name],
        &["runs", "failed", name],
    ] {
        let outcome = desk.whmcsh(words);
        outcome.succeeded();
        is_not_told(&outcome, script);
    }
    assert!(run.join("report.html").is_file());
    no_file_holds(&run, &[], &[SECRET]);
}

/// How often the server was told it as it is.
fn arrived(sandbox: &Sandbox) -> usize {
    let log = sandbox.ask("GetActivityLog", &[("limitnum", "500")]);
    let entries = log["activity"]["entry"].as_array().unwrap();
    let told = entries
        .iter()
        .filter_map(|entry| entry["description"].as_str());
    told.filter(|text| text.contains(SECRET)).count()
}

const USES: &str = r#"
    log_activity(#{ userid: 1, description: VALUE });
    log_activity(#{ userid: 1, description: `pw: ${VALUE}!` });
    print("it is " + VALUE);
"#;

#[test]
fn a_variable_a_parameter_or_an_entry_that_is_called_like_a_secret_is_known_for_one() {
    let sandbox = Sandbox::start();
    for (script, value) in [
        ("let password = \"SECRET\"; USES", "password"),
        ("const API_KEY = \"SECRET\"; USES", "API_KEY"),
        (
            "const PIN = \"SECRET\"; fn send() { USES } send();",
            "global::PIN",
        ),
        ("fn send(pw) { USES } send(read_text(\"a.txt\"));", "pw"),
        (
            "let send = |token| { USES }; send.call(read_text(\"a.txt\"));",
            "token",
        ),
        (
            "for (password, at) in [read_text(\"a.txt\")] { USES }",
            "password",
        ),
        (
            "let user = #{ password: \"SECRET\" }; let p = user.password; USES",
            "p",
        ),
        (
            "let user = #{ password: read_text(\"a.txt\") }; USES",
            "user.password",
        ),
        (
            "let db_pass = read_text(\"a.txt\"); bulk([#{ id: 1 }], #{ key: \"id\" }, |row| { USES });",
            "db_pass",
        ),
        (
            "bulk([#{ id: 1 }], #{ key: \"id\" }, |row| { let secret = read_text(\"a.txt\"); USES fail(\"not \" + secret); });",
            "secret",
        ),
    ] {
        let desk = sandbox.desk();
        desk.file("a.txt", SECRET);
        let script = script.replace("USES", &USES.replace("VALUE", value));
        let before = arrived(&sandbox);
        is_nowhere(&desk, &script.replace("SECRET", SECRET));
        assert_eq!(arrived(&sandbox) - before, 2, "{script}");
    }
}

#[test]
fn a_module_that_is_imported_within_a_row_tells_its_secrets_to_every_row() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("lib.rhai", format!("export const PASSWORD = \"{SECRET}\";"));
    is_nowhere(
        &desk,
        r#"bulk([#{ id: 1 }, #{ id: 2 }], #{ key: "id", workers: 1 }, |row| {
            import "lib" as lib;
            log_activity(#{ userid: row.id, description: "it is " + lib::PASSWORD });
            #{ note: lib::PASSWORD }
        });"#,
    );
    assert_eq!(arrived(&sandbox), 2);
}

#[test]
fn what_a_row_gives_back_under_the_name_of_a_secret_stands_in_no_other_column() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("a.txt", SECRET);
    is_nowhere(
        &desk,
        r#"bulk([#{ id: 1 }], #{ key: "id" }, |row| {
            let x = read_text("a.txt");
            log_activity(#{ userid: row.id, description: "n" });
            #{ password: x, x: x, text: `it is ${x}`, deep: #{ list: [x, #{ y: x }] }, city: "Bonn" }
        });"#,
    );
    let results = std::fs::read_to_string(desk.only_run().join("results.csv")).unwrap();
    assert!(
        results.contains("it is (secret)") && results.contains("Bonn"),
        "{results}"
    );
}

#[test]
fn a_random_password_may_be_shown_and_is_written_down_nowhere() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "script.rhai",
        r#"bulk([#{ id: 1 }], #{ key: "id" }, |row| {
            let x = random_password(20);
            let password = x;
            print(x);
            print(password);
            add_client_note(#{ userid: row.id, notes: "it is " + x });
            #{ x: x, all: `it is ${x}` }
        });"#,
    );
    let outcome = desk.whmcsh(["run", "script.rhai"]);
    let lines: Vec<&str> = outcome.succeeded().lines().collect();
    assert!(lines[0].len() == 20 && lines[0] == lines[1], "{lines:?}");
    assert_eq!(holding(&desk.only_run(), lines[0]), [""; 0]);
}
