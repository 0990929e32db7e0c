//! What names mean, in scripts as people type them.

use super::*;
use crate::script::syntax::corpus;

/// The text with a mark before every name that means the same as the one at the mark `^`.
fn same(marked: &str) -> String {
    let at = marked.find('^').unwrap();
    let text = marked.replacen('^', "", 1);
    let symbols = Symbols::resolve(&text);
    let place = symbols.place_at(at).unwrap();
    let mut shown = text.clone();
    if let Some(symbol) = symbols.targets[place] {
        let mentions: Vec<usize> = symbols.mentions(symbol).collect();
        for place in mentions.into_iter().rev() {
            shown.insert(symbols.tokens.all[place].start, '^');
        }
    }
    shown
}

/// Every name with a mark is found from the first.
#[track_caller]
fn all(marked: &str) {
    let first = marked.find('^').unwrap() + 1;
    let from = format!("{}{}", &marked[..first], marked[first..].replace('^', ""));
    assert_eq!(same(&from), marked);
}

#[test]
fn a_variable_means_the_last_of_its_name() {
    all("let ^a = 1; print(^a); let a = ^a + 1; a");
    all("let a = 1; let ^a = a + 1; ^a");
    all("let a = 1;\n{ let ^a = 2; ^a }\na");
    all("let ^a = 1\nlet b = ^a");
}

#[test]
fn names_of_loops_closures_and_errors_end_with_their_blocks() {
    all("for ^c in c { ^c } c");
    all("for (a, ^i) in f(|i| i) { ^i }");
    all("xs.map(|^x| ^x + 1, x)");
    all("xs.map(|x, ^y| { let x = ^y; ^y }); y");
    all("try { e } catch (^e) { ^e } e");
    all("let ^a = 1; b || ^a | ^a");
}

#[test]
fn a_function_sees_only_its_own_names_and_global_constants() {
    all("let a = 1; fn f(^a) { ^a } a");
    all("const ^A = 1; fn f() { A + global::^A } ^A");
    all("^f(1); x.^f(); Fn(^\"f\"); fn ^f(a) { ^f(a) }");
    all("fn f() {} fn ^f(a) {} ^f(1); f()");
}

#[test]
fn keys_fields_and_modules_are_no_variables() {
    all("let ^a = #{ a: 1 }; x.a; m::a(); `${^a}`");
    all("import \"lib\" as ^m; ^m::f()");
    assert_eq!(same("let a = 1; x.^a"), "let a = 1; x.a");
}

#[test]
fn a_value_is_known_while_it_is_typed() {
    let symbols = Symbols::resolve("let a = get_clients();\nlet b = a.");
    assert_eq!(symbols.all[0].origin, ValueOrigin::Value(3..6));
    assert_eq!(symbols.all[1].origin, ValueOrigin::Value(10..12));
    assert_eq!(symbols.target(10).map(|symbol| symbol.name), Some("a"));
    let seen: Vec<&str> = symbols
        .visible_at(12)
        .iter()
        .map(|symbol| symbol.name)
        .collect();
    assert_eq!(seen, ["b", "a"]);
}

#[test]
fn every_text_has_an_answer() {
    for (path, text) in corpus::recipes() {
        for (at, _) in text.char_indices().step_by(97) {
            Symbols::resolve(&text[at..]);
            let symbols = Symbols::resolve(&text[..at]);
            symbols.visible_at(symbols.tokens.all.len());
        }
        let symbols = Symbols::resolve(&text);
        for (place, token) in symbols.tokens.all.iter().enumerate() {
            if symbols.tokens.depth(place) != 0 {
                let partner = symbols.partners[place];
                assert!(partner.is_some(), "{} {token:?}", path.display());
            }
        }
        for (place, role) in symbols.roles.iter().enumerate() {
            let is_met = symbols.targets[place].is_some()
                // What every script has, and every test.
                || ["args", "server"].contains(&symbols.text(place));
            assert!(
                *role != Role::Value || is_met,
                "{}: {}",
                path.display(),
                symbols.text(place)
            );
        }
    }
}
