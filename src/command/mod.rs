//! One file a command: each turns its options into work and prints the outcome.
//!
//! Commands know nothing of how they were typed. Only they, the REPL and the
//! reports print.

pub mod actions;
pub mod call;
pub mod check;
pub mod definitions;
mod doubt;
mod ending;
pub mod help;
pub mod init;
mod interrupt;
mod params;
pub mod plan;
pub mod profile;
mod progress;
pub mod repl;
mod rows;
pub mod run;
mod run_folder;
pub mod runs;
pub mod sandbox;
mod target;
mod terminal;
pub mod undo;

use crate::client::{CallError, CallErrorKind, Delivery, refusal};
use crate::error::{Exit, Failure};

pub use call::Format;
pub use target::Target;
pub use terminal::Terminal;

/// A failed call outside a script, as the user sees it.
fn failed_call(error: &CallError) -> Failure {
    let exit = match error.kind {
        _ if error.delivery == Delivery::InDoubt => Exit::InDoubt,
        CallErrorKind::Parameter | CallErrorKind::Policy => Exit::Usage,
        CallErrorKind::Interrupted => Exit::Interrupted,
        CallErrorKind::Limit => Exit::Limit,
        // As in a script: the server took the call and said no to what it asks for.
        CallErrorKind::Api => Exit::Script,
        _ => Exit::Server,
    };
    let what = match error.kind {
        CallErrorKind::Api => refusal(&error.action, &error.message),
        _ => error.message.clone(),
    };
    let failure = Failure::new(exit, what);
    match &error.hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
