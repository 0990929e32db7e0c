//! What is sent and what comes back.

use serde_json::{Map, Value};

use super::words;
use crate::catalog::{Action, Risk};

/// Named parameters of a call, before encoding.
///
/// Numbers that must not lose digits (money) are text; dates are text; `null`
/// is never in here: a parameter that is not to be sent is left out.
pub type Params = Map<String, Value>;

/// What is known of an action the catalog does not have: what its caller says.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum CustomKind {
    /// It changes the server, and must not be sent twice; taken unless told otherwise.
    #[default]
    Write,
    /// It changes the server, and sending it twice does no harm.
    Repeatable,
    /// It changes nothing.
    Read,
}

/// Which action a call is for.
#[derive(Clone, Debug)]
pub enum ActionRef {
    /// An action of the catalog.
    Known(&'static Action),
    /// An action the catalog does not know: a custom one, or a newer server's.
    Other {
        /// Its name, sent as it is.
        name: String,
        /// What the user said of it.
        kind: CustomKind,
    },
}

impl ActionRef {
    /// The action, if the catalog has it.
    pub const fn known(&self) -> Option<&'static Action> {
        match self {
            Self::Known(action) => Some(action),
            Self::Other { .. } => None,
        }
    }

    /// The action's name as it goes to the server.
    pub fn name(&self) -> &str {
        match self {
            Self::Known(action) => action.name,
            Self::Other { name, .. } => name,
        }
    }

    /// Whether the call changes the server; an unknown action is taken to.
    pub fn is_write(&self) -> bool {
        match self {
            Self::Known(action) => action.is_write(),
            Self::Other { kind, .. } => *kind != CustomKind::Read,
        }
    }

    /// Whether sending it twice does no harm.
    pub fn is_repeatable(&self) -> bool {
        match self {
            Self::Known(action) => action.repeatable,
            Self::Other { kind, .. } => *kind != CustomKind::Write,
        }
    }

    /// Whether a call with those parameters ends or removes something for good.
    pub fn is_destructive(&self, params: &Params) -> bool {
        matches!(self, Self::Known(action)
            if action.has_risk(Risk::Destructive) || action.removal(params).is_some())
    }

    /// The call in an error: the action, and the parameter without which it would not
    /// remove anything.
    pub fn described(&self, params: &Params) -> String {
        let removal = match self {
            Self::Known(action) => action.removal(params),
            Self::Other { .. } => None,
        };
        match removal {
            Some(param) => format!("`{}` with `{param}`", self.name()),
            None => format!("`{}`", self.name()),
        }
    }
}

/// A successful reply: ids the catalog declares are integers, lists are
/// arrays, the null date is `null`, everything else is as sent, HTML entities too:
/// [`super::Entities`] decodes those for whoever reads the texts.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// The reply's fields, in the order the server sent them.
    pub body: Map<String, Value>,
    /// What the server or PHP warned about along the way.
    pub warnings: Vec<String>,
    /// Whether the server turned the call away at first, for being busy.
    pub was_throttled: bool,
    /// Whether its secrets are in it.
    pub secrets: Secrets,
    /// Whether it stands for a call that was not sent, since it would have changed nothing.
    pub is_unchanged: bool,
}

/// Whether the secrets of a reply are in it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Secrets {
    /// They are, as far as the server sent any.
    #[default]
    Sent,
    /// They are gone: it is what is kept of a reply, or what is left of its effect.
    NotKept {
        /// The write that it is of, by its number in the run.
        write: Option<i64>,
    },
}

impl Reply {
    /// A reply that came earlier, or stands for one that did.
    pub fn remembered(body: Map<String, Value>) -> Self {
        Self {
            body,
            ..Self::default()
        }
    }

    /// The same without the secrets that it had, as the reply of that write of the run.
    #[must_use]
    pub fn without_secrets(self, write: Option<i64>) -> Self {
        let secrets = Secrets::NotKept { write };
        Self { secrets, ..self }
    }

    /// What WHMCS itself warned of beside its success, each text once.
    pub fn said_warnings(&self) -> Vec<String> {
        words::said_warnings(&self.body)
    }
}
