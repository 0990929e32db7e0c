//! The API reference offline.

use crate::support::Desk;

#[test]
fn without_a_pattern_every_action_is_listed_under_its_group() {
    let outcome = Desk::new().whmcsh(["actions"]);
    let listed = outcome
        .succeeded()
        .lines()
        .filter(|line| line.starts_with("  "))
        .count();
    assert_eq!(listed, whmcsh::catalog::actions().len());
    assert!(
        outcome.stdout.starts_with("Addons\n  UpdateClientAddon"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn one_action_is_explained_in_full() {
    let outcome = Desk::new().whmcsh(["actions", "addclient"]);
    let page = outcome.succeeded();
    for part in [
        "AddClient: ",
        "add_client(#{ firstname",
        "required\n",
        "optional\n",
        "reply\n  clientid",
        "errors\n",
    ] {
        assert!(page.contains(part), "no {part:?} in {page}");
    }
}

#[test]
fn a_pattern_filters_by_name_and_group() {
    let outcome = Desk::new().whmcsh(["actions", "quote"]);
    let names: Vec<_> = outcome
        .succeeded()
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .collect();
    assert_eq!(
        names,
        [
            "AcceptQuote",
            "CreateQuote",
            "DeleteQuote",
            "GetQuotes",
            "SendQuote",
            "UpdateQuote"
        ]
    );
}

#[test]
fn what_no_name_has_is_looked_for_in_summaries_and_parameters() {
    let desk = Desk::new();
    let found = desk.whmcsh(["actions", "customfields"]);
    for action in ["  AddClient ", "  UpdateClientProduct "] {
        assert!(found.succeeded().contains(action), "{}", found.stdout);
    }
    assert!(!found.stdout.contains("AddCredit"), "{}", found.stdout);
}

#[test]
fn json_is_the_catalog_itself() {
    let all = Desk::new().whmcsh(["actions", "--json"]).json();
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), whmcsh::catalog::actions().len());
    let close = all
        .iter()
        .find(|action| action["name"] == "CloseClient")
        .unwrap();
    assert_eq!(close["effect"], "act");
    assert_eq!(close["risk"][0], "destructive");
    assert_eq!(close["params"][0]["name"], "clientid");
    assert_eq!(close["params"][0]["type"], "int");
    assert_eq!(close["params"][0]["required"], true);
}

#[test]
fn an_unknown_name_is_met_with_a_suggestion() {
    let outcome = Desk::new().whmcsh(["actions", "AddCleint"]);
    assert_eq!(
        outcome.failed(2),
        "error: no action, group or parameter contains `AddCleint`\nhint: did you mean `AddClient`?\n"
    );
}
