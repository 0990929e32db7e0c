//! How a script's failures look: place, trace, hint and exit code.

use crate::error::Exit;
use crate::script::test_host::TestHost;

#[test]
fn an_unknown_function_gets_its_neighbours() {
    assert_eq!(
        TestHost::new().failure("let a = 1;\nlet c = get_client(#{ clientid: 7 });"),
        "error: unknown function `get_client`\n \
         --> main.rhai:2:9\n  |\n\
         2 | let c = get_client(#{ clientid: 7 });\n  |         ^^^^^^^^^^\n\
         hint: similar: `get_clients`, `get_client_groups`, `get_clients_addons`"
    );
}

#[test]
fn a_function_called_wrongly_says_how_it_is_called() {
    let failure = TestHost::new().failure("add_client(\"Jo\", 3);");
    assert!(
        failure.starts_with("error: `add_client` does not take (text, whole number)"),
        "{failure}"
    );
    assert!(
        failure.contains("hint: call it as `add_client("),
        "{failure}"
    );
}

#[test]
fn an_unknown_variable_gets_its_neighbours() {
    let rig = TestHost::new();
    let failure = rig.failure("let client = 1;\nprint(clinet);");
    assert!(failure.contains("unknown variable `clinet`"), "{failure}");
    assert!(failure.ends_with("hint: similar: `client`"), "{failure}");
    let failure = rig.failure("let total = 1;\nfn f() { total }\nf();");
    assert!(
        failure.contains("hint: a function does not see the variables outside it"),
        "{failure}"
    );
    let failure = rig.failure("fn f() { 1 }\nif true { let total = f(); }\nprint(total);");
    assert!(
        failure.contains("hint: definitions end with their block"),
        "{failure}"
    );
    let failure = rig.failure("const MAX = 1;\nfn f() { MAX }\nf();");
    assert!(
        failure.contains("hint: inside a function, write `global::MAX`"),
        "{failure}"
    );
}

#[test]
fn the_caret_is_where_it_happened_and_the_calls_follow() {
    assert_eq!(
        TestHost::new().failure("fn inner(x) {\n    throw \"no luck\";\n}\nfn outer() {\n    inner(1)\n}\nlet f = || outer();\nf.call();"),
        "error: no luck\n \
         --> main.rhai:2:5\n  |\n\
         2 |     throw \"no luck\";\n  |     ^^^^^\n  \
         = called from main.rhai:5:5\n  \
         = called from main.rhai:7:12\n  \
         = called from main.rhai:8:3"
    );
}

#[test]
fn a_method_that_calls_a_closure_is_named_once_in_the_trace() {
    let failure = TestHost::new().failure("let f = |x| x.nope();\n[1].map(f);");
    assert_eq!(failure.matches("called from").count(), 1, "{failure}");
}

#[test]
fn what_a_script_throws_is_shown_as_it_meant_it() {
    let rig = TestHost::new();
    for (thrown, shown) in [
        ("\"two\\nlines\"", "error: two\n"),
        ("#{ message: \"m\", hint: \"h\" }", "error: m\n"),
        ("42", "error: 42\n"),
        ("#{ code: 5 }", "error: the script threw #{\"code\": 5}\n"),
        ("()", "error: the script gave up\n"),
    ] {
        let failure = rig.failure(&format!("throw {thrown};"));
        assert!(failure.starts_with(shown), "{failure}");
    }
    assert!(
        rig.failure("throw #{ message: \"m\", hint: \"h\" };")
            .ends_with("hint: h")
    );
    let failure = rig.failure("try { close_client(#{ clientid: 1 }); } catch (e) { throw e; }");
    assert!(
        failure.starts_with("error: `CloseClient` was refused: WHMCS said \"Client ID Not Found\""),
        "{failure}"
    );
}

#[test]
fn errors_in_imported_modules_show_their_own_lines() {
    let rig = TestHost::new();
    rig.file(
        "lib.rhai",
        "// é\nfn deep(x) {\n\tclose_client(#{ clientid: x });\n}\n",
    );
    let main = rig.file("main.rhai", "import \"lib\" as lib;\nlib::deep(4);\n");
    let script = crate::script::load::Script::load(&main).unwrap();
    let failure = script.run(rig.host()).unwrap_err().to_string();
    let lib = rig.folder.path().join("lib.rhai");
    let expected = format!(
        " --> {}:3:2\n  |\n3 |     close_client(#{{ clientid: x }});\n  |     ^^^^^^^^^^^^\n  = called from {}:2:6",
        lib.display(),
        main.display()
    );
    assert!(
        failure.contains(&expected),
        "{failure}\nexpected\n{expected}"
    );
}

#[test]
fn a_syntax_error_in_an_imported_module_shows_its_line() {
    let rig = TestHost::new();
    rig.file("lib.rhai", "fn f() {\n  let = 3;\n}\n");
    let main = rig.file("main.rhai", "import \"lib\" as lib;\n");
    let script = crate::script::load::Script::load(&main).unwrap();
    let failure = script.run(rig.host()).unwrap_err().to_string();
    assert!(failure.contains("lib.rhai:2:7"), "{failure}");
    assert!(failure.contains("= called from"), "{failure}");
}

#[test]
fn modules_are_confined_and_cannot_import_themselves() {
    let rig = TestHost::new();
    rig.file("a.rhai", "import \"b\" as b;\n");
    rig.file("b.rhai", "import \"a\" as a;\n");
    let run = |text: &str| {
        let main = rig.file("main.rhai", text);
        let script = crate::script::load::Script::load(&main).unwrap();
        script.run(rig.host()).unwrap_err().to_string()
    };
    assert!(run("import \"a\" as a;").contains("imports itself"));
    let missing = run("let a = 1;\nimport \"none\" as n;");
    assert!(missing.contains("does not exist"), "{missing}");
    assert!(missing.contains("main.rhai:2:8"), "{missing}");
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("x.rhai"), "").unwrap();
    let path = outside.path().join("x").display().to_string();
    let failure = run(&format!("import \"{path}\" as x;"));
    assert!(failure.contains("outside the folders"), "{failure}");
}

#[test]
fn functions_constants_and_arguments_work_in_modules() {
    let mut rig = TestHost::new();
    rig.args = vec!["a.csv".into()];
    rig.file("lib.rhai", "const K = 3; export const L = 4; fn k() { global::K } fn arg() { args[0] } fn apply(f) { f.call(2) }");
    let main = rig.file("main.rhai", "import \"lib\" as lib; print(lib::k() + lib::L); print(lib::arg()); let n = 5; print(lib::apply(|x| x * n));");
    let script = crate::script::load::Script::load(&main).unwrap();
    script.run(rig.host()).unwrap();
}

#[test]
fn a_closure_from_a_module_fails_with_the_reason() {
    let rig = TestHost::new();
    rig.file("lib.rhai", "fn make() { |x| x + 1 }");
    let main = rig.file(
        "main.rhai",
        "import \"lib\" as lib; let f = lib::make(); f.call(1);",
    );
    let script = crate::script::load::Script::load(&main).unwrap();
    let failure = script.run(rig.host()).unwrap_err().to_string();
    assert!(
        failure.contains("a closure made in an imported module can only be called there"),
        "{failure}"
    );
}

#[test]
fn a_script_function_that_hides_an_action_is_refused() {
    let rig = TestHost::new();
    assert_eq!(
        rig.failure("let a = 1;\nfn add_client(row) { row }\nadd_client(1);"),
        "error: function `add_client` hides the action `AddClient`\n \
         --> main.rhai:2:4\n  |\n\
         2 | fn add_client(row) { row }\n  |    ^^^^^^^^^^\n\
         hint: give the function another name"
    );
    assert!(
        rig.failure("fn all_clients(a, b, c) { }")
            .contains("hides the action `GetClients`")
    );
    assert!(
        rig.failure("fn connect(x) { }")
            .contains("hides the built-in function of that name")
    );
    rig.run("fn connect(x, y) { x } fn helper() { 1 }").unwrap();
    assert!(rig.called().is_empty());
}

#[test]
fn a_syntax_error_shows_the_place() {
    assert_eq!(
        TestHost::new().failure("let x = ;\n"),
        "error: unexpected `;`\n --> main.rhai:1:9\n  |\n1 | let x = ;\n  |         ^"
    );
    assert!(TestHost::new().failure("if true {\n").contains("error: "));
}

#[test]
fn the_exit_code_tells_who_is_to_blame() {
    let rig = TestHost::new();
    let exit = |text: &str| rig.run(text).unwrap_err().exit;
    assert_eq!(exit("throw 1;"), Exit::Script);
    assert_eq!(exit("let x = ;"), Exit::Script);
    assert_eq!(exit("close_client(#{ clientid: 1 });"), Exit::Script);
    assert_eq!(exit("get_invoice(#{ invoiceid: 1 });"), Exit::Server);
    assert_eq!(
        exit("throw #{ kind: \"auth\", message: \"m\" };"),
        Exit::Server
    );
    assert_eq!(
        exit("throw #{ kind: \"interrupted\", message: \"m\" };"),
        Exit::Interrupted
    );
    assert_eq!(
        exit("throw #{ kind: \"policy\", message: \"m\" };"),
        Exit::Usage
    );
}

#[test]
fn a_bad_file_is_the_command_lines_fault_only_if_it_was_named_there() {
    let mut rig = TestHost::new();
    rig.args = vec!["clients.csv".into()];
    let exit = |text: &str| rig.run(text).unwrap_err().exit;
    assert_eq!(
        exit("throw #{ kind: \"file\", message: \"`clients.csv` does not exist\" };"),
        Exit::Usage
    );
    assert_eq!(
        exit("throw #{ kind: \"file\", message: \"`other.csv` does not exist\" };"),
        Exit::Script
    );
    assert_eq!(
        exit("throw #{ kind: \"csv\", message: \"`other.csv` lacks a column `clients.csv`\" };"),
        Exit::Script
    );
}

#[test]
fn leaving_a_script_early_is_no_failure() {
    let rig = TestHost::new();
    assert_eq!(rig.printed("print(1); exit(); print(2);"), ["1"]);
    assert_eq!(rig.printed("print(1); return; print(2);"), ["1"]);
    assert_eq!(rig.printed("print(1); exit(0); print(2);"), ["1"]);
    assert_eq!(rig.printed("try { exit(3); } catch { } print(2);"), [""; 0]);
    assert_eq!(rig.notes(), ["exit 3"]);
    let failure = rig.run("exit(256);").unwrap_err();
    assert_eq!(failure.what, "`256` cannot be an exit code");
}
