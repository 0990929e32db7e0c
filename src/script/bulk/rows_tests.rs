//! Where the rows of a bulk loop come from, and what tells them apart.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rhai::Dynamic;

use super::identity::Knowing;
use super::options::BulkOptions;
use super::rows::{Item, RowFeed};
use crate::error::Exit;
use crate::run::bulk::{self, Ended, Panicked, Row, RowOutcome};
use crate::script::test_host::TestHost;

/// How a loop over a file with a key column `email` is refused.
fn refusal(content: &str) -> String {
    let rig = TestHost::new();
    rig.file("c.csv", content);
    let failure =
        rig.failure("bulk(csv(\"c.csv\"), #{ key: \"email\" }, |row| add_client(row.to_map()));");
    assert!(rig.called().is_empty() && rig.begun().is_empty());
    failure
}

#[test]
fn a_file_in_which_a_key_is_missing_or_the_same_is_refused_before_the_first_call() {
    let hint =
        "hint: a key identifies each row; without `key`, rows are identified by their content";
    let twice = refusal("email,n\na,1\n\nb,2\n a ,3\nb,4\n");
    assert!(
        twice.starts_with("error: `c.csv` lines 2 and 5 have the same `email`: `a`\n"),
        "{twice}"
    );
    assert!(twice.ends_with(hint), "{twice}");
    let empty = refusal("email,n\na,1\n ,2\n");
    assert!(
        empty.starts_with("error: `c.csv` line 3: the key `email` is empty\n"),
        "{empty}"
    );
    let missing = refusal("e-mail,n\na,1\n");
    assert!(
        missing.starts_with("error: `c.csv` has no column `email`\n"),
        "{missing}"
    );
    assert!(
        missing.ends_with("hint: did you mean `e-mail`?"),
        "{missing}"
    );
    assert!(refusal("email,n\na,1\nb\n").contains("line 3: 1 cell, but 2 columns"));
}

#[test]
fn a_file_named_on_the_command_line_is_the_command_lines_fault() {
    let mut rig = TestHost::new();
    rig.file("c.csv", "email\na\na\n");
    rig.args = vec!["c.csv".into()];
    let failure = rig
        .run("bulk(csv(args[0]), #{ key: \"email\" }, |row| ());")
        .unwrap_err();
    assert_eq!(failure.exit, Exit::Usage);
}

#[test]
fn the_lane_must_be_a_column_of_the_file() {
    let rig = TestHost::new();
    rig.file("c.csv", "email\na\n");
    let failure = rig.failure("bulk(csv(\"c.csv\"), #{ lane: \"account\" }, |row| ());");
    assert!(
        failure.contains("`c.csv` has no column `account`"),
        "{failure}"
    );
}

#[test]
fn rows_of_a_file_that_were_taken_before_are_no_part_of_the_loop() {
    let rig = TestHost::new();
    rig.file("c.csv", "email\na\na\nb\n");
    rig.run("let rows = csv(\"c.csv\"); rows.next(); bulk(rows, #{ key: \"email\" }, |row| #{});")
        .unwrap();
    let rows = rig.rows();
    let found: Vec<_> = rows
        .iter()
        .map(|row| (&*row.key, row.number, row.line))
        .collect();
    assert_eq!(found, [("a", 2, Some(3)), ("b", 3, Some(4))]);
    let again =
        rig.failure("let rows = csv(\"c.csv\"); bulk(rows, |row| ()); bulk(rows, |row| ());");
    assert!(
        again.contains("the rows of `c.csv` were already read"),
        "{again}"
    );
}

#[test]
fn an_array_in_which_a_key_is_missing_or_the_same_is_refused_before_the_first_row() {
    let rig = TestHost::new();
    for (rows, words) in [
        (
            "#{ id: 2 }, #{ id: 1 }, #{ id: 1 }",
            "rows 2 and 3 have the same `id`: `1`",
        ),
        (
            "#{ id: 1 }, #{ id: \"1\" }",
            "rows 1 and 2 have the same `id`: `1`",
        ),
        ("#{ id: 1 }, #{ id: \"\" }", "row 2: the key `id` is empty"),
        ("#{ id: 1 }, #{ di: 2 }", "row 2 has no `id`"),
        ("#{ id: 1 }, 7", "row 2 is a whole number and has no `id`"),
    ] {
        for options in ["key: \"id\"", "key: \"id\", lane: \"id\""] {
            let failure = rig.failure(&format!(
                "bulk([{rows}], #{{ {options} }}, |row| get_currencies());"
            ));
            assert!(failure.contains(words), "{rows}: {failure}");
        }
    }
    assert!(
        rig.failure("bulk([#{ id: 1 }], #{ lane: \"di\" }, |row| ());")
            .contains("did you mean `id`?")
    );
    assert!(rig.called().is_empty() && rig.begun().is_empty());
}

#[test]
fn a_list_of_the_server_whose_records_lack_the_key_is_refused_at_the_first() {
    let rig = TestHost::new();
    let failure = rig.failure("bulk(all_clients(), #{ key: \"emial\" }, |row| close_client());");
    assert!(
        failure.contains("row 1 has no `emial`") && failure.contains("did you mean `email`?"),
        "{failure}"
    );
    assert!(rig.begun().is_empty() && !rig.called().contains(&"CloseClient".to_owned()));
}

#[test]
fn in_what_is_read_once_a_row_without_a_key_of_its_own_fails_alone() {
    let rows = [
        "#{ id: 1 }",
        "#{ id: 1 }",
        "#{ id: \"\" }",
        "#{ di: 2 }",
        "7",
        "#{ id: 2 }",
    ];
    let rows: Vec<Dynamic> = rows
        .map(|row| rhai::Engine::new().eval(row).unwrap())
        .into();
    let options = BulkOptions {
        key: Some("id".into()),
        lane: Some("id".into()),
        ..BulkOptions::default()
    };
    let feed = RowFeed::over(
        Box::new(rows.into_iter().map(Ok)),
        &options,
        1,
        &Knowing::default(),
    );
    let refused = feed.map(|row| row.unwrap().item.refused.map(|raised| raised.to_string()));
    let messages: Vec<_> = refused.collect();
    let expected = [
        None,
        Some("an earlier row has the same `id`: `1`"),
        Some("row 3: the key `id` is empty"),
        Some("row 4 has no `id`"),
        Some("row 5 is a whole number and has no `id`"),
        None,
    ];
    assert_eq!(messages, expected.map(|words| words.map(str::to_owned)));
}

#[test]
fn a_file_that_goes_wrong_in_the_middle_is_refused_before_its_first_row() {
    let rig = TestHost::new();
    rig.file("c.csv", "email,n\na,1\nb,2\nc\n");
    let failure = rig.failure("bulk(csv(\"c.csv\"), |row| #{});");
    assert!(
        failure.contains("line 4: 1 cell, but 2 columns"),
        "{failure}"
    );
    assert_eq!(rig.rows().len(), 0);
}

#[test]
fn an_empty_loop_counts_nothing() {
    let rig = TestHost::new();
    rig.file("c.csv", "email\n");
    assert_eq!(rig.value("bulk([], |x| ()).total"), "0");
    assert_eq!(
        rig.value("bulk(csv(\"c.csv\"), #{ key: \"email\" }, |x| ()).total"),
        "0"
    );
}

/// Nothing is left of a row that only counts.
struct Nothing;

impl From<Panicked> for Nothing {
    fn from(_: Panicked) -> Self {
        Self
    }
}

#[test]
fn rows_are_taken_when_they_are_needed_and_not_before() {
    const ROWS: i64 = 50_000;
    let (taken, ended, most) = (
        Arc::new(AtomicU64::new(0)),
        AtomicU64::new(0),
        AtomicU64::new(0),
    );
    let count = Arc::clone(&taken);
    let values = (0..ROWS).map(move |n| {
        count.fetch_add(1, Ordering::SeqCst);
        Ok(Dynamic::from_int(n))
    });
    let mut feed = RowFeed::over(
        Box::new(values),
        &BulkOptions::default(),
        1,
        &Knowing::default(),
    );
    let schedule = bulk::Options {
        workers: 8,
        ..bulk::Options::default()
    };
    bulk::run(
        &mut feed,
        &schedule,
        |_| {
            |_: &Row<Item>| Ended {
                outcome: RowOutcome::Done,
                busy: false,
                left: Nothing,
            }
        },
        |_, _, _, _| {
            let ended = ended.fetch_add(1, Ordering::SeqCst);
            most.fetch_max(taken.load(Ordering::SeqCst) - ended, Ordering::SeqCst);
        },
    );
    assert_eq!(ended.into_inner(), ROWS.cast_unsigned());
    let most = most.into_inner();
    assert!(most <= 8 * 17, "{most} rows were in memory at once");
}

#[test]
fn what_was_gathered_is_rows_too() {
    let rig = TestHost::new();
    rig.run(
        "let found = gather([3, 1, 2], |id| #{ id: id, city: `c${id}` });
         let done = bulk(found, #{ key: \"id\" }, |row| {
             update_client(#{ clientid: row.id, city: row.city });
         });
         print(done.ok);",
    )
    .unwrap();
    let mut keys: Vec<String> = rig.rows().iter().map(|row| row.key.to_string()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["1", "2", "3"]);
    assert_eq!(rig.called().len(), 3);
    let failure = rig.failure(
        "bulk(gather([1], |id| update_client(#{ clientid: id, city: \"Bonn\" })), #{ key: \"id\" }, |row| ());",
    );
    assert!(failure.contains("`gather` is for reads"), "{failure}");
    // By their content a resumed run might take them for others.
    let failure = rig.failure("bulk(gather([1], |id| #{ id: id }), |row| ());");
    assert!(failure.contains("`bulk` needs a `key`"), "{failure}");
    assert!(failure.contains("#{ key: \"id\" }"), "{failure}");
}
