//! `whmcsh plan`: everything is told, nothing is done.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::canned::Canned;
use crate::recipes::recipes;
use crate::support::{Desk, Outcome, Sandbox, repository};

pub fn plan(desk: &Desk, script: &str, options: &[&str]) -> Outcome {
    desk.file("script.rhai", script);
    desk.whmcsh([&["plan", "script.rhai"], options].concat())
}

pub fn private(desk: &Desk, name: &str, text: &str) {
    let path = desk.file(name, text);
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
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
let client = add_client(#{ firstname: "Jo", lastname: "Doe", email: "jo@example.com", password2: "s3cr3t", skipvalidation: true });
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
┌─────────────┬───────┬───────────┬───────┬───────────────────────────────────┐
│ action      ┆ count ┆ no change ┆ mails ┆ money                             │
╞═════════════╪═══════╪═══════════╪═══════╪═══════════════════════════════════╡
│ AcceptOrder ┆     1 ┆           ┆       ┆ 1 of unknown amount               │
│ AddClient   ┆     1 ┆           ┆     1 ┆                                   │
│ AddContact  ┆     1 ┆           ┆       ┆                                   │
│ AddCredit   ┆     1 ┆           ┆       ┆ credited 5.00 of unknown currency │
│ AddOrder    ┆     1 ┆           ┆       ┆ 1 of unknown amount               │
└─────────────┴───────┴───────────┴───────┴───────────────────────────────────┘
the script itself
  AddClient firstname=Jo lastname=Doe email=jo@example.com password2=(secret) skipvalidation=true
  AddContact clientid=<clientid of AddClient 1> email=office@example.com
  AddOrder clientid=<clientid of AddClient 1> paymentmethod=banktransfer pid=[1] noinvoiceemail=true noemail=true
  AcceptOrder orderid=<orderid of AddOrder 1>
  AddCredit clientid=<clientid of AddClient 1> description=Welcome amount=5.00
5 writes, at most 1 email, money: credited 5.00 of unknown currency, 2 of unknown amount
1 read of a record that does not exist yet was not sent
"
    );
    assert_eq!(
        outcome.stderr,
        "0\n<clientid of AddClient 1>\nto apply, run: whmcsh run script.rhai\n"
    );
    assert_eq!(totals(&sandbox), before);
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
         update_client(#{{ clientid: add_client(#{{ email: \"a@b.example\", password2: \"s3cr3t\", skipvalidation: true }}).clientid, city: \"X\" }});"
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
    assert!(shown.contains("1 of them change nothing"), "{shown}");
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
            "deletes": 0, "unchanged": 0, "mails": 0, "unknown_mails": 0, "money": {"credit": "5.00"}, "unknown_amounts": 0, "list_prices": 0,
            "sums": [{"currency": null, "kind": "credit", "new": "5.00", "old": null, "percent": null}],
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
        "let client = add_client(#{ email: \"jo@example.com\", password2: \"s3cr3t\", skipvalidation: true });\nlet next = client.clientid + 1;\n",
        &[],
    );
    assert_eq!(
        outcome.failed(1),
        "error: `<clientid of AddClient 1>` is planned: it will only be known in a real run\n \
         --> script.rhai:2:28\n  \
          |\n\
         2 | let next = client.clientid + 1;\n  \
          |                            ^\n\
         hint: you can print it, keep it, and pass it to other calls\n"
    );
    assert!(outcome.stdout.contains("AddClient email=jo@example.com"));
}

/// Parameters with which an action can be called, and sets something if it is an update.
fn enough(action: &Value) -> Value {
    let params = action["params"].as_array().unwrap();
    let list = |value: &Value| value.as_array().unwrap().clone();
    let param = |name: &Value| params.iter().find(|param| param["name"] == *name).unwrap();
    let word = |param: &Value| {
        let words = list(&param["values"]);
        words.into_iter().find(|word| *word != "")
    };
    let value = |param: &Value| {
        word(param).unwrap_or_else(|| match (&param["format"], &param["type"]) {
            (form, _) if form == "email" => json!("jo@example.com"),
            (form, _) if form == "country" => json!("DE"),
            (form, _) if form == "localised" => json!("23/11/2026"),
            (_, kind) if kind == "date" || kind == "datetime" => json!("2026-11-23"),
            (_, kind) if kind == "map" || kind == "map[]" => json!({"3": "1"}),
            (_, kind) if kind == "string" || kind == "string[]" => json!("x"),
            _ => json!(1),
        })
    };
    let mut given: Vec<&Value> = params
        .iter()
        .filter(|one| one["required"] == true)
        .collect();
    for need in list(&action["needs"]) {
        let is_met = list(&need["when"]).iter().all(|when| {
            let values = list(&when[1]);
            let is_given = given.iter().any(|one| one["name"] == when[0]);
            let said = word(param(&when[0])).filter(|_| is_given);
            let said = said.unwrap_or_else(|| param(&when[0])["default"].clone());
            if values.is_empty() {
                is_given
            } else {
                values.contains(&said)
            }
        });
        if is_met {
            given.extend(list(&need["one_of"][0]).iter().map(param));
        }
    }
    if action["sets"] == true {
        let about = list(&action["about"]);
        let sets = |one: &&Value| !about.contains(&one["name"]) && one["idle"] == false;
        given.extend(params.iter().find(sets));
    }
    let entry = |one: &Value| (one["name"].as_str().unwrap().to_owned(), value(one));
    Value::Object(given.into_iter().map(entry).collect())
}

/// What leaves a plan for a call of the action: the read itself, or that of the record that
/// a write names.
fn read_for(action: &Value) -> Option<&str> {
    if action["effect"] == "read" {
        return action["name"].as_str();
    }
    let record = &action["record"];
    let given = enough(action);
    let ways = [&record["same"], &record["send"]];
    let mut names = ways.iter().filter_map(|way| way.as_array()).flatten();
    let is_named = names.any(|way| given.get(way[1].as_str().unwrap()).is_some());
    is_named.then(|| record["action"].as_str())?
}

/// The reads that list values which writes are given, each of them once.
fn lists_for(actions: &[Value]) -> BTreeSet<&str> {
    let writes = actions.iter().filter(|action| action["effect"] != "read");
    let listed = writes.flat_map(|action| {
        let given = enough(action);
        let params = action["params"].as_array().unwrap().iter();
        params
            .filter(move |param| given.get(param["name"].as_str().unwrap()).is_some())
            .filter_map(|param| match param["listed"]["kind"].as_str()? {
                "gateways" => Some("GetPaymentMethods"),
                "order_statuses" => Some("GetOrderStatuses"),
                "registrars" => Some("GetRegistrars"),
                "ticket_statuses" => Some("GetSupportStatuses"),
                "todo_statuses" => Some("GetToDoItemStatuses"),
                _ => None,
            })
    });
    listed.collect()
}

/// The read that tells how much money a call moves which does not say it.
fn amount_for(action: &Value) -> Option<&str> {
    let read = &action["payer"]["read"];
    let given = enough(action);
    let params = action["params"].as_array().unwrap().iter();
    let mut amounts = params.filter(|param| !param["money"].is_null());
    let is_said = amounts.any(|param| given.get(param["name"].as_str().unwrap()).is_some());
    let mut tells = read["tells"].as_array().into_iter().flatten();
    let is_told = tells.any(|tell| {
        let values = tell["when"][1].as_array().unwrap();
        let value = given.get(tell["when"][0].as_str().unwrap());
        value.is_some_and(|value| values.contains(value))
    });
    let is_silent = !is_said && !read["amount"].is_null();
    (is_silent || is_told).then(|| read["action"].as_str())?
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
        let params = enough(action).to_string().replace('{', "#{");
        let _ = writeln!(script, "{function}({params}); call(\"{name}\", {params});");
    }
    script.push_str(
        "call(\"MyWrite\"); call(\"MyRepeat\", #{ id: 1 }, #{ repeatable: true });\n\
         call(\"MyRead\", #{}, #{ read: true });",
    );
    let told = plan(&desk, &script, &["--json"]).json();

    let writes = actions.iter().filter(|action| action["effect"] != "read");
    // The records that writes would change are read as well, each once.
    let mut expected: Vec<&str> = actions.iter().filter_map(read_for).collect();
    expected.extend(actions.iter().filter_map(amount_for));
    expected.extend_from_within(..);
    // Whose money it is, and what currencies there are.
    expected.extend(["MyRead", "GetClientsDetails", "GetCurrencies"]);
    // In which order it has days written.
    expected.push("GetConfigurationValue");
    expected.extend(lists_for(actions));
    let arrived = server.actions();
    let mut arrived: Vec<&str> = arrived.iter().map(String::as_str).collect();
    expected.sort_unstable();
    arrived.sort_unstable();
    assert_eq!(arrived, expected);
    let planned = told["actions"].as_array().unwrap();
    let count = |action: &Value| action["count"].as_u64().unwrap();
    assert_eq!(
        planned.iter().map(count).sum::<u64>(),
        2 * writes.count() as u64 + 2
    );
    assert_eq!(actions.len(), whmcsh::catalog::actions().len());
}

#[test]
fn rows_are_shown_in_their_order_and_those_that_fail_are_told_with_reasons() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "in.csv",
        "email,known\na@x.example,yes\nb@x.example,yes\nc@x.example,no\nd@x.example,yes\n",
    );
    let script = "let done = bulk(csv(\"in.csv\"), #{ workers: 4 }, |row| {\n\
                  if row.email == \"b@x.example\" { skip(\"not him\"); }\n\
                  let client = add_client(#{ email: row.email, password2: \"s3cr3t\", skipvalidation: true });\n\
                  if row.known == \"no\" { fail(\"no e-mail\"); }\n\
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
            "row 1\n  AddClient email=a@x.example password2=(secret) skipvalidation=true\n  \
             AddClientNote userid=<clientid of AddClient 1 in this row> notes=x\n\
             row 2: skipped: not him\n\
             row 3: failed: no e-mail\n  AddClient email=c@x.example password2=(secret) skipvalidation=true\n\
             row 4\n  AddClient email=d@x.example password2=(secret) skipvalidation=true\n"
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
fn upserting_a_client_is_planned_as_creating_or_as_updating_it() {
    let sandbox = Sandbox::start();
    let client = sandbox.ask("GetClientsDetails", &[("clientid", "1")])["client"].clone();
    let (city, email) = (client["city"].as_str().unwrap(), &client["email"]);
    let script = format!(
        "let wanted = #{{ email: \"new@example.com\", firstname: \"Jo\", lastname: \"Lee\",\n\
         address1: \"1 High Street\", city: \"Dublin\", state: \"Leinster\", postcode: \"D01\",\n\
         country: \"IE\", phonenumber: \"+353.15550101\", password2: random_password(20), noemail: true }};\n\
         let made = upsert_client(wanted, \"email\"); print(`${{made.outcome}} ${{made.clientid}}`);\n\
         let changed = upsert_client(#{{ email: {email}, city: \"Nowhere\" }}, \"email\"); print(changed.outcome);"
    );
    let outcome = plan(&sandbox.desk(), &script, &[]);
    let shown = outcome.succeeded();
    assert!(
        outcome
            .stderr
            .starts_with("created <clientid of AddClient 1>\nupdated\n"),
        "{}",
        outcome.stderr
    );
    assert!(
        shown.contains("  AddClient firstname=Jo lastname=Lee email=new@example.com"),
        "{shown}"
    );
    assert!(
        shown.contains(&format!(
            "  UpdateClient clientid=1\n    city: {city} → Nowhere\n"
        )),
        "{shown}"
    );
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
                  add_client(#{ email: \"a@b.example\", password2: \"s3cr3t\", skipvalidation: true });";
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
        "bulk_price_change.rhai" => vec!["5".to_owned(), "prices.csv".to_owned()],
        "clean_up.rhai" => vec!["18".to_owned()],
        "migrate_clients.rhai" => vec!["old".to_owned()],
        "update_group.rhai" => vec!["Resellers".to_owned(), "ma".to_owned()],
        "close_inactive.rhai" | "apply_credit.rhai" => Vec::new(),
        "reply_tickets.rhai" => vec![data("reply.txt"), "admin".to_owned()],
        _ => vec!["out.csv".to_owned()],
    };
    let sandbox = Sandbox::start();
    let elsewhere = Desk::new();
    let old = elsewhere.configure("old", &sandbox);
    let before = totals(&sandbox);
    let mut planned = 0;
    for recipe in recipes() {
        let desk = sandbox.desk();
        let name = recipe.file_name().unwrap().to_str().unwrap();
        let mut words = ["--config", old.to_str().unwrap(), "plan"]
            .map(str::to_owned)
            .to_vec();
        words.push(recipe.to_str().unwrap().to_owned());
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

#[test]
fn a_client_that_a_server_sends_without_a_record_of_its_own_is_read_all_the_same() {
    let server = Canned::saying(|call| {
        let own = if call.contains("action=GetClientsDetails") {
            r#","userid":"1","id":"1","city":"Bonn","email":"a@b.example""#
        } else {
            r#","clientid":1"#
        };
        format!(r#"{{"result":"success"{own},"whmcs":{{"version":"5.3.0"}}}}"#)
    });
    let desk = Desk::new()
        .variable("WHMCSH_URL", &format!("http://{}", server.address))
        .variable("WHMCSH_IDENTIFIER", "i")
        .variable("WHMCSH_SECRET", "not-told-to-anyone");
    desk.file(
        "script.rhai",
        "update_client(#{ clientid: 1, city: \"Cork\" });",
    );
    let plan = desk.whmcsh(["plan", "script.rhai", "--json"]).json();
    assert!(plan.to_string().contains(r#""old":"Bonn""#), "{plan}");
    desk.whmcsh(["run", "script.rhai", "--snapshot"])
        .succeeded();
}

#[test]
fn a_read_of_what_the_plan_would_have_changed_is_said_in_every_form() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let planned = |script: &str| {
        desk.file("script.rhai", script);
        let words = [
            "plan",
            "script.rhai",
            "--out",
            "p.json",
            "--csv",
            "p.csv",
            "--html",
            "p.html",
        ];
        desk.whmcsh(words).succeeded().to_owned()
    };
    let shown = planned(
        r#"update_client(#{ clientid: 3, city: "A2", skipvalidation: true });
        if get_clients_details(#{ clientid: 3 }).client.city != "A2" {
            add_credit(#{ clientid: 3, description: "x", amount: 100 });
        }"#,
    );
    let line = "1 read returned values that planned writes would have changed (GetClientsDetails)";
    let read = |name: &str| std::fs::read_to_string(desk.folder().join(name)).unwrap();
    assert!(
        shown.contains(line) && read("p.html").contains(line),
        "{shown}"
    );
    let kept: Value = serde_json::from_str(&read("p.json")).unwrap();
    assert_eq!(
        kept["stale_reads"],
        json!([{"action": "GetClientsDetails", "count": 1}])
    );
    assert!(read("p.csv").contains("total,,,,GetClientsDetails,stale reads,,1,"));

    for (script, read) in [
        (
            r#"add_client(#{ email: "new@x.example", skipvalidation: true, password2: "x" }); client_by_email("new@x.example");"#,
            "GetClients",
        ),
        (
            r#"for n in 0..2 { upsert_client(#{ email: "new@x.example", password2: "x", skipvalidation: true }, "email"); }"#,
            "GetClients",
        ),
        (
            r"create_invoice(#{ userid: 3 }); all_invoices().count();",
            "GetInvoices",
        ),
    ] {
        let shown = planned(script);
        assert!(
            shown.contains(&format!("would have changed ({read}")),
            "{script}: {shown}"
        );
    }
    let shown = planned(
        "for client in all_clients() { get_clients_details(#{ clientid: client.id }); \
         update_client(#{ clientid: client.id, city: \"A2\", skipvalidation: true }); }",
    );
    assert!(!shown.contains("would have changed ("), "{shown}");
}
