//! Whether WHMCS answers at the address: no write goes where it does not.
//!
//! An address that never gave a reply of WHMCS's own in this process may be anything: a
//! redirect, somebody's page. And a gateway that answered a write in WHMCS's place will
//! most likely answer the next one so. In both cases a cheap read goes first; until it is
//! answered, no write leaves. A refusal is an answer as well.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Reply};

/// What is known of the address.
#[derive(Debug, Default)]
pub(in crate::run) struct Gateway {
    state: Mutex<GatewayState>,
    /// Odd while WHMCS answers; another number each time a gateway stood in its place.
    epoch: AtomicU64,
    /// Held by the one that asks.
    pub(super) asking: Mutex<()>,
}

#[derive(Debug, Default)]
pub(super) enum GatewayState {
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
    pub(super) fn is_answering(&self) -> bool {
        self.epoch.load(Ordering::Acquire) % 2 == 1
    }

    /// Takes WHMCS to have answered.
    #[cfg(test)]
    pub fn open(&self) {
        self.set(GatewayState::Answering, Sent(0));
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
                self.set(GatewayState::Answering, sent);
            }
        } else if let Err(error) = result
            && action.is_write()
            && error.delivery == Delivery::InDoubt
            && is_page(error.kind)
        {
            self.set(GatewayState::Shut(error.message.clone()), sent);
        }
    }

    /// Changes the state, unless somebody did since that call left.
    fn set(&self, state: GatewayState, sent: Sent) {
        let mut held = self.held();
        let changed =
            self.epoch
                .compare_exchange(sent.0, sent.0 + 1, Ordering::AcqRel, Ordering::Acquire);
        if changed.is_ok() {
            *held = state;
        }
    }

    pub(super) fn held(&self) -> MutexGuard<'_, GatewayState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
pub(super) const fn is_page(kind: CallErrorKind) -> bool {
    matches!(
        kind,
        CallErrorKind::Http | CallErrorKind::Html | CallErrorKind::NotJson
    )
}
