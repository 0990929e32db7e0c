//! Tests of scripts: found, run, reported.

use serde_json::Value;

use crate::recipes::recipes;
use crate::support::{Desk, Outcome, repository};

/// A desk with that file of tests, and what `whmcsh test` makes of it.
fn tested(text: &str, options: &[&str]) -> (Desk, Outcome) {
    let desk = Desk::new();
    desk.file("a_test.rhai", text);
    let words = ["test"].iter().chain(options);
    let outcome = desk.whmcsh(words);
    (desk, outcome)
}

/// The report on tests of which one failed.
fn report_of(text: &str) -> String {
    let (_desk, outcome) = tested(text, &["--timeout", "20"]);
    outcome.failed(1);
    outcome.stdout
}

#[test]
fn the_recipes_pass_their_tests() {
    let desk = Desk::new();
    let outcome = desk.whmcsh(["test", repository().join("scripts").to_str().unwrap()]);
    let report = outcome.succeeded();
    for recipe in recipes() {
        let name = recipe.file_stem().unwrap().to_str().unwrap();
        assert!(
            report.contains(&format!("{name}_test.rhai: test_")),
            "{name} has no test"
        );
    }
}

#[test]
fn each_test_has_a_server_of_its_own() {
    let (_desk, outcome) = tested(
        "fn test_one() { update_client(#{ clientid: 1, city: \"Bergen\" }); }\n\
         fn test_two() { assert_ne(get_clients_details(#{ clientid: 1 }).client.city, \"Bergen\"); }\n\
         fn test_three() { server.close_client(#{ clientid: 1 }); assert_no_writes(); }\n\
         fn helper() { throw \"no test\"; }\n",
        &["--jobs", "1"],
    );
    let report = outcome.succeeded();
    assert_eq!(
        report.matches("ok      a_test.rhai: test_").count(),
        3,
        "{report}"
    );
    assert!(report.contains("3 passed in "), "{report}");
}

#[test]
fn what_a_script_did_is_handed_to_its_test() {
    let desk = Desk::new();
    desk.file(
        "move.rhai",
        "log(\"moving\");\n\
         let done = bulk(csv(args[0]), #{ key: \"id\", workers: 1 }, |row| {\n\
             if row.id == \"2\" { skip(\"stays\"); }\n\
             update_client(#{ clientid: row.id, city: row.city });\n\
             #{ moved: true }\n\
         });\n\
         write_text(\"out.txt\", \"x\");\n\
         print(`${done.ok} of ${args.len()}`);\n",
    );
    desk.file(
        "move_test.rhai",
        "fn test_move() {\n\
             write_text(\"in.csv\", \"id,city\\n1,Bergen\\n2,Oslo\\n999,Rome\\n\");\n\
             let done = run_script(\"move.rhai\", [\"in.csv\"]);\n\
             assert(!done.ok);\n\
             assert_eq(done.exit, 4);\n\
             assert_eq(done.output, \"1 of 1\");\n\
             assert_eq(done.notes, \"moving\");\n\
             assert_eq(done.files, [\"out.txt\"]);\n\
             assert_eq(done.rows.map(|row| `${row.key} ${row.state}`), [\"1 done\", \"2 skipped\", \"999 failed\"]);\n\
             assert(done.rows[0].columns.moved);\n\
             assert_eq(done.writes[0], #{ action: \"UpdateClient\", clientid: \"1\", city: \"Bergen\" });\n\
             assert_eq(done.writes[1].outcome, \"refused\");\n\
             assert_eq(done.emails, []);\n\
             assert_eq(run_script(\"move.rhai\", [\"none.csv\"]).exit, 2);\n\
         }\n\
         fn test_limits() {\n\
             write_text(\"in.csv\", \"id,city\\n1,Bergen\\n3,Oslo\\n\");\n\
             let done = run_script(\"move.rhai\", [\"in.csv\"], #{ max_writes: 1 });\n\
             assert_eq(done.exit, 6);\n\
             assert_error(|| run_script(\"move.rhai\", [], #{ max_wirtes: 1 }), \"no option `max_wirtes`\");\n\
             assert_error(|| run_script(\"none.rhai\"), \"none.rhai\");\n\
         }\n",
    );
    desk.whmcsh(["test"]).succeeded();
    assert!(
        !desk.folder().join("out.txt").exists(),
        "a test writes in a folder of its own"
    );
    assert!(desk.runs().is_empty(), "and leaves no run");
}

#[test]
fn a_failure_shows_the_line_what_differs_the_calls_and_the_command_that_repeats_it() {
    let report = report_of(
        "fn test_city() {\n    print(\"hello\");\n    let client = get_clients_details(#{ clientid: 1 }).client;\n    \
         assert_eq(#{ city: client.city, id: 1 }, #{ city: \"Bergen\", id: 1 });\n}\n",
    );
    for shown in [
        "FAILED  a_test.rhai: test_city (",
        "\n    error: the values differ (- expected, + found)\n     --> a_test.rhai:4:5\n",
        "\n      |     ^^^^^^^^^\n    - city: \"Bergen\"\n    + city: \"Köln\"\n",
        "\n    calls:\n      GetClientsDetails clientid: 1\n",
        "\n    printed:\n      hello\n",
        "\n    to repeat, run: whmcsh test a_test.rhai --filter test_city\n",
        "\n0 passed, 1 failed in ",
    ] {
        assert!(report.contains(shown), "{shown:?} is not in\n{report}");
    }
}

#[test]
fn a_script_that_fails_is_shown_with_the_test_that_expected_it_to_succeed() {
    let desk = Desk::new();
    desk.file("bad.rhai", "close_client(#{ clientid: 999 });\n");
    desk.file(
        "a_test.rhai",
        "fn test_a() { assert(run_script(\"bad.rhai\", [\"7\"]).ok); }\n",
    );
    let outcome = desk.whmcsh(["test"]);
    outcome.failed(1);
    let shown = "    script `bad.rhai 7` ended with 1:\n      error: `CloseClient` was refused";
    assert!(outcome.stdout.contains(shown), "{}", outcome.stdout);
}

#[test]
fn writes_that_are_not_the_expected_ones_are_shown_beside_them() {
    let report = report_of(
        "fn test_a() {\n\
             update_client(#{ clientid: 1, city: \"Oslo\" });\n\
             close_client(#{ clientid: 2 });\n\
             assert_writes([#{ action: \"update_client\", clientid: \"1\" }, #{ action: \"CloseClient\", clientid: 3 }]);\n\
         }\n",
    );
    let shown = "      UpdateClient city: \"Oslo\", clientid: 1\n    - CloseClient clientid: 3\n    + CloseClient clientid: 2\n";
    assert!(report.contains(shown), "{report}");
    let report = report_of("fn test_a() { assert_writes([\"GetClients\"]); }");
    assert!(report.contains("`GetClients` is not a write"), "{report}");
}

#[test]
fn a_test_that_does_not_come_to_its_end_by_itself_fails() {
    for (body, shown) in [
        ("exit(0);", "the script ended itself with `exit(0)`"),
        ("exit();", "the script ended itself with `exit(0)`"),
        ("exit(3);", "the script ended itself with `exit(3)`"),
        ("throw #{ a: 1 };", "the script threw #{\"a\": 1}"),
        ("deeper(1);", "functions call each other too deeply"),
        (
            "try { assert(false, \"no\"); } catch {}",
            "an assertion failed, and the test caught its error: no",
        ),
        (
            "given(#{}); given(#{});",
            "`given` was called before in this test",
        ),
        ("given(#{ clinets: [] });", "clinets"),
        (
            "given(#{ invoices: [#{ userid: 9 }] });",
            "invoices[0].userid: ",
        ),
        (
            "given(#{ clients: [#{ id: 1 }, #{ id: 1 }] });",
            "clients[1].id",
        ),
        ("given(\"none.json\");", "`none.json` does not exist"),
        ("server.fault(\"nonsense\");", "bad fault: "),
        (
            "assert_snapshot(1);",
            "`a_test.snap` has no snapshot `test_a 1`",
        ),
        (
            "assert_error(|| throw \"x\", \"y\");",
            "the error does not say `y`: x",
        ),
        (
            "write_text(\"/etc/x\", \"\");",
            "is outside the folders this script may write in",
        ),
    ] {
        let report = report_of(&format!(
            "fn deeper(n) {{ deeper(n + 1) }}\nfn test_a() {{ {body} }}\n"
        ));
        assert!(report.contains(shown), "{body}: {report}");
        assert!(report.contains("a_test.rhai:2"), "{body}: {report}");
    }
}

#[test]
fn a_test_that_never_ends_is_ended() {
    let (_desk, outcome) = tested(
        "fn test_a() { loop { let a = 1; } }\nfn test_b() { sleep(100); }\nfn test_c() { }\n",
        &["--timeout", "0.2", "--jobs", "3"],
    );
    outcome.failed(1);
    let told = "error: the test took longer than 0.2 s\n";
    assert_eq!(
        outcome.stdout.matches(told).count(),
        2,
        "{}",
        outcome.stdout
    );
    assert!(
        outcome.stdout.contains("1 passed, 2 failed"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn what_a_test_prints_is_bounded() {
    let report = report_of(
        "fn test_a() { let long = \"x\"; long.pad(1000000, 'y'); for n in 0..20 { print(long); } throw \"end\"; }",
    );
    assert!(
        report.len() < 3_000_000 && report.contains("more bytes were left out"),
        "{}",
        report.len()
    );
}

#[test]
fn a_server_that_is_gone_fails_only_its_own_test() {
    let (_desk, outcome) = tested(
        "fn test_a() { server.fault(\"reset-before\"); get_clients(); }\nfn test_b() { get_clients(); }\n",
        &[],
    );
    outcome.failed(1);
    assert!(
        outcome.stdout.contains("ok      a_test.rhai: test_b"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome.stdout.contains("FAILED  a_test.rhai: test_a"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn a_file_that_cannot_be_read_keeps_no_other_from_being_run() {
    let desk = Desk::new();
    desk.file("a_test.rhai", "fn test_a() { let = ; }\n");
    desk.file("b_test.rhai", "fn test_b() { }\n\nfn test_b() { }\n");
    desk.file("c_test.rhai", "fn test_c(x) { }\n");
    desk.file("lib/d_test.rhai", "fn test_d() { }\n");
    desk.file("e_test.rhai", "print(1);\n");
    desk.file("f_test.rhai", "fn test_f() { assert_eqq(1, 1) }\n");
    let outcome = desk.whmcsh(["test"]);
    let notes = outcome.failed(1);
    assert!(notes.contains("`e_test.rhai` has no tests"), "{notes}");
    for shown in [
        "FAILED  a_test.rhai (0 ms)\n    error: ",
        "error: there are two tests `test_b`, in the lines 1 and 3\n",
        "error: the test `test_c` has parameters\n",
        "ok      lib/d_test.rhai: test_d",
        "error: unknown function `assert_eqq`",
        "1 passed, 4 failed",
    ] {
        assert!(
            outcome.stdout.contains(shown),
            "{shown:?} is not in\n{}",
            outcome.stdout
        );
    }
}

#[test]
fn having_nothing_to_run_is_no_success() {
    let desk = Desk::new();
    let refused = |words: &[&str]| desk.whmcsh(words).failed(2).to_owned();
    assert!(
        refused(&["test"]).starts_with("error: there are no tests in the working folder\nhint: ")
    );
    desk.file("a.rhai", "print(1);\n");
    assert!(refused(&["test", "a.rhai"]).contains("put tests of it in `a_test.rhai`"));
    assert!(refused(&["test", "none_test.rhai"]).contains("does not exist"));
    assert!(refused(&["test", "none"]).contains("`none` does not exist"));
    desk.file("a_test.rhai", "fn test_a() {}\n");
    assert!(refused(&["test", "--filter", "xyz"]).contains("no test is called like `xyz`"));
    desk.whmcsh(["test", "--filter", "test_a"]).succeeded();
}

#[test]
fn snapshots_are_kept_compared_and_cleared_away() {
    let desk = Desk::new();
    let text = |value: &str| {
        format!(
            "fn test_a() {{ assert_snapshot({value}); assert_snapshot([1, \"x\"], \"list\"); }}\n"
        )
    };
    desk.file("a_test.rhai", text("\"one\\ntwo\""));
    let kept = desk.whmcsh(["test", "--update"]);
    assert!(kept.succeeded_in_words().contains("wrote a_test.snap"));
    let snap = desk.folder().join("a_test.snap");
    let written = std::fs::read_to_string(&snap).unwrap();
    assert_eq!(
        written,
        "## test_a 1\n  one\n  two\n## test_a list\n  [\n    1,\n    \"x\"\n  ]\n"
    );
    desk.whmcsh(["test"]).succeeded();
    desk.file("a_test.rhai", text("\"one\\n2\""));
    let other = desk.whmcsh(["test"]);
    other.failed(1);
    assert!(
        other.stdout.contains("      one\n    - two\n    + 2\n"),
        "{}",
        other.stdout
    );
    std::fs::write(
        &snap,
        format!("{written}## test_gone 1\n  x\n## test_a old\n  y\n"),
    )
    .unwrap();
    desk.file("a_test.rhai", text("\"one\\ntwo\""));
    let outcome = desk.whmcsh(["test"]);
    let notes = outcome.succeeded_in_words();
    for name in ["test_gone 1", "test_a old"] {
        assert!(
            notes.contains(&format!("no test asks for the snapshot `{name}`")),
            "{notes}"
        );
    }
    desk.whmcsh(["test", "--update"]).succeeded();
    assert_eq!(std::fs::read_to_string(&snap).unwrap(), written);
    std::fs::write(&snap, "nonsense\n").unwrap();
    let spoiled = desk.whmcsh(["test"]);
    spoiled.failed(1);
    assert!(
        spoiled
            .stdout
            .contains("`a_test.snap` line 1 is not part of a snapshot"),
        "{}",
        spoiled.stdout
    );
}

#[test]
fn those_that_failed_are_run_again_alone() {
    let (desk, outcome) = tested("fn test_a() { }\nfn test_b() { throw \"x\"; }\n", &[]);
    outcome.failed(1);
    let again = desk.whmcsh(["test", "--failed"]);
    again.failed(1);
    assert!(
        again.stdout.contains("0 passed, 1 failed"),
        "{}",
        again.stdout
    );
    desk.file("a_test.rhai", "fn test_a() { }\nfn test_b() { }\n");
    assert!(
        desk.whmcsh(["test", "--failed"])
            .succeeded()
            .contains("1 passed")
    );
    let all = desk.whmcsh(["test", "--failed"]);
    assert!(all.succeeded().contains("2 passed"));
    assert!(
        all.stderr.contains("no test failed the last time"),
        "{}",
        all.stderr
    );
}

#[test]
fn no_more_tests_are_begun_once_one_failed_where_that_is_wanted() {
    let (_desk, outcome) = tested(
        "fn test_a() { throw \"x\"; }\nfn test_b() { sleep(1); }\nfn test_c() { }\nfn test_d() { }\n",
        &["--fail-fast", "--jobs", "1"],
    );
    outcome.failed(1);
    assert!(!outcome.stdout.contains("test_d"), "{}", outcome.stdout);
    assert!(
        outcome.stdout.contains(" not run in "),
        "{}",
        outcome.stdout
    );
}

#[test]
fn results_are_told_to_programs() {
    let desk = Desk::new();
    desk.file(
        "a_test.rhai",
        "fn test_a() { }\nfn test_b() { print(\"<x>\"); assert_eq(1, 2); }\n",
    );
    let outcome = desk.whmcsh(["test", "--json", "--shuffle", "3", "--junit", "out.xml"]);
    outcome.failed(1);
    let told: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(
        (&told["passed"], &told["failed"], &told["not_run"]),
        (&1.into(), &1.into(), &0.into())
    );
    let failed = told["tests"]
        .as_array()
        .unwrap()
        .iter()
        .find(|test| test["ok"] == false)
        .unwrap();
    assert_eq!(failed["test"], "test_b");
    assert_eq!(failed["line"], 2);
    assert_eq!(
        failed["failure"]["repeat"],
        "whmcsh test a_test.rhai --filter test_b"
    );
    assert_eq!(failed["failure"]["output"], "<x>");
    let page = std::fs::read_to_string(desk.folder().join("out.xml")).unwrap();
    assert!(
        page.contains("<testsuite name=\"a_test.rhai\" tests=\"2\" failures=\"1\""),
        "{page}"
    );
    assert!(page.contains("&lt;x&gt;"), "{page}");
    let tap = desk.whmcsh(["test", "--tap"]);
    tap.failed(1);
    let lines: Vec<&str> = tap.stdout.lines().collect();
    assert_eq!(
        lines[..4],
        [
            "TAP version 14",
            "1..2",
            "ok 1 - a_test.rhai: test_a",
            "not ok 2 - a_test.rhai: test_b"
        ]
    );
}

#[test]
fn what_tests_have_no_other_script_has() {
    let desk = Desk::new();
    desk.file("a.rhai", "given(#{});\nserver.advance(\"1 day\");\n");
    let outcome = desk.whmcsh(["check", "a.rhai"]);
    let found = outcome.failed(1);
    assert!(found.contains("unknown function `given`"), "{found}");
    assert!(found.contains("unknown variable `server`"), "{found}");
    desk.file(
        "a_test.rhai",
        "fn test_a() { given(#{}); server.advance(\"1 day\"); server.get_clients(); }\n",
    );
    desk.whmcsh(["check", "a_test.rhai"]).succeeded();
    let help = desk.whmcsh(["help", "assert_writes"]);
    assert!(
        help.succeeded().starts_with("assert_writes(writes: array)"),
        "{}",
        help.stdout
    );
}

#[test]
fn a_script_that_speaks_to_two_servers_gets_two() {
    let desk = Desk::new();
    desk.file("two.rhai", "let old = connect(\"old\"); print(old.get_clients().totalresults + get_clients().totalresults);\n");
    desk.file(
        "two_test.rhai",
        "fn test_two() {\n\
             given(#{ clients: [#{ id: 1 }] });\n\
             connect(\"old\").given(#{ clients: [#{ id: 1 }, #{ id: 2 }] });\n\
             assert_eq(run_script(\"two.rhai\").output, \"3\");\n\
             assert_eq(connect(\"old\").requests().map(|request| request.action), [\"GetClients\"]);\n\
         }\n",
    );
    desk.whmcsh(["test"]).succeeded();
}

#[test]
fn time_passes_on_the_server_and_for_the_test() {
    let (_desk, outcome) = tested(
        "fn test_a() {\n\
             given(#{ now: \"2026-12-01\", clients: [#{ id: 1 }] });\n\
             assert_eq(today(), date(\"2026-12-01\"));\n\
             server.advance(\"1 month\");\n\
             assert_eq(today(), date(\"2027-01-01\"));\n\
             assert_error(|| server.advance(\"soon\"), \"soon\");\n\
         }\n\
         fn test_b() { assert_eq(today(), date(\"2026-01-15\")); }\n",
        &[],
    );
    outcome.succeeded();
}

#[test]
fn a_new_folder_has_a_script_whose_tests_pass() {
    let desk = Desk::new();
    desk.whmcsh(["init", "mine"]).succeeded();
    let outcome = desk.whmcsh(["test", "mine"]);
    assert!(
        outcome.succeeded().contains("2 passed"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn tests_that_are_watched_are_run_again_when_a_script_changes() {
    use std::io::BufRead as _;
    use std::process::Stdio;

    let desk = Desk::new();
    desk.file("a_test.rhai", "fn test_a() { }\n");
    let mut command = desk.command();
    let command = command.args(["test", "--watch"]).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let stdout = child.stdout.take().unwrap();
    let mut lines = std::io::BufReader::new(stdout).lines();
    let mut next = |part: &str| loop {
        let line = lines.next().unwrap().unwrap();
        if line.contains(part) {
            return;
        }
    };
    next("1 passed");
    desk.file("a_test.rhai", "fn test_a() { }\nfn test_b() { }\n");
    next("2 passed");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_script_that_is_killed_and_resumed_ends_as_an_unbroken_run_does() {
    let desk = Desk::new();
    desk.file(
        "move.rhai",
        "for id in [1, 2] { update_client(#{ clientid: id, city: \"Bergen\" }); }\n\
         let made = add_client(#{ firstname: \"Ann\", lastname: \"Berg\", email: \"ann@example.org\",\n\
             address1: \"Street 1\", city: \"Oslo\", state: \"Oslo\", postcode: \"0150\", country: \"NO\",\n\
             phonenumber: \"+47.22334455\", password2: \"Secret-1-Secret\" });\n\
         print(`made ${made.clientid}`);\n",
    );
    desk.file(
        "move_test.rhai",
        "fn test_move() { let done = run_script(\"move.rhai\"); assert(done.ok); \
         assert_eq(done.writes.len(), 3); }\n",
    );
    let outcome = desk.whmcsh(["test", "--kill", "2", "--kill-seed", "3"]);
    outcome.succeeded();
}

#[test]
fn a_script_that_decides_by_more_than_its_journal_is_found_by_killing_it() {
    let desk = Desk::new();
    desk.file(
        "twice.rhai",
        "let note = \"first\";\n\
         try { note = read_text(\"seen.txt\"); } catch {}\n\
         write_text(\"seen.txt\", \"second\");\n\
         update_client(#{ clientid: 1, city: \"Bergen\" });\n\
         update_client(#{ clientid: 2, city: note });\n",
    );
    desk.file(
        "twice_test.rhai",
        "fn test_twice() { assert(run_script(\"twice.rhai\").ok); }\n",
    );
    let outcome = desk.whmcsh(["test", "--kill", "1", "--kill-seed", "7"]);
    outcome.failed(1);
    let report = &outcome.stdout;
    for shown in [
        "`twice.rhai` does not end as an unbroken run does (- unbroken, + killed ",
        "to repeat, run the test with `--kill 1 --kill-seed 7`",
        "+ ",
    ] {
        assert!(report.contains(shown), "{shown:?} is not in\n{report}");
    }
}
