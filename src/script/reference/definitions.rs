//! Definitions for editors: what `.d.rhai` files tell of the functions.

use std::fmt::Write as _;

use crate::catalog::{self, Action};
use crate::script::engine::functions::written;
use crate::script::host::Confinement;
use crate::script::library;
use crate::script::offline_host::nowhere;

/// The files: names and texts.
///
/// Those of Rhai come as Rhai writes them, in files of the names it gives
/// them; an action's comment has its parameters too.
pub fn definitions() -> Vec<(String, String)> {
    let factory = library::factory(nowhere(Confinement::default(), false));
    let engine = factory.engine();
    let definitions = engine.definitions();
    let files = definitions.iter_files();
    files.map(|(name, text)| (name, explained(&text))).collect()
}

/// The text as scripts know the functions, with the parameters of each action
/// before its definition.
fn explained(text: &str) -> String {
    let mut explained = String::with_capacity(text.len() * 2);
    for line in text.lines() {
        match line.strip_prefix("fn ") {
            Some(function) => define(&mut explained, function),
            None => explained.push_str(line),
        }
        explained.push('\n');
    }
    explained
}

fn define(text: &mut String, function: &str) {
    let (name, rest) = function.split_once('(').unwrap_or((function, ""));
    let action = catalog::by_function(name).or_else(|| catalog::by_walk(name));
    if let Some(action) = action.filter(|_| rest.contains("params: ")) {
        parameters(text, action);
    }
    // Definitions know no type that is one of several.
    let words = rest.split(", ").map(|word| match word.split_once(": ") {
        Some((name, kinds)) if kinds.contains('|') => {
            let end = kinds.find(')').map_or("", |at| &kinds[at..]);
            format!("{name}: ?{end}")
        }
        _ => word.to_owned(),
    });
    let rest = words.collect::<Vec<_>>().join(", ");
    // Writing to text cannot fail.
    let _ = write!(text, "fn {}({rest}", written(name));
}

fn parameters(text: &mut String, action: &Action) {
    if action.params.is_empty() {
        return;
    }
    text.push_str("///\n");
    for param in action.params {
        let need = if param.required { ", required" } else { "" };
        let _ = writeln!(
            text,
            "/// - `{}` ({}{need}): {}",
            param.name, param.kind, param.about
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::reference::entries;

    #[test]
    fn an_action_is_defined_with_its_parameters() {
        let files = definitions();
        let texts: String = files.iter().map(|(_, text)| text.as_str()).collect();
        let (before, _) = texts
            .split_once("fn add_client(params: ")
            .expect("it is defined");
        let comment = before.rsplit("\n\n").next().unwrap();
        assert!(comment.starts_with("/// Create a client"), "{comment}");
        assert!(
            comment.contains("/// - `email` (string, required): "),
            "{comment}"
        );
    }

    #[test]
    fn a_function_is_defined_as_scripts_write_it() {
        let one = |line: &str| explained(line);
        assert_eq!(
            one("fn call_action(action: string) -> map;"),
            "fn call(action: string) -> map;\n"
        );
        assert_eq!(
            one("fn bulk(rows: array|rows, work: function) -> map;"),
            "fn bulk(rows: ?, work: function) -> map;\n"
        );
        assert_eq!(
            one("fn f(a: int, b: map|row) -> map;"),
            "fn f(a: int, b: ?) -> map;\n"
        );
    }

    #[test]
    fn every_action_and_every_function_is_defined() {
        let files = definitions();
        let texts: String = files.iter().map(|(_, text)| text.as_str()).collect();
        let is_defined = |name: &str| {
            [format!("fn {name}("), format!("fn get {name}(")]
                .iter()
                .any(|start| texts.contains(start))
        };
        for action in catalog::actions() {
            assert!(is_defined(action.function), "{}", action.function);
        }
        for entry in entries().values().filter(|entry| entry.is_ours()) {
            assert!(is_defined(&entry.name), "{}", entry.name);
        }
    }
}
