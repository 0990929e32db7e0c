//! Rhai's errors in our words: what happened, and what to do about it.

use rhai::{EvalAltResult, Map};

use crate::client::refusal;
use crate::script::diagnostic::foreign;
use crate::script::engine::memory::{self, OverMemory};

/// What to do about a value that is not there.
const MISSING: &str =
    "the value before it is missing; test it first: `if value != () { … }`, or write `?.` for `.`";

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

    /// With that hint, if there is one, in place of its own.
    pub(crate) fn hint_or_own(mut self, hint: Option<String>) -> Self {
        self.hint = hint.or(self.hint);
        self
    }
}

/// An error of a running script.
pub(crate) fn of_error(error: &EvalAltResult) -> Words {
    use EvalAltResult as E;
    match error {
        E::ErrorRuntime(value, _) | E::ErrorTerminated(value, _) if value.is_map() => {
            of_raised(&value.clone().cast())
        }
        E::ErrorRuntime(value, _) if value.is_unit() => Words::new("the script gave up"),
        E::ErrorRuntime(value, _) => Words::new(first_line(&value.to_string())),
        E::ErrorVariableNotFound(name, _) => Words::new(format!("unknown variable `{name}`")),
        E::ErrorModuleNotFound(name, _) => Words::new(format!("unknown module `{name}`")),
        E::ErrorPropertyNotFound(name, _) => Words::new(format!("no property `{name}`")),
        E::ErrorIndexNotFound(index, _) => Words::new(format!("no entry `{index}`")),
        E::ErrorMismatchDataType(wanted, given, _)
        | E::ErrorMismatchOutputType(wanted, given, _) => mismatch(wanted, given),
        E::ErrorIndexingType(types, _) => unindexable(types),
        E::ErrorDotExpr(sentence, _) => no_property(sentence),
        E::ErrorArrayBounds(length, index, _) => Words::new(format!(
            "index {index} is outside the array, which has {}",
            count(*length, "element")
        )),
        E::ErrorStringBounds(length, index, _) => Words::new(format!(
            "index {index} is outside the text, which has {}",
            count(*length, "character")
        )),
        E::ErrorFor(_) => Words::new("this cannot be looped over")
            .hint("`for` takes an array, a range, rows, a list such as `all_clients()`, or the keys of a map: `for key in map.keys() { … }`"),
        E::ErrorAssignmentToConstant(name, _) => {
            Words::new(format!("`{name}` is a constant and cannot be changed"))
        }
        E::ErrorNonPureMethodCallOnConstant(name, _) => {
            Words::new(format!("`{name}` would change a constant"))
        }
        E::ErrorDataRace(..) => Words::new("a closure uses the variable whose method runs it")
            .hint(
                "copy the variable first, such as `let all = rows;`, and use the copy in one of \
                 the two places",
            ),
        E::ErrorUnboundThis(_) => Words::new("`this` is not bound here"),
        E::ErrorStackOverflow(_) => Words::new("functions call each other too deeply")
            .hint("a function that calls itself needs a case in which it stops"),
        E::ErrorTerminated(code, _) if code.is_int() => {
            Words::new(format!("the script ended itself with `exit({code})`"))
        }
        E::ErrorTerminated(mark, _) if mark.is::<OverMemory>() => {
            let (what, hint) = memory::words();
            Words::new(what).hint(hint)
        }
        E::ErrorTerminated(..) => Words::new("interrupted"),
        other => Words::new(own_words(&without_position(other))),
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

/// Rhai's `Unknown property 'x' - a getter is not registered for type 'y'`.
fn no_property(sentence: &str) -> Words {
    let quoted: Vec<&str> = sentence.split('\'').collect();
    let [_, property, _, owner, ..] = quoted[..] else {
        return Words::new(own_words(sentence));
    };
    let words = Words::new(format!(
        "{} has no property `{property}`",
        a_kind(kind(owner))
    ));
    match (owner, foreign::hint(property)) {
        ("()", _) => words.hint(MISSING),
        // An error that was thrown as text is caught as it is.
        (owner, _) if kind(owner) == "text" && matches!(property, "message" | "kind" | "hint") => {
            words.hint("`throw \"…\"` is caught as that text: write `print(error)`")
        }
        (_, Some(hint)) => words.hint(hint),
        (owner, None) if kind(owner) == "text" => words.hint(foreign::JOIN),
        _ => words,
    }
}

/// Rhai's `type [index type]`, of a value without entries.
fn unindexable(types: &str) -> Words {
    let owner = types.split(" [").next().unwrap_or(types);
    let words = Words::new(format!("{} has no entries", a_kind(kind(owner))));
    match owner {
        "()" => words.hint(MISSING),
        _ => words,
    }
}

/// A value's kind as a reader of scripts knows it.
pub(crate) fn kind(type_name: &str) -> &str {
    let short = type_name.split('<').next().unwrap_or(type_name);
    let short = short.rsplit("::").next().unwrap_or(short);
    match short.trim_start_matches('&') {
        "i64" | "int" => "whole number",
        "Range" | "RangeInclusive" => "range",
        "Date" => "date",
        "DateTime" => "datetime",
        "Instant" => "timestamp",
        "f64" | "float" => "floating-point number",
        "Decimal" | "decimal" => "decimal",
        "string" | "str" | "AsText" | "ImmutableString" | "String" => "text",
        "bool" => "true or false",
        "Fn" | "FnPtr" => "function",
        "Gathered" => "gathered",
        "NotKept" | "(secret)" => "secret that was not kept",
        "Planned" => "planned value",
        "Record" => "map",
        "Records" => "records",
        "Row" => "row",
        "Rows" => "rows",
        "()" => "`()`",
        other => other,
    }
}

fn mismatch(wanted: &str, given: &str) -> Words {
    let (wanted, given) = (kind(wanted), kind(given));
    let words = Words::new(match (wanted, given) {
        (wanted, "") => format!("{} is needed here", a_kind(wanted)),
        ("", given) => format!("{} does not fit here", a_kind(given)),
        (wanted, given) => format!("{} is needed here, not {}", a_kind(wanted), a_kind(given)),
    });
    match (wanted, given) {
        ("text", "whole number") => words.hint(
            "`….to_string()` turns a number into text, such as an id that is a key: \
             `m[id.to_string()]`",
        ),
        (_, "") => words,
        ("true or false", given) => words.hint(foreign::as_condition(given)),
        _ => words,
    }
}

/// A kind with its article, where it takes one.
pub(crate) fn a_kind(kind: &str) -> String {
    match kind {
        "text" | "true or false" | "`()`" | "gathered" | "records" | "rows" => kind.to_owned(),
        _ if kind.starts_with(['a', 'e', 'i', 'o', 'u']) => format!("an {kind}"),
        _ => format!("a {kind}"),
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
pub(crate) fn own_words(text: &str) -> String {
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
