//! `whmcsh runs undo`: what a run changed is as it was before, and nothing else is touched.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::guards::config;
use crate::support::{Desk, Outcome, Sandbox};

/// Runs a script and gives the name of its run.
#[track_caller]
pub fn run(desk: &Desk, options: &[&str], text: &str) -> String {
    desk.file("script.rhai", text);
    desk.whmcsh([&["run", "script.rhai"], options].concat())
        .succeeded();
    newest(desk)
}

pub fn newest(desk: &Desk) -> String {
    let runs = desk.whmcsh(["runs", "list", "--json"]).json();
    runs[0]["id"].as_str().unwrap().to_owned()
}

pub fn undo(desk: &Desk, run: &str) -> Outcome {
    desk.whmcsh(["runs", "undo", run])
}

pub fn details(sandbox: &Sandbox, client: usize) -> Value {
    sandbox.ask("GetClientsDetails", &[("clientid", &client.to_string())])
}

pub fn all_details(sandbox: &Sandbox, count: usize) -> Vec<Value> {
    (1..=count).map(|client| details(sandbox, client)).collect()
}

/// Changes, empties and fills fields of that many clients, custom fields among them.
fn change_clients(count: usize) -> String {
    format!(
        "for n in 1..={count} {{\n\
         update_client(#{{ clientid: n, companyname: \"\", city: \"Elsewhere\", notes: `by run ${{n}}`,\n\
         taxexempt: true, marketingoptin: false, status: \"inactive\", groupid: 2,\n\
         customfields: #{{ \"3\": `VAT ${{n}}` }}, email_preferences: #{{ invoice: false }} }});\n\
         if n % 2 == 0 {{ update_client(#{{ clientid: n, city: \"Elsewhere still\" }}); }}\n\
         }}\n"
    )
}

#[test]
fn twenty_clients_are_in_every_field_as_they_were() {
    let sandbox = Sandbox::with(&["--clients", "20"]);
    let desk = sandbox.desk();
    let before = all_details(&sandbox, 20);
    assert!(
        before
            .iter()
            .any(|client| client["client"]["companyname"] != "")
    );
    let name = run(&desk, &["--snapshot"], &change_clients(20));
    let changed = all_details(&sandbox, 20);
    for (before, changed) in before.iter().zip(&changed) {
        assert_ne!(before["client"]["notes"], changed["client"]["notes"]);
        assert_ne!(
            before["client"]["customfields"],
            changed["client"]["customfields"]
        );
    }
    let dry = desk.whmcsh(["runs", "undo", &name, "--dry-run"]);
    assert!(dry.succeeded().starts_with("would be restored:\n"));
    assert_eq!(
        all_details(&sandbox, 20),
        changed,
        "a dry run changes nothing"
    );

    let undone = undo(&desk, &name);
    let shown = undone.succeeded();
    assert!(
        shown.contains("  UpdateClient 2: ") && shown.contains("city \"Elsewhere still\" → "),
        "{shown}"
    );
    assert!(
        undone.stderr.contains("20 records restored"),
        "{}",
        undone.stderr
    );
    assert_eq!(all_details(&sandbox, 20), before);

    let runs = desk.whmcsh(["runs", "list", "--json"]).json();
    assert_eq!(runs[0]["script"], format!("undo of {name}"));
    assert_eq!(
        (&runs[0]["state"], &runs[0]["counts"]["writes"]),
        (&json!("done"), &json!(20))
    );

    let again = undo(&desk, &name);
    assert_eq!(again.succeeded(), "");
    assert!(
        again
            .stderr
            .contains("0 records restored, 20 already as before")
    );
    assert_eq!(
        desk.whmcsh(["runs", "list", "--json"])
            .json()
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn an_undo_can_be_undone() {
    let sandbox = Sandbox::with(&["--clients", "3"]);
    let desk = sandbox.desk();
    let name = run(&desk, &["--snapshot"], &change_clients(3));
    let changed = all_details(&sandbox, 3);
    undo(&desk, &name).succeeded();
    assert_ne!(all_details(&sandbox, 3), changed);
    let name = newest(&desk);
    desk.whmcsh(["runs", "undo", &name, "--workers", "3"])
        .succeeded();
    assert_eq!(all_details(&sandbox, 3), changed);
}

#[test]
fn contacts_services_domains_and_invoices_come_back_too() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let state = || {
        [
            sandbox.ask("GetContacts", &[]),
            sandbox.ask("GetClientsProducts", &[]),
            sandbox.ask("GetClientsDomains", &[]),
            sandbox.ask("GetInvoice", &[("invoiceid", "2")]),
        ]
    };
    let before = state().map(|mut reply| {
        forget_moments(&mut reply);
        reply
    });
    let text = "update_contact(#{ contactid: 1, firstname: \"X\", city: \"\", email_preferences: #{ invoice: false, support: true } });\n\
        update_client_product(#{ serviceid: 2, recurringamount: \"99.5\", notes: \"by run\", domain: \"new.example\",\n\
          nextduedate: \"2030-01-01\", overideautosuspend: true, overidesuspenduntil: \"2030-02-02\", customfields: #{ \"4\": \"20\" } });\n\
        update_client_product(#{ serviceid: 1, unset: [\"domain\"] });\n\
        update_client_domain(#{ domainid: 1, recurringamount: 7, donotrenew: true, regperiod: 2, expirydate: \"2031-01-01\" });\n\
        update_invoice(#{ invoiceid: 2, notes: \"by run\", duedate: \"2030-03-03\", taxrate: 10,\n\
          itemdescription: #{ \"2\": \"Changed\" }, itemamount: #{ \"2\": \"1.00\" }, itemtaxed: #{ \"2\": true } });\n";
    let name = run(&desk, &["--snapshot"], text);
    let changed = state();
    for (before, changed) in before.iter().zip(&changed) {
        assert_ne!(before, changed);
    }
    let undone = undo(&desk, &name);
    undone.succeeded();
    assert!(undone.stderr.contains("5 records restored"), "{undone:?}");
    let after = state().map(|mut reply| {
        forget_moments(&mut reply);
        reply
    });
    assert_eq!(after, before);
}

/// Leaves out when records were last touched.
fn forget_moments(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|name, _| name != "updated_at");
            map.values_mut().for_each(forget_moments);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_moments),
        _ => {}
    }
}

#[test]
fn a_value_changed_by_hand_since_is_left_and_said() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let text = "for n in 1..=2 { update_client(#{ clientid: n, city: \"Run\", notes: \"run\" }); }";
    let name = run(&desk, &["--snapshot"], text);
    sandbox.ask("UpdateClient", &[("clientid", "1"), ("city", "Hand")]);
    let undone = undo(&desk, &name);
    let error = undone.failed(4);
    assert!(
        error.contains("error: 1 record not fully restored"),
        "{error}"
    );
    assert!(
        undone.stdout.contains(
            "left alone:\n  UpdateClient 1: city changed since: the run wrote \"Run\", and now it is \"Hand\"\n"
        ),
        "{}",
        undone.stdout
    );
    let one = &details(&sandbox, 1)["client"];
    assert_eq!((&one["city"], &one["notes"]), (&json!("Hand"), &json!("")));
    assert_eq!(details(&sandbox, 2)["client"]["notes"], "");
}

#[test]
fn a_delete_cannot_be_undone_and_its_record_is_kept() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let text = "delete_contact(#{ contactid: 1 });\n\
        log_activity(#{ description: \"x\" }); log_activity(#{ description: \"y\" });\n\
        update_client(#{ clientid: 1, city: \"Run\" });\n\
        update_client(#{ clientid: 2, password2: \"s3cr3t-word\", clientip: \"192.0.2.7\" });";
    // Without `--snapshot`: what is ended is kept all the same.
    let name = run(&desk, &["--allow-unknown"], text);
    let undone = undo(&desk, &name);
    let error = undone.failed(4);
    assert!(
        error.contains(
            "error: 2 updates cannot be undone\nhint: start the run with `--snapshot` to save"
        ),
        "{error}"
    );
    assert_eq!(
        undone.stdout,
        "cannot be undone:\n  \
          1 × DeleteContact: has no way back; 1 saved in the journal\n  \
          2 × LogActivity: has no way back\n  \
          2 × UpdateClient: no snapshot was taken\n"
    );
    let told = desk
        .whmcsh(["runs", "undo", &name, "--dry-run", "--json"])
        .json();
    let record = &told["cannot"][0]["writes"][0]["record"];
    assert_eq!(record["email"], "buchhaltung@mueller.example", "{told}");
    assert_eq!(details(&sandbox, 1)["client"]["city"], "Run");

    let name = run(
        &desk,
        &["--no-snapshot"],
        "delete_client(#{ clientid: 5 });",
    );
    let told = desk.whmcsh(["runs", "undo", &name, "--json"]).json();
    assert_eq!(told["cannot"][0]["writes"][0]["record"], Value::Null);
}

#[test]
fn undone_again_and_again_after_kills_everything_is_as_before() {
    const COUNT: usize = 12;
    let sandbox = Sandbox::with(&["--clients", "12", "--latency", "5"]);
    let desk = sandbox.desk();
    let before = all_details(&sandbox, COUNT);
    let name = run(&desk, &["--snapshot"], &change_clients(COUNT));
    let mut kills = 0_u64;
    loop {
        let mut child = desk
            .command()
            .args(["runs", "undo", &name])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Every pass may take longer, so that a slow machine gets to the end as well.
        let deadline = Instant::now() + Duration::from_millis(60 + kills * 40);
        let status = loop {
            match child.try_wait().unwrap() {
                None if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(1)),
                status => break status,
            }
        };
        if let Some(status) = status {
            assert!(status.success());
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        assert!(kills < 100, "the undo does not come to its end");
    }
    assert!(kills > 0, "the undo was never killed");
    assert_eq!(all_details(&sandbox, COUNT), before);
}

#[test]
fn what_cannot_be_asked_for_is_refused() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let error = undo(&desk, "no-such-run");
    assert!(error.failed(2).contains("there is no run `no-such-run`"));
    let name = run(&desk, &[], "log_activity(#{ description: \"x\" });");
    let elsewhere = desk.variable("WHMCSH_URL", "http://127.0.0.2:1");
    let error = undo(&elsewhere, &name);
    assert!(
        error.failed(2).contains("and this is `127.0.0.2:1`"),
        "{error:?}"
    );
}

#[test]
fn undoing_asks_as_running_does_and_keeps_within_its_limits() {
    let sandbox = Sandbox::with(&["--clients", "3"]);
    let desk = Desk::new();
    config(
        &desk,
        &format!(
            "[profiles.main]\nurl = \"{}\"\nidentifier = \"sandbox\"\nsecret = \"sandbox\"\nproduction = true\n",
            sandbox.url
        ),
    );
    let host = sandbox
        .url
        .trim_start_matches("http://")
        .trim_end_matches('/');
    let before = all_details(&sandbox, 3);
    let text = "for n in 1..=3 { update_client(#{ clientid: n, notes: \"run\" }); }";
    let name = run(&desk, &["--snapshot", "--yes", host], text);
    let changed = all_details(&sandbox, 3);

    let undo = |options: &[&str]| desk.whmcsh([&["runs", "undo", &name], options].concat());
    let error = undo(&[]);
    let error = error.failed(2);
    assert!(error.contains("undoing `"), "{error}");
    assert!(
        error.contains("there is no terminal to confirm it on"),
        "{error}"
    );
    assert_eq!(all_details(&sandbox, 3), changed);

    let limited = undo(&["--yes", host, "--max-writes", "2"]);
    let error = limited.failed(6);
    assert!(
        error.ends_with(&format!("to resume, run: whmcsh runs undo {name}\n")),
        "{error}"
    );
    assert_eq!(
        details(&sandbox, 1),
        changed[0],
        "the last to be changed come first"
    );
    assert_eq!(all_details(&sandbox, 3)[1..], before[1..]);
    let told = undo(&["--yes", host, "--json"]).json();
    assert_eq!(told["records"][2]["restored"][0]["from"], "run", "{told}");
    assert_eq!(told["records"][0]["same"], 1);
    assert_eq!(all_details(&sandbox, 3), before);
}

#[test]
fn a_run_is_undone_by_one_process_at_a_time() {
    let sandbox = Sandbox::with(&["--fault", "latency=600s@UpdateClient:#2"]);
    let desk = sandbox.desk();
    let script = "update_client(#{ clientid: 1, city: \"Elsewhere\" });";
    let run = run(&desk, &["--snapshot"], script);
    let mut first = desk
        .command()
        .args(["runs", "undo", &run])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let is_undone = || {
        let runs = desk.whmcsh(["runs", "list", "--json"]).json();
        let mut runs = runs.as_array().unwrap().iter();
        runs.any(|known| known["id"] != run.as_str() && known["state"] == "running")
    };
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_undone() {
        assert!(Instant::now() < deadline, "nobody undoes the run");
        std::thread::sleep(Duration::from_millis(20));
    }
    let second = undo(&desk, &run);
    let said = second.failed(3);
    assert!(said.contains("is in use by process"), "{said}");
    first.kill().unwrap();
    first.wait().unwrap();
    // It can be undone again when that one is gone.
    undo(&desk, &run).succeeded();
}

#[test]
fn the_last_run_is_undone_in_short_and_both_runs_say_so() {
    let sandbox = Sandbox::with(&["--clients", "22"]);
    let desk = sandbox.desk();
    let name = run(&desk, &["--snapshot"], &change_clients(22));
    let undone = undo(&desk, "last");
    let lines = undone.succeeded().lines().count();
    assert_eq!(lines, 22, "{}", undone.stdout);
    assert!(
        undone
            .stdout
            .ends_with("  … and 2 more: `--json` has them all\n"),
        "{}",
        undone.stdout
    );
    // The newest run is the undo by now, and not meant.
    let again = undo(&desk, "last");
    assert!(again.stderr.contains("22 already as before"), "{again:?}");
    let runs = desk.whmcsh(["runs", "list", "--json"]).json();
    assert_eq!(runs[0]["undoes"], name);
    assert_eq!(
        runs[1]["undone"],
        json!({"by": runs[0]["id"], "state": "done"})
    );
    let listed = desk.whmcsh(["runs"]);
    assert!(
        listed.succeeded().contains("done, undone"),
        "{}",
        listed.stdout
    );
    let shown = desk.whmcsh(["runs", "show", &name]);
    let id = runs[0]["id"].as_str().unwrap();
    let by = format!("undone by run {id}: 22 writes");
    assert!(shown.succeeded().contains(&by), "{}", shown.stdout);
    let of = json!({"of": name, "state": "undone", "writes": 22, "writes_in_doubt": 0});
    let by = json!({"by": id, "state": "undone", "writes": 22, "writes_in_doubt": 0});
    assert_eq!((&runs[0]["undo"], &runs[1]["undo"]), (&of, &by));
    let json = |run: &str| desk.whmcsh(["runs", "show", run, "--json"]).json()["undo"].clone();
    assert_eq!((json(id), json(&name)), (of, by));
    let shown = desk.whmcsh(["runs", "show", id]);
    let of = format!("undoes run {name}: undone, 22 writes");
    assert!(shown.succeeded().contains(&of), "{}", shown.stdout);
}
