//! Runs that are begun or taken up by a name, and runs that are mentioned to another one.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{Desk, Sandbox};

const SCRIPT: &str = "let done = bulk(csv(args[0]), #{ key: \"tag\", workers: 1 }, |row| {\n\
    log_activity(#{ description: \"Row \" + row.tag });\n\
    if read_text(\"flag.txt\") == \"stop\" && row.tag == \"k2\" { exit(1); }\n\
    });\nprint(`${done.ok} done`);\n";

fn begun() -> (Sandbox, Desk) {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("flag.txt", "stop");
    desk.file("rows.csv", "tag\nk1\nk2\nk3\n");
    desk.file("script.rhai", SCRIPT);
    (sandbox, desk)
}

fn logged(sandbox: &Sandbox) -> BTreeMap<String, usize> {
    let reply = sandbox.ask(
        "GetActivityLog",
        &[("description", "Row "), ("limitnum", "500")],
    );
    let mut logged = BTreeMap::new();
    for entry in reply["activity"]["entry"].as_array().into_iter().flatten() {
        let text = entry["description"].as_str().unwrap().to_owned();
        *logged.entry(text).or_default() += 1;
    }
    logged
}

fn ids(desk: &Desk) -> Vec<String> {
    let runs = desk.whmcsh(["runs", "list", "--json"]).json();
    let ids = runs
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["id"].as_str().unwrap().to_owned());
    ids.collect()
}

#[test]
fn a_name_begins_a_run_and_takes_it_up_until_it_is_done() {
    let (sandbox, desk) = begun();
    let words = [
        "run",
        "script.rhai",
        "rows.csv",
        "--name",
        "credit-2026.11_a",
    ];
    desk.whmcsh(words).failed(1);
    desk.file("flag.txt", "go");
    // Workers and rate are no other run.
    let again = [&words[..], &["--workers", "3", "--rate", "100/s", "-q"]].concat();
    assert_eq!(desk.whmcsh(again).succeeded(), "3 done\n");
    assert_eq!(ids(&desk).len(), 1);
    // Done is done: it ends well, and says when that was.
    let done = desk.whmcsh(words);
    assert_eq!(done.succeeded(), "3 done\n");
    assert!(
        done.stderr
            .contains("run `credit-2026.11_a` was already done, at 20"),
        "{}",
        done.stderr
    );
    assert!(logged(&sandbox).len() == 3 && logged(&sandbox).values().all(|count| *count == 1));
    assert_eq!(
        desk.whmcsh(["runs", "list", "--json"]).json()[0]["state"],
        "done"
    );
}

#[test]
fn a_name_is_not_done_while_a_row_failed_was_left_or_is_in_doubt() {
    let doubt = "reset-after@AddClientNote:#1";
    let fails = "if read_text(\"flag.txt\") == \"stop\" && row.tag == \"k2\" { fail(\"later\"); }";
    let notes = "add_client_note(#{ userid: 1, notes: row.tag });";
    let cases: [(&str, &str, &[&str], i32, i32); 3] = [
        ("failed", fails, &[], 4, 0),
        ("left", "", &["--max-writes", "2"], 6, 0),
        // Nobody can look, so that it stays so.
        ("in doubt", notes, &[], 5, 5),
    ];
    crate::support::at_once(cases, |(what, more, options, first, second)| {
        let sandbox = Sandbox::with(&["--fault", doubt]);
        let desk = sandbox.desk();
        desk.file("flag.txt", "stop");
        desk.file("rows.csv", "tag\nk1\nk2\nk3\n");
        let script = format!(
            "bulk(csv(\"rows.csv\"), #{{ key: \"tag\", workers: 1 }}, |row| {{ {more}\n\
             log_activity(#{{ description: \"Row \" + row.tag }}); }});"
        );
        desk.file("script.rhai", script);
        let words = ["run", "script.rhai", "--name", "nightly"];
        desk.whmcsh([&words[..], options].concat()).failed(first);
        desk.file("flag.txt", "go");
        // With no limits, or others: they are no part of what is the same.
        let limits = ["--max-deletes", "3", "--max-failures", "9", "-v"];
        let again = desk.whmcsh([&words[..], &limits].concat());
        assert_eq!(again.code, Some(second), "{what}: {}", again.stderr);
        assert!(!again.stderr.contains("was already done"), "{what}");
        assert_eq!(ids(&desk).len(), 1, "{what}");
        assert!(logged(&sandbox).values().all(|count| *count == 1), "{what}");
        let done = desk.whmcsh(words);
        assert_eq!(
            done.stderr.contains("was already done"),
            second == 0,
            "{what}"
        );
    });
}

#[test]
fn a_name_is_refused_on_another_whmcs_than_its_own() {
    let (sandbox, desk) = begun();
    let other = Sandbox::start();
    let words = ["run", "script.rhai", "rows.csv", "--name", "nightly"];
    for flag in ["stop", "go"] {
        desk.file("flag.txt", flag);
        let own = desk.whmcsh(words);
        assert_eq!(own.code, Some(i32::from(flag == "stop")), "{}", own.stderr);
        let mut command = desk.command();
        command.args(words).env("WHMCSH_URL", &other.url);
        let refused = crate::support::Outcome::of(command.output().unwrap());
        let error = refused.failed(2);
        assert!(error.contains("and this is `127.0.0.1:"), "{error}");
    }
    assert!(logged(&other).is_empty());
    assert_eq!(logged(&sandbox).len(), 3);
}

#[test]
fn a_name_that_is_done_is_refused_with_other_rows_or_other_arguments() {
    let (sandbox, desk) = begun();
    desk.file("flag.txt", "go");
    let words = ["run", "script.rhai", "rows.csv", "--name", "credit"];
    desk.whmcsh(words).succeeded();
    desk.file("rows.csv", "tag\nk1\nk2\nk3\nk4\n");
    let error = desk.whmcsh(words).failed(2).to_owned();
    assert!(
        !error.contains("to resume, run")
            && error.contains("1 of the rows of `rows.csv` is not part of the run, which is done"),
        "{error}"
    );
    assert!(error.contains("`--name credit-$(date +%Y-%m)`"), "{error}");
    // It stays done.
    assert_eq!(
        desk.whmcsh(["runs", "list", "--json"]).json()[0]["state"],
        "done"
    );
    desk.file("rows.csv", "tag\nk1\nk2\nk3\n");
    desk.whmcsh(words).succeeded();
    desk.file("other.csv", "tag\nx1\n");
    let error = desk
        .whmcsh(["run", "script.rhai", "other.csv", "--name", "credit"])
        .failed(2)
        .to_owned();
    assert!(
        error.contains("which has another script or other arguments; nothing was sent"),
        "{error}"
    );
    desk.file(
        "script.rhai",
        "log_activity(#{ description: \"Row of a loop\" });",
    );
    let error = desk.whmcsh(words).failed(2).to_owned();
    assert!(
        error.contains("`LogActivity` is not part of the run, which is done; nothing was sent"),
        "{error}"
    );
    assert_eq!(logged(&sandbox).len(), 3);
}

#[test]
fn shards_of_one_name_are_runs_of_their_own() {
    let (sandbox, desk) = begun();
    desk.file("flag.txt", "go");
    for shard in ["1/2", "2/2", "1/2", "2/2"] {
        desk.whmcsh([
            "run",
            "script.rhai",
            "rows.csv",
            "--name",
            "credit",
            "--shard",
            shard,
        ])
        .succeeded();
    }
    assert_eq!(ids(&desk).len(), 2);
    assert!(logged(&sandbox).len() == 3 && logged(&sandbox).values().all(|count| *count == 1));
}

#[test]
fn a_name_of_other_shards_is_refused() {
    let (sandbox, desk) = begun();
    desk.file("flag.txt", "go");
    let run = |name: &str, shard: &[&str]| {
        let words = ["run", "script.rhai", "rows.csv", "--name", name];
        desk.whmcsh([&words[..], shard].concat())
    };
    run("parts", &["--shard", "1/2"]).succeeded();
    run("whole", &[]).succeeded();
    let before = logged(&sandbox);
    for (name, shard, way_out) in [
        (
            "parts",
            &["--shard", "1/3"][..],
            "use `--shard I/2` as before, or",
        ),
        (
            "parts",
            &["--shard", "2/3"],
            "use `--shard I/2` as before, or",
        ),
        ("parts", &[], "use `--shard I/2` as before, or"),
        (
            "whole",
            &["--shard", "1/2"],
            "leave out `--shard` as before, or",
        ),
    ] {
        let refused = run(name, shard);
        let error = refused.failed(2);
        assert!(error.contains("nothing was sent"), "{error}");
        assert!(error.contains(way_out), "{error}");
    }
    assert_eq!(logged(&sandbox), before);
    assert_eq!(ids(&desk).len(), 2);
}

#[test]
fn a_named_run_that_cannot_be_read_is_not_begun_anew() {
    let (sandbox, desk) = begun();
    let words = ["run", "script.rhai", "rows.csv", "--name", "credit"];
    desk.whmcsh(words).failed(1);
    let before = logged(&sandbox);
    for entry in std::fs::read_dir(desk.only_run()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.starts_with("journal") {
            std::fs::write(&path, "damaged").unwrap();
        }
    }
    desk.file("flag.txt", "go");
    let refused = desk.whmcsh(words);
    let error = refused.failed(2);
    assert!(
        error.contains("has the name `credit`, but cannot be read"),
        "{error}"
    );
    assert_eq!(logged(&sandbox), before);
    desk.only_run();
}

/// The cell under that heading in the first row of a table.
fn cell<'t>(table: &'t str, column: &str) -> &'t str {
    let cells =
        |line: &'t str| -> Vec<&'t str> { line.split(['│', '┆']).map(str::trim).collect() };
    let mut lines = table.lines().filter(|line| line.starts_with('│'));
    let head = cells(lines.next().unwrap());
    let at = head.iter().position(|name| *name == column).unwrap();
    cells(lines.next().unwrap())[at]
}

#[test]
fn the_name_of_a_run_is_listed_and_shown() {
    let (_sandbox, desk) = begun();
    desk.file("flag.txt", "go");
    let words = ["run", "script.rhai", "rows.csv"];
    desk.whmcsh(words).succeeded();
    let listed = desk.whmcsh(["runs", "list"]);
    assert!(!listed.succeeded().contains("name"), "{}", listed.stdout);
    let writes = cell(&listed.stdout, "writes");
    assert!(writes.parse::<u32>().is_ok_and(|writes| writes > 0));
    assert_eq!(cell(&listed.stdout, "script"), "script.rhai");
    desk.whmcsh([&words[..], &["--name", "credit-11"]].concat())
        .succeeded();
    let listed = desk.whmcsh(["runs", "list"]);
    assert_eq!(cell(listed.succeeded(), "name"), "credit-11");
    assert_eq!(cell(&listed.stdout, "writes"), writes);
    let id = ids(&desk).remove(0);
    let shown = desk.whmcsh(["runs", "show", &id]);
    assert!(
        shown.succeeded().contains("named credit-11\n"),
        "{}",
        shown.stdout
    );
    let shown = desk.whmcsh(["runs", "show", &id, "--json"]).json();
    assert_eq!(shown["name"], "credit-11");
}

#[test]
fn a_home_folder_that_is_relative_is_refused() {
    let (_sandbox, desk) = begun();
    let refused = desk
        .command()
        .env("HOME", "home")
        .args(["run", "script.rhai", "rows.csv", "--name", "credit"])
        .output();
    let refused = crate::support::Outcome::of(refused.unwrap());
    assert!(refused.failed(2).contains("`HOME` is a relative path"));
    assert!(!desk.folder().join("home").exists());
}

#[test]
fn what_cannot_be_a_name_is_refused() {
    let (_sandbox, desk) = begun();
    for (name, why) in [
        ("", "1 to 64 letters, digits"),
        ("a b", "1 to 64 letters, digits"),
        ("a/b", "1 to 64 letters, digits"),
        ("ä", "1 to 64 letters, digits"),
        (&"a".repeat(65), "1 to 64 letters, digits"),
        (".", "begins with a letter or a digit"),
        ("..", "begins with a letter or a digit"),
        ("-x", "begins with a letter or a digit"),
        ("_x", "begins with a letter or a digit"),
        ("last", "`--resume last` means the newest unfinished run"),
    ] {
        let option = format!("--name={name}");
        let refused = desk.whmcsh(["run", "script.rhai", "rows.csv", &option]);
        assert!(
            refused.failed(2).contains(why),
            "{name}: {}",
            refused.stderr
        );
    }
    for more in [&["--resume", "x"][..], &["--sandbox"]] {
        let words = [&["run", "script.rhai", "rows.csv", "--name", "a"], more].concat();
        assert_eq!(desk.whmcsh(words).code, Some(2), "{more:?}");
    }
    assert!(ids(&desk).is_empty());
    for name in ["a", "Z9._-", &"a".repeat(64)] {
        let words = ["run", "script.rhai", "rows.csv", "--name", name];
        desk.whmcsh(words).failed(1);
    }
    assert_eq!(ids(&desk).len(), 3);
}

#[test]
fn a_run_of_the_same_arguments_that_is_unfinished_is_mentioned_before_anything_is_sent() {
    let (_sandbox, desk) = begun();
    desk.whmcsh(["run", "script.rhai", "rows.csv"]).failed(1);
    let first = ids(&desk).remove(0);
    desk.file("flag.txt", "go");
    let second = desk.whmcsh(["run", "script.rhai", "rows.csv"]);
    second.succeeded();
    let told = format!(
        "warning: run `{first}` with the same arguments is unfinished; to resume it, run: whmcsh \
         run script.rhai rows.csv --resume {first}\n"
    );
    assert!(second.stderr.starts_with(&told), "{}", second.stderr);
    // Not to other arguments.
    desk.file("other.csv", "tag\nx1\n");
    let other = desk.whmcsh(["run", "script.rhai", "other.csv"]);
    other.succeeded();
    assert!(!other.stderr.contains("unfinished"), "{}", other.stderr);
}

#[test]
fn the_last_unfinished_run_of_the_same_arguments_is_resumed() {
    let (sandbox, desk) = begun();
    let resume = ["run", "script.rhai", "rows.csv", "--resume", "last"];
    assert!(
        desk.whmcsh(resume)
            .failed(2)
            .contains("there is no unfinished run with the same arguments")
    );
    desk.whmcsh(["run", "script.rhai", "rows.csv"]).failed(1);
    desk.file("flag.txt", "go");
    assert_eq!(desk.whmcsh(resume).succeeded(), "3 done\n");
    assert!(logged(&sandbox).values().all(|count| *count == 1));
    assert!(
        desk.whmcsh(resume)
            .failed(2)
            .contains("there is no unfinished run with the same arguments")
    );
    // Of several it is the newest, and one of other arguments is none.
    desk.file("flag.txt", "stop");
    desk.file("other.csv", "tag\nk1\nk2\n");
    for rows in ["rows.csv", "rows.csv", "other.csv"] {
        desk.whmcsh(["run", "script.rhai", rows]).failed(1);
    }
    let listed = ids(&desk);
    desk.file("flag.txt", "go");
    desk.whmcsh(resume).succeeded();
    let state = |id: &str| desk.whmcsh(["runs", "show", id, "--json"]).json()["state"].clone();
    let states: Vec<_> = listed[..3].iter().map(|id| state(id)).collect();
    assert_eq!(states, ["failed", "done", "failed"]);
}

#[test]
fn a_run_that_another_process_is_at_is_no_run_to_begin_anew() {
    let sandbox = Sandbox::with(&["--fault", "latency=600s@LogActivity:#2"]);
    let desk = sandbox.desk();
    desk.file("flag.txt", "go");
    desk.file("rows.csv", "tag\nk1\nk2\nk3\n");
    desk.file("script.rhai", SCRIPT);
    let words = ["run", "script.rhai", "rows.csv"];
    let mut first = desk
        .command()
        .args(words)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while logged(&sandbox).is_empty() {
        assert!(Instant::now() < deadline, "nothing was written");
        std::thread::sleep(Duration::from_millis(10));
    }
    let run = ids(&desk).remove(0);
    let last = desk.whmcsh([&words[..], &["--resume", "last"]].concat());
    assert!(
        last.failed(3).contains("is in use by process"),
        "{}",
        last.stderr
    );
    let begun = desk.whmcsh(words);
    begun.succeeded();
    let told = format!(
        "warning: run `{run}` with the same arguments is in progress in another \
        process\n"
    );
    assert!(begun.stderr.starts_with(&told), "{}", begun.stderr);
    first.kill().unwrap();
    first.wait().unwrap();
}

#[test]
fn a_resumed_run_has_the_clock_and_the_passwords_it_began_with() {
    let (_sandbox, desk) = begun();
    let script = "bulk([1, 2], #{ workers: 1 }, |n| {\n\
        log_activity(#{ description: `Row ${n}` });\n\
        let drawn = `${now()} ${today()} ${random_password(12)}`;\n\
        print(drawn);\n\
        if read_text(\"flag.txt\") == \"stop\" { fail(\"not yet\"); } });\n\
        print(`${now()} ${random_password(12)}`);";
    let first = desk.script(script);
    first.failed(4);
    desk.file("flag.txt", "go");
    let resumed = desk.whmcsh(["run", "script.rhai", "--resume", "last"]);
    assert_eq!(resumed.succeeded(), first.stdout);
    assert_eq!(first.stdout.lines().count(), 3);
}

#[test]
fn a_plan_says_which_rows_a_run_would_refuse() {
    let (_sandbox, desk) = begun();
    desk.file("flag.txt", "go");
    desk.file("failed.csv", "tag,_applied\nk1,\nk2,LogActivity\n");
    let planned = desk.whmcsh(["plan", "script.rhai", "failed.csv", "--json"]);
    let plan = planned.json();
    let stops = plan["would_stop"].to_string();
    assert!(
        stops.contains("would be refused: `failed.csv` line 3: `_applied` says"),
        "{stops}"
    );
}

#[test]
fn a_name_whose_journal_is_gone_is_not_begun_again() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "script.rhai",
        "log_activity(#{ description: \"Once\" }); if args.len() == 0 { throw \"stop\"; }",
    );
    desk.whmcsh(["run", "script.rhai", "--name", "nightly"])
        .failed(1);
    let folder = desk.only_run();
    let journal = folder.join("journal.log");
    let kept = std::fs::read(&journal).unwrap();
    std::fs::remove_file(&journal).unwrap();
    // Whether its files are there too or only what was seen of the journal.
    for _ in 0..2 {
        let refused = desk.whmcsh(["run", "script.rhai", "--name", "nightly"]);
        let error = refused.failed(2);
        assert!(error.contains("its journal is gone from"), "{error}");
        assert!(error.contains("nothing was sent"), "{error}");
        let _ = std::fs::remove_file(folder.join("summary.json"));
    }
    // Put back, it goes on where it was.
    std::fs::write(&journal, kept).unwrap();
    desk.whmcsh(["run", "script.rhai", "--name", "nightly"])
        .failed(1);
    assert_eq!(desk.only_run(), folder);
}

/// What a run cannot do without, or goes by where something else is gone; of the holders
/// there is a new one in each pass.
const KEPT: [&str; 6] = [
    "journal.log",
    "journal.seen",
    "journal.lock",
    "journal.holder.",
    "name",
    "key",
];

/// Each of those files alone and each two of them, and each of the others alone.
fn subsets(others: &[&'static str]) -> Vec<Vec<&'static str>> {
    let mut subsets: Vec<Vec<&str>> = others.iter().map(|other| vec![*other]).collect();
    for (at, one) in KEPT.into_iter().enumerate() {
        subsets.push(vec![one]);
        subsets.extend(KEPT[at + 1..].iter().map(|other| vec![one, *other]));
    }
    subsets
}

/// Moves the files that begin so from one folder to another.
fn move_files(names: &[&str], from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let file = entry.file_name().into_string().unwrap();
        let is_it =
            |name: &&str| file == **name || (name.ends_with('.') && file.starts_with(*name));
        if names.iter().any(is_it) {
            // Renamed, so that it is the same file when it is put back.
            std::fs::rename(entry.path(), to.join(&file)).unwrap();
        }
    }
}

#[test]
fn whatever_is_removed_from_its_folder_a_name_is_never_begun_anew() {
    let (sandbox, desk) = begun();
    let words = ["run", "script.rhai", "rows.csv", "--name", "nightly"];
    desk.whmcsh(words).failed(1);
    let folder = desk.only_run();
    let aside = desk.folder().join("aside");
    std::fs::create_dir(&aside).unwrap();
    for removed in subsets(&["results.csv", "unprocessed.csv", "summary.json"]) {
        move_files(&removed, &folder, &aside);
        let run = desk.whmcsh(words);
        let told = &run.stderr;
        assert_eq!(desk.only_run(), folder, "{removed:?}: {told}");
        let is_lost = removed.contains(&"journal.log");
        if is_lost || removed.contains(&"key") {
            assert_eq!(run.code, Some(2), "{removed:?}: {told}");
            assert!(told.contains("nothing was sent"), "{removed:?}: {told}");
            assert!(told.contains("hint: "), "{removed:?}: {told}");
            let what = "its journal is gone from";
            assert_eq!(told.contains(what), is_lost, "{removed:?}: {told}");
        } else {
            // It stops again where it stopped, and nothing is done again.
            assert_eq!(run.code, Some(1), "{removed:?}: {told}");
        }
        move_files(&removed, &aside, &folder);
        let logged = logged(&sandbox);
        let is_once = logged.values().all(|count| *count == 1);
        assert!(is_once && logged.len() == 2, "{removed:?}: {logged:?}");
    }
    desk.file("flag.txt", "go");
    desk.whmcsh(words).succeeded();
    assert!(logged(&sandbox).len() == 3 && logged(&sandbox).values().all(|count| *count == 1));
}

#[test]
fn of_several_that_take_a_run_at_once_each_row_is_done_by_one() {
    for is_named in [true, false] {
        let (sandbox, desk) = begun();
        let words = ["run", "script.rhai", "rows.csv"];
        desk.whmcsh([&words[..], &["--name", "nightly"]].concat())
            .failed(1);
        desk.file("flag.txt", "go");
        let run = ids(&desk).remove(0);
        let how = if is_named {
            ["--name", "nightly"]
        } else {
            ["--resume", &run]
        };
        let takers = [(); 4].map(|()| {
            let mut command = desk.command();
            command.args(words).args(how);
            command.stdout(Stdio::null()).stderr(Stdio::piped());
            command.spawn().unwrap()
        });
        let codes = takers.map(|taker| {
            let ended = taker.wait_with_output().unwrap();
            let told = String::from_utf8(ended.stderr).unwrap();
            let code = ended.status.code().unwrap();
            // Whoever comes while another is at it waits under a name, and is told otherwise.
            assert!(code == 0 || !is_named && code == 3, "{code}: {told}");
            code
        });
        assert!(codes.contains(&0), "{codes:?}");
        let logged = logged(&sandbox);
        assert!(
            logged.len() == 3 && logged.values().all(|count| *count == 1),
            "{logged:?}"
        );
        assert_eq!(ids(&desk).len(), 1);
    }
}

#[test]
fn a_run_whose_folder_cannot_be_written_is_refused_before_anything_is_sent() {
    let (sandbox, desk) = begun();
    let words = ["run", "script.rhai", "rows.csv", "--name", "nightly"];
    desk.whmcsh(words).failed(1);
    desk.file("flag.txt", "go");
    let folder = desk.only_run();
    // Modes keep nobody out who is root; a folder in the place of a file does.
    for file in ["journal.lock", "journal.seen", "journal.holder.2"] {
        let (file, aside) = (folder.join(file), desk.folder().join("aside"));
        let was_there = std::fs::rename(&file, &aside).is_ok();
        std::fs::create_dir(&file).unwrap();
        let refused = desk.whmcsh(words);
        let told = &refused.stderr;
        assert!(matches!(refused.code, Some(2 | 3)), "{file:?}: {told}");
        assert_eq!(logged(&sandbox).len(), 2, "{file:?}: {told}");
        std::fs::remove_dir(&file).unwrap();
        if was_there {
            std::fs::rename(&aside, &file).unwrap();
        }
    }
    desk.whmcsh(words).succeeded();
    assert!(logged(&sandbox).len() == 3 && logged(&sandbox).values().all(|count| *count == 1));
}

#[test]
fn a_name_whose_run_was_never_begun_is_begun() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("script.rhai", "log_activity(#{ description: \"Once\" });");
    let half = ".local/state/whmcsh/runs/2026-11-30-script";
    desk.file(&format!("{half}/name"), "nightly");
    for name in ["journal.seen", "journal.log.new"] {
        desk.file(&format!("{half}/{name}"), "");
    }
    desk.whmcsh(["run", "script.rhai", "--name", "nightly"])
        .succeeded();
}

/// Puts something in the place of that file that no user can look into.
fn bar(path: &std::path::Path) {
    // Out of the folder of runs, where it would be another run of that name.
    let runs = path.ancestors().find(|folder| folder.ends_with("runs"));
    let name = path.file_name().unwrap().to_str().unwrap();
    let aside = runs.unwrap().with_file_name(format!("{name}.aside"));
    std::fs::rename(path, aside).unwrap();
    std::os::unix::fs::symlink(path, path).unwrap();
}

#[test]
fn a_name_whose_run_nobody_can_look_into_is_not_begun_again() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("script.rhai", "log_activity(#{ description: \"Row\" });");
    let words = ["run", "script.rhai", "--name", "nightly"];
    desk.whmcsh(words).succeeded();
    let folder = desk.only_run();
    let id = folder.file_name().unwrap().to_str().unwrap();
    // The journal, also if nobody can say which name it has, then the folder of all runs.
    for (barred, told) in [
        (folder.join("journal.log"), "has the name `nightly`"),
        (folder.join("name"), "has the name `nightly`"),
        (folder.clone(), "may have the name `nightly`"),
        (folder.parent().unwrap().to_owned(), "cannot keep a run in"),
    ] {
        bar(&barred);
        let refused = desk.whmcsh(words);
        let error = refused.failed(2);
        assert!(error.contains(told), "{error}");
        assert!(error.contains("nothing was sent"), "{error}");
        assert!(error.contains("WHMCSH_STATE"), "{error}");
        if barred.ends_with("runs") {
            let listed = desk.whmcsh(["runs"]);
            assert!(listed.failed(2).contains("cannot be read"));
        } else {
            let listed = desk.whmcsh(["runs"]);
            assert!(listed.succeeded().contains(id), "{}", listed.stdout);
            assert!(listed.stdout.contains("unreadable"), "{}", listed.stdout);
        }
        if barred == folder {
            // What holds the files, to bar the folder of all runs next.
            std::fs::remove_file(&barred).unwrap();
        }
    }
    assert_eq!(logged(&sandbox).values().sum::<usize>(), 0);
    let reply = sandbox.ask("GetActivityLog", &[("description", "Row")]);
    assert_eq!(reply["totalresults"], 1);
}

/// A run that does a row and waits in it while that is done to its folder.
fn meddled(sandbox: &Sandbox, desk: &Desk, meddle: impl FnOnce(&std::path::Path)) -> String {
    desk.file("flag.txt", "wait");
    desk.file(
        "script.rhai",
        "bulk([1, 2], #{ workers: 1 }, |n| { log_activity(#{ description: `Row ${n}` });\n\
         while read_text(\"flag.txt\") == \"wait\" {} });",
    );
    let mut command = desk.command();
    command.args(["run", "script.rhai", "--name", "nightly"]);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let run = command.spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while logged(sandbox).is_empty() {
        assert!(Instant::now() < deadline, "nothing was written");
        std::thread::sleep(Duration::from_millis(5));
    }
    meddle(&desk.only_run());
    desk.file("flag.txt", "go");
    let ended = run.wait_with_output().unwrap();
    let told = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(2), "{told}");
    told
}

#[test]
fn a_run_whose_journal_is_removed_meanwhile_does_not_end_well() {
    let meddles: [fn(&std::path::Path); 3] = [
        |folder| std::fs::remove_file(folder.join("journal.log")).unwrap(),
        |folder| std::fs::remove_dir_all(folder.parent().unwrap()).unwrap(),
        |folder| {
            let aside = folder.with_file_name(".aside");
            std::fs::rename(folder, &aside).unwrap();
            std::fs::create_dir(folder).unwrap();
            std::fs::copy(aside.join("journal.log"), folder.join("journal.log")).unwrap();
        },
    ];
    for meddle in meddles {
        let sandbox = Sandbox::start();
        let desk = sandbox.desk();
        let told = meddled(&sandbox, &desk, meddle);
        assert!(told.contains("while the run was in progress"), "{told}");
        assert!(told.contains("before you run the same again"), "{told}");
        assert!(!told.contains("holds no journal"), "{told}");
    }
}

#[test]
fn a_run_whose_results_cannot_be_written_does_not_end_well() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let told = meddled(&sandbox, &desk, |folder| {
        std::fs::create_dir(folder.join("results.csv")).unwrap();
    });
    assert!(told.contains("results.csv` cannot be written"), "{told}");
    assert!(told.contains("is in its journal"), "{told}");
    let folder = desk.only_run();
    std::fs::remove_dir(folder.join("results.csv")).unwrap();
    let id = folder.file_name().unwrap().to_str().unwrap().to_owned();
    desk.whmcsh(["runs", "show", &id]).succeeded();
    assert!(folder.join("results.csv").is_file());
    desk.whmcsh(["run", "script.rhai", "--name", "nightly"])
        .succeeded();
    assert_eq!(logged(&sandbox).values().sum::<usize>(), 2);
}

#[test]
fn the_name_of_a_run_that_was_pruned_stays_taken_until_it_is_freed() {
    let (sandbox, desk) = begun();
    desk.file("flag.txt", "go");
    let words = ["run", "script.rhai", "rows.csv", "--name", "nightly"];
    desk.whmcsh(words).succeeded();
    desk.file("reads.rhai", "bulk([1, 2], |n| { get_currencies(); });");
    let reads = ["run", "reads.rhai", "--name", "reads"];
    desk.whmcsh(reads).succeeded();
    let prune = ["runs", "prune", "--keep", "0"];
    desk.whmcsh([&prune[..], &["--dry-run"]].concat())
        .succeeded();
    desk.whmcsh(words).succeeded();
    let pruned = desk.whmcsh([&prune[..], &["--json"]].concat());
    let names = pruned.json()["removed"].to_string();
    assert!(names.contains("\"nightly\""), "{names}");
    let told = "these names stay taken: `nightly`; `whmcsh runs prune --forget NAME` frees one";
    assert!(pruned.stderr.contains(told), "{}", pruned.stderr);
    // The scheduler comes again, with the same or with others.
    desk.file("other.csv", "tag\nk4\n");
    for rows in ["rows.csv", "other.csv"] {
        let again = desk.whmcsh(["run", "script.rhai", rows, "--name", "nightly"]);
        let error = again.failed(2);
        assert!(
            error.contains("the name `nightly` belonged to run"),
            "{error}"
        );
        assert!(error.contains("(script.rhai, done, ended "), "{error}");
        assert!(error.contains("rows done: 3, writes: 3"), "{error}");
        assert!(error.contains("nothing was sent"), "{error}");
    }
    let plan = ["plan", "script.rhai", "rows.csv"];
    desk.whmcsh(plan).succeeded();
    // One that wrote nothing did nothing that could be done twice.
    desk.whmcsh(reads).succeeded();
    assert_eq!(logged(&sandbox).len(), 3);
    let forget = ["runs", "prune", "--forget", "nightly"];
    assert!(desk.whmcsh(forget).succeeded_in_words().contains("is free"));
    assert!(desk.whmcsh(forget).failed(2).contains("no run named"));
    desk.whmcsh(words).succeeded();
    assert!(logged(&sandbox).values().all(|count| *count == 2));
}

#[test]
fn a_shard_that_was_pruned_keeps_the_name_from_other_numbers_of_shards() {
    let (sandbox, desk) = begun();
    desk.file("flag.txt", "go");
    let run = |shard: &[&str]| {
        let words = ["run", "script.rhai", "rows.csv", "--name", "parts"];
        desk.whmcsh([&words[..], shard].concat())
    };
    run(&["--shard", "1/2"]).succeeded();
    let before = logged(&sandbox);
    assert!(!before.is_empty());
    desk.whmcsh(["runs", "prune", "--keep", "0"]).succeeded();
    for shard in [&["--shard", "1/2"][..], &["--shard", "1/3"], &[]] {
        assert!(run(shard).failed(2).contains("`runs prune` removed"));
    }
    assert_eq!(logged(&sandbox), before);
    // The other one was never begun.
    run(&["--shard", "2/2"]).succeeded();
    assert!(logged(&sandbox).len() == 3 && logged(&sandbox).values().all(|count| *count == 1));
}

#[test]
fn the_name_of_a_run_whose_folder_was_removed_is_not_begun_anew_until_it_is_freed() {
    let (sandbox, desk) = begun();
    desk.file("flag.txt", "go");
    let words = ["run", "script.rhai", "rows.csv", "--name", "nightly"];
    desk.whmcsh(words).succeeded();
    let (before, run) = (logged(&sandbox), desk.only_run());
    let id = run.file_name().unwrap().to_str().unwrap().to_owned();
    let runs = run.parent().unwrap();
    // The folder of the run, then that of all runs.
    for gone in [&run, runs] {
        std::fs::remove_dir_all(gone).unwrap();
        let refused = desk.whmcsh(words);
        let error = refused.failed(2);
        let told = format!("belongs to run `{id}`, whose folder is gone");
        assert!(error.contains(&told), "{error}");
        assert!(error.contains("nothing was sent"), "{error}");
    }
    let refused = desk.whmcsh(words.iter().chain(&["--shard", "1/2"]));
    assert!(
        refused.failed(2).contains("whose folder is gone"),
        "{}",
        refused.stderr
    );
    assert_eq!(logged(&sandbox), before);
    desk.whmcsh(["runs", "prune", "--forget", "nightly"])
        .succeeded();
    desk.whmcsh(words).succeeded();
    assert_ne!(logged(&sandbox), before);
}

#[test]
fn what_differs_in_a_call_for_every_row_under_a_name_is_told() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("rows.csv", "id,note\n1,a\n2,b\n");
    desk.file("other.csv", "id,note\n1,a\n");
    let each = |file: &str, options: &[&str], note: &str| {
        let words = ["each", file, "--name", "k"];
        let action = ["--", "AddClientNote", "userid={id}", note];
        desk.whmcsh([&words[..], options, &action].concat())
    };
    each("rows.csv", &[], "notes={note}").succeeded();
    for (options, told) in [
        (
            &["--where", "id == \"1\""][..],
            "begun with no `--where`, not `--where id == \"1\"`",
        ),
        (&["--key", "id"], "begun with no `--key`, not `--key id`"),
        (
            &["--encoding", "utf-8"],
            "begun with no `--encoding`, not `--encoding utf-8`",
        ),
        (
            &["--delimiter", ","],
            "begun with no `--delimiter`, not `--delimiter ,`",
        ),
        (
            &["--as-is", "note"],
            "begun with no `--as-is`, not `--as-is note`",
        ),
        (&["--skip-empty"], "begun without `--skip-empty`"),
    ] {
        let refused = each("rows.csv", options, "notes={note}");
        assert!(refused.failed(2).contains(told), "{}", refused.stderr);
    }
    let refused = each("other.csv", &[], "notes={note}");
    let told = "the file was `rows.csv`, not `other.csv`";
    assert!(refused.failed(2).contains(told), "{}", refused.stderr);
    let refused = each("rows.csv", &[], "notes=x");
    let told = "parameter 2 was `notes={note}`, not `notes=x`";
    assert!(refused.failed(2).contains(told), "{}", refused.stderr);
}
