//! The options of `freeze`.

use std::path::PathBuf;

use clap::Args;

use super::server::Server;
use crate::command::{Target, freeze};
use crate::error::Failure;

/// Write a list of the server into a file, where it stands still for `rows(FILE)`
///
/// Shards go through the same file, whatever their writes change on the server. A
/// script only reads here, and its last line is the list. Secrets are left out.
#[derive(Args, Debug)]
pub(super) struct Freeze {
    /// An action that gives a list, or a script that ends with one
    #[arg(value_name = "ACTION|SCRIPT")]
    of: String,
    /// Parameters of the action, or what the script finds in `args`
    #[arg(value_name = "NAME=VALUE|ARGS")]
    words: Vec<String>,
    /// The file to write; it must not be there yet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    server: Server,
    /// Let the script read this environment variable; may be repeated
    #[arg(long, value_name = "NAME")]
    allow_env: Vec<String>,
}

impl Freeze {
    /// What is meant; `target` makes the server of what was typed of it.
    pub(super) fn options(
        self,
        target: impl FnOnce(Server) -> Result<Target, Failure>,
    ) -> Result<freeze::Options, Failure> {
        Ok(freeze::Options {
            of: self.of,
            words: self.words,
            target: target(self.server)?,
            allow_env: self.allow_env.into_iter().collect(),
            out: self.out,
        })
    }
}
