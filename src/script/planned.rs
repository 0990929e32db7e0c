//! Planned values as scripts see them: printed, kept, passed on, never reckoned with.
//!
//! What would need the value itself is refused with words that say so, for any
//! answer would be a guess the real run need not agree with.

use rhai::{Array, Dynamic, ImmutableString, Module, Variant};
use rust_decimal::Decimal;

use crate::run::plan::Planned;
use crate::script::engine::function::{Fallible, operator};
use crate::script::raise::Raised;

/// What the type is called in scripts and errors.
pub(crate) const NAME: &str = "planned value";

const ARITHMETIC: &[&str] = &["+", "-", "*", "/", "%", "**", "+=", "-=", "*=", "/=", "%="];
const ORDER: &[&str] = &["<", "<=", ">", ">="];
const CONVERSIONS: &[&str] = &[
    "as_money",
    "as_text",
    "base64",
    "date",
    "digits",
    "money",
    "parse_bool",
    "parse_decimal",
    "parse_float",
    "parse_int",
    "parse_money",
    "parse_percent",
    "to_decimal",
    "to_float",
    "to_int",
    "unbase64",
    "unbase64_bytes",
];

/// Adds the type, what can be done with it, and the refusals of everything else.
pub(crate) fn register(module: &mut Module) {
    module.set_custom_type::<Planned>(NAME);
    for name in ["to_string", "to_debug", "print", "debug"] {
        operator(name).set_into_module(module, |planned: &mut Planned| planned.in_text());
    }
    // Lists of ids come as text with commas; of one nobody knows, it is all there is.
    operator("split").set_into_module(module, |planned: Planned, _: ImmutableString| {
        Array::from([Dynamic::from(planned)])
    });
    operator("==").set_into_module(module, |one: Planned, other: Planned| {
        are_same(&one, &other)
    });
    operator("!=").set_into_module(module, |one: Planned, other: Planned| {
        are_same(&one, &other).map(|answer| !answer)
    });
    for name in CONVERSIONS {
        operator(name).set_into_module(module, |planned: Planned| refused::<()>(&planned));
    }
    for name in ["-", "+"] {
        operator(name).set_into_module(module, |planned: Planned| refused::<()>(&planned));
    }
    for name in ARITHMETIC.iter().chain(ORDER) {
        operator(name).set_into_module(module, |one: Planned, _: Planned| refused::<()>(&one));
        refuse_with::<i64>(module, name);
        refuse_with::<f64>(module, name);
        refuse_with::<Decimal>(module, name);
    }
    for name in ORDER {
        refuse_with::<ImmutableString>(module, name);
    }
    compare_with::<i64>(module, |number| *number == 0);
    compare_with::<f64>(module, |number| *number == 0.0);
    compare_with::<Decimal>(module, Decimal::is_zero);
    compare_with::<bool>(module, |_| false);
    compare_with::<ImmutableString>(module, |text| text.is_empty());
}

fn refuse_with<T: Variant + Clone>(module: &mut Module, name: &str) {
    operator(name).set_into_module(module, |planned: Planned, _: T| refused::<()>(&planned));
    operator(name).set_into_module(module, |_: T, planned: Planned| refused::<()>(&planned));
}

/// Compares with what is no id at all, such as 0: of anything else nobody knows, since
/// the record may come to have that very id.
fn compare_with<T: Variant + Clone>(module: &mut Module, is_no_id: fn(&T) -> bool) {
    let compared = move |planned: &Planned, other: &T, answer: bool| {
        if planned.is_id() && is_no_id(other) {
            Ok(answer)
        } else {
            refused(planned)
        }
    };
    for (name, answer) in [("==", false), ("!=", true)] {
        operator(name).set_into_module(module, move |planned: Planned, other: T| {
            compared(&planned, &other, answer)
        });
        operator(name).set_into_module(module, move |other: T, planned: Planned| {
            compared(&planned, &other, answer)
        });
    }
}

fn are_same(one: &Planned, other: &Planned) -> Fallible<bool> {
    if one == other {
        Ok(true)
    } else if one.is_surely_another_than(other) {
        Ok(false)
    } else {
        refused(one)
    }
}

fn refused<T>(planned: &Planned) -> Fallible<T> {
    let what = format!("`{planned}` is planned: it will only be known in a real run");
    Err(Raised::new("planned", what)
        .hint("you can print it, keep it, and pass it to other calls")
        .into())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::script::test_host::TestHost;

    fn rig() -> TestHost {
        let mut rig = TestHost::new();
        rig.is_plan = true;
        rig
    }

    const CLIENT: &str = "let client = add_client(#{ skipvalidation: true, password2: \"s3cr3t\", email: \"jo@example.com\" });";
    const ID: &str = "<clientid of AddClient 1>";

    #[test]
    fn a_planned_id_prints_as_what_it_will_be() {
        let printed = rig().printed(&format!(
            "{CLIENT} let id = client.clientid; print(id); print(`id ${{id}}`); print(\"id \" + id); \
             print(client); print(type_of(id)); print(to_json(client)); print([id]);"
        ));
        assert_eq!(printed[0], ID);
        assert_eq!(printed[1], format!("id {ID}"));
        assert_eq!(printed[2], format!("id {ID}"));
        assert!(printed[3].contains(ID), "{}", printed[3]);
        assert_eq!(printed[4], super::NAME);
        let json: Value = serde_json::from_str(&printed[5]).unwrap();
        assert_eq!(json["clientid"], ID);
        assert_eq!(printed[6], format!("[{ID}]"));
    }

    #[test]
    fn it_is_the_same_as_itself_and_neither_nothing_nor_another_new_record() {
        let printed = rig().printed(&format!(
            "{CLIENT} let a = client.clientid; let b = add_client(#{{ skipvalidation: true, password2: \"s3cr3t\", email: \"jo@example.com\" }}).clientid; \
             print([a == a, a != a, a == b, a == 0, 0 == a, a != \"\", a == (), [b].contains(a), a in [a, b]]);"
        ));
        assert_eq!(
            printed,
            ["[true, false, false, false, false, true, false, false, true]"]
        );
    }

    #[test]
    fn reckoning_with_it_is_refused_with_a_caret() {
        let failure = rig().failure(&format!("{CLIENT}\nlet n = client.clientid + 1;"));
        assert_eq!(
            failure,
            "error: `<clientid of AddClient 1>` is planned: it will only be known in a real run\n \
             --> main.rhai:2:25\n  \
              |\n\
             2 | let n = client.clientid + 1;\n  \
              |                         ^\n\
             hint: you can print it, keep it, and pass it to other calls"
        );
        for expression in [
            "id + id",
            "1 - id",
            "id * 2.5",
            "id / money(\"1\")",
            "-id",
            "id < 5",
            "5 >= id",
            "id > \"a\"",
            "parse_int(id)",
            "id.to_int()",
            "parse_money(id)",
            "{ id += 1; id }",
            "{ let sum = 0; sum += id; sum }",
        ] {
            let failure = rig().failure(&format!(
                "{CLIENT} let id = client.clientid; let x = {expression};"
            ));
            assert!(failure.contains("is planned:"), "{expression}: {failure}");
        }
    }

    #[test]
    fn a_switch_on_it_is_refused_in_a_plan_alone() {
        let script = format!(
            "{CLIENT} switch client.clientid {{ 7 => print(\"seven\"), _ => print(\"other\") }}"
        );
        let failure = rig().failure(&script);
        assert!(
            failure.contains("this `switch` is on a planned value"),
            "{failure}"
        );
        assert!(failure.contains(" --> main.rhai:1:"), "{failure}");
        let failure = TestHost::new()
            .run(&script)
            .err()
            .map(|failure| failure.to_string());
        assert!(!failure.unwrap_or_default().contains("planned"));
    }

    #[test]
    fn whether_it_is_an_id_that_the_script_has_from_elsewhere_is_refused() {
        for expression in [
            "id == 7",
            "7 != id",
            "id == \"7\"",
            "id == 7.0",
            "id == money(\"7\")",
            "id == true",
            "[1, 7].contains(id)",
            "id in [1, 7]",
            "id == client.owner_id",
        ] {
            let failure = rig().failure(&format!(
                "{CLIENT} let id = client.clientid; let x = {expression};"
            ));
            assert!(failure.contains("is planned:"), "{expression}: {failure}");
        }
    }

    #[test]
    fn what_is_no_id_cannot_be_compared_with_what_it_may_be() {
        let failure = rig().failure(
            "let reply = add_credit(#{ clientid: 1, description: \"x\", amount: 5 }); \
             if reply.newbalance == \"5.00\" { print(1) }",
        );
        assert!(
            failure.contains("`<newbalance of AddCredit 1>` is planned"),
            "{failure}"
        );
    }

    #[test]
    fn a_function_that_needs_the_value_says_what_is_wrong() {
        let failure = rig().failure(&format!("{CLIENT} client_by_email(client.clientid);"));
        assert!(
            failure.contains("planned value") && failure.contains("in a real run"),
            "{failure}"
        );
    }

    #[test]
    fn text_that_is_made_of_it_is_compared_with_nothing_that_is_known() {
        let text = "let text = `c${client.clientid}`;";
        for expression in [
            "text == \"c7\"",
            "\"c7\" != text",
            "text < \"c7\"",
            "text in [\"c7\"]",
            "[\"c7\"].contains(text)",
        ] {
            let failure =
                rig().failure(&format!("{CLIENT} {text} if {expression} {{ print(1); }}"));
            assert!(failure.contains("is planned"), "{expression}: {failure}");
        }
        let printed = rig().printed(&format!(
            "{CLIENT} {text} print([text == text, text == \"\"]);"
        ));
        assert_eq!(printed, ["[true, false]"]);
    }

    #[test]
    fn it_can_be_passed_on_in_maps_arrays_and_captured_by_a_row() {
        let rig = rig();
        rig.run(&format!(
            "{CLIENT} let id = client.clientid;
             let order = add_order(#{{ clientid: id, pid: [1], paymentmethod: \"x\" }});
             accept_order(#{{ orderid: order.orderid }});
             bulk([#{{ n: 1 }}], #{{ key: \"n\" }}, |row| {{
                 add_client_note(#{{ userid: id, notes: `${{row.n}}` }});
             }});
             bulk([#{{ n: 5, ids: [id] }}], #{{ key: \"n\" }}, |row| {{
                 close_client(#{{ clientid: row.ids[0] }});
             }});"
        ))
        .unwrap();
        // The gateways, of which `x` may be one.
        assert_eq!(rig.called(), ["GetPaymentMethods"]);
        assert_eq!(
            rig.planned(),
            [
                r#"AddClient {"email":"jo@example.com","password2":"(secret)","skipvalidation":true}"#,
                r#"AddOrder {"clientid":"<clientid of AddClient 1>","paymentmethod":"x","pid":[1]}"#,
                r#"AcceptOrder {"orderid":"<orderid of AddOrder 1>"}"#,
                r#"1 AddClientNote {"notes":"1","userid":"<clientid of AddClient 1>"}"#,
                r#"2:5 CloseClient {"clientid":"<clientid of AddClient 1>"}"#,
            ]
        );
    }

    #[test]
    fn text_that_reads_like_a_planned_value_is_text() {
        let rig = rig();
        rig.run(&format!(
            "{CLIENT} get_clients(#{{ search: \"{ID}\" }}); get_clients(#{{ search: `${{client.clientid}}` }});"
        ))
        .unwrap();
        assert_eq!(rig.called(), ["GetClients"]);
    }

    #[test]
    fn service_ids_can_be_split_and_passed_on() {
        let rig = rig();
        rig.run(
            "let order = add_order(#{ clientid: 1, pid: [1], paymentmethod: \"x\" });
             for id in order.serviceids.split(\",\") { module_create(#{ serviceid: id }); }",
        )
        .unwrap();
        assert_eq!(
            rig.planned()[1],
            r#"ModuleCreate {"serviceid":"<serviceids of AddOrder 1>"}"#
        );
    }

    #[test]
    fn a_parameter_that_is_wrong_is_refused_beside_a_planned_one() {
        let failure = rig().failure(&format!(
            "{CLIENT} add_contact(#{{ clinetid: client.clientid }});"
        ));
        assert!(failure.contains("`clinetid`"), "{failure}");
        let failure = rig().failure(&format!(
            "{CLIENT} add_order(#{{ clientid: client.clientid, pid: [client.clientid, \"x\"], paymentmethod: \"p\" }});"
        ));
        assert!(failure.contains("`pid`"), "{failure}");
    }

    #[test]
    fn a_list_of_what_does_not_exist_yet_is_empty() {
        let rig = rig();
        let printed = rig.printed(&format!(
            "{CLIENT} print(all_contacts(#{{ userid: client.clientid }}).count()); \
             print(get_invoices(#{{ userid: client.clientid }}).totalresults);"
        ));
        assert_eq!(printed, ["0", "0"]);
        assert!(rig.called().is_empty());
    }

    #[test]
    fn a_script_reads_what_it_would_have_written() {
        let rig = rig();
        rig.file("a.csv", "id\n7\n");
        let printed = rig.printed(
            "write_csv(\"a.csv\", [#{ id: 1 }, #{ id: 2 }]); for row in csv(\"a.csv\") { print(row.id); } \
             write_text(\"a.csv\", \"x\"); print(read_text(\"a.csv\"));",
        );
        assert_eq!(printed, ["1", "2", "x"]);
        let there = std::fs::read_to_string(rig.folder.path().join("a.csv")).unwrap();
        assert_eq!(there, "id\n7\n");
    }

    #[test]
    fn no_file_is_written_and_nobody_waits() {
        let rig = rig();
        rig.run(
            "sleep(3600); write_text(\"a.txt\", \"x\"); write_json(\"b.json\", 1); write_csv(\"c.csv\", [#{ a: 1 }]); \
             let out = csv_writer(\"d.csv\", [\"id\"]); out.write(#{ id: 1 });",
        )
        .unwrap();
        assert_eq!(std::fs::read_dir(rig.folder.path()).unwrap().count(), 0);
        let files: Vec<String> = rig.plan.files().into_iter().collect();
        assert_eq!(files, ["a.txt", "b.json", "c.csv", "d.csv"]);
        let failure = rig.failure("write_text(\"../a.txt\", \"x\");");
        assert!(failure.contains("outside the folders"), "{failure}");
    }
}
