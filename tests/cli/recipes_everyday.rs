//! The recipes for everyday jobs: credit, tickets and renewals; and how any recipe is written
//! from the program.

use std::fs;

use crate::recipes::{data, recipe, recipes};
use crate::support::{Desk, Sandbox, kept, repository};

#[test]
fn invoices_are_paid_from_credit_as_far_as_it_goes() {
    let sandbox = Sandbox::start();
    let names = [
        ("firstname", "Ann"),
        ("lastname", "Berg"),
        ("email", "ann@berg.example"),
    ];
    let rest = [("skipvalidation", "1"), ("password2", "correct horse")];
    let client = sandbox.ask("AddClient", &[&names[..], &rest].concat());
    let client = client["clientid"].to_string().replace('"', "");
    let invoice = |due: &str, amount: &str| {
        let item = [("itemdescription1", "Hosting"), ("itemamount1", amount)];
        let dates = [("date", "2020-01-01"), ("duedate", due)];
        let own = [("userid", client.as_str()), ("status", "Unpaid")];
        let reply = sandbox.ask("CreateInvoice", &[&own[..], &dates, &item].concat());
        reply["invoiceid"].to_string().replace('"', "")
    };
    let (later, sooner) = (
        invoice("2020-03-01", "10.00"),
        invoice("2020-02-01", "6.00"),
    );
    let credit = [
        ("clientid", client.as_str()),
        ("amount", "8.50"),
        ("description", "gift"),
    ];
    sandbox.ask("AddCredit", &credit);
    let outcome = recipe(&sandbox.desk(), "apply_credit.rhai", &[]);
    assert!(
        outcome.succeeded().ends_with("failed: 0\n"),
        "{}",
        outcome.stdout
    );
    let read = |id: &str| sandbox.ask("GetInvoice", &[("invoiceid", id)]);
    assert_eq!(read(&sooner)["status"], "Paid");
    assert_eq!(read(&later)["status"], "Unpaid");
    let left = sandbox.ask("GetClientsDetails", &[("clientid", &client)]);
    assert_eq!(left["client"]["credit"], "0.00");
}

#[test]
fn open_tickets_are_replied_to_with_their_own_words() {
    let sandbox = Sandbox::start();
    let ticket = |subject: &str| {
        let words = [
            ("deptid", "1"),
            ("subject", subject),
            ("message", "Help"),
            ("clientid", "1"),
        ];
        sandbox.ask("OpenTicket", &words)["id"]
            .to_string()
            .replace('"', "")
    };
    let ids = [ticket("Mail is {late}"), ticket("No backup")];
    let desk = sandbox.desk();
    desk.file("wrong.txt", "Hello {nmae}");
    let outcome = recipe(&desk, "reply_tickets.rhai", &["wrong.txt", "admin"]);
    assert!(
        outcome.failed(1).contains("the text has {nmae}"),
        "{}",
        outcome.stderr
    );
    let sample = data("reply.txt");
    recipe(&desk, "reply_tickets.rhai", &[&sample, "admin"]).succeeded();
    for (id, subject) in ids.iter().zip(["Mail is {late}", "No backup"]) {
        let ticket = sandbox.ask("GetTicket", &[("ticketid", id)]);
        let replies = ticket["replies"]["reply"].as_array().unwrap();
        let reply = replies.last().unwrap()["message"].as_str().unwrap();
        assert!(reply.contains(&kept(&format!("\"{subject}\""))), "{reply}");
        assert_eq!(ticket["status"], "Answered");
    }
    let again = recipe(&desk, "reply_tickets.rhai", &[&sample, "admin"]);
    assert_eq!(again.succeeded(), "replies: 0, failed: 0\n");
}

#[test]
fn domains_without_auto_renewal_are_listed() {
    let sandbox = Sandbox::start();
    let off = [("domainid", "1"), ("donotrenew", "1"), ("status", "Active")];
    sandbox.ask("UpdateClientDomain", &off);
    let desk = sandbox.desk();
    recipe(&desk, "list_without_renewal.rhai", &["domains.csv"]).succeeded();
    let listed = fs::read_to_string(desk.folder().join("domains.csv")).unwrap();
    assert_eq!(listed.lines().count(), 2, "{listed}");
}

#[test]
fn every_recipe_is_written_by_the_program_as_it_is_in_the_repository() {
    let desk = Desk::new();
    let scripts = repository().join("scripts");
    for path in recipes() {
        let name = path.file_stem().unwrap().to_str().unwrap();
        if name.ends_with("_test") {
            continue;
        }
        desk.whmcsh(["init", "--recipe", name, "mine"]).succeeded();
        let written = desk.folder().join("mine").join(path.file_name().unwrap());
        assert_eq!(
            fs::read(written).unwrap(),
            fs::read(&path).unwrap(),
            "{name}"
        );
        let again = desk.whmcsh(["init", "--recipe", name, "mine"]);
        assert!(
            again.failed(2).contains("already has a"),
            "{}",
            again.stderr
        );
        // Data that recipes share is not written over.
        let _ = fs::remove_dir_all(desk.folder().join("mine/data"));
    }
    desk.whmcsh(["init", "--recipe", "onboard_clients"])
        .succeeded();
    let clients = fs::read(desk.folder().join("data/clients.csv")).unwrap();
    assert_eq!(clients, fs::read(scripts.join("data/clients.csv")).unwrap());
    let wrong = desk.whmcsh(["init", "--recipe", "onbord_clients"]);
    assert!(
        wrong.failed(2).contains("did you mean `onboard_clients`?"),
        "{}",
        wrong.stderr
    );
}
