//! The first call goes alone.
//!
//! Refused credentials or a refused address must not be tried by every worker at
//! once, nor an action the role lacks: repeated refusals get the address banned.
//! So until the server let one call in, calls go one by one, and until it let one
//! of an action in, those of that action do. From then on nothing is locked.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::cancel::Cancel;
use crate::catalog;
use crate::client::{ActionRef, CallError, CallErrorKind, Reply};

/// How often a call that waits looks whether the user interrupted.
const GLANCE: Duration = Duration::from_millis(20);

/// Which actions the server let in so far.
pub(crate) struct FirstCall {
    /// The catalog's actions, by their place in it.
    let_in: Vec<AtomicBool>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Whether the server let any call in.
    is_open: bool,
    /// Actions that have a call ahead of the others.
    ahead: HashSet<String>,
    /// Actions the catalog does not know that were let in.
    others: HashSet<String>,
}

/// A call's turn to go; the next one waits for its end if it goes ahead.
pub(crate) struct Turn<'v> {
    first_call: &'v FirstCall,
    ahead: Option<&'v ActionRef>,
}

impl Default for FirstCall {
    fn default() -> Self {
        let closed = catalog::actions().iter().map(|_| AtomicBool::new(false));
        Self {
            let_in: closed.collect(),
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }
}

impl FirstCall {
    /// Waits for the call's turn; `None` if the user interrupted meanwhile.
    pub fn turn<'v>(&'v self, action: &'v ActionRef, cancel: &Cancel) -> Option<Turn<'v>> {
        let flag = self.flag(action);
        let turn = |ahead| Turn {
            first_call: self,
            ahead,
        };
        if flag.is_some_and(|flag| flag.load(Ordering::Acquire)) {
            return Some(turn(None));
        }
        let name = action.name();
        let mut state = self.lock();
        loop {
            let is_let_in = match flag {
                Some(flag) => flag.load(Ordering::Acquire),
                None => state.others.contains(name),
            };
            if is_let_in {
                return Some(turn(None));
            }
            if cancel.is_raised() {
                return None;
            }
            let is_free = if state.is_open {
                !state.ahead.contains(name)
            } else {
                state.ahead.is_empty()
            };
            if is_free {
                state.ahead.insert(name.to_owned());
                return Some(turn(Some(action)));
            }
            (state, _) = self
                .changed
                .wait_timeout(state, GLANCE)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn flag(&self, action: &ActionRef) -> Option<&AtomicBool> {
        let ActionRef::Known(action) = action else {
            return None;
        };
        let is_it = |other: &catalog::Action| std::ptr::eq(other, *action);
        let place = catalog::actions().iter().position(is_it)?;
        self.let_in.get(place)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// The call was answered, or was not.
    pub fn ended(self, result: &Result<Reply, CallError>) {
        let Some(action) = self.ahead.filter(|_| is_let_in(result)) else {
            return;
        };
        let mut state = self.first_call.lock();
        state.is_open = true;
        match self.first_call.flag(action) {
            Some(flag) => flag.store(true, Ordering::Release),
            None => _ = state.others.insert(action.name().to_owned()),
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(action) = self.ahead {
            self.first_call.lock().ahead.remove(action.name());
            self.first_call.changed.notify_all();
        }
    }
}

/// Whether WHMCS itself answered, and not to turn us away.
fn is_let_in(result: &Result<Reply, CallError>) -> bool {
    match result {
        Ok(_) => true,
        Err(error) => matches!(
            error.kind,
            CallErrorKind::Api | CallErrorKind::NotJson | CallErrorKind::TooLarge
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::client::{CustomKind, Delivery};

    fn known(name: &str) -> ActionRef {
        ActionRef::Known(catalog::action(name).unwrap())
    }

    fn custom() -> ActionRef {
        ActionRef::Other {
            name: "MyAction".into(),
            kind: CustomKind::Write,
        }
    }

    fn answered(kind: CallErrorKind) -> Result<Reply, CallError> {
        Err(CallError::new(kind, "X", "", Delivery::Refused))
    }

    fn is_ahead(first_call: &FirstCall, action: &ActionRef) -> bool {
        let turn = first_call.turn(action, &Cancel::default()).unwrap();
        turn.ahead.is_some()
    }

    fn let_in(first_call: &FirstCall, action: &ActionRef) {
        let turn = first_call.turn(action, &Cancel::default()).unwrap();
        turn.ended(&Ok(Reply::default()));
    }

    #[test]
    fn every_action_goes_ahead_once() {
        for action in [known("GetClients"), custom()] {
            let first_call = FirstCall::default();
            let_in(&first_call, &known("AddClient"));
            assert!(is_ahead(&first_call, &action));
            let_in(&first_call, &action);
            assert!(!is_ahead(&first_call, &action));
            assert!(is_ahead(&first_call, &known("UpdateClient")));
        }
    }

    #[test]
    fn only_an_answer_of_whmcs_opens_the_way() {
        for (kind, opens) in [
            (CallErrorKind::Api, true),
            (CallErrorKind::NotJson, true),
            (CallErrorKind::Auth, false),
            (CallErrorKind::Permission, false),
            (CallErrorKind::Http, false),
            (CallErrorKind::Timeout, false),
            (CallErrorKind::Connection, false),
        ] {
            let (first_call, action) = (FirstCall::default(), known("GetClients"));
            let turn = first_call.turn(&action, &Cancel::default()).unwrap();
            turn.ended(&answered(kind));
            assert_eq!(is_ahead(&first_call, &action), !opens, "{kind:?}");
        }
    }

    #[test]
    fn others_wait_for_the_call_ahead_and_give_up_when_interrupted() {
        let (first_call, cancel) = (FirstCall::default(), Cancel::default());
        let (first, second) = (known("GetClients"), known("GetOrders"));
        let ahead = first_call.turn(&first, &cancel).unwrap();
        let going = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for action in [&first, &second, &first] {
                scope.spawn(|| {
                    let turn = first_call.turn(action, &cancel);
                    going.fetch_add(usize::from(turn.is_some()), Ordering::SeqCst);
                });
            }
            std::thread::sleep(Duration::from_millis(5));
            cancel.raise();
        });
        assert_eq!(going.load(Ordering::SeqCst), 0);
        drop(ahead);
        assert!(is_ahead(&first_call, &second));
    }

    #[test]
    fn once_the_server_is_open_actions_do_not_wait_for_each_other() {
        let (first_call, cancel) = (FirstCall::default(), Cancel::default());
        let_in(&first_call, &known("GetClients"));
        let (one, other) = (known("AddClient"), known("AddOrder"));
        let _ahead = first_call.turn(&one, &cancel).unwrap();
        assert!(is_ahead(&first_call, &other));
    }
}
