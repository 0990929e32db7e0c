//! A server that sends back what it was sent, in a reply that succeeds: nothing of a secret
//! is shown or kept, however the server spells it.

use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::canned::Canned;
use crate::support::{Desk, Outcome, Sandbox, at_once};

const SECRET: &str = "Qw7/&x<b>81'Zt é";
const KEY: &str = "k3y/&'\"Yp<i>55+1";
const PASSWORD: &str = "pa ss/w&rd\"<77>";

/// What was sent, as text.
fn plain(body: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = body.bytes();
    while let Some(byte) = rest.next() {
        let mut digit = || char::from(rest.next().unwrap()).to_digit(16).unwrap();
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => u8::try_from(digit() << 4 | digit()).unwrap(),
            other => other,
        });
    }
    String::from_utf8(bytes).unwrap()
}

fn php(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '/' => escaped.push_str("\\/"),
            letter if letter.is_ascii_alphanumeric() || letter == ' ' => escaped.push(letter),
            letter => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    write!(escaped, "\\u{unit:04X}").unwrap();
                }
            }
        }
    }
    escaped
}

fn html(text: &str) -> String {
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    text.replace('"', "&quot;")
        .replace('\'', "&#039;")
        .replace('é', "&eacute;")
}

fn numbered(text: &str) -> String {
    let letters = text
        .chars()
        .map(|letter| format!("&#x{:x};", u32::from(letter)));
    letters.collect()
}

/// The ways to spell what was sent in a JSON text, given the form it came in.
const SPELLINGS: [fn(&str) -> String; 9] = [
    |form| quoted(form),
    |form| quoted(&plain(form)),
    |form| php(&plain(form)),
    |form| quoted(&html(&plain(form))),
    |form| quoted(&numbered(&plain(form))),
    |form| quoted(&php(&plain(form))),
    |form| quoted(&STANDARD.encode(plain(form))),
    |form| quoted(&URL_SAFE_NO_PAD.encode(html(&plain(form)))),
    |form| quoted(&html(&html(form))),
];

/// As it stands between the quotes of JSON.
fn quoted(text: &str) -> String {
    let json = Value::from(text).to_string();
    json[1..json.len() - 1].to_owned()
}

fn echoing(spell: fn(&str) -> String) -> (Canned, Desk) {
    let canned = Canned::saying(move |body| {
        let said = spell(body);
        format!(
            r#"{{"result":"success","clientid":7,"warning":"call: {said}","request":{{"all":["{said}"]}},"{said}":1}}"#
        )
    });
    let desk = Desk::new()
        .variable("WHMCSH_URL", &format!("http://{}", canned.address))
        .variable("WHMCSH_IDENTIFIER", "someone")
        .variable("WHMCSH_SECRET", SECRET)
        .variable("WHMCSH_ACCESS_KEY", KEY);
    (canned, desk)
}

/// A text in every spelling that a file or a screen might show.
fn all_spellings(secret: &str) -> Vec<Vec<u8>> {
    let form: String = url_form(secret);
    let mut all: Vec<String> = SPELLINGS.iter().map(|spell| spell(&form)).collect();
    all.push(secret.to_owned());
    // What base64 says depends on what stands around it: its middle is enough.
    all.retain(|spelled| spelled.len() > 3);
    all.into_iter().map(String::into_bytes).collect()
}

fn url_form(text: &str) -> String {
    let bytes = text.bytes().map(|byte| match byte {
        b' ' => "+".to_owned(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    bytes.collect()
}

/// The bytes, and behind them what the base64 among them says.
fn with_base64(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "+/_-=".contains(letter);
    let mut all = bytes.to_vec();
    for run in text.split(|letter| !is_letter(letter)) {
        let bare = run.trim_matches('=');
        let said = STANDARD
            .decode(run)
            .or_else(|_| URL_SAFE_NO_PAD.decode(bare));
        if run.len() >= 16
            && let Ok(said) = said
        {
            all.push(b'\n');
            all.extend(said);
        }
    }
    all
}

#[track_caller]
fn holds_none(what: &str, bytes: &[u8], secrets: &[&str]) {
    let bytes = &with_base64(bytes);
    for secret in secrets {
        for spelled in all_spellings(secret) {
            let mut windows = bytes.windows(spelled.len());
            assert!(
                !windows.any(|window| window == spelled),
                "{what}: {}",
                String::from_utf8_lossy(&spelled)
            );
        }
    }
}

#[track_caller]
fn is_silent(outcome: &Outcome, secrets: &[&str]) {
    holds_none("standard output", outcome.stdout.as_bytes(), secrets);
    holds_none("standard error", outcome.stderr.as_bytes(), secrets);
}

pub fn no_file_holds(folder: &Path, but: &[&str], secrets: &[&str]) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            no_file_holds(&path, but, secrets);
        } else if !but.iter().any(|name| path.ends_with(name)) {
            let what = path.display().to_string();
            holds_none(&what, &std::fs::read(&path).unwrap(), secrets);
        }
    }
}

#[test]
fn what_a_reply_repeats_of_a_call_is_shown_and_kept_nowhere() {
    at_once(SPELLINGS, |spell| {
        let (_canned, desk) = echoing(spell);
        let secrets = [SECRET, KEY, PASSWORD];
        desk.file(
            "rows.csv",
            format!("id,password2\n1,\"{}\"\n", PASSWORD.replace('"', "\"\"")),
        );
        desk.file(
            "script.rhai",
            r#"bulk(csv("rows.csv"), #{ key: "id" }, |row| {
                let reply = update_client(#{ clientid: row.id, password2: row.password2 });
                print(reply); log(reply.warning); table([reply]);
                #{ warning: reply.warning, request: reply.request }
            });
            call("OwnAction", #{ api_key: csv("rows.csv").to_array()[0].password2 });"#,
        );
        let run = desk.whmcsh(["run", "script.rhai", "-v", "--log", "calls.jsonl"]);
        run.succeeded();
        is_silent(&run, &secrets);
        let told = with_base64(run.stdout.as_bytes());
        let told = String::from_utf8_lossy(&told);
        assert!(told.contains("(secret)"), "{told}");
        let call = ["call", "AddClientNote", "userid=1", "notes=x", "-o", "json"];
        is_silent(&desk.whmcsh(call), &secrets);
        let shell = desk.whmcsh_fed(&["repl"], "add_client_note(#{ userid: 1, notes: \"n\" })\n");
        is_silent(&shell, &secrets);
        for words in [
            &["runs", "show", "last", "--writes", "--json"][..],
            &["runs", "report", "last"],
        ] {
            is_silent(&desk.whmcsh(words), &secrets);
        }
        no_file_holds(desk.folder(), &["rows.csv"], &secrets);
    });
}

#[test]
fn the_md5_of_an_administrators_password_is_a_secret_too() {
    let canned = Canned::saying(|body| {
        let said = quoted(&plain(body));
        format!(r#"{{"result":"success","warning":"{said}","request":"{said}"}}"#)
    });
    let desk = Desk::new()
        .variable("WHMCSH_URL", &format!("http://{}", canned.address))
        .variable("WHMCSH_USERNAME", "admin")
        .variable("WHMCSH_PASSWORD", "open sesame");
    let outcome = desk.whmcsh(["call", "GetClients", "-o", "json"]);
    let told = outcome.succeeded();
    assert!(told.contains("username=admin&password=(secret)"), "{told}");
    assert!(
        outcome.stderr.contains("password=(secret)"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn what_an_unknown_action_calls_secret_is_not_kept_of_it_nor_of_its_reply() {
    let canned = Canned::saying(|_| {
        json!({"result": "success", "id": 4711, "access_token": "told-in-the-reply",
            "user": {"pw": "told-in-a-map", "keyword": "shown"}})
        .to_string()
    });
    let desk = canned.desk();
    desk.script(
        r#"let made = call("OwnAction", #{
            client_secret: "sent-by-name", nested: [#{ apikey: "sent-in-a-map" }],
            keyword: "open", note: "it is sent-by-name",
        });
        print(made.access_token);
        log_activity(#{ description: "got " + made.access_token });"#,
    )
    .succeeded();
    let shown = desk.whmcsh(["runs", "show", "last", "--json"]);
    let writes = shown.json()["writes"].clone();
    assert_eq!(
        writes[0]["params"],
        json!({"nested": [{}], "keyword": "open", "note": "it is (secret)"})
    );
    assert_eq!(writes[1]["params"], json!({"description": "got (secret)"}));
    let secrets = [
        "sent-by-name",
        "sent-in-a-map",
        "told-in-the-reply",
        "told-in-a-map",
    ];
    no_file_holds(&desk.only_run(), &[], &secrets);
}

#[test]
fn a_secret_in_another_cell_is_covered_and_a_cover_is_never_sent() {
    let canned = Canned::saying(|_| r#"{"result":"error","message":"no"}"#.to_owned());
    let desk = canned.desk();
    desk.file(
        "rows.csv",
        "id,pin,cvv,notes,count\n1,471147,123,pin 471147 it is,123\n2,5,9,ok,4\n",
    );
    let script = r#"bulk(csv(args[0]), #{ key: "id" }, |row| {
        update_client(#{ clientid: row.id, notes: row.notes });
    });"#;
    desk.file("script.rhai", script);
    desk.whmcsh(["run", "script.rhai", "rows.csv"]).failed(4);
    let failed = std::fs::read_to_string(desk.only_run().join("failed.csv")).unwrap();
    assert!(failed.contains("1,pin (secret) it is,(secret)"), "{failed}");
    assert!(failed.contains("2,ok,4"), "{failed}");
    let calls = canned.calls();
    desk.file("again.csv", failed);
    let again = desk.whmcsh(["run", "script.rhai", "again.csv"]);
    again.failed(4);
    assert!(
        again
            .stderr
            .contains("stands for a secret that was not kept"),
        "{}",
        again.stderr
    );
    // Of the second run its version is asked for, and one write is sent.
    assert_eq!(canned.calls(), calls + 2);
}

#[test]
fn a_secret_deep_in_json_is_covered_wherever_it_is_sent() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let rows: Vec<String> = (0..130)
        .map(|n| format!(r#"{{"k":"r{n}","cfg":{{"db_pass":"Hush%Secret#{n}#"}}}}"#))
        .collect();
    desk.file("rows.json", format!("[{}]", rows.join(",")));
    desk.file(
        "script.rhai",
        "bulk(read_json(\"rows.json\"), #{ key: \"k\" }, |row| {
             add_client_note(#{ userid: 1, notes: \"db \" + row.cfg.db_pass });
             #{ said: \"v \" + row.cfg.db_pass }
         });
         let one = parse_json(`{\"password\":\"Hush%Secret#alone#\"}`);
         add_client_note(#{ userid: 1, notes: one.password });",
    );
    let outcome = desk.whmcsh(["run", "script.rhai"]);
    outcome.succeeded();
    let shown = desk.whmcsh(["runs", "show", "--writes"]);
    for said in [&outcome, &shown] {
        assert!(!said.stdout.contains("Hush%") && !said.stderr.contains("Hush%"));
    }
    no_file_holds(&desk.only_run(), &[], &["Hush%Secret#"]);
}
