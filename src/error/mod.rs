//! What the user is told when the program cannot go on, and the exit code.
//!
//! One shape for every layer: what happened, where, and what to do next. The
//! lower layers have their own error types; they become a [`Failure`] where the
//! way out to the user begins.

mod exit;

use std::fmt;

use serde_json::{Value, json};

use crate::client::{CallError, CallErrorKind, refusal};
use crate::display::text::with_invisible;

pub use exit::Exit;

/// An error as the user sees it: `error: what`, the place, at most one hint.
///
/// The texts are lower-case and without a full stop; WHMCS's words stand
/// verbatim in quotes; a secret never appears, and what nobody would see in them is shown.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failure {
    /// The code the process ends with.
    pub exit: Exit,
    /// What happened and why, on one line.
    pub what: String,
    /// Where: a rendered place or snippet of one or more lines.
    pub place: Option<String>,
    /// One thing the user can do about it.
    pub hint: Option<String>,
    /// The last line: what goes on from here.
    pub next: Option<String>,
    /// Whether it is about rows that did not end well, which the place then names.
    pub is_about_rows: bool,
    /// What programs are told of it besides its words, where more is known than they say.
    pub facts: Option<Box<Facts>>,
}

/// What is known of an error besides its words.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Facts {
    /// The `kind` of an error that a script can catch, such as `api`.
    pub kind: Option<String>,
    /// The action that failed.
    pub action: Option<String>,
    /// Where in a script: `a.rhai:12:9`.
    pub place: Option<String>,
    /// The number of the row that it is about, of several the first.
    pub row: Option<u64>,
}

impl Failure {
    /// A failure without a place or a hint.
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self {
            exit,
            what: what.into(),
            place: None,
            hint: None,
            next: None,
            is_about_rows: false,
            facts: None,
        }
    }

    /// The same failure with what else is known of it.
    #[must_use]
    pub fn with_facts(mut self, facts: Facts) -> Self {
        self.facts = Some(Box::new(facts));
        self
    }

    /// What programs are told of it: `{kind, message, place, action, row, hint}`.
    ///
    /// Where no kind of error is known, that of the exit code stands in its place.
    pub fn as_json(&self) -> Value {
        let facts = self.facts.as_deref().cloned().unwrap_or_default();
        let place = self.place.as_deref().map(|place| {
            let place = place.trim();
            // A snippet of a script begins with where it is from.
            let first = place
                .lines()
                .next()
                .and_then(|line| line.strip_prefix("--> "));
            first.unwrap_or(place)
        });
        json!({
            "kind": facts.kind.as_deref().unwrap_or(self.exit.word()), "message": self.what,
            "place": facts.place.as_deref().or(place), "action": facts.action, "row": facts.row,
            "hint": self.hint,
        })
    }

    /// A failed call, whoever made it.
    pub fn of_call(error: &CallError) -> Self {
        let what = match error.kind {
            CallErrorKind::Api => refusal(&error.action, &error.message),
            _ => error.message.clone(),
        };
        let failure = Self::new(Exit::of_call(error.kind, error.delivery), what);
        let failure = failure.with_facts(Facts {
            kind: Some(error.kind.word().to_owned()),
            action: (!error.action.is_empty()).then(|| error.action.clone()),
            ..Facts::default()
        });
        error.hint.iter().fold(failure, Self::hint)
    }

    /// Rows that did not end well, and why.
    pub fn of_rows(exit: Exit, what: impl Into<String>, reasons: impl Into<String>) -> Self {
        Self {
            is_about_rows: true,
            ..Self::new(exit, what).at(reasons)
        }
    }

    /// A failure of the command line or the configuration.
    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(Exit::Usage, what)
    }

    /// The same failure with a place.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// The same failure with a last line that says how to go on.
    #[must_use]
    pub fn and_then(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// The same failure with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", with_invisible(&self.what))?;
        if let Some(place) = &self.place {
            write!(f, "\n{}", with_invisible(place.trim_end_matches('\n')))?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {}", with_invisible(hint))?;
        }
        if let Some(next) = &self.next {
            write!(f, "\n{next}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_told_the_place_and_what_else_is_known() {
        let snippet = " --> a.rhai:12:9\n  |\n12 | x\n  | ^";
        let failure = Failure::new(Exit::Limit, "too many")
            .at(snippet)
            .hint("stop");
        let failure = failure.with_facts(Facts {
            action: Some("AddClient".to_owned()),
            row: Some(3),
            ..Facts::default()
        });
        assert_eq!(
            failure.as_json(),
            json!({
                "kind": "limit", "message": "too many", "place": "a.rhai:12:9",
                "action": "AddClient", "row": 3, "hint": "stop",
            })
        );
        let failure = Failure::usage("no").at("usage: whmcsh run <SCRIPT>");
        assert_eq!(failure.as_json()["place"], "usage: whmcsh run <SCRIPT>");
        assert_eq!(failure.as_json()["kind"], "usage");
    }
}
