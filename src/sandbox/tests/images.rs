//! The same bytes from the same seed and moment, and images to go back to.

use super::*;

fn at(moment: &str, faults: &str) -> Sandbox {
    let settings = Settings {
        faults: rules(faults),
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
    assert!(said("POST", "clock", "2026-11-22").contains("in the future"));
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
fn images_are_bounded_and_none_is_taken_of_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = |db| {
        let settings = Settings {
            control: Some("open".into()),
            db,
            ..Settings::default()
        };
        start(settings).expect("starts")
    };
    let sandbox = open(None);
    let take = |sandbox: &Sandbox| control(sandbox, "POST", "image", "open", "");
    for _ in 0..100 {
        take(&sandbox);
    }
    let (head, body) = take(&sandbox);
    assert!(
        head.starts_with("http/1.1 409") && body.contains("DELETE image"),
        "{body}"
    );
    let removed = control(&sandbox, "DELETE", "image", "open", "").1;
    assert_eq!(removed, r#"{"result":"success","removed":100}"#);
    assert_eq!(take(&sandbox).1, r#"{"result":"success","image":1}"#);
    let kept = open(Some(folder.path().join("shop.sqlite")));
    let (head, body) = take(&kept);
    assert!(
        head.starts_with("http/1.1 409") && body.contains("--db"),
        "{body}"
    );
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
