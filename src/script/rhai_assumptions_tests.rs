//! What we lean on in Rhai, and what it would do to us if we let it.
//!
//! Each test is a behaviour that was once measured to be otherwise, or that a
//! later version of Rhai may change.

use std::sync::Arc;
use std::time::Duration;

use super::test_host::TestHost;
use crate::error::Exit;
use crate::script::library;

#[test]
fn writing_to_a_constant_map_is_an_error_and_no_panic() {
    let failure = TestHost::new().failure("const m = #{ a: 1 }; m.a = 2;");
    assert!(
        failure.contains("`m` is a constant and cannot be changed"),
        "{failure}"
    );
}

#[test]
fn a_panic_in_a_native_function_becomes_a_failure() {
    let error = crate::script::engine::stack::on_script_stack::<()>(|| panic!("boom")).unwrap_err();
    assert_eq!(error.exit, Exit::Script);
    assert!(error.what.contains("boom"));
}

#[test]
fn words_rhai_reserves_can_be_keys_properties_and_variables() {
    let rig = TestHost::new();
    for word in [
        "module",
        "default",
        "package",
        "new",
        "is",
        "case",
        "match",
        "with",
        "go",
        "use",
        "var",
        "static",
        "shared",
        "null",
        "nil",
        "void",
        "async",
        "await",
        "yield",
        "spawn",
        "thread",
        "sync",
        "public",
        "protected",
    ] {
        let script = format!(
            "let m = #{{ {word}: \"x\" }}; m.{word} += \"y\"; let {word} = m.{word}; print({word} + m?.{word});"
        );
        assert_eq!(rig.printed(&script), ["xyxy"], "{word}");
    }
    rig.run("get_products(#{ module: \"cpanel\" });").unwrap();
}

#[test]
fn words_rhai_uses_keep_their_meaning() {
    let rig = TestHost::new();
    let printed = rig.printed(
        "let f = |x| x + 1; print(f.call(1)); print(type_of(1)); let g = Fn(\"abs\"); print(g.call(-2)); print(f.curry(4).call()); print(eval(\"1 + 2\"));",
    );
    assert_eq!(printed, ["2", "i64", "2", "5", "3"]);
}

#[test]
fn depth_limits_are_the_same_in_debug_and_release() {
    let rig = TestHost::new();
    let recurse = |depth: usize| {
        format!(
            "fn down(n) {{ if n == 0 {{ 0 }} else {{ 1 + down(n - 1) }} }} print(down({depth}));"
        )
    };
    assert_eq!(rig.printed(&recurse(120)), ["120"]);
    let failure = rig.failure(&recurse(200));
    assert!(failure.contains("too deeply"), "{failure}");
    let nested = |depth: usize| format!("print({}1{});", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(rig.printed(&nested(25)), ["1"]);
    assert!(rig.failure(&nested(80)).contains("nested too deeply"));
    let body = |depth: usize| {
        format!(
            "fn f() {{ {}1{} }} print(f());",
            "(".repeat(depth),
            ")".repeat(depth)
        )
    };
    assert_eq!(rig.printed(&body(10)), ["1"]);
    assert!(rig.failure(&body(50)).contains("nested too deeply"));
}

#[test]
fn the_deepest_recursion_of_the_widest_expressions_fits_the_stack() {
    let nest = |inner: &str| format!("{}{inner}{}", "(1 + [".repeat(7), "][0])".repeat(7));
    let script = format!(
        "fn down(n) {{ if n == 0 {{ return 0; }} for i in [1] {{ switch n {{ _ => {{ let x = {}; return x; }} }} }} }}
         try {{ down(1000); }} catch (e) {{ }}
         down(1000);",
        nest("down(n - 1)")
    );
    let failure = TestHost::new().failure(&script);
    assert!(failure.contains("too deeply"), "{failure}");
}

#[test]
fn a_raised_flag_ends_a_loop_that_catches_everything() {
    let rig = TestHost::new();
    let cancel = rig.cancel.clone();
    let raiser = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        cancel.raise();
    });
    let failure = rig
        .run("loop { try { loop {} } catch { continue; } }")
        .unwrap_err();
    raiser.join().unwrap();
    assert_eq!(failure.exit, Exit::Interrupted);
    assert_eq!(failure.what, "interrupted");
}

#[test]
fn a_raised_flag_ends_a_sleep() {
    let rig = TestHost::new();
    rig.run("sleep(0); sleep(0.01); sleep(-1);").unwrap();
    let cancel = rig.cancel.clone();
    let raiser = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        cancel.raise();
    });
    let failure = rig.run("sleep(3600);").unwrap_err();
    raiser.join().unwrap();
    assert_eq!(failure.exit, Exit::Interrupted);
}

#[test]
fn no_native_function_runs_while_a_script_is_compiled() {
    let rig = TestHost::new();
    let factory = library::factory(rig.host());
    let script = "const A = 1; fn f() { add_client(#{ email: \"x\" }) } let x = get_clients(); all_clients(#{});";
    let ast = factory
        .engine()
        .compile_with_scope(&crate::script::engine::known_names(), script);
    assert!(ast.is_ok());
    assert!(rig.called().is_empty());
}

#[test]
fn all_natives_of_ours_are_volatile_so_that_no_optimiser_may_run_them() {
    let rig = TestHost::new();
    let factory = library::factory(rig.host());
    let mut engine = factory.engine();
    engine.set_optimization_level(rhai::OptimizationLevel::Full);
    engine
        .compile_with_scope(
            &crate::script::engine::known_names(),
            "let x = get_clients(); add_client(#{ email: \"x\" }); connect(\"old\").get_users(); log(1.5);",
        )
        .unwrap();
    assert!(rig.called().is_empty());
    assert!(rig.notes().is_empty());
}

#[test]
fn a_big_array_grows_in_linear_time() {
    // With a size limit set, Rhai measures the whole array again at every push.
    let factory = library::factory(TestHost::new().host());
    let engine = factory.engine();
    assert_eq!(engine.max_array_size(), 0);
    assert_eq!(engine.max_map_size(), 0);
    assert_eq!(engine.max_string_size(), 0);
    assert_eq!(engine.max_strings_interned(), 0);
}

#[test]
fn engines_share_what_they_know_across_threads() {
    let factory = Arc::new(library::factory(TestHost::new().host()));
    let threads: Vec<_> = (0..4)
        .map(|n: i64| {
            let factory = Arc::clone(&factory);
            std::thread::spawn(move || factory.engine().eval::<i64>(&format!("{n} * 2")).unwrap())
        })
        .collect();
    let results: Vec<i64> = threads.into_iter().map(|t| t.join().unwrap()).collect();
    assert_eq!(results, [0, 2, 4, 6]);
}

#[test]
fn text_is_never_compared_with_a_number_in_silence() {
    let rig = TestHost::new();
    for comparison in [
        "\"10\" == 10",
        "10 == \"10\"",
        "\"10\" != 10",
        "\"10\" > 9",
        "9 < \"10\"",
        "\"9.90\" >= 9.9",
        "let d = parse_decimal(\"1.5\"); d <= \"2\"",
        "[1, 2].contains(\"1\")",
        "\"1\" in [1]",
        "#{ a: 1 } == #{ a: \"1\" }",
    ] {
        let failure = rig.failure(&format!("let x = {{ {comparison} }};"));
        assert!(
            failure.contains("with the number"),
            "{comparison}: {failure}"
        );
    }
    assert_eq!(
        rig.value("[1 == 1, \"a\" == \"a\", 1 < 2, \"a\" < \"b\", 1 == 1.0, \"a\" == (), () == 1]"),
        "[true, true, true, true, true, false, false]"
    );
    assert_eq!(rig.value("[\"\" == true, true != \"\"]"), "[false, true]");
    for comparison in [
        "\"true\" == true",
        "false != \"on\"",
        "true == 1",
        "0 == false",
        "[true].contains(\"true\")",
    ] {
        let failure = rig.failure(&format!("let x = {comparison};"));
        assert!(failure.contains(" with `"), "{comparison}: {failure}");
    }
}

#[test]
fn text_is_never_added_to_a_sum_in_silence() {
    let rig = TestHost::new();
    for sum in ["0", "0.5", "money(0)"] {
        let failure = rig.failure(&format!("let sum = {sum}; sum += \"12.30\";"));
        assert!(
            failure.contains("text `\"12.30\"` is added to a number"),
            "{failure}"
        );
    }
    let printed = rig.printed(
        "let n = 1; n += 2; let t = \"a\"; t += 5; t += money(\"1.50\"); print(`${n} ${t}` + 7); print(7 + \" items\");",
    );
    assert_eq!(printed, ["3 a51.507", "7 items"]);
}

#[test]
fn a_loop_that_would_swallow_errors_is_refused() {
    // Rhai drops what an iterator gives to an empty body, errors too.
    let rig = TestHost::new();
    let failure = rig.failure("let a = 1;\nfor row in all_clients() { /* nothing */ }");
    assert!(
        failure.contains(
            "error: this loop does nothing: it does not even check for errors\n --> main.rhai:2:1"
        ),
        "{failure}"
    );
    assert!(rig.called().is_empty());
    rig.file("lib.rhai", "fn f(rows) { for row in rows { } }");
    let main = rig.file("main.rhai", "import \"lib\" as lib; lib::f([]);");
    let script = crate::script::load::Script::load(&main).unwrap();
    let failure = script.run(rig.host()).unwrap_err().to_string();
    assert!(failure.contains("lib.rhai:1:14"), "{failure}");
}

#[test]
fn a_comment_that_is_never_closed_is_refused() {
    // Rhai takes the rest of the script for the comment, without a word.
    let rig = TestHost::new();
    let failure = rig.failure("/* a */ print(\"/*\");\n  /* b /* c */\nprint(2);");
    assert!(
        failure.contains("error: this comment is never closed\n --> main.rhai:2:3"),
        "{failure}"
    );
    assert_eq!(rig.printed("/* a /* b */ */ print(1); // /*"), ["1"]);
    assert_eq!(rig.printed("print(\"/*\");"), ["/*"]);
}

#[test]
fn the_arguments_are_a_constant_that_functions_and_closures_see_too() {
    let mut rig = TestHost::new();
    rig.args = vec!["clients.csv".into(), "2".into()];
    let printed = rig.printed(
        "fn first() { args[0] } let f = || args.len(); print(first()); print(f.call()); print(args[1]);",
    );
    assert_eq!(printed, ["clients.csv", "2", "2"]);
    let printed = rig.printed(
        "fn f() { (|| args.len()).call() } print(f()); let args = [1]; let g = || args; print(g.call());",
    );
    assert_eq!(printed, ["2", "[1]"]);
    let failure = rig.failure("args.push(1);");
    assert!(failure.contains("would change a constant"), "{failure}");
}
