use serde_json::{Value, json};

use super::*;
use crate::run::list::frozen::{FrozenHead, Writer};
use crate::script::test_engine::TestEngine;
use crate::script::test_host::TestHost;

const NOW: &str = "2026-11-30T12:00:00Z";

fn frozen(server: &str, list: Option<&str>, records: &[Value]) -> String {
    let head = FrozenHead::new(server.to_owned(), list, Timestamp::now());
    let mut writer = Writer::begin(Vec::new(), &head).unwrap();
    for record in records {
        writer.put(record).unwrap();
    }
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

#[test]
fn records_of_a_known_list_know_their_fields_and_keep_their_kinds() {
    let rig = TestHost::new();
    let client = json!({"id": 3, "email": "jo@example.com", "datecreated": "2026-01-05"});
    rig.file("r.jsonl", &frozen("", Some("GetClients"), &[client]));
    assert_eq!(rig.value("rows(\"r.jsonl\").next().id + 1"), "4");
    assert_eq!(rig.value("rows(\"r.jsonl\").count()"), "1");
    assert_eq!(
        rig.value("rows(\"r.jsonl\").to_array()[0].email"),
        "jo@example.com"
    );
    let failure = rig.failure("rows(\"r.jsonl\").next().emial");
    assert!(
        failure.starts_with("error: records of `GetClients` have no field `emial`\n")
            && failure.contains("hint: did you mean `email`?"),
        "{failure}"
    );
    assert!(rig.notes().is_empty() && rig.called().is_empty());
}

#[test]
fn a_secret_that_was_left_out_is_refused_and_never_empty() {
    let rig = TestHost::new();
    let service = json!({"id": 3, "domain": "a.example", "password": COVER});
    rig.file(
        "r.jsonl",
        &frozen("", Some("GetClientsProducts"), &[service]),
    );
    assert_eq!(rig.value("rows(\"r.jsonl\").next().domain"), "a.example");
    let failure = rig.failure("rows(\"r.jsonl\").next().password + \"\"");
    let expected =
        "error: `password` is not in `r.jsonl`: it is secret, and a frozen list keeps no secrets\n";
    assert!(failure.starts_with(expected), "{failure}");
}

#[test]
fn a_file_that_was_cut_is_refused_before_its_first_record() {
    let bench = TestEngine::new();
    let records: Vec<Value> = (1..=5).map(|id| json!({"id": id})).collect();
    let mut text = frozen("", None, &records);
    text.truncate(text.len() - 20);
    bench.file("r.jsonl", text);
    let script = "let n = 0; try { for row in rows(\"r.jsonl\") { n += 1; } } catch { } n";
    assert_eq!(bench.text(script), "0");
    bench.file("r.jsonl", "[{\"id\": 1}]\n");
    assert_eq!(
        bench.refusal("rows(\"r.jsonl\")"),
        "`r.jsonl` line 1 is an array, but a record is an object; nothing was sent for its rows\n\
         hint: `whmcsh freeze` and `whmcsh call … --output ndjson` write one record per line; \
         for a whole array, use `read_json` in a script, or `jq -c '.[]'` to get lines"
    );
}

#[test]
fn a_list_of_another_server_is_taken_only_where_that_is_said() {
    let bench = TestEngine::new();
    bench.file(
        "r.jsonl",
        frozen("old.example.com/whmcs", None, &[json!({"id": 1})]),
    );
    let refusal = bench.refusal("rows(\"r.jsonl\")");
    let way_out = "rows(\"r.jsonl\", #{ server: \"old.example.com/whmcs\" })";
    assert!(refusal.starts_with("`r.jsonl` is a list of `old.example.com/whmcs`, and this is for"));
    assert!(
        refusal.ends_with(&format!("name their server: `{way_out}`")),
        "{refusal}"
    );
    assert_eq!(bench.text(&format!("{way_out}.count()")), "1");
    assert!(
        bench
            .refusal("rows(\"r.jsonl\", #{ sever: \"x\" })")
            .ends_with("did you mean `server`?")
    );
}

#[test]
fn lines_of_json_are_rows_and_it_is_said_that_nobody_can_tell_whether_they_are_all() {
    let bench = TestEngine::new();
    bench.file("r.jsonl", "{\"id\":1,\"a\":{\"b\":[2]}}\n{\"id\":2}\n");
    assert_eq!(bench.text("rows(\"r.jsonl\").next().a.b[0]"), "2");
    assert_eq!(
        bench.heard.notes(),
        ["`r.jsonl` was not made by `whmcsh freeze`: it may be incomplete or from another server"]
    );
}

#[test]
fn rows_come_once() {
    let bench = TestEngine::new();
    bench.file("r.jsonl", "{\"id\":1}\n");
    assert_eq!(
        bench.refusal("let r = rows(\"r.jsonl\"); for row in r { } r.count()"),
        "the rows of `r.jsonl` were already read\n\
         hint: rows can be read only once; open the file again, or keep them with `to_array()`"
    );
}

#[test]
fn the_age_of_a_list_is_said_from_a_day_on() {
    let now: Timestamp = NOW.parse().unwrap();
    let told = |at: &str| is_old("r.jsonl", at.parse().unwrap(), now);
    assert_eq!(told("2026-11-29T12:00:01Z"), None);
    assert_eq!(
        told("2026-11-29T11:59:00Z").unwrap(),
        "`r.jsonl` was frozen 1 day ago, at 2026-11-29 11:59 UTC"
    );
    assert!(
        told("2026-11-20T12:00:00Z")
            .unwrap()
            .contains("frozen 10 days ago")
    );
    // A clock that is an hour behind, or set to summer time.
    assert_eq!(told("2026-11-30T13:00:00Z"), None);
    assert_eq!(
        told("2027-01-01T00:00:00Z").unwrap(),
        "`r.jsonl` was frozen at 2027-01-01 00:00 UTC, which is in the future by the clock of this machine: its age is not known"
    );
}

#[test]
fn a_word_that_a_field_of_a_frozen_list_never_holds_is_refused() {
    let rig = TestHost::new();
    let client = json!({"id": 3, "status": "Active"});
    rig.file("r.jsonl", &frozen("", Some("GetClients"), &[client]));
    let failure = rig.failure("for c in rows(\"r.jsonl\") { print(c.status == \"active\"); }");
    assert!(failure.contains("is never `active`"), "{failure}");
}

#[test]
fn a_file_that_is_cut_while_it_is_read_says_that_no_later_row_was_used() {
    let rig = TestHost::new();
    let line = |id: u32| format!("{{\"id\":{id},\"city\":\"{}\"}}\n", "x".repeat(100));
    rig.file("r.jsonl", &(1..=3000).map(line).collect::<String>());
    let path = rig.host().files.working.join("r.jsonl");
    let frozen = Frozen::open(&rig.host(), "r.jsonl", RowsOptions::default()).unwrap();
    assert!(frozen.take().unwrap().is_ok());
    let file = File::options().write(true).open(&path).unwrap();
    file.set_len(100_000).unwrap();
    let error = std::iter::from_fn(|| frozen.take()).find_map(Result::err);
    let said = format!("{:?}", error.unwrap());
    assert!(
        said.contains("was cut off while it was read; no later row was used"),
        "{said}"
    );
    assert!(!said.contains("nothing was sent"), "{said}");
}

#[test]
fn a_file_that_grew_while_it_was_read_is_said_to_have() {
    use std::io::Write as _;

    let rig = TestHost::new();
    rig.file("r.jsonl", "{\"id\":1}\n{\"id\":2}\n");
    let path = rig.host().files.working.join("r.jsonl");
    let frozen = Frozen::open(&rig.host(), "r.jsonl", RowsOptions::default()).unwrap();
    let mut file = File::options().append(true).open(&path).unwrap();
    file.write_all(b"{\"id\":3}\n").unwrap();
    assert_eq!(std::iter::from_fn(|| frozen.take()).count(), 2);
    let notes = rig.notes();
    assert!(
        notes
            .iter()
            .any(|note| note.contains("grew by 9 bytes while it was read; rows in them")),
        "{notes:?}"
    );
}

#[test]
fn a_number_of_json_goes_out_as_the_file_writes_it_or_is_refused_with_its_field() {
    let bench = TestEngine::new();
    let kept = "490001234567.0 1.50 99999999999999999999 0.00001 -3 12.5";
    let fields: Vec<String> = kept
        .split(' ')
        .enumerate()
        .map(|(place, number)| format!("\"f{place}\":{number}"))
        .collect();
    bench.file("r.jsonl", format!("{{{}}}\n", fields.join(",")));
    let shown =
        "let r = rows(\"r.jsonl\").next(); `${r.f0} ${r.f1} ${r.f2} ${r.f3} ${r.f4} ${r.f5}`";
    assert_eq!(bench.text(shown), kept);
    assert_eq!(bench.text("rows(\"r.jsonl\").next().f1 * 2"), "3.00");
    bench.file("r.jsonl", "{\"id\":1}\n{\"id\":2,\"credit\":1e3}\n");
    assert_eq!(
        bench.refusal("rows(\"r.jsonl\")"),
        "`r.jsonl` line 2, field `credit`: the number `1e3` would be sent in other digits; \
         nothing was sent for its rows\n\
         hint: write the number in full, such as `1000` for `1e3`, or as text in double quotes"
    );
}

#[test]
fn an_empty_file_is_refused_and_an_empty_frozen_list_is_said_to_be_empty() {
    let bench = TestEngine::new();
    for nothing in ["", "\n\n", "\u{feff}"] {
        bench.file("r.jsonl", nothing);
        assert!(
            bench.refusal("rows(\"r.jsonl\")").starts_with(
                "`r.jsonl` is empty: nobody can tell whether a list of 0 records is meant; nothing was sent\nhint: freeze"
            )
        );
    }
    bench.file("r.jsonl", frozen("", None, &[]));
    assert_eq!(bench.text("rows(\"r.jsonl\").count()"), "0");
    let notes = bench.heard.notes();
    assert!(
        notes.last().is_some_and(|note| note
            .starts_with("`r.jsonl` has 0 records: the list was empty when it was frozen, at 20")),
        "{notes:?}"
    );
}
