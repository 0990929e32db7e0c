//! Every command and script of the README works as it is written.

use crate::guide::walk;
use crate::support::{Desk, Sandbox, repository};

/// The fenced blocks of that language, in order.
pub fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(&fence)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap().to_owned())
        .collect()
}

pub fn desk_with_the_recipes(sandbox: &Sandbox) -> Desk {
    let desk = sandbox.desk();
    let scripts = desk.folder().join("scripts");
    std::os::unix::fs::symlink(repository().join("scripts"), scripts).unwrap();
    desk
}

#[test]
fn every_command_and_script_works() {
    walk("../README.md");
}

#[test]
fn the_bulk_loop_shown_moves_clients() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let readme = std::fs::read_to_string(repository().join("README.md")).unwrap();
    desk.file("move.rhai", blocks(&readme, "rhai move.rhai").concat());
    let client = &sandbox.ask("GetClients", &[("limitnum", "1")])["clients"]["client"][0];
    let email = client["email"].as_str().unwrap();
    desk.file(
        "moves.csv",
        format!("email,city\n{email},Bergen\nno@example.com,Oslo\n"),
    );
    let outcome = desk.whmcsh(["run", "move.rhai", "moves.csv"]);
    assert_eq!(outcome.code, Some(4), "{}", outcome.stderr);
    assert_eq!(outcome.stdout, "1 moved, 1 failed\n");
    let found = sandbox.ask("GetClientsDetails", &[("email", email)]);
    assert_eq!(found["client"]["city"], "Bergen");
}
