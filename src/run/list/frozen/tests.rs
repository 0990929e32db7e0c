use std::io::Cursor;

use serde_json::{Value, json};

use super::*;

fn frozen(records: &[Value]) -> String {
    let at = "2026-11-30T12:00:00Z".parse().unwrap();
    let head = FrozenHead::new("billing.example.com".to_owned(), Some("GetClients"), at);
    let mut writer = Writer::begin(Vec::new(), &head).unwrap();
    for record in records {
        writer.put(record).unwrap();
    }
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

fn clients() -> Vec<Value> {
    (1..=3)
        .map(|id| json!({"id": id, "email": "ö@example.com"}))
        .collect()
}

/// The records of a file, or what is wrong with it.
fn read(text: &str) -> Result<Vec<Value>, String> {
    let told = |fault: Fault| fault.to_string();
    let mut reader = Reader::begin(Cursor::new(text)).map_err(told)?;
    let mut records = Vec::new();
    while let Some(record) = reader.record().map_err(told)? {
        records.push(Value::Object(record));
    }
    assert!(reader.record().unwrap().is_none());
    Ok(records)
}

#[test]
fn a_list_comes_back_as_it_was_frozen() {
    let text = frozen(&clients());
    assert_eq!(text.lines().count(), 5);
    assert_eq!(read(&text).unwrap(), clients());
    let reader = Reader::begin(Cursor::new(&text)).unwrap();
    let head = reader.head().unwrap();
    assert_eq!(
        (head.server.as_str(), head.list.as_deref()),
        ("billing.example.com", Some("GetClients"))
    );
    assert_eq!(read(&frozen(&[])).unwrap(), [] as [Value; 0]);
}

#[test]
fn a_list_that_was_cut_anywhere_is_refused() {
    let text = frozen(&clients());
    for cut in 1..text.len() {
        let Some(cut) = text.get(..cut) else { continue };
        // Without the end of its last line it is whole.
        assert!(read(cut).is_err() || cut == text.trim_end(), "{cut}");
    }
}

#[test]
fn a_list_that_was_edited_is_refused() {
    let text = frozen(&clients());
    let lines: Vec<&str> = text.lines().collect();
    let without = |line: usize| {
        let mut lines = lines.clone();
        lines.remove(line);
        lines.join("\n")
    };
    assert!(
        read(&without(2))
            .unwrap_err()
            .contains("has 2 records, and had 3")
    );
    assert!(
        read(&without(4))
            .unwrap_err()
            .contains("is cut off after line 4")
    );
    assert_eq!(
        read(&text.replace("\"id\":2", "\"id\":7")).unwrap_err(),
        "was edited after it was frozen"
    );
    assert_eq!(
        read(&text.replace("GetClients", "GetOrders")).unwrap_err(),
        "was edited after it was frozen"
    );
    let longer = format!("{text}{{\"id\":4}}\n");
    assert_eq!(
        read(&longer).unwrap_err(),
        "continues after its end in line 5"
    );
    let later = text.replace("\"format\":1", "\"format\":2");
    assert!(
        read(&later)
            .unwrap_err()
            .contains("format 2, written by a later version of whmcsh")
    );
}

#[test]
fn a_line_of_a_frozen_list_that_is_no_record_is_told_as_the_damage_it_is() {
    let text = frozen(&clients());
    let damaged = text.replacen("{\"id\":2,", "{\"id\":", 1);
    let told = read(&damaged).unwrap_err();
    let edited = "was edited after it was frozen, or is cut off: line 3 is not JSON, at column";
    assert!(told.starts_with(edited), "{told}");
    let cut = &text[..text.len() - 20];
    let told = read(cut).unwrap_err();
    assert!(told.contains("is cut off: line 5 "), "{told}");
}

#[test]
fn lines_of_records_alone_are_a_list_too() {
    assert_eq!(
        read("\u{feff}{\"id\":1}\r\n\n{\"id\":2}").unwrap(),
        [json!({"id": 1}), json!({"id": 2})]
    );
    assert_eq!(read("").unwrap(), [] as [Value; 0]);
}

#[test]
fn what_is_no_record_is_told_with_its_line() {
    assert_eq!(
        read("{\"id\":1}\n[1]\n").unwrap_err(),
        "line 2 is an array, but a record is an object"
    );
    assert_eq!(
        read("[\n").unwrap_err(),
        "line 1 is cut off, or continues on the next: a list has one record per line"
    );
    assert_eq!(
        read("{\"id\":1}\nid,email\n").unwrap_err(),
        "line 2 is not JSON, at column 1"
    );
    assert_eq!(
        read("{\"id\":1}\n7\n").unwrap_err(),
        "line 2 is not an object, as every record is"
    );
}

#[test]
fn a_key_twice_is_refused_at_whatever_depth_and_values_stay_what_they_are() {
    assert_eq!(
        read("{\"id\":1}\n{\"id\":2,\"email\":\"a\",\"id\":3}\n").unwrap_err(),
        "line 2 has the key `id` twice"
    );
    assert_eq!(
        read("{\"id\":1,\"fields\":[{\"a\":1,\"a\":2}]}").unwrap_err(),
        "line 1 has the key `a` twice"
    );
    let kinds = json!({"a": -1, "b": 18_446_744_073_709_551_615_u64, "c": 1.5, "d": null, "e": [true, "x"], "f": {}});
    assert_eq!(read(&kinds.to_string()).unwrap(), [kinds]);
}

#[test]
fn blank_lines_are_counted() {
    let mut reader = Reader::begin(Cursor::new("{}\n\n{}\n  \n")).unwrap();
    while reader.record().unwrap().is_some() {}
    assert_eq!(reader.blank_lines(), (2, 2));
}

#[test]
fn a_head_that_cannot_be_read_is_refused_with_its_place() {
    let text = frozen(&clients());
    let later = text.replace("2026-11-30T12:00:00Z", "yesterday");
    assert_eq!(
        read(&later).unwrap_err(),
        "has a broken head: line 1 says `at` is `yesterday`, not a time"
    );
    let first = text.lines().next().unwrap();
    for head in [
        first.replace("\"at\"", "\"on\""),
        first.replace("\"server\"", "\"host\""),
    ] {
        // Without its last line too, it would be a list of records.
        assert_eq!(
            read(&format!("{head}\n{{\"id\":1}}\n")).unwrap_err(),
            "has a broken head: line 1 lacks the server, the format or the time"
        );
    }
}
