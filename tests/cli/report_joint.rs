//! One report of the shards of a name, or of several runs.

use serde_json::Value;

use crate::support::{Desk, Sandbox};

const SCRIPT: &str = "bulk(csv(args[0]), #{ key: \"id\" }, |row| { \
    add_client_note(#{ userid: row.id, notes: row.note }); });";

/// A desk with rows of which the last fails, and shards of them that were run.
fn desk(sandbox: &Sandbox, shards: &[&str]) -> Desk {
    let desk = sandbox.desk();
    desk.file("note.rhai", SCRIPT);
    let rows = "id,note\n1,a\n2,b\n3,c\n4,d\n5,e\n6,f\n999991,lost\n999992,lost\n";
    desk.file("rows.csv", rows);
    for shard in shards {
        let words = [
            "run",
            "note.rhai",
            "rows.csv",
            "--name",
            "notes",
            "--shard",
            shard,
        ];
        let outcome = desk.whmcsh(words);
        assert!(matches!(outcome.code, Some(0 | 4)), "{outcome:?}");
    }
    desk
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn the_shards_of_a_name_have_one_page_one_set_of_counts_and_one_file_of_failed_rows() {
    let sandbox = Sandbox::start();
    let desk = desk(&sandbox, &["1/3", "2/3", "3/3"]);
    let shown = desk.whmcsh(["runs", "report", "--name", "notes", "--json"]);
    let shown: Value = serde_json::from_str(shown.succeeded()).unwrap();
    assert_eq!(shown["counts"]["done"], 6);
    assert_eq!(shown["counts"]["failed"], 2);
    assert_eq!(shown["missing"], serde_json::json!([]));
    let page = read(shown["report"].as_str().unwrap());
    for text in [
        "report of 3 runs",
        "Ended with 8 rows; 2 rows failed.",
        "<td>1/3</td>",
        "<td>2/3</td>",
        "<td>3/3</td>",
        "<li><b>2</b><div><p class=\"reason\">Client ID not found</p>",
        "rows 7 (<bdi>999991</bdi>), 8 (<bdi>999992</bdi>)",
        "<th scope=\"row\">AddClientNote</th><td>creates</td><td class=\"num \">6</td>",
    ] {
        assert!(
            page.to_lowercase().contains(&text.to_lowercase()),
            "{text}\n{page}"
        );
    }
    let failed = shown["failed"].as_array().unwrap();
    assert_eq!(failed.len(), 1);
    let failed = read(failed[0].as_str().unwrap());
    let mut lines: Vec<&str> = failed.lines().collect();
    assert_eq!(
        lines.remove(0),
        "id,note,_row,_line,_error,_kind,_action,_applied"
    );
    lines.sort_unstable();
    assert!(
        lines.len() == 2
            && lines[0].starts_with("999991,lost,7,8,")
            && lines[1].starts_with("999992,lost,8,9,"),
        "{failed}"
    );
}

#[test]
fn a_page_says_which_shards_are_missing_or_to_be_continued_and_counts_no_copy_twice() {
    let sandbox = Sandbox::start();
    let desk = desk(&sandbox, &["1/4", "3/4"]);
    let runs = desk.runs();
    let state = runs[0].parent().unwrap();
    let mut copy = std::process::Command::new("cp");
    copy.arg("-a").arg(&runs[0]).arg(state.join("copy"));
    assert!(copy.status().unwrap().success());
    let outcome = desk.whmcsh(["runs", "report", "--name", "notes", "--out", "page.html"]);
    assert!(
        outcome.succeeded().starts_with("page.html\n"),
        "{}",
        outcome.stdout
    );
    let page = std::fs::read_to_string(desk.folder().join("page.html")).unwrap();
    assert!(
        page.contains("Not begun here: 2/4, 4/4.") && page.contains("report of 2 runs"),
        "{page}"
    );
    assert!(page.contains("<td>2/4</td><td></td><td>not begun here</td>"));
    let account = desk.whmcsh(["runs", "show", "--name", "notes"]);
    assert!(!account.succeeded().contains("copy"));
    // The same of runs that are named one by one.
    let names: Vec<&str> = runs
        .iter()
        .map(|run| run.file_name().unwrap().to_str().unwrap())
        .collect();
    let words = ["runs", "report", names[0], names[1], "--json"];
    let outcome = desk.whmcsh(words);
    let shown: Value = serde_json::from_str(outcome.succeeded()).unwrap();
    assert_eq!(shown["missing"], serde_json::json!(["2/4", "4/4"]));
    assert_eq!(shown["runs"].as_array().unwrap().len(), 2);
}

#[test]
fn a_report_of_runs_that_are_not_there_is_refused() {
    let desk = Desk::new();
    assert!(
        desk.whmcsh(["runs", "report", "--name", "x"])
            .failed(2)
            .contains("no run is named `x`")
    );
    assert!(
        desk.whmcsh(["runs", "report", "a", "b"])
            .failed(2)
            .contains("there is no run `a`")
    );
}
