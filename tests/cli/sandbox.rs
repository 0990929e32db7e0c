//! The sandbox as any client in any language sees it: bytes over HTTP.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use crate::support::{Desk, Sandbox};

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

const API: &str = "identifier=sandbox&secret=sandbox&responsetype=json";

#[test]
fn both_kinds_of_credentials_are_accepted() {
    let sandbox = Sandbox::start();
    for credentials in [
        "identifier=sandbox&secret=sandbox",
        "username=sandbox&password=sandbox",
        // The MD5 of `admin`.
        "username=admin&password=21232f297a57a5a743894a0e4a801fc3",
    ] {
        let answer = sandbox.post(&format!(
            "action=WhmcsDetails&{credentials}&responsetype=json"
        ));
        assert!(
            body(&answer).starts_with("{\"result\":\"success\""),
            "{credentials}: {answer}"
        );
    }
}

#[test]
fn wrong_credentials_are_refused_in_whmcs_words() {
    let sandbox = Sandbox::start();
    let answer =
        sandbox.post("action=WhmcsDetails&identifier=sandbox&secret=wrong&responsetype=json");
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert_eq!(
        body(&answer),
        r#"{"result":"error","message":"Authentication Failed"}"#
    );
}

#[test]
fn the_address_list_is_passed_with_the_access_key_only() {
    let sandbox = Sandbox::with(&["--allow-ip", "203.0.113.9", "--access-key", "open"]);
    let answer = sandbox.post(&format!("action=WhmcsDetails&{API}"));
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert_eq!(
        body(&answer),
        r#"{"result":"error","message":"Invalid IP 127.0.0.1"}"#
    );
    let answer = sandbox.post(&format!("action=WhmcsDetails&{API}&accesskey=open"));
    assert!(
        body(&answer).starts_with("{\"result\":\"success\""),
        "{answer}"
    );
}

#[test]
fn a_role_without_an_action_refuses_it_alone() {
    let sandbox = Sandbox::with(&["--role-without", "GetClients,addclient"]);
    for action in ["getClients", "AddClient"] {
        let answer = sandbox.post(&format!("action={action}&{API}"));
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
        let name = action.to_lowercase();
        let message = format!(r#"Invalid Permissions: API action \"{name}\" is not allowed"#);
        assert_eq!(
            body(&answer),
            format!(r#"{{"result":"error","message":"{message}"}}"#)
        );
    }
    assert_eq!(
        sandbox.ask("GetClientsDetails", &[("clientid", "1")])["result"],
        "success"
    );
}

#[test]
fn a_role_without_what_is_no_action_and_a_fault_of_it_are_refused() {
    for arguments in [
        ["sandbox", "--role-without", "GetCleints"],
        ["sandbox", "--fault", "429:5%,cut@GetCleints:#1"],
    ] {
        let outcome = Desk::new().whmcsh(arguments);
        let error = outcome.failed(2);
        assert!(
            error.contains("`GetCleints`") && error.contains("did you mean `GetClients`?"),
            "{error}"
        );
    }
}

#[test]
fn replies_come_as_json_xml_and_name_value_pairs() {
    let sandbox = Sandbox::start();
    let refused = |kind: &str| {
        let form = format!(
            "action=GetClientsDetails&clientid=999999&identifier=sandbox&secret=sandbox&responsetype={kind}"
        );
        body(&sandbox.post(&form)).to_owned()
    };
    assert_eq!(
        refused("json"),
        r#"{"result":"error","message":"Client Not Found"}"#
    );
    assert_eq!(refused("nvp"), "result=error;message=Client Not Found;");
    let xml = refused("xml");
    assert!(
        xml.contains("<whmcsapi") && xml.contains("<action>getclientsdetails</action>"),
        "{xml}"
    );
    assert!(xml.contains("<message>Client Not Found</message>"), "{xml}");
}

#[test]
fn names_are_matched_without_case_and_unknown_actions_are_not_allowed() {
    let sandbox = Sandbox::start();
    let answer = sandbox.post(&format!("ACTION=getCLIENTS&LimitNum=1&{API}"));
    assert!(body(&answer).contains("\"numreturned\":1,"), "{answer}");
    let answer = sandbox.post(&format!("action=NoSuchThing&{API}"));
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert_eq!(
        body(&answer),
        r#"{"result":"error","message":"Invalid Permissions: API action \"nosuchthing\" is not allowed"}"#
    );
}

#[test]
fn a_database_file_keeps_what_was_written() {
    let desk = Desk::new();
    let file = desk.folder().join("whmcs.sqlite");
    let options = ["--db", file.to_str().unwrap()];
    let before = {
        let sandbox = Sandbox::with(&options);
        sandbox.ask("UpdateClient", &[("clientid", "1"), ("city", "Bergen")]);
        sandbox.ask("GetClients", &[])["totalresults"].clone()
    };
    let sandbox = Sandbox::with(&options);
    assert_eq!(
        sandbox.ask("GetClientsDetails", &[("clientid", "1")])["client"]["city"],
        "Bergen"
    );
    assert_eq!(sandbox.ask("GetClients", &[])["totalresults"], before);
}

#[test]
fn a_file_is_its_owners_and_one_sandboxes_at_a_time() {
    let desk = Desk::new();
    let file = desk.folder().join("whmcs.sqlite");
    let path = file.to_str().unwrap();
    let first = Sandbox::with(&["--db", path]);
    first.ask("WhmcsDetails", &[]);
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let second = desk.whmcsh(["sandbox", "--listen", "127.0.0.1:0", "--db", path]);
    let error = second.failed(2);
    assert!(
        error.contains("another sandbox (process ")
            && error.contains("hint: call the sandbox that is running"),
        "{error}"
    );
    drop(first);
    Sandbox::with(&["--db", path]).ask("WhmcsDetails", &[]);
}

#[test]
fn clients_are_added_to_a_new_file_only() {
    let desk = Desk::new();
    let file = desk.folder().join("whmcs.sqlite");
    let path = file.to_str().unwrap();
    let total =
        Sandbox::with(&["--db", path, "--clients", "3"]).ask("GetClients", &[])["totalresults"]
            .clone();
    let again = desk.whmcsh([
        "sandbox",
        "--listen",
        "127.0.0.1:0",
        "--db",
        path,
        "--clients",
        "3",
    ]);
    let error = again.failed(2);
    assert!(
        error.contains("has data already") && error.contains("hint: leave `--clients` out"),
        "{error}"
    );
    let kept = Sandbox::with(&["--db", path]);
    assert_eq!(kept.ask("GetClients", &[])["totalresults"], total);
}

#[test]
fn a_copy_of_a_running_sandboxs_file_has_every_call() {
    let desk = Desk::new();
    let file = desk.folder().join("whmcs.sqlite");
    let running = Sandbox::with(&["--db", file.to_str().unwrap()]);
    for city in ["Bergen", "Oslo", "Troms"] {
        running.ask("UpdateClient", &[("clientid", "1"), ("city", city)]);
        let copy = desk.folder().join(format!("{city}.sqlite"));
        std::fs::copy(&file, &copy).unwrap();
        let copied = Sandbox::with(&["--db", copy.to_str().unwrap()]);
        let client = copied.ask("GetClientsDetails", &[("clientid", "1")]);
        assert_eq!(client["client"]["city"], city);
    }
}

#[test]
fn the_same_seed_moment_and_calls_give_the_same_bytes() {
    let options = ["--now", "2026-11-23 14:05", "--seed", "7", "--clients", "5"];
    let all = || -> Vec<String> {
        let sandbox = Sandbox::with(&options);
        let calls = [
            "action=AddClient&firstname=A&lastname=B&email=a%40b.example&password2=x&skipvalidation=1",
            "action=AddOrder&clientid=1&pid[]=1&billingcycle[]=monthly&paymentmethod=paypal",
            "action=AcceptOrder&orderid=5",
            "action=CreateSsoToken&client_id=1",
            "action=GetClientsProducts&clientid=1",
            "action=GetOrders",
            "action=GetInvoices",
            "action=GetActivityLog",
            "action=NoSuchThing",
        ];
        let calls = calls
            .iter()
            .map(|call| sandbox.post(&format!("{call}&{API}")));
        calls.collect()
    };
    let first = all();
    assert!(
        first[0].contains("\r\ndate: Mon, 23 Nov 2026 14:05:00 GMT\r\n"),
        "{}",
        first[0]
    );
    assert!(
        first[4].contains("\"regdate\":\"2026-11-23\""),
        "{}",
        first[4]
    );
    assert_eq!(first, all());
}

#[test]
fn a_moment_that_is_no_date_is_refused() {
    for date in ["tomorrow", "2026-02-30", "23.11.2026"] {
        let outcome = Desk::new().whmcsh(["sandbox", "--now", date]);
        let error = outcome.failed(2);
        assert!(
            error.contains(&format!(
                "bad `--now`: `{date}` is not a date: use `2026-11-23`"
            )),
            "{error}"
        );
    }
}

#[test]
fn an_address_that_others_reach_is_warned_of() {
    let desk = Desk::new();
    for (address, warns) in [
        ("0.0.0.0:0", true),
        ("127.0.0.1:0", false),
        ("[::1]:0", false),
    ] {
        let mut process = desk
            .command()
            .args(["sandbox", "--quiet", "--listen", address])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        process.kill().unwrap();
        let stderr = process.wait_with_output().unwrap().stderr;
        let stderr = String::from_utf8(stderr).unwrap();
        assert_eq!(
            stderr.contains("warning: every machine"),
            warns,
            "{address}: {line}{stderr}"
        );
    }
}

#[test]
fn a_file_that_is_no_sandboxs_is_named_with_a_cure() {
    let desk = Desk::new();
    desk.file("README.md", "hello");
    for (file, why) in [
        ("README.md", "is not a database"),
        (".", "unable to open"),
        ("no/such/folder.sqlite", "unable to open"),
        ("/dev/null", "neither a file nor a name for a new one"),
    ] {
        let outcome = desk.whmcsh(["sandbox", "--listen", "127.0.0.1:0", "--db", file]);
        let error = outcome.failed(2);
        let named = format!("error: the sandbox cannot use the database `{file}`: ");
        assert!(error.starts_with(&named) && error.contains(why), "{error}");
        assert!(error.contains("hint: name another file"), "{error}");
    }
}

#[test]
fn a_file_is_a_file_whatever_its_name_means_to_sqlite() {
    for name in [":memory:", "file:x?mode=memory"] {
        let desk = Desk::new();
        let mut server = desk
            .command()
            .args([
                "sandbox",
                "--listen",
                "127.0.0.1:0",
                "--quiet",
                "--db",
                name,
            ])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = server.stdout.as_mut().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).unwrap();
        server.kill().unwrap();
        server.wait().unwrap();
        let kept = std::fs::read(desk.folder().join(name)).unwrap();
        assert!(kept.starts_with(b"SQLite format 3"), "{name}: {line}");
    }
}

#[test]
fn a_token_that_no_request_can_carry_is_refused() {
    for token in ["", "a b", "\u{e9}", "x\ny"] {
        let words = ["sandbox", "--listen", "127.0.0.1:0", "--control", token];
        let error = Desk::new().whmcsh(words);
        assert!(error.failed(2).contains("--control"), "{}", error.stderr);
    }
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_in_good_order() {
    for signal in ["-INT", "-TERM"] {
        let desk = Desk::new();
        let file = desk.folder().join("whmcs.sqlite");
        let mut sandbox = Sandbox::with(&["--db", file.to_str().unwrap()]);
        sandbox.ask("LogActivity", &[("description", "still here")]);
        assert_eq!(sandbox.signalled(signal), Some(0), "{signal}");
        let left: Vec<_> = std::fs::read_dir(desk.folder())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with("whmcs.sqlite"))
            .collect();
        assert_eq!(left, ["whmcs.sqlite"], "{signal}");
    }
}

/// What test-suites of client libraries count on.
#[test]
fn a_new_sandbox_has_a_host_to_start_from() {
    for options in [&[][..], &["--clients", "0"]] {
        let sandbox = Sandbox::with(options);
        for (action, params, pointer, value) in [
            ("GetProducts", ("gid", "1"), "/products/product/0/gid", "1"),
            ("GetProducts", ("gid", "1"), "/products/product/0/pid", "1"),
            (
                "GetPaymentMethods",
                ("", ""),
                "/paymentmethods/paymentmethod/0/module",
                "banktransfer",
            ),
            (
                "GetPaymentMethods",
                ("", ""),
                "/paymentmethods/paymentmethod/1/module",
                "paypal",
            ),
            ("GetCurrencies", ("", ""), "/currencies/currency/0/id", "1"),
            (
                "GetCurrencies",
                ("", ""),
                "/currencies/currency/0/code",
                "USD",
            ),
            (
                "GetSupportDepartments",
                ("", ""),
                "/departments/department/0/id",
                "1",
            ),
            ("GetAdminDetails", ("", ""), "/adminid", "1"),
            ("GetAdminUsers", ("", ""), "/admin_users/0/id", "1"),
            (
                "GetTLDPricing",
                ("", ""),
                "/pricing/com/register/1",
                "12.95",
            ),
            ("GetTLDPricing", ("", ""), "/pricing/net/renew/1", "13.95"),
            ("GetRegistrars", ("", ""), "/registrars/0/module", "enom"),
            ("GetServers", ("", ""), "/servers/0/id", "1"),
            (
                "GetEmailTemplates",
                ("type", "product"),
                "/emailtemplates/emailtemplate/0/name",
                "Cancellation Request Confirmation",
            ),
        ] {
            let reply = sandbox.ask(action, &[params]);
            let found = reply
                .pointer(pointer)
                .unwrap_or_else(|| panic!("{action} has no {pointer}: {reply}"));
            assert_eq!(
                found.to_string().trim_matches('"'),
                value,
                "{action} {pointer}"
            );
        }
    }
}

/// The histories of generated clients are in `src/sandbox/generate/tests.rs`; here, that they are told.
#[test]
fn generated_clients_have_asked_for_help() {
    let sandbox = Sandbox::with(&["--clients", "100"]);
    let tickets = sandbox.ask("GetTickets", &[("limitnum", "100")]);
    let tickets = tickets["tickets"]["ticket"].as_array().unwrap();
    let of = |field: &str| -> BTreeSet<&str> {
        tickets
            .iter()
            .map(|ticket| ticket[field].as_str().unwrap())
            .collect()
    };
    let departments: BTreeSet<i64> = tickets
        .iter()
        .map(|ticket| ticket["deptid"].as_i64().unwrap())
        .collect();
    assert!(tickets.len() > 20, "{}", tickets.len());
    assert!(of("status").len() > 2 && of("status").contains("Closed"));
    assert_eq!(departments, BTreeSet::from([1, 2]));
    assert_eq!(of("priority"), BTreeSet::from(["High", "Low", "Medium"]));
    assert_eq!(of("tid").len(), tickets.len());
    let talks = tickets.iter().map(|ticket| {
        let ticket = sandbox.ask("GetTicket", &[("ticketid", &ticket["id"].to_string())]);
        ticket["replies"]["reply"].as_array().unwrap().len()
    });
    // The first message is the question.
    assert!(talks.max().unwrap() > 2);
}

#[test]
fn the_same_seed_makes_the_same_clients() {
    let clients = |seed: &str| {
        let sandbox = Sandbox::with(&["--clients", "20", "--seed", seed]);
        ["GetClients", "GetTickets"].map(|action| sandbox.ask(action, &[("limitnum", "100")]))
    };
    assert_eq!(clients("7"), clients("7"));
    assert_ne!(clients("7"), clients("8"));
}

#[test]
fn a_taken_port_is_named_with_a_cure() {
    let sandbox = Sandbox::start();
    let address = sandbox.url.strip_prefix("http://").unwrap();
    let outcome = sandbox.desk().whmcsh(["sandbox", "--listen", address]);
    let error = outcome.failed(2);
    assert!(
        error.contains(address) && error.contains("hint: choose another address"),
        "{error}"
    );
}
