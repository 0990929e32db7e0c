//! `whmcsh check`: look for mistakes in scripts without running them.

use std::path::PathBuf;

use super::{Terminal, run};
use crate::error::{Exit, Failure};
use crate::script::Script;

/// Shows everything that is wrong with the scripts, all of it in one pass.
pub fn check(scripts: &[PathBuf], allow_unknown: bool, terminal: Terminal) -> Result<(), Failure> {
    let mut found = 0;
    for path in scripts {
        let script = Script::load(path)?;
        for finding in script.check(run::files(path.parent(), &[])?, allow_unknown) {
            terminal.alert(&format!("{finding}\n"));
            found += 1;
        }
    }
    match (found, scripts.len()) {
        (0, 1) => terminal.note("nothing wrong was found"),
        (0, several) => terminal.note(&format!("nothing wrong was found in {several} scripts")),
        (1, _) => {
            return Err(Failure::new(
                Exit::Script,
                "1 mistake was found; nothing was sent",
            ));
        }
        (some, _) => {
            return Err(Failure::new(
                Exit::Script,
                format!("{some} mistakes were found; nothing was sent"),
            ));
        }
    }
    Ok(())
}
