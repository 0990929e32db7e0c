//! What a script sees of a bulk loop.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::error::Exit;
use crate::run::bulk::Limit;
use crate::run::journal::RowState;
use crate::script::bulk::sink::RowEnded;
use crate::script::engine::Factory;
use crate::script::load::Script;
use crate::script::rig::Rig;

/// Runs a script; gives its rows by their place.
fn rows(script: &str) -> Vec<RowEnded> {
    let rig = Rig::new();
    rig.run(script)
        .unwrap_or_else(|failure| panic!("{failure}"));
    rig.rows()
}

/// How rows ended, with their messages.
fn ends(rows: &[RowEnded]) -> Vec<(RowState, String)> {
    let message = |row: &RowEnded| {
        let error = row.error.as_ref();
        let message = error.and_then(|error| error["message"].as_str());
        message.unwrap_or_default().to_owned()
    };
    rows.iter().map(|row| (row.state, message(row))).collect()
}

fn only_error(script: &str) -> Value {
    let rows = rows(script);
    assert_eq!(rows.len(), 1);
    Value::Object(rows[0].error.clone().unwrap())
}

#[test]
fn rows_run_at_the_same_time_and_are_counted() {
    let rig = Rig::new();
    let printed = rig.printed(
        "let n = counter();
         let done = bulk([1, 2, 3, 4], #{ workers: 3 }, |x| {
             n.add(x);
             if x == 2 { skip(\"even\") }
             if x == 3 { fail(\"three\") }
             #{ double: 2 * x, unchanged: x == 4 }
         });
         print(done); print(n.value);",
    );
    let counts =
        r#"#{"failed": 1, "in_doubt": 0, "ok": 2, "skipped": 1, "total": 4, "unchanged": 1}"#;
    assert_eq!(printed, [counts, "10"]);
    let rows = rig.rows();
    let expected = [
        (RowState::Done, String::new()),
        (RowState::Skipped, "even".into()),
        (RowState::Failed, "three".into()),
        (RowState::Done, String::new()),
    ];
    assert_eq!(ends(&rows), expected);
    assert_eq!(
        Value::Object(rows[0].columns.clone()),
        json!({ "double": 2, "unchanged": false })
    );
    assert_eq!(
        (&*rows[1].key, rows[1].number, rows[1].line),
        ("#2", 2, None)
    );
    assert_eq!(rows[1].cells, ["2"]);
    assert_eq!(rig.begun(), [["value"]]);
}

#[test]
fn the_examples_of_the_reference_run() {
    let factory = Factory::new(Rig::new().host());
    let engine = factory.engine();
    let described = crate::script::engine::functions::described(&engine);
    let bulk = described.iter().filter(|function| function.name == "bulk");
    let signatures: Vec<_> = bulk.map(|function| function.signature.as_str()).collect();
    assert_eq!(
        signatures,
        [
            "bulk(rows: array|rows|records, options: map, work: function) -> map",
            "bulk(rows: array|rows|records, work: function) -> map",
        ]
    );
    let metadata = engine.gen_fn_metadata_to_json(false).unwrap();
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    for function in metadata["functions"].as_array().unwrap() {
        if !["bulk", "skip", "fail", "counter", "add"].contains(&function["name"].as_str().unwrap())
        {
            continue;
        }
        let lines = function["docComments"].as_array().unwrap().iter();
        let about: String = lines
            .map(|line| line.as_str().unwrap().replace("/// ", ""))
            .collect();
        let (_, example) = about.split_once("```rhai\n").unwrap();
        let (example, _) = example.split_once("```").unwrap();
        Rig::new()
            .run(example)
            .unwrap_or_else(|failure| panic!("{failure}"));
    }
}

#[test]
fn rows_of_a_lane_keep_their_order_and_their_results_their_keys() {
    let rig = Rig::new();
    let lines: Vec<String> = (0..200).map(|n| format!("k{n},{}", n % 7)).collect();
    rig.file("c.csv", &format!("id,account\n{}", lines.join("\n")));
    rig.run("bulk(csv(\"c.csv\"), #{ key: \"id\", lane: \"account\", workers: 8 }, |row| { let n = 0; while n < row.number() % 5 * 20 { n += 1 } });")
        .unwrap();
    let mut last: BTreeMap<String, u64> = BTreeMap::new();
    let rows = rig.rows_as_they_ended();
    assert_eq!(rows.len(), 200);
    for row in rows {
        assert_eq!(&*row.key, row.cells[0]);
        assert_eq!(row.line, Some(row.number + 1));
        let before = last.insert(row.cells[1].clone(), row.number);
        assert!(before < Some(row.number), "{row:?} ended after {before:?}");
    }
}

#[test]
fn workers_hammering_what_they_captured_meet_no_data_race() {
    let script = "
        let config = #{ list: [1, 2, 3], deep: #{ n: 5 } };
        let text = \"captured\";
        let old = connect(\"old\");
        let items = []; for n in 0..400 { items.push(n) }
        let add = |x| x + config.deep.n + text.len();
        bulk(items, #{ workers: 8 }, |n| {
            let sum = 0;
            for i in 0..20 { sum += config.list.len() + config.deep.n + text.len() + add.call(1); }
            let reply = old.get_currencies();
            #{ sum: sum, n: reply.totalresults }
        });";
    let rows = rows(script);
    assert_eq!(rows.len(), 400);
    for row in rows {
        assert_eq!(row.error, None);
        assert_eq!(row.columns["sum"], 20 * (3 + 5 + 8 + 14));
    }
}

#[test]
fn handles_within_captured_maps_can_be_used() {
    let rows = rows(
        "let to = #{ old: connect(\"old\"), n: counter() };
         bulk([1], |x| { to.n.add(x); to.old.add_client(#{ skipvalidation: true }); #{ n: to.n.value } });",
    );
    assert_eq!(rows[0].error, None);
    assert_eq!(rows[0].columns["n"], 1);
}

#[test]
fn a_row_can_be_changed_by_its_closure_and_its_cells_are_kept() {
    let rig = Rig::new();
    rig.file("c.csv", "email,n\nx,1\n");
    rig.run("bulk(csv(\"c.csv\"), |row| { row.email = \"y\"; row.more = 1; row });")
        .unwrap();
    let row = &rig.rows()[0];
    assert_eq!(row.cells, ["x", "1"]);
    assert_eq!(
        Value::Object(row.columns.clone()),
        json!({ "email": "y", "n": "1", "more": 1 })
    );
}

#[test]
fn script_functions_constants_and_modules_are_known_in_rows() {
    let rig = Rig::new();
    rig.file(
        "lib.rhai",
        "fn twice(x) { 2 * x }
         fn each(rows) { bulk(rows, |x| #{ n: twice(x) }) }
         fn made() { |x| #{ n: twice(x) + 1 } }",
    );
    let main = rig.file(
        "main.rhai",
        "import \"lib\" as lib;
         const K = 10;
         fn named(x) { #{ n: x + global::K } }
         fn work(x) { #{ n: lib::twice(x) } }
         let f = |x| #{ n: x + K };
         bulk([1], named); bulk([1], Fn(\"named\")); bulk([1], f); bulk([1], |x| work(x));
         bulk([1], |x| #{ n: lib::twice(x) }); lib::each([1]); bulk([1], lib::made());
         bulk([#{ clientid: 4 }], Fn(\"get_clients_details\"));",
    );
    Script::load(&main).unwrap().run(rig.host()).unwrap();
    let found: Vec<Value> = rig
        .rows_as_they_ended()
        .into_iter()
        .map(|row| match row.error {
            None => row
                .columns
                .get("n")
                .or(row.columns.get("clientid"))
                .unwrap()
                .clone(),
            Some(error) => Value::Object(error),
        })
        .collect();
    assert_eq!(found, [11, 11, 11, 2, 2, 2, 3, 7].map(Value::from));
}

#[test]
fn later_loops_do_not_meet_the_keys_of_earlier_ones() {
    let rows = rows("for i in 0..3 { bulk([#{ id: 5 }], #{ key: \"id\" }, |x| ()); }");
    let keys: Vec<&str> = rows.iter().map(|row| &*row.key).collect();
    assert_eq!(keys, ["5", "2:5", "3:5"]);
}

#[test]
fn what_cannot_run_is_refused_before_the_first_row() {
    let rig = Rig::new();
    for (script, words) in [
        ("bulk(7, |x| ())", "`bulk` cannot loop over a whole number"),
        (
            "bulk([1], || ())",
            "`bulk` calls the closure with one row, which it does not take",
        ),
        (
            "bulk([1], |a, b| ())",
            "`bulk` calls the closure with one row",
        ),
        (
            "bulk([1], Fn(\"nope\"))",
            "`bulk` calls `nope` with one row",
        ),
        (
            "fn two(a, b) { } bulk([1], two)",
            "`bulk` calls `two` with one row",
        ),
        (
            "bulk([1], #{ workers: 0 }, |x| ())",
            "`workers` of `bulk` cannot be 0",
        ),
        (
            "bulk([1], #{ wrokers: 1 }, |x| ())",
            "did you mean `workers`?",
        ),
        (
            "let a = [1]; a.bulk(|x| a.len())",
            "a closure uses the variable whose method runs it",
        ),
    ] {
        let failure = rig.failure(script);
        assert!(failure.contains(words), "{script}: {failure}");
    }
    assert!(rig.rows().is_empty() && rig.begun().is_empty());
}

#[test]
fn a_bulk_within_a_row_is_refused() {
    let error = only_error("bulk([1], |x| { bulk([2], |y| ()); });");
    assert_eq!(
        error["message"],
        "a row of `bulk` cannot begin a `bulk` of its own"
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
    let rig = Rig::new();
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
    let rig = Rig::new();
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
    let rig = Rig::new();
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
        json!({ "kind": "api", "message": "Client ID Not Found", "action": "CloseClient", "http": 200, "place": "main.rhai:1:14" })
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
fn a_row_gives_a_map_or_nothing() {
    for (value, kind) in [
        ("1", "a whole number"),
        ("true", "true or false"),
        ("\"text\"", "text"),
        ("[1]", "an array"),
        ("today()", "a date"),
    ] {
        let error = only_error(&format!("bulk([1], |x| {value});"));
        let expected = format!("the row gave {kind}, not a map of columns");
        assert_eq!(error["message"], expected);
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
            .contains("has no form in JSON")
    );
}

#[test]
fn a_write_that_may_have_been_applied_leaves_its_row_in_doubt() {
    let credit = "add_billable_item(#{ clientid: 1, description: \"x\" })";
    let script = format!(
        "let done = bulk([1, 2, 3, 4], #{{ workers: 1 }}, |x| {{
             if x == 1 {{ {credit} }}
             if x == 2 {{ try {{ {credit} }} catch (e) {{ fail(e.message) }} }}
             if x == 3 {{ try {{ {credit} }} catch (e) {{ }} }}
         }});
         print(done.in_doubt);"
    );
    let rig = Rig::new();
    assert_eq!(rig.printed(&script), ["2"]);
    let states: Vec<RowState> = rig.rows().iter().map(|row| row.state).collect();
    assert_eq!(
        states,
        [
            RowState::InDoubt,
            RowState::InDoubt,
            RowState::Done,
            RowState::Done
        ]
    );
}

#[test]
fn a_refusal_of_our_credentials_stops_everything() {
    let rig = Rig::new();
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
fn exit_in_a_row_ends_the_script() {
    for (code, exit) in [
        ("0", None),
        ("3", Some("the script ended itself with `exit(3)`")),
    ] {
        let rig = Rig::new();
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
    }
}

#[test]
fn an_interruption_ends_rows_that_would_never_end() {
    let rig = Rig::new();
    let cancel = rig.cancel.clone();
    let raiser = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
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
    let rig = Rig::new();
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
        let rig = Rig::new();
        let failure = rig
            .run(&format!(
                "{many} bulk(items, #{{ workers: 1, max_failures: {limit} }}, |x| fail(\"x\"));"
            ))
            .unwrap_err();
        assert_eq!(failure.exit, Exit::Limit);
        let words =
            format!("stopped after {rows} of {rows} rows failed: `max_failures` is reached");
        assert_eq!(failure.what, words);
        assert_eq!(rig.rows().len(), rows);
        assert_eq!(rig.left_over().len(), 100 - rows);
    }
    let mut rig = Rig::new();
    rig.orders.max_failures = Some(Limit::Count(1));
    rig.orders.workers = Some(1);
    let failure = rig.failure(&format!(
        "{many} bulk(items, #{{ max_failures: 50 }}, |x| fail(\"x\"));"
    ));
    assert!(failure.contains("after 1 of 1 rows"), "{failure}");
}

#[test]
fn rows_of_an_earlier_pass_are_not_run_again() {
    let rig = Rig::new();
    for (key, state) in [
        ("a", RowState::Done),
        ("b", RowState::Skipped),
        ("c", RowState::Failed),
        ("d", RowState::InDoubt),
    ] {
        rig.passed(key, state);
    }
    let printed = rig.printed(
        "let rows = [\"a\", \"b\", \"c\", \"d\", \"e\"]; rows = rows.map(|id| #{ id: id });
         print(bulk(rows, #{ key: \"id\" }, |row| #{}));",
    );
    let counts =
        r#"#{"failed": 0, "in_doubt": 0, "ok": 4, "skipped": 1, "total": 5, "unchanged": 0}"#;
    assert_eq!(printed, [counts]);
    let keys: Vec<String> = rig.rows().iter().map(|row| row.key.to_string()).collect();
    assert_eq!(keys, ["c", "d", "e"]);
}

#[test]
fn a_row_has_the_same_passwords_in_every_pass() {
    let script = "bulk([#{ id: \"a\" }, #{ id: \"b\" }], #{ key: \"id\" }, |row| #{ one: random_password(), two: random_password() });";
    let passwords = |rows: Vec<RowEnded>| -> Vec<Value> {
        let of_row = |row: RowEnded| [row.columns["one"].clone(), row.columns["two"].clone()];
        rows.into_iter().flat_map(of_row).collect()
    };
    let first = passwords(rows(script));
    assert_eq!(first, passwords(rows(script)));
    let different: std::collections::BTreeSet<String> =
        first.iter().map(Value::to_string).collect();
    assert_eq!(different.len(), 4);
}

#[test]
fn calls_leave_at_the_rate_the_script_asks_for() {
    let rig = Rig::new();
    let began = std::time::Instant::now();
    rig.run("bulk([1, 2, 3, 4, 5], #{ rate: 50 }, |x| { get_currencies(); }); get_currencies();")
        .unwrap();
    assert!(
        began.elapsed() >= Duration::from_millis(80),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn lists_of_the_server_can_be_looped_over() {
    let rig = Rig::new();
    let printed = rig.printed(
        "print(bulk(all_clients(), #{ key: \"id\" }, |c| { add_client_note(#{ userid: c.id, notes: \"x\" }); }).ok);",
    );
    assert_eq!(printed, ["250"]);
    assert_eq!(rig.begun(), [["id", "email"]]);
    assert_eq!(rig.rows()[249].cells, ["250", "c250@example.com"]);
    let notes = rig
        .called()
        .iter()
        .filter(|name| *name == "AddClientNote")
        .count();
    assert_eq!(notes, 250);
}
