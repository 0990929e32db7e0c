//! The rows of a script shared by several machines.

use std::io::Write as _;
use std::process::Stdio;

use crate::canned::Canned;
use crate::guards::only_run;
use crate::support::{Desk, Sandbox};

const SCRIPT: &str = "let rows = []; for n in 10..40 { rows.push(#{ id: n }); }\n\
    let done = bulk(rows, #{ key: \"id\", workers: 2 }, |row| { log_activity(#{ description: `Shared ${row.id}` }); });\n\
    print(done.total);";

#[test]
fn shards_together_do_every_row_once() {
    let sandbox = Sandbox::start();
    let mut total = 0;
    for shard in ["1/3", "2/3", "3/3"] {
        let desk = sandbox.desk();
        desk.file("script.rhai", SCRIPT);
        let outcome = desk.whmcsh(["run", "script.rhai", "--shard", shard]);
        let rows: u32 = outcome.succeeded().trim().parse().unwrap();
        assert!(rows > 0, "{shard}");
        total += rows;
    }
    assert_eq!(total, 30);
    let log = sandbox.ask(
        "GetActivityLog",
        &[("limitnum", "1000"), ("description", "Shared")],
    );
    let entries = log["activity"]["entry"].as_array().unwrap();
    let mut entries: Vec<&str> = entries
        .iter()
        .map(|entry| entry["description"].as_str().unwrap())
        .collect();
    entries.sort_unstable();
    let all: Vec<String> = (10..40).map(|n| format!("Shared {n}")).collect();
    assert_eq!(entries, all);
}

#[test]
fn a_shard_is_resumed_as_itself() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("script.rhai", SCRIPT);
    let words = ["run", "script.rhai", "--shard", "1/2"];
    let outcome = desk.whmcsh(words.iter().chain(&["--max-writes", "2"]));
    let run = only_run(&desk);
    let error = outcome.failed(6);
    assert!(
        error.ends_with(&format!(" --max-writes 2 --shard 1/2 --resume {run}\n")),
        "{error}"
    );
    for other in [&["--shard", "2/2"][..], &[]] {
        let words = ["run", "script.rhai", "--resume", &run];
        let outcome = desk.whmcsh(words.iter().chain(other));
        let error = outcome.failed(2);
        assert!(error.contains("began with `--shard 1/2`"), "{error}");
    }
    desk.whmcsh(words.iter().chain(&["--resume", &run]))
        .succeeded();
}

#[test]
fn a_shard_without_rows_says_so_and_too_many_shards_are_refused() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("rows.csv", "id\n1\n");
    desk.file(
        "script.rhai",
        "bulk(csv(\"rows.csv\"), #{ key: \"id\" }, |r| log_activity(#{ description: \"One\" }));",
    );
    let of = |shard: &str, more: &[&str]| {
        desk.whmcsh(["run", "script.rhai", "--shard", shard].iter().chain(more))
    };
    let said = |shard: &str| format!("0 rows: none belongs to shard {shard}");
    let outcomes = ["1/2", "2/2"].map(|shard| (shard, of(shard, &["--name", "n"])));
    let empty = outcomes.iter().filter(|(shard, outcome)| {
        outcome.succeeded();
        outcome.stderr.contains(&said(shard))
    });
    assert_eq!(empty.count(), 1);
    for many in ["1/100001", "1/99999999999"] {
        let error = of(many, &[]).failed(2).to_owned();
        assert!(error.contains("at most 100000"), "{error}");
    }
}

#[test]
fn what_every_shard_would_do_is_refused() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    for (script, says) in [
        (
            "get_clients(#{}); log_activity(#{ description: \"Shared\" });",
            "`LogActivity` was not sent: with `--shard`, only the rows of `bulk` may write",
        ),
        (
            "bulk([1, 2], |n| { log_activity(#{ description: \"Shared\" }); });",
            "with `--shard`, `bulk` needs a `key`",
        ),
    ] {
        desk.file("script.rhai", script);
        let outcome = desk.whmcsh(["run", "script.rhai", "--shard", "1/2"]);
        assert!(outcome.stderr.contains(says), "{}", outcome.stderr);
        assert!(outcome.code != Some(0), "{script}");
    }
    let outcome = desk.whmcsh(["run", "script.rhai", "--shard", "3/2"]);
    assert!(
        outcome.failed(2).contains("`3/2` is not a shard"),
        "{}",
        outcome.stderr
    );
    let log = sandbox.ask("GetActivityLog", &[("description", "Shared")]);
    assert_eq!(log["totalresults"].to_string().replace('"', ""), "0");
}

#[test]
fn a_mended_key_that_moves_to_another_shard_is_not_done_there_too() {
    let sandbox = Sandbox::start();
    let script = "bulk(csv(\"rows.csv\"), #{ key: \"email\", workers: 1 }, |row| {\n\
        log_activity(#{ description: \"Moved \" + row.id });\n\
        if read_text(\"flag.txt\") == \"stop\" { fail(\"not yet\"); } });";
    let desks = [sandbox.desk(), sandbox.desk()];
    let shard = |shard: &str, flag: &str, rows: &str, more: &[&str]| {
        let desk = &desks[usize::from(shard.starts_with('2'))];
        desk.file("script.rhai", script);
        desk.file("flag.txt", flag);
        desk.file("rows.csv", rows);
        let words = ["run", "script.rhai", "--shard", shard];
        desk.whmcsh([&words[..], more].concat())
    };
    // The first is of the first shard, and its mended key of the second.
    let before = "id,email\n1,bob@x.exmaple\n2,ann@x.example\n3,eve@y.example\n";
    let mended = "id,email\n1,bob@x.example\n2,ann@x.example\n3,eve@y.example\n";
    shard("1/2", "stop", before, &[]).failed(4);
    shard("2/2", "stop", before, &[]).failed(4);
    let resume = ["--resume", "last"];
    for number in ["1/2", "2/2"] {
        let refused = shard(number, "go", mended, &resume);
        let said = refused.failed(2);
        assert!(said.contains("nothing was sent"), "{said}");
        assert!(said.contains("--same-row"), "{said}");
    }
    let same = [&resume[..], &["--same-row", "bob@x.exmaple=bob@x.example"]].concat();
    for number in ["2/2", "1/2"] {
        shard(number, "go", mended, &same).succeeded();
    }
    let log = sandbox.ask(
        "GetActivityLog",
        &[("limitnum", "1000"), ("description", "Moved")],
    );
    let entries = log["activity"]["entry"].as_array().unwrap();
    assert_eq!(entries.len(), 3, "{entries:?}");
}

#[test]
fn files_of_shards_have_names_of_their_own_and_a_shard_reads_its_own() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "script.rhai",
        "let rows = []; for n in 1..7 { rows.push(#{ id: n }); }\n\
         let done = bulk(rows, #{ key: \"id\" }, |row| { log_activity(#{ description: `Filed ${row.id}` }); });\n\
         write_text(\"done.txt\", done.total.to_string());\n\
         write_json(\"done.json\", #{ total: done.total });\n\
         print(read_text(\"done.txt\") == done.total.to_string());",
    );
    let mut total = 0;
    for shard in ["1/2", "2/2"] {
        let outcome = desk.whmcsh(["run", "script.rhai", "--shard", shard]);
        assert_eq!(outcome.succeeded(), "true\n");
        let own = format!("done.{}.txt", shard.replace('/', "of"));
        let mark = shard.replace('/', "of");
        let said = format!("files that the script writes have `.{mark}` before the extension");
        assert_eq!(
            outcome.stderr.matches(&said).count(),
            1,
            "{}",
            outcome.stderr
        );
        let written = std::fs::read_to_string(desk.folder().join(own)).unwrap();
        total += written.parse::<u32>().unwrap();
    }
    assert_eq!(total, 6);
    assert!(!desk.folder().join("done.txt").exists());
    assert!(desk.folder().join("done.2of2.json").exists());
}

#[test]
fn a_limit_is_of_all_shards_together_and_one_too_small_is_refused() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("script.rhai", SCRIPT);
    let words = ["run", "script.rhai", "--max-writes", "3", "--shard"];
    let refused = desk.whmcsh(words.iter().chain(&["4/4"]));
    assert!(
        refused
            .failed(2)
            .contains("`--max-writes 3` leaves nothing to shard 4/4; nothing was sent"),
        "{}",
        refused.stderr
    );
    let mut sent = 0;
    for shard in ["1/2", "2/2"] {
        let desk = sandbox.desk();
        desk.file("script.rhai", SCRIPT);
        desk.whmcsh(words.iter().chain(&[shard])).failed(6);
        let log = sandbox.ask("GetActivityLog", &[("description", "Shared")]);
        let now = log["totalresults"].to_string().replace('"', "");
        let now: u32 = now.parse().unwrap();
        assert_eq!(now - sent, if shard == "1/2" { 2 } else { 1 }, "{shard}");
        sent = now;
    }
}

#[test]
fn a_scheduler_says_which_shard_it_is() {
    let sandbox = Sandbox::start();
    let mut total = 0;
    for index in ["0", "1", "2"] {
        let desk = sandbox.desk().variable("JOB_COMPLETION_INDEX", index);
        desk.file("script.rhai", SCRIPT);
        let words = [
            "run",
            "script.rhai",
            "--name",
            "shared",
            "--shard",
            "auto/3",
        ];
        let rows: u32 = desk.whmcsh(words).succeeded().trim().parse().unwrap();
        total += rows;
        // The run is known by its shard wherever the number came from.
        let again = desk.whmcsh([
            "run",
            "script.rhai",
            "--name",
            "shared",
            "--shard",
            "auto/2",
        ]);
        assert_eq!(again.code, Some(2), "{}", again.stderr);
    }
    assert_eq!(total, 30);
    let desk = sandbox.desk();
    desk.file("script.rhai", SCRIPT);
    let outcome = desk.whmcsh(["run", "script.rhai", "--shard", "auto/3"]);
    assert!(
        outcome
            .failed(2)
            .contains("no scheduler says which shard this is"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn one_account_of_all_shards_says_which_are_missing_and_what_is_left() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("script.rhai", SCRIPT);
    let shard = |shard: &'static str, more: &[&'static str]| {
        let words = ["run", "script.rhai", "--name", "shared", "--shard", shard];
        desk.whmcsh(words.iter().chain(more))
    };
    let rows: u64 = shard("3/4", &[]).succeeded().trim().parse().unwrap();
    shard("1/4", &["--max-writes", "4"]).failed(6);
    let shown = desk.whmcsh(["runs", "show", "--name", "shared"]);
    let shown = shown.succeeded();
    assert!(shown.contains("not begun here: 2/4, 4/4"), "{shown}");
    assert!(shown.contains(&format!("{} rows: ", rows + 1)), "{shown}");
    assert!(
        shown.contains("to resume, run: whmcsh run script.rhai"),
        "{shown}"
    );
    let (first, third) = (shown.find("1/4").unwrap(), shown.find("3/4").unwrap());
    assert!(first < third, "{shown}");
    let told = desk
        .whmcsh(["runs", "show", "--name", "shared", "--json"])
        .json();
    assert_eq!(told["missing"], serde_json::json!(["2/4", "4/4"]));
    assert_eq!(told["counts"]["done"], rows + 1);
    assert_eq!(told["runs"][1]["shard"], "3/4");
    assert_eq!(told["runs"][1]["version"], env!("CARGO_PKG_VERSION"));
    assert!(told["runs"][1]["machine"].is_string() && told["runs"][1]["user"].is_string());
    let unknown = desk.whmcsh(["runs", "show", "--name", "shard"]);
    let unknown = unknown.failed(2);
    assert!(unknown.contains("did you mean `shared`?"), "{unknown}");
    let listed = desk.whmcsh(["runs", "list"]);
    assert!(
        listed.succeeded().contains("shared 3/4"),
        "{}",
        listed.stdout
    );
}

#[test]
fn a_wrong_secret_of_shards_that_begin_together_costs_one_log_in() {
    let server = Canned::with(|stream| {
        std::thread::sleep(std::time::Duration::from_millis(300));
        let page = r#"{"result":"error","message":"Authentication Failed"}"#;
        let length = page.len();
        let _ = write!(
            stream,
            "HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{page}"
        );
    });
    let desk = Desk::new()
        .variable("WHMCSH_URL", &format!("http://{}", server.address))
        .variable("WHMCSH_IDENTIFIER", "someone")
        .variable("WHMCSH_SECRET", "wrong");
    desk.file("script.rhai", SCRIPT);
    let begin = |shard: &str| {
        let mut command = desk.command();
        command.args(["run", "script.rhai", "--shard", shard]);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let processes = ["1/4", "2/4", "3/4", "4/4"].map(begin);
    let mut heard = 0;
    for process in processes {
        let ended = process.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(3), "{told}");
        heard += usize::from(told.contains("the server refused another shard"));
    }
    // One that began when the refusal was there already tries for itself.
    assert_eq!(server.calls() + heard, 4);
    assert!(heard > 0, "{} calls", server.calls());
}

#[test]
fn a_shard_whose_journal_is_damaged_is_in_the_account_and_not_called_missing() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("script.rhai", SCRIPT);
    for shard in ["1/3", "2/3"] {
        let words = ["run", "script.rhai", "--name", "shared", "--shard", shard];
        desk.whmcsh(words).succeeded();
    }
    let first = desk
        .whmcsh(["runs", "show", "--name", "shared", "--json"])
        .json();
    let id = first["runs"][0]["id"].as_str().unwrap();
    let journal = format!(".local/state/whmcsh/runs/{id}/journal.log");
    desk.file(&journal, "no journal");
    let shown = desk.whmcsh(["runs", "show", "--name", "shared"]);
    let shown = shown.succeeded();
    assert!(shown.contains(id) && shown.contains("damaged"), "{shown}");
    assert!(
        shown.contains("not begun here, or unreadable: 1/3, 3/3"),
        "{shown}"
    );
}
