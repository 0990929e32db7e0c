//! Rhai's errors in our words: what happened, and what to do about it.

use rhai::{EvalAltResult, LexError, Map, ParseErrorType};

use crate::client::refusal;

/// What happened, on one line, and what to do about it.
pub(crate) struct Words {
    pub(crate) what: String,
    pub(crate) hint: Option<String>,
}

impl Words {
    fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            hint: None,
        }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// An error of a running script.
pub(crate) fn of_error(error: &EvalAltResult) -> Words {
    use EvalAltResult as E;
    match error {
        E::ErrorParsing(error, _) => of_parsing(error),
        E::ErrorRuntime(value, _) if value.is_map() => of_raised(&value.clone().cast()),
        E::ErrorRuntime(value, _) if value.is_unit() => Words::new("the script gave up"),
        E::ErrorRuntime(value, _) => Words::new(first_line(&value.to_string())),
        E::ErrorVariableNotFound(name, _) => Words::new(format!("unknown variable `{name}`")),
        E::ErrorModuleNotFound(name, _) => Words::new(format!("unknown module `{name}`")),
        E::ErrorPropertyNotFound(name, _) => Words::new(format!("no property `{name}`")),
        E::ErrorIndexNotFound(index, _) => Words::new(format!("no entry `{index}`")),
        E::ErrorMismatchDataType(wanted, given, _)
        | E::ErrorMismatchOutputType(wanted, given, _) => Words::new(mismatch(wanted, given)),
        E::ErrorIndexingType(name, _) => Words::new(format!("`{}` cannot be indexed", kind(name))),
        E::ErrorArrayBounds(length, index, _) => Words::new(format!(
            "index {index} is outside the array, which has {}",
            count(*length, "element")
        )),
        E::ErrorStringBounds(length, index, _) => Words::new(format!(
            "index {index} is outside the text, which has {}",
            count(*length, "character")
        )),
        E::ErrorFor(_) => Words::new("this cannot be looped over")
            .hint("`for` takes an array, a range, rows, or a list such as `all_clients()`"),
        E::ErrorAssignmentToConstant(name, _) => {
            Words::new(format!("`{name}` is a constant and cannot be changed"))
        }
        E::ErrorNonPureMethodCallOnConstant(name, _) => {
            Words::new(format!("`{name}` would change a constant"))
        }
        E::ErrorUnboundThis(_) => Words::new("`this` is not bound here"),
        E::ErrorStackOverflow(_) => Words::new("functions call each other too deeply")
            .hint("a function that calls itself needs a case in which it stops"),
        E::ErrorTerminated(..) => Words::new("interrupted"),
        other => Words::new(own_words(&without_position(other))),
    }
}

/// An error of a script that cannot be read.
pub(crate) fn of_parsing(error: &ParseErrorType) -> Words {
    use ParseErrorType as P;
    match error {
        P::VariableUndefined(name) => Words::new(format!("unknown variable `{name}`")),
        P::ModuleUndefined(name) => Words::new(format!("unknown module `{name}`"))
            .hint(format!("`import \"{name}\" as {name};` makes it known")),
        P::UnexpectedEOF => Words::new("the script ends too early"),
        P::BadInput(LexError::UnterminatedString) => Words::new("this text has no closing quote"),
        P::ExprTooDeep => Words::new("this expression is nested too deeply")
            .hint("split it into several statements"),
        P::FnDuplicatedDefinition(name, _) => {
            Words::new(format!("function `{name}` is defined twice"))
        }
        other => Words::new(own_words(&other.to_string())),
    }
}

/// An error raised by one of our functions or thrown by a script as a map.
fn of_raised(map: &Map) -> Words {
    let text = |key: &str| {
        let value = map.get(key).filter(|value| !value.is_unit())?;
        Some(first_line(&value.to_string()))
    };
    let message = text("message").unwrap_or_else(|| format!("the script threw #{map:?}"));
    let what = match (text("kind").as_deref(), text("action")) {
        (Some("api"), Some(action)) => refusal(&action, &message),
        _ => message,
    };
    Words {
        what,
        hint: text("hint"),
    }
}

/// A value's kind as a reader of scripts knows it.
pub(crate) fn kind(type_name: &str) -> &str {
    let short = type_name.rsplit("::").next().unwrap_or(type_name);
    match short.trim_start_matches('&') {
        "i64" | "int" => "whole number",
        "f64" | "float" => "floating-point number",
        "Decimal" | "decimal" => "decimal",
        "string" | "str" | "ImmutableString" | "String" => "text",
        "bool" => "true or false",
        "Fn" | "FnPtr" => "function",
        "()" => "`()`",
        other => other,
    }
}

fn mismatch(wanted: &str, given: &str) -> String {
    match (kind(wanted), kind(given)) {
        (wanted, "") => format!("{wanted} is needed here"),
        ("", given) => format!("{given} does not fit here"),
        (wanted, given) => format!("{wanted} is needed here, not {given}"),
    }
}

fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

fn without_position(error: &EvalAltResult) -> String {
    let text = error.to_string();
    let place = format!(" ({})", error.position());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}

/// Rhai's sentence in our style: lower-case, names in backticks.
fn own_words(text: &str) -> String {
    let text = first_line(text).replace('\'', "`");
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => "the script failed".into(),
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
