//! What was asked of a run: kept in its head, compared when it is taken up, and printed
//! as a command line that can be pasted.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::support::log::Log;
use crate::support::{Desk, Sandbox};

/// Notes what it was given; fails in its second row until it may go on.
const SCRIPT: &str = "log_activity(#{ description: \"given \" + args.to_json() });\n\
    if read_text(\"flag.txt\") == \"stop\" { throw \"not yet\"; }\n";

/// Runs a printed command in a shell, with the program of this build.
fn paste(desk: &Desk, line: &str) -> Output {
    let command = desk.command();
    let program = command.get_program().to_string_lossy().into_owned();
    let line = line.strip_prefix("whmcsh ").unwrap();
    Command::new("sh")
        .args(["-c", &format!("'{program}' {line}")])
        .current_dir(desk.folder())
        .env_clear()
        .envs(desk.variables())
        .output()
        .unwrap()
}

/// What follows those words in what was said: the command, however many lines it has.
fn command_after<'s>(said: &'s str, words: &str) -> &'s str {
    let (_, command) = said.split_once(words).unwrap_or_else(|| panic!("{said}"));
    command.trim_end_matches('\n')
}

fn begun(sandbox: &Sandbox, words: &[&str]) -> (Desk, PathBuf, String) {
    let desk = sandbox.desk();
    desk.file("flag.txt", "stop");
    desk.file("script.rhai", SCRIPT);
    let outcome = desk.whmcsh([&["run", "script.rhai"], words].concat());
    let said = outcome.failed(1).to_owned();
    desk.file("flag.txt", "go");
    let folder = desk.only_run();
    (desk, folder, said)
}

fn name(folder: &Path) -> &str {
    folder.file_name().unwrap().to_str().unwrap()
}

fn given(sandbox: &Sandbox) -> Vec<String> {
    let log = sandbox.ask("GetActivityLog", &[("description", "given ")]);
    let entries = log["activity"]["entry"].as_array().unwrap().iter();
    entries
        .map(|entry| entry["description"].as_str().unwrap().to_owned())
        .collect()
}

fn head(folder: &Path) -> Value {
    serde_json::from_str(&Log::read(folder).head()).unwrap()
}

fn put_head(folder: &Path, head: &str, format: u32) {
    let mut log = Log::read(folder);
    log.put_head(head).put_format(format, "99.1.0").write();
}

#[test]
fn a_resume_command_survives_a_shell_whatever_its_words() {
    let odd = [
        "--",
        "a b",
        "it's $HOME `id`",
        "two\nlines",
        "",
        "--no-mail",
        "-5",
        "*",
        "\\ \"x\"",
    ];
    let sandbox = Sandbox::start();
    let (desk, _, said) = begun(&sandbox, &odd);
    let before = given(&sandbox);
    let resumed = paste(&desk, command_after(&said, "to resume, run: "));
    let told = String::from_utf8(resumed.stderr).unwrap();
    assert_eq!(resumed.status.code(), Some(0), "{told}");
    // Given the same it did the same, which was done.
    assert!(!told.contains("have changed"), "{told}");
    assert_eq!(given(&sandbox), before);
    assert_eq!(before.len(), 1);
}

#[test]
fn the_command_of_a_plan_survives_a_shell_whatever_its_words() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("flag.txt", "go");
    desk.file("my script.rhai", SCRIPT);
    let words = ["plan", "my script.rhai", "--", "$x", "--log", "", "it's"];
    let plan = desk.whmcsh(words);
    plan.succeeded();
    let done = paste(&desk, command_after(&plan.stderr, "to apply, run: "));
    let told = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(0), "{told}");
    let given = given(&sandbox);
    assert_eq!(given.len(), 1);
    assert!(
        given[0].contains("[\"$x\",\"--log\",\"\",\"it"),
        "{given:?}"
    );
}

#[test]
fn what_was_asked_is_kept_entry_by_entry() {
    let sandbox = Sandbox::start();
    let words = [
        "rows.csv",
        "password=hunter2",
        "--rate",
        "600/m",
        "--no-mail",
    ];
    let (_desk, folder, _) = begun(&sandbox, &words);
    let head = head(&folder);
    let asked = &head["invocation"];
    assert_eq!(
        asked["task"],
        json!({"script": {"path": "script.rhai", "args": ["rows.csv", "password=…"]}})
    );
    assert_eq!(asked["limits"]["rate"], "600/m");
    assert_eq!(asked["limits"]["no_mail"], true);
    assert_eq!(asked["limits"]["max_deletes"], 10);
    assert_eq!(asked["target"]["sandbox"], false);
    assert_eq!(head.get("args").or(head.get("options")), None);
}

#[test]
fn a_run_that_0_1_0_began_is_shown_and_taken_up() {
    let sandbox = Sandbox::start();
    let (desk, folder, _) = begun(&sandbox, &["rows.csv", "--max-writes", "7", "--no-mail"]);
    let now = head(&folder);
    let text = |name: &str| now[name].to_string();
    let earlier = format!(
        "{{\"id\":{},\"script\":\"script.rhai\",\"script_hash\":{},\"modules\":[],\
         \"args\":[\"rows.csv\"],\"options\":[\"--max-writes\",\"7\",\"--no-mail\"],\
         \"inputs\":[],\"profile\":{},\"host\":{},\"path\":{},\"rehearsal\":false,\
         \"started\":{},\"snapshots\":\"destructive\",\"version\":\"0.1.0\"}}",
        text("id"),
        text("script_hash"),
        text("profile"),
        text("host"),
        text("path"),
        text("started"),
    );
    put_head(&folder, &earlier, 1);
    let run = name(&folder);
    let shown = desk.whmcsh(["runs", "show", run, "--json"]).json();
    let resume = format!("whmcsh run script.rhai rows.csv --max-writes 7 --no-mail --resume {run}");
    assert_eq!(shown["resume"], resume);
    assert_eq!(shown["args"], json!(["rows.csv"]));
    desk.whmcsh(["runs", "report", run]).succeeded();
    let page = std::fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(page.contains("<dt>Arguments</dt><dd>rows.csv --max-writes 7 --no-mail</dd>"));
    let refused = desk.whmcsh(["run", "script.rhai", "rows.csv", "--resume", run]);
    assert!(
        refused.failed(2).contains("began with `--no-mail`"),
        "{}",
        refused.stderr
    );
    let resumed = paste(&desk, &resume);
    assert_eq!(resumed.status.code(), Some(0));
    assert_eq!(given(&sandbox).len(), 1, "what was done was done");
}

#[test]
fn a_damaged_head_is_refused_in_words() {
    let sandbox = Sandbox::start();
    let (desk, folder, _) = begun(&sandbox, &[]);
    let whole = head(&folder).to_string();
    let unknown = whole.replace("\"max_writes\"", "\"max_wishes\"");
    let resume = ["run", "script.rhai", "--resume", name(&folder)];
    for damaged in ["", "{}", "[1]", &whole[..whole.len() / 2], &unknown] {
        put_head(&folder, damaged, 1);
        let error = desk.whmcsh(resume).failed(2).to_owned();
        assert!(
            error.contains("is damaged: its description of the run cannot be read"),
            "{error}"
        );
        assert!(
            error.contains("\nhint: put back a complete copy of it"),
            "{error}"
        );
        let shown = desk.whmcsh(["runs", "show", name(&folder)]);
        assert!(shown.failed(2).contains("is damaged"), "{}", shown.stderr);
        let listed = desk.whmcsh(["runs", "list", "--json"]).json();
        assert_eq!(listed[0]["state"], "damaged");
    }
    put_head(&folder, &whole, 1);
    desk.whmcsh(resume).succeeded();
    assert_eq!(given(&sandbox).len(), 1);
}

#[test]
fn a_run_of_a_later_version_is_refused_with_both_versions() {
    let sandbox = Sandbox::start();
    let (desk, folder, _) = begun(&sandbox, &[]);
    let whole = head(&folder);
    let mut later = whole.clone();
    later["version"] = json!("99.1.0");
    let mut unknown = later.clone();
    unknown["invocation"]["limits"]["of_tomorrow"] = json!(3);
    let own = env!("CARGO_PKG_VERSION");
    let run = name(&folder);
    let resume = ["run", "script.rhai", "--resume", run];
    for (head, format) in [(&later, 1), (&unknown, 1), (&later, 99)] {
        put_head(&folder, &head.to_string(), format);
        let error = desk.whmcsh(resume).failed(2).to_owned();
        let words = format!("written by a later version, whmcsh 99.1.0; this is whmcsh {own}");
        assert!(error.contains(&words), "{error}");
        assert!(
            error.contains("\nhint: continue the run with the version that started it"),
            "{error}"
        );
        let settle = desk.whmcsh(["runs", "settle", run, "--write", "1", "--done"]);
        assert!(settle.failed(2).contains(&words), "{}", settle.stderr);
    }
    // What it says in words of ours can be looked at.
    put_head(&folder, &later.to_string(), 1);
    desk.whmcsh(["runs", "show", run]).succeeded();
    put_head(&folder, &unknown.to_string(), 1);
    let listed = desk.whmcsh(["runs", "list", "--json"]).json();
    assert_eq!(listed[0]["state"], "newer");
    put_head(&folder, &whole.to_string(), 1);
    desk.whmcsh(resume).succeeded();
}

#[test]
fn a_run_whose_script_is_gone_says_what_to_do() {
    let sandbox = Sandbox::start();
    let (desk, folder, _) = begun(&sandbox, &[]);
    let script = desk.folder().join("script.rhai");
    let text = std::fs::read_to_string(&script).unwrap();
    std::fs::remove_file(&script).unwrap();
    let run = name(&folder);
    let error = desk.whmcsh(["run", "script.rhai", "--resume", run]);
    assert_eq!(
        error.failed(2),
        format!(
            "error: script `script.rhai` cannot be read: it does not exist\n\
             hint: run `{run}` needs this script: put it back, or use its new path\n"
        )
    );
    desk.file("moved/other.rhai", text);
    desk.whmcsh(["run", "moved/other.rhai", "--resume", run])
        .succeeded();
    assert_eq!(given(&sandbox).len(), 1);
}

#[test]
fn a_run_of_each_is_taken_up_by_the_same_action_only() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("rows.csv", "id,city\n1,Köln\n2,Ulm\n");
    let note = ["--", "AddClientNote", "userid={id}", "notes={city}"];
    let first = desk.whmcsh(
        [
            &["each", "rows.csv", "--max-writes", "1", "--key=id"][..],
            &note,
        ]
        .concat(),
    );
    let said = first.failed(6).to_owned();
    let folder = desk.only_run();
    let run = name(&folder);
    let other = ["--", "UpdateClient", "clientid={id}", "city={city}"];
    let other = desk.whmcsh(
        [
            &["each", "rows.csv", "--key=id", "--resume", run][..],
            &other,
        ]
        .concat(),
    );
    let words = format!(
        "error: run `{run}` belongs to `each AddClientNote`, and this is `each \
            UpdateClient`\n"
    );
    assert!(other.failed(2).starts_with(&words), "{}", other.stderr);
    desk.file(
        "each AddClientNote",
        "log_activity(#{ description: \"given\" });",
    );
    let script = desk.whmcsh(["run", "each AddClientNote", "--resume", run]);
    assert!(
        script.failed(2).contains("belongs to `each AddClientNote`"),
        "{}",
        script.stderr
    );
    let command =
        command_after(&said, "to resume, run: ").replace("--max-writes 1", "--max-writes 2");
    assert_eq!(paste(&desk, &command).status.code(), Some(0));
}
