//! `whmcsh sandbox`: serve the WHMCS look-alike to any client in any language.

use super::Terminal;
use crate::error::Failure;
use crate::sandbox::{self, Settings};

/// What a user must not expect of it.
const LIMITS: &str = "It sends no mail, charges no card and provisions nothing; an action it does not imitate says so.";

/// Serves until interrupted; the one line on standard output is the address.
pub fn sandbox(settings: Settings, terminal: Terminal) -> Result<(), Failure> {
    let identifier = settings.access.identifier.clone();
    let sandbox = start(settings)?;
    terminal.data(&format!(
        "sandbox listening on {} (identifier {identifier})",
        sandbox.url()
    ));
    terminal.note(&format!("{LIMITS} Stop it with Ctrl-C."));
    sandbox.wait();
    Ok(())
}

/// Starts a sandbox, in this process.
pub fn start(settings: Settings) -> Result<sandbox::Sandbox, Failure> {
    let listen = settings.listen;
    sandbox::start(settings).map_err(|error| {
        let failure = Failure::usage(error.to_string());
        if listen.port() == 0 {
            failure
        } else {
            failure.hint("choose another address with `--listen`; port 0 takes any free one")
        }
    })
}
