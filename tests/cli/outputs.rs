//! What a run leaves in its folder, and what it says when it ends.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::canned::Canned;
use crate::support::{Desk, Sandbox};

/// Gives a city to the clients of a file.
const UPDATE: &str = "bulk(csv(args[0]), #{ key: \"id\", workers: 1 }, |row| {\n\
    update_client(#{ clientid: row.id, city: row.city });\n\
    #{ updated: row.id }\n\
    });\n";

fn read(run: &Path, name: &str) -> String {
    std::fs::read_to_string(run.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The names of the sheets and the summary a run left.
fn left(run: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(run).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let is_output = |name: &String| {
        let ending = Path::new(name).extension();
        ending.is_some_and(|ending| ending == "csv" || ending == "json" || ending == "part")
    };
    let mut names: Vec<String> = names.filter(is_output).collect();
    names.sort();
    names
}

fn name(run: &Path) -> &str {
    run.file_name().unwrap().to_str().unwrap()
}

/// Starts the binary and waits until it printed `on`.
fn started(desk: &Desk, words: &[&str]) -> Child {
    let mut child = desk
        .command()
        .args(words)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut word = [0; 3];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut word)
        .unwrap();
    assert_eq!(&word, b"on\n");
    child
}

#[test]
fn failed_rows_are_run_again_from_their_file_once_the_cause_is_mended() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("script.rhai", UPDATE);
    desk.file("rows.csv", "id,city\n1,Bergen\n999999,\"Oslo, West\"\n");
    let first = desk.whmcsh(["run", "script.rhai", "rows.csv"]);
    first.failed(4);
    let failed = desk.only_run().join("failed.csv");
    let header = "id,city,_row,_line,_error,_kind,_action,_applied\n";
    let expected = "999999,\"Oslo, West\",2,3,Client ID Not Found,api,UpdateClient,\n";
    let text = std::fs::read_to_string(&failed).unwrap();
    assert_eq!(text, format!("{header}{expected}"));

    // Still not mended, it gives the same columns again.
    let failed = desk.file("failed.csv", &text);
    let again = desk.whmcsh(["run", "script.rhai", "failed.csv", "--quiet"]);
    let error = again.failed(4);
    let path = error
        .lines()
        .find_map(|line| line.strip_prefix("failed rows: "))
        .unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    assert_eq!(
        text,
        format!("{header}{}", expected.replace(",2,3,", ",1,2,"))
    );

    std::fs::write(&failed, text.replace("999999", "2")).unwrap();
    desk.whmcsh(["run", "script.rhai", "failed.csv"])
        .succeeded();
    let client = &sandbox.ask("GetClientsDetails", &[("clientid", "2")])["client"];
    assert_eq!(client["city"], "Oslo, West");
}

#[test]
fn every_row_that_ended_is_in_the_results_with_what_its_closure_returned() {
    let sandbox = Sandbox::with(&["--fault", "reset-after@LogActivity:#1"]);
    let desk = sandbox.desk();
    desk.file("rows.csv", "id,city\n1,Bergen\n2,\n999999,Oslo\n4,Bodø\n");
    let outcome = desk.script(
        "bulk(csv(\"rows.csv\"), #{ key: \"id\", workers: 1 }, |row| {\n\
         if row.city == \"\" { skip(\"no city\"); }\n\
         if row.id == \"4\" { log_activity(#{ description: \"x\" }); }\n\
         update_client(#{ clientid: row.id, city: row.city });\n\
         #{ city: row.city.len(), tags: [\"a\", 1] }\n\
         });",
    );
    let run = desk.only_run();
    let error = outcome.failed(5);
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(
        lines[..2],
        [
            "4 rows: 1 done, 1 failed, 1 skipped, 1 in doubt",
            "error: 1 row in doubt, 1 failed"
        ]
    );
    assert_eq!(
        lines[lines.len() - 2..],
        [
            format!("failed rows: {}", run.join("failed.csv").display()),
            format!(
                "to resume, run: whmcsh run script.rhai --resume {}",
                name(&run)
            ),
        ]
    );
    let results = read(&run, "results.csv");
    let rows: Vec<&str> = results.lines().collect();
    assert_eq!(
        rows[..4],
        [
            "id,city,_row,_line,_outcome,_error,_city,tags",
            "1,Bergen,1,2,done,,6,\"[\"\"a\"\",1]\"",
            "2,,2,3,skipped,no city,,",
            "999999,Oslo,3,4,failed,Client ID Not Found,,",
        ]
    );
    assert!(rows[4].starts_with("4,Bodø,4,5,in doubt,"), "{}", rows[4]);
    // What may have been done is no row to be done again.
    assert_eq!(read(&run, "failed.csv").lines().count(), 2);
}

#[test]
fn a_run_that_stopped_early_says_what_is_left_and_the_resumed_one_rewrites_it_all() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "script.rhai",
        UPDATE.replace("workers: 1", "workers: 1, max_failures: 0"),
    );
    desk.file(
        "rows.csv",
        "id,city\n1,Bergen\n999999,Oslo\n3,Bodø\n4,Moss\n",
    );
    let outcome = desk.whmcsh(["run", "script.rhai", "rows.csv"]);
    let run = desk.only_run();
    let error = outcome.failed(6);
    assert!(
        error.starts_with("4 rows: 1 done, 1 failed, 2 not processed\n"),
        "{error}"
    );
    let unprocessed = run.join("unprocessed.csv");
    let shown = format!("unprocessed rows: {}\n", unprocessed.display());
    assert!(error.contains(&shown), "{error}");
    assert_eq!(
        read(&run, "unprocessed.csv"),
        "id,city,_row,_line,_begun\n3,Bodø,3,4,\n4,Moss,4,5,\n"
    );
    let summary: Value = serde_json::from_str(&read(&run, "summary.json")).unwrap();
    assert_eq!(summary["unprocessed"], 2);
    assert_eq!(summary["state"], "stopped");

    desk.file("rows.csv", "id,city\n1,Bergen\n2,Oslo\n3,Bodø\n4,Moss\n");
    let resumed = desk.whmcsh(["run", "script.rhai", "rows.csv", "--resume", name(&run)]);
    resumed.succeeded();
    assert!(resumed.stderr.contains("results: "), "{}", resumed.stderr);
    let results = read(&run, "results.csv");
    assert!(
        results.contains("1,Bergen,1,2,done,,1\n") && results.contains("4,Moss,4,5,done,,4\n"),
        "{results}"
    );
    assert!(!run.join("unprocessed.csv").exists());
}

#[test]
fn the_summary_is_the_run_in_numbers() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("my script.rhai", UPDATE);
    desk.file("rows.csv", "id,city\n1,Bergen\n999999,Oslo\n");
    desk.whmcsh(["run", "my script.rhai", "rows.csv"]).failed(4);
    let run = desk.only_run();
    let mut summary: Value = serde_json::from_str(&read(&run, "summary.json")).unwrap();
    let mut taken = |name: &str| summary[name].take();
    for moment in ["started", "ended"] {
        assert!(taken(moment).as_str().unwrap().starts_with("20"));
    }
    for place in ["machine", "user"] {
        assert!(!taken(place).as_str().unwrap().is_empty());
    }
    let resume = format!(
        "whmcsh run 'my script.rhai' rows.csv --resume {}",
        name(&run)
    );
    assert_eq!(
        summary,
        json!({
            "run": name(&run), "name": null, "shard": null, "machine": null, "user": null,
            "version": env!("CARGO_PKG_VERSION"), "script": "my script.rhai", "args": ["rows.csv"],
            "profile": "environment", "host": sandbox.host(), "rehearsal": false,
            "started": null, "ended": null, "state": "failed",
            "counts": {
                "done": 1, "unchanged": 0, "failed": 1, "skipped": 0, "in_doubt": 0,
                "writes": 1, "writes_in_doubt": 0,
            },
            "unprocessed": 0,
            "writes": {"UpdateClient": 1},
            "reasons": [{"reason": "Client ID Not Found", "count": 1, "first_row": 2}],
            "files": {"results": ["results.csv"], "failed": ["failed.csv"], "unprocessed": []},
            "resume": resume,
        })
    );
}

#[test]
fn every_bulk_loop_has_files_of_its_own() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.script(
        "bulk([1, 2], |id| #{ double: 2 * id });\n\
         bulk([#{ id: 1 }, #{ id: 999999 }], #{ key: \"id\" }, |row| {\n\
         let client = update_client(#{ clientid: row.id, city: \"Oslo\" });\n\
         #{ clientid: client.clientid }\n\
         });",
    )
    .failed(4);
    let run = desk.only_run();
    assert_eq!(
        left(&run),
        [
            "failed-2.csv",
            "results-2.csv",
            "results.csv",
            "summary.json"
        ]
    );
    let first = "value,_row,_line,_outcome,_error,double\n1,1,,done,,2\n2,2,,done,,4\n";
    assert_eq!(read(&run, "results.csv"), first);
    assert_eq!(
        read(&run, "results-2.csv"),
        "id,_row,_line,_outcome,_error,clientid\n1,1,,done,,1\n\
         999999,2,,failed,Client ID Not Found,\n"
    );
}

#[test]
fn what_a_failed_row_had_already_done_is_said_beside_it() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.script(
        "bulk([1], |id| {\n\
         update_client(#{ clientid: id, city: \"Oslo\" });\n\
         log_activity(#{ description: \"x\" });\n\
         fail(\"after all\");\n\
         });",
    )
    .failed(4);
    let failed = read(&desk.only_run(), "failed.csv");
    let row = failed.lines().nth(1).unwrap();
    assert_eq!(row, "1,1,,after all,fail,,UpdateClient LogActivity");
}

#[test]
fn secrets_of_the_input_reach_no_file_whatever_their_column_is_called() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "rows.csv",
        "email,New Password,word\nann@x.example,tucked-away-1,hidden-word-1\n\
         ,tucked-away-2,hidden-word-2\nbo@x.example,tucked-away-3,hidden-word-3\n",
    );
    let outcome = desk.script(
        "bulk(csv(\"rows.csv\"), #{ workers: 1, max_failures: 1 }, |row| {\n\
         if row.email == \"\" { fail(\"no e-mail\"); }\n\
         add_user(#{ firstname: \"A\", lastname: \"B\", email: row.email, password2: row.word });\n\
         #{ again: row.word, password: \"tucked-away-0\" }\n\
         });",
    );
    let error = outcome.failed(6);
    let said = "left out of the files as secret: `New Password`, `password`, `word`\n";
    assert!(error.contains(said), "{error}");
    let run = desk.only_run();
    for entry in std::fs::read_dir(&run).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        for secret in ["tucked-away", "hidden-word"] {
            assert!(!text.contains(secret), "{secret} is in {}", path.display());
        }
    }
    assert!(read(&run, "results.csv").starts_with("email,_row,_line,_outcome,_error\n"));
    assert!(read(&run, "failed.csv").starts_with("email,_row,_line,_error,"));
    assert!(read(&run, "unprocessed.csv").starts_with("email,_row,_line,_begun\n"));
}

#[test]
fn secrets_of_a_row_are_covered_in_the_reason_it_failed_for() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "rows.csv",
        "id,password2\n1,tucked-away-1\n2,tucked-away-2\n3,tucked-away-3\n4,tucked-away-4\n",
    );
    let outcome = desk.script(
        "bulk(csv(\"rows.csv\"), |row| {\n\
         if row.id == \"1\" { update_client(#{ clientid: row.password2 }); }\n\
         if row.id == \"2\" { fail(`no ${row.password2}`); }\n\
         if row.id == \"3\" && row.password2 > 5 { return }\n\
         #{ said: `is ${row.password2}` }\n\
         });",
    );
    let error = outcome.failed(4);
    for said in [
        "not `(secret)`; nothing was sent",
        "1 × no (secret)",
        "text `\"(secret)\"`",
    ] {
        assert!(error.contains(said), "{error}");
    }
    let run = desk.only_run();
    assert!(read(&run, "results.csv").contains("done,,is (secret)"));
    for entry in std::fs::read_dir(&run).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        assert!(!text.contains("tucked-away"), "in {}", path.display());
    }
}

#[test]
fn a_secret_that_the_server_repeats_reaches_no_file() {
    let server = Canned::page(
        "200 OK",
        "application/json",
        r#"{"result":"success","clientid":1,"warning":"weak: tucked-away-1","message":"tucked-away-1 set"}"#,
    );
    let desk = server.desk();
    desk.file("rows.csv", "id,password2\n1,tucked-away-1\n");
    let outcome = desk.script(
        "bulk(csv(\"rows.csv\"), |row| update_client(#{ clientid: row.id, password2: row.password2 }));",
    );
    outcome.succeeded();
    assert!(
        outcome.stderr.contains("weak: (secret)"),
        "{}",
        outcome.stderr
    );
    for entry in std::fs::read_dir(desk.only_run()).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        assert!(!text.contains("tucked-away"), "in {}", path.display());
    }
}

#[test]
fn an_interrupted_run_names_the_rows_it_did_not_do() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("rows.csv", "id\n1\n2\n3\n");
    desk.file(
        "script.rhai",
        "bulk(csv(\"rows.csv\"), #{ key: \"id\", workers: 1 }, |row| {\n\
         if row.id == \"2\" { print(\"on\"); loop { sleep(0.01); } }\n\
         });",
    );
    let child = started(&desk, &["run", "script.rhai"]);
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(sent.success());
    let output = child.wait_with_output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{error}");
    let run = desk.only_run();
    assert_eq!(
        read(&run, "unprocessed.csv"),
        "id,_row,_line,_begun\n2,2,3,yes\n3,3,4,\n"
    );
    let last = format!(
        "to resume, run: whmcsh run script.rhai --resume {}",
        name(&run)
    );
    assert_eq!(error.lines().last(), Some(last.as_str()), "{error}");
}

#[test]
fn a_killed_run_leaves_no_files_that_are_no_longer_true() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("rows.csv", "id,city\n1,Bergen\n999999,Oslo\n");
    desk.file("flag.txt", "go");
    desk.file(
        "script.rhai",
        UPDATE.replace(
            "update_client",
            "if read_text(\"flag.txt\") == \"hang\" { print(\"on\"); loop { sleep(0.01); } }\n\
             update_client",
        ),
    );
    desk.whmcsh(["run", "script.rhai", "rows.csv"]).failed(4);
    let run = desk.only_run();
    assert_eq!(left(&run), ["failed.csv", "results.csv", "summary.json"]);
    desk.file("flag.txt", "hang");
    let mut child = started(
        &desk,
        &["run", "script.rhai", "rows.csv", "--resume", name(&run)],
    );
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(left(&run).is_empty(), "{:?}", left(&run));
    // The journal knows as much as there is to know.
    let shown = desk.whmcsh(["runs", "failed", name(&run), "--json"]).json();
    assert_eq!(shown[0]["cells"]["id"], "999999");
    assert_eq!(left(&run), ["failed.csv", "results.csv", "summary.json"]);
}

#[test]
fn a_rehearsal_leaves_the_same_files_and_is_not_resumed() {
    let desk = Desk::new();
    desk.file("script.rhai", UPDATE);
    desk.file("rows.csv", "id,city\n1,Bergen\n999999,Oslo\n");
    let outcome = desk.whmcsh(["run", "script.rhai", "rows.csv", "--sandbox"]);
    let run = desk.only_run();
    let failed = format!("failed rows: {}", run.join("failed.csv").display());
    assert_eq!(outcome.failed(4).lines().last(), Some(failed.as_str()));
    assert_eq!(left(&run), ["failed.csv", "results.csv", "summary.json"]);
    let listed = desk.whmcsh(["runs", "list"]);
    assert!(
        listed.succeeded().contains("rehearsal"),
        "{}",
        listed.stdout
    );
    let sandbox = Sandbox::start();
    let desk = desk
        .variable("WHMCSH_URL", &sandbox.url)
        .variable("WHMCSH_IDENTIFIER", "sandbox")
        .variable("WHMCSH_SECRET", "sandbox");
    let resumed = desk.whmcsh(["run", "script.rhai", "rows.csv", "--resume", name(&run)]);
    assert!(
        resumed.failed(2).contains("cannot be resumed"),
        "{}",
        resumed.stderr
    );
    sandbox.desk();
}

#[test]
fn a_script_that_only_reads_leaves_nothing() {
    let desk = Desk::new();
    desk.file(
        "script.rhai",
        "print(get_clients().totalresults); bulk([], |row| ());",
    );
    desk.whmcsh(["run", "script.rhai", "--sandbox"]).succeeded();
    assert!(!desk.folder().join(".local/state/whmcsh/runs").exists());
}

#[test]
fn a_quiet_run_says_nothing_when_all_is_well() {
    let desk = Desk::new();
    desk.file("script.rhai", UPDATE);
    desk.file("rows.csv", "id,city\n1,Bergen\n");
    let words = ["run", "script.rhai", "rows.csv", "--sandbox", "--quiet"];
    let outcome = desk.whmcsh(words);
    outcome.succeeded();
    assert_eq!(outcome.stderr, "");
}

#[test]
fn a_script_cannot_write_over_the_journal_of_its_run() {
    let desk = Desk::new();
    desk.file("script.rhai", UPDATE);
    desk.file("rows.csv", "id,city\n1,Bergen\n");
    desk.whmcsh(["run", "script.rhai", "rows.csv", "--sandbox"])
        .succeeded();
    let journal = desk.only_run().join("journal.log");
    let path = journal.strip_prefix(desk.folder()).unwrap().display();
    desk.file("spoil.rhai", format!("write_text(\"{path}\", \"\");"));
    let outcome = desk.whmcsh(["run", "spoil.rhai", "--sandbox"]);
    assert!(
        outcome.failed(1).contains("is in the folder of a run"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn nothing_that_a_command_reads_is_overwritten_by_it() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("script.rhai", "import \"lib\" as lib; print(1);");
    desk.file("lib.rhai", "let x = 1;");
    desk.file("rows.csv", "id\n1\n");
    let config = desk.configure("main", &sandbox);
    let config = config.to_str().unwrap();
    for name in ["script.rhai", "lib.rhai", "rows.csv"] {
        let path = desk.folder().join(name);
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(path, private).unwrap();
    }
    std::os::unix::fs::symlink("rows.csv", desk.folder().join("link")).unwrap();
    let each = ["--", "AddClientNote", "userid={id}", "notes=x"];
    for written in ["script.rhai", "lib.rhai", "rows.csv", "link", config] {
        for words in [
            &["plan", "script.rhai", "rows.csv", "--out", written][..],
            &["plan", "script.rhai", "file=rows.csv", "--log", written],
            &["run", "script.rhai", "rows.csv", "--log", written],
            &[&["each", "rows.csv", "--plan", "--out", written][..], &each].concat(),
            &[&["each", "rows.csv", "--log", written][..], &each].concat(),
            &["call", "GetClients", "--log", written],
        ] {
            // `call` reads no rows.
            if words[0] == "call" && ["rows.csv", "link"].contains(&written) {
                continue;
            }
            let before = std::fs::read(desk.folder().join(written)).unwrap();
            let outcome = desk.whmcsh(words);
            let told = outcome.failed(2);
            assert!(told.contains("would overwrite"), "{words:?}: {told}");
            let after = std::fs::read(desk.folder().join(written)).unwrap();
            assert_eq!(before, after, "{words:?}");
        }
    }
    for words in [
        ["plan", "script.rhai", "--out", "-"],
        ["plan", "script.rhai", "--log", "-"],
    ] {
        desk.whmcsh(words).failed(2);
        assert!(!desk.folder().join("-").exists(), "{words:?}");
    }
}
