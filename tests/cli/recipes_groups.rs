//! The recipes that group and migrate clients do on the servers what their headers say.

use serde_json::Value;

use crate::recipes::{recipe, total};
use crate::support::{Desk, Outcome, Sandbox, int, repository};

fn details(sandbox: &Sandbox, email: &str) -> Value {
    sandbox.ask("GetClientsDetails", &[("email", email)])["client"].clone()
}

#[test]
fn a_group_takes_in_who_the_search_finds_and_nobody_twice() {
    let sandbox = Sandbox::with(&["--clients", "60"]);
    let desk = sandbox.desk();
    let search = [("search", "ma"), ("limitnum", "500")];
    let found = sandbox.ask("GetClients", &search)["clients"]["client"].clone();
    let found = found.as_array().unwrap();
    assert!(found.len() > 2);
    let there = found
        .iter()
        .filter(|client| int(&client["groupid"]) == Some(2))
        .count();

    let outcome = recipe(&desk, "update_group.rhai", &["Resellers", "ma"]);
    assert_eq!(
        outcome.succeeded(),
        format!(
            "{} moved, {there} were there already, 0 failed\n",
            found.len() - there
        )
    );
    let after = sandbox.ask("GetClients", &search)["clients"]["client"].clone();
    assert!(
        after
            .as_array()
            .unwrap()
            .iter()
            .all(|client| int(&client["groupid"]) == Some(2))
    );
    let again = recipe(&desk, "update_group.rhai", &["2", "ma"]);
    assert_eq!(
        again.succeeded(),
        format!("0 moved, {} were there already, 0 failed\n", found.len())
    );
    let wrong = recipe(&desk, "update_group.rhai", &["Kings", "ma"]);
    assert!(
        wrong.failed(1).contains("there is no group Kings"),
        "{}",
        wrong.stderr
    );
}

/// A desk whose default server is `new`, and which knows `old` by its profile.
fn desk_between(old: &Sandbox, new: &Sandbox) -> Desk {
    let desk = new.desk();
    desk.configure("old", old);
    old.desk();
    desk
}

fn migrate(desk: &Desk, more: &[&str]) -> Outcome {
    let script = repository().join("scripts/migrate_clients.rhai");
    let mut words = vec!["run", script.to_str().unwrap(), "old"];
    words.extend_from_slice(more);
    desk.whmcsh(words)
}

fn clients(sandbox: &Sandbox) -> i64 {
    total(&sandbox.ask("GetClients", &[("limitnum", "1")]))
}

#[test]
fn clients_come_over_with_their_contacts_group_currency_status_and_credit() {
    let old = Sandbox::with(&["--clients", "40"]);
    let new = Sandbox::start();
    let desk = desk_between(&old, &new);
    old.ask(
        "UpdateClient",
        &[("clientid", "10"), ("groupid", "2"), ("status", "Closed")],
    );
    old.ask(
        "AddCredit",
        &[("clientid", "10"), ("amount", "7.50"), ("description", "x")],
    );
    let before = clients(&new);
    let outcome = migrate(&desk, &["credit=yes", "3=3"]);
    // Both sandboxes begin with the same few clients.
    let said = outcome.succeeded().to_owned();
    assert!(said.contains(" migrated, "), "{said}");
    assert_eq!(clients(&new), clients(&old).max(before));
    let list = old.ask("GetClients", &[("limitnum", "500")]);
    for client in list["clients"]["client"].as_array().unwrap() {
        let email = client["email"].as_str().unwrap();
        let (theirs, ours) = (details(&old, email), details(&new, email));
        for field in [
            "fullname",
            "companyname",
            "city",
            "groupid",
            "status",
            "currency_code",
        ] {
            if email.ends_with("mueller@example.com") {
                break;
            }
            assert_eq!(theirs[field], ours[field], "{field} of {email}");
        }
        let number = |client: &Value| int(&client["id"]).unwrap().to_string();
        let contacts =
            |sandbox: &Sandbox, id: &str| total(&sandbox.ask("GetContacts", &[("userid", id)]));
        assert_eq!(
            contacts(&old, &number(&theirs)),
            contacts(&new, &number(&ours)),
            "contacts of {email}"
        );
        let mails = new.ask("GetEmails", &[("clientid", &number(&ours))]);
        assert_eq!(total(&mails), 0, "no mail may leave: {mails}");
    }
    let moved = old.ask("GetClientsDetails", &[("clientid", "10")])["client"].clone();
    let here = details(&new, moved["email"].as_str().unwrap());
    assert_eq!(here["status"], "Closed");
    assert_eq!(here["credit"], moved["credit"]);
    let results = std::fs::read_to_string(desk.only_run().join("results.csv")).unwrap();
    assert!(
        results.lines().any(|line| {
            line.starts_with("10,") && line.contains(&int(&here["id"]).unwrap().to_string())
        }),
        "{results}"
    );

    let again = migrate(&desk, &["credit=yes"]);
    assert!(
        again.succeeded().starts_with("0 migrated, "),
        "{}",
        again.stdout
    );
    assert_eq!(
        details(&new, moved["email"].as_str().unwrap())["credit"],
        moved["credit"]
    );
}

#[test]
fn a_migration_that_loses_replies_settles_them_on_its_way() {
    let old = Sandbox::with(&["--clients", "31"]);
    let new = Sandbox::with(&[
        "--fault",
        "reset-before@AddClient:#4,reset-after@AddClient:#9,reset-after@AddContact:#2",
    ]);
    let desk = desk_between(&old, &new);
    migrate(&desk, &[]).succeeded();
    let contacts = |sandbox: &Sandbox| total(&sandbox.ask("GetContacts", &[]));
    assert_eq!(contacts(&old), contacts(&new));
    let list = old.ask("GetClients", &[("limitnum", "500")]);
    let list = list["clients"]["client"].as_array().unwrap().clone();
    let mut emails: Vec<&str> = list
        .iter()
        .map(|client| client["email"].as_str().unwrap())
        .collect();
    emails.sort_unstable();
    emails.dedup();
    let here = new.ask("GetClients", &[("limitnum", "500")]);
    let here = here["clients"]["client"].as_array().unwrap().clone();
    for email in emails {
        let count = here
            .iter()
            .filter(|client| client["email"] == email)
            .count();
        assert_eq!(count, 1, "{email}");
    }
}
