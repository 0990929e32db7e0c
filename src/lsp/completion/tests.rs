//! What is offered, in scripts as people type them.

use serde_json::Value;

use crate::lsp::view::View;
use crate::lsp::view::tests::{at_mark, at_mark_of};
use crate::lsp::workspace::tests::{with_snippets, workspace};

/// What is offered at the `|` of a text.
fn items(text: &str) -> Vec<Value> {
    let items = at_mark(text, |view, at| super::items(view, at, false));
    items.as_array().unwrap().clone()
}

fn labels(text: &str) -> Vec<String> {
    let items = items(text);
    let labels = items.iter().map(|item| item["label"].as_str().unwrap());
    labels.map(str::to_owned).collect()
}

#[track_caller]
fn offers(text: &str, wanted: &str) {
    let labels = labels(text);
    assert!(
        labels.iter().any(|label| label == wanted),
        "{text}: {labels:?}"
    );
}

#[test]
fn functions_are_completed_by_what_is_typed() {
    assert_eq!(labels("let a = get_clients_det|"), ["get_clients_details"]);
}

#[test]
fn an_action_says_what_it_does_and_risks() {
    let closing = &items("close_cl|")[0];
    let detail = closing["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("CloseClient: act, destructive"),
        "{detail}"
    );
}

#[test]
fn parameters_that_are_missing_come_with_the_required_ones_first() {
    let labels = labels("add_client(#{ firstname: \"Jo\", |, \"email\": x });");
    let required = crate::catalog::action("AddClient").unwrap().required();
    let required: Vec<&str> = required
        .filter(|name| !["firstname", "email"].contains(name))
        .collect();
    assert!(labels.len() > required.len());
    assert_eq!(labels[..required.len()], required);
    assert!(
        !labels
            .iter()
            .any(|name| name == "firstname" || name == "email")
    );
}

#[test]
fn a_name_that_is_being_typed_is_not_written_yet() {
    offers("add_client(#{ firstname|: 1 })", "firstname");
    assert_eq!(labels("add_client(#{ firstn|"), ["firstname"]);
}

#[test]
fn values_of_closed_lists_and_booleans_are_offered() {
    offers("get_clients(#{ status: |", "\"Active\"");
    assert_eq!(labels("get_clients(#{ status: \"Act|"), ["Active"]);
    assert_eq!(labels("add_client(#{ noemail: |"), ["true", "false"]);
    offers("for c in all_clients() { if c.status == \"|", "Active");
}

#[test]
fn fields_of_replies_are_offered_where_a_value_is_followed() {
    offers("let x = get_clients(); x.|", "clients");
    offers("for c in all_clients() { c.lastn|", "lastname");
    offers("a.p|", "push");
    assert!(labels("a.get_cl|").is_empty());
}

#[test]
fn names_of_the_script_are_offered_where_they_can_be_used() {
    offers("let total = 1; { let tot = 2; print(t|) }", "tot");
    offers("let total = 1; { let tot = 2; print(t|) }", "total");
    assert!(!labels("{ let tot = 2; } print(t|)").contains(&"tot".to_owned()));
    offers("fn twice(x) {} tw|", "twice");
    offers("//! usage: whmcsh run a.rhai FILE [DAYS]\nar|", "args");
    let numbers = items("//! usage: whmcsh run a.rhai FILE [DAYS]\nprint(args[|])");
    assert_eq!(numbers[1]["label"], "1");
    assert_eq!(numbers[1]["detail"], "[DAYS]");
    offers("whi|", "while");
}

#[test]
fn arguments_that_the_script_declares_are_offered_by_their_names() {
    let header = "//! arg months: number = 24  # how many\n//! arg clients: file\n";
    assert_eq!(
        labels(&format!("{header}print(args.|)")),
        ["months", "clients"]
    );
    let months = &items(&format!("{header}print(args.mo|)"))[0];
    assert_eq!(months["detail"], "NUMBER");
}

#[test]
fn custom_fields_that_the_script_names_elsewhere_are_offered() {
    let text = "add_client(#{ customfields: #{ vat: 1 } }); add_client(#{ customfields: #{ | } });";
    assert_eq!(labels(text), ["vat"]);
}

#[test]
fn options_and_actions_are_offered() {
    offers("csv(\"a.csv\", #{ |", "delimiter");
    offers("call(\"AddCl|\"", "AddClient");
    assert_eq!(labels("fn one() {} Fn(\"o|"), ["one"]);
}

#[test]
fn snippets_are_only_for_editors_that_take_them() {
    let plain = items("close_cl|");
    assert_eq!(plain[0]["insertTextFormat"], Value::Null);
    assert_eq!(plain[0]["textEdit"]["newText"], "close_client");
    let mut workspace = workspace(&[]);
    with_snippets(&mut workspace);
    let text = "close_cl";
    let view = View::new(&workspace, "untitled:one", text);
    let items = super::items(&view, text.len(), false);
    assert_eq!(
        items[0]["textEdit"]["newText"],
        "close_client(#{ clientid: ${1} })"
    );
    let text = "add_client(#{ ";
    let view = View::new(&workspace, "untitled:one", text);
    let items = super::items(&view, text.len(), true);
    let last = items.as_array().unwrap().last().unwrap();
    let text = last["insertText"].as_str().unwrap();
    assert!(
        text.starts_with("firstname: ${1}, lastname: ${2}"),
        "{text}"
    );
}

#[test]
fn texts_comments_and_numbers_are_left_alone() {
    for text in ["\"get_cl|", "// get_cl|", "/* get_cl|", "`get_cl|", "12|"] {
        assert!(labels(text).is_empty(), "{text}");
    }
    assert!(!labels("`${get_cl|").is_empty());
    assert!(labels("print(#{ |").is_empty());
}

#[test]
fn what_tests_have_is_offered_in_tests_alone() {
    let offered = |uri: &str, text: &str| {
        let items = at_mark_of(uri, text, |view, at| super::items(view, at, false));
        items.as_array().unwrap().len()
    };
    let (test, script) = ("file:///a/close_test.rhai", "file:///a/close.rhai");
    assert_eq!(offered(test, "assert_no_w|"), 1);
    assert_eq!(offered(script, "assert_no_w|"), 0);
    assert!(offered(test, "server.get_cl|") > 0);
}
