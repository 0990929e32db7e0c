//! How an action says no.

use super::reply::Fields;

/// Why a call was not carried out; whatever it wrote is rolled back.
#[derive(Debug)]
pub enum Refusal {
    /// The action refuses, in WHMCS's words.
    Says {
        /// The message, verbatim.
        message: String,
        /// The field that says `error`: `result`, or `status` where an action is odd.
        flag: &'static str,
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
            flag: "result",
        }
    }

    /// The same refusal with `status=error` in the place of `result=error`.
    #[must_use]
    pub fn by_status(self) -> Self {
        match self {
            Self::Says { message, .. } => Self::Says {
                message,
                flag: "status",
            },
            own => own,
        }
    }

    /// The reply that carries this refusal.
    pub fn into_reply(self) -> Fields {
        let (flag, message) = match self {
            Self::Says { message, flag } => (flag, message),
            Self::Store(error) => ("result", format!("the sandbox's store failed: {error}")),
            Self::Broken(words) => ("result", format!("the sandbox broke: {words}")),
        };
        Fields::default()
            .with(flag, "error")
            .with("message", message)
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
