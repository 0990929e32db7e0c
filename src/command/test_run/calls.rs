//! The calls under test: which were made, and how each ended.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

use crate::catalog;
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params, Reply};
use crate::run::CallObserver;

/// What stands for the value of a secret.
const COVERED: &str = "***";

/// The calls that scripts and the test itself have made so far.
#[derive(Debug, Default)]
pub(super) struct Calls(Mutex<Vec<CallMade>>);

/// One of them.
#[derive(Clone, Debug)]
pub(super) struct CallMade {
    /// The action.
    pub(super) action: String,
    /// Its parameters as they were written, secrets covered.
    pub(super) params: Map<String, Value>,
    /// Whether it changes the server.
    pub(super) is_write: bool,
    /// How it ended, unless it was done: `refused`, `failed`, `in doubt`, `not sent`.
    pub(super) outcome: Option<&'static str>,
}

impl Calls {
    /// All of them, in the order in which they ended.
    pub(super) fn all(&self) -> Vec<CallMade> {
        self.lock().clone()
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.lock().len()
    }

    /// The writes that were sent, from that call on.
    pub(super) fn writes_from(&self, first: usize) -> Vec<Value> {
        let calls = self.lock();
        let calls = calls.get(first..).unwrap_or_default().iter();
        let sent = calls.filter(|call| call.is_write && call.outcome != Some("not sent"));
        sent.map(CallMade::as_write).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<CallMade>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CallMade {
    /// A map of its action, its parameters, and how it ended unless it was done.
    fn as_write(&self) -> Value {
        let mut entries = Map::new();
        entries.insert("action".to_owned(), self.action.as_str().into());
        entries.extend(self.params.clone());
        if let Some(outcome) = self.outcome {
            entries.insert("outcome".to_owned(), outcome.into());
        }
        Value::Object(entries)
    }
}

impl CallObserver for Calls {
    fn after(&self, action: &ActionRef, params: &Params, result: &Result<Reply, CallError>) {
        let known = match action {
            ActionRef::Known(action) => Some(*action),
            ActionRef::Other { .. } => None,
        };
        let is_secret = |name: &str| {
            let param = known.and_then(|action| catalog::parameter(action, name));
            param.is_some_and(|param| param.secret)
        };
        let params = params.iter().map(|(name, value)| {
            let value = if is_secret(name) {
                COVERED.into()
            } else {
                value.clone()
            };
            (name.clone(), value)
        });
        self.lock().push(CallMade {
            action: action.name().to_owned(),
            params: params.collect(),
            is_write: action.is_write(),
            outcome: result.as_ref().err().map(outcome),
        });
    }
}

fn outcome(error: &CallError) -> &'static str {
    match (error.delivery, error.kind) {
        (Delivery::InDoubt, _) => "in doubt",
        (Delivery::NotSent, _) => "not sent",
        (_, CallErrorKind::Api) => "refused",
        _ => "failed",
    }
}
