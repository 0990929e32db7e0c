//! Where nobody is at the terminal: folders, configuration and secrets that a scheduler or a
//! container gives.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::{Desk, Sandbox};

const READS: &str = "print(get_clients().totalresults > 0);";
const WRITES: &str = "add_client_note(#{ userid: 1, notes: \"called\" });";

fn profile(sandbox: &Sandbox, secret: &str) -> String {
    let url = &sandbox.url;
    format!("[profiles.main]\nurl = \"{url}\"\nidentifier = \"sandbox\"\n{secret}\n")
}

fn readable(desk: &Desk, name: &str, text: &str) {
    let path = desk.file(name, text);
    fs::set_permissions(path, PermissionsExt::from_mode(0o644)).unwrap();
}

#[test]
fn without_a_home_folder_a_script_reads_and_a_write_says_what_to_set() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk().variable("HOME", "");
    assert_eq!(desk.script(READS).succeeded(), "true\n");
    let outcome = desk.script(WRITES);
    let told = outcome.failed(2);
    assert!(
        told.contains("`AddClientNote` was not sent: there is no home folder to keep runs in"),
        "{told}"
    );
    assert!(
        told.contains("hint: set `WHMCSH_STATE` or `HOME` to a folder"),
        "{told}"
    );
}

#[test]
fn a_folder_that_cannot_be_written_says_which_variable_moves_it() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let folder = desk.file("kept", "no folder");
    let desk = desk.variable("WHMCSH_STATE", folder.to_str().unwrap());
    assert_eq!(desk.script(READS).succeeded(), "true\n");
    let outcome = desk.script(WRITES);
    let told = outcome.failed(2);
    assert!(told.contains("cannot keep a run in"), "{told}");
    assert!(
        told.contains("hint: set `WHMCSH_STATE` to a writable folder"),
        "{told}"
    );
}

#[test]
fn runs_are_kept_in_the_folder_that_the_environment_names() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let kept = desk.folder().join("volume");
    let desk = desk
        .variable("WHMCSH_STATE", kept.to_str().unwrap())
        .variable("XDG_STATE_HOME", "/nowhere");
    desk.script(WRITES).succeeded();
    assert_eq!(fs::read_dir(kept.join("runs")).unwrap().count(), 1);
    let listed = desk.whmcsh(["runs", "list", "--json"]).json();
    assert_eq!(listed[0]["state"], "done");
}

#[test]
fn a_state_folder_that_is_another_in_every_working_folder_is_refused() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk().variable("WHMCSH_STATE", "kept");
    let outcome = desk.script(WRITES);
    let told = outcome.failed(2);
    assert!(told.contains("`WHMCSH_STATE` is a relative path"), "{told}");
}

#[test]
fn the_configuration_is_the_one_that_the_environment_names() {
    let sandbox = Sandbox::start();
    sandbox.desk();
    let desk = Desk::new().variable("WHMCSH_CONFIG", "billing.toml");
    let outcome = desk.script(READS);
    assert!(
        outcome
            .failed(2)
            .contains("the configuration `billing.toml` does not exist"),
        "{}",
        outcome.stderr
    );
    let path = desk.file("billing.toml", profile(&sandbox, "secret = \"sandbox\""));
    fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
    assert_eq!(desk.script(READS).succeeded(), "true\n");
    // A script may not read what may hold secrets, wherever it is.
    let outcome = desk.script("read_file(\"billing.toml\")");
    assert_ne!(outcome.code, Some(0), "{}", outcome.stdout);
}

#[test]
fn a_configuration_without_secrets_may_be_read_by_anybody() {
    let sandbox = Sandbox::start();
    sandbox.desk();
    let desk = Desk::new();
    let config = ".config/whmcsh/config.toml";
    for secret in [
        "secret_command = \"echo sandbox\"",
        "secret = \"\"\nsecret_command = \"echo sandbox\"",
    ] {
        readable(&desk, config, &profile(&sandbox, secret));
        assert_eq!(desk.script(READS).succeeded(), "true\n", "{secret}");
    }
    for secret in [
        "secret = \"sandbox\"",
        "secret_command = \"echo sandbox\"\naccess_key = \"key\"",
        "secret_command = \"echo sandbox\"\nproxy = \"http://me:pass@localhost\"",
        "secret = sandbox",
    ] {
        readable(&desk, config, &profile(&sandbox, secret));
        let outcome = desk.script(READS);
        assert!(
            outcome.failed(2).contains("mode 0644"),
            "{}",
            outcome.stderr
        );
    }
}

#[test]
fn a_command_is_not_run_from_a_configuration_that_others_can_write() {
    let desk = Desk::new();
    let url = "http://127.0.0.1:9";
    let text = |secret: &str| {
        format!("[profiles.main]\nurl = \"{url}\"\nidentifier = \"sandbox\"\n{secret}\n")
    };
    let config = ".config/whmcsh/config.toml";
    for (mode, is_run) in [(0o646, false), (0o666, false), (0o644, true)] {
        let file = desk.file(config, text("secret_command = \"touch ran; echo sandbox\""));
        fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
        let said = desk.script(READS).stderr;
        let is_refused = said.contains(&format!("can be written by others (mode {mode:04o})"));
        assert_eq!(is_refused, !is_run, "{mode:o}: {said}");
        assert_eq!(
            desk.folder().join("ran").exists(),
            is_run,
            "{mode:o}: {said}"
        );
    }
    let desk = desk.variable("WHMCSH_SECRET", "sandbox");
    let file = desk.file(config, text(""));
    fs::set_permissions(file, fs::Permissions::from_mode(0o666)).unwrap();
    // It is read, and the server is not there.
    assert_eq!(desk.script(READS).code, Some(3));
}

#[test]
fn a_secret_comes_from_the_file_or_the_command_that_the_environment_names() {
    let sandbox = Sandbox::start();
    sandbox.desk();
    let at = |name: &str, value: &str| {
        let desk = Desk::new()
            .variable("WHMCSH_URL", &sandbox.url)
            .variable("WHMCSH_IDENTIFIER", "sandbox")
            .variable(name, value);
        for (name, text, mode) in [
            ("mounted", "sandbox\n", 0o400),
            ("readable", "sandbox\n", 0o644),
            ("by_some", "sandbox\n", 0o604),
            // As editors of other systems save it.
            ("marked", "\u{feff}sandbox\r\n", 0o600),
            ("empty", "\n", 0o600),
            ("open", "sandbox\n", 0o666),
        ] {
            let file = desk.file(name, text);
            fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
        }
        desk
    };
    let marked = at("WHMCSH_SECRET_FILE", "marked");
    assert_eq!(marked.script(READS).succeeded(), "true\n");
    let from_file = at("WHMCSH_SECRET_FILE", "mounted");
    assert_eq!(from_file.script(READS).succeeded(), "true\n");
    let outcome = from_file.script("print(read_file(\"mounted\"));");
    assert!(!outcome.stdout.contains("sandbox"), "{}", outcome.stdout);
    assert_ne!(outcome.code, Some(0));
    let command = at("WHMCSH_SECRET_COMMAND", "cat mounted");
    assert_eq!(command.script(READS).succeeded(), "true\n");
    for (desk, says) in [
        (
            at("WHMCSH_SECRET_FILE", "missing"),
            "the file `missing` of `WHMCSH_SECRET_FILE` cannot be read",
        ),
        (
            at("WHMCSH_SECRET_FILE", "readable"),
            "the file `readable` of `WHMCSH_SECRET_FILE` can be read by others (mode 0644)",
        ),
        (
            at("WHMCSH_SECRET_FILE", "by_some"),
            "(Kubernetes: `defaultMode: 0400`)",
        ),
        (
            at("WHMCSH_SECRET_FILE", "open"),
            "the file `open` of `WHMCSH_SECRET_FILE` can be written by others (mode 0666)",
        ),
        (
            at("WHMCSH_SECRET_COMMAND", "exit 3"),
            "or in the variable whose name ends in `_COMMAND`",
        ),
        (
            at("WHMCSH_SECRET_FILE", "empty"),
            "the file `empty` of `WHMCSH_SECRET_FILE` is empty",
        ),
        (
            at("WHMCSH_SECRET_FILE", "mounted").variable("WHMCSH_SECRET", "sandbox"),
            "`WHMCSH_SECRET` and `WHMCSH_SECRET_FILE` are both set",
        ),
    ] {
        let outcome = desk.script(READS);
        assert!(outcome.failed(2).contains(says), "{}", outcome.stderr);
    }
}

#[test]
fn a_command_at_the_end_knows_what_became_of_the_run_and_no_secret() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("rows.csv", "id,note\n1,a\n999999,b\n");
    desk.file(
        "rows.rhai",
        "bulk(csv(\"rows.csv\"), #{ key: \"id\" }, |row| {\n\
           add_client_note(#{ userid: row.id, notes: row.note });\n\
         });\n",
    );
    let command = "env | grep ^WHMCSH_ | sort; exit 3";
    let outcome = desk.whmcsh(["run", "rows.rhai", "--name", "notes", "--on-end", command]);
    let told = outcome.failed(4);
    assert_eq!(outcome.stdout, "");
    for line in [
        "WHMCSH_RUN_NAME=notes",
        "WHMCSH_RUN_SCRIPT=rows.rhai",
        &*format!("WHMCSH_RUN_SERVER={}", sandbox.host()),
        "WHMCSH_RUN_STATE=failed",
        "WHMCSH_RUN_EXIT=4",
        "WHMCSH_RUN_DONE=1",
        "WHMCSH_RUN_FAILED=1",
        "WHMCSH_RUN_WRITES=1",
    ] {
        assert!(told.lines().any(|told| told == line), "{line}: {told}");
    }
    assert!(!told.contains("WHMCSH_SECRET"), "{told}");
    assert!(!told.contains("WHMCSH_URL"), "{told}");
    assert!(
        told.contains("warning: the command of `--on-end` failed: it ended with exit status: 3"),
        "{told}"
    );
    let id = desk.whmcsh(["runs", "list", "--json"]).json()[0]["id"].clone();
    assert!(told.contains(&format!("WHMCSH_RUN={}\n", id.as_str().unwrap())));
}

#[test]
fn a_command_at_the_end_of_a_run_that_only_reads_is_told_the_server() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("reads.rhai", READS);
    let command = "echo on $WHMCSH_RUN_SERVER";
    let outcome = desk.whmcsh(["run", "reads.rhai", "--on-end", command]);
    outcome.succeeded();
    let told = format!("on {}\n", sandbox.host());
    assert!(outcome.stderr.contains(&told), "{}", outcome.stderr);
}

#[test]
fn a_command_at_the_end_is_done_where_nothing_was_written_or_begun() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("reads.rhai", READS);
    let words = |state: &str| {
        format!("echo \"$WHMCSH_RUN_STATE $WHMCSH_RUN_EXIT [$WHMCSH_RUN]\" > {state}")
    };
    let ran = desk.whmcsh(["run", "reads.rhai", "--on-end", &words("read")]);
    ran.succeeded();
    let written = fs::read_to_string(desk.folder().join("read")).unwrap();
    assert_eq!(written, "done 0 []\n");
    let ran = desk.whmcsh([
        "run",
        "reads.rhai",
        "--resume",
        "none",
        "--on-end",
        &words("refused"),
    ]);
    ran.failed(2);
    let written = fs::read_to_string(desk.folder().join("refused")).unwrap();
    assert_eq!(written, "failed 2 []\n");
}

#[test]
fn a_command_at_the_end_of_an_undo_knows_what_became_of_it() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "note.rhai",
        "update_client(#{ clientid: 1, notes: \"x\" });",
    );
    desk.whmcsh(["run", "note.rhai", "--snapshot"]).succeeded();
    let command =
        "echo \"$WHMCSH_RUN_SCRIPT $WHMCSH_RUN_STATE $WHMCSH_RUN_EXIT $WHMCSH_RUN_WRITES\" > ended";
    desk.whmcsh(["runs", "undo", "last", "--on-end", command])
        .succeeded();
    let ended = fs::read_to_string(desk.folder().join("ended")).unwrap();
    let id = desk.whmcsh(["runs", "list", "--json"]).json();
    let ids = id.as_array().unwrap().iter();
    let mut ids = ids.map(|run| format!("undo of {} done 0 1\n", run["id"].as_str().unwrap()));
    assert!(ids.any(|line| line == ended), "{ended}");
    let dry = desk.whmcsh(["runs", "undo", "last", "--dry-run", "--on-end", command]);
    dry.failed(2);
}

#[test]
fn a_command_at_the_end_is_done_where_the_script_or_the_rows_are_missing() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let command = "echo \"$WHMCSH_RUN_STATE $WHMCSH_RUN_EXIT $WHMCSH_RUN_SCRIPT\" > ended";
    let end = ["--name", "nightly", "--on-end", command];
    let run = [&["run", "missing.rhai"][..], &end].concat();
    let call = ["--", "LogActivity", "description={a}"];
    let each = [&["each", "missing.csv", "--key", "a"][..], &end, &call].concat();
    for (words, subject) in [(run, "missing.rhai"), (each, "missing.csv")] {
        desk.whmcsh(words).failed(2);
        let written = fs::read_to_string(desk.folder().join("ended")).unwrap();
        assert_eq!(written, format!("failed 2 {subject}\n"));
        fs::remove_file(desk.folder().join("ended")).unwrap();
    }
}

#[test]
fn a_command_at_the_end_keeps_nobody_from_the_run() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("script.rhai", "log_activity(#{ description: \"Row\" });");
    let run = "run script.rhai --name nightly";
    let command = format!(
        "{} {run} -q > again 2>&1; echo $? >> again",
        crate::support::BINARY
    );
    // Only what the second one needs to know of the server.
    let server = "export WHMCSH_URL=$URL WHMCSH_IDENTIFIER=$IDENTIFIER WHMCSH_SECRET=$SECRET";
    let mut first = desk.command();
    for (name, value) in desk.environment() {
        first.env(name.trim_start_matches("WHMCSH_"), value);
    }
    let command = format!("{server}; {command}");
    first.args(run.split(' ')).args(["--on-end", &command]);
    assert!(first.output().unwrap().status.success());
    let again = fs::read_to_string(desk.folder().join("again")).unwrap();
    assert_eq!(again, "0\n");
}
