//! A thread that the calls of a script cannot exhaust the stack of.

use std::any::Any;
use std::thread;

use crate::error::{Exit, Failure};

/// The stack of a thread that runs a script.
pub(crate) const STACK: usize = 16 * 1024 * 1024;

/// Does a script's work on a stack its call depth cannot exhaust; a panic
/// becomes a failure.
pub(crate) fn on_script_stack<T: Send>(
    work: impl FnOnce() -> Result<T, Failure> + Send,
) -> Result<T, Failure> {
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .name("script".into())
            .stack_size(STACK)
            .spawn_scoped(scope, work);
        match thread {
            Ok(thread) => thread.join().unwrap_or_else(|panic| Err(defect(&panic))),
            Err(error) => Err(Failure::new(
                Exit::Script,
                format!("no thread for the script: {error}"),
            )),
        }
    })
}

fn defect(panic: &Box<dyn Any + Send>) -> Failure {
    let words = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no reason given");
    Failure::new(
        Exit::Script,
        format!("the script made whmcsh panic: {words}"),
    )
    .hint("this is a defect of whmcsh: please report it together with the script")
}
