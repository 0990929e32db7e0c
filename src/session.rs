//! A server chosen and opened: where configuration ends and running begins.

use std::sync::Arc;

use crate::cancel::Cancel;
use crate::client::host;
use crate::config::{Access, Choice, Resolved};
use crate::error::Failure;
use crate::run::{Policy, Run};
use crate::script::Connect;

/// One invocation's server, and the way to others.
pub struct Session {
    /// The run every call goes through.
    pub run: Arc<Run>,
    /// Whether real customers are behind the server.
    pub production: bool,
    /// The server's host name, which confirms a production run.
    pub host: String,
    choice: Choice,
    cancel: Cancel,
}

impl Session {
    /// Opens the server the user chose.
    pub fn open(choice: &Choice, cancel: &Cancel) -> Result<Self, Failure> {
        Ok(Self::on(choice.resolve()?, choice, cancel))
    }

    /// Opens a server that is already resolved, such as a sandbox.
    pub fn on(resolved: Resolved, choice: &Choice, cancel: &Cancel) -> Self {
        let production = resolved.production;
        let host = host(&resolved.server.url);
        let run = start(resolved, cancel);
        Self { run, production, host, choice: choice.clone(), cancel: cancel.clone() }
    }

    /// Opens another profile's server by name, for scripts that speak to two.
    pub fn connect(&self) -> Box<Connect> {
        let (choice, cancel) = (self.choice.clone(), self.cancel.clone());
        Box::new(move |name| Ok(start(choice.resolve_other(name)?, &cancel)))
    }
}

fn start(resolved: Resolved, cancel: &Cancel) -> Arc<Run> {
    Arc::new(Run::new(resolved.server, Policy { access: resolved.access }, cancel.clone()))
}
