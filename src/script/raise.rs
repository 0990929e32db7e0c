//! The one way a native function raises an error in a script.

use std::fmt;

use rhai::{Dynamic, EvalAltResult, Map, Position};

use crate::client::{CallError, Delivery};
use crate::script::bulk::state::note;

/// An error on its way into a script, where `catch` sees it as a map with
/// `kind`, `message` and, where they apply, `hint`, `action`, `http`; a failed
/// call says in `in_doubt` whether WHMCS may have applied it.
#[derive(Clone, Debug)]
pub struct Raised {
    kind: &'static str,
    message: String,
    hint: Option<String>,
    action: Option<String>,
    http: Option<u16>,
    in_doubt: Option<bool>,
}

impl Raised {
    /// An error of that kind: `csv`, `sheet`, `file`, `money`, `date`, `row`, `value`, ….
    pub fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: None,
            action: None,
            http: None,
            in_doubt: None,
        }
    }

    /// An error of ours and not of the script's: something panicked.
    pub(crate) fn defect(message: impl Into<String>) -> Self {
        Self::new("defect", message)
            .hint("this is a defect of whmcsh: please report it together with the script")
    }

    /// The error of a failed call; it is noted of the row that made it.
    pub(crate) fn of_call(error: CallError) -> Self {
        note(&error);
        Self {
            kind: error.kind.word(),
            message: error.message,
            hint: error.hint,
            action: Some(error.action),
            http: error.http,
            in_doubt: Some(error.delivery == Delivery::InDoubt),
        }
    }

    /// The same error with what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same error with what it is about in front: ``about: message``.
    #[must_use]
    pub fn about(mut self, about: &str) -> Self {
        self.message = format!("{about}: {}", self.message);
        self
    }

    /// The same error with more words at its end.
    #[must_use]
    pub fn ending(mut self, words: &str) -> Self {
        self.message.push_str(words);
        self
    }

    /// The error of a file that is refused before the first of its rows is done; says so,
    /// unless it does.
    #[must_use]
    pub(crate) fn unsent(self) -> Self {
        if self.message.contains("was sent") {
            return self;
        }
        self.ending("; nothing was sent for its rows")
    }

    /// The error with what to do about it, in one line.
    pub(crate) fn in_a_line(&self) -> String {
        match &self.hint {
            Some(hint) => format!("{} ({hint})", self.message),
            None => self.message.clone(),
        }
    }

    /// The error as `catch` sees it.
    pub(crate) fn into_map(self) -> Dynamic {
        match *Box::<EvalAltResult>::from(self) {
            EvalAltResult::ErrorRuntime(map, _) => map,
            _ => unreachable!("it is raised as one"),
        }
    }

    /// The error, raised at a place of a script.
    #[expect(
        clippy::unnecessary_box_returns,
        reason = "the form Rhai's errors have everywhere"
    )]
    pub(crate) fn at(self, position: Position) -> Box<EvalAltResult> {
        let mut error: Box<EvalAltResult> = self.into();
        error.set_position(position);
        error
    }
}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<Raised> for Box<EvalAltResult> {
    fn from(raised: Raised) -> Self {
        let mut map = Map::new();
        map.insert("kind".into(), raised.kind.into());
        map.insert("message".into(), raised.message.into());
        for (key, value) in [("hint", raised.hint), ("action", raised.action)] {
            if let Some(value) = value {
                map.insert(key.into(), value.into());
            }
        }
        if let Some(http) = raised.http {
            map.insert("http".into(), Dynamic::from_int(i64::from(http)));
        }
        if let Some(in_doubt) = raised.in_doubt {
            map.insert("in_doubt".into(), in_doubt.into());
        }
        EvalAltResult::ErrorRuntime(map.into(), Position::NONE).into()
    }
}
