//! What keeps a run from doing what was not meant.

use std::io::Write as _;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::canned::Canned;
use crate::support::{Desk, Sandbox};

/// Eight rows at once, each with a write.
const NOTES: &str = "bulk([1, 2, 3, 4, 5, 6, 7, 8], #{ workers: 8 }, |n| { \
                     add_client_note(#{ userid: n, notes: \"x\" }); });";

fn reply(stream: &mut TcpStream, status: &str, body: &str) {
    let length = body.len();
    // A client that has read enough may hang up first.
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
}

/// A server that lets so many calls in, and then refuses with those words, after
/// time enough for others to come.
fn refusing(let_in: usize, words: &str) -> Canned {
    let body = format!("{{\"result\":\"error\",\"message\":\"{words}\"}}");
    let calls = AtomicUsize::new(0);
    Canned::with(move |stream| {
        std::thread::sleep(Duration::from_millis(100));
        if calls.fetch_add(1, Ordering::SeqCst) < let_in {
            reply(
                stream,
                "200 OK",
                "{\"result\":\"success\",\"noteid\":\"1\"}",
            );
        } else {
            reply(stream, "403 Forbidden", &body);
        }
    })
}

/// Writes the configuration file.
pub fn config(desk: &Desk, text: &str) {
    let path = desk.file(".config/whmcsh/config.toml", text);
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
}

/// A server on loopback under the name of a production host.
fn production(server: &Canned, name: &str) -> String {
    format!(
        "[profiles.{name}]\nurl = \"http://{name}.example.com\"\ninsecure = true\n\
         proxy = \"http://{}\"\nidentifier = \"x\"\nsecret = \"y\"\n",
        server.address
    )
}

/// The name of the desk's only run.
pub fn only_run(desk: &Desk) -> String {
    let runs = desk.whmcsh(["runs", "list", "--json"]).json();
    assert_eq!(runs.as_array().unwrap().len(), 1, "{runs}");
    runs[0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_refusal_of_the_first_call_is_not_tried_by_every_worker() {
    for (words, calls) in [
        ("Authentication Failed", 1),
        ("Invalid IP 127.0.0.1", 1),
        // That WHMCS does not tell its version to this role is an answer.
        (
            "Invalid Permissions: API action \\\"addclientnote\\\" is not allowed",
            2,
        ),
    ] {
        let server = refusing(0, words);
        let outcome = server.desk().script(NOTES);
        outcome.failed(3);
        assert_eq!(server.calls(), calls, "{words}");
    }
}

#[test]
fn an_action_that_the_role_lacks_is_asked_for_once_though_others_are_let_in() {
    let server = refusing(
        1,
        "Invalid Permissions: API action \\\"addclientnote\\\" is not allowed",
    );
    let outcome = server.desk().script(&format!("whmcs_details(); {NOTES}"));
    let error = outcome.failed(3);
    assert!(error.contains("may not call `AddClientNote`"), "{error}");
    assert_eq!(server.calls(), 2);
}

#[test]
fn no_mail_leaves_whatever_the_script_says() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let client = "let c = add_client(#{ firstname: \"Ann\", lastname: \"Lee\", email: \"ann@mail.example\", \
                  address1: \"1 High Street\", city: \"Dublin\", state: \"Leinster\", postcode: \"D01\", country: \"IE\", \
                  phonenumber: \"+353.15550101\", password2: random_password(20), noemail: false });\n\
                  create_invoice(#{ userid: c.clientid, status: \"Unpaid\", sendinvoice: true, paymentmethod: \"banktransfer\", \
                  itemdescription: [\"x\"], itemamount: [\"1.00\"] });\n";
    desk.file("script.rhai", client.replace("ann@", "loud@"));
    desk.whmcsh(["run", "script.rhai"]).succeeded();
    let mails = |email: &str| {
        let found = sandbox.ask("GetClients", &[("search", email)]);
        let id = found["clients"]["client"][0]["id"]
            .to_string()
            .replace('"', "");
        let mails = sandbox.ask("GetEmails", &[("clientid", &id)]);
        mails["totalresults"].to_string().replace('"', "")
    };
    assert_ne!(
        mails("loud@mail.example"),
        "0",
        "the test must be able to fail"
    );

    desk.file("quiet.rhai", client);
    desk.whmcsh(["run", "quiet.rhai", "--no-mail"]).succeeded();
    assert_eq!(mails("ann@mail.example"), "0");

    desk.file(
        "script.rhai",
        "send_email(#{ messagename: \"Client Signup Email\", id: 1 });",
    );
    let outcome = desk.whmcsh(["run", "script.rhai", "--no-mail"]);
    let error = outcome.failed(2);
    assert!(
        error.contains("`SendEmail` can send email that no parameter suppresses"),
        "{error}"
    );
}

#[test]
fn a_run_without_mail_goes_on_without_mail() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    config(
        &desk,
        &format!(
            "[profiles.main]\nurl = \"{}\"\nidentifier = \"sandbox\"\nsecret = \"sandbox\"\n",
            sandbox.url
        ),
    );
    let invoices = || {
        let found = sandbox.ask("GetInvoices", &[("userid", "1"), ("limitnum", "1")]);
        found["totalresults"].to_string().replace('"', "")
    };
    let before: u32 = invoices().parse().unwrap();
    let script = "create_invoice(#{ userid: 1, sendinvoice: true, itemdescription: [\"x\"], itemamount: [\"1.00\"] });\n";
    desk.file("script.rhai", format!("{script}throw \"half-way\";"));
    let begin = ["run", "script.rhai", "--no-mail", "--profile", "main"];
    let outcome = desk.whmcsh(begin);
    let run = only_run(&desk);
    let command = format!("whmcsh run script.rhai --profile main --no-mail --resume {run}\n");
    let error = outcome.failed(1);
    assert!(
        error.ends_with(&format!("to resume, run: {command}")),
        "{error}"
    );
    let shown = desk.whmcsh(["runs", "show", &run]);
    assert!(shown.stderr.ends_with(&command), "{}", shown.stderr);

    let outcome = desk.whmcsh(["run", "script.rhai", "--resume", &run, "--profile", "main"]);
    let error = outcome.failed(2);
    assert!(error.contains("began with `--no-mail`"), "{error}");
    desk.file("script.rhai", script);
    let resume = ["--resume", &run];
    desk.whmcsh(begin.iter().chain(&resume)).succeeded();
    assert_eq!(invoices(), (before + 1).to_string());
}

/// What a server answers when a client's record is read, and when it is closed after that.
const CLOSED: &str = "{\"result\":\"success\",\"client\":{\"id\":1}}";

#[test]
fn full_access_allows_what_cannot_be_undone() {
    let server = Canned::page("200 OK", "application/json", CLOSED);
    let desk = Desk::new();
    config(
        &desk,
        &format!(
            "[profiles.main]\nurl = \"http://{}\"\nidentifier = \"x\"\nsecret = \"y\"\naccess = \"full\"\n",
            server.address
        ),
    );
    desk.script("close_client(#{ clientid: 1 });").succeeded();
    assert_eq!(
        server.actions(),
        ["WhmcsDetails", "GetClientsDetails", "CloseClient"]
    );
}

#[test]
fn an_unconfirmed_script_does_not_even_read() {
    let server = Canned::page("200 OK", "application/json", CLOSED);
    let desk = Desk::new();
    config(&desk, &production(&server, "main"));
    desk.file(
        "script.rhai",
        "whmcs_details(); close_client(#{ clientid: 1 });",
    );
    let words = ["run", "script.rhai", "--profile", "main"];
    let nobody = desk.whmcsh(words);
    assert!(
        nobody
            .failed(2)
            .contains("there is no terminal to confirm it on"),
        "{}",
        nobody.stderr
    );
    let wrong = desk.whmcsh(words.iter().chain(&["--yes", "other.example.com"]));
    assert!(
        wrong
            .failed(2)
            .contains("is not the hostname of the production server"),
        "{}",
        wrong.stderr
    );
    assert_eq!(server.calls(), 0);
    desk.whmcsh(words.iter().chain(&["--yes", "main.example.com"]))
        .succeeded();
    assert_eq!(server.calls(), 3);
}

#[test]
fn confirming_one_production_server_confirms_no_other() {
    let main = Canned::page("200 OK", "application/json", CLOSED);
    let other = Canned::page("200 OK", "application/json", CLOSED);
    let desk = Desk::new();
    let profiles = production(&main, "main") + &production(&other, "other");
    config(&desk, &profiles);
    desk.file(
        "script.rhai",
        "close_client(#{ clientid: 1 }); connect(\"other\").close_client(#{ clientid: 1 });",
    );
    let words = [
        "run",
        "script.rhai",
        "--profile",
        "main",
        "--yes",
        "main.example.com",
    ];
    let outcome = desk.whmcsh(words);
    assert!(
        outcome.failed(2).contains(
            "`main.example.com` is not the hostname of the production server `other.example.com`"
        ),
        "{}",
        outcome.stderr
    );
    assert_eq!((main.calls(), other.calls()), (3, 0));
}
