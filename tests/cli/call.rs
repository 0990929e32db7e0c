//! One call from the shell.

use crate::support::{Desk, Sandbox};

#[test]
fn a_reply_is_json_where_nobody_looks() {
    let sandbox = Sandbox::start();
    let reply = sandbox.desk().whmcsh(["call", "get_currencies"]).json();
    assert_eq!(reply["result"], "success");
    assert_eq!(reply["currencies"]["currency"][0]["code"], "USD");
}

#[test]
fn all_pages_of_a_list_are_fetched_in_each_format() {
    let sandbox = Sandbox::with(&["--clients", "230"]);
    let desk = sandbox.desk();
    let total = sandbox.ask("GetClients", &[])["totalresults"]
        .as_u64()
        .unwrap();
    let total = usize::try_from(total).unwrap();
    let json = desk
        .whmcsh(["call", "GetClients", "--all", "-o", "json"])
        .json();
    assert_eq!(json.as_array().unwrap().len(), total);
    let ndjson = desk.whmcsh(["call", "GetClients", "--all", "-o", "ndjson"]);
    assert_eq!(ndjson.succeeded().lines().count(), total);
    let csv = desk.whmcsh(["call", "GetClients", "--all", "-o", "csv"]);
    assert_eq!(
        csv.succeeded().lines().next().unwrap().split(',').next(),
        Some("id")
    );
    assert_eq!(
        csv::Reader::from_reader(csv.stdout.as_bytes())
            .records()
            .count(),
        total
    );
    let table = desk.whmcsh(["call", "GetClients", "--all", "-o", "table"]);
    assert!(table.succeeded().contains("│ id"), "{}", table.stdout);
}

#[test]
fn nested_parameters_are_written_in_brackets() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let words = [
        "call",
        "AddOrder",
        "clientid=1",
        "paymentmethod=banktransfer",
        "pid[0]=1",
        "billingcycle[0]=monthly",
        "noemail=true",
    ];
    let order = desk.whmcsh(words).json();
    assert!(order["orderid"].is_i64(), "{order}");
    let services = sandbox.ask(
        "GetClientsProducts",
        &[(
            "serviceid",
            &order["serviceids"].to_string().replace('"', ""),
        )],
    );
    assert_eq!(
        services["products"]["product"][0]["pid"]
            .to_string()
            .replace('"', ""),
        "1"
    );
}

#[test]
fn whmcs_words_of_refusal_are_shown_as_they_are() {
    let sandbox = Sandbox::start();
    let outcome = sandbox
        .desk()
        .whmcsh(["call", "GetClientsDetails", "clientid=999999"]);
    assert!(
        outcome.failed(1).contains("\"Client Not Found\""),
        "{}",
        outcome.stderr
    );
}

#[test]
fn an_unknown_action_is_sent_only_when_told() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let refused = desk.whmcsh(["call", "GetCleints"]);
    assert_eq!(
        refused.failed(2),
        "error: unknown action `GetCleints`; nothing was sent\nhint: did you mean `GetClients`?\n"
    );
    let sent = desk.whmcsh(["call", "MyAction", "--allow-unknown"]);
    assert!(
        sent.failed(1).contains("\"Command Not Found\""),
        "{}",
        sent.stderr
    );
}

#[test]
fn a_reader_that_hangs_up_ends_the_program_quietly() {
    let sandbox = Sandbox::with(&["--clients", "1500"]);
    let desk = sandbox.desk();
    let mut child = desk
        .command()
        .args(["call", "GetClients", "--all", "-o", "ndjson"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn a_list_is_needed_to_fetch_all_of_it() {
    let outcome = Desk::new().whmcsh(["call", "WhmcsDetails", "--all", "--sandbox"]);
    assert!(
        outcome.failed(2).contains("returns no list"),
        "{}",
        outcome.stderr
    );
}
