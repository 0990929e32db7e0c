//! What is told of calls as they are made: `-v` and `--log`.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;

use crate::support::{Desk, Sandbox};

const SCRIPT: &str = "let c = get_clients(#{ search: \"nobody\" });
bulk([1, 2], #{ workers: 1 }, |id| {
    update_client(#{ clientid: id, notes: \"a private word\", password2: \"Tr0ub4dor-and-3\" });
});
try { close_client(#{ clientid: 999999 }) } catch {}";

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn each_call_is_told_on_the_screen_without_values() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("script.rhai", SCRIPT);
    let outcome = desk.whmcsh(["run", "script.rhai", "-v"]);
    outcome.succeeded();
    let told: Vec<&str> = outcome
        .stderr
        .lines()
        .filter(|line| line.contains(" in ") && line.contains(" ms"))
        .collect();
    assert_eq!(told.len(), 5, "{}", outcome.stderr);
    assert!(told[0].contains(" GetClients: done in "), "{}", told[0]);
    assert!(
        told[1].contains(" UpdateClient clientid=1: done in ") && told[1].ends_with(" ms (row 1)"),
        "{}",
        told[1]
    );
    // What it would end is read first, to be kept.
    assert!(
        told[3].contains(" GetClientsDetails clientid=999999: refused (api) "),
        "{}",
        told[3]
    );
    for private in ["nobody", "a private word", "Tr0ub4dor"] {
        assert!(!outcome.stderr.contains(private), "{}", outcome.stderr);
    }
    let quiet = desk.whmcsh(["run", "script.rhai"]);
    assert!(!quiet.stderr.contains(" ms"), "{}", quiet.stderr);
}

#[test]
fn the_log_of_many_shards_says_whose_each_call_is() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("note.rhai", "bulk([#{ id: 1 }, #{ id: 2 }, #{ id: 3 }], #{ key: \"id\" }, |c| add_client_note(#{ userid: c.id, notes: \"n\" }));");
    for shard in ["1/2", "2/2"] {
        let words = [
            "run",
            "note.rhai",
            "--shard",
            shard,
            "--log",
            "calls.log",
            "-v",
        ];
        let outcome = desk.whmcsh(words.iter().chain(&["--name", "notes"]));
        outcome.succeeded();
        let said = format!(" ms (notes {shard}, row ");
        assert!(outcome.stderr.contains(&said), "{}", outcome.stderr);
    }
    let lines = lines(&desk.folder().join("calls.log"));
    let of = |shard: &str| lines.iter().filter(|line| line["name"] == shard).count();
    assert!(
        of("notes 1/2") > 0
            && of("notes 2/2") > 0
            && of("notes 1/2") + of("notes 2/2") == lines.len()
    );
}

#[test]
fn each_call_is_a_line_of_json_in_the_log_with_its_run_and_row() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("script.rhai", SCRIPT);
    desk.whmcsh(["run", "script.rhai", "--log", "calls.log"])
        .succeeded();
    let path = desk.folder().join("calls.log");
    let calls = lines(&path);
    let update = &calls[1];
    assert_eq!(update["action"], "UpdateClient");
    assert_eq!(update["ids"]["clientid"], 1);
    assert_eq!(update["row"], 1);
    assert_eq!(update["outcome"], "done");
    assert_eq!(update["server"], "environment");
    let run = desk.only_run();
    assert_eq!(update["run"].as_str(), run.file_name().unwrap().to_str());
    assert!(
        update["ms"].is_u64() && update["time"].as_str().unwrap().ends_with('Z'),
        "{update}"
    );
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(
        !text.contains("Tr0ub4dor") && !text.contains("private"),
        "{text}"
    );
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn every_command_that_calls_can_be_told() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "script.rhai",
        "get_clients(); update_client(#{ clientid: 1, notes: \"x\" });",
    );
    desk.file("rows.csv", "id\n1\n");
    let log = ["--log", "calls.log"];
    let call = ["call", "GetCurrencies"];
    desk.whmcsh(call.iter().chain(&log)).succeeded();
    let plan = ["plan", "script.rhai"];
    desk.whmcsh(plan.iter().chain(&log)).succeeded();
    let repl = desk.whmcsh_fed(&["repl", "--log", "calls.log"], "get_servers();\n");
    repl.succeeded();
    let each = [
        "each",
        "rows.csv",
        "--log",
        "calls.log",
        "--snapshot",
        "--",
        "UpdateClient",
        "clientid={id}",
        "notes=y",
    ];
    desk.whmcsh(each).succeeded();
    let path = desk.folder().join("calls.log");
    let run = desk.only_run();
    let run = run.file_name().unwrap().to_str().unwrap();
    let undo = ["runs", "undo", run];
    desk.whmcsh(undo.iter().chain(&log)).succeeded();
    let actions: Vec<String> = lines(&path)
        .iter()
        .map(|call| call["action"].as_str().unwrap().to_owned())
        .collect();
    // The plan sends no write, and reads what an update would change.
    for action in ["GetCurrencies", "GetClients", "GetServers", "UpdateClient"] {
        assert!(actions.iter().any(|made| made == action), "{actions:?}");
    }
    assert_eq!(
        actions
            .iter()
            .filter(|made| *made == "UpdateClient")
            .count(),
        2,
        "{actions:?}"
    );
}

#[test]
fn the_resumed_run_goes_on_with_the_same_log() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "script.rhai",
        "update_client(#{ clientid: 1, city: \"Bonn\" }); throw 1;",
    );
    let outcome = desk.whmcsh(["run", "script.rhai", "--log", "calls.log"]);
    let next = outcome.failed(1).lines().last().unwrap().to_owned();
    assert!(
        next.contains("whmcsh run script.rhai --log calls.log --resume "),
        "{next}"
    );
}

#[test]
fn a_log_that_cannot_be_used_is_refused_before_anything_is_sent() {
    let desk = Desk::new();
    let path = desk.file("calls.log", "");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let wide = desk.whmcsh(["call", "GetClients", "--sandbox", "--log", "calls.log"]);
    assert_eq!(
        wide.failed(2),
        "error: the log `calls.log` cannot be used: others may read it (mode 0644)\n\
         hint: make it private: `chmod 600 calls.log`\n"
    );
    let nowhere = desk.whmcsh(["call", "GetClients", "--sandbox", "--log", "no/calls.log"]);
    assert!(
        nowhere
            .failed(2)
            .ends_with("hint: name a file in a folder that exists\n"),
        "{}",
        nowhere.stderr
    );
}
