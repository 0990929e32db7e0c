//! Servers that send all numbers as text: no script of the project, no recipe and no page sees a difference.

use std::process::Command;

use super::support::{Sandbox, TYPES};

/// The tests that run the project's scripts, recipes and pages.
const TESTS: &[&str] = &[
    "guide::",
    "readme::",
    "recipes::",
    "recipes_groups::",
    "recipes_lists::",
    "recipes_services::",
    "reference::",
    "scripts::",
    "start::",
    "upsert::",
];

#[test]
fn the_sandbox_sends_numbers_as_it_is_told() {
    for (types, id) in [("native", r#"{"id":1,"#), ("text", r#"{"id":"1","#)] {
        let sandbox = Sandbox::with(&["--types", types]);
        let reply = sandbox.post(
            "action=GetClients&search=zoe&identifier=sandbox&secret=sandbox&responsetype=json",
        );
        assert!(reply.contains(id), "{reply}");
    }
}

#[test]
fn scripts_recipes_and_pages_see_no_difference_when_numbers_are_text() {
    let tests = std::env::current_exe().unwrap();
    let again = Command::new(tests)
        .args(TESTS)
        .env(TYPES, "text")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&again.stdout);
    assert!(again.status.success(), "{said}");
    assert!(!said.contains(" 0 passed"), "{said}");
}
