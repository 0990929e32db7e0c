//! Texts read as trees, held against Rhai's own reader.

use proptest::prelude::*;

use super::corpus::{mutated, recipes, rhai, scripts};
use super::*;

/// Reads a text and checks what is true of every tree.
fn read(text: &str) -> Tree<'_> {
    let tree = parse(text);
    let whole: String = (0..tree.leaves.len())
        .map(|leaf| tree.text_of(leaf))
        .collect();
    assert_eq!(whole, text, "a byte was lost");
    let mut end = 0;
    for leaf in &tree.leaves {
        assert!(leaf.start == end && leaf.end > leaf.start, "{leaf:?}");
        end = leaf.end;
    }
    for node in &tree.nodes {
        let parent = &tree.nodes[node.parent];
        assert!(
            parent.leaves.start <= node.leaves.start && node.leaves.end <= parent.leaves.end,
            "{node:?} is not in {parent:?}"
        );
    }
    let is_damaged = tree.nodes.iter().any(|node| node.is_damaged);
    assert_eq!(is_damaged, !tree.errors.is_empty());
    tree
}

/// What is amiss in a text that Rhai accepts.
fn disagreement(text: &str) -> Option<String> {
    let tree = read(text);
    let error = tree.errors.first()?;
    let accepted = rhai().compile(text).is_ok();
    accepted.then(|| format!("{} at {:?} of:\n{text}", error.what, error.range))
}

/// The innermost nodes of a kind, as text.
fn of_kind(text: &str, kind: NodeKind) -> Vec<&str> {
    let tree = read(text);
    let nodes = tree.nodes.iter().filter(|node| node.kind == kind);
    nodes.map(|node| &text[tree.range_of(node)]).collect()
}

#[test]
fn every_script_of_the_repository_is_read_without_an_error() {
    let scripts = scripts();
    assert!(scripts.len() > 800, "{}", scripts.len());
    let wrong: Vec<String> = scripts
        .iter()
        .filter_map(|text| disagreement(text))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {}: {}",
        wrong.len(),
        scripts.len(),
        wrong.join("\n---\n")
    );
}

#[test]
fn what_rhai_accepts_has_no_error() {
    for text in [
        "",
        "// only a comment",
        "/* open",
        "/**/ no comment begins anew */ fn f() { }",
        "// a\rlet x = 1;",
        ";;;",
        "let x = 1.; let y = 1.5e-3; let z = 0xFF; let w = 1_000.max(2);",
        "let x = 5in [5]; let y = 3 !in [1]; let z = !inner;",
        "let r = 0..; let s = ..5; let t = ..=5; let u = (1..); let v = [..]; 1..=2",
        "let a = `x ${ let y = 1; y } z ${`inner ${1}`}`;",
        "let a = `a``b`; let b = \"a\"\"b\"; let c = `\\${no}`;",
        "let a = #\"raw \" string\"#; let b = ##\"a\"#b\"##;",
        "let s = \"one \\\n   two\";",
        "let c = '\\''; let d = '\\u0041';",
        "switch 5 { 1 | 2 if true => print(1), 6 => { }, 3..5 => { } 7..=9 => { }, _ => () }",
        "switch 5 { 1 => let a = 3, 2 => return, _ => if true { } else { } }",
        "let f = |a, b| a + b; let g = || 1; let h = | | { 2 }; let i = |a,| a;",
        "let f = |x| |y| x + y; let g = |x| ;; f(|x| ;); let h = |x| x += 1;",
        "let f = |x| { x } . call(1);",
        "fn f(a, b,) { this.x = a; this } fn \"string\".g() { } fn int.h() {} private fn i() { }",
        "try { } catch (e) { } try { } catch { }",
        "do { } while true; do { } until false;",
        "for (x, i) in [1] { break; } for y in 0..3 { continue; } loop { break 5; }",
        "let x = loop { break }; let y = while false { }; let z = do { } while false;",
        "export let a = 1; export const B = 2; export a as c; import \"x\" as y; import \"z\";",
        "let x = a ?? return 1; let y = a ?? throw;",
        "let x = m?.a?.b ?[0]; x.y.z[1][2].call(1).curry(2);",
        "foo!(1); m::n::f(1); global::X; f ( ); f\n(1)",
        "let module = 1; #{ module: 1, default: 2, \"q\": 3, `t`: 4, }.module",
        "x = y; x += 1; x **= 2; x <<= 1; x >>= 1; x &= 1; x |= 1; x ^= 1; x %= 2;",
        "let x = if a { 1 } else if b { 2 } else { 3 } + 4;",
        "- - -1; !!true; -x.y; -(1); +1;",
        "if x { } [1].len(); { } (1)",
        "return; ",
        "throw",
        "|x| x",
        "let x",
        "const X;",
        "let a = 1;\r\nlet b = 2;\r\n",
    ] {
        let error = rhai().compile(text).err();
        assert!(error.is_none(), "Rhai refuses {text}: {error:?}");
        assert_eq!(disagreement(text), None);
    }
}

#[test]
fn only_the_statement_with_the_error_is_damaged() {
    for (text, damaged) in [
        ("let a = ;\nlet b = 2;", vec!["let a = ;"]),
        ("let a = 1\nlet b = 2;", vec!["let a = 1"]),
        ("foo(1, 2;\nbar();", vec!["foo(1, 2;"]),
        ("foo(1, 2\nlet x = 3;\nx + 1", vec!["foo(1, 2"]),
        ("let a = \"abc;\nlet b = 2;", vec!["let a = \"abc;"]),
        ("let m = #{ a: 1\nlet b = 2;", vec!["let m = #{ a: 1"]),
        ("if x {\n    let = 3;\n    foo();\n}", vec!["let = 3;"]),
        ("each(|x| { x +; y(); });", vec!["x +;"]),
        ("let a = 1; }\nlet b = 2;", vec!["}"]),
        (
            "let = 1;\nlet b = 2;\nlet = 3;",
            vec!["let = 1;", "let = 3;"],
        ),
        (
            "switch a {\n    1 => 2\n    3 => 4\n}\nfoo();",
            vec!["switch a {\n    1 => 2\n    3 => 4\n}"],
        ),
        (
            "let x = `a ${b\nlet c = 1;",
            vec!["b", "let x = `a ${b\nlet c = 1;"],
        ),
    ] {
        let tree = read(text);
        let found: Vec<&str> = tree
            .nodes
            .iter()
            .filter(|node| node.is_damaged)
            .map(|node| &text[tree.range_of(node)])
            .collect();
        assert_eq!(found, damaged, "{text}: {:?}", tree.errors);
    }
}

#[test]
fn nodes_stand_where_they_should() {
    assert_eq!(of_kind("a.b(1, 2)[3]", NodeKind::Postfix), ["a.b(1, 2)[3]"]);
    assert_eq!(of_kind("a.b(1, 2)[3]", NodeKind::Arguments), ["(1, 2)"]);
    assert_eq!(of_kind("x - -y", NodeKind::Unary), ["-y"]);
    assert_eq!(of_kind("f(|a, b| a | b)", NodeKind::Parameters), ["|a, b|"]);
    assert_eq!(of_kind("`a ${b} c`", NodeKind::Template), ["`a ${b} c`"]);
    assert_eq!(
        of_kind("#{ a: 1, b: 2 }", NodeKind::Entry),
        ["a: 1", "b: 2"]
    );
    assert_eq!(
        of_kind("// c\nlet a = 1; // d\nb()", NodeKind::Statement),
        ["let a = 1;", "b()"]
    );
    assert_eq!(
        of_kind("1 + 2 * 3 == 4", NodeKind::Operation),
        ["1 + 2 * 3 == 4"]
    );
}

#[test]
fn large_and_deep_texts_are_read_to_their_end() {
    // What takes a time that grows with the square of the text does not end in a day.
    let kinds: [fn(usize) -> String; 14] = [
        |size| "let a = f(#{ b: [1, 2] });\n".repeat(size / 27),
        |size| "a = 1 + 2; ".repeat(size / 11),
        |size| "1+".repeat(size / 2),
        |size| "x.y".repeat(size / 3),
        |size| "(".repeat(size),
        |size| "[".repeat(size / 2) + &"]".repeat(size / 2),
        |size| "{".repeat(size),
        |size| "}".repeat(size),
        |size| "|x|".repeat(size / 3),
        |size| "!".repeat(size),
        |size| "#".repeat(size),
        |size| "`${".repeat(size / 3),
        |size| "\"\n'".repeat(size / 3),
        |size| "if x { ".repeat(size / 7),
    ];
    for kind in kinds {
        read(&kind(300_000));
    }
}

/// A script that may be one: pieces of the language put together.
fn scriptlike() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "1",
        "2.5",
        "x",
        "this",
        "\"t\"",
        "`a ${x} b`",
        "'c'",
        "true",
        "()",
        "#\"r\"#",
        "m::f",
        "0..3",
    ])
    .prop_map(str::to_owned);
    let expression = leaf.prop_recursive(4, 24, 4, |inner| {
        let two = (inner.clone(), inner.clone());
        let operator = prop::sample::select(vec![
            "+", "-", "*", "/", "%", "**", "==", "<", "&&", "||", "|", "&", "??", "in", "!in",
            "..", "..=",
        ]);
        prop_oneof![
            (two.clone(), operator).prop_map(|((a, b), op)| format!("{a} {op} {b}")),
            two.clone().prop_map(|(a, b)| format!("{a}.f({b})")),
            two.clone().prop_map(|(a, b)| format!("{a}?.p[{b}]")),
            two.clone().prop_map(|(a, b)| format!("[{a}, {b},]")),
            two.clone()
                .prop_map(|(a, b)| format!("#{{ a: {a}, \"b\": {b} }}")),
            two.clone()
                .prop_map(|(a, b)| format!("if {a} {{ {b} }} else {{ }}")),
            two.clone()
                .prop_map(|(a, b)| format!("switch {a} {{ 1|2 if {b} => 3, _ => {a} }}")),
            two.clone()
                .prop_map(|(a, b)| format!("g(|x, y| {a}, || {{ {b} }})")),
            inner.clone().prop_map(|a| format!("-{a}")),
            inner.clone().prop_map(|a| format!("!({a})")),
            inner.clone().prop_map(|a| format!("`p ${{{a}}} q`")),
            inner.prop_map(|a| format!("{{ let q = {a}; q }}")),
        ]
    });
    let statement =
        (expression.clone(), expression, 0..16_u8).prop_map(|(a, b, kind)| match kind {
            0 => format!("let x = {a};"),
            1 => format!("const X = {a};\n"),
            2 => format!("if {a} {{ {b}; }}"),
            3 => format!("while {a} {{ break; }}\n"),
            4 => format!("for (x, i) in {a} {{ {b} }}"),
            5 => format!("try {{ {a} }} catch (e) {{ {b} }}"),
            6 => format!("do {{ {a} }} until {b};"),
            7 => format!("fn f(x) {{ {a} }}\n"),
            8 => format!("x += {a};"),
            9 => format!("return {a};"),
            10 => format!("throw {a};"),
            11 => format!("import {a} as n;"),
            12 => format!("/* c */ {a} // d\n;"),
            13 => format!("loop {{ break {a}; }}"),
            14 => format!("{a}\n"),
            _ => format!("{a};"),
        });
    prop::collection::vec(statement, 0..6).prop_map(|all| all.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_comes_back(text in any::<String>()) {
        read(&text);
    }

    #[test]
    fn any_bytes_that_are_text_come_back(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn what_is_made_of_rhais_pieces_has_an_error_only_where_rhai_has_one(text in scriptlike()) {
        prop_assert_eq!(disagreement(&text), None);
    }

    #[test]
    fn a_changed_recipe_has_an_error_only_where_rhai_has_one(text in mutated()) {
        prop_assert_eq!(disagreement(&text), None);
    }

    #[test]
    fn a_cut_recipe_comes_back(recipe in prop::sample::select(recipes()), at in any::<prop::sample::Index>()) {
        let text = recipe.1;
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        read(&text[..places[at.index(places.len())]]);
    }
}
