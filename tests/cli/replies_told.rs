//! What a reply says beside its success, and what of a list it leaves out, is told.

use serde_json::{Value, json};

use crate::canned::Canned;
use crate::support::Desk;

/// A server that warns of the second address.
fn warning() -> (Canned, Desk) {
    let canned = Canned::saying(|body| {
        let mut reply = json!({"result": "success", "clientid": 77});
        if body.contains("b%40x.example") {
            reply["warning"] = "The card was not kept".into();
        }
        reply.to_string()
    });
    let desk = canned.desk();
    desk.file("new.csv", "email\na@x.example\nb@x.example\n");
    (canned, desk)
}

const UPDATES: &str = r#"bulk(csv("new.csv"), #{ key: "email", workers: 1 }, |row| {
    let reply = update_client(#{ clientemail: row.email, city: "Oslo" });
    #{ clientid: reply.clientid }
});"#;

fn results(desk: &Desk) -> String {
    std::fs::read_to_string(desk.only_run().join("results.csv")).unwrap()
}

#[test]
fn a_warning_beside_success_is_kept_with_its_row() {
    let (_canned, desk) = warning();
    let outcome = desk.script(UPDATES);
    outcome.succeeded();
    assert!(
        outcome
            .stderr
            .contains("`UpdateClient`: The card was not kept"),
        "{}",
        outcome.stderr
    );
    let results = results(&desk);
    assert!(
        results.starts_with("email,_row,_line,_outcome,_error,clientid,_warning\n"),
        "{results}"
    );
    assert!(results.contains("a@x.example,1,2,done,,77,\n"), "{results}");
    assert!(results.contains("b@x.example,2,3,done,,77,UpdateClient: The card was not kept\n"));
    let shown = desk.whmcsh(["runs", "show", "last"]);
    let shown = shown.succeeded();
    assert!(shown.contains("1 row has a warning from WHMCS:"), "{shown}");
    assert!(
        shown.contains("1 × UpdateClient: The card was not kept (first: row 2)"),
        "{shown}"
    );
}

#[test]
fn a_strict_run_fails_the_row_and_does_not_write_again() {
    let (canned, desk) = warning();
    desk.file("a.rhai", UPDATES);
    let strict = desk.whmcsh(["run", "a.rhai", "--strict"]);
    let told = strict.failed(4);
    assert!(
        told.contains("carried out `UpdateClient` with a warning"),
        "{told}"
    );
    let sent = canned.calls();
    let run = desk.only_run();
    let run = run.file_name().unwrap().to_str().unwrap();
    desk.whmcsh(["run", "a.rhai", "--resume", run]);
    assert_eq!(canned.calls() - sent, 0, "a write was sent again");
}

fn listing(records: usize, total: usize) -> Desk {
    let canned = Canned::saying(move |body| {
        if body.starts_with("action=WhmcsDetails&") {
            return json!({"result": "success"}).to_string();
        }
        let number = |name: &str| {
            let value = body.split('&').find_map(|field| field.strip_prefix(name));
            value.and_then(|value| value.parse::<usize>().ok())
        };
        let (start, length) = (number("limitstart="), number("limitnum="));
        let page: Vec<Value> = (0..records)
            .skip(start.unwrap_or(0))
            .take(length.unwrap_or(25))
            .map(|id| json!({"id": id + 1}))
            .collect();
        json!({"result": "success", "totalresults": total, "clients": {"client": page}}).to_string()
    });
    canned.desk()
}

#[test]
fn a_part_of_a_list_that_nobody_asked_for_is_told_once() {
    let desk = listing(60, 60);
    let outcome = desk.script(
        "for n in 0..3 { for client in get_clients().clients.client { let id = client.id; } }
         for client in get_clients(#{ limitnum: 10 }).clients.client { let id = client.id; }",
    );
    outcome.succeeded();
    let told = "`get_clients` returned 25 of 60 records: `all_clients` returns all of them";
    assert_eq!(
        outcome.stderr.matches(told).count(),
        1,
        "{}",
        outcome.stderr
    );
    let outcome = desk.whmcsh(["call", "GetClients"]);
    outcome.succeeded();
    assert!(
        outcome
            .stderr
            .contains("25 of 60 records; `--all` fetches the rest")
    );
}

#[test]
fn a_list_that_ends_before_its_total_is_an_error() {
    for (records, total) in [(35, 60), (0, 12)] {
        let desk = listing(records, total);
        let outcome = desk.script("let n = 0; for client in all_clients() { n += 1; } print(n);");
        let told = outcome.failed(3);
        let missing = format!("{total} records but returned {records}");
        assert!(told.contains(&missing), "{told}");
        let outcome = desk.whmcsh(["call", "GetClients", "--all"]);
        assert_ne!(outcome.code, Some(0));
        assert!(outcome.stderr.contains(&missing), "{}", outcome.stderr);
    }
}
