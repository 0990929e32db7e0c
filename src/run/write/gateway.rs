//! Whether WHMCS answers at the address: no write goes where it does not.
//!
//! An address that never gave a reply of WHMCS's own in this process may be anything: a
//! redirect, somebody's page. And a gateway that answered a write in WHMCS's place will
//! most likely answer the next one so. In both cases a cheap read goes first; until it is
//! answered, no write leaves. A refusal is an answer as well.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::super::Run;
use crate::catalog;
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params, Reply};

/// The read that asks for nothing but an answer.
const CHEAPEST: &str = "WhmcsDetails";

/// The first pause between two such reads; each later one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What is known of the address.
#[derive(Debug, Default)]
pub(in crate::run) struct Gateway {
    state: Mutex<State>,
    /// Odd while WHMCS answers; another number each time a gateway stood in its place.
    epoch: AtomicU64,
    /// Held by the one that asks.
    asking: Mutex<()>,
}

#[derive(Debug, Default)]
enum State {
    /// Nothing came from there yet.
    #[default]
    Unseen,
    /// WHMCS answered.
    Answering,
    /// A gateway answered a write in its place, saying that.
    Shut(String),
}

/// When a call left: what was known of the address then.
#[derive(Clone, Copy, Debug)]
pub(in crate::run) struct Sent(u64);

impl Gateway {
    /// Whether a write may go there.
    fn is_answering(&self) -> bool {
        self.epoch.load(Ordering::Acquire) % 2 == 1
    }

    /// Takes WHMCS to have answered.
    #[cfg(test)]
    pub fn open(&self) {
        self.set(State::Answering, Sent(0));
    }

    /// To be kept with a call that leaves now.
    pub fn sent(&self) -> Sent {
        Sent(self.epoch.load(Ordering::Acquire))
    }

    /// Notes what became of a call.
    pub fn note(&self, action: &ActionRef, sent: Sent, result: &Result<Reply, CallError>) {
        if is_whmcs(result) {
            // One that left before the gateway spoke says nothing of now.
            if sent.0.is_multiple_of(2) && sent.0 == self.epoch.load(Ordering::Acquire) {
                self.set(State::Answering, sent);
            }
        } else if let Err(error) = result
            && action.is_write()
            && error.delivery == Delivery::InDoubt
            && is_page(error.kind)
        {
            self.set(State::Shut(error.message.clone()), sent);
        }
    }

    /// Changes the state, unless somebody did since that call left.
    fn set(&self, state: State, sent: Sent) {
        let mut held = self.held();
        let changed =
            self.epoch
                .compare_exchange(sent.0, sent.0 + 1, Ordering::AcqRel, Ordering::Acquire);
        if changed.is_ok() {
            *held = state;
        }
    }

    fn held(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Run {
    /// Sees to it that WHMCS answers before a write leaves: asks it first where nothing
    /// came from the address yet, and waits for it where a gateway stood in its place.
    pub(in crate::run) fn await_whmcs(
        &self,
        action: &ActionRef,
        params: &Params,
    ) -> Result<(), CallError> {
        if self.gateway.is_answering() {
            return Ok(());
        }
        // What will not be sent is nothing to ask for.
        self.transport.check(action, params)?;
        let asking = &self.gateway.asking;
        let _asking = asking.lock().unwrap_or_else(PoisonError::into_inner);
        let mut pause = FIRST_PAUSE;
        let mut is_told = false;
        loop {
            if self.gateway.is_answering() {
                return Ok(());
            }
            if self.cancel.is_raised() {
                return Err(super::super::interrupted(action.name()));
            }
            self.go_on(action)?;
            self.allowance.admit(action)?;
            let shut = match &*self.gateway.held() {
                State::Shut(said) => Some(said.clone()),
                State::Unseen | State::Answering => None,
            };
            if let Some(said) = shut.as_ref().filter(|_| self.patience.waits && !is_told) {
                self.patience.tell(&format!(
                    "writes wait until WHMCS answers again (asking with `{CHEAPEST}`; Ctrl-C stops the run): {said}"
                ));
                is_told = true;
            }
            let Err(error) = self.ask_whmcs() else {
                continue;
            };
            if shut.is_none() || !self.patience.waits || error.kind.stops_the_run() {
                return Err(unanswered(action, error));
            }
            if !self.patience.sleep(pause, &self.cancel) {
                return Err(super::super::interrupted(action.name()));
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Asks WHMCS for nothing but an answer; an error if none of its own came.
    fn ask_whmcs(&self) -> Result<(), CallError> {
        let Some(cheapest) = catalog::action(CHEAPEST) else {
            unreachable!("`{CHEAPEST}` is in the catalog");
        };
        let action = ActionRef::Known(cheapest);
        if !self.allowance.pace().wait(&self.cancel) || !self.tempo.wait(&self.cancel) {
            return Err(super::super::interrupted(action.name()));
        }
        let alone = self.log_in(&action)?;
        let sent = self.gateway.sent();
        let result = self.transport.call(&action, &Params::new());
        let result = result.map_err(crate::run::covered_error);
        if let Some(alone) = alone {
            alone.ended(&result);
        }
        self.gateway.note(&action, sent, &result);
        match result {
            Ok(_) => Ok(()),
            // The role need not have it.
            Err(error) if matches!(error.kind, CallErrorKind::Api | CallErrorKind::Permission) => {
                Ok(())
            }
            Err(error) => {
                self.heed(&Err(error.clone()));
                Err(error)
            }
        }
    }
}

/// The error of a write that did not leave since WHMCS did not answer.
fn unanswered(action: &ActionRef, cause: CallError) -> CallError {
    if cause.kind == CallErrorKind::Interrupted {
        return super::super::interrupted(action.name());
    }
    let name = action.name();
    let kind = if is_page(cause.kind) && cause.delivery != Delivery::NotSent {
        CallErrorKind::Address
    } else {
        cause.kind
    };
    CallError {
        kind,
        action: name.to_owned(),
        message: format!("`{name}` was not sent: {}", cause.message),
        delivery: Delivery::NotSent,
        ..cause
    }
}

/// Whether WHMCS itself gave that answer, be it a refusal.
fn is_whmcs(result: &Result<Reply, CallError>) -> bool {
    match result {
        Ok(_) => true,
        Err(error) => matches!(
            error.kind,
            CallErrorKind::Api
                | CallErrorKind::Auth
                | CallErrorKind::Ip
                | CallErrorKind::Permission
        ),
    }
}

/// Whether the answer was somebody else's, or cannot be understood as WHMCS's.
const fn is_page(kind: CallErrorKind) -> bool {
    matches!(
        kind,
        CallErrorKind::Http | CallErrorKind::Html | CallErrorKind::NotJson
    )
}
