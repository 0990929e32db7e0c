//! The reference is true: every function of ours has an example, and it runs.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::test_host::TestHost;
use crate::catalog;
use crate::script::library;
use crate::script::load::Script;

/// Our functions with their documentation, all ways to call one together.
fn documented() -> Vec<(String, String)> {
    let engine = library::factory(TestHost::new().host()).engine();
    let metadata = engine.gen_fn_metadata_to_json(false).unwrap();
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let function = |function: &Value| {
        let lines = function["docComments"].as_array()?.iter();
        let about: Vec<String> = lines
            .map(|line| line.as_str().unwrap().replace("/// ", ""))
            .collect();
        Some((function["name"].as_str()?.to_owned(), about.join("\n")))
    };
    let functions = metadata["functions"].as_array().unwrap().iter();
    functions.filter_map(function).collect()
}

fn is_word(name: &str) -> bool {
    name.chars()
        .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

#[test]
fn every_example_runs() {
    let mut examples = BTreeSet::new();
    for (name, about) in documented() {
        for example in about.split("```rhai\n").skip(1) {
            let (script, _) = example.split_once("```").unwrap();
            examples.insert((name.clone(), script.to_owned()));
        }
    }
    assert!(examples.len() > 50, "only {} were found", examples.len());
    for (name, script) in &examples {
        let rig = TestHost::new();
        rig.file("clients.csv", "email,firstname\njo@example.com,Jo\n");
        let sheet = include_bytes!("../../tests/cli/fixtures/clients.xlsx");
        std::fs::write(rig.folder.path().join("clients.xlsx"), sheet).unwrap();
        rig.file("letter.txt", "Dear client");
        rig.file("plans.json", "[]");
        rig.file("rows.jsonl", "{\"id\":1}\n");
        let mut host = rig.host();
        if let Some(host) = Arc::get_mut(&mut host) {
            host.env.insert("WHMCSH_SHOWN".to_owned());
        }
        if let Err(failure) = Script::from_text("main.rhai", script).run(host) {
            panic!("{name}: {script}{failure}");
        }
    }
}

#[test]
fn every_function_that_is_no_action_has_an_example() {
    let functions = documented();
    let with: BTreeSet<&str> = functions
        .iter()
        .filter(|(_, about)| about.contains("```rhai"))
        .map(|(name, _)| name.as_str())
        .collect();
    let is_of_the_catalog = |name: &str| {
        catalog::by_function(name)
            .or_else(|| catalog::by_walk(name))
            .is_some()
    };
    let without: BTreeSet<&str> = functions
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| is_word(name) && !is_of_the_catalog(name) && !with.contains(name))
        .collect();
    assert!(without.is_empty(), "{without:?}");
}
