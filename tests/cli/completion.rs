//! A shell that asks is told what can be typed next; nothing is sent and nothing is said.

use std::process::Command;

use crate::support::{Desk, Sandbox};

/// What is offered for the last of the words.
#[track_caller]
fn offered(desk: &Desk, words: &[&str]) -> Vec<String> {
    let mut command = desk.command();
    command
        .env("WHMCSH_COMPLETE", "fish")
        .args(["--", "whmcsh"]);
    let output = command.args(words).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    let offered = String::from_utf8(output.stdout).unwrap();
    let name = |line: &str| line.split('\t').next().unwrap_or_default().to_owned();
    offered.lines().map(name).collect()
}

#[track_caller]
fn offers(desk: &Desk, words: &[&str], wanted: &[&str]) {
    let found = offered(desk, words);
    let has = |wanted: &&&str| found.iter().any(|name| name == **wanted);
    let missing: Vec<_> = wanted.iter().filter(|wanted| !has(wanted)).collect();
    assert!(missing.is_empty(), "{words:?} lacks {missing:?}: {found:?}");
}

#[test]
fn arguments_that_a_script_declares_are_offered_behind_it() {
    let desk = Desk::new();
    let header = "//! arg months: number = 24\n//! arg status: one of \"Active\", \"Closed\"\n";
    desk.file("a.rhai", header);
    offers(&desk, &["run", "a.rhai", "--mon"], &["--months"]);
    offers(
        &desk,
        &["plan", "--sandbox", "a.rhai", "--months", "3", "--st"],
        &["--status"],
    );
    offers(
        &desk,
        &["run", "a.rhai", "--status", ""],
        &["Active", "Closed"],
    );
    assert!(offered(&desk, &["run", "none.rhai", "--mon"]).is_empty());
}

#[test]
fn names_of_the_catalog_and_of_the_program_are_known_without_a_folder() {
    let desk = Desk::new();
    offers(&desk, &["sand"], &["sandbox"]);
    offers(
        &desk,
        &["call", "GetCl"],
        &["GetClients", "GetClientsDetails"],
    );
    offers(&desk, &["call", "getcl"], &["GetClients"]);
    offers(&desk, &["call", "AddClient", "first"], &["firstname="]);
    offers(
        &desk,
        &["call", "GetClients", "status="],
        &["status=Active"],
    );
    offers(
        &desk,
        &["call", "GetClients", "status", "=", "Act"],
        &["Active"],
    );
    offers(
        &desk,
        &["each", "a.csv", "--", "UpdateCl"],
        &["UpdateClient"],
    );
    offers(
        &desk,
        &["each", "a.csv", "--", "UpdateClient", "clienti"],
        &["clientid="],
    );
    offers(&desk, &["init", "--recipe", "on"], &["onboard_clients"]);
    offers(&desk, &["help", "s"], &["safety", "sandbox", "scripting"]);
    offers(&desk, &["run", "--max-w"], &["--max-writes"]);
    desk.file("clients.csv", "");
    offers(&desk, &["run", "a.rhai", "cl"], &["clients.csv"]);
    offers(&desk, &["each", "cl"], &["clients.csv"]);
    for words in [&["runs", "show", ""][..], &["run", "--profile", ""]] {
        assert!(!offered(&desk, words).iter().any(|name| name.contains("20")));
    }
    assert!(!desk.folder().join(".local").exists(), "nothing is made");
}

#[test]
fn runs_and_profiles_are_known_and_no_command_for_a_secret_is_run() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("a.rhai", "update_client(#{ clientid: 1, city: \"Oslo\" });");
    desk.whmcsh(["run", "a.rhai", "--name", "nightly"])
        .succeeded();
    let run = desk.only_run();
    let run = run.file_name().unwrap().to_str().unwrap();
    offers(&desk, &["runs", "show", ""], &[run]);
    offers(&desk, &["run", "a.rhai", "--resume", "20"], &[run]);
    offers(&desk, &["run", "a.rhai", "--name", "ni"], &["nightly"]);
    let mark = desk.folder().join("mark");
    let text = format!(
        "[profiles.main]\nurl = \"{}\"\nidentifier = \"x\"\nsecret_command = \"touch {}\"\n",
        sandbox.url,
        mark.display()
    );
    desk.file("own.toml", &text);
    let words = ["--config", "own.toml", "call", "--profile", "ma"];
    offers(&desk, &words, &["main"]);
    assert!(!mark.exists());
    desk.file("own.toml", "[profiles");
    assert_eq!(offered(&desk, &words), [""; 0]);
}

#[test]
fn the_scripts_for_shells_work_in_bash() {
    let desk = Desk::new();
    let script = desk.whmcsh(["completions", "bash"]);
    let binary = std::path::Path::new(crate::support::BINARY);
    let text = format!(
        "PATH=\"{}:$PATH\"\n{}\nCOMP_WORDS=(whmcsh call GetCl)\nCOMP_CWORD=2\nCOMP_TYPE=9\n\
         _clap_complete_whmcsh whmcsh GetCl call\necho \"${{COMPREPLY[@]}}\"\n",
        binary.parent().unwrap().display(),
        script.succeeded()
    );
    let path = desk.file("complete.sh", text);
    let output = Command::new("bash").arg(path).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("GetClientsDetails"), "{printed}");
}

#[test]
fn help_after_an_action_is_its_page() {
    let desk = Desk::new();
    let page = desk.whmcsh(["actions", "GetClients"]);
    let help = desk.whmcsh(["call", "GetClients", "--help"]);
    assert_eq!(help.succeeded(), page.succeeded());
    let wrong = desk.whmcsh(["call", "GetClinets", "--help"]);
    assert!(
        wrong.failed(2).contains("did you mean `GetClients`?"),
        "{}",
        wrong.stderr
    );
}
