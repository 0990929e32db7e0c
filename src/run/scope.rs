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
    static HAS_CHANGED: Cell<bool> = const { Cell::new(false) };
    static PLACE: RefCell<Option<Place>> = const { RefCell::new(None) };
    static IS_IMPORTING: Cell<bool> = const { Cell::new(false) };
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

/// Puts back what was known of the row before, also when the body panics.
struct OuterRow(Option<u64>, bool);

impl Drop for OuterRow {
    fn drop(&mut self) {
        NUMBER.set(self.0);
        HAS_CHANGED.set(self.1);
    }
}

/// Runs the body as the row of that key and number on the current thread; whether its
/// cells are others than in an earlier pass is said with it.
pub fn within_row<T>(key: Arc<str>, number: u64, has_changed: bool, body: impl FnOnce() -> T) -> T {
    let _outer = OuterRow(
        NUMBER.replace(Some(number)),
        HAS_CHANGED.replace(has_changed),
    );
    within(Scope::Row(key), body)
}

/// Whether the cells of the current thread's row are others than in an earlier pass.
pub fn has_changed() -> bool {
    HAS_CHANGED.get()
}

/// The current thread's row by its place in its loop, from 1: what can be told of it
/// where its key, which may be somebody's address, must not be.
pub fn row_number() -> Option<u64> {
    NUMBER.get()
}

/// Where in a script a call is made.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Place {
    /// What the script is called in errors.
    pub script: Arc<str>,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
}

/// Puts the place back that was there before, also when the body panics.
struct OuterPlace(Option<Place>);

impl Drop for OuterPlace {
    fn drop(&mut self) {
        PLACE.set(self.0.take());
    }
}

/// Makes the calls of the body, on the current thread, calls at that place of the script.
pub fn at<T>(place: Option<Place>, body: impl FnOnce() -> T) -> T {
    let _outer = OuterPlace(PLACE.replace(place));
    body()
}

/// Where in the script the current thread's call is made, if that is known.
pub fn place() -> Option<Place> {
    PLACE.with_borrow(Clone::clone)
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

/// Puts back whether a module was being imported, also when the body panics.
struct OuterImport(bool);

impl Drop for OuterImport {
    fn drop(&mut self) {
        IS_IMPORTING.set(self.0);
    }
}

/// Runs the body on the current thread as the import of a module in a row. How often that
/// happens is left to chance, so that it may not write.
pub fn importing<T>(body: impl FnOnce() -> T) -> T {
    let _outer = OuterImport(IS_IMPORTING.replace(true));
    body()
}

/// Whether the current thread imports a module in a row.
pub fn is_importing() -> bool {
    IS_IMPORTING.get()
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
        within_row("a".into(), 7, false, || {
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
