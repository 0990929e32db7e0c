//! `join`: an array as one text, which Rhai leaves out.

use rhai::{Array, Module};

use crate::script::csv::records::cell_text;
use crate::script::engine::function::{Fallible, function};

/// Adds `join`.
pub(crate) fn register(module: &mut Module) {
    let about = "Joins the values of an array with a separator; each is written as in a CSV \
        cell.\n```rhai\nprint([1, 2, 3].join(\", \"))\n```";
    let signature = ["array: array", "separator: &str", "String"];
    function("join", &signature, about).set_into_module(
        module,
        |array: &mut Array, separator: &str| -> Fallible<String> {
            let texts: Result<Vec<String>, _> = array.iter().map(cell_text).collect();
            Ok(texts?.join(separator))
        },
    );
}

#[cfg(test)]
mod tests {
    use crate::script::test_engine::TestEngine;

    #[test]
    fn values_of_any_kind_become_one_text() {
        let bench = TestEngine::new();
        assert_eq!(
            bench.text("[1, \"a\", (), date(\"2026-11-23\"), money(\"2.50\")].join(\"; \")"),
            "1; a; ; 2026-11-23; 2.50"
        );
        assert_eq!(bench.text("[].join(\", \")"), "");
    }
}
