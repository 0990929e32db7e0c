//! Every recipe does on the server what its header says.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Desk, Outcome, Sandbox, int, kept, repository};

pub fn recipe(desk: &Desk, name: &str, arguments: &[&str]) -> Outcome {
    let script = repository().join("scripts").join(name);
    let mut words = vec!["run".to_owned(), script.to_str().unwrap().to_owned()];
    words.extend(arguments.iter().map(|&word| word.to_owned()));
    desk.whmcsh(words)
}

pub fn data(name: &str) -> String {
    repository()
        .join("scripts/data")
        .join(name)
        .to_str()
        .unwrap()
        .to_owned()
}

/// The rows of a sample file as the `csv` crate reads it, by column.
fn rows(name: &str) -> Vec<std::collections::HashMap<String, String>> {
    csv::Reader::from_path(data(name))
        .unwrap()
        .deserialize()
        .map(Result::unwrap)
        .collect()
}

fn client(sandbox: &Sandbox, email: &str) -> Value {
    sandbox.ask("GetClientsDetails", &[("email", email)])["client"].clone()
}

pub fn total(reply: &Value) -> i64 {
    int(&reply["totalresults"]).unwrap()
}

/// The recipes, without their tests.
pub fn recipes() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(repository().join("scripts")).unwrap();
    let mut recipes: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let is_script = path
                .extension()
                .is_some_and(|extension| extension == "rhai");
            let name = path.file_stem().unwrap().to_str().unwrap();
            is_script && !name.ends_with("_test")
        })
        .collect();
    recipes.sort();
    recipes
}

#[test]
fn onboarding_creates_every_client_with_its_contact_and_its_service() {
    let sandbox = Sandbox::start();
    let before = total(&sandbox.ask("GetClients", &[]));
    let outcome = recipe(
        &sandbox.desk(),
        "onboard_clients.rhai",
        &[&data("clients.csv")],
    );

    let rows = rows("clients.csv");
    assert_eq!(
        outcome.succeeded(),
        "50 onboarded, 0 were clients already, 0 failed\n"
    );
    assert_eq!(total(&sandbox.ask("GetClients", &[])), before + 50);
    for row in &rows {
        let found = client(&sandbox, &row["email"]);
        for column in [
            "firstname",
            "lastname",
            "companyname",
            "address1",
            "city",
            "state",
            "country",
        ] {
            assert_eq!(
                found[column],
                kept(&row[column]),
                "{column} of {}",
                row["email"]
            );
        }
        let id = found["id"].to_string().replace('"', "");
        let contacts = sandbox.ask("GetContacts", &[("userid", &id)]);
        assert_eq!(
            total(&contacts),
            i64::from(!row["contact_email"].is_empty()),
            "{contacts}"
        );
        if !row["contact_email"].is_empty() {
            let contact = &contacts["contacts"]["contact"][0];
            assert_eq!(contact["firstname"], kept(&row["contact_name"]));
        }
        let services = sandbox.ask("GetClientsProducts", &[("clientid", &id)]);
        assert_eq!(
            total(&services),
            i64::from(!row["product"].is_empty()),
            "{services}"
        );
        if !row["product"].is_empty() {
            let service = &services["products"]["product"][0];
            assert_eq!(service["pid"].to_string().replace('"', ""), row["product"]);
            assert_eq!(service["status"], "Active");
        }
        let mails = sandbox.ask("GetEmails", &[("clientid", &id)]);
        assert_eq!(total(&mails), 0, "no mail may leave: {mails}");
    }
}

#[test]
fn onboarding_twice_creates_nobody_twice() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    recipe(&desk, "onboard_clients.rhai", &[&data("clients.csv")]).succeeded();
    let after = total(&sandbox.ask("GetClients", &[]));
    let again = recipe(&desk, "onboard_clients.rhai", &[&data("clients.csv")]);
    assert_eq!(
        again.succeeded(),
        "0 onboarded, 50 were clients already, 0 failed\n"
    );
    assert_eq!(total(&sandbox.ask("GetClients", &[])), after);
}

#[test]
fn a_row_that_cannot_be_onboarded_stops_no_other() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let before = total(&sandbox.ask("GetClients", &[]));
    let file = std::fs::read_to_string(data("clients.csv")).unwrap();
    let mut lines: Vec<&str> = file.lines().take(6).collect();
    let broken = lines[3].replace('@', " at ");
    lines[3] = &broken;
    desk.file("clients.csv", lines.join("\n"));
    let outcome = recipe(&desk, "onboard_clients.rhai", &["clients.csv"]);
    let error = outcome.failed(4);
    assert_eq!(
        outcome.stdout,
        "4 onboarded, 0 were clients already, 1 failed\n"
    );
    assert!(error.contains("(first: row 3)"), "{error}");
    assert_eq!(total(&sandbox.ask("GetClients", &[])), before + 4);
}

#[test]
fn updating_sends_only_what_differs() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    recipe(&desk, "onboard_clients.rhai", &[&data("clients.csv")]).succeeded();
    let before: Vec<Value> = rows("clients.csv")
        .iter()
        .map(|row| client(&sandbox, &row["email"]))
        .collect();

    let outcome = recipe(&desk, "update_clients.rhai", &[&data("client_changes.csv")]);
    assert_eq!(
        outcome.succeeded(),
        "30 updated, 20 as they should be, 0 not found\n"
    );

    for (row, before) in rows("client_changes.csv").iter().zip(before) {
        let after = client(&sandbox, &row["email"]);
        for (column, wanted) in row {
            let expected = if wanted.is_empty() {
                before[column].clone()
            } else {
                kept(wanted).into()
            };
            assert_eq!(after[column], expected, "{column} of {}", row["email"]);
        }
    }
    let again = recipe(&desk, "update_clients.rhai", &[&data("client_changes.csv")]);
    assert_eq!(
        again.succeeded(),
        "0 updated, 50 as they should be, 0 not found\n"
    );
}

#[test]
fn closing_spares_whoever_has_a_service_or_owes_money() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let add = |email: &str| {
        let reply = sandbox.ask(
            "AddClient",
            &[
                ("firstname", "Ann"),
                ("lastname", "Lee"),
                ("email", email),
                ("address1", "1 High Street"),
                ("city", "Dublin"),
                ("state", "Leinster"),
                ("postcode", "D01"),
                ("country", "IE"),
                ("phonenumber", "+353.1555"),
                ("password2", "correct horse"),
                ("noemail", "1"),
            ],
        );
        let id = reply["clientid"].to_string().replace('"', "");
        sandbox.ask("UpdateClient", &[("clientid", &id), ("status", "Inactive")]);
        id
    };
    let (idle, served, owing) = (
        add("idle@example.com"),
        add("served@example.com"),
        add("owing@example.com"),
    );
    let order = sandbox.ask(
        "AddOrder",
        &[
            ("clientid", &served),
            ("pid[0]", "1"),
            ("billingcycle[0]", "monthly"),
            ("paymentmethod", "banktransfer"),
            ("noinvoice", "1"),
        ],
    );
    sandbox.ask(
        "AcceptOrder",
        &[("orderid", &order["orderid"].to_string().replace('"', ""))],
    );
    sandbox.ask(
        "UpdateClient",
        &[("clientid", &served), ("status", "Inactive")],
    );
    sandbox.ask(
        "CreateInvoice",
        &[
            ("userid", &owing),
            ("status", "Unpaid"),
            ("itemdescription1", "Setup"),
            ("itemamount1", "10.00"),
        ],
    );

    let outcome = recipe(&desk, "close_inactive.rhai", &[]);
    assert!(
        outcome.succeeded().contains(" closed, "),
        "{}",
        outcome.stdout
    );
    let status = |id: &str| {
        sandbox.ask("GetClientsDetails", &[("clientid", id)])["client"]["status"].clone()
    };
    assert_eq!(status(&idle), "Closed");
    assert_eq!(status(&served), "Inactive");
    assert_eq!(status(&owing), "Inactive");
}

#[test]
fn an_empty_argument_never_means_everybody() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let closed = recipe(&desk, "close_inactive.rhai", &[""]);
    assert_eq!(closed.succeeded(), "0 closed, 0 kept\n");
    let gone = recipe(&desk, "clean_up.rhai", &["1", ""]);
    assert!(
        gone.failed(2)
            .contains("the argument `status` is empty; nothing was sent")
    );
    // Months that are still to come would be too.
    let none = recipe(&desk, "clean_up.rhai", &["--", "-1"]);
    assert!(none.failed(1).contains("-1 is not a number of months"));
    let moved = recipe(&desk, "update_group.rhai", &["Resellers", ""]);
    assert!(moved.failed(1).contains("give a group and a search"));
}

#[test]
fn closing_skips_nobody_although_the_list_shrinks_under_the_walk() {
    let sandbox = Sandbox::with(&["--clients", "400"]);
    let inactive =
        || total(&sandbox.ask("GetClients", &[("status", "Inactive"), ("limitnum", "1")]));
    let desk = sandbox.desk();
    let script = "for c in all_clients(#{ status: \"Active\" }) { update_client(#{ clientid: c.id, status: \"Inactive\" }); }";
    let active = total(&sandbox.ask("GetClients", &[("status", "Active"), ("limitnum", "1")]));
    assert!(
        active > 200,
        "too few active clients to make several pages: {active}"
    );
    let before = inactive();
    desk.script(script).succeeded();
    assert_eq!(inactive(), before + active);
}

#[test]
fn exporting_writes_every_client_once() {
    let sandbox = Sandbox::with(&["--clients", "130"]);
    let desk = sandbox.desk();
    let clients = total(&sandbox.ask("GetClients", &[]));
    let outcome = recipe(&desk, "export_clients.rhai", &["out.csv"]);
    assert_eq!(
        outcome.succeeded(),
        format!("clients: {clients}, in out.csv\n")
    );
    let mut reader = csv::Reader::from_path(desk.folder().join("out.csv")).unwrap();
    let mut ids: Vec<i64> = reader
        .deserialize::<std::collections::HashMap<String, String>>()
        .map(|row| row.unwrap()["id"].parse().unwrap())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(i64::try_from(ids.len()).unwrap(), clients);
}

#[test]
fn every_recipe_says_what_it_is_for_when_asked_for_help() {
    let desk = Desk::new();
    let mut asked = 0;
    for script in recipes() {
        let name = script.file_name().unwrap().to_str().unwrap();
        let outcome = desk.whmcsh(["run".as_ref(), script.as_os_str(), "--help".as_ref()]);
        let header = outcome.succeeded();
        for word in ["usage:", "input:", "effect:", name] {
            assert!(header.contains(word), "{name} has no `{word}`\n{header}");
        }
        assert!(!header.contains("//!"), "{header}");
        assert!(
            header.lines().all(|line| line.chars().count() <= 100),
            "{header}"
        );
        asked += 1;
    }
    assert!(asked >= 12, "only {asked} recipes were found");
    assert!(
        desk.whmcsh(["run", "--help"])
            .succeeded()
            .contains("--resume"),
        "without a script it is about the command"
    );
}
