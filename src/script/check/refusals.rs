//! What no script may hold that is run, checked before it or not.

use rhai::{AST, Engine, Scope};

use crate::script::check::kinds::Kind;
use crate::script::check::{copies, dead, flow, numbers, outcomes, results, shadow, unused};
use crate::script::finding::Finding;

/// What Rhai would run in silence although it cannot be meant; no script with
/// such a thing is run.
pub(crate) fn refused(engine: &Engine, text: &str, ast: &AST) -> Vec<Finding> {
    refused_of(engine, text, ast, None)
}

/// The same of a line that goes on with variables, and whose last value is shown.
pub(crate) fn refused_line(
    engine: &Engine,
    text: &str,
    ast: &AST,
    variables: &Scope,
) -> Vec<Finding> {
    refused_of(engine, text, ast, Some(variables))
}

fn refused_of(engine: &Engine, text: &str, ast: &AST, line: Option<&Scope>) -> Vec<Finding> {
    let mut held: Vec<(String, Kind)> = line
        .into_iter()
        .flat_map(Scope::iter_raw)
        .map(|(name, _, value)| (name.to_owned(), Kind::of_value(value)))
        .collect();
    // The last of a name is the one that is seen, and comes first.
    held.reverse();
    let mut found = shadow::findings(engine, text, ast);
    found.extend(dead::findings(text, ast));
    found.extend(flow::findings(text, ast, &held).refused);
    found.extend(copies::findings(ast, line.is_some()));
    found.extend(unused::findings(text, ast, line.is_some()));
    found.extend(numbers::findings(text));
    found.extend(results::findings(ast));
    found.extend(outcomes::findings(ast));
    found.sort_by_key(|finding| finding.position);
    found
}
