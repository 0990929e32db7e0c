//! The reference works as it is written: its examples run against a sandbox.

use crate::readme::blocks;
use crate::support::{Desk, Sandbox, repository};

#[test]
fn every_example_of_a_function_runs() {
    let (sandbox, old) = (Sandbox::start(), Sandbox::with(&["--clients", "9"]));
    let desk = sandbox.desk().variable("WHMCSH_SHOWN", "eu");
    old.desk();
    desk.configure("old", &old);
    desk.file("clients.csv", "email,firstname\njo@example.com,Jo\n");
    let sheet = repository().join("tests/cli/fixtures/clients.xlsx");
    desk.file("clients.xlsx", std::fs::read(sheet).unwrap());
    desk.file("letter.txt", "Dear client");
    desk.file("plans.json", "[]");
    desk.file("rows.jsonl", "{\"id\":1}\n");
    let page = functions();
    let (page, _) = page.split_once("\n## Tests\n").unwrap();
    let examples = blocks(page, "rhai");
    assert!(examples.len() > 60, "only {} were found", examples.len());
    for example in examples {
        desk.file("example.rhai", &example);
        let outcome = desk.whmcsh(["run", "example.rhai", "--allow-env", "WHMCSH_SHOWN"]);
        // An addon of one server is not on another.
        if example.contains("MyAction") {
            let refusal = outcome.failed(3);
            assert!(refusal.contains("may not call `MyAction`"), "{refusal}");
            continue;
        }
        assert_eq!(outcome.code, Some(0), "{example}\n{}", outcome.stderr);
    }
}

/// The page of the functions.
fn functions() -> String {
    let page = repository().join("docs/reference/functions.md");
    std::fs::read_to_string(page).unwrap()
}

#[test]
fn every_example_of_a_function_of_tests_runs_in_one() {
    let desk = Desk::new();
    desk.file("close.rhai", "close_client(#{ clientid: args[0] });\n");
    let page = functions();
    let (_, tests) = page.split_once("\n## Tests\n").unwrap();
    let examples = blocks(tests, "rhai");
    assert!(examples.len() > 12, "only {} were found", examples.len());
    let examples = examples.iter().enumerate();
    let tests = examples.map(|(number, example)| format!("fn test_{number}() {{\n{example}}}\n"));
    desk.file("example_test.rhai", tests.collect::<String>());
    desk.whmcsh(["test", "--update"]).succeeded();
}
