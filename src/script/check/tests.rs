//! What a check finds, and what it leaves alone.

use crate::script::load::Script;
use crate::script::test_host::TestHost;

fn findings(rig: &TestHost, text: &str) -> Vec<String> {
    let main = rig.file("main.rhai", text);
    let findings = Script::load(&main)
        .unwrap()
        .check(rig.host().files.clone(), rig.allow_unknown);
    let folder = format!("{}/", rig.folder.path().display());
    findings
        .iter()
        .map(|finding| finding.to_string().replace(&folder, ""))
        .collect()
}

/// Each finding as `line:column what`.
fn short(text: &str) -> Vec<String> {
    let rig = TestHost::new();
    let short = |finding: &String| {
        let what = finding.lines().next().unwrap().replace("error: ", "");
        let place = finding.split("main.rhai:").nth(1).unwrap_or("?");
        format!("{} {what}", place.lines().next().unwrap())
    };
    findings(&rig, text).iter().map(short).collect()
}

#[test]
fn all_findings_come_in_one_pass_in_the_order_of_the_lines() {
    assert_eq!(
        short(
            "let rows = get_clint();\n\
             for c in all_clients(#{ serch: 1 }) {\n\
             \tadd_client(#{ fistname: c.name, email: [1], noemail: true, skipvalidation: true, owner_user_id: c.id });\n\
             \tprint(undefind + undefind);\n\
             \tlet f = |x| x + nowhere;\n\
             }\n\
             get_invoice(#{ invoiceid: \"abc\" });\n\
             accept_order();\n\
             accept_order(#{ });\n\
             rows.lenn();\n\
             close_client(1, 2, 3);\n"
        ),
        [
            "1:12 unknown function `get_clint`",
            "2:25 `GetClients` has no parameter `serch`",
            "3:16 `AddClient` has no parameter `fistname`",
            "3:28 records of `GetClients` have no field `name`",
            "3:41 `AddClient` expects text for `email`, not `[1]`",
            "4:8 unknown variable `undefind`",
            "5:18 unknown variable `nowhere`",
            "7:27 `GetInvoice` expects a whole number for `invoiceid`, not `abc`",
            "8:1 `AcceptOrder` needs `orderid`",
            "9:1 `AcceptOrder` needs `orderid`",
            "10:6 unknown function `lenn`",
            "11:1 `close_client` takes 0 or 1 or 2 arguments, not 3",
        ]
    );
}

#[test]
fn a_finding_shows_its_line_and_what_was_meant() {
    assert_eq!(
        findings(
            &TestHost::new(),
            "update_client(#{\n    clientid: 1,\n    fistname: \"Jo\",\n});\n"
        ),
        ["error: `UpdateClient` has no parameter `fistname`\n \
          --> main.rhai:3:5\n  |\n\
          3 |     fistname: \"Jo\",\n  |     ^^^^^^^^\n\
          hint: did you mean `firstname`?"]
    );
}

#[test]
fn a_good_script_has_no_findings() {
    assert_eq!(
        short(
            "//! Help.\n\
             import \"lib\" as lib;\n\
             const LIMIT = 5;\n\
             fn helper(row) { if row.x > global::LIMIT { args.len() } else { 0 } }\n\
             fn shout() { this + \"!\" }\n\
             let old = connect(\"old\");\n\
             old.get_clients(#{ search: \"a\" });\n\
             get_clients(old, #{});\n\
             call(\"MyAction\", #{ anything: 1 });\n\
             let f = |x, y| helper(x) + y;\n\
             f.call(1, 2); f.curry(1).call(2);\n\
             let m = #{ act: |x| x, module: \"m\" };\n\
             m.act(1); m.module.len(); \"a\".shout();\n\
             let params = #{ search: 1 };\n\
             get_clients(params);\n\
             add_client(#{ email: \"jo@example.com\", password2: random_password(20), skipvalidation: LIMIT == 5, notes: () });\n\
             switch 5 { 1 => print(\"a\"), _ => debug(1) }\n\
             try { throw 1 } catch (e) { print(e) }\n\
             let x = [1, 2].map(|v| v * 2).filter(|v| v > 2);\n\
             print(`${x} ${type_of(x)} ${is_def_var(\"x\")}`);\n\
             print(eval(\"1\") + Fn(\"helper\").call(#{ x: 1 }));\n\
             let list = all_clients(#{ limitnum: 5, status: \"Active\" }); list.next();\n"
        ),
        ["2:8 `lib.rhai` does not exist"]
    );
}

#[test]
fn what_is_no_map_and_what_is_no_method_are_found() {
    assert_eq!(
        short(
            "add_client(\"Jo\");\n\
             all_clients(5);\n\
             let old = connect(\"old\"); old.get_clients(\"ann\");\n\
             get_clients(old);\n\
             fn full(c) { c }\n\
             #{ }.full();\n"
        ),
        [
            "1:12 `add_client` takes a map of parameters",
            "2:13 `all_clients` takes a map of parameters",
            "3:43 `get_clients` takes a map of parameters",
            "6:6 `full` takes 1 argument, not 0",
        ]
    );
}

#[test]
fn values_that_are_computed_are_left_alone() {
    assert_eq!(
        short(
            "let n = \"x\"; get_invoice(#{ invoiceid: n }); get_invoice(#{ invoiceid: `${n}` }); get_invoice(#{ invoiceid: 1 + 2 });"
        ),
        Vec::<String>::new()
    );
}

#[test]
fn a_syntax_error_is_reported_after_what_was_found_before_it() {
    assert_eq!(
        short("print(nowhere);\nlet = 3;\n"),
        [
            "1:7 unknown variable `nowhere`",
            "2:5 expecting name of a variable"
        ]
    );
}

#[test]
fn unknown_parameters_may_be_allowed() {
    let mut rig = TestHost::new();
    rig.allow_unknown = true;
    assert!(findings(&rig, "get_clients(#{ custom: 1 });").is_empty());
}

#[test]
fn functions_that_hide_ours_are_found() {
    assert_eq!(
        short("nope();\nfn add_client(x) { x }\nadd_client(#{ fistname: 1 });\n"),
        [
            "1:1 unknown function `nope`",
            "2:4 function `add_client` hides the action `AddClient`"
        ]
    );
}

#[test]
fn imported_modules_are_checked_too() {
    let rig = TestHost::new();
    rig.file("lib.rhai", "fn two(a, b) { ad_client(a) }\n");
    let found = findings(
        &rig,
        "import \"lib\" as lib;\nlib::two(1);\nlib::tow(1, 2);\nlib::two(1, 2);\nnope::f();\n",
    );
    assert_eq!(found.len(), 4, "{found:#?}");
    assert!(
        found[0].contains("`lib::two` takes 2 arguments, not 1"),
        "{}",
        found[0]
    );
    assert!(
        found[1].contains("module `lib` has no function `tow`"),
        "{}",
        found[1]
    );
    assert!(found[2].contains("unknown module `nope`"), "{}", found[2]);
    assert!(found[3].contains("lib.rhai:1:16"), "{}", found[3]);
    rig.file("outer.rhai", "import \"lib\" as lib;");
    rig.file("lib.rhai", "fn two(a, b) { a }");
    let found = findings(&rig, "import \"outer\" as o;\no::lib::two(1, 2);");
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_check_survives_any_nesting() {
    let text = format!("print({}1{});", "(".repeat(5000), ")".repeat(5000));
    assert!(short(&text)[0].contains("nested more than 256 deep"));
}

#[test]
fn a_name_upsert_client_does_not_know_is_found() {
    assert_eq!(
        short(
            "upsert_client(#{ email: \"a\", fistname: \"x\", _note: 1, password2: \"p\" }, \"email\");\n\
             let old = connect(\"old\");\n\
             old.upsert_client(#{ email: \"a\", clientid: 1 }, \"email\");\n\
             upsert_client(#{ email: \"a\", \"customfields[3]\": \"x\" }, \"email\");"
        ),
        [
            "1:30 `upsert_client` has no field `fistname`; nothing was sent",
            "3:34 `upsert_client` finds the client by `email` and cannot set `clientid`",
        ]
    );
}
