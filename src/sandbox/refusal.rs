//! How an action says no.

use super::reply::Fields;

/// Why a call was not carried out; whatever it wrote is rolled back.
#[derive(Debug)]
pub enum Refusal {
    /// The action refuses, in WHMCS's words.
    Says {
        /// The message, verbatim.
        message: String,
        /// Whether `status` says `error` beside `result`, as odd actions have it.
        by_status: bool,
    },
    /// The sandbox's own store failed.
    Store(rusqlite::Error),
    /// The sandbox's own code broke, in the words of the panic.
    Broken(String),
}

impl Refusal {
    /// A refusal in WHMCS's words.
    pub fn says(message: impl Into<String>) -> Self {
        Self::Says {
            message: message.into(),
            by_status: false,
        }
    }

    /// The same refusal with `status=error` beside `result=error`.
    #[must_use]
    pub fn by_status(self) -> Self {
        match self {
            Self::Says { message, .. } => Self::Says {
                message,
                by_status: true,
            },
            own => own,
        }
    }

    /// The reply that carries this refusal.
    pub fn into_reply(self) -> Fields {
        let (by_status, message) = match self {
            Self::Says { message, by_status } => (by_status, message),
            Self::Store(error) => (false, format!("the sandbox's store failed: {error}")),
            Self::Broken(words) => (false, format!("the sandbox failed: {words}")),
        };
        let mut reply = Fields::default().with("result", "error");
        if by_status {
            reply.push("status", "error");
        }
        reply.with("message", message)
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error)
    }
}

/// Ends an action with an error in WHMCS's words: `return refuse("Client ID Not Found")`.
pub fn refuse<T>(message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::says(message))
}
