//! The function that CONTRIBUTING.md adds, compiled as it is written there.

use rhai::Module;

use super::test_engine::TestEngine;

#[path = "../../tests/fixtures/contributing/shout.rs"]
mod shout;

#[test]
fn the_function_of_the_recipe_is_the_one_compiled_here() {
    let recipe = include_str!("../../CONTRIBUTING.md");
    let (_, file) = recipe.split_once("```rust src/script/shout.rs\n").unwrap();
    let (file, _) = file.split_once("\n```\n").unwrap();
    let compiled = include_str!("../../tests/fixtures/contributing/shout.rs");
    assert_eq!(file, compiled.trim_end());
}

#[test]
fn the_function_of_the_recipe_works() {
    let mut module = Module::new();
    shout::register(&mut module);
    let mut bench = TestEngine::new();
    bench.engine.register_global_module(module.into());
    assert_eq!(bench.text("shout(\"overdue\")"), "OVERDUE!");
}
