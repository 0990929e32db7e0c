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
fn a_secret_comes_from_the_command_before_the_environment_before_the_file() {
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
    desk.whmcsh(["profile", "test"]).failed(3);
    config(&desk, &profile("secret_command = \"exit 4\""));
    let outcome = desk.whmcsh(["profile", "test"]);
    assert!(
        outcome
            .failed(2)
            .contains("`exit 4` ended with exit status: 4"),
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
    assert_eq!(server.calls(), 1);
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
        wrong.failed(2).contains("does not confirm"),
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
    assert_eq!(server.calls(), 1);
    desk.file("read.rhai", "get_clients();");
    desk.whmcsh(["run", "read.rhai"]).succeeded();
}
