//! Finds script functions that hide one of ours.
//!
//! Rhai lets a script function take the place of a native one without a word;
//! `fn add_client(row)` would then be called wherever the action was meant.

use std::collections::BTreeSet;

use rhai::{AST, Engine, Position};

use crate::catalog;
use crate::script::engine::functions;
use crate::script::finding::Finding;

/// Functions that came late, and whose names scripts had given to helpers of their own: those
/// go on meaning what they meant.
const MAY_BE_HIDDEN: [&str; 8] = [
    "captures", "chunk", "digits", "group_by", "matches", "sort_by", "sum", "unique",
];

/// Each function of the script that hides one of ours.
pub(crate) fn findings(engine: &Engine, text: &str, ast: &AST) -> Vec<Finding> {
    let defined: BTreeSet<(&str, usize)> = ast
        .iter_functions()
        .map(|function| (function.name, function.params.len()))
        .collect();
    let ours = functions::ours_among(engine, &defined);
    defined
        .into_iter()
        .filter_map(|(name, arity)| {
            Some(Finding {
                code: "hidden-function",
                what: hidden(name, ours.contains(&(name.to_owned(), arity)))?,
                position: definition(text, name),
                hint: Some("give the function another name".into()),
            })
        })
        .collect()
}

fn hidden(name: &str, is_ours: bool) -> Option<String> {
    if let Some(action) = catalog::by_function(name).or_else(|| catalog::by_walk(name)) {
        return Some(format!(
            "function `{name}` hides the action `{}`",
            action.name
        ));
    }
    let is_meant = is_ours && !MAY_BE_HIDDEN.contains(&name);
    is_meant.then(|| format!("function `{name}` hides the built-in function of that name"))
}

/// Where a script defines the function of that name.
fn definition(text: &str, name: &str) -> Position {
    for (line, words) in text.lines().enumerate() {
        let found = words.match_indices(name).find(|(at, _)| {
            let before = words[..*at].trim_end();
            let is_definition = before.ends_with("fn") && before.len() < *at;
            is_definition && words[at + name.len()..].trim_start().starts_with('(')
        });
        if let Some((at, _)) = found {
            let column = words[..at].chars().count() + 1;
            return place(line + 1, column);
        }
    }
    Position::NONE
}

fn place(line: usize, column: usize) -> Position {
    match (u16::try_from(line), u16::try_from(column)) {
        (Ok(line), Ok(column)) => Position::new(line, column),
        _ => Position::NONE,
    }
}

#[cfg(test)]
mod tests {
    use crate::script::test_host::TestHost;

    #[test]
    fn a_scripts_own_helper_goes_on_meaning_what_it_meant() {
        for helper in ["sum", "unique", "group_by"] {
            let script =
                format!("fn {helper}(list, field) {{ field }} print({helper}([1], \"own\"));");
            assert_eq!(TestHost::new().printed(&script), ["own"]);
        }
        let failure = TestHost::new().failure("fn csv(path) { path } print(csv(\"a\"));");
        assert!(failure.contains("hides the built-in function"), "{failure}");
    }
}
