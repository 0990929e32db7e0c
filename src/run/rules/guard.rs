//! The question that stands before the first write to a production server.

use std::sync::OnceLock;

use crate::client::{ActionRef, CallError, CallErrorKind, Delivery};

/// Why a write was not confirmed, and what to do about it.
#[derive(Clone, Debug)]
pub struct Unconfirmed {
    /// What happened, on one line.
    pub what: String,
    /// What the user can do.
    pub hint: Option<String>,
}

/// Asks once whether writes are meant; the answer holds for the whole run.
pub struct Guard {
    ask: Box<dyn Fn() -> Result<(), Unconfirmed> + Send + Sync>,
    answer: OnceLock<Result<(), Unconfirmed>>,
}

impl Guard {
    /// A guard that asks that question.
    pub fn new(ask: impl Fn() -> Result<(), Unconfirmed> + Send + Sync + 'static) -> Self {
        Self {
            ask: Box::new(ask),
            answer: OnceLock::new(),
        }
    }

    /// Asks, unless it was answered before; workers that come meanwhile wait.
    pub fn confirm(&self) -> Result<(), Unconfirmed> {
        self.answer.get_or_init(|| (self.ask)()).clone()
    }

    /// Refuses an unconfirmed write.
    pub(in crate::run) fn admit(&self, action: &ActionRef) -> Result<(), CallError> {
        if !action.is_write() {
            return Ok(());
        }
        self.confirm().map_err(|refused| CallError {
            kind: CallErrorKind::Policy,
            action: action.name().to_owned(),
            message: format!("`{}` was not sent: {}", action.name(), refused.what),
            hint: refused.hint,
            http: None,
            delivery: Delivery::NotSent,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::catalog;

    fn guard(yes: bool) -> (Guard, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let ask = move || {
            counter.fetch_add(1, Ordering::SeqCst);
            if yes {
                Ok(())
            } else {
                Err(Unconfirmed {
                    what: "not confirmed".into(),
                    hint: None,
                })
            }
        };
        (Guard::new(ask), asked)
    }

    fn known(name: &str) -> ActionRef {
        ActionRef::Known(catalog::action(name).unwrap())
    }

    #[test]
    fn reads_are_never_asked_about() {
        let (guard, asked) = guard(false);
        assert!(guard.admit(&known("GetClients")).is_ok());
        assert_eq!(asked.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn writes_are_asked_about_once_whatever_the_answer() {
        for yes in [true, false] {
            let (guard, asked) = guard(yes);
            for _ in 0..3 {
                assert_eq!(guard.admit(&known("AddClient")).is_ok(), yes);
            }
            assert_eq!(asked.load(Ordering::SeqCst), 1);
        }
    }
}
