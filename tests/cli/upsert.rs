//! `upsert_client` against the server: created, updated or unchanged, and the same
//! when a run is cut short in between.

use serde_json::Value;

use crate::support::{Desk, Outcome, Sandbox, int};

const HEADER: &str = "email,firstname,lastname,address1,city,state,postcode,country,phonenumber,companyname,_error\n";
const ANN: &str =
    "ann@upsert.example,Ann,Lee,1 High Street,Dublin,Leinster,D01,IE,+353.15550101,,old words\n";
const SCRIPT: &str = r#"
let done = bulk(csv("in.csv"), #{ key: "email", workers: 1 }, |row| {
    row.password2 = random_password(20);
    row.noemail = true;
    let client = upsert_client(row, "email");
    print(`${client.outcome} ${client.changed}`);
    if read_text("flag.txt") == "stop" { throw "stopped"; }
    client
});
print(`${done.ok} ok, ${done.unchanged} unchanged`);
"#;

fn desk(sandbox: &Sandbox, rows: &str, flag: &str) -> Desk {
    let desk = sandbox.desk();
    desk.file("in.csv", format!("{HEADER}{rows}"));
    desk.file("flag.txt", flag);
    desk.file("script.rhai", SCRIPT);
    desk
}

fn run(desk: &Desk) -> Outcome {
    desk.whmcsh(["run", "script.rhai"])
}

fn resume(desk: &Desk) -> Outcome {
    let runs = desk.whmcsh(["runs", "list", "--json"]).json();
    let run = runs[0]["id"].as_str().unwrap();
    desk.whmcsh(["run", "script.rhai", "--resume", run])
}

fn client(sandbox: &Sandbox, email: &str) -> Value {
    sandbox.ask("GetClientsDetails", &[("email", email)])["client"].clone()
}

fn clients(sandbox: &Sandbox) -> i64 {
    int(&sandbox.ask("GetClients", &[("limitnum", "1")])["totalresults"]).unwrap()
}

/// How often an action was carried out, by what it leaves in the activity log.
fn logged(sandbox: &Sandbox, words: &str) -> usize {
    let log = sandbox.ask(
        "GetActivityLog",
        &[("limitnum", "5000"), ("description", words)],
    );
    log["activity"]["entry"].as_array().map_or(0, Vec::len)
}

#[test]
fn a_client_is_created_then_left_alone_then_changed_where_it_differs() {
    let sandbox = Sandbox::start();
    let before = clients(&sandbox);
    let desk = desk(&sandbox, ANN, "go");
    assert_eq!(run(&desk).succeeded(), "created []\n1 ok, 0 unchanged\n");
    assert_eq!(clients(&sandbox), before + 1);
    let mails = sandbox.ask(
        "GetEmails",
        &[(
            "clientid",
            &int(&client(&sandbox, "ann@upsert.example")["id"])
                .unwrap()
                .to_string(),
        )],
    );
    assert_eq!(mails["totalresults"].to_string().replace('"', ""), "0");

    assert_eq!(run(&desk).succeeded(), "unchanged []\n1 ok, 1 unchanged\n");
    desk.file(
        "in.csv",
        format!(
            "{HEADER}{}",
            ANN.replace("Dublin", "Cork").replace("1 High", "2 High")
        ),
    );
    assert_eq!(
        run(&desk).succeeded(),
        "updated [\"address1\", \"city\"]\n1 ok, 0 unchanged\n"
    );
    let changed = client(&sandbox, "ann@upsert.example");
    assert_eq!(
        (&changed["city"], &changed["firstname"]),
        (&"Cork".into(), &"Ann".into())
    );
    assert_eq!(clients(&sandbox), before + 1);
}

#[test]
fn an_empty_cell_empties_the_field_unless_it_is_left_out() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let company = || client(&sandbox, "siobhan.obrien@example.com")["companyname"].clone();
    sandbox.ask(
        "UpdateClient",
        &[
            ("clientid", "2"),
            ("companyname", "Old Ltd"),
            ("email", "siobhan.obrien@example.com"),
        ],
    );
    desk.file("in.csv", "email,companyname\nsiobhan.obrien@example.com,\n");
    let outcome = desk.script(
        "for row in csv(\"in.csv\") { print(upsert_client(row.without_empty(), \"email\").outcome); }",
    );
    assert_eq!(outcome.succeeded(), "unchanged\n");
    assert_eq!(company(), "Old Ltd");
    let outcome =
        desk.script("for row in csv(\"in.csv\") { print(upsert_client(row, \"email\").changed); }");
    assert_eq!(outcome.succeeded(), "[\"companyname\"]\n");
    assert_eq!(company(), "");
}

#[test]
fn custom_fields_and_fields_of_other_names_are_compared_too() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let email = sandbox.ask("GetClientsDetails", &[("clientid", "1")])["client"]["email"]
        .as_str()
        .unwrap()
        .to_owned();
    desk.file(
        "in.csv",
        format!("email,customfields[3],paymentmethod,marketingoptin\n{email},DE777,paypal,1\n"),
    );
    let script = "for row in csv(\"in.csv\") { print(upsert_client(row, \"email\").changed); }";
    let first = desk.script(script);
    assert!(
        first.succeeded().contains("customfields"),
        "{}",
        first.stdout
    );
    assert_eq!(desk.script(script).succeeded(), "[]\n");
    let fields = client(&sandbox, &email)["customfields"].clone();
    let field = fields
        .as_array()
        .unwrap()
        .iter()
        .find(|field| int(&field["id"]) == Some(3));
    assert_eq!(field.unwrap()["value"], "DE777");
}

#[test]
fn an_address_that_is_a_users_already_gets_a_client_of_that_user() {
    for fault in [
        None,
        Some("reset-after@AddClient:#2"),
        Some("reset-before@AddClient:#2"),
    ] {
        let sandbox = match fault {
            Some(fault) => Sandbox::with(&["--fault", fault]),
            None => Sandbox::start(),
        };
        let user = sandbox.ask(
            "AddUser",
            &[
                ("firstname", "Ann"),
                ("lastname", "Lee"),
                ("email", "ann@upsert.example"),
                ("password2", "correct horse"),
            ],
        )["user_id"]
            .to_string()
            .replace('"', "");
        let before = clients(&sandbox);
        let desk = desk(&sandbox, ANN, "go");
        assert_eq!(
            run(&desk).succeeded(),
            "created []\n1 ok, 0 unchanged\n",
            "{fault:?}"
        );
        assert_eq!(clients(&sandbox), before + 1, "{fault:?}");
        let owner = client(&sandbox, "ann@upsert.example")["owner_user_id"].to_string();
        assert_eq!(owner.replace('"', ""), user, "{fault:?}");
    }
}

#[test]
fn a_row_cut_short_after_its_client_was_created_says_created_when_resumed() {
    let sandbox = Sandbox::start();
    let before = clients(&sandbox);
    let desk = desk(&sandbox, ANN, "stop");
    assert!(run(&desk).failed(4).contains("stopped"));
    // Somebody's hand on the server makes the client look as if it had to be changed.
    sandbox.ask(
        "UpdateClient",
        &[("clientemail", "ann@upsert.example"), ("city", "Cork")],
    );
    desk.file("flag.txt", "go");
    assert_eq!(resume(&desk).succeeded(), "created []\n1 ok, 0 unchanged\n");
    assert_eq!(clients(&sandbox), before + 1);
    assert_eq!(logged(&sandbox, "Created Client Ann Lee"), 1);
    assert_eq!(client(&sandbox, "ann@upsert.example")["city"], "Cork");
}

#[test]
fn a_row_cut_short_is_known_again_also_where_no_mail_may_leave() {
    let sandbox = Sandbox::start();
    let desk = desk(&sandbox, ANN, "stop");
    desk.file("script.rhai", SCRIPT.replace("row.noemail = true;", ""));
    let begun = desk.whmcsh(["run", "script.rhai", "--no-mail"]);
    assert!(begun.failed(4).contains("stopped"));
    desk.file("flag.txt", "go");
    let runs = desk.whmcsh(["runs", "list", "--json"]).json();
    let run = runs[0]["id"].as_str().unwrap();
    let resumed = desk.whmcsh(["run", "script.rhai", "--no-mail", "--resume", run]);
    assert_eq!(resumed.succeeded(), "created []\n1 ok, 0 unchanged\n");
    assert_eq!(logged(&sandbox, "Created Client Ann Lee"), 1);
}

#[test]
fn a_creation_whose_reply_was_lost_is_looked_for_and_not_repeated() {
    for fault in ["reset-after", "reset-before"] {
        let sandbox = Sandbox::with(&["--fault", &format!("{fault}@AddClient:#1")]);
        let before = clients(&sandbox);
        let desk = desk(&sandbox, ANN, "go");
        assert_eq!(
            run(&desk).succeeded(),
            "created []\n1 ok, 0 unchanged\n",
            "{fault}"
        );
        assert_eq!(clients(&sandbox), before + 1, "{fault}");
        assert_eq!(logged(&sandbox, "Created Client Ann Lee"), 1, "{fault}");
    }
}

#[test]
fn a_row_cut_short_after_its_update_says_updated_when_resumed() {
    for fault in [
        None,
        Some("reset-after@UpdateClient:#1"),
        Some("reset-before@UpdateClient:#1"),
    ] {
        let sandbox = match fault {
            Some(fault) => Sandbox::with(&["--fault", fault]),
            None => Sandbox::start(),
        };
        let first = desk(&sandbox, ANN, "go");
        run(&first).succeeded();
        let desk = desk(&sandbox, &ANN.replace("Dublin", "Cork"), "stop");
        run(&desk).failed(4);
        desk.file("flag.txt", "go");
        assert_eq!(
            resume(&desk).succeeded(),
            "updated [\"city\"]\n1 ok, 0 unchanged\n",
            "{fault:?}"
        );
        assert_eq!(client(&sandbox, "ann@upsert.example")["city"], "Cork");
    }
}

#[test]
fn a_plain_loop_cut_short_does_not_take_its_own_clients_for_others() {
    let sandbox = Sandbox::start();
    let desk = desk(&sandbox, ANN, "stop");
    desk.file(
        "script.rhai",
        "for row in csv(\"in.csv\") { row.password2 = random_password(20); row.noemail = true;\n\
         print(upsert_client(row, \"email\").outcome); }\n\
         if read_text(\"flag.txt\") == \"stop\" { throw \"stopped\"; }\n",
    );
    run(&desk).failed(1);
    desk.file("flag.txt", "go");
    assert_eq!(resume(&desk).succeeded(), "created\n");
    assert_eq!(logged(&sandbox, "Created Client Ann Lee"), 1);
}

#[test]
fn an_update_in_doubt_in_a_plain_loop_is_settled_when_resumed() {
    for fault in ["reset-after", "reset-before"] {
        // The second update and its repetition.
        let faults = format!("{fault}@UpdateClient:#2,{fault}@UpdateClient:#3");
        let sandbox = Sandbox::with(&["--fault", &faults]);
        let desk = sandbox.desk();
        let email = |id: &str| {
            let client = &sandbox.ask("GetClientsDetails", &[("clientid", id)])["client"];
            client["email"].as_str().unwrap().to_owned()
        };
        let rows = ["1", "2", "3"].map(|id| format!("{},Bergen\n", email(id)));
        desk.file("in.csv", format!("email,city\n{}", rows.concat()));
        desk.file(
            "script.rhai",
            "for row in csv(\"in.csv\") { print(upsert_client(row, \"email\").outcome); }\n",
        );
        run(&desk).failed(5);
        let resumed = resume(&desk);
        // What is known to be done is looked at anew; what was in doubt is done again.
        assert_eq!(
            resumed.succeeded(),
            "unchanged\nupdated\nupdated\n",
            "{fault}"
        );
        let runs = desk.whmcsh(["runs", "list", "--json"]).json();
        assert_eq!(runs[0]["state"], "done", "{runs}");
        assert_eq!(client(&sandbox, &email("2"))["city"], "Bergen");
    }
}

#[test]
fn a_column_nobody_knows_is_refused_before_anything_is_sent() {
    let sandbox = Sandbox::start();
    let before = clients(&sandbox);
    let desk = desk(&sandbox, "", "go");
    desk.file("in.csv", "email,fistname\nann@upsert.example,Ann\n");
    let outcome = run(&desk);
    let error = outcome.failed(4);
    assert!(
        error.contains("`upsert_client` has no field `fistname`; nothing was sent"),
        "{error}"
    );
    assert_eq!(clients(&sandbox), before);
}
