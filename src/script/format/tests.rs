//! Scripts put into their form.

use proptest::prelude::*;

use super::*;
use crate::script::syntax::corpus::{mutated, recipes, rhai, scripts};

fn form(text: &str) -> String {
    format(text).expect("the tokens stay").text
}

#[test]
fn blanks_are_set_and_line_breaks_stay() {
    for (text, wanted) in [
        ("", ""),
        ("let  a=1 ;", "let a = 1;\n"),
        ("f ( a,b , c )[ 0 ] . g ( )", "f(a, b, c)[0].g()\n"),
        (
            "let m=#{a:1,b : [ 1,2 ]};let n = #{ };",
            "let m = #{ a: 1, b: [1, 2] }; let n = #{};\n",
        ),
        ("x=-1- -y+!z", "x = -1 - -y + !z\n"),
        (
            "f(|a,b|a+b,||{1},| |2)",
            "f(|a, b| a + b, || { 1 }, | | 2)\n",
        ),
        ("if(a){b}else{c}", "if (a) { b } else { c }\n"),
        ("for(a,b)in 0 .. 5{}", "for (a, b) in 0..5 {}\n"),
        ("try{a}catch(e){}", "try { a } catch (e) {}\n"),
        (
            "switch a{1|2 if b=>c,0..3=>d, _=>{}}",
            "switch a { 1 | 2 if b => c, 0..3 => d, _ => {} }\n",
        ),
        ("`a ${ b+1 } c${d}`", "`a ${b + 1} c${d}`\n"),
        ("fn f(a,b){a|b}", "fn f(a, b) { a | b }\n"),
        ("fn int . f ( ){}", "fn int.f() {}\n"),
        ("a?.b?[1]??c", "a?.b?[1] ?? c\n"),
        ("foo ! (1); m :: f(1)", "foo!(1); m::f(1)\n"),
        ("a();// one\nb();   // two", "a(); // one\nb();   // two\n"),
        ("f(/* x */1, /*y*/ 2)", "f(/* x */1, /*y*/ 2)\n"),
        ("1 .max(2)", "1 .max(2)\n"),
        ("return  ;", "return;\n"),
        ("a !in b", "a !in b\n"),
        ("let r = 1..; let s = ..=3;", "let r = 1..; let s = ..=3;\n"),
        ("import \"x\"as y;", "import \"x\" as y;\n"),
        ("a\t+\tb ;  \n\n\n  c", "a + b;\n\n\nc\n"),
        ("x = - - 1", "x = - -1\n"),
        ("x = - 9223372036854775808", "x = - 9223372036854775808\n"),
        (
            "let f = |x|\nx;\nf(|x|\nx)",
            "let f = |x|\n    x;\nf(|x|\n    x)\n",
        ),
        (
            "#!/usr/bin/env whmcsh\na( )",
            "#!/usr/bin/env whmcsh\na()\n",
        ),
        ("\u{feff}a( )", "\u{feff}a()\n"),
        ("a( );\r\n  b( )", "a();\r\nb()\r\n"),
        ("a(1);\n\n\n", "a(1);\n"),
    ] {
        assert_eq!(form(text), wanted);
    }
}

#[test]
fn a_line_is_set_in_by_what_is_open_and_by_what_goes_on() {
    let text = "\
if a {
b(#{
c: 1,
  d: [
1,
],
}, |x| {
y();
// at the end
});
} else {
let z = one
.two()
    // of three
.three(|q| {
r()
});
}
let s = `a
  b ${c}
d`;
switch x {
1 =>
2,
_ => {
3
}
}
";
    let wanted = "\
if a {
    b(#{
        c: 1,
        d: [
            1,
        ],
    }, |x| {
        y();
        // at the end
    });
} else {
    let z = one
        .two()
        // of three
        .three(|q| {
            r()
        });
}
let s = `a
  b ${c}
d`;
switch x {
    1 =>
        2,
    _ => {
        3
    }
}
";
    assert_eq!(form(text), wanted);
}

#[test]
fn a_statement_that_cannot_be_read_stays_as_it_is() {
    let text = "a( );\n   let  =  3 ;\nif x {\nfoo( 1 , 2 ;\nbar( );\n}\n";
    let formatted = format(text).unwrap();
    assert_eq!(
        formatted.text,
        "a();\n   let  =  3 ;\nif x {\nfoo( 1 , 2 ;\n    bar();\n}\n"
    );
    assert_eq!(formatted.left_alone, [2, 4]);
    let open = "a( );\nlet  x = \"abc";
    assert_eq!(form(open), "a();\nlet  x = \"abc");
}

#[test]
fn a_script_that_ends_inside_a_template_with_code_stays_as_it_is() {
    let text = "``\nfn e(){g`${\"\";\ns}\n";
    let formatted = format(text).unwrap();
    assert_eq!(formatted.text, text);
    assert_eq!(formatted.left_alone, [2]);
}

#[test]
fn the_recipes_have_their_form() {
    for (path, text) in recipes() {
        assert_eq!(form(&text), text, "{}", path.display());
    }
}

/// Formats a text, which must keep its tokens, its meaning to Rhai, and its form.
fn check(text: &str) {
    let once = format(text).unwrap_or_else(|_| panic!("the tokens of {text} change"));
    let twice = format(&once.text).unwrap_or_else(|_| panic!("the tokens of {} change", once.text));
    assert_eq!(once.text, twice.text, "{text}");
    let engine = rhai();
    let before = engine
        .compile(text)
        .map_err(|error| error.err_type().clone());
    let after = engine
        .compile(&once.text)
        .map_err(|error| error.err_type().clone());
    assert_eq!(
        before.is_ok(),
        after.is_ok(),
        "{text}\n{:?}\n{:?}",
        before.err(),
        after.err()
    );
}

#[test]
fn every_script_of_the_repository_keeps_its_tokens_and_its_form() {
    for text in scripts() {
        check(&text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_recipe_keeps_its_tokens_and_its_form(text in mutated()) {
        check(&text);
    }

    #[test]
    fn any_text_keeps_its_tokens_and_its_form(text in any::<String>()) {
        check(&text);
    }
}
