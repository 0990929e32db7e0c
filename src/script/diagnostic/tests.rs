//! The mistakes people make, and what they are told.

use crate::error::Exit;
use crate::script::test_host::TestHost;

/// The first line of a failure and its hint, without the place.
fn gist(text: &str) -> (String, String) {
    let failure = TestHost::new().run(text).unwrap_err();
    (failure.what, failure.hint.unwrap_or_default())
}

#[track_caller]
fn says(text: &str, what: &str, hint: &str) {
    assert_eq!(gist(text), (what.to_owned(), hint.to_owned()), "{text}");
}

#[test]
fn the_most_useful_way_to_call_a_function_comes_first_and_in_words_of_scripts() {
    says(
        "add_client(\"Jo\");",
        "`add_client` does not take (text)",
        "call it as `add_client(params: map) -> map` or `add_client() -> map`",
    );
    says(
        "[1].sort_by(5);",
        "`sort_by` does not take (array, whole number)",
        "call it as `sort_by(array: array, by: function) -> array` or `sort_by(array: array, comparer: function)`",
    );
    says(
        "table(all_clients());",
        "`table` does not take (records)",
        "it takes an array: turn them into one with `.to_array()`",
    );
}

#[test]
fn a_script_function_called_wrongly_says_how_it_is_called() {
    says(
        "fn f(a, b) { a + b } f(1);",
        "`f` does not take (whole number)",
        "call it as `f(a, b)`",
    );
    says(
        "fn full(c) { c } #{}.full();",
        "`full` does not take (map)",
        "it is not a method; call it as `full(c)`",
    );
    says(
        "fn close_all() { } close_al();",
        "unknown function `close_al`",
        "similar: `close_all`",
    );
    let n = "let n = 1; let f = |a, b| a + b + n;";
    says(
        &format!("{n} f.call(1);"),
        "this closure takes 1 argument more than it gets",
        "",
    );
    says(
        &format!("{n} f.call(1, 2, 3, 4);"),
        "this closure takes 2 arguments fewer than it gets",
        "",
    );
}

#[test]
fn what_comes_once_is_made_an_array_first() {
    for (call, what) in [
        (
            "let a = all_clients().filter(|x| true);",
            "`filter` does not take (records, function)",
        ),
        ("table(all_clients());", "`table` does not take (records)"),
        (
            "let a = gather([1], |x| x).map(|x| x);",
            "`map` does not take (gathered, function)",
        ),
        (
            "write_csv(\"a.csv\", gather([1], |x| x));",
            "`write_csv` does not take (text, gathered)",
        ),
    ] {
        says(
            call,
            what,
            "it takes an array: turn them into one with `.to_array()`",
        );
    }
}

#[test]
fn an_operator_that_does_not_fit_is_no_unknown_function() {
    says(
        "let x = money(\"1.00\") * \"2\";",
        "`*` does not work with a decimal and text",
        "turn the text into money first: `parse_money(text)`",
    );
    says(
        "today() - \"2026-01-01\";",
        "`-` does not work with a date and text",
        "turn the text into a day first: `date(text)`",
    );
    says(
        "5 - \"3\";",
        "`-` does not work with a whole number and text",
        "turn the text into a number first, such as with `parse_int(text)`",
    );
    says(
        "let m = #{}; m.due * 2;",
        "`*` does not work with `()` and a whole number",
        "a value is missing; test it first: `if value != () { … }`",
    );
}

#[test]
fn habits_that_end_in_an_error_are_told_how_the_same_is_written() {
    let by_two = "`sort`, `order_by`, `dedup` and `reduce` pass two values: `|one, other| …`; by \
        a field: `|one, other| if one.id < other.id { -1 } else { 1 }`";
    for (script, what, hint) in [
        (
            "try { throw \"no\" } catch (e) { print(e.message) }",
            "text has no property `message`",
            "`throw \"…\"` is caught as that text: write `print(error)`",
        ),
        (
            "let d = today(); d.year();",
            "unknown function `year`",
            "write `.year` without parentheses",
        ),
        (
            "let double = |x| x * 2; double(1);",
            "unknown function `double`",
            "`double` holds a closure: write `double.call(…)`",
        ),
        (
            "[2, 1].sort(|x| x);",
            "this closure takes 1 argument fewer than it gets",
            by_two,
        ),
        (
            "let r = #{ active: \"1\" }; if r.active && true { }",
            "true or false is needed here, not text",
            "compare it: `text == \"1\"`, or `text != \"\"` for one that is not empty",
        ),
        (
            "let left = [1]; while left { }",
            "true or false is needed here, not an array",
            "test whether it is not empty: `!list.is_empty()`",
        ),
        (
            "let a = 1; if (a == 1) print(a);",
            "expecting `{` to start a statement block",
            "the body of `if`, `else`, `while` and `for` needs braces: `if a == b { … }`",
        ),
        (
            "let a = 1; print(f\"{a}\");",
            "unknown variable `f`",
            "write text with values between backticks: `${a} and ${b}`",
        ),
        (
            "now() - today();",
            "`-` does not work with a datetime and a date",
            "turn the moment into a day first: `moment.date()`",
        ),
    ] {
        says(script, what, hint);
    }
}

#[test]
fn no_type_of_rust_is_named() {
    let missing = "the value before it is missing; test it first: `if value != () { … }`, or write `?.` for `.`";
    says(
        "let c = (); c.email;",
        "`()` has no property `email`",
        missing,
    );
    says("let c = (); c[\"email\"];", "`()` has no entries", missing);
    says("5.email;", "a whole number has no property `email`", "");
    says(
        "[1].length;",
        "an array has no property `length`",
        "in Rhai it is `len()`",
    );
    says(
        "[1, 2][0..1];",
        "a whole number is needed here, not a range",
        "",
    );
    says(
        "let m = #{}; m[7] = 1;",
        "text is needed here, not a whole number",
        "`….to_string()` turns a number into text, such as an id that is a key: `m[id.to_string()]`",
    );
    says(
        "if 5 + 5 { }",
        "true or false is needed here, not a whole number",
        "compare it, such as with `n != 0`",
    );
    assert_eq!(
        gist("[#{}, #{}].sort();").0,
        "elements of map cannot be sorted"
    );
}

#[test]
fn habits_of_other_languages_get_the_way_of_rhai() {
    for (text, hint) in [
        ("let a = 5; let b = a > 3 ? 1 : 2;", "if … { … } else { … }"),
        ("let b = 5 if true else 6;", "if … { … } else { … }"),
        ("let i = 1; i++;", "i += 1"),
        ("let i = 1; ++i;", "i += 1"),
        ("console.log(\"x\");", "print(…)"),
        ("for x of [1, 2] { print(x); }", "for x in list"),
        (
            "let a = [1]; for (let i = 0; i < 3; i = i + 1) { }",
            "for x in list",
        ),
        ("let f = (x, y) => x + y;", "|x| …"),
        ("let f = () => 1;", "|x| …"),
        ("let f = fn(x) { x };", "|x| …"),
        ("\"a\".toUpperCase();", "to_upper()"),
        ("[1].concat([2]);", "`+`"),
        ("[1, 2].slice(0, 1);", "extract(start, len)"),
        ("let t = \"a\"; if !t { print(1); }", "text == \"\""),
        ("let t = []; if !t { print(1); }", "is_empty()"),
        ("let $x = 1;", "without `$`: `x`"),
        ("$x = 1;", "without `$`"),
        ("let a = \"x\" . \"y\";", "joined with `+`"),
        ("let a = \"x\"; let b = a . \"y\";", "joined with `+`"),
        ("let print = 1;", "choose another name"),
        ("let x\u{a0}= 1;", "U+00A0"),
        ("let a = 1; if a === 1 { }", "`==`"),
        ("let a = 1; if a !== 1 { }", "`!=`"),
        ("let a = true; a &&= false;", "a = a && b"),
        ("let a = #{ b: 1 }; print(a->b);", "read with `.`"),
        ("switch 1 { case 1: print(1); }", "cases are written"),
        ("async fn f() { }", "leave `async` out"),
        ("let a = new Date();", "no classes"),
        ("try { } catch (e) { } finally { }", "no `finally`"),
        ("let a = {\"b\": 1};", "a map begins with `#{`"),
        ("let a: int = 1;", "no types"),
        (
            "\"5\".to_int();",
            "`parse_int(…)` turns text into a whole number",
        ),
        ("fn f(x: int) { x }", "neither types nor defaults"),
        ("fn f(x = 1) { x }", "neither types nor defaults"),
        ("let [a, b] = [1, 2];", "one by one"),
        ("# comment", "`//`"),
        ("in_array(1, [1]);", "contains(…)"),
        ("explode(\",\", \"a\");", "split"),
        ("if (1 == 1) print(1);", "needs braces"),
        ("let s = \"a\" & \"b\";", "joined with `+`"),
        ("let n = 1; print(\"n is ${n}\");", "between backticks"),
        ("let m = #{ \"a\" => 1 };", "#{ name: value }"),
        ("let m = #{ a => 1 };", "#{ name: value }"),
        ("let m = #{ a = 1 };", "#{ name: value }"),
        ("let m = [\"a\" => 1];", "#{ name: value }"),
        ("let m = array(1, 2);", "an array is written `[1, 2]`"),
        ("let c = @get_clients();", "leave `@` out"),
        ("let m = #{}; if isset(m.a) { }", "`x != ()`"),
        ("let t = \"\"; if empty(t) { }", "`x.is_empty()`"),
        ("let x = 1; if x == 2 { } elseif (x == 1) { }", "`else if`"),
        ("let x = 1; if x == 2 {\n} elsif (x == 1) {\n}", "`else if`"),
        ("let a = (); let b = a ?: 5;", "`a ?? b`"),
        ("let l = []; l[] = 2;", "list.push(…)"),
    ] {
        let (what, said) = gist(text);
        assert!(said.contains(hint), "{text}: {what}: {said}");
    }
}

#[test]
fn text_between_double_quotes_may_hold_the_letters_themselves() {
    let rig = TestHost::new();
    assert_eq!(
        rig.printed("print(#\"n is ${n}\"#); print(\"{$client_name} $5 ${\");")
            .len(),
        2
    );
}

#[test]
fn words_of_other_languages_are_translated() {
    for (text, ours) in [
        ("let x = null;", "()"),
        ("let a = true; if a and a { }", "&&"),
        ("if true { } elif true { }", "else if"),
        ("var x = 5;", "let"),
        ("function f() { }", "fn"),
        ("print(“x”);", "\""),
        ("[1].includes(2);", "contains(…)"),
    ] {
        assert_eq!(gist(text).1, format!("in Rhai it is `{ours}`"), "{text}");
    }
    says(
        "add_client({ email: 1 });",
        "unknown variable `email`",
        "a map begins with `#{`: `#{ email: … }`",
    );
    says(
        "let get = get_clients;",
        "unknown variable `get_clients`",
        "to pass a function, write `Fn(\"get_clients\")`",
    );
    says(
        "[1].map(x => x);",
        "unknown variable `x`",
        "a closure is written `|x| …`",
    );
    says(
        "let email = 'jo@example.com';",
        "single quotes are for one character",
        "text takes double quotes: `\"…\"`",
    );
    says(
        "fn sync() { }",
        "a function cannot be called `sync`",
        "Rhai reserves that word; choose another",
    );
    says(
        "let fn = 1;",
        "`fn` cannot be a name here",
        "Rhai reserves that word; choose another",
    );
    says(
        "for in in [1] { }",
        "`in` cannot be a name here",
        "Rhai reserves that word; choose another",
    );
    says(
        "let m = #{}; m.fn = 1;",
        "`fn` cannot follow a dot",
        "Rhai reserves that word; write `[\"fn\"]`",
    );
    says(
        "let m = #{ fn: 1 };",
        "`fn` cannot be a name here",
        "Rhai reserves that word; write `\"fn\": …`",
    );
    says(
        "let row = #{}; row.Straße;",
        "`ß` cannot be part of a name",
        "write `row[\"Straße\"]`",
    );
    says(
        "let größe = 1;",
        "`ö` cannot be part of a name",
        "names may have only letters a to z; text and keys may have any: `\"größe\"`",
    );
    says(
        "let x = 1; if x = 1 { print(x) }",
        "`=` does not compare",
        "to compare, write `==`",
    );
    says(
        "let x = 5\nlet y = 6;",
        "expecting `;` to terminate this statement",
        "a `;` or a closing bracket is missing before it",
    );
}

#[test]
fn an_argument_that_was_not_given_is_the_command_lines_fault() {
    let mut rig = TestHost::new();
    let failure = rig.run("//! Onboard.\n//! usage:  whmcsh run x.rhai FILE\nlet n = args[ 0 ];");
    let failure = failure.unwrap_err();
    assert_eq!(failure.exit, Exit::Usage);
    assert_eq!(
        failure.what,
        "the script needs argument 1, but none was given"
    );
    assert_eq!(
        failure.hint.as_deref(),
        Some("usage: whmcsh run x.rhai FILE")
    );
    rig.args = vec!["a".into()];
    let failure = rig.run("args[1]").unwrap_err();
    assert_eq!(failure.what, "the script needs argument 2, but 1 was given");
    assert_eq!(rig.run("let a = [1]; a[1]").unwrap_err().exit, Exit::Script);
}
