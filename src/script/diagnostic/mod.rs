//! An error of a script as the user sees it.
//!
//! The caret goes to the place where it happened; the calls that led there
//! follow as `called from`. Unknown names get their neighbours.

pub(crate) mod foreign;
mod missing_argument;
pub(crate) mod readable;
pub(crate) mod snippet;
pub(crate) mod suggestion;
mod syntax;
#[cfg(test)]
mod tests;
pub(crate) mod unfit;
pub(crate) mod words;

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use rhai::{EvalAltResult, Map, ParseError, Position};

use crate::error::{Exit, Facts, Failure};
use crate::script::diagnostic::snippet::{snippet, snippet_without};
use crate::script::engine::Factory;
use crate::script::engine::memory::OverMemory;
use crate::script::finding::Finding;
use crate::script::literals;
use crate::script::raise::Raised;
use crate::secrets::{Cover, cover_text, covered};
use unfit::unfit;
use words::Words;

pub(crate) use syntax::unknown_variable;

/// Where something is in a script.
#[derive(PartialEq)]
struct Place {
    source: String,
    position: Position,
}

impl Place {
    /// The place in the file that the line was loaded from, if it was.
    fn origin(&self, factory: &Factory) -> Self {
        let line = self.position.line().unwrap_or_default();
        let origin = factory.sources().origin(&self.source, line);
        let (source, line) = origin.unwrap_or_else(|| (self.source.clone(), line));
        let position = match (u16::try_from(line), self.position.position()) {
            (Ok(line @ 1..), column) => {
                Position::new(line, u16::try_from(column.unwrap_or(0)).unwrap_or(0))
            }
            _ => self.position,
        };
        Self { source, position }
    }

    /// `script.rhai:12:9`.
    fn words(&self) -> Option<String> {
        let (line, column) = (self.position.line()?, self.position.position()?);
        Some(format!("{}:{line}:{column}", self.source))
    }
}

/// The failure an error of the script `main` amounts to.
pub(crate) fn of_error(factory: &Factory, main: &str, error: &EvalAltResult) -> Failure {
    let (inner, mut places) = unwind(main, error);
    let text = places
        .last()
        .and_then(|place| factory.sources().text(&place.source));
    let text = text.as_deref().unwrap_or_default();
    let mut failure = match inner {
        EvalAltResult::ErrorFunctionNotFound(signature, _) => {
            let words = unfit(factory, signature);
            let name = signature.split(" (").next().unwrap_or_default();
            of_words(
                Exit::Script,
                words.hint_or_own(foreign::held_closure(name, text)),
            )
        }
        EvalAltResult::ErrorParsing(kind, position) => {
            of_words(Exit::Script, syntax::words(kind, *position, text))
        }
        EvalAltResult::ErrorArrayBounds(_, index, position)
            if missing_argument::is_of_args(*position, text) =>
        {
            missing_argument::failure(factory, main, *index)
        }
        inner => {
            let words = words::of_error(inner);
            of_words(exit(factory, inner, &words.what), words)
        }
    };
    let mut facts = facts(inner);
    if let Some(place) = places.pop() {
        failure.place = Some(draw(factory, &place, &places));
        facts.place = place.origin(factory).words();
    }
    failure = failure.with_facts(facts);
    without_secrets(failure, &literals::cover_of(text))
}

/// The failure without the secrets that are known, or written out in the script, in its
/// words; those of its place are drawn without them.
fn without_secrets(mut failure: Failure, written: &Cover) -> Failure {
    let facts = failure.facts.as_deref_mut();
    let facts = facts.map(|facts| facts.kind.iter_mut().chain(&mut facts.action));
    let words = std::iter::once(&mut failure.what).chain(&mut failure.hint);
    for words in words.chain(facts.into_iter().flatten()) {
        let without = covered(&[written], words).into_owned();
        *words = cover_text(&without).into_owned();
    }
    failure
}

fn of_words(exit: Exit, words: Words) -> Failure {
    Failure {
        hint: words.hint,
        ..Failure::new(exit, words.what)
    }
}

/// The failure of a script that cannot be read.
pub(crate) fn of_parse_error(factory: &Factory, main: &str, error: &ParseError) -> Failure {
    let error = EvalAltResult::ErrorParsing(error.err_type().clone(), error.position());
    of_error(factory, main, &error)
}

/// What a check found at a place of the script `source`.
pub(crate) fn of_finding(factory: &Factory, source: &str, finding: Finding) -> Failure {
    ScriptFailures::new(factory, source).failure(finding)
}

/// Makes failures of what was found in one script, in whose text secrets are looked for once.
pub(crate) struct ScriptFailures<'f> {
    factory: &'f Factory,
    source: String,
    text: Arc<str>,
    secrets: Vec<Range<usize>>,
    cover: Cover,
}

impl<'f> ScriptFailures<'f> {
    /// Of the script of that name.
    pub(crate) fn new(factory: &'f Factory, source: &str) -> Self {
        let text = factory.sources().text(source);
        let text = text.unwrap_or_else(|| Arc::from(""));
        let secrets = literals::secret_places(&text);
        Self {
            factory,
            source: source.to_owned(),
            cover: Cover::new(secrets.iter().map(|place| &text[place.clone()])),
            secrets,
            text,
        }
    }

    /// The failure of a finding, at its place.
    pub(crate) fn failure(&self, finding: Finding) -> Failure {
        let place = Place {
            source: self.source.clone(),
            position: finding.position,
        };
        let is_own = place.origin(self.factory) == place;
        let drawn = if is_own && !self.text.is_empty() {
            let secrets = |_: &str| self.secrets.clone();
            snippet_without(&self.source, Some(&self.text), place.position, secrets)
        } else {
            draw(self.factory, &place, &[])
        };
        let failure = Failure::new(Exit::Script, finding.what).at(drawn);
        let failure = finding.hint.into_iter().fold(failure, Failure::hint);
        without_secrets(failure, &self.cover)
    }
}

/// The innermost error, and the places from the outermost call to it.
fn unwind<'e>(main: &str, error: &'e EvalAltResult) -> (&'e EvalAltResult, Vec<Place>) {
    let mut places = Vec::new();
    let mut source = main.to_owned();
    let mut error = error;
    loop {
        let place = Place {
            source: source.clone(),
            position: error.position(),
        };
        // A method that calls a closure names its own place twice.
        if places.last() != Some(&place) {
            places.push(place);
        }
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

/// Where an error of the script `main` happened: `script.rhai:12:9`.
pub(crate) fn place_of(main: &str, error: &EvalAltResult) -> Option<String> {
    let (_, places) = unwind(main, error);
    places.last()?.words()
}

/// What is known of an error that was raised or thrown as a map.
fn facts(error: &EvalAltResult) -> Facts {
    let raised = match error {
        EvalAltResult::ErrorRuntime(value, _) | EvalAltResult::ErrorTerminated(value, _) => {
            value.clone().try_cast::<Map>().unwrap_or_default()
        }
        _ => return Facts::default(),
    };
    let text = |name: &str| raised.get(name)?.clone().into_string().ok();
    Facts {
        kind: text("kind"),
        action: text("action"),
        ..Facts::default()
    }
}

/// What a raised error says.
pub(crate) fn of_raised(raised: Raised) -> Words {
    let error: Box<EvalAltResult> = raised.into();
    words::of_error(&error)
}

fn draw(factory: &Factory, place: &Place, callers: &[Place]) -> String {
    let place = &place.origin(factory);
    let text = factory.sources().text(&place.source);
    let mut drawn = snippet(&place.source, text.as_deref(), place.position);
    let gutter = place
        .position
        .line()
        .map_or(0, |line| line.to_string().len());
    for caller in callers.iter().rev().map(|caller| caller.origin(factory)) {
        let source = &caller.source;
        let _ = write!(drawn, "\n{:gutter$} = called from {source}", "");
        if let (Some(line), Some(column)) = (caller.position.line(), caller.position.position()) {
            let _ = write!(drawn, ":{line}:{column}");
        }
    }
    drawn
}

/// The code the process ends with.
fn exit(factory: &Factory, error: &EvalAltResult, what: &str) -> Exit {
    let raised = match error {
        EvalAltResult::ErrorTerminated(code, _) if code.is_unit() => return Exit::Interrupted,
        EvalAltResult::ErrorTerminated(mark, _) if mark.is::<OverMemory>() => return Exit::Limit,
        EvalAltResult::ErrorRuntime(value, _) | EvalAltResult::ErrorTerminated(value, _)
            if value.is_map() =>
        {
            value.clone().cast::<Map>()
        }
        _ => return Exit::Script,
    };
    let field = |name: &str| raised.get(name);
    let is_in_doubt = field("in_doubt").is_some_and(|in_doubt| in_doubt.as_bool() == Ok(true));
    let kind = field("kind").map(ToString::to_string).unwrap_or_default();
    Exit::of_raised(&kind, is_in_doubt, is_about_an_argument(factory, what))
}

/// Whether an error of a file, which names that first, is about one that was
/// named on the command line.
fn is_about_an_argument(factory: &Factory, what: &str) -> bool {
    let args = &factory.host().args;
    args.iter().any(|arg| what.starts_with(&format!("`{arg}`")))
}
