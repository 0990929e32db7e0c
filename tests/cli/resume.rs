//! A run taken up again goes on where it was; kills at any instant are in `proof`.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;

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
             to resume, run: whmcsh run script.rhai --resume {run}\n",
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
                "to resume, run: whmcsh run script.rhai --resume {run}\n"
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
        let settled = desk.whmcsh(["runs", "settle", &run, "--write", "1", verdict, "--json"]);
        assert_eq!(settled.json()["done"], verdict == "--done");
        assert_eq!(settled.json()["action"], "LogActivity");
        assert_eq!(desk.whmcsh(resume).succeeded(), "on\n");
        assert_eq!(markers(&sandbox), once_each(1), "{fault}");
    }
}

#[test]
fn a_repeatable_write_in_doubt_is_sent_again() {
    // At once, and when the run is resumed.
    let faults = "reset-after@UpdateClient:#1,reset-after@UpdateClient:#2";
    let sandbox = Sandbox::with(&["--fault", faults]);
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
    let error = second.failed(3);
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
