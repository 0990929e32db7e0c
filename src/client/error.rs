//! Why a call failed, and whether the server may have applied it all the same.

use std::fmt;

/// The class of a failed call; each has its own message and cure.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CallErrorKind {
    /// WHMCS answered `result=error`.
    Api,
    /// The credentials were refused.
    Auth,
    /// The address we come from was refused.
    Ip,
    /// The credentials' role lacks the action.
    Permission,
    /// Nothing at the address answers as WHMCS does, so no write was sent there.
    Address,
    /// A status other than 200, or a redirect.
    Http,
    /// A web page instead of a reply.
    Html,
    /// Neither JSON nor anything else we know.
    NotJson,
    /// The reply passed the size limit.
    TooLarge,
    /// No reply in time.
    Timeout,
    /// The connection could not be made, or broke.
    Connection,
    /// A parameter was refused before anything was sent.
    Parameter,
    /// The profile or an option forbids the call; nothing was sent.
    Policy,
    /// A limit of the run is reached; nothing was sent.
    Limit,
    /// The user interrupted before the call was sent.
    Interrupted,
    /// The journal cannot be written, so nothing may be sent.
    Journal,
    /// An earlier pass of the run did the action with other parameters.
    Contradiction,
    /// It is not in the plan that the run is held to; nothing was sent.
    Plan,
    /// An earlier pass of the run may have applied it, and nobody can tell.
    InDoubt,
}

impl CallErrorKind {
    /// All classes.
    pub const ALL: [Self; 19] = [
        Self::Api,
        Self::Auth,
        Self::Ip,
        Self::Permission,
        Self::Address,
        Self::Http,
        Self::Html,
        Self::NotJson,
        Self::TooLarge,
        Self::Timeout,
        Self::Connection,
        Self::Parameter,
        Self::Policy,
        Self::Limit,
        Self::Interrupted,
        Self::Journal,
        Self::Contradiction,
        Self::Plan,
        Self::InDoubt,
    ];

    /// The class that scripts know by that word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The word scripts see in `error.kind`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Auth => "auth",
            Self::Ip => "ip",
            Self::Permission => "permission",
            Self::Address => "address",
            Self::Http => "http",
            Self::Html => "html",
            Self::NotJson => "not_json",
            Self::TooLarge => "too_large",
            Self::Timeout => "timeout",
            Self::Connection => "connection",
            Self::Parameter => "parameter",
            Self::Policy => "policy",
            Self::Limit => "limit",
            Self::Interrupted => "interrupted",
            Self::Journal => "journal",
            Self::Contradiction => "contradiction",
            Self::Plan => "plan",
            Self::InDoubt => "in_doubt",
        }
    }

    /// Whether nothing more may be sent: credentials, address or permission
    /// refused, which repeated gets the address banned; nothing there that is WHMCS; or
    /// nothing can be written down.
    pub const fn stops_the_run(self) -> bool {
        matches!(
            self,
            Self::Auth | Self::Ip | Self::Permission | Self::Address | Self::Journal
        )
    }
}

/// What is known of a failed call's effect on the server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Delivery {
    /// It certainly did not reach WHMCS.
    NotSent,
    /// It had no effect: WHMCS or a guard in front of it refused it, or it only reads.
    Refused,
    /// It may have been applied.
    InDoubt,
}

/// A failed call.
#[derive(Clone, Debug)]
pub struct CallError {
    /// Its class.
    pub kind: CallErrorKind,
    /// The action's name.
    pub action: String,
    /// What happened, on one line; WHMCS's own words for `Api`.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The HTTP status, where there was a reply.
    pub http: Option<u16>,
    /// Whether it may have been applied.
    pub delivery: Delivery,
}

/// How WHMCS's own words of refusal are told.
pub fn refusal(action: &str, message: &str) -> String {
    format!("`{action}` was refused: WHMCS said \"{message}\"")
}

impl CallError {
    /// An error without a hint or a status.
    pub fn new(
        kind: CallErrorKind,
        action: impl Into<String>,
        message: impl Into<String>,
        delivery: Delivery,
    ) -> Self {
        Self {
            kind,
            action: action.into(),
            message: message.into(),
            hint: None,
            http: None,
            delivery,
        }
    }

    /// The same error with what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same error with the status of the reply.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.http = Some(status);
        self
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CallError {}
