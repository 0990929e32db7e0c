//! The first steps: a folder to start from, completion scripts, help.

use crate::support::Desk;

#[test]
fn a_new_folder_has_a_script_that_runs() {
    let desk = Desk::new();
    desk.whmcsh(["init", "mine"]).succeeded();
    let run = |words: &[&str]| {
        let output = desk
            .command()
            .args(words)
            .current_dir(desk.folder().join("mine"))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    };
    run(&["check", "onboard.rhai"]);
    assert_eq!(
        run(&["run", "onboard.rhai", "clients.csv", "--sandbox"]),
        "2 clients created\n"
    );
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
fn completion_scripts_name_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let outcome = Desk::new().whmcsh(["completions", shell]);
        assert!(outcome.succeeded().contains("sandbox"), "{shell}");
    }
}

#[test]
fn a_command_line_that_makes_no_sense_is_a_usage_error() {
    Desk::new().whmcsh(["rnu"]).failed(2);
    Desk::new().whmcsh(["run"]).failed(2);
}
