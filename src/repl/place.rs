//! Where the shell is: a server, what may be done there, and what is around it.

use std::path::PathBuf;
use std::sync::Arc;

use crate::cancel::{Cancel, Leaving};
use crate::error::Failure;
use crate::run::plan::Plan;
use crate::run::{SessionWrites, WriteInDoubt};
use crate::script::Host;

/// A server that was opened.
pub struct Place {
    /// What a line works with there.
    pub host: Arc<Host>,
    /// The server's host name.
    pub address: String,
    /// Whether real customers are behind it.
    pub is_production: bool,
    /// Whether its profile allows reads only.
    pub is_read_only: bool,
}

/// The servers the shell can go to.
pub trait Servers {
    /// Opens the server of that profile.
    fn open(&self, name: &str) -> Result<Place, Failure>;
    /// The names of the profiles, and of the sandbox if there is one.
    fn names(&self) -> Vec<String>;
}

/// Where the shell shows results and errors.
pub trait Screen {
    /// A result, on standard output.
    fn show(&self, text: &str);
    /// An error, on standard error.
    fn complain(&self, text: &str);
    /// Words about what was done, on standard error, unless they are not wanted.
    fn remark(&self, text: &str);
}

/// What the guide and the reference say of a name.
pub type Reference = fn(&str) -> Option<String>;

/// What the shell has around it.
pub struct Surroundings<'s> {
    /// The servers it can go to.
    pub servers: &'s dyn Servers,
    /// Where writes are recorded while it is on.
    pub plan: Arc<Plan>,
    /// The API reference.
    pub reference: Reference,
    /// Called when a line has ended, however it did.
    pub line_ended: &'s dyn Fn(),
    /// Raised when the user wants to stop.
    pub cancel: Cancel,
    /// Raised when the shell is to end.
    pub leaving: Leaving,
    /// Where it shows things.
    pub screen: &'s dyn Screen,
    /// The folder of what is kept from one shell to the next, if there is one.
    pub kept_in: Option<PathBuf>,
}

impl Place {
    /// The writes of the session that are in doubt, on all its servers.
    pub fn in_doubt(&self) -> Vec<WriteInDoubt> {
        let session = self.host.run.session();
        session.map(SessionWrites::open).unwrap_or_default()
    }

    /// The server's name, and its address where that says more.
    pub fn described(&self) -> String {
        let name = &self.host.run.server().name;
        if *name == self.address {
            name.clone()
        } else {
            format!("{name} {}", self.address)
        }
    }

    /// The prompt, plain and in colour: a production server is red.
    pub fn prompt(&self, is_plan: bool) -> (String, String) {
        let server = self.described();
        let coloured = if self.is_production {
            format!("\x1b[1;31m{server}\x1b[0m")
        } else {
            server.clone()
        };
        let mut modes = String::new();
        for (is_so, mode) in [(is_plan, " plan"), (self.is_read_only, " read-only")] {
            modes.push_str(if is_so { mode } else { "" });
        }
        let coloured_modes = if modes.is_empty() {
            String::new()
        } else {
            format!("\x1b[33m{modes}\x1b[0m")
        };
        (
            format!("{server}{modes}> "),
            format!("{coloured}{coloured_modes}> "),
        )
    }
}
