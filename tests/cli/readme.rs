//! Every command and script of the README works as it is written.

use crate::support::{Desk, Sandbox, repository};

/// The fenced blocks of that language, in order.
pub fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(&fence)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap().to_owned())
        .collect()
}

pub fn readme() -> String {
    std::fs::read_to_string(repository().join("README.md")).unwrap()
}

/// The README speaks of a server that is not ours to call.
fn here(text: &str, sandbox: &Sandbox) -> String {
    text.replace("https://billing.example.com", &sandbox.url)
        .replace("YOUR_IDENTIFIER", "sandbox")
}

pub fn desk_with_the_recipes(sandbox: &Sandbox) -> Desk {
    let desk = sandbox.desk();
    let scripts = desk.folder().join("scripts");
    std::os::unix::fs::symlink(repository().join("scripts"), scripts).unwrap();
    desk.file("first.rhai", blocks(&readme(), "rhai").concat());
    desk
}

#[test]
fn every_command_works() {
    let sandbox = Sandbox::start();
    let desk = desk_with_the_recipes(&sandbox);
    let mut ran = 0;
    for line in blocks(&readme(), "sh").concat().lines() {
        let line = here(line, &sandbox);
        let line = line.replace("cargo run --release -- ", "whmcsh ");
        // The tests are running, and the sandbox of this one serves already.
        if ["cargo test", "whmcsh sandbox --clients 500"].contains(&line.as_str()) {
            continue;
        }
        let words = shell_words(&line);
        let outcome = if line.starts_with("whmcsh profile add") {
            desk.whmcsh_fed(
                &words[1..].iter().map(String::as_str).collect::<Vec<_>>(),
                "sandbox\n",
            )
        } else if let Some((input, command)) = line.split_once(" | ") {
            let words = shell_words(command);
            let input = input.trim_start_matches("echo '").trim_end_matches('\'');
            desk.whmcsh_fed(
                &words[1..].iter().map(String::as_str).collect::<Vec<_>>(),
                input,
            )
        } else {
            desk.whmcsh(&words[1..])
        };
        assert_eq!(
            words[0],
            if line.contains(" | ") {
                "echo"
            } else {
                "whmcsh"
            },
            "{line}"
        );
        assert_eq!(
            outcome.code,
            Some(0),
            "{line}\n{}{}",
            outcome.stdout,
            outcome.stderr
        );
        ran += 1;
    }
    assert!(ran >= 12, "only {ran} commands were found");
}

/// Splits at spaces; the README's commands quote nothing but the piped script.
fn shell_words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

#[test]
fn the_configuration_shown_is_accepted() {
    let sandbox = Sandbox::start();
    let desk = Desk::new();
    let config = here(&blocks(&readme(), "toml").concat(), &sandbox)
        .replace("pass show whmcs", "echo sandbox");
    let path = desk.file("config.toml", config);
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let outcome = desk.whmcsh(["--config", "config.toml", "profile", "test"]);
    assert!(
        outcome.succeeded().contains("profile `main` works"),
        "{}",
        outcome.stdout
    );
    sandbox.desk();
}
