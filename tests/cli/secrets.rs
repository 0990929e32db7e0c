//! A secret is written down nowhere, whatever parameter or argument it stands in.

use std::path::Path;

use serde_json::Value;

use crate::support::{Desk, Sandbox};

const SECRET: &str = "hunter22-of-row";

/// The files below a folder that hold that text.
pub fn holding(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, text));
            continue;
        }
        let content = std::fs::read(&path).unwrap();
        let mut windows = content.windows(text.len());
        if windows.any(|window| window == text.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// Everything the run has in its folder, and all that is said of it.
#[track_caller]
fn is_nowhere(desk: &Desk, text: &str) {
    let folder = desk.only_run();
    assert_eq!(holding(&folder, text), [""; 0]);
    let run = folder.file_name().unwrap().to_str().unwrap();
    for words in [
        &["runs", "show", run, "--writes"][..],
        &["runs", "show", run, "--json"],
        &["runs", "list", "--json"],
        &["runs", "report", run],
        &["runs", "failed", run],
        &["runs", "undo", run, "--dry-run"],
    ] {
        let outcome = desk.whmcsh(words);
        let told = format!("{}{}", outcome.stdout, outcome.stderr);
        assert!(!told.contains(text), "{words:?}: {told}");
    }
    assert_eq!(holding(&folder, text), [""; 0]);
}

fn notes(sandbox: &Sandbox) -> Vec<Value> {
    let activity = sandbox.ask(
        "GetClientsDetails",
        &[("clientid", "1"), ("stats", "false")],
    );
    vec![activity["client"]["notes"].clone()]
}

#[test]
fn a_secret_cell_is_covered_in_whatever_parameter_it_stands_and_a_resumed_run_knows_its_write() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("rows.csv", format!("id,password2\n1,{SECRET}\n"));
    desk.file(
        "script.rhai",
        r#"bulk(csv("rows.csv"), #{ key: "id" }, |row| {
            update_client(#{ clientid: row.id, notes: "pw: " + row.password2 });
            add_client_note(#{ userid: row.id, notes: row.password2 });
            if !("go.json" in args) { fail("no " + row.password2) }
            #{ note: row.password2 }
        });"#,
    );
    let failed = desk.whmcsh(["run", "script.rhai", "--snapshot"]);
    let told = failed.failed(4);
    assert!(told.contains("no (secret)"), "{told}");
    assert_eq!(notes(&sandbox), [format!("pw: {SECRET}")]);
    is_nowhere(&desk, SECRET);

    let run = desk.only_run();
    let run = run.file_name().unwrap().to_str().unwrap();
    let shown = desk.whmcsh(["runs", "show", run, "--json"]).json();
    let writes = shown["writes"].as_array().unwrap();
    assert_eq!(writes.len(), 2);
    assert_eq!(writes[0]["params"]["notes"], "pw: (secret)");
    desk.whmcsh(["run", "script.rhai", "go.json", "--resume", run])
        .succeeded();
    let shown = desk.whmcsh(["runs", "show", run, "--json"]).json();
    assert_eq!(shown["writes"].as_array().unwrap().len(), 2);
    is_nowhere(&desk, SECRET);
}

#[test]
fn it_is_covered_in_what_each_sends_and_in_a_plan() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("rows.csv", format!("id,password2\n1,{SECRET}\n"));
    let call = [
        "--",
        "UpdateClient",
        "clientid={id}",
        "notes=it is {password2}",
    ];
    let each = |options: &[&'static str]| {
        let words = ["each", "rows.csv"].iter().chain(options).chain(&call);
        desk.whmcsh(words)
    };
    let plan = each(&["--plan"]);
    assert!(!plan.succeeded().contains(SECRET), "{}", plan.stdout);
    assert!(plan.stdout.contains("it is (secret)"), "{}", plan.stdout);
    each(&[]).succeeded();
    assert_eq!(notes(&sandbox), [format!("it is {SECRET}")]);
    is_nowhere(&desk, SECRET);
}

#[test]
fn outside_of_rows_it_is_covered_too_and_the_snapshot_after_it_leaves_it_out() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("rows.csv", format!("id,password2\n1,{SECRET}\n"));
    desk.file(
        "script.rhai",
        r#"for row in csv("rows.csv") {
            update_client(#{ clientid: row.id, notes: "pw: " + row.password2, city: "Bonn" });
            update_client(#{ clientid: row.id, notes: "none", city: "Köln" });
        }"#,
    );
    sandbox.ask("UpdateClient", &[("clientid", "1"), ("city", "Oslo")]);
    desk.whmcsh(["run", "script.rhai", "--snapshot"])
        .succeeded();
    is_nowhere(&desk, SECRET);
    let run = desk.only_run();
    let run = run.file_name().unwrap().to_str().unwrap();
    let undo = desk.whmcsh(["runs", "undo", run]);
    let told = format!("{}{}", undo.stdout, undo.stderr);
    assert!(!told.contains("on another server"), "{told}");
    let after = sandbox.ask("GetClientsDetails", &[("clientid", "1")]);
    assert_eq!(after["client"]["city"], "Oslo");
    // What cannot be told is left alone, and no cover ever goes to a server.
    assert_eq!(after["client"]["notes"], "none");
}

#[test]
fn what_the_server_says_of_it_is_covered() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("rows.csv", "id,password2\n1,Nowhere-Status\n");
    desk.file(
        "script.rhai",
        r#"for row in csv("rows.csv") { create_oauth_credential(#{ grantType: "authorization_code", scope: row.password2, name: "x" }); }"#,
    );
    let outcome = desk.whmcsh(["run", "script.rhai"]);
    let told = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(outcome.code != Some(0), "{told}");
    assert!(!told.contains("Nowhere-Status"), "{told}");
    is_nowhere(&desk, "Nowhere-Status");
}

#[test]
fn an_argument_with_the_name_of_a_secret_is_never_kept_nor_shown() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "script.rhai",
        r#"let given = args[0].split("=")[1];
        update_client(#{ clientid: 1, notes: "pw: " + given });
        update_client(#{ clientid: 2, notes: "key: " + env("PANEL_PASSWORD") });
        if args.len() == 2 { throw "no " + given }"#,
    );
    let desk = desk.variable("PANEL_PASSWORD", "from-the-environment");
    let word = format!("password={SECRET}");
    let options = ["--allow-env", "PANEL_PASSWORD"];
    let run = |words: &[&str]| {
        let words = [&["run", "script.rhai"], words, &options].concat();
        desk.whmcsh(words)
    };
    let failed = run(&[&word, "stop"]);
    let told = failed.failed(1);
    let shown = "to resume, run: whmcsh run script.rhai 'password=…' stop --allow-env PANEL_PASSWORD --resume";
    assert!(told.contains(shown), "{told}");
    is_nowhere(&desk, SECRET);
    is_nowhere(&desk, "from-the-environment");
    let folder = desk.only_run();
    let summary = std::fs::read_to_string(folder.join("summary.json")).unwrap();
    assert!(summary.contains("password=…"), "{summary}");

    let name = folder.file_name().unwrap().to_str().unwrap();
    let copied = run(&["password=…", "--resume", name]);
    assert!(
        copied.failed(2).starts_with(
            "error: `password=…` stands for a secret that was not kept; nothing was sent"
        ),
        "{}",
        copied.stderr
    );
    let resumed = run(&[&word, "--resume", name]);
    resumed.succeeded();
    let shown = desk.whmcsh(["runs", "show", name, "--json"]).json();
    assert_eq!(shown["args"], serde_json::json!(["password=…", "stop"]));
    assert_eq!(shown["writes"].as_array().unwrap().len(), 2);

    let plan = desk.whmcsh([&["plan", "script.rhai", &word, "--json"][..], &options].concat());
    assert!(!plan.succeeded().contains(SECRET), "{}", plan.stdout);
}

#[test]
fn an_upsert_that_is_taken_up_knows_the_update_in_which_one_was_covered() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let email = sandbox.ask("GetClientsDetails", &[("clientid", "1")])["client"]["email"].clone();
    let email = email.as_str().unwrap();
    desk.file("rows.csv", format!("email,password2\n{email},{SECRET}\n"));
    desk.file(
        "script.rhai",
        r#"bulk(csv("rows.csv"), #{ key: "email" }, |row| {
            let done = upsert_client(#{ email: row.email, notes: "pw: " + row.password2 }, "email");
            if args.len() == 0 { fail("not yet") }
            #{ outcome: done.outcome }
        });"#,
    );
    desk.whmcsh(["run", "script.rhai"]).failed(4);
    is_nowhere(&desk, SECRET);
    let folder = desk.only_run();
    let run = folder.file_name().unwrap().to_str().unwrap();
    desk.whmcsh(["run", "script.rhai", "go", "--resume", run])
        .succeeded();
    let results = std::fs::read_to_string(folder.join("results.csv")).unwrap();
    assert!(results.contains(",updated"), "{results}");
    assert_eq!(notes(&sandbox), [format!("pw: {SECRET}")]);
}

#[test]
fn a_script_reads_and_writes_no_configuration_and_no_key_though_it_stands_in_their_folder() {
    let sandbox = Sandbox::start();
    let desk = Desk::new();
    desk.configure("main", &sandbox);
    desk.script("log_activity(#{ description: \"x\" });")
        .succeeded();
    let key = desk.only_run().join("key");
    let key = key
        .strip_prefix(desk.folder())
        .unwrap()
        .display()
        .to_string();
    let config = ".config/whmcsh/config.toml";
    for path in [config, &key] {
        for call in [
            format!("print(read_text(\"{path}\"))"),
            format!(
                "for row in csv(\"{path}\", #{{ encoding: \"windows-1252\" }}) {{ print(row) }}"
            ),
            format!("write_text(\"{path}\", \"x\")"),
        ] {
            let outcome = desk.script(&call);
            let told = outcome.failed(1);
            assert!(
                told.contains("holds your secrets, which scripts may not read"),
                "{call}: {told}"
            );
        }
    }
    sandbox.ask("WhmcsDetails", &[]);
}

#[test]
fn a_reply_that_the_user_gives_is_kept_without_its_secrets() {
    let sandbox = Sandbox::with(&["--fault", "reset-after@CreateOAuthCredential:#1"]);
    let desk = sandbox.desk();
    desk.file(
        "script.rhai",
        r#"let made = create_oauth_credential(#{ grantType: "authorization_code", scope: "openid", name: "x" });
        print(made.credentialId); print(made.contains("clientSecret"));"#,
    );
    desk.whmcsh(["run", "script.rhai"]).failed(5);
    let folder = desk.only_run();
    let run = folder.file_name().unwrap().to_str().unwrap();
    let reply = format!(r#"{{"credentialId": 7, "clientSecret": "{SECRET}"}}"#);
    desk.whmcsh([
        "runs", "settle", run, "--write", "1", "--done", "--reply", &reply,
    ])
    .succeeded();
    is_nowhere(&desk, SECRET);
    let resumed = desk.whmcsh(["run", "script.rhai", "--resume", run]);
    // It is not known, and nobody takes it for one that was not sent.
    assert_eq!(resumed.succeeded(), "7\ntrue\n");
}

/// The secret as the server gives it back in a reply of its own.
fn sealed(sandbox: &Sandbox) -> String {
    let sealed = sandbox.ask("EncryptPassword", &[("password2", SECRET)]);
    sealed["password"].as_str().unwrap().to_owned()
}

#[test]
fn a_secret_that_a_reply_holds_is_covered_in_what_is_sent_of_it() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let sealed = sealed(&sandbox);
    desk.file(
        "script.rhai",
        format!(
            r#"let opened = decrypt_password(#{{ password2: "{sealed}" }}).password;
            update_client(#{{ clientid: 1, notes: "pw: " + opened }});
            bulk([#{{ id: 2 }}], #{{ key: "id" }}, |row| {{
                update_client(#{{ clientid: row.id, notes: "and " + opened }});
                #{{ told: opened }}
            }});"#
        ),
    );
    desk.whmcsh(["run", "script.rhai"]).succeeded();
    assert_eq!(notes(&sandbox), [format!("pw: {SECRET}")]);
    is_nowhere(&desk, SECRET);
}

#[test]
fn a_secret_that_was_gathered_is_covered_too() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let sealed = sealed(&sandbox);
    desk.file(
        "script.rhai",
        format!(
            r#"let open = |sealed| decrypt_password(#{{ password2: sealed }}).password;
            for opened in gather(["{sealed}"], open) {{
                update_client(#{{ clientid: 1, notes: "pw: " + opened }});
            }}"#
        ),
    );
    desk.whmcsh(["run", "script.rhai"]).succeeded();
    assert_eq!(notes(&sandbox), [format!("pw: {SECRET}")]);
    is_nowhere(&desk, SECRET);
}

#[test]
fn a_secret_of_a_walked_list_is_covered_too() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    sandbox.ask(
        "UpdateClientProduct",
        &[("serviceid", "1"), ("servicepassword", SECRET)],
    );
    desk.file(
        "script.rhai",
        r#"for service in all_clients_products() {
            if service.id == 1 { update_client(#{ clientid: 1, notes: "pw: " + service.password }); }
        }"#,
    );
    desk.whmcsh(["run", "script.rhai"]).succeeded();
    assert_eq!(notes(&sandbox), [format!("pw: {SECRET}")]);
    is_nowhere(&desk, SECRET);
}
