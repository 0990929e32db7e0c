//! An error of a script as the user sees it.
//!
//! The caret goes to the place where it happened; the calls that led there
//! follow as `called from`. Unknown names get their neighbours.

pub(crate) mod readable;
pub(crate) mod snippet;
pub(crate) mod suggestion;
pub(crate) mod words;

use std::fmt::Write as _;

use rhai::{EvalAltResult, Map, ParseError, ParseErrorType, Position};

use crate::catalog::similar;
use crate::error::{Exit, Failure};
use crate::script::diagnostic::snippet::snippet;
use crate::script::engine::Factory;
use crate::script::engine::functions::Functions;
use crate::script::engine::keywords::CALL;
use crate::script::raise::Raised;
use words::{Words, kind};

/// Where something is in a script.
struct Place {
    source: String,
    position: Position,
}

/// What is wrong at a place of a script that was not run.
pub(crate) struct Finding {
    pub(crate) position: Position,
    pub(crate) what: String,
    pub(crate) hint: Option<String>,
}

/// The failure an error of the script `main` amounts to.
pub(crate) fn of_error(factory: &Factory, main: &str, error: &EvalAltResult) -> Failure {
    let (inner, mut places) = unwind(main, error);
    let words = match inner {
        EvalAltResult::ErrorFunctionNotFound(signature, _) => unknown_function(factory, signature),
        EvalAltResult::ErrorParsing(kind, position) => {
            let text = places
                .last()
                .and_then(|place| factory.sources().text(&place.source));
            of_parsing(kind, *position, text.as_deref())
        }
        inner => words::of_error(inner),
    };
    let mut failure = Failure::new(exit(factory, inner, &words.what), words.what);
    failure.hint = words.hint;
    if let Some(place) = places.pop() {
        failure.place = Some(draw(factory, &place, &places));
    }
    failure
}

/// The failure of a script that cannot be read.
pub(crate) fn of_parse_error(factory: &Factory, main: &str, error: &ParseError) -> Failure {
    let error = EvalAltResult::ErrorParsing(error.err_type().clone(), error.position());
    of_error(factory, main, &error)
}

/// What a check found at a place of the script `source`.
pub(crate) fn of_finding(factory: &Factory, source: &str, finding: Finding) -> Failure {
    let place = Place {
        source: source.to_owned(),
        position: finding.position,
    };
    let failure = Failure::new(Exit::Script, finding.what).at(draw(factory, &place, &[]));
    Failure {
        hint: finding.hint,
        ..failure
    }
}

/// The innermost error, and the places from the outermost call to it.
fn unwind<'e>(main: &str, error: &'e EvalAltResult) -> (&'e EvalAltResult, Vec<Place>) {
    let mut places = Vec::new();
    let mut source = main.to_owned();
    let mut error = error;
    loop {
        places.push(Place {
            source: source.clone(),
            position: error.position(),
        });
        let next = match error {
            EvalAltResult::ErrorInFunctionCall(_, called, inner, _) => (called, inner),
            EvalAltResult::ErrorInModule(module, inner, _) => (module, inner),
            _ => break,
        };
        if !next.0.is_empty() {
            source.clone_from(next.0);
        }
        error = next.1;
    }
    // Errors raised before a call began have no place of their own.
    if places.len() > 1 && places.last().is_some_and(|place| place.position.is_none()) {
        places.pop();
    }
    (error, places)
}

/// What a raised error says.
pub(crate) fn of_raised(raised: Raised) -> Words {
    let error: Box<EvalAltResult> = raised.into();
    words::of_error(&error)
}

fn draw(factory: &Factory, place: &Place, callers: &[Place]) -> String {
    let text = factory.sources().text(&place.source);
    let mut drawn = snippet(&place.source, text.as_deref(), place.position);
    let gutter = place
        .position
        .line()
        .map_or(0, |line| line.to_string().len());
    for caller in callers.iter().rev() {
        let source = &caller.source;
        let _ = write!(drawn, "\n{:gutter$} = called from {source}", "");
        if let (Some(line), Some(column)) = (caller.position.line(), caller.position.position()) {
            let _ = write!(drawn, ":{line}:{column}");
        }
    }
    drawn
}

fn of_parsing(kind: &ParseErrorType, position: Position, text: Option<&str>) -> Words {
    let mut words = words::of_parsing(kind);
    if let (ParseErrorType::VariableUndefined(name), Some(text)) = (kind, text) {
        words.hint = unknown_variable(name, position, text);
    }
    words
}

/// What was probably meant by a variable that is not there.
pub(crate) fn unknown_variable(name: &str, position: Position, text: &str) -> Option<String> {
    let line = position.line().unwrap_or(usize::MAX);
    let defined = definitions(text, line);
    if let Some((keyword, _)) = defined.iter().find(|(_, known)| *known == name) {
        return Some(match *keyword {
            "const" => format!("inside a function, write `global::{name}`"),
            _ => "a function does not see the variables outside it: pass it as a parameter".into(),
        });
    }
    let names = defined.iter().map(|(_, name)| *name).chain(["args"]);
    suggestion(&similar(name, names))
}

/// What `let`, `const` and `for` define before that line, roughly: keyword and name.
fn definitions(text: &str, before: usize) -> Vec<(&str, &str)> {
    let lines = text.lines().take(before);
    let words = lines.flat_map(|line| {
        line.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
            .filter(|word| !word.is_empty())
    });
    let words: Vec<&str> = words.collect();
    let pairs = words.windows(2).map(|pair| (pair[0], pair[1]));
    pairs
        .filter(|(keyword, _)| matches!(*keyword, "let" | "const" | "for"))
        .collect()
}

fn unknown_function(factory: &Factory, signature: &str) -> Words {
    let (name, given) = signature.split_once(" (").unwrap_or((signature, ")"));
    if name.starts_with("anon$") {
        return Words {
            what: "this closure cannot be called here".into(),
            hint: Some("a closure made in an imported module can only be called there".into()),
        };
    }
    let functions = Functions::of(&factory.engine());
    if functions.arities(name).is_none() {
        return Words {
            what: format!("unknown function `{name}`"),
            hint: suggestion(&near_functions(name, functions.names())),
        };
    }
    let given: Vec<&str> = given
        .trim_end_matches(')')
        .split(", ")
        .filter(|kind| !kind.is_empty())
        .map(|given| kind(given.split(" | ").next().unwrap_or(given)))
        .collect();
    let shown = if name == CALL { "call" } else { name };
    let signatures: Vec<String> = functions
        .signatures(name)
        .take(3)
        .map(|signature| format!("`{}`", signature.replace(CALL, "call")))
        .collect();
    Words {
        what: format!("`{shown}` does not take ({})", given.join(", ")),
        hint: Some(format!("it is called as {}", signatures.join(" or "))),
    }
}

/// The functions that were probably meant: those that go on where the name
/// ends, else those spelled alike.
pub(crate) fn near_functions<'f>(
    name: &str,
    known: impl Iterator<Item = &'f str> + Clone,
) -> Vec<&'f str> {
    let mut longer: Vec<&str> = known
        .clone()
        .filter(|other| name.len() >= 4 && other.starts_with(name))
        .collect();
    if longer.is_empty() {
        return similar(name, known);
    }
    longer.sort_by_key(|other| other.len());
    longer.truncate(3);
    longer
}

/// The hint that names what is similar.
pub(crate) fn suggestion(names: &[&str]) -> Option<String> {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| format!("similar: {}", names.join(", ")))
}

/// The code the process ends with.
fn exit(factory: &Factory, error: &EvalAltResult, what: &str) -> Exit {
    let raised = match error {
        EvalAltResult::ErrorTerminated(..) => return Exit::Interrupted,
        EvalAltResult::ErrorRuntime(value, _) if value.is_map() => value.clone().cast::<Map>(),
        _ => return Exit::Script,
    };
    if raised
        .get("in_doubt")
        .is_some_and(|in_doubt| in_doubt.as_bool() == Ok(true))
    {
        return Exit::InDoubt;
    }
    let kind = raised
        .get("kind")
        .map(ToString::to_string)
        .unwrap_or_default();
    match kind.as_str() {
        "interrupted" => Exit::Interrupted,
        "auth" | "ip" | "permission" | "connection" | "timeout" | "http" | "html" | "not_json"
        | "too_large" => Exit::Server,
        "policy" | "profile" => Exit::Usage,
        // A file is the command line's fault only if it was named there.
        "csv" | "file" if is_about_an_argument(factory, what) => Exit::Usage,
        _ => Exit::Script,
    }
}

fn is_about_an_argument(factory: &Factory, what: &str) -> bool {
    let args = &factory.host().args;
    args.iter().any(|arg| what.contains(&format!("`{arg}`")))
}
