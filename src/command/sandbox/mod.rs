//! `whmcsh sandbox`: serve the WHMCS look-alike to any client in any language.

mod child;
mod cures;
mod export;

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::{Terminal, interrupt, overwriting};
use crate::catalog::{self, similar};
use crate::error::Failure;
use crate::sandbox::{self, Access, SandboxError, Settings};
use child::ChildEnd;
use cures::way_out;

pub use export::{Exported, export};

/// The variable with the address of the control paths.
pub const URL_VARIABLE: &str = "WHMCSH_SANDBOX_URL";
/// The variable with their token.
pub const TOKEN_VARIABLE: &str = "WHMCSH_SANDBOX_TOKEN";

/// Where calls go.
const ENDPOINT: &str = "/includes/api.php";

/// What a user must not expect of it, and how it ends.
const LIMITS: &str = "\
It sends no email, charges no card, and calls no registrar and no server. Days pass
only when its clock is advanced. Do not use it for real data.
Stop it with Ctrl-C.";

/// Serves until interrupted, which is how it is meant to end; the one line on standard output is the address.
pub fn sandbox(mut settings: Settings, terminal: Terminal) -> Result<(), Failure> {
    check(&settings)?;
    let cancel = interrupt::watch()?;
    let access = settings.access.clone();
    let kept = settings.db.clone();
    let listen = settings.listen.ip().to_canonical();
    let token = settings.control.get_or_insert_with(new_token).clone();
    let sandbox = start(settings)?;
    warn(listen, terminal);
    let (url, identifier) = (sandbox.url(), &access.identifier);
    terminal.data(&if terminal.prints_object() {
        let object = json!({
            "state": "listening", "url": url, "endpoint": format!("{url}{ENDPOINT}"),
            "identifier": identifier, "control": format!("{url}/_sandbox/"), "token": token,
        });
        format!("{object:#}")
    } else {
        format!("sandbox listening on {url} (identifier {identifier})")
    });
    terminal.note(&introduction(
        &sandbox.url(),
        &access,
        kept.as_deref(),
        &token,
    ));
    while cancel.sleep(Duration::from_secs(3600)) {}
    drop(sandbox);
    Ok(())
}

/// Runs a command with a sandbox of its own in its environment; the code to end with.
///
/// The sandbox outlives the command, whatever signal comes.
pub fn run_with(
    mut settings: Settings,
    command: &[OsString],
    terminal: Terminal,
) -> Result<u8, Failure> {
    check(&settings)?;
    let access = settings.access.clone();
    let listen = settings.listen.ip().to_canonical();
    let token = settings.control.get_or_insert_with(new_token).clone();
    let sandbox = start(settings)?;
    warn(listen, terminal);
    let mut variables = vec![
        ("WHMCSH_URL", sandbox.url()),
        ("WHMCSH_IDENTIFIER", access.identifier),
        ("WHMCSH_SECRET", access.secret),
        (URL_VARIABLE, format!("{}/_sandbox", sandbox.url())),
        (TOKEN_VARIABLE, token),
    ];
    variables.extend(access.access_key.map(|key| ("WHMCSH_ACCESS_KEY", key)));
    match child::run(command, &variables) {
        Ok(ChildEnd::With(code)) => Ok(code),
        Ok(ChildEnd::NotStarted(error, code)) => {
            let program = command.first().map(|word| word.to_string_lossy());
            let what = format!("cannot start `{}`: {error}", program.unwrap_or_default());
            terminal.alert(&Failure::usage(what).to_string());
            Ok(code)
        }
        Err(error) => Err(Failure::usage(format!(
            "cannot wait for the command: {error}"
        ))),
    }
}

/// Refuses what can be seen to be wrong before it starts.
fn check(settings: &Settings) -> Result<(), Failure> {
    are_actions(settings.access.role_without.iter().map(String::as_str))?;
    are_actions(settings.faults.actions())?;
    let log = settings.fault_log.as_deref();
    overwriting::refuse("--fault-log", log, settings.db.as_deref())
}

/// A token that nobody can guess.
fn new_token() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// Says so where others can reach it.
fn warn(listen: IpAddr, terminal: Terminal) {
    if !listen.is_loopback() {
        terminal.alert(&format!("warning: {}", exposed(listen)));
    }
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
fn introduction(url: &str, access: &Access, kept: Option<&Path>, token: &str) -> String {
    let data = match kept {
        Some(file) => format!("in `{}`; copy it while no call is running", file.display()),
        None => "in memory, gone when it stops; `--db FILE` keeps it".into(),
    };
    format!(
        "  endpoint    {url}{ENDPOINT}\n  \
           credential  identifier `{}`, secret `{}`\n  \
           or          username `{}`, password the MD5 of `{}`\n  \
           data        {data}\n  \
           control     {url}/_sandbox/\n  \
           token       `{token}`\n{LIMITS}",
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
            SandboxError::Fixture { .. } => {
                failure.hint("`whmcsh help sandbox` shows what a fixture holds")
            }
            SandboxError::Threads(_) => failure,
        }
    })
}
