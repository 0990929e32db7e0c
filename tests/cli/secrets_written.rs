//! Secrets that are written out: in a script, in a line of the shell, in a command that
//! fetches one; and names that only the connection may use.

use crate::canned::Canned;
use crate::support::{Desk, Sandbox};

const LITERAL: &str = "Lit-Canary/77";

#[test]
fn a_quoted_line_does_not_show_the_password_that_stands_in_it() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let line = format!(
        "add_user(#{{ firstname: \"a\", lastname: \"b\", email: \"zoe.mueller@example.com\", password2: \"{LITERAL}\" }});\n"
    );
    desk.file("script.rhai", &line);
    let told = desk.whmcsh(["run", "script.rhai"]);
    let shown = told.failed(1);
    assert!(!shown.contains(LITERAL), "{shown}");
    assert!(shown.contains("password2: \"(secret)\" });\n"), "{shown}");
    assert!(shown.contains("| ^^^^^^^^\n"), "{shown}");
}

#[test]
fn so_do_check_and_plan_and_the_shell_with_the_caret_where_it_belongs() {
    let desk = Desk::new();
    let line = format!("let p = #{{ api_key: \"{LITERAL}\" }}; unknown_thing(p);\n");
    desk.file("script.rhai", &line);
    let outcomes = [
        desk.whmcsh(["check", "script.rhai"]),
        desk.whmcsh(["plan", "script.rhai", "--sandbox"]),
        desk.whmcsh(["run", "script.rhai", "--sandbox"]),
        desk.whmcsh_fed(&["repl", "--sandbox"], &line),
    ];
    for outcome in outcomes {
        let told = format!("{}{}", outcome.stdout, outcome.stderr);
        assert!(!told.contains(LITERAL), "{told}");
        let lines: Vec<&str> = told.lines().collect();
        let quoted = lines
            .iter()
            .position(|line| line.contains("api_key: \"(secret)\""));
        let quoted = quoted.unwrap_or_else(|| panic!("{told}"));
        let caret = lines[quoted + 1].find('^').unwrap();
        assert_eq!(lines[quoted].find("unknown_thing"), Some(caret), "{told}");
    }
}

#[test]
fn a_reader_that_names_what_it_cannot_read_names_no_secret() {
    let desk = Desk::new();
    desk.file("script.rhai", format!("let password = '{LITERAL}';\n"));
    for words in [["check", "script.rhai"], ["run", "script.rhai"]] {
        let outcome = desk.whmcsh(words);
        let told = format!("{}{}", outcome.stdout, outcome.stderr);
        assert_ne!(outcome.code, Some(0), "{told}");
        assert!(!told.contains(LITERAL), "{told}");
    }
}

#[test]
fn the_shell_saves_no_secret_that_it_has_seen_under_whatever_name() {
    let desk = Desk::new();
    let lines = format!(
        "fn make(a, b) {{ encrypt_password(#{{ password2: b }}) }}\nmake(1, \"{LITERAL}\")\nlet note = \"it is {LITERAL}\";\n:save kept.rhai\n"
    );
    desk.whmcsh_fed(&["repl", "--sandbox"], &lines).succeeded();
    let kept = std::fs::read_to_string(desk.folder().join("kept.rhai")).unwrap();
    assert!(!kept.contains(LITERAL), "{kept}");
    assert!(kept.contains("make(1, env(\"SECRET\"))"), "{kept}");
}

#[test]
fn a_command_for_a_secret_sees_the_users_environment_and_nothing_of_ours() {
    let canned = Canned::saying(|_| r#"{"result":"success"}"#.to_owned());
    let config = format!(
        "[profiles.main]\nurl = \"http://{}\"\nidentifier = \"someone\"\nsecret_command = \"env > seen; echo of-the-command\"\n",
        canned.address
    );
    let desk = Desk::new()
        .variable("GNUPGHOME", "/of/the/user")
        .variable("SSH_AUTH_SOCK", "/agent")
        .variable("WHMCSH_ACCESS_KEY", "of-the-environment")
        .variable("WHMCSH_PROFILE", "main");
    let path = desk.file(".config/whmcsh/config.toml", config);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&path, mode).unwrap();
    desk.whmcsh(["call", "GetClients"]).succeeded();
    let seen = std::fs::read_to_string(desk.folder().join("seen")).unwrap();
    for kept in [
        "GNUPGHOME=/of/the/user",
        "SSH_AUTH_SOCK=/agent",
        "HOME=",
        "PATH=",
    ] {
        assert!(seen.contains(kept), "{kept}: {seen}");
    }
    assert!(!seen.contains("WHMCSH_"), "{seen}");
}

#[test]
fn no_parameter_takes_the_place_of_what_the_connection_sends_in_whatever_case() {
    let canned = Canned::saying(|_| r#"{"result":"success"}"#.to_owned());
    let desk = canned.desk();
    for name in [
        "ACTION",
        "Action",
        "action[]",
        " action",
        "AccessKey",
        "responseType",
    ] {
        let told = [
            desk.whmcsh(["call", "GetClients", &format!("{name}=AddCredit")]),
            desk.whmcsh([
                "call",
                "OwnAction",
                "--allow-unknown",
                &format!("{name}=AddCredit"),
            ]),
            desk.script(&format!(
                "call(\"OwnAction\", #{{ \"{name}\": \"AddCredit\" }});"
            )),
            desk.script(&format!("get_clients(#{{ \"{name}\": \"AddCredit\" }});")),
        ];
        for outcome in told {
            assert_ne!(outcome.code, Some(0), "{name}: {}", outcome.stdout);
        }
    }
    assert_eq!(canned.calls(), 0);
}
