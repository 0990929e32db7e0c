//! A resumed run does not know the secrets of a reply any more: it says so, and sends nothing
//! in their place.

use crate::canned::Canned;
use crate::support::{Desk, Outcome};

const SCRIPT: &str = r#"
let token = create_sso_token(#{ client_id: 1 });
if args.is_empty() { throw "stopped" }
add_client_note(#{ userid: 1, notes: "go to " + token.redirect_url });
"#;

fn desk(server: &Canned) -> Desk {
    let url = format!("http://{}", server.address);
    Desk::new()
        .variable("WHMCSH_URL", &url)
        .variable("WHMCSH_IDENTIFIER", "i")
        .variable("WHMCSH_SECRET", "not-told-to-anyone")
}

/// What becomes of the script when its run, which stopped with the first code, is resumed.
fn resumed(server: &Canned, script: &str, codes: (i32, i32)) -> (Desk, Outcome) {
    let desk = desk(server);
    desk.file("script.rhai", script);
    desk.whmcsh(["run", "script.rhai"]).failed(codes.0);
    let run = desk.only_run();
    let run = run.file_name().unwrap().to_str().unwrap();
    let outcome = desk.whmcsh(["run", "script.rhai", "go", "--resume", run]);
    outcome.failed(codes.1);
    (desk, outcome)
}

/// Nothing was sent in the place of what is not known.
fn nothing_was_sent(server: &Canned, action: &str) {
    assert!(!server.actions().iter().any(|sent| sent == action));
}

fn sso() -> Canned {
    Canned::saying(|call| {
        let own = if call.contains("action=CreateSsoToken") {
            r#","access_token":"tok-4711-x","redirect_url":"https://w.example/?t=tok-4711-x""#
        } else {
            r#","noteid":7"#
        };
        format!(r#"{{"result":"success"{own},"whmcs":{{"version":"8.13.0"}}}}"#)
    })
}

#[test]
fn a_resumed_reply_has_no_secret_and_the_script_that_wants_it_stops_before_it_sends() {
    let server = sso();
    let (_, outcome) = resumed(&server, SCRIPT, (1, 1));
    let told = &outcome.stderr;
    assert!(
        told.contains(
            "error: `redirect_url` of the reply to `CreateSsoToken` (write 1) is no longer known: \
             it is secret, and a run keeps no secrets"
        ) && told.contains("script.rhai:4:")
            && told.contains("hint: the write was applied and is not sent again"),
        "{told}"
    );
    nothing_was_sent(&server, "AddClientNote");
}

#[test]
fn within_a_row_it_fails_that_row_and_what_the_row_gives_back_is_covered_as_at_first() {
    let server = sso();
    let (desk, outcome) = resumed(
        &server,
        r#"bulk([#{ id: 1 }, #{ id: 2 }], #{ key: "id", workers: 1 }, |row| {
            let token = create_sso_token(#{ client_id: row.id });
            if args.is_empty() { fail("stopped") }
            if row.id == 2 { add_client_note(#{ userid: 1, notes: token.redirect_url }); }
            #{ url: token.redirect_url, access_token: token.access_token }
        });"#,
        (4, 4),
    );
    let told = &outcome.stderr;
    assert!(
        told.contains("`redirect_url` of the reply to `CreateSsoToken`"),
        "{told}"
    );
    let results = std::fs::read_to_string(desk.only_run().join("results.csv")).unwrap();
    assert!(
        results.contains("(secret)") && !results.contains("4711"),
        "{results}"
    );
    nothing_was_sent(&server, "AddClientNote");
}

#[test]
fn a_field_of_an_unknown_action_that_is_called_like_a_secret_is_not_known_either() {
    let server = Canned::saying(|_| {
        r#"{"result":"success","noteid":7,"whmcs":{"version":"8.13.0","api_key":"k-4711-x"}}"#
            .to_owned()
    });
    let (_, outcome) = resumed(
        &server,
        r#"let reply = call("MakeKey", #{ id: 1 });
        if args.is_empty() { throw "stopped" }
        call("UseKey", #{ notes: `${reply.noteid} ${reply.whmcs.api_key}` });"#,
        (1, 1),
    );
    nothing_was_sent(&server, "UseKey");
    let told = &outcome.stderr;
    assert!(
        told.contains("`api_key` of the reply to `MakeKey` (write 1)"),
        "{told}"
    );
}

#[test]
fn a_file_is_not_written_with_a_cover_in_place_of_what_the_first_pass_wrote() {
    let server = sso();
    let (desk, outcome) = resumed(
        &server,
        r#"let token = create_sso_token(#{ client_id: 1 });
        write_text("token.txt", `${[token.redirect_url]}`);
        throw "stopped""#,
        (1, 1),
    );
    let told = &outcome.stderr;
    assert!(told.contains("`token.txt` was not written"), "{told}");
    let kept = std::fs::read_to_string(desk.folder().join("token.txt")).unwrap();
    assert!(kept.contains("tok-4711-x"), "{kept}");
}
