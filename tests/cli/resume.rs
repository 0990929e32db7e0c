//! Killed at any instant, a run goes on where it was: nothing twice, nothing lost.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Desk, Sandbox};

fn runs(desk: &Desk) -> Vec<Value> {
    desk.whmcsh(["runs", "list", "--json"])
        .json()
        .as_array()
        .unwrap()
        .clone()
}

fn only_run(desk: &Desk) -> String {
    let runs = runs(desk);
    assert_eq!(runs.len(), 1, "{runs:?}");
    runs[0]["id"].as_str().unwrap().to_owned()
}

/// Starts the script, or takes its run up again, and kills it after that time;
/// says whether it came to its end before.
fn run_and_kill(desk: &Desk, after: Duration) -> bool {
    let mut words = vec!["run".to_owned(), "script.rhai".to_owned()];
    if !runs(desk).is_empty() {
        words.extend(["--resume".to_owned(), only_run(desk)]);
    }
    let mut child = desk
        .command()
        .args(words)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + after;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().unwrap() {
            return status.success();
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    false
}

/// How often every marker stands in the server's activity log.
fn markers(sandbox: &Sandbox) -> BTreeMap<String, usize> {
    let mut markers = BTreeMap::new();
    let log = sandbox.ask(
        "GetActivityLog",
        &[("limitnum", "5000"), ("description", "Marker")],
    );
    for entry in log["activity"]["entry"].as_array().unwrap() {
        let text = entry["description"].as_str().unwrap();
        *markers.entry(text.to_owned()).or_default() += 1;
    }
    markers
}

fn once_each(count: usize) -> BTreeMap<String, usize> {
    (0..count)
        .map(|number| (format!("Marker {number:03}"), 1))
        .collect()
}

/// Tells the run of every write in doubt what the server says of it.
fn settle_by_looking(desk: &Desk, sandbox: &Sandbox) {
    let run = only_run(desk);
    let shown = desk.whmcsh(["runs", "show", &run, "--json"]).json();
    let there = markers(sandbox);
    for write in shown["writes"].as_array().unwrap() {
        if write["outcome"] == "in doubt" && write["action"] == "LogActivity" {
            let marker = write["params"]["description"].as_str().unwrap();
            let verdict = if there.contains_key(marker) {
                "--done"
            } else {
                "--not-done"
            };
            let number = write["write"].to_string();
            desk.whmcsh(["runs", "settle", &run, "--write", &number, verdict])
                .succeeded();
        }
    }
}

#[test]
fn killed_again_and_again_a_run_still_does_everything_once() {
    const COUNT: usize = 30;
    for seed in 0..4_u64 {
        let sandbox = Sandbox::with(&["--latency", "3"]);
        let desk = sandbox.desk();
        let before = sandbox.ask("GetClients", &[("limitnum", "1")])["totalresults"]
            .as_u64()
            .unwrap();
        desk.file(
            "script.rhai",
            format!(
                "for n in 0..{COUNT} {{\n\
                 let client = add_client(#{{ firstname: \"Ann\", lastname: `Lee ${{n}}`, email: `ann${{n}}@kill.example`,\n\
                 address1: \"1 High Street\", city: \"Dublin\", state: \"Leinster\", postcode: \"D01\", country: \"IE\",\n\
                 phonenumber: \"+353.15550101\", password2: random_password(20), noemail: true }});\n\
                 add_contact(#{{ clientid: client.clientid, firstname: \"Bo\", email: `bo${{n}}@kill.example` }});\n\
                 let number = n.to_string(); while number.len() < 3 {{ number = \"0\" + number; }}\n\
                 log_activity(#{{ clientid: client.clientid, description: `Marker ${{number}}` }});\n\
                 }}\n"
            ),
        );
        let mut passes = 0;
        // A fixed walk through the instants, every seed its own; each pass may take a little
        // longer, so that a slow machine gets to the end as well.
        while !run_and_kill(
            &desk,
            Duration::from_millis(40 + (seed * 53 + passes * 37) % 160 + passes * 15),
        ) {
            passes += 1;
            assert!(passes < 100, "the run does not come to its end");
            if !runs(&desk).is_empty() {
                settle_by_looking(&desk, &sandbox);
            }
        }
        assert!(passes > 0, "the run was never killed");
        assert_eq!(markers(&sandbox), once_each(COUNT), "seed {seed}");
        let clients = sandbox.ask("GetClients", &[("limitnum", "1")])["totalresults"]
            .as_u64()
            .unwrap();
        assert_eq!(clients, before + COUNT as u64, "seed {seed}");
        let contacts = sandbox.ask("GetContacts", &[("limitnum", "500")]);
        let own = contacts["contacts"]["contact"].as_array().unwrap();
        let own = own
            .iter()
            .filter(|contact| contact["email"].to_string().contains("@kill.example"));
        assert_eq!(own.count(), COUNT, "seed {seed}");
        assert_eq!(runs(&desk)[0]["state"], "done");
    }
}

#[test]
fn a_bulk_loop_killed_again_and_again_does_every_row_once() {
    const COUNT: usize = 60;
    let sandbox = Sandbox::with(&["--latency", "5"]);
    let desk = sandbox.desk();
    let rows: Vec<String> = (0..COUNT)
        .map(|row| format!("ann{row}@kill.example,{row:03}"))
        .collect();
    desk.file("rows.csv", format!("email,number\n{}\n", rows.join("\n")));
    desk.file(
        "script.rhai",
        "let done = bulk(csv(\"rows.csv\"), #{ key: \"email\", workers: 4 }, |row| {\n\
         let client = add_client(#{ firstname: \"Ann\", lastname: row.number, email: row.email,\n\
         address1: \"1 High Street\", city: \"Dublin\", state: \"Leinster\", postcode: \"D01\", country: \"IE\",\n\
         phonenumber: \"+353.15550101\", password2: random_password(20), noemail: true });\n\
         log_activity(#{ clientid: client.clientid, description: \"Marker \" + row.number });\n\
         #{ clientid: client.clientid }\n\
         });\n",
    );
    let before = sandbox.ask("GetClients", &[("limitnum", "1")])["totalresults"]
        .as_u64()
        .unwrap();
    let mut passes: u64 = 0;
    while !run_and_kill(
        &desk,
        Duration::from_millis(60 + passes * 41 % 130 + passes * 15),
    ) {
        passes += 1;
        assert!(passes < 100, "the run does not come to its end");
        if !runs(&desk).is_empty() {
            settle_by_looking(&desk, &sandbox);
        }
    }
    assert!(passes > 0, "the run was never killed");
    assert_eq!(markers(&sandbox), once_each(COUNT));
    let clients = sandbox.ask("GetClients", &[("limitnum", "1")])["totalresults"]
        .as_u64()
        .unwrap();
    assert_eq!(clients, before + COUNT as u64);
}

#[test]
fn rows_that_fail_are_told_by_reason_and_tried_again_when_resumed() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("rows.csv", "id,city\n1,Bergen\n999998,Oslo\n999999,Oslo\n");
    let outcome = desk.script(
        "let done = bulk(csv(\"rows.csv\"), #{ key: \"id\" }, |row| {\n\
         update_client(#{ clientid: row.id, city: row.city });\n\
         });\n\
         print(`${done.ok} ok, ${done.failed} failed`);\n",
    );
    let error = outcome.failed(4);
    let run = only_run(&desk);
    assert_eq!(
        error,
        format!(
            "3 rows: 1 done, 2 failed\n\
             error: 2 rows failed\n  2 × Client ID Not Found (first: row 2)\n\
             failed rows: {}/.local/state/whmcsh/runs/{run}/failed.csv\n\
             continue with: whmcsh run script.rhai --resume {run}\n",
            desk.folder().display()
        )
    );
    assert_eq!(outcome.stdout, "1 ok, 2 failed\n");
    desk.file("rows.csv", "id,city\n1,Bergen\n2,Oslo\n3,Oslo\n");
    let resumed = desk.whmcsh(["run", "script.rhai", "--resume", &run]);
    assert_eq!(resumed.succeeded(), "3 ok, 0 failed\n");
}

#[test]
fn a_lost_reply_is_settled_by_the_word_of_the_user() {
    for (fault, verdict) in [("reset-after", "--done"), ("reset-before", "--not-done")] {
        let sandbox = Sandbox::with(&["--fault", &format!("{fault}@LogActivity:#1")]);
        let desk = sandbox.desk();
        let outcome =
            desk.script("log_activity(#{ description: \"Marker 000\" });\nprint(\"on\");\n");
        let error = outcome.failed(5);
        let run = only_run(&desk);
        assert!(
            error.ends_with(&format!(
                "continue with: whmcsh run script.rhai --resume {run}\n"
            )),
            "{error}"
        );
        let resume = ["run", "script.rhai", "--resume", &run];
        let unsettled = desk.whmcsh(resume);
        assert!(
            unsettled.failed(5).contains("it was not sent again"),
            "{}",
            unsettled.stderr
        );
        desk.whmcsh(["runs", "settle", &run, "--write", "1", verdict])
            .succeeded();
        assert_eq!(desk.whmcsh(resume).succeeded(), "on\n");
        assert_eq!(markers(&sandbox), once_each(1), "{fault}");
    }
}

#[test]
fn a_repeatable_write_in_doubt_is_sent_again() {
    let sandbox = Sandbox::with(&["--fault", "reset-after@UpdateClient:#1"]);
    let desk = sandbox.desk();
    desk.script("update_client(#{ clientid: 1, city: \"Bergen\" });")
        .failed(5);
    let run = only_run(&desk);
    desk.whmcsh(["run", "script.rhai", "--resume", &run])
        .succeeded();
    assert_eq!(
        sandbox.ask("GetClientsDetails", &[("clientid", "1")])["client"]["city"],
        "Bergen"
    );
}

#[test]
fn a_resumed_run_has_the_clock_and_the_dice_it_began_with() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("flag.txt", "stop");
    let outcome = desk.script(
        "print(random_password(20)); print(now());\n\
         log_activity(#{ description: \"Marker 000\" });\n\
         if read_text(\"flag.txt\") == \"stop\" { throw \"not yet\"; }\n",
    );
    outcome.failed(1);
    desk.file("flag.txt", "go");
    let resumed = desk.whmcsh(["run", "script.rhai", "--resume", &only_run(&desk)]);
    assert_eq!(resumed.succeeded(), outcome.stdout);
    assert_eq!(markers(&sandbox), once_each(1));
}

#[test]
fn what_has_changed_since_the_run_began_is_said() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("in.csv", "a\n1\n");
    desk.file(
        "script.rhai",
        "log_activity(#{ description: \"Marker 000\" }); throw \"no\";",
    );
    desk.whmcsh(["run", "script.rhai", "in.csv"]).failed(1);
    desk.file("in.csv", "a\n2\n");
    desk.file(
        "script.rhai",
        "log_activity(#{ description: \"Marker 000\" });",
    );
    let resumed = desk.whmcsh(["run", "script.rhai", "in.csv", "--resume", &only_run(&desk)]);
    resumed.succeeded();
    assert!(
        resumed
            .stderr
            .contains("`script.rhai` has changed since run"),
        "{}",
        resumed.stderr
    );
    assert!(
        resumed.stderr.contains("`in.csv` has changed since run"),
        "{}",
        resumed.stderr
    );
    assert_eq!(markers(&sandbox), once_each(1));
}

#[test]
fn a_run_that_is_going_on_cannot_be_resumed_by_another() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "script.rhai",
        "log_activity(#{ description: \"Marker 000\" }); print(\"on\"); loop { sleep(0.01); }",
    );
    let mut first = desk
        .command()
        .args(["run", "script.rhai"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut word = [0; 3];
    std::io::Read::read_exact(first.stdout.as_mut().unwrap(), &mut word).unwrap();
    let second = desk.whmcsh(["run", "script.rhai", "--resume", &only_run(&desk)]);
    first.kill().unwrap();
    first.wait().unwrap();
    let error = second.failed(2);
    assert!(error.contains("is in use by process"), "{error}");
    assert_eq!(markers(&sandbox), once_each(1));
}

#[test]
fn no_secret_reaches_the_runs_folder() {
    fn files(folder: &Path) -> Vec<Vec<u8>> {
        let entries = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        entries
            .flat_map(|path| {
                if path.is_dir() {
                    files(&path)
                } else {
                    vec![std::fs::read(path).unwrap()]
                }
            })
            .collect()
    }
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.script(
        "add_user(#{ firstname: \"Ann\", lastname: \"Lee\", email: \"ann@secret.example\", password2: \"s3cr3t-word\" });",
    )
    .succeeded();
    let files = files(&desk.folder().join(".local/state/whmcsh/runs"));
    assert!(
        files
            .iter()
            .any(|bytes| String::from_utf8_lossy(bytes).contains("ann@secret.example"))
    );
    for bytes in files {
        let text = String::from_utf8_lossy(&bytes);
        assert!(
            !text.contains("s3cr3t-word"),
            "a password is in the run's folder"
        );
    }
}

#[test]
fn a_run_that_does_not_exist_and_one_on_a_passing_sandbox_are_refused() {
    let desk = Desk::new();
    desk.file("script.rhai", "print(1);");
    let sandboxed = desk.whmcsh(["run", "script.rhai", "--sandbox", "--resume", "x"]);
    assert!(
        sandboxed.failed(2).contains("cannot be resumed"),
        "{}",
        sandboxed.stderr
    );
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("script.rhai", "print(1);");
    for name in ["2026-01-01-nothing", "../escape", ""] {
        let outcome = desk.whmcsh(["run", "script.rhai", "--resume", name]);
        assert!(
            outcome.failed(2).contains("there is no run"),
            "{}",
            outcome.stderr
        );
    }
}
