//! A journal that cannot be written or read: nothing is sent, and nothing is lost.

use std::path::PathBuf;
use std::process::Command;

use crate::support::log::{LOG, Log};
use crate::support::{Desk, Sandbox};

const ADD_CONTACTS: &str = "for n in 0..300 {\n\
    add_contact(#{ clientid: 1, firstname: \"Bo\", email: `bo${n}@full.example` });\n}\n";
/// The same with so many letters that the journal needs more than a megabyte.
const ADD_LONG_CONTACTS: &str = "let street = \"\"; street.pad(6000, 'x');\nfor n in 0..300 {\n\
    add_contact(#{ clientid: 1, firstname: \"Bo\", address1: street, email: `bo${n}@full.example` });\n}\n";

fn contacts(sandbox: &Sandbox) -> Vec<String> {
    let reply = sandbox.ask("GetContacts", &[("limitnum", "5000")]);
    let contacts = reply["contacts"]["contact"].as_array().cloned();
    let emails = contacts.unwrap_or_default().into_iter();
    let mut emails: Vec<String> = emails
        .map(|contact| contact["email"].as_str().unwrap().to_owned())
        .filter(|email| email.ends_with("@full.example"))
        .collect();
    emails.sort();
    emails
}

fn run_of(desk: &Desk) -> String {
    let runs = desk.whmcsh(["runs", "list", "--json"]).json();
    runs[0]["id"].as_str().unwrap().to_owned()
}

fn journal(desk: &Desk, run: &str) -> PathBuf {
    let runs = desk.folder().join(".local/state/whmcsh/runs");
    runs.join(run).join(LOG)
}

#[test]
fn when_the_journal_finds_no_room_nothing_more_is_sent_and_the_run_goes_on_later() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("script.rhai", ADD_LONG_CONTACTS);
    let whmcsh = desk.command();
    let program = whmcsh.get_program().to_owned();
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "ulimit -f 2100; exec \"$0\" run script.rhai"])
        .arg(program)
        .current_dir(desk.folder())
        .env_clear();
    for (name, value) in whmcsh.get_envs() {
        limited.env(name, value.unwrap_or_default());
    }
    let output = limited.output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    // The outcome of the write before found no room either.
    assert_eq!(output.status.code(), Some(5), "{error}");
    assert!(error.contains("was not sent"), "{error}");
    assert!(error.contains("1 write is in doubt"), "{error}");
    let run = run_of(&desk);
    assert!(error.contains(&format!("--resume {run}")), "{error}");
    let before = contacts(&sandbox).len();
    assert!((1..300).contains(&before), "{before}");
    let resumed = desk.whmcsh(["run", "script.rhai", "--resume", &run]);
    resumed.succeeded();
    let mut after = contacts(&sandbox);
    assert_eq!(after.len(), 300);
    after.dedup();
    assert_eq!(after.len(), 300, "none is there twice");
}

#[test]
fn where_runs_cannot_be_kept_nothing_is_sent() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(".local/state/whmcsh", "a file in the folder's place");
    let outcome = desk.script(ADD_CONTACTS);
    let error = outcome.failed(2);
    assert!(error.contains("`AddContact` was not sent"), "{error}");
    assert!(contacts(&sandbox).is_empty());
}

#[test]
fn a_damaged_journal_and_one_of_a_newer_version_are_left_alone() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.script(&format!("{ADD_CONTACTS} throw \"not yet\";"))
        .failed(1);
    let run = run_of(&desk);
    let path = journal(&desk, &run);
    let whole = std::fs::read(&path).unwrap();
    let resume = ["run", "script.rhai", "--resume", &run];
    for length in [0, 512, 4096, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..length]).unwrap();
        let outcome = desk.whmcsh(resume);
        let error = outcome.failed(2);
        assert!(error.contains("is damaged"), "{length}: {error}");
    }
    std::fs::write(&path, &whole).unwrap();
    let mut log = Log::read(path.parent().unwrap());
    log.put_format(99, "99.1.0").write();
    let outcome = desk.whmcsh(resume);
    let error = outcome.failed(2);
    assert!(error.contains("is of format 99"), "{error}");
    assert!(error.contains("hint: continue the run with"), "{error}");
    // Whole again, it goes on: nothing was done with it meanwhile.
    std::fs::write(&path, &whole).unwrap();
    desk.whmcsh(resume).failed(1);
    assert_eq!(contacts(&sandbox).len(), 300);
}

#[test]
fn a_damaged_run_of_a_script_with_another_name_is_told_of_before_the_first_write() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.script(&format!("{ADD_CONTACTS} throw \"not yet\";"))
        .failed(1);
    let run = run_of(&desk);
    let path = journal(&desk, &run);
    let summary = path.with_file_name("summary.json");
    std::fs::remove_file(&summary).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let warning = format!("warning: run `{run}` may have done the same rows, but cannot be read");
    desk.file("other.rhai", "print(1);");
    let reading = desk.whmcsh(["run", "other.rhai"]);
    reading.succeeded();
    assert!(!reading.stderr.contains("warning"), "{}", reading.stderr);
    let note = "add_client_note(#{ userid: 1, notes: \"n\" });";
    desk.file("renamed.rhai", note);
    for words in [
        &["run", "renamed.rhai"][..],
        &["run", "renamed.rhai", "--name", "second"],
    ] {
        let told = desk.whmcsh(words.iter().copied());
        told.succeeded();
        assert!(told.stderr.contains(&warning), "{}", told.stderr);
        let way_out = "check on the server what it did, then move";
        assert!(told.stderr.contains(way_out), "{}", told.stderr);
    }
    // One that came to its end is in nobody's way.
    std::fs::write(&summary, "{\"state\":\"done\"}").unwrap();
    desk.file("renamed.rhai", format!("{note} print(1);"));
    let told = desk.whmcsh(["run", "renamed.rhai"]);
    told.succeeded();
    assert!(!told.stderr.contains("warning"), "{}", told.stderr);
}

#[test]
fn a_damaged_run_that_may_be_the_same_is_not_begun_again() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.script(&format!("{ADD_CONTACTS} throw \"not yet\";"))
        .failed(1);
    let run = run_of(&desk);
    let path = journal(&desk, &run);
    // Killed, it would have left no files of what it came to.
    std::fs::remove_file(path.with_file_name("summary.json")).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let before = contacts(&sandbox);
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    for bytes in [
        Some(flipped(700)),
        Some(flipped(4)),
        Some(whole[..1200].to_vec()),
        Some(vec![0; whole.len()]),
        Some(Vec::new()),
        None,
    ] {
        match &bytes {
            Some(bytes) => std::fs::write(&path, bytes).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        for words in [
            &["run", "script.rhai", "--resume", "last"][..],
            &["run", "script.rhai"],
        ] {
            let refused = desk.whmcsh(words.iter().copied());
            let error = refused.failed(2);
            assert!(error.contains(&format!("run `{run}`")), "{error}");
            assert!(error.contains("cannot be read"), "{error}");
            assert!(error.contains("nothing was sent"), "{error}");
        }
        assert_eq!(contacts(&sandbox), before);
    }
    // What is other work is begun, and what nobody can read is named.
    desk.file("other.rhai", "print(1);");
    desk.whmcsh(["run", "other.rhai"]).succeeded();
    desk.file(
        "script.rhai",
        "add_client_note(#{ userid: 1, notes: \"n\" });",
    );
    let named = desk.whmcsh(["run", "script.rhai", "--name", "other"]);
    named.succeeded();
    let warning = format!("warning: run `{run}` may have the same arguments");
    assert!(named.stderr.contains(&warning), "{}", named.stderr);
    // One that came to its end is in nobody's way.
    std::fs::write(&path, "").unwrap();
    std::fs::write(path.with_file_name("summary.json"), "{\"state\":\"done\"}").unwrap();
    desk.whmcsh(["run", "script.rhai"]).succeeded();
}
