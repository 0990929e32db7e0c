//! What no script may hold that is run, checked before it or not.

use rhai::{AST, Engine, Scope};

use crate::script::check::files::Files;
use crate::script::check::kinds::Kind;
use crate::script::check::{
    copies, dead, declarations, flow, numbers, outcomes, placeholders, results, shadow, unused,
};
use crate::script::finding::Finding;
use crate::script::host::Confinement;
use crate::script::load::Script;

/// What Rhai would run in silence although it cannot be meant; no script with
/// such a thing is run.
pub(crate) fn refused(engine: &Engine, text: &str, ast: &AST) -> Vec<Finding> {
    let mut found = refused_of(engine, text, ast, None, &Files::none());
    found.extend(placeholders::findings(text, std::iter::empty()));
    found
}

/// The same of a script that may read files, such as frozen lists.
pub(crate) fn refused_beside(
    engine: &Engine,
    script: &Script,
    ast: &AST,
    files: &Confinement,
) -> Vec<Finding> {
    let mut found = refused_of(
        engine,
        script.text(),
        ast,
        None,
        &Files::readable_by(files, false),
    );
    if !script.is_generated() {
        found.extend(placeholders::findings(script.text(), std::iter::empty()));
    }
    found.sort_by_key(|finding| finding.position);
    found
}

/// What a plan would go through in silence on the wrong way: Rhai asks nobody what a value is
/// that a `switch` is on.
pub(crate) fn refused_in_plan(text: &str, ast: &AST) -> Vec<Finding> {
    flow::findings(text, ast, &[], &Files::none()).planned
}

/// What is refused of a line that goes on with variables, and whose last value is shown.
pub(crate) fn refused_line(
    engine: &Engine,
    text: &str,
    ast: &AST,
    variables: &Scope,
) -> Vec<Finding> {
    let held = variables.iter_raw();
    let mut held: Vec<(String, Kind)> = held
        .map(|(name, _, value)| (name.to_owned(), Kind::of_value(value)))
        .collect();
    // The last of a name is the one that is seen, and comes first.
    held.reverse();
    let names = held.iter().map(|(name, _)| name.as_str());
    let signs = placeholders::findings(text, names);
    let mut found = refused_of(engine, text, ast, Some(held), &Files::none());
    found.extend(signs);
    found
}

/// The same of an expression over the columns of a row, which that name has; in a file that
/// is no spreadsheet all of them are text.
pub(crate) fn refused_of_row(
    engine: &Engine,
    text: &str,
    ast: &AST,
    (row, columns, is_text): (&str, &[String], bool),
) -> Vec<Finding> {
    let cell = if is_text { Kind::Cell } else { Kind::Entry };
    let columns = columns.iter().map(|column| (column.clone(), cell.clone()));
    let row = (row.to_owned(), Kind::Row { is_text });
    let held = columns.chain([row]).collect();
    refused_of(engine, text, ast, Some(held), &Files::none())
}

fn refused_of(
    engine: &Engine,
    text: &str,
    ast: &AST,
    line: Option<Vec<(String, Kind)>>,
    files: &Files,
) -> Vec<Finding> {
    let is_line = line.is_some();
    let held = line.unwrap_or_default();
    let mut found = shadow::findings(engine, text, ast);
    found.extend(dead::findings(text, ast));
    found.extend(declarations::findings(text));
    found.extend(flow::findings(text, ast, &held, files).refused);
    found.extend(copies::findings(ast, is_line));
    found.extend(unused::findings(text, ast, is_line));
    found.extend(numbers::findings(text));
    found.extend(results::findings(ast));
    found.extend(outcomes::findings(ast));
    found.sort_by_key(|finding| finding.position);
    found
}
