//! The sandbox over real sockets, spoken to in literal bytes.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, TcpStream};
use std::time::Duration;

use super::{Access, Sandbox, Settings, start};

const CREDENTIALS: &str = "identifier=sandbox&secret=sandbox&responsetype=json";

fn sandbox(faults: &str) -> Sandbox {
    let settings = Settings {
        faults: faults.parse().expect("a fault"),
        ..Settings::default()
    };
    start(settings).expect("starts")
}

fn connect(sandbox: &Sandbox) -> TcpStream {
    let address = sandbox.url().replace("http://", "");
    let stream = TcpStream::connect(address).expect("connects");
    let patience = Some(Duration::from_secs(20));
    stream.set_read_timeout(patience).expect("a time-out");
    stream
}

fn request(path: &str, body: &str, connection: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: {connection}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Sends a call and reads until the server closes; head and body.
fn post(sandbox: &Sandbox, body: &str) -> (String, String) {
    exchange(sandbox, &request("/includes/api.php", body, "close"))
}

fn exchange(sandbox: &Sandbox, request: &str) -> (String, String) {
    let mut stream = connect(sandbox);
    stream.write_all(request.as_bytes()).expect("sends");
    let mut reply = Vec::new();
    // A reset connection may end in an error after what was received.
    let _ = stream.read_to_end(&mut reply);
    let reply = String::from_utf8(reply).expect("text");
    match reply.split_once("\r\n\r\n") {
        Some((head, body)) => (head.to_ascii_lowercase(), body.to_owned()),
        None => (reply, String::new()),
    }
}

fn call(sandbox: &Sandbox, rest: &str) -> (String, String) {
    post(sandbox, &format!("{CREDENTIALS}&{rest}"))
}

#[test]
fn a_call_is_answered_in_json() {
    let sandbox = sandbox("");
    let (head, body) = call(&sandbox, "action=whmcsdetails");
    assert!(head.starts_with("http/1.1 200 ok\r\n"), "{head}");
    assert!(head.contains("content-type: application/json"), "{head}");
    assert_eq!(
        body,
        r#"{"result":"success","whmcs":{"version":"8.13.1","canonicalversion":"8.13.1-release.1"}}"#
    );
    assert_eq!(sandbox.calls(), 1);
}

#[test]
fn the_query_counts_and_the_body_wins() {
    let sandbox = sandbox("");
    let body = format!("{CREDENTIALS}&action=WhmcsDetails");
    let path = "/includes/api.php?action=GetClients&Responsetype=xml";
    let (_, body) = exchange(&sandbox, &request(path, &body, "close"));
    assert!(body.starts_with(r#"{"result":"success","whmcs""#), "{body}");
}

#[test]
fn a_body_that_php_does_not_read_counts_for_nothing() {
    let sandbox = sandbox("");
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let post = request(
        "/includes/api.php",
        &format!("{CREDENTIALS}&action=WhmcsDetails"),
        "close",
    );
    for unread in [
        post.replace(form, "Content-Type: application/json\r\n"),
        post.replace(form, "Content-Type: text/plain\r\n"),
        post.replace(form, ""),
        post.replace("POST ", "PUT "),
    ] {
        let (head, body) = exchange(&sandbox, &unread);
        assert!(head.starts_with("http/1.1 403"), "{unread}\n{head}");
        assert_eq!(body, "result=error;message=Authentication Failed;");
    }
    let read = post.replace(
        form,
        "Content-Type: APPLICATION/x-www-form-urlencoded ; charset=utf-8\r\n",
    );
    assert!(exchange(&sandbox, &read).0.starts_with("http/1.1 200"));
}

#[test]
fn a_connection_is_kept_for_the_next_call() {
    let sandbox = sandbox("");
    let mut stream = connect(&sandbox);
    let body = format!("{CREDENTIALS}&action=WhmcsDetails");
    let request = request("/includes/api.php", &body, "keep-alive");
    let mut reply = [0; 4096];
    for _ in 0..3 {
        stream.write_all(request.as_bytes()).expect("sends");
        let size = stream.read(&mut reply).expect("an answer");
        assert!(reply[..size].starts_with(b"HTTP/1.1 200 OK"));
    }
    assert_eq!(sandbox.calls(), 3);
}

#[test]
fn who_may_not_call_is_told_so_with_403() {
    let sandbox = sandbox("");
    let (head, body) = post(
        &sandbox,
        "action=GetClients&identifier=a&secret=b&responsetype=json",
    );
    assert!(head.starts_with("http/1.1 403 forbidden"), "{head}");
    assert_eq!(
        body,
        r#"{"result":"error","message":"Invalid or missing credentials"}"#
    );
    let (_, body) = post(&sandbox, "action=GetClients&identifier=sandbox&secret=b");
    assert_eq!(body, "result=error;message=Authentication Failed;");
}

#[test]
fn an_address_that_is_not_listed_is_told_which_it_is() {
    let access = Access {
        allow_ip: vec![IpAddr::from([203, 0, 113, 9])],
        ..Access::default()
    };
    let settings = Settings {
        access,
        ..Settings::default()
    };
    let sandbox = start(settings).expect("starts");
    let (head, body) = call(&sandbox, "action=GetClients");
    assert!(head.starts_with("http/1.1 403"), "{head}");
    assert_eq!(
        body,
        r#"{"result":"error","message":"Invalid IP 127.0.0.1"}"#
    );
}

#[test]
fn unknown_actions_are_not_allowed_and_unknown_pages_not_found() {
    let sandbox = sandbox("");
    let (head, body) = call(&sandbox, "action=Frobnicate");
    assert!(head.starts_with("http/1.1 403"), "{head}");
    assert_eq!(
        body,
        r#"{"result":"error","message":"Invalid Permissions: API action \"frobnicate\" is not allowed"}"#
    );
    let (_, body) = call(&sandbox, "action=+whmcsDetails+");
    assert!(body.starts_with(r#"{"result":"success""#), "{body}");
    let (head, body) = exchange(&sandbox, &request("/index.php", "", "close"));
    assert!(head.starts_with("http/1.1 404"), "{head}");
    assert!(head.contains("content-type: text/html"), "{head}");
    assert!(body.starts_with("<!DOCTYPE html>"), "{body}");
}

#[test]
fn a_reset_before_does_nothing_and_a_reset_after_does_it() {
    let sandbox = sandbox("reset-before@AddClient:#1,reset-after@AddClient:#2");
    let add = "action=AddClient&skipvalidation=1&email=a%40b.example&password2=x";
    let total = |expected: &str| {
        let (_, body) = call(&sandbox, "action=GetClients&limitnum=1");
        assert!(
            body.contains(&format!("\"totalresults\":{expected},")),
            "{body}"
        );
    };
    assert_eq!(call(&sandbox, add), (String::new(), String::new()));
    total("6");
    assert_eq!(call(&sandbox, add), (String::new(), String::new()));
    total("7");
    let (_, body) = call(&sandbox, add);
    assert!(body.contains("A user already exists"), "{body}");
}

#[test]
fn replies_are_spoiled_as_ordered() {
    let whole = call(&sandbox(""), "action=GetCurrencies").1;
    for (fault, head_has, body) in [
        ("truncate", "200 ok", &whole[..whole.len() / 2]),
        ("cut", "200 ok", &whole[..whole.len() / 2]),
        ("slow=40ms", "200 ok", &whole),
        ("content-type", "content-type: text/html", &whole),
        ("latency=5ms", "200 ok", &whole),
    ] {
        let (head, spoiled) = call(&sandbox(fault), "action=GetCurrencies");
        assert!(head.contains(head_has), "{fault}: {head}");
        assert_eq!(spoiled, body, "{fault}");
        let promised = format!("content-length: {}\r\n", spoiled.len());
        assert_eq!(head.contains(&promised), fault != "cut", "{fault}: {head}");
    }
    let (_, body) = call(&sandbox("php-warning"), "action=GetCurrencies");
    assert!(
        body.starts_with("<br />\n<b>Warning</b>") && body.ends_with(&whole),
        "{body}"
    );
}

#[test]
fn pages_in_the_place_of_replies_have_their_status() {
    for (fault, status) in [
        ("html", "200"),
        ("html=403", "403"),
        ("html-after=503", "503"),
        ("429=1500ms", "429"),
        ("520-after", "520"),
        ("cloudflare-late=0s", "520"),
        ("problem-after", "502"),
        ("302", "302"),
    ] {
        let (head, body) = call(&sandbox(fault), "action=GetCurrencies");
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{head}");
        assert_eq!(head.contains("retry-after: 2"), status == "429", "{head}");
        assert_eq!(head.contains("location: "), status == "302", "{head}");
        assert!(body.contains("<title>") || status == "502", "{body}");
    }
}

const ADD: &str = "action=AddClientNote&userid=1&notes=Marker";

fn notes(sandbox: &Sandbox) -> i64 {
    let count = |db: &super::db::Db<'_>| {
        db.value(
            "SELECT COUNT(*) FROM client_notes WHERE note = 'Marker'",
            (),
        )
    };
    let found = sandbox.shared.store.with(count).expect("reads");
    found.expect("a number")
}

fn waits_until(what: impl Fn() -> bool) {
    for _ in 0..2_000 {
        if what() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("it never was");
}

#[test]
fn what_comes_before_the_action_prevents_it_and_what_comes_after_does_not() {
    for fault in [
        "503",
        "nginx=502",
        "reset-before",
        "empty",
        "problem",
        "html",
        "429",
    ] {
        let sandbox = sandbox(&format!("{fault}@AddClientNote:#1"));
        call(&sandbox, ADD);
        assert_eq!(notes(&sandbox), 0, "{fault}");
    }
    for fault in [
        "503-after",
        "403-after",
        "500-after",
        "520-after",
        "404-after",
        "302-after",
        "html-after",
        "truncate-after",
        "empty-after",
        "reset-after",
        "cut",
        "apache-after",
        "nginx-after",
        "cloudflare-after",
        "modsecurity-after",
        "problem-after",
        "echo",
        "warning",
        "slow=10ms",
        "latency-after=1ms",
        "late=1ms",
    ] {
        let sandbox = sandbox(&format!("{fault}@AddClientNote:#1"));
        call(&sandbox, ADD);
        assert_eq!(notes(&sandbox), 1, "{fault}");
    }
}

#[test]
fn an_early_answer_does_not_wait_for_its_action() {
    for (fault, begins) in [("503-late=300ms", "http/1.1 503"), ("reset-late=300ms", "")] {
        let sandbox = sandbox(&format!("{fault}@AddClientNote:#1"));
        let (head, _) = call(&sandbox, ADD);
        assert!(
            head.starts_with(begins) && head.is_empty() == begins.is_empty(),
            "{head}"
        );
        waits_until(|| notes(&sandbox) == 1);
    }
}

#[test]
fn a_caller_that_hangs_up_cancels_nothing() {
    for fault in ["late=200ms", "latency=200ms", ""] {
        let sandbox = sandbox(fault);
        for abrupt in [false, true] {
            let mut stream = connect(&sandbox);
            let body = format!("{CREDENTIALS}&{ADD}");
            let whole = request("/includes/api.php", &body, "keep-alive");
            stream.write_all(whole.as_bytes()).expect("sends");
            waits_until(|| sandbox.calls() == 1 + u64::from(abrupt));
            if abrupt {
                // What the caller sends now is never read, so that closing resets the connection.
                let _ = stream.shutdown(std::net::Shutdown::Both);
            }
            drop(stream);
        }
        waits_until(|| notes(&sandbox) == 2);
    }
}

#[test]
fn a_module_that_timed_out_may_have_done_it() {
    let suspend = "action=ModuleSuspend&serviceid=";
    for (fault, is_done) in [("module-timeout", false), ("module-timeout-after", true)] {
        let sandbox = sandbox(fault);
        let (head, body) = call(&sandbox, &format!("{suspend}1"));
        assert!(head.starts_with("http/1.1 200"), "{head}");
        let error = r#"{"result":"error","message":"c"#;
        assert!(body.to_lowercase().starts_with(error), "{body}");
        let (_, state) = call(&sandbox, "action=GetClientsProducts&serviceid=1");
        let is_suspended = state.contains(r#""status":"Suspended""#);
        assert_eq!(is_suspended, is_done, "{fault}");
    }
    let (_, body) = call(&sandbox("module-timeout-after"), &format!("{suspend}999"));
    assert!(!body.to_lowercase().contains("curl"), "{body}");
    let (head, _) = post(&sandbox("module-timeout"), &format!("{suspend}1"));
    assert!(head.starts_with("http/1.1 403"), "{head}");
}

fn ids(sandbox: &Sandbox, start: usize) -> (String, Vec<String>) {
    let rest = format!("action=GetClients&limitnum=2&limitstart={start}");
    let (_, body) = call(sandbox, &rest);
    let total = body.split("\"totalresults\":").nth(1).expect("a total");
    let total = total.split(',').next().expect("a number").to_owned();
    let ids = body.split("\"id\":").skip(1);
    let ids = ids.map(|rest| rest.split(',').next().expect("an id").to_owned());
    (total, ids.collect())
}

#[test]
fn a_list_shifts_while_it_is_paged() {
    let pages = |fault: &str| -> Vec<(String, String)> {
        let sandbox = sandbox(fault);
        [0, 2, 4, 0]
            .into_iter()
            .map(|start| ids(&sandbox, start))
            .map(|(total, ids)| (total, ids.join(" ")))
            .collect()
    };
    let page = |total: &str, ids: &str| (total.to_owned(), ids.to_owned());
    let whole = pages("");
    let order: Vec<&str> = whole
        .iter()
        .take(3)
        .flat_map(|(_, ids)| ids.split(' '))
        .collect();
    let [one, two, three, four, five, six] = order[..] else {
        panic!("{order:?}")
    };
    assert_eq!(
        pages("shift=-1:#1"),
        [
            page("6", &format!("{one} {two}")),
            page("5", &format!("{four} {five}")),
            page("5", six),
            page("5", &format!("{two} {three}")),
        ]
    );
    assert_eq!(
        pages("shift=+1"),
        [
            page("5", &format!("{two} {three}")),
            page("6", &format!("{three} {four}")),
            page("6", &format!("{five} {six}")),
            page("6", &format!("{one} {two}")),
        ]
    );
    let totals = |fault: &str| {
        pages(fault)
            .into_iter()
            .map(|(total, _)| total)
            .collect::<Vec<_>>()
    };
    assert_eq!(totals("total=+5"), ["11"; 4]);
    assert_eq!(totals("total=-50"), ["0"; 4]);
    assert_eq!(totals("total=3"), ["3"; 4]);
    let empty = pages("empty-page:#2");
    assert_eq!(empty[1], page("6", ""));
    assert_eq!([&empty[0], &empty[2]], [&whole[0], &whole[2]]);
}

#[test]
fn a_request_is_echoed_in_a_warning_beside_success() {
    let secret = "action=AddClientNote&userid=1&notes=a%22%26%27b";
    let (_, body) = call(&sandbox("echo"), secret);
    assert!(body.contains(r#""warning":"The hook"#), "{body}");
    assert!(body.contains(r#"\"secret\":\"sandbox\""#), "{body}");
    assert!(body.contains(r#"a\\\"&'b"#), "{body}");
    let (_, body) = call(&sandbox("echo-hex"), secret);
    assert!(
        body.contains(r"\u0022secret\u0022:\u0022sandbox\u0022"),
        "{body}"
    );
    assert!(body.contains(r"a\\u0022\\u0026\\u0027b"), "{body}");
    assert!(
        serde_json::from_str::<serde_json::Value>(&body).is_ok(),
        "{body}"
    );
}

#[test]
fn calls_above_the_limit_are_turned_away_undone() {
    let sandbox = sandbox("limit=3@AddClientNote");
    let heads: Vec<String> = (0..20).map(|_| call(&sandbox, ADD).0).collect();
    let let_through = heads
        .iter()
        .filter(|head| head.starts_with("http/1.1 200"))
        .count();
    assert!(
        heads[..3]
            .iter()
            .all(|head| head.starts_with("http/1.1 200"))
    );
    assert_eq!(notes(&sandbox), i64::try_from(let_through).expect("few"));
    assert!(
        heads
            .iter()
            .all(|head| head.starts_with("http/1.1 200") || head.contains("server: nginx"))
    );
}

#[test]
fn a_dropped_sandbox_listens_no_more() {
    let sandbox = sandbox("");
    let address = sandbox.url().replace("http://", "");
    drop(sandbox);
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_taken_address_is_refused_by_name() {
    let first = sandbox("");
    let listen = first
        .url()
        .replace("http://", "")
        .parse()
        .expect("an address");
    let settings = Settings {
        listen,
        ..Settings::default()
    };
    let error = start(settings).expect_err("is taken").to_string();
    assert!(
        error.starts_with(&format!("the sandbox cannot listen on `{listen}`")),
        "{error}"
    );
}

#[test]
fn who_dawdles_over_a_head_or_a_body_is_cut_off() {
    let settings = Settings {
        patience: Duration::from_millis(50),
        ..Settings::default()
    };
    let sandbox = start(settings).expect("starts");
    let whole = request("/includes/api.php", "action=WhmcsDetails", "keep-alive");
    let half = &whole[..whole.len() - 1];
    assert!(exchange(&sandbox, half).0.starts_with("http/1.1 408"));
    assert_eq!(exchange(&sandbox, "POST /includes/").1, "");
    assert_eq!(sandbox.calls(), 0);
}

#[test]
fn a_slash_too_many_leads_to_the_endpoint_too() {
    let sandbox = sandbox("");
    let body = format!("{CREDENTIALS}&action=WhmcsDetails");
    for path in ["//includes/api.php", "/includes/api.php/"] {
        let (head, _) = exchange(&sandbox, &request(path, &body, "close"));
        assert!(head.starts_with("http/1.1 200"), "{path}: {head}");
    }
}

#[test]
fn arrays_of_query_and_body_are_merged() {
    let sandbox = sandbox("");
    let body = format!(
        "{CREDENTIALS}&action=AddOrder&clientid=1&paymentmethod=paypal&pid[x]=1&billingcycle[x]=monthly"
    );
    let path =
        "/includes/api.php?domain[x]=merged.example&pid[x]=99&pid[y]=2&billingcycle[y]=monthly";
    let (_, reply) = exchange(&sandbox, &request(path, &body, "close"));
    assert!(reply.contains("\"serviceids\":\"5,6\""), "{reply}");
}

fn at(moment: &str, faults: &str) -> Sandbox {
    let settings = Settings {
        faults: faults.parse().expect("a fault"),
        clock: moment.parse().expect("a date"),
        seed: 5,
        ..Settings::default()
    };
    start(settings).expect("starts")
}

const CALLS: &[&str] = &[
    "action=AddClient&firstname=A&lastname=B&email=a%40b.example&password2=x&skipvalidation=1",
    "action=AddOrder&clientid=1&pid[]=1&billingcycle[]=monthly&paymentmethod=paypal",
    "action=AcceptOrder&orderid=5",
    "action=GetClientPassword&userid=1",
    "action=CreateSsoToken&client_id=1",
    "action=CreateOAuthCredential&name=x&grantType=single_sign_on&scope=clientarea:sso&serviceId=1",
    "action=OpenTicket&clientid=1&deptid=1&subject=x&message=y",
    "action=DomainRequestEPP&domainid=1",
    "action=GetOrders",
    "action=GetActivityLog",
    "action=GetClientsProducts&limitnum=100",
    "action=GetStats",
    "action=GetAutomationLog",
];

/// Faults by dice and counters, none of which goes by time.
const ROUGH: &str = "503-after:20%,truncate:10%,reset-before:10%,module-timeout-after:40%,403:#20,echo:/3,\
                     shift=-1,total=~3";

#[test]
fn the_same_seed_and_moment_give_the_same_bytes() {
    let all = |moment: &str, faults: &str| -> Vec<(String, String)> {
        let sandbox = at(moment, faults);
        CALLS.iter().map(|rest| call(&sandbox, rest)).collect()
    };
    let first = all("2026-11-23 14:05", "");
    assert!(
        first[0].0.contains("date: mon, 23 nov 2026 14:05:00 gmt"),
        "{}",
        first[0].0
    );
    for ((_, body), rest) in first.iter().zip(CALLS) {
        assert!(body.contains("\"result\":\"success\""), "{rest}: {body}");
    }
    assert_eq!(first, all("2026-11-23 14:05", ""));
    assert_ne!(first, all("2026-11-24 14:05", ""));
    assert_eq!(all("2026-11-23", ROUGH), all("2026-11-23", ROUGH));
}

#[test]
fn an_image_brings_back_data_clock_dice_faults_and_counts() {
    let sandbox = at("2026-11-23", ROUGH);
    for rest in CALLS {
        call(&sandbox, rest);
    }
    let image = sandbox.image().expect("is taken");
    let calls = sandbox.calls();
    let go_on = || -> Vec<(String, String)> {
        let lists = ["action=GetClients&limitnum=2&limitstart=2"; 3];
        let rest = CALLS.iter().chain(&lists).map(|rest| call(&sandbox, rest));
        rest.collect()
    };
    let first = go_on();
    sandbox.set_clock("2027-01-01".parse().expect("a date"));
    for _ in 0..3 {
        sandbox.restore(&image).expect("is restored");
        assert_eq!(sandbox.calls(), calls);
        assert_eq!(go_on(), first);
    }
}

#[test]
fn what_waits_when_an_image_is_restored_is_never_carried_out() {
    let sandbox = sandbox("reset-late=300ms@AddClientNote:#1");
    let image = sandbox.image().expect("is taken");
    call(&sandbox, ADD);
    sandbox.restore(&image).expect("is restored");
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(notes(&sandbox), 0);
}

#[test]
fn an_image_takes_no_files_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = Settings {
        db: Some(folder.path().join("shop.sqlite")),
        ..Settings::default()
    };
    let kept = start(settings).expect("starts");
    let image = kept.image().expect("is taken");
    assert!(kept.restore(&image).is_err());
    let other = sandbox("");
    other.restore(&image).expect("is restored");
    assert!(
        call(&other, "action=GetClients")
            .1
            .contains("\"totalresults\":6,")
    );
}

#[test]
fn one_byte_after_the_other_does_not_keep_a_connection() {
    let settings = Settings {
        patience: Duration::from_millis(200),
        ..Settings::default()
    };
    let sandbox = start(settings).expect("starts");
    let whole = request(
        "/includes/api.php",
        &format!("{CREDENTIALS}&{ADD}"),
        "close",
    );
    let head = whole.find("\r\n\r\n").expect("a head") + 4;
    for sent_at_once in [0, head] {
        let mut stream = connect(&sandbox);
        let (first, rest) = whole.as_bytes().split_at(sent_at_once);
        stream.write_all(first).expect("sends");
        // A closed connection refuses a byte sooner or later; 200 of them take ten times the patience.
        let gave_up = rest.iter().cycle().take(200).any(|byte| {
            std::thread::sleep(Duration::from_millis(10));
            stream.write_all(&[*byte]).is_err()
        });
        assert!(gave_up, "after {sent_at_once} bytes");
    }
    assert_eq!(sandbox.calls(), 0);
}

fn control(
    sandbox: &Sandbox,
    method: &str,
    path: &str,
    token: &str,
    body: &str,
) -> (String, String) {
    let post = request(&format!("/_sandbox/{path}"), body, "close");
    let bearer = format!("Authorization: Bearer {token}\r\nConnection: close");
    let request = post
        .replacen("POST", method, 1)
        .replace("Connection: close", &bearer);
    exchange(sandbox, &request)
}

#[test]
fn tests_move_the_clock_and_go_back_to_an_image() {
    let settings = Settings {
        control: Some("open".into()),
        clock: "2026-11-23".parse().expect("a date"),
        ..Settings::default()
    };
    let sandbox = start(settings).expect("starts");
    let said = |method, path, body| control(&sandbox, method, path, "open", body).1;
    assert_eq!(
        said("GET", "clock", ""),
        r#"{"result":"success","now":"2026-11-23 00:00:00","fixed":true}"#
    );
    assert_eq!(
        said("POST", "image", ""),
        r#"{"result":"success","image":1}"#
    );
    assert!(said("POST", "clock", "2027-02-03 04:05:06\n").contains("2027-02-03 04:05:06"));
    call(&sandbox, ADD);
    let log = call(&sandbox, "action=GetActivityLog").1;
    assert!(log.contains("2027-02-03 04:05:06"), "{log}");
    assert_eq!(notes(&sandbox), 1);
    assert!(said("POST", "restore", "1").contains("2026-11-23"));
    assert_eq!(notes(&sandbox), 0);
    assert!(said("POST", "clock", "system").contains(r#""fixed":false"#));
    for (method, path, body, status) in [
        ("POST", "clock", "tomorrow", "400"),
        ("POST", "restore", "7", "404"),
        ("POST", "restore", "0", "404"),
        ("GET", "image", "", "404"),
        ("POST", "", "", "404"),
    ] {
        let (head, _) = control(&sandbox, method, path, "open", body);
        assert!(
            head.starts_with(&format!("http/1.1 {status}")),
            "{method} {path}: {head}"
        );
    }
    let (head, _) = control(&sandbox, "POST", "image", "wrong", "");
    assert!(head.starts_with("http/1.1 403"), "{head}");
}

#[test]
fn without_a_token_there_is_nothing_to_control() {
    for token in [None, Some(String::new())] {
        let is_there = token.is_some();
        let settings = Settings {
            control: token,
            ..Settings::default()
        };
        let sandbox = start(settings).expect("starts");
        let (head, _) = control(&sandbox, "GET", "clock", "", "");
        let status = if is_there {
            "http/1.1 403"
        } else {
            "http/1.1 404"
        };
        assert!(head.starts_with(status), "{head}");
    }
}
