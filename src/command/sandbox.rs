//! `whmcsh sandbox`: serve the WHMCS look-alike to any client in any language.

use std::time::Duration;

use super::{Terminal, interrupt};
use crate::error::Failure;
use crate::sandbox::{self, SandboxError, Settings};

/// What a user must not expect of it.
const LIMITS: &str = "It sends no mail, charges no card and provisions nothing; an action it does not imitate says so.";

/// Serves until interrupted, which is how it is meant to end; the one line on standard output is the address.
pub fn sandbox(settings: Settings, terminal: Terminal) -> Result<(), Failure> {
    let cancel = interrupt::watch()?;
    let identifier = settings.access.identifier.clone();
    let sandbox = start(settings)?;
    terminal.data(&format!(
        "sandbox listening on {} (identifier {identifier})",
        sandbox.url()
    ));
    terminal.note(&format!("{LIMITS} Stop it with Ctrl-C."));
    while cancel.sleep(Duration::from_secs(3600)) {}
    drop(sandbox);
    Ok(())
}

/// Starts a sandbox, in this process.
pub fn start(settings: Settings) -> Result<sandbox::Sandbox, Failure> {
    sandbox::start(settings).map_err(|error| {
        let failure = Failure::usage(error.to_string());
        match error {
            SandboxError::Listen { .. } => {
                failure.hint("choose another address with `--listen`; port 0 takes any free one")
            }
            SandboxError::Store { .. } => {
                failure.hint("give another file with `--db`; a new one is made and filled")
            }
            SandboxError::Threads(_) => failure,
        }
    })
}
