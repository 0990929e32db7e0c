//! The options of `runs undo`.

use clap::Args;

use super::limits::UndoLimits;
use super::log::LogTo;
use super::server::Ip;
use crate::command::{Allowed, Target, Terminal, undo};
use crate::config::Choice;
use crate::error::Failure;

/// What `runs undo` is told.
#[derive(Args, Debug)]
pub(super) struct Undo {
    /// The run's name, or `last` for the newest run that is not an undo
    pub(super) run: String,
    /// Use this profile, on the same host [default: the profile of the run]
    #[arg(short, long, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// Confirm a production server by its hostname, for unattended use
    #[arg(long, value_name = "HOST")]
    pub(super) yes: Option<String>,
    #[command(flatten)]
    pub(super) ip: Ip,
    #[command(flatten)]
    pub(super) log: LogTo,
    #[command(flatten)]
    limits: UndoLimits,
    /// Show what would be restored; only reads are sent
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Print a JSON object
    #[arg(long)]
    pub(super) json: bool,
    /// Run COMMAND when the undo ends, with the outcome in `WHMCSH_RUN_…` variables
    #[arg(long, value_name = "COMMAND", conflicts_with = "dry_run")]
    on_end: Option<String>,
}

impl Undo {
    /// What is meant, with that configuration file.
    pub(super) fn options(
        self,
        choice: Choice,
        terminal: Terminal,
    ) -> Result<undo::UndoOptions, Failure> {
        Ok(undo::UndoOptions {
            run: self.run,
            target: Target {
                choice: Choice {
                    ip_version: self.ip.version(),
                    profile: self.profile,
                    ..choice
                },
                sandbox: false,
                yes: self.yes,
                allowed: Allowed::default(),
                limits: self.limits.into(),
                log: self.log.open(terminal)?,
                fleet: Vec::new(),
            },
            only_say: self.dry_run,
            json: self.json,
            on_end: self.on_end,
        })
    }
}
