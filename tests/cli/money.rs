//! Money: summed by currency and kind in a plan, and limited in a run.

use std::fs;

use serde_json::{Value, json};

use crate::guards::only_run;
use crate::plan::plan;
use crate::support::{Desk, Outcome, Sandbox};

/// Gives the second client another currency than the first.
fn two_currencies(sandbox: &Sandbox) {
    sandbox.ask("UpdateClient", &[("clientid", "1"), ("currency", "1")]);
    sandbox.ask("UpdateClient", &[("clientid", "2"), ("currency", "2")]);
}

fn credit(sandbox: &Sandbox, client: &str) -> String {
    let client = sandbox.ask("GetClientsDetails", &[("clientid", client)])["client"].clone();
    client["credit"].as_str().unwrap().to_owned()
}

fn credits(sandbox: &Sandbox, client: &str) -> usize {
    let credits = sandbox.ask("GetCredits", &[("clientid", client)]);
    let all = credits["credits"]["credit"].as_array();
    all.map_or(0, |all| {
        let ours = |credit: &&Value| credit["description"] == "limited";
        all.iter().filter(ours).count()
    })
}

/// A script that gives that much to those clients, one after the other.
fn giving(amount: &str, clients: &[u32]) -> String {
    format!(
        "for id in {clients:?} {{ add_credit(#{{ clientid: id, description: \"limited\", amount: \"{amount}\" }}); }}"
    )
}

fn run(desk: &Desk, script: &str, options: &[&str]) -> Outcome {
    desk.file("script.rhai", script);
    desk.whmcsh([&["run", "script.rhai"], options].concat())
}

#[test]
fn a_plan_sums_money_by_currency_and_kind() {
    let sandbox = Sandbox::start();
    two_currencies(&sandbox);
    let desk = sandbox.desk();
    let script = format!(
        "{}\ncreate_invoice(#{{ userid: 1, itemdescription: [\"a\", \"b\"], itemamount: [\"1.50\", \"2\"] }});",
        giving("5.00", &[1, 2, 2])
    );
    let shown = plan(
        &desk,
        &script,
        &["--html", "plan.html", "--csv", "plan.csv"],
    );
    let shown = shown.succeeded();
    let money = "credited 10.00 EUR, credited 5.00 USD, charged 3.50 USD";
    assert!(shown.contains(&format!("money: {money}\n")), "{shown}");
    let page = fs::read_to_string(desk.folder().join("plan.html")).unwrap();
    assert!(page.contains(money), "{page}");
    let table = fs::read_to_string(desk.folder().join("plan.csv")).unwrap();
    assert!(table.contains(",amount,,5.00,,USD\n"), "{table}");
    assert!(
        table.contains("\ntotal,,,,,credited,,10.00,,EUR\n"),
        "{table}"
    );
    assert!(
        table.contains("\ntotal,,,,,charged,,3.50,,USD\n"),
        "{table}"
    );
    let told = plan(&desk, &script, &["--json"]).json();
    assert_eq!(
        told["sums"],
        json!([
            {"currency": "EUR", "kind": "credit", "new": "10.00", "old": null, "percent": null},
            {"currency": "USD", "kind": "credit", "new": "5.00", "old": null, "percent": null},
            {"currency": "USD", "kind": "charge", "new": "3.50", "old": null, "percent": null},
        ])
    );
    assert_eq!(told["actions"][0]["money"], Value::Null);
    assert_eq!(told["rows"][0]["writes"][0]["currency"], "USD");
}

#[test]
fn a_plan_shows_what_prices_are_now_and_by_how_much_they_rise() {
    let sandbox = Sandbox::start();
    let services = sandbox.ask("GetClientsProducts", &[("limitnum", "1")]);
    let service = services["products"]["product"][0].clone();
    let id = service["id"].to_string().replace('"', "");
    let update = |amount: &str| {
        sandbox.ask(
            "UpdateClientProduct",
            &[("serviceid", &id), ("recurringamount", amount)],
        )
    };
    update("10.00");
    let client = service["clientid"].to_string().replace('"', "");
    sandbox.ask("UpdateClient", &[("clientid", &client), ("currency", "2")]);
    let desk = sandbox.desk();
    let script =
        format!("update_client_product(#{{ serviceid: {id}, recurringamount: \"11.90\" }});");
    let shown = plan(&desk, &script, &["--csv", "plan.csv"]);
    let shown = shown.succeeded();
    assert!(
        shown.contains("money: priced 10.00 → 11.90 EUR (+19.0 %)\n"),
        "{shown}"
    );
    let table = fs::read_to_string(desk.folder().join("plan.csv")).unwrap();
    assert!(
        table.contains("\ntotal,,,,,priced,10.00,11.90,(+19.0 %),EUR\n"),
        "{table}"
    );
    let told = plan(&desk, &script, &["--json"]).json();
    assert_eq!(
        told["sums"],
        json!([{"currency": "EUR", "kind": "price", "new": "11.90", "old": "10.00", "percent": "19.0"}])
    );
}

#[test]
fn money_of_a_client_who_is_not_there_yet_has_no_currency_and_is_summed_with_none() {
    let sandbox = Sandbox::start();
    two_currencies(&sandbox);
    let script = format!(
        "let c = add_client(#{{ email: \"new@money.example\", password2: random_password(), skipvalidation: true, noemail: true }});\n\
         add_credit(#{{ clientid: c.clientid, description: \"a\", amount: \"1.00\" }});\n{}",
        giving("5.00", &[1])
    );
    let shown = plan(&sandbox.desk(), &script, &[]);
    let shown = shown.succeeded();
    assert!(
        shown.contains("money: credited 1.00 of unknown currency, credited 5.00 USD\n"),
        "{shown}"
    );
}

#[test]
fn a_run_stops_before_the_write_that_would_pass_its_money_and_counts_on_when_it_is_resumed() {
    let sandbox = Sandbox::start();
    two_currencies(&sandbox);
    let desk = sandbox.desk();
    let script = giving("4.00", &[1, 1, 1, 1]);
    let said = run(&desk, &script, &["--max-money", "10 USD"]);
    let said = said.failed(6);
    assert!(
        said.starts_with(
            "error: `AddCredit` of 4.00 USD was not sent: `--max-money` allows 10 USD; moved so far: 8.00 USD\n"
        ),
        "{said}"
    );
    assert!(
        said.contains(
            "hint: to allow more, resume with `--max-money \"N USD\"`\n\
        to resume, run: whmcsh run script.rhai --max-money '10 USD'"
        ),
        "{said}"
    );
    assert_eq!(credits(&sandbox, "1"), 2);
    let id = only_run(&desk);
    let resumed =
        |most: &str| desk.whmcsh(["run", "script.rhai", "--resume", &id, "--max-money", most]);
    let again = resumed("10 USD");
    assert!(
        again.failed(6).contains("moved so far: 8.00 USD"),
        "{}",
        again.stderr
    );
    let more = resumed("12 USD");
    assert!(
        more.failed(6).contains("moved so far: 12.00 USD"),
        "{}",
        more.stderr
    );
    assert_eq!(credits(&sandbox, "1"), 3);
    resumed("16 USD").succeeded();
    assert_eq!(credits(&sandbox, "1"), 4);
}

#[test]
fn each_currency_has_a_limit_of_its_own_and_one_without_is_not_allowed() {
    let sandbox = Sandbox::start();
    two_currencies(&sandbox);
    let desk = sandbox.desk();
    let script = giving("4.00", &[1, 2]);
    let said = run(&desk, &script, &["--max-money", "100 USD"]);
    let said = said.failed(6);
    assert!(
        said.contains(
            "`AddCredit` moves money in EUR, which no `--max-money` allows; nothing was sent"
        ),
        "{said}"
    );
    assert_eq!((credits(&sandbox, "1"), credits(&sandbox, "2")), (1, 0));
    let both = ["--max-money", "8 USD", "--max-money", "4 EUR"];
    run(&desk, &script, &both).succeeded();
    let twice = run(
        &desk,
        &script,
        &["--max-money", "8 USD", "--max-money", "4 usd"],
    );
    assert!(
        twice.failed(2).contains("`--max-money` limits USD twice"),
        "{}",
        twice.stderr
    );
    let wrong = run(&desk, &script, &["--max-money", "100"]);
    assert!(
        wrong
            .failed(2)
            .contains("`100` is not an amount with its currency"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn what_moves_a_sum_that_nobody_knows_is_refused_unless_a_read_tells_it() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let money = ["--max-money", "1000 USD", "--max-money", "1000 EUR"];
    for call in [
        "gen_invoices(#{ noemails: true })",
        "accept_order(#{ orderid: 1 })",
        "add_order(#{ clientid: 1, pid: [1], paymentmethod: \"banktransfer\" })",
        "call(\"MyAction\", #{})",
    ] {
        let outcome = run(&desk, &format!("{call};"), &money);
        let said = outcome.failed(6);
        assert!(
            said.contains(
                "is not known beforehand, and the run has `--max-money`; nothing was sent"
            ),
            "{call}: {said}"
        );
        let shown = plan(&desk, &format!("{call};"), &money);
        let shown = shown.succeeded();
        assert!(
            shown.contains("would be refused: the amount of money"),
            "{call}: {shown}"
        );
    }
    let invoice = sandbox.ask(
        "CreateInvoice",
        &[
            ("userid", "1"),
            ("status", "Unpaid"),
            ("itemdescription1", "a"),
            ("itemamount1", "7.00"),
        ],
    )["invoiceid"]
        .to_string()
        .replace('"', "");
    let pay = format!(
        "add_invoice_payment(#{{ invoiceid: {invoice}, transid: \"m1\", gateway: \"banktransfer\", date: now(), noemail: true }});"
    );
    let shown = plan(&desk, &pay, &[]);
    assert!(
        shown.succeeded().contains("received 7.00 "),
        "{}",
        shown.stdout
    );
    let low = run(
        &desk,
        &pay,
        &["--max-money", "6.99 USD", "--max-money", "6.99 EUR"],
    );
    assert!(
        low.failed(6).contains("`AddInvoicePayment` of 7.00 "),
        "{}",
        low.stderr
    );
    run(&desk, &pay, &money).succeeded();
}

#[test]
fn a_plan_says_which_limit_of_money_would_stop_it_and_a_bound_run_has_the_same() {
    let sandbox = Sandbox::start();
    two_currencies(&sandbox);
    let desk = sandbox.desk();
    let script = giving("4.00", &[1, 1, 1]);
    let options = ["--max-money", "10 USD", "--out", "plan.json"];
    let shown = plan(&desk, &script, &options);
    let shown = shown.succeeded();
    assert!(
        shown.ends_with("would stop at `--max-money \"10 USD\"`: its writes move 12.00 USD\n"),
        "{shown}"
    );
    let bound = |most: &str| {
        desk.whmcsh([
            "run",
            "script.rhai",
            "--bind",
            "plan.json",
            "--max-money",
            most,
        ])
    };
    let other = bound("20 USD");
    assert!(
        other
            .failed(2)
            .contains("the plan was made with `--max-money \"10 USD\"`"),
        "{}",
        other.stderr
    );
    bound("10 USD").failed(6);
    assert_eq!(credits(&sandbox, "1"), 2);
}

#[test]
fn rows_of_all_workers_share_the_money_and_shards_divide_it() {
    let sandbox = Sandbox::start();
    two_currencies(&sandbox);
    let desk = sandbox.desk();
    let script = "let rows = []; for n in 1..41 { rows.push(#{ n: n }); } bulk(rows, #{ key: \"n\", workers: 8 }, |row| { add_credit(#{ clientid: 1, description: \"limited\", amount: \"1.00\" }); });";
    run(&desk, script, &["--max-money", "10 USD"]).failed(6);
    assert_eq!(credits(&sandbox, "1"), 10);
    let before = credit(&sandbox, "1");
    let none = run(
        &desk,
        script,
        &["--max-money", "0.01 USD", "--shard", "2/2"],
    );
    assert!(
        none.failed(2)
            .contains("`--max-money \"0.01 USD\"` leaves nothing to shard 2/2"),
        "{}",
        none.stderr
    );
    assert_eq!(credit(&sandbox, "1"), before);
}

#[test]
fn an_earlier_pass_without_the_limit_is_said_not_to_be_counted() {
    let sandbox = Sandbox::start();
    two_currencies(&sandbox);
    let desk = sandbox.desk();
    let script = giving("4.00", &[1, 1, 1]);
    run(&desk, &script, &["--max-writes", "1"]).failed(6);
    let id = only_run(&desk);
    let resumed = desk.whmcsh([
        "run",
        "script.rhai",
        "--resume",
        &id,
        "--max-money",
        "8 USD",
    ]);
    let said = resumed.succeeded_in_words();
    assert!(
        said.contains("were made without `--max-money`, so their sums are not counted: AddCredit"),
        "{said}"
    );
    assert_eq!(credits(&sandbox, "1"), 3);
}

#[test]
fn mails_that_nobody_can_count_are_unknown_in_every_form_of_a_plan() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let script = "gen_invoices(#{}); send_email(#{ id: 1, messagename: \"Client Signup Email\" });";
    let shown = plan(&desk, script, &["--html", "plan.html", "--csv", "plan.csv"]);
    let shown = shown.succeeded();
    assert!(shown.contains("emails: unknown (GenInvoices)"), "{shown}");
    assert!(!shown.contains("at most"), "{shown}");
    let page = fs::read_to_string(desk.folder().join("plan.html")).unwrap();
    assert!(
        page.contains("emails: unknown (GenInvoices)") && !page.contains("at most"),
        "{page}"
    );
    let table = fs::read_to_string(desk.folder().join("plan.csv")).unwrap();
    assert!(table.ends_with("total,,,,,mails,,unknown,,\n"), "{table}");
    assert!(
        table.contains("total,,,environment,SendEmail,mails,,1,at most,\n"),
        "{table}"
    );
    let told = plan(&desk, script, &["--json"]).json();
    assert_eq!(told["actions"][0]["unknown_mails"], 1);
    assert_eq!(told["actions"][0]["mails"], 0);
    assert_eq!(told["rows"][0]["writes"][0]["mails"], Value::Null);
    let known = "send_email(#{ id: 1, messagename: \"Client Signup Email\" });";
    let shown = plan(&desk, known, &["--csv", "plan.csv"]);
    assert!(
        shown.succeeded().contains("at most 1 email"),
        "{}",
        shown.stdout
    );
    let table = fs::read_to_string(desk.folder().join("plan.csv")).unwrap();
    assert!(table.ends_with("total,,,,,mails,,1,at most,\n"), "{table}");
}

/// An unpaid invoice of the first client over that much.
fn invoice(sandbox: &Sandbox, amount: &str) -> String {
    let lines = [
        ("userid", "1"),
        ("status", "Unpaid"),
        ("itemdescription1", "a"),
        ("itemamount1", amount),
    ];
    let id = &sandbox.ask("CreateInvoice", &lines)["invoiceid"];
    id.to_string().replace('"', "")
}

#[test]
fn an_invoice_that_is_said_to_be_paid_moves_what_is_open_of_it() {
    let sandbox = Sandbox::start();
    two_currencies(&sandbox);
    let desk = sandbox.desk();
    let id = invoice(&sandbox, "7.00");
    let paid = format!("update_invoice(#{{ invoiceid: {id}, status: \"Paid\" }});");
    let shown = plan(&desk, &paid, &[]);
    let shown = shown.succeeded();
    assert!(shown.contains("received 7.00 USD"), "{shown}");
    let low = run(&desk, &paid, &["--max-money", "6.99 USD"]);
    let said = low.failed(6);
    assert!(
        said.contains("`UpdateInvoice` of 7.00 USD was not sent"),
        "{said}"
    );
    run(&desk, &paid, &["--max-money", "7 USD"]).succeeded();
    // It is paid now: there is nothing left to move.
    run(&desk, &paid, &["--max-money", "0 EUR"]).succeeded();
    let gone = "update_invoice(#{ invoiceid: 999999, status: \"Paid\" });";
    let unknown = run(&desk, gone, &["--max-money", "7 USD"]);
    let said = unknown.failed(6);
    assert!(
        said.contains("the amount of money that `UpdateInvoice` moves is not known beforehand"),
        "{said}"
    );
}

#[test]
fn a_status_a_line_that_goes_and_less_credit_move_what_the_invoice_shows() {
    let sandbox = Sandbox::start();
    two_currencies(&sandbox);
    let desk = sandbox.desk();
    let id = invoice(&sandbox, "7.00");
    let shown = sandbox.ask("GetInvoice", &[("invoiceid", &id)]);
    let line = shown["items"]["item"][0]["id"].to_string().replace('"', "");
    for change in [
        "status: \"Collections\"".to_owned(),
        "status: \"Payment Pending\"".to_owned(),
        "status: \"Draft\"".to_owned(),
        format!("deletelineids: [{line}]"),
        format!(
            "itemdescription: #{{ \"{line}\": \"a\" }}, itemamount: #{{ \"{line}\": \"0\" }}, itemtaxed: #{{ \"{line}\": false }}"
        ),
    ] {
        let script = format!("update_invoice(#{{ invoiceid: {id}, {change} }});");
        let low = run(&desk, &script, &["--max-money", "6.99 USD"]);
        let said = low.failed(6);
        assert!(
            said.contains("`UpdateInvoice` of 7.00 USD was not sent"),
            "{change}: {said}"
        );
    }
    // Of one that was paid, the whole moves again.
    let status = |to: &str| format!("update_invoice(#{{ invoiceid: {id}, status: \"{to}\" }});");
    run(&desk, &status("Paid"), &["--max-money", "7 USD"]).succeeded();
    for to in ["Unpaid", "Cancelled", "Payment Pending"] {
        let low = run(&desk, &status(to), &["--max-money", "6.99 USD"]);
        let said = low.failed(6);
        assert!(said.contains("of 7.00 USD was not sent"), "{to}: {said}");
    }
    let other = format!("update_invoice(#{{ invoiceid: {id}, deletelineids: [999999] }});");
    let unknown = run(&desk, &other, &["--max-money", "7 USD"]);
    let said = unknown.failed(6);
    assert!(said.contains("is not known beforehand"), "{said}");
}

#[test]
fn list_prices_are_no_clients_money_and_a_plan_says_so() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let script = "create_or_update_tld(#{ extension: \".example\", currency_code: \"USD\", register: #{ \"1\": \"10.00\" } });";
    let shown = plan(
        &desk,
        script,
        &["--csv", "plan.csv", "--max-money", "1 USD"],
    );
    let shown = shown.succeeded();
    assert!(
        shown.contains("1 write sets list prices, which are no client's money: `--max-money` does not count them\n"),
        "{shown}"
    );
    let table = fs::read_to_string(desk.folder().join("plan.csv")).unwrap();
    assert!(
        table.contains(",writes that set list prices,,1,not counted as money,"),
        "{table}"
    );
    run(&desk, script, &["--max-money", "1 USD"]).succeeded();
}
