//! Arguments that scripts declare, and the codes they end with.

use serde_json::Value;

use crate::support::{Desk, Sandbox};

const HEADER: &str = "//! Does it.\n\
                      //! arg clients: file  # whom\n\
                      //! arg months: number = 24  # how long\n\
                      //! arg status: one of \"Active\", \"Closed\" = \"Active\"\n\
                      //! arg since: day?\n\
                      //! arg really: flag\n";
const SHOWS: &str = "print(`${args.clients} ${args.months + 1} ${args.status} ${args.since == ()} ${args.really}`);";

fn desk() -> Desk {
    let desk = Desk::new();
    desk.file("a.rhai", format!("{HEADER}{SHOWS}"));
    desk
}

#[test]
fn arguments_are_given_by_name_or_in_order() {
    let desk = desk();
    for (words, wanted) in [
        (&["a.csv"][..], "a.csv 25 Active true false\n"),
        (&["a.csv", "12"], "a.csv 13 Active true false\n"),
        (&["--months", "12", "a.csv"], "a.csv 13 Active true false\n"),
        (
            &["a.csv", "--months=-1", "--really", "--since", "2026-01-31"],
            "a.csv 0 Active false true\n",
        ),
        (
            &["a.csv", "--status", "Closed"],
            "a.csv 25 Closed true false\n",
        ),
        (
            &["a.csv", "12", "Closed", "", "true"],
            "a.csv 13 Closed true true\n",
        ),
    ] {
        let outcome = desk.whmcsh([&["run", "a.rhai"], words, &["--sandbox"]].concat());
        assert_eq!(outcome.succeeded(), wanted, "{words:?}");
    }
    let plan = desk.whmcsh(["plan", "a.rhai", "a.csv", "--months", "12", "--sandbox"]);
    assert!(plan.stderr.contains("a.csv 13 Active"), "{}", plan.stderr);
}

#[test]
fn what_is_missing_unknown_or_of_another_kind_is_refused_before_anything_is_sent() {
    let desk = desk();
    for (words, what) in [
        (
            &[][..],
            "the argument `clients` is missing: whom; nothing was sent",
        ),
        (
            &["a.csv", "x"],
            "the argument `months` must be a number: `x` is not a number; nothing was sent",
        ),
        (
            &["a.csv", "--since", "31.1.2026"],
            "the argument `since` must be a day",
        ),
        (
            &["a.csv", "--status", "active"],
            "`--status <Active|Closed>` cannot be `active`",
        ),
        (&["a.csv", "--moths", "3"], "unknown option `--moths`"),
        (
            &["a.csv", "--months", "3", "--months", "4"],
            "`--months <NUMBER>` is used twice",
        ),
        (&["a.csv", "--months", ""], "the argument `months` is empty"),
        (
            &["a", "1", "Active", "", "true", "b"],
            "the script takes 5 arguments, but 6 were passed",
        ),
    ] {
        for command in ["run", "plan"] {
            let outcome = desk.whmcsh([&[command, "a.rhai"], words, &["--sandbox"]].concat());
            let error = outcome.failed(2).to_owned();
            assert!(error.contains(what), "{words:?}: {error}");
        }
    }
    let outcome = desk.whmcsh(["run", "a.rhai", "a.csv", "--moths", "3"]);
    assert!(outcome.failed(2).contains("did you mean `--months`?"));
}

#[test]
fn help_behind_a_script_lists_its_arguments() {
    let desk = desk();
    let help = desk.whmcsh(["run", "a.rhai", "--help"]);
    assert_eq!(
        help.succeeded(),
        "Does it.\n\n\
         usage: whmcsh run a.rhai CLIENTS [--months NUMBER] [--status Active|Closed] [--since DAY] [--really]\n\n\
         arguments:\n  \
         --clients FILE          whom (required)\n  \
         --months NUMBER         how long [default: 24]\n  \
         --status Active|Closed  [default: Active]\n  \
         --since DAY\n  \
         --really\n"
    );
}

#[test]
fn check_compares_a_script_with_what_it_declares() {
    let desk = Desk::new();
    desk.file(
        "a.rhai",
        "//! arg months: number\nprint(args.month);\nprint(args[0]);\n",
    );
    let found = desk.whmcsh(["check", "a.rhai"]).failed(1).to_owned();
    assert!(
        found.contains("the script declares no argument `month`"),
        "{found}"
    );
    assert!(found.contains("did you mean `months`?"), "{found}");
    assert!(found.contains("write `args.months`"), "{found}");
    desk.file("b.rhai", "//! arg a: numbr\n");
    let found = desk.whmcsh(["check", "b.rhai"]).failed(1).to_owned();
    assert!(found.contains("b.rhai:1:1"), "{found}");
    let run = desk
        .whmcsh(["run", "b.rhai", "--sandbox"])
        .failed(2)
        .to_owned();
    assert!(
        run.contains("b.rhai:1") && run.contains("nothing was sent"),
        "{run}"
    );
}

#[test]
fn a_run_is_resumed_with_the_arguments_it_began_with_however_they_are_given() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("rows.csv", "id,note\n1,a\n");
    desk.file(
        "a.rhai",
        "//! arg rows: file\n//! arg months: number = 24\n\
         bulk(csv(args.rows), #{ key: \"id\" }, |row| {\n\
         add_client_note(#{ userid: row.id, notes: `${row.note} ${args.months}` }); });\n",
    );
    let run = |words: &[&str]| desk.whmcsh([&["run", "a.rhai", "--name", "n"], words].concat());
    run(&["rows.csv", "--months", "12"]).succeeded();
    let again = run(&["--rows", "rows.csv", "12"]);
    again.succeeded();
    assert!(again.stderr.contains("already done"), "{}", again.stderr);
    let other = run(&["rows.csv"]).failed(2).to_owned();
    assert!(other.contains("argument 2 was `12`, not `24`"), "{other}");
    let shown = desk.whmcsh(["runs", "show", "--json"]).json();
    assert_eq!(shown["args"], serde_json::json!(["rows.csv", "12"]));
}

#[test]
fn a_script_ends_with_a_code_of_its_own_where_nothing_failed() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "a.rhai",
        "add_client_note(#{ userid: 1, notes: \"x\" }); exit(42); print(\"never\");",
    );
    let outcome = desk.whmcsh(["run", "a.rhai", "--json"]);
    assert_eq!(outcome.code, Some(42), "{}", outcome.stderr);
    let object: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(
        (&object["state"], &object["exit"]),
        (&"done".into(), &42.into())
    );
    assert_eq!(object["error"], Value::Null);
    let told = "printf '%s %s' \"$WHMCSH_RUN_EXIT\" \"$WHMCSH_RUN_STATE\" >&2";
    let outcome = desk.whmcsh(["run", "a.rhai", "--quiet", "--on-end", told]);
    assert_eq!(
        (outcome.code, outcome.stderr.as_str()),
        (Some(42), "42 done")
    );
    let plan = desk.whmcsh(["plan", "a.rhai"]);
    plan.succeeded();
    assert!(
        plan.stderr
            .contains("the script ends itself here with `exit(42)`")
    );
    desk.file(
        "rows.rhai",
        "bulk([1, 2], #{ workers: 1 }, |x| { if x == 1 { fail(\"no\") } }); exit(42);",
    );
    assert_eq!(desk.whmcsh(["run", "rows.rhai"]).code, Some(4));
    desk.file(
        "server.rhai",
        "add_client_note(#{ userid: 1, notes: \"y\" }); exit(3);",
    );
    let failed = desk.whmcsh(["run", "server.rhai", "--json"]);
    let object: Value = serde_json::from_str(&failed.stdout).unwrap();
    assert_eq!(
        (failed.code, &object["state"], &object["exit"]),
        (Some(3), &"failed".into(), &3.into())
    );
    assert!(object["resume"].as_str().unwrap().contains("--resume"));
    desk.file("out.rhai", "exit(256);");
    assert!(
        desk.whmcsh(["run", "out.rhai"])
            .failed(1)
            .contains("`256` cannot be an exit code")
    );
}

#[test]
fn nothing_comes_behind_exit_wherever_it_stands() {
    let desk = Desk::new();
    for (body, code) in [
        (
            "try { [1, 2].filter(|x| exit(10)) } catch (e) { print(e) }",
            10,
        ),
        (
            "try { [1, 2].map(|x| { exit(1); x }) } catch (e) { print(e) }",
            1,
        ),
        ("[1, 2].map(|x| exit(10));", 10),
        ("for_each([1, 2], |x| exit(0));", 0),
        ("let text = `${exit(10)}`;", 10),
        (
            "bulk([1], |x| { try { [x].filter(|y| exit(3)) } catch { } add_client_note(#{ userid: 1, notes: \"a\" }) });",
            1,
        ),
    ] {
        let script = format!(
            "{body}\nadd_client_note(#{{ userid: 1, notes: \"b\" }});\nprint(\"after\");\n"
        );
        desk.file("a.rhai", script);
        let outcome = desk.whmcsh(["run", "a.rhai", "--sandbox"]);
        assert_eq!(outcome.code, Some(code), "{body}: {}", outcome.stderr);
        assert_eq!(outcome.stdout, "", "{body}");
        assert!(
            !outcome.stderr.contains("1 write"),
            "{body}: {}",
            outcome.stderr
        );
    }
    for wrong in ["\"10\"", "2.5", "()", "true"] {
        desk.file("a.rhai", format!("exit({wrong});"));
        let outcome = desk.whmcsh(["run", "a.rhai", "--sandbox"]);
        assert!(
            outcome.failed(1).contains("an exit code is a number"),
            "{wrong}"
        );
    }
}

#[test]
fn a_code_in_a_row_stops_the_run_as_an_error() {
    let desk = Desk::new();
    desk.file(
        "a.rhai",
        "bulk([1, 2], #{ workers: 1 }, |x| { if x == 2 { exit(42) } }); print(\"after\");
",
    );
    let outcome = desk.whmcsh(["run", "a.rhai", "--sandbox"]);
    assert!(outcome.failed(1).contains("`exit(42)`"));
    assert!(outcome.stdout.is_empty());
}

#[test]
fn a_test_gives_arguments_and_sees_the_code() {
    let desk = desk();
    desk.file("code.rhai", "//! arg code: number\nexit(args.code);");
    desk.file(
        "a_test.rhai",
        "fn test_one() {\n\
         let done = run_script(\"a.rhai\", [\"a.csv\", \"--months\", \"3\", \"--really\"]);\n\
         assert(done.ok, done.error);\n\
         assert_eq(done.output, \"a.csv 4 Active true true\");\n\
         let code = run_script(\"code.rhai\", [\"42\"]);\n\
         assert(code.ok, code.error);\n\
         assert_eq(code.exit, 42);\n}\n",
    );
    let outcome = desk.whmcsh(["test", "a_test.rhai"]);
    assert_eq!(
        outcome.code,
        Some(0),
        "{}{}",
        outcome.stdout,
        outcome.stderr
    );
}
