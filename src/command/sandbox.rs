//! `whmcsh sandbox`: serve the WHMCS look-alike to any client in any language.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use super::{Terminal, interrupt, overwriting};
use crate::catalog::{self, similar};
use crate::error::Failure;
use crate::sandbox::{self, Access, DbFileError, SandboxError, Settings, StoreError};

/// What a user must not expect of it, and how it ends.
const LIMITS: &str = "\
It sends no email, charges no card, and calls no registrar and no server. Nothing happens
by itself. Do not use it for real data.
Stop it with Ctrl-C.";

/// Serves until interrupted, which is how it is meant to end; the one line on standard output is the address.
pub fn sandbox(settings: Settings, terminal: Terminal) -> Result<(), Failure> {
    are_actions(settings.access.role_without.iter().map(String::as_str))?;
    are_actions(settings.faults.actions())?;
    let log = settings.fault_log.as_deref();
    overwriting::refuse("--fault-log", log, settings.db.as_deref())?;
    let cancel = interrupt::watch()?;
    let access = settings.access.clone();
    let kept = settings.db.clone();
    let listen = settings.listen.ip().to_canonical();
    let sandbox = start(settings)?;
    if !listen.is_loopback() {
        terminal.alert(&format!("warning: {}", exposed(listen)));
    }
    terminal.data(&format!(
        "sandbox listening on {} (identifier {})",
        sandbox.url(),
        access.identifier
    ));
    terminal.note(&introduction(&sandbox.url(), &access, kept.as_deref()));
    while cancel.sleep(Duration::from_secs(3600)) {}
    drop(sandbox);
    Ok(())
}

/// Why an address that others can reach is no good idea.
fn exposed(listen: IpAddr) -> String {
    let who = if listen.is_unspecified() {
        "every machine that can reach this one".to_owned()
    } else {
        format!("every machine that can reach {listen}")
    };
    format!(
        "{who} can call this sandbox; it does not encrypt, and its default credentials are public; \
         listen on 127.0.0.1 to keep it private"
    )
}

/// How to call it, where its data is, and what it is not.
fn introduction(url: &str, access: &Access, kept: Option<&Path>) -> String {
    let data = match kept {
        Some(file) => format!("in `{}`; copy it while no call is running", file.display()),
        None => "in memory, gone when it stops; `--db FILE` keeps it".into(),
    };
    format!(
        "  endpoint    {url}/includes/api.php\n  \
           credential  identifier `{}`, secret `{}`\n  \
           or          username `{}`, password the MD5 of `{}`\n  \
           data        {data}\n{LIMITS}",
        access.identifier, access.secret, access.admin_username, access.admin_password
    )
}

/// Refuses names of actions, in a role or a fault, that are none.
fn are_actions<'a>(mut names: impl Iterator<Item = &'a str>) -> Result<(), Failure> {
    let unknown = names.find(|name| catalog::action(name).is_none());
    let Some(name) = unknown else { return Ok(()) };
    let near = similar(name, catalog::actions().iter().map(|action| action.name));
    let failure = Failure::usage(format!("there is no action `{name}`"));
    Err(match near.first() {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint("`whmcsh actions` lists them all"),
    })
}

/// What to do about a database that cannot be used.
fn way_out(cause: &StoreError) -> &'static str {
    match cause {
        StoreError::NotNew => {
            "leave `--clients` out to use the data in it, or name a new file with `--db`"
        }
        StoreError::File(DbFileError::InUse(_)) => {
            "call the sandbox that is running, or stop it first; or serve a copy of the file"
        }
        _ => "name another file with `--db`; a new one is created and filled",
    }
}

/// Starts a sandbox, in this process.
pub fn start(settings: Settings) -> Result<sandbox::Sandbox, Failure> {
    sandbox::start(settings).map_err(|error| {
        let failure = Failure::usage(error.to_string());
        match error {
            SandboxError::Listen { .. } => {
                failure.hint("choose another address with `--listen`; port 0 uses any free port")
            }
            SandboxError::Store { cause, .. } => failure.hint(way_out(&cause)),
            SandboxError::FaultLog { .. } => {
                failure.hint("with `--fault-log`, name a file in a folder that exists")
            }
            SandboxError::Threads(_) => failure,
        }
    })
}
