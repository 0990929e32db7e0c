//! What a script gets of `upsert_client`, and what it is refused.

use serde_json::json;

use crate::script::test_host::TestHost;

fn refusal(script: &str) -> String {
    let rig = TestHost::new();
    let failure = rig.failure(script);
    assert!(rig.called().is_empty(), "{script}: {:?}", rig.called());
    failure
}

#[test]
fn nobody_has_the_address_so_the_client_is_created_with_what_was_given() {
    let rig = TestHost::new();
    let printed = rig.printed(
        "print(upsert_client(#{ email: \"jo@example.com\", firstname: \"Jo\", companyname: (), \
         noemail: true, password2: \"s3cr3t\", skipvalidation: true, _error: \"x\", status: \"Inactive\", taxexempt: \"\" }, \"email\"));",
    );
    assert_eq!(
        printed,
        [r#"#{"changed": [], "clientid": 7, "outcome": "created"}"#]
    );
    let calls = rig.calls();
    let names: Vec<_> = calls.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["GetClientsDetails", "AddClient", "UpdateClient"]);
    assert_eq!(
        calls[1].1,
        json!({ "email": "jo@example.com", "firstname": "Jo", "noemail": true, "password2": "s3cr3t", "skipvalidation": true })
    );
    assert_eq!(
        calls[2].1,
        json!({ "clientid": 7, "skipvalidation": true, "status": "Inactive" })
    );
}

#[test]
fn the_client_may_be_one_of_another_server() {
    let rig = TestHost::new();
    rig.run(
        "let old = connect(\"old\"); old.upsert_client(#{ email: \"jo@example.com\", password2: \"s3cr3t\", skipvalidation: true }, \"email\");",
    )
    .unwrap();
    assert_eq!(rig.called(), ["old GetClientsDetails", "old AddClient"]);
}

#[test]
fn what_means_nothing_is_refused_before_anything_is_sent() {
    for (script, words) in [
        (
            "upsert_client(#{ email: \"a@b.example\", fistname: \"x\" }, \"email\")",
            "did you mean `firstname`?",
        ),
        (
            "upsert_client(#{ emial: \"a\" }, \"email\")",
            "did you mean `emial`?",
        ),
        (
            "upsert_client(#{ email: \"a@b.example\", clientid: 7 }, \"email\")",
            "cannot set `clientid`",
        ),
        (
            "upsert_client(#{ email: \"a@b.example\", clearcreditcard: true }, \"email\")",
            "`update_client(#{ clientid: …, clearcreditcard: … })`",
        ),
        (
            "upsert_client(#{ email: \"a@b.example\", currency: \"euro\" }, \"email\")",
            "`currency`",
        ),
        (
            "upsert_client(#{ email: \"a@b.example\" }, \"id\")",
            "finds clients by `email`, not by `id`",
        ),
        (
            "upsert_client(#{ email: \" \" }, \"email\")",
            "no client has an empty email address",
        ),
        ("upsert_client(7, \"email\")", "not a record"),
    ] {
        let refusal = refusal(script);
        assert!(refusal.contains(words), "{script}: {refusal}");
    }
}
