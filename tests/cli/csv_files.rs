//! CSV files that are not what they seem: refused before anything is sent, or read as they
//! are meant, with a line about it.

use crate::canned::Canned;
use crate::support::{Desk, Outcome, Sandbox};

fn move_clients(desk: &Desk, options: &[&str]) -> Outcome {
    let words = ["each", "a.csv"].iter().chain(options);
    let call = ["--", "UpdateClient", "clientid={id}", "city={city}"];
    desk.whmcsh(words.chain(&call))
}

fn city(sandbox: &Sandbox, client: &str) -> String {
    let details = sandbox.ask("GetClientsDetails", &[("clientid", client)]);
    details["client"]["city"].as_str().unwrap().to_owned()
}

#[test]
fn a_file_with_a_fault_in_its_last_row_changes_nothing() {
    let nobody = Canned::page("500 No", "text/plain", "");
    let desk = nobody.desk();
    let good = "1,Bonn\n".repeat(20_000);
    for (last, what) in [
        ("2,\"Old\" Town\n", "text follows a closing quote"),
        ("2,#N/A\n", "`#N/A` is an error of a spreadsheet"),
        ("2,Wa\0co\n", "a NUL byte"),
        ("id,city\n", "repeats the header"),
    ] {
        desk.file("a.csv", format!("id,city\n{good}{last}"));
        let outcome = move_clients(&desk, &[]);
        let error = outcome.failed(2);
        assert!(error.starts_with("error: `a.csv` line 20002"), "{error}");
        assert!(
            error.contains(what) && error.contains("nothing was sent"),
            "{error}"
        );
    }
    assert_eq!(nobody.calls(), 0);
}

#[test]
fn an_encoding_can_be_named_and_a_guessed_one_is_said() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("a.csv", b"id;city\n1;\xa3\xf3d\x9f\n");
    let outcome = move_clients(&desk, &["--encoding", "windows-1250"]);
    let words = outcome.succeeded_in_words();
    assert!(
        words.starts_with("`a.csv`: guessed the delimiter `;`\n"),
        "{words}"
    );
    assert_eq!(city(&sandbox, "1"), "Łódź");
    desk.file("a.csv", b"id;city\n2;K\xf6ln\n");
    let outcome = move_clients(&desk, &[]);
    let words = outcome.succeeded_in_words();
    assert!(
        words.starts_with("`a.csv`: guessed the encoding windows-1252 and the delimiter `;`\n"),
        "{words}"
    );
    assert_eq!(city(&sandbox, "2"), "Köln");
}

#[test]
fn a_column_taken_as_it_is_and_its_encoding_are_those_of_the_resumed_run_too() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("a.csv", b"id,city\n1,#N/A\n99,K\xf6ln\n");
    let options = ["--as-is", "city", "--encoding", "windows-1252"];
    let outcome = move_clients(&desk, &options);
    let error = outcome.failed(4);
    assert!(
        error.contains("--encoding=windows-1252 --as-is=city"),
        "{error}"
    );
    assert_eq!(city(&sandbox, "1"), "#N/A");
    let refused = move_clients(&desk, &["--as-is", "cty"]);
    assert!(refused.failed(2).contains("hint: did you mean `city`?"));
}

#[test]
fn what_a_script_writes_and_csv_refuses_is_said_when_it_is_written() {
    let desk = Desk::new();
    for (cell, what) in [
        ("#N/A", "`#N/A` is an error of a spreadsheet"),
        ("4.9E+11", "lost digits"),
        ("=1+1", "formula"),
        ("\\\\N", "line 2"),
    ] {
        let write = format!("write_csv(\"out.csv\", [#{{ id: 1, note: \"{cell}\" }}]);");
        let writer = format!(
            "let out = csv_writer(\"out.csv\", [\"id\", \"note\"]); out.write(#{{ id: 1, note: \"{cell}\" }}); out.close();"
        );
        for script in [write, writer] {
            desk.file("script.rhai", script);
            let outcome = desk.whmcsh(["run", "script.rhai", "--sandbox"]);
            let said = outcome.succeeded_in_words();
            assert!(
                said.contains("warning: `csv` will refuse to read this file: `out.csv`")
                    && said.contains(what),
                "{cell}: {said}"
            );
        }
    }
    desk.file(
        "script.rhai",
        "write_csv(\"out.csv\", [#{ id: 1, note: \"1.50\" }, #{ id: 2, note: \"a, b\" }]);",
    );
    let plain = desk.whmcsh(["run", "script.rhai", "--sandbox", "-q"]);
    assert_eq!(plain.succeeded_in_words(), "");
}

#[test]
fn keys_of_an_array_are_freed_of_what_nobody_sees_as_those_of_a_file_are() {
    let desk = Desk::new();
    desk.file(
        "script.rhai",
        "bulk([#{ id: \" a\\u200b\", n: \" b \" }, #{ id: \"c\" , n: \"\" }], #{ key: \"id\", workers: 1 }, |row| { print(`[${row.id}][${row.n}]`); });",
    );
    let outcome = desk.whmcsh(["run", "script.rhai", "--sandbox"]);
    let said = outcome.succeeded_in_words();
    assert_eq!(outcome.stdout, "[a][ b ]\n[c][]\n");
    assert!(
        said.contains(
            "removed spaces and invisible characters around 1 key `id` (row 1: ` a<U+200B>`)"
        ),
        "{said}"
    );
}
