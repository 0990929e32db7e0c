//! Bulk loops as users write them.

use std::fmt::Write as _;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Desk, Sandbox};

fn sandboxed(desk: &Desk, script: &str) -> crate::support::Outcome {
    desk.file("script.rhai", script);
    desk.whmcsh(["run", "script.rhai", "--sandbox"])
}

#[test]
fn rows_come_from_arrays_files_and_lists() {
    let desk = Desk::new();
    desk.file("in.csv", "email\na@example.com\nb@example.com\n");
    let outcome = sandboxed(
        &desk,
        "print(bulk([1, 2, 3], |n| ()).ok);\n\
         print(bulk(csv(\"in.csv\"), #{ key: \"email\" }, |row| ()).total);\n\
         let clients = get_clients().totalresults;\n\
         print(bulk(all_clients(), #{ key: \"id\", workers: 3 }, |client| {\n\
             add_client_note(#{ userid: client.id, notes: \"seen\" });\n\
         }).ok == clients);\n",
    );
    assert_eq!(outcome.succeeded(), "3\n2\ntrue\n");
}

#[test]
fn rows_that_were_sorted_and_thinned_out_go_on_where_they_were() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("in.csv", "id,fee\n3,10.00\n1,9.00\n3,10.00\n2,100.00\n");
    desk.file(
        "script.rhai",
        "let rows = csv(\"in.csv\").unique(\"id\").sort_by(\"fee\");\n\
         bulk(rows, #{ key: \"id\", workers: 1 }, |row| {\n\
         log_activity(#{ description: `Fee ${row.id} ${row.fee}` }); });\n",
    );
    let stopped = desk.whmcsh(["run", "script.rhai", "--max-writes", "1"]);
    stopped.failed(6);
    let resumed = desk.whmcsh(["run", "script.rhai", "--resume", "last"]);
    resumed.succeeded();
    let reply = sandbox.ask("GetActivityLog", &[("description", "Fee ")]);
    let entries = reply["activity"]["entry"].as_array().unwrap().len();
    assert_eq!(entries, 3, "{reply}");
    let bad = desk.whmcsh(["check", "script.rhai"]);
    bad.succeeded();
    desk.file(
        "bad.rhai",
        "let t = \"a\"; print(t.matches(`a(b`));\n\
        print(all_clients().sort_by(\"emial\"));\n",
    );
    let found = desk.whmcsh(["check", "bad.rhai"]);
    let said = format!("{}{}", found.stdout, found.stderr);
    assert!(said.contains("unclosed group"), "{said}");
    assert!(said.contains("did you mean `email`?"), "{said}");
}

#[test]
fn rows_end_skipped_failed_or_done_and_each_stops_only_itself() {
    let desk = Desk::new();
    let outcome = sandboxed(
        &desk,
        "let n = counter();\n\
         let done = bulk([1, 2, 3, 4], #{ workers: 2 }, |x| {\n\
             if x == 1 { skip(\"odd one\") }\n\
             if x == 2 { fail(\"no good\") }\n\
             n.add(1);\n\
             #{ twice: 2 * x }\n\
         });\n\
         print(`${done.ok} ${done.skipped} ${done.failed} ${n.value}`);\n",
    );
    let error = outcome.failed(4);
    assert_eq!(outcome.stdout, "2 1 1 2\n");
    assert!(error.contains("1 × no good (first: row 2)"), "{error}");
}

#[test]
fn rows_of_one_lane_are_done_in_their_order() {
    let sandbox = Sandbox::with(&["--latency", "2"]);
    let desk = sandbox.desk();
    let rows: Vec<String> = (0..40).map(|n| format!("{n},{}", n % 4 + 1)).collect();
    desk.file("in.csv", format!("id,client\n{}\n", rows.join("\n")));
    desk.script(
        "bulk(csv(\"in.csv\"), #{ key: \"id\", lane: \"client\", workers: 8 }, |row| {\n\
         log_activity(#{ clientid: row.client, description: \"Lane \" + row.client + \" \" + row.id });\n\
         });",
    )
    .succeeded();
    let log = sandbox.ask(
        "GetActivityLog",
        &[("limitnum", "5000"), ("description", "Lane ")],
    );
    let mut entries: Vec<(i64, String, i64)> = log["activity"]["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            let number = |value: &Value| value.to_string().replace('"', "").parse().unwrap();
            let words = entry["description"].as_str().unwrap();
            let words: Vec<&str> = words.split(' ').collect();
            (
                number(&entry["id"]),
                words[1].to_owned(),
                words[2].parse().unwrap(),
            )
        })
        .collect();
    assert_eq!(entries.len(), 40);
    entries.sort_unstable();
    for lane in ["1", "2", "3", "4"] {
        let of_lane = entries.iter().filter(|entry| entry.1 == lane);
        let rows: Vec<i64> = of_lane.map(|entry| entry.2).collect();
        assert!(rows.is_sorted(), "lane {lane}: {rows:?}");
    }
}

#[test]
fn a_bulk_within_a_row_is_refused_and_never_hangs() {
    let outcome = sandboxed(
        &Desk::new(),
        "bulk([1, 2, 3], #{ workers: 2 }, |x| { bulk([x], |y| ()); });",
    );
    let error = outcome.failed(4);
    assert!(
        error.contains("3 × a row of `bulk` cannot start another `bulk`"),
        "{error}"
    );
}

#[test]
fn bulk_works_inside_modules_and_with_their_closures() {
    let desk = Desk::new();
    desk.file(
        "lib.rhai",
        "fn twice(x) { 2 * x }\n\
         fn each(rows) { bulk(rows, |x| print(twice(x))) }\n\
         fn made() { |x| print(twice(x) + 1) }\n\
         fn over(rows, work) { bulk(rows, work) }\n",
    );
    let outcome = sandboxed(
        &desk,
        "import \"lib\" as lib;\n\
         fn plus(x) { x + 100 }\n\
         lib::each([1]); bulk([1], lib::made()); lib::over([1], |x| print(plus(x)));\n\
         bulk([1], |x| print(lib::twice(x) + 5));\n",
    );
    assert_eq!(outcome.succeeded(), "2\n3\n101\n7\n");
}

#[test]
fn memory_does_not_grow_with_the_rows() {
    let desk = Desk::new();
    let run = |rows: usize| {
        let mut file = String::from("email,name\n");
        for row in 0..rows {
            let _ = writeln!(
                file,
                "client{row}@example.com,Some Longer Name Of Row {row}"
            );
        }
        desk.file("in.csv", file);
        desk.file(
            "script.rhai",
            "print(bulk(csv(\"in.csv\"), #{ key: \"email\", workers: 2 }, |row| ()).ok); loop { sleep(0.05); }",
        );
        let mut child = desk
            .command()
            .args(["run", "script.rhai", "--sandbox"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap());
        std::io::BufRead::read_line(&mut stdout, &mut line).unwrap();
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(line.trim(), rows.to_string());
        let status = status.ok()?;
        let peak = status.lines().find(|line| line.starts_with("VmHWM"))?;
        peak.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    // What waits for a slow disk is bounded, and there already with the fewer rows.
    // Elsewhere than on Linux there is nothing to read it from.
    let (Some(few), Some(many)) = (run(20_000), run(80_000)) else {
        return;
    };
    let a_row = (many.saturating_sub(few)) * 1024 / 60_000;
    assert!(
        a_row < 100,
        "{few} kB for 20,000 rows, {many} kB for 80,000"
    );
}

#[test]
fn ctrl_c_finishes_the_rows_in_hand_and_the_run_goes_on_later() {
    let sandbox = Sandbox::with(&["--latency", "20"]);
    let desk = sandbox.desk();
    let rows: Vec<String> = (0..200).map(|n| format!("{n:03}")).collect();
    desk.file("in.csv", format!("id\n{}\n", rows.join("\n")));
    desk.file(
        "script.rhai",
        "bulk(csv(\"in.csv\"), #{ key: \"id\", workers: 4 }, |row| {\n\
         log_activity(#{ description: \"Row \" + row.id });\n\
         print(row.id);\n\
         });",
    );
    let mut child = desk
        .command()
        .args(["run", "script.rhai"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 4];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut first).unwrap();
    let killed = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130));
    let words = String::from_utf8(ended.stderr).unwrap();
    let command = words
        .lines()
        .find_map(|line| line.strip_prefix("to resume, run: whmcsh "));
    let command = command.unwrap_or_else(|| panic!("no way on in {words}"));
    desk.whmcsh(command.split(' ')).succeeded();
    let log = sandbox.ask(
        "GetActivityLog",
        &[("limitnum", "5000"), ("description", "Row ")],
    );
    let entries = log["activity"]["entry"].as_array().unwrap();
    let mut found: Vec<&str> = entries
        .iter()
        .map(|entry| entry["description"].as_str().unwrap())
        .collect();
    found.sort_unstable();
    let expected: Vec<String> = rows.iter().map(|row| format!("Row {row}")).collect();
    assert_eq!(found, expected);
}
