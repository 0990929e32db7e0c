//! The options of `freeze`.

use std::path::PathBuf;

use clap::Args;

use super::server::Server;
use crate::command::{Target, freeze};
use crate::error::Failure;

/// Save a list of the server to a file for `rows(FILE)`
///
/// All shards read the same file, even if their writes change the list on the server. A
/// script may only read, and its last line is the list. Secrets are left out.
#[derive(Args, Debug)]
pub(super) struct Freeze {
    /// An action that returns a list, or a script that ends with a list
    #[arg(value_name = "ACTION|SCRIPT")]
    of: String,
    /// Parameters of the action, or arguments for the script
    #[arg(value_name = "NAME=VALUE|ARGS")]
    words: Vec<String>,
    /// The file to write; it must not exist yet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    server: Server,
    /// Let the script read this environment variable; repeatable
    #[arg(long, value_name = "NAME")]
    allow_env: Vec<String>,
}

impl Freeze {
    /// What is meant; `target` makes the server of what was typed of it.
    pub(super) fn options(
        self,
        target: impl FnOnce(Server) -> Result<Target, Failure>,
    ) -> Result<freeze::FreezeOptions, Failure> {
        Ok(freeze::FreezeOptions {
            of: self.of,
            words: self.words,
            target: target(self.server)?,
            allow_env: self.allow_env.into_iter().collect(),
            out: self.out,
        })
    }
}
