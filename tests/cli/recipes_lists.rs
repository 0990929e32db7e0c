//! The recipes that only read write the files their headers promise.

use std::collections::HashMap;

use serde_json::Value;

use crate::recipes::{recipe, total};
use crate::support::{Desk, Sandbox};

type Line = HashMap<String, String>;

/// The lines of a file a recipe wrote, by column.
fn lines(desk: &Desk, file: &str) -> Vec<Line> {
    let mut reader = csv::Reader::from_path(desk.folder().join(file)).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

fn id(reply: &Value, name: &str) -> String {
    reply[name].to_string().replace('"', "")
}

fn add_client(sandbox: &Sandbox, first: &str, last: &str, email: &str) -> String {
    let reply = sandbox.ask(
        "AddClient",
        &[
            ("firstname", first),
            ("lastname", last),
            ("email", email),
            ("password2", "correct horse"),
            ("skipvalidation", "1"),
            ("noemail", "1"),
        ],
    );
    id(&reply, "clientid")
}

#[test]
fn exporting_makes_columns_of_the_custom_fields() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    recipe(&desk, "export_clients.rhai", &["out.csv", "zo", "3=vat"]).succeeded();
    let found = lines(&desk, "out.csv");
    assert_eq!(found.len(), 1);
    let client = &sandbox.ask("GetClientsDetails", &[("clientid", "1")])["client"];
    let values = client["customfields"].as_array().unwrap();
    assert_eq!(found[0]["email"], client["email"].as_str().unwrap());
    assert_eq!(found[0]["customfield1"], values[0]["value"]);
    assert_eq!(found[0]["vat"], values[2]["value"]);
    assert_ne!(found[0]["vat"], "");
}

#[test]
fn an_export_that_finds_nobody_writes_no_file() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let outcome = recipe(&desk, "export_clients.rhai", &["out.csv", "nobody at all"]);
    assert_eq!(
        outcome.succeeded(),
        "no client was found; nothing was written\n"
    );
    assert!(!desk.folder().join("out.csv").exists());
}

#[test]
fn duplicates_are_grouped_by_mailbox_and_by_name_through_one_another() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    recipe(&desk, "report_duplicates.rhai", &["none.csv"]).succeeded();
    assert_eq!(lines(&desk, "none.csv").len(), 0);

    let first = add_client(&sandbox, "Ann", "Lee", "ann.lee@example.com");
    let by_mail = add_client(&sandbox, "A.", "Lee-Smith", "AnnLee+shop@example.com");
    let by_name = add_client(&sandbox, "ann", "LEE", "other@example.com");
    let alone = add_client(&sandbox, "Ann", "Leeds", "ann@example.com");
    let outcome = recipe(&desk, "report_duplicates.rhai", &["twice.csv"]);
    assert_eq!(outcome.succeeded(), "groups: 1, clients: 3, in twice.csv\n");
    let found = lines(&desk, "twice.csv");
    let same: HashMap<&str, &str> = found
        .iter()
        .map(|line| (line["clientid"].as_str(), line["same"].as_str()))
        .collect();
    assert_eq!(same[first.as_str()], "email, name");
    assert_eq!(same[by_mail.as_str()], "email");
    assert_eq!(same[by_name.as_str()], "name");
    assert!(!same.contains_key(alone.as_str()));
}

#[test]
fn the_overdue_list_has_what_is_still_to_pay_and_the_oldest_first() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let owing = add_client(&sandbox, "Ann", "Lee", "ann.lee@example.com");
    let invoice = sandbox.ask(
        "CreateInvoice",
        &[
            ("userid", &owing),
            ("status", "Unpaid"),
            ("date", "2020-01-01"),
            ("duedate", "2020-01-15"),
            ("itemdescription1", "Setup"),
            ("itemamount1", "10.00"),
        ],
    );
    let invoice = id(&invoice, "invoiceid");
    sandbox.ask(
        "AddInvoicePayment",
        &[
            ("invoiceid", &invoice),
            ("transid", "T1"),
            ("amount", "4.00"),
            ("gateway", "banktransfer"),
            ("noemail", "1"),
        ],
    );
    let outcome = recipe(&desk, "list_overdue.rhai", &["overdue.csv"]);
    outcome.succeeded();
    let found = lines(&desk, "overdue.csv");
    assert_eq!(found[0]["invoiceid"], invoice);
    assert_eq!(found[0]["balance"], "6.00");
    assert_eq!(found[0]["email"], "ann.lee@example.com");
    let days: Vec<i64> = found
        .iter()
        .map(|line| line["days"].parse().unwrap())
        .collect();
    assert!(days.len() > 1 && days.is_sorted_by(|one, other| one >= other));
    assert!(days.iter().all(|&days| days >= 1), "{days:?}");

    let long = recipe(&desk, "list_overdue.rhai", &["long.csv", "1000"]);
    assert_eq!(
        long.succeeded(),
        "6.00 USD overdue\noverdue invoices: 1, in long.csv\n"
    );
}

#[test]
fn tickets_that_wait_for_us_come_most_urgent_first() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let open = |subject: &str, priority: &str| {
        let reply = sandbox.ask(
            "OpenTicket",
            &[
                ("deptid", "1"),
                ("subject", subject),
                ("message", "help"),
                ("clientid", "1"),
                ("priority", priority),
            ],
        );
        id(&reply, "id")
    };
    let (low, high, answered) = (open("low", "Low"), open("high", "High"), open("x", "High"));
    sandbox.ask(
        "AddTicketReply",
        &[
            ("ticketid", &answered),
            ("message", "done"),
            ("adminusername", "admin"),
        ],
    );
    recipe(&desk, "triage_tickets.rhai", &["tickets.csv"]).succeeded();
    let found = lines(&desk, "tickets.csv");
    let ids: Vec<&str> = found.iter().map(|line| line["ticketid"].as_str()).collect();
    assert!(!ids.contains(&answered.as_str()), "{ids:?}");
    let place = |id: &str| ids.iter().position(|&other| other == id).unwrap();
    assert!(place(&high) < place(&low), "{ids:?}");

    let wrong = recipe(&desk, "triage_tickets.rhai", &["tickets.csv", "Kitchen"]);
    assert!(
        wrong.failed(1).contains("there is no department Kitchen"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn a_domain_that_expires_soon_is_listed_with_all_that_is_amiss() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let none = recipe(&desk, "audit_domains.rhai", &["domains.csv", "30"]);
    assert!(
        none.succeeded().starts_with("expiring domains: 0, "),
        "{}",
        none.stdout
    );
    sandbox.ask(
        "UpdateClientDomain",
        &[
            ("domainid", "1"),
            ("expirydate", "2020-02-01"),
            ("nextduedate", "2020-03-01"),
            ("donotrenew", "1"),
            ("recurringamount", "0.00"),
        ],
    );
    sandbox.ask("UpdateClient", &[("clientid", "1"), ("status", "Inactive")]);
    let outcome = recipe(&desk, "audit_domains.rhai", &["domains.csv", "30"]);
    assert_eq!(
        outcome.succeeded(),
        "expiring domains: 1, with something amiss: 1, in domains.csv\n"
    );
    let found = lines(&desk, "domains.csv");
    assert_eq!(
        found[0]["trouble"],
        "expired; auto-renewal off; no price; due after it expires; client Inactive"
    );
}

#[test]
fn the_recipes_that_read_send_no_write() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let log = |sandbox: &Sandbox| total(&sandbox.ask("GetActivityLog", &[("limitnum", "1")]));
    let before = log(&sandbox);
    for name in [
        "audit_domains",
        "export_clients",
        "list_overdue",
        "list_without_renewal",
        "report_duplicates",
        "triage_tickets",
    ] {
        recipe(&desk, &format!("{name}.rhai"), &["out.csv"]).succeeded();
    }
    assert_eq!(log(&sandbox), before);
    let runs = desk.folder().join(".local/state/whmcsh/runs");
    let kept = std::fs::read_dir(runs).map_or(0, Iterator::count);
    assert_eq!(kept, 0, "what writes nothing leaves no run");
}
