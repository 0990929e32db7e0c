//! What can be wrong with a bulk loop: said clearly, with the place, and nothing lost.

use crate::support::{Desk, Outcome, Sandbox};

fn sandboxed(desk: &Desk, script: &str) -> Outcome {
    desk.file("script.rhai", script);
    desk.whmcsh(["run", "script.rhai", "--sandbox"])
}

/// The loop is refused before its first row, at that place.
#[track_caller]
fn refused(desk: &Desk, script: &str, place: &str, words: &[&str]) {
    let outcome = sandboxed(desk, script);
    let error = outcome.failed(1);
    assert!(
        error.starts_with("error: ") && error.contains(&format!("--> script.rhai:{place}\n")),
        "{error}"
    );
    assert!(
        error.contains('^') && !error.contains("panicked"),
        "{error}"
    );
    for word in words {
        assert!(error.contains(word), "no {word:?} in:\n{error}");
    }
    assert_eq!(outcome.stdout, "", "a row was begun");
}

#[test]
fn options_that_cannot_be() {
    let desk = Desk::new();
    refused(
        &desk,
        "bulk([1], #{ workers: 0 }, |x| print(x));",
        "1:1",
        &[
            "`workers` of `bulk` cannot be 0",
            "hint: use 1 (one row at a time)",
        ],
    );
    refused(
        &desk,
        "let r = [1];\nbulk(r, #{ wrokers: 2 }, |x| print(x));",
        "2:1",
        &["`bulk` has no option `wrokers`", "did you mean `workers`?"],
    );
    refused(
        &desk,
        "bulk([#{ email: \"a\" }], #{ key: \"emial\" }, |x| print(x));",
        "1:1",
        &["has no `emial`", "did you mean `email`?"],
    );
    refused(
        &desk,
        "bulk([#{ email: \"a\" }], #{ lane: \"acount\" }, |x| print(x));",
        "1:1",
        &["has no `acount`"],
    );
    refused(
        &desk,
        "bulk([1], #{ max_failures: \"lots\" }, |x| print(x));",
        "1:1",
        &["the option `max_failures` of `bulk` is wrong"],
    );
    refused(
        &desk,
        "bulk([1], #{ rate: 0 }, |x| print(x));",
        "1:1",
        &["a number of calls per second above zero"],
    );
}

#[test]
fn rows_that_are_none_and_closures_that_take_none() {
    let desk = Desk::new();
    for (script, words) in [
        ("bulk(7, |x| print(x));", "cannot loop over a whole number"),
        ("bulk((), |x| print(x));", "cannot loop over"),
        ("bulk(\"in.csv\", |x| print(x));", "cannot loop over text"),
        ("bulk([1], || print(1));", "passes one row to the closure"),
        (
            "bulk([1], |a, b| print(a));",
            "passes one row to the closure",
        ),
    ] {
        refused(&desk, script, "1:1", &[words, "hint: "]);
    }
    refused(&desk, "bulk([1]);", "1:1", &["`bulk`"]);
    refused(&desk, "bulk([1], 5);", "1:1", &["`bulk`"]);
}

#[test]
fn a_file_whose_key_is_not_there_or_not_one() {
    let desk = Desk::new();
    let script = "bulk(csv(args[0]), #{ key: \"email\" }, |row| print(row.email));";
    desk.file("script.rhai", script);
    for (file, words) in [
        ("e-mail\na\n", "`in.csv` has no column `email`"),
        (
            "email\na\nb\na\n",
            "`in.csv` lines 2 and 4 have the same `email`: `a`",
        ),
        (
            "email,n\na,1\n,2\n",
            "`in.csv` line 3: the key `email` is empty",
        ),
        ("", "empty"),
    ] {
        desk.file("in.csv", file);
        let outcome = desk.whmcsh(["run", "script.rhai", "in.csv", "--sandbox"]);
        let error = outcome.failed(2);
        assert!(error.contains(words), "{error}");
        assert_eq!(outcome.stdout, "");
    }
    desk.file("in.csv", "email\n");
    desk.whmcsh(["run", "script.rhai", "in.csv", "--sandbox"])
        .succeeded();
}

#[test]
fn a_change_of_what_is_outside_is_refused_by_check_and_by_run() {
    let desk = Desk::new();
    let script = "let n = 0;\nbulk([1], |x| {\n    n += x;\n});\n";
    refused(
        &desk,
        script,
        "3:5",
        &[
            "rows of `bulk` cannot change `n`, which is outside them",
            "3 |     n += x;",
            "hint: return a value from the row, or count with `counter()`",
        ],
    );
    let outcome = desk.whmcsh(["check", "script.rhai"]);
    let error = outcome.failed(1);
    assert!(
        error.contains(
            "error: rows of `bulk` cannot change `n`, which is outside them\n --> script.rhai:3:5\n  \
             |\n3 |     n += x;\n  |     ^\n\
             hint: return a value from the row, or count with `counter()`\n"
        ),
        "{error}"
    );
}

#[test]
fn check_finds_a_change_in_an_imported_module() {
    let desk = Desk::new();
    desk.file(
        "lib.rhai",
        "fn all(rows) {\n  let n = 0;\n  bulk(rows, |x| { n += 1; });\n}\n",
    );
    desk.file("script.rhai", "import \"lib\" as lib;\nlib::all([1]);\n");
    let outcome = desk.whmcsh(["check", "script.rhai"]);
    assert!(
        outcome.failed(1).contains("--> lib.rhai:3:20"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn what_a_row_does_wrong_is_told_of_that_row() {
    let desk = Desk::new();
    for (body, reason) in [
        ("#{ f: |y| y }", "cannot be written as JSON"),
        ("throw \"own words\"", "own words"),
        (
            "throw #{ kind: \"mine\", message: \"a map's words\" }",
            "a map's words",
        ),
        ("down(x)", "functions call each other too deeply"),
        ("x.nope", "a whole number has no property `nope`"),
        ("csv(\"none.csv\")", "none.csv"),
    ] {
        let outcome = sandboxed(
            &desk,
            &format!(
                "fn down(n) {{ 1 + down(n + 1) }}\n\
                 let done = bulk([1, 2, 3], |x| {{ if x == 2 {{ {body} }} }});\n\
                 print(`${{done.ok}} ok, ${{done.failed}} failed`);\n"
            ),
        );
        let error = outcome.failed(4);
        assert_eq!(outcome.stdout, "2 ok, 1 failed\n", "{body}");
        assert!(
            error.contains("1 × ") && error.contains(reason) && error.contains("first: row 2"),
            "{body}: {error}"
        );
    }
}

#[test]
fn exit_in_a_row_ends_the_script_and_the_rest_can_be_done_later() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("flag.txt", "stop");
    desk.script(
        "bulk([#{ id: 1 }, #{ id: 2 }, #{ id: 3 }], #{ key: \"id\", workers: 1 }, |row| {\n\
         if row.id == 2 && read_text(\"flag.txt\") == \"stop\" { exit(); }\n\
         log_activity(#{ description: `Row ${row.id}` });\n\
         });\n\
         print(\"after\");\n",
    );
    let rows = || {
        let log = sandbox.ask(
            "GetActivityLog",
            &[("limitnum", "5000"), ("description", "Row ")],
        );
        log["activity"]["entry"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(rows(), 1);
    let runs = desk.whmcsh(["runs", "list", "--json"]).json();
    let run = runs[0]["id"].as_str().unwrap().to_owned();
    desk.file("flag.txt", "go");
    let resumed = desk.whmcsh(["run", "script.rhai", "--resume", &run]);
    assert_eq!(resumed.succeeded(), "after\n");
    assert_eq!(rows(), 3);
}

#[test]
fn ctrl_c_ends_a_row_that_never_ends() {
    let desk = Desk::new();
    desk.file(
        "script.rhai",
        "bulk([1, 2], #{ workers: 2 }, |x| { print(\"on\"); loop { try { let a = 1; } catch { } } });",
    );
    let ended = desk.interrupted(&["run", "script.rhai", "--sandbox"], "on");
    assert_eq!(ended, Some(130));
}

#[test]
fn a_row_that_throws_a_map_of_its_own_says_what_it_threw() {
    let desk = Desk::new();
    desk.file(
        "script.rhai",
        "bulk([1, 2, 3], #{ workers: 1 }, |n| { throw [#{ code: 7 }, #{ message: 404 }, #{ message: \"no\" }][n - 1]; });",
    );
    let failed = desk.whmcsh(["run", "script.rhai", "--sandbox"]);
    let said = failed.failed(4);
    assert!(!said.contains("no reason given"), "{said}");
    for reason in ["\"code\": 7", "404", " no "] {
        assert!(said.contains(reason), "{reason}: {said}");
    }
}
