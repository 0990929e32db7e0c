//! What a script is stopped with at its next step, whatever became of the error that said so:
//! Rhai drops the errors of what stands within backticks, and lets a script catch those of
//! the functions that arrays call, even the one that ends it.

use std::cell::{Cell, RefCell};

use rhai::Dynamic;

thread_local! {
    static STOPS: RefCell<Option<Dynamic>> = const { RefCell::new(None) };
    /// Whether there is one: asked at every step of a script.
    static IS_THERE: Cell<bool> = const { Cell::new(false) };
}

/// Stops the script of this thread at its next step with that; the first one counts.
pub(crate) fn stop(with: Dynamic) {
    if !IS_THERE.replace(true) {
        STOPS.set(Some(with));
    }
}

/// What the script is to be stopped with, once.
pub(crate) fn taken() -> Option<Dynamic> {
    if !IS_THERE.replace(false) {
        return None;
    }
    STOPS.take()
}
