//! Runs whose rows come through a pipe, which can be read only once.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use crate::support::{Desk, Outcome, Sandbox};

const ROWS: &str = "tag\nk1\nk2\nk3\n";

/// Logs its rows, and stops after the second while the flag says so.
const LOOP: &str = "{ log_activity(#{ description: \"Row \" + row.tag });\n\
    if read_text(\"flag.txt\") == \"stop\" && row.tag == \"k2\" { exit(1); } }";

fn begun() -> (Sandbox, Desk) {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("flag.txt", "stop");
    (sandbox, desk)
}

/// What was logged, in order.
fn logged(sandbox: &Sandbox) -> Vec<String> {
    let reply = sandbox.ask(
        "GetActivityLog",
        &[("description", "Row "), ("limitnum", "500")],
    );
    let entries = reply["activity"]["entry"].as_array().cloned();
    let mut texts: Vec<String> = entries
        .unwrap_or_default()
        .iter()
        .map(|entry| entry["description"].as_str().unwrap().to_owned())
        .collect();
    texts.sort();
    texts
}

/// The files of the only run that keep what was read.
fn kept(desk: &Desk) -> Vec<PathBuf> {
    let entries = fs::read_dir(desk.only_run()).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    paths
        .filter(|path| name(path).starts_with("input-"))
        .collect()
}

/// Pastes the command that resumes into a shell, with nothing on standard input.
fn pasted(desk: &Desk, stopped: &Outcome) -> Outcome {
    let line = stopped.stderr.lines().last().unwrap_or_default();
    let words = line.strip_prefix("to resume, run: whmcsh ").unwrap();
    in_a_shell(desk, &format!("{} {words}", crate::support::BINARY))
}

fn in_a_shell(desk: &Desk, command: &str) -> Outcome {
    let output = Command::new("bash")
        .args(["-c", command])
        .current_dir(desk.folder())
        .env_clear()
        .envs(desk.variables())
        .stdin(Stdio::null())
        .output();
    Outcome::of(output.unwrap())
}

/// Resumes what stopped, with nothing on standard input, to its end.
#[track_caller]
fn resumes_exactly(sandbox: &Sandbox, desk: &Desk, stopped: &Outcome) {
    stopped.failed(1);
    let kept_now = kept(desk);
    assert_eq!(kept_now.len(), 1);
    let mode = kept_now[0].metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    desk.file("flag.txt", "go");
    let resumed = pasted(desk, stopped);
    resumed.succeeded();
    assert!(
        resumed
            .stderr
            .contains("that an earlier pass read and kept"),
        "{}",
        resumed.stderr
    );
    assert_eq!(logged(sandbox), ["Row k1", "Row k2", "Row k3"]);
    assert!(kept(desk).is_empty(), "{:?}", kept(desk));
}

#[test]
fn standard_input_is_kept_until_the_run_is_done() {
    for rows in [
        "bulk(csv(\"-\"), #{ key: \"tag\", workers: 1 }, |row| ",
        "bulk(csv(\"/dev/stdin\"), #{ workers: 1 }, |row| ",
        "bulk(csv(args[0]), #{ key: \"tag\", workers: 1 }, |row| ",
        "for row in csv(\"/dev/fd/0\") ",
    ] {
        let (sandbox, desk) = begun();
        let close = if rows.starts_with("bulk") { ");" } else { "" };
        desk.file("script.rhai", format!("{rows}{LOOP}{close}"));
        let stopped = desk.whmcsh_fed(&["run", "script.rhai", "-"], ROWS);
        resumes_exactly(&sandbox, &desk, &stopped);
    }
}

#[test]
fn json_that_is_piped_is_kept() {
    let (sandbox, desk) = begun();
    desk.file(
        "script.rhai",
        format!("bulk(read_json(\"-\"), #{{ key: \"tag\", workers: 1 }}, |row| {LOOP});"),
    );
    let rows = "[{\"tag\": \"k1\"}, {\"tag\": \"k2\"}, {\"tag\": \"k3\"}]";
    let stopped = desk.whmcsh_fed(&["run", "script.rhai"], rows);
    resumes_exactly(&sandbox, &desk, &stopped);
}

#[test]
fn a_named_pipe_and_a_substituted_process_are_kept() {
    let (sandbox, desk) = begun();
    desk.file(
        "script.rhai",
        format!("bulk(csv(args[0]), #{{ key: \"tag\", workers: 1 }}, |row| {LOOP});"),
    );
    let fifo = desk.folder().join("rows.fifo");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    let writer = thread::spawn(move || fs::write(fifo, ROWS).unwrap());
    let stopped = desk.whmcsh(["run", "script.rhai", "rows.fifo"]);
    writer.join().unwrap();
    // Nobody writes into it when the run is resumed.
    resumes_exactly(&sandbox, &desk, &stopped);

    let (sandbox, desk) = begun();
    desk.file(
        "script.rhai",
        format!("bulk(csv(args[0]), #{{ key: \"tag\", workers: 1 }}, |row| {LOOP});"),
    );
    let command = format!(
        "exec {} run script.rhai /dev/fd/9 9< <(printf '{}')",
        crate::support::BINARY,
        ROWS.replace('\n', "\\n")
    );
    let stopped = in_a_shell(&desk, &command);
    resumes_exactly(&sandbox, &desk, &stopped);
}

#[test]
fn each_takes_rows_from_standard_input() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let words = ["--key", "tag", "--max-writes", "2", "--", "LogActivity"];
    let words = [&["each", "-"], &words[..], &["description=Row {tag}"]].concat();
    let stopped = desk.whmcsh_fed(&words, ROWS);
    stopped.failed(6);
    assert_eq!(kept(&desk).len(), 1);
    pasted(&desk, &stopped).succeeded();
    assert_eq!(logged(&sandbox), ["Row k1", "Row k2", "Row k3"]);
    assert!(kept(&desk).is_empty());
    let plan = ["--plan", "--", "LogActivity", "description=Row {tag}"];
    let plan = [&["each", "/dev/stdin"], &plan[..]].concat();
    let planned = desk.whmcsh_fed(&plan, ROWS);
    let mut lines = planned.succeeded().lines();
    let line = lines.find(|line| line.starts_with("│ LogActivity"));
    // A write for each row.
    assert!(
        line.is_some_and(|line| line.contains(" 3 ")),
        "{}",
        planned.stdout
    );
}

#[test]
fn a_record_per_line_is_taken_from_standard_input() {
    const RECORDS: &str = "{\"tag\": \"k1\"}\n{\"tag\": \"k2\"}\n{\"tag\": \"k3\"}\n";
    let (sandbox, desk) = begun();
    desk.file(
        "script.rhai",
        format!("bulk(rows(\"-\"), #{{ key: \"tag\", workers: 1 }}, |row| {LOOP});"),
    );
    let stopped = desk.whmcsh_fed(&["run", "script.rhai"], RECORDS);
    resumes_exactly(&sandbox, &desk, &stopped);

    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let words = ["each", "-", "--key", "tag", "--max-writes", "2", "--"];
    let words = [&words[..], &["LogActivity", "description=Row {tag}"]].concat();
    let stopped = desk.whmcsh_fed(&words, RECORDS);
    stopped.failed(6);
    pasted(&desk, &stopped).succeeded();
    assert_eq!(logged(&sandbox), ["Row k1", "Row k2", "Row k3"]);
}

#[test]
fn a_workbook_can_be_piped() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let path = crate::support::repository().join("tests/cli/fixtures/clients.xlsx");
    let fed = |words: &[&str]| {
        let output = desk
            .command()
            .args(words)
            .stdin(fs::File::open(&path).unwrap())
            .output();
        Outcome::of(output.unwrap())
    };
    desk.file(
        "script.rhai",
        "for row in sheet(\"-\") { print(row.city); }",
    );
    assert!(
        fed(&["run", "script.rhai"])
            .succeeded()
            .starts_with("Köln\n")
    );
    assert_eq!(fed(&["plan", "script.rhai"]).code, Some(0));
    fed(&["each", "-", "--", "LogActivity", "description=Row {city}"]).succeeded();
    assert!(logged(&sandbox).contains(&"Row Köln".to_owned()));
}

#[test]
fn a_run_that_only_reads_keeps_nothing_of_a_pipe() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("script.rhai", "for row in csv(\"-\") { print(row.tag); }");
    let read = desk.whmcsh_fed(&["run", "script.rhai"], ROWS);
    assert_eq!(read.succeeded(), "k1\nk2\nk3\n");
    let left = fs::read_dir(desk.folder().join(".local/state/whmcsh/runs"));
    assert_eq!(left.into_iter().flatten().count(), 0);
    // One that writes keeps it there.
    let script = "for row in csv(\"-\") { log_activity(#{ description: row.tag }); throw \"x\"; }";
    desk.file("script.rhai", script);
    desk.whmcsh_fed(&["run", "script.rhai"], ROWS).failed(1);
    assert_eq!(kept(&desk).len(), 1);
}

#[test]
fn the_shell_reads_its_lines_from_standard_input_and_no_rows() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let refused = desk.whmcsh_fed(&["repl"], "csv(\"-\")\ntag\n");
    assert!(
        refused
            .failed(1)
            .contains("the whmcsh shell reads its lines from there"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_name_is_not_spoiled_by_standard_input_that_gave_nothing() {
    let (sandbox, desk) = begun();
    desk.file("flag.txt", "go");
    desk.file("rows.csv", ROWS);
    desk.file("script.rhai", format!("for row in csv(\"-\") {LOOP}"));
    let run = format!("{} run script.rhai --name nightly", crate::support::BINARY);
    let each = format!(
        "{} each - --key tag --name other -- LogActivity 'description=Row {{tag}}'",
        crate::support::BINARY
    );
    for (command, times) in [(run, 1), (each, 2)] {
        for _ in 0..2 {
            let empty = in_a_shell(&desk, &format!("{command} < /dev/null"));
            let code = empty.code.unwrap();
            assert!(code == 1 || code == 2, "{}", empty.stderr);
            assert!(empty.stderr.contains("is empty"), "{}", empty.stderr);
        }
        in_a_shell(&desk, &format!("{command} < rows.csv")).succeeded();
        assert_eq!(logged(&sandbox).len(), 3 * times);
    }
}

#[test]
fn a_name_is_not_taken_up_with_other_rows_on_standard_input() {
    let script = format!("bulk(csv(args[0]), #{{ key: \"tag\", workers: 1 }}, |row| {LOOP});");
    let run = ["run", "script.rhai", "-", "--name", "nightly", "-q"];
    let each = [
        "each",
        "-",
        "--key",
        "tag",
        "--name",
        "nightly",
        "--workers",
        "1",
        "--max-writes",
        "2",
        "-q",
        "--",
        "LogActivity",
        "description=Row {tag}",
    ];
    for (words, code) in [(&run[..], 1), (&each[..], 6)] {
        let (sandbox, desk) = begun();
        desk.file("script.rhai", &script);
        desk.whmcsh_fed(words, ROWS).failed(code);
        desk.file("flag.txt", "go");
        let other = desk.whmcsh_fed(words, "tag\nk4\nk5\n");
        let error = other.failed(2);
        assert!(error.contains("has other rows than run `"), "{error}");
        assert!(error.contains("none of these was done"), "{error}");
        assert!(error.contains("--resume"), "{error}");
        assert_eq!(logged(&sandbox), ["Row k1", "Row k2"]);
        // The same rows are those of the run, and so is nothing at all.
        let same = if code == 1 { ROWS } else { "" };
        desk.whmcsh_fed(words, same).succeeded();
        assert_eq!(logged(&sandbox), ["Row k1", "Row k2", "Row k3"]);
    }
}
