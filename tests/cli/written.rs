//! Files that appear whole or not at all, for the user alone, wherever they are asked for.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use crate::plan_bind::common;
use crate::support::{Desk, Outcome, Sandbox};

const SCRIPT: &str = "for n in 0..2000 { add_client_note(#{ userid: 1, notes: `note ${n}` }); }";

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().mode() & 0o777
}

/// The files of a folder, hidden ones too, but for where the binary keeps its state.
fn names(desk: &Desk) -> Vec<String> {
    let entries = fs::read_dir(desk.folder()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names
        .filter(|name| !matches!(name.as_str(), ".local" | ".config"))
        .collect();
    names.sort();
    names
}

fn plan(desk: &Desk, out: &str) -> Outcome {
    desk.file("script.rhai", SCRIPT);
    desk.whmcsh(["plan", "script.rhai", "--out", out, "-q"])
}

fn is_a_plan(path: &Path) -> bool {
    let text = fs::read_to_string(path).unwrap();
    let plan: serde_json::Value = serde_json::from_str(&text).unwrap();
    plan["rows"].as_array().unwrap().len() == 2000
}

#[test]
fn a_plan_is_a_file_of_the_users_own_whatever_was_there() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    plan(&desk, "plan.json").succeeded();
    let path = desk.folder().join("plan.json");
    assert!(is_a_plan(&path));
    assert_eq!(mode(&path), 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    plan(&desk, "plan.json").succeeded();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(names(&desk), ["plan.json", "script.rhai"]);
}

#[test]
fn a_plan_onto_a_link_replaces_the_file_behind_it() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let path = desk.file("real.json", "old");
    let link = desk.folder().join("link.json");
    symlink("real.json", &link).unwrap();
    plan(&desk, "link.json").succeeded();
    assert!(link.is_symlink() && is_a_plan(&path));
    assert_eq!(names(&desk), ["link.json", "real.json", "script.rhai"]);
}

#[test]
fn a_place_where_no_plan_can_be_is_refused_before_anything_is_sent() {
    // Nobody listens: whatever was sent would fail in other words.
    let desk = Desk::new()
        .variable("WHMCSH_URL", "http://127.0.0.1:1")
        .variable("WHMCSH_IDENTIFIER", "someone")
        .variable("WHMCSH_SECRET", "s3cr3t-of-the-test");
    fs::create_dir(desk.folder().join("folder")).unwrap();
    desk.file("file", "old");
    symlink("nothing", desk.folder().join("dangling")).unwrap();
    for (out, why) in [
        ("folder", "it is a folder, not a file"),
        ("new/", "it names a folder, not a file"),
        ("none/plan.json", "its folder does not exist"),
        ("file/plan.json", "not a directory"),
        ("dangling", "it is a broken link"),
    ] {
        let outcome = plan(&desk, out);
        let expected = format!("error: `{out}` cannot be written: {why}; nothing was sent\n");
        assert!(outcome.failed(2).starts_with(&expected), "{outcome:?}");
        assert!(outcome.stdout.is_empty());
    }
    assert_eq!(names(&desk), ["dangling", "file", "folder", "script.rhai"]);
}

/// Runs the binary where no file may grow beyond so many kilobytes, as on a full disk.
fn on_a_full_disk(desk: &Desk, kilobytes: u32, arguments: &str) -> Outcome {
    let binary = desk.command();
    let program = binary.get_program().to_string_lossy();
    let line = format!("trap '' XFSZ; ulimit -f {kilobytes}; exec {program} {arguments}");
    let mut command = Command::new("bash");
    command.args(["-c", &line]).current_dir(desk.folder());
    command.env_clear().envs(desk.variables());
    let output = command.output().unwrap();
    Outcome {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_plan_on_a_full_disk_leaves_the_old_one_and_nothing_else() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let path = desk.file("plan.json", "old\n");
    desk.file("script.rhai", SCRIPT);
    for kilobytes in [1, 64] {
        let outcome = on_a_full_disk(&desk, kilobytes, "plan script.rhai --out plan.json");
        let error = outcome.failed(2);
        assert!(error.contains("file too large"), "{error}");
        assert!(!error.contains("os error"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "old\n");
        assert_eq!(names(&desk), ["plan.json", "script.rhai"]);
    }
    let outcome = plan(&desk, "/dev/full");
    let error = outcome.failed(2);
    let expected = "error: `/dev/full` cannot be written: no space left on device\n";
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn a_plan_can_go_straight_into_a_pipe_a_file_or_nowhere() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("script.rhai", SCRIPT);
    let words = ["plan", "script.rhai", "-q", "--out"];
    let outcome = desk.whmcsh([&words[..], &["/dev/stdout"]].concat());
    let shown = outcome.succeeded();
    let (plan, _) = shown.split_once("\n}\n").unwrap();
    let plan: serde_json::Value = serde_json::from_str(&format!("{plan}\n}}")).unwrap();
    assert_eq!(plan["rows"].as_array().unwrap().len(), 2000);
    // Into a file as into a pipe: one after the other.
    let file = desk.folder().join("both.txt");
    let mut command = desk.command();
    command.args(words).arg("/dev/stdout");
    let into = fs::File::create(&file).unwrap();
    assert!(command.stdout(into).status().unwrap().success());
    let written = fs::read_to_string(&file).unwrap();
    assert!(common(&written).eq(common(shown)), "{written}");
    desk.whmcsh([&words[..], &["/dev/null"]].concat())
        .succeeded();
    let fifo = desk.folder().join("fifo");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    let reader = std::thread::spawn({
        let fifo = fifo.clone();
        move || fs::read_to_string(fifo).unwrap()
    });
    desk.whmcsh([&words[..], &["fifo"]].concat()).succeeded();
    let plan = reader.join().unwrap();
    assert!(plan.contains("\n  ],\n  \"digest\": ") && plan.ends_with("\n}\n"));
}

#[test]
fn a_file_that_a_script_writes_is_the_users_own_unless_one_is_replaced_that_was_not() {
    let desk = Desk::new();
    desk.file("open.csv", "old\n");
    let open = desk.folder().join("open.csv");
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).unwrap();
    desk.file(
        "script.rhai",
        "for name in [\"new.csv\", \"open.csv\"] { write_csv(name, [#{ id: 1 }]); }",
    );
    desk.whmcsh(["run", "script.rhai", "--sandbox"]).succeeded();
    assert_eq!(mode(&desk.folder().join("new.csv")), 0o600);
    assert_eq!(mode(&open), 0o644);
    assert_eq!(fs::read_to_string(&open).unwrap(), "id\n1\n");
}

#[test]
fn a_session_is_saved_for_the_user_alone_and_takes_no_files_place_unasked() {
    let desk = Desk::new();
    let saved = desk.whmcsh_fed(&["repl", "--sandbox"], "let a = 1;\n:save mine.rhai\n");
    saved.succeeded();
    let path = desk.folder().join("mine.rhai");
    assert_eq!(mode(&path), 0o600);
    desk.file("theirs.rhai", "old");
    symlink("theirs.rhai", desk.folder().join("link.rhai")).unwrap();
    let taken = desk.whmcsh_fed(&["repl", "--sandbox"], "let a = 1;\n:save link.rhai\n");
    assert!(taken.failed(2).contains("`link.rhai` already exists"));
    let replaced = desk.whmcsh_fed(&["repl", "--sandbox"], "let a = 1;\n:save! link.rhai\n");
    replaced.succeeded();
    let text = fs::read_to_string(desk.folder().join("theirs.rhai")).unwrap();
    assert!(text.contains("let a = 1;"), "{text}");
    let nowhere = desk.whmcsh_fed(&["repl", "--sandbox"], "let a = 1;\n:save none/a.rhai\n");
    let error = nowhere.failed(2);
    assert!(error.contains("cannot write `none/a.rhai`: its folder does not exist"));
    assert_eq!(names(&desk), ["link.rhai", "mine.rhai", "theirs.rhai"]);
}

#[test]
fn the_files_about_a_run_are_the_users_own_also_where_it_named_them() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.script("add_client_note(#{ userid: 1, notes: \"x\" });")
        .succeeded();
    let run = desk.only_run();
    let name = run.file_name().unwrap().to_str().unwrap();
    let page = desk.file("page.html", "old");
    fs::set_permissions(&page, fs::Permissions::from_mode(0o644)).unwrap();
    desk.whmcsh(["runs", "report", name, "--out", "page.html"])
        .succeeded();
    assert_eq!(mode(&page), 0o600);
    assert_eq!(mode(&run.join("summary.json")), 0o600);
    assert_eq!(mode(&run.join("key")), 0o600);
}
