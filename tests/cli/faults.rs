//! How calls fare on a server that misbehaves.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Desk, Sandbox};

fn notes(sandbox: &Sandbox) -> usize {
    let log = sandbox.ask("GetActivityLog", &[("limitnum", "500")]);
    let entries = log["activity"]["entry"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    entries
        .iter()
        .filter(|entry| entry.to_string().contains("Marker"))
        .count()
}

const WRITE: &str = "log_activity(#{ clientid: 1, description: \"Marker\" });";

#[test]
fn a_read_is_tried_again_after_a_reset() {
    let sandbox = Sandbox::with(&["--fault", "reset-before@GetClients:#1"]);
    sandbox.desk().script("get_clients();").succeeded();
}

#[test]
fn a_write_whose_reply_was_lost_is_in_doubt_and_never_sent_again() {
    let sandbox = Sandbox::with(&["--fault", "reset-after@LogActivity:#1"]);
    let outcome = sandbox.desk().script(WRITE);
    assert!(
        outcome.failed(5).contains("may or may not"),
        "{}",
        outcome.stderr
    );
    assert_eq!(notes(&sandbox), 1);
}

#[test]
fn a_write_turned_away_with_429_is_sent_again_when_the_server_said() {
    let sandbox = Sandbox::with(&["--fault", "429=0s@LogActivity:#1"]);
    sandbox.desk().script(WRITE).succeeded();
    assert_eq!(notes(&sandbox), 1);
}

#[test]
fn a_php_warning_before_the_reply_is_passed_on_and_survived() {
    let sandbox = Sandbox::with(&["--fault", "php-warning@GetClients"]);
    let outcome = sandbox.desk().script("print(get_clients().result);");
    assert_eq!(outcome.succeeded(), "success\n");
    assert!(outcome.stderr.contains("Warning"), "{}", outcome.stderr);
}

#[test]
fn a_cut_or_truncated_reply_to_a_write_is_in_doubt() {
    for fault in ["cut", "truncate", "html=200", "html=502"] {
        let sandbox = Sandbox::with(&["--fault", &format!("{fault}@LogActivity")]);
        let outcome = sandbox.desk().script(WRITE);
        let error = outcome.failed(5);
        assert!(error.contains("may or may not"), "{fault}: {error}");
    }
}

#[test]
fn every_fault_that_struck_is_in_the_log_and_no_other() {
    let desk = Desk::new();
    let log = desk.folder().join("faults.jsonl");
    let faults = "reset-before@LogActivity:#1,429=0s@LogActivity:/4,cut:#9,html=503@LogActivity:20%,latency=1ms:#3";
    let sandbox = Sandbox::with(&["--fault", faults, "--fault-log", log.to_str().unwrap()]);
    let form =
        "action=LogActivity&description=Marker&identifier=sandbox&secret=sandbox&responsetype=json";
    let replies: Vec<_> = (0..40).map(|_| sandbox.post(form)).collect();
    let text = std::fs::read_to_string(&log).unwrap();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut carried_out = 40;
    let mut spoiled = vec![false; 40];
    for line in &lines {
        assert_eq!(line["action"], "LogActivity", "{line}");
        let call = usize::try_from(line["call"].as_u64().unwrap()).unwrap();
        let reply = &replies[call - 1];
        let [fault, ..] = &line["faults"].as_array().unwrap()[..] else {
            panic!("{line}")
        };
        let begins = match fault
            .as_str()
            .unwrap()
            .split(['=', '@', ':'])
            .next()
            .unwrap()
        {
            "reset-before" => "",
            "429" => "HTTP/1.1 429 ",
            "html" => "HTTP/1.1 503 ",
            _ => "HTTP/1.1 200 ",
        };
        assert!(reply.starts_with(begins), "{line}: {reply}");
        assert_eq!(reply.is_empty(), begins.is_empty(), "{line}: {reply}");
        carried_out -= usize::from(line["carried_out"] == false);
        spoiled[call - 1] = true;
    }
    for (reply, spoiled) in replies.iter().zip(spoiled) {
        assert!(
            spoiled || reply.ends_with("{\"result\":\"success\"}"),
            "{reply}"
        );
    }
    assert!(lines.len() > 12, "{text}");
    let again = sandbox.ask("GetActivityLog", &[("limitnum", "500")]);
    let kept = again.to_string().matches("Marker").count();
    assert_eq!(kept, carried_out, "{text}");
}

const MARKER: &str =
    "action=LogActivity&description=Marker&identifier=sandbox&secret=sandbox&responsetype=json";

fn logged(log: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

#[test]
fn a_storm_can_be_accounted_for() {
    let desk = Desk::new();
    let log = desk.folder().join("faults.jsonl");
    let options = [
        "--fault",
        "storm@LogActivity:60%",
        "--seed",
        "11",
        "--fault-log",
        log.to_str().unwrap(),
    ];
    let sandbox = Sandbox::with(&options);
    let calls = 60;
    for _ in 0..calls {
        sandbox.post(MARKER);
    }
    let lines = logged(&log);
    let undone = lines.iter().filter(|line| line["carried_out"] == false);
    let expected = calls - undone.count();
    let mut names = BTreeSet::new();
    for line in &lines {
        let rule = line["faults"][0].as_str().unwrap();
        let name = rule.strip_prefix("storm@LogActivity:60%: ").unwrap();
        names.insert(name.to_owned());
        let is_late = line["late_ms"].as_u64().is_some();
        let is_after = name.contains("-after") || line["struck"] == "after";
        assert!(
            !is_after || (line["carried_out"] == true && !is_late),
            "{line}"
        );
    }
    assert!(names.len() > 12, "{names:?}");
    // What was answered before it was carried out lands within two seconds of the answer.
    for _ in 0..600 {
        if notes(&sandbox) == expected {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(notes(&sandbox), expected, "{lines:?}");
}

#[test]
fn a_late_action_is_done_although_nobody_waits() {
    let desk = Desk::new();
    let log = desk.folder().join("faults.jsonl");
    let options = [
        "--fault",
        "late=700ms@LogActivity:#1",
        "--fault-log",
        log.to_str().unwrap(),
    ];
    let sandbox = Sandbox::with(&options);
    let mut stream = TcpStream::connect(sandbox.host()).unwrap();
    write!(
        stream,
        "POST /includes/api.php HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{MARKER}",
        MARKER.len()
    )
    .unwrap();
    while logged(&log).is_empty() {
        std::thread::sleep(Duration::from_millis(2));
    }
    stream.shutdown(Shutdown::Both).unwrap();
    drop(stream);
    let [line] = &logged(&log)[..] else {
        panic!("one call was struck")
    };
    assert_eq!(line["struck"], "before");
    assert_eq!(line["carried_out"], true);
    assert_eq!(line["late_ms"], 700);
    while notes(&sandbox) == 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(notes(&sandbox), 1);
}

#[test]
fn a_page_after_the_action_comes_with_its_status_and_the_action_was_done() {
    for (fault, begins) in [
        ("503-after", "HTTP/1.1 503 "),
        ("403-after", "HTTP/1.1 403 "),
        ("cloudflare-after", "HTTP/1.1 520 "),
        ("html-after", "HTTP/1.1 200 "),
        ("empty-after", "HTTP/1.1 200 "),
        ("problem-after", "HTTP/1.1 502 "),
        ("nginx-after=504", "HTTP/1.1 504 "),
    ] {
        let sandbox = Sandbox::with(&["--fault", &format!("{fault}@LogActivity:#1")]);
        let reply = sandbox.post(MARKER);
        assert!(reply.starts_with(begins), "{fault}: {reply}");
        assert!(!reply.contains("success"), "{fault}: {reply}");
        assert_eq!(notes(&sandbox), 1, "{fault}");
    }
}

#[test]
fn a_bad_fault_is_explained() {
    for (fault, why) in [
        ("gremlins", "no such kind of fault"),
        ("503-afterr", "did you mean `503-after`?"),
        ("429-after", "not processed"),
    ] {
        let outcome = Desk::new().whmcsh(["sandbox", "--fault", fault]);
        let error = outcome.failed(2);
        assert!(
            error.contains(&format!("`{fault}` is not a fault: ")) && error.contains(why),
            "{error}"
        );
        assert!(error.contains("--fault help"), "{error}");
    }
}

#[test]
fn the_help_names_every_fault() {
    let help = Desk::new().whmcsh(["sandbox", "--fault", "help"]);
    let help = help.succeeded();
    for name in [
        "late=",
        "limit=",
        "-after",
        "-late",
        "reset-before",
        "empty",
        "apache",
        "nginx",
        "cloudflare",
        "modsecurity",
        "problem",
        "module-timeout",
        "truncate",
        "cut",
        "php-warning",
        "content-type",
        "warning",
        "echo-hex",
        "shift=-1",
        "total=+5",
        "empty-page",
        "storm",
        "#3-5",
        "slow=",
    ] {
        assert!(help.contains(name), "{name}");
    }
}

#[test]
fn a_total_that_is_too_low_hides_no_record_and_is_told() {
    for fault in [
        "total=-5@GetClients",
        "total=7@GetClients",
        "total=100@GetClients",
    ] {
        let sandbox = Sandbox::with(&["--clients", "106", "--fault", fault]);
        let desk = sandbox.desk();
        let shown = desk.script("print(all_clients().count());");
        assert_eq!(shown.succeeded(), "106\n", "{fault}");
        assert!(
            shown.stderr.contains("returned 106"),
            "{fault}: {}",
            shown.stderr
        );
    }
}

#[test]
fn options_that_do_nothing_or_that_nobody_can_send_are_refused() {
    let desk = Desk::new();
    let both = desk.whmcsh(["sandbox", "--db", "a.sqlite", "--fault-log", "a.sqlite"]);
    assert!(both.failed(2).contains("would overwrite"), "{both:?}");
    for (option, value, why) in [
        ("--fault", "", "it is empty"),
        ("--fault", "cut:0%", "above 0"),
        ("--fault", "late=0s", "zero"),
        ("--identifier", "", "empty"),
        ("--secret", " x", "starts or ends with a space"),
        ("--access-key", "", "empty"),
        ("--now", "2026-11-23 14:05 CET", "not a date"),
    ] {
        let refused = desk.whmcsh(["sandbox", option, value]);
        assert!(
            refused.failed(2).contains(why),
            "{option} {value}: {refused:?}"
        );
    }
}
