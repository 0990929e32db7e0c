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

/// Operators that a definition can be of.
const OPERATORS: &[&str] = &[
    "!", "!=", "%", "%=", "&", "&&", "&=", "*", "**", "**=", "*=", "+", "+=", "-", "-=", "..",
    "..=", "/", "/=", "<", "<<", "<<=", "<=", "==", ">", ">=", ">>", ">>=", "??", "^", "^=", "|",
    "|=", "||",
];
/// Numbers of Rhai's that no script can have here.
const FOREIGN: &[&str] = &[
    "f32", "i128", "i16", "i32", "i8", "isize", "u128", "u16", "u32", "u64", "u8", "usize",
];
/// Words that no definition can name, though scripts use them.
const RESERVED: &[&str] = &[
    "async",
    "await",
    "case",
    "default",
    "exit",
    "go",
    "goto",
    "match",
    "module",
    "new",
    "nil",
    "null",
    "package",
    "protected",
    "public",
    "spawn",
    "static",
    "super",
    "sync",
    "thread",
    "use",
    "var",
    "void",
    "with",
    "yield",
];

/// The text as scripts know the functions, in the grammar of definitions; an action is defined
/// once, by its form with parameters.
fn explained(text: &str) -> String {
    let mut explained = String::with_capacity(text.len() * 2);
    let mut comment = String::new();
    for line in text.lines() {
        if line.starts_with("//") {
            comment.push_str(line);
            comment.push('\n');
            continue;
        }
        let defined = match (line.strip_prefix("fn "), line.strip_prefix("op ")) {
            (Some(function), _) => define(function),
            (None, Some(operator)) => operation(operator),
            (None, None) if line.is_empty() && explained.ends_with("\n\n") => None,
            (None, None) => Some((String::new(), line.to_owned())),
        };
        if let Some((more, definition)) = defined {
            explained.push_str(&comment);
            explained.push_str(&more);
            explained.push_str(&definition);
            explained.push('\n');
        }
        comment.clear();
    }
    explained.push_str(&comment);
    explained
}

/// What the comment of a function has besides, and its definition; nothing of one that no
/// script needs to know.
fn define(function: &str) -> Option<(String, String)> {
    let (full, params, returned) = parts(function)?;
    let (kind, name) = full
        .split_once(' ')
        .map_or(("", full), |(kind, name)| (kind, name));
    let name = written(name);
    // What Rhai calls by itself, such as `index$get$`.
    if name.contains('$') {
        return None;
    }
    let action = catalog::by_function(name).or_else(|| catalog::by_walk(name));
    let mut more = String::new();
    if let Some(action) = action {
        if params.len() != 1 || !params[0].starts_with("params: ") {
            return None;
        }
        parameters(&mut more, action);
    }
    if params.iter().any(|param| is_foreign(param)) || is_foreign(returned) {
        return None;
    }
    let params: Vec<String> = params.iter().map(|param| parameter(param)).collect();
    let space = if kind.is_empty() { "" } else { " " };
    // What the grammar has no name for is told to people alone.
    let mark = if RESERVED.contains(&name) { "// " } else { "" };
    let definition = format!(
        "{mark}fn {kind}{space}{name}({}){};",
        params.join(", "),
        returns(returned)
    );
    Some((more, definition))
}

fn operation(operator: &str) -> Option<(String, String)> {
    let (sign, operands, returned) = parts(operator)?;
    let is_known = OPERATORS.contains(&sign) && !operands.iter().any(|one| is_foreign(one));
    let operands: Vec<&str> = operands.iter().map(|one| kind(one)).collect();
    let definition = format!("op {sign}({}){};", operands.join(", "), returns(returned));
    is_known.then_some((String::new(), definition))
}

/// The name, the parameters and what is returned of `name(a: int, b: map) -> int;`.
fn parts(definition: &str) -> Option<(&str, Vec<&str>, &str)> {
    let (name, rest) = definition.split_once('(')?;
    let (params, returned) = rest.rsplit_once(") ->").or_else(|| rest.rsplit_once(')'))?;
    let mut depth = 0;
    let apart = |letter: char| {
        match letter {
            '(' | '<' | '[' => depth += 1,
            ')' | '>' | ']' => depth -= 1,
            _ => {}
        }
        letter == ',' && depth == 0
    };
    let params = params.split(apart).map(str::trim);
    let params = params.filter(|param| !param.is_empty()).collect();
    Some((name.trim(), params, returned.trim_end_matches(';').trim()))
}

/// `name: kind`, with a name that the grammar takes.
fn parameter(param: &str) -> String {
    let (name, own) = param.split_once(':').unwrap_or((param, ""));
    let (name, own) = (name.trim(), kind(own.trim()));
    if RESERVED.contains(&name) {
        return format!("{name}_: {own}");
    }
    let is_name = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    format!(
        "{}: {own}",
        if is_name && !name.is_empty() {
            name
        } else {
            "_"
        }
    )
}

/// The kind of a value as the grammar has it; `?` for one it has no words for, such as one of several.
fn kind(own: &str) -> &str {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || "_<>()[],?".contains(letter);
    let is_known = !own.is_empty() && own.chars().all(is_word) && !own.contains(">>");
    if is_known { own } else { "?" }
}

fn returns(returned: &str) -> String {
    match returned {
        "" => String::new(),
        own => format!(" -> {}", kind(own)),
    }
}

/// Whether a kind is, or is made of, a number that no script can have.
fn is_foreign(own: &str) -> bool {
    let words = own.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.into_iter().any(|word| FOREIGN.contains(&word))
}

/// What a call changes and risks, and its parameters.
fn parameters(text: &mut String, action: &Action) {
    // Writing to text cannot fail.
    let _ = writeln!(
        text,
        "///\n/// Effect: {}: {}",
        action.effect,
        action.effect.meaning()
    );
    let risks: Vec<&str> = action.risk.iter().map(|risk| risk.word()).collect();
    if !risks.is_empty() {
        let _ = writeln!(text, "///\n/// Risk: {}", risks.join(", "));
    }
    if !action.params.is_empty() {
        text.push_str("///\n");
    }
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
        assert_eq!(one("fn all(_: ?) -> ;"), "fn all(_: ?);\n");
        assert_eq!(one("op !=(?, ?) -> ;"), "op !=(?, ?);\n");
        assert_eq!(one("/// Adds.\nfn add(a: u8) -> u8;\nfn b();"), "fn b();\n");
        assert_eq!(
            one("fn get name(row: row) -> ?;"),
            "fn get name(row: row) -> ?;\n"
        );
    }

    #[test]
    fn an_action_is_defined_once_with_its_effect_and_its_risk() {
        let files = definitions();
        let texts: String = files.iter().map(|(_, text)| text.as_str()).collect();
        for action in catalog::actions() {
            let start = format!("\nfn {}(", action.function);
            assert_eq!(texts.matches(&start).count(), 1, "{}", action.function);
        }
        let (before, _) = texts.split_once("\nfn close_client(").unwrap();
        let comment = before.rsplit("\n\n").next().unwrap();
        assert!(comment.contains("/// Effect: "), "{comment}");
        assert!(comment.contains("/// Risk: "), "{comment}");
    }

    /// Takes a kind from the start of a text, as Rhai's language server reads it.
    fn kind_of(text: &str) -> Option<&str> {
        let list = |text: &str, close: char| -> Option<usize> {
            let mut rest = text;
            while !rest.starts_with(close) {
                rest = kind_of(rest)?;
                rest = rest.strip_prefix(", ").unwrap_or(rest);
            }
            Some(text.len() - rest.len() + 1)
        };
        if let Some(rest) = text.strip_prefix('?') {
            return Some(rest);
        }
        for (open, close) in [('[', ']'), ('(', ')')] {
            if let Some(inner) = text.strip_prefix(open) {
                return Some(&inner[list(inner, close)?..]);
            }
        }
        let rest = name_of(text)?;
        match rest.strip_prefix('<') {
            Some(inner) => Some(&inner[list(inner, '>')?..]),
            None => Some(rest),
        }
    }

    /// Takes a name that is no reserved word from the start of a text.
    fn name_of(text: &str) -> Option<&str> {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let end = text.find(|letter| !is_part(letter)).unwrap_or(text.len());
        let name = &text[..end];
        let is_name = name == "_"
            || name
                .trim_start_matches('_')
                .starts_with(|first: char| first.is_ascii_alphabetic());
        (is_name && !RESERVED.contains(&name)).then(|| &text[end..])
    }

    /// Whether a line is a definition.
    fn is_definition(line: &str) -> Option<bool> {
        let is_operator = line.starts_with("op ");
        let rest = line
            .strip_prefix("fn ")
            .or_else(|| line.strip_prefix("op "))?;
        let rest = if is_operator {
            &rest[rest.find('(')?..]
        } else {
            let rest = rest
                .strip_prefix("get ")
                .or_else(|| rest.strip_prefix("set "))
                .unwrap_or(rest);
            name_of(rest)?
        };
        let mut rest = rest.strip_prefix('(')?;
        while !rest.starts_with(')') {
            if !is_operator {
                rest = name_of(rest)?.strip_prefix(": ")?;
            }
            rest = kind_of(rest)?;
            rest = rest.strip_prefix(", ").unwrap_or(rest);
        }
        let rest = &rest[1..];
        let rest = match rest.strip_prefix(" -> ") {
            Some(rest) => kind_of(rest)?,
            None => rest,
        };
        Some(rest == ";")
    }

    #[test]
    fn every_definition_is_in_the_grammar_of_definitions() {
        for (name, text) in definitions() {
            let mut lines = text
                .lines()
                .filter(|line| !line.is_empty() && !line.starts_with("//"));
            assert!(
                lines.next().is_some_and(|line| line.starts_with("module ")),
                "{name}"
            );
            for line in lines {
                assert_eq!(is_definition(line), Some(true), "{name}: {line}");
            }
        }
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
