//! How calls fare on a server that misbehaves.

use crate::support::Sandbox;

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
        outcome.failed(3).contains("may or may not"),
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
        let error = outcome.failed(3);
        assert!(error.contains("may or may not"), "{fault}: {error}");
    }
}

#[test]
fn a_bad_fault_is_explained() {
    let outcome = crate::support::Desk::new().whmcsh(["sandbox", "--fault", "gremlins"]);
    let error = outcome.failed(2);
    assert!(
        error.contains("`gremlins`") && error.contains("--fault help"),
        "{error}"
    );
}
