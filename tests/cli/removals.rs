//! Parameters that remove something, of actions that need not.

use serde_json::{Value, json};

use crate::guards::config;
use crate::support::{Desk, Sandbox};

const PRODUCTION: &str = "production = true\n";

fn profile(desk: &Desk, sandbox: &Sandbox, more: &str) {
    let text = format!(
        "[profiles.main]\nurl = \"{}\"\nidentifier = \"sandbox\"\nsecret = \"sandbox\"\n{more}",
        sandbox.url
    );
    config(desk, &text);
}

/// An invoice, and the ids of its lines.
fn invoice(sandbox: &Sandbox) -> (String, Vec<String>) {
    let created = sandbox.ask(
        "CreateInvoice",
        &[
            ("userid", "1"),
            ("itemdescription1", "one"),
            ("itemamount1", "1"),
            ("itemdescription2", "two"),
            ("itemamount2", "2"),
            ("itemdescription3", "three"),
            ("itemamount3", "3"),
        ],
    );
    let id = created["invoiceid"].to_string().replace('"', "");
    let lines = lines(sandbox, &id);
    assert_eq!(lines.len(), 3);
    (id, lines)
}

fn lines(sandbox: &Sandbox, invoice: &str) -> Vec<String> {
    let invoice = sandbox.ask("GetInvoice", &[("invoiceid", invoice)]);
    let items = invoice["items"]["item"].as_array().into_iter().flatten();
    items
        .map(|item| item["id"].to_string().replace('"', ""))
        .collect()
}

#[test]
fn write_access_refuses_them_wherever_the_call_comes_from() {
    let sandbox = Sandbox::start();
    let desk = Desk::new();
    profile(&desk, &sandbox, "access = \"write\"\n");
    let (id, all) = invoice(&sandbox);
    let line = &all[0];
    desk.file("lines.csv", format!("invoice,line\n{id},{line}\n"));
    let ways = [
        desk.script(&format!(
            "update_invoice(#{{ invoiceid: {id}, deletelineids: [{line}] }});"
        )),
        desk.script(&format!(
            "call(\"updateinvoice\", #{{ invoiceid: {id}, \"deletelineids[0]\": {line} }});"
        )),
        desk.whmcsh([
            "call",
            "UpdateInvoice",
            &format!("invoiceid={id}"),
            &format!("deletelineids={line}"),
        ]),
    ];
    for outcome in ways {
        let error = outcome.failed(2);
        assert!(
            error.contains(
                "`UpdateInvoice` with `deletelineids` cannot be undone, and the profile `main` has access `write`; nothing was sent"
            ),
            "{error}"
        );
    }
    let each = desk.whmcsh([
        "each",
        "lines.csv",
        "--",
        "UpdateInvoice",
        "invoiceid={invoice}",
        "deletelineids={line}",
    ]);
    let error = each.failed(2);
    assert!(
        error.contains("with `deletelineids` cannot be undone"),
        "{error}"
    );
    assert_eq!(lines(&sandbox, &id), all);
    desk.script(&format!(
        "update_invoice(#{{ invoiceid: {id}, notes: \"x\", deletelineids: [] }});"
    ))
    .succeeded();
    assert_eq!(lines(&sandbox, &id), all);
}

#[test]
fn they_count_as_deletes_in_a_run_and_in_its_plan() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let (id, all) = invoice(&sandbox);
    let text = format!(
        "for line in [{}] {{ update_invoice(#{{ invoiceid: {id}, deletelineids: [line] }}); }}\n\
         update_invoice(#{{ invoiceid: {id}, notes: \"x\" }});",
        all.join(", ")
    );
    desk.file("script.rhai", text);
    let plan = desk.whmcsh(["plan", "script.rhai", "--max-deletes", "1", "--json"]);
    let plan = plan.json();
    let told = &plan["actions"][0];
    assert_eq!(
        (&told["count"], &told["deletes"], &told["destructive"]),
        (&json!(4), &json!(3), &json!(true))
    );
    let writes = plan["rows"].as_array().unwrap().iter();
    let destructive: Vec<_> = writes.map(|row| &row["writes"][0]["destructive"]).collect();
    assert_eq!(destructive, [true, true, true, false]);
    assert_eq!(
        plan["would_stop"],
        json!(["would stop at `--max-deletes 1` before delete 2"])
    );

    let run = desk.whmcsh(["run", "script.rhai", "--max-deletes", "1"]);
    let error = run.failed(6);
    assert!(
        error.contains(
            "`UpdateInvoice` with `deletelineids` was not sent: `--max-deletes` allows 1 delete"
        ),
        "{error}"
    );
    assert_eq!(lines(&sandbox, &id), all[1..]);
}

#[test]
fn what_they_remove_is_kept_as_it_was() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let (id, all) = invoice(&sandbox);
    let line = &all[1];
    desk.script(&format!(
        "update_invoice(#{{ invoiceid: {id}, deletelineids: [{line}] }});"
    ))
    .succeeded();
    assert_eq!(lines(&sandbox, &id).len(), 2);
    let run = desk.only_run();
    let run = run.file_name().unwrap().to_str().unwrap();
    let undo = desk.whmcsh(["runs", "undo", run, "--dry-run"]);
    let told = format!("{}{}", undo.stdout, undo.stderr);
    assert!(told.contains("deletelineids"), "{told}");
}

#[test]
fn the_question_before_the_first_write_and_the_reference_name_them() {
    let sandbox = Sandbox::start();
    let desk = Desk::new();
    profile(&desk, &sandbox, PRODUCTION);
    let asked = desk.script("update_client(#{ clientid: 1, clearcreditcard: true });");
    let error = asked.failed(2);
    assert!(
        error.contains("cannot be undone: UpdateClient with `clearcreditcard`"),
        "{error}"
    );
    let page = desk.whmcsh(["actions", "UpdateClient"]);
    let page = page.succeeded();
    assert!(
        page.contains("Delete the card details on file; destructive"),
        "{page}"
    );
    let json: Value = desk.whmcsh(["actions", "UpdateClient", "--json"]).json();
    let params = json[0]["params"].as_array().unwrap().iter();
    let marked: Vec<_> = params
        .filter(|param| param["destructive"] == true)
        .map(|param| &param["name"])
        .collect();
    assert_eq!(marked, ["clearcreditcard"]);
    let client = sandbox.ask("GetClientsDetails", &[("clientid", "1")]);
    assert_eq!(client["result"], "success");
}

#[test]
fn an_action_in_disguise_is_refused() {
    let sandbox = Sandbox::start();
    let desk = Desk::new();
    profile(&desk, &sandbox, "access = \"write\"\n");
    for name in [
        "CloseClient ",
        " closeclient",
        "Close_Client",
        "close-client",
        "../CloseClient",
    ] {
        let outcome = desk.script(&format!("call(\"{name}\", #{{ clientid: 1 }});"));
        let error = outcome.failed(2);
        assert!(
            error.contains(&format!(
                "`{name}` is not the name of an action; nothing was sent"
            )),
            "{error}"
        );
        assert!(
            error.contains("hint: did you mean `CloseClient`?"),
            "{error}"
        );
        let outcome = desk.whmcsh(["call", name, "clientid=1", "--allow-unknown"]);
        assert_eq!(outcome.code, Some(2), "{}", outcome.stderr);
    }
    let client = sandbox.ask("GetClientsDetails", &[("clientid", "1")]);
    assert_ne!(client["client"]["status"], "Closed");
}
