//! What a run keeps of the records it changes: all that is needed, and no secret.

use crate::guards::config;
use crate::support::{Desk, Sandbox};
use crate::undo::{all_details, details, newest, run, undo};

#[test]
fn what_nothing_tells_is_said_and_no_secret_is_kept() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    sandbox.ask(
        "UpdateClientProduct",
        &[("serviceid", "1"), ("servicepassword", "old-s3cr3t")],
    );
    let text = "update_client_product(#{ serviceid: 1, servicepassword: \"new-s3cr3t\", notes: \"run\" });\n\
        update_client(#{ clientid: 1, clientip: \"192.0.2.7\" });";
    let name = run(&desk, &["--snapshot"], text);
    let undone = undo(&desk, &name);
    undone.failed(4);
    let shown = &undone.stdout;
    assert!(
        shown.contains(
            "old value not known:\n  UpdateClient 1: clientip\n  UpdateClientProduct 1: servicepassword\n"
        ),
        "{shown}"
    );
    let runs = desk.folder().join(".local/state/whmcsh/runs");
    let mut looked = 0;
    for folder in std::fs::read_dir(runs).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            let holds = |text: &str| {
                bytes
                    .windows(text.len())
                    .any(|part| part == text.as_bytes())
            };
            assert!(!holds("s3cr3t"));
            looked += usize::from(holds("mueller.example"));
        }
    }
    assert!(looked > 0, "no journal was looked at");
}

#[test]
fn a_write_whose_record_cannot_be_read_is_not_sent() {
    let sandbox = Sandbox::with(&["--fault", "html=500@GetClientsDetails"]);
    let desk = sandbox.desk();
    let outcome = desk.script("delete_client(#{ clientid: 1 });");
    let error = outcome.failed(3).to_owned();
    assert!(
        error.contains("`DeleteClient` was not sent: its record could not be saved first: "),
        "{error}"
    );
    let there = sandbox.ask("GetClients", &[("search", "zoe.mueller@example.com")]);
    assert_eq!(there["totalresults"], 1);
    desk.whmcsh(["run", "script.rhai", "--no-snapshot"])
        .succeeded();
}

#[test]
fn a_record_there_is_not_is_left_to_the_server_to_refuse() {
    let sandbox = Sandbox::start();
    let outcome = sandbox.desk().script("delete_client(#{ clientid: 99 });");
    let error = outcome.failed(1);
    assert!(
        error.contains("WHMCS said \"Client ID Not Found\""),
        "{error}"
    );
}

#[test]
fn a_resumed_run_goes_on_keeping_what_it_changes_and_keeps_nothing_twice() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let before = all_details(&sandbox, 2);
    desk.file(
        "script.rhai",
        "update_client(#{ clientid: 1, notes: \"run\" }); throw \"half-way\";",
    );
    desk.whmcsh(["run", "script.rhai", "--snapshot"]).failed(1);
    let name = newest(&desk);
    desk.file(
        "script.rhai",
        "update_client(#{ clientid: 1, notes: \"run\" }); update_client(#{ clientid: 2, notes: \"run\" });",
    );
    // A snapshot taken now would hold the value the run wrote itself.
    desk.whmcsh(["run", "script.rhai", "--resume", &name])
        .succeeded();
    let undone = undo(&desk, &name);
    undone.succeeded();
    assert!(undone.stderr.contains("2 records restored"), "{undone:?}");
    assert_eq!(all_details(&sandbox, 2), before);
}

#[test]
fn before_a_run_on_a_production_server_it_is_said_what_could_be_undone() {
    let sandbox = Sandbox::start();
    let desk = Desk::new();
    config(
        &desk,
        &format!(
            "[profiles.main]\nurl = \"{}\"\nidentifier = \"sandbox\"\nsecret = \"sandbox\"\nproduction = true\n",
            sandbox.url
        ),
    );
    desk.file(
        "script.rhai",
        "update_client(#{ clientid: 1, notes: \"x\" }); close_client(#{ clientid: 1 });",
    );
    let without = desk.whmcsh(["run", "script.rhai"]);
    let expected = "`script.rhai` calls UpdateClient, which `runs undo` could restore with \
        `--snapshot`; cannot be undone: CloseClient\n";
    assert!(
        without.failed(2).starts_with(expected),
        "{}",
        without.stderr
    );
    let with = desk.whmcsh(["run", "script.rhai", "--snapshot"]);
    let expected = "`script.rhai` calls UpdateClient, which `runs undo` can restore; cannot be \
        undone: CloseClient\n";
    assert!(with.failed(2).starts_with(expected), "{}", with.stderr);
    assert_eq!(details(&sandbox, 1)["client"]["status"], "Active");
}
