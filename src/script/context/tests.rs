//! Where the cursor is, in lines as people type them.

use super::*;

/// The context at the mark `^`.
fn at(text: &str) -> (String, usize) {
    let at = text.find('^').unwrap();
    (text.replacen('^', "", 1), at)
}

fn site(marked: &str) -> String {
    let (text, at) = at(marked);
    let context = context(&text, at);
    let site = format!("{:?}", context.site);
    format!("{site} {:?}", &text[context.start..at])
}

fn map(marked: &str) -> Option<String> {
    let (text, at) = at(marked);
    let map = context(&text, at).map?;
    let path: Vec<&str> = std::iter::once(map.call.name).chain(map.path).collect();
    let given = map.given.join(",");
    Some(format!("{}[{given}]{:?}", path.join("."), map.key))
}

#[test]
fn names_fields_keys_strings_and_comments_are_told_apart() {
    for (marked, expected) in [
        ("add_cl^", "Name \"add_cl\""),
        ("let x = ^", "Name \"\""),
        ("add_client(#{ fir^", "Key \"fir\""),
        ("add_client(#{^", "Key \"\""),
        ("add_client(#{ email: em^", "Name \"em\""),
        ("add_client(#{ email: \"x\",\n  ^", "Key \"\""),
        ("let m = #{ a^", "Name \"a\""),
        ("csv(\"dat^", "Text \"dat\""),
        ("`a ${na^", "Name \"na\""),
        ("// add_cl^", "Nowhere \"\""),
        ("12^", "Nowhere \"\""),
        ("`x^", "Nowhere \"\""),
    ] {
        assert_eq!(site(marked), expected, "{marked}");
    }
}

#[test]
fn the_map_of_a_call_is_known_with_its_keys() {
    for (marked, expected) in [
        ("add_client(#{ a: 1, ^", "add_client[a]None"),
        ("add_client(#{ a: 1, b^, c: 2 })", "add_client[a,c]None"),
        (
            "add_client(#{ a: [1, 2], \"b\": f(x), c: ^",
            "add_client[a,b,c]Some(\"c\")",
        ),
        (
            "old.add_client(#{\n a: `${x}`,\n ^\n})",
            "add_client[a]None",
        ),
        ("add_client(old, #{ ^", "add_client[]None"),
        ("f(#{ customfields: #{ x: 1, ^", "f.customfields[x]None"),
        ("f(#{ a: 1, lines: [#{ b: 1 }, #{ ^", "f.lines[]None"),
        ("f(#{ a: \"x^", "f[a]Some(\"a\")"),
        ("for x in y { g(1, #{ k^", "g[]None"),
    ] {
        assert_eq!(map(marked).as_deref(), Some(expected), "{marked}");
    }
    for marked in ["#{ ^", "if f(x) { ^", "f(#{ a: 1 }, ^", "fn f(a) { #{ ^"] {
        assert_eq!(map(marked), None, "{marked}");
    }
}

#[test]
fn the_call_around_is_known_with_its_argument() {
    let call = |marked: &str| {
        let (text, at) = at(marked);
        let call = context(&text, at).call?;
        Some(format!("{}#{} {:?}", call.name, call.argument, call.first))
    };
    for (marked, expected) in [
        ("csv(^", "csv#0 None"),
        ("csv(\"a\", ^", "csv#1 Some(\"a\")"),
        ("connect(\"ma^", "connect#0 None"),
        ("f(g(1, 2), [1, 2], #{ a: ^", "f#2 None"),
        ("f(g(1, ^", "g#1 None"),
    ] {
        assert_eq!(call(marked).as_deref(), Some(expected), "{marked}");
    }
    for marked in ["f(1) ^", "xs.map(|x| { ^", "fn f(^", "(1 + ^"] {
        assert_eq!(call(marked), None, "{marked}");
    }
}

#[test]
fn a_field_is_of_what_stands_before_the_dot() {
    for (marked, expected) in [
        ("row.^", "Member([Variable(\"row\")]) \"\""),
        (
            "c.address?.ci^",
            "Member([Variable(\"c\"), Field(\"address\")]) \"ci\"",
        ),
        ("rows[0].^", "Member([Variable(\"rows\"), Item]) \"\""),
        (
            "get_clients(#{ a: (1) }).clients.^",
            "Member([Call(\"get_clients\"), Field(\"clients\")]) \"\"",
        ),
        (
            "old.get_clients().^",
            "Member([Call(\"get_clients\")]) \"\"",
        ),
        (
            "for c in it.list { c.^",
            "Member([Variable(\"it\"), Field(\"list\"), Item]) \"\"",
        ),
        (
            "for c in all_clients(#{ a: 1 }) { print(c.^",
            "Member([Call(\"all_clients\"), Item]) \"\"",
        ),
        (
            "rows.map(|r| r.^",
            "Member([Variable(\"rows\"), Item]) \"\"",
        ),
        (
            "bulk(rows, #{ key: \"a\" }, |r| { r.^",
            "Member([Variable(\"rows\"), Item]) \"\"",
        ),
        (
            "let c = add_client(#{});\nc.^",
            "Member([Call(\"add_client\")]) \"\"",
        ),
        ("(a + b).^", "Nowhere \"\""),
        ("\"x\".^", "Nowhere \"\""),
    ] {
        assert_eq!(site(marked), expected, "{marked}");
    }
}

#[test]
fn nothing_that_can_be_typed_is_too_much_for_it() {
    let text = "let é = f(#{ a: [g(\"x\", `y${z}`)], \"b\": '\\'' }).c?.d[1] | // e\n/* ) */ }{";
    for (at, _) in text.char_indices() {
        context(text, at);
        context(&text[at..], 0);
    }
}

#[test]
fn values_that_stand_in_each_other_are_not_followed_for_ever() {
    let text = format!("{}x.", "let x = x;".repeat(200));
    let found = context(&text, text.len());
    assert!(matches!(found.site, Site::Member(_)), "{:?}", found.site);
}
