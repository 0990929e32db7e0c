//! The first steps: a folder to start from, completion scripts, help.

use crate::support::{Desk, Sandbox};

#[test]
fn a_new_folder_works_as_its_readme_says() {
    let sandbox = Sandbox::start();
    let desk = Desk::new();
    desk.whmcsh(["init", "mine"]).succeeded();
    let mine = desk.folder().join("mine");
    let readme = std::fs::read_to_string(mine.join("README.md")).unwrap();
    let readme = readme
        .replace("https://billing.example.com", &sandbox.url)
        .replace("YOUR_IDENTIFIER", "sandbox");
    let mut said = Vec::new();
    for line in readme.lines() {
        let Some(line) = line.strip_prefix("    whmcsh ") else {
            continue;
        };
        let words: Vec<&str> = line.split(' ').collect();
        let outcome = desk.whmcsh_fed_in(&mine, &words, "sandbox\n");
        assert_eq!(outcome.code, Some(0), "{line}\n{}", outcome.stderr);
        said.push(outcome.stdout);
    }
    let created = "2 clients created, 0 were there already, 0 failed\n";
    assert_eq!(said.len(), 9);
    assert_eq!((said[1].as_str(), said[6].as_str()), (created, created));
    assert_ne!(
        sandbox.ask("GetClients", &[("search", "zoe@")])["totalresults"],
        0
    );
    assert!(mine.join(".rhai/__static__.d.rhai").exists());
}

#[test]
fn a_file_that_is_there_is_never_overwritten() {
    let desk = Desk::new();
    let path = desk.file("mine/clients.csv", "precious");
    let outcome = desk.whmcsh(["init", "mine"]);
    assert!(
        outcome
            .failed(2)
            .contains("`mine` already has a `clients.csv`"),
        "{}",
        outcome.stderr
    );
    assert_eq!(std::fs::read_to_string(path).unwrap(), "precious");
    assert!(!desk.folder().join("mine/README.md").exists());
}

#[test]
fn completion_scripts_let_the_shell_ask() {
    for shell in ["bash", "zsh", "fish"] {
        let outcome = Desk::new().whmcsh(["completions", shell]);
        assert!(outcome.succeeded().contains("WHMCSH_COMPLETE"), "{shell}");
    }
}

#[test]
fn a_command_line_that_makes_no_sense_is_a_usage_error() {
    Desk::new().whmcsh(["rnu"]).failed(2);
    Desk::new().whmcsh(["run"]).failed(2);
}
