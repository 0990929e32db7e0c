//! What a bound run may not do in silence: another secret's name, another order, another
//! day, another record than the plan says.

use std::fs;


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
    const SCRIPT: &str = r#"
        let city = get_clients_details(#{ clientid: 4 }).client.city;
        let password = random_password(20);
        update_client(#{ clientid: 3, notes: `${city} ${password}` });
    "#;
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
