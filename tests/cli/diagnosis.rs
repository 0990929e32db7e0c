//! `profile test`: which step fails first, and its cure.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use crate::canned::Canned;
use crate::support::{Desk, Outcome, Sandbox};

const REFUSED: &str = r#"{"result":"error","message":"Authentication Failed"}"#;

/// A desk whose only profile has that address.
fn desk(url: &str) -> Desk {
    profile(&format!("url = \"{url}\""))
}

fn profile(lines: &str) -> Desk {
    let desk = Desk::new();
    let config = format!(
        "[profiles.main]\nidentifier = \"someone\"\nsecret = \"s3cr3t-of-the-test\"\n{lines}\n"
    );
    let path = desk.file(".config/whmcsh/config.toml", config);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    desk
}

/// A server that greets every connection with these bytes and hangs up.
fn greeting(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut heard = [0; 1024];
            // A client that only looks says nothing.
            if stream.read(&mut heard).unwrap_or(0) > 0 {
                let _ = stream.write_all(bytes);
            }
        }
    });
    address
}

/// The steps and their outcomes, then the error; nothing secret in any of it.
fn steps(outcome: &Outcome) -> (Vec<String>, String) {
    let shown = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(!shown.contains("s3cr3t"), "{shown}");
    let (steps, rest): (Vec<&str>, Vec<&str>) = outcome
        .stderr
        .lines()
        .partition(|line| line.starts_with("  "));
    let outcomes = steps
        .iter()
        .map(|line| {
            line.split_whitespace()
                .take(2)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    (outcomes, rest.join("\n"))
}

#[test]
fn every_step_of_a_server_that_works_is_told() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "script.rhai",
        "for c in all_clients() { update_client(#{ clientid: c.id }); }",
    );
    let outcome = desk.whmcsh(["profile", "test", "--script", "script.rhai"]);
    assert!(
        outcome
            .succeeded()
            .starts_with("profile `environment` works: http://127.0.0.1:"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome.stdout.contains(" is WHMCS 8."),
        "{}",
        outcome.stdout
    );
    let (steps, rest) = steps(&outcome);
    assert_eq!(
        steps,
        [
            "dns -",
            "tcp ok",
            "tls -",
            "http ok",
            "authentication ok",
            "version ok",
            "permissions ok",
            "permissions -"
        ]
    );
    assert_eq!(rest, "");
    assert!(
        outcome.stderr.contains("may call GetClients"),
        "{}",
        outcome.stderr
    );
    assert!(
        outcome.stderr.contains(
            "UpdateClient: a write cannot be tested without doing it; check that the \
                role has them"
        ),
        "{}",
        outcome.stderr
    );
    let json = desk.whmcsh(["profile", "test", "--json"]);
    assert_eq!(json.stderr, "");
    let json = json.json();
    assert_eq!(json["works"], true);
    assert_eq!(json["steps"][1]["step"], "tcp");
    assert_eq!(json["steps"][1]["outcome"], "ok");
    assert_eq!(json["steps"][2]["outcome"], "not tested");
}

#[test]
fn a_name_without_an_address_is_the_first_to_fail() {
    let outcome = desk("https://billing.example.invalid").whmcsh(["profile", "test"]);
    outcome.failed(3);
    let (steps, rest) = steps(&outcome);
    assert_eq!(steps, ["dns failed"]);
    assert!(
        rest.starts_with("error: no address was found for `billing.example.invalid`: "),
        "{rest}"
    );
    assert!(
        rest.contains("hint: check the host in the `url` of the profile `main`"),
        "{rest}"
    );
}

#[test]
fn a_port_nobody_listens_at_is_named() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let outcome = desk(&format!("http://localhost:{}", closed.port()))
        .whmcsh(["profile", "test", "main", "--ipv4"]);
    outcome.failed(3);
    let (steps, rest) = steps(&outcome);
    assert_eq!(steps, ["dns ok", "tcp failed"]);
    assert!(
        rest.starts_with(&format!(
            "error: no connection to {closed}: connection refused\nhint: check the port"
        )),
        "{rest}"
    );
}

#[test]
fn a_port_without_tls_is_told_from_one_with_it() {
    let plain =
        greeting(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    let outcome = desk(&format!("https://{plain}")).whmcsh(["profile", "test"]);
    outcome.failed(3);
    let (told, rest) = steps(&outcome);
    assert_eq!(told, ["dns -", "tcp ok", "tls failed"]);
    assert!(
        rest.contains("hint: the server does not use TLS on this port"),
        "{rest}"
    );

    // A TLS alert: unexpected message.
    let encrypted = greeting(&[0x15, 3, 1, 0, 2, 2, 10]);
    let outcome = desk(&format!("http://{encrypted}")).whmcsh(["profile", "test"]);
    outcome.failed(3);
    let (told, rest) = steps(&outcome);
    assert_eq!(told, ["dns -", "tcp ok", "tls -", "http failed"]);
    assert!(
        rest.contains("hint: the server may use TLS on this port: write https://"),
        "{rest}"
    );
}

#[test]
fn a_web_page_in_place_of_whmcs_is_named() {
    let server = Canned::page(
        "200 OK",
        "text/html",
        "<html><title>It works!</title></html>",
    );
    let outcome = server.desk().whmcsh(["profile", "test"]);
    outcome.failed(3);
    let (steps, rest) = steps(&outcome);
    assert_eq!(server.calls(), 1, "it is not tried again");
    assert_eq!(steps.last().unwrap(), "http failed");
    assert!(
        rest.contains("the web page \"It works!\"") && rest.contains("/includes/api.php was tried"),
        "{rest}"
    );
}

#[test]
fn refused_credentials_are_sent_once_and_nothing_after_them() {
    let server = Canned::page("403 Forbidden", "application/json", REFUSED);
    let desk = server.desk();
    desk.file("script.rhai", "get_clients(); get_invoices();");
    let outcome = desk.whmcsh(["profile", "test", "--script", "script.rhai"]);
    outcome.failed(3);
    let (steps, rest) = steps(&outcome);
    assert_eq!(
        steps,
        [
            "dns -",
            "tcp ok",
            "tls -",
            "http ok",
            "authentication failed"
        ]
    );
    assert!(
        rest.contains("WHMCS said \"Authentication Failed\"")
            && rest.contains("hint: check the credentials"),
        "{rest}"
    );
    assert_eq!(server.calls(), 1);
    let json = desk.whmcsh(["profile", "test", "--json"]);
    json.failed(3);
    let told: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(told["works"], false);
    assert!(
        told["error"]["message"]
            .as_str()
            .unwrap()
            .contains("Authentication Failed"),
        "{told}"
    );
}

#[test]
fn an_action_missing_from_the_role_is_named_and_no_write_is_sent() {
    let sandbox = Sandbox::with(&["--role-without", "GetInvoices,WhmcsDetails"]);
    let desk = sandbox.desk();
    desk.file(
        "script.rhai",
        "get_clients(); get_invoices(); add_client_note(#{ userid: 1, notes: \"x\" }); close_client(#{ clientid: 1 });",
    );
    let outcome = desk.whmcsh(["profile", "test", "--script", "script.rhai"]);
    outcome.failed(3);
    let (told, rest) = steps(&outcome);
    assert_eq!(
        told[4..],
        ["authentication ok", "version -", "permissions failed"]
    );
    assert!(
        rest.starts_with("error: `environment` may not call `GetInvoices`: "),
        "{rest}"
    );
    assert!(
        rest.contains("hint: tick GetInvoices in the role"),
        "{rest}"
    );
    let details = sandbox.ask("GetClientsDetails", &[("clientid", "1")]);
    assert_eq!(details["client"]["status"], "Active");
    let works = desk.whmcsh(["profile", "test"]);
    assert!(
        works.succeeded().ends_with(" accepted the credentials\n"),
        "{}",
        works.stdout
    );
}

#[test]
fn what_the_profile_itself_forbids_is_found_before_anything_of_it_is_sent() {
    let server = Canned::page(
        "200 OK",
        "application/json",
        r#"{"result":"success","whmcs":{"version":"8.13.1"}}"#,
    );
    let desk = profile(&format!(
        "url = \"http://{}\"\naccess = \"read\"",
        server.address
    ));
    desk.file(
        "script.rhai",
        "get_clients(); add_client_note(#{ userid: 1, notes: \"x\" });",
    );
    let outcome = desk.whmcsh(["profile", "test", "--script", "script.rhai"]);
    let error = outcome.failed(2);
    assert!(
        error.contains("the profile `main` has access `read`"),
        "{error}"
    );
    assert_eq!(server.actions(), ["WhmcsDetails"]);
}

#[test]
fn a_proxy_is_asked_in_place_of_the_name() {
    let proxy = Canned::page(
        "200 OK",
        "application/json",
        r#"{"result":"success","whmcs":{"version":"8.13.1"}}"#,
    );
    let desk = profile(&format!(
        "url = \"http://billing.example.invalid\"\ninsecure = true\nproxy = \"http://{}\"",
        proxy.address
    ));
    let outcome = desk.whmcsh(["profile", "test"]);
    outcome.succeeded();
    let (told, _) = steps(&outcome);
    assert_eq!(told[..2], ["dns -", "tcp -"]);
    assert!(
        outcome
            .stderr
            .contains("the profile's proxy is used instead"),
        "{}",
        outcome.stderr
    );
}
