//! The recipes that change prices and clean up do on the server what their headers say.

use serde_json::Value;

use crate::recipes::{recipe, total};
use crate::support::{Desk, Sandbox, int};

fn service(sandbox: &Sandbox, id: &str) -> Value {
    sandbox.ask("GetClientsProducts", &[("serviceid", id)])["products"]["product"][0].clone()
}

fn price(sandbox: &Sandbox, id: &str) -> String {
    let service = service(sandbox, id);
    service["recurringamount"].as_str().unwrap().to_owned()
}

fn status(sandbox: &Sandbox, client: &str) -> Value {
    sandbox.ask("GetClientsDetails", &[("clientid", client)])["client"]["status"].clone()
}

fn sheet(desk: &Desk) -> Vec<String> {
    let sheet = std::fs::read_to_string(desk.folder().join("prices.csv")).unwrap();
    sheet.lines().map(str::to_owned).collect()
}

const CHANGE: &str = "bulk_price_change.rhai";

#[test]
fn prices_rise_by_the_percentage_to_the_step_and_never_below_the_floor() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let outcome = recipe(
        &desk,
        CHANGE,
        &["5", "prices.csv", "floor=30.00", "step=0.10"],
    );
    let said = outcome.succeeded();
    assert!(
        said.ends_with(
            "0.23 EUR a month\n5.01 USD a month\n\
             2 changed, 0 were so already, 0 left alone, 0 failed\n"
        ),
        "{said}"
    );
    assert_eq!(
        sheet(&desk),
        [
            "serviceid,clientid,product,cycle,currency,old,new,monthly",
            "1,1,Starter,Annually,EUR,55.00,57.80,0.23",
            "2,3,Cloud VPS,Monthly,USD,24.99,30.00,5.01",
        ]
    );
    assert_eq!(price(&sandbox, "1"), "57.80");
    assert_eq!(price(&sandbox, "2"), "30.00");
    // Neither pending nor cancelled services were asked for.
    assert_eq!(price(&sandbox, "3"), "11.95");
    assert_eq!(price(&sandbox, "4"), "5.50");
}

#[test]
fn running_a_price_change_again_raises_nothing_twice() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    recipe(&desk, CHANGE, &["10", "prices.csv"]).succeeded();
    assert_eq!(price(&sandbox, "1"), "60.50");
    sandbox.ask(
        "UpdateClientProduct",
        &[("serviceid", "2"), ("recurringamount", "20.00")],
    );
    let again = recipe(&desk, CHANGE, &["10", "prices.csv"]);
    assert!(
        again
            .succeeded()
            .ends_with("0 changed, 1 were so already, 1 left alone, 0 failed\n"),
        "{}",
        again.stdout
    );
    assert_eq!(price(&sandbox, "1"), "60.50");
    assert_eq!(price(&sandbox, "2"), "20.00");
}

#[test]
fn a_price_change_whose_reply_was_lost_is_made_once() {
    for fault in ["reset-after", "reset-before"] {
        let sandbox = Sandbox::with(&["--fault", &format!("{fault}@UpdateClientProduct:#1")]);
        let desk = sandbox.desk();
        recipe(&desk, CHANGE, &["10", "prices.csv"]).succeeded();
        assert_eq!(price(&sandbox, "1"), "60.50", "{fault}");
        assert_eq!(price(&sandbox, "2"), "27.49", "{fault}");
    }
}

#[test]
fn only_the_services_asked_for_change_and_nonsense_changes_nothing() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    for wrong in ["prodct=3", "step=0", "floor=x", "3"] {
        recipe(&desk, CHANGE, &["5", "prices.csv", wrong]).failed(1);
    }
    recipe(&desk, CHANGE, &["5"]).failed(1);
    assert!(!desk.folder().join("prices.csv").exists());
    recipe(&desk, CHANGE, &["--", "-10", "prices.csv", "product=3"]).succeeded();
    assert_eq!(price(&sandbox, "1"), "55.00");
    assert_eq!(price(&sandbox, "2"), "22.49");
}

#[test]
fn cleaning_up_ends_what_clients_long_gone_still_have_and_closes_them() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    sandbox.ask("UpdateClient", &[("clientid", "1"), ("status", "Inactive")]);
    let outcome = recipe(&desk, "clean_up.rhai", &["12"]);
    assert!(
        outcome
            .succeeded()
            .ends_with("1 services ended, 1 domains cancelled, 1 clients closed, 0 kept\n"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome
            .stderr
            .contains("kept 4 <jose.garcia@example.org>: active on "),
        "{}",
        outcome.stderr
    );
    assert_eq!(status(&sandbox, "1"), "Closed");
    assert_eq!(status(&sandbox, "4"), "Inactive");
    assert_eq!(service(&sandbox, "1")["status"], "Terminated");
    let domain = &sandbox.ask("GetClientsDomains", &[("clientid", "1")])["domains"]["domain"][0];
    assert_eq!(
        (domain["status"].as_str(), int(&domain["donotrenew"])),
        (Some("Cancelled"), Some(1))
    );
    // The module was asked, before the client was closed.
    let log = sandbox.ask("GetActivityLog", &[("limitnum", "500"), ("userid", "1")]);
    let entries = log["activity"]["entry"].as_array().unwrap();
    let place = |words: &str| {
        entries
            .iter()
            .find(|entry| entry["description"].as_str().unwrap().contains(words))
            .map(|entry| {
                entry["id"]
                    .to_string()
                    .replace('"', "")
                    .parse::<i64>()
                    .unwrap()
            })
    };
    let terminated = place("Module Terminate Successful - Service ID: 1");
    assert!(
        terminated.is_some() && terminated < place("Client Closed"),
        "{log}"
    );
}

#[test]
fn cleaning_up_spares_who_owes_and_does_each_service_as_it_can_be_done() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    for client in ["2", "3"] {
        sandbox.ask(
            "UpdateClient",
            &[("clientid", client), ("status", "Inactive")],
        );
    }
    let first = recipe(&desk, "clean_up.rhai", &["0"]);
    first.succeeded();
    assert!(
        first
            .stderr
            .contains("kept 2 <siobhan.obrien@example.net>: active on")
            || first
                .stderr
                .contains("kept 2 <siobhan.obrien@example.net>: owes money"),
        "{}",
        first.stderr
    );
    assert_eq!(status(&sandbox, "2"), "Inactive");

    for invoice in ["2", "3"] {
        sandbox.ask(
            "UpdateInvoice",
            &[("invoiceid", invoice), ("status", "Cancelled")],
        );
    }
    recipe(&desk, "clean_up.rhai", &["0"]).succeeded();
    assert_eq!(status(&sandbox, "2"), "Closed");
    assert_eq!(status(&sandbox, "3"), "Closed");
    // One was never set up, the other has no module to end it.
    assert_eq!(service(&sandbox, "3")["status"], "Cancelled");
    assert_eq!(service(&sandbox, "2")["status"], "Terminated");
    assert_eq!(
        total(&sandbox.ask("GetClients", &[("status", "Inactive")])),
        0
    );
}

#[test]
fn a_client_whose_service_cannot_be_ended_stays_open_until_it_can() {
    let sandbox = Sandbox::with(&["--fault", "html=500@ModuleTerminate:#1"]);
    let desk = sandbox.desk();
    sandbox.ask("UpdateClient", &[("clientid", "1"), ("status", "Inactive")]);
    let outcome = recipe(&desk, "clean_up.rhai", &["12"]);
    assert_ne!(outcome.code, Some(0), "{}", outcome.stdout);
    assert!(
        outcome.stdout.ends_with("0 clients closed, 1 kept\n"),
        "{}{}",
        outcome.stdout,
        outcome.stderr
    );
    assert_eq!(status(&sandbox, "1"), "Inactive");
    recipe(&desk, "clean_up.rhai", &["12"]).succeeded();
    assert_eq!(status(&sandbox, "1"), "Closed");
    assert_eq!(service(&sandbox, "1")["status"], "Terminated");
}
