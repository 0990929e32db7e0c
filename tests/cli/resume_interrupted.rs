//! Ctrl-C: once lets the calls in hand finish, twice stops at once; both go on later.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Desk, Sandbox, at_once};

const LOOP: &str = "for n in 0..6 { print(n); log_activity(#{ description: `Marker ${n}` }); }";
const BULK: &str = "bulk([0, 1, 2, 3, 4, 5], #{ workers: 3 }, |n| {\n\
    print(n); log_activity(#{ description: `Marker ${n}` });\n});\n";

fn markers(sandbox: &Sandbox) -> Vec<String> {
    let log = sandbox.ask(
        "GetActivityLog",
        &[("limitnum", "500"), ("description", "Marker")],
    );
    let entries = log["activity"]["entry"].as_array().cloned();
    let entries = entries.unwrap_or_default().into_iter();
    let mut markers: Vec<String> = entries
        .map(|entry| entry["description"].as_str().unwrap().to_owned())
        .collect();
    markers.sort();
    markers
}

fn all() -> Vec<String> {
    (0..6).map(|n| format!("Marker {n}")).collect()
}

/// Starts the script and waits until it says that it is about to write.
fn started(desk: &Desk, script: &str) -> Child {
    desk.file("script.rhai", script);
    let mut child = desk
        .command()
        .args(["run", "script.rhai"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let stdout = child.stdout.as_mut().unwrap();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    // Most often the call has left by then; whether it has makes no difference here.
    std::thread::sleep(Duration::from_millis(150));
    child
}

/// Whether a process begun by this one hears that signal: one that was begun with hangups
/// ignored does not.
fn is_heard(signal: &str) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
    signal != "-HUP" || ignored.unwrap_or_default() & 1 == 0
}

#[test]
fn a_run_that_was_begun_to_outlast_its_terminal_goes_on_when_that_hangs_up() {
    let sandbox = Sandbox::with(&["--fault", "latency=100ms@LogActivity"]);
    let desk = sandbox.desk();
    desk.file("script.rhai", LOOP);
    let whmcsh = desk.command();
    let mut child = Command::new("sh")
        .args(["-c", "trap '' HUP; exec \"$0\" run script.rhai"])
        .arg(whmcsh.get_program())
        .current_dir(desk.folder())
        .env_clear()
        .envs(desk.variables())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let stdout = child.stdout.as_mut().unwrap();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    signal(&child, "-HUP");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(markers(&sandbox), all());
}

fn interrupt(child: &Child) {
    signal(child, "-INT");
}

fn signal(child: &Child, signal: &str) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args([signal, &id]).status().unwrap();
    assert!(sent.success());
}

fn shown(desk: &Desk) -> Value {
    let runs = desk.whmcsh(["runs", "list", "--json"]).json();
    let run = runs[0]["id"].as_str().unwrap().to_owned();
    desk.whmcsh(["runs", "show", &run, "--json"]).json()
}

fn outcomes(shown: &Value, outcome: &str) -> usize {
    let writes = shown["writes"].as_array().unwrap().iter();
    writes.filter(|write| write["outcome"] == outcome).count()
}

#[test]
fn the_first_ctrl_c_or_sigterm_lets_the_calls_in_hand_finish() {
    let cases = [
        (LOOP, "-INT"),
        (BULK, "-INT"),
        (LOOP, "-TERM"),
        (BULK, "-TERM"),
        (LOOP, "-HUP"),
        (BULK, "-HUP"),
    ];
    let cases = cases.into_iter().filter(|(_, sent)| is_heard(sent));
    at_once(cases, |(script, sent)| {
        let sandbox = Sandbox::with(&["--fault", "latency=600ms@LogActivity"]);
        let desk = sandbox.desk();
        let mut child = started(&desk, script);
        signal(&child, sent);
        assert_eq!(child.wait().unwrap().code(), Some(130), "{script}");
        let shown = shown(&desk);
        assert_eq!(shown["state"], "interrupted");
        assert_eq!(outcomes(&shown, "in doubt"), 0, "{shown}");
        let done = markers(&sandbox);
        assert_eq!(outcomes(&shown, "done"), done.len());
        assert!(done.len() < 6, "{done:?}");
        let run = shown["id"].as_str().unwrap();
        desk.whmcsh(["run", "script.rhai", "--resume", run])
            .succeeded();
        assert_eq!(markers(&sandbox), all(), "{script}");
    });
}

#[test]
fn the_second_ctrl_c_or_sigterm_stops_at_once_and_the_run_goes_on_all_the_same() {
    at_once(
        [(LOOP, "-INT"), (BULK, "-INT"), (BULK, "-TERM")],
        |(script, sent)| {
            let sandbox = Sandbox::with(&["--fault", "latency=40s@LogActivity:#1"]);
            let desk = sandbox.desk();
            let began = Instant::now();
            let mut child = started(&desk, script);
            // The first must have been seen, or the two may be taken for one.
            signal(&child, sent);
            std::thread::sleep(Duration::from_millis(200));
            signal(&child, sent);
            let code = child.wait().unwrap().code();
            assert!(began.elapsed() < Duration::from_secs(38), "it waited");
            let shown = shown(&desk);
            let run = shown["id"].as_str().unwrap();
            assert_eq!(shown["state"], "interrupted");
            // A write on its way is in doubt, which outranks the interruption.
            let is_in_doubt = outcomes(&shown, "in doubt") > 0;
            let expected = if is_in_doubt { 5 } else { 130 };
            assert_eq!(code, Some(expected), "{script}");
            let there = markers(&sandbox);
            for write in shown["writes"].as_array().unwrap() {
                if write["outcome"] != "in doubt" {
                    continue;
                }
                let marker = write["params"]["description"].as_str().unwrap().to_owned();
                let verdict = if there.contains(&marker) {
                    "--done"
                } else {
                    "--not-done"
                };
                let number = write["write"].to_string();
                desk.whmcsh(["runs", "settle", run, "--write", &number, verdict])
                    .succeeded();
            }
            desk.whmcsh(["run", "script.rhai", "--resume", run])
                .succeeded();
            assert_eq!(markers(&sandbox), all(), "{script}");
        },
    );
}

/// Presses Ctrl-C twice in the middle of a command; its exit code and what it said.
fn stopped_at_once(desk: &Desk, words: &[&str]) -> (Option<i32>, String) {
    let mut command = desk.command();
    command.args(words).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    if words[0] == "run" {
        let mut line = String::new();
        let stdout = child.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
    }
    std::thread::sleep(Duration::from_millis(200));
    interrupt(&child);
    std::thread::sleep(Duration::from_millis(200));
    interrupt(&child);
    let ended = child.wait_with_output().unwrap();
    (
        ended.status.code(),
        String::from_utf8(ended.stderr).unwrap(),
    )
}

#[test]
fn what_is_stopped_at_once_says_whether_a_write_is_in_doubt_and_how_to_go_on() {
    let write = "log_activity(#{ description: \"Marker\" });";
    let cases = [
        (format!("print(1); {write}"), "LogActivity", true),
        (
            format!("{write} print(1); get_clients().len();"),
            "GetClients",
            false,
        ),
    ];
    at_once(cases, |(script, slow, is_written)| {
        let sandbox = Sandbox::with(&["--fault", &format!("latency=40s@{slow}")]);
        // Where the call had not left by then, it says nothing of this.
        for _ in 0..20 {
            let desk = sandbox.desk();
            desk.file("script.rhai", &script);
            let (ended, said) = stopped_at_once(&desk, &["run", "script.rhai"]);
            if !said.contains("stopped at once") {
                continue;
            }
            let run = desk.only_run();
            let run = run.file_name().unwrap().to_str().unwrap();
            let is_in_doubt = outcomes(&shown(&desk), "in doubt") > 0;
            assert_eq!(is_in_doubt, is_written, "{said}");
            assert_eq!(ended, Some(if is_in_doubt { 5 } else { 130 }), "{said}");
            let told = if is_in_doubt {
                format!("run `{run}` has writes in doubt")
            } else {
                format!("no write of run `{run}` is in doubt")
            };
            assert!(said.contains(&told), "{said}");
            let resume = format!("to resume, run: whmcsh run script.rhai --resume {run}");
            assert_eq!(said.matches(&resume).count(), 1, "{said}");
            return;
        }
        panic!("the call never left");
    });
}

#[test]
fn a_call_that_is_stopped_at_once_says_that_its_write_is_in_doubt() {
    let calls: [&[&str]; 2] = [
        &["call", "LogActivity", "description=Marker"],
        &["call", "GetClients"],
    ];
    at_once(calls, |words| {
        let sandbox = Sandbox::with(&["--fault", &format!("latency=40s@{}", words[1])]);
        let mut has_left = false;
        for _ in 0..if words.len() > 2 { 20 } else { 1 } {
            let (ended, said) = stopped_at_once(&sandbox.desk(), words);
            has_left = said.contains("a write may have been applied");
            let code = if has_left { 5 } else { 130 };
            assert_eq!(ended, Some(code), "{said}");
            if has_left {
                break;
            }
        }
        assert_eq!(has_left, words.len() > 2);
    });
}

#[test]
fn ctrl_c_while_a_late_server_is_waited_for_leaves_the_doubt() {
    let sandbox = Sandbox::with(&["--fault", "reset-late=600s@AddCredit"]);
    let desk = sandbox.desk().variable("WHMCSH_LATE_AFTER", "600");
    let credit = "add_credit(#{ clientid: 1, description: \"late\", amount: money(\"5.00\") });";
    for script in [credit.to_owned(), format!("bulk([1], |n| {{ {credit} }});")] {
        desk.file("script.rhai", script);
        let mut child = desk
            .command()
            .args(["run", "script.rhai"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("waiting ") {
            line.clear();
            assert_ne!(said.read_line(&mut line).unwrap(), 0, "it ended");
        }
        interrupt(&child);
        assert_eq!(child.wait().unwrap().code(), Some(5));
        assert_eq!(outcomes(&shown(&desk), "in doubt"), 1);
    }
}
