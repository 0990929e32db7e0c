//! What a script sees of reading many things at once.

use crate::run::scope;
use crate::script::test_host::TestHost;

const DETAILS: &str = "|id| { get_clients_details(#{ clientid: id }); id * 10 }";

#[test]
fn the_values_come_in_the_order_of_the_rows() {
    let rig = TestHost::new();
    let script = format!(
        "let ids = []; for id in 1..=50 {{ ids.push(id); }}
         let sum = 0;
         for value in gather(ids, {DETAILS}) {{ sum = sum * 3 % 1000 + value; }}
         print(sum);
         print(gather([3, 1, 2], #{{ workers: 2 }}, {DETAILS}).to_array());
         print(gather(ids, {DETAILS}).count());"
    );
    let sum = (1..=50).fold(0, |sum, id| sum * 3 % 1000 + id * 10);
    assert_eq!(
        rig.printed(&script),
        [sum.to_string(), "[30, 10, 20]".into(), "50".into()]
    );
    assert_eq!(rig.calls().len(), 103);
}

#[test]
fn lists_files_and_what_was_gathered_are_rows_too() {
    let rig = TestHost::new();
    rig.file("a.csv", "email\na@example.com\nb@example.com\n");
    let printed = rig.printed(
        "print(gather(all_clients(), |c| c.id).count());
         print(gather(csv(\"a.csv\"), |row| row.email).to_array());
         let doubled = gather(gather([1, 2], |n| n + 1), |n| n * 2);
         print(doubled.next()); print(doubled.next()); print(doubled.next());
         print(gather([], |n| n).to_array()); print(doubled);",
    );
    assert_eq!(
        printed,
        [
            "250",
            "[\"a@example.com\", \"b@example.com\"]",
            "4",
            "6",
            "",
            "[]",
            "values of `gather`"
        ]
    );
}

#[test]
fn a_write_is_refused_before_it_is_sent() {
    let rig = TestHost::new();
    let failure = rig.failure("gather([1], |id| close_client(#{ clientid: id })).count();");
    assert!(
        failure.contains("`CloseClient` changes the server, and `gather` is for reads"),
        "{failure}"
    );
    assert!(failure.contains("main.rhai:1:18"), "{failure}");
    let failure = rig.failure("gather([1], |id| call(\"MyAction\", #{})).count();");
    assert!(failure.contains("`gather` is for reads"), "{failure}");
    assert_eq!(rig.calls().len(), 0);
    assert!(!scope::is_reading());
}

#[test]
fn a_write_in_the_loop_over_the_values_is_sent() {
    let rig = TestHost::new();
    rig.printed(
        "for id in gather([1, 2], |id| { get_clients_details(#{ clientid: id }); id }) {
             update_client(#{ clientid: id, city: \"Bonn\" });
         }",
    );
    let writes = rig.calls();
    let writes = writes.iter().filter(|(name, _)| name == "UpdateClient");
    assert_eq!(writes.count(), 2);
}

#[test]
fn an_error_is_raised_in_the_loop_once_its_turn_has_come() {
    let rig = TestHost::new();
    let printed = rig.printed(
        "try {
             for n in gather([1, 2, 3], |n| if n == 2 { close_client() } else { n }) { print(n); }
         } catch (error) { print(error.kind); }
         let some = gather([1, 2], |n| if n == 1 { throw `no ${n}` } else { n });
         try { some.next(); } catch (error) { print(error); }
         print(some.next());",
    );
    assert_eq!(printed, ["1", "parameter", "no 1", ""]);
    let failure = rig.failure("for n in gather([1],\n  |n| n.nothing()) { print(n); }");
    assert!(failure.contains("main.rhai:2:9"), "{failure}");
}

#[test]
fn a_panic_is_an_error_and_not_the_end() {
    let failure = TestHost::new().failure("gather([1], |n| get_servers()).count();");
    assert!(
        failure.contains("`gather` made whmcsh panic: a defect") && failure.contains("report it"),
        "{failure}"
    );
}

#[test]
fn what_cannot_be_is_refused() {
    let rig = TestHost::new();
    for (script, expected) in [
        (
            "gather(1, |n| n)",
            "`gather` cannot loop over a whole number",
        ),
        (
            "gather([1], #{ wrokers: 1 }, |n| n)",
            "`gather` has no option `wrokers`",
        ),
        (
            "gather([1], #{ workers: 0 }, |n| n)",
            "`workers` of `gather` cannot be 0",
        ),
        (
            "gather([1], || 1)",
            "`gather` passes one row to the closure",
        ),
        (
            "let n = 0; gather([1], |x| { n += x; })",
            "rows of `gather` cannot change `n`, which is outside them",
        ),
        (
            "gather([1], |n| gather([n], |m| m).to_array()).count()",
            "`gather` cannot be called in a row",
        ),
        (
            "gather([1], |n| bulk([n], |m| ())).count()",
            "`bulk` cannot be called in `gather`",
        ),
        (
            "gather([1], |n| random_password()).count()",
            "cannot be called in `gather`",
        ),
        (
            "gather([1], |n| skip(\"no\")).count()",
            "`skip` is for the rows of `bulk`",
        ),
        (
            "let all = gather([1], |n| n); all.count(); all.count()",
            "were looped over before",
        ),
    ] {
        let failure = rig.failure(script);
        assert!(failure.contains(expected), "{script}: {failure}");
    }
    rig.printed("bulk([1], |n| { let n = 1; });");
    let rows = crate::script::bulk::tests::rows("bulk([1], |n| { gather([n], |m| m).count(); });");
    let error = rows[0].error.as_ref().unwrap();
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("in a row of `bulk`")
    );
}

#[test]
fn the_user_may_interrupt() {
    let rig = TestHost::new();
    rig.cancel.raise();
    let failure = rig.failure("gather([1], |n| { loop {} }).count()");
    assert!(failure.contains("interrupted"), "{failure}");
}

#[test]
fn leaving_the_loop_ends_the_reading() {
    let rig = TestHost::new();
    let printed = rig.printed(
        "for id in gather(all_clients(), #{ workers: 2 }, |c| { get_clients_details(#{ clientid: c.id }); c.id }) {
             if id == 3 { break; }
         }
         print(\"left\");",
    );
    assert_eq!(printed, ["left"]);
    let read = rig.calls();
    let read = read.iter().filter(|(name, _)| name == "GetClientsDetails");
    assert!(read.count() <= 10);
}

#[test]
fn what_was_captured_and_functions_of_the_script_are_at_hand() {
    let rig = TestHost::new();
    let printed = rig.printed(
        "const FACTOR = 3; fn times(n) { n * global::FACTOR }
         let names = #{ a: 1 }; let seen = counter();
         print(gather([1, 2], |n| { seen.add(1); times(n) + names.a }).to_array());
         print(seen.value);",
    );
    assert_eq!(printed, ["[4, 7]", "2"]);
}
