//! Profiles: kept, chosen, guarded.

use std::os::unix::fs::PermissionsExt;

use crate::canned::Canned;
use crate::support::{Desk, Sandbox};

const SUCCESS: &str = r#"{"result":"success","noteid":"1"}"#;

fn config(desk: &Desk, text: &str) {
    let path = desk.file(".config/whmcsh/config.toml", text);
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
}

#[test]
fn a_profile_is_added_listed_tested_and_removed() {
    let sandbox = Sandbox::start();
    sandbox.desk();
    let desk = Desk::new();
    let words = [
        "profile",
        "add",
        "main",
        "--url",
        &sandbox.url,
        "--identifier",
        "sandbox",
        "--access",
        "write",
    ];
    desk.whmcsh_fed(&words, "sandbox\n").succeeded();

    let path = desk.folder().join(".config/whmcsh/config.toml");
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );

    let list = desk.whmcsh(["profile", "list", "--json"]).json();
    assert_eq!(list[0]["name"], "main");
    assert_eq!(list[0]["access"], "write");
    assert_eq!(list[0]["production"], false);
    let tested = desk.whmcsh(["profile", "test", "main"]);
    assert!(
        tested.succeeded().starts_with("profile `main` works: "),
        "{}",
        tested.stdout
    );

    desk.whmcsh(["profile", "remove", "main"]).succeeded();
    assert_eq!(
        desk.whmcsh(["profile", "list", "--json"]).json(),
        serde_json::json!([])
    );
}

#[test]
fn adding_and_removing_leave_the_rest_of_the_file_alone() {
    let desk = Desk::new();
    config(
        &desk,
        "# mine\n[profiles.old]\nurl = \"https://old.example.com\" # keep\n",
    );
    let words = [
        "profile",
        "add",
        "new",
        "--url",
        "https://new.example.com",
        "--identifier",
        "x",
        "--secret-command",
        "echo y",
    ];
    desk.whmcsh(words).succeeded();
    desk.whmcsh(["profile", "remove", "new"]).succeeded();
    let text = std::fs::read_to_string(desk.folder().join(".config/whmcsh/config.toml")).unwrap();
    assert_eq!(
        text,
        "# mine\n[profiles.old]\nurl = \"https://old.example.com\" # keep\n"
    );
}

#[test]
fn a_secret_comes_from_the_environment_before_the_command_before_the_file() {
    let sandbox = Sandbox::start();
    sandbox.desk();
    let desk = Desk::new().variable("WHMCSH_SECRET", "sandbox");
    let profile = |secret: &str| {
        format!(
            "[profiles.main]\nurl = \"{}\"\nidentifier = \"sandbox\"\n{secret}\n",
            sandbox.url
        )
    };
    config(&desk, &profile("secret = \"wrong\""));
    desk.whmcsh(["profile", "test"]).succeeded();
    config(&desk, &profile("secret_command = \"echo wrong\""));
    desk.whmcsh(["profile", "test"]).succeeded();
    let desk = Desk::new();
    let both = "secret = \"wrong\"\nsecret_command = \"echo sandbox\"";
    config(&desk, &profile(both));
    desk.whmcsh(["profile", "test"]).succeeded();
    config(&desk, &profile("secret_command = \"exit 4\""));
    let outcome = desk.whmcsh(["profile", "test"]);
    assert!(
        outcome
            .failed(2)
            .contains("failed: it ended with exit status: 4"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn companions_of_an_address_never_reach_another_server() {
    let server = Canned::with(|stream| {
        let _ = std::io::Write::write_all(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    let desk = Desk::new()
        .variable("WHMCSH_URL", "https://elsewhere.example.com")
        .variable("WHMCSH_SECRET", "s3cr3t-of-elsewhere");
    config(
        &desk,
        &format!(
            "[profiles.main]\nurl = \"http://{}\"\nidentifier = \"x\"\n",
            server.address
        ),
    );
    let outcome = desk.whmcsh(["profile", "test", "main"]);
    assert!(
        outcome.failed(2).contains("profile `main` has no secret"),
        "{}",
        outcome.stderr
    );
    assert_eq!(server.calls(), 0);
}

#[test]
fn read_access_refuses_every_write_before_it_is_sent() {
    let server = Canned::page("200 OK", "application/json", SUCCESS);
    let desk = Desk::new();
    config(
        &desk,
        &format!(
            "[profiles.main]\nurl = \"http://{}\"\nidentifier = \"x\"\nsecret = \"y\"\naccess = \"read\"\n",
            server.address
        ),
    );
    let outcome = desk.script("add_client_note(#{ userid: 1, notes: \"x\" });");
    let error = outcome.failed(2);
    assert!(
        error.contains("has access `read`; nothing was sent"),
        "{error}"
    );
    assert_eq!(server.calls(), 0);
}

#[test]
fn write_access_refuses_what_cannot_be_undone() {
    let server = Canned::page("200 OK", "application/json", SUCCESS);
    let desk = Desk::new();
    config(
        &desk,
        &format!(
            "[profiles.main]\nurl = \"http://{}\"\nidentifier = \"x\"\nsecret = \"y\"\naccess = \"write\"\n",
            server.address
        ),
    );
    desk.script("add_client_note(#{ userid: 1, notes: \"x\" });")
        .succeeded();
    let outcome = desk.script("close_client(#{ clientid: 1 });");
    assert!(
        outcome.failed(2).contains("cannot be undone"),
        "{}",
        outcome.stderr
    );
    assert_eq!(server.actions(), ["WhmcsDetails", "AddClientNote"]);
}

#[test]
fn a_production_server_wants_to_be_confirmed_by_name() {
    let desk = Desk::new();
    // Nothing listens there: what is refused never gets as far as connecting.
    config(
        &desk,
        "[profiles.main]\nurl = \"https://billing.invalid\"\nidentifier = \"x\"\nsecret = \"y\"\n",
    );
    desk.file("write.rhai", "close_client(#{ clientid: 1 });");
    let unattended = desk.whmcsh(["run", "write.rhai"]);
    let error = unattended.failed(2);
    assert!(
        error.contains("`write.rhai` cannot be undone: CloseClient"),
        "{error}"
    );
    assert!(
        error.contains("`billing.invalid` is a production server"),
        "{error}"
    );
    assert!(
        error.contains("hint: confirm with `--yes billing.invalid`"),
        "{error}"
    );
    let wrong = desk.whmcsh(["run", "write.rhai", "--yes", "other.example.com"]);
    assert!(
        wrong
            .failed(2)
            .contains("is not the hostname of the production server"),
        "{}",
        wrong.stderr
    );
    let call = desk.whmcsh(["call", "CloseClient", "clientid=1"]);
    assert!(
        call.failed(2)
            .contains("`billing.invalid` is a production server"),
        "{}",
        call.stderr
    );
}

#[test]
fn the_process_list_never_shows_a_secret() {
    let help = Desk::new().whmcsh(["profile", "add", "--help"]);
    assert!(!help.succeeded().contains("--secret "), "{}", help.stdout);
}

#[test]
fn a_confirmed_write_goes_out() {
    // A production host's name, reached through a proxy on loopback.
    let server = Canned::page("200 OK", "application/json", SUCCESS);
    let desk = Desk::new();
    config(
        &desk,
        &format!(
            "[profiles.main]\nurl = \"http://billing.example.com\"\ninsecure = true\nproxy = \"http://{}\"\nidentifier = \"x\"\nsecret = \"y\"\n",
            server.address
        ),
    );
    desk.file(
        "write.rhai",
        "add_client_note(#{ userid: 1, notes: \"x\" });",
    );
    desk.whmcsh(["run", "write.rhai"]).failed(2);
    assert_eq!(server.calls(), 0);
    desk.whmcsh(["run", "write.rhai", "--yes", "billing.example.com"])
        .succeeded();
    assert_eq!(server.actions(), ["WhmcsDetails", "AddClientNote"]);
    desk.file("read.rhai", "get_clients();");
    desk.whmcsh(["run", "read.rhai"]).succeeded();
}

#[test]
fn what_the_environment_brings_never_reaches_a_server_the_script_connects_to() {
    let main = Canned::page("200 OK", "application/json", SUCCESS);
    let other = Canned::page("200 OK", "application/json", SUCCESS);
    let desk = Desk::new()
        .variable("WHMCSH_IDENTIFIER", "mine")
        .variable("WHMCSH_SECRET", "s3cr3t-of-main");
    config(
        &desk,
        &format!(
            "default_profile = \"main\"\n[profiles.main]\nurl = \"http://{}\"\n\
             [profiles.other]\nurl = \"http://{}\"\n",
            main.address, other.address
        ),
    );
    desk.script("whmcs_details();").succeeded();
    desk.script("connect(\"main\").whmcs_details();")
        .succeeded();
    assert_eq!(main.calls(), 2);
    let outcome = desk.script("connect(\"other\").whmcs_details();");
    assert!(
        outcome
            .failed(2)
            .contains("profile `other` has no identifier"),
        "{}",
        outcome.stderr
    );
    assert_eq!(other.calls(), 0);
}

#[test]
fn an_identifier_and_a_secret_of_the_environment_stay_together() {
    let sandbox = Sandbox::start();
    sandbox.desk();
    let desk = Desk::new()
        .variable("WHMCSH_IDENTIFIER", "sandbox")
        .variable("WHMCSH_SECRET", "sandbox");
    config(
        &desk,
        &format!(
            "[profiles.main]\nurl = \"{}\"\nidentifier = \"x\"\nsecret_command = \"echo wrong\"\n",
            sandbox.url
        ),
    );
    desk.whmcsh(["profile", "test"]).succeeded();
}

#[test]
fn a_loopback_address_that_says_it_is_production_is_guarded() {
    let server = Canned::page("200 OK", "application/json", SUCCESS);
    let desk = Desk::new();
    for (address, guarded) in [
        (server.address.as_str(), "production = true"),
        // Through a proxy it is the proxy's loopback.
        (
            "localhost",
            &*format!("proxy = \"http://{}\"", server.address),
        ),
    ] {
        config(
            &desk,
            &format!(
                "[profiles.main]\nurl = \"http://{address}\"\nidentifier = \"x\"\nsecret = \"y\"\n{guarded}\n"
            ),
        );
        let outcome = desk.script("add_client_note(#{ userid: 1, notes: \"x\" });");
        assert!(
            outcome.failed(2).contains("is a production server"),
            "{}",
            outcome.stderr
        );
    }
    assert_eq!(server.calls(), 0);
    desk.script("whmcs_details();").succeeded();
}

#[test]
fn a_profile_that_could_never_work_is_not_added() {
    let desk = Desk::new();
    for (name, url, says) in [
        (
            "main",
            "billing.example.com",
            "does not start with https://",
        ),
        ("main", "http://billing.example.com", "unencrypted"),
        (
            "",
            "https://billing.example.com",
            "not a valid profile name",
        ),
        (
            "a\nb",
            "https://billing.example.com",
            "not a valid profile name",
        ),
        ("environment", "https://billing.example.com", "`WHMCSH_URL`"),
    ] {
        let words = ["profile", "add", name, "--url", url, "--identifier", "x"];
        let outcome = desk.whmcsh(words);
        assert!(outcome.failed(2).contains(says), "{}", outcome.stderr);
    }
    assert!(!desk.folder().join(".config").exists());
}

#[test]
fn a_password_in_an_address_is_not_listed() {
    let server = Canned::page("200 OK", "application/json", SUCCESS);
    let desk = Desk::new();
    config(
        &desk,
        &format!(
            "[profiles.main]\nurl = \"http://jo:hunter2@{}\"\nidentifier = \"x\"\nsecret = \"y\"\n",
            server.address
        ),
    );
    for words in [
        &["profile", "list"][..],
        &["profile", "list", "--json"],
        &["profile", "test"],
    ] {
        let outcome = desk.whmcsh(words);
        let shown = outcome.succeeded();
        assert!(
            shown.contains(&server.address) && !shown.contains("hunter2"),
            "{shown}"
        );
    }
}

#[test]
fn a_link_to_the_configuration_stays_a_link() {
    let desk = Desk::new();
    let kept = desk.file("kept.toml", "# mine\n");
    std::fs::set_permissions(&kept, PermissionsExt::from_mode(0o600)).unwrap();
    let link = desk.folder().join("link.toml");
    std::os::unix::fs::symlink("kept.toml", &link).unwrap();
    let words = [
        "--config",
        "link.toml",
        "profile",
        "add",
        "main",
        "--url",
        "https://billing.example.com",
        "--identifier",
        "x",
    ];
    desk.whmcsh_fed(&words, "y\n").succeeded();
    assert!(link.is_symlink());
    let text = std::fs::read_to_string(kept).unwrap();
    assert!(text.contains("# mine\n") && text.contains("[profiles.main]"));
}

#[test]
fn an_unknown_key_is_named() {
    let desk = Desk::new();
    config(&desk, "[profiles.main]\nurl = \"x\"\nsecrt = \"hunter2\"\n");
    let outcome = desk.whmcsh(["profile", "list"]);
    assert!(
        outcome.failed(2).contains("unknown field `secrt`\n")
            && !outcome.stderr.contains("hunter2"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_time_out_of_nothing_or_for_ever_is_refused() {
    let desk = Desk::new();
    for limit in ["timeout = 0", "timeout = 9223372036854775807"] {
        config(&desk, &format!("[profiles.main]\nurl = \"x\"\n{limit}\n"));
        let outcome = desk.whmcsh(["profile", "list"]);
        let number = "a whole number from 1 to 4294967295";
        assert!(outcome.failed(2).contains(number), "{}", outcome.stderr);
    }
}

#[test]
fn a_configuration_that_was_named_must_be_there() {
    let desk = Desk::new();
    let outcome = desk.whmcsh(["--config", "missing.toml", "call", "WhmcsDetails"]);
    assert!(
        outcome.failed(2).contains("`missing.toml` does not exist"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn the_command_line_chooses_the_ip_version() {
    let server = Canned::page("200 OK", "application/json", SUCCESS);
    let desk = Desk::new()
        .variable("WHMCSH_URL", &format!("http://{}", server.address))
        .variable("WHMCSH_IDENTIFIER", "x")
        .variable("WHMCSH_SECRET", "y");
    desk.whmcsh(["call", "WhmcsDetails", "--ipv6"]).failed(3);
    assert_eq!(server.calls(), 0);
    desk.whmcsh(["call", "WhmcsDetails", "--ipv4"]).succeeded();
    desk.whmcsh(["call", "WhmcsDetails", "--ipv4", "--ipv6"])
        .failed(2);
}

#[test]
fn the_list_of_profiles_is_aligned() {
    let desk = Desk::new();
    let path = desk.file(
        ".config/whmcsh/config.toml",
        "default_profile = \"main\"\n\
         [profiles.main]\nurl = \"https://billing.example.com\"\nidentifier = \"x\"\n\
         [profiles.old-host]\nurl = \"https://old.example.com\"\nidentifier = \"x\"\naccess = \"read\"\n",
    );
    let secret = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(path, secret).unwrap();
    assert_eq!(
        desk.whmcsh(["profile", "list"]).succeeded(),
        "main      https://billing.example.com  production, full  (default)\n\
         old-host  https://old.example.com      production, read\n"
    );
}

#[test]
fn a_quiet_run_that_was_confirmed_beforehand_says_nothing_where_all_is_well() {
    let server = Canned::page("200 OK", "application/json", SUCCESS);
    let desk = Desk::new();
    config(
        &desk,
        &format!(
            "[profiles.main]\nurl = \"http://{}\"\nidentifier = \"x\"\nsecret = \"y\"\nproduction = true\n",
            server.address
        ),
    );
    desk.file("close.rhai", "close_client(#{ clientid: 1 });");
    let host = server.address.clone();
    let words = ["run", "close.rhai", "--no-snapshot", "--yes", &host];
    let told = desk.whmcsh(words);
    told.succeeded();
    assert_eq!(told.stderr, "`close.rhai` cannot be undone: CloseClient\n");
    let quiet = desk.whmcsh([&words[..], &["-q"]].concat());
    quiet.succeeded();
    assert_eq!(quiet.stderr, "");
}
