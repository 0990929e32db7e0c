//! `whmcsh runs`: what happened, what failed, what can go.

use std::path::Path;

use serde_json::Value;

use crate::support::log::{LOG, Log};
use crate::support::{Desk, Sandbox};

/// A desk with a run on the sandbox of which one row is done and one failed.
fn desk_with_a_run(sandbox: &Sandbox) -> (Desk, String) {
    let desk = sandbox.desk();
    desk.file("rows.csv", "id,city\n1,Bergen\n999999,Oslo\n");
    desk.script(
        "bulk(csv(\"rows.csv\"), #{ key: \"id\", workers: 1 }, |row| {\n\
         update_client(#{ clientid: row.id, city: row.city });\n\
         });",
    )
    .failed(4);
    let run = desk.only_run();
    let name = run.file_name().unwrap().to_str().unwrap().to_owned();
    (desk, name)
}

fn rehearsed(desk: &Desk) {
    desk.file("rehearsal.rhai", "log_activity(#{ description: \"x\" });");
    desk.whmcsh(["run", "rehearsal.rhai", "--sandbox"])
        .succeeded();
}

fn done(desk: &Desk) {
    desk.file("done.rhai", "log_activity(#{ description: \"x\" });");
    desk.whmcsh(["run", "done.rhai"]).succeeded();
}

fn listed(desk: &Desk) -> Vec<Value> {
    let list = desk.whmcsh(["runs", "list", "--json"]).json();
    list.as_array().unwrap().clone()
}

/// What the list says of the runs of each script, in its order.
fn said(runs: &[Value], what: &str) -> Vec<String> {
    let said = runs.iter().map(|run| run[what].to_string());
    said.map(|text| text.trim_matches('"').to_owned()).collect()
}

#[test]
fn the_list_has_the_newest_first_with_what_each_came_to() {
    let sandbox = Sandbox::start();
    let (desk, name) = desk_with_a_run(&sandbox);
    rehearsed(&desk);
    let runs = listed(&desk);
    assert_eq!(said(&runs, "script"), ["rehearsal.rhai", "script.rhai"]);
    assert_eq!(said(&runs, "state"), ["done", "failed"]);
    assert_eq!(said(&runs, "host"), ["sandbox", sandbox.host()]);
    assert_eq!(said(&runs, "rehearsal"), ["true", "false"]);
    assert_eq!(runs[1]["id"], *name);
    let counts = &runs[1]["counts"];
    assert_eq!(
        counts.to_string(),
        r#"{"done":1,"unchanged":0,"failed":1,"skipped":0,"in_doubt":0,"writes":1,"writes_in_doubt":0}"#
    );
    let shown = desk.whmcsh(["runs"]);
    let shown = shown.succeeded();
    assert!(
        shown.contains("rehearsal") && shown.contains(&name),
        "{shown}"
    );
}

#[test]
fn a_journal_that_cannot_be_read_hides_no_other_run() {
    let sandbox = Sandbox::start();
    let (desk, name) = desk_with_a_run(&sandbox);
    done(&desk);
    done(&desk);
    let runs = desk.folder().join(".local/state/whmcsh/runs");
    let runs_of = |script: &str| {
        let runs = listed(&desk);
        let of = runs.iter().filter(|run| run["script"] == script);
        of.map(|run| run["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let [damaged, newer] = <[String; 2]>::try_from(runs_of("done.rhai")).unwrap();
    std::fs::write(runs.join(&damaged).join(LOG), "no journal").unwrap();
    let mut log = Log::read(&runs.join(&newer));
    log.put_format(99, "99.1.0").write();
    let list = listed(&desk);
    assert_eq!(list[0]["id"], *name);
    let mut states = said(&list[1..], "state");
    states.sort();
    assert_eq!(states, ["damaged", "newer"]);
    assert!(list[1]["error"]["message"].is_string());
    let shown = desk.whmcsh(["runs", "list"]);
    assert!(shown.succeeded().contains("damaged"), "{}", shown.stdout);
}

#[test]
fn a_run_that_lost_its_journal_is_listed_and_forgotten_only_when_told() {
    let sandbox = Sandbox::start();
    let (desk, name) = desk_with_a_run(&sandbox);
    done(&desk);
    let runs = desk.folder().join(".local/state/whmcsh/runs");
    std::fs::remove_file(runs.join(&name).join("journal.log")).unwrap();
    // Neither one that was never begun nor a folder of somebody's own is a run.
    desk.file(".local/state/whmcsh/runs/unbegun/journal.log.new", "");
    desk.file(".local/state/whmcsh/runs/mine/notes.txt", "");
    let listed = listed(&desk);
    assert_eq!(said(&listed, "state"), ["done", "journal lost"]);
    assert_eq!(listed[1]["id"], *name);
    let error = listed[1]["error"]["message"].as_str().unwrap();
    assert!(error.contains("`journal.log` is missing"), "{error}");
    let table = desk.whmcsh(["runs", "list"]);
    assert!(table.succeeded().contains("journal lost"), "{table:?}");
    for words in [&["show"][..], &["show", "--json"], &["failed"], &["report"]] {
        let shown = desk.whmcsh([&["runs"], words, &[&name]].concat());
        let told = shown.failed(2);
        assert!(told.contains("`journal.log` is missing"), "{told}");
        assert!(told.contains("put `journal.log` back"), "{told}");
    }
    let kept = desk.whmcsh(["runs", "prune", "--older-than", "0d"]);
    kept.succeeded();
    assert!(
        kept.stderr.contains("not finished and kept: 1"),
        "{}",
        kept.stderr
    );
    assert!(runs.join(&name).is_dir() && runs.join("mine").is_dir());
    let removed = desk.whmcsh(["runs", "prune", "--all", "--json"]).json();
    assert_eq!(removed["removed"][0]["state"], "journal lost");
    assert!(!runs.join(&name).exists() && runs.join("mine/notes.txt").exists());
}

#[test]
fn the_name_of_a_run_that_lost_its_journal_stays_taken_when_it_is_removed() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("done.rhai", "log_activity(#{ description: \"x\" });");
    let words = ["run", "done.rhai", "--name", "nightly"];
    desk.whmcsh(words).succeeded();
    std::fs::remove_file(desk.only_run().join("journal.log")).unwrap();
    let removed = desk.whmcsh(["runs", "prune", "--all"]);
    removed.succeeded();
    assert!(removed.stderr.contains("stay taken"), "{}", removed.stderr);
    let refused = desk.whmcsh(words);
    let told = refused.failed(2);
    assert!(told.contains("journal lost"), "{told}");
    assert!(told.contains("nothing was sent"), "{told}");
}

#[test]
fn one_run_is_shown_with_what_is_open_and_what_to_do() {
    let sandbox = Sandbox::start();
    let (desk, name) = desk_with_a_run(&sandbox);
    let shown = desk.whmcsh(["runs", "show", &name]);
    let lines: Vec<&str> = shown.succeeded().lines().collect();
    assert_eq!(lines[0], format!("{name}: script.rhai"));
    assert!(
        lines[1].starts_with(&format!("failed; on {}, begun 20", sandbox.host())),
        "{}",
        lines[1]
    );
    let folder = desk.only_run();
    assert_eq!(
        lines[2..],
        [
            "2 rows: 1 done, 1 failed".to_owned(),
            "  1 × Client ID Not Found (first: row 2)".to_owned(),
            "writes: 1 UpdateClient".to_owned(),
            format!(
                "files in {}: results.csv, failed.csv, summary.json",
                folder.display()
            ),
        ]
    );
    let resume = format!("to resume, run: whmcsh run script.rhai --resume {name}\n");
    assert_eq!(shown.stderr, resume);
    let writes = desk.whmcsh(["runs", "show", &name, "--writes"]);
    let first = "write 1  row 1  done  UpdateClient  {\"city\":\"Bergen\",\"clientid\":\"1\"}\n";
    assert!(writes.succeeded().contains(first), "{}", writes.stdout);
    let json = desk.whmcsh(["runs", "show", &name, "--json"]).json();
    assert_eq!(json["counts"]["failed"], 1);
    assert_eq!(json["reasons"][0]["first_row"], 2);
    assert_eq!(
        said(json["writes"].as_array().unwrap(), "outcome"),
        ["done", "refused"]
    );
    assert_eq!(json["writes"][1]["row"], "999999");
}

#[test]
fn a_write_in_doubt_is_shown_with_the_command_that_settles_it() {
    let sandbox = Sandbox::with(&["--fault", "reset-after@LogActivity:#1"]);
    let desk = sandbox.desk();
    desk.script("log_activity(#{ description: \"x\" });")
        .failed(5);
    let name = listed(&desk)[0]["id"].as_str().unwrap().to_owned();
    let shown = desk.whmcsh(["runs", "show", &name]);
    let shown = shown.succeeded();
    assert!(
        shown.contains("write 1  in doubt (reset)  LogActivity  {\"description\":\"x\"}\n"),
        "{shown}"
    );
    let settle = format!("whmcsh runs settle {name} --write N --done (or --not-done)\n");
    assert!(shown.contains(&settle), "{shown}");
}

#[test]
fn failed_rows_are_shown_as_whoever_asks_wants_them() {
    let sandbox = Sandbox::start();
    let (desk, name) = desk_with_a_run(&sandbox);
    let path = desk.only_run().join("failed.csv");
    let failed = |options: &[&str]| desk.whmcsh(["runs", "failed", &name].iter().chain(options));
    let table = failed(&[]);
    assert!(
        table.succeeded().contains("Client ID Not Found"),
        "{}",
        table.stdout
    );
    assert_eq!(table.stderr, format!("failed rows: {}\n", path.display()));
    let json = failed(&["--json"]).json();
    assert_eq!(json.as_array().unwrap().len(), 1);
    assert_eq!(json[0]["row"], 2);
    assert_eq!(json[0]["line"], 3);
    assert_eq!(json[0]["error"]["kind"], "api");
    let lines = failed(&["-o", "ndjson"]);
    let line: Value = serde_json::from_str(lines.succeeded()).unwrap();
    assert_eq!(line, json[0]);
    let csv = failed(&["-o", "csv"]);
    assert_eq!(csv.succeeded(), std::fs::read_to_string(&path).unwrap());
    std::fs::remove_file(path.with_file_name("summary.json")).unwrap();
    std::fs::remove_file(&path).unwrap();
    failed(&[]).succeeded();
    assert!(path.exists());
}

#[test]
fn a_run_without_failed_rows_says_so() {
    let desk = Desk::new();
    rehearsed(&desk);
    let name = listed(&desk)[0]["id"].as_str().unwrap().to_owned();
    let failed = desk.whmcsh(["runs", "failed", &name]);
    assert_eq!(failed.succeeded(), "");
    assert_eq!(failed.stderr, "no row failed\n");
    assert_eq!(
        desk.whmcsh(["runs", "failed", &name, "--json"]).json(),
        serde_json::json!([])
    );
}

#[test]
fn pruning_removes_what_nobody_can_miss_and_says_what() {
    let sandbox = Sandbox::start();
    let (desk, open) = desk_with_a_run(&sandbox);
    rehearsed(&desk);
    done(&desk);
    let exists = |name: &str| {
        let folder = desk.folder().join(".local/state/whmcsh/runs").join(name);
        Path::new(&folder).exists()
    };
    let [finished, rehearsal, _] = <[String; 3]>::try_from(said(&listed(&desk), "id")).unwrap();

    let dry = desk.whmcsh(["runs", "prune", "--dry-run"]);
    let would = format!("would remove {rehearsal} (done, ");
    assert!(dry.succeeded().starts_with(&would), "{}", dry.stdout);
    assert!(exists(&rehearsal));

    let pruned = desk.whmcsh(["runs", "prune"]);
    assert_eq!(pruned.succeeded().lines().count(), 1);
    assert!(
        pruned.stderr.contains("not finished and kept: 1; `--all`"),
        "{}",
        pruned.stderr
    );
    assert!(!exists(&rehearsal) && exists(&finished) && exists(&open));

    desk.whmcsh(["runs", "prune", "--older-than", "1h"])
        .succeeded();
    assert!(exists(&finished));
    let json = desk
        .whmcsh(["runs", "prune", "--keep", "0", "--json"])
        .json();
    assert_eq!(json["removed"][0]["id"], *finished);
    assert!(json["bytes"].as_u64().unwrap() > 0);
    assert!(!exists(&finished) && exists(&open));

    desk.whmcsh(["runs", "prune", "--keep", "0", "--all"])
        .succeeded();
    assert!(listed(&desk).is_empty());
    let wrong = desk.whmcsh(["runs", "prune", "--older-than", "30"]);
    assert!(
        wrong.failed(2).contains("invalid age `30`"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn the_newest_run_needs_no_name() {
    let sandbox = Sandbox::start();
    let (desk, name) = desk_with_a_run(&sandbox);
    let named = desk.whmcsh(["runs", "show", &name]);
    for words in [&["runs", "show"][..], &["runs", "show", "last"]] {
        assert_eq!(desk.whmcsh(words).succeeded(), named.succeeded());
    }
    let failed = desk.whmcsh(["runs", "failed", "-o", "csv"]);
    assert!(failed.succeeded().contains("999999"));
    let report = desk.whmcsh(["runs", "report", "last"]);
    assert!(report.succeeded().trim_end().ends_with("/report.html"));
}

#[test]
fn a_misspelled_run_is_told_with_the_nearest() {
    let sandbox = Sandbox::start();
    let (desk, name) = desk_with_a_run(&sandbox);
    for near in [&name[..name.len() - 1], "script"] {
        let refused = desk.whmcsh(["runs", "undo", near]);
        assert_eq!(
            refused.failed(2),
            format!(
                "error: there is no run `{near}`\n\
                 hint: did you mean `{name}`? `whmcsh runs` lists them all\n"
            )
        );
    }
    let none = Desk::new().whmcsh(["runs", "show"]);
    assert!(none.failed(2).starts_with("error: there are no runs yet\n"));
}

#[test]
fn the_list_is_json_with_and_without_its_name() {
    let sandbox = Sandbox::start();
    let (desk, _) = desk_with_a_run(&sandbox);
    let list = desk.whmcsh(["runs", "list", "--json"]);
    assert_eq!(
        desk.whmcsh(["runs", "--json"]).succeeded(),
        list.succeeded()
    );
    assert_eq!(
        desk.whmcsh(["runs", "-q", "list", "--json"]).stdout,
        list.stdout
    );
    desk.whmcsh(["runs", "--json", "show"]).failed(2);
}
