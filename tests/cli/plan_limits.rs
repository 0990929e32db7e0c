//! What a plan says of limits, of access and mail, and how much of it is shown.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::plan::{plan, private};
use crate::support::{Desk, Sandbox, repository};

#[test]
fn quiet_leaves_the_table_and_the_totals() {
    let sandbox = Sandbox::start();
    let outcome = plan(&sandbox.desk(), "close_client(#{ clientid: 1 });", &["-q"]);
    let shown = outcome.succeeded();
    assert!(shown.contains("CloseClient ┆     1"), "{shown}");
    assert!(shown.ends_with("1 write, including 1 delete\n"), "{shown}");
    assert!(!shown.contains("the script itself"), "{shown}");
    assert_eq!(outcome.stderr, "");
}

#[test]
fn of_a_long_plan_the_first_rows_are_shown_and_the_file_has_all() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let rows: Vec<String> = (1..=100).map(|row| row.to_string()).collect();
    desk.file("in.csv", format!("id\n{}\n", rows.join("\n")));
    let script = "bulk(csv(\"in.csv\"), #{ key: \"id\", workers: 8 }, |row| { log_activity(#{ description: row.id }); });";
    let outcome = plan(&desk, script, &["--out", "plan.json"]);
    let shown = outcome.succeeded();
    assert!(shown.contains("row 20 (20)\n"), "{shown}");
    assert!(!shown.contains("row 21 "), "{shown}");
    assert!(
        shown.contains("… and 80 more: `--out plan.json` has them all\n"),
        "{shown}"
    );
    let written = std::fs::read_to_string(desk.folder().join("plan.json")).unwrap();
    let told: Value = serde_json::from_str(&written).unwrap();
    let keys = told["rows"].as_array().unwrap().iter();
    let keys: Vec<&str> = keys.map(|row| row["key"].as_str().unwrap()).collect();
    assert_eq!(keys, rows);
}

#[test]
fn limits_are_told_and_do_not_stop_the_plan() {
    let sandbox = Sandbox::start();
    let script = "for id in 1..13 { close_client(#{ clientid: id }); }";
    let outcome = plan(&sandbox.desk(), script, &["--max-writes", "5"]);
    let shown = outcome.succeeded();
    assert!(shown.contains("CloseClient ┆    12"), "{shown}");
    assert!(
        shown.ends_with(
            "12 writes, including 12 deletes\n\
             would stop at `--max-deletes 10` before delete 11\n\
             would stop at `--max-writes 5` before write 6\n"
        ),
        "{shown}"
    );
    assert!(
        outcome
            .stderr
            .ends_with("to apply, run: whmcsh run script.rhai --max-writes 5\n"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn rows_that_fail_do_not_stop_the_plan_either() {
    let script = "bulk([1, 2, 3, 4], #{ workers: 1 }, |n| { if n < 4 { fail(\"no\") } else { log_activity(#{ description: n }) }; () });";
    let desk = Desk::new();
    let outcome = plan(&desk, script, &["--sandbox", "--max-failures", "2"]);
    outcome.failed(4);
    assert!(
        outcome.stdout.contains("row 4\n  LogActivity"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome.stdout.ends_with(
            "would stop before all rows are begun: 3 would fail, and `max_failures` is 2\n"
        ),
        "{}",
        outcome.stdout
    );
}

#[test]
fn no_question_is_asked_for_a_production_server_and_what_a_profile_forbids_is_refused() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let config = format!(
        "[profiles.main]\nurl = \"{}\"\nidentifier = \"sandbox\"\nsecret = \"sandbox\"\n\
         production = true\naccess = \"write\"\n",
        sandbox.url
    );
    private(&desk, "config.toml", &config);
    let options = ["--config", "config.toml", "--profile", "main"];
    let allowed = plan(
        &desk,
        "add_client(#{ email: \"a@b.example\", password2: \"s3cr3t\", skipvalidation: true });",
        &options,
    );
    assert!(
        allowed
            .succeeded()
            .starts_with("plan of `script.rhai` on the production server 127.0.0.1:"),
        "{}",
        allowed.stdout
    );
    let refused = plan(
        &desk,
        "add_client(#{ email: \"a@b.example\", password2: \"s3cr3t\", skipvalidation: true }); close_client(#{ clientid: 1 });",
        &options,
    );
    assert!(
        refused.failed(2).contains("cannot be undone"),
        "{}",
        refused.stderr
    );
    assert!(
        refused.stdout.contains(
            "would be refused: `CloseClient` cannot be undone, and the profile `main` has access `write`\n"
        ),
        "{}",
        refused.stdout
    );
}

#[test]
fn mail_that_is_kept_in_is_not_counted() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let script = "add_client(#{ email: \"a@b.example\", password2: \"s3cr3t\", skipvalidation: true }); add_order(#{ clientid: 1, pid: [1], paymentmethod: \"paypal\" });";
    let mails = |options: &[&str]| {
        let told = plan(&desk, script, &[options, &["--json"]].concat()).json();
        let actions = told["actions"].as_array().unwrap().iter();
        actions
            .map(|action| action["mails"].as_u64().unwrap())
            .sum::<u64>()
    };
    assert_eq!(mails(&[]), 3);
    assert_eq!(mails(&["--no-mail"]), 0);
}

#[test]
fn a_plan_that_cannot_be_written_is_an_error() {
    let sandbox = Sandbox::start();
    let outcome = plan(&sandbox.desk(), "print(1);", &["--out", "none/plan.json"]);
    assert!(outcome.failed(2).contains("none"), "{}", outcome.stderr);
}

/// The names of an object's entries, and of those in it.
fn names(value: &Value, path: &str, into: &mut BTreeSet<String>) {
    match value {
        // What is in there depends on the script.
        _ if ["/params", "/money", "/outcomes", "/open", "/invocation"]
            .iter()
            .any(|end| path.ends_with(end)) => {}
        Value::Object(map) => {
            for (name, inner) in map {
                into.insert(format!("{path}/{name}"));
                names(inner, &format!("{path}/{name}"), into);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| names(item, path, into)),
        _ => {}
    }
}

#[test]
fn the_json_has_the_shape_that_is_documented() {
    let documented = std::fs::read_to_string(repository().join("docs/plan.md")).unwrap();
    let (_, example) = documented.split_once("```json\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let mut expected = BTreeSet::new();
    names(&serde_json::from_str(example).unwrap(), "", &mut expected);

    let script = "import \"city\" as city;\n\
                  bulk([1], |n| { update_client(#{ clientid: n, city: city::name }); });\n\
                  add_client_note(#{ userid: 1, notes: `${today()} ${read_text(\"city.rhai\").len()}` });\n\
                  get_invoices(#{ userid: add_client(#{ email: \"a@b.example\", password2: \"s3cr3t\", skipvalidation: true }).clientid });\n\
                  get_clients_details(#{ clientid: 1 });";
    let desk = Desk::new();
    desk.file("city.rhai", "export const name = \"X\";");
    let told = plan(&desk, script, &["--sandbox", "--json"]).json();
    let mut found = BTreeSet::new();
    names(&told, "", &mut found);
    assert_eq!(found, expected);
}
