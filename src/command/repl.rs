//! `whmcsh repl`: the interactive shell on a server.

use super::{Target, Terminal, interrupt, run, target};
use crate::error::Failure;
use crate::repl::{self, Screen};
use crate::script::Interpreter;

/// Which server, and how strict.
#[derive(Debug)]
pub struct Options {
    /// The server.
    pub target: Target,
    /// Whether parameters the catalog does not know are sent.
    pub allow_unknown: bool,
}
