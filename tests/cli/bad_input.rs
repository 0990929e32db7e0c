//! What goes wrong is said in a screenful: what, where and what to do.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use crate::canned::Canned;
use crate::support::{Desk, Outcome, Sandbox};
use crate::tty::Tty;

const CALL: [&str; 2] = ["call", "WhmcsDetails"];

/// Every error is short, has the word, shows no secret and no panic.
#[track_caller]
fn says(outcome: &Outcome, code: i32, parts: &[&str]) {
    let error = outcome.failed(code);
    assert!(error.starts_with("error: "), "{error}");
    assert!(error.lines().count() < 20, "{error}");
    assert!(
        !error.contains("panicked") && !error.contains("s3cr3t"),
        "{error}"
    );
    for part in parts {
        assert!(error.contains(part), "no {part:?} in:\n{error}");
    }
}

fn read_csv(content: &[u8]) -> Outcome {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("in.csv", content);
    desk.file(
        "script.rhai",
        "let n = 0;\nfor row in csv(args[0]) { n += 1; }\nprint(n);\n",
    );
    desk.whmcsh(["run", "script.rhai", "in.csv"])
}

#[test]
fn a_script_that_is_not_there() {
    let outcome = Desk::new().whmcsh(["run", "missing.rhai", "--sandbox"]);
    says(&outcome, 2, &["`missing.rhai`", "does not exist"]);
}

#[test]
fn a_folder_in_place_of_a_script() {
    let desk = Desk::new();
    desk.file("folder/inner", "");
    says(
        &desk.whmcsh(["run", "folder", "--sandbox"]),
        2,
        &["`folder`", "is a folder"],
    );
}

#[test]
fn a_csv_file_that_is_not_there() {
    let desk = Desk::new();
    desk.file("script.rhai", "for row in csv(args[0]) { print(row.a); }");
    let outcome = desk.whmcsh(["run", "script.rhai", "missing.csv", "--sandbox"]);
    says(
        &outcome,
        2,
        &["missing.csv", "--> script.rhai:1:", "hint: "],
    );
}

#[test]
fn an_empty_csv_file() {
    says(&read_csv(b""), 2, &["in.csv", "empty"]);
}

#[test]
fn a_csv_file_with_only_a_header_has_no_rows() {
    assert_eq!(read_csv(b"a,b\n").succeeded(), "0\n");
}

#[test]
fn a_csv_file_cut_within_a_quote_names_the_line_where_it_opened() {
    says(
        &read_csv(b"a,b\n1,2\n3,\"four\nfive\nsix"),
        2,
        &["in.csv", "line 3", "quote"],
    );
}

#[test]
fn a_csv_cell_of_ten_megabytes() {
    let mut content = b"a,b\n1,".to_vec();
    content.resize(10_000_000, b'x');
    says(&read_csv(&content), 2, &["in.csv", "line 2"]);
}

#[test]
fn a_ragged_row_and_a_duplicate_header() {
    says(&read_csv(b"a,b\n1,2\n3\n"), 2, &["in.csv", "line 3"]);
    says(
        &read_csv(b"a,A,a\n1,2,3\n"),
        2,
        &["in.csv", "columns 1 and 3 are both called `a`"],
    );
}

#[test]
fn a_syntax_error_has_a_caret() {
    let desk = Desk::new();
    desk.file("script.rhai", "let a = 1;\nlet b = = 2;\n");
    let outcome = desk.whmcsh(["run", "script.rhai", "--sandbox"]);
    says(&outcome, 1, &["--> script.rhai:2:9", "let b = = 2;", "^"]);
}

#[test]
fn an_unknown_profile_is_met_with_a_suggestion() {
    let desk = Desk::new();
    let path = desk.file(
        "config.toml",
        "[profiles.main]\nurl = \"https://billing.example.com\"\n",
    );
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
    let outcome = desk.whmcsh([
        "--config",
        "config.toml",
        "call",
        "WhmcsDetails",
        "--profile",
        "mian",
    ]);
    says(
        &outcome,
        2,
        &["unknown profile `mian`", "did you mean `main`?"],
    );
}

#[test]
fn no_server_at_all() {
    says(
        &Desk::new().whmcsh(CALL),
        2,
        &["no server is configured", "--sandbox"],
    );
}

#[test]
fn a_configuration_that_is_not_toml_is_shown_without_its_content() {
    let desk = Desk::new();
    let path = desk.file(
        "config.toml",
        "[profiles.main]\nsecret = s3cr3t-of-the-test\n",
    );
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
    let outcome = desk.whmcsh(["--config", "config.toml", "call", "WhmcsDetails"]);
    says(&outcome, 2, &["config.toml:2"]);
}

#[test]
fn a_configuration_that_others_can_read() {
    let desk = Desk::new();
    let path = desk.file(
        "config.toml",
        "[profiles.main]\nurl = \"x\"\nsecret = \"y\"\n",
    );
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o644)).unwrap();
    let outcome = desk.whmcsh(["--config", "config.toml", "call", "WhmcsDetails"]);
    says(&outcome, 2, &["mode 0644", "chmod 600"]);
}

#[test]
fn an_address_without_a_scheme() {
    let desk = Desk::new()
        .variable("WHMCSH_URL", "billing.example.com")
        .variable("WHMCSH_IDENTIFIER", "someone")
        .variable("WHMCSH_SECRET", "s3cr3t-of-the-test");
    says(
        &desk.whmcsh(CALL),
        2,
        &["`billing.example.com`", "https://billing.example.com"],
    );
}

#[test]
fn a_server_that_is_down() {
    let address = Canned::page("200 OK", "text/plain", "").address;
    let port_nobody_listens_on = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    assert!(!address.ends_with(&port_nobody_listens_on.to_string()));
    let desk = Desk::new()
        .variable(
            "WHMCSH_URL",
            &format!("http://127.0.0.1:{port_nobody_listens_on}"),
        )
        .variable("WHMCSH_IDENTIFIER", "someone")
        .variable("WHMCSH_SECRET", "s3cr3t-of-the-test");
    says(&desk.whmcsh(CALL), 3, &["127.0.0.1", "refused"]);
}

#[test]
fn a_server_that_speaks_html() {
    let page = "<html><head><title>Down for maintenance</title></head><body>soon</body></html>";
    let server = Canned::page("200 OK", "text/html", page);
    says(&server.desk().whmcsh(CALL), 3, &["Down for maintenance"]);
    assert!(server.calls() > 0);
}

#[test]
fn a_server_that_hangs_up_in_the_middle_of_its_reply() {
    let reply = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"result\":\"succ";
    let server = Canned::answering(reply);
    says(&server.desk().whmcsh(CALL), 3, &["127.0.0.1"]);
    assert!(server.calls() > 0);
}

#[test]
fn a_write_whose_reply_is_lost_is_in_doubt_and_sent_once() {
    let server = Canned::whmcs(|stream| {
        let _ =
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"result\":\"succ");
    });
    let desk = server.desk();
    let outcome = desk.whmcsh(["call", "AddClientNote", "userid=1", "notes=x"]);
    says(&outcome, 5, &["may or may not", "AddClientNote"]);
    let once = ["WhmcsDetails", "AddClientNote"];
    assert_eq!(server.actions(), once);
    let outcome = desk.script("add_client_note(#{ userid: 1, notes: \"x\" });");
    says(&outcome, 5, &["may or may not", "AddClientNote"]);
    assert_eq!(server.actions(), [once, once].concat());
}

#[test]
fn a_server_that_sends_a_hundred_megabytes() {
    let server = Canned::with(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n");
        let chunk = vec![b' '; 1 << 20];
        for _ in 0..100 {
            if stream.write_all(&chunk).is_err() {
                return;
            }
        }
    });
    says(&server.desk().whmcsh(CALL), 3, &["64 MB"]);
}

#[test]
fn an_unknown_parameter_is_refused_with_a_suggestion_before_anything_is_sent() {
    let server = Canned::page("200 OK", "application/json", "{\"result\":\"success\"}");
    let outcome = server.desk().whmcsh(["call", "GetClients", "serch=ann"]);
    says(
        &outcome,
        2,
        &[
            "`GetClients` has no parameter `serch`",
            "did you mean `search`?",
        ],
    );
    assert_eq!(server.calls(), 0);
}

#[test]
fn refused_credentials_end_the_run_at_the_first_call() {
    let body = r#"{"result":"error","message":"Authentication Failed"}"#;
    let server = Canned::page("403 Forbidden", "application/json", body);
    let desk = server.desk();
    let outcome = desk.script("for i in 0..5 { try { get_clients(); } catch {} }\nget_clients();");
    says(&outcome, 3, &["Authentication Failed"]);
    assert_eq!(server.calls(), 1);
}

#[test]
fn a_run_whose_credentials_are_refused_does_not_end_well_though_the_script_catches_it() {
    let body = r#"{"result":"error","message":"Authentication Failed"}"#;
    let server = Canned::page("403 Forbidden", "application/json", body);
    let desk = server.desk();
    let outcome = desk.script(
        "for i in 0..5 { try { log_activity(#{ description: `${i}` }); } catch {} }\nprint(\"end\");",
    );
    says(&outcome, 3, &["Authentication Failed", "to resume, run: "]);
    assert_eq!(outcome.stdout, "end\n");
    assert_eq!(server.calls(), 1);
}

#[test]
fn what_a_record_holds_cannot_write_over_the_screen() {
    let desk = Desk::new();
    desk.file("a.rhai", r#"log("a\x1b[2Jb"); throw "c\x1b]0;title\x07d";"#);
    let outcome = desk.whmcsh(["run", "a.rhai", "--sandbox"]);
    let error = outcome.failed(1);
    assert!(
        error.contains("a<U+001B>[2Jb\n") && error.contains("c<U+001B>]0;title<U+0007>d\n"),
        "{error}"
    );
    assert!(!error.contains('\x1b'), "{error}");
}

#[test]
fn a_terminal_is_shown_what_commands_it_and_a_pipe_gets_it_as_it_is() {
    let desk = Desk::new();
    desk.file("a.rhai", "print(\"a\\x1b[2Jb \\u202etxt \\u200fשלום\");");
    let piped = desk.whmcsh(["run", "a.rhai", "--sandbox"]);
    assert_eq!(piped.succeeded(), "a\x1b[2Jb \u{202e}txt \u{200f}שלום\n");
    let mut terminal = Tty::start(&desk, &["run", "a.rhai", "--sandbox"]);
    terminal.sees("a<U+001B>[2Jb <U+202E>txt");
}
