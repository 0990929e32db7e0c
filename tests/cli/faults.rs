//! How calls fare on a server that misbehaves.

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

#[test]
fn a_bad_fault_is_explained() {
    let outcome = Desk::new().whmcsh(["sandbox", "--fault", "gremlins"]);
    let error = outcome.failed(2);
    assert!(
        error.contains("`gremlins`") && error.contains("--fault help"),
        "{error}"
    );
}
