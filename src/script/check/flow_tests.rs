//! What is found of values whose origin can be followed.

use crate::script::load::Script;
use crate::script::test_host::TestHost;

/// The hints of all that is found.
fn hints(text: &str) -> Vec<String> {
    let script = Script::from_text("main.rhai", text);
    let checked = script.checked(TestHost::new().host().files.clone(), false);
    let found = checked.mistakes.into_iter().chain(checked.warnings);
    found.filter_map(|found| found.failure.hint).collect()
}

/// Mistakes and warnings, each as `line:column what`.
fn found(text: &str) -> (Vec<String>, Vec<String>) {
    let script = Script::from_text("main.rhai", text);
    let checked = script.checked(TestHost::new().host().files.clone(), false);
    let shown = |found: &super::reported::Reported| {
        let failure = &found.failure;
        let place = failure.place.clone().unwrap_or_default();
        let place = place.lines().next().unwrap_or_default().to_owned();
        let (_, place) = place.split_once("main.rhai:").unwrap();
        format!("{place} {}", failure.what)
    };
    (
        checked.mistakes.iter().map(shown).collect(),
        checked.warnings.iter().map(shown).collect(),
    )
}

#[track_caller]
fn mistake(text: &str, expected: &str) {
    let (mistakes, _) = found(text);
    assert_eq!(mistakes.len(), 1, "{text}: {mistakes:?}");
    assert!(mistakes[0].contains(expected), "{text}: {mistakes:?}");
}

#[track_caller]
fn fine(text: &str) {
    assert_eq!(found(text), (vec![], vec![]), "{text}");
}

#[test]
fn a_field_that_no_reply_has_is_found_wherever_the_record_is_from() {
    for text in [
        "print(get_clients_details(#{ clientid: 1 }).client.ciity);",
        "let c = get_clients_details(#{ clientid: 1 }).client; update_client(#{ clientid: 1, city: c.ciity });",
        "let c = get_clients_details(#{ clientid: 1 })[\"client\"]; if c[\"ciity\"] != \"x\" { print(1); }",
        "for c in all_clients() { print(c.ciity); }",
        "for c in get_clients().clients.client { print(`${c.ciity}`); }",
        "print(get_clients().clients.client[0].ciity);",
        "print(all_clients().to_array().find(|c| c.ciity == \"x\"));",
        "let c = all_clients().to_array().filter(|c| c.id > 1).find(|c| true); print(c.ciity);",
        "bulk(all_clients(), |c| { print(c.ciity); });",
        "bulk(all_clients(), #{ workers: 2 }, |c| { #{ a: c.ciity } });",
        "let list = all_clients().to_array(); list.sort(|a, b| a.id - b.ciity);",
        "let n = 1; print(all_clients().to_array().map(|c| c.ciity + n));",
        "let c = client_by_email(\"x\"); if c != () { print(c.ciity); }",
        "fn f() { for c in all_clients() { return c.ciity; } } f();",
        "let ids = gather(all_clients(), |c| get_clients_details(#{ clientid: c.id })); for d in ids { print(d.client.ciity); }",
        "let old = connect(\"old\"); for c in old.all_clients() { print(c.ciity); }",
        "let c = all_clients().next(); print(c.ciity);",
    ] {
        mistake(text, "no field `ciity`");
    }
    mistake(
        "print(get_clients().total);",
        "the reply of `GetClients` has no field `total`",
    );
    let (mistakes, _) = found("for c in all_clients() {\n    print(c.credit);\n}");
    assert_eq!(
        mistakes,
        ["2:13 records of `GetClients` have no field `credit`"]
    );
}

#[test]
fn a_record_is_followed_into_functions() {
    for text in [
        "fn show(c) { print(c.ciity); } for c in all_clients() { show(c); }",
        "fn city(c, n) { if n > 1 { return c.ciity; } c.email } for c in all_clients() { print(city(c, 2)); }",
        "fn first() { get_clients().clients.client[0] } print(first().ciity);",
        "fn one(c) { two(c) } fn two(c) { c.ciity } for c in all_clients() { print(one(c)); }",
        "let c = call(\"GetClientsDetails\", #{ clientid: 1 }); print(c.client.ciity);",
    ] {
        mistake(text, "no field `ciity`");
    }
    for text in [
        "fn show(c) { print(c.vip); } for c in all_clients() { show(c); show(#{ vip: 1 }); }",
        "fn show(c) { c.vip } print([#{ vip: 1 }].map(show)); for c in all_clients() { show(c); }",
        "let d = get_clients_details(#{ clientid: 1 }); print(d.email); print(d.client.email);",
    ] {
        fine(text);
    }
}

#[test]
fn a_closure_that_uses_what_runs_it_is_refused_where_it_stands() {
    for (text, place) in [
        (
            "let list = [1]; print(list.map(|x| list.len() + x));",
            "1:28",
        ),
        ("let m = #{ a: 1 };\nprint(m.keys().map(|k| m[k]));", "2:16"),
        (
            "let m = #{ a: [1] }; print(m.a.filter(|k| m.len() == k));",
            "1:32",
        ),
        (
            "let list = [1]; list.for_each(|x| print(list.len() + x));",
            "1:22",
        ),
    ] {
        mistake(text, "whose method");
        let failure = TestHost::new().failure(text);
        assert!(failure.contains("whose method"), "{failure}");
        assert!(failure.contains(&format!("main.rhai:{place}")), "{failure}");
    }
    for text in [
        "let list = [1]; let own = list; print(list.map(|x| own.len() + x));",
        "let m = #{ a: 1 }; let own = m; print(m.keys().map(|k| own[k]));",
        "let list = [1]; print([2].map(|x| list.len() + x));",
    ] {
        fine(text);
        TestHost::new().run(text).unwrap();
    }
    mistake(
        "let name = \"x\"; print(\"a\" . name);",
        "text has no property `name`",
    );
}

#[test]
fn a_literal_name_in_call_is_looked_into() {
    for (text, what) in [
        (
            "call(\"GetClients\", #{ serach: \"x\" });",
            "no parameter `serach`",
        ),
        (
            "call(\"UpdateClient\", #{ clientid: 1, status: \"Actve\" });",
            "does not take `Actve`",
        ),
        (
            "call(\"GetClientsDetails\", #{ clientid: true });",
            "whole number",
        ),
        ("call(\"GetInvoice\");", "needs `invoiceid`"),
    ] {
        mistake(text, what);
    }
    fine("call(\"MyAction\", #{ anything: 1 }); call(\"GetClients\", #{ search: \"x\" });");
}

#[test]
fn a_method_that_the_script_puts_in_a_map_is_its_own() {
    fine("let f = #{ push: |x| x + 1 }; let y = f.push(2); print(y);");
    fine("let f = #{ a: 1 }; f.push = |x| x + 1; let y = f.push(2); print(y);");
    fine("let n = 1; let f = #{ push: |x| x + n }; let y = f.push(2); print(y);");
}

#[test]
fn an_amount_made_of_a_quotient_is_warned_of() {
    for text in [
        "for i in 0..2 { print(money(i / 2)); }",
        "let n = \"25\"; let half = parse_int(n) / 2; print(money(\"1.00\") + half);",
    ] {
        let (mistakes, warnings) = found(text);
        assert_eq!(
            (mistakes.len(), warnings.len()),
            (0, 1),
            "{text}: {warnings:?}"
        );
        assert!(warnings[0].contains("lost the remainder"), "{warnings:?}");
    }
    fine("print(money(5) / 2); let pages = (7 + 2) / 3; print(pages);");
}

#[test]
fn what_looks_filled_in_and_is_not_is_refused() {
    for text in [
        "let name = \"x\"; print(\"Dear $name\"); print(name);",
        "let name = \"x\"; print(\"Dear {name}\"); print(name);",
        "for row in csv(\"a.csv\") { print(\"{row.name}\"); print(row); }",
    ] {
        let (mistakes, warnings) = found(text);
        assert_eq!(
            (mistakes.len(), warnings.len()),
            (1, 0),
            "{text}: {warnings:?}"
        );
        assert!(mistakes[0].contains("is not filled in"), "{mistakes:?}");
    }
    for text in [
        "let name = \"x\"; let t = \"Dear {name}\"; t.replace(\"{name}\", name); print(t);",
        "let name = \"x\"; print(\"Dear {$client_name} costs $5 {other}\"); print(name);",
        "let name = \"x\"; print(#\"Dear {name}\"#); print(name);",
    ] {
        fine(text);
    }
    mistake("print(today().format(\"d.m.Y\"));", "has no part of a date");
    mistake("print(\"12.50\" + 5);", "`+` joins");
}

#[test]
fn what_may_be_there_is_left_alone() {
    for text in [
        "for c in all_clients() { print(c.email); }",
        "for c in all_clients() { print(c?.vip); }",
        "for c in all_clients() { if \"vip\" in c { print(c.vip); } }",
        "for c in all_clients() { c.note = 1; print(c.note); }",
        "for c in all_clients() { let d = c + #{ vip: 1 }; print(d.vip); }",
        "let c = get_clients().clients.client[0]; c = #{}; print(c.vip);",
        "print(call(\"MyAction\").nothing);",
        "print(get_tld_pricing().pricing.com);",
        "let r = get_clients(); print(r.result + r.message + r.warning);",
        "fn get_it() { 1 } let m = #{ a: 1 }; print(m.b);",
        "for row in csv(\"a.csv\") { print(row.anything); }",
        "let list = [1]; print(list.len); ",
        "fn all_x(c) { c.email } for c in all_clients() { all_x(c); }",
    ] {
        fine(text);
    }
}

#[test]
fn text_beside_a_number_is_warned_of() {
    for text in [
        "for s in all_clients_products() { print(s.recurringamount + 1); }",
        "let fee = 5; for row in csv(\"a.csv\") { print(fee + row.price); }",
        "for row in csv(\"a.csv\") { let price = row.price; price += 1; print(price); }",
        "let rows = csv(\"a.csv\").to_array(); print(rows.map(|r| r.amount + 1));",
        "for row in csv(\"a.csv\") { if row.age > 5 { print(1); } }",
        "for row in csv(\"a.csv\") { if row.active == true { print(1); } }",
    ] {
        let (mistakes, warnings) = found(text);
        assert_eq!(
            (mistakes.len(), warnings.len()),
            (0, 1),
            "{text}: {warnings:?}"
        );
    }
    for text in [
        "for c in all_clients() { print(\"client \" + c.id); print(c.id + 1); }",
        "for row in csv(\"a.csv\") { print(row.first + \" \" + row.last); print(parse_int(row.n) + 1); }",
        "for row in sheet(\"a.xlsx\") { print(row.amount + 1); }",
        "for row in csv(\"a.csv\") { row.plan = parse_int(row.plan); switch row.plan { 1 => print(row), _ => () } }",
        "for row in csv(\"a.csv\") { row.price = 5; print(1 + 1 == 2); print(row); }",
    ] {
        fine(text);
    }
}

#[test]
fn a_switch_none_of_whose_cases_can_be_met_is_refused() {
    let text = "for row in csv(\"a.csv\") {\n    let g = switch row.plan { 1 => 1, 2 => { 2 } 3..5 => 3, _ => 0 };\n    print(g);\n}";
    mistake(
        text,
        "2:13 no case of this `switch` can match: it is on text",
    );
    let rig = TestHost::new();
    rig.file("a.csv", "plan\n1\n");
    let failure = rig.failure(text);
    assert!(failure.contains("no case of this"), "{failure}");
    mistake(
        "for c in all_clients() { switch c.id { \"1\" => print(1), _ => () } }",
        "it is on a number",
    );
    mistake(
        "for row in csv(\"a.csv\") { switch row.active { true => print(1), false => print(2) } }",
        "it is on text",
    );
    for (text, of) in [
        (
            "let a = \"5\"; switch a[0] { \"5\" => print(1), _ => () }",
            "one letter",
        ),
        (
            "let a = \"abc\"; for c in [1] { switch a { 'a' => print(1), _ => () } }",
            "text",
        ),
        (
            "for row in csv(\"a.csv\") { switch row.plan { 'a' => print(1), _ => () } }",
            "text",
        ),
        (
            "switch money(\"5\") { 5 => print(1), _ => () }",
            "a decimal number",
        ),
        (
            "let m = parse_money(\"5\") * 2; switch m { 10 => print(1), _ => () }",
            "a decimal number",
        ),
        ("switch args[0] { 1 => print(1), _ => () }", "text"),
        (
            "for a in args { switch a { 1 => print(1), _ => () } }",
            "text",
        ),
        (
            "switch \"1\".as_text() { \"1\" => print(1), _ => () }",
            "what `as_text()` returns",
        ),
        (
            "fn f(x) { switch x { 1 => 10, _ => 0 } } for r in csv(\"a.csv\") { print(f(r.qty)); }",
            "text",
        ),
        (
            "fn f(x, y) { g(y) } fn g(z) { switch z { 1 => 10, _ => 0 } } for r in csv(\"a.csv\") { print(f(1, r.qty)); }",
            "text",
        ),
        (
            "fn key(r) { r.plan } for r in csv(\"a.csv\") { switch key(r) { 1 => print(1), _ => () } }",
            "text",
        ),
        (
            "let n = 3; switch n == 3 { 1 => print(1), _ => () }",
            "true or false",
        ),
        (
            "for r in csv(\"a.csv\") { let q = if r.n == \"\" { \"0\" } else { r.n }; switch q { 2 => print(1), _ => () } }",
            "text",
        ),
        (
            "switch today() { \"2026-11-23\" => print(1), _ => () }",
            "a date",
        ),
        ("switch `${1}` { 1 => print(1), _ => () }", "text"),
        (
            "switch [1].len() { \"1\" => print(1), _ => () }",
            "a number",
        ),
    ] {
        mistake(text, &format!("can match: it is on {of}"));
    }
    for text in [
        "let a = \"5\"; switch a[0] { '5' => print(1), _ => () }",
        "switch format_money(money(\"5\")) { \"5.00\" => print(1), _ => () }",
        "fn f(x) { switch x { 1 => 10, _ => 0 } } for r in csv(\"a.csv\") { print(f(r.qty)); print(f(1)); }",
        "fn f(x) { switch x { 1 => 10, _ => 0 } } print([1].map(f)); for r in csv(\"a.csv\") { print(f(r.qty)); }",
        "for row in csv(\"a.csv\") { switch row.plan { \"1\" => print(1), 2 => print(2), _ => () } }",
        "for row in csv(\"a.csv\") { switch row.plan { \"1\" | \"2\" if row.x == \"\" => print(1), _ => () } }",
        "for row in csv(\"a.csv\") { switch row.plan { () => print(1), 2 => print(2) } }",
        "for row in csv(\"a.csv\") { switch parse_int(row.plan) { 1 => print(1), _ => () } }",
        "let n = 3; switch n { 1 => print(1), _ => () }",
    ] {
        fine(text);
    }
}

#[test]
fn what_is_written_to_a_copy_and_never_read_is_refused() {
    for text in [
        "let rows = [#{ c: 1 }];\nfor r in rows { r.c = 2; }\nprint(rows);",
        "let rows = [#{ c: 1 }];\nfor r in rows { if r.c == 1 { r.c = 2; } }\nprint(rows);",
        "let rows = [#{ c: \"a\" }];\nfor r in rows { r.c.make_upper(); }\nprint(rows);",
        "let rows = [[1]];\nfor r in rows { r.push(2); }\nprint(rows);",
        "let list = [1, 2];\nfor x in list { x += 1; }\nprint(list);",
    ] {
        mistake(text, "is a copy: what is written to it here is lost");
        assert!(
            TestHost::new().failure(text).contains("is a copy"),
            "{text}"
        );
    }
    for text in [
        "let rows = [#{ c: 1 }]; for r in rows { r.c = 2; print(r); }",
        "let rows = [#{ c: 1 }]; let out = []; for r in rows { r.c = 2; out.push(r); } print(out);",
        "let rows = [#{ c: 1 }]; for r in rows { while r.c < 5 { r.c += 1; } }",
        "let rows = [#{ c: 1 }]; for (r, i) in rows { rows[i].c = r.c + 1; } print(rows);",
        "for r in [#{ c: 1 }] { let r = r; r.c = 2; print(r); }",
    ] {
        fine(text);
    }
}

#[test]
fn the_value_of_what_gives_nothing_is_not_used() {
    for text in [
        "let all = [1].push(2);",
        "let m = #{}; print(m.set(\"a\", 1));",
        "for x in [1].insert(0, 2) { print(x); }",
        "let a = []; update_client(#{ clientid: 1, notes: a.push(1) });",
    ] {
        mistake(text, "returns nothing");
    }
    for text in [
        "let a = []; a.push(1); print(a);",
        "let a = [1]; a.for_each(|x| print(x));",
        "fn push(list, x) { x } let y = [1].push(2); print(y);",
        "let f = |a| a.push(1); f.call([1]);",
    ] {
        let (mistakes, _) = found(text);
        assert!(
            mistakes.iter().all(|one| !one.contains("returns nothing")),
            "{text}: {mistakes:?}"
        );
    }
}

#[test]
fn each_hint_names_how_the_same_is_written() {
    for (text, hint) in [
        (
            "let rows = []; let n = rows.push(2);",
            "write `rows.push(…);` as its own statement, and use `rows` after it",
        ),
        (
            "let m = #{ list: [] }; print(m.list.push(2));",
            "write `m.….push(…);` as its own statement, and use `m` after it",
        ),
        (
            "let all = [1].push(2);",
            "write `let x = …; x.push(…);`, and use `x` after it",
        ),
        (
            "let all = [1].for_each(|x| print(x));",
            "`.map(|x| …)` returns an array of what its closure returns; write `for_each` as its \
             own statement",
        ),
        (
            "let rows = [#{ c: 1 }]; for r in rows { r.city = \"Bonn\"; } print(rows);",
            "write to the array itself: `for (r, at) in rows { rows[at].city = …; }`; to change a copy, name it: `let copy = r;`",
        ),
        (
            "for row in csv(\"a.csv\") { row.city = \"Bonn\"; }",
            "turn the list into an array: `let list = ….to_array(); for (row, at) in list { \
             list[at].city = …; }`; to change a copy, name it: `let copy = row;`",
        ),
        (
            "let rows = csv(\"a.csv\"); for row in rows { row.city = \"Bonn\"; }",
            "turn the list into an array: `let list = ….to_array(); for (row, at) in list { \
             list[at].city = …; }`; to change a copy, name it: `let copy = row;`",
        ),
        (
            "for c in all_clients() { c.city = \"Bonn\"; }",
            "turn the list into an array: `let list = ….to_array(); for (c, at) in list { \
             list[at].city = …; }`; to change a copy, name it: `let copy = c;`",
        ),
        (
            "let list = [1]; for x in list { x += 1; } print(list);",
            "write to the array itself: `for (x, at) in list { list[at] = …; }`; to change a copy, name it: `let copy = x;`",
        ),
        (
            "for row in csv(\"a.csv\") { if row.active == true { print(1); } }",
            "compare with the text itself: `== \"true\"`",
        ),
        (
            "for row in csv(\"a.csv\") { switch row.active { true => print(1), false => print(2) } }",
            "write the cases as text, as the file or server writes it: `\"true\" => …`",
        ),
        (
            "for row in csv(\"a.csv\") { print(row.price + 1); }",
            "`parse_money(…)` or `parse_int(…)` turns the text into a number; to join, write \
             between backticks: `${one}${other}`",
        ),
        (
            "for c in all_clients() { print(c.emial); }",
            "did you mean `email`?; `?.emial` is `()` if there is none",
        ),
        (
            "for c in all_clients() { print(c[\"VIP no.\"]); }",
            "`?[\"VIP no.\"]` is `()` if there is none",
        ),
    ] {
        let said = hints(text);
        assert_eq!(said.len(), 1, "{text}: {said:?}");
        assert!(said[0].ends_with(hint), "{text}: {said:?}");
    }
}

#[test]
fn what_a_hint_names_is_taken() {
    for text in [
        "let rows = []; rows.push(2); let n = rows;",
        "let x = [1]; x.push(2); print(x);",
        "let m = #{ list: [] }; m.list.push(2); print(m);",
        "let rows = [#{ c: 1 }]; for (r, at) in rows { rows[at].city = \"Bonn\"; } print(rows);",
        "let list = [1]; for (x, at) in list { list[at] = x + 1; } print(list);",
        "let list = csv(\"a.csv\").to_array(); for (row, at) in list { list[at].city = \"Bonn\"; } print(list);",
        "let list = all_clients().to_array(); for (c, at) in list { list[at].city = \"Bonn\"; } print(list);",
        "for r in [#{ c: 1 }] { let copy = r; copy.c = 2; print(copy); }",
        "for row in csv(\"a.csv\") { if row.active == \"true\" { print(1); } }",
        "for row in csv(\"a.csv\") { switch row.active { \"true\" => print(1), _ => () } }",
        "for row in csv(\"a.csv\") { print(`${row.price}${1}`); print(parse_money(row.price) + 1); }",
        "for c in all_clients() { print(c?.emial); print(c?[\"VIP no.\"]); }",
    ] {
        fine(text);
    }
}

#[test]
fn what_is_written_to_a_copy_and_never_read_is_found_wherever_it_is_one() {
    for text in [
        "let rows = [#{ a: 1 }]; rows.for_each(|r| { r.a = 5; }); print(rows);",
        "fn set(r) { r.a = 5; } let r = #{ a: 1 }; set(r); print(r);",
        "let rows = [#{ a: 1 }]; for i in 0..1 { let r = rows[0]; r.a = 5; } print(rows);",
        "let rows = [#{ a: 1 }]; if true { let r = rows[0]; r.a = 5; } print(rows);",
        "let m = #{ x: #{ y: 1 } }; if true { let x = m.x; x.y = 2; } print(m);",
        "bulk([#{ id: 1 }], |row| { row.state = \"done\"; });",
        "let rows = [#{ a: 1 }]; for r in rows { let q = r; q.a = 5; } print(rows);",
        "let rows = [#{ a: 1 }]; let r = rows.find(|r| r.a == 1); r.a = 5; update_client(#{ clientid: 1, city: `${rows[0].a}` });",
        "let rows = [#{ a: 1 }]; let i = 0; while i < 1 { let r = rows[i]; r.a = 5; i += 1; } print(rows);",
        "let rows = [#{ a: 1 }]; let r = rows[0]; r.a = 5; print(rows);",
        "let ids = []; fn collect(list, id) { list.push(id); } collect(ids, 3); print(ids);",
        "let groups = #{}; for id in [1, 2] { let g = groups[id.to_string()] ?? []; g.push(id); } print(groups);",
        "let groups = #{}; let key = \"a\"; if true { let g = groups[key] ?? []; g.push(1); } print(groups);",
        "let rows = [#{ a: 1 }]; if true { let r = rows[0]; r.set(\"a\", 5); } print(rows);",
        "let rows = [#{ a: \" x \" }]; for i in 0..1 { let r = rows[i]; r.a.trim(); } print(rows);",
        "let rows = [#{ a: 1 }]; rows.for_each(|r| r.set(\"a\", 5)); print(rows);",
        "let first = [#{ tags: [] }][0]; let tags = first.tags; tags.push(\"vip\"); print(first);",
    ] {
        mistake(text, "is a copy: what is written to it here is lost");
    }
    for text in [
        "let rows = [#{ a: 1 }]; rows.for_each(|| { this.a = 5; }); print(rows);",
        "let groups = #{}; for id in [\"1\", \"2\"] { let g = groups[id] ?? []; g.push(id); groups[id] = g; } print(groups);",
        "fn clean(text) { text.trim() } print(clean(\" x \"));",
        "print([#{ a: \" x \" }].map(|r| r.a.trim()));",
        "let rows = [#{ a: \" x \" }]; let first = { let r = rows[0]; r.a.trim() }; print(first);",
        "let seen = []; let note = |x| seen.push(x); note.call(1); print(seen);",
        "fn joined(list, x) { list.push(x); list } print(joined([], 1));",
        "fn set(r) { r.a = 5; r } print(set(#{ a: 1 }));",
        "print([#{ a: 1 }].map(|r| { r.a = 5; r }));",
        "let rows = [#{ a: 1 }]; if true { let r = rows[0]; r.a = 5; print(r); }",
        "fn note(text) { text += \"!\"; log(text); } note(\"x\");",
        "let a = #{ n: 1 }; if true { let f = a.n; f += 1; print(f); }",
        "let m = #{}; let set = |x| { m.a = x; }; set.call(1); print(m);",
        "let rows = [#{ a: 1 }]; let r = rows.find(|r| r.a == 1); r.a = 5; print(r);",
        "let a = #{ n: 1 }; let b = a; b.n = 2; print(b); print(a);",
        "let r = [#{ a: 1 }][0]; r.a = 5; export r as r;",
        "let m = #{}; [1].for_each(|x| { m.a = x; }); print(m);",
    ] {
        fine(text);
    }
}

#[test]
fn a_function_that_ends_in_no_value_is_not_used_as_one() {
    for text in [
        "fn full(r) { let name = r.a; } update_client(#{ clientid: 1, city: full(#{ a: 1 }) });",
        "fn full(r) { let name = 1; name += 1; } let x = full(1); print(x);",
        "fn full(r) { for x in [1] { print(x); } } print(full(1));",
    ] {
        mistake(text, "`full` returns nothing");
    }
    for text in [
        "fn full(r) { let name = r.a; name } print(full(#{ a: 1 }));",
        "fn full(r) { let name = r; name; } print(full(1));",
        "fn full(r) { if r == 1 { return 2; } let x = 1; print(x); } print(full(1));",
        "fn say(r) { let x = r; print(x); } fn each(x) { return say(x); } each(1);",
        "fn say(r) { let x = r; } say(1);",
        "fn say(r) { for x in [r] { print(x); } } switch 1 { 1 => say(1), _ => say(2) }",
    ] {
        fine(text);
    }
}

#[test]
fn an_amount_of_a_division_is_warned_of() {
    let warned = |text: &str| found(text).1;
    for text in [
        "add_credit(#{ clientid: 1, description: \"x\", amount: 10 / 4 });",
        "let n = 10; add_credit(#{ clientid: 1, description: \"x\", amount: n / 4 });",
        "create_invoice(#{ userid: 1, itemdescription1: \"x\", itemamount1: 10 / 4 });",
    ] {
        let warnings = warned(text);
        assert_eq!(warnings.len(), 1, "{text}: {warnings:?}");
        assert!(warnings[0].contains("lost the remainder"), "{warnings:?}");
    }
    for text in [
        "add_credit(#{ clientid: 1, description: \"x\", amount: money(10) / 4 });",
        "get_clients(#{ limitnum: 10 / 4 });",
        "let m = #{ half: 10 / 4 }; print(m);",
    ] {
        assert_eq!(warned(text), [] as [String; 0], "{text}");
    }
}

#[test]
fn the_numbered_copies_of_custom_fields_are_known() {
    fine("print(get_clients_details(#{ clientid: 1 }).client.customfields1);");
    fine("print(get_clients_details(#{ clientid: 1 }).customfields2);");
    mistake(
        "print(get_clients_details(#{ clientid: 1 }).client.customfield1);",
        "no field `customfield1`",
    );
}

#[test]
fn a_field_that_bulk_and_errors_do_not_have_is_found() {
    mistake(
        "let done = bulk([1], |row| { print(row); }); if done.fialed > 0 { fail(\"x\"); }",
        "`done`, which `bulk` returns, has no field `fialed`",
    );
    mistake(
        "try { close_client(#{ clientid: 1 }); } catch (e) { if e.knid == \"auth\" { print(1); } }",
        "the error `e` has no field `knid`",
    );
    for text in [
        "let done = bulk([1], |row| { print(row); }); print(done.ok + done.failed);",
        "let done = bulk([1], |row| { print(row); }); print(done?.fialed);",
        "let done = #{ fialed: 1 }; print(done.fialed);",
        "try { print(1); } catch (e) { print(e.message); print(e.line); }",
        "try { throw #{ knid: 1 }; } catch (e) { print(e.knid); }",
    ] {
        fine(text);
    }
}

#[test]
fn values_that_nothing_lists_and_names_near_to_an_action_are_warned_of() {
    let warned = |text: &str| {
        let (mistakes, warnings) = found(text);
        assert!(mistakes.is_empty(), "{text}: {mistakes:?}");
        warnings
    };
    let said = warned(
        "update_client(#{ clientid: 1, language: \"germann\" });\nupdate_client(#{ clientid: 2, language: \"germann\" });",
    );
    assert_eq!(
        said,
        [
            "1:41 `UpdateClient`: WHMCS does not come with the language `germann`, which is sent as it is"
        ]
    );
    assert_eq!(
        warned("call(\"UpdateClient\", #{ clientid: 1, country: \"UK\" });").len(),
        1
    );
    assert_eq!(
        warned("for p in all_projects(#{ status: \"Abandonned\" }) { print(p.id); }").len(),
        1
    );
    let said = warned("call(\"UpdateCleint\", #{ clientid: 1 });");
    assert_eq!(
        said,
        ["1:6 `UpdateCleint` is an action the reference does not have"]
    );
    assert!(warned("call(\"OurOwnAction\", #{ clientid: 1 });").is_empty());
    mistake(
        "call(\"update_client\", #{ clientid: 1 });",
        "is not the name of an action",
    );
}

#[test]
fn a_variable_that_is_only_passed_on_is_checked_as_it_is_written() {
    mistake(
        "let p = #{ clientid: 1, stat: \"x\" }; update_client(p);",
        "`UpdateClient` has no parameter `stat`",
    );
    mistake(
        "let c = [\"monthly\"]; add_order(#{ clientid: 1, paymentmethod: \"paypal\", pid: [1, 2], billingcycle: c });",
        "1 value in `billingcycle` for 2 in `pid`",
    );
    mistake(
        "const CYCLE = \"anually\"; add_order(#{ clientid: 1, paymentmethod: \"paypal\", pid: [1], billingcycle: [CYCLE] });",
        "does not take `anually`",
    );
    for text in [
        "let p = #{ clientid: 1, stat: \"x\" }; p.remove(\"stat\"); update_client(p);",
        "let c = [\"monthly\"]; c.push(\"annually\"); add_order(#{ clientid: 1, paymentmethod: \"paypal\", pid: [1, 2], billingcycle: c });",
        "let c = [\"monthly\"]; for x in [1] { c += \"annually\"; } add_order(#{ clientid: 1, paymentmethod: \"paypal\", pid: [1, 2], billingcycle: c });",
        "let p = #{ clientid: 1, city: \"Bonn\" }; update_client(p); print(p);",
    ] {
        fine(text);
    }
}

#[test]
fn a_parameter_that_is_put_into_a_map_is_checked_as_if_it_stood_there() {
    for (text, what) in [
        (
            "let p = #{ clientid: 1 }; p.stat = \"Active\"; update_client(p);",
            "`UpdateClient` has no parameter `stat`",
        ),
        (
            "let p = #{}; p.clientid = 1; p[\"status\"] = \"Actve\"; update_client(p);",
            "does not take `Actve` for `status`",
        ),
        (
            "for row in csv(\"a.csv\") { let p = #{ clientid: row.id }; if row.x != \"\" { p.country = \"Germany\"; } call(\"UpdateClient\", p); }",
            "`country`",
        ),
    ] {
        mistake(text, what);
    }
    for text in [
        "let p = #{ clientid: 1 }; p.city = \"x\"; update_client(p);",
        "let p = #{ clientid: 1 }; let q = p; q.note = \"x\"; print(q); update_client(p);",
        "let p = #{ clientid: 1 }; p.note = \"x\"; print(p); p = #{ clientid: 2, city: \"x\" }; update_client(p);",
        "for a in [1] { let p = #{ userid: a }; p.notes = \"x\"; add_client_note(p); } for a in [1] { let p = #{ clientid: a }; p.city = \"x\"; update_client(p); }",
        "let p = #{}; p.a = 1; write_json(\"a.json\", p);",
    ] {
        fine(text);
    }
}

#[test]
fn text_that_is_reckoned_with_is_found() {
    mistake(
        "for row in csv(\"a.csv\") { print(row.qty * 2); }",
        "`*` does not work with text from a file or a reply",
    );
    mistake(
        "for row in csv(\"a.csv\") { print(money(5) - row.paid); }",
        "`-` does not work",
    );
    let (mistakes, warnings) =
        found("let c = get_clients_details(#{ clientid: 1 }).client; print(c.credit - 3);");
    assert!(mistakes.is_empty(), "{mistakes:?}");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    fine("for row in csv(\"a.csv\") { print(parse_int(row.qty) * 2); }");
    fine("for row in csv(\"a.csv\") { print(row.name - row.title); }");
}

#[test]
fn a_text_that_is_being_put_together_is_no_sum() {
    for text in [
        "let key = \"2026-\" + 11; print(key);",
        "let line = \"39.99 - \" + 7; print(line);",
    ] {
        fine(text);
    }
    mistake("print(\"12.50\" + 5);", "where a sum may be meant");
}

#[test]
fn two_cells_joined_where_an_amount_is_taken_are_refused_by_check_and_run() {
    let rows = "for row in csv(\"a.csv\")";
    for text in [
        &format!(
            "{rows} {{ create_invoice(#{{ userid: row.id, itemdescription: [\"x\"], itemamount: [row.fee + row.vat] }}); }}"
        ),
        &format!(
            "{rows} {{ let sum = row.fee + row.vat; add_credit(#{{ clientid: row.id, description: \"x\", amount: sum }}); }}"
        ),
        &format!(
            "{rows} {{ let sum = [row.fee.trim() + row.vat]; create_invoice(#{{ userid: row.id, itemdescription: [\"x\"], itemamount: sum }}); }}"
        ),
        &format!(
            "let t = \"0\"; {rows} {{ t += row.fee; }} add_credit(#{{ clientid: 1, description: \"x\", amount: t }});"
        ),
        &format!(
            "let t = \"\"; {rows} {{ t = t + row.fee; }} add_credit(#{{ clientid: 1, description: \"x\", amount: t }});"
        ),
        &format!(
            "fn added(a, b) {{ a + b }} {rows} {{ add_credit(#{{ clientid: 1, description: \"x\", amount: added(row.fee, row.vat) }}); }}"
        ),
        &format!(
            "{rows} {{ call(\"AddCredit\", #{{ clientid: 1, description: \"x\", amount: row.fee + row.vat }}); }}"
        ),
        &format!(
            "{rows} {{ add_credit(#{{ clientid: 1, description: \"x\", amount: parse_money(row.fee + row.vat) }}); }}"
        ),
        &format!(
            "{rows} {{ add_order(#{{ clientid: 1, pid: [1], paymentmethod: \"x\", qty: [row.a + row.b] }}); }}"
        ),
        &"let t = csv(\"a.csv\").to_array().reduce(|sum, r| sum + r.fee, \"\"); add_credit(#{ clientid: 1, description: \"x\", amount: t });".to_owned(),
    ] {
        mistake(text, "joined by `+` where an amount or a quantity is taken");
        let rig = TestHost::new();
        rig.file("a.csv", "id,fee,vat,a,b\n1,5,19,1,2\n");
        let failure = rig.failure(text);
        assert!(failure.contains("a sum is meant"), "{text}: {failure}");
        assert!(
            failure.contains("to join, write between backticks"),
            "{failure}"
        );
    }
    for text in [
        &format!(
            "{rows} {{ add_credit(#{{ clientid: 1, description: row.fee + row.vat, amount: row.fee }}); }}"
        ),
        &format!(
            "{rows} {{ add_credit(#{{ clientid: 1, description: \"x\", amount: `${{row.fee}}${{row.vat}}` }}); }}"
        ),
        &format!(
            "{rows} {{ add_credit(#{{ clientid: 1, description: \"x\", amount: row.whole + \".\" + row.cents }}); }}"
        ),
        &format!(
            "{rows} {{ add_credit(#{{ clientid: 1, description: \"x\", amount: \"-\" + row.fee }}); }}"
        ),
        &format!(
            "{rows} {{ add_credit(#{{ clientid: 1, description: \"x\", amount: (\"\" + row.fee + row.vat) }}); }}"
        ),
        &format!(
            "{rows} {{ add_credit(#{{ clientid: 1, description: \"x\", amount: parse_money(row.fee) + parse_money(row.vat) }}); }}"
        ),
        &format!(
            "{rows} {{ let t = row.a + row.b; t = \"5.00\"; add_credit(#{{ clientid: 1, description: \"x\", amount: t }}); }}"
        ),
    ] {
        fine(text);
    }
}

#[test]
fn numbers_as_text_that_nobody_can_follow_are_refused_where_they_are_sent() {
    let send = "add_credit(#{ clientid: 1, description: \"x\", amount: t });";
    for made in [
        "let r = #{ a: \"5\", b: \"19\" }; let t = r.a + r.b;",
        "let t = [\"5\", \"19\"].reduce(|a, b| { let s = a; s += b; s }, \"0\");",
        "let m = parse_json(`{ \"a\": \"5\", \"b\": \"19\" }`); let t = m.a + m.b;",
        "let m = #{ t: \"0\" }; m.t += \"550\"; let t = m.t;",
        "let t = parse_money([\"5\"][0] + \"19\");",
        "let t = ([\"5\"][0] + \"19\").as_money();",
    ] {
        let failure = TestHost::new().failure(&format!("{made} {send}"));
        assert!(
            failure.contains("joined by `+`") && failure.contains("a sum is meant"),
            "{made}: {failure}"
        );
    }
    let failure = TestHost::new().failure("let m = [\"5\"]; let t = m[0] + \"19\"; create_quote(#{ subject: \"x\", stage: \"Draft\", validuntil: \"2027-01-01\", lineitems: [#{ desc: t, qty: t, up: 1 }] });");
    assert!(
        failure.contains("`qty` of `lineitems` is `519`"),
        "{failure}"
    );
    for made in [
        "let t = `${\"5\"}${\"19\"}`;",
        "let r = #{ a: \"5\", b: \"19\" }; let t = (\"\" + r.a + r.b);",
        "let r = #{ a: \"5\", b: \"19\" }; let t = (\"\" + r.a + r.b);",
        "let t = [\"5\"][0] + \".50\";",
        "let t = [\"5\"][0] + \"19\"; t += \".5\";",
        "let t = \"519\"; let key = [\"5\"][0] + \"19\";",
    ] {
        let rig = TestHost::new();
        rig.run(&format!("{made} {send}")).unwrap();
        assert_eq!(rig.called().len(), 1, "{made}");
    }
}

#[test]
fn a_function_given_by_name_is_followed_and_so_are_constants() {
    for text in [
        "fn want(c) { c.status == \"active\" } all_clients().to_array().filter(want);",
        "fn want(c) { c.status == \"active\" } all_clients().to_array().filter(Fn(\"want\"));",
        "fn want(c) { c.status == \"active\" } let w = Fn(\"want\"); all_clients().to_array().filter(w);",
        "fn row(c) { if c.status == \"active\" { print(1); } } bulk(all_clients(), row);",
        "const W = #{ status: \"active\" }; for c in all_clients() { print(c.status == W.status); }",
        "const W = #{ a: #{ status: \"active\" } }; for c in all_clients() { print(c.status == W.a.status); }",
        "const W = #{ on: [\"active\"] }; for c in all_clients() { print(c.status in W.on); }",
        "let w = #{ status: \"active\" }; for c in all_clients() { print(c.status == w[\"status\"]); }",
        "const W = \"active\"; fn want(c) { c.status == global::W } all_clients().to_array().filter(want);",
    ] {
        mistake(text, "active");
    }
    for text in [
        "fn want(c) { c.status == \"active\" } print([#{ status: \"active\" }].filter(want)); all_clients().to_array().filter(want);",
        "fn want(c) { c.status == \"active\" } let all = [Fn(\"want\")]; all_clients().to_array().filter(want);",
        "let w = #{ status: \"active\" }; w.status = \"Active\"; for c in all_clients() { print(c.status == w.status); }",
        "const W = #{ status: \"Active\" }; for c in all_clients() { print(c.status == W.status); }",
    ] {
        fine(text);
    }
}

#[test]
fn what_files_beside_the_script_hold_is_known() {
    let rig = TestHost::new();
    rig.file(
        "x.jsonl",
        "{\"id\":1,\"city\":\"Bergen\",\"at\":{\"zip\":\"1\"}}\n{\"id\":2,\"vip\":true}\n",
    );
    rig.file(
        "x.json",
        "[{\"id\":1,\"city\":\"Bergen\"},{\"id\":2,\"vip\":true}]",
    );
    for (source, field) in [
        ("rows(\"x.jsonl\")", "ciity"),
        ("rows(\"x.jsonl\")", "at.ziip"),
        ("read_json(\"x.json\")", "ciity"),
    ] {
        let text = format!("for row in {source} {{ print(row.{field}); }}");
        let script = Script::from_text("main.rhai", &text);
        let checked = script.checked(rig.host().files.clone(), false);
        let name = field.rsplit('.').next().unwrap();
        let said = format!("has a field `{name}`");
        assert!(
            checked.mistakes[0].failure.what.contains(&said),
            "{text}: {checked:?}"
        );
        let failure = rig.failure(&text);
        assert!(
            failure.contains(&said) && failure.contains("did you mean"),
            "{failure}"
        );
    }
    for text in [
        "for row in rows(\"x.jsonl\") { print(row.vip); print(row?.ciity); print(\"ciity\" in row); }",
        "for row in read_json(\"x.json\") { print(row.vip); row.ciity = 1; print(row.ciity); }",
    ] {
        let script = Script::from_text("main.rhai", text);
        let checked = script.checked(rig.host().files.clone(), false);
        assert!(checked.mistakes.is_empty(), "{text}: {checked:?}");
        rig.run(text).unwrap();
    }
    let written = "write_json(\"x.json\", [#{ ciity: 1 }]); for row in read_json(\"x.json\") { print(row.ciity); }";
    let script = Script::from_text("main.rhai", written);
    let checked = script.checked(rig.host().files.clone(), false);
    assert!(checked.mistakes.is_empty(), "{checked:?}");
}
