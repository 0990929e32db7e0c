//! One command on several servers: a run of its own on each, one account, and the same command
//! again goes on with all of them.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::json_objects::{schema, wrong};
use crate::support::{Desk, Outcome, Sandbox};

const SCRIPT: &str = "let done = bulk(csv(args[0]), #{ key: \"tag\", workers: 1 }, |row| {\n\
    log_activity(#{ description: \"Row \" + row.tag });\n\
    });\nwrite_csv(\"summary.csv\", [#{ ok: done.ok }]);\nprint(`${done.ok} done`);\n";

/// Where nobody answers.
const NOWHERE: &str = "http://127.0.0.1:9/";

/// A desk with profiles of these addresses.
fn desk(profiles: &[(&str, &str)]) -> Desk {
    let desk = Desk::new();
    let profiles = profiles.iter().map(|(name, url)| {
        format!(
            "[profiles.{name}]\nurl = \"{url}\"\nidentifier = \"sandbox\"\nsecret = \"sandbox\"\n"
        )
    });
    let text = profiles.collect::<Vec<_>>().concat();
    let path = desk.file(".config/whmcsh/config.toml", text);
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    desk.file("rows.csv", "tag\nk1\nk2\nk3\n");
    desk.file("script.rhai", SCRIPT);
    desk
}

/// How many rows a server was told of.
fn logged(sandbox: &Sandbox) -> usize {
    let reply = sandbox.ask(
        "GetActivityLog",
        &[("description", "Row "), ("limitnum", "500")],
    );
    reply["activity"]["entry"].as_array().map_or(0, Vec::len)
}

fn run(desk: &Desk, more: &[&str]) -> Outcome {
    desk.whmcsh(["run", "script.rhai", "rows.csv"].iter().chain(more))
}

#[test]
fn a_script_is_run_once_on_each_server_and_the_same_command_again_does_nothing_twice() {
    let (one, two) = (Sandbox::start(), Sandbox::start());
    let desk = desk(&[("a", &one.url), ("b", &two.url), ("c", NOWHERE)]);
    let words = ["--profile", "a,b", "--name", "nightly"];
    let outcome = run(&desk, &words);
    assert_eq!(outcome.succeeded(), "a: 3 done\nb: 3 done\n");
    assert!(
        outcome.stderr.contains("6 rows: 6 done"),
        "{}",
        outcome.stderr
    );
    assert!(desk.folder().join("summary.a.csv").is_file());
    assert!(desk.folder().join("summary.b.csv").is_file());
    let again = run(&desk, &words);
    assert!(
        again
            .succeeded_in_words()
            .contains("b: run `nightly` was already done")
    );
    // A server that is down is no reason to leave the others undone.
    let more = run(&desk, &["--profiles", "c,a,b", "--name", "nightly"]);
    let error = more.failed(3);
    assert!(
        error.contains("1 of 3 servers did not end well: `c` (exit code 3)"),
        "{error}"
    );
    assert!(
        error.ends_with(
            "to resume, run: whmcsh run script.rhai rows.csv --profiles c,a,b --name nightly\n"
        ),
        "{error}"
    );
    assert_eq!((logged(&one), logged(&two)), (3, 3));
    // One that is no longer listed is said.
    let fewer = run(&desk, &["--profiles", "a", "--name", "nightly"]);
    assert!(
        fewer
            .succeeded_in_words()
            .contains("`b` has a run of this name")
    );
    let shown = desk.whmcsh(["runs", "show", "--name", "nightly"]);
    assert!(shown.succeeded().contains("profile"), "{}", shown.stdout);
    // The name is that of all servers, and of no single one.
    let single = run(&desk, &["--profile", "a", "--name", "nightly"]);
    assert!(
        single.failed(2).contains("begun with several servers"),
        "{}",
        single.stderr
    );
}

#[test]
fn a_code_and_arguments_of_the_script_are_those_of_the_fleet() {
    let (one, two) = (Sandbox::start(), Sandbox::start());
    let desk = desk(&[("a", &one.url), ("b", &two.url)]);
    desk.file(
        "script.rhai",
        "//! arg rows: file\n//! arg code: number = 0\nlog_activity(#{ description: \"Row \" });\n\
         exit(args.code);\n",
    );
    let servers = ["--profiles", "a,b", "--name", "n"];
    let outcome = run(&desk, &["--code", "10", servers[0], servers[1], "--json"]);
    let object: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(outcome.code, Some(10), "{}", outcome.stderr);
    assert_eq!(
        (&object["state"], &object["exit"]),
        (&"done".into(), &10.into())
    );
    let words = ["--code", "1"];
    let outcome = run(&desk, &[&words[..], &servers[..]].concat());
    let error = outcome.failed(1).to_owned();
    let resume = "whmcsh run script.rhai rows.csv 1 --profiles a,b --name n";
    assert!(
        error.ends_with(&format!("to resume, run: {resume}\n")),
        "{error}"
    );
    let words: Vec<&str> = resume.split(' ').skip(1).collect();
    desk.whmcsh(words).failed(1);
    assert_eq!((logged(&one), logged(&two)), (2, 2));
}

#[test]
fn programs_find_one_object_with_every_server_in_it() {
    let sandbox = Sandbox::start();
    let desk = desk(&[("a", &sandbox.url), ("b", NOWHERE)]);
    let words = [
        "--profiles",
        "a,b",
        "--name",
        "n",
        "--json",
        "--at-once",
        "2",
    ];
    let outcome = run(&desk, &words);
    outcome.failed(3);
    let object: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let found = wrong(&object, &schema("fleet.json"), "");
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(object["exit"], 3);
    assert_eq!(object["counts"]["done"], 3);
    let members = object["members"].as_array().unwrap();
    let told: Vec<Value> = members
        .iter()
        .map(|member| json!([member["profile"], member["name"], member["exit"]]))
        .collect();
    assert_eq!(told, [json!(["a", "n", 0]), json!(["b", "n", 3])]);
    assert_eq!(logged(&sandbox), 3);
}

#[test]
fn rows_that_fail_anywhere_are_in_one_file_with_the_server_of_each() {
    let (one, two) = (Sandbox::start(), Sandbox::start());
    let desk = desk(&[("a", &one.url), ("b", &two.url)]);
    desk.file(
        "script.rhai",
        "bulk(csv(args[0]), #{ key: \"tag\" }, |row| { get_clients_details(#{ clientid: 99999 }); });",
    );
    let error = run(&desk, &["--profiles", "a,b", "--name", "n"]);
    let error = error.failed(4);
    let line = error
        .lines()
        .find_map(|line| line.strip_prefix("failed rows of all servers: "));
    let failed = fs::read_to_string(line.unwrap()).unwrap();
    let mut lines = failed.lines();
    assert!(lines.next().unwrap().ends_with(",_profile"), "{failed}");
    let of = |profile: &str| {
        failed
            .lines()
            .filter(|line| line.ends_with(profile))
            .count()
    };
    assert_eq!((of(",a"), of(",b")), (3, 3), "{failed}");
    assert_eq!((logged(&one), logged(&two)), (0, 0));
}

#[test]
fn a_fleet_that_is_killed_goes_on_where_it_was_and_what_it_began_stops_with_it() {
    let (one, two) = (Sandbox::start(), Sandbox::start());
    let desk = desk(&[("a", &one.url), ("b", &two.url)]);
    desk.file(
        "script.rhai",
        "let done = bulk(csv(args[0]), #{ key: \"tag\", workers: 1 }, |row| {\n\
         log_activity(#{ description: \"Row \" + row.tag });\n\
         if row.tag == \"k2\" { print(\"second\"); while read_text(\"flag.txt\") == \"wait\" { sleep(0.01); } }\n\
         });\nprint(`${done.ok} done`);\n",
    );
    for signal in ["-KILL", "-INT"] {
        desk.file("flag.txt", "wait");
        let words = [
            "run",
            "script.rhai",
            "rows.csv",
            "--profiles",
            "a,b",
            "--name",
            signal,
        ];
        let words = words.map(|word| word.trim_start_matches("-K").trim_start_matches("-I"));
        let mut child = desk
            .command()
            .args(words)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut printed = BufReader::new(child.stdout.take().unwrap());
        printed.read_line(&mut line).unwrap();
        assert_eq!(line, "a: second\n");
        let id = child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
        let code = child.wait().unwrap().code();
        assert_eq!(code, (signal == "-INT").then_some(130));
        desk.file("flag.txt", "go");
        // The process of the first server has ended by itself, or is waited for.
        let outcome = desk.whmcsh(words);
        assert!(
            outcome
                .succeeded()
                .ends_with("a: 3 done\nb: second\nb: 3 done\n"),
            "{outcome:?}"
        );
    }
    assert_eq!((logged(&one), logged(&two)), (6, 6));
}

#[test]
fn what_would_be_done_twice_or_cannot_be_shared_is_refused_before_anything_is_sent() {
    let sandbox = Sandbox::start();
    let local = sandbox.url.replace("127.0.0.1", "LocalHost");
    let desk = desk(&[
        ("a", &sandbox.url),
        ("b", &sandbox.url),
        ("d", &local),
        ("c", NOWHERE),
    ]);
    for (more, says) in [
        (&["--profiles", "a,a"][..], "profile `a` is listed twice"),
        (
            &["--profiles", "a,b"],
            "profiles `a` and `b` are the same server",
        ),
        (&["--profiles", "a,x"], "unknown profile `x`"),
        (&["--profiles", "a,,c"], "names no profile in one place"),
        (
            &["--profiles", "@none.txt"],
            "cannot read the profiles in `none.txt`",
        ),
        (
            &["--profiles", "a,c", "--resume", "last"],
            "`--resume` is of one server",
        ),
        (
            &["--profiles", "a,c", "--bind", "plan.json"],
            "`--bind` is of one server",
        ),
        (
            &["--profiles", "a,c", "--shard", "1/2"],
            "`--shard` is of one server",
        ),
        (&["--profiles", "a,c", "-"], "`-` can be read only once"),
        (
            &["--profile", "a", "--at-once", "2"],
            "`--at-once` needs `--shard`, or several",
        ),
        (
            &["--profile", "a", "--fail-fast"],
            "`--fail-fast` needs several profiles",
        ),
        (
            &["--profiles", "a,c", "--yes", "x.example.com"],
            "hostname of none of the servers",
        ),
    ] {
        let outcome = run(&desk, more);
        assert!(
            outcome.failed(2).contains(says),
            "{more:?}: {}",
            outcome.stderr
        );
    }
    assert_eq!(logged(&sandbox), 0);
}

#[test]
fn production_servers_are_confirmed_one_by_one() {
    let (one, two) = (Sandbox::start(), Sandbox::start());
    let desk = desk(&[("a", &one.url), ("b", &two.url)]);
    let path = desk.folder().join(".config/whmcsh/config.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        text.replace("identifier", "production = true\nidentifier"),
    )
    .unwrap();
    let host = |sandbox: &Sandbox| sandbox.host().to_owned();
    let words = ["--profiles", "a,b", "--name", "n", "--yes"];
    let outcome = run(&desk, &[&words[..], &[&host(&one)]].concat());
    let error = outcome.failed(2);
    assert!(
        error.contains("of profile `b` was not confirmed; nothing was sent"),
        "{error}"
    );
    assert_eq!((logged(&one), logged(&two)), (0, 0));
    let both = format!("{},{}", host(&one), host(&two));
    run(&desk, &[&words[..], &[&both]].concat()).succeeded();
    assert_eq!((logged(&one), logged(&two)), (3, 3));
}

#[test]
fn a_call_and_a_plan_tell_whose_each_answer_is() {
    let (one, two) = (Sandbox::start(), Sandbox::start());
    let desk = desk(&[("a", &one.url), ("b", &two.url)]);
    desk.file("all.txt", "# ours\na\nb # the second\n");
    let call = |more: &[&str]| {
        let words = ["call", "GetClients", "limitnum=2", "--profiles", "@all.txt"];
        desk.whmcsh(words.iter().chain(more))
    };
    let replies = call(&[]).json();
    assert_eq!(replies["a"]["result"], "success");
    assert_eq!(replies["b"]["result"], "success");
    let table = call(&["-o", "csv", "--fields", "id"]);
    assert_eq!(table.succeeded(), "profile,id\na,4\na,3\nb,4\nb,3\n");
    let words = ["call", "LogActivity", "description=x", "--profile", "a,b"];
    assert!(desk.whmcsh(words).failed(2).contains("keeps no record"));
    let words = [
        "plan",
        "script.rhai",
        "rows.csv",
        "--profile",
        "a,b",
        "--out",
        "plan.json",
    ];
    let plan = desk.whmcsh(words);
    assert!(
        plan.succeeded()
            .lines()
            .all(|line| line.starts_with("a: ") || line.starts_with("b: "))
    );
    for profile in ["a", "b"] {
        let file = format!("plan.{profile}.json");
        let bound = run(&desk, &["--profiles", profile, "--bind", &file]);
        assert_eq!(bound.succeeded(), format!("{profile}: 3 done\n"));
    }
    assert_eq!((logged(&one), logged(&two)), (3, 3));
    let each = [
        "each",
        "rows.csv",
        "--profile",
        "a,b",
        "--fail-fast",
        "--",
        "LogActivity",
    ];
    let each = desk.whmcsh(each.iter().chain(&["description=Row {tag}"]));
    each.succeeded();
    assert_eq!((logged(&one), logged(&two)), (6, 6));
}
