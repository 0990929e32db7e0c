//! What a script sees of a bulk loop that goes well.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::run::journal::{RowState, is_content};
use crate::script::bulk::sink::RowEnded;
use crate::script::library;
use crate::script::load::Script;
use crate::script::test_host::TestHost;

/// Runs a script; gives its rows by their place.
pub(crate) fn rows(script: &str) -> Vec<RowEnded> {
    let rig = TestHost::new();
    rig.run(script)
        .unwrap_or_else(|failure| panic!("{failure}"));
    rig.rows()
}

/// How rows ended, with their messages.
pub(super) fn ends(rows: &[RowEnded]) -> Vec<(RowState, String)> {
    let message = |row: &RowEnded| {
        let error = row.error.as_ref();
        let message = error.and_then(|error| error["message"].as_str());
        message.unwrap_or_default().to_owned()
    };
    rows.iter().map(|row| (row.state, message(row))).collect()
}

#[test]
fn rows_run_at_the_same_time_and_are_counted() {
    let rig = TestHost::new();
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
    assert!(is_content(&rows[1].key), "{}", rows[1].key);
    assert_eq!((rows[1].number, rows[1].line), (2, None));
    assert_eq!(rows[1].cells, ["2"]);
    assert_eq!(rig.begun(), [["value"]]);
}

#[test]
fn the_examples_of_the_reference_run() {
    let factory = library::factory(TestHost::new().host());
    let engine = factory.engine();
    let described = crate::script::engine::functions::described(&engine);
    let bulk = described.iter().filter(|function| function.name == "bulk");
    let signatures: Vec<_> = bulk.map(|function| function.signature.as_str()).collect();
    assert_eq!(
        signatures,
        [
            "bulk(rows: array|rows|records|gathered, options: map, work: function) -> map",
            "bulk(rows: array|rows|records|gathered, work: function) -> map",
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
        TestHost::new()
            .run(example)
            .unwrap_or_else(|failure| panic!("{failure}"));
    }
}

#[test]
fn rows_of_a_lane_keep_their_order_and_their_results_their_keys() {
    let rig = TestHost::new();
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
         bulk([1], |x| { to.n.add(x); to.old.get_currencies(); #{ n: to.n.value } });",
    );
    assert_eq!(rows[0].error, None);
    assert_eq!(rows[0].columns["n"], 1);
}

#[test]
fn a_row_can_be_changed_by_its_closure_and_its_cells_are_kept() {
    let rig = TestHost::new();
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
    let rig = TestHost::new();
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
fn a_closure_calls_the_functions_of_where_it_was_made() {
    let rig = TestHost::new();
    rig.file(
        "lib.rhai",
        "fn name() { \"lib\" } fn over(rows, work) { bulk(rows, work) } fn made() { |x| print(name()) }",
    );
    let main = rig.file(
        "main.rhai",
        "import \"lib\" as lib; fn name() { \"main\" }
         let f = 1;
         lib::over([1], |x| print(name())); lib::over([1], |x| print(name() + f));
         bulk([1], lib::made()); lib::over([1], lib::made());",
    );
    Script::load(&main).unwrap().run(rig.host()).unwrap();
    assert_eq!(rig.lines(), ["main", "main1", "lib", "lib"]);
}

#[test]
fn later_loops_do_not_meet_the_keys_of_earlier_ones() {
    let rows = rows("for i in 0..3 { bulk([#{ id: 5 }], #{ key: \"id\" }, |x| ()); }");
    let keys: Vec<&str> = rows.iter().map(|row| &*row.key).collect();
    assert_eq!(keys, ["5", "2:5", "3:5"]);
}

#[test]
fn what_cannot_run_is_refused_before_the_first_row() {
    let rig = TestHost::new();
    for (script, words) in [
        ("bulk(7, |x| ())", "`bulk` cannot loop over a whole number"),
        (
            "bulk([1], || ())",
            "`bulk` passes one row to the closure, which takes another number of values",
        ),
        (
            "bulk([1], |a, b| ())",
            "`bulk` passes one row to the closure",
        ),
        ("bulk([1], Fn(\"nope\"))", "`bulk` passes one row to `nope`"),
        (
            "fn two(a, b) { } bulk([1], two)",
            "`bulk` passes one row to `two`",
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
fn a_row_has_the_same_passwords_in_every_pass() {
    let script = "bulk([#{ id: 1 }, #{ id: 2 }], #{ key: \"id\" }, |row| {
        update_client(#{ clientid: row.id, password2: random_password() });
        update_client(#{ clientid: row.id, password2: random_password() });
    });";
    let passwords = || {
        let rig = TestHost::new();
        rig.run(script).unwrap();
        let calls = rig.calls().into_iter();
        let mut sent: Vec<String> = calls.map(|(_, params)| params.to_string()).collect();
        sent.sort();
        sent
    };
    let first = passwords();
    assert_eq!(first, passwords());
    let different: std::collections::BTreeSet<&String> = first.iter().collect();
    assert_eq!(different.len(), 4, "{first:?}");
}

#[test]
fn calls_leave_at_the_rate_the_script_asks_for() {
    let rig = TestHost::new();
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
fn a_server_that_made_calls_wait_gets_fewer_rows_at_once() {
    let rig = TestHost::new();
    let many = "let items = []; for n in 0..100 { items.push(n) }";
    for (action, active) in [("get_currencies", 8), ("get_stats", 1)] {
        rig.run(&format!(
            "{many} bulk(items, #{{ workers: 8 }}, |n| {{ {action}(); }});"
        ))
        .unwrap();
        assert_eq!(rig.progress().active(), active, "{action}");
    }
}

#[test]
fn lists_of_the_server_can_be_looped_over() {
    let rig = TestHost::new();
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
