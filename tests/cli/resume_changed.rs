//! A run taken up again with other rows, other words, or a write settled by its row.

use crate::support::{Desk, Sandbox};

const SCRIPT: &str = "let done = bulk(csv(\"rows.csv\"), #{ key: \"id\", workers: 1 }, |row| {\n\
    if row.name == \"skip\" { skip(\"not wanted\"); }\n\
    if row.name == \"same\" { return #{ unchanged: true }; }\n\
    add_contact(#{ clientid: 1, firstname: row.name, email: `${row.id}@changed.example` });\n\
    if read_text(\"flag.txt\") == \"stop\" && row.id == \"b\" { fail(\"not yet\"); }\n\
    });\n\
    print(`${done.ok} ok, ${done.skipped} skipped, ${done.unchanged} unchanged, ${done.failed} failed, ${done.total} in all`);\n";

fn contacts(sandbox: &Sandbox) -> Vec<(String, String)> {
    let reply = sandbox.ask("GetContacts", &[("limitnum", "5000")]);
    let contacts = reply["contacts"]["contact"].as_array().unwrap();
    let text = |contact: &serde_json::Value, name: &str| contact[name].as_str().unwrap().to_owned();
    let mut contacts: Vec<_> = contacts
        .iter()
        .map(|contact| (text(contact, "email"), text(contact, "firstname")))
        .filter(|(email, _)| email.ends_with("@changed.example"))
        .collect();
    contacts.sort();
    contacts
}

fn expected(names: &[(&str, &str)]) -> Vec<(String, String)> {
    let contact = |(id, name): &(&str, &str)| (format!("{id}@changed.example"), (*name).to_owned());
    names.iter().map(contact).collect()
}

fn run_of(desk: &Desk) -> String {
    let runs = desk.whmcsh(["runs", "list", "--json"]).json();
    runs[0]["id"].as_str().unwrap().to_owned()
}

fn begun(sandbox: &Sandbox) -> (Desk, String) {
    let desk = sandbox.desk();
    desk.file("flag.txt", "stop");
    desk.file(
        "rows.csv",
        "id,name\na,Ann\nb,Bea\nc,Cleo\ns,skip\nu,same\n",
    );
    let outcome = desk.script(SCRIPT);
    outcome.failed(4);
    assert_eq!(
        outcome.stdout,
        "3 ok, 1 skipped, 1 unchanged, 1 failed, 5 in all\n"
    );
    desk.file("flag.txt", "go");
    let run = run_of(&desk);
    (desk, run)
}

#[test]
fn the_totals_of_a_resumed_run_are_those_of_the_whole_run() {
    let sandbox = Sandbox::start();
    let (desk, run) = begun(&sandbox);
    let resumed = desk.whmcsh(["run", "script.rhai", "--resume", &run]);
    assert_eq!(
        resumed.succeeded(),
        "4 ok, 1 skipped, 1 unchanged, 0 failed, 5 in all\n"
    );
    let all = expected(&[("a", "Ann"), ("b", "Bea"), ("c", "Cleo")]);
    assert_eq!(contacts(&sandbox), all);
}

#[test]
fn rows_added_removed_and_reordered_are_told_apart_by_their_keys() {
    let sandbox = Sandbox::start();
    let (desk, run) = begun(&sandbox);
    desk.file("rows.csv", "id,name\nd,Dora\nc,Cleo\nb,Bea\n");
    let resumed = desk.whmcsh(["run", "script.rhai", "--resume", &run]);
    assert_eq!(
        resumed.succeeded(),
        "3 ok, 0 skipped, 0 unchanged, 0 failed, 3 in all\n"
    );
    let all = expected(&[("a", "Ann"), ("b", "Bea"), ("c", "Cleo"), ("d", "Dora")]);
    assert_eq!(contacts(&sandbox), all);
}

#[test]
fn a_row_that_wants_something_else_than_it_did_is_stopped() {
    let sandbox = Sandbox::start();
    let (desk, run) = begun(&sandbox);
    desk.file("rows.csv", "id,name\na,Anna\nb,Beatrice\nc,Cleo\n");
    let resumed = desk.whmcsh(["run", "script.rhai", "--resume", &run]);
    let error = resumed.failed(4);
    assert!(
        error.contains("this row already did `AddContact` with other parameters"),
        "{error}"
    );
    // What was done is done: a changed row that came to its end is not looked at again.
    let all = expected(&[("a", "Ann"), ("b", "Bea"), ("c", "Cleo")]);
    assert_eq!(contacts(&sandbox), all);
}

#[test]
fn a_write_in_doubt_is_settled_by_its_row() {
    for (row, verdict) in [("7", "--done"), ("2", "--not-done")] {
        let fault = if verdict == "--done" {
            "reset-after"
        } else {
            "reset-before"
        };
        let sandbox = Sandbox::with(&["--fault", &format!("{fault}@LogActivity:#2")]);
        let desk = sandbox.desk();
        desk.file("rows.csv", "id\n5\n7\n9\n");
        let outcome = desk.script(
            "bulk(csv(\"rows.csv\"), #{ key: \"id\", workers: 1 }, |row| {\n\
             log_activity(#{ description: \"Marker \" + row.id }); });",
        );
        let error = outcome.failed(5);
        let run = run_of(&desk);
        assert!(
            error.contains("\n  row 7: the connection to ")
                && error.contains("; WHMCS may or may not have applied it (write 2)\n"),
            "{error}"
        );
        // The write is named once, by the key of its row.
        assert_eq!(error.matches("LogActivity").count(), 1, "{error}");
        assert!(!error.contains("first: row"), "{error}");
        let resume = ["run", "script.rhai", "--resume", &run];
        desk.whmcsh(resume).failed(5);
        for wrong in ["5", "1", "nobody"] {
            let refused = desk.whmcsh(["runs", "settle", &run, "--row", wrong, "--done"]);
            let error = refused.failed(2);
            assert!(
                error.contains("in doubt: 2 (LogActivity of row 7)"),
                "{error}"
            );
        }
        desk.whmcsh(["runs", "settle", &run, "--row", row, verdict])
            .succeeded();
        desk.whmcsh(resume).succeeded();
        let log = sandbox.ask(
            "GetActivityLog",
            &[("limitnum", "500"), ("description", "Marker")],
        );
        assert_eq!(log["activity"]["entry"].as_array().unwrap().len(), 3);
    }
}

#[test]
fn a_write_in_doubt_that_the_script_caught_is_told_all_the_same() {
    for script in [
        "try { log_activity(#{ description: \"Marker\" }); } catch {} print(\"on\");",
        "bulk([1], |n| { try { log_activity(#{ description: \"Marker\" }); } catch {} }); print(\"on\");",
    ] {
        let sandbox = Sandbox::with(&["--fault", "reset-after@LogActivity:#1"]);
        let desk = sandbox.desk();
        let outcome = desk.script(script);
        let error = outcome.failed(5);
        assert_eq!(outcome.stdout, "on\n");
        assert!(
            error.contains("may or may not have applied it (write 1)"),
            "{error}"
        );
        let run = run_of(&desk);
        desk.whmcsh(["runs", "settle", &run, "--write", "1", "--done"])
            .succeeded();
        desk.whmcsh(["run", "script.rhai", "--resume", &run])
            .succeeded();
    }
}

#[test]
fn a_list_that_lost_the_rows_that_are_done_is_gone_on_with() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let script = |more: &str| {
        format!(
            "bulk(all_clients(#{{ status: \"Active\" }}), #{{ workers: 1 }}, |client| {{\n\
             {more}\n\
             close_client(#{{ clientid: client.id }});\n\
             }});\n"
        )
    };
    let open = || sandbox.ask("GetClients", &[("status", "Active"), ("limitnum", "1")]);
    let before = open()["totalresults"].as_i64().unwrap();
    assert!(before > 3);
    // Without `key`: the first half is closed, and then the run is stopped.
    desk.file("script.rhai", script("if client.id > 3 { exit(1); }"));
    desk.whmcsh(["run", "script.rhai"]).failed(1);
    let after = open()["totalresults"].as_i64().unwrap();
    assert!(0 < after && after < before, "{after} of {before}");
    desk.file("script.rhai", script(""));
    desk.whmcsh(["run", "script.rhai", "--resume", &run_of(&desk)])
        .succeeded();
    assert_eq!(open()["totalresults"].as_i64(), Some(0));
}

#[test]
fn a_list_that_lost_all_its_rows_is_gone_on_with_if_all_are_done() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let script = |stop: &str| {
        format!(
            "let open = [];\n\
             for client in all_clients(#{{ status: \"Active\" }}) {{ open.push(#{{ id: client.id }}); }}\n\
             bulk(open, #{{ key: \"id\" }}, |client| close_client(#{{ clientid: client.id }}));\n\
             {stop}\n\
             log_activity(#{{ description: \"all are closed\" }});\n"
        )
    };
    desk.file("script.rhai", script("exit(1);"));
    desk.whmcsh(["run", "script.rhai"]).failed(1);
    let open = sandbox.ask("GetClients", &[("status", "Active"), ("limitnum", "1")]);
    assert_eq!(open["totalresults"].as_i64(), Some(0));
    desk.file("script.rhai", script(""));
    let resumed = desk.whmcsh(["run", "script.rhai", "--resume", &run_of(&desk)]);
    resumed.succeeded();
    assert!(
        resumed
            .stderr
            .contains("that the run had done are no longer in"),
        "{}",
        resumed.stderr
    );
    let told = [("description", "all are closed")];
    let log = sandbox.ask("GetActivityLog", &told);
    assert_eq!(log["activity"]["entry"].as_array().unwrap().len(), 1);
}

#[test]
fn a_row_that_left_its_list_half_done_is_said_until_it_is_accepted() {
    for is_one_left in [false, true] {
        let sandbox = Sandbox::start();
        let desk = sandbox.desk();
        if is_one_left {
            sandbox.ask("UpdateClient", &[("clientid", "1"), ("status", "Inactive")]);
        }
        desk.file("flag.txt", "stop");
        desk.file(
            "script.rhai",
            "bulk(all_clients(#{ status: \"Inactive\" }), #{ key: \"id\", workers: 1 }, |client| {\n\
             close_client(#{ clientid: client.id });\n\
             if read_text(\"flag.txt\") == \"stop\" { exit(1); }\n\
             add_client_note(#{ userid: client.id, notes: \"closed\" });\n});\n",
        );
        desk.whmcsh(["run", "script.rhai"]).failed(1);
        desk.file("flag.txt", "go");
        let run = run_of(&desk);
        for _ in 0..2 {
            let resumed = desk.whmcsh(["run", "script.rhai", "--resume", &run]);
            let error = resumed.failed(4);
            assert!(
                error.contains("1 row was begun earlier and did not come up again"),
                "{error}"
            );
            assert!(error.contains("to resume, run: "), "{error}");
        }
        let accepted = ["run", "script.rhai", "--resume", &run, "--rows-changed"];
        desk.whmcsh(accepted).succeeded();
        desk.whmcsh(["run", "script.rhai", "--resume", &run])
            .succeeded();
    }
}

#[test]
fn a_list_that_lost_all_its_rows_is_refused_if_some_were_not_begun() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("rows.json", "[{\"id\": 1}, {\"id\": 2}]");
    desk.file(
        "script.rhai",
        "bulk(read_json(\"rows.json\"), #{ key: \"id\", workers: 1 }, |row| {\n\
         if row.id == 2 { exit(1); }\n\
         add_client_note(#{ userid: row.id, notes: \"x\" });\n});\n",
    );
    desk.whmcsh(["run", "script.rhai"]).failed(1);
    desk.file("rows.json", "[]");
    let resumed = desk.whmcsh(["run", "script.rhai", "--resume", &run_of(&desk)]);
    assert!(
        resumed
            .failed(2)
            .contains("no row of `the array` is a row of run")
    );
}

#[test]
fn rows_that_would_go_by_another_key_than_before_are_not_begun() {
    let sandbox = Sandbox::start();
    let (desk, run) = begun(&sandbox);
    let before = contacts(&sandbox);
    for (key, now) in [("key: \"name\",", "`name`"), ("", "their content")] {
        assert!(SCRIPT.contains("key: \"id\","));
        desk.file("script.rhai", SCRIPT.replace("key: \"id\",", key));
        let resumed = desk.whmcsh(["run", "script.rhai", "--resume", &run]);
        let error = resumed.failed(1);
        let words = format!("were identified by `id` when the run began, and now by {now}");
        assert!(error.contains(&words), "{error}");
        assert!(error.contains("script.rhai:"), "{error}");
        assert_eq!(contacts(&sandbox), before);
    }
    desk.file("script.rhai", SCRIPT);
    desk.whmcsh(["run", "script.rhai", "--resume", &run])
        .succeeded();
}

#[test]
fn a_key_is_remembered_where_every_row_is_in_doubt() {
    let sandbox = Sandbox::with(&["--fault", "reset-after@AddClientNote"]);
    let desk = sandbox.desk();
    desk.file("rows.csv", "id,name\n1,Ann\n2,Bea\n");
    let script = "bulk(csv(\"rows.csv\"), #{ key: \"id\", workers: 1, max_failures: 0 }, |row| {\n\
                  add_client_note(#{ userid: row.id, notes: row.name }); });";
    let first = desk.script(script);
    assert_ne!(first.code, Some(0), "{}", first.stderr);
    let run = run_of(&desk);
    desk.file("script.rhai", script.replace("\"id\"", "\"name\""));
    let resumed = desk.whmcsh(["run", "script.rhai", "--resume", &run]);
    assert!(
        resumed.failed(5).contains("were identified by `id`"),
        "{}",
        resumed.stderr
    );
}

#[test]
fn a_module_that_has_changed_is_said_to_have_however_deep_it_is_imported() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let deep = "fn text() { \"Marker 000\" }";
    desk.file("lib/deep.rhai", deep);
    desk.file(
        "lib/near.rhai",
        "import \"deep\" as deep;\nfn text() { deep::text() }",
    );
    desk.file(
        "script.rhai",
        "import \"lib/near\" as near;\nlog_activity(#{ description: near::text() });\n\
         if args.len() == 0 { throw \"no\"; }",
    );
    desk.whmcsh(["run", "script.rhai"]).failed(1);
    let run = run_of(&desk);
    let resume = |words: &[&str]| {
        let resumed = desk.whmcsh([&["run"], words, &["--resume", &run]].concat());
        resumed.stderr
    };
    // By another path it is the same.
    let script = desk.folder().join("script.rhai");
    let said = resume(&[script.to_str().unwrap()]);
    assert!(!said.contains("has changed"), "{said}");

    desk.file("lib/deep.rhai", format!("{deep} // another"));
    let said = resume(&["script.rhai", "go"]);
    assert!(
        said.contains("warning: `lib/deep.rhai` has changed since run"),
        "{said}"
    );
    assert!(
        !said.contains("`lib/near.rhai`") && !said.contains("`script.rhai` has"),
        "{said}"
    );
}

#[test]
fn a_script_that_catches_a_contradiction_does_no_more_in_that_row() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "script.rhai",
        "bulk(csv(\"rows.csv\"), #{ key: \"id\" }, |row| {\n\
             try { add_contact(#{ clientid: 1, firstname: row.name, email: `${row.id}@changed.example` }); }\n\
             catch (e) { skip(\"never mind\"); }\n\
             if args.len() == 0 { fail(\"not yet\"); }\n\
             log_activity(#{ description: \"Went on\" });\n\
         });",
    );
    desk.file("rows.csv", "id,name\na,one\n");
    desk.whmcsh(["run", "script.rhai"]).failed(4);
    let run = run_of(&desk);
    desk.file("rows.csv", "id,name\na,two\n");
    let resumed = desk.whmcsh(["run", "script.rhai", "go", "--resume", &run]);
    let error = resumed.failed(4);
    assert!(
        error.contains("this row already did `AddContact` with other parameters"),
        "{error}"
    );
    assert!(
        error.contains("hint: give the row the former values"),
        "{error}"
    );
    assert_eq!(contacts(&sandbox), expected(&[("a", "one")]));
    let log = sandbox.ask("GetActivityLog", &[("description", "Went on")]);
    assert!(
        log["activity"]["entry"]
            .as_array()
            .is_none_or(Vec::is_empty),
        "{log}"
    );
}
