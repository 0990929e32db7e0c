//! Faults as a caller meets them: what is answered, and what was carried out all the same.

use super::*;

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
        ("cloudflare-late=1ms", "520"),
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
fn an_action_that_never_came_is_not_said_to_be_carried_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("faults.jsonl");
    let settings = Settings {
        faults: rules("503-late=3600s@AddClientNote:#1,503-late=1ms@AddClientNote:#2"),
        fault_log: Some(log.clone()),
        ..Settings::default()
    };
    let sandbox = start(settings).expect("starts");
    call(&sandbox, ADD);
    call(&sandbox, ADD);
    while notes(&sandbox) == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    drop(sandbox);
    let lines = std::fs::read_to_string(log).expect("is written");
    let lost: Vec<&str> = lines.lines().filter(|line| line.contains("lost")).collect();
    assert_eq!(
        lost,
        [
            r#"{"call":1,"action":"AddClientNote","faults":["503-late=3600s@AddClientNote:#1"],"struck":"lost","carried_out":false}"#
        ],
        "{lines}"
    );
    assert_eq!(lines.lines().count(), 3, "{lines}");
}
