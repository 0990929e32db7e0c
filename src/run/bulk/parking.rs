//! Rows that wait for a late server stand aside: others go first.
//!
//! A row that waits keeps its thread, where its script stands, but not its place among
//! the rows in hand: another row gets that, on a thread more.

use std::cell::RefCell;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

thread_local! {
    static CURRENT: RefCell<Option<Arc<Parking>>> = const { RefCell::new(None) };
}

/// The rows of a bulk loop that stand aside.
#[derive(Debug, Default)]
pub(super) struct Parking {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Rows that stand aside.
    parked: usize,
    /// Worker threads that did not end yet.
    alive: usize,
    /// Rows begun that did not end, those that stand aside among them.
    in_hand: usize,
    /// Whether another row may begin, now or once one has ended.
    has_more: bool,
    /// Whether no row is to wait any longer.
    is_over: bool,
}

/// A thread of a bulk loop, from before it is begun until it ends.
pub(super) struct Alive(Arc<Parking>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.lock().alive -= 1;
        self.0.changed.notify_all();
    }
}

impl Parking {
    /// How many rows stand aside.
    pub fn parked(&self) -> usize {
        self.lock().parked
    }

    /// What is left to do besides.
    pub fn set(&self, in_hand: usize, has_more: bool) {
        let mut state = self.lock();
        (state.in_hand, state.has_more) = (in_hand, has_more);
    }

    /// Lets no row wait any longer.
    pub fn end(&self) {
        self.lock().is_over = true;
    }

    /// Counts a thread that is about to begin.
    pub fn thread(self: &Arc<Self>) -> Alive {
        self.lock().alive += 1;
        Alive(Arc::clone(self))
    }

    /// The rows of this thread stand aside there until it ends.
    pub fn guard_thread(self: &Arc<Self>) {
        CURRENT.set(Some(Arc::clone(self)));
    }

    /// Waits until more rows stand aside than there are threads to spare; `false` once
    /// every thread has ended.
    pub fn needs_thread(&self, spare: usize) -> bool {
        let mut state = self.lock();
        loop {
            if state.alive == 0 {
                return false;
            }
            if state.parked > spare && state.has_more && !state.is_over {
                return true;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The row of this thread, standing aside until this is dropped.
pub(in crate::run) struct Parked(Option<Arc<Parking>>);

/// Lets other rows go before the one this thread is at.
pub(in crate::run) fn park() -> Parked {
    let parking = CURRENT.with_borrow(Clone::clone);
    if let Some(parking) = &parking {
        parking.lock().parked += 1;
        parking.changed.notify_all();
    }
    Parked(parking)
}

impl Parked {
    /// Whether nothing else goes on.
    pub fn is_alone(&self) -> bool {
        self.0.as_ref().is_none_or(|parking| {
            let state = parking.lock();
            !state.has_more && state.in_hand <= state.parked
        })
    }

    /// Whether it is not to wait any longer.
    pub fn is_over(&self) -> bool {
        let parking = self.0.as_ref();
        parking.is_some_and(|parking| parking.lock().is_over)
    }
}

impl Drop for Parked {
    fn drop(&mut self) {
        if let Some(parking) = &self.0 {
            parking.lock().parked -= 1;
        }
    }
}
