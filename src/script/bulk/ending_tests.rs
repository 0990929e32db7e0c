//! How rows end before they are done, and what ends all of them.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::error::Exit;
use crate::run::bulk::Limit;
use crate::run::journal::{RowState, SettledRow};
use crate::script::bulk::tests::{ends, rows};
use crate::script::test_host::TestHost;

fn only_error(script: &str) -> Value {
    let rows = rows(script);
    assert_eq!(rows.len(), 1);
    Value::Object(rows[0].error.clone().unwrap())
}

#[test]
fn a_bulk_within_a_row_is_refused() {
    let error = only_error("bulk([1], |x| { bulk([2], |y| ()); });");
    assert_eq!(
        error["message"],
        "a row of `bulk` cannot start another `bulk`"
    );
    let rows = rows("bulk([1], |x| { try { bulk([2], |y| ()); } catch { } }); bulk([3], |x| ());");
    assert_eq!(rows.len(), 2);
}

#[test]
fn nothing_swallows_skip_and_fail() {
    let script = "
        fn deep(x) { try { skip(\"deep\") } catch { } print(\"never\"); }
        bulk([1, 2, 3, 4], |x| {
            if x == 1 { try { skip(\"why\") } catch (e) { } }
            if x == 2 { loop { try { fail(\"why\") } catch { continue; } } }
            if x == 3 { try { deep(x) } catch { } }
            if x == 4 { try { [1, 2].for_each(|y| skip(\"inner\")) } catch { } }
            print(\"never\");
        });";
    let rig = TestHost::new();
    assert!(rig.printed(script).is_empty());
    let messages = ["why", "why", "deep", "inner"].map(String::from);
    let states = [
        RowState::Skipped,
        RowState::Failed,
        RowState::Skipped,
        RowState::Skipped,
    ];
    let expected: Vec<_> = states.into_iter().zip(messages).collect();
    assert_eq!(ends(&rig.rows()), expected);
}

#[test]
fn skip_and_fail_are_for_rows() {
    let rig = TestHost::new();
    let failure = rig.failure("skip(\"why\")");
    assert!(
        failure.contains("error: `skip` is for the rows of `bulk`\n --> main.rhai:1:1"),
        "{failure}"
    );
    assert!(
        rig.failure("bulk([1], |x| ()); fail(\"why\")")
            .contains("`throw \"why\"`")
    );
}

#[test]
fn errors_are_kept_with_their_place_and_stop_no_other_row() {
    let rig = TestHost::new();
    let printed = rig.printed(
        "fn end(id) { close_client(#{ clientid: id }) }
         let done = bulk([1, 2, 3, 4, 5], #{ workers: 1 }, |x| {
             if x == 1 { end(7) }
             if x == 2 { throw \"no\" }
             if x == 3 { x.nope }
             if x == 4 { throw #{ kind: \"mine\", message: \"own words\", code: 3 } }
         });
         print(`${done.ok} ${done.failed}`);",
    );
    assert_eq!(printed, ["1 4"]);
    let errors: Vec<Value> = rig
        .rows()
        .into_iter()
        .filter_map(|row| row.error)
        .map(Value::Object)
        .collect();
    assert_eq!(
        errors[0],
        json!({ "kind": "api", "message": "Client ID Not Found", "action": "CloseClient", "http": 200, "in_doubt": false, "place": "main.rhai:1:14" })
    );
    assert_eq!(
        errors[1],
        json!({ "kind": "script", "message": "no", "place": "main.rhai:4:26" })
    );
    assert_eq!(
        errors[2]["message"],
        "a whole number has no property `nope`"
    );
    assert_eq!(errors[2]["place"], "main.rhai:5:28");
    assert_eq!(
        errors[3],
        json!({ "kind": "mine", "message": "own words", "code": 3, "place": "main.rhai:6:26" })
    );
}

#[test]
fn a_row_may_end_in_any_value_and_only_a_map_becomes_columns() {
    for value in ["1", "true", "\"text\"", "[1]", "today()"] {
        let rows = rows(&format!("bulk([1], |x| {value});"));
        assert_eq!(rows[0].state, RowState::Done, "{value}");
        assert!(rows[0].columns.is_empty(), "{value}");
    }
    let rows = rows("bulk([1], |x| ()); bulk([1], |x| { let y = x; });");
    assert!(
        rows.iter()
            .all(|row| row.state == RowState::Done && row.columns.is_empty())
    );
    let error = only_error("bulk([1], |x| #{ f: |y| y });");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("cannot be written as JSON")
    );
}

#[test]
fn a_write_that_may_have_been_applied_leaves_its_row_in_doubt() {
    let credit =
        "add_billable_item(#{ clientid: 1, description: \"x\", amount: 5, unit: \"hours\" })";
    let script = format!(
        "let done = bulk([1, 2, 3, 4], #{{ workers: 1 }}, |x| {{
             if x == 1 {{ {credit} }}
             if x == 2 {{ try {{ {credit} }} catch (e) {{ fail(e.message) }} }}
             if x == 3 {{ try {{ {credit} }} catch (e) {{ }} }}
         }});
         print(done.in_doubt);"
    );
    let rig = TestHost::new();
    assert_eq!(rig.printed(&script), ["3"]);
    let states: Vec<RowState> = rig.rows().iter().map(|row| row.state).collect();
    assert_eq!(
        states,
        [
            RowState::InDoubt,
            RowState::InDoubt,
            RowState::InDoubt,
            RowState::Done
        ]
    );
    // What the script caught is told all the same.
    let error = rig.rows()[2].error.clone().unwrap();
    assert_eq!(error["message"], "no reply to `AddBillableItem`");
}

#[test]
fn a_refusal_of_our_credentials_stops_everything() {
    let rig = TestHost::new();
    let failure = rig
        .run("bulk([1, 2, 3, 4], #{ workers: 1 }, |x| { if x == 2 { get_staff_online() } });\nprint(\"never\");")
        .unwrap_err();
    assert_eq!(failure.exit, Exit::Server);
    let place = failure.place.unwrap();
    assert!(place.contains("--> main.rhai:1:55"), "{place}");
    assert_eq!(rig.rows().len(), 1);
    assert_eq!(rig.left_over(), [2, 3, 4]);
    assert_eq!(rig.called().len(), 1);
}

#[test]
fn a_row_that_swallows_what_stops_the_run_is_not_done() {
    for swallowed in ["", "skip(\"no\")", "fail(\"no\")", "throw \"no\"", "1"] {
        let rig = TestHost::new();
        let failure = rig
            .run(&format!(
                "bulk([1, 2, 3], #{{ workers: 1 }}, |x| {{ try {{ get_staff_online() }} catch {{ {swallowed} }} }});"
            ))
            .unwrap_err();
        assert_eq!(failure.exit, Exit::Server, "{swallowed}");
        assert_eq!(failure.what, "Invalid or missing credentials");
        assert!(rig.rows().is_empty(), "{swallowed}");
        assert_eq!(rig.left_over(), [1, 2, 3]);
    }
}

#[test]
fn exit_in_a_row_ends_the_script() {
    for (code, exit) in [
        ("0", None),
        ("3", Some("the script ended itself with `exit(3)`")),
    ] {
        let rig = TestHost::new();
        let script = format!(
            "try {{ bulk([1, 2], #{{ workers: 1 }}, |x| exit({code})); }} catch {{ }} print(\"never\");"
        );
        match (rig.run(&script), exit) {
            (Ok(()), None) => {}
            (Err(failure), Some(words)) => {
                assert!(failure.to_string().contains(words), "{failure}");
            }
            (result, _) => panic!("{code}: {result:?}"),
        }
        assert!(rig.rows().is_empty());
        assert_eq!(rig.left_over(), [1, 2]);
        let note = "`exit` in a row ended the loop: 2 rows were not processed";
        assert_eq!(rig.notes(), [note]);
    }
}

#[test]
fn an_interruption_ends_rows_that_would_never_end() {
    let rig = TestHost::new();
    let (heard, cancel) = (Arc::clone(&rig.heard), rig.cancel.clone());
    let raiser = std::thread::spawn(move || {
        while !heard.has_begun() {
            std::thread::sleep(Duration::from_millis(5));
        }
        cancel.raise();
    });
    let failure = rig
        .run("bulk([1, 2, 3], #{ workers: 2 }, |x| { loop { try { loop {} } catch { } } });")
        .unwrap_err();
    raiser.join().unwrap();
    assert_eq!(failure.exit, Exit::Interrupted);
    assert!(rig.rows().is_empty());
    assert_eq!(rig.left_over(), [1, 2, 3]);
}

#[test]
fn a_row_that_recurses_for_ever_fails_alone() {
    let rows = rows("fn down(n) { 1 + down(n) } bulk([1, 2], |x| { if x == 1 { down(1); } });");
    assert_eq!(rows[0].state, RowState::Failed);
    assert!(ends(&rows)[0].1.contains("too deeply"));
    assert_eq!(rows[1].state, RowState::Done);
}

#[test]
fn a_panic_fails_its_row_alone() {
    let rig = TestHost::new();
    rig.run("bulk([1, 2, 3], #{ workers: 1 }, |x| { if x == 2 { get_servers() } #{ x: x } });")
        .unwrap();
    let rows = rig.rows();
    let states: Vec<RowState> = rows.iter().map(|row| row.state).collect();
    assert_eq!(states, [RowState::Done, RowState::Failed, RowState::Done]);
    let error = rows[1].error.clone().unwrap();
    assert_eq!(error["kind"], "defect");
    assert_eq!(error["message"], "the row made whmcsh panic: a defect");
    assert_eq!(rows[1].cells, ["2"]);
}

#[test]
fn too_many_failures_stop_the_loop() {
    let many = "let items = []; for n in 0..100 { items.push(n) }";
    for (limit, rows) in [("3", 3), ("\"10%\"", 20)] {
        let rig = TestHost::new();
        let failure = rig
            .run(&format!(
                "{many} bulk(items, #{{ workers: 1, max_failures: {limit} }}, |x| fail(\"x\"));"
            ))
            .unwrap_err();
        assert_eq!(failure.exit, Exit::Limit);
        let words =
            format!("stopped after {rows} of {rows} rows failed: `max_failures` was reached");
        assert_eq!(failure.what, words);
        assert_eq!(rig.rows().len(), rows);
        assert_eq!(rig.left_over().len(), 100 - rows);
    }
    let mut rig = TestHost::new();
    rig.limits.max_failures = Some(Limit::Count(1));
    rig.limits.workers = Some(1);
    let failure = rig.failure(&format!(
        "{many} bulk(items, #{{ max_failures: 50 }}, |x| fail(\"x\"));"
    ));
    assert!(failure.contains("after 1 of 1 row failed"), "{failure}");
}

#[test]
fn rows_of_an_earlier_pass_are_not_run_again() {
    let rig = TestHost::new();
    for (key, how) in [
        ("a", SettledRow::Done),
        ("b", SettledRow::Skipped),
        ("c", SettledRow::Unchanged),
    ] {
        rig.passed(key, how);
    }
    let printed = rig.printed(
        "let rows = [\"a\", \"b\", \"c\", \"d\", \"e\"]; rows = rows.map(|id| #{ id: id });
         print(bulk(rows, #{ key: \"id\" }, |row| #{}));",
    );
    let counts =
        r#"#{"failed": 0, "in_doubt": 0, "ok": 4, "skipped": 1, "total": 5, "unchanged": 1}"#;
    assert_eq!(printed, [counts]);
    let keys: Vec<String> = rig.rows().iter().map(|row| row.key.to_string()).collect();
    assert_eq!(keys, ["d", "e"]);
}

#[test]
fn what_the_profile_forbids_stops_everything() {
    let rig = TestHost::new();
    let failure = rig
        .run("bulk(all_clients(), #{ workers: 1 }, |c| { connect(\"readonly\").close_client(#{ clientid: c.id }); });")
        .unwrap_err();
    assert_eq!(failure.exit, Exit::Usage);
    assert!(rig.rows().is_empty());
    assert_eq!(rig.left_over(), [1]);
}
