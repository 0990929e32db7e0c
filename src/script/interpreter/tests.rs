//! A session, line by line.

use super::*;
use crate::script::test_host::TestHost;

/// What a line gives, as text.
fn eval(session: &mut Interpreter, line: &str) -> Result<Option<String>, Failure> {
    let drawn = session.eval(line, ResultForm::Table)?;
    Ok(drawn.map(|drawn| match drawn {
        Drawn::Text(text) => text,
        Drawn::Records(records) => format!("{records:?}"),
    }))
}

fn last(interpreter: &mut Interpreter, lines: &[&str]) -> Option<String> {
    let mut value = None;
    for line in lines {
        value = eval(interpreter, line).unwrap_or_else(|failure| panic!("{line}: {failure}"));
    }
    value
}

#[test]
fn variables_functions_and_closures_last() {
    let mut session = Interpreter::new(TestHost::new().host());
    let lines = [
        "let a = 1;",
        "fn twice(x) { x * 2 }",
        "let f = |x| twice(x) + a;",
        "a += 10",
        "f.call(a)",
    ];
    assert_eq!(last(&mut session, &lines).as_deref(), Some("33"));
    assert_eq!(last(&mut session, &["it + 1"]).as_deref(), Some("34"));
    assert_eq!(last(&mut session, &["let nothing = 5;"]), None);
    assert!(session.variables().contains_key("nothing"));
}

#[test]
fn a_function_can_be_defined_again() {
    let mut session = Interpreter::new(TestHost::new().host());
    let lines = ["fn f() { 1 }", "fn f() { 2 }", "f()"];
    assert_eq!(last(&mut session, &lines).as_deref(), Some("2"));
}

#[test]
fn an_error_shows_the_line_it_is_in_and_the_session_goes_on() {
    let mut session = Interpreter::new(TestHost::new().host());
    last(
        &mut session,
        &["fn f() {\n    throw \"no\"\n}", "let a = 1;"],
    );
    let failure = eval(&mut session, "let b = 2; f()")
        .unwrap_err()
        .to_string();
    assert!(failure.contains("--> repl:2:5"), "{failure}");
    assert!(failure.contains("2 |     throw \"no\""), "{failure}");
    assert!(failure.contains("= called from repl:5:12"), "{failure}");
    let failure = eval(&mut session, "let = 1").unwrap_err().to_string();
    assert!(failure.contains("repl:6:5"), "{failure}");
    assert_eq!(last(&mut session, &["a"]).as_deref(), Some("1"));
}

#[test]
fn what_a_line_set_before_it_failed_stays_and_what_its_blocks_set_does_not() {
    let mut session = Interpreter::new(TestHost::new().host());
    last(&mut session, &["let a = 1;"]);
    let line =
        "let b = 2; a = 3; for c in [1] { let d = c; try { throw 1 } catch (e) { throw e } }";
    assert!(eval(&mut session, line).is_err());
    assert_eq!(last(&mut session, &["a + b"]).as_deref(), Some("5"));
    let names: Vec<String> = session.variables().into_keys().collect();
    assert_eq!(names, ["a", "args", "b", "it"]);
    last(&mut session, &["let d = 7;"]);
    assert_eq!(last(&mut session, &["a + b + d"]).as_deref(), Some("12"));
}

#[test]
fn an_import_lasts() {
    let rig = TestHost::new();
    let file = rig.file("lib.rhai", "fn two() { 2 } export const K = 5;");
    let mut session = Interpreter::new(rig.host());
    let import = format!("import \"{}\" as lib;", file.display());
    assert_eq!(
        last(&mut session, &[&import, "lib::two() + lib::K"]).as_deref(),
        Some("7")
    );
}

#[test]
fn a_stopped_line_leaves_the_session_usable() {
    let rig = TestHost::new();
    let mut session = Interpreter::new(rig.host());
    rig.cancel.raise();
    assert!(eval(&mut session, "loop {}").is_err());
    rig.cancel.reset();
    assert_eq!(last(&mut session, &["1 + 1"]).as_deref(), Some("2"));
}

#[test]
fn functions_and_variables_are_listed_as_they_are_now() {
    let mut session = Interpreter::new(TestHost::new().host());
    let lines = [
        "fn mine(a, b) { a }",
        "let f = |x| x;",
        "let row = 1;",
        "let row = #{ id: 1, \"a b\": 2, of: [#{ name: \"x\" }] };",
    ];
    last(&mut session, &lines);
    let functions = session.functions();
    assert_eq!(functions["mine"], ["mine(a, b)"]);
    assert!(functions.keys().all(|name| !name.contains('$')));
    let variables = session.variables();
    assert_eq!(variables["f"].kind, "function");
    let row = &variables["row"];
    assert_eq!((row.kind.as_str(), row.size), ("map", Some(3)));
    assert_eq!(row.shape.keys(), ["a b", "id", "of"]);
    let of = row.shape.field("of").unwrap();
    assert_eq!(of.item().unwrap().keys(), ["name"]);
}

#[test]
fn lists_that_are_still_to_be_read_have_known_fields() {
    let rig = TestHost::new();
    rig.file("a.csv", "email,city\njo@example.com,Bonn\n");
    let mut session = Interpreter::new(rig.host());
    let lines = ["let rows = csv(\"a.csv\");", "let all = all_clients();"];
    last(&mut session, &lines);
    let variables = session.variables();
    let keys = |name: &str| variables[name].shape.item().unwrap().keys();
    assert_eq!(keys("rows"), ["email", "city"]);
    assert_eq!(keys("all")[..2], ["id", "firstname"]);
    assert_eq!(
        last(&mut session, &["rows.to_array().len()"]).as_deref(),
        Some("1")
    );
}

#[test]
fn the_session_goes_on_with_another_host() {
    let rig = TestHost::new();
    let lib = rig.file("lib.rhai", "fn two() { 2 } export const K = 5;");
    let mut session = Interpreter::new(rig.host());
    let import = format!("import \"{}\" as lib;", lib.display());
    let lines = [
        import.as_str(),
        "let a = 1; fn f() { 3 }",
        "let out = csv_writer(\"a.csv\", [\"id\"]);",
    ];
    last(&mut session, &lines);
    let other = TestHost::new();
    session.move_to(other.host());
    let value = last(&mut session, &["lib::two() + lib::K + a + f()"]);
    assert_eq!(value.as_deref(), Some("11"));
    last(&mut session, &["get_clients(); out.write(#{ id: 7 })"]);
    assert!(rig.called().is_empty());
    assert_eq!(other.called().len(), 1);
    session.finish().unwrap();
    let written = std::fs::read_to_string(rig.folder.path().join("a.csv")).unwrap();
    assert_eq!(written, "id\n7\n");
}

#[test]
fn lists_of_records_are_drawn_as_records() {
    let mut session = Interpreter::new(TestHost::new().host());
    let mut records = |line: &str| match session.eval(line, ResultForm::Table).unwrap() {
        Some(Drawn::Records(records)) => records,
        other => panic!("{line}: {other:?}"),
    };
    let some = records("[#{ id: 1, b: \"x\" }, #{ id: 2, a: () }]");
    assert_eq!(some.columns, ["id", "b", "a"]);
    assert_eq!(some.rows[0][0].text, "1");
    assert!(some.rows[0][0].is_number && some.caption.is_none());
    let reply = records("#{ result: \"success\", n: 1, all: #{ one: [#{ id: 1 }] } }");
    assert_eq!(reply.caption.as_deref(), Some("n: 1; all.one:"));
    // As the catalog has the fields of `GetClients`.
    let clients = records(
        "[#{ status: \"Active\", email: \"x\", lastname: \"B\", firstname: \"A\", id: 1 }]",
    );
    assert_eq!(
        clients.columns,
        ["id", "firstname", "lastname", "email", "status"]
    );
    for text in [
        "[1, #{}]",
        "[]",
        "#{ a: [1] }",
        "#{ a: [#{ b: 1 }], c: [#{ d: 1 }] }",
    ] {
        let drawn = session.eval(text, ResultForm::Table).unwrap();
        assert!(matches!(drawn, Some(Drawn::Text(_))), "{text}: {drawn:?}");
    }
}

#[test]
fn what_is_read_when_it_is_asked_for_is_drawn_with_how_to_ask() {
    let mut session = Interpreter::new(TestHost::new().host());
    let drawn = session.eval("all_clients()", ResultForm::Table).unwrap();
    let told = "records of GetClients: `it.to_array()` shows them";
    assert_eq!(drawn, Some(Drawn::Text(told.into())));
    let drawn = session
        .eval("gather([1], |id| id)", ResultForm::Table)
        .unwrap();
    let told = "values of `gather`: `it.to_array()` shows them";
    assert_eq!(drawn, Some(Drawn::Text(told.into())));
}

#[test]
fn results_are_drawn_as_json() {
    let mut session = Interpreter::new(TestHost::new().host());
    let drawn = session
        .eval("[#{ id: 1, at: today(), n: () }]", ResultForm::Json)
        .unwrap();
    assert_eq!(
        drawn,
        Some(Drawn::Text(
            "[\n  {\n    \"at\": \"2026-11-23\",\n    \"id\": 1,\n    \"n\": null\n  }\n]".into()
        ))
    );
    let drawn = session.eval("|x| x", ResultForm::Json).unwrap();
    assert!(matches!(drawn, Some(Drawn::Text(_))), "{drawn:?}");
}

#[test]
fn a_file_left_open_is_completed_when_the_session_ends() {
    let rig = TestHost::new();
    let mut session = Interpreter::new(rig.host());
    last(
        &mut session,
        &["let out = csv_writer(\"a.csv\", [\"id\"]);"],
    );
    assert!(eval(&mut session, "throw 1").is_err());
    last(&mut session, &["out.write(#{ id: 1 })"]);
    session.finish().unwrap();
    let written = std::fs::read_to_string(rig.folder.path().join("a.csv")).unwrap();
    assert_eq!(written, "id\n1\n");
}

#[test]
fn a_switch_knows_what_an_earlier_line_made() {
    let rig = TestHost::new();
    rig.file("c.csv", "id,name\n3,Ann\n");
    let mut session = Interpreter::new(rig.host());
    last(
        &mut session,
        &["let p = csv(\"c.csv\").to_array()[0];", "let n = 3;"],
    );
    for line in [
        "switch p.id { 3 => \"three\", _ => \"other\" }",
        "switch n { \"3\" => \"three\", _ => \"other\" }",
    ] {
        let failure = eval(&mut session, line).unwrap_err().to_string();
        assert!(failure.contains("no case of this"), "{failure}");
    }
    let lines = ["switch p.id { \"3\" => \"three\", _ => \"other\" }"];
    assert_eq!(last(&mut session, &lines).as_deref(), Some("\"three\""));
    let lines = ["p.id", "switch it { \"3\" => \"three\", _ => \"other\" }"];
    assert_eq!(last(&mut session, &lines).as_deref(), Some("\"three\""));
    last(&mut session, &["p.id"]);
    let failure = eval(&mut session, "switch it { 3 => 1, _ => 2 }").unwrap_err();
    assert!(failure.to_string().contains("no case of this"));
    // Another value of that name in the same line may be anything.
    let lines = ["n = \"3\"; switch n { \"3\" => \"three\", _ => \"other\" }"];
    assert_eq!(last(&mut session, &lines).as_deref(), Some("\"three\""));
}

#[test]
fn a_line_may_leave_its_value_and_what_it_wrote_to_the_next() {
    let mut session = Interpreter::new(TestHost::new().host());
    let lines = [
        "let rows = [#{ a: 1 }];",
        "let r = rows[0]; r.a = 5;",
        "print(r.a);",
        "\"a\".to_upper()",
    ];
    assert_eq!(last(&mut session, &lines).as_deref(), Some("\"A\""));
    let failure = eval(&mut session, "\"a\".to_upper(); 1").unwrap_err();
    assert!(failure.to_string().contains("is not used"), "{failure}");
}
