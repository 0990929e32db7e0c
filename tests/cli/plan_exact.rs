//! What a bound run may not do in silence: another secret's name, another order, another
//! day, another record than the plan says.

use std::fs;

use serde_json::Value;

use crate::support::{Desk, Outcome, Sandbox};

/// The script's plan, and the desk it was made at.
fn planned(sandbox: &Sandbox, script: &str) -> Desk {
    let desk = sandbox.desk();
    desk.file("script.rhai", script);
    plan(&desk).succeeded();
    desk
}

fn plan(desk: &Desk) -> Outcome {
    desk.whmcsh(["plan", "script.rhai", "--out", "plan.json"])
}

fn bound(desk: &Desk) -> Outcome {
    desk.whmcsh(["run", "script.rhai", "--bind", "plan.json"])
}

fn set_city(sandbox: &Sandbox, id: &str, city: &str) {
    sandbox.ask("UpdateClient", &[("clientid", id), ("city", city)]);
}

fn client(sandbox: &Sandbox, id: &str) -> Value {
    sandbox.ask("GetClientsDetails", &[("clientid", id)])["client"].clone()
}

/// The run stops for those words.
fn stopped(outcome: &Outcome, words: &str) {
    let said = outcome.failed(4);
    assert!(
        said.contains(words) && said.contains("nothing was sent"),
        "{said}"
    );
}

#[test]
fn every_form_of_a_plan_names_the_secrets_that_would_be_set() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "script.rhai",
        r#"
            update_client(#{ clientid: 3, password2: "abcdefgh1" });
            add_pay_method(#{ clientid: 3, type: "CreditCard", description: "c", card_number: "4111111111111111", card_expiry: "1230" });
            module_change_pw(#{ serviceid: 1, servicepassword: "qqqqqqqq1" });
            call("MyAction", #{ at: [#{ api_key: "kkkkkkkk1", host: "h" }] });
        "#,
    );
    let words = [
        "plan",
        "script.rhai",
        "--out",
        "plan.json",
        "--html",
        "plan.html",
        "--csv",
        "plan.csv",
    ];
    let shown = desk.whmcsh(words).succeeded().to_owned();
    let file = |name| fs::read_to_string(desk.folder().join(name)).unwrap();
    let (json, html, csv) = (file("plan.json"), file("plan.html"), file("plan.csv"));
    for name in ["password2", "card_number", "servicepassword", "api_key"] {
        for form in [&shown, &json, &html, &csv] {
            assert!(form.contains(name) && form.contains("(secret)"), "{form}");
        }
    }
    for secret in ["abcdefgh1", "4111111111111111", "qqqqqqqq1", "kkkkkkkk1"] {
        for form in [&shown, &json, &html, &csv] {
            assert!(!form.contains(secret), "{form}");
        }
    }
    assert!(
        shown.contains("    password2: (unknown) → (secret)"),
        "{shown}"
    );
}

#[test]
fn a_secret_that_is_set_is_a_change() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "script.rhai",
        "let c = get_clients_details(#{ clientid: 3 }).client; \
         update_client(#{ clientid: 3, city: c.city, password2: \"abcdefgh1\" });",
    );
    let planned = desk.whmcsh(["plan", "script.rhai", "--detailed-exitcode"]);
    assert_eq!(planned.code, Some(2), "{}", planned.stdout);
    assert!(
        !planned.stdout.contains("change nothing"),
        "{}",
        planned.stdout
    );
}

#[test]
fn a_secret_may_have_another_value_but_may_not_come_or_go() {
    const SCRIPT: &str = r#"
        let city = get_clients_details(#{ clientid: 4 }).client.city;
        let wanted = #{ clientid: 3, notes: "n" };
        if city != "none" { wanted.password2 = "pw-" + city; }
        update_client(wanted);
    "#;
    let sandbox = Sandbox::start();
    for (then, now, ends) in [
        (
            "none",
            "Waco",
            Some("would be `(secret)` instead of being left out"),
        ),
        (
            "Waco",
            "none",
            Some("would be left out instead of `(secret)`"),
        ),
        ("Waco", "Lodz", None),
    ] {
        set_city(&sandbox, "4", then);
        let desk = planned(&sandbox, SCRIPT);
        set_city(&sandbox, "4", now);
        match ends {
            Some(words) => stopped(&bound(&desk), &format!("`password2` {words}")),
            None => _ = bound(&desk).succeeded(),
        }
    }
}

#[test]
fn what_stands_beside_a_secret_in_a_text_is_compared() {
    const SCRIPT: &str = r"
        let city = get_clients_details(#{ clientid: 4 }).client.city;
        let password = random_password(20);
        update_client(#{ clientid: 3, notes: `${city} ${password}` });
    ";
    let sandbox = Sandbox::start();
    set_city(&sandbox, "4", "Waco");
    let desk = planned(&sandbox, SCRIPT);
    let plan = fs::read_to_string(desk.folder().join("plan.json")).unwrap();
    assert!(plan.contains("\"notes\":\"Waco (secret)\""), "{plan}");
    bound(&desk).succeeded();
    let desk = planned(&sandbox, SCRIPT);
    set_city(&sandbox, "4", "Lodz");
    stopped(
        &bound(&desk),
        "`notes` would be `Lodz (secret)` instead of `Waco (secret)`",
    );
}

/// A client's city decides whether a part of the script is done.
const FIRST_OR_LAST: &str = r#"
    let is_first = get_clients_details(#{ clientid: 4 }).client.city == "Waco";
"#;

#[test]
fn the_writes_of_a_row_and_of_the_script_come_in_their_order() {
    let sandbox = Sandbox::start();
    let turned = [
        r#"for city in if is_first { ["A", "B"] } else { ["B", "A"] } { update_client(#{ clientid: 3, city: city }); }"#,
        r#"bulk([3], |id| {
            let is_first = get_clients_details(#{ clientid: 4 }).client.city == "Waco";
            for city in if is_first { ["A", "B"] } else { ["B", "A"] } { update_client(#{ clientid: id, city: city }); }
        });"#,
        r#"
        if is_first { update_client(#{ clientid: 3, city: "A" }); }
        bulk([3], |id| { update_client(#{ clientid: id, city: "B" }); });
        if !is_first { update_client(#{ clientid: 3, city: "A" }); }
        "#,
    ];
    for body in turned {
        set_city(&sandbox, "4", "Waco");
        let desk = planned(&sandbox, &format!("{FIRST_OR_LAST}{body}"));
        set_city(&sandbox, "4", "Lodz");
        stopped(
            &bound(&desk),
            "`UpdateClient` comes later than in the plan: a write that was planned after it was made before",
        );
        assert_eq!(client(&sandbox, "3")["city"], "B");
    }
    set_city(&sandbox, "4", "Waco");
    let rows = "bulk([1, 2, 3], #{ workers: 3 }, |id| { \
                update_client(#{ clientid: id, city: \"A\" }); update_client(#{ clientid: id, city: \"B\" }); });\n\
                update_client(#{ clientid: 3, city: \"C\" });";
    bound(&planned(&sandbox, rows)).succeeded();
}

#[test]
fn a_write_that_was_refused_may_be_tried_again_in_its_place() {
    let sandbox = Sandbox::start();
    let script = r#"
        for attempt in 0..2 {
            try { update_client(#{ clientid: 999, city: "A" }); break; } catch {}
        }
        update_client(#{ clientid: 3, city: "B" });
    "#;
    let outcome = bound(&planned(&sandbox, script));
    let said = outcome.failed(4);
    assert!(said.contains("1 planned write was not made"), "{said}");
    assert_eq!(client(&sandbox, "3")["city"], "B");
}

#[test]
fn a_day_is_as_far_from_the_clock_as_it_was_planned() {
    const SCRIPT: &str = r#"
        let days = parse_int(get_clients_details(#{ clientid: 4 }).client.city);
        let due = today() + days;
        create_invoice(#{ userid: 3, date: today(), duedate: due, notes: due.format("due %d.%m.%Y"), itemdescription: ["x"], itemamount: ["5.00"] });
    "#;
    let sandbox = Sandbox::start();
    set_city(&sandbox, "4", "3");
    let desk = planned(&sandbox, SCRIPT);
    let plan = fs::read_to_string(desk.folder().join("plan.json")).unwrap();
    for words in [
        "\"date\":\"<today>\"",
        "\"duedate\":\"<today + 3 days>\"",
        "\"notes\":\"<today + 3 days as due %d.%m.%Y>\"",
        "\"/duedate\":[{\"any\":\"time\",\"of\":[{\"days\":3,\"format\":\"%Y-%m-%d\"}]}]",
    ] {
        assert!(plan.contains(words), "{words} in {plan}");
    }
    set_city(&sandbox, "4", "400");
    stopped(&bound(&desk), "instead of `<today + 3 days>`");
    set_city(&sandbox, "4", "3");
    bound(&planned(&sandbox, SCRIPT)).succeeded();
}

#[test]
fn an_id_is_the_one_that_the_planned_write_gave() {
    const CLIENT: &str = r#"
        fn add() {
            add_client(#{ firstname: "N", email: "new@exact.example", password2: random_password(), skipvalidation: true, noemail: true }).clientid
        }
        let city = get_clients_details(#{ clientid: 4 }).client.city;
    "#;
    let bodies = [
        "let id = if city == \"none\" { add() } else { 3 };\n\
         add_credit(#{ clientid: id, description: \"x\", amount: \"50.00\" });",
        "let id = add(); if city != \"none\" { id = 3; }\n\
         bulk([1], |n| { add_credit(#{ clientid: id, description: `for ${id}`, amount: \"50.00\" }); });",
        "bulk([1], |n| { let id = add(); \
         if get_clients_details(#{ clientid: 4 }).client.city != \"none\" { id = 3; }\n\
         add_credit(#{ clientid: id, description: \"x\", amount: \"50.00\" }); });",
    ];
    for body in bodies {
        let sandbox = Sandbox::start();
        let before = client(&sandbox, "3")["credit"].clone();
        let script = format!("{CLIENT}{body}");
        set_city(&sandbox, "4", "none");
        let desk = planned(&sandbox, &script);
        set_city(&sandbox, "4", "Waco");
        stopped(
            &bound(&desk),
            "`clientid` would be `3` instead of `<clientid of AddClient 1",
        );
        assert_eq!(client(&sandbox, "3")["credit"], before);
        let sandbox = Sandbox::start();
        set_city(&sandbox, "4", "none");
        bound(&planned(&sandbox, &script)).succeeded();
        let made = sandbox.ask("GetClients", &[("search", "new@exact.example")]);
        let made = made["clients"]["client"][0]["id"].to_string();
        assert_eq!(client(&sandbox, &made)["credit"], "50.00");
    }
}

#[test]
fn the_services_of_a_new_order_are_those_that_it_gave() {
    let sandbox = Sandbox::start();
    let script = r#"
        let order = add_order(#{ clientid: 3, pid: [1], billingcycle: ["monthly"], paymentmethod: "banktransfer" });
        for id in order.serviceids.split(",") { update_client_product(#{ serviceid: id, notes: `of ${order.orderid}` }); }
    "#;
    bound(&planned(&sandbox, script)).succeeded();
}

#[test]
fn a_custom_field_is_the_one_that_its_name_meant() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let config = desk.folder().join(".config/whmcsh/config.toml");
    desk.configure("main", &sandbox);
    let plain = fs::read_to_string(&config).unwrap();
    let names = |number: u8| {
        fs::write(
            &config,
            format!("{plain}\n[profiles.main.customfields.client]\nvat = {number}\n"),
        )
        .unwrap();
    };
    desk.file(
        "script.rhai",
        "update_client(#{ clientid: 3, customfields: #{ vat: `DE ${today()}` } });\n\
         update_client(#{ clientid: 4, customfields: #{ vat: \"DE\" } });",
    );
    let words = |more: &[&'static str]| [more, &["script.rhai", "--profile", "main"]].concat();
    names(1);
    desk.whmcsh(words(&["plan", "--out", "plan.json"]))
        .succeeded();
    names(2);
    stopped(
        &desk.whmcsh(words(&["run", "--bind", "plan.json"])),
        "`customfields` would be",
    );
    names(1);
    desk.whmcsh(words(&["plan", "--out", "plan.json"]))
        .succeeded();
    desk.whmcsh(words(&["run", "--bind", "plan.json"]))
        .succeeded();
}
