//! Which rows of a changed file are the rows of the run that is taken up again.

use std::collections::BTreeMap;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Desk, Outcome, Sandbox};

/// A note for every row, which fails on its own where the cell says so.
const NOTES: &str = "bulk(csv(\"rows.csv\"), OPTIONS, |row| {\n\
    log_activity(#{ description: \"Row \" + row.tag });\n\
    if row.then == \"fail\" { fail(\"on purpose\"); }\n\
    if row.then == \"stop\" { exit(1); }\n});\n";

/// One in whose rows nothing is done before they fail.
const CAREFUL: &str = "bulk(csv(\"rows.csv\"), OPTIONS, |row| {\n\
    if row.then == \"fail\" { fail(\"on purpose\"); }\n\
    log_activity(#{ description: \"Row \" + row.tag }); });\n";

struct Case {
    sandbox: Sandbox,
    desk: Desk,
}

impl Case {
    /// A run of the script over those rows, which did not come to its end.
    fn begun(script: &str, options: &str, rows: &str, code: i32) -> Self {
        let sandbox = Sandbox::start();
        let desk = sandbox.desk();
        desk.file("rows.csv", rows);
        desk.script(&script.replace("OPTIONS", options))
            .failed(code);
        Self { sandbox, desk }
    }

    fn run(&self) -> String {
        let name = self.desk.only_run();
        name.file_name().unwrap().to_str().unwrap().to_owned()
    }

    fn resume(&self, rows: &str, more: &[&str]) -> Outcome {
        self.desk.file("rows.csv", rows);
        let run = self.run();
        self.desk
            .whmcsh([&["run", "script.rhai", "--resume", &run], more].concat())
    }

    /// The rows that were logged, and how often each.
    fn logged(&self) -> BTreeMap<String, usize> {
        let params = [("limitnum", "5000"), ("description", "Row ")];
        let reply = self.sandbox.ask("GetActivityLog", &params);
        let mut logged = BTreeMap::new();
        for entry in reply["activity"]["entry"].as_array().into_iter().flatten() {
            let text = entry["description"]
                .as_str()
                .unwrap()
                .strip_prefix("Row ")
                .unwrap();
            *logged.entry(text.to_owned()).or_default() += 1;
        }
        logged
    }

    #[track_caller]
    fn logged_once(&self, rows: &[&str]) {
        let expected = rows.iter().map(|row| ((*row).to_owned(), 1)).collect();
        assert_eq!(self.logged(), expected);
    }

    fn failed_rows(&self) -> Value {
        self.desk.whmcsh(["runs", "list", "--json"]).json()[0]["counts"]["failed"].clone()
    }
}

const ADDRESSES: &str =
    "tag,then\nJo@Example.com,\nMu\u{308}ller@x.example,\nann@x.example,stop\nlast,\n";
const KEY: &str = "#{ key: \"tag\", workers: 1 }";

#[test]
fn an_address_that_is_spelled_in_another_way_is_the_same_row() {
    let case = Case::begun(NOTES, KEY, ADDRESSES, 1);
    let respelled =
        "tag,then\njo@EXAMPLE.com,\n\u{a0}M\u{fc}ller@x.example\u{200b},\nann@x.example,\nlast,\n";
    let resumed = case.resume(respelled, &[]);
    resumed.succeeded();
    let told = "2 rows of `rows.csv` have keys that are spelled differently than before; they are treated \
        as the same\n";
    assert!(resumed.stderr.contains(told), "{}", resumed.stderr);
    assert_eq!(case.logged().len(), 4);
}

#[test]
fn keys_that_differ_in_spelling_alone_are_refused_with_both_lines() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "rows.csv",
        "tag,then\nJo@x.example,\nann,\n\u{a0}jo@X.example,\n",
    );
    let refused = desk.script(&NOTES.replace("OPTIONS", KEY));
    let error = refused.failed(1);
    assert!(
        error.contains("lines 2 and 4 have the same `tag`: `Jo@x.example` and `"),
        "{error}"
    );
    assert!(error.contains("differ only in spelling"), "{error}");
    // Codes are no addresses.
    desk.file("rows.csv", "tag,then\nAB-1,\nab-1,\n");
    desk.whmcsh(["run", "script.rhai"]).succeeded();
}

#[test]
fn rows_without_a_key_are_known_by_their_content_wherever_they_stand() {
    let case = Case::begun(
        NOTES,
        "#{ workers: 1 }",
        "tag,then\na,\na,\nb,\nc,fail\n",
        4,
    );
    // Moved, its columns swapped, and with a new row in front.
    let resumed = case.resume("then,tag\n,new\nfail,c\n,b\n,a\n,a\n", &[]);
    resumed.failed(4);
    let logged = [("a", 2), ("b", 1), ("c", 1), ("new", 1)];
    assert_eq!(
        case.logged(),
        logged.map(|(row, count)| (row.to_owned(), count)).into()
    );
    // The how-manieth of equal rows counts: a third is a new one.
    case.resume("tag,then\na,\na,\na,\nb,\nc,fail\nnew,\n", &[])
        .failed(4);
    assert_eq!(case.logged()["a"], 3);
}

#[test]
fn a_row_that_did_something_and_seems_to_be_mended_stops_the_run() {
    let rows = "tag,then\nann@x.example,\nbob@x.exmaple,fail\n";
    let case = Case::begun(NOTES, KEY, rows, 4);
    let mended = "tag,then\nann@x.example,\nbob@x.example,\n";
    let resumed = case.resume(mended, &[]);
    let error = resumed.failed(2);
    assert!(
        error.contains("row `bob@x.exmaple` is gone, and the similar row `bob@x.example` is new"),
        "{error}"
    );
    assert!(error.contains("nothing was sent"), "{error}");
    assert!(
        error.contains("--same-row bob@x.exmaple=bob@x.example"),
        "{error}"
    );
    case.logged_once(&["ann@x.example", "bob@x.exmaple"]);
    // Said to be the same: it goes on under its old key, and its call has other words.
    let joined = case.resume(mended, &["--same-row", "bob@x.exmaple=bob@x.example"]);
    assert!(
        joined
            .stderr
            .contains("row `bob@x.example` continues row `bob@x.exmaple`"),
        "{}",
        joined.stderr
    );
    assert!(
        joined
            .failed(4)
            .contains("this row already did `LogActivity`"),
        "{}",
        joined.stderr
    );
    case.logged_once(&["ann@x.example", "bob@x.exmaple"]);
    // That is remembered.
    assert!(
        case.resume(mended, &[])
            .failed(4)
            .contains("this row already did")
    );
}

#[test]
fn a_row_in_doubt_that_seems_to_be_mended_stops_the_run() {
    let sandbox = Sandbox::with(&["--fault", "reset-after@LogActivity:#2"]);
    let desk = sandbox.desk();
    desk.file("rows.csv", "tag,then\nann@x.example,\nbob@x.exmaple,\n");
    desk.script(&NOTES.replace("OPTIONS", KEY)).failed(5);
    let case = Case { sandbox, desk };
    let resumed = case.resume("tag,then\nann@x.example,\nbob@x.example,\n", &[]);
    let error = resumed.failed(2);
    assert!(
        error.contains("row `bob@x.exmaple` is gone, and the similar row `bob@x.example` is new"),
        "{error}"
    );
    case.logged_once(&["ann@x.example", "bob@x.exmaple"]);
}

#[test]
fn a_row_that_was_on_its_way_and_is_gone_stops_the_run_whatever_row_is_new() {
    let sandbox = Sandbox::with(&["--fault", "latency-after=600s@LogActivity:#2"]);
    let desk = sandbox.desk();
    desk.file("rows.csv", "tag,then\nk1,\nk2,\nk3,\n");
    desk.file("script.rhai", NOTES.replace("OPTIONS", KEY));
    let mut child = desk
        .command()
        .args(["run", "script.rhai"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let is_there = || {
        let reply = sandbox.ask("GetActivityLog", &[("description", "Row k2")]);
        reply["totalresults"] == 1
    };
    while !is_there() {}
    let case = Case { sandbox, desk };
    child.kill().unwrap();
    child.wait().unwrap();
    let resumed = case.resume("tag,then\nk1,\nk3,\na quite different one,go\n", &[]);
    let error = resumed.failed(2);
    assert!(
        error.contains("row `k2` is gone, and the similar row"),
        "{error}"
    );
    case.logged_once(&["k1", "k2"]);
    // Where nothing has come, nothing can be it.
    let resumed = case.resume("tag,then\nk1,\nk3,\n", &["--no-wait"]);
    assert!(
        !resumed.stderr.contains("is gone, and"),
        "{}",
        resumed.stderr
    );
    case.logged_once(&["k1", "k2", "k3"]);
}

#[test]
fn rows_that_are_no_mended_ones_are_done_once_that_is_said() {
    let case = Case::begun(
        NOTES,
        KEY,
        "tag,then\nann@x.example,\nbob@x.exmaple,fail\n",
        4,
    );
    let mended = "tag,then\nann@x.example,\nbob@x.example,\n";
    case.resume(mended, &[]).failed(2);
    let accepted = case.resume(mended, &["--rows-changed"]);
    accepted.succeeded();
    assert!(
        accepted
            .stderr
            .contains("1 row that the run had done is no longer in"),
        "{}",
        accepted.stderr
    );
    case.logged_once(&["ann@x.example", "bob@x.example", "bob@x.exmaple"]);
    // The next pass has nothing to ask.
    case.resume(mended, &[]).succeeded();
}

#[test]
fn rows_without_a_key_are_joined_by_their_lines() {
    let rows = "tag,then,city\na,,Bergen\nb,fail,Oslo\n";
    let case = Case::begun(NOTES, "#{ workers: 1 }", rows, 4);
    let mended = "tag,then,city\nb,,Oslo\na,,Bergen\n";
    let error = case.resume(mended, &[]).failed(2).to_owned();
    assert!(error.contains("--same-row '#3=#2'"), "{error}");
    case.logged_once(&["a", "b"]);
    case.resume(mended, &["--same-row", "#3=#2"]).succeeded();
    case.logged_once(&["a", "b"]);
    for wrong in ["#3=#9", "x=y", "nothing=new"] {
        let case = Case::begun(NOTES, "#{ workers: 1 }", rows, 4);
        let error = case
            .resume(mended, &["--same-row", wrong])
            .failed(2)
            .to_owned();
        assert!(
            error.contains(&format!("`--same-row {wrong}` must name")),
            "{error}"
        );
        case.logged_once(&["a", "b"]);
    }
}

#[test]
fn a_row_that_did_nothing_is_replaced_by_its_mended_self_everywhere() {
    let case = Case::begun(
        CAREFUL,
        KEY,
        "tag,then\nann@x.example,\nbob@x.exmaple,fail\n",
        4,
    );
    assert_eq!(case.failed_rows(), 1);
    let resumed = case.resume("tag,then\nann@x.example,\nbob@x.example,\n", &[]);
    resumed.succeeded();
    case.logged_once(&["ann@x.example", "bob@x.example"]);
    assert_eq!(case.failed_rows(), 0);
    let folder = case.desk.only_run();
    assert!(!folder.join("failed.csv").exists());
    let results = std::fs::read_to_string(folder.join("results.csv")).unwrap();
    assert!(
        !results.contains("exmaple") && results.contains("bob@x.example"),
        "{results}"
    );
    let report = case
        .desk
        .whmcsh(["runs", "report", &case.run(), "--out", "report.html"]);
    report.succeeded();
    let page = std::fs::read_to_string(case.desk.folder().join("report.html")).unwrap();
    assert!(!page.contains("exmaple") && page.contains("bob@x.example"));
}

#[test]
fn finished_rows_that_are_gone_are_told_with_their_count() {
    let rows = "tag,then\nk1,\nk2,\nk3,stop\nk4,\nk5,\n";
    let case = Case::begun(NOTES, KEY, rows, 1);
    let resumed = case.resume("tag,then\nk3,\nk4,\nk5,\n", &[]);
    resumed.succeeded();
    let told = "2 rows that the run had done are no longer in `rows.csv`\n";
    assert!(resumed.stderr.contains(told), "{}", resumed.stderr);
    case.logged_once(&["k1", "k2", "k3", "k4", "k5"]);
}

#[test]
fn a_source_without_a_row_of_the_run_stops_it() {
    for options in [KEY, "#{ workers: 1 }"] {
        let case = Case::begun(NOTES, options, "tag,then\nk1,\nk2,stop\nk3,\n", 1);
        for other in ["tag,then\nx1,\nx2,\n", "tag,then\n"] {
            let error = case.resume(other, &[]).failed(2).to_owned();
            assert!(
                error.contains("no row of `rows.csv` is a row of run"),
                "{error}"
            );
            case.logged_once(&["k1", "k2"]);
        }
        case.resume("tag,then\nx1,\n", &["--rows-changed"])
            .succeeded();
        assert_eq!(case.logged().len(), 3);
    }
}

#[test]
fn a_script_that_catches_the_refusal_sends_nothing_all_the_same() {
    let script =
        format!("try {{ {NOTES} }} catch {{}}\nlog_activity(#{{ description: \"Row after\" }});");
    let case = Case::begun(&script, KEY, "tag,then\nk1,\nk2,stop\n", 1);
    let error = case.resume("tag,then\nx1,\n", &[]).failed(2).to_owned();
    assert!(error.contains("no row of `rows.csv`"), "{error}");
    case.logged_once(&["k1", "k2"]);
}

/// Gives the desk those rows as a CSV file and as JSON.
fn give(desk: &Desk, rows: &[(&str, &str)]) {
    let lines = rows.iter().map(|(tag, then)| format!("{tag},{then}\n"));
    desk.file(
        "rows.csv",
        format!("tag,then\n{}", lines.collect::<String>()),
    );
    let records = rows
        .iter()
        .map(|(tag, then)| serde_json::json!({"tag": tag, "then": then}));
    desk.file(
        "rows.json",
        records.collect::<serde_json::Value>().to_string(),
    );
}

#[test]
fn arrays_json_and_sheets_are_known_like_files() {
    for script in [
        NOTES.replace("csv(\"rows.csv\")", "csv(\"rows.csv\").to_array()"),
        NOTES.replace("csv(\"rows.csv\")", "read_json(\"rows.json\")"),
    ] {
        let sandbox = Sandbox::start();
        let desk = sandbox.desk();
        give(&desk, &[("a", ""), ("b", "stop"), ("c", "")]);
        desk.script(&script.replace("OPTIONS", "#{ workers: 1 }"))
            .failed(1);
        let case = Case { sandbox, desk };
        let run = case.run();
        let resume = ["run", "script.rhai", "--resume", &run];
        let desk = &case.desk;
        give(desk, &[("x", ""), ("y", "")]);
        desk.whmcsh(resume).failed(2);
        give(desk, &[("c", ""), ("b", "stop"), ("new", ""), ("a", "")]);
        desk.whmcsh(resume).failed(1);
        case.logged_once(&["a", "b", "c"]);
    }
}

#[test]
fn records_of_a_list_go_by_their_ids_whatever_the_run_changed_in_them() {
    for list in [
        "all_clients().to_array().filter(|client| client.id < 6)",
        "gather(all_clients(), |client| client)",
        "get_clients(#{ limitnum: 9 }).clients.client",
    ] {
        let sandbox = Sandbox::start();
        let desk = sandbox.desk();
        let script = format!(
            "bulk({list}, #{{ workers: 1 }}, |client| {{\n\
             update_client(#{{ clientid: client.id, companyname: `of ${{client.id}}` }});\n\
             log_activity(#{{ description: `Row ${{client.id}}` }});\n\
             if args.len() == 0 && client.id == 3 {{ exit(1); }} }});\n"
        );
        desk.script(&script).failed(1);
        let case = Case { sandbox, desk };
        let before = case.logged();
        assert!(!before.is_empty(), "{list}");
        let run = case.run();
        // A client that comes first in every list by name.
        case.sandbox
            .ask("UpdateClient", &[("clientid", "4"), ("firstname", "Aaron")]);
        case.desk
            .whmcsh(["run", "script.rhai", "on", "--resume", &run])
            .succeeded();
        let after = case.logged();
        assert!(
            after.values().all(|count| *count == 1) && after.len() > before.len(),
            "{list}: {after:?}"
        );
    }
}

#[test]
fn a_file_that_is_cut_while_it_is_read_ends_the_loop_in_words() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let row = |number: usize| format!("k{number},{}\n", "x".repeat(40));
    let rows: String = (0..8000).map(row).collect();
    for (place, options) in ["#{ key: \"tag\", workers: 1 }", "#{ workers: 1 }"]
        .iter()
        .enumerate()
    {
        let path = desk.file("rows.csv", format!("tag,more\n{rows}"));
        desk.file("flag.txt", "begun");
        let script = "bulk(csv(\"rows.csv\"), OPTIONS, |row| {\n\
             if row.tag == \"k3\" { log_activity(#{ description: \"Row cut\" });\n\
             while read_text(\"flag.txt\") == \"begun\" {} } });\n";
        desk.file("script.rhai", script.replace("OPTIONS", options));
        let mut child = desk.command();
        let child = child
            .args(["run", "script.rhai"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = || sandbox.ask("GetActivityLog", &[("description", "Row cut")]);
        while log()["activity"]["entry"].as_array().map_or(0, Vec::len) < place + 1 {}
        std::fs::OpenOptions::new()
            .write(true)
            .open(&path)
            .unwrap()
            .set_len(300_000)
            .unwrap();
        desk.file("flag.txt", "cut");
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success(), "{said}");
        assert!(said.contains("rows.csv`"), "{said}");
    }
}

#[test]
fn failed_rows_that_had_changed_something_are_not_given_to_another_run() {
    let case = Case::begun(NOTES, KEY, "tag,then\na1,\nb1,fail\n", 4);
    let failed = std::fs::read_to_string(case.desk.only_run().join("failed.csv")).unwrap();
    let mended = failed.replace("b1,fail", "b1,");
    assert!(mended.contains("LogActivity"), "{failed}");
    case.desk.file("mended.csv", &mended);
    let script = NOTES
        .replace("OPTIONS", KEY)
        .replace("\"rows.csv\"", "args[0]");
    let late = format!("log_activity(#{{ description: \"begun\" }});\n{script}");
    case.desk.file("late.rhai", late);
    case.desk.file("script.rhai", script);
    let refused = case.desk.whmcsh(["run", "script.rhai", "mended.csv"]);
    let error = refused.failed(2);
    assert!(
        error.contains(
            "`mended.csv` line 2: `_applied` says that an earlier run already changed the server"
        ),
        "{error}"
    );
    assert!(
        error.contains(&format!("whmcsh run script.rhai --resume {}", case.run())),
        "{error}"
    );
    let each = [
        "each",
        "mended.csv",
        "--",
        "LogActivity",
        "description=Row {tag}",
    ];
    assert!(case.desk.whmcsh(each).failed(2).contains("`_applied` says"));
    // Nor to one that has done something before it comes to them.
    let late = ["run", "late.rhai", "mended.csv"];
    for more in [&[][..], &["--resume", "last"]] {
        let refused = case.desk.whmcsh([&late, more].concat());
        assert!(refused.failed(2).contains("`_applied` says"), "{more:?}");
    }
    case.logged_once(&["a1", "b1"]);
    case.desk
        .whmcsh(["run", "script.rhai", "mended.csv", "--again"])
        .succeeded();
    assert_eq!(case.logged()["b1"], 2);
    // Where nothing was done, nothing stands against it.
    case.desk
        .file("mended.csv", mended.replace("LogActivity", ""));
    case.desk
        .whmcsh(["run", "script.rhai", "mended.csv"])
        .succeeded();
}

#[test]
fn done_rows_with_other_values_by_now_are_told() {
    let case = Case::begun(NOTES, KEY, "tag,then\na1,\nb1,fail\n", 4);
    let resumed = case.resume("tag,then\na1,other\nb1,\n", &[]);
    resumed.succeeded();
    let told = "warning: 1 row of `rows.csv` has other values than when the run did them; done \
        rows are not done again (the first: row `a1`, `then`)";
    assert!(resumed.stderr.contains(told), "{}", resumed.stderr);
}

#[test]
fn records_made_of_begun_rows_are_not_given_to_another_run() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("failed.csv", "tag,_Applied\nk1,\nk2,LogActivity\n");
    let case = Case { sandbox, desk };
    let write = "log_activity(#{ description: \"Row \" + row.tag });";
    let made = "let a = []; for r in csv(\"failed.csv\") { a.push(#{ tag: r.tag }); }";
    for (before, rows) in [
        ("", "csv(\"failed.csv\")"),
        (
            "",
            "csv(\"failed.csv\").to_array().map(|r| #{ tag: r.tag })",
        ),
        (made, "a"),
        ("", "gather(csv(\"failed.csv\"), |r| #{ tag: r.tag })"),
        (
            "",
            "gather(csv(\"failed.csv\").to_array(), |r| #{ tag: r.tag })",
        ),
    ] {
        let script = format!("{before} bulk({rows}, #{{ key: \"tag\" }}, |row| {{ {write} }});");
        let refused = case.desk.script(&script);
        let error = refused.failed(2);
        assert!(error.contains("line 3: `_applied` says"), "{rows}: {error}");
    }
    // One that looks at the column itself may do the others.
    let kept = "csv(\"failed.csv\").to_array().filter(|r| r._Applied == \"\")";
    let script = format!("bulk({kept}, #{{ key: \"tag\" }}, |row| {{ {write} }});");
    case.desk.script(&script).succeeded();
    assert_eq!(case.logged(), [("k1".to_owned(), 1)].into());
}

#[test]
fn unprocessed_rows_of_an_unfinished_run_are_not_given_to_another() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("rows.csv", "tag\nk1\nk2\nk3\n");
    let script = "bulk(csv(args[0]), #{ key: \"tag\", workers: 1 }, |row| {\n\
         log_activity(#{ description: \"Row \" + row.tag }); });";
    desk.file("script.rhai", script);
    desk.whmcsh(["run", "script.rhai", "rows.csv", "--max-writes", "1"])
        .failed(6);
    let run = desk.only_run();
    let left = run.join("unprocessed.csv");
    let left = left.to_str().unwrap();
    for more in [&[][..], &["--name", "new"]] {
        let words = [&["run", "script.rhai", left], more].concat();
        let refused = desk.whmcsh(&words);
        let error = refused.failed(2);
        assert!(
            error.contains("another run would repeat them; nothing was sent"),
            "{error}"
        );
        let resume = format!("--resume {}", run.file_name().unwrap().to_str().unwrap());
        assert!(error.contains(&resume), "{error}");
    }
    desk.whmcsh(["run", "script.rhai", "rows.csv", "--resume", "last"])
        .succeeded();
    let case = Case { sandbox, desk };
    case.logged_once(&["k1", "k2", "k3"]);
}

#[test]
fn a_plain_loop_does_not_begin_rows_anew_that_an_earlier_run_had_begun() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let rows = "tag,_applied\nk1,\nk2,LogActivity\nk3,\n";
    desk.file("failed.csv", rows);
    let write = "log_activity(#{ description: \"Row \" + row.tag });";
    let case = Case { sandbox, desk };
    for rows in ["csv(\"failed.csv\")", "csv(\"failed.csv\").to_array()"] {
        let script = format!("for row in {rows} {{ try {{ {write} }} catch {{ }} }}");
        let refused = case.desk.script(&script);
        let error = refused.failed(2);
        let told = "`LogActivity` is for the row of line 3: `_applied` says that an earlier run already changed the server";
        assert!(error.contains(told), "{error}");
        assert!(error.contains("`--again` does such rows"), "{error}");
        // Nor when that run is taken up.
        let resume = ["run", "script.rhai", "--resume", "last"];
        assert!(case.desk.whmcsh(resume).failed(2).contains(told));
    }
    assert_eq!(case.logged(), [("k1".to_owned(), 2)].into());
    // One that passes them over may write for the others, and after them.
    let script = format!(
        "for row in csv(\"failed.csv\") {{ if row._applied != \"\" {{ continue; }} {write} }}\n\
         log_activity(#{{ description: \"Row end\" }});"
    );
    case.desk.script(&script).succeeded();
    let script = format!("for row in csv(\"failed.csv\") {{ {write} }}");
    case.desk.file("script.rhai", script);
    case.desk
        .whmcsh(["run", "script.rhai", "--again"])
        .succeeded();
    assert_eq!(case.logged()["k2"], 1);
}

#[test]
fn rows_that_an_earlier_run_had_begun_are_not_joined_or_collected_for_another() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("failed.csv", "tag,_applied\n1,\n2,LogActivity\n3,\n");
    desk.file("other.csv", "n\n1\n2\n3\n");
    let case = Case { sandbox, desk };
    let write = |of: &str| format!("log_activity(#{{ description: \"Row \" + {of} }});");
    let by = |held: &str| {
        format!("let by = #{{}}; for row in csv(\"failed.csv\") {{ by[row.tag] = {held}; }}")
    };
    let joined = |rows: &str, of: &str, write: &str| {
        format!(
            "bulk({rows}, #{{ key: \"{of}\" }}, |c| {{ let r = by.get(c.{of}.to_string()); \
             if r == () {{ skip(\"no\"); }} try {{ {write} }} catch {{ }} }});"
        )
    };
    let ids = "let ids = []; for row in csv(\"failed.csv\") { ids.push(row.tag); }";
    for script in [
        by("row") + &joined("all_clients()", "id", &write("r.tag")),
        by("row") + &joined("csv(\"other.csv\")", "n", &write("c.n + r.tag")),
        by("row.tag") + &joined("all_clients()", "id", &write("r")),
        format!("{ids} for i in ids {{ {} }}", write("i")),
        format!(
            "for i in csv(\"failed.csv\").to_array().map(|r| r.tag) {{ {} }}",
            write("i")
        ),
        format!(
            "for i in gather(csv(\"failed.csv\").to_array(), |r| r.tag) {{ {} }}",
            write("i")
        ),
    ] {
        let refused = case.desk.script(&script);
        let error = refused.failed(2);
        assert!(
            error.contains("line 3: `_applied` says"),
            "{script}: {error}"
        );
        assert!(error.contains("`--again` does such rows"), "{error}");
        let done = case.logged();
        assert!(
            !done.keys().any(|row| row.ends_with('2')),
            "{script}: {done:?}"
        );
    }
    // A script that asks each row for it decides itself.
    let before = case.logged();
    let asked = "let by = #{}; let ids = [];
        for row in csv(\"failed.csv\") { if row._applied != \"\" { continue; } by[row.tag] = row; ids.push(row.tag); }";
    for script in [
        format!("{asked} {}", joined("all_clients()", "id", &write("r.tag"))),
        format!("{asked} for i in ids {{ {} }}", write("i")),
    ] {
        case.desk.script(&script).succeeded();
    }
    assert_eq!(case.logged()["3"], before.get("3").unwrap_or(&0) + 2);
    assert!(!case.logged().contains_key("2"));
    let script = by("row") + &joined("all_clients()", "id", &write("r.tag"));
    case.desk.file("script.rhai", script);
    case.desk
        .whmcsh(["run", "script.rhai", "--again"])
        .succeeded();
    assert_eq!(case.logged()["2"], 1);
}

#[test]
fn rows_that_are_left_are_those_not_done_and_say_whether_an_earlier_pass_began_them() {
    let rows = "tag,then\na1,\nb1,fail\nc1,\nd1,fail\n";
    let case = Case::begun(NOTES, KEY, rows, 4);
    // The first that fails ends the pass.
    let stopped = case.resume(rows, &["--max-failures", "1"]);
    stopped.failed(6);
    let counted = "2 done, 2 failed, 1 not processed\n";
    assert!(stopped.stderr.contains(counted), "{}", stopped.stderr);
    let left = std::fs::read_to_string(case.desk.only_run().join("unprocessed.csv")).unwrap();
    assert_eq!(left, "tag,then,_row,_line,_begun\nd1,fail,4,5,yes\n");
    // Taken for rows of another run, they would be begun once more.
    case.desk.file("left.csv", left.replace("fail", ""));
    let script = NOTES
        .replace("OPTIONS", KEY)
        .replace("rows.csv", "left.csv");
    let refused = case.desk.script(&script);
    let error = refused.failed(2);
    let told = "`left.csv` line 2: `_begun` says that an earlier run had begun this row";
    assert!(error.contains(told), "{error}");
    case.logged_once(&["a1", "b1", "c1", "d1"]);
}

#[test]
fn rows_that_are_said_to_be_the_same_without_a_pair_are_refused_as_usage() {
    let desk = Desk::new();
    for wrong in ["foo", "=new", "old=", " = "] {
        let run = desk.whmcsh(["run", "s.rhai", "--resume", "last", "--same-row", wrong]);
        let error = run.failed(2);
        assert!(error.contains("write `OLD=NEW`"), "{error}");
    }
    let run = desk.whmcsh(["run", "s.rhai", "--shard", "1/2", "--at-once", "0"]);
    let error = run.failed(2);
    let told = "`--at-once <K>` cannot be `0`: it must be a whole number from 1";
    assert!(error.contains(told), "{error}");
}
