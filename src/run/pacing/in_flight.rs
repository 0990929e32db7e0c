//! So many calls of a bulk loop may be at the server at once, and no more.
//!
//! There are a few more rows in hand than that: while the writes of some wait for
//! the disk, the server is not left with less to do. The gate stands before the
//! wire alone, on the threads of the loop's workers.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::cancel::Cancel;
use crate::run::condition::Condition;

/// How often a call that waits looks whether the user interrupted.
const GLANCE: Duration = Duration::from_millis(50);

thread_local! {
    static CURRENT: RefCell<Option<Arc<InFlight>>> = const { RefCell::new(None) };
}

/// What the calls of a bulk loop go through.
#[derive(Debug)]
pub(crate) struct InFlight {
    state: Mutex<State>,
    changed: Condition,
}

#[derive(Debug)]
struct State {
    allowed: usize,
    inside: usize,
}

/// A call's passage, which ends when this is dropped.
pub(crate) struct Passage(Arc<InFlight>);

impl InFlight {
    /// A gate that lets so many calls through at once.
    pub fn new(allowed: usize) -> Self {
        Self {
            state: Mutex::new(State { allowed, inside: 0 }),
            changed: Condition::default(),
        }
    }

    /// Lets another number through from now on.
    pub fn allow(&self, allowed: usize) {
        let mut state = self.lock();
        if allowed > state.allowed {
            self.changed.notify_all();
        }
        state.allowed = allowed;
    }

    /// The calls of this thread go through that gate until it ends.
    pub fn guard_thread(self: &Arc<Self>) {
        CURRENT.set(Some(Arc::clone(self)));
    }

    fn enter(&self, cancel: &Cancel) -> bool {
        let mut state = self.lock();
        while state.inside >= state.allowed {
            if cancel.is_raised() {
                return false;
            }
            state = self.changed.wait_timeout(state, GLANCE);
        }
        state.inside += 1;
        true
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        self.0.lock().inside -= 1;
        self.0.changed.notify_one();
    }
}

/// Waits for a passage where this thread's calls need one; an error if the user
/// interrupted meanwhile.
pub(crate) fn pass(cancel: &Cancel) -> Result<Option<Passage>, Interrupted> {
    let Some(gate) = CURRENT.with_borrow(Clone::clone) else {
        return Ok(None);
    };
    if gate.enter(cancel) {
        Ok(Some(Passage(gate)))
    } else {
        Err(Interrupted)
    }
}

/// The user interrupted while a call waited.
#[derive(Debug)]
pub(crate) struct Interrupted;

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn no_more_calls_pass_at_once_than_are_allowed() {
        let gate = Arc::new(InFlight::new(3));
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    gate.guard_thread();
                    for _ in 0..20 {
                        let passage = pass(&Cancel::default()).unwrap();
                        most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(passage);
                    }
                });
            }
        });
        assert!((1..=3).contains(&most.load(Ordering::SeqCst)));
    }

    #[test]
    fn a_call_that_waits_gives_up_when_the_user_interrupts() {
        let (gate, cancel) = (Arc::new(InFlight::new(1)), Cancel::default());
        gate.guard_thread();
        let first = pass(&cancel).unwrap();
        cancel.raise();
        assert!(pass(&cancel).is_err());
        drop(first);
        assert!(pass(&cancel).is_ok());
    }

    #[test]
    fn elsewhere_calls_need_no_passage() {
        assert!(pass(&Cancel::default()).unwrap().is_none());
    }
}
