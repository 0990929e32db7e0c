//! Loops and writes that are known again in a resumed run whose script takes another way,
//! or was edited meanwhile.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::support::{Desk, Outcome, Sandbox};

/// A credit for each row of the file.
const CREDITS: &str = "bulk(csv(args[0]), #{ key: \"id\", workers: 1 }, |row| { \
    add_credit(#{ clientid: row.id, description: \"T \" + row.name, amount: 1.00 }); });\n";
/// A note for each row of the file.
const NOTES: &str = "bulk(csv(args[0]), #{ key: \"id\", workers: 1 }, |row| { \
    update_client(#{ clientid: row.id, notes: \"X\" }); });\n";
/// The same credits, one after the other.
const PLAIN: &str = "for row in csv(args[0]) { \
    add_credit(#{ clientid: row.id, description: \"T \" + row.name, amount: 1.00 }); }\n";

struct Case {
    sandbox: Sandbox,
    desk: Desk,
}

impl Case {
    /// A script, and a file of so many clients.
    fn new(script: &str, clients: u32) -> Self {
        let sandbox = Sandbox::start();
        let desk = sandbox.desk();
        let case = Self { sandbox, desk };
        case.script(script);
        case.rows(1..=clients, |id| id.to_string());
        case
    }

    fn script(&self, text: &str) {
        self.desk.file("script.rhai", text);
    }

    fn rows(&self, ids: impl Iterator<Item = u32>, spelled: impl Fn(u32) -> String) {
        let mut text = "id,name\n".to_owned();
        for id in ids {
            writeln!(text, "{},n{id}", spelled(id)).unwrap();
        }
        self.desk.file("c.csv", text);
    }

    fn run(&self, options: &[&str]) -> Outcome {
        let words = ["run", "script.rhai", "c.csv", "--name", "x"];
        self.desk.whmcsh([&words[..], options].concat())
    }

    /// How many credits each client has got from the script.
    fn credits(&self, clients: u32) -> Vec<usize> {
        let count = |client: u32| {
            let reply = self
                .sandbox
                .ask("GetCredits", &[("clientid", &client.to_string())]);
            let credits = reply["credits"]["credit"].as_array().into_iter().flatten();
            let is_own = |text: &str| text.starts_with("T n");
            credits
                .filter(|credit| credit["description"].as_str().is_some_and(is_own))
                .count()
        };
        (1..=clients).map(count).collect()
    }

    fn notes(&self, clients: u32) -> Vec<String> {
        let note = |client: u32| {
            let id = client.to_string();
            let reply = self.sandbox.ask("GetClientsDetails", &[("clientid", &id)]);
            reply["client"]["notes"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        (1..=clients).map(note).collect()
    }
}

#[test]
fn a_loop_is_known_again_where_the_script_passes_over_the_one_before_it() {
    let first =
        format!("if get_clients_details(#{{ clientid: 1 }}).client.notes != \"X\" {{ {NOTES} }}\n");
    let case = Case::new(&(first + CREDITS), 4);
    case.run(&["--max-writes", "6"]).failed(6);
    assert_eq!(case.credits(4), [1, 1, 0, 0]);
    case.run(&[]).succeeded();
    assert_eq!(case.credits(4), [1, 1, 1, 1]);
    assert_eq!(case.notes(4), ["X"; 4]);
}

#[test]
fn of_a_loop_over_several_frozen_lists_each_is_known_by_its_file() {
    let case = Case::new(
        "for file in [\"a.jsonl\", \"b.jsonl\"] {\n\
         if file == \"a.jsonl\" && get_clients_details(#{ clientid: 1 }).client.notes == \"X\" { continue; }\n\
         bulk(rows(file), #{ workers: 1 }, |c| add_credit(#{ clientid: c.id, description: \"T n\" + c.companyname, amount: 1.00 }));\n}",
        1,
    );
    for file in ["a.jsonl", "b.jsonl"] {
        for id in 1..=6 {
            let (id, name) = (id.to_string(), format!("of {file}"));
            let params = [("clientid", id.as_str()), ("companyname", &name)];
            case.sandbox.ask("UpdateClient", &params);
        }
        let outcome = case.desk.whmcsh(["freeze", "GetClients", "--out", file]);
        outcome.succeeded();
    }
    case.run(&["--max-writes", "8"]).failed(6);
    case.sandbox
        .ask("UpdateClient", &[("clientid", "1"), ("notes", "X")]);
    case.run(&[]).succeeded();
    assert_eq!(case.credits(6), [2; 6]);
}

/// Two files of one name.
const MONTHS: &str = "csv([\"jan/c.csv\", \"feb/c.csv\"][n])";

/// A script that begins one loop with two sources, and passes over the first once a note
/// stands at the first client.
fn two_sources(source: &str, text: &str) -> String {
    format!(
        "let is_over = get_clients_details(#{{ clientid: 1 }}).client.notes == \"X\";\n\
         for n in 0..2 {{\n  if n == 0 && is_over {{ continue; }}\n  let source = {source};\n  \
         bulk(source, #{{ key: \"id\", workers: 1 }}, |c| add_credit(#{{ clientid: c.id, description: {text}, amount: 1.00 }}));\n}}"
    )
}

#[test]
fn of_loops_of_one_place_each_is_the_one_whose_rows_it_has() {
    let arrays = "[[#{ id: 1, a: 1 }, #{ id: 2, a: 1 }, #{ id: 3, a: 1 }], \
                  [#{ id: 1, a: 2 }, #{ id: 2, a: 2 }, #{ id: 3, a: 2 }]][n]";
    let odd = "all_clients().to_array().filter(|c| c.id < 7 && c.id % 2 == n)";
    for (source, text, expected) in [
        (arrays, "\"T n\" + c.a", [2, 2, 2, 0, 0, 0]),
        (MONTHS, "\"T n\" + c.n", [2, 2, 2, 0, 0, 0]),
        (odd, "\"T n\"", [1; 6]),
    ] {
        let case = Case::new(&two_sources(source, text), 1);
        for (n, month) in ["jan", "feb"].iter().enumerate() {
            let text = format!("id,n\n1,{n}\n2,{n}\n3,{n}\n");
            case.desk.file(&format!("{month}/c.csv"), text);
        }
        case.run(&["--max-writes", "4"]).failed(6);
        case.sandbox
            .ask("UpdateClient", &[("clientid", "1"), ("notes", "X")]);
        case.run(&[]).succeeded();
        assert_eq!(case.credits(6), expected, "{source}");
    }
}

#[test]
fn a_loop_of_many_whose_rows_are_those_of_another_is_refused() {
    let case = Case::new(&two_sources(MONTHS, "\"T n\" + c.n"), 1);
    for (n, month) in ["jan", "feb"].iter().enumerate() {
        let text = format!("id,n\n1,{n}\n2,{n}\n3,{n}\n");
        case.desk.file(&format!("{month}/c.csv"), text);
    }
    // The second was never begun.
    case.run(&["--max-writes", "2"]).failed(6);
    case.sandbox
        .ask("UpdateClient", &[("clientid", "1"), ("notes", "X")]);
    let error = case.run(&[]).failed(2).to_owned();
    assert!(
        error.contains("it may be another loop of the script"),
        "{error}"
    );
    assert!(error.contains("nothing was sent for it"), "{error}");
    assert_eq!(case.credits(3), [1, 1, 0]);
}

#[test]
fn loops_are_known_again_in_a_script_whose_loops_were_moved_added_or_removed() {
    let lines = "// A comment, and\nlet later = 1;\n";
    let more = "bulk([1], |n| { log_activity(#{ description: \"more\" }); });\n";
    let edited: BTreeMap<&str, String> = [
        ("swapped", format!("{CREDITS}{NOTES}")),
        ("more", format!("{more}{NOTES}{CREDITS}")),
        ("removed", CREDITS.to_owned()),
        ("moved", format!("{lines}{NOTES}{lines}{CREDITS}")),
    ]
    .into();
    crate::support::at_once(edited, |(what, script)| {
        let case = Case::new(&format!("{NOTES}{CREDITS}"), 4);
        case.run(&["--max-writes", "6"]).failed(6);
        case.script(&script);
        case.run(&[]).succeeded();
        assert_eq!(case.credits(4), [1; 4], "{what}");
        assert_eq!(case.notes(4), ["X"; 4], "{what}");
    });
}

#[test]
fn a_loop_that_may_be_one_that_is_gone_is_refused() {
    let case = Case::new(&format!("{NOTES}{CREDITS}"), 3);
    case.run(&["--max-writes", "4"]).failed(6);
    let other = CREDITS.replace("T ", "T n");
    case.script(&format!("{other}{}", NOTES.replace('X', "Y")));
    let error = case.run(&[]).failed(2).to_owned();
    assert!(error.contains("this may be one of them"), "{error}");
    assert_eq!(case.credits(3), [1, 0, 0]);
}

#[test]
fn a_plain_loop_that_became_a_bulk_loop_does_nothing_twice_nor_the_other_way_round() {
    let alone = format!(
        "for row in csv(args[0]) {{ {} }}\n",
        CREDITS.replace("csv(args[0])", "[row]").trim()
    );
    let cases = [
        ("bulk", PLAIN, CREDITS, 4),
        ("plain", CREDITS, PLAIN, 1),
        ("alone", CREDITS, &alone, 4),
    ];
    crate::support::at_once(cases, |(what, before, after, code)| {
        let case = Case::new(before, 4);
        case.run(&["--max-writes", "2"]).failed(6);
        case.script(after);
        let error = case.run(&[]).failed(code).to_owned();
        assert!(
            error.contains("already did the same `AddCredit`"),
            "{what}: {error}"
        );
        assert!(case.credits(4).iter().all(|count| *count <= 1), "{what}");
        // What stands for the one asked for now is not done again, and the rest is.
        let run = case.desk.only_run();
        let run = run.file_name().unwrap().to_str().unwrap();
        for write in ["1", "2"] {
            let words = ["runs", "settle", run, "--write", write, "--keep"];
            case.desk.whmcsh(words).succeeded();
        }
        case.run(&[]).succeeded();
        assert_eq!(case.credits(4), [1; 4], "{what}");
    });
}

#[test]
fn a_loop_that_became_another_kind_with_other_values_does_nothing_beside_what_it_did() {
    let dearer = |script: &str| script.replace("1.00", "2.00");
    let alone = format!(
        "for row in csv(args[0]) {{ {} }}\n",
        CREDITS.replace("csv(args[0])", "[row]").trim()
    );
    let cases = [
        ("bulk", PLAIN, dearer(CREDITS), 4),
        ("plain", CREDITS, dearer(PLAIN), 1),
        ("alone", CREDITS, dearer(&alone), 4),
    ];
    crate::support::at_once(cases, |(what, before, after, code)| {
        for word in ["--keep", "--again"] {
            let case = Case::new(before, 4);
            case.run(&["--max-writes", "2"]).failed(6);
            case.script(&after);
            let error = case.run(&[]).failed(code).to_owned();
            assert!(error.contains("with other parameters"), "{what}: {error}");
            assert!(error.contains("(write 2)") || code == 1, "{what}: {error}");
            // However often.
            let error = case.run(&[]).failed(code).to_owned();
            assert!(error.contains("with other parameters"), "{what}: {error}");
            let credits = case.credits(4);
            assert!(credits[..2].iter().all(|count| *count == 1), "{what}");
            let run = case.desk.only_run();
            let run = run.file_name().unwrap().to_str().unwrap();
            for write in ["1", "2"] {
                let words = ["runs", "settle", run, "--write", write, word];
                case.desk.whmcsh(words).succeeded();
            }
            case.run(&[]).succeeded();
            // A row that ended is passed over, whatever was said of its write.
            let more = usize::from(word == "--again");
            let first = if what == "alone" { 1 } else { 1 + more };
            assert_eq!(case.credits(4), [first, 1 + more, 1, 1], "{what} {word}");
        }
    });
}

#[test]
fn loops_of_both_kinds_about_the_same_go_on_exactly_in_an_edited_script() {
    let dearer = |script: &str| script.replace("1.00", "2.00");
    let cases = [
        format!("{PLAIN}{}", dearer(CREDITS)),
        format!("{CREDITS}{}", dearer(PLAIN)),
        format!("{CREDITS}{}", dearer(CREDITS)),
        format!("for n in 1..=2 {{ {CREDITS} {} }}", dearer(PLAIN)).replace("1.00", "n"),
    ];
    crate::support::at_once(cases, |script| {
        let each = if script.starts_with("for n") { 4 } else { 2 };
        for stop in [2, 4, 6, 7] {
            let case = Case::new(&script, 4);
            case.run(&["--max-writes", &stop.to_string()]).failed(6);
            case.script(&format!("// A word more.\n{script}"));
            case.run(&[]).succeeded();
            assert_eq!(case.credits(4), [each; 4], "{stop}: {script}");
        }
    });
}

#[test]
fn the_same_write_in_a_loop_and_in_a_row_is_made_in_both() {
    let both = format!("{PLAIN}{CREDITS}{PLAIN}");
    for stop in ["3", "7", "11"] {
        let case = Case::new(&both, 4);
        case.run(&["--max-writes", stop]).failed(6);
        case.run(&[]).succeeded();
        assert_eq!(case.credits(4), [3; 4], "{stop}");
    }
}

#[test]
fn an_id_that_is_spelled_otherwise_is_the_same_id() {
    let spelled = PLAIN.replace("row.id", "\"00\" + row.id");
    let cases: [(&str, bool); 2] = [(PLAIN, true), (&spelled, false)];
    crate::support::at_once(cases, |(after, is_in_file)| {
        let case = Case::new(PLAIN, 3);
        case.run(&["--max-writes", "2"]).failed(6);
        case.script(after);
        if is_in_file {
            case.rows(1..=3, |id| format!("0{id}"));
        }
        let error = case.run(&[]).failed(1).to_owned();
        assert!(
            error.contains("already did `AddCredit` with other parameters"),
            "{error}"
        );
        assert_eq!(case.credits(3), [1, 1, 0]);
    });
}

#[test]
fn a_finished_name_is_refused_with_other_values_and_not_with_another_spelling() {
    let case = Case::new(CREDITS, 3);
    case.run(&[]).succeeded();
    // Fewer rows, and the same again, are no other work.
    case.rows(1..=2, |id| id.to_string());
    case.run(&[]).succeeded();
    case.rows(1..=3, |id| id.to_string());
    case.run(&[]).succeeded();
    case.desk
        .file("c.csv", "id,name\n 1 ,n1\n2,\"n2 \"\n3,n3\n");
    case.run(&[]).succeeded();
    case.desk.file("c.csv", "id,name\n1,n1\n2,n77\n3,n77\n");
    let error = case.run(&[]).failed(2).to_owned();
    assert!(
        error.contains("2 rows of `c.csv` have other values than when the run did them, and the run is done (the first: row `2`, `name`)"),
        "{error}"
    );
    assert!(error.contains("`--name x-$(date +%Y-%m)`"), "{error}");
    assert_eq!(case.credits(3), [1; 3]);
}

#[test]
fn a_key_that_was_mended_between_two_shards_of_one_name_stops_the_second() {
    let script = CREDITS.replace("key: \"id\"", "key: \"email\"");
    let case = Case::new(&script, 1);
    let file = |host: &str| {
        let rows = (1..=6).map(|id| format!("{id},n{id},c{id}@{host}.example\n"));
        case.desk.file(
            "c.csv",
            format!("id,name,email\n{}", rows.collect::<String>()),
        );
    };
    file("x");
    case.run(&["--shard", "1/2"]).succeeded();
    let before = case.credits(6);
    file("y");
    let error = case.run(&["--shard", "2/2"]).failed(2).to_owned();
    assert!(
        error.contains("that other shards may have begun are gone from `c.csv`"),
        "{error}"
    );
    assert_eq!(case.credits(6), before);
    file("x");
    case.run(&["--shard", "2/2"]).succeeded();
    assert_eq!(case.credits(6), [1; 6]);
}

#[test]
fn a_name_is_the_same_however_the_paths_are_written_and_says_what_differs_otherwise() {
    let case = Case::new(CREDITS, 2);
    case.run(&[]).succeeded();
    let folder = case.desk.folder().to_owned();
    std::os::unix::fs::symlink(folder.join("script.rhai"), folder.join("link.rhai")).unwrap();
    let full = folder.join("c.csv").display().to_string();
    for [script, file] in [
        ["script.rhai", "./c.csv"],
        ["./script.rhai", &full],
        ["link.rhai", "c.csv"],
    ] {
        case.desk
            .whmcsh(["run", script, file, "--name", "x"])
            .succeeded();
    }
    case.desk.file("d.csv", "id,name\n1,n1\n");
    let other = case
        .desk
        .whmcsh(["run", "script.rhai", "d.csv", "--name", "x"]);
    let error = other.failed(2);
    assert!(
        error.contains(
            "hint: argument 1 was `c.csv`, not `d.csv`: repeat it as before; for other \
            work, use another name"
        ),
        "{error}"
    );
    assert_eq!(case.credits(2), [1; 2]);
}
