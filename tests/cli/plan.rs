//! `whmcsh plan`: everything is told, nothing is done.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::canned::Canned;
use crate::support::{Desk, Outcome, Sandbox, repository};

fn plan(desk: &Desk, script: &str, options: &[&str]) -> Outcome {
    desk.file("script.rhai", script);
    desk.whmcsh([&["plan", "script.rhai"], options].concat())
}

fn totals(sandbox: &Sandbox) -> Vec<Value> {
    let lists = [
        "GetClients",
        "GetOrders",
        "GetInvoices",
        "GetUsers",
        "GetTransactions",
    ];
    let total = |action: &&str| sandbox.ask(action, &[])["totalresults"].clone();
    lists.iter().map(total).collect()
}

const ONBOARD: &str = r#"
let client = add_client(#{ firstname: "Jo", lastname: "Doe", email: "jo@example.com", password2: "s3cr3t" });
add_contact(#{ clientid: client.clientid, email: "office@example.com" });
let order = add_order(#{ clientid: client.clientid, pid: [1], paymentmethod: "banktransfer", noemail: true, noinvoiceemail: true });
accept_order(#{ orderid: order.orderid });
add_credit(#{ clientid: client.clientid, description: "Welcome", amount: "5.00" });
print(get_invoices(#{ userid: client.clientid }).totalresults);
print(client.clientid);
"#;

#[test]
fn what_would_be_done_is_shown_and_planned_ids_are_handed_on() {
    let sandbox = Sandbox::start();
    let before = totals(&sandbox);
    let outcome = plan(&sandbox.desk(), ONBOARD, &[]);
    let host = sandbox
        .url
        .trim_start_matches("http://")
        .trim_end_matches('/');
    assert_eq!(
        outcome.succeeded().replace(host, "SERVER"),
        "\
plan of `script.rhai` on SERVER; nothing was changed
┌─────────────┬───────┬───────────┬───────┬─────────────┐
│ action      ┆ count ┆ no change ┆ mails ┆ money       │
╞═════════════╪═══════╪═══════════╪═══════╪═════════════╡
│ AcceptOrder ┆     1 ┆           ┆       ┆             │
│ AddClient   ┆     1 ┆           ┆     1 ┆             │
│ AddContact  ┆     1 ┆           ┆       ┆             │
│ AddCredit   ┆     1 ┆           ┆       ┆ credit 5.00 │
│ AddOrder    ┆     1 ┆           ┆       ┆             │
└─────────────┴───────┴───────────┴───────┴─────────────┘
the script itself
  AddClient firstname=Jo lastname=Doe email=jo@example.com
  AddContact clientid=<clientid of AddClient 1> email=office@example.com
  AddOrder clientid=<clientid of AddClient 1> paymentmethod=banktransfer pid=[1] noinvoiceemail=true noemail=true
  AcceptOrder orderid=<orderid of AddOrder 1>
  AddCredit clientid=<clientid of AddClient 1> description=Welcome amount=5.00
5 writes, at most 1 mail, money: credit 5.00
1 read of a record that does not exist yet was not sent
"
    );
    assert_eq!(
        outcome.stderr,
        "0\n<clientid of AddClient 1>\ndo it with: whmcsh run script.rhai\n"
    );
    assert_eq!(totals(&sandbox), before);
}

#[test]
fn quiet_leaves_the_table_and_the_totals() {
    let sandbox = Sandbox::start();
    let outcome = plan(&sandbox.desk(), "close_client(#{ clientid: 1 });", &["-q"]);
    let shown = outcome.succeeded();
    assert!(shown.contains("CloseClient ┆     1"), "{shown}");
    assert!(shown.ends_with("1 write, 1 delete among them\n"), "{shown}");
    assert!(!shown.contains("the script itself"), "{shown}");
    assert_eq!(outcome.stderr, "");
}

#[test]
fn an_update_shows_what_is_there_and_what_would_be() {
    let sandbox = Sandbox::start();
    let client = sandbox.ask("GetClientsDetails", &[("clientid", "1")])["client"].clone();
    let (city, email) = (&client["city"], &client["email"]);
    let script = format!(
        "update_client(#{{ clientid: 1, city: \"Nowhere\", email: {email} }});\n\
         update_client(#{{ clientid: 1, city: {city} }});\n\
         update_client(#{{ clientid: 999999, city: \"X\" }});\n\
         update_client(#{{ clientid: add_client(#{{ email: \"x\" }}).clientid, city: \"X\" }});"
    );
    let desk = sandbox.desk();
    let outcome = plan(&desk, &script, &[]);
    let shown = outcome.succeeded();
    let city = city.as_str().unwrap();
    assert!(
        shown.contains(&format!(
            "  UpdateClient clientid=1\n    city: {city} → Nowhere\n    as before: email\n  \
             UpdateClient clientid=1: no change\n  \
             UpdateClient clientid=999999 city=X: there is no such record\n"
        )),
        "{shown}"
    );
    assert!(
        shown.contains("  UpdateClient clientid=<clientid of AddClient 1> city=X\n"),
        "{shown}"
    );
    assert!(shown.contains("1 of them without a change"), "{shown}");
    let told = plan(&desk, &script, &["--json"]).json();
    assert_eq!(
        told["rows"][0]["writes"][0]["changes"][0],
        json!({"field": "city", "known": true, "old": city, "new": "Nowhere", "unchanged": false})
    );
    let after = sandbox.ask("GetClientsDetails", &[("clientid", "1")]);
    assert_eq!(after["client"]["city"], city);
}

#[test]
fn the_whole_plan_is_told_as_json_and_written_to_a_file() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let outcome = plan(&desk, ONBOARD, &["--json", "--out", "plan.json", "-q"]);
    let told = outcome.json();
    let written = std::fs::read_to_string(desk.folder().join("plan.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), told);
    assert!(!written.contains("s3cr3t"));
    assert_eq!(told["script"], "script.rhai");
    assert_eq!(told["error"], Value::Null);
    assert_eq!(told["command"], "whmcsh run script.rhai");
    assert_eq!(
        told["actions"][3],
        json!({
            "server": "environment", "action": "AddCredit", "count": 1, "destructive": false,
            "unchanged": 0, "mails": 0, "money": {"credit": "5.00"}, "unknown_amounts": 0,
        })
    );
    assert_eq!(
        told["reads_not_sent"],
        json!([{"action": "GetInvoices", "count": 1}])
    );
    let rows = told["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 5);
    assert_eq!(
        rows[1]["writes"][0]["params"],
        json!({"clientid": "<clientid of AddClient 1>", "email": "office@example.com"})
    );
    let mut left: Vec<_> = std::fs::read_dir(desk.folder())
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["plan.json", "script.rhai"]);
}

#[test]
fn reckoning_with_a_planned_id_is_refused_and_what_came_before_is_shown() {
    let sandbox = Sandbox::start();
    let outcome = plan(
        &sandbox.desk(),
        "let client = add_client(#{ email: \"jo@example.com\" });\nlet next = client.clientid + 1;\n",
        &[],
    );
    assert_eq!(
        outcome.failed(1),
        "error: `<clientid of AddClient 1>` is planned: it will only be known when the run is real\n \
         --> script.rhai:2:28\n  |\n2 | let next = client.clientid + 1;\n  |                            ^\n\
         hint: it can be printed, kept, and passed on to other calls\n"
    );
    assert!(outcome.stdout.contains("AddClient email=jo@example.com"));
}

#[test]
fn of_all_actions_nothing_but_reads_leaves_the_program() {
    let server = Canned::page("200 OK", "application/json", "{\"result\":\"success\"}");
    let desk = server.desk();
    let actions = desk.whmcsh(["actions", "--json"]).json();
    let actions = actions.as_array().unwrap();
    let mut script = String::new();
    for action in actions {
        let function = action["function"].as_str().unwrap();
        let name = action["name"].as_str().unwrap();
        let _ = writeln!(script, "{function}(#{{}}); call(\"{name}\");");
    }
    script.push_str(
        "call(\"MyWrite\"); call(\"MyRepeat\", #{ id: 1 }, #{ repeatable: true });\n\
         call(\"MyRead\", #{}, #{ read: true });",
    );
    let told = plan(&desk, &script, &["--json"]).json();

    let (reads, writes): (Vec<&Value>, Vec<_>) = actions
        .iter()
        .partition(|action| action["effect"] == "read");
    let mut names: BTreeSet<&str> = reads
        .iter()
        .filter_map(|read| read["name"].as_str())
        .collect();
    names.insert("MyRead");
    let arrived = server.actions();
    assert_eq!(
        arrived.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        names
    );
    assert_eq!(arrived.len(), 2 * reads.len() + 1);
    let planned = told["actions"].as_array().unwrap();
    let count = |action: &Value| action["count"].as_u64().unwrap();
    assert_eq!(
        planned.iter().map(count).sum::<u64>(),
        2 * writes.len() as u64 + 2
    );
    assert_eq!(actions.len(), 162);
}

#[test]
fn rows_are_shown_in_their_order_and_those_that_fail_are_told_with_reasons() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("in.csv", "email\na@x\nb@x\n\"\"\nd@x\n");
    let script = "let done = bulk(csv(\"in.csv\"), #{ workers: 4 }, |row| {\n\
                  if row.email == \"b@x\" { skip(\"not him\"); }\n\
                  let client = add_client(#{ email: row.email });\n\
                  if row.email == \"\" { fail(\"no e-mail\"); }\n\
                  add_client_note(#{ userid: client.clientid, notes: \"x\" });\n\
                  #{ id: client.clientid } });\n\
                  print(`${done.ok} ${done.failed} ${done.skipped}`);";
    let outcome = plan(&desk, script, &[]);
    assert!(
        outcome
            .failed(4)
            .contains("1 row failed\n  1 × no e-mail (first: row 3)"),
        "{}",
        outcome.stderr
    );
    assert!(outcome.stderr.starts_with("2 1 1\n"), "{}", outcome.stderr);
    assert!(
        outcome.stdout.contains(
            "row 1\n  AddClient email=a@x\n  \
             AddClientNote userid=<clientid of AddClient 1 in this row> notes=x\n\
             row 2: skipped: not him\n\
             row 3: failed: no e-mail\n  AddClient email=\"\"\n\
             row 4\n  AddClient email=d@x\n"
        ),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome
            .stdout
            .contains("4 rows: 1 failed, 2 ok, 1 skipped\n"),
        "{}",
        outcome.stdout
    );
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
            "12 writes, 12 deletes among them\n\
             would stop at `--max-deletes 10` before delete 11\n\
             would stop at `--max-writes 5` before write 6\n"
        ),
        "{shown}"
    );
    assert!(
        outcome
            .stderr
            .ends_with("do it with: whmcsh run script.rhai --max-writes 5\n"),
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
    let allowed = plan(&desk, "add_client(#{ email: \"x\" });", &options);
    assert!(
        allowed
            .succeeded()
            .starts_with("plan of `script.rhai` on the production server 127.0.0.1:"),
        "{}",
        allowed.stdout
    );
    let refused = plan(
        &desk,
        "add_client(#{ email: \"x\" }); close_client(#{ clientid: 1 });",
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

fn private(desk: &Desk, name: &str, text: &str) {
    let path = desk.file(name, text);
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

#[test]
fn mail_that_is_kept_in_is_not_counted() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let script = "add_client(#{ email: \"x\" }); add_order(#{ clientid: 1 });";
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
fn every_server_a_script_speaks_to_is_planned() {
    let (first, second) = (Sandbox::start(), Sandbox::start());
    let desk = first.desk();
    let config = format!(
        "[profiles.old]\nurl = \"{}\"\nidentifier = \"sandbox\"\nsecret = \"sandbox\"\n",
        second.url
    );
    private(&desk, ".config/whmcsh/config.toml", &config);
    let before = totals(&second);
    let script = "let old = connect(\"old\"); let gone = old.delete_client(#{ clientid: 1 });\n\
                  add_client(#{ email: \"x\" });";
    let outcome = plan(&desk, script, &[]);
    let shown = outcome.succeeded();
    assert!(shown.contains("│ old         ┆ DeleteClient ┆"), "{shown}");
    assert!(
        shown.contains("  DeleteClient on old clientid=1\n"),
        "{shown}"
    );
    assert_eq!(totals(&second), before);
}

#[test]
fn every_recipe_can_be_planned_and_changes_nothing() {
    let data = |name: &str| {
        let path = repository().join("scripts/data").join(name);
        path.to_str().unwrap().to_owned()
    };
    let arguments = |recipe: &str| match recipe {
        "onboard_clients.rhai" => vec![data("clients.csv")],
        "update_clients.rhai" => vec![data("client_changes.csv")],
        "export_clients.rhai" => vec!["out.csv".to_owned()],
        _ => Vec::new(),
    };
    let sandbox = Sandbox::start();
    let before = totals(&sandbox);
    let mut planned = 0;
    for recipe in recipes() {
        let desk = sandbox.desk();
        let name = recipe.file_name().unwrap().to_str().unwrap();
        let mut words = vec!["plan".to_owned(), recipe.to_str().unwrap().to_owned()];
        words.extend(arguments(name));
        let outcome = desk.whmcsh(words);
        assert!(
            outcome.succeeded().starts_with("plan of "),
            "{name}: {}",
            outcome.stderr
        );
        assert_eq!(
            std::fs::read_dir(desk.folder()).unwrap().count(),
            0,
            "{name}"
        );
        planned += 1;
    }
    assert!(planned >= 4);
    assert_eq!(totals(&sandbox), before);
}

fn recipes() -> Vec<std::path::PathBuf> {
    let folder: &Path = &repository().join("scripts");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut recipes: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "rhai")
        })
        .collect();
    recipes.sort();
    recipes
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
        _ if ["/params", "/money", "/outcomes"]
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

    let script = "bulk([1], |n| { update_client(#{ clientid: n, city: \"X\" }); });\n\
                  get_invoices(#{ userid: add_client(#{ email: \"x\" }).clientid });";
    let told = plan(&Desk::new(), script, &["--sandbox", "--json"]).json();
    let mut found = BTreeSet::new();
    names(&told, "", &mut found);
    assert_eq!(found, expected);
}
