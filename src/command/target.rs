//! The server a command speaks to, and the question that guards real ones.

use crate::cancel::Cancel;
use crate::client::{Credentials, Server};
use crate::config::{Access, Choice, Resolved};
use crate::error::{Exit, Failure};
use crate::sandbox::{Sandbox, Settings};
use crate::session::Session;

use super::Terminal;
use super::sandbox::start;

/// What the command line says about the server.
#[derive(Debug)]
pub struct Target {
    /// The profile or environment.
    pub choice: Choice,
    /// Whether to start a sandbox for this command instead.
    pub sandbox: bool,
}

/// A session, and the sandbox it speaks to if there is one.
pub struct Opened {
    /// The session.
    pub session: Session,
    _sandbox: Option<Sandbox>,
}

impl Target {
    /// Opens the server, starting the sandbox if that was asked for.
    pub fn open(&self, cancel: &Cancel) -> Result<Opened, Failure> {
        if !self.sandbox {
            return Ok(Opened { session: Session::open(&self.choice, cancel)?, _sandbox: None });
        }
        let settings = Settings::default();
        let credentials = Credentials::Api {
            identifier: settings.identifier.clone(),
            secret: settings.secret.clone().into(),
        };
        let sandbox = start(settings)?;
        let server = Server::new("sandbox", sandbox.url(), credentials);
        let resolved = Resolved { server, access: Access::Full, production: false };
        Ok(Opened { session: Session::on(resolved, &self.choice, cancel), _sandbox: Some(sandbox) })
    }
}

/// Makes sure that changing a production server is meant: by `--yes HOST`, or
/// by typing the host's name. Other servers need no confirmation.
pub fn confirm(session: &Session, what: &str, yes: Option<&str>, terminal: Terminal) -> Result<(), Failure> {
    if !session.production {
        return Ok(());
    }
    let host = &session.host;
    let confirmed = match yes {
        Some(given) => given.eq_ignore_ascii_case(host),
        None => {
            terminal.alert(&format!("{what}\nThis changes the production server {host}."));
            let answer = terminal.ask("Type its host name to go on:").ok_or_else(|| unattended(host))?;
            answer.eq_ignore_ascii_case(host)
        }
    };
    if confirmed {
        return Ok(());
    }
    Err(Failure::usage(format!("not confirmed: the server is `{host}`; nothing was sent")))
}

fn unattended(host: &str) -> Failure {
    Failure::new(Exit::Usage, format!("`{host}` is a production server and nobody is there to confirm"))
        .hint(format!("confirm with `--yes {host}`, or set `production = false` in its profile"))
}
