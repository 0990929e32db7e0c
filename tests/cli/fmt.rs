//! Scripts put into their form.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::support::{Desk, repository};

#[test]
fn a_script_is_formatted_in_place_and_keeps_its_mode() {
    let desk = Desk::new();
    let path = desk.file("a.rhai", "if a{\nb( 1,2 )\n}\n");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink("a.rhai", desk.folder().join("link.rhai")).unwrap();
    let outcome = desk.whmcsh(["fmt", "link.rhai"]);
    assert_eq!(outcome.succeeded_in_words(), "formatted link.rhai\n");
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        "if a {\n    b(1, 2)\n}\n"
    );
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    assert!(desk.folder().join("link.rhai").is_symlink());
    let again = desk.whmcsh(["fmt", "a.rhai"]);
    assert_eq!(again.succeeded_in_words(), "1 script already formatted\n");
}

#[test]
fn a_check_and_a_diff_write_nothing() {
    let desk = Desk::new();
    let path = desk.file("lib/a.rhai", "a( );\r\nb();\r\n");
    desk.file("lib/b.rhai", "b();\n");
    let checked = desk.whmcsh(["fmt", "lib", "--check"]);
    let error = checked.failed(1);
    assert!(
        error.contains("1 of 2 scripts is not formatted; nothing was written"),
        "{error}"
    );
    assert_eq!(checked.stdout, "lib/a.rhai\n");
    let shown = desk.whmcsh(["fmt", "lib", "--diff"]);
    shown.failed(1);
    assert_eq!(
        shown.stdout,
        "--- lib/a.rhai\n+++ lib/a.rhai\n@@ -1,2 +1,2 @@\n-a( );\r\n+a();\r\n b();\r\n"
    );
    assert_eq!(std::fs::read_to_string(path).unwrap(), "a( );\r\nb();\r\n");
    desk.whmcsh(["fmt", "lib/b.rhai", "--check"]).succeeded();
}

#[test]
fn standard_input_is_formatted_to_standard_output() {
    let desk = Desk::new();
    let outcome = desk.whmcsh_fed(&["fmt", "-"], "#!/usr/bin/env whmcsh\na( 1 )");
    assert_eq!(outcome.succeeded(), "#!/usr/bin/env whmcsh\na(1)\n");
}

#[test]
fn a_damaged_statement_stays_and_is_named() {
    let desk = Desk::new();
    let path = desk.file("a.rhai", "a( );\nlet  =  3;\n");
    let outcome = desk.whmcsh(["fmt", "a.rhai"]);
    let error = outcome.failed(1);
    assert!(
        error.contains("the statement at a.rhai:2 has a syntax error"),
        "{error}"
    );
    assert_eq!(std::fs::read_to_string(path).unwrap(), "a();\nlet  =  3;\n");
}

#[test]
fn what_cannot_be_read_or_written_is_named_and_the_others_are_formatted() {
    let desk = Desk::new();
    let locked = desk.file("locked.rhai", "a( );\n");
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o444)).unwrap();
    desk.file("wide.rhai", b"\xff\xfea\x00(\x00)\x00");
    let good = desk.file("good.rhai", "a( );\n");
    let outcome = desk.whmcsh(["fmt", "locked.rhai", "wide.rhai", "none.rhai", "good.rhai"]);
    let error = outcome.failed(2);
    for part in [
        "cannot write `locked.rhai`: it is read-only",
        "script `wide.rhai` is not UTF-8 text",
        "script `none.rhai` cannot be read: it does not exist",
    ] {
        assert!(error.contains(part), "no {part:?} in {error}");
    }
    assert_eq!(std::fs::read_to_string(locked).unwrap(), "a( );\n");
    assert_eq!(std::fs::read_to_string(good).unwrap(), "a();\n");
}

#[test]
fn the_recipes_are_formatted() {
    let scripts = repository().join("scripts");
    let outcome = Desk::new().whmcsh(["fmt", "--check", scripts.to_str().unwrap()]);
    outcome.succeeded();
}
