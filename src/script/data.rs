//! The functions with which scripts handle data: files, tables, money, dates.
//!
//! One file a domain; each registers its own functions. The module goes into
//! the engine *after* Rhai's standard package, because some of these replace
//! functions of the same name there (`parse_json`, `round`, `log`).

use std::sync::Arc;

use rhai::Module;

use crate::script::api;
use crate::script::changed;
use crate::script::csv;
use crate::script::csv::writer::Writers;
use crate::script::dates;
use crate::script::engine::sources::Sources;
use crate::script::environment;
use crate::script::files;
use crate::script::frozen;
use crate::script::host::Host;
use crate::script::join;
use crate::script::money;
use crate::script::passwords;
use crate::script::sheet;
use crate::script::tables;
use crate::script::text;

/// Adds every data function to the module.
pub(crate) fn register(
    module: &mut Module,
    host: &Arc<Host>,
    writers: &Writers,
    sources: &Arc<Sources>,
) {
    changed::register(module, host);
    api::clients::register(module, host);
    csv::register(module, host);
    csv::writer::register(module, host, writers);
    dates::operators::register(module, sources);
    dates::parts::register(module, host);
    dates::register(module, host);
    environment::register(module, host);
    files::register(module, host);
    files::bytes::register(module, host);
    files::json::register(module, host);
    frozen::register(module, host);
    join::register(module);
    money::register(module, host);
    passwords::register(module, host);
    csv::row_methods::register(module, sources);
    csv::rows::register(module, host);
    sheet::register(module, host);
    sheet::write::register(module, host);
    tables::register(module, host);
    text::register(module);
    csv::write::register(module, host);
}

#[cfg(test)]
mod tests {
    use rhai::Engine;
    use serde_json::Value;

    use super::*;
    use crate::script::test_engine::TestEngine;

    /// Every data function with its documentation, empty for operators.
    fn documented(bench: &TestEngine) -> Vec<(String, String)> {
        let mut module = Module::new();
        register(
            &mut module,
            &bench.host,
            &Writers::default(),
            &Arc::default(),
        );
        let mut engine = Engine::new_raw();
        engine.register_global_module(module.into());
        let metadata = engine.gen_fn_metadata_to_json(false).unwrap();
        let metadata: Value = serde_json::from_str(&metadata).unwrap();
        let function = |function: &Value| {
            let name = function["name"].as_str().unwrap().to_owned();
            let comments = function["docComments"].as_array();
            let text = |line: &Value| line.as_str().unwrap().replace("/// ", "");
            let comments = comments.map(|lines| lines.iter().map(text).collect::<Vec<_>>());
            (name, comments.unwrap_or_default().join("\n"))
        };
        metadata["functions"]
            .as_array()
            .unwrap()
            .iter()
            .map(function)
            .collect()
    }

    #[test]
    fn every_example_of_the_reference_runs() {
        let bench = TestEngine::new();
        bench
            .file("clients.csv", "email,firstname\njo@example.com,Jo\n")
            .file(
                "clients.xlsx",
                include_bytes!("../../tests/cli/fixtures/clients.xlsx"),
            )
            .file("letter.txt", "Dear client")
            .file("plans.json", "[]")
            .file("rows.jsonl", "{\"id\":1}\n");
        let mut examples = 0;
        for (name, about) in documented(&bench) {
            for example in about.split("```rhai\n").skip(1) {
                let (script, _) = example.split_once("```").unwrap();
                if script.contains("client_by_email") {
                    continue; // needs a server
                }
                if let Err(error) = bench.engine.run(script) {
                    panic!("{name}: {script}{error}");
                }
                examples += 1;
            }
        }
        assert!(examples > 30, "only {examples} examples were found");
    }

    #[test]
    fn every_function_a_script_may_call_by_name_is_documented() {
        let bench = TestEngine::new();
        let functions = documented(&bench);
        let is_word = |name: &str| name.starts_with(|letter: char| letter.is_ascii_lowercase());
        let called_by_rhai = ["to_string", "to_debug", "print", "debug", "contains"];
        for (name, _) in &functions {
            let is_hidden =
                !is_word(name) || name.contains('$') || called_by_rhai.contains(&name.as_str());
            let has_example =
                |(other, about): &(String, String)| other == name && about.contains("```rhai");
            assert!(is_hidden || functions.iter().any(has_example), "{name}");
        }
    }
}
