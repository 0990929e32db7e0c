//! Actions, connections and lists as a script uses them.

use serde_json::json;

use crate::script::test_host::TestHost;

#[test]
fn an_action_is_called_with_or_without_parameters() {
    let rig = TestHost::new();
    rig.run("let a = update_client(#{ clientid: 6, email: \"jo@example.com\", notes: (), lastname: \"\" }); print(a.clientid + 1); get_currencies();")
        .unwrap();
    assert_eq!(
        rig.calls(),
        [
            (
                "UpdateClient".into(),
                json!({"clientid": 6, "email": "jo@example.com", "lastname": ""})
            ),
            ("GetCurrencies".into(), json!({})),
        ]
    );
}

#[test]
fn a_second_server_is_called_as_receiver_or_first_argument() {
    let rig = TestHost::new();
    rig.run("let old = connect(\"old\"); old.get_clients(#{ search: \"a\" }); get_clients(old, #{}); old.get_users(); get_users(old); get_users();")
        .unwrap();
    assert_eq!(
        rig.called(),
        [
            "old GetClients",
            "old GetClients",
            "old GetUsers",
            "old GetUsers",
            "GetUsers"
        ]
    );
}

#[test]
fn an_unknown_profile_is_an_error_of_the_configuration() {
    let failure = TestHost::new().run("connect(\"olt\");").unwrap_err();
    assert_eq!(failure.exit, crate::error::Exit::Usage);
    assert_eq!(failure.what, "no profile `olt`");
    assert_eq!(failure.hint.as_deref(), Some("known: `old`"));
}

#[test]
fn any_action_can_be_called_by_name() {
    let rig = TestHost::new();
    rig.run(
        "call(\"MyAction\", #{ anything: 1 });
         call(\"MyAction\");
         call(\"MyAction\", #{}, #{ repeatable: true });
         let old = connect(\"old\");
         call(old, \"MyAction\", #{ a: [1] });
         old.call_action(\"MyAction\");",
    )
    .unwrap();
    assert_eq!(rig.called()[3..], ["old MyAction", "old MyAction"]);
    assert_eq!(rig.calls()[0].1, json!({"anything": 1}));
    let failure = rig.failure("call(\"MyAction\", #{}, #{ repeatabel: true });");
    assert!(
        failure.contains("`call` has no option `repeatabel`"),
        "{failure}"
    );
}

#[test]
fn a_closure_is_called_as_a_method() {
    let failure = TestHost::new().failure("let f = |x| x; call(f, 1);");
    assert!(
        failure.contains("`call` does not take (function, whole number)"),
        "{failure}"
    );
}

#[test]
fn an_unknown_parameter_is_refused_before_anything_is_sent() {
    let mut rig = TestHost::new();
    let script = "update_client(#{ clientid: 1, fistname: \"Jo\" });";
    assert_eq!(
        rig.failure(script),
        "error: `UpdateClient` has no parameter `fistname`; nothing was sent\n \
         --> main.rhai:1:1\n  |\n\
         1 | update_client(#{ clientid: 1, fistname: \"Jo\" });\n  | ^^^^^^^^^^^^^\n\
         hint: did you mean `firstname`?"
    );
    assert!(rig.called().is_empty());
    rig.allow_unknown = true;
    rig.run(script).unwrap();
}

#[test]
fn a_value_that_cannot_be_is_refused_before_anything_is_sent() {
    let rig = TestHost::new();
    let failure = rig.failure("get_invoice(#{ invoiceid: \"abc\" });");
    assert!(
        failure.contains("expects a whole number for `invoiceid`, not `abc`"),
        "{failure}"
    );
    assert!(rig.called().is_empty());
}

#[test]
fn a_refusal_can_be_caught_and_says_what_it_is() {
    let printed = TestHost::new().printed(
        "try { close_client(#{ clientid: 1 }); } catch (e) { print(`${e.kind} ${e.action} ${e.message} ${e.http}`); }",
    );
    assert_eq!(printed, ["api CloseClient Client ID Not Found 200"]);
}

#[test]
fn a_warning_of_the_server_is_noted() {
    let rig = TestHost::new();
    rig.run("update_client(#{ clientid: 1, city: \"Bonn\" });")
        .unwrap();
    assert_eq!(rig.notes(), ["`UpdateClient`: \"password2\" is deprecated"]);
}

#[test]
fn numbers_with_a_fraction_arrive_as_decimals() {
    let rig = TestHost::new();
    assert_eq!(
        rig.value("type_of(get_currencies().currencies.currency[0].rate)"),
        "decimal"
    );
}

#[test]
fn a_list_is_looped_over_record_by_record() {
    let rig = TestHost::new();
    let printed = rig.printed(
        "let n = 0; for c in all_clients() { n += c.id; } print(n);
         let n = 0; for (c, i) in all_clients(#{ limitnum: 25 }) { if i == 30 { break; } n += 1; } print(n);
         for c in connect(\"old\").all_currencies() { print(c.id); }",
    );
    assert_eq!(printed, ["31375", "30", "1"]);
}

#[test]
fn a_list_can_be_taken_step_by_step_or_whole() {
    let printed = TestHost::new().printed(
        "let list = all_clients(); print(list.next().id); print(list.next().id); print(list.to_array().len()); print(list.next());
         print(all_clients().count()); print(all_clients().to_array()[249].email); print(all_clients());",
    );
    assert_eq!(
        printed,
        [
            "1",
            "2",
            "248",
            "",
            "250",
            "c250@example.com",
            "records of GetClients"
        ]
    );
}

#[test]
fn a_second_loop_over_a_list_is_an_error() {
    let rig = TestHost::new();
    let failure = rig
        .failure("let list = all_clients(); for c in list { break; } for c in list { print(c); }");
    assert!(
        failure.contains("this `all_clients` was looped over before"),
        "{failure}"
    );
    let failure = rig.failure("let list = all_clients(); list.count(); list.to_array();");
    assert!(failure.contains("was looped over before"), "{failure}");
}

#[test]
fn a_loop_that_writes_sees_every_record_of_the_list() {
    let rig = TestHost::new();
    let printed = rig.printed(
        "let n = 0; for c in all_clients() { update_client(#{ clientid: c.id, notes: n }); n += 1; } print(n);",
    );
    assert_eq!(printed, ["250"]);
    let called = rig.called();
    let first_write = called
        .iter()
        .position(|name| name == "UpdateClient")
        .unwrap();
    assert_eq!(first_write, 3, "all pages are read before the first write");
}

#[test]
fn an_error_in_a_list_is_raised_at_the_loop() {
    let failure = TestHost::new().failure("for c in all_clients(#{ serch: 1 }) { c }");
    assert!(
        failure.contains("`GetClients` has no parameter `serch`"),
        "{failure}"
    );
}

#[test]
fn every_list_action_has_its_walk_and_every_action_its_function() {
    let rig = TestHost::new();
    let functions = crate::script::engine::functions::described(
        &crate::script::library::factory(rig.host()).engine(),
    );
    for action in crate::catalog::actions() {
        let ways = functions
            .iter()
            .filter(|f| f.name == action.function)
            .count();
        assert_eq!(ways, 4, "{}", action.name);
        if let Some(walk) = action.walk {
            assert!(functions.iter().any(|f| f.name == walk), "{walk}");
        }
    }
}

#[test]
fn a_row_of_a_csv_becomes_a_call() {
    let mut rig = TestHost::new();
    rig.file(
        "clients.csv",
        "email,first,amount,empty\njo@example.com,Jo,12.50,\n",
    );
    rig.args = vec!["clients.csv".into()];
    rig.run(
        "for row in csv(args[0]) {
             add_contact(#{ clientid: 1, email: row.email, firstname: row.first, city: row.empty });
             add_credit(#{ clientid: 1, amount: money(row.amount), date: date(\"2026-11-23\"), description: \"x\" });
         }",
    )
    .unwrap();
    assert_eq!(
        rig.calls(),
        [
            (
                "AddContact".into(),
                json!({"clientid": 1, "email": "jo@example.com", "firstname": "Jo", "city": ""})
            ),
            (
                "AddCredit".into(),
                json!({"amount": "12.50", "clientid": 1, "date": "2026-11-23", "description": "x"})
            ),
        ]
    );
    let failure = rig.run("for row in csv(\"none.csv\") { row }").unwrap_err();
    assert_eq!(failure.exit, crate::error::Exit::Script);
    rig.args = vec!["none.csv".into()];
    let failure = rig.run("for row in csv(args[0]) { row }").unwrap_err();
    assert_eq!(failure.exit, crate::error::Exit::Usage, "{failure}");
}

#[test]
fn a_client_is_found_by_its_address_on_either_server() {
    let rig = TestHost::new();
    rig.run(
        "client_by_email(\"a@example.com\"); connect(\"old\").client_by_email(\"a@example.com\");",
    )
    .unwrap();
    assert_eq!(rig.called(), ["GetClientsDetails", "old GetClientsDetails"]);
}

#[test]
fn json_is_read_and_written_as_php_and_others_do() {
    let rig = TestHost::new();
    let printed = rig.printed(
        "print(parse_json(`{\"a\":\"x\\/y\",\"b\":\"\\ud83d\\ude00\"}`)); print(parse_json(`[1]`)); print(#{ a: \"\\u007f\" }.to_json());",
    );
    assert_eq!(
        printed,
        [
            "#{\"a\": \"x/y\", \"b\": \"😀\"}",
            "[1]",
            "{\"a\":\"\u{7f}\"}"
        ]
    );
}
