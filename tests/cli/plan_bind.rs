//! `run --bind`, `each --bind`: exactly what the plan says, or it is said what is not.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::entities::two;
use crate::support::{Desk, Outcome, Sandbox};

/// Adds a client and a note of it for each row.
const ONBOARD: &str = r#"
bulk(csv(args[0]), #{ key: "email" }, |row| {
    let client = add_client(#{ firstname: row.first, email: row.email, password2: random_password(), skipvalidation: true, noemail: true });
    add_client_note(#{ userid: client.clientid, notes: `c${client.clientid} since ${now()}` });
});
"#;

const ROWS: &str = "email,first\na@bind.example,A\nb@bind.example,B\nc@bind.example,C\n";

/// A desk with a script, its rows and a plan of both.
fn planned(sandbox: &Sandbox, script: &str, options: &[&str]) -> Desk {
    let desk = sandbox.desk();
    desk.file("script.rhai", script);
    desk.file("rows.csv", ROWS);
    plan(&desk, options).succeeded();
    desk
}

fn plan(desk: &Desk, options: &[&str]) -> Outcome {
    let words = [
        "plan",
        "script.rhai",
        "rows.csv",
        "--out",
        "plan.json",
        "-q",
    ];
    desk.whmcsh([&words[..], options].concat())
}

fn bound(desk: &Desk, options: &[&str]) -> Outcome {
    let words = ["run", "script.rhai", "rows.csv", "--bind", "plan.json"];
    desk.whmcsh([&words[..], options].concat())
}

/// The lines that two plans of the same writes have in common.
pub fn common(plan: &str) -> impl Iterator<Item = &str> {
    let own = ["  \"id\": ", "  \"made_at\": ", "  \"digest\": "];
    plan.lines()
        .filter(move |line| !own.iter().any(|name| line.starts_with(name)))
}

fn clients(sandbox: &Sandbox) -> Value {
    let all = sandbox.ask("GetClients", &[])["totalresults"].clone();
    // Of which the sandbox begins with six.
    (all.as_i64().unwrap() - 6).into()
}

/// Refused at once with those words, and nothing sent.
fn refused(sandbox: &Sandbox, outcome: &Outcome, words: &str) {
    let said = outcome.failed(2);
    assert!(
        said.contains(words) && said.contains("nothing was sent"),
        "{said}"
    );
    assert!(said.contains("hint: "), "{said}");
    assert_eq!(clients(sandbox), 0, "{said}");
}

#[test]
fn a_bound_run_does_the_plan_and_does_it_once() {
    let sandbox = Sandbox::start();
    let desk = planned(&sandbox, ONBOARD, &[]);
    let text = fs::read_to_string(desk.folder().join("plan.json")).unwrap();
    assert!(text.contains("\"password2\":\"(secret)\""), "{text}");
    let again = plan(&desk, &["--workers", "8", "--json"]);
    let again: Value = again.json();
    let first: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(again["rows"], first["rows"]);
    plan(&desk, &[]).succeeded();
    let second = fs::read_to_string(desk.folder().join("plan.json")).unwrap();
    assert!(second != text && common(&second).eq(common(&text)));
    bound(&desk, &["--workers", "8"]).succeeded();
    assert_eq!(clients(&sandbox), 3);
    let said = bound(&desk, &[]);
    let said = said.failed(2);
    assert!(
        said.contains("already carried out the plan") && said.contains("--bind-again"),
        "{said}"
    );
    assert_eq!(clients(&sandbox), 3);
}

#[test]
fn a_new_plan_of_the_same_writes_is_carried_out_too() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "monthly.rhai",
        r#"add_client_note(#{ userid: 3, notes: "monthly" });"#,
    );
    for plan in ["p0.json", "p1.json"] {
        desk.whmcsh(["plan", "monthly.rhai", "--out", plan])
            .succeeded();
        desk.whmcsh(["plan", "approve", plan, "--as", "Jo"])
            .succeeded();
        let run = ["run", "monthly.rhai", "--approved", "--bind", plan];
        desk.whmcsh(run).succeeded();
        desk.whmcsh(run).failed(2);
    }
    desk.file("rows.csv", "id\n3\n");
    for plan in ["p2.json", "p3.json"] {
        let each = |options: &[&str]| {
            let call = ["--", "AddClientNote", "userid={id}", "notes=monthly"];
            desk.whmcsh([&["each", "rows.csv"], options, &call].concat())
        };
        each(&["--plan", "--out", plan]).succeeded();
        each(&["--bind", plan, "--yes", "1"]).succeeded();
        each(&["--bind", plan, "--yes", "1"]).failed(2);
    }
}

#[test]
fn what_the_plan_was_made_of_may_not_change() {
    let sandbox = Sandbox::start();
    let desk = planned(&sandbox, ONBOARD, &[]);
    desk.file("rows.csv", ROWS.replace(",C\n", ",D\n"));
    refused(
        &sandbox,
        &bound(&desk, &[]),
        "`rows.csv` has changed since the plan was made",
    );
    desk.file(
        "rows.csv",
        "email,first\nb@bind.example,B\na@bind.example,A\nc@bind.example,C\n",
    );
    refused(&sandbox, &bound(&desk, &[]), "`rows.csv` has changed");
    desk.file("rows.csv", ROWS);
    desk.file("script.rhai", format!("{ONBOARD}\n"));
    refused(
        &sandbox,
        &bound(&desk, &[]),
        "`script.rhai` has changed since",
    );
    desk.file("script.rhai", ONBOARD);
    refused(&sandbox, &bound(&desk, &["x"]), "the arguments differ");
    refused(
        &sandbox,
        &bound(&desk, &["--max-writes", "1"]),
        "made with no `--max-writes`",
    );
    refused(
        &sandbox,
        &bound(&desk, &["--no-mail"]),
        "made with no `--no-mail`",
    );
    let other = Sandbox::start();
    desk.configure("other", &other);
    let elsewhere = bound(&desk, &["--profile", "other"]);
    refused(&sandbox, &elsewhere, "the plan was made on");
    assert_eq!(clients(&other), 0);
    bound(&desk, &[]).succeeded();
}

#[test]
fn what_is_no_plan_is_refused_with_a_way_out() {
    let sandbox = Sandbox::start();
    let desk = planned(&sandbox, ONBOARD, &[]);
    let text = fs::read_to_string(desk.folder().join("plan.json")).unwrap();
    let half = text.len() / 2;
    let first = text.find("  \"rows\"").unwrap();
    let digest = text.rfind(",\n  \"digest\"").unwrap();
    let sorted = format!(
        "{}{},\n{}\n}}\n",
        &text[..first],
        text[digest + 2..].trim_end_matches("\n}\n"),
        &text[first..digest]
    );
    let cases = [
        (String::new(), "is empty"),
        ("{}".to_owned(), "is not a plan"),
        ("[1, 2]\n".to_owned(), "is not a plan"),
        ("\0\u{1}\n".to_owned(), "is not a plan"),
        ("{\n  \"rows\": [\n  ]\n}\n".to_owned(), "is not a plan"),
        (text[..half].to_owned(), "is cut off"),
        (text[..text.len() - 20].to_owned(), "is cut off"),
        (
            text.replace("  ],\n  \"digest\"", "  ]\n}\n"),
            "was changed",
        ),
        (
            text.replacen("a@bind", "x@bind", 1),
            "was changed after it was made",
        ),
        (
            text.replacen("\"firstname\":\"B\"", "\"firstname\":\"Z\"", 1),
            "was changed",
        ),
        (
            text.replacen("\"digest\": \"", "\"digest\": \"0", 1),
            "was changed",
        ),
        (
            text.replacen("\"version\": 2", "\"version\": 3", 1),
            "has version 3",
        ),
        (
            text.replacen("\"version\": 2", "\"version\": 1", 1),
            "has version 1 of the format, which says too little",
        ),
        (
            text.replacen("  \"version\": 2,\n", "", 1),
            "made by whmcsh 0.1.0",
        ),
        (text.replace('\n', "\r\n"), "was changed"),
        (
            text.replace("\n  ", "\n    "),
            "was changed after it was made",
        ),
        (text.replace('\n', ""), "was changed after it was made"),
        (text.replace('\n', "\n\n"), "was changed after it was made"),
        (format!("\u{feff}{text}"), "was changed after it was made"),
        (sorted, "was changed after it was made"),
    ];
    for (content, words) in cases {
        desk.file("plan.json", content);
        refused(&sandbox, &bound(&desk, &[]), words);
    }
    fs::remove_file(desk.folder().join("plan.json")).unwrap();
    refused(
        &sandbox,
        &bound(&desk, &[]),
        "cannot read the plan `plan.json`",
    );
    fs::create_dir(desk.folder().join("plan.json")).unwrap();
    refused(&sandbox, &bound(&desk, &[]), "`plan.json`");
}

#[test]
fn a_write_that_is_not_in_the_plan_stops_its_row_even_if_the_script_catches_that() {
    let sandbox = Sandbox::start();
    let script = r#"
        bulk([1, 2, 3], |id| {
            let city = get_clients_details(#{ clientid: 4 }).client.city;
            try { if id == 2 { update_client(#{ clientid: id, city: city }); } } catch {}
            update_client(#{ clientid: id, state: "planned" });
        });
    "#;
    let desk = planned(&sandbox, script, &[]);
    sandbox.ask("UpdateClient", &[("clientid", "4"), ("city", "Elsewhere")]);
    let outcome = bound(&desk, &[]);
    let said = outcome.failed(4);
    assert!(
        said.contains("`UpdateClient` differs from the plan: `city` would be `Elsewhere`"),
        "{said}"
    );
    assert!(said.contains("2 planned writes were not made"), "{said}");
    let state =
        |id| sandbox.ask("GetClientsDetails", &[("clientid", id)])["client"]["state"].clone();
    assert_ne!(state("2"), "planned");
    assert_eq!(
        (state("1"), state("3")),
        ("planned".into(), "planned".into())
    );
}

#[test]
fn a_script_that_would_do_something_else_stops_before_it_is_sent() {
    let sandbox = Sandbox::start();
    let script = r#"
        let client = get_clients_details(#{ clientid: 1 }).client;
        if client.city == "Elsewhere" { try { close_client(#{ clientid: 2 }); } catch {} }
        update_client(#{ clientid: 3, state: "planned" });
    "#;
    let desk = planned(&sandbox, script, &[]);
    sandbox.ask("UpdateClient", &[("clientid", "1"), ("city", "Elsewhere")]);
    let outcome = bound(&desk, &[]);
    let said = outcome.failed(4);
    assert!(
        said.contains("`CloseClient` is not in the plan; nothing was sent"),
        "{said}"
    );
    let client = |id| sandbox.ask("GetClientsDetails", &[("clientid", id)])["client"].clone();
    assert_ne!(client("2")["status"], "Closed");
    assert_ne!(client("3")["state"], "planned");
}

#[test]
fn a_planned_write_that_was_not_made_is_said_at_the_end() {
    let sandbox = Sandbox::start();
    let script = r#"
        for id in [1, 2, 3] {
            let client = get_clients_details(#{ clientid: id }).client;
            if client.city != "Elsewhere" { update_client(#{ clientid: id, state: "planned" }); }
        }
    "#;
    let desk = planned(&sandbox, script, &[]);
    sandbox.ask("UpdateClient", &[("clientid", "2"), ("city", "Elsewhere")]);
    let outcome = bound(&desk, &[]);
    let said = outcome.failed(4);
    assert!(
        said.contains("1 planned write was not made\n  UpdateClient clientid=2 state=planned\n"),
        "{said}"
    );
}

#[test]
fn a_bound_run_that_stopped_goes_on_bound_to_the_same_plan() {
    let sandbox = Sandbox::start();
    let limit = ["--max-writes", "3"];
    let desk = planned(&sandbox, ONBOARD, &limit);
    bound(&desk, &limit).failed(6);
    let begun = bound(&desk, &limit);
    assert!(
        begun.failed(2).contains("has begun to carry out the plan"),
        "{}",
        begun.stderr
    );
    let resume = [&limit[..], &["--resume", "last"]].concat();
    let free = desk.whmcsh([&["run", "script.rhai", "rows.csv"], &resume[..]].concat());
    assert!(
        free.failed(2).contains("is bound to the plan `plan.json`"),
        "{}",
        free.stderr
    );
    fs::rename(
        desk.folder().join("plan.json"),
        desk.folder().join("kept.json"),
    )
    .unwrap();
    desk.file("rows.csv", format!("{ROWS}d@bind.example,D\n"));
    plan(&desk, &limit).succeeded();
    let other = bound(&desk, &resume);
    assert!(
        other.failed(2).contains("bound to another plan"),
        "{}",
        other.stderr
    );
    desk.file("rows.csv", ROWS);
    fs::rename(
        desk.folder().join("kept.json"),
        desk.folder().join("plan.json"),
    )
    .unwrap();
    bound(&desk, &resume).succeeded();
    assert_eq!(clients(&sandbox), 3);
}

#[test]
fn a_plan_that_is_signed_off_can_be_demanded() {
    let sandbox = Sandbox::start();
    let desk = planned(&sandbox, ONBOARD, &[]);
    let approve = |name: &str| desk.whmcsh(["plan", "approve", "plan.json", "--as", name]);
    refused(
        &sandbox,
        &bound(&desk, &["--approved"]),
        "nobody approved the plan",
    );
    for name in ["", "  ", "a\nb"] {
        approve(name).failed(2);
    }
    approve("Jo \"Doe\"").succeeded();
    approve("Zoë").succeeded();
    let text = fs::read_to_string(desk.folder().join("plan.json")).unwrap();
    let plan: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(plan["approved"][0]["by"], "Jo \"Doe\"");
    assert_eq!(plan["approved"][1]["digest"], plan["digest"]);
    desk.file("plan.json", text.replacen("a@bind", "x@bind", 1));
    assert!(
        approve("Jo")
            .failed(2)
            .contains("was changed after it was made")
    );
    desk.file("plan.json", text);
    bound(&desk, &["--approved"]).succeeded();
    assert_eq!(clients(&sandbox), 3);
    let script = ["run", "script.rhai", "rows.csv", "--approved"];
    assert!(desk.whmcsh(script).failed(2).contains("--bind"));
}

#[test]
fn the_exit_code_can_say_whether_anything_would_change() {
    let desk = Desk::new();
    let code = |script: &str, options: &[&str]| {
        desk.file("script.rhai", script);
        let words = ["plan", "script.rhai", "--sandbox", "--detailed-exitcode"];
        desk.whmcsh([&words[..], options].concat()).code.unwrap()
    };
    let update = "update_client(#{ clientid: 1, city: \"X\" });";
    let same = "let c = get_clients_details(#{ clientid: 1 }).client; update_client(#{ clientid: 1, city: c.city });";
    assert_eq!(code("print(get_clients().totalresults);", &[]), 0);
    assert_eq!(code(same, &[]), 0);
    assert_eq!(code(update, &[]), 2);
    assert_eq!(code("throw 1;", &[]), 1);
    assert_eq!(code("let a = ;", &[]), 1);
    assert_eq!(code(update, &["--bogus"]), 1);
    assert_eq!(code(update, &["--max-writes", "many"]), 1);
    assert_eq!(code("bulk([1], |n| { throw \"x\"; });", &[]), 1);
}

#[test]
fn a_plan_is_a_page_and_a_table_too() {
    let desk = Desk::new();
    desk.file(
        "script.rhai",
        "update_client(#{ clientid: 1, city: \"<b>=1\", address2: \"=1+1\" });",
    );
    let words = [
        "plan",
        "script.rhai",
        "--sandbox",
        "--html",
        "plan.html",
        "--csv",
        "plan.csv",
    ];
    desk.whmcsh(words).succeeded();
    let page = fs::read_to_string(desk.folder().join("plan.html")).unwrap();
    assert!(
        page.contains("&lt;b&gt;=1") && !page.contains("<b>"),
        "{page}"
    );
    let table = fs::read_to_string(desk.folder().join("plan.csv")).unwrap();
    assert!(
        table.contains(",UpdateClient,address2,,'=1+1,,\n"),
        "{table}"
    );
}

#[test]
fn no_mark_of_a_placeholder_is_seen_and_none_of_it_is_sent() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let script = r#"
        let c = add_client(#{ skipvalidation: true, password2: "s3cr3t", email: "jo@bind.example" });
        let text = `id ${c.clientid}.`;
        for part in [text.sub_string(0, 8), text.sub_string(5, 6), text.to_upper()] { get_clients(#{ search: part }); }
        write_text(`f-${c.clientid}.txt`, "x");
        debug(text);
        bulk([1], |n| { throw text; });
    "#;
    desk.file("script.rhai", script);
    let outcome = desk.whmcsh(["plan", "script.rhai", "--json"]);
    let shown = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(shown.contains("id <clientid of AddClient 1>."), "{shown}");
    assert!(shown.contains("f-<clientid of AddClient 1>.txt"), "{shown}");
    let is_mark = |letter: char| !letter.is_ascii() && !"“”’×→…".contains(letter);
    assert!(!shown.contains(is_mark), "{shown:?}");
    let plan: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(plan["reads_not_sent"][0]["count"], 3);
    let again = desk.whmcsh(["plan", "script.rhai", "--json"]);
    assert!(common(&again.stdout).eq(common(&outcome.stdout)));
}

#[test]
fn each_is_bound_as_a_script_is() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("rows.csv", "id,city\n1,Bonn\n2,Köln\n");
    let call = ["--", "UpdateClient", "clientid={id}", "city={city}"];
    let each = |options: &[&str]| desk.whmcsh([&["each", "rows.csv"], options, &call[..]].concat());
    each(&["--plan", "--out", "plan.json"]).succeeded();
    desk.file("rows.csv", "id,city\n1,Bonn\n2,Bonn\n");
    let changed = each(&["--bind", "plan.json"]);
    assert!(
        changed.failed(2).contains("`rows.csv` has changed"),
        "{}",
        changed.stderr
    );
    desk.file("rows.csv", "id,city\n1,Bonn\n2,Köln\n");
    each(&["--bind", "plan.json"]).succeeded();
    let client = sandbox.ask("GetClientsDetails", &[("clientid", "2")])["client"].clone();
    assert_eq!(client["city"], "Köln");
}

#[test]
fn a_bound_run_that_was_killed_does_the_rest_of_its_plan_when_it_is_resumed() {
    const MANY: &str = r#"
        bulk(csv(args[0]), #{ key: "email", workers: 1 }, |row| {
            let client = add_client(#{ firstname: row.first, email: row.email, password2: random_password(), skipvalidation: true, noemail: true });
            print(row.email);
            add_client_note(#{ userid: client.clientid, notes: `c${client.clientid} since ${now()}` });
        });
    "#;
    let sandbox = Sandbox::with(&["--latency", "5"]);
    let desk = sandbox.desk();
    desk.file("script.rhai", MANY);
    let row = |number: usize| format!("{number}@bind.example,N\n");
    let rows: String = (0..20).map(row).collect();
    desk.file("rows.csv", format!("email,first\n{rows}"));
    plan(&desk, &[]).succeeded();
    let mut child = desk
        .command()
        .args(["run", "script.rhai", "rows.csv", "--bind", "plan.json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let printed = BufReader::new(child.stdout.take().unwrap());
    assert_eq!(printed.lines().take(3).count(), 3);
    child.kill().unwrap();
    child.wait().unwrap();
    let begun = bound(&desk, &[]);
    assert!(
        begun.failed(2).contains("has begun to carry out the plan"),
        "{}",
        begun.stderr
    );
    bound(&desk, &["--resume", "last"]).succeeded();
    assert_eq!(clients(&sandbox), 20);
    let again = bound(&desk, &[]);
    assert!(
        again.failed(2).contains("already carried out the plan"),
        "{}",
        again.stderr
    );
    assert_eq!(clients(&sandbox), 20);
}

#[test]
fn a_run_that_speaks_to_two_servers_is_bound_on_both() {
    const MOVE: &str = r#"
        let there = connect("new");
        for id in [1, 2] {
            update_client(#{ clientid: id, notes: "moved" });
            there.add_client_note(#{ userid: id, notes: "here" });
        }
    "#;
    let (old, new, other) = (Sandbox::start(), Sandbox::start(), Sandbox::start());
    let desk = two(&old, &new);
    desk.file("script.rhai", MOVE);
    let words = |more: &[&'static str]| [&["script.rhai", "--profile", "old"], more].concat();
    let planned = desk.whmcsh([&["plan"], &words(&["--out", "plan.json", "-q"])[..]].concat());
    planned.succeeded();
    let run = || desk.whmcsh([&["run"], &words(&["--bind", "plan.json"])[..]].concat());
    let config = desk.folder().join(".config/whmcsh/config.toml");
    let text = fs::read_to_string(&config).unwrap();
    let elsewhere = text.replace(new.host(), other.host());
    assert_ne!(elsewhere, text);
    fs::write(&config, elsewhere).unwrap();
    let moved = run();
    assert_ne!(moved.code, Some(0), "{}", moved.stderr);
    assert!(moved.stderr.contains(other.host()), "{}", moved.stderr);
    fs::write(&config, text).unwrap();
    assert_eq!(other.ask("GetClients", &[])["result"], "success");
    let notes = |sandbox: &Sandbox| {
        let client = sandbox.ask("GetClientsDetails", &[("clientid", "1")])["client"].clone();
        client["notes"].as_str().unwrap_or_default().to_owned()
    };
    assert_ne!(notes(&old), "moved");
    run().succeeded();
    assert_eq!(notes(&old), "moved");
}

#[test]
fn a_shard_is_bound_to_the_plan_of_that_shard() {
    let sandbox = Sandbox::start();
    let shard = |of: &'static str| ["--shard", of];
    let desk = planned(&sandbox, ONBOARD, &shard("1/2"));
    refused(
        &sandbox,
        &bound(&desk, &shard("2/2")),
        "the plan was made with `--shard 1/2`",
    );
    refused(
        &sandbox,
        &bound(&desk, &[]),
        "the plan was made with `--shard 1/2`",
    );
    bound(&desk, &shard("1/2")).succeeded();
    let first = clients(&sandbox).as_i64().unwrap();
    plan(&desk, &shard("2/2")).succeeded();
    bound(&desk, &shard("2/2")).succeeded();
    assert_eq!(clients(&sandbox), 3);
    assert!((0..=3).contains(&first));
}
