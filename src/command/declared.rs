//! The arguments that a script declares, for the command line and for completion.

use std::path::Path;

use crate::script::Script;

pub use crate::script::{ArgumentKind, Declared, OPTIONS, RESERVED};

/// The arguments of a script; none where it cannot be read, which is said when it is run.
pub fn of_script(path: &Path) -> Vec<Declared> {
    let script = Script::load(path).ok();
    let declared = script.and_then(|script| script.declared().ok());
    declared.unwrap_or_default()
}
