//! The writes of a session that keeps no journal, such as one of the shell.
//!
//! What it left in doubt holds its record, as in a run: the same write is not sent again, nor
//! another to that record, until somebody says that it was looked for in WHMCS. It is known
//! for as long as the session lasts, by whatever profile its server is opened again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::held::{itself, records};
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params};
use crate::run::scope::Scope;

/// What a session knows of its writes, on all its servers.
#[derive(Debug, Default)]
pub struct SessionWrites {
    doubts: Mutex<Doubts>,
    has_applied: AtomicBool,
}

#[derive(Debug, Default)]
struct Doubts {
    /// How many there were.
    count: u64,
    open: Vec<WriteInDoubt>,
}

/// A write that is in doubt.
#[derive(Clone, Debug)]
pub struct WriteInDoubt {
    /// Its number within the session, from 1.
    pub number: u64,
    /// What was sent, without its secrets: `AddCredit {"clientid":2}`.
    pub call: String,
    /// Why nobody knows what became of it.
    pub error: CallError,
    /// The server's host and path.
    pub place: String,
    /// The names of the write itself and of its record.
    keys: Vec<String>,
}

impl SessionWrites {
    /// Refuses a write that is in doubt already, or goes to the record of one that is.
    pub(super) fn admit(
        &self,
        place: &str,
        action: &ActionRef,
        params: &Params,
    ) -> Result<(), CallError> {
        let doubts = self.doubts();
        let holds = |key: &String| {
            let mut open = doubts.open.iter();
            open.find(|open| open.place == place && open.keys.contains(key))
        };
        let name = action.name();
        let same = itself(&Scope::Main, action, params);
        let (number, what) = match (same.as_ref().and_then(holds), records(action, params)) {
            (Some(same), _) => (same.number, "the same write"),
            (None, records) => match records.iter().find_map(holds) {
                Some(other) => (other.number, "a write to the same record"),
                None => return Ok(()),
            },
        };
        drop(doubts);
        let message = format!(
            "`{name}` was not sent: {what} (number {number} of this session) may have been applied"
        );
        let error = CallError::new(CallErrorKind::InDoubt, name, message, Delivery::NotSent);
        Err(error.hint(settle_hint(number)))
    }

    /// Keeps a write that is in doubt; its error says what can be done about it.
    pub(super) fn hold(
        &self,
        place: &str,
        (action, params, shown): (&ActionRef, &Params, &Params),
        error: CallError,
    ) -> CallError {
        let mut doubts = self.doubts();
        doubts.count += 1;
        let number = doubts.count;
        let error = error.hint(settle_hint(number));
        let itself = itself(&Scope::Main, action, params).into_iter();
        doubts.open.push(WriteInDoubt {
            number,
            call: format!("{} {}", action.name(), Value::Object(shown.clone())),
            error: error.clone(),
            place: place.to_owned(),
            keys: itself.chain(records(action, params)).collect(),
        });
        error
    }

    /// Lets a write go again, and others to its record; whether it was in doubt.
    pub fn settle(&self, number: u64) -> bool {
        let mut doubts = self.doubts();
        let before = doubts.open.len();
        doubts.open.retain(|open| open.number != number);
        doubts.open.len() < before
    }

    /// The writes in doubt that nobody settled, in the order in which they were sent.
    pub fn open(&self) -> Vec<WriteInDoubt> {
        self.doubts().open.clone()
    }

    /// Notes that a write was applied.
    pub(super) fn applied(&self) {
        self.has_applied.store(true, Ordering::Relaxed);
    }

    /// Whether a write was applied: what cannot be printed from then on was done.
    pub fn has_applied(&self) -> bool {
        self.has_applied.load(Ordering::Relaxed)
    }

    fn doubts(&self) -> MutexGuard<'_, Doubts> {
        self.doubts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn settle_hint(number: u64) -> String {
    format!("look in WHMCS first, then enter `:settled {number}` to let such writes be sent again")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog;

    fn admit(writes: &SessionWrites, place: &str, action: &str, params: &Value) -> bool {
        let action = ActionRef::Known(catalog::action(action).unwrap());
        let admitted = writes.admit(place, &action, params.as_object().unwrap());
        admitted.is_ok()
    }

    fn hold(writes: &SessionWrites, action: &str, params: &Value) {
        let action = ActionRef::Known(catalog::action(action).unwrap());
        let params = params.as_object().unwrap();
        let error = CallError::new(CallErrorKind::Timeout, "", "", Delivery::InDoubt);
        writes.hold("here", (&action, params, params), error);
    }

    #[test]
    fn a_write_in_doubt_holds_itself_and_its_record_until_it_is_settled() {
        let writes = SessionWrites::default();
        let credit = json!({"clientid": 2, "amount": 5, "description": "x"});
        let city = json!({"clientid": 2, "city": "Bonn"});
        let state = json!({"clientid": 2, "state": "Kent"});
        hold(&writes, "AddCredit", &credit);
        hold(&writes, "UpdateClient", &city);
        for (place, action, params, is_let) in [
            ("here", "AddCredit", &credit, false),
            ("there", "AddCredit", &credit, true),
            ("here", "UpdateClient", &state, false),
            ("here", "UpdateClient", &json!({"clientid": 3}), true),
        ] {
            assert_eq!(admit(&writes, place, action, params), is_let, "{params}");
        }
        assert!(writes.settle(1) && !writes.settle(1));
        assert!(admit(&writes, "here", "AddCredit", &credit));
        assert!(!admit(&writes, "here", "UpdateClient", &state));
        assert_eq!(writes.open().len(), 1);
    }
}
