//! Lists of the server in files, which all shards go through alike.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Desk, Outcome, Sandbox, int};

/// Closes the clients that it goes through: each leaves the list of the active ones.
const CLOSING: &str = "let done = bulk(rows(args[0]), #{ workers: 4 }, |client| { \
    close_client(#{ clientid: client.id }); }); print(done.ok);";

fn read(desk: &Desk, name: &str) -> String {
    std::fs::read_to_string(desk.folder().join(name)).unwrap()
}

fn closed(sandbox: &Sandbox) -> usize {
    let reply = sandbox.ask("GetClients", &[("limitnum", "500"), ("status", "Closed")]);
    reply["clients"]["client"].as_array().map_or(0, Vec::len)
}

#[test]
fn shards_over_a_frozen_list_do_each_of_its_records_once_whatever_the_others_change() {
    let sandbox = Sandbox::with(&["--clients", "60"]);
    let desk = sandbox.desk();
    desk.file("close.rhai", CLOSING);
    let outcome = desk.whmcsh([
        "freeze",
        "GetClients",
        "status=Active",
        "--out",
        "active.jsonl",
    ]);
    outcome.succeeded();
    let records = read(&desk, "active.jsonl").lines().count() - 2;
    let said = format!(
        "{records} records of `GetClients` frozen: read them in a script with `rows(\"active.jsonl\")`"
    );
    assert!(outcome.stderr.starts_with(&said), "{}", outcome.stderr);
    let before = closed(&sandbox);
    let mut done = 0;
    for shard in ["1/3", "2/3", "3/3"] {
        let words = ["run", "close.rhai", "active.jsonl", "--max-deletes", "999"];
        let outcome = desk.whmcsh(words.iter().chain(&["--shard", shard]));
        done += outcome.succeeded().trim().parse::<usize>().unwrap();
    }
    assert!(records > 30 && done == records, "{done} of {records}");
    assert_eq!(closed(&sandbox) - before, records);
}

#[test]
fn a_shard_does_not_page_the_rows_of_bulk_itself() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    for rows in [
        "all_clients()",
        "all_clients().to_array()",
        "get_clients().clients.client",
        "gather(all_clients(), |c| c)",
        "all_clients().to_array().filter(|c| c.id > 2)",
    ] {
        let script = format!(
            "bulk({rows}, #{{ key: \"id\" }}, |c| add_client_note(#{{ userid: c.id, notes: \"n\" }}));"
        );
        desk.file("script.rhai", script);
        let error = desk
            .whmcsh(["run", "script.rhai", "--shard", "1/2"])
            .failed(1)
            .to_owned();
        assert!(
            error.contains("the rows of `bulk` cannot be a list of the server"),
            "{rows}: {error}"
        );
        assert!(
            error.contains("`whmcsh freeze GetClients --out rows.jsonl`"),
            "{rows}: {error}"
        );
        assert!(error.contains("script.rhai:1:1"), "{rows}: {error}");
    }
    // What is made of a list is that list, however it is made.
    let looped = "let a = []; for c in all_clients() { a.push(#{ id: c.id, n: 1 }); }";
    for (before, rows, key) in [
        ("", "all_clients().to_array().map(|c| #{ id: c.id })", "id"),
        (
            "",
            "all_clients().to_array().map(|c| #{ mail: c.email })",
            "mail",
        ),
        (
            "",
            "gather(all_clients(), |c| #{ id: c.id }).to_array()",
            "id",
        ),
        (looped, "a", "id"),
        (looped, "a.filter(|c| c.n == 1)", "id"),
    ] {
        let script = format!(
            "{before} bulk({rows}, #{{ key: \"{key}\" }}, |c| add_client_note(#{{ userid: 1, notes: \"n\" }}));"
        );
        desk.file("script.rhai", script);
        let run = desk.whmcsh(["run", "script.rhai", "--shard", "1/2"]);
        let error = run.failed(1);
        let told = "the rows of `bulk` cannot be made of a list of the server";
        assert!(error.contains(told), "{rows}: {error}");
    }
    let log = sandbox.ask(
        "GetActivityLog",
        &[("limitnum", "500"), ("description", "note")],
    );
    assert_eq!(int(&log["totalresults"]), Some(0));
    // What is looked up in one for rows of a file is not their key.
    desk.file("rows.csv", "tag,client\na,1\nb,2\n");
    desk.file(
        "script.rhai",
        "let ids = #{}; for c in all_clients() { ids[`${c.id}`] = c.id; }\n\
         let rows = csv(\"rows.csv\").to_array().map(|r| #{ tag: r.tag, id: ids[r.client] });\n\
         bulk(rows, #{ key: \"tag\" }, |r| log_activity(#{ description: `${r.id}` }));",
    );
    for shard in ["1/2", "2/2"] {
        desk.whmcsh(["run", "script.rhai", "--shard", shard])
            .succeeded();
    }
    // Lists that are no rows of `bulk` are read by every shard.
    desk.file(
        "script.rhai",
        "print(gather(all_clients(), |c| c.id).count());",
    );
    assert_eq!(
        desk.whmcsh(["run", "script.rhai", "--shard", "1/2"])
            .succeeded(),
        "6\n"
    );
}

#[test]
fn an_empty_frozen_list_says_which_list_it_is() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let words = [
        "freeze",
        "GetClients",
        "search=nobody-at-all",
        "--out",
        "none.jsonl",
    ];
    desk.whmcsh(words).succeeded();
    let text = read(&desk, "none.jsonl");
    let head: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(head["_frozen"]["list"], "GetClients");
    desk.file(
        "script.rhai",
        "bulk(rows(\"none.jsonl\"), |c| close_client(#{ clientid: c.id }));",
    );
    desk.whmcsh(["run", "script.rhai", "--shard", "1/2"])
        .succeeded();
}

/// What runs a loop that only logs, over rows made by that text, as a shard.
fn shard_over(desk: &Desk, before: &str, rows: &str, options: &str) -> Outcome {
    let script = format!(
        "{before}\nbulk({rows}, #{{ key: \"id\"{options} }}, |c| log_activity(#{{ description: `Row ${{c.id}}` }}));"
    );
    desk.file("script.rhai", script);
    desk.whmcsh(["run", "script.rhai", "--shard", "1/2", "7", "8"])
}

#[test]
fn rows_that_a_shard_makes_of_a_list_are_refused_however_they_are_made() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("one.csv", "id,n\n1,x\n");
    let each =
        |id: &str| format!("let a = []; for c in all_clients() {{ a.push(#{{ id: {id} }}); }}");
    for (before, rows) in [
        (&*each("`${c.id}`"), "a"),
        (&each("c.id + 0"), "a"),
        (&each("c.id * 1"), "a"),
        (&each("parse_int(`${c.id}`)"), "a"),
        (&each("c.email + \"\""), "a"),
        (&each("c.email.to_upper()"), "a"),
        (&each("c.get(\"id\")"), "a"),
        (&each("c.values()[c.keys().index_of(\"id\")]"), "a"),
        (
            "let a = []; for c in get_clients(#{ limitnum: 50 }).clients.client { a.push(#{ id: `${c.id}` }); }",
            "a",
        ),
        (
            "let a = []; for c in call(\"GetClients\").clients.client { a.push(#{ id: `${c.id}` }); }",
            "a",
        ),
        (
            "let m = #{}; for c in all_clients() { m[`${c.id}`] = 1; }",
            "m.keys().map(|k| #{ id: k })",
        ),
        (
            "let n = 0; for c in all_clients() { n = max(n, c.id); } let a = []; for i in 1..=n { a.push(#{ id: i }); }",
            "a",
        ),
        (
            "write_csv(\"l.csv\", all_clients().to_array(), [\"id\", \"email\"]);",
            "csv(\"l.csv\")",
        ),
        (
            "write_csv(\"l.csv\", all_clients().to_array(), [\"id\", \"email\"]);",
            "csv(\"l.1of2.csv\")",
        ),
        (
            "write_csv(\"l.csv\", all_clients().to_array(), [\"id\", \"email\"]);",
            "csv(\"l.csv\").to_array()",
        ),
        (
            "write_json(\"l.json\", all_clients().to_array());",
            "read_json(\"l.json\")",
        ),
        (
            "let t = csv(\"one.csv\").next(); let a = []; for c in all_clients() { t.id = `${c.id}`; a.push(t); }",
            "a",
        ),
        (
            "let t = csv(\"one.csv\").next().to_map(); let a = []; for c in all_clients() { a.push(t + #{ id: `${c.id}` }); }",
            "a",
        ),
        (
            "let n = 0; for c in all_clients() { n += 1; }",
            "gather([0, 1], |p| #{ id: `${get_clients(#{ limitstart: p }).clients.client[0].id}` })",
        ),
    ] {
        let run = shard_over(&desk, before, rows, "");
        let error = run.failed(1);
        assert!(
            error.contains("with `--shard`, the rows of `bulk`")
                && error.contains("list of the server"),
            "{before} {rows}: {error}"
        );
        assert!(
            error.contains("`whmcsh freeze GetClients --out rows.jsonl`"),
            "{error}"
        );
    }
    // A lane says which shard a row is of, too.
    let lane = "let n = 0; let a = []; for c in all_clients() { n += 1; a.push(#{ id: args[0], l: `${c.id}` }); break; }";
    let run = shard_over(&desk, lane, "a", ", lane: \"l\"");
    assert!(
        run.failed(1).contains("may be made of a list"),
        "{}",
        run.stderr
    );
    let log = sandbox.ask("GetActivityLog", &[("description", "Row ")]);
    assert_eq!(int(&log["totalresults"]), Some(0));
}

#[test]
fn rows_of_files_and_of_the_script_go_on_beside_a_list_that_is_read() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("rows.csv", "id,n\na1,1\nb2,2\nc3,3\n");
    desk.file("rows.jsonl", "{\"id\":\"a1\"}\n{\"id\":\"b2\"}\n");
    desk.file("rows.json", "[{\"id\":\"a1\"},{\"id\":\"b2\"}]");
    let read = "let ids = #{}; for c in all_clients() { ids[`${c.id}`] = c.email; }";
    for (rows, options) in [
        ("csv(\"rows.csv\")", ""),
        ("rows(\"rows.jsonl\")", ""),
        ("read_json(\"rows.json\")", ""),
        ("csv(\"rows.csv\").to_array().filter(|r| r.n in ids)", ""),
        (
            "csv(\"rows.csv\").to_array().map(|r| { r.mail = ids[r.n]; r })",
            "",
        ),
        (
            "csv(\"rows.csv\").to_array().map(|r| r.to_map() + #{ mail: ids[r.n] })",
            "",
        ),
        (
            "rows(\"rows.jsonl\").to_array().map(|r| { r.mail = ids[\"1\"]; r })",
            "",
        ),
        (
            "rows(\"rows.jsonl\").to_array().map(|r| r + #{ mail: ids[\"1\"] })",
            "",
        ),
        (
            "gather(csv(\"rows.csv\"), |r| #{ id: r.id, all: get_clients().totalresults })",
            "",
        ),
        ("[#{ id: \"x1\" }, #{ id: 12 }]", ""),
        ("args.map(|a| #{ id: a })", ""),
        ("[#{ id: 3 * 4 }]", ", own_rows: true"),
    ] {
        let run = shard_over(&desk, read, rows, options);
        assert_eq!(run.code, Some(0), "{rows}: {}", run.stderr);
    }
    let run = shard_over(&desk, "", "[#{ id: 3 * 4 }]", "");
    run.succeeded();
    let run = shard_over(&desk, read, "[#{ id: 3 * 4 }]", "");
    assert!(
        run.failed(1).contains("add `own_rows: true`"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_script_freezes_the_list_that_it_ends_with_and_may_not_write() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "some.rhai",
        "let least = parse_int(args[0]);\nall_clients().to_array().filter(|c| c.id >= least)",
    );
    desk.whmcsh(["freeze", "some.rhai", "4", "--out", "some.jsonl"])
        .succeeded();
    let text = read(&desk, "some.jsonl");
    let ids: BTreeSet<i64> = text
        .lines()
        .filter_map(|line| {
            let record: Value = serde_json::from_str(line).unwrap();
            int(&record["id"])
        })
        .collect();
    assert_eq!(ids, BTreeSet::from([4, 5, 6]));
    let refused = |script: &str| -> Outcome {
        desk.file("bad.rhai", script);
        let outcome = desk.whmcsh(["freeze", "./bad.rhai", "--out", "bad.jsonl"]);
        assert!(!desk.folder().join("bad.jsonl").exists());
        outcome
    };
    let note = "add_client_note(#{ userid: 1, notes: \"n\" });";
    let error = refused(&format!("{note} all_clients()"))
        .failed(2)
        .to_owned();
    assert!(
        error.contains("`AddClientNote` was not sent: `freeze` only reads"),
        "{error}"
    );
    let error = refused("print(1);").failed(1).to_owned();
    assert!(error.contains("the script ends with `()`"), "{error}");
    let error = refused("[1, 2]").failed(1).to_owned();
    assert!(
        error.contains("item 1 of the list is a whole number"),
        "{error}"
    );
    let error = refused("bulk([#{ id: 1 }], |row| ()); all_clients()")
        .failed(1)
        .to_owned();
    assert!(
        error.contains("cannot go through rows with `bulk`"),
        "{error}"
    );
}

#[test]
fn a_frozen_list_keeps_no_secrets_is_its_owners_alone_and_is_not_replaced() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let words = ["freeze", "GetClientsProducts", "--out", "services.jsonl"];
    let outcome = desk.whmcsh(words);
    outcome.succeeded();
    assert!(
        outcome.stderr.contains("left out as secret: `password`"),
        "{}",
        outcome.stderr
    );
    let path = desk.folder().join("services.jsonl");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let services = sandbox.ask("GetClientsProducts", &[]);
    let password = services["products"]["product"][0]["password"]
        .as_str()
        .unwrap();
    assert!(!password.is_empty() && !read(&desk, "services.jsonl").contains(password));
    let error = desk.whmcsh(words).failed(2).to_owned();
    assert!(
        error.contains("`services.jsonl` already exists; nothing was sent"),
        "{error}"
    );
}

#[test]
fn a_run_stops_where_its_frozen_list_is_another_now() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "note.rhai",
        "bulk(rows(args[0]), #{}, |c| add_client_note(#{ userid: c.id, notes: \"n\" }));",
    );
    desk.whmcsh(["freeze", "GetClients", "--out", "a.jsonl"])
        .succeeded();
    let words = ["run", "note.rhai", "a.jsonl", "--name", "notes"];
    desk.whmcsh(words.iter().chain(&["--max-writes", "2", "--workers", "1"]))
        .failed(6);
    let whole = read(&desk, "a.jsonl");
    let lines: Vec<&str> = whole.lines().collect();
    desk.file("a.jsonl", [&lines[..3], &lines[4..]].concat().join("\n"));
    let error = desk.whmcsh(words).failed(2).to_owned();
    assert!(
        error.contains("`a.jsonl` has 5 records, and had 6 when it was frozen"),
        "{error}"
    );
    desk.file("a.jsonl", whole);
    desk.whmcsh(words).succeeded();
    let notes = sandbox.ask("GetActivityLog", &[("limitnum", "500")]);
    assert!(int(&notes["totalresults"]).is_some());
}

#[test]
fn what_call_prints_as_lines_of_json_are_rows_too() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let lines = desk.whmcsh(["call", "GetClients", "--all", "-o", "ndjson"]);
    desk.file("plain.jsonl", lines.succeeded());
    desk.file(
        "script.rhai",
        "print(bulk(rows(args[0]), #{ key: \"id\" }, |c| #{ email: c.email }).ok);",
    );
    let mut total = 0;
    for shard in ["1/2", "2/2"] {
        let outcome = desk.whmcsh(["run", "script.rhai", "plain.jsonl", "--shard", shard]);
        total += outcome.succeeded().trim().parse::<u32>().unwrap();
        assert!(
            outcome
                .stderr
                .contains("`plain.jsonl` was not made by `whmcsh freeze`")
        );
    }
    assert_eq!(total, 6);
}

#[test]
fn a_frozen_list_is_whole_and_each_reads_it_by_its_name() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    for part in ["limitnum=2", "limitstart=2"] {
        let words = ["freeze", "GetClients", part, "--out", "a.jsonl"];
        let error = desk.whmcsh(words).failed(2).to_owned();
        assert!(error.contains("a frozen list must be complete"), "{error}");
        assert!(error.contains("; nothing was sent"), "{error}");
    }
    desk.whmcsh(["freeze", "GetClients", "--out", "a.jsonl"])
        .succeeded();
    let each = |file: &str| {
        desk.whmcsh([
            "each",
            file,
            "--",
            "AddClientNote",
            "userid={id}",
            "notes=n",
        ])
    };
    each("a.jsonl").succeeded();
    std::fs::copy(desk.folder().join("a.jsonl"), desk.folder().join("a.csv")).unwrap();
    let error = each("a.csv").failed(2).to_owned();
    assert!(error.contains("read it with `rows(path)`"), "{error}");
}

#[test]
fn a_list_that_changes_while_it_is_frozen_is_read_again_and_told() {
    let sandbox = Sandbox::with(&["--clients", "250", "--fault", "shift=+1"]);
    let desk = sandbox.desk();
    let outcome = desk.whmcsh(["freeze", "GetClients", "--out", "all.jsonl"]);
    outcome.succeeded();
    let again = "`GetClients` has 250 records now, but 249 were read: it changed meanwhile; it is \
        read again";
    assert!(outcome.stderr.contains(again), "{}", outcome.stderr);
}
