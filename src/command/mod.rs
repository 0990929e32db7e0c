//! One file a command: each turns its options into work and prints the outcome.
//!
//! Commands know nothing of how they were typed. Only they, the REPL and the
//! reports print.

pub mod about;
pub mod actions;
pub mod call;
pub mod check;
pub mod completion;
pub mod declared;
pub mod definitions;
pub mod diagnosis;
pub mod each;
#[cfg(test)]
mod examples_tests;
mod execution;
mod fields;
pub mod fleet;
pub mod fmt;
pub mod freeze;
pub mod help;
pub mod init;
mod interrupt;
mod invocation;
pub mod learn_fields;
mod log;
pub mod lsp;
mod out;
mod overwriting;
mod params;
pub mod plan;
pub mod profile;
mod records;
pub mod repl;
pub mod run;
pub mod runs;
pub mod sandbox;
pub mod scheduler;
mod sheet_out;
mod target;
mod terminal;
pub mod test_run;
pub mod undo;

use crate::catalog;
use crate::client::{ActionRef, CustomKind};
use crate::error::Failure;

pub use execution::run_object::of_failure;
pub use log::Log;
pub use records::Format;
pub use target::{Allowed, Target, allowed};
pub use terminal::{Terminal, relay};

/// The action of that name, of WHMCS or of the script's function; one the catalog
/// does not have only where that is allowed.
fn find_action(name: &str, allow_unknown: bool) -> Result<ActionRef, Failure> {
    if let Some(action) = catalog::action(name).or_else(|| catalog::by_function(name)) {
        return Ok(ActionRef::Known(action));
    }
    // What a server may take for a known action goes by no other rules.
    if allow_unknown && catalog::disguised(name).is_none() {
        return Ok(ActionRef::Other {
            name: name.to_owned(),
            kind: CustomKind::Write,
        });
    }
    let failure = Failure::usage(format!("unknown action `{name}`; nothing was sent"));
    let near = catalog::similar(name, catalog::actions().iter().map(|action| action.name));
    Err(match near.first() {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint("`whmcsh actions` lists them; `--allow-unknown` sends it as it is"),
    })
}
