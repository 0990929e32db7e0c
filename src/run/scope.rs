//! Where in a run a call is made: in a row of a bulk loop, or in the script itself.
//!
//! Whoever runs a row says so for the time it takes, on the row's own thread;
//! whoever makes a call asks. A write is looked for again in the scope it was
//! made in, so that one row never finds the writes of another.

use std::cell::{Cell, RefCell};
use std::mem;
use std::sync::Arc;

/// A place in a run whose writes are matched among themselves.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub enum Scope {
    /// The script outside any row.
    #[default]
    Main,
    /// The row of that key.
    Row(Arc<str>),
}

impl Scope {
    /// The scope of the row with that key.
    pub fn row(key: &str) -> Self {
        Self::Row(key.into())
    }
}

thread_local! {
    static CURRENT: RefCell<Scope> = const { RefCell::new(Scope::Main) };
    static NUMBER: Cell<Option<u64>> = const { Cell::new(None) };
    static IS_READING: Cell<bool> = const { Cell::new(false) };
}

/// Puts the scope back that was there before, also when the body panics.
struct Outer(Scope);

impl Drop for Outer {
    fn drop(&mut self) {
        CURRENT.set(mem::take(&mut self.0));
    }
}

/// Runs the body with that scope on the current thread.
pub fn within<T>(scope: Scope, body: impl FnOnce() -> T) -> T {
    let _outer = Outer(CURRENT.replace(scope));
    body()
}

/// Puts the row's number back that was there before, also when the body panics.
struct OuterNumber(Option<u64>);

impl Drop for OuterNumber {
    fn drop(&mut self) {
        NUMBER.set(self.0);
    }
}

/// Runs the body as the row of that key and number on the current thread.
pub fn within_row<T>(key: Arc<str>, number: u64, body: impl FnOnce() -> T) -> T {
    let _outer = OuterNumber(NUMBER.replace(Some(number)));
    within(Scope::Row(key), body)
}

/// The current thread's row by its place in its loop, from 1: what can be told of it
/// where its key, which may be somebody's address, must not be.
pub fn row_number() -> Option<u64> {
    NUMBER.get()
}

/// Ends the reading, also when the body panics.
struct Read;

impl Drop for Read {
    fn drop(&mut self) {
        IS_READING.set(false);
    }
}

/// Runs the body on the current thread as a reading of many things at once, which may
/// not write.
pub fn reading<T>(body: impl FnOnce() -> T) -> T {
    IS_READING.set(true);
    let _read = Read;
    body()
}

/// Whether the current thread reads many things at once.
pub fn is_reading() -> bool {
    IS_READING.get()
}

/// The scope of the current thread.
pub fn current() -> Scope {
    CURRENT.with_borrow(Clone::clone)
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn a_thread_is_in_the_script_itself_unless_told_otherwise() {
        within(Scope::row("a"), || {
            let elsewhere = std::thread::spawn(current).join().unwrap();
            assert_eq!(elsewhere, Scope::Main);
            assert_eq!(current(), Scope::row("a"));
        });
        assert_eq!(current(), Scope::Main);
    }

    #[test]
    fn the_outer_scope_comes_back_when_the_inner_one_ends() {
        within(Scope::row("outer"), || {
            within(Scope::row("inner"), || {
                assert_eq!(current(), Scope::row("inner"));
            });
            assert_eq!(current(), Scope::row("outer"));
        });
    }

    #[test]
    fn a_row_has_its_number_while_it_runs() {
        within_row("a".into(), 7, || {
            assert_eq!((current(), row_number()), (Scope::row("a"), Some(7)));
        });
        assert_eq!((current(), row_number()), (Scope::Main, None));
    }

    #[test]
    fn a_thread_reads_only_as_long_as_it_says() {
        assert!(reading(is_reading));
        let panicked = catch_unwind(|| reading(|| panic!("on purpose")));
        assert!(panicked.is_err() && !is_reading());
    }

    #[test]
    fn a_panic_does_not_leave_its_scope_behind() {
        let result = catch_unwind(|| within(Scope::row("a"), || panic!("on purpose")));
        assert!(result.is_err());
        assert_eq!(current(), Scope::Main);
    }
}
