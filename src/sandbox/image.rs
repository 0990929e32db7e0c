//! A sandbox at some moment, to be gone back to as often as wanted.
//!
//! An image holds all that the next call depends on: data, clock, dice, the faults and
//! how far they have come, and the calls so far with their count. It is taken between
//! calls and restored in the same sandbox, or in another one in memory.

use std::sync::atomic::{AtomicU64, Ordering};

use super::fault::{FaultPlan, PlanImage};
use super::requests::{Requests, RequestsImage};
use super::store::{Store, StoreError, StoreImage};

/// All that changes in a running sandbox.
#[derive(Clone, Copy, Debug)]
pub struct State<'s> {
    /// The tables, the dice and the clock.
    pub store: &'s Store,
    /// What goes wrong.
    pub faults: &'s FaultPlan,
    /// How many calls were received.
    pub calls: &'s AtomicU64,
    /// What they asked.
    pub requests: &'s Requests,
    /// Whether texts are kept encoded for HTML, which never changes.
    pub is_encoded: bool,
}

/// All that a sandbox is at some moment.
#[derive(Clone, Debug)]
pub struct Image {
    store: StoreImage,
    faults: PlanImage,
    calls: u64,
    requests: RequestsImage,
}

impl Image {
    /// Of a sandbox as it is.
    pub(super) fn take(state: &State) -> Result<Self, StoreError> {
        Ok(Self {
            store: state.store.image()?,
            faults: state.faults.image(),
            calls: state.calls.load(Ordering::Relaxed),
            requests: state.requests.image(),
        })
    }

    /// Makes a sandbox what this is of.
    pub(super) fn restore(&self, state: &State) -> Result<(), StoreError> {
        state.store.restore(&self.store)?;
        state.faults.restore(&self.faults);
        state.calls.store(self.calls, Ordering::Relaxed);
        state.requests.restore(&self.requests);
        Ok(())
    }
}
