//! Holds every action to what the catalog documents of it, and to the refusals of the table.
//!
//! The fields of replies come from the catalog; the calls are in `calls.txt`.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::table_tests::{calls, refusals};
use crate::catalog::{self, Action, Effect};
use crate::sandbox::actions;
use crate::sandbox::testing::{answer, lacks, refuses, store, store_with_failure};

#[test]
fn every_action_of_the_catalog_is_imitated() {
    let missing: Vec<_> = catalog::actions()
        .iter()
        .map(|action| action.name)
        .filter(|name| actions::handler(name).is_none())
        .collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_action_answers_a_call_with_every_documented_field() {
    let mut lacking: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut refused = Vec::new();
    let store = store_with_failure();
    for (action, query) in calls() {
        let reply = answer(&store, action, query);
        let flags = [reply.text("result"), reply.text("status")];
        if flags.contains(&"error") {
            refused.push((action, query, reply));
            continue;
        }
        let lacks = lacks(action, &reply);
        let before = lacking.entry(action).or_insert_with(|| lacks.clone());
        before.retain(|field| lacks.contains(field));
    }
    assert!(refused.is_empty(), "{refused:#?}");
    let uncalled: Vec<_> = catalog::actions()
        .iter()
        .map(|action| action.name)
        .filter(|name| !lacking.contains_key(name))
        .collect();
    assert_eq!(uncalled, [""; 0], "not called");
    let lacking: Vec<_> = lacking
        .into_iter()
        .flat_map(|(action, fields)| fields.into_iter().map(move |field| (action, field)))
        .collect();
    assert_eq!(lacking, [], "documented, but not sent");
}

#[test]
fn required_parameters_and_ids_are_asked_for_in_order_in_whmcs_words() {
    let mut refused = BTreeSet::new();
    for (action, query, message) in refusals() {
        refuses(&store(), action, &[(query, message)]);
        refused.insert(action);
    }
    let untried: Vec<_> = catalog::actions()
        .iter()
        .filter(|action| action.params.iter().any(|param| param.required))
        .filter(|action| !action.errors.is_empty())
        .map(|action| action.name)
        .filter(|name| !refused.contains(name))
        .collect();
    assert!(untried.is_empty(), "no refusal of {untried:?}");
}

/// Some of an action's parameters with values nobody should send.
fn hostile(action: &'static Action) -> impl Strategy<Value = String> {
    let strange = prop::sample::select(vec![
        "",
        "0",
        "1",
        "2",
        "-1",
        "9223372036854775807",
        "-9223372036854775808",
        "99999999999999999999",
        "1e308",
        "NaN",
        "0.005",
        "92233720368547758.07",
        "-92233720368547758.08",
        "2026-02-30",
        "9999-12-31",
        "-9999-01-01",
        "0000-00-00",
        "%00",
        "%ff",
        "'%3B--",
        "%25",
        "a%40b.example",
        "true",
        "Active",
        "monthly",
        "YTowOnt9",
        "czoxOiJ4Ijs",
        "%F0%9F%98%80",
        "%0D%0A",
    ]);
    // Mostly as it should be, or a call would hardly ever get past its first checks.
    let values = prop_oneof![1 => Just("1"), 2 => strange];
    let spelling = prop_oneof![
        3 => Just(""),
        1 => prop::sample::select(vec!["[]", "[1]", "[x]", "[0][]", "1", "[general]"]),
    ];
    let names = action.params.iter().map(|param| param.name);
    let each: Vec<_> = names
        .map(|name| {
            (
                Just(name),
                spelling.clone(),
                values.clone(),
                prop::bool::weighted(0.7),
            )
        })
        .collect();
    each.prop_map(|params| {
        let sent = params.into_iter().filter(|(.., sent)| *sent);
        let pairs: Vec<_> = sent
            .map(|(name, spelling, value, _)| format!("{name}{spelling}={value}"))
            .collect();
        pairs.join("&")
    })
}

#[test]
fn no_parameter_breaks_an_action() {
    let store = store();
    for action in catalog::actions() {
        // One for each action, since a runner counts its cases over all its runs.
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
            cases: 24,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        let unbroken = runner.run(&hostile(action), |query| {
            let reply = answer(&store, action.name, &query);
            let message = reply.text("message");
            prop_assert!(
                !message.starts_with("the sandbox"),
                "{} {query}: {message}",
                action.name
            );
            Ok(())
        });
        unbroken.unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn no_parameter_is_too_long_for_an_action() {
    let text = "x".repeat(60_000);
    let ids = "1,".repeat(1_500);
    let store = store_with_failure();
    for (name, query) in calls() {
        let action = catalog::action(name).expect("in the catalog");
        for param in action.params {
            for value in [&text, &ids] {
                let reply = answer(&store, name, &format!("{query}&{}={value}", param.name));
                let message = reply.text("message");
                assert!(
                    !message.starts_with("the sandbox"),
                    "{name} {query} {}: {message}",
                    param.name
                );
            }
        }
    }
}

#[test]
fn every_write_is_told_in_the_activity_log() {
    // Mails are in their own list, and a login changes nothing.
    const UNTOLD: &[&str] = &["SendAdminEmail", "SendEmail", "ValidateLogin"];
    let store = store_with_failure();
    let entries = || answer(&store, "GetActivityLog", "limitnum=1").int("totalresults");
    let mut told: BTreeMap<&str, bool> = BTreeMap::new();
    for (name, query) in calls() {
        let before = entries();
        answer(&store, name, query);
        *told.entry(name).or_default() |= entries() > before;
    }
    for (name, told) in told {
        let is_write = catalog::action(name).expect("in the catalog").effect != Effect::Read;
        assert_eq!(told, is_write && !UNTOLD.contains(&name), "{name}");
    }
}
