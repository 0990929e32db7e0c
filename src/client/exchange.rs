//! One call in hand: which action, of which server; and how its failures read.
//!
//! The one place that decides whether a failed call may have been applied: a
//! write that left without an understandable answer always may.

use super::{ActionRef, CallError, CallErrorKind, Delivery, Server};

/// A call and the server it is for.
#[derive(Clone, Copy)]
pub(super) struct Exchange<'a> {
    /// The action called.
    pub action: &'a ActionRef,
    /// The server it is sent to.
    pub server: &'a Server,
    /// The server's host, as messages name it.
    pub host: &'a str,
}

impl Exchange<'_> {
    /// Failed before anything left.
    pub fn not_sent(&self, kind: CallErrorKind, message: impl Into<String>) -> CallError {
        CallError::new(kind, self.action.name(), message, Delivery::NotSent)
    }

    /// Answered with a refusal, so without effect.
    pub fn refused(&self, kind: CallErrorKind, message: impl Into<String>) -> CallError {
        CallError::new(kind, self.action.name(), message, Delivery::Refused)
    }

    /// Sent, and not answered in a way that says what became of it.
    ///
    /// The hint is for a read; of a write the one thing to know is that it is
    /// not sent again.
    pub fn lost(&self, kind: CallErrorKind, message: impl AsRef<str>, hint: &str) -> CallError {
        let message = message.as_ref();
        if !self.action.is_write() {
            return self.refused(kind, message).hint(hint);
        }
        let message = format!("{message}; WHMCS may or may not have applied it");
        CallError::new(kind, self.action.name(), message, Delivery::InDoubt)
            .hint("not resent: check in WHMCS whether it was applied")
    }
}
